// Package keymap holds every key that is not an action of a resource.
package keymap

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
)

// Pressed is the name of a key that was pressed. Matching it costs no more than
// comparing, while a message makes its name anew for each binding.
type Pressed string

// Press names the key of a message.
func Press(msg fmt.Stringer) Pressed { return Pressed(msg.String()) }

// String implements what key.Matches asks for.
func (p Pressed) String() string { return string(p) }

// Map is the keys of one session. None of them changes anything in AWS.
type Map struct {
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Top, Bottom              key.Binding
	Filter, Mark, MarkRange, MarkAll, Sort, Reverse, Columns               key.Binding
	Open, Focus, Object, Copy, Refresh, Palette, Help, Messages, Log, Self key.Binding
	Dashboard, Scopes, Back, Quit, Interrupt, Accept, Export               key.Binding
	Yes, Really, No, DryRun, Edit, OneByOne                                key.Binding
	TypedDryRun, TypedEdit, TypedCommand, TypedRemove, TypedSave, CopyPart key.Binding
}

// Default is the field's habits: vi, less and k9s.
func Default() Map {
	bind := func(help string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown(keys), help))
	}
	return Map{
		Up:       bind("up", "k", "up"),
		Down:     bind("down", "j", "down"),
		PageUp:   bind("page up", "pgup", "ctrl+b"),
		PageDown: bind("page down", "pgdown", "ctrl+f"),
		HalfUp:   bind("half a page up", "ctrl+u"),
		HalfDown: bind("half a page down", "ctrl+d"),
		Top:      bind("first row", "g", "home"),
		Bottom:   bind("last row", "G", "end"),

		Filter:    bind("filter", "/"),
		Mark:      bind("mark", " "),
		MarkRange: bind("mark to here", "v"),
		MarkAll:   bind("mark all filtered", "*"),
		Sort:      bind("sort by next column", "o"),
		Reverse:   bind("reverse order", "O"),
		Columns:   bind("columns", "c"),

		Open:      bind("details", "enter"),
		Focus:     bind("other pane", "tab"),
		Object:    bind("fields or YAML", "Y"),
		Copy:      bind("copy ID", "y"),
		CopyPart:  bind("copy a part", "ctrl+y"),
		Refresh:   bind("refresh", "r"),
		Palette:   bind("commands", ":"),
		Help:      bind("help", "?"),
		Messages:  bind("messages", "e"),
		Log:       bind("API log", "#"),
		Export:    bind("export", ">"),
		Dashboard: bind("dashboard", "0"),
		Scopes:    bind("profiles and regions", ","),
		Self:      bind("self-check", "%"),

		Back:      bind("back", "esc"),
		Quit:      bind("quit", "q"),
		Interrupt: bind("quit", "ctrl+c"),
		Accept:    bind("accept", "enter"),

		Yes:      bind("yes", "y"),
		Really:   bind("yes, really", "Y"),
		No:       bind("no", "n", "esc", "enter", "q"),
		DryRun:   bind("dry run", "d"),
		Edit:     bind("all inputs", "e"),
		OneByOne: bind("try one by one", "f"),

		TypedDryRun:  bind("dry run", "ctrl+t"),
		TypedEdit:    bind("all inputs", "ctrl+e"),
		TypedCommand: bind("copy as aws command", "ctrl+y"),
		TypedRemove:  bind("remove", "ctrl+r"),
		TypedSave:    bind("as default", "ctrl+s"),
	}
}

// Moves says whether a key moves the cursor or scrolls.
func (m *Map) Moves(p Pressed) bool {
	return key.Matches(p, m.Up) || key.Matches(p, m.Down) || key.Matches(p, m.PageUp, m.PageDown, m.HalfUp, m.HalfDown, m.Top, m.Bottom)
}

// Group is a titled set of bindings, for the help screen.
type Group struct {
	Title    string
	Bindings []key.Binding
}

// Groups lists the keys of a table, for the help screen and the README.
func (m Map) Groups() []Group {
	return []Group{
		{"Move", []key.Binding{m.Up, m.Down, m.PageUp, m.PageDown, m.HalfUp, m.HalfDown, m.Top, m.Bottom}},
		{"Table", []key.Binding{m.Filter, m.Mark, m.MarkRange, m.MarkAll, m.Sort, m.Reverse, m.Columns, m.Refresh, m.Copy, m.CopyPart, m.Export}},
		{"Details", []key.Binding{m.Open, m.Focus, m.Object}},
		{"Program", []key.Binding{m.Palette, m.Dashboard, m.Scopes, m.Help, m.Messages, m.Log, m.Self, m.Back, m.Quit}},
	}
}

// Reserved lists the keys that no action of a resource may take.
func (m Map) Reserved() []string {
	var keys []string
	for _, g := range m.Groups() {
		for _, b := range g.Bindings {
			keys = append(keys, b.Keys()...)
		}
	}
	return append(keys, m.Interrupt.Keys()...)
}

func shown(keys []string) string {
	out := ""
	for i, k := range keys {
		if i == 2 {
			break
		}
		if i > 0 {
			out += "/"
		}
		switch k {
		case " ":
			k = "space"
		case "up":
			k = "↑"
		case "down":
			k = "↓"
		}
		out += k
	}
	return out
}
