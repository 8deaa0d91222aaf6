// Package theme holds every style of the program. A theme is made from one
// renderer, so that each terminal, local or over SSH, gets the colours that it
// can show. Data names a Tone, never a colour.
package theme

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// init keeps Bubble Tea from asking the terminal for its background: its own
// package init does so, also for --version, and waits seconds for a terminal
// that does not answer. Go initializes packages in the order of their paths
// as soon as their imports allow, so this one comes first.
func init() { lipgloss.SetHasDarkBackground(true) }

// Tone is what a text means. It is never the only sign of that meaning.
type Tone int

// The tones.
const (
	Plain  Tone = iota
	Good        // as it should be
	Busy        // on its way to something
	Bad         // needs attention
	Faint       // matters less
	Strong      // matters more
	Accent      // where the eye should go
	marked      // the first of the marks
	tones  = marked + marks
)

// marks is how many colours tell things apart that mean the same.
const marks = 6

// Mark is the tone of a mark: blue, cyan, green, grey, magenta, yellow. It says
// nothing but that a thing is the one that its owner gave that colour.
func Mark(i int) Tone {
	if i < 0 || i >= marks {
		return Plain
	}
	return marked + Tone(i)
}

// Paint is a style reduced to the bytes before and after a text, so that a
// cell costs two concatenations.
type Paint struct{ open, close string }

// Render paints a text of one line.
func (p Paint) Render(s string) string {
	if p.open == "" {
		return s
	}
	return p.open + s + p.close
}

// Append paints a text onto a builder.
func (p Paint) Append(b *strings.Builder, s string) {
	b.WriteString(p.open)
	b.WriteString(s)
	b.WriteString(p.close)
}

// Theme is the styles of one terminal.
type Theme struct {
	Renderer *lipgloss.Renderer
	byTone   [tones]Paint

	Cursor  Paint // the line under the cursor
	Heading Paint // column headings
	Bar     Paint // the top line
	Tab     Paint // the open table in the top line
	Danger  Paint // the title of a destroying confirmation
	Alarm   Paint // the top line over production

	// Box frames an overlay; DangerBox one that destroys.
	Box, DangerBox lipgloss.Style
}

// Names lists the themes. auto goes by what the terminal says of its background.
func Names() []string { return []string{"auto", "dark", "light", "high-contrast", "16"} }

// palette is the colours of a theme.
type palette struct{ good, busy, bad, faint, accent lipgloss.TerminalColor }

// paletteOf chooses the colours of a theme.
func paletteOf(name string) palette {
	both := func(light, dark string) lipgloss.TerminalColor {
		return lipgloss.AdaptiveColor{Light: light, Dark: dark}
	}
	switch name {
	case "high-contrast": // at least 7:1 on black and on white, and nothing is faint
		return palette{both("#005000", "#5fff5f"), both("#5c3c00", "#ffff5f"), both("#900000", "#ff9f9f"), lipgloss.NoColor{}, both("#00008f", "#5fffff")}
	case "16": // the terminal's own, as its user has chosen them
		return palette{lipgloss.Color("2"), lipgloss.Color("3"), lipgloss.Color("1"), lipgloss.Color("8"), lipgloss.Color("6")}
	}
	return palette{both("#1a7f37", "#4ac26b"), both("#9a6700", "#e3b341"), both("#cf222e", "#ff7b72"), both("#6e7781", "#8b949e"), both("#0969da", "#58a6ff")}
}

// New makes a theme by its name; "" is auto. The renderer becomes the theme's
// own: it is told of the background that the theme is made for.
func New(r *lipgloss.Renderer, name string) Theme {
	if name == "dark" || name == "light" {
		r.SetHasDarkBackground(name == "dark")
	}
	style := func() lipgloss.Style { return r.NewStyle() }
	p := paletteOf(name)
	good, busy, bad, faint, accent := p.good, p.busy, p.bad, p.faint, p.accent
	t := Theme{
		Renderer: r,
		Cursor:   paintOf(style().Reverse(true)),
		Heading:  paintOf(style().Bold(true).Foreground(accent)),
		Bar:      paintOf(style().Foreground(faint)),
		Tab:      paintOf(style().Bold(true).Foreground(accent).Underline(true)),
		Danger:   paintOf(style().Bold(true).Foreground(bad)),
		Alarm:    paintOf(style().Bold(true).Foreground(bad).Reverse(true)),
		Box:      style().Border(lipgloss.RoundedBorder()).BorderForeground(accent).Padding(0, 1),
	}
	t.DangerBox = t.Box.BorderForeground(bad)
	t.byTone = [tones]Paint{
		Good:   paintOf(style().Foreground(good)),
		Busy:   paintOf(style().Foreground(busy)),
		Bad:    paintOf(style().Foreground(bad).Bold(true)),
		Faint:  paintOf(style().Foreground(faint)),
		Strong: paintOf(style().Bold(true)),
		Accent: paintOf(style().Foreground(accent)),
	}
	light := [marks]string{"#0550ae", "#116d79", "#116329", "#57606a", "#8250df", "#7d4e00"}
	dark := [marks]string{"#79c0ff", "#56d4dd", "#7ee787", "#b1bac4", "#d2a8ff", "#f2cc60"}
	for i, own := range [marks]string{"4", "6", "2", "8", "5", "3"} {
		var c lipgloss.TerminalColor = lipgloss.AdaptiveColor{Light: light[i], Dark: dark[i]}
		if name == "16" {
			c = lipgloss.Color(own)
		}
		t.byTone[Mark(i)] = paintOf(style().Foreground(c))
	}
	return t
}

// Tone is the paint of a tone.
func (t Theme) Tone(tone Tone) Paint { return t.byTone[tone] }

// Plain says whether the terminal shows no colours and no attributes, so that
// signs have to carry what colour would.
func (t Theme) Plain() bool { return t.Renderer.ColorProfile() == termenv.Ascii }

// paintOf splits a style around one letter; no escape code contains an x.
func paintOf(s lipgloss.Style) Paint {
	open, end, _ := strings.Cut(s.Render("x"), "x")
	return Paint{open, end}
}
