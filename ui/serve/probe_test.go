package serve

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"ec2deck/ui"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
)

// probe is a screen that shows what it was given.
type probe struct {
	session Session
	size    tea.WindowSizeMsg
	keys    string
	fill    int
	notice  string
	rights  int          // how often they have changed
	working *atomic.Bool // a change is under way
}

func (p probe) Busy() bool { return p.working != nil && p.working.Load() }

type filled struct{}

func (p probe) Init() tea.Cmd { return nil }

func (p probe) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.size = msg
	case ui.Notice:
		p.notice = " notice: " + msg.Text
	case ui.RightsChanged:
		p.rights++
	case filled:
		p.fill++
		return p, func() tea.Msg { return filled{} }
	case tea.KeyMsg:
		p.keys += msg.String()
		switch msg.String() {
		case "q":
			return p, tea.Quit
		case "!":
			panic("panic of a screen \x1b[31m")
		case "@":
			return p, tea.Batch(func() tea.Msg { panic("panic of a command") })
		case "z":
			return p, tea.Suspend
		case "F":
			return p, func() tea.Msg { return filled{} }
		}
	}
	return p, nil
}

func (p probe) View() string {
	tinted := p.session.Renderer.NewStyle().Foreground(lipgloss.Color("#ff8800")).Render("tinted")
	view := fmt.Sprintf("size %dx%d keys <%s> %s", p.size.Width, p.size.Height, p.keys, tinted) + p.notice
	if p.rights > 0 {
		view += fmt.Sprintf(" rights %d", p.rights)
	}
	if p.fill > 0 {
		view += strings.Repeat("\n"+strings.Repeat(fmt.Sprintf("%09d ", p.fill), 90), 900)
	}
	return view
}

// command is a headless command that shows what it was given.
func command(ctx context.Context, s Session, args []string, in io.Reader, out, errs io.Writer) int {
	switch args[0] {
	case "cat":
		if _, err := io.Copy(out, in); err != nil {
			return 1
		}
	case "wait":
		_, _ = fmt.Fprintln(out, "waiting")
		<-ctx.Done()
		_, _ = fmt.Fprintln(out, "interrupted")
		return 6
	case "panic":
		panic("panic of a command")
	case "run":
		_, _ = fmt.Fprintf(out, "out %q\nfor %s\n", args[1:], s.User)
		_, _ = fmt.Fprintf(errs, "err\n")
		return 7
	default:
		_, _ = fmt.Fprintf(errs, "unknown command %q\n", args[0])
		return 2
	}
	return 0
}
