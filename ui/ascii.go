package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// NeedsASCII says whether a locale, as LC_ALL, LC_CTYPE or LANG name it, has
// no letters but those of ASCII. One that is not told may have them.
func NeedsASCII(locale string) bool {
	return locale != "" && !strings.Contains(strings.ToLower(locale), "utf")
}

// toASCII rewrites a frame for terminals that have nothing else: each sign of
// ours becomes one like it, and each other letter as many ? as it is wide.
func toASCII(frame string) string {
	var b strings.Builder
	b.Grow(len(frame))
	for _, r := range frame {
		switch i := strings.IndexRune(fancy, r); {
		case r < 0x80:
			b.WriteRune(r)
		case i >= 0:
			b.WriteByte(simple[len([]rune(fancy[:i]))])
		default:
			b.WriteString(strings.Repeat("?", ansi.StringWidth(string(r))))
		}
	}
	return b.String()
}

const (
	fancy  = "╭╮╰╯─│┃…→←↑↓×–·●◌█░"
	simple = "++++-||~><^vx-.*o#."
)
