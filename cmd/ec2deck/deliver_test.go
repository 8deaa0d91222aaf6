package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is a mail server on loopback with STARTTLS and ways to sign in, and
// the one session that it has.
type mailServer struct {
	*smtp.Server
	listener net.Listener
	roots    *x509.CertPool
	auth     []string // what it offers to sign in
	refuses  string   // a recipient

	said     bytes.Buffer // both sides, word for word
	to       []string
	letter   []byte
	enciphed bool // the letter came so
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	like := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, like, like, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{roots: x509.NewCertPool(), auth: []string{"PLAIN"}}
	s.roots.AddCert(parsed)
	s.Server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return mailSession{s, c}, nil }))
	s.Domain, s.AllowInsecureAuth, s.Debug = "localhost", true, &s.said
	s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(s.listener) }()
	return s
}

type mailSession struct {
	*mailServer
	conn *smtp.Conn
}

func (mailSession) Reset()                               {}
func (mailSession) Logout() error                        { return nil }
func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s mailSession) AuthMechanisms() []string           { return s.auth }

func (s mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if to == s.refuses {
		return &smtp.SMTPError{Code: 550, Message: "not here"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s mailSession) Data(r io.Reader) (err error) {
	_, s.enciphed = s.conn.TLSConnectionState()
	s.letter, err = io.ReadAll(r)
	return err
}

func (s mailSession) Auth(way string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != "ada" || password != "open sesame" {
			return smtp.ErrAuthFailed
		}
		return nil
	}
	switch way {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case "LOGIN":
		return &asks{questions: []string{"Username:", "Password:"}, check: func(said []string) error { return check(said[0], said[1]) }}, nil
	}
	return &asks{questions: []string{"<1@localhost>"}, check: func(said []string) error {
		sum := hmac.New(md5.New, []byte("open sesame"))
		_, _ = sum.Write([]byte("<1@localhost>"))
		if said[0] != fmt.Sprintf("ada %x", sum.Sum(nil)) {
			return smtp.ErrAuthFailed
		}
		return nil
	}}, nil
}

// asks is a sign-in of questions and answers.
type asks struct {
	questions, said []string
	check           func(said []string) error
}

// Next implements sasl.Server. No answer comes before the first question,
// unless it is the user already.
func (a *asks) Next(answer []byte) ([]byte, bool, error) {
	if answer != nil {
		a.said = append(a.said, string(answer))
	}
	if len(a.said) == len(a.questions) {
		return nil, true, a.check(a.said)
	}
	return []byte(a.questions[len(a.said)]), false, nil
}

// notify runs the dashboard of the demo with a mail server.
func (s *mailServer) notify(t *testing.T, env map[string]string, more ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	p := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(name string) string { return env[name] }, roots: s.roots}
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte("mail:\n  host: localhost\n  port: "+port+"\n  from: ec2deck@example.com\n  to: [ops@example.com, night@example.com]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"run", "ec2-dashboard", "--demo", "--profile", "production,staging", "--notify-method", "email", "--config", config}, more...)
	code := p.run(t.Context(), p.tree(), args)
	if err := errors.Join(s.Shutdown(t.Context()), s.listener.Close()); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	return code, out.String()
}

func secretFile(t *testing.T, mode os.FileMode, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "smtp")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheReportIsMailed(t *testing.T) {
	for name, how := range map[string]struct {
		env  map[string]string
		args []string
		auth []string
	}{
		"signed in by the environment": {env: map[string]string{"EC2DECK_SMTP_USER": "ada", "EC2DECK_SMTP_PASSWORD": "open sesame"}},
		"signed in by a file":          {args: []string{"--smtp-auth-file", secretFile(t, 0o600, "ada\nopen sesame\n")}},
		"a file of the password alone": {args: []string{"--smtp-user", "ada", "--smtp-auth-file", secretFile(t, 0o600, "open sesame\n")}},
		"signed in by LOGIN":           {env: right(), auth: []string{"GSSAPI", "LOGIN"}},
		"signed in by CRAM-MD5":        {env: right(), auth: []string{"CRAM-MD5"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newMailServer(t)
			if how.auth != nil {
				s.auth = how.auth
			}
			code, out := s.notify(t, how.env, append(how.args, "--output", "csv")...)
			if code != 0 || strings.Contains(out, "sesame") || !strings.Contains(out, "handed to localhost for ops@example.com, night@example.com") {
				t.Fatalf("%d %s", code, out)
			}
			m, err := mail.ReadMessage(bytes.NewReader(s.letter))
			if err != nil {
				t.Fatal(err)
			}
			body := new(bytes.Buffer)
			if _, err := body.ReadFrom(quotedprintable.NewReader(m.Body)); err != nil {
				t.Fatal(err)
			}
			if got := m.Header.Get("To"); got != "ops@example.com, night@example.com" || !strings.HasPrefix(m.Header.Get("Subject"), "ec2deck: ec2-dashboard ") {
				t.Errorf("%v", m.Header)
			}
			if _, err := m.Header.Date(); err != nil || m.Header.Get("Message-ID") == "" {
				t.Errorf("%v %v", m.Header, err)
			}
			if !strings.Contains(body.String(), "111122223333,us-east-1,99,7,5,126,77,4,12") || !strings.Contains(body.String(), "total,") {
				t.Errorf("the report:\n%s", body)
			}
			if !s.enciphed || !slices.Equal(s.to, []string{"ops@example.com", "night@example.com"}) {
				t.Errorf("encrypted %v, to %v", s.enciphed, s.to)
			}
		})
	}
}

func right() map[string]string {
	return map[string]string{"EC2DECK_SMTP_USER": "ada", "EC2DECK_SMTP_PASSWORD": "open sesame"}
}

// TestASignInThatHidesThePasswordNeedsNoEncryption also shows that none is
// asked for then.
func TestASignInThatHidesThePasswordNeedsNoEncryption(t *testing.T) {
	s := newMailServer(t)
	s.auth = []string{"PLAIN", "CRAM-MD5"}
	if code, out := s.notify(t, right(), "--smtp-tls", "none"); code != 0 || s.enciphed || len(s.letter) == 0 {
		t.Errorf("%d %s %v", code, out, s.said.String())
	}
}

func TestACommandTakesTheReport(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "sendmail")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$@\" > "+dir+"/args; cat > "+dir+"/letter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }}
	args := []string{"run", "ec2-dashboard", "--demo", "--notify-method", "email", "--smtp-from", "a@example.com", "--smtp-to", "b@example.com,c@example.com", "--sendmail"}
	code := p.run(t.Context(), p.tree(), append(args, script+" -v"))
	given, _ := os.ReadFile(dir + "/args")
	letter, err := os.ReadFile(dir + "/letter")
	if code != 0 || err != nil || string(given) != "-v -i -f a@example.com -- b@example.com c@example.com\n" || !strings.HasPrefix(string(letter), "From: a@example.com\nTo: b@example.com, c@example.com\n") {
		t.Errorf("%d %s %q %q", code, out.String(), given, letter)
	}
	p = &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }}
	if code := p.run(t.Context(), p.tree(), append(args, "false")); code != 5 || !strings.Contains(out.String(), "false: exit status 1 – Try") {
		t.Errorf("%d %s", code, out.String())
	}
}

func speakHTTP(s *mailServer) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return // the mail server answers, and the test fails
	}
	s.listener = other
	go func() {
		if conn, err := other.Accept(); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
			_ = conn.Close()
		}
	}()
}

func TestAReportThatIsNotMailedSaysWhy(t *testing.T) {
	right := right()
	for name, test := range map[string]struct {
		server func(*mailServer)
		env    map[string]string
		args   []string
		code   int
		says   string
	}{
		"no STARTTLS":        {server: func(s *mailServer) { s.TLSConfig = nil }, env: right, code: 5, says: "cannot be encrypted by STARTTLS, and nothing was sent: smtp: server doesn't support STARTTLS"},
		"unknown authority":  {server: func(s *mailServer) { s.roots = x509.NewCertPool() }, env: right, code: 5, says: "certificate"},
		"wrong password":     {env: map[string]string{"EC2DECK_SMTP_USER": "ada", "EC2DECK_SMTP_PASSWORD": "hunter2"}, code: 5, says: "the sign-in as ada is refused: SMTP error 535"},
		"unknown sign-in":    {server: func(s *mailServer) { s.auth = []string{"GSSAPI", "NTLM"} }, env: right, code: 5, says: "the server offers GSSAPI, NTLM to sign in; PLAIN, LOGIN and CRAM-MD5 are known here"},
		"refused recipient":  {server: func(s *mailServer) { s.refuses = "ops@example.com" }, env: right, code: 5, says: "the recipient ops@example.com is refused: SMTP error 550: not here"},
		"password in clear":  {env: right, args: []string{"--smtp-tls", "none"}, code: 5, says: "is not sent without encryption"},
		"no mail server":     {server: speakHTTP, args: []string{"--smtp-tls", "none"}, code: 5, says: "this is no mail server, or it takes no mail from here: "},
		"file others read":   {args: []string{"--smtp-auth-file", secretFile(t, 0o644, "ada\nopen sesame\n")}, code: 2, says: "can be read by others: chmod 600"},
		"file of one line":   {args: []string{"--smtp-auth-file", secretFile(t, 0o600, "open sesame")}, code: 2, says: "needs two lines"},
		"header by an input": {args: []string{"--smtp-to", "a@example.com\r\nBcc: b@example.com"}, code: 2, says: "--smtp-to"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newMailServer(t)
			if test.server != nil {
				test.server(s)
			}
			code, out := s.notify(t, test.env, test.args...)
			if code != test.code || !strings.Contains(out, test.says) || len(s.letter) > 0 {
				t.Errorf("%d %s", code, out)
			}
			if all := out + s.said.String(); strings.Contains(out, "hunter2") || strings.Contains(all, "sesame") || strings.Contains(all, base64.StdEncoding.EncodeToString([]byte("open sesame"))) {
				t.Errorf("the password shows: %s", all)
			}
		})
	}
}

// TestWhoTakesNoReportInTimeIsToldSo waits for the shortest limit that there is.
func TestWhoTakesNoReportInTimeIsToldSo(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0") // connections are taken by the system, and nobody speaks
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mute.Close() }()
	host, port, err := net.SplitHostPort(mute.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	hanging := filepath.Join(t.TempDir(), "sendmail")
	if err := os.WriteFile(hanging, []byte("#!/bin/sh\nexec sleep 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, how := range [][]string{
		{"--smtp-host", host, "--smtp-port", port, "--smtp-tls", "none"},
		{"--smtp-host", host, "--smtp-port", port, "--smtp-tls", "starttls"},
		{"--smtp-host", host, "--smtp-port", port, "--smtp-tls", "tls"},
		{"--sendmail", hanging},
	} {
		all.Go(func() {
			var out bytes.Buffer
			p := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }}
			args := []string{"run", "ec2-dashboard", "--demo", "--notify-method", "email", "--smtp-from", "a@example.com", "--smtp-to", "b@example.com", "--timeout", "1s"}
			if code := p.run(t.Context(), p.tree(), append(args, how...)); code != 6 || !strings.Contains(out.String(), " did not take the report in time") || strings.Contains(out.String(), "refused") {
				t.Errorf("%v: %d %s", how, code, out.String())
			}
		})
	}
	all.Wait()
}

func TestTheReportIsDelivered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	for _, test := range []struct {
		args string
		code int
		says string
	}{
		{"--notify-method file --notify-file " + path + " --output json", 0, "the report is in " + path},
		{"--notify-method none", 0, ""},
		{"--notify-method none --output json", 0, `"operation": "ec2-dashboard"`},
		{"--notify-method display", 0, "running                      99"},
		{"--notify-method file", 2, "--notify-file is required with --notify-method file"},
		{"--notify-method email --smtp-host h --smtp-from a@example.com", 2, "--smtp-to is required with --notify-method email"},
		{"--notify-file z", 2, `--notify-file "z": has no use with --notify-method display`},
		{"--notify-method none --notify-file z", 2, "has no use with --notify-method none"},
		{"--smtp-host h", 2, "write --notify-method email"},
		{"--notify-method email --sendmail x --smtp-host h --smtp-from a@example.com --smtp-to a@example.com", 2, `--smtp-host "h": cannot be used together with --sendmail`},
		{"--notify-method pigeon", 2, "choose one of display, file, email, none"},
		{"--notify-method file --notify-file " + filepath.Join(path, "below"), 2, "cannot be written"},
	} {
		var out bytes.Buffer
		p := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }}
		code := p.run(t.Context(), p.tree(), append([]string{"run", "ec2-dashboard", "--demo"}, strings.Fields(test.args)...))
		if code != test.code || !strings.Contains(out.String(), test.says) || test.says == "" && out.Len() > 0 {
			t.Errorf("%s: %d %s", test.args, code, out.String())
		}
	}
	content, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(content), `"running"`) {
		t.Errorf("%v %s", err, content)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".ec2deck-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}
