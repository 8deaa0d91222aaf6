package serve

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"

	"ec2deck/awsops"

	"github.com/charmbracelet/ssh"
	gossh "golang.org/x/crypto/ssh"
)

const (
	maxText     = 300 // of a client's text in a line of the log
	maxRefusals = 100 // of what a connection asks for in vain
)

// attempt is what a connection has done to log in. A client may offer many keys
// before the right one; only a connection that ends without it was refused.
type attempt struct {
	mu       sync.Mutex
	in       bool
	reason   error
	last     identity // that was offered
	user     string
	remote   string
	refusals int
}

// attemptKey is where the SSH library's own context of a connection keeps its
// attempt.
type attemptKey struct{}

// config is one connection's. The library lets everybody in without a key when
// it is given no handlers of its own, so the answer to that is ours as well.
func (s *server) config(ctx ssh.Context) *gossh.ServerConfig {
	a := &attempt{}
	ctx.SetValue(attemptKey{}, a)
	context.AfterFunc(ctx, func() { s.gone(a) })
	return &gossh.ServerConfig{
		MaxAuthTries: 6,
		// The library's own list has DSA and signatures with SHA-1 too.
		PublicKeyAuthAlgorithms: []string{
			gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256,
			gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
			gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSASHA512,
		},
		NoClientAuthCallback: func(meta gossh.ConnMetadata) (*gossh.Permissions, error) {
			if !s.Open {
				return nil, gossh.ErrNoAuth
			}
			return permissions(identity{Name: meta.User()}, nil)
		},
		PublicKeyCallback: func(meta gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
			who, p, err := s.authorize(meta.User(), key)
			a.offered(who)
			return p, err
		},
		AuthLogCallback: func(meta gossh.ConnMetadata, _ string, err error) {
			a.tried(meta, err)
			if err == nil {
				s.lobby.welcome(ctx)
				s.tally.login(loginAccepted)
				s.Log.Info("login", "user", clip(meta.User()), "remote", meta.RemoteAddr().String())
			}
		},
	}
}

func (a *attempt) offered(who identity) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = who
}

func (a *attempt) tried(meta gossh.ConnMetadata, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.user, a.remote, a.in = meta.User(), meta.RemoteAddr().String(), err == nil
	if !errors.Is(err, gossh.ErrNoAuth) {
		a.reason = err
	}
}

// gone is called when a connection has ended.
func (s *server) gone(a *attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.in:
	case a.reason == nil:
		s.tally.login(loginNone)
	default:
		s.tally.login(loginRefused)
		s.event(Event{Kind: LoginRefused, Session: a.last.session(a.user, a.remote), Reason: clip(a.reason.Error())})
	}
}

// clip bounds what a client says and makes it fit for one line of a log. The
// handler of the log escapes what it must; JSON leaves C1 controls and
// bidirectional overrides as they are.
func clip(text string) string {
	return awsops.Clean(strings.ToValidUTF8(text[:min(len(text), maxText)], "?"))
}

func (s *server) refused(conn net.Conn, err error) {
	if errors.Is(err, net.ErrClosed) {
		return // told where it was closed
	}
	s.Log.Warn("no login", "remote", conn.RemoteAddr().String(), "reason", clip(err.Error()))
}

// refuseChannel is asked for everything that is no session, such as the end of
// a forwarded port.
func (s *server) refuseChannel(_ *ssh.Server, conn *gossh.ServerConn, offered gossh.NewChannel, ctx ssh.Context) {
	s.refuseOn(conn, ctx, "a channel of the kind "+clip(offered.ChannelType()))
	_ = offered.Reject(gossh.Prohibited, "ec2deck forwards nothing")
}

// refuseRequest is asked for what concerns a whole connection. Clients ask for
// more than people know of, so only what would open something is recorded.
func (s *server) refuseRequest(ctx ssh.Context, _ *ssh.Server, request *gossh.Request) (bool, []byte) {
	conn, ok := ctx.Value(ssh.ContextKeyConn).(*gossh.ServerConn)
	if ok && (request.Type == "tcpip-forward" || request.Type == "streamlocal-forward@openssh.com") {
		s.refuseOn(conn, ctx, "a request for "+request.Type)
	}
	return false, nil
}

// refuseOn records what is refused on a connection outside of a session.
func (s *server) refuseOn(conn *gossh.ServerConn, ctx ssh.Context, what string) {
	who, _ := identityOf(conn)
	s.refuse(who.session(conn.User(), conn.RemoteAddr().String()), what)
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok && a.tired() {
		s.Log.Warn("too many refused requests: closed the connection", "remote", conn.RemoteAddr().String())
		_ = conn.Close()
	}
}

// tired says that a connection has asked in vain too often: each time costs a
// line of the record.
func (a *attempt) tired() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refusals++
	return a.refusals > maxRefusals
}

// admit counts a new session, unless its connection has too many or the server
// is stopping.
func (s *server) admit(conn *gossh.ServerConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.counts[conn] >= s.limits.sessions {
		return false
	}
	s.counts[conn]++
	s.visits.Add(1)
	return true
}

func (s *server) dismiss(conn *gossh.ServerConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts[conn]--; s.counts[conn] == 0 {
		delete(s.counts, conn)
	}
	s.visits.Done()
}
