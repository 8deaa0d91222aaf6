package awsops

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Clean makes text that came from AWS safe for one line of a terminal. No
// control character, bidirectional override or invisible trick gets through:
// each becomes a visible mark, so that two names that differ look different.
func Clean(s string) string { return clean(s, false) }

// CleanLines is Clean for text of several lines, such as console output:
// newlines and tabs stay, a carriage return ends a line too, and whole escape
// sequences go, because programs write them to their consoles in good faith.
func CleanLines(s string) string {
	if strings.ContainsRune(s, '\r') {
		s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	}
	if strings.ContainsRune(s, 0x1b) {
		s = ansi.Strip(s)
	}
	return clean(s, true)
}

func clean(s string, lines bool) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f {
			return cleanFrom(s, i, lines)
		}
	}
	return s
}

func cleanFrom(s string, i int, lines bool) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	b.WriteString(s[:i])
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case lines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case r == utf8.RuneError && n == 1:
			b.WriteRune('\uFFFD')
		case r < 0x20:
			b.WriteRune('\u2400' + r) // ESC becomes ␛
		case r == 0x7f:
			b.WriteRune('\u2421')
		case hidden(r):
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden says whether a rune is a C1 control, a format character (zero width,
// bidirectional override, tag), a line separator or a stray combining filler.
// The zero-width joiner and the variation selectors of emoji are among them:
// what cannot be seen cannot be trusted to tell two names apart.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs, unicode.Variation_Selector) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point)
}
