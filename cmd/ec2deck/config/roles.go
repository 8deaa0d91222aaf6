package config

import (
	"slices"
	"strings"

	"ec2deck/awsops"

	"gopkg.in/yaml.v3"
)

// Role is what some of those who log in may do.
type Role struct {
	Name       string
	Keys       []string // fingerprints
	Principals []string // of certificates
	Policy     awsops.Policy
}

// Everyone is the name of the role of those who have no other.
const Everyone = "default"

// risks are the words for the highest risk of a role.
func risks() []string {
	return []string{awsops.Reads.String(), awsops.Changes.String(), awsops.Disrupts.String(), awsops.Destroys.String()}
}

func (r *reader) roles(n *yaml.Node, at string) []Role {
	var out []Role
	r.each(n, at, func(key, value *yaml.Node) {
		if !named(key.Value) {
			r.say(key, at, "%q is no name of a role: write lower-case letters, digits, - and _", key.Value)
			return
		}
		role := r.role(key.Value, value, below(at, key.Value))
		if key.Value != Everyone && len(role.Keys)+len(role.Principals) == 0 {
			r.say(key, at, "%s fits nobody: give it keys or principals, or call it %s", key.Value, Everyone)
		}
		out = append(out, role)
	})
	return out
}

func (r *reader) role(name string, n *yaml.Node, at string) Role {
	role := Role{Name: name, Policy: awsops.Policy{Role: name, Refuses: awsops.Changes}}
	p := &role.Policy
	r.section(n, at, fields{
		"keys":       func(n *yaml.Node, at string) { role.Keys = r.fingerprints(n, at) },
		"principals": func(n *yaml.Node, at string) { role.Principals = r.list(n, at) },
		"profiles":   func(n *yaml.Node, at string) { p.Profiles = r.list(n, at) },
		"regions":    func(n *yaml.Node, at string) { p.Regions = r.regions(n, at) },
		"risk":       func(n *yaml.Node, at string) { p.Refuses = r.risk(n, at) },
		"tags":       func(n *yaml.Node, at string) { p.Tags = r.tags(n, at) },
		"production": func(n *yaml.Node, at string) { p.Production = r.truth(n, at) },
	})
	return role
}

func (r *reader) fingerprints(n *yaml.Node, at string) []string {
	keys := r.list(n, at)
	for _, key := range keys {
		if text, ok := strings.CutPrefix(key, "SHA256:"); !ok || len(text) != 43 {
			r.say(n, at, "%q is no fingerprint: `ssh-keygen -lf KEY.pub` prints it, beginning with SHA256:", key)
		}
	}
	return keys
}

func (r *reader) regions(n *yaml.Node, at string) []string {
	regions := r.list(n, at)
	for _, name := range regions {
		if _, err := awsops.Region().Check(name); err != nil && name != awsops.AllRegions {
			r.say(n, at, "%q is no region: write one such as eu-west-1, or %s", name, awsops.AllRegions)
		}
	}
	return regions
}

// risk reads the highest risk that is allowed, as the least that is refused.
func (r *reader) risk(n *yaml.Node, at string) awsops.Risk {
	word := r.text(n, at)
	k := slices.Index(risks(), word)
	switch {
	case k < 0 && word != "":
		r.say(n, at, "%q is no risk; choose one of %s", word, strings.Join(risks(), ", "))
		return awsops.Changes
	case k == len(risks())-1:
		return awsops.Reads // refuses nothing
	}
	return awsops.Risk(k + 1)
}

func (r *reader) tags(n *yaml.Node, at string) awsops.TagLimit {
	var out awsops.TagLimit
	r.each(n, at, func(key, value *yaml.Node) {
		if strings.HasPrefix(key.Value, "aws:") {
			r.say(key, at, "%q is AWS's own: nobody can set it", key.Value)
		}
		out = append(out, awsops.TagRule{Key: key.Value, Values: r.list(value, below(at, key.Value))})
	})
	if len(out) == 0 {
		r.say(n, at, "write at least one tag, or leave it out")
	}
	return out
}

func (r *reader) truth(n *yaml.Node, at string) bool {
	switch word := r.text(n, at); word {
	case "true":
		return true
	case "false", "":
	default:
		r.say(n, at, "%q is neither true nor false", word)
	}
	return false
}

// Find is the role of a login: the one that it names by its user name, or else
// the first that has its key or one of its principals, or else that of
// everyone. Without any, a login may read what the server offers.
func (f *File) Find(user, fingerprint string, principals []string) Role {
	var first *Role
	fits := func(role *Role) bool {
		return slices.Contains(role.Keys, fingerprint) || slices.ContainsFunc(role.Principals, func(p string) bool { return slices.Contains(principals, p) })
	}
	for i := range f.Roles {
		role := &f.Roles[i]
		if fits(role) && (first == nil || role.Name == user && first.Name != user) {
			first = role
		}
	}
	if first != nil {
		return *first
	}
	for _, role := range f.Roles {
		if role.Name == Everyone {
			return role
		}
	}
	return Role{Name: Everyone, Policy: awsops.Policy{Role: Everyone, Refuses: awsops.Changes}}
}
