package serve

import (
	"net"
	"sync/atomic"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// mute is a connection whose client takes nothing in any more once told so, as
// one behind a dead link.
type mute struct {
	net.Conn
	silent  atomic.Bool
	release chan struct{}
}

func (m *mute) Read(p []byte) (int, error) {
	n, err := m.Conn.Read(p)
	if m.silent.Load() {
		<-m.release
	}
	return n, err
}

// login opens a screen and falls silent.
func (m *mute) login(t *testing.T, h *host) {
	t.Helper()
	var err error
	if m.Conn, err = net.Dial("tcp", h.addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Conn.Close() })
	c, channels, requests, err := gossh.NewClientConn(m, h.addr, &gossh.ClientConfig{
		User: "ada", Auth: []gossh.AuthMethod{gossh.PublicKeys(h.key)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		t.Fatal(err)
	}
	x := open(t, gossh.NewClient(c, channels, requests), "xterm", size{80, 24}).shell()
	x.out.await(t, "size 80x24")
	m.silent.Store(true)
}
