package serve

import (
	"bytes"
	"cmp"
	"io"
	"strings"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

const (
	maxTerm = 64
	maxSide = 1000 // columns or rows; a larger window is a mistake or an attack
)

// environment is what a client may tell about its terminal.
type environment struct{ term, colorTerm, noColor, lcAll, lcCtype, lang string }

// set takes a variable of the client, if it is one of the few that mean
// something here. The other LC_* are welcome, as every client sends them, and
// not needed.
func (e *environment) set(name, value string) bool {
	switch {
	case name == "COLORTERM":
		e.colorTerm = safeName(value)
	case name == "NO_COLOR":
		e.noColor = safeName(value)
		if value != "" && e.noColor == "" {
			e.noColor = "1"
		}
	case name == "TERM":
		e.term = safeName(value)
	case name == "LC_ALL":
		e.lcAll = safeName(value)
	case name == "LC_CTYPE":
		e.lcCtype = safeName(value)
	case name == "LANG":
		e.lang = safeName(value)
	case strings.HasPrefix(name, "LC_"):
	default:
		return false
	}
	return true
}

// locale names the client's letters, as the C library chooses.
func (e environment) locale() string { return cmp.Or(e.lcAll, e.lcCtype, e.lang) }

// Environ and Getenv make it the environment of a renderer.
func (e environment) Environ() []string {
	return []string{"TERM=" + e.term, "COLORTERM=" + e.colorTerm, "NO_COLOR=" + e.noColor}
}

func (e environment) Getenv(name string) string {
	switch name {
	case "TERM":
		return e.term
	case "COLORTERM":
		return e.colorTerm
	case "NO_COLOR":
		return e.noColor
	}
	return ""
}

// safeName keeps what names of terminals are made of.
func safeName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() < maxTerm; i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-+._", c) >= 0 {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// profile tells the colours from the names alone. Asking the terminal would
// make the first frame wait for one that does not answer.
func (e environment) profile() termenv.Profile {
	term := strings.ToLower(e.term)
	starts := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(term, p) {
				return true
			}
		}
		return false
	}
	if e.noColor != "" || term == "" || term == "dumb" {
		return termenv.Ascii
	}
	switch strings.ToLower(e.colorTerm) {
	case "truecolor", "24bit":
		if starts("screen") {
			return termenv.ANSI256 // GNU screen passes no true colour on
		}
		return termenv.TrueColor
	case "yes", "true", "1":
		return termenv.ANSI256
	}
	switch {
	case strings.HasSuffix(term, "-direct"),
		starts("alacritty", "contour", "foot", "ghostty", "rio", "wezterm", "xterm-ghostty", "xterm-kitty"):
		return termenv.TrueColor
	case strings.Contains(term, "256color"):
		return termenv.ANSI256
	case strings.Contains(term, "color"), strings.Contains(term, "ansi"),
		starts("xterm", "linux", "screen", "tmux", "rxvt", "konsole", "putty", "cygwin"):
		return termenv.ANSI
	}
	return termenv.Ascii
}

func (e environment) renderer(out io.Writer) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(out, termenv.WithEnvironment(e), termenv.WithProfile(e.profile()))
	r.SetColorProfile(e.profile())
	r.SetHasDarkBackground(true)
	return r
}

// windowSize bounds what a client says. Zero means that it does not know.
func windowSize(columns, rows uint32) tea.WindowSizeMsg {
	if columns == 0 {
		columns = 80
	}
	if rows == 0 {
		rows = 24
	}
	return tea.WindowSizeMsg{Width: int(min(columns, maxSide)), Height: int(min(rows, maxSide))}
}

// crlf writes plain text to a terminal in raw mode, which the terminal of an
// SSH client is. Standard output and error of one command share it.
type crlf struct {
	mu  sync.Mutex
	out io.Writer
	cr  bool // the last byte was a carriage return
}

func (w *crlf) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b bytes.Buffer
	for _, c := range p {
		if c == '\n' && !w.cr {
			b.WriteByte('\r')
		}
		b.WriteByte(c)
		w.cr = c == '\r'
	}
	if _, err := w.out.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}
