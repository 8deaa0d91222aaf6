package serve

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

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
		words, err := split(line)
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
		again, err := split(strings.Join(quoted, " "))
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
