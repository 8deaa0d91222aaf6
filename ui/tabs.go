package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"ec2deck/theme"
	"ec2deck/views"
)

// Saved is a table with a filter that has a name.
type Saved struct{ Name, Kind, Query string }

// tab is a table that can be switched to: each kind of them, and those that
// were saved.
type tab struct {
	key, title  string // the key tells tabs apart
	kind, query string
	saved       bool
}

func newTabs(specs []views.Spec, saved []Saved) []tab {
	var tabs []tab
	for i, s := range specs {
		info := s.Info()
		tabs = append(tabs, tab{key: info.Kind, title: strings.TrimSpace(numberKey(i) + " " + info.Tab), kind: info.Kind})
	}
	for _, s := range saved {
		tabs = append(tabs, tab{key: "view " + s.Name, title: s.Name, kind: s.Kind, query: s.Query, saved: true})
	}
	return tabs
}

// tab finds a tab by its key; it exists.
func (m *Model) tab(key string) tab {
	return m.tabs[max(0, slices.IndexFunc(m.tabs, func(t tab) bool { return t.key == key }))]
}

// newTab makes the table of a tab.
func (m *Model) newTab(key string) views.View {
	t := m.tab(key)
	return m.newTable(t.kind, t.query)
}

// tabLine names the tables with their number keys: the open one, and of the
// others as many as there is room for, first those that were saved.
func (m *Model) tabLine(room int, alarm bool) (string, []spot) {
	th := m.env.Theme
	texts := make([]string, len(m.tabs))
	room -= len("ec2deck")
	shown := make([]bool, len(m.tabs))
	for i, t := range m.tabs {
		if texts[i] = t.title; t.key == m.open {
			if th.Plain() || alarm {
				texts[i] = "[" + texts[i] + "]"
			}
			room -= ansi.StringWidth(texts[i]) + len("    …")
			shown[i] = true
		}
	}
	more := true
	for _, saved := range []bool{true, false} {
		for i, t := range m.tabs {
			if t.saved != saved || shown[i] {
				continue
			}
			room -= ansi.StringWidth(texts[i]) + 2
			more = more && room >= 0
			shown[i] = more
		}
	}
	left := th.Tone(theme.Strong).Render("ec2deck")
	dots := false
	var spots []spot
	for i, t := range m.tabs {
		if shown[i] {
			from := ansi.StringWidth(left) + 2
			spots = append(spots, spot{from, from + ansi.StringWidth(texts[i]), t.key})
		}
		switch {
		case t.key == m.open:
			left += "  " + th.Tab.Render(texts[i])
		case shown[i]:
			left += "  " + th.Bar.Render(texts[i])
		case !dots:
			dots = true
			left += "  " + th.Bar.Render("…")
		}
	}
	return left, spots
}
