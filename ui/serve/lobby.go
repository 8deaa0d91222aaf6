package serve

import (
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/charmbracelet/ssh"
)

// lobby knows every connection. Those that have not logged in yet share a fixed
// number of places and a time limit. When the places are taken the one that
// waits longest goes: a login takes a fraction of a second, a connection that
// only holds a place takes all it gets.
type lobby struct {
	limits limits
	log    *slog.Logger

	mu     sync.Mutex
	guests map[ssh.Context]*guest
	shut   bool
}

func newLobby(l limits, log *slog.Logger) *lobby {
	return &lobby{limits: l, log: log, guests: map[ssh.Context]*guest{}}
}

// enter takes a new connection in.
func (l *lobby) enter(ctx ssh.Context, conn net.Conn) net.Conn {
	g := &guest{Conn: conn, since: time.Now(), write: l.limits.write, waiting: true}
	g.left = func() { l.leave(ctx) }
	g.timer = time.AfterFunc(l.limits.handshake, func() {
		l.log.Warn("no login in time", "remote", conn.RemoteAddr().String())
		_ = g.Close()
	})
	l.mu.Lock()
	evicted, shut := l.evict(), l.shut
	l.guests[ctx] = g
	l.mu.Unlock()
	if shut {
		_ = g.Close()
	}
	if evicted != nil {
		l.log.Warn("too many connections without a login: dropped the oldest",
			"remote", evicted.RemoteAddr().String())
		_ = evicted.Close()
	}
	return g
}

// evict chooses the guest that must go for another to enter.
func (l *lobby) evict() *guest {
	var oldest *guest
	waiting := 0
	for _, g := range l.guests {
		if !g.waiting {
			continue
		}
		waiting++
		if oldest == nil || g.since.Before(oldest.since) {
			oldest = g
		}
	}
	if waiting < l.limits.guests {
		return nil
	}
	oldest.waiting = false
	return oldest
}

// welcome is called when a connection has logged in.
func (l *lobby) welcome(ctx ssh.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g := l.guests[ctx]; g != nil {
		g.waiting = false
		g.timer.Stop()
	}
}

func (l *lobby) leave(ctx ssh.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g := l.guests[ctx]; g != nil {
		g.timer.Stop()
		delete(l.guests, ctx)
	}
}

// clear lets nobody in any more and closes the connections without a login, or
// all of them. The SSH server alone would miss one that has just logged in.
func (l *lobby) clear(all bool) {
	l.mu.Lock()
	l.shut = true
	var going []*guest
	for _, g := range l.guests {
		if all || g.waiting {
			going = append(going, g)
		}
	}
	l.mu.Unlock()
	for _, g := range going {
		_ = g.Close()
	}
}

// guest is a client's connection.
type guest struct {
	net.Conn
	since   time.Time
	waiting bool // for its login
	timer   *time.Timer
	left    func()
	write   time.Duration
}

// SetDeadline does nothing: the SSH library clears all deadlines at every read,
// the one of a write that is under way too.
func (g *guest) SetDeadline(time.Time) error { return nil }

// Write gives up on a client that takes nothing for a while, and on its
// connection, because a packet may be half sent.
func (g *guest) Write(p []byte) (int, error) {
	_ = g.SetWriteDeadline(time.Now().Add(g.write))
	n, err := g.Conn.Write(p)
	if err != nil {
		_ = g.Close()
	}
	return n, err
}

func (g *guest) Close() error {
	g.left()
	return g.Conn.Close()
}
