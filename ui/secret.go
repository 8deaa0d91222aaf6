package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// unkept is a secret that EC2 has handed out and nobody keeps yet.
type unkept struct {
	operation, name string
	text            awsops.Secret
	err             error // why the file could not be written
}

// call carries out a request. A secret of its result is kept in the file that
// was made sure of before, ahead of everything else that can fail.
func call(env views.Env, r awsops.Request, a answered) tea.Msg {
	name := r.Operation.Info().Secret
	if name == "" || r.DryRun {
		a.result, a.err = env.Session.Run(env.Context, r)
		return a
	}
	var keeper views.Keeper
	if r.Save != views.OnScreen {
		if keeper, a.err = env.Keep(r.Save); a.err != nil {
			return a
		}
		defer keeper.Discard()
	}
	if a.result, a.err = env.Session.Run(env.Context, r); a.err != nil {
		return a
	}
	secret, ok := a.result.TakeSecret(name, "not saved")
	if !ok || secret.Reveal() == "" {
		a.err = &awsops.Error{Operation: r.Operation.Info().Name, Class: awsops.Refused, Code: "NoSecret", Message: "EC2's answer has no " + name, RequestID: a.result.RequestID}
		return a
	}
	a.secret = &unkept{operation: r.Operation.Info().Name, name: name, text: secret}
	remark := "shown once"
	if keeper != nil {
		if a.secret.err = keeper.Keep(secret); a.secret.err != nil {
			return a
		}
		a.secret, remark = nil, "saved in "+r.Save
	}
	for i, o := range a.result.Outputs {
		if o.Name == name {
			a.result.Outputs[i].Value = remark
		}
	}
	return a
}

// kept says where the secret of a result went.
func (j *job) kept() string {
	i := slices.IndexFunc(j.results[0].Outputs, func(o awsops.Output) bool { return o.Name == j.info.Secret })
	return fmt.Sprintf("%s %v", j.info.Secret, j.results[0].Outputs[i].Value)
}

// newSecret shows a secret, or asks for another file where writing failed.
func (m *Model) newSecret(u *unkept) views.View {
	if u.err == nil {
		return &shown{views.NewText(m.env, u.name+": shown this once", u.text.Reveal()), false}
	}
	d := &saving{base: base{env: m.env}, unkept: *u, input: views.NewInput(m.env, "> ")}
	d.input.Focus()
	return d
}

// holds says that a view has a secret that nobody keeps yet.
func holds(v views.View) bool {
	_, ok := v.(*saving)
	return ok
}

// shown is a secret on the screen. Every key is its own, so that none closes
// it unawares.
type shown struct {
	*views.Text
	leaving bool
}

// Typing implements views.View.
func (s *shown) Typing() bool { return true }

// Update implements views.View.
func (s *shown) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	intent, cmd := s.Text.Update(msg)
	if _, ok := intent.(views.Back); ok && !s.leaving {
		s.leaving = true
		return views.Say{Text: "y copies it; esc again closes it", Tone: theme.Busy}, nil
	}
	return intent, cmd
}

// saving asks for another file for a secret that could not be written.
type saving struct {
	base
	unkept
	input   textinput.Model
	busy    bool
	leaving bool
}

// kept tells whether a secret could be written.
type kept struct {
	dialog *saving
	path   string
	err    error
}

func (s *saving) dangerous() bool { return true }

// Typing implements views.View.
func (s *saving) Typing() bool { return true }

// Help implements views.View.
func (s *saving) Help() []key.Binding {
	return []key.Binding{s.env.Keys.Accept, s.env.Keys.Back}
}

// Update implements views.View.
func (s *saving) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	press, ok := msg.(tea.KeyMsg)
	if !ok || s.busy {
		return nil, nil
	}
	switch k := s.env.Keys; {
	case key.Matches(press, k.Back) && s.leaving:
		return views.Back{}, nil
	case key.Matches(press, k.Back):
		s.leaving = true
	case key.Matches(press, k.Accept):
		return s.save(strings.TrimSpace(s.input.Value()))
	default:
		s.leaving = false
		s.input, _ = s.input.Update(press) // the cursor does not blink
	}
	return nil, nil
}

func (s *saving) save(path string) (views.Intent, tea.Cmd) {
	switch path {
	case "":
		return nil, nil
	case views.OnScreen:
		return nil, func() tea.Msg { return kept{dialog: s} }
	}
	s.busy = true
	keep, text := s.env.Keep, s.text
	return nil, func() tea.Msg {
		keeper, err := keep(path)
		if err == nil {
			err = keeper.Keep(text)
		}
		return kept{s, path, err}
	}
}

func (m *Model) onKept(msg kept) tea.Cmd {
	s := msg.dialog
	s.busy = false
	switch {
	case msg.err != nil:
		s.err = msg.err
		return nil
	case msg.path == "":
		s.err = nil
		m.pop()
		return m.push(m.newSecret(&s.unkept))
	}
	m.pop()
	m.say(s.operation+": the "+s.name+" is saved in "+msg.path, theme.Good)
	return nil
}

// View implements views.View.
func (s *saving) View() string {
	th := s.env.Theme
	s.input.Width = max(1, s.width-4)
	lines := []string{th.Danger.Render(cut("The "+s.name+" is not saved", s.width)), ""}
	lines = append(lines, wrap(awsops.Clean(views.Explain(s.err)), s.width)...)
	lines = append(lines, "", "Name another new file, or "+views.OnScreen+" to show it once.", s.input.View(), "")
	if s.leaving {
		lines = append(lines, wrap(th.Tone(theme.Bad).Render("EC2 may have no copy. esc again throws it away."), s.width)...)
	}
	return strings.Join(lines, "\n")
}
