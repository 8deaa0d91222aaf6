package ui

import (
	"strings"
	"testing"

	"ec2deck/keymap"
	"ec2deck/views"
)

func TestChangedKeysWorkAndShow(t *testing.T) {
	o := small()
	o.keymap = func(m *keymap.Map) {
		for name, k := range map[string]string{"filter": "&", "help": "f12", "yes": "j", "dry-run": "z"} {
			if err := m.Change(name, []string{k}); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.rebound = views.Rebound{}
	if err := o.rebound.Rebind(views.All(), "instances.stop-instances", "Z"); err != nil {
		t.Fatal(err)
	}
	d := start(t, o)
	d.shows("Z stop", "& filter", "f12 help")
	d.hides("S stop")
	d.press("/", "S")
	d.shows("S does nothing here; f12 lists the keys")
	d.press("&")
	d.type_("web-1")
	d.press("enter", "Z")
	d.shows("[j] yes, stop   [z] dry run")
	d.press("y")
	d.shows("Stop 1 instance?")
	if d.press("j"); d.calls("StopInstances") != 1 {
		t.Errorf("not stopped:\n%s", d.screen())
	}
}

func TestActionsShareNoKeyWithAnother(t *testing.T) {
	for name, want := range map[string]string{
		"instances.stop b":        `"b" would be the key of instances.stop and of instances.reboot`,
		"instances.its-volumes q": `"q" would be the key of quit and of instances.its-volumes`,
		"instances.stop 1":        `"1" would be the key of the table 1 and of instances.stop`,
		"instances.stop ctrl+w":   "pressed by habit",
		"instances.halt Z":        `instances has no action "halt"; there are start, stop, reboot`,
		"servers.stop Z":          `there is no table "servers"`,
		"rules.note Z":            "",
	} {
		r := views.Rebound{}
		at := strings.LastIndexByte(name, ' ')
		err := r.Rebind(views.All(), name[:at], name[at+1:])
		if err == nil {
			err = r.Check(views.All(), keymap.Default())
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestALastKeyThatMovesHidesNoOther sends keys in one packet of which the last
// only moves the cursor: the lines around the table follow the others.
func TestALastKeyThatMovesHidesNoOther(t *testing.T) {
	for _, keys := range []string{"2j", "yj"} {
		one, each := start(t, small()), start(t, small())
		one.keys(keys)
		each.keys(keys[:1], keys[1:])
		if got, want := one.model.View(), each.model.View(); got != want {
			t.Errorf("%q in one packet shows\n%s\nand one by one\n%s", keys, got, want)
		}
	}
}
