package keymap_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ec2deck/keymap"
)

func TestEveryBindingCanBeChanged(t *testing.T) {
	names := keymap.Default().Names()
	if len(names) < 30 || !slices.Contains(names, "page-up") {
		t.Fatal(names)
	}
	for _, name := range names {
		m := keymap.Default()
		if err := m.Change(name, []string{"F12"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := keymap.Default()
	if err := m.Change("refresh", []string{"space", "f5"}); err != nil {
		t.Fatal(err)
	}
	if got := m.Refresh; !slices.Equal(got.Keys(), []string{" ", "f5"}) || got.Help().Key != "space/f5" {
		t.Errorf("%v %v", got.Keys(), got.Help())
	}
}

func TestTheWaysOutStay(t *testing.T) {
	m := keymap.Default()
	for name, keys := range map[string][]string{"interrupt": {"f1"}, "back": {"f2"}, "no": {"f3"}, "accept": {"f4"}} {
		if err := m.Change(name, keys); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Contains(m.Interrupt.Keys(), "ctrl+c") || !slices.Contains(m.Back.Keys(), "esc") || !slices.Contains(m.No.Keys(), "enter") || !slices.Contains(m.Accept.Keys(), "enter") {
		t.Errorf("%+v", m)
	}
}

func TestConflictsNameBoth(t *testing.T) {
	if err := keymap.Default().Check(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, key, a, b string }{
		{"refresh", "/", "filter", "refresh"},
		{"refresh", "ctrl+c", "refresh", "interrupt"},
		{"yes", "d", "yes", "dry-run"},
		{"yes", "enter", "yes", "no"},
		{"really", "n", "really", "no"},
		{"typed-edit", "ctrl+t", "typed-dry-run", "typed-edit"},
		{"one-by-one", "y", "one-by-one", "copy"},
		{"dashboard", "1", "the table 1", "dashboard"},
		{"sort", "9", "the table 9", "sort"},
	} {
		m := keymap.Default()
		if err := m.Change(test.name, []string{test.key}); err != nil {
			t.Fatal(err)
		}
		var c *keymap.Conflict
		if err := m.Check(); !errors.As(err, &c) || c.A != test.a || c.B != test.b || c.Key != test.key {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func TestWhatIsNoKey(t *testing.T) {
	for name, want := range map[[2]string]string{
		{"refresh", "ctrl+i"}:  `"ctrl+i" is no key`,
		{"refresh", "rr"}:      `"rr" is no key`,
		{"refresh", ""}:        `"" is no key`,
		{"refresh", "\x1b"}:    "is no key",
		{"reload", "r"}:        `there is no binding "reload"; there are up, down`,
		{"typed-dry-run", "t"}: "would be typed as text",
	} {
		m := keymap.Default()
		if err := m.Change(name[0], []string{name[1]}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
