package ui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// codeDialog asks for a code of an MFA device, which a profile's role is given
// for. What is typed shows as stars.
type codeDialog struct {
	base
	at    awsops.MFADevice
	input textinput.Model
	busy  bool
	// problem is why the last code did not do.
	problem string
}

// codeTried tells what became of a code.
type codeTried struct {
	at  awsops.MFADevice
	err error
}

// declined is the intent of who has no code now.
type declined struct {
	ours
	at awsops.MFADevice
}

// askCode asks for a code that a profile needs, unless the keys belong to
// something else just now or the operator has none.
func (m *Model) askCode() tea.Cmd {
	if m.tooSmall() {
		return nil
	}
	if _, choosing := m.top().(*scopePicker); !choosing && (len(m.overlays) > 0 || m.top().Typing()) {
		return nil
	}
	for _, at := range m.env.Session.Devices() {
		if m.declined[at] {
			continue
		}
		d := &codeDialog{base: base{env: m.env}, at: at, input: views.NewInput(m.env, "code: ")}
		d.input.EchoMode = textinput.EchoPassword
		d.input.Focus()
		return m.push(d)
	}
	return nil
}

// Typing implements views.View.
func (d *codeDialog) Typing() bool { return true }

// Help implements views.View.
func (d *codeDialog) Help() []key.Binding {
	return []key.Binding{d.env.Keys.Accept, d.env.Keys.Back}
}

// Update implements views.View.
func (d *codeDialog) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	if tried, ok := msg.(codeTried); ok && tried.at == d.at {
		d.busy, d.problem = false, ""
		var rule *awsops.InputError
		if errors.As(tried.err, &rule) {
			d.problem = rule.Rule
		} else if tried.err != nil {
			d.problem = tried.err.Error()
		}
		d.input.SetValue("")
	}
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil, nil
	}
	switch k := d.env.Keys; {
	case key.Matches(press, k.Back):
		return declined{at: d.at}, nil
	case d.busy:
	case key.Matches(press, k.Accept):
		return nil, d.try()
	default:
		d.problem = ""
		d.input, _ = d.input.Update(press) // the cursor does not blink
		d.input.SetValue(digits(d.input.Value()))
	}
	return nil, nil
}

// digits is what of a text can stand in a code.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func (d *codeDialog) try() tea.Cmd {
	d.busy = true
	ctx, session, at, code := d.env.Context, d.env.Session, d.at, d.input.Value()
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, openTimeout)
		defer cancel()
		return codeTried{at, session.GiveCode(ctx, at, code)}
	}
}

// View implements views.View.
func (d *codeDialog) View() string {
	th := d.env.Theme
	lines := []string{th.Tone(theme.Strong).Render(cut("Profile "+awsops.Clean(d.at.Profile)+" needs a code", d.width)), ""}
	lines = append(lines, wrap("Its role is given for a code of the MFA device "+awsops.Clean(d.at.Serial)+".", d.width)...)
	in := d.input
	in.Width = max(1, d.width-10)
	lines = append(lines, "", in.View(), "")
	switch {
	case d.busy:
		lines = append(lines, th.Tone(theme.Busy).Render("asking…"))
	case d.problem != "":
		lines = append(lines, wrap(th.Tone(theme.Bad).Render("! "+awsops.Clean(d.problem)), d.width)...)
	default:
		lines = append(lines, th.Tone(theme.Faint).Render("six digits; enter signs in, esc leaves the profile closed"))
	}
	return strings.Join(lines, "\n")
}

func (m *Model) onDeclined(at awsops.MFADevice) tea.Cmd {
	m.declined[at] = true
	m.pop()
	m.say("profile "+at.Profile+" stays closed without a code; "+m.env.Keys.Refresh.Help().Key+" asks again", theme.Busy)
	return nil
}

// onCodeTried opens what has waited for the code.
func (m *Model) onCodeTried(msg codeTried) tea.Cmd {
	cmds := []tea.Cmd{m.broadcast(msg)}
	if msg.err != nil {
		return tea.Batch(cmds...)
	}
	m.overlays = slices.DeleteFunc(m.overlays, func(v views.View) bool {
		d, ok := v.(*codeDialog)
		return ok && d.at == msg.at
	})
	m.say("signed in as profile "+msg.at.Profile, theme.Good)
	for _, name := range m.env.Session.Profiles() {
		if cmp.Or(name, "default") == msg.at.Profile && m.profile(name).err != nil {
			cmds = append(cmds, m.openProfile(name))
		}
	}
	return tea.Batch(cmds...)
}
