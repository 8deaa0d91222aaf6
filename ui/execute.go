package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/theme"
)

// executed says how a program ended that stood in the place of the screen.
type executed struct {
	name string
	err  error
}

// execute runs a program in the terminal, if it is the operator's own and he
// wants that.
func (m *Model) execute(argv []string) tea.Cmd {
	copies := m.env.Keys.Copy.Help().Key + " copies the command"
	switch {
	case m.env.Execute == nil:
		m.say("running "+argv[0]+" is refused over SSH: it would run on the server; "+copies, theme.Bad)
		return nil
	case !m.env.SSH.Run:
		m.say("nothing is run from here unless the configuration says `ssh: {run: true}`; "+copies, theme.Busy)
		return nil
	}
	return m.env.Execute(argv, func(err error) tea.Msg { return executed{argv[0], err} })
}

func (m *Model) onExecuted(msg executed) tea.Cmd {
	if msg.err != nil {
		m.say(msg.name+": "+msg.err.Error(), theme.Bad)
	} else {
		m.say(msg.name+" has ended", theme.Good)
	}
	if m.mouse { // the terminal has been given back without it
		return tea.EnableMouseCellMotion
	}
	return nil
}
