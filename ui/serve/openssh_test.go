//go:build external

package serve

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// certify has ssh-keygen sign the identity and returns a client that uses the
// certificate.
func (c *client) certify(ca string, args ...string) *client {
	c.t.Helper()
	with := *c
	with.identity = keygen(c.t, c.t.TempDir(), "id")
	args = append([]string{"-q", "-s", ca, "-I", "ada@example.com", "-z", "42"}, append(args, with.identity+".pub")...)
	if out, err := exec.Command("ssh-keygen", args...).CombinedOutput(); err != nil {
		c.t.Fatalf("ssh-keygen: %v %s", err, out)
	}
	return &with
}

func TestOpenSSHLogsInWithACertificate(t *testing.T) {
	h := newHost(t)
	ca, other := keygen(t, h.dir, "ca"), keygen(t, h.dir, "other_ca")
	h.config.TrustedCA = ca + ".pub"
	h.config.AuthorizedKeys = ""
	events := h.record()
	c := &client{host: h.start(), identity: filepath.Join(h.dir, "none")}
	for name, tt := range map[string]struct {
		client *client
		user   string
		code   int
		reason string
	}{
		"good":                     {c.certify(ca, "-n", "ada,ops"), "ada", 7, ""},
		"for another principal":    {c.certify(ca, "-n", "ada,ops"), "root", 255, `principal \"root\" not in the set`},
		"without principals":       {c.certify(ca), "ada", 255, "names no principals"},
		"expired":                  {c.certify(ca, "-n", "ada", "-V", "-2h:-1h"), "ada", 255, "expired"},
		"not yet valid":            {c.certify(ca, "-n", "ada", "-V", "+1h:+2h"), "ada", 255, "not yet valid"},
		"of another CA":            {c.certify(other, "-n", "ada"), "ada", 255, "no trusted CA"},
		"good from here":           {c.certify(ca, "-n", "ada", "-O", "source-address=127.0.0.0/8"), "ada", 7, ""},
		"good from elsewhere":      {c.certify(ca, "-n", "ada", "-O", "source-address=192.0.2.0/24"), "ada", 255, "source-address"},
		"with a command":           {c.certify(ca, "-n", "ada", "-O", "force-command=run x"), "ada", 255, "force-command"},
		"of a host":                {c.certify(ca, "-h", "-n", "ada"), "ada", 255, ""},
		"without one, a plain key": {&client{h, keygen(t, t.TempDir(), "id")}, "ada", 255, "not among the authorized keys"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := tt.client.run("ssh", tt.user+"@127.0.0.1", "run", "x")
			if code != tt.code || (tt.code == 7) != strings.HasPrefix(out, "out") {
				t.Errorf("exit %d, out %q, err %q", code, out, errs)
			}
			h.log.await(t, tt.reason)
		})
	}
	events.await(t, "login ada@example.com: ")
	cut := c.certify(ca, "-n", "ada", "-O", "no-pty")
	if code, out, errs := cut.run("ssh", "-tt", "ada@127.0.0.1"); code == 0 || strings.Contains(out, "size") || !strings.Contains(errs, "PTY allocation request failed") {
		t.Errorf("a terminal against the certificate: exit %d, out %q, err %q", code, out, errs)
	}
}

func TestOpenSSHEntersTheOpenDemo(t *testing.T) {
	h := newHost(t)
	h.config.Open, h.config.AuthorizedKeys = true, ""
	h.start()
	for name, identity := range map[string]string{"with no key": filepath.Join(h.dir, "none"), "with any key": keygen(t, h.dir, "any")} {
		t.Run(name, func(t *testing.T) {
			c := &client{h, identity}
			if code, out, errs := c.run("ssh", "ada@127.0.0.1", "run", "x"); code != 7 || !strings.HasSuffix(out, "for ada\n") {
				t.Errorf("exit %d, out %q, err %q", code, out, errs)
			}
		})
	}
}

func TestOpenSSHUsersSideBySide(t *testing.T) {
	h := newHost(t)
	ada, bob := keygen(t, h.dir, "ada"), keygen(t, h.dir, "bob")
	var lines []string
	for name, file := range map[string]string{"ada": ada, "bob": bob} {
		public, err := os.ReadFile(file + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		kind, rest, _ := strings.Cut(string(public), " ")
		key, _, _ := strings.Cut(rest, " ")
		lines = append(lines, kind+" "+key+" "+name+"@team")
	}
	h.allow(lines...)
	h.config.Limits.SessionsPerUser = 1
	h.config.Role = func(s Session) string { return "role of " + s.Name }
	h.start()
	for _, user := range []string{ada, bob} {
		cmd := (&client{h, user}).command("ssh", "-tt", "team@127.0.0.1")
		tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tty.Close(); _ = cmd.Wait() })
		h.session()
	}
	code, _, errs := (&client{h, bob}).run("ssh", "team@127.0.0.1", "run", "x")
	if code != 7 || !strings.Contains(errs, "ec2deck: bob@team may have no more than 1 sessions at a time here") {
		t.Errorf("a session too many: exit %d, %q", code, errs)
	}
	names := map[string]bool{}
	eventually(t, "both screens are there", func() bool { return strings.Count(h.log.String(), "session begins") >= 2 })
	for line := range strings.Lines(h.log.String()) {
		for _, name := range []string{"ada@team", "bob@team"} {
			names[name] = names[name] || strings.Contains(line, "session begins") && strings.Contains(line, "name="+name)
		}
	}
	if !names["ada@team"] || !names["bob@team"] {
		t.Errorf("%v in %s", names, h.log.String())
	}
}
