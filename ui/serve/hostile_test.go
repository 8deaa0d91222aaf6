package serve

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
	"unicode"

	gossh "golang.org/x/crypto/ssh"
)

func TestAThousandHalfOpenConnectionsHurtNobody(t *testing.T) {
	h := newHost(t)
	h.limits.guests = 100
	h.start()
	x := open(t, h.login(), "xterm", size{80, 24}).shell()
	x.out.await(t, "size 80x24")
	for i := range 1000 {
		conn, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if i%100 == 0 {
			x.press("k")
		}
	}
	x.out.await(t, strings.Repeat("k", 10))
	open(t, h.login(), "xterm", size{70, 24}).shell().out.await(t, "size 70x24")
}

func TestALoginByteByByteEndsInTime(t *testing.T) {
	h := newHost(t)
	h.limits.handshake = 50 * time.Millisecond
	h.start()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	sent := 0
	eventually(t, "the connection is closed", func() bool {
		<-ticker.C
		_, err := conn.Write([]byte("S"))
		sent++
		return err != nil
	})
	h.log.await(t, "no login in time")
	if sent < 3 {
		t.Errorf("closed after %d bytes", sent)
	}
}

func TestAFloodOfKeysHurtsNobody(t *testing.T) {
	h := newHost(t).start()
	other := open(t, h.login(), "xterm", size{80, 24}).shell()
	other.out.await(t, "size 80x24")
	client, conn := h.loginOver(gossh.PublicKeys(h.key))
	x := open(t, client, "xterm", size{80, 24}).shell()
	x.out.await(t, "size 80x24")
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		keys := bytes.Repeat([]byte("j\x1b[A"), 8<<10)
		for range 64 {
			if _, err := x.in.Write(keys); err != nil {
				return
			}
		}
	}()
	x.out.await(t, "jupjup")
	other.press("k")
	other.out.await(t, "keys <k>")
	open(t, h.login(), "xterm", size{70, 24}).shell().out.await(t, "size 70x24")
	_ = conn.Close()
	receive(t, "the flood's end", stopped)
}

func TestATerminalThatReadsNothingDoesNotOutstayItsLimit(t *testing.T) {
	h := newHost(t)
	h.config.Limits.Session = 2 * time.Second
	h.limits.force = 50 * time.Millisecond
	events := h.record()
	h.start()
	client, conn := h.loginOver(gossh.PublicKeys(h.key))
	flood(t, client, conn)
	events.await(t, "logout")
}

// What a client says reaches the log in one line, escaped, in both forms.
func TestTheLogIsEscaped(t *testing.T) {
	const evil = "x\x1b]0;owned\x07\nlevel=ERROR msg=forged\u202e\x9b31m\u009b31m"
	for form, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		t.Run(form, func(t *testing.T) {
			h := newHost(t)
			h.allow(keyLine(h.key) + " " + strings.ReplaceAll(evil, "\n", " "))
			h.config.Log = slog.New(handler(h.log))
			h.config.Has = func([]string) bool { return false }
			h.start()
			evilUser, _, err := h.try(evil, gossh.PublicKeys(h.key))
			if err != nil {
				t.Fatal(err)
			}
			_, _, _ = evilUser.OpenChannel("session", nil)
			_, _, _ = evilUser.OpenChannel(evil, nil)
			_, _, _ = h.try(evil, gossh.PublicKeys(newSigner(t)))
			client := h.login()
			headless(t, client, evil, "")
			headless(t, client, "'"+evil+"'", "")
			session, err := client.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			_ = session.RequestSubsystem(evil)
			x := open(t, client, evil, size{80, 24}, "LANG="+evil, "COLORTERM="+evil).shell()
			x.out.await(t, "size 80x24")
			x.press("q")
			x.exit()
			for _, said := range []string{"refused a user name", "a channel of the kind", "no login", "subsystem", "a command that does not exist", "session ends"} {
				h.log.await(t, said)
			}
			for line := range strings.Lines(h.log.String()) {
				line = strings.TrimSuffix(line, "\n")
				if strings.HasPrefix(line, "level=") {
					t.Errorf("a forged line: %q", line)
				}
				if i := strings.IndexFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }); i >= 0 {
					t.Errorf("a control character in %q", line)
				}
				if form == "json" && !json.Valid([]byte(line)) {
					t.Errorf("no JSON: %q", line)
				}
			}
		})
	}
}
