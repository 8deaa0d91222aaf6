package serve

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

func TestTheHostKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "host_key")
	first, err := hostKey(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := hostKey(path)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("another key, or %v", err)
	}
	signer, err := gossh.ParsePrivateKey(first)
	if err != nil || signer.PublicKey().Type() != gossh.KeyAlgoED25519 {
		t.Errorf("%v %v", signer, err)
	}
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/.*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTheHostKeySurvivesARestart(t *testing.T) {
	h := newHost(t)
	var seen [2][]byte
	for i := range seen {
		key, err := hostKey(h.config.HostKey)
		if err != nil {
			t.Fatal(err)
		}
		seen[i] = key
		h.start()
		h.login()
		h.halt()
	}
	if !bytes.Equal(seen[0], seen[1]) {
		t.Error("the host key changed")
	}
}

func TestAHostKeyThatCannotBeUsedIsNotReplaced(t *testing.T) {
	for name, tt := range map[string]struct {
		mode os.FileMode
		want string
	}{
		"garbage":            {0o600, "move it away"},
		"readable by others": {0o644, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte("garbage"), tt.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := hostKey(path); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Error(err)
			}
			if content, _ := os.ReadFile(path); string(content) != "garbage" {
				t.Error("replaced")
			}
		})
	}
}

func TestServingNeedsAuthorizedKeys(t *testing.T) {
	good := keyLine(newSigner(t))
	for name, tt := range map[string]struct {
		content string
		mode    os.FileMode
		want    []string
	}{
		"no file":         {"", 0, []string{"no such file", "cat ~/.ssh/id_ed25519.pub >>"}},
		"an empty file":   {"# nobody\n\n", 0o600, []string{"no key", "may log in"}},
		"a bad line":      {good + "\n\nssh-ed25519 AAAA\n", 0o600, []string{"authorized_keys:3:"}},
		"only forbidden":  {`command="ls" ` + good, 0o600, []string{`authorized_keys:1: the option "command"`}},
		"others' to edit": {good, 0o666, []string{"chmod go-w"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			if err := os.Remove(h.config.AuthorizedKeys); err != nil {
				t.Fatal(err)
			}
			if tt.mode != 0 {
				h.allow(tt.content)
				if err := os.Chmod(h.config.AuthorizedKeys, tt.mode); err != nil {
					t.Fatal(err)
				}
			}
			h.config.Ready = func(string) { t.Error("listens") }
			err := Run(t.Context(), h.config)
			for _, want := range append(tt.want, h.config.AuthorizedKeys) {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %v", want, err)
				}
			}
		})
	}
}

func TestLinesOfAuthorizedKeys(t *testing.T) {
	one, two := keyLine(newSigner(t)), keyLine(newSigner(t))
	blob := strings.Fields(two)[1]
	for name, tt := range map[string]struct {
		line                     string
		keys, malformed, refused int
	}{
		"plain":                         {one, 1, 0, 0},
		"comment and blanks":            {"  " + one + "\t ada@home  \r", 1, 0, 0},
		"options that always hold":      {"no-pty-not,no-port-forwarding " + one, 0, 0, 1},
		"options that always hold, too": {"no-port-forwarding,No-Agent-Forwarding,no-x11-forwarding " + one, 1, 0, 0},
		"a command":                     {`command="run x" ` + one, 0, 0, 1},
		"a command with quotes":         {`command="say \"hi, there\"",no-user-rc ` + one, 0, 0, 1},
		"an address":                    {`from="10.0.0.0/8" ` + one, 0, 0, 1},
		"an expiry":                     {`expiry-time="20200101" ` + one, 0, 0, 1},
		"a certificate authority":       {"cert-authority " + one, 0, 0, 1},
		"an empty option":               {", " + one, 0, 0, 1},
		"restrict":                      {"restrict " + one, 0, 0, 1},
		"an option without a type":      {`command="x" ` + blob, 0, 1, 0},
		"a key inside a command":        {`command="x ` + blob + ` " ` + one, 0, 0, 1},
		"an open quote":                 {`command="x ` + one, 0, 1, 0},
		"another type":                  {"ssh-rsa " + blob, 0, 1, 0},
		"cut off":                       {two[:len(two)-8], 0, 1, 0},
		"no key":                        {"ssh-ed25519", 0, 1, 0},
		"a word":                        {"hello", 0, 1, 0},
		"a weak key":                    {keyLine(weakSigner(t)), 0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := parseKeys("file", []byte("# first\n"+tt.line))
			if len(got.keys) != tt.keys || len(got.malformed) != tt.malformed || len(got.refused) != tt.refused {
				t.Errorf("%d keys, malformed %v, refused %v", len(got.keys), got.malformed, got.refused)
			}
			for _, err := range append(got.malformed, got.refused...) {
				if !strings.HasPrefix(err.Error(), "file:2: ") {
					t.Error(err)
				}
			}
		})
	}
}

func weakSigner(t *testing.T) gossh.Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
