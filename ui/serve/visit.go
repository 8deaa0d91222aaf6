package serve

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
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
	exitUnknown = 8 // a command broke off: what it changed is not known

	exitInterrupted = 130
)

// visit is one session channel, from its first request to its end.
type visit struct {
	server      *server
	conn        *gossh.ServerConn
	channel     gossh.Channel
	fingerprint string

	env     environment
	pty     bool
	size    tea.WindowSizeMsg      // until the session starts
	sizes   chan tea.WindowSizeMsg // the newest size that is not yet told
	started bool
}

func (s *server) session(_ *ssh.Server, conn *gossh.ServerConn, offered gossh.NewChannel, ctx ssh.Context) {
	if !validUser(conn.User()) {
		s.Log.Warn("refused a user name", "user", clip(conn.User()))
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
	v := &visit{server: s, conn: conn, channel: channel, sizes: make(chan tea.WindowSizeMsg, 1)}
	if key, ok := ctx.Value(ssh.ContextKeyPublicKey).(ssh.PublicKey); ok {
		v.fingerprint = gossh.FingerprintSHA256(key)
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

func (v *visit) terminal(payload []byte) bool {
	var asked struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}
	if v.pty || gossh.Unmarshal(payload, &asked) != nil {
		return false
	}
	v.pty = true
	v.env.term = safeName(asked.Term)
	v.size = windowSize(asked.Columns, asked.Rows)
	return true
}

func (v *visit) resize(payload []byte) bool {
	var asked struct{ Columns, Rows, Width, Height uint32 }
	if !v.pty || gossh.Unmarshal(payload, &asked) != nil {
		return false
	}
	size := windowSize(asked.Columns, asked.Rows)
	if !v.started {
		v.size = size
		return true
	}
	select { // only the newest size counts; this is the only sender
	case <-v.sizes:
	default:
	}
	v.sizes <- size
	return true
}

// run is the session itself. A panic of what it runs ends here.
func (v *visit) run(ctx context.Context, line string) (code int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, errs := v.outputs()
	log := v.server.Log.With("user", v.conn.User(), "key", v.fingerprint, "remote", v.conn.RemoteAddr().String())
	begin := time.Now()
	// The command itself may hold what no log should: it is not written.
	log.Info("session begins", "terminal", v.pty, "command", line != "")
	defer func() {
		if fault := recover(); fault != nil {
			log.Error("session panicked", "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			_, _ = fmt.Fprintln(errs, faultText)
			code = exitUnknown
		}
		log.Info("session ends", "exit", code, "took", time.Since(begin).Round(time.Millisecond))
	}()

	args, err := split(line)
	switch {
	case err != nil:
		_, _ = fmt.Fprintf(errs, "ec2deck: %v\n", err)
		return exitInput
	case len(args) > 0:
		return v.command(ctx, cancel, args, out, errs)
	case v.pty:
		return v.screen(ctx, log, out)
	}
	_, _ = fmt.Fprintln(errs, "ec2deck: no terminal and no command: add -t for the screen, or write one, such as: run list-instances")
	return exitInput
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
	about := Session{User: v.conn.User(), Fingerprint: v.fingerprint, Remote: v.conn.RemoteAddr().String()}
	if v.pty {
		about.Term, about.Width, about.Height = v.env.term, v.size.Width, v.size.Height
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
