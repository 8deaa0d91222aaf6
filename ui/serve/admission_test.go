package serve

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// record collects the events of a host, one on a line.
func (h *host) record() *output {
	events := newOutput()
	h.config.Event = func(e Event) error {
		if e.At.IsZero() {
			return errors.New("an event without a time")
		}
		text := fmt.Sprintf("%s %s: %s", e.Kind, e.Session.Name, e.Reason)
		if e.Kind == LoggedOut {
			text = fmt.Sprintf("%s %s: exit %d", e.Kind, e.Session.Name, e.Exit)
		}
		_, err := fmt.Fprintln(events, text)
		return err
	}
	return events
}

func TestTheOpenDemo(t *testing.T) {
	t.Run("lets everybody in", func(t *testing.T) {
		h := newHost(t)
		h.config.Open, h.config.AuthorizedKeys = true, ""
		h.start()
		for name, auth := range map[string][]gossh.AuthMethod{"nothing": nil, "a key": {gossh.PublicKeys(newSigner(t))}} {
			client, _ := h.loginOver(auth...)
			open(t, client, "xterm", size{80, 24}).shell().out.await(t, "size 80x24")
			if s := h.session(); s.Name != "ada" {
				t.Errorf("%s: session %+v", name, s.Session)
			}
		}
		s := &server{Config: Config{Open: true}}
		if who, _, err := s.authorize("ada", h.key.PublicKey()); err != nil || who.Name != "ada" || who.Fingerprint == "" {
			t.Errorf("a key that is offered at once: %+v %v", who, err)
		}
	})
	for name, tt := range map[string]struct {
		change func(*host)
		want   string
	}{
		"not to other machines":   {func(h *host) { h.config.Listen = "0.0.0.0:0" }, "other machines reach"},
		"not to others over IPv6": {func(h *host) { h.config.Listen = "[::]:0" }, "other machines reach"},
		"not without an address":  {func(h *host) { h.config.Listen = ":0" }, "other machines reach"},
		"not beside keys":         {func(h *host) { h.config.AuthorizedKeys = "keys" }, "asks for no keys"},
		"not without its word":    {func(h *host) { h.config.Open = false }, "--trusted-ca FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			h.config.Open, h.config.AuthorizedKeys = true, ""
			tt.change(h)
			h.config.Ready = func(string) { t.Error("listens") }
			if err := Run(t.Context(), h.config); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v does not say %q", err, tt.want)
			}
		})
	}
}

func TestALoginThatIsNotAdmittedIsToldWhy(t *testing.T) {
	h := newHost(t)
	h.config.Admit = func(s Session) error {
		if s.User == "eve" {
			return errors.New("eve has no role here: ask for one")
		}
		return nil
	}
	events := h.record()
	h.start()
	client, _, err := h.try("eve", gossh.PublicKeys(h.key))
	if err != nil {
		t.Fatal(err)
	}
	const said = "ec2deck: eve has no role here: ask for one"
	if code, out, errs := headless(t, client, "run a", ""); code != 7 || out != "" || errs != said+"\n" {
		t.Errorf("exit %d, out %q, err %q", code, out, errs)
	}
	x := open(t, client, "xterm", size{80, 24}).shell()
	if code := x.exit(); code != 7 || x.out.String() != said+"\r\n" {
		t.Errorf("exit %d, %q", code, x.out.String())
	}
	if got := strings.Count(events.String(), "login-refused "); got != 2 {
		t.Errorf("%d refusals in %q", got, events.String())
	}
	open(t, h.login(), "xterm", size{80, 24}).shell().out.await(t, "size 80x24")
}

func TestSessionsAreLimited(t *testing.T) {
	for name, tt := range map[string]struct {
		limits Limits
		want   string
	}{
		"in all":   {Limits{Sessions: 2}, "this server takes no more than 2 sessions at a time, and has them: try again later, or ask its operator to raise --max-sessions"},
		"for each": {Limits{SessionsPerUser: 2}, "ada@home may have no more than 2 sessions at a time here: leave one with q, and log in again"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			other := newSigner(t)
			h.allow(keyLine(h.key)+" ada@home", keyLine(other)+" bob@home")
			tt.limits.Grace = patience
			h.config.Limits = tt.limits
			events := h.record()
			h.start()
			var last *terminal
			for range 2 {
				last = open(t, h.login(), "xterm", size{80, 24}).shell()
				last.out.await(t, "size 80x24")
			}
			client := h.login()
			if code, _, errs := headless(t, client, "run a", ""); code != 7 || errs != "ec2deck: "+tt.want+"\n" {
				t.Errorf("exit %d, %q", code, errs)
			}
			events.await(t, "login-refused ada@home: "+tt.want)
			if bob, _ := h.loginOver(gossh.PublicKeys(other)); name == "for each" {
				open(t, bob, "xterm", size{80, 24}).shell().out.await(t, "size 80x24")
			}
			last.press("q")
			last.exit()
			events.await(t, "logout ada@home: exit 0")
			open(t, client, "xterm", size{70, 24}).shell().out.await(t, "size 70x24")
		})
	}
}

func TestWhatHappensAtTheDoorIsRecorded(t *testing.T) {
	h := newHost(t)
	h.allow(keyLine(h.key) + " ada@home")
	h.config.Has = func(args []string) bool { return args[0] != "scp" }
	events := h.record()
	h.start()
	stranger := newSigner(t)
	if _, _, err := h.try("ada", gossh.PublicKeys(stranger)); err == nil {
		t.Error("logged in")
	}
	events.await(t, "login-refused : the key "+gossh.FingerprintSHA256(stranger.PublicKey())+" is not among the authorized keys")
	client := h.login()
	headless(t, client, "run a", "")
	events.await(t, "login ada@home: \nlogout ada@home: exit 7\n")
	headless(t, client, "scp -t /tmp", "")
	headless(t, client, "run 'x", "")
	_, _ = client.Dial("tcp", "127.0.0.1:1")
	_, _ = client.Listen("tcp", "127.0.0.1:0")
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	_ = session.RequestSubsystem("sftp")
	_, _ = session.SendRequest("auth-agent-req@openssh.com", true, nil)
	for _, want := range []string{
		"a command that does not exist: scp", "a command that cannot be read: the command has no closing '",
		"a channel of the kind direct-tcpip", "a request for tcpip-forward", "subsystem sftp", "auth-agent-req@openssh.com",
	} {
		events.await(t, "request-refused ada@home: "+want+"\n")
	}
	if got := strings.Count(events.String(), "login-refused"); got != 1 {
		t.Errorf("%d refused logins in %q", got, events.String())
	}
}

// A client that asks in vain without end would fill the record.
func TestAConnectionThatAsksInVainTooOftenIsClosed(t *testing.T) {
	h := newHost(t)
	events := h.record()
	h.start()
	client := h.login()
	for range 10 * maxRefusals {
		if _, err := client.Dial("tcp", "127.0.0.1:1"); err != nil && !strings.Contains(err.Error(), "forwards nothing") {
			break
		}
	}
	h.log.await(t, "too many refused requests")
	if n := strings.Count(events.String(), "request-refused"); n > maxRefusals+2 {
		t.Errorf("%d events", n)
	}
}

func TestAnEventThatCannotBeRecordedIsLogged(t *testing.T) {
	h := newHost(t)
	h.config.Event = func(Event) error { return errors.New("the disk is full") }
	h.start()
	headless(t, h.login(), "run a", "")
	h.log.await(t, "the disk is full")
}
