//go:build external

package serve

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// client is the real OpenSSH client.
type client struct {
	*host
	identity string
}

func newClient(t *testing.T) *client {
	t.Helper()
	for _, tool := range []string{"ssh", "ssh-keygen", "scp", "sftp"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("this test needs OpenSSH's client (apt-get install openssh-client): %v", err)
		}
	}
	h := newHost(t)
	c := &client{host: h, identity: keygen(t, h.dir, "id")}
	public, err := os.ReadFile(c.identity + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	h.allow(string(public))
	h.start()
	return c
}

func keygen(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada@home", "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v %s", err, out)
	}
	return path
}

// command is one of OpenSSH's programs, with nothing of this machine's settings.
func (c *client) command(tool string, args ...string) *exec.Cmd {
	c.t.Helper()
	_, port, err := net.SplitHostPort(c.addr)
	if err != nil {
		c.t.Fatal(err)
	}
	options := []string{"-F", "none", "-i", c.identity}
	for _, o := range []string{
		"Port=" + port, "IdentitiesOnly=yes", "StrictHostKeyChecking=accept-new",
		"UserKnownHostsFile=" + filepath.Join(c.dir, "known_hosts"), "PasswordAuthentication=yes", "BatchMode=yes",
		"ConnectTimeout=20",
	} {
		options = append(options, "-o", o)
	}
	cmd := exec.CommandContext(c.t.Context(), tool, append(options, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C"}
	return cmd
}

func (c *client) run(tool string, args ...string) (code int, out, errs string) {
	c.t.Helper()
	cmd := c.command(tool, args...)
	var outs, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &outs, &errors
	if err := cmd.Run(); cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), outs.String(), errors.String()
}

func TestOpenSSHShowsTheScreen(t *testing.T) {
	c := newClient(t)
	cmd := c.command("ssh", "-o", "SendEnv=COLORTERM", "ada@127.0.0.1")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	emulator := vt10x.New(vt10x.WithSize(200, 50), vt10x.WithWriter(&bytes.Buffer{}))
	raw := newOutput()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		buf := make([]byte, 4096)
		for {
			n, err := tty.Read(buf)
			_, _ = emulator.Write(buf[:n])
			_, _ = raw.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	frame := func(text string) {
		t.Helper()
		eventually(t, "a frame with "+text, func() bool { return strings.Contains(emulator.String(), text) })
	}
	frame("size 80x24 keys <> tinted")
	raw.await(t, "\x1b[38;2;255;136;0mtinted")
	if err := pty.Setsize(tty, &pty.Winsize{Cols: 120, Rows: 40}); err != nil {
		t.Fatal(err)
	}
	frame("size 120x40")
	for _, keys := range []string{"jk", "\x1b[A", "q"} {
		if _, err := tty.WriteString(keys); err != nil {
			t.Fatal(err)
		}
		if keys != "q" {
			frame(map[string]string{"jk": "<jk>", "\x1b[A": "<jkup>"}[keys])
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ssh: %v", err)
	}
	receive(t, "the terminal's end", drained)
	if emulator.Mode()&vt10x.ModeAltScreen != 0 || !emulator.CursorVisible() {
		t.Errorf("terminal not restored: %q", raw.String())
	}
}

func TestOpenSSHRunsCommands(t *testing.T) {
	c := newClient(t)
	code, out, errs := c.run("ssh", "ada@127.0.0.1", "run", "x", "'y z'")
	if code != 7 || out != "out [\"x\" \"y z\"]\nfor ada\n" || !strings.HasSuffix(errs, "err\n") {
		t.Errorf("exit %d, out %q, err %q", code, out, errs)
	}
	code, out, _ = c.run("ssh", "-tt", "ada@127.0.0.1", "run", "x")
	if code != 7 || !strings.Contains(out, "for ada\r\nerr\r\n") {
		t.Errorf("with a terminal: exit %d, out %q", code, out)
	}
	code, _, errs = c.run("ssh", "-T", "ada@127.0.0.1")
	if code != 2 || !strings.Contains(errs, "no terminal and no command") {
		t.Errorf("without anything: exit %d, err %q", code, errs)
	}
}

func TestOpenSSHIsRefused(t *testing.T) {
	c := newClient(t)
	other := *c
	other.identity = keygen(t, c.dir, "other")
	file := filepath.Join(c.dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		client *client
		args   []string
		code   int
		want   string
	}{
		"another key":    {&other, []string{"ssh", "ada@127.0.0.1", "run"}, 255, "Permission denied (publickey)"},
		"remote forward": {c, []string{"ssh", "-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:" + c.addr, "ada@127.0.0.1"}, 255, "remote port forwarding failed"},
		"stdio forward":  {c, []string{"ssh", "-W", c.addr, "ada@127.0.0.1"}, 255, "forwards nothing"},
		"scp":            {c, []string{"scp", file, "ada@127.0.0.1:/tmp/"}, 255, "subsystem request failed"},
		"old scp":        {c, []string{"scp", "-O", file, "ada@127.0.0.1:/tmp/"}, 1, `unknown command "scp"`},
		"sftp":           {c, []string{"sftp", "ada@127.0.0.1"}, 255, "subsystem request failed"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := tt.client.run(tt.args[0], tt.args[1:]...)
			if code != tt.code || !strings.Contains(errs, tt.want) {
				t.Errorf("exit %d, out %q, err %q", code, out, errs)
			}
		})
	}
}

func TestOpenSSHGetsNothingThroughALocalForward(t *testing.T) {
	c := newClient(t)
	socket := filepath.Join(c.dir, "forward")
	cmd := c.command("ssh", "-N", "-L", socket+":"+c.addr, "ada@127.0.0.1")
	errs := newOutput()
	cmd.Stderr = errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var conn net.Conn
	eventually(t, "ssh listens", func() (ok bool) {
		var err error
		conn, err = net.Dial("unix", socket)
		return err == nil
	})
	defer func() { _ = conn.Close() }()
	if n, _ := conn.Read(make([]byte, 1)); n != 0 {
		t.Error("the server answered itself")
	}
	errs.await(t, "forwards nothing")
}
