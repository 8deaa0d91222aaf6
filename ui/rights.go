package ui

import (
	"reflect"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/theme"
	"ec2deck/views"
)

// RightsChanged says that the session may do something else than before.
type RightsChanged struct{}

// onRights forgets what was read under other rights and reads anew. What is
// under way goes on; a secret that has not been kept yet stays.
func (m *Model) onRights() tea.Cmd {
	now := m.env.Session.Policy()
	if reflect.DeepEqual(now, m.policy) { // a file that was written again, or somebody else's role
		return nil
	}
	m.policy = now
	var kept []views.View
	for _, v := range m.everyView() {
		if _, once := v.(*shown); once || holds(v) {
			kept = append(kept, v)
			continue
		}
		v.Close()
	}
	m.overlays, m.tables, m.profiles = kept, map[string]views.View{}, map[string]*profile{}
	for _, p := range m.env.Session.Profiles() {
		m.profiles[p] = &profile{}
	}
	m.stack = []views.View{m.newTab(m.open)}
	m.tables[m.open] = m.stack[0]
	m.resize()
	text, tone := "your rights have changed: "+now.Label(), theme.Busy
	if now.Shut != "" {
		text, tone = now.Shut, theme.Bad
	}
	m.say(text, tone)
	return m.connect()
}
