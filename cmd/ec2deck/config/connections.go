package config

import (
	"cmp"
	"strings"

	"ec2deck/awsops"

	"gopkg.in/yaml.v3"
)

// Connection is a way to an account that has a name.
type Connection struct {
	Name, Profile   string
	Regions         []string
	Endpoint, Proxy Setting // checked where the flags of that name are
	Production      bool
	ReadOnly        *bool // nil is as Production
	Warning         string
}

func (r *reader) connections(n *yaml.Node, at string) []Connection {
	var out []Connection
	r.each(n, at, func(key, value *yaml.Node) {
		if !named(key.Value) {
			r.say(key, at, "%q is no name of a connection: write lower-case letters, digits, - and _", key.Value)
			return
		}
		out = append(out, r.connection(key.Value, value, below(at, key.Value)))
	})
	return out
}

func (r *reader) connection(name string, n *yaml.Node, at string) Connection {
	c := Connection{Name: name}
	r.section(n, at, fields{
		"profile":      func(n *yaml.Node, at string) { c.Profile = r.text(n, at) },
		"regions":      func(n *yaml.Node, at string) { c.Regions = r.regions(n, at) },
		"endpoint-url": func(n *yaml.Node, at string) { c.Endpoint = r.setting("endpoint-url", n, at) },
		"proxy":        func(n *yaml.Node, at string) { c.Proxy = r.setting("proxy", n, at) },
		"production":   func(n *yaml.Node, at string) { c.Production = r.truth(n, at) },
		"read-only":    func(n *yaml.Node, at string) { v := r.truth(n, at); c.ReadOnly = &v },
		"warning":      func(n *yaml.Node, at string) { c.Warning = awsops.Clean(r.text(n, at)) },
	})
	return c
}

// Caution is what the gate and the screen have to know of the connection. What
// is production is read-only until somebody asks to write.
func (c Connection) Caution(write bool) awsops.Caution {
	out := awsops.Caution{Connection: c.Name, Profile: c.Profile, Regions: c.Regions, Production: c.Production, Warning: c.Warning}
	switch {
	case c.ReadOnly != nil:
		out.ReadOnly, out.Hint = *c.ReadOnly, "The configuration says so: read-only: true."
	case c.Production:
		out.ReadOnly, out.Hint = !write, "It is production: start with --write to change things, or write read-only: false into the configuration."
	}
	if c.Production {
		out.Warning = cmp.Or(c.Warning, "PRODUCTION")
		if !strings.Contains(out.Warning, "PRODUCTION") {
			out.Warning = "PRODUCTION " + out.Warning
		}
	}
	return out
}

// named says whether a text will do as the name of something.
func named(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_", c) })
}
