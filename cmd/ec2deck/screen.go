package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/ui"
	"ec2deck/ui/serve"
	"ec2deck/views"

	"github.com/aymanbagabas/go-osc52/v2"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
)

// screenOptions are what the screen is told besides its session.
type screenOptions struct {
	Refresh time.Duration // 0 is off
	Tidy    func()
	Term    string
	ASCII   bool
	Keep    func(path string) (views.Keeper, error) // nil without files
	After   func(time.Duration, func() tea.Msg) tea.Cmd
	Specs   []views.Spec
	Book    *views.Book // nil on a server
	Execute func([]string, func(error) tea.Msg) tea.Cmd

	Taste        taste
	Theme        string
	Mouse        bool
	Kind, Filter string // of the first table
}

// heapGrowth is how much of its memory a screen with a long table may leave
// behind before it is collected, in percent: such a table is read anew and
// again, and mostly tells nothing new.
const heapGrowth = 15

// tidy gives back what a long listing has needed, and lets the next need less.
func tidy() {
	debug.SetGCPercent(heapGrowth)
	debug.FreeOSMemory()
}

func (p *program) openScreen(c *cobra.Command, _ []string) error {
	s, o, err := p.session(true)
	if err != nil {
		return err
	}
	like, err := newTaste(p.file)
	if err != nil {
		return err
	}
	kind, filter, err := p.first(like)
	if err != nil {
		return err
	}
	out, ok := p.out.(*os.File)
	if !ok || !term.IsTerminal(out.Fd()) {
		return usagef("the screen needs a terminal and standard output is none; for scripts there is `ec2deck run OPERATION`")
	}
	renderer := lipgloss.NewRenderer(out)
	renderer.SetHasDarkBackground(!light(p.getenv("COLORFGBG")))
	locale := cmp.Or(p.getenv("LC_ALL"), p.getenv("LC_CTYPE"), p.getenv("LANG"))
	terminal := &ui.Terminal{In: p.in, Out: p.out, Mouse: o.mouse, Pause: framePause}
	model := newScreen(c.Context(), s, renderer, screenOptions{
		Refresh: o.refresh, After: terminal.After, Specs: views.All(), Term: p.getenv("TERM"), ASCII: o.ascii || ui.NeedsASCII(locale),
		Keep: p.reserveOnScreen, Tidy: tidy, Book: p.book.screen(), Execute: p.execute, Taste: like, Theme: o.theme, Mouse: o.mouse, Kind: kind, Filter: filter,
	})
	return p.runScreen(c.Context(), terminal, model)
}

// light reads the background that some terminals tell in the environment. The
// terminal itself is not asked: it might not answer.
func light(colorfgbg string) bool {
	_, background, ok := strings.Cut(colorfgbg, ";")
	if i := strings.LastIndexByte(background, ';'); i >= 0 {
		background = background[i+1:]
	}
	return ok && (background == "7" || background == "15")
}

// framePause is the least time between two frames. Keys of one packet, and an
// answer with what follows from it, are one frame; a key by itself never waits.
const framePause = time.Millisecond

// runScreen shows a screen until it is left. The terminal is restored also when
// the context ends, which every signal does, and after a panic.
func (p *program) runScreen(ctx context.Context, terminal *ui.Terminal, model tea.Model) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	err := terminal.Run(model, func(screen *tea.Program) {
		go p.watchHook(watching, func(err error) { screen.Send(ui.Notice{Text: err.Error()}) })
	}, tea.WithContext(ctx), tea.WithoutSignalHandler())
	if broke := (*ui.Panic)(nil); errors.As(err, &broke) {
		return fmt.Errorf("the screen broke down, and the terminal has been restored: %w", err)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// execute runs a program in the place of the screen. No shell reads its words,
// so a home directory is read here.
func (p *program) execute(argv []string, ended func(error) tea.Msg) tea.Cmd {
	words := make([]string, len(argv))
	for i, word := range argv {
		words[i] = p.atHome(word)
	}
	c := exec.Command(words[0], words[1:]...)
	c.Stdin, c.Stdout, c.Stderr = p.in, p.out, p.errs
	return tea.ExecProcess(c, ended)
}

// newScreen makes the screen of a session on a terminal.
func newScreen(ctx context.Context, s *awsops.Session, r *lipgloss.Renderer, o screenOptions) tea.Model {
	return ui.New(ui.Config{
		Env: views.Env{
			Context: ctx, Session: s, Theme: theme.New(r, o.Theme), Keys: &o.Taste.keys, Rebound: o.Taste.bound, Log: slog.New(slog.DiscardHandler),
			Now: time.Now, After: o.After, Keep: o.Keep, Tidy: o.Tidy, Book: o.Book, SSH: o.Taste.ssh, Execute: o.Execute, Refresh: o.Refresh, Setups: o.Taste.setups, Naming: o.Taste.naming, Delimiters: o.Taste.apart,
		},
		Specs: o.Specs, ASCII: o.ASCII, Mouse: o.Mouse, Saved: o.Taste.saved, Kind: o.Kind, Query: o.Filter,
		Clipboard: func(text string) error { return clip(r.Output(), o.Term, text) },
	})
}

// clip asks the terminal, which may be far away over SSH, to fill its
// clipboard. tmux takes the plain sequence with set-clipboard on, and lets the
// wrapped one through with allow-passthrough on.
func clip(out io.Writer, term, text string) error {
	seq := osc52.New(text)
	all := seq.String()
	if strings.HasPrefix(term, "screen") || strings.HasPrefix(term, "tmux") {
		all += seq.Tmux().String()
	}
	_, err := io.WriteString(out, all)
	return err
}

// hostedScreen makes the screen of an SSH session, which has no files: they
// are the server's own.
func hostedScreen(ctx context.Context, login serve.Session, s *awsops.Session, o *options, like taste, specs []views.Spec) tea.Model {
	return newScreen(ctx, s, login.Renderer, screenOptions{After: login.After, Specs: specs, Refresh: o.refresh, Term: login.Term, ASCII: o.ascii || ui.NeedsASCII(login.Locale), Taste: like, Theme: o.theme, Mouse: o.mouse})
}
