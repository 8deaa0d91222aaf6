package config

import (
	"gopkg.in/yaml.v3"
)

// Table is how a table begins. What columns there are is checked where the
// tables are declared.
type Table struct {
	Kind          Setting // without values
	Columns, Sort Setting
}

// View is a table with a filter that has a name.
type View struct{ Name, Table, Filter Setting }

func (r *reader) tables(n *yaml.Node, at string) []Table {
	var out []Table
	r.each(n, at, func(key, value *yaml.Node) {
		at := below(at, key.Value)
		t := Table{Kind: Setting{Name: key.Value, Where: r.where(key, at)}}
		r.section(value, at, fields{
			"columns": func(n *yaml.Node, at string) { t.Columns = r.setting("columns", n, at) },
			"sort":    func(n *yaml.Node, at string) { t.Sort = r.setting("sort", n, at) },
		})
		out = append(out, t)
	})
	return out
}

func (r *reader) views(n *yaml.Node, at string) []View {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.say(n, at, "write a list, as in `- {name: bastions, table: instances, filter: 'tag:Role=bastion'}`")
		return nil
	}
	var out []View
	seen := map[string]bool{}
	for _, item := range n.Content {
		var v View
		r.section(item, at, fields{
			"name":   func(n *yaml.Node, at string) { v.Name = r.setting("name", n, at) },
			"table":  func(n *yaml.Node, at string) { v.Table = r.setting("table", n, at) },
			"filter": func(n *yaml.Node, at string) { v.Filter = r.setting("filter", n, at) },
		})
		switch name := v.Name.One(); {
		case name == "" || !named(name):
			r.say(item, at, "%q is no name of a view: write lower-case letters, digits, - and _", name)
		case seen[name]:
			r.say(item, at, "there is a view %q already", name)
		case v.Table.One() == "":
			r.say(item, at, "%s has no table", name)
		default:
			seen[name] = true
			out = append(out, v)
		}
	}
	return out
}
