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
// Who may log in stands in two files, of which at least one is required: public
// keys in OpenSSH's authorized_keys, and the public keys of the authorities
// whose certificates are trusted. Both are read again at every login, so that
// an added key works and a removed one is refused from the next login on, while
// sessions go on. Only a demo on a loopback address may be open to everybody.
//
// A second port, on a loopback address only, tells by HTTP who is there and how
// the server is doing.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
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
	ID   string // of this session, for the log and the record
	User string // as the client gave it; it proves nothing, the key does
	// Name is who it is: the comment of the key in authorized_keys, or the key
	// ID of the certificate; without either the fingerprint. In an open demo it
	// is the user.
	Name        string
	Fingerprint string   // SHA256 of the key that logged in; of a certificate, of the certified key
	CA          string   // SHA256 of the authority that signed the certificate
	Principals  []string // of the certificate
	Serial      uint64   // of the certificate
	Remote      string   // address of the client

	Term          string // empty without a PTY
	Locale        string // LC_ALL, LC_CTYPE or LANG of the client, if it sends them
	Width, Height int

	// Renderer is bound to the session's terminal; nil without a PTY.
	Renderer *lipgloss.Renderer
	// After is the timer of the session's screen.
	After func(time.Duration, func() tea.Msg) tea.Cmd
}

// Limits bound what those who log in may take. Zero is no limit, except of
// Grace.
type Limits struct {
	Sessions        int           // in all
	SessionsPerUser int           // of one Session.Name
	Idle            time.Duration // of a screen, without a key
	Session         time.Duration // of a screen, in all
	Grace           time.Duration // for changes that are under way when a screen is to end
}

// DefaultLimits suit a team on a small machine.
func DefaultLimits() Limits {
	return Limits{Sessions: 100, SessionsPerUser: 10, Idle: time.Hour, Session: 12 * time.Hour, Grace: 30 * time.Second}
}

// Config says where to listen, whom to let in, and what to show them.
type Config struct {
	Listen         string // 127.0.0.1:2222 when empty
	AuthorizedKeys string // a file, or empty
	TrustedCA      string // a file, or empty
	// Open lets everybody in, with any key or none. It works on a loopback
	// address only, and without the two files.
	Open    bool
	HostKey string // made on the first start
	Limits  Limits

	// Screen makes the model of a session with a terminal. The context ends
	// with the session. A model with a method Busy() bool, which any goroutine
	// may call, is given time while it is true before the server ends it, and
	// is told so by ui.Notice.
	Screen func(ctx context.Context, s Session) (tea.Model, error)
	// Rights gives a channel that is closed when somebody's rights may have
	// changed; nil if they stay.
	Rights func() <-chan struct{}
	// Mouse asks the clients' terminals to tell of clicks and of the wheel.
	Mouse bool
	// Command runs a headless command and returns its exit code. The context
	// ends when the client leaves.
	Command func(ctx context.Context, s Session, args []string, in io.Reader, out, err io.Writer) int
	// Has says whether a command exists, so that others are recorded as refused;
	// Command is what tells the client. nil is every command.
	Has func(args []string) bool

	// Admit is asked when a session starts, after its login: the sentence of an
	// error is told to the client. nil admits everybody who could log in.
	Admit func(Session) error
	// Role names what a session may do, for those who look at the sessions.
	Role func(Session) string
	// Event is told of everything that happens at the door. It is called by
	// many goroutines.
	Event func(Event) error

	// Admin is the address of the HTTP endpoint, or empty for none. It has to
	// be a loopback address.
	Admin string
	// Metrics are shown there beside the server's own.
	Metrics func() []Metric

	Log   *slog.Logger
	Ready func(addr string) // called once listening
}

// Run serves until ctx ends. Then nobody new is let in, screens without a change
// under way quit, changes and commands get Limits.Grace to finish, and every
// connection is closed.
func Run(ctx context.Context, c Config) error {
	return run(ctx, c, limits{
		guests:    100,
		handshake: 20 * time.Second,
		sessions:  10,
		write:     30 * time.Second,
		alive:     30 * time.Second,
		answer:    60 * time.Second,
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
	force     time.Duration // for sessions to end once their context has
}

type server struct {
	Config
	limits      limits
	keys        *keyFile // nil without
	authorities *keyFile // nil without
	lobby       *lobby
	tally       *tally

	stopping context.Context // done when the server is to stop
	base     context.Context // parent of every session's context
	kill     context.CancelFunc

	mu      sync.Mutex
	closed  bool
	counts  map[*gossh.ServerConn]int
	present []*visit // in the order of coming; never changed in place
	visits  sync.WaitGroup
	tidy    *time.Timer // see tidyAfter
}

// tidyAfter is the time of quiet after which memory that logins and ends have
// left goes back to the system. Keys are agreed on with far more of it than a
// session needs later, and a server would hold that for good.
const tidyAfter = 10 * time.Second

func run(ctx context.Context, c Config, l limits) error {
	s, err := newServer(ctx, c, l)
	if err != nil {
		return err
	}
	defer s.kill()
	s.tidy = time.AfterFunc(tidyAfter, debug.FreeOSMemory)
	defer s.tidy.Stop()
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
	closeAdmin, err := s.openAdmin(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer closeAdmin()
	s.Log.Info("listening", "address", listener.Addr().String(), "open", s.Open,
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
	s := &server{
		Config: c, limits: l,
		lobby: newLobby(l, c.Log), tally: newTally(),
		stopping: ctx,
		counts:   map[*gossh.ServerConn]int{},
	}
	if err := s.openKeys(); err != nil {
		return nil, err
	}
	// Sessions outlive ctx by the grace they get to end in order.
	s.base, s.kill = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

// openKeys reads who may log in.
func (s *server) openKeys() (err error) {
	switch {
	case s.Open && (s.AuthorizedKeys != "" || s.TrustedCA != ""):
		return errors.New("an open server asks for no keys: name no authorized keys and no trusted CAs, or do not open it")
	case !s.Open && s.AuthorizedKeys == "" && s.TrustedCA == "":
		return errors.New("ec2deck serve lets nobody in without keys: name those that may log in with --authorized-keys FILE " +
			"(one public key on a line, such as ~/.ssh/authorized_keys), or the CAs of certificates with --trusted-ca FILE")
	}
	if s.AuthorizedKeys != "" {
		if s.keys, err = openKeyFile(s.AuthorizedKeys, logins(), s.Log); err != nil {
			return err
		}
	}
	if s.TrustedCA != "" {
		s.authorities, err = openKeyFile(s.TrustedCA, authorities(), s.Log)
	}
	return err
}

// front is the SSH server itself. Channels are ours from the first request on:
// the library's own session handler accepts agent forwarding and any
// environment, and leaks a goroutine when a resize arrives before the shell.
func (s *server) front(key []byte) (*ssh.Server, error) {
	return wish.NewServer(
		wish.WithVersion("ec2deck"),
		wish.WithHostKeyPEM(key),
		ssh.WrapConn(s.lobby.enter),
		func(front *ssh.Server) error {
			front.ServerConfigCallback = s.config
			front.ConnectionFailedCallback = s.refused
			front.ChannelHandlers = map[string]ssh.ChannelHandler{
				"session": s.session,
				"default": s.refuseChannel,
			}
			front.RequestHandlers = map[string]ssh.RequestHandler{"default": s.refuseRequest}
			return nil
		},
	)
}

// listen opens the port. Whether it is a loopback address is asked of the
// listener and not of the name: a name may mean something else a moment later.
func (s *server) listen(ctx context.Context) (net.Listener, error) {
	dialect := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 4,
	}}
	listener, err := dialect.Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %q: %w", s.Listen, err)
	}
	if s.Open && !local(listener.Addr()) {
		_ = listener.Close()
		return nil, fmt.Errorf("%q is an address that other machines reach, and without keys everybody could log in: "+
			"listen on 127.0.0.1, or name --authorized-keys FILE or --trusted-ca FILE", s.Listen)
	}
	return listener, nil
}

// local says that only this machine reaches an address.
func local(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
