package views

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// SelfCheck looks at everything that has to be right, and tells each finding as
// it comes.
type SelfCheck struct {
	env      Env
	findings []awsops.Finding
	pager    pager
	run      int // older findings are dropped
	cancel   context.CancelFunc
	ended    bool
}

// found is a finding, or the end.
type found struct {
	check   *SelfCheck
	run     int
	finding awsops.Finding
	end     bool
	next    <-chan awsops.Finding
}

// NewSelfCheck makes the view; Init begins to check.
func NewSelfCheck(env Env) View { return &SelfCheck{env: env} }

// Init implements View.
func (s *SelfCheck) Init() tea.Cmd {
	s.Close()
	s.findings, s.ended = nil, false
	s.fill()
	ctx, cancel := context.WithCancel(s.env.Context)
	s.cancel = cancel
	session, now, findings := s.env.Session, s.env.Now, make(chan awsops.Finding)
	go func() {
		defer close(findings)
		for _, trial := range session.Trials() {
			trial.SelfCheck(ctx, trial.Profiles()[0], now, func(f awsops.Finding) {
				select {
				case findings <- f:
				case <-ctx.Done():
				}
			})
		}
	}()
	return found{check: s, run: s.run, next: findings}.wait()
}

// wait asks for the finding after this one.
func (f found) wait() tea.Cmd {
	return func() tea.Msg {
		var more bool
		f.finding, more = <-f.next
		f.end = !more
		return f
	}
}

// Close implements View.
func (s *SelfCheck) Close() {
	s.run++
	if s.cancel != nil {
		s.cancel()
	}
}

// Typing implements View.
func (s *SelfCheck) Typing() bool { return false }

// Status implements View.
func (s *SelfCheck) Status() Status {
	if !s.ended {
		return Status{"checking…", theme.Busy}
	}
	for _, f := range s.findings {
		if f.Verdict == awsops.Failing {
			return Status{"something has to be put right", theme.Bad}
		}
	}
	return Status{"nothing has failed", theme.Good}
}

// Help implements View.
func (s *SelfCheck) Help() []key.Binding {
	k := s.env.Keys
	return []key.Binding{k.Refresh, binding("y", "copy all"), k.Up, k.Down, k.Back}
}

// Resize implements View.
func (s *SelfCheck) Resize(width, height int) { s.pager.resize(width, max(0, height-1)) }

// Update implements View.
func (s *SelfCheck) Update(msg tea.Msg) (Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case found:
		if msg.check != s || msg.run != s.run {
			return nil, nil
		}
		if msg.end {
			s.ended = true
			s.fill()
			return nil, nil
		}
		s.findings = append(s.findings, msg.finding)
		s.fill()
		return nil, msg.wait()
	case tea.KeyMsg:
		k := s.env.Keys
		switch {
		case s.pager.move(msg, s.env):
		case key.Matches(msg, k.Back), key.Matches(msg, k.Quit):
			return Back{}, nil
		case key.Matches(msg, k.Refresh):
			return nil, s.Init()
		case key.Matches(msg, k.Copy):
			return Copy{strings.Join(s.lines(false), "\n"), "what was found"}, nil
		default:
			return Say{msg.String() + " does nothing here; esc goes back", theme.Faint}, nil
		}
	}
	return nil, nil
}

func (s *SelfCheck) fill() { s.pager.set(s.lines(true)...) }

// lines is the findings, and at last the request that failed last as a command,
// to be tried elsewhere.
func (s *SelfCheck) lines(painted bool) []string {
	var out []string
	paint := func(t theme.Tone, text string) string {
		if !painted {
			return text
		}
		return s.env.Theme.Tone(t).Render(text)
	}
	for _, f := range s.findings {
		tone := [...]theme.Tone{theme.Good, theme.Busy, theme.Bad}[f.Verdict]
		out = append(out, paint(tone, pad(f.Verdict.String(), 8, false))+" "+awsops.Clean(f.Check)+": "+awsops.Clean(f.Text))
		if f.Hint != "" {
			out = append(out, "         "+paint(theme.Faint, awsops.Clean(f.Hint)))
		}
	}
	if !s.ended {
		return append(out, "…")
	}
	for _, c := range s.env.Session.Calls().List() {
		if command := c.CommandLine(); c.Err != nil && c.Result() != "allowed" && command != "" {
			return append(out, "", "What failed last ("+awsops.Clean(c.Result())+"), to be tried by itself:", awsops.Clean(command))
		}
	}
	return out
}

// View implements View.
func (s *SelfCheck) View() string {
	title := fit(s.env.Theme.Tone(theme.Strong).Render("Self-check")+s.pager.position(), s.pager.width)
	return strings.Join(append([]string{title}, s.pager.lines()...), "\n")
}
