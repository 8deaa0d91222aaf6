package views

import (
	"fmt"
	"slices"
	"strings"

	"ec2deck/keymap"
)

// Rebound are the keys that actions and links have instead of the declared
// ones: by kind, then by what Help says.
type Rebound map[string]map[string]string

// key is the key of an action or a link.
func (r Rebound) key(kind, help, declared string) string {
	if k := r[kind][help]; k != "" {
		return k
	}
	return declared
}

// Rebind gives an action or a link, named KIND.ACTION, another key. The action
// is what the help line says, with hyphens, or the operation.
func (r Rebound) Rebind(specs []Spec, name, pressed string) error {
	kind, action, _ := strings.Cut(name, ".")
	at := slices.IndexFunc(specs, func(s Spec) bool { return s.Info().Kind == kind })
	if at < 0 {
		return fmt.Errorf("there is no table %q", kind)
	}
	pressed, err := keymap.Parse(pressed)
	switch {
	case err != nil:
		return err
	case len([]rune(pressed)) != 1 && pressed[0] != 'f', pressed == " ", slices.Contains([]string{"d", "x", "p", "u"}, pressed):
		return fmt.Errorf("%q is pressed by habit and starts nothing; choose another letter or sign, or f1 to f20", pressed)
	}
	var all []string
	for _, a := range specs[at].Info().keys() {
		if slug(a.Help) == action || a.Operation != "" && a.Operation == action {
			if r[kind] == nil {
				r[kind] = map[string]string{}
			}
			r[kind][a.Help] = pressed
			return nil
		}
		if s := slug(a.Help); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return fmt.Errorf("%s has no action %q; there are %s", kind, action, strings.Join(all, ", "))
}

// Check says which key means two things in a table, or nil.
func (r Rebound) Check(specs []Spec, keys keymap.Map) error {
	for _, s := range specs {
		info := s.Info()
		used := map[string]string{}
		for _, a := range info.keys() {
			k, name := r.key(info.Kind, a.Help, a.Key), info.Kind+"."+slug(a.Help)
			if other := keys.Taken(k); other != "" {
				return &keymap.Conflict{Key: k, A: other, B: name}
			}
			if other := used[k]; other != "" && other != name {
				return &keymap.Conflict{Key: k, A: other, B: name}
			}
			used[k] = name
		}
	}
	return nil
}

// keys are the actions and links of a table.
func (i SpecInfo) keys() []ActionInfo { return slices.Concat(i.Actions, i.Links) }
