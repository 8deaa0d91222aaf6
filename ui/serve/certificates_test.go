package serve

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// authority signs certificates and is trusted by its host.
type authority struct {
	gossh.Signer
	t testing.TB
}

func (h *host) trust() authority {
	h.t.Helper()
	ca := authority{newSigner(h.t), h.t}
	h.config.TrustedCA = filepath.Join(h.dir, "trusted_ca")
	if err := os.WriteFile(h.config.TrustedCA, []byte("# the team's\n"+keyLine(ca)+" the team's CA\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return ca
}

// sign makes a certificate that counts, but for what change does to it.
func (ca authority) sign(key gossh.Signer, change func(*gossh.Certificate)) gossh.Signer {
	ca.t.Helper()
	cert := &gossh.Certificate{
		Key: key.PublicKey(), CertType: gossh.UserCert, KeyId: "ada@example.com", Serial: 7,
		ValidPrincipals: []string{"ada", "operators"},
		ValidAfter:      uint64(time.Now().Add(-time.Minute).Unix()), ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
		Permissions: gossh.Permissions{CriticalOptions: map[string]string{}, Extensions: map[string]string{"permit-pty": ""}},
	}
	change(cert)
	if err := cert.SignCert(rand.Reader, ca.Signer); err != nil {
		ca.t.Fatal(err)
	}
	signer, err := gossh.NewCertSigner(cert, key)
	if err != nil {
		ca.t.Fatal(err)
	}
	return signer
}

func asIs(*gossh.Certificate) {}

func TestACertificateLogsInAsWhomItNames(t *testing.T) {
	h := newHost(t)
	ca := h.trust()
	h.config.AuthorizedKeys = ""
	h.start()
	key := newSigner(t)
	client, _ := h.loginOver(gossh.PublicKeys(ca.sign(key, asIs)))
	open(t, client, "xterm", size{80, 24}).shell().out.await(t, "size 80x24")
	s := h.session()
	if s.Name != "ada@example.com" || s.Serial != 7 || !slices.Equal(s.Principals, []string{"ada", "operators"}) ||
		s.Fingerprint != gossh.FingerprintSHA256(key.PublicKey()) || s.CA != gossh.FingerprintSHA256(ca.PublicKey()) {
		t.Errorf("session %+v", s.Session)
	}
	if _, _, err := h.try("ada", gossh.PublicKeys(h.key)); err == nil {
		t.Error("a plain key logs in without authorized keys")
	}
}

func TestCertificatesThatDoNotCount(t *testing.T) {
	h := newHost(t)
	ca := h.trust()
	h.start()
	other := authority{newSigner(t), t}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaCA, err := gossh.NewSignerFromKey(rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	sha1CA, err := gossh.NewSignerWithAlgorithms(rsaCA.(gossh.AlgorithmSigner), []string{gossh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.config.TrustedCA, []byte(keyLine(ca)+"\n"+keyLine(rsaCA)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		ca     authority
		key    gossh.Signer
		user   string
		change func(*gossh.Certificate)
		want   string
	}{
		"expired":             {ca, nil, "ada", func(c *gossh.Certificate) { c.ValidBefore = uint64(time.Now().Add(-time.Second).Unix()) }, "expired"},
		"not yet":             {ca, nil, "ada", func(c *gossh.Certificate) { c.ValidAfter = uint64(time.Now().Add(time.Minute).Unix()) }, "not yet valid"},
		"another CA":          {other, nil, "ada", asIs, "no trusted CA"},
		"another principal":   {ca, nil, "root", asIs, "root"},
		"no principals":       {ca, nil, "ada", func(c *gossh.Certificate) { c.ValidPrincipals = nil }, "names no principals"},
		"of a host":           {ca, nil, "ada", func(c *gossh.Certificate) { c.CertType = gossh.HostCert }, "one of a host"},
		"with a command":      {ca, nil, "ada", func(c *gossh.Certificate) { c.CriticalOptions["force-command"] = "run x" }, "force-command"},
		"from elsewhere":      {ca, nil, "ada", func(c *gossh.Certificate) { c.CriticalOptions["source-address"] = "192.0.2.0/24" }, "source-address"},
		"from nowhere":        {ca, nil, "ada", func(c *gossh.Certificate) { c.CriticalOptions["source-address"] = "" }, "from no address"},
		"of a weak key":       {ca, weakSigner(t), "ada", asIs, "1024 bits"},
		"signed with SHA-1":   {authority{sha1CA, t}, nil, "ada", asIs, "SHA-1"},
		"signed by plain key": {authority{h.key, t}, nil, "ada", asIs, "no trusted CA"},
	} {
		t.Run(name, func(t *testing.T) {
			key := tt.key
			if key == nil {
				key = newSigner(t)
			}
			if _, _, err := h.try(tt.user, gossh.PublicKeys(tt.ca.sign(key, tt.change))); err == nil {
				t.Error("logged in")
			}
			h.log.await(t, tt.want)
		})
	}
	for name, change := range map[string]func(*gossh.Certificate){
		"from here":        func(c *gossh.Certificate) { c.CriticalOptions["source-address"] = "192.0.2.1,127.0.0.0/8" },
		"without an end":   func(c *gossh.Certificate) { c.ValidBefore = gossh.CertTimeInfinity },
		"with extensions":  func(c *gossh.Certificate) { c.Extensions["permit-agent-forwarding"] = "" },
		"for one of three": func(c *gossh.Certificate) { c.ValidPrincipals = []string{"x", "y", "ada"} },
	} {
		t.Run(name, func(t *testing.T) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			signer, err := gossh.NewSignerFromKey(key)
			if err != nil {
				t.Fatal(err)
			}
			h.loginOver(gossh.PublicKeys(ca.sign(signer, change)))
		})
	}
}

func TestACertificateMayPermitNoTerminal(t *testing.T) {
	h := newHost(t)
	ca := h.trust()
	events := h.record()
	h.start()
	client, _ := h.loginOver(gossh.PublicKeys(ca.sign(newSigner(t), func(c *gossh.Certificate) { c.Extensions = nil })))
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 24, 80, nil); err == nil {
		t.Error("a terminal")
	}
	events.await(t, "request-refused ada@example.com: a terminal, which the certificate does not permit")
	if code, out, _ := headless(t, client, "run a", ""); code != 7 || !strings.HasPrefix(out, "out") {
		t.Errorf("exit %d, %q", code, out)
	}
}

func TestTrustedCAsAreReadAgain(t *testing.T) {
	h := newHost(t)
	ca := h.trust()
	h.start()
	signer := ca.sign(newSigner(t), asIs)
	h.loginOver(gossh.PublicKeys(signer))
	if err := os.WriteFile(h.config.TrustedCA, []byte(keyLine(newSigner(t))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.try("ada", gossh.PublicKeys(signer)); err == nil {
		t.Error("a CA that was taken out is still trusted")
	}
	h.login() // plain keys beside
}

func TestTheNameOfAKeyIsItsComment(t *testing.T) {
	h := newHost(t)
	plain, odd := newSigner(t), newSigner(t)
	h.allow(keyLine(h.key)+" Ada Lovelace  <ada@home> ", keyLine(plain), keyLine(odd)+" a\x1b[31m\u202eb")
	h.start()
	for want, key := range map[string]gossh.Signer{
		"Ada Lovelace  <ada@home>":                 h.key,
		gossh.FingerprintSHA256(plain.PublicKey()): plain,
		"a␛[31m\uFFFDb":                            odd,
	} {
		client, _ := h.loginOver(gossh.PublicKeys(key))
		open(t, client, "xterm", size{80, 24}).shell().out.await(t, "size 80x24")
		if s := h.session(); s.Name != want || s.CA != "" || s.Principals != nil {
			t.Errorf("session %+v", s.Session)
		}
	}
}
