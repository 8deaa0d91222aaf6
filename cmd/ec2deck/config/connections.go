package config

import (
	"cmp"
	"errors"
	"strconv"
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
	Warning, Colour string
	Launch          awsops.Values // what launches begin with
	Raises          []awsops.Raise
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
	c := Connection{Name: name, Launch: awsops.Values{}}
	form := awsops.ConnectionForm(nil).Info()
	checked := func(field string) func(*yaml.Node, string) {
		return func(n *yaml.Node, at string) {
			s := r.setting(field, n, at)
			values := s.Values
			if info, _ := form.Field(field); info.Check(values) != nil {
				r.say(n, at, "%s", ruleOf(info.Check(values)))
				return
			}
			switch field {
			case "endpoint-url":
				c.Endpoint = s
			case "proxy":
				c.Proxy = s
			case "colour":
				c.Colour = strings.Join(values, "")
			default:
				c.Launch[field] = values
			}
		}
	}
	r.section(n, at, fields{
		"profile":         func(n *yaml.Node, at string) { c.Profile = r.text(n, at) },
		"regions":         func(n *yaml.Node, at string) { c.Regions = r.regions(n, at) },
		"endpoint-url":    checked("endpoint-url"),
		"proxy":           checked("proxy"),
		"production":      func(n *yaml.Node, at string) { c.Production = r.truth(n, at) },
		"read-only":       func(n *yaml.Node, at string) { v := r.truth(n, at); c.ReadOnly = &v },
		"warning":         func(n *yaml.Node, at string) { c.Warning = awsops.Clean(r.text(n, at)) },
		"colour":          checked("colour"),
		"key-name":        checked("key-name"),
		"security-groups": checked("security-groups"),
		"confirm":         func(n *yaml.Node, at string) { c.Raises = r.raises(n, at) },
	})
	return c
}

// ruleOf is what an input breaks, without the name of a flag.
func ruleOf(err error) string {
	var broken *awsops.InputError
	if !errors.As(err, &broken) {
		return err.Error()
	}
	if broken.Value == "" {
		return broken.Rule
	}
	return strconv.Quote(broken.Value) + ": " + broken.Rule
}

// raises reads what is confirmed more firmly than it would be.
func (r *reader) raises(n *yaml.Node, at string) []awsops.Raise {
	var out []awsops.Raise
	r.each(n, at, func(key, value *yaml.Node) {
		at := below(at, key.Value)
		raise, err := awsops.NewRaise(key.Value, r.text(value, at))
		if err != nil {
			r.say(key, at, "%v", err)
		}
		out = append(out, raise)
	})
	return out
}

// Caution is what the gate and the screen have to know of the connection. What
// is production is read-only until somebody asks to write.
func (c Connection) Caution(write bool) awsops.Caution {
	out := awsops.Caution{Connection: c.Name, Profile: c.Profile, Regions: c.Regions, Production: c.Production, Warning: c.Warning, Colour: c.Colour, Launch: c.Launch, Raises: c.Raises}
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

// Values are what the file says of the connection, by its settings.
func (c Connection) Values() awsops.Values {
	v := awsops.Values{"name": {c.Name}}
	set := func(name string, values ...string) {
		if strings.Join(values, "") != "" {
			v[name] = values
		}
	}
	set("profile", c.Profile)
	set("regions", c.Regions...)
	set("endpoint-url", c.Endpoint.Values...)
	set("proxy", c.Proxy.Values...)
	if c.Production {
		set("production", "true")
	}
	if c.ReadOnly != nil {
		set("read-only", strconv.FormatBool(*c.ReadOnly))
	}
	set("warning", c.Warning)
	set("colour", c.Colour)
	for name, values := range c.Launch {
		set(name, values...)
	}
	for _, r := range c.Raises {
		v["confirm"] = append(v["confirm"], r.String())
	}
	return v
}
