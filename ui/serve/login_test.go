package serve

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

func TestOnlyAnAllowedKeyLogsIn(t *testing.T) {
	h := newHost(t).start()
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		return make([]string, len(questions)), nil
	}
	for name, auth := range map[string][]gossh.AuthMethod{
		"another key":          {gossh.PublicKeys(newSigner(t))},
		"a password":           {gossh.Password("")},
		"keyboard-interactive": {gossh.KeyboardInteractive(answer)},
		"nothing":              nil,
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if _, _, err := h.try("ada", auth...); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
				t.Errorf("got %v", err)
			}
		})
	}
	client, _ := h.loginOver(gossh.PublicKeys(newSigner(t), h.key))
	x := open(t, client, "xterm", size{80, 24}).shell()
	x.out.await(t, "size 80x24")
	s := h.session()
	if s.User != "ada" || s.Fingerprint != gossh.FingerprintSHA256(h.key.PublicKey()) || s.Remote != client.LocalAddr().String() {
		t.Errorf("session %+v", s.Session)
	}
}

func TestACertificateOfAnAllowedKeyIsNotThatKey(t *testing.T) {
	h := newHost(t).start()
	cert := &gossh.Certificate{Key: h.key.PublicKey(), CertType: gossh.UserCert, ValidBefore: gossh.CertTimeInfinity}
	if err := cert.SignCert(strings.NewReader(strings.Repeat("x", 1000)), newSigner(t)); err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewCertSigner(cert, h.key)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.try("ada", gossh.PublicKeys(signer)); err == nil {
		t.Error("logged in")
	}
}

func TestKeysAreReadAgainWithoutEndingSessions(t *testing.T) {
	h := newHost(t).start()
	x := open(t, h.login(), "xterm", size{80, 24}).shell()
	x.out.await(t, "size 80x24")

	other := newSigner(t)
	h.allow(keyLine(other), "nonsense")
	if _, _, err := h.try("ada", gossh.PublicKeys(h.key)); err == nil {
		t.Error("a removed key still logs in")
	}
	h.loginOver(gossh.PublicKeys(other))
	h.log.await(t, "authorized_keys:2: no type of a public key")
	x.press("k")
	x.out.await(t, "keys <k>")

	if err := os.Remove(h.config.AuthorizedKeys); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.try("ada", gossh.PublicKeys(other)); err == nil {
		t.Error("logged in without a file of keys")
	}
	h.log.await(t, "nobody can log in")
}

func TestUserNamesThatWouldGarbleALogAreRefused(t *testing.T) {
	h := newHost(t).start()
	for _, user := range []string{"a\x1b[31mb", "a\nb", "", "\u202eadmin", strings.Repeat("x", 10_000), "\xff"} {
		client, _, err := h.try(user, gossh.PublicKeys(h.key))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.NewSession(); err == nil {
			t.Errorf("user %.20q has a session", user)
		}
	}
	h.log.await(t, "refused a user name")
	for line := range strings.Lines(h.log.String()) {
		if len(line) > 3*maxText || strings.ContainsAny(line, "\x1b\u202e") {
			t.Errorf("log line %.400q", line)
		}
	}
}

func TestConnectionsWithoutALogin(t *testing.T) {
	dial := func(h *host) net.Conn {
		conn, err := net.Dial("tcp", h.addr)
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.ReadFull(conn, make([]byte, len("SSH-2.0-ec2deck"))); err != nil {
			h.t.Fatal(err)
		}
		return conn
	}
	closed := func(t *testing.T, conn net.Conn) {
		t.Helper()
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Error("not closed")
		}
	}
	t.Run("are dropped after a while", func(t *testing.T) {
		h := newHost(t)
		h.limits.handshake = 20 * time.Millisecond
		h.start()
		closed(t, dial(h))
		h.log.await(t, "no login in time")
	})
	t.Run("do not keep others out", func(t *testing.T) {
		h := newHost(t).start()
		x := open(t, h.login(), "xterm", size{80, 24}).shell()
		first := dial(h)
		for range 20 * h.limits.guests {
			dial(h)
		}
		closed(t, first)
		open(t, h.login(), "xterm", size{70, 24}).shell().out.await(t, "size 70x24")
		x.press("k")
		x.out.await(t, "keys <k>")
	})
}

func TestNothingIsForwarded(t *testing.T) {
	h := newHost(t).start()
	client := h.login()
	if conn, err := client.Dial("tcp", h.addr); err == nil || !strings.Contains(err.Error(), "forwards nothing") {
		t.Errorf("local forward: %v %v", conn, err)
	}
	if _, err := client.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("remote forward granted")
	}
	if _, err := client.ListenUnix(h.dir + "/socket"); err == nil {
		t.Error("remote socket granted")
	}
	if _, err := client.Dial("unix", h.dir+"/socket"); err == nil {
		t.Error("local socket granted")
	}
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestSubsystem("sftp"); err == nil {
		t.Error("sftp granted")
	}
	for _, request := range []string{"auth-agent-req@openssh.com", "x11-req", "pty-req", "window-change", "env"} {
		if ok, err := session.SendRequest(request, true, nil); ok || err != nil {
			t.Errorf("%s: %v %v", request, ok, err)
		}
	}
	for _, name := range []string{"PATH", "LD_PRELOAD", "AWS_PROFILE", "GOOGLE_CLOUD_SHELL", "HOME"} {
		if session.Setenv(name, "x") == nil {
			t.Errorf("environment variable %s taken", name)
		}
	}
	if err := session.Setenv("LC_ALL", "C.UTF-8"); err != nil {
		t.Error(err)
	}
}

func TestSessionsOfOneConnectionAreLimited(t *testing.T) {
	h := newHost(t).start()
	client := h.login()
	for range h.limits.sessions {
		if _, err := client.NewSession(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.NewSession(); err == nil {
		t.Error("one more")
	}
	if _, err := h.login().NewSession(); err != nil {
		t.Error("on another connection:", err)
	}
}

func TestAConnectionThatTakesNothingIsGivenUp(t *testing.T) {
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	left := make(chan struct{})
	g := &guest{Conn: ours, write: 10 * time.Millisecond, left: func() { close(left) }}
	_ = g.SetDeadline(time.Time{}) // as the library does all the time
	if _, err := g.Write([]byte("x")); err == nil {
		t.Error("written to nobody")
	}
	receive(t, "the end of the connection", left)
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("not closed: %v", err)
	}
}
