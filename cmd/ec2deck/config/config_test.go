package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"

	"github.com/google/go-cmp/cmp"
)

const (
	ada = "SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	bob = "SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

const whole = `
serve:
  listen: 0.0.0.0:2222
  audit: [/var/log/a, syslog]
roles:
  viewer:
    keys: [` + ada + `]
  dev:
    keys: [` + ada + `, ` + bob + `]
    principals: dev-team
    profiles: [staging]
    regions: [eu-west-1, us-east-1]
    risk: destroy
    tags: {Env: [dev, test], Team: api}
    production: true
  default:
    risk: change
`

func TestAFile(t *testing.T) {
	got, err := config.Parse("f", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := &config.File{
		Serve: []config.Setting{{"listen", []string{"0.0.0.0:2222"}, "f:3: serve.listen"}, {"audit", []string{"/var/log/a", "syslog"}, "f:4: serve.audit"}},
		Roles: []config.Role{
			{Name: "viewer", Keys: []string{ada}, Policy: awsops.Policy{Role: "viewer", Refuses: awsops.Changes}},
			{Name: "dev", Keys: []string{ada, bob}, Principals: []string{"dev-team"}, Policy: awsops.Policy{
				Role: "dev", Profiles: []string{"staging"}, Regions: []string{"eu-west-1", "us-east-1"}, Production: true,
				Tags: awsops.TagLimit{{Key: "Env", Values: []string{"dev", "test"}}, {Key: "Team", Values: []string{"api"}}},
			}},
			{Name: "default", Policy: awsops.Policy{Role: "default", Refuses: awsops.Disrupts}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryMistakeIsToldWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"rolse: {}":    `f:1: "rolse" is unknown; there are confirm, connections, defaults, export, keys, mail, mouse, naming, presets, roles, serve, ssh, tables, theme, views`,
		"\nroles: [a]": "f:2: roles: write names with values",
		"roles:\n  a:\n    risk: stop\n    keys: " + ada:              `f:3: roles.a.risk: "stop" is no risk; choose one of read, change, disrupt, destroy`,
		"connections:\n  A: {}":                                       `f:2: connections: "A" is no name of a connection`,
		"connections:\n  a:\n    read-only: 7":                        `f:3: connections.a.read-only: "7" is neither true nor false`,
		"connections:\n  a:\n    region: x":                           `f:3: connections.a: "region" is unknown; there are colour, confirm, endpoint-url, key-name, production, profile, proxy, read-only, regions, security-groups, warning`,
		"connections:\n  a:\n    colour: pink":                        `f:3: connections.a.colour: "pink": choose one of blue, cyan`,
		"connections:\n  a:\n    security-groups: [sg-1]":             `f:3: connections.a.security-groups: "sg-1": `,
		"connections:\n  a:\n    confirm: {change: maybe}":            "f:3: connections.a.confirm.change: choose one of yes, twice, typed",
		"confirm:\n  destroy: yes":                                    "f:2: confirm.destroy: destroy takes typed anyway: a configuration can raise a confirmation, and not lower it",
		"confirm:\n  terminate-instances: twice":                      "f:2: confirm.terminate-instances: terminate-instances takes typed anyway",
		"confirm:\n  describe-instances: yes":                         "f:2: confirm.describe-instances: describe-instances changes nothing",
		"confirm:\n  stop: typed":                                     `f:2: confirm.stop: "stop" is neither a risk that is confirmed`,
		"presets:\n  web:\n    instance-typ: t3":                      "f:3: presets.web.instance-typ: is no input of run-instances",
		"presets:\n  web:\n    tags: {Env: dev}\n    image-id: ami-x": `f:4: presets.web.image-id: "ami-x": write ami-`,
		"presets:\n  Web: {}":                                         `f:2: presets: "Web" is no name of a preset`,
		"ssh:\n  user: -oProxyCommand=x":                              `f:2: ssh.user: "-oProxyCommand=x": write letters`,
		"ssh:\n  command: ssh -p 22":                                  "f:2: ssh.command: write each word by itself, as in [ssh, -p, '2222']",
		"roles:\n  a: {}":                                             "f:2: roles: a fits nobody: give it keys or principals, or call it default",
		"roles:\n  Ops: {}":                                           `f:2: roles: "Ops" is no name of a role`,
		"roles:\n  a:\n    keys: [MD5:aa]":                            `f:3: roles.a.keys: "MD5:aa" is no fingerprint`,
		"roles:\n  a:\n    key: x":                                    `f:3: roles.a: "key" is unknown; there are keys, principals, production, profiles, regions, risk, tags`,
		"roles:\n  default:\n    regions: [mars]":                     `f:3: roles.default.regions: "mars" is no region`,
		"roles:\n  default:\n    regions: []":                         "f:3: roles.default.regions: write at least one value",
		"roles:\n  default:\n    tags: {}":                            "f:3: roles.default.tags: write at least one tag",
		"roles:\n  default:\n    tags: {Env: }":                       "f:3: roles.default.tags.Env: write one value",
		"roles:\n  default:\n    tags: {'aws:x': y}":                  `f:3: roles.default.tags: "aws:x" is AWS's own`,
		"roles:\n  default:\n    production: maybe":                   `f:3: roles.default.production: "maybe" is neither true nor false`,
		"roles:\n  default:\n    risk: read\n    risk: x":             `f:4: roles.default: "risk" stands in line 3 already`,
		"roles:\n  default: {}\n  default: {risk: read}":              `f:3: roles: "default" stands in line 2 already`,
		"a: b: c":                                    "f:1: mapping values are not allowed",
		"theme: dark\nconfirm:\n\tchange: yes":       "f:3: found character that cannot start any token",
		"roles:\n  a:\n    keys: x\n   risk: read\n": "f:4: did not find expected key",
		"theme: 'dark":                               "f:1: found unexpected end of stream",
		"\ttheme: dark\n":                            "f:1: found character that cannot start any token",
		"serve:\n  listen: [a,\n    b]\n# so\n\nmail: [a\nroles: {}": "f:6: did not find expected ',' or ']'",
		"theme: dark\nmail: *x":                           "f:2: unknown anchor 'x' referenced",
		"roles: {}\n---\nroles: {}":                       "f: holds more than one document",
		"roles:\n  default:\n    profiles: \"\\e[2J\\n\"": "",
	} {
		_, err := config.Parse("f", []byte(text))
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	_, err := config.Parse("f", []byte("roles:\n  a: {risk: x}\n  b: {risk: y}"))
	if err == nil || strings.Count(err.Error(), "f:") != 4 {
		t.Errorf("not all mistakes: %v", err)
	}
}

func TestAnEmptyFileIsOne(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "roles:\nserve:\n"} {
		if f, err := config.Parse("f", []byte(text)); err != nil || len(f.Roles)+len(f.Serve) > 0 {
			t.Errorf("%q: %+v %v", text, f, err)
		}
	}
}

func TestTheRoleOfALogin(t *testing.T) {
	f, err := config.Parse("f", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		user, key  string
		principals []string
		want       string
	}{
		{"ada", ada, nil, "viewer"},
		{"dev", ada, nil, "dev"}, // asked for by name
		{"dev", "SHA256:other", nil, "default"},
		{"viewer", bob, nil, "dev"},
		{"x", "", []string{"a", "dev-team"}, "dev"},
		{"x", "", []string{"a"}, "default"},
		{"default", bob, nil, "dev"},
	} {
		if got := f.Find(test.user, test.key, test.principals).Name; got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
	none := (&config.File{}).Find("x", ada, nil)
	if none.Name != "default" || !none.Policy.ReadOnly() {
		t.Errorf("%+v", none)
	}
}

func TestAFileOthersCanWriteIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(path); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func() (string, error){
		"written by others": func() (string, error) { return path, os.Chmod(path, 0o664) },
		"no regular file":   func() (string, error) { return filepath.Dir(path), nil },
		"no such file":      func() (string, error) { return path + "x", nil },
		"larger than":       func() (string, error) { return path + "l", os.WriteFile(path+"l", make([]byte, 2<<20), 0o600) },
	} {
		at, err := change()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(at); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{whole, "roles: &a\n  default: *a", "serve: {a: [b, {c: d}]}", "? [x]\n: y", "\x00", "roles:\n  default:\n    tags: {<<: {a: b}}", "views: [a, {name: [b], table: x}, {name: v, table: t, filter: [a, b]}]", "tables: {a: [b], c: {columns: x, sort: [y]}}", "connections: {a: {regions: all, proxy: [x], warning: \"\\e[2J\"}}", "presets: {a: {tags: {b: c}, user-data: |-\n  x\n}}\nssh: {user: x, command: [a, b]}", "confirm: {change: typed}\nconnections:\n  a: {confirm: {b: c}, colour: blue}\n  # end\n", "keys: {refresh: [a, {b: c}]}\nnaming: [a]\ntheme: {}\nexport: 1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := config.Parse("f", text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x1b\u009b\r") {
				t.Errorf("%q", err)
			}
			return
		}
		for _, role := range file.Roles {
			if role.Name != config.Everyone && len(role.Keys)+len(role.Principals) == 0 {
				t.Errorf("%q: a role for nobody: %+v", text, role)
			}
			for _, r := range role.Policy.Tags {
				if len(r.Values) == 0 {
					t.Errorf("%q: a tag without values", text)
				}
			}
		}
		file.Find("x", ada, nil)
	})
}
