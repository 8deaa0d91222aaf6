package serve

import (
	"errors"
	"net"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/ssh"
	gossh "golang.org/x/crypto/ssh"
)

const (
	maxUser = 128 // far above any login name
	maxText = 300 // of a client's text in a line of the log
)

// config is one connection's. The public key handler is added to it by the
// library; no other method of logging in exists.
func (s *server) config(ctx ssh.Context) *gossh.ServerConfig {
	return &gossh.ServerConfig{
		MaxAuthTries: 6,
		AuthLogCallback: func(meta gossh.ConnMetadata, method string, err error) {
			if err == nil {
				s.lobby.welcome(ctx)
				s.Log.Info("login", "user", clip(meta.User()), "remote", meta.RemoteAddr().String())
			}
		},
	}
}

// authorize is asked for every key that a client offers, before the client has
// proved that it holds the private half.
func (s *server) authorize(_ ssh.Context, key ssh.PublicKey) bool {
	return s.allow.allows(key)
}

// validUser keeps control characters and endless names out of everything that
// shows or stores a user. It is asked for each session, because the library
// keeps only the first name that a client tried while logging in.
func validUser(name string) bool {
	return name != "" && len(name) <= maxUser && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// clip bounds what a client can put into the log; the handler escapes it.
func clip(text string) string { return strings.ToValidUTF8(text[:min(len(text), maxText)], "?") }

func (s *server) refused(conn net.Conn, err error) {
	if errors.Is(err, net.ErrClosed) {
		return // told where it was closed
	}
	s.Log.Warn("no login", "remote", conn.RemoteAddr().String(), "reason", clip(err.Error()))
}

func (s *server) refuseChannel(_ *ssh.Server, conn *gossh.ServerConn, offered gossh.NewChannel, _ ssh.Context) {
	s.Log.Warn("refused a channel", "user", clip(conn.User()), "kind", clip(offered.ChannelType()))
	_ = offered.Reject(gossh.Prohibited, "ec2deck forwards nothing")
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
