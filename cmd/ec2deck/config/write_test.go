package config_test

import (
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"

	"github.com/google/go-cmp/cmp"
)

const own = `# mine
theme: dark   # at night

connections:
  # the real one
  live:
    profile: production # ask first

    # both
    regions: [eu-west-1, us-east-1]
    production: true

  # to play
  dev: {profile: staging}

# filters
views:
  - {name: b, table: instances}
`

func TestAConnectionIsWrittenAndTheRestStays(t *testing.T) {
	for name, test := range map[string]struct {
		text, was, name string
		v               awsops.Values
		from, to        string // what of the text becomes what
	}{
		"one is changed": {own, "live", "live", awsops.Values{"profile": {"production"}, "regions": {"eu-west-1"}, "production": {"true"}, "confirm": {"change=twice"}},
			"    profile: production # ask first\n\n    # both\n    regions: [eu-west-1, us-east-1]\n    production: true\n",
			"    profile: production # ask first\n    # both\n    regions: eu-west-1\n    production: true\n    confirm: {change: twice}\n"},
		"one gets another name": {own, "dev", "play", awsops.Values{"profile": {"staging"}}, "dev: {profile: staging}", "play: {profile: staging}"},
		"one goes":              {own, "dev", "dev", nil, "  dev: {profile: staging}\n", ""},
		"one more": {own, "new", "new", awsops.Values{"profile": {"p"}, "production": {"false"}, "warning": {"a: b=c"}, "security-groups": {"web", "db"}},
			"  dev: {profile: staging}\n", "  dev: {profile: staging}\n  new:\n    profile: p\n    production: false\n    warning: 'a: b=c'\n    security-groups: [web, db]\n"},
		"the first":                     {"theme: dark\n", "a", "a", awsops.Values{"profile": {"p"}}, "dark\n", "dark\n\nconnections:\n  a:\n    profile: p\n"},
		"the first among comments":      {"# nothing", "a", "a", awsops.Values{"profile": {"p"}}, "nothing", "nothing\n\nconnections:\n  a:\n    profile: p\n"},
		"the first of an empty section": {"connections:\ntheme: dark\n", "a", "a", awsops.Values{"profile": {"p"}}, "connections:\n", "connections:\n  a:\n    profile: p\n"},
		"one of a section on one line":  {"connections: {a: {profile: p}, b: {profile: q}} # two\n", "a", "a", awsops.Values{"profile": {"r"}}, "a: {profile: p}", "a: {profile: r}"},
		"the last goes":                 {"connections:\n  a:\n    profile: p\n# end\n", "a", "a", nil, "  a:\n    profile: p\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Connect([]byte(test.text), test.was, test.name, test.v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Replace(test.text, test.from, test.to, 1), string(got)); diff != "" {
				t.Error(diff)
			}
			if _, err := config.Parse("f", got); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatCannotBeChangedAloneIsLeft(t *testing.T) {
	for _, text := range []string{"connections: {a: {profile: p},\n  b: {}\n}\n", "a: b: c", "{} ", "connections: &x {a: {profile: p}}\nroles: *x\n"} {
		if got, err := config.Connect([]byte(text), "a", "a", awsops.Values{"profile": {"q"}}); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestDefaultsAreWritten(t *testing.T) {
	got, err := config.Defaults([]byte("defaults:\n  timeout: 5s # short\n"), awsops.Values{"profile": {"a", "b"}, "region": {"eu-west-1"}, "connection": nil})
	if want := "defaults:\n  timeout: 5s # short\n  profile: [a, b]\n  region: eu-west-1\n"; err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

// FuzzConnect holds every text that can be read to this: with one connection
// more it can still be read, has that one, and the others as they were.
func FuzzConnect(f *testing.F) {
	for _, seed := range []string{own, "", "# x", "connections:\n", "connections: {a: {}}", "connections:\n  a: {warning: >\n    b\n  }\n", "theme: |\n  dark\n", "connections:\n    a:\n        warning: |+\n            x\n\n\n    b: {}\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before, err := config.Parse("f", text)
		if err != nil {
			return
		}
		got, err := config.Connect(text, "", "new", awsops.Values{"profile": {"p"}, "production": {"true"}})
		if err != nil {
			return // it is said that it cannot be done
		}
		after, err := config.Parse("f", got)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
		names := func(f *config.File) (names []string) {
			for _, c := range f.Connections {
				if c.Name != "new" {
					names = append(names, c.Name+c.Profile+c.Warning)
				}
			}
			return names
		}
		if diff := cmp.Diff(names(before), names(after)); diff != "" {
			t.Errorf("%q became %q: %s", text, got, diff)
		}
	})
}
