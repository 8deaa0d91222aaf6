package keymap

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/bubbles/key"
)

// Conflict is a key that two bindings claim.
type Conflict struct{ Key, A, B string }

// Error names both.
func (c *Conflict) Error() string {
	return fmt.Sprintf("%q would be the key of %s and of %s", c.Key, c.A, c.B)
}

// fixed are the keys that a binding has whatever else it gets, so that there is
// always a way out.
func fixed(name string) []string {
	return map[string][]string{"interrupt": {"ctrl+c"}, "back": {"esc"}, "no": {"esc", "enter"}, "accept": {"enter"}}[name]
}

// each visits the bindings by the names that a configuration uses: page-up.
func (m *Map) each(visit func(name string, b *key.Binding)) {
	v := reflect.ValueOf(m).Elem()
	for i := range v.NumField() {
		visit(hyphened(v.Type().Field(i).Name), v.Field(i).Addr().Interface().(*key.Binding))
	}
}

func hyphened(field string) string {
	var b strings.Builder
	for i, r := range field {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Names lists the bindings, in the order of their declaration.
func (m Map) Names() []string {
	var names []string
	m.each(func(name string, _ *key.Binding) { names = append(names, name) })
	return names
}

// Change gives a binding other keys; the ways out stay.
func (m *Map) Change(name string, keys []string) error {
	var found *key.Binding
	m.each(func(n string, b *key.Binding) {
		if n == name {
			found = b
		}
	})
	if found == nil {
		return fmt.Errorf("there is no binding %q; there are %s", name, strings.Join(m.Names(), ", "))
	}
	var all []string
	for _, k := range keys {
		k, err := Parse(k)
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, "typed-") && len([]rune(k)) == 1 {
			return fmt.Errorf("%q would be typed as text there; choose one with ctrl+ or f1 to f20", k)
		}
		all = append(all, k)
	}
	for _, k := range fixed(name) {
		if !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	found.SetKeys(all...)
	found.SetHelp(shown(all), found.Help().Desc)
	return nil
}

// Parse reads a key as a terminal names it.
func Parse(k string) (string, error) {
	if r := []rune(k); len(r) == 1 && unicode.IsPrint(r[0]) && r[0] != ' ' {
		return k, nil
	}
	switch k = strings.ToLower(k); {
	case k == "space":
		return " ", nil
	case slices.Contains(named(), k):
		return k, nil
	}
	return "", fmt.Errorf("%q is no key; write one letter or sign, ctrl+a to ctrl+z, %s", k, strings.Join(named()[:16], ", ")+" or f1 to f20")
}

// named are the keys with names. ctrl+i and ctrl+m are tab and enter.
func named() []string {
	names := []string{"space", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "enter", "esc", "tab", "shift+tab", "backspace", "delete", "insert"}
	for i := range 20 {
		names = append(names, fmt.Sprintf("f%d", i+1))
	}
	for c := 'a'; c <= 'z'; c++ {
		if c != 'i' && c != 'm' {
			names = append(names, "ctrl+"+string(c))
		}
	}
	return names
}

// Check says which key means two things in the same place, or nil.
func (m Map) Check() error {
	names := map[string]string{}
	m.each(func(name string, b *key.Binding) { names[fmt.Sprint(b.Keys(), b.Help())] = name })
	name := func(b key.Binding) string { return names[fmt.Sprint(b.Keys(), b.Help())] }
	var table []key.Binding
	for n := '1'; n <= '9'; n++ { // which are in no map
		b := key.NewBinding(key.WithKeys(string(n)))
		names[fmt.Sprint(b.Keys(), b.Help())] = m.Taken(string(n))
		table = append(table, b)
	}
	for _, g := range m.Groups() {
		table = append(table, g.Bindings...)
	}
	for _, place := range [][]key.Binding{
		append(table, m.Interrupt),
		{m.Yes, m.DryRun, m.Edit, m.No, m.Interrupt},
		{m.Really, m.No, m.Interrupt},
		{m.Accept, m.TypedDryRun, m.TypedEdit, m.TypedCommand, m.Back, m.Interrupt},
		{m.Accept, m.TypedDryRun, m.TypedEdit, m.TypedRemove, m.TypedSave, m.Back, m.Interrupt},
		{m.OneByOne, m.Up, m.Down, m.PageUp, m.PageDown, m.Copy, m.Back, m.Quit, m.Interrupt},
	} {
		taken := map[string]string{}
		for _, b := range place {
			for _, k := range b.Keys() {
				if taken[k] != "" {
					return &Conflict{k, taken[k], name(b)}
				}
				taken[k] = name(b)
			}
		}
	}
	return nil
}

// Taken names the binding that has a key in a table, or "". The digits open
// tables.
func (m Map) Taken(k string) string {
	if len(k) == 1 && k[0] >= '1' && k[0] <= '9' {
		return "the table " + k
	}
	if !slices.Contains(m.Reserved(), k) {
		return ""
	}
	found := ""
	m.each(func(name string, b *key.Binding) {
		in := slices.ContainsFunc(m.Groups(), func(g Group) bool {
			return slices.ContainsFunc(g.Bindings, func(o key.Binding) bool { return slices.Equal(o.Keys(), b.Keys()) && o.Help() == b.Help() })
		})
		if found == "" && slices.Contains(b.Keys(), k) && (in || name == "interrupt") {
			found = name
		}
	})
	return found
}
