package serve

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// atWork makes screens with a change under way, of those that are 90 wide.
func (h *host) atWork() *atomic.Bool {
	working := &atomic.Bool{}
	working.Store(true)
	h.config.Screen = func(_ context.Context, s Session) (tea.Model, error) {
		p := probe{session: s}
		if s.Width == 90 {
			p.working = working
		}
		return p, nil
	}
	return working
}

func TestStoppingLetsAChangeFinish(t *testing.T) {
	h := newHost(t)
	working := h.atWork()
	h.start()
	idle := open(t, h.login(), "xterm", size{80, 24}).shell()
	at := open(t, h.login(), "xterm", size{90, 24}).shell()
	idle.out.await(t, "size 80x24")
	at.out.await(t, "size 90x24")
	h.stop()
	if code := idle.exit(); code != exitFailed || !strings.Contains(idle.out.String(), stopText) {
		t.Errorf("the idle one: exit %d, %q", code, idle.out.String())
	}
	at.out.await(t, "notice: The server stops; what is")
	at.press("k")
	at.out.await(t, "keys <k>")
	working.Store(false)
	if code := at.exit(); code != exitFailed || strings.Contains(at.out.String(), busyText) {
		t.Errorf("the busy one: exit %d, %q", code, at.out.String())
	}
}

func TestAChangeThatTakesTooLongIsToldAsUnknown(t *testing.T) {
	h := newHost(t)
	h.atWork()
	h.config.Limits.Grace = 50 * time.Millisecond
	h.start()
	x := open(t, h.login(), "xterm", size{90, 24}).shell()
	x.out.await(t, "size 90x24")
	h.halt()
	if code := x.exit(); code != exitUnknown || !strings.Contains(x.out.String(), busyText) {
		t.Errorf("exit %d, %q", code, x.out.String())
	}
}
