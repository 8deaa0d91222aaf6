package config

import (
	"strings"

	"ec2deck/awsops"

	"gopkg.in/yaml.v3"
)

// Preset is what a launch begins with when it is named.
type Preset struct {
	awsops.Preset
	UserData Setting // the file with the user data, or without values
}

// launch is the operation whose inputs a preset holds.
const launch = "run-instances"

func (r *reader) presets(n *yaml.Node, at string) []Preset {
	var out []Preset
	op, _ := awsops.Find(launch)
	info := op.Info()
	r.each(n, at, func(key, value *yaml.Node) {
		if !named(key.Value) {
			r.say(key, at, "%q is no name of a preset: write lower-case letters, digits, - and _", key.Value)
			return
		}
		p := Preset{Preset: awsops.Preset{Name: key.Value, Values: awsops.Values{}}}
		at := below(at, key.Value)
		r.each(value, at, func(key, value *yaml.Node) {
			name, at := key.Value, below(at, key.Value)
			if name == "user-data-file" {
				p.UserData = r.setting(name, value, at)
				return
			}
			field, known := info.Field(name)
			if !known {
				r.say(key, at, "is no input of %s; `ec2deck run %s --help` lists them", launch, launch)
				return
			}
			values := r.inputs(value, at)
			if err := field.Check(values); err != nil {
				r.say(value, at, "%s", ruleOf(err))
			}
			p.Values[name] = values
		})
		out = append(out, p)
	})
	return out
}

// inputs reads the values of an input; a mapping is name=value.
func (r *reader) inputs(n *yaml.Node, at string) []string {
	if n.Kind != yaml.MappingNode {
		return r.list(n, at)
	}
	var out []string
	r.each(n, at, func(key, value *yaml.Node) {
		out = append(out, key.Value+"="+strings.TrimSpace(r.text(value, below(at, key.Value))))
	})
	return out
}
