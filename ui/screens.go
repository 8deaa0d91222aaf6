package ui

import (
	"reflect"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/keymap"
	"ec2deck/views"
)

// screen is a view or a dialog that is no table's: it has a key and a name in
// the palette.
type screen struct {
	name, help string
	key        func(*keymap.Map) key.Binding
	open       func(views.Env) views.View
}

func screens() []screen {
	return []screen{
		{"dashboard", "count what there is in every scope", func(k *keymap.Map) key.Binding { return k.Dashboard }, func(e views.Env) views.View { return views.NewDashboard(e) }},
		{"scopes", "open and close profiles and regions", func(k *keymap.Map) key.Binding { return k.Scopes }, func(e views.Env) views.View { return newScopePicker(e) }},
		{"api-log", "what this session asks of AWS, live", func(k *keymap.Map) key.Binding { return k.Log }, views.NewAPILog},
		{"self-check", "credentials, connection, clock and permissions", func(k *keymap.Map) key.Binding { return k.Self }, views.NewSelfCheck},
	}
}

// asked asks for a screen by its name.
type asked struct {
	ours
	name string
}

// screenOf is the name of the screen that a key opens, or "".
func screenOf(press keymap.Pressed, k *keymap.Map) string {
	for _, s := range screens() {
		if key.Matches(press, s.key(k)) {
			return s.name
		}
	}
	return ""
}

// visit puts a screen on top, once.
func (m *Model) visit(name string) tea.Cmd {
	all := screens()
	i := slices.IndexFunc(all, func(s screen) bool { return s.name == name })
	v := all[i].open(m.env)
	if reflect.TypeOf(v) == reflect.TypeOf(m.stack[len(m.stack)-1]) {
		return nil
	}
	return m.push(v)
}
