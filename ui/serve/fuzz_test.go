package serve

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
	gossh "golang.org/x/crypto/ssh"
)

func FuzzAuthorizedKeys(f *testing.F) {
	line := keyLine(newSigner(f))
	blob := strings.Fields(line)[1]
	for _, seed := range []string{
		line, "restrict " + line, `command="a \"b" ` + line + " comment", `from="x` + line, "ssh-rsa " + blob,
		`command="` + blob + ` " ` + line, "# " + line, line + "\r\n" + line, "ssh-ed25519\t" + blob, "\x00 \xff", ", " + line,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		parsed := parseKeys("file", content)
		lines := bytes.Count(content, []byte("\n")) + 1
		if len(parsed.keys)+len(parsed.malformed)+len(parsed.refused) > lines {
			t.Errorf("more answers than lines: %+v", parsed)
		}
		for key := range parsed.keys {
			public, err := gossh.ParsePublicKey([]byte(key))
			if err != nil {
				t.Fatal(err)
			}
			if !named(content, public) {
				t.Errorf("a key that no line begins with, or that follows an option: %q", content)
			}
		}
	})
}

// named finds a line of "type base64", or the same after options that are
// honoured.
func named(content []byte, key gossh.PublicKey) bool {
	for line := range strings.Lines(string(content)) {
		fields := strings.FieldsFunc(strings.TrimSpace(line), func(r rune) bool { return r == ' ' || r == '\t' })
		for len(fields) > 2 && strings.HasPrefix(strings.ToLower(fields[0]), "no-") {
			fields = fields[1:]
		}
		if len(fields) < 2 || fields[0] != key.Type() {
			continue
		}
		if raw, err := base64.StdEncoding.DecodeString(fields[1]); err == nil && bytes.Equal(raw, key.Marshal()) {
			return true
		}
	}
	return false
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"", "run a b", `'a b' "c \" d" e\ f`, "'", "\\", `""`, "a\\\nb", "\x00", "日本 'x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Split(line)
		if err != nil {
			if words != nil {
				t.Errorf("words %q and %v", words, err)
			}
			return
		}
		quoted := make([]string, len(words))
		for i, word := range words {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		again, err := Split(strings.Join(quoted, " "))
		if len(strings.Join(quoted, " ")) <= maxLine && (err != nil || !slices.Equal(words, again)) {
			t.Errorf("%q, quoted: %q, %v", words, again, err)
		}
	})
}

func FuzzTerminal(f *testing.F) {
	f.Add("xterm-256color", "truecolor", "1", uint32(80), uint32(24))
	f.Add("\x1b]0;x\a", "\n", "", uint32(0), uint32(0))
	f.Add(strings.Repeat("x", 1000), "日本", " ", uint32(10_000), uint32(1<<32-1))
	f.Fuzz(func(t *testing.T, term, colour, none string, columns, rows uint32) {
		var e environment
		for name, value := range map[string]string{"TERM": term, "COLORTERM": colour, "NO_COLOR": none} {
			if !e.set(name, value) {
				t.Errorf("%s not taken", name)
			}
			if got := e.Getenv(name); len(got) > maxTerm || got != safeName(got) {
				t.Errorf("%s is %q", name, got)
			}
		}
		if r := e.renderer(nil); r.ColorProfile() != e.profile() || none != "" && r.NewStyle().Bold(true).Render("x") != "x" {
			t.Errorf("profile %v", r.ColorProfile())
		}
		s := windowSize(columns, rows)
		if s.Width < 1 || s.Width > maxSide || s.Height < 1 || s.Height > maxSide {
			t.Errorf("size %v", s)
		}
		if columns >= 1 && columns <= maxSide && s.Width != int(columns) {
			t.Errorf("%d columns became %d", columns, s.Width)
		}
	})
}

func FuzzRequests(f *testing.F) {
	f.Add("pty-req", gossh.Marshal(struct {
		Term       string
		A, B, C, D uint32
		Modes      string
	}{"xterm", 80, 24, 0, 0, "\x00"}))
	f.Add("window-change", make([]byte, 16))
	f.Add("env", gossh.Marshal(struct{ A, B string }{"TERM", "x"}))
	f.Add("exec", gossh.Marshal(struct{ A string }{"run x"}))
	f.Add("subsystem", gossh.Marshal(struct{ A string }{"sftp"}))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		for _, pty := range []bool{false, true} {
			v := &visit{pty: pty, sizes: make(chan tea.WindowSizeMsg, 1)}
			granted, start := v.answer(&gossh.Request{Type: kind, Payload: payload})
			if !granted && (start != nil || v.started) {
				t.Errorf("%q is refused and starts", kind)
			}
			if granted && !slices.Contains([]string{"pty-req", "window-change", "env", "exec", "shell"}, kind) {
				t.Errorf("%q is granted", kind)
			}
		}
	})
}

// FuzzCertificate changes what a CA signed. A certificate counts only for a
// name that stands in it, and only with the signature of the CA.
func FuzzCertificate(f *testing.F) {
	ca, key := authority{newSigner(f), f}, newSigner(f)
	now := time.Now()
	trusted := func(k gossh.PublicKey) bool { return bytes.Equal(k.Marshal(), ca.PublicKey().Marshal()) }
	f.Add("ada", "ada@example.com", "ada\nops", "", "", uint64(0), uint64(1<<64-1), uint32(gossh.UserCert), 0, byte(0))
	f.Add("ada", "\x1b]0;x\a", "", "force-command", "x", uint64(1<<63), uint64(1), uint32(gossh.HostCert), 40, byte(1))
	f.Add("", "\u202e", "\n\n", "source-address", "10.0.0.0/8,", uint64(1), uint64(2), uint32(7), 200, byte(255))
	f.Fuzz(func(t *testing.T, user, id, principals, option, value string, after, before uint64, kind uint32, at int, flip byte) {
		cert := &gossh.Certificate{
			Key: key.PublicKey(), CertType: kind, KeyId: id, ValidAfter: after, ValidBefore: before,
			Permissions: gossh.Permissions{CriticalOptions: map[string]string{}},
		}
		if principals != "" {
			cert.ValidPrincipals = strings.Split(principals, "\n")
		}
		if option != "" {
			cert.CriticalOptions[option] = value
		}
		if err := cert.SignCert(rand.Reader, ca.Signer); err != nil {
			t.Fatal(err)
		}
		blob := cert.Marshal()
		if at >= 0 && at < len(blob) {
			blob[at] ^= flip
		}
		parsed, err := gossh.ParsePublicKey(blob)
		if err != nil {
			return
		}
		offered, ok := parsed.(*gossh.Certificate)
		if !ok {
			return
		}
		who := certified(offered)
		if name := cleanName(who.Name); strings.ContainsFunc(name, unicode.IsControl) || utf8.RuneCountInString(name) > maxUser {
			t.Errorf("the name %q", name)
		}
		for _, p := range who.Principals {
			if !validUser(p) {
				t.Errorf("the principal %q", p)
			}
		}
		if checkCertificate(offered, user, trusted, now) != nil {
			return
		}
		changed := at >= 0 && at < len(blob) && flip != 0
		limited := option != "" && (option != "source-address" || value == "")
		if changed || limited || kind != gossh.UserCert || !slices.Contains(cert.ValidPrincipals, user) {
			t.Errorf("%q is let in by %+v", user, cert)
		}
	})
}

// FuzzEnvironment sends variables, names of terminals and commands, and looks
// at what of them would be shown or logged.
func FuzzEnvironment(f *testing.F) {
	f.Add("LANG", "C.UTF-8", "xterm", "run list-instances")
	f.Add("LC_\x1b", "\x00", strings.Repeat("x", 5000), "'")
	f.Add("NO_COLOR", "\u202e", "screen.xterm-256color", "scp -t /")
	f.Fuzz(func(t *testing.T, name, value, term, line string) {
		v := &visit{sizes: make(chan tea.WindowSizeMsg, 1), id: "x"}
		v.answer(&gossh.Request{Type: "env", Payload: gossh.Marshal(struct{ A, B string }{name, value})})
		v.answer(&gossh.Request{Type: "pty-req", Payload: gossh.Marshal(struct {
			Term       string
			A, B, C, D uint32
			Modes      string
		}{term, 0, 1 << 31, 0, 0, ""})})
		for _, text := range []string{v.env.term, v.env.colorTerm, v.env.noColor, v.env.locale()} {
			if text != safeName(text) || len(text) > maxTerm {
				t.Errorf("the environment holds %q", text)
			}
		}
		if text := clip(line); strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
			t.Errorf("the log would hold %q", text)
		}
		if words, err := Split(line); err == nil && len(words) > 0 {
			v.answer(&gossh.Request{Type: "exec", Payload: gossh.Marshal(struct{ A string }{line})})
			if !v.started {
				t.Error("not started")
			}
		}
	})
}
