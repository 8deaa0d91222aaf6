package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/ui"
)

const faultText = "ec2deck met an internal error and ended this session. No other session is affected; the server's log says more."

// framePause is the least time between two frames of a screen: what a network
// tells apart anyway.
const framePause = 10 * time.Millisecond

// screen runs the program on the client's terminal.
func (v *visit) screen(ctx context.Context, log *slog.Logger, out io.Writer) int {
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	keys := &keys{from: v.channel, pressed: v.pressed}
	size, who := v.window(), v.who
	terminal := &ui.Terminal{In: keys, Out: v.channel, Mouse: v.server.Mouse, Pause: framePause, Width: size.Width, Height: size.Height, Filter: harmless(log)}
	who.After = terminal.After
	model, err := v.server.Screen(ctx, who)
	if err != nil {
		log.Error("no screen", "error", err)
		_, _ = fmt.Fprintf(out, "ec2deck: %v\n", err)
		return exitFailed
	}
	e := &ending{
		grace: v.server.Limits.Grace, force: v.server.limits.force,
		kill: kill, hangUp: func() { _ = v.conn.Close() },
		left: make(chan struct{}), why: make(chan string, 1), busy: func() bool { return false },
	}
	defer close(e.left)
	if m, ok := model.(busy); ok {
		e.busy = m.Busy
	}
	stays := func() bool { return true }
	defer func() { stays() }()
	err = terminal.Run(model, func(p *tea.Program) {
		keys.hangup, e.program = p.Quit, p
		stays = context.AfterFunc(v.server.stopping, func() { e.end(ctx, stopNotice(e.grace), stopText) })
		go v.tell(ctx, p)
		go v.watchTime(ctx, e)
	}, tea.WithoutSignalHandler(), tea.WithContext(ctx), tea.WithEnvironment(v.env.Environ()))
	var broke *ui.Panic
	switch why := e.told(); {
	case errors.Is(err, tea.ErrInterrupted):
		return exitInterrupted
	case errors.As(err, &broke):
		log.Error("screen panicked", "panic", fmt.Sprint(broke.Value), "stack", string(broke.Stack))
		_, _ = fmt.Fprintln(out, faultText)
		return exitFailed
	case err != nil && ctx.Err() == nil:
		log.Error("screen failed", "error", err)
		_, _ = fmt.Fprintln(out, faultText)
		return exitFailed
	case why != "" && e.busy():
		_, _ = fmt.Fprintln(out, why+"\n"+busyText)
		return exitUnknown
	case why != "":
		_, _ = fmt.Fprintln(out, why)
		return exitFailed
	}
	return 0
}

// watchTime ends a screen that nobody uses, or that has been there too long.
func (v *visit) watchTime(ctx context.Context, e *ending) {
	l := v.server.Limits
	s := stay{idle: l.Idle, most: l.Session, begin: v.begin, lastKey: v.lastKey}
	why := s.watch(ctx, e.notify)
	if why != "" {
		e.end(ctx, why, why)
	}
}

// tell gives the program its first size at once, then every other, and says
// when rights have changed.
func (v *visit) tell(ctx context.Context, p *tea.Program) {
	rights := v.server.Rights
	if rights == nil {
		rights = func() <-chan struct{} { return nil }
	}
	changed := rights()
	p.Send(v.window())
	for {
		select {
		case <-ctx.Done():
			return
		case size := <-v.sizes:
			p.Send(size)
		case <-changed:
			changed = rights()
			p.Send(ui.RightsChanged{})
		}
	}
}

// keys is the input of a program. When it ends nobody can press a key any
// more, not even the one that quits; Bubble Tea alone would stay.
type keys struct {
	from    io.Reader
	pressed func()
	hangup  func()
}

func (k *keys) Read(p []byte) (int, error) {
	n, err := k.from.Read(p)
	k.pressed()
	if err != nil {
		go k.hangup()
	}
	return n, err
}

// harmless drops the messages that would act on the server instead of on the
// client: to suspend the process, and to run another.
func harmless(log *slog.Logger) func(tea.Model, tea.Msg) tea.Msg {
	return func(_ tea.Model, msg tea.Msg) tea.Msg {
		if !ui.Leaves(msg) {
			return msg
		}
		if _, ok := msg.(tea.SuspendMsg); !ok {
			log.Error("a program of the server was to be run for a session: refused")
		}
		return nil
	}
}
