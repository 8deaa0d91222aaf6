package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	gossh "golang.org/x/crypto/ssh"
)

const (
	enterAltScreen = "\x1b[?1049h"
	leaveAltScreen = "\x1b[?1049l"
	showCursor     = "\x1b[?25h"
)

func TestTheScreenFollowsTheWindow(t *testing.T) {
	h := newHost(t).start()
	x := open(t, h.login(), "xterm", size{100, 30}).shell()
	x.out.await(t, "size 100x30")
	if s := h.session(); s.Width != 100 || s.Height != 30 || s.Term != "xterm" {
		t.Errorf("session %+v", s.Session)
	}
	for _, tt := range []struct {
		asked size
		shown string
	}{
		{size{120, 40}, "size 120x40"}, {size{0, 0}, "size 80x24"},
		{size{10_000, 10_000}, "size 1000x1000"}, {size{1, 1}, "s"}, {size{64, 12}, "size 64x12"},
	} {
		if err := x.WindowChange(tt.asked.rows, tt.asked.columns); err != nil {
			t.Fatal(err)
		}
		x.out.await(t, tt.shown)
	}
	x.press("q")
	if code := x.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if out := x.out.String(); strings.Count(out, leaveAltScreen) != 1 {
		t.Errorf("terminal not restored once: %q", out)
	}
}

func TestResizesBeforeTheShellAreTaken(t *testing.T) {
	h := newHost(t).start()
	x := open(t, h.login(), "xterm", size{80, 24})
	for i := range 10 {
		if err := x.WindowChange(20+i, 60+i); err != nil {
			t.Fatal(err)
		}
	}
	x.shell().out.await(t, "size 69x29")
	// Without a shell the channel must end as well; the host checks for goroutines.
	y := open(t, h.login(), "xterm", size{80, 24})
	for i := range 10 {
		if err := y.WindowChange(20+i, 60+i); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAllKeysOfOnePacketArrive(t *testing.T) {
	h := newHost(t).start()
	x := open(t, h.login(), "xterm", size{80, 24}).shell()
	x.press("jkj\x1b[Bé")
	x.out.await(t, "keys <jkjdowné>")
}

func TestColoursFollowTheTerminal(t *testing.T) {
	h := newHost(t).start()
	for name, tt := range map[string]struct {
		term string
		env  []string
		want string
	}{
		"true colour":          {"xterm-256color", []string{"COLORTERM=truecolor"}, "\x1b[38;2;255;136;0mtinted"},
		"true colour by name":  {"xterm-kitty", nil, "\x1b[38;2;255;136;0mtinted"},
		"256 colours":          {"xterm-256color", nil, "\x1b[38;5;208mtinted"},
		"GNU screen":           {"screen-256color", []string{"COLORTERM=truecolor"}, "\x1b[38;5;208mtinted"},
		"16 colours":           {"xterm", nil, "\x1b[91mtinted"},
		"none":                 {"vt100", nil, " tinted"},
		"none for a dumb one":  {"dumb", []string{"COLORTERM=truecolor"}, " tinted"},
		"none when not wanted": {"xterm-256color", []string{"COLORTERM=truecolor", "NO_COLOR=1"}, " tinted"},
	} {
		t.Run(name, func(t *testing.T) {
			client := h.login()
			defer func() { _ = client.Close() }()
			x := open(t, client, tt.term, size{80, 24}, tt.env...).shell()
			x.out.await(t, tt.want)
			if s := h.session(); !s.Renderer.HasDarkBackground() {
				t.Error("light background")
			}
		})
	}
}

// A client that answers nothing sees the frame, because it is asked nothing.
func TestTheTerminalIsAskedNothing(t *testing.T) {
	h := newHost(t).start()
	x := open(t, h.login(), "xterm-256color", size{80, 24}).shell()
	x.out.await(t, "size 80x24")
	x.press("k")
	x.out.await(t, "keys <k>")
	x.press("q")
	x.exit()
	for name, query := range map[string]string{
		"foreground": "\x1b]10;?", "background": "\x1b]11;?", "attributes": "\x1b[c", "attributes 0": "\x1b[0c",
		"secondary attributes": "\x1b[>", "status": "\x1b[5n", "cursor": "\x1b[6n", "version": "\x1b[>q",
		"keyboard": "\x1b[?u", "mode": "$p", "terminfo": "\x1bP",
	} {
		if strings.Contains(x.out.String(), query) {
			t.Errorf("asks for %s: %q", name, x.out.String())
		}
	}
}

func TestAScreenHearsOfEveryChangeOfRights(t *testing.T) {
	h := newHost(t)
	var mu sync.Mutex
	now := make(chan struct{})
	h.config.Rights = func() <-chan struct{} {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	h.start()
	x := open(t, h.login(), "xterm", size{80, 24}).shell()
	x.out.await(t, "size 80x24")
	for n := 1; n <= 3; n++ {
		mu.Lock()
		close(now)
		now = make(chan struct{})
		mu.Unlock()
		x.out.await(t, fmt.Sprintf("rights %d", n))
	}
}

func TestAPanicEndsOnlyItsSession(t *testing.T) {
	for name, key := range map[string]string{"of the model": "!", "of a command": "@"} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t).start()
			client := h.login()
			other := open(t, client, "xterm", size{80, 24}).shell()
			other.out.await(t, "size 80x24")
			x := open(t, client, "xterm", size{90, 24}).shell()
			x.out.await(t, "size 90x24")
			h.session()
			s := h.session()

			x.press(key)
			if code := x.exit(); code != exitFailed {
				t.Errorf("exit %d", code)
			}
			out := x.out.String()
			if left := strings.Index(out, leaveAltScreen); left < 0 || !strings.Contains(out[left:], faultText+"\r\n") {
				t.Errorf("output %q", out)
			}
			receive(t, "the session's context", s.ctx.Done())
			other.press("k")
			other.out.await(t, "keys <k>")
			h.log.await(t, "screen panicked")
			if strings.Contains(h.log.String(), "\x1b") {
				t.Error("the log is not escaped")
			}
		})
	}
}

func TestAPanicBeforeTheScreenEndsOnlyItsSession(t *testing.T) {
	h := newHost(t)
	works := h.config.Screen
	h.config.Screen = func(ctx context.Context, s Session) (tea.Model, error) {
		switch s.Width {
		case 66:
			panic("no screen")
		case 67:
			return nil, errors.New("no credentials")
		}
		return works(ctx, s)
	}
	h.start()
	for width, want := range map[int]string{66: faultText, 67: "ec2deck: no credentials\r\n"} {
		x := open(t, h.login(), "xterm", size{width, 24}).shell()
		if code := x.exit(); code == 0 || !strings.Contains(x.out.String(), want) {
			t.Errorf("exit %d, %q", code, x.out.String())
		}
	}
	open(t, h.login(), "xterm", size{80, 24}).shell().out.await(t, "size 80x24")
}

func TestSuspendingDoesNotStopTheServer(t *testing.T) {
	h := newHost(t).start()
	x := open(t, h.login(), "xterm", size{80, 24}).shell()
	x.press("z")
	x.press("k")
	x.out.await(t, "keys <zk>")
}

func TestAScreenEndsWithItsClient(t *testing.T) {
	for name, leave := range map[string]func(*terminal, *gossh.Client){
		"that closes its input":      func(x *terminal, _ *gossh.Client) { _ = x.in.Close() },
		"that closes the session":    func(x *terminal, _ *gossh.Client) { _ = x.Close() },
		"that closes the connection": func(_ *terminal, c *gossh.Client) { _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t).start()
			client := h.login()
			x := open(t, client, "xterm", size{80, 24}).shell()
			x.out.await(t, "size 80x24")
			leave(x, client)
			receive(t, "the session's context", h.session().ctx.Done())
		})
	}
}

// window is how much of a channel the client's library takes in unread.
const window = 2 << 20

// flood opens a screen that draws a megabyte at a time for a client that reads
// nothing, and returns once the screen is stuck.
func flood(t *testing.T, client *gossh.Client, conn *counted) gossh.Channel {
	t.Helper()
	channel, requests, err := client.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go gossh.DiscardRequests(requests)
	pty := struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}{"xterm", 1000, 1000, 0, 0, ""}
	if ok, err := channel.SendRequest("pty-req", true, gossh.Marshal(pty)); !ok || err != nil {
		t.Fatal("pty-req", err)
	}
	if ok, err := channel.SendRequest("shell", true, nil); !ok || err != nil {
		t.Fatal("shell", err)
	}
	if _, err := channel.Write([]byte("F")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the window is full", func() bool { return conn.read.Load() >= window })
	return channel
}

func TestAClientThatReadsNothingHurtsNobody(t *testing.T) {
	h := newHost(t)
	h.config.Limits.Grace, h.limits.force = 100*time.Millisecond, 100*time.Millisecond
	h.start()
	client, conn := h.loginOver(gossh.PublicKeys(h.key))
	flood(t, client, conn)
	h.session()

	other := open(t, client, "xterm", size{80, 24}).shell() // even on the same connection
	other.out.await(t, "size 80x24")
	other.press("k")
	other.out.await(t, "keys <k>")
	h.halt()
}

func TestAClientThatVanishesMidFrameHurtsNobody(t *testing.T) {
	h := newHost(t).start()
	other := open(t, h.login(), "xterm", size{80, 24}).shell()
	other.out.await(t, "size 80x24")
	h.session()

	client, conn := h.loginOver(gossh.PublicKeys(h.key))
	channel := flood(t, client, conn)
	if _, err := channel.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	s := h.session()
	_ = conn.Close()
	receive(t, "the session's context", s.ctx.Done())
	other.press("k")
	other.out.await(t, "keys <k>")
}

func TestAMuteClientIsDropped(t *testing.T) {
	h := newHost(t)
	h.limits.alive, h.limits.answer = 10*time.Millisecond, 10*time.Millisecond
	h.start()
	conn := &mute{release: make(chan struct{})}
	defer close(conn.release)
	conn.login(t, h)
	receive(t, "the session's context", h.session().ctx.Done())
}

func TestStoppingRestoresTheTerminals(t *testing.T) {
	h := newHost(t).start()
	client := h.login()
	var screens []*terminal
	for range 2 {
		x := open(t, client, "xterm", size{80, 24}).shell()
		x.out.await(t, enterAltScreen)
		x.out.await(t, "size 80x24")
		screens = append(screens, x)
	}
	h.halt()
	for _, x := range screens {
		x.exit()
		out := x.out.String()
		left := strings.Index(out, leaveAltScreen)
		if left < 0 || !strings.Contains(out[left:], stopText) || !strings.Contains(out[left:], showCursor) {
			t.Errorf("output %q", out)
		}
	}
	if _, _, err := func() (c *gossh.Client, s *gossh.Session, err error) { s, err = client.NewSession(); return }(); err == nil {
		t.Error("a session after the end")
	}
}
