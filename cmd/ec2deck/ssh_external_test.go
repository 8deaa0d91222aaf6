//go:build external

package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	gossh "golang.org/x/crypto/ssh"
)

// openSSH is Debian's client, as one member of a team, with nothing of this
// machine's settings.
func (m *team) openSSH(name string, args ...string) *exec.Cmd {
	m.t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	block, err := gossh.MarshalPrivateKey(ed25519.NewKeyFromSeed(seed), name)
	if err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.path(name), pem.EncodeToMemory(block), 0o600); err != nil {
		m.t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(m.address)
	if err != nil {
		m.t.Fatal(err)
	}
	options := []string{"-F", "none", "-p", port, "-i", m.path(name), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=accept-new",
		"-o", "UserKnownHostsFile=" + m.path("known_hosts"), "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=20"}
	c := exec.CommandContext(m.t.Context(), "ssh", append(append(options, name+"@127.0.0.1"), args...)...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + m.dir, "TERM=xterm-256color"}
	return c
}

// window is OpenSSH's client in a terminal.
type window struct {
	t    *testing.T
	tty  *os.File
	term vt10x.Terminal
}

func (m *team) window(name string, columns, rows int) *window {
	m.t.Helper()
	tty, err := pty.StartWithSize(m.openSSH(name), &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)})
	if err != nil {
		m.t.Fatal(err)
	}
	w := &window{m.t, tty, vt10x.New(vt10x.WithSize(columns, rows), vt10x.WithWriter(&bytes.Buffer{}))}
	m.t.Cleanup(func() { _ = tty.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := tty.Read(buf)
			_, _ = w.term.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	return w
}

func (w *window) press(keys string) {
	w.t.Helper()
	if _, err := w.tty.WriteString(keys); err != nil {
		w.t.Fatal(err)
	}
}

func (w *window) shows(texts ...string) {
	w.t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(30 * time.Second)
	for _, text := range texts {
		for !strings.Contains(w.term.String(), text) {
			select {
			case <-ticker.C:
			case <-deadline:
				w.t.Fatalf("no %q in\n%s", text, w.term.String())
			}
		}
	}
}

func (w *window) hides(text string) {
	w.t.Helper()
	if strings.Contains(w.term.String(), text) {
		w.t.Errorf("%q in\n%s", text, w.term.String())
	}
}

// TestOpenSSHTwoRolesSideBySide has two people on the same account, in the
// screen and headless.
func TestOpenSSHTwoRolesSideBySide(t *testing.T) {
	m := newTeam(t, twoRoles)
	ada, eve := m.window("ada", 120, 40), m.window("eve", 80, 24)
	ada.shows("web, up to disrupt, Team=storefront", "web-1", "live")
	ada.hides("spot-1")
	eve.shows("default, read-only", "web-1", "spot-1")

	eve.press("b")
	eve.shows("RoleRisk")
	ada.press("by")
	ada.shows("web-1")

	code := func(c *exec.Cmd) (int, string, string) {
		t.Helper()
		var out, errs bytes.Buffer
		c.Stdout, c.Stderr = &out, &errs
		if err := c.Run(); c.ProcessState == nil {
			t.Fatal(err)
		}
		return c.ProcessState.ExitCode(), out.String(), errs.String()
	}
	if n, out, errs := code(m.openSSH("ada", "run", "list-instances")); n != 0 || !strings.Contains(out, "i-0aa00000000000001") || strings.Contains(out, "i-0aa00000000000005") {
		t.Errorf("exit %d, %s%s", n, out, errs)
	}
	if n, out, errs := code(m.openSSH("eve", "run", "stop-instances", "--instance-ids", "i-0aa00000000000001", "--yes")); n != 7 || out != "" || !strings.Contains(errs, "the role default ends at") {
		t.Errorf("exit %d, %s%s", n, out, errs)
	}
	if n, out, _ := code(m.openSSH("bob", "run", "create-key-pair", "--key-name", "new", "--yes", "--save", "-")); n != 0 || strings.Count(out, "PRIVATE KEY-----") != 2 {
		t.Errorf("exit %d, %s", n, out)
	}

	m.configure("roles:\n  web:\n    keys: ['{ada}']\n    risk: read\n")
	ada.shows("your rights have changed: web, read-only", "spot-1")
	ada.press("q")
	eve.press("q")
}
