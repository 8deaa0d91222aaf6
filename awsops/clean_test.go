package awsops_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"ec2deck/awsops"
)

func TestClean(t *testing.T) {
	for _, test := range []struct{ name, in, line, lines string }{
		{"plain text stays", "web-1 (größer) 東京", "web-1 (größer) 東京", "web-1 (größer) 東京"},
		{"an escape sequence shows or goes", "a\x1b[31mred", "a␛[31mred", "ared"},
		{"an operating system command shows or goes", "\x1b]52;c;aGk=\a", "␛]52;c;aGk=␇", ""},
		{"a C1 control shows", "a\u009b2Jb", "a\uFFFD2Jb", "a\uFFFD2Jb"},
		{"a bidirectional override shows", "a\u202egnp", "a\uFFFDgnp", "a\uFFFDgnp"},
		{"a zero width space shows", "web\u200b-1", "web\uFFFD-1", "web\uFFFD-1"},
		{"a byte order mark shows", "\ufeffweb", "\uFFFDweb", "\uFFFDweb"},
		{"a tag character shows", "web\U000e0041", "web\uFFFD", "web\uFFFD"},
		{"a broken rune shows", "web\xff", "web\uFFFD", "web\uFFFD"},
		{"a delete shows", "a\x7f", "a␡", "a␡"},
		{"lines stay lines where they may", "a\r\nb\tc\n", "a␍␊b␉c␊", "a\nb\tc\n"},
		{"a lone carriage return shows or ends a line", "progress\r100%", "progress␍100%", "progress\n100%"},
		{"a line separator shows", "a\u2028b", "a\uFFFDb", "a\uFFFDb"},
		{"a NUL shows", "a\x00b", "a␀b", "a␀b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := awsops.Clean(test.in); got != test.line {
				t.Errorf("Clean: %q, want %q", got, test.line)
			}
			if got := awsops.CleanLines(test.in); got != test.lines {
				t.Errorf("CleanLines: %q, want %q", got, test.lines)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "web-1", "\x1b[2J", "\u009b", "a\u202eb", "\xff\xfe", "\r\n\t", "e\u0301", "👩‍💻", "\U000e0001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, clean := range map[string]func(string) string{"Clean": awsops.Clean, "CleanLines": awsops.CleanLines} {
			got := clean(s)
			if !utf8.ValidString(got) {
				t.Fatalf("%s(%q) = %q is not UTF-8", name, s, got)
			}
			for _, r := range got {
				line := name == "CleanLines" && (r == '\n' || r == '\t')
				if !line && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs)) {
					t.Fatalf("%s(%q) lets %U through", name, s, r)
				}
			}
			if again := clean(got); again != got {
				t.Fatalf("%s twice: %q, once: %q", name, again, got)
			}
		}
		if strings.Count(awsops.Clean(s), "\n") > 0 {
			t.Fatalf("Clean(%q) has several lines", s)
		}
	})
}
