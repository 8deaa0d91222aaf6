package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// Exit codes of what happens outside a command; they mean what they mean in
// `ec2deck run`.
const (
	exitFailed  = 1
	exitInput   = 2
	exitRefused = 7
	exitUnknown = 8 // a change broke off: its outcome is not known

	exitInterrupted = 130
)

// visit is one session channel, from its first request to its end.
type visit struct {
	server   *server
	conn     *gossh.ServerConn
	channel  gossh.Channel
	ctx      ssh.Context // of the connection
	identity identity
	id       string

	env     environment
	pty     bool
	sizes   chan tea.WindowSizeMsg // the newest size that is not yet told
	started bool

	mu   sync.Mutex
	size tea.WindowSizeMsg

	// These are known once it has started.
	kind  string
	who   Session
	begin time.Time
	key   atomic.Int64 // when the last one was pressed, in nanoseconds since the beginning
}

func (s *server) session(_ *ssh.Server, conn *gossh.ServerConn, offered gossh.NewChannel, ctx ssh.Context) {
	who, err := identityOf(conn)
	if err != nil || !validUser(conn.User()) {
		s.Log.Warn("refused a user name", "user", clip(conn.User()))
		s.tally.refusal()
		s.event(Event{Kind: LoginRefused, Session: who.session(conn.User(), conn.RemoteAddr().String()), Reason: "this user name cannot be used here"})
		_ = offered.Reject(gossh.Prohibited, "this user name cannot be used here")
		return
	}
	if !s.admit(conn) {
		_ = offered.Reject(gossh.ResourceShortage, "too many sessions on this connection, or the server is stopping")
		return
	}
	defer s.dismiss(conn)
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	v := &visit{
		server: s, conn: conn, channel: channel, ctx: ctx, identity: who,
		id: strings.ToLower(rand.Text()[:10]), sizes: make(chan tea.WindowSizeMsg, 1),
	}
	v.serve(requests)
}

// serve answers the client's requests until the channel is closed on both
// sides.
func (v *visit) serve(requests <-chan *gossh.Request) {
	ctx, leave := context.WithCancel(v.server.base)
	defer leave()
	present, gone := context.WithCancel(context.Background())
	defer gone()
	go v.watch(present)

	ended := make(chan struct{})
	for request := range requests {
		ok, start := v.answer(request)
		if !ok {
			v.refused(request)
		}
		_ = request.Reply(ok, nil)
		if start == nil {
			continue
		}
		go func() {
			defer close(ended)
			v.finish(start(ctx))
		}()
	}
	leave()
	if v.started {
		<-ended
	}
}

// answer says whether a request is granted, and what it starts.
func (v *visit) answer(request *gossh.Request) (bool, func(context.Context) int) {
	if request.Type == "window-change" {
		return v.resize(request.Payload), nil
	}
	if v.started {
		return false, nil
	}
	switch request.Type {
	case "pty-req":
		return v.terminal(request.Payload), nil
	case "env":
		var pair struct{ Name, Value string }
		return gossh.Unmarshal(request.Payload, &pair) == nil && v.env.set(pair.Name, pair.Value), nil
	case "shell":
		v.started = true
		return true, func(ctx context.Context) int { return v.run(ctx, "") }
	case "exec":
		var exec struct{ Line string }
		if gossh.Unmarshal(request.Payload, &exec) != nil {
			return false, nil
		}
		v.started = true
		return true, func(ctx context.Context) int { return v.run(ctx, exec.Line) }
	}
	return false, nil // subsystems, agents, displays, signals
}

// refused records what would have opened something. Clients ask for more than
// people know of.
func (v *visit) refused(request *gossh.Request) {
	what := request.Type
	switch what {
	case "subsystem":
		var asked struct{ Name string }
		_ = gossh.Unmarshal(request.Payload, &asked) // without a name it is refused as well
		what += " " + clip(asked.Name)
	case "pty-req":
		if v.pty || !v.identity.NoTerminal {
			return
		}
		what = "a terminal, which the certificate does not permit"
	case "auth-agent-req@openssh.com", "x11-req":
	default:
		return
	}
	v.server.refuseOn(v.conn, v.ctx, what)
}

func (v *visit) terminal(payload []byte) bool {
	var asked struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}
	if v.pty || v.identity.NoTerminal || gossh.Unmarshal(payload, &asked) != nil {
		return false
	}
	v.pty = true
	v.env.term = safeName(asked.Term)
	v.resized(windowSize(asked.Columns, asked.Rows))
	return true
}

func (v *visit) resize(payload []byte) bool {
	var asked struct{ Columns, Rows, Width, Height uint32 }
	if !v.pty || gossh.Unmarshal(payload, &asked) != nil {
		return false
	}
	size := windowSize(asked.Columns, asked.Rows)
	v.resized(size)
	if !v.started {
		return true
	}
	select { // only the newest size counts; this is the only sender
	case <-v.sizes:
	default:
	}
	v.sizes <- size
	return true
}

func (v *visit) resized(size tea.WindowSizeMsg) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.size = size
}

// window is the size of the terminal.
func (v *visit) window() tea.WindowSizeMsg {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.size
}

// pressed says that somebody is there.
func (v *visit) pressed() { v.key.Store(int64(time.Since(v.begin))) }

func (v *visit) lastKey() time.Time { return v.begin.Add(time.Duration(v.key.Load())) }

// run is the session itself. A panic of what it runs ends here.
func (v *visit) run(ctx context.Context, line string) (code int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, errs := v.outputs()
	args, err := Split(line)
	switch v.begin, v.who = time.Now(), v.about(); {
	case err != nil:
		v.server.refuseOn(v.conn, v.ctx, "a command that cannot be read: "+err.Error())
	case len(args) > 0:
		v.kind = kindCommand
		if v.server.Has != nil && !v.server.Has(args) {
			v.server.refuseOn(v.conn, v.ctx, "a command that does not exist: "+clip(args[0]))
		}
	case v.pty:
		v.kind = kindScreen
	default:
		err = errors.New("no terminal and no command: add -t for the screen, or write one, such as: run list-instances")
	}
	if err != nil {
		_, _ = fmt.Fprintf(errs, "ec2deck: %v\n", err)
		return exitInput
	}
	log := v.server.Log.With("session", v.id, "user", v.who.User, "name", v.who.Name, "key", v.who.Fingerprint, "remote", v.who.Remote)
	if err := v.server.enter(v, v.who); err != nil {
		log.Warn("session refused", "reason", err)
		v.server.event(Event{Kind: LoginRefused, Session: v.who, Reason: err.Error()})
		_, _ = fmt.Fprintf(errs, "ec2deck: %v\n", err)
		return exitRefused
	}
	defer v.server.leave(v)
	// The command itself may hold what no log should: it is not written.
	log.Info("session begins", "terminal", v.who.Term, "command", v.kind == kindCommand)
	v.server.event(Event{Kind: LoggedIn, Session: v.who})
	defer func() {
		if fault := recover(); fault != nil {
			log.Error("session panicked", "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			_, _ = fmt.Fprintln(errs, faultText)
			code = exitUnknown
		}
		took := time.Since(v.begin).Round(time.Millisecond)
		log.Info("session ends", "exit", code, "took", took.String())
		v.server.event(Event{Kind: LoggedOut, Session: v.who, Exit: code, Took: took})
	}()
	if v.kind == kindScreen {
		return v.screen(ctx, log, out)
	}
	return v.command(ctx, cancel, args, out, errs)
}

// outputs are standard output and error. A terminal has only one.
func (v *visit) outputs() (out, errs io.Writer) {
	if v.pty {
		w := &crlf{out: v.channel}
		return w, w
	}
	return v.channel, v.channel.Stderr()
}

func (v *visit) about() Session {
	about := v.identity.session(v.conn.User(), v.conn.RemoteAddr().String())
	about.ID = v.id
	if v.pty {
		size := v.window()
		about.Term, about.Width, about.Height = v.env.term, size.Width, size.Height
		about.Renderer, about.Locale = v.env.renderer(v.channel), v.env.locale()
	}
	return about
}

// finish tells the exit code and closes our side. The client closes its own
// once it has put out what it was sent, which may take as long as its reader.
func (v *visit) finish(code int) {
	_, _ = v.channel.SendRequest("exit-status", false, gossh.Marshal(struct{ Code uint32 }{uint32(code)}))
	_ = v.channel.Close()
}

// watch drops a client that has gone without a word.
func (v *visit) watch(ctx context.Context) {
	ticker := time.NewTicker(v.server.limits.alive)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		late := time.AfterFunc(v.server.limits.answer, func() { _ = v.conn.Close() })
		_, _, err := v.conn.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			return
		}
	}
}
