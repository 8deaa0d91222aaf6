package views

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/x/ansi"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// line is what the fields of a form have in common: one line without the
// focus; with it, title, explanation and value.
type line struct {
	env          Env
	name         string
	title, about string
	titles       int // the width of the form's titles
	value        *string
	check        func(string) error
	focused      bool
	left         bool   // it has been tried to leave it as it is
	hint         string // what would mend it
	width        int
}

// problem is the broken rule, once there is something to say it about. huh's
// own fields tell it on leaving only.
func (l *line) problem() string {
	err := l.Error()
	if err == nil || *l.value == "" && !l.left {
		return ""
	}
	var broken *awsops.InputError
	if errors.As(err, &broken) { // the field is named already
		return awsops.Clean("! " + broken.RuleInForm())
	}
	return awsops.Clean("! " + err.Error())
}

// Explain is an error as the screen says it: inputs are called by the titles of
// their fields.
func Explain(err error) string {
	var broken *awsops.InputError
	if errors.As(err, &broken) {
		return strings.ReplaceAll(err.Error(), broken.Error(), broken.InForm())
	}
	return err.Error()
}

// render draws the field around its value.
func (l *line) render(value string) string {
	th := l.env.Theme
	problem := l.problem()
	if !l.focused {
		title := fit(l.title, l.titles)
		text := "  " + title + strings.Repeat(" ", max(0, l.titles-ansi.StringWidth(title))) + "  " + value
		if problem != "" {
			text += "  " + th.Tone(theme.Bad).Render(problem)
		}
		return fit(text, l.width)
	}
	second := th.Tone(theme.Faint).Render(l.about)
	switch {
	case problem != "" && l.hint != "" && !l.left:
		second = th.Tone(theme.Accent).Render(l.hint)
	case problem != "":
		second = th.Tone(theme.Bad).Render(problem)
	}
	return fit("┃ "+th.Tone(theme.Strong).Render(l.title), l.width) + "\n" + fit("┃ "+second, l.width) + "\n" + fit("┃ "+value, l.width)
}

// leave notes that it has been tried to leave the field as it is.
func (l *line) leave() { l.left = true }

// Error implements huh.Field.
func (l *line) Error() error { return l.check(*l.value) }

// Init implements huh.Field.
func (l *line) Init() tea.Cmd { return nil }

// Run implements huh.Field. Only the form runs its fields.
func (l *line) Run() error { return errors.ErrUnsupported }

// RunAccessible implements huh.Field.
func (l *line) RunAccessible(io.Writer, io.Reader) error { return l.Run() }

// Skip implements huh.Field.
func (l *line) Skip() bool { return false }

// Zoom implements huh.Field.
func (l *line) Zoom() bool { return false }

// KeyBinds implements huh.Field.
func (l *line) KeyBinds() []key.Binding { return nil }

// GetKey implements huh.Field.
func (l *line) GetKey() string { return l.name }

// GetValue implements huh.Field.
func (l *line) GetValue() any { return *l.value }

// input is a field of text.
type input struct {
	line
	text textinput.Model
}

func newInput(l line, placeholder string) *input {
	in := &input{line: l, text: NewInput(l.env, "> ")}
	in.text.Placeholder, in.text.CharLimit = placeholder, 0 // hundreds of marked rows fill it in
	in.text.SetValue(*l.value)
	return in
}

// set puts a text in, the cursor behind it.
func (in *input) set(text string) {
	in.text.SetValue(text)
	in.text.CursorEnd()
	*in.value = in.text.Value()
}

// Update implements huh.Field.
func (in *input) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(tea.KeyMsg); ok && in.focused {
		in.text, _ = in.text.Update(msg) // the cursor does not blink
		in.left = false
		*in.value = in.text.Value()
	}
	return in, nil
}

// View implements huh.Field.
func (in *input) View() string {
	if in.focused {
		in.text.Width = max(1, in.width-ansi.StringWidth(in.text.Prompt)-3)
		return in.render(in.text.View())
	}
	if *in.value == "" {
		return in.render(in.env.Theme.Tone(theme.Faint).Render(in.text.Placeholder))
	}
	return in.render(awsops.Clean(*in.value))
}

// Focus implements huh.Field.
func (in *input) Focus() tea.Cmd {
	in.focused = true
	in.text.Focus()
	return nil
}

// Blur implements huh.Field.
func (in *input) Blur() tea.Cmd {
	in.focused = false
	in.text.Blur()
	return nil
}

// option is one of the values of a choice, as it reads.
type option struct{ label, value string }

// choice is a field of few values.
type choice struct {
	line
	options []option
}

// at is the option that is chosen, or -1.
func (c *choice) at() int {
	return slices.IndexFunc(c.options, func(o option) bool { return o.value == *c.value })
}

// label is the option that is chosen, as it reads.
func (c *choice) label() string {
	if at := c.at(); at >= 0 {
		return c.options[at].label
	}
	return ""
}

// Update implements huh.Field.
func (c *choice) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	press, ok := msg.(tea.KeyMsg)
	if !ok || !c.focused {
		return c, nil
	}
	at, n := c.at(), len(c.options)
	switch press.String() {
	case "left", "up", "h", "k":
		at = (max(at, 0) + n - 1) % n
	case "right", "down", "l", "j", " ":
		at = (at + 1) % n
	default:
		for i, o := range c.options {
			if strings.HasPrefix(o.label, press.String()) {
				at = i
				break
			}
		}
	}
	if at >= 0 {
		*c.value = c.options[at].value
	}
	return c, nil
}

// View implements huh.Field. A choice that does not fit shows its value only.
func (c *choice) View() string {
	th, at := c.env.Theme, c.at()
	if !c.focused {
		label := c.label()
		if *c.value == "" {
			label = th.Tone(theme.Faint).Render(label)
		}
		return c.render(label)
	}
	var all []string
	for i, o := range c.options {
		if i == at {
			all = append(all, th.Tone(theme.Strong).Render("[x] "+o.label))
			continue
		}
		all = append(all, "[ ] "+o.label)
	}
	text := strings.Join(all, "  ")
	if ansi.StringWidth(text) > c.width-2 {
		text = "< " + th.Tone(theme.Strong).Render(c.label()) + " >"
	}
	return c.render(text)
}

// Focus implements huh.Field.
func (c *choice) Focus() tea.Cmd {
	c.focused = true
	return nil
}

// Blur implements huh.Field.
func (c *choice) Blur() tea.Cmd {
	c.focused = false
	return nil
}

// WithTheme implements huh.Field: the styles are the session's.
func (in *input) WithTheme(*huh.Theme) huh.Field { return in }

// WithAccessible implements huh.Field.
func (in *input) WithAccessible(bool) huh.Field { return in }

// WithKeyMap implements huh.Field: the form moves between fields.
func (in *input) WithKeyMap(*huh.KeyMap) huh.Field { return in }

// WithWidth implements huh.Field.
func (in *input) WithWidth(width int) huh.Field {
	in.width = width
	return in
}

// WithHeight implements huh.Field.
func (in *input) WithHeight(int) huh.Field { return in }

// WithPosition implements huh.Field.
func (in *input) WithPosition(huh.FieldPosition) huh.Field { return in }

// WithTheme implements huh.Field: the styles are the session's.
func (c *choice) WithTheme(*huh.Theme) huh.Field { return c }

// WithAccessible implements huh.Field.
func (c *choice) WithAccessible(bool) huh.Field { return c }

// WithKeyMap implements huh.Field: the form moves between fields.
func (c *choice) WithKeyMap(*huh.KeyMap) huh.Field { return c }

// WithWidth implements huh.Field.
func (c *choice) WithWidth(width int) huh.Field {
	c.width = width
	return c
}

// WithHeight implements huh.Field.
func (c *choice) WithHeight(int) huh.Field { return c }

// WithPosition implements huh.Field.
func (c *choice) WithPosition(huh.FieldPosition) huh.Field { return c }
