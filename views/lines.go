package views

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// Line is a text to copy, with what it is for. Argv are its words where it is a
// command that can be run.
type Line struct {
	About, Text string
	Argv        []string

	to *destination
}

// Lines is a list of texts on the stack, of which each can be copied by itself.
// It forgets them when it closes.
type Lines struct {
	env           Env
	title         string
	lines         []Line
	at            int
	width, height int
}

// NewLines makes the list. The texts are sanitized where they are shown.
func NewLines(env Env, title string, lines []Line) *Lines {
	return &Lines{env: env, title: awsops.Clean(title), lines: lines}
}

// Init implements View.
func (l *Lines) Init() tea.Cmd { return nil }

// Close implements View.
func (l *Lines) Close() { l.lines, l.at = nil, 0 }

// Typing implements View.
func (l *Lines) Typing() bool { return false }

// Status implements View.
func (l *Lines) Status() Status { return Status{} }

// Help implements View.
func (l *Lines) Help() []key.Binding {
	k := l.env.Keys
	if l.at < len(l.lines) && len(l.lines[l.at].Argv) > 0 {
		return []key.Binding{k.Up, k.Down, binding(k.Copy.Help().Key, "copy the text"), binding(k.Open.Help().Key, "run it"), k.Back}
	}
	return []key.Binding{k.Up, k.Down, binding(k.Copy.Help().Key, "copy the text"), k.Back}
}

// Resize implements View.
func (l *Lines) Resize(width, height int) { l.width, l.height = width, height }

// Update implements View.
func (l *Lines) Update(msg tea.Msg) (Intent, tea.Cmd) {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil, nil
	}
	switch k := l.env.Keys; {
	case key.Matches(press, k.Up):
		l.at = max(0, l.at-1)
	case key.Matches(press, k.Down):
		l.at = max(0, min(len(l.lines)-1, l.at+1))
	case key.Matches(press, k.Top):
		l.at = 0
	case key.Matches(press, k.Bottom):
		l.at = max(0, len(l.lines)-1)
	case key.Matches(press, k.Back), key.Matches(press, k.Quit):
		return Back{}, nil
	case key.Matches(press, k.Copy) && l.at < len(l.lines):
		return Copy{l.lines[l.at].Text, fmt.Sprintf("text %d of %d", l.at+1, len(l.lines))}, nil
	case key.Matches(press, k.Open) && l.at < len(l.lines) && len(l.lines[l.at].Argv) > 0:
		return Execute{l.lines[l.at].Argv}, nil
	default:
		return Say{press.String() + " does nothing here; esc goes back", theme.Faint}, nil
	}
	return nil, nil
}

// View implements View. The chosen text is always on the screen.
func (l *Lines) View() string {
	th := l.env.Theme
	var body []string
	from, to := 0, 0
	for i, line := range l.lines {
		if i > 0 {
			body = append(body, "")
		}
		if i == l.at {
			from = len(body)
		}
		for _, s := range Wrap(awsops.Clean(line.About), max(1, l.width-2)) {
			body = append(body, "  "+th.Tone(theme.Faint).Render(s))
		}
		for n, s := range Wrap(awsops.Clean(line.Text), max(1, l.width-2)) {
			mark, tone := "  ", theme.Plain
			if i == l.at {
				tone = theme.Strong
				if n == 0 {
					mark = "> "
				}
			}
			body = append(body, mark+th.Tone(tone).Render(s))
		}
		if i == l.at {
			to = len(body)
		}
	}
	room := max(0, l.height-2)
	top := max(0, min(from, to-room))
	if to <= room {
		top = 0
	}
	out := append([]string{fit(th.Tone(theme.Strong).Render(l.title), l.width), ""}, body[top:min(len(body), top+room)]...)
	for len(out) < l.height {
		out = append(out, "")
	}
	return strings.Join(out[:l.height], "\n")
}
