package ui

import (
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestASCIIKeepsTheWidth(t *testing.T) {
	if utf8.RuneCountInString(fancy) != len(simple) {
		t.Fatalf("%d signs have %d stand-ins", utf8.RuneCountInString(fancy), len(simple))
	}
	for in, want := range map[string]string{
		"": "", "web-1": "web-1", "╭─ ● live … ↑ ─╮": "+- * live ~ ^ -+", "naïve 決": "na?ve ??", "\x1b[1m→\x1b[0m": "\x1b[1m>\x1b[0m", "e\u0301": "e", "[#░]": "[#.]",
	} {
		got := toASCII(in)
		if got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
		if ansi.StringWidth(got) != ansi.StringWidth(in) {
			t.Errorf("%q is %d wide, %q %d", in, ansi.StringWidth(in), got, ansi.StringWidth(got))
		}
	}
}

func TestNeedsASCII(t *testing.T) {
	for locale, want := range map[string]bool{"": false, "C": true, "POSIX": true, "C.UTF-8": false, "de_DE.utf8": false, "en_US.ISO-8859-1": true} {
		if NeedsASCII(locale) != want {
			t.Errorf("%q: %v", locale, !want)
		}
	}
}
