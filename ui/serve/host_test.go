package serve

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	gossh "golang.org/x/crypto/ssh"
)

const patience = 20 * time.Second

// host is a running server.
type host struct {
	t       *testing.T
	dir     string
	addr    string
	config  Config
	limits  limits
	key     gossh.Signer
	log     *output
	screens chan visitor
	stop    context.CancelFunc
	ended   chan error
}

// visitor is a session as the screen's maker was given it.
type visitor struct {
	Session
	ctx context.Context
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir(), key: newSigner(t), log: newOutput(), screens: make(chan visitor, 100)}
	h.limits = limits{
		guests: 5, handshake: patience, sessions: 3, write: patience, alive: time.Hour,
		answer: time.Hour, force: patience,
	}
	h.config = Config{
		Listen: "127.0.0.1:0", AuthorizedKeys: filepath.Join(h.dir, "authorized_keys"),
		HostKey: filepath.Join(h.dir, "state", "host_key"),
		Limits:  Limits{Grace: patience},
		Log:     slog.New(slog.NewTextHandler(h.log, nil)),
		Command: command,
		Screen: func(ctx context.Context, s Session) (tea.Model, error) {
			h.screens <- visitor{s, ctx}
			return probe{session: s}, nil
		},
	}
	h.allow(keyLine(h.key))
	return h
}

func (h *host) allow(lines ...string) {
	h.t.Helper()
	if err := os.WriteFile(h.config.AuthorizedKeys, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// start serves until the test ends, and then checks that nothing is left.
func (h *host) start() *host {
	h.t.Helper()
	before, files := runtime.NumGoroutine(), h.openFiles()
	ctx, stop := context.WithCancel(h.t.Context())
	ready := make(chan string, 1)
	h.config.Ready = func(addr string) { ready <- addr }
	h.stop, h.ended = stop, make(chan error, 1)
	go func() { h.ended <- run(ctx, h.config, h.limits) }()
	select {
	case h.addr = <-ready:
	case err := <-h.ended:
		stop()
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		h.halt()
		eventually(h.t, "goroutines end", func() bool { return runtime.NumGoroutine() <= before })
		eventually(h.t, "files are closed", func() bool { return h.openFiles() <= files })
	})
	return h
}

// openFiles counts descriptors, where the system shows them. The first listener
// of a process opens some that stay.
func (h *host) openFiles() int {
	h.t.Helper()
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
	}
	files, _ := os.ReadDir("/proc/self/fd")
	return len(files)
}

// halt stops the server as a signal would.
func (h *host) halt() {
	h.t.Helper()
	h.stop()
	select {
	case err := <-h.ended:
		if err != nil {
			h.t.Error(err)
		}
		h.ended <- nil
	case <-time.After(2 * patience):
		h.t.Fatal("the server does not stop")
	}
}

// session is what the screen's maker was given last.
func (h *host) session() visitor {
	h.t.Helper()
	return receive(h.t, "a session", h.screens)
}

func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			stacks := make([]byte, 1<<20)
			t.Fatalf("not so in time: %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func newSigner(t testing.TB) gossh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func keyLine(s gossh.Signer) string {
	return strings.TrimSpace(string(gossh.MarshalAuthorizedKey(s.PublicKey())))
}

// login opens a connection with the allowed key.
func (h *host) login() *gossh.Client {
	h.t.Helper()
	client, _ := h.loginOver(gossh.PublicKeys(h.key))
	return client
}

// loginOver also gives the connection below, for a client that vanishes.
func (h *host) loginOver(auth ...gossh.AuthMethod) (*gossh.Client, *counted) {
	h.t.Helper()
	client, conn, err := h.try("ada", auth...)
	if err != nil {
		h.t.Fatal(err)
	}
	return client, conn
}

func (h *host) try(user string, auth ...gossh.AuthMethod) (*gossh.Client, *counted, error) {
	h.t.Helper()
	dialled, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	conn := &counted{Conn: dialled}
	h.t.Cleanup(func() { _ = conn.Close() })
	c, channels, requests, err := gossh.NewClientConn(conn, h.addr, &gossh.ClientConfig{
		User: user, Auth: auth, HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: patience,
	})
	if err != nil {
		return nil, conn, err
	}
	return gossh.NewClient(c, channels, requests), conn, nil
}

// counted is a connection that knows how much came in over it.
type counted struct {
	net.Conn
	read atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// output collects what is written and wakes those who wait for a text.
type output struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{}
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.more)
	o.more = make(chan struct{})
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *output) await(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		o.mu.Lock()
		seen, more := strings.Contains(o.buf.String(), text), o.more
		o.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no %q in %q", text, o.String())
		}
	}
}

// terminal is a client with a PTY.
type terminal struct {
	*gossh.Session
	t   *testing.T
	in  io.WriteCloser
	out *output
}

type size struct{ columns, rows int }

func open(t *testing.T, client *gossh.Client, term string, s size, env ...string) *terminal {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{Session: session, t: t, out: newOutput()}
	if x.in, err = session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	session.Stdout, session.Stderr = x.out, x.out
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if err := session.Setenv(name, value); err != nil {
			t.Fatalf("%s: %v", pair, err)
		}
	}
	if err := session.RequestPty(term, s.rows, s.columns, gossh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *terminal) shell() *terminal {
	x.t.Helper()
	if err := x.Shell(); err != nil {
		x.t.Fatal(err)
	}
	return x
}

func (x *terminal) press(keys string) {
	x.t.Helper()
	if _, err := io.WriteString(x.in, keys); err != nil {
		x.t.Fatal(err)
	}
}

// exit is the session's exit code.
func (x *terminal) exit() int {
	x.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- x.Wait() }()
	return exitCode(x.t, receive(x.t, "the session's end", ended))
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	switch err := err.(type) {
	case nil:
		return 0
	case *gossh.ExitError:
		return err.ExitStatus()
	}
	t.Fatalf("no exit code: %v", err)
	return -1
}
