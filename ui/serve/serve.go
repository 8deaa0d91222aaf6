// Package serve hosts ec2deck over SSH.
//
// One port serves everything. A login with a terminal gets the screen, with
// the styles of its own terminal; a login with a command, such as
//
//	ssh -p 2222 deck.example run list-instances
//
// runs that command with its exit code, and with standard output and error
// apart when there is no terminal. Nothing else exists here: no shell, no
// subsystem, no forwarding of ports, agents or displays.
//
// Who may log in stands in an OpenSSH authorized_keys file, which is always
// required. It is read again at every login, so that an added key works and a
// removed one is refused from the next login on, while sessions go on.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/ssh"
	"github.com/charmbracelet/wish"
	gossh "golang.org/x/crypto/ssh"
)

// Session is one login, as the screen and the headless command see it.
type Session struct {
	User        string // as the client gave it; it proves nothing, the key does
	Fingerprint string // SHA256 of the key that logged in
	Remote      string // address of the client

	Term          string // empty without a PTY
	Locale        string // LC_ALL, LC_CTYPE or LANG of the client, if it sends them
	Width, Height int

	// Renderer is bound to the session's terminal; nil without a PTY.
	Renderer *lipgloss.Renderer
}

// Config says where to listen, whom to let in, and what to show them.
type Config struct {
	Listen         string // 127.0.0.1:2222 when empty
	AuthorizedKeys string
	HostKey        string // made on the first start

	// Screen makes the model of a session with a terminal. The context ends
	// with the session.
	Screen func(ctx context.Context, s Session) (tea.Model, error)
	// Command runs a headless command and returns its exit code. The context
	// ends when the client leaves.
	Command func(ctx context.Context, s Session, args []string, in io.Reader, out, err io.Writer) int

	Log   *slog.Logger
	Ready func(addr string) // called once listening
}

// Run serves until ctx ends. Then screens are told to quit, commands get a few
// seconds to finish, and every connection is closed.
func Run(ctx context.Context, c Config) error {
	return run(ctx, c, limits{
		guests:    100,
		handshake: 20 * time.Second,
		sessions:  10,
		write:     30 * time.Second,
		alive:     30 * time.Second,
		answer:    60 * time.Second,
		grace:     3 * time.Second,
		force:     time.Second,
	})
}

// limits keep one client from costing the others anything.
type limits struct {
	guests    int           // connections that have not logged in yet
	handshake time.Duration // from the connection to the login
	sessions  int           // on one connection
	write     time.Duration // for a packet to leave
	alive     time.Duration // between two questions whether the client is there
	answer    time.Duration // for it to answer
	grace     time.Duration // for sessions to end by themselves when the server stops
	force     time.Duration // for them to end once their context has
}

type server struct {
	Config
	limits limits
	allow  *allowList
	lobby  *lobby

	stopping context.Context // done when the server is to stop
	base     context.Context // parent of every session's context
	kill     context.CancelFunc

	mu     sync.Mutex
	closed bool
	counts map[*gossh.ServerConn]int
	visits sync.WaitGroup
}

func run(ctx context.Context, c Config, l limits) error {
	s, err := newServer(ctx, c, l)
	if err != nil {
		return err
	}
	defer s.kill()
	key, err := hostKey(c.HostKey)
	if err != nil {
		return err
	}
	front, err := s.front(key)
	if err != nil {
		return err
	}
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	s.Log.Info("listening", "address", listener.Addr().String(),
		"host_key", gossh.FingerprintSHA256(front.HostSigners[0].PublicKey()))

	served := make(chan error, 1)
	go func() { served <- front.Serve(listener) }()
	if c.Ready != nil {
		c.Ready(listener.Addr().String())
	}
	select {
	case <-ctx.Done():
		_ = listener.Close()
		s.drain(front)
		<-served
		return nil
	case err = <-served:
		s.drain(front)
		return fmt.Errorf("serving on %s ended: %w", listener.Addr(), err)
	}
}

func newServer(ctx context.Context, c Config, l limits) (*server, error) {
	if c.Screen == nil || c.Command == nil {
		return nil, errors.New("serve needs both a screen and a command to offer")
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:2222"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	allow, err := openAllowList(c.AuthorizedKeys, c.Log)
	if err != nil {
		return nil, err
	}
	s := &server{
		Config: c, limits: l, allow: allow,
		lobby:    newLobby(l, c.Log),
		stopping: ctx,
		counts:   map[*gossh.ServerConn]int{},
	}
	// Sessions outlive ctx by the grace they get to end in order.
	s.base, s.kill = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

// front is the SSH server itself. Channels are ours from the first request on:
// the library's own session handler accepts agent forwarding and any
// environment, and leaks a goroutine when a resize arrives before the shell.
func (s *server) front(key []byte) (*ssh.Server, error) {
	return wish.NewServer(
		wish.WithVersion("ec2deck"),
		wish.WithHostKeyPEM(key),
		wish.WithPublicKeyAuth(s.authorize),
		ssh.WrapConn(s.lobby.enter),
		func(front *ssh.Server) error {
			front.ServerConfigCallback = s.config
			front.ConnectionFailedCallback = s.refused
			front.ChannelHandlers = map[string]ssh.ChannelHandler{
				"session": s.session,
				"default": s.refuseChannel,
			}
			return nil
		},
	)
}

func (s *server) listen(ctx context.Context) (net.Listener, error) {
	dialect := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 4,
	}}
	listener, err := dialect.Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %q: %w", s.Listen, err)
	}
	return listener, nil
}

// drain ends what is running: in order, then by force.
func (s *server) drain(front *ssh.Server) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.lobby.clear(false)
	s.Log.Info("stopping")

	idle := make(chan struct{})
	go func() { s.visits.Wait(); close(idle) }()
	ended := within(idle, s.limits.grace)
	s.kill()
	if !ended {
		within(idle, s.limits.force)
	}
	_ = front.Close()
	s.lobby.clear(true)
	if !within(idle, s.limits.force) {
		s.Log.Error("sessions did not end and are left behind")
	}
}

func within(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
