package serve

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// headless runs a command without a PTY.
func headless(t *testing.T, client *gossh.Client, line, in string) (code int, out, errs string) {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	var outs, errors bytes.Buffer
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(in), &outs, &errors
	err = session.Run(line)
	return exitCode(t, err), outs.String(), errors.String()
}

func TestHeadlessCommands(t *testing.T) {
	h := newHost(t).start()
	client := h.login()
	for name, tt := range map[string]struct {
		line, in  string
		code      int
		out, errs string
	}{
		"code, output and error": {`run a 'b c' "" d\ e`, "", 7, "out [\"a\" \"b c\" \"\" \"d e\"]\nfor ada\n", "err\n"},
		"standard input":         {"cat", "some\ntext", 0, "some\ntext", ""},
		"an unknown command":     {"scp -t /tmp", "", 2, "", "unknown command \"scp\"\n"},
		"nothing of a shell": {"run $HOME `id` * ; id | id > /tmp/x && id", "", 7,
			"out [\"$HOME\" \"`id`\" \"*\" \";\" \"id\" \"|\" \"id\" \">\" \"/tmp/x\" \"&&\" \"id\"]\nfor ada\n", "err\n"},
		"an open quote": {"run 'x", "", 2, "", "ec2deck: the command has no closing '\n"},
		"blanks":        {"  ", "", 2, "", "ec2deck: no terminal and no command: add -t for the screen, or write one, such as: run list-instances\n"},
		"a panic":       {"panic", "", 8, "", faultText + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := headless(t, client, tt.line, tt.in)
			if code != tt.code || out != tt.out || errs != tt.errs {
				t.Errorf("code %d, out %q, err %q", code, out, errs)
			}
		})
	}
	if strings.Contains(h.log.String(), "b c") {
		t.Error("the log holds a command")
	}
}

func TestNoTerminalAndNoCommand(t *testing.T) {
	h := newHost(t).start()
	session, err := h.login().NewSession()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	session.Stderr = &errs
	if err := session.Shell(); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(t, session.Wait()); code != 2 || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("exit %d, %q", code, errs.String())
	}
}

func TestASessionHasOneCommand(t *testing.T) {
	h := newHost(t).start()
	session, err := h.login().NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := session.Start("cat"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"exec", "shell", "env", "pty-req"} {
		if ok, err := session.SendRequest(kind, true, gossh.Marshal(struct{ A string }{"run"})); ok || err != nil {
			t.Errorf("%s: %v %v", kind, ok, err)
		}
	}
}

func TestACommandOnATerminal(t *testing.T) {
	h := newHost(t).start()
	run := func(line string) *terminal {
		x := open(t, h.login(), "xterm", size{80, 24})
		if err := x.Start(line); err != nil {
			t.Fatal(err)
		}
		return x
	}
	t.Run("writes lines for it", func(t *testing.T) {
		x := run("run a")
		if code := x.exit(); code != 7 || x.out.String() != "out [\"a\"]\r\nfor ada\r\nerr\r\n" {
			t.Errorf("exit %d, %q", code, x.out.String())
		}
	})
	t.Run("reads what is typed", func(t *testing.T) {
		x := run("cat")
		x.press("yes\r\x04")
		if code := x.exit(); code != 0 || x.out.String() != "yes\r\n" {
			t.Errorf("exit %d, %q", code, x.out.String())
		}
	})
	t.Run("is interrupted by ctrl-c, whatever was typed before", func(t *testing.T) {
		x := run("wait")
		x.out.await(t, "waiting")
		x.press(strings.Repeat("x", 2*maxTyped) + "\x03")
		if code := x.exit(); code != 6 || !strings.Contains(x.out.String(), "interrupted") {
			t.Errorf("exit %d, %q", code, x.out.String())
		}
	})
}

func TestStoppingLetsCommandsFinishAndThenInterruptsThem(t *testing.T) {
	t.Run("finish", func(t *testing.T) {
		h := newHost(t).start()
		session, err := h.login().NewSession()
		if err != nil {
			t.Fatal(err)
		}
		in, _ := session.StdinPipe()
		out := newOutput()
		session.Stdout = out
		if err := session.Start("cat"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, "first "); err != nil {
			t.Fatal(err)
		}
		out.await(t, "first")
		h.stop()
		h.log.await(t, "stopping")
		_, _ = io.WriteString(in, "last")
		_ = in.Close()
		if code := exitCode(t, session.Wait()); code != 0 || out.String() != "first last" {
			t.Errorf("exit %d, %q", code, out.String())
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		h := newHost(t)
		h.config.Limits.Grace = 50 * time.Millisecond
		h.start()
		session, err := h.login().NewSession()
		if err != nil {
			t.Fatal(err)
		}
		out := newOutput()
		session.Stdout = out
		if err := session.Start("wait"); err != nil {
			t.Fatal(err)
		}
		out.await(t, "waiting")
		h.halt()
		if code := exitCode(t, session.Wait()); code != 6 || out.String() != "waiting\ninterrupted\n" {
			t.Errorf("exit %d, %q", code, out.String())
		}
	})
}
