package serve

import (
	"errors"
	"fmt"
	"strings"
)

// maxLine bounds a command; batches of a thousand IDs fit many times.
const maxLine = 64 << 10

// Split cuts a command into words as a POSIX shell would, and does nothing
// else that a shell does: no variable, pattern, pipe or second command exists.
// Unlike other splitters it keeps an empty argument, which here is a value.
func Split(line string) ([]string, error) {
	if len(line) > maxLine {
		return nil, fmt.Errorf("the command is longer than %d bytes", maxLine)
	}
	if strings.IndexByte(line, 0) >= 0 {
		return nil, errors.New("the command holds a NUL byte")
	}
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"' && c != '\\':
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\':
			if i++; i == len(line) {
				return nil, errors.New("the command ends in a backslash")
			}
			inWord = true
			word.WriteString(unescape(line[i], quote != 0))
		case c == '\'' || c == '"':
			inWord, quote = true, c
		case strings.IndexByte(" \t\r\n", c) >= 0:
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the command has no closing %c", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// unescape is what a backslash makes of the byte after it: itself, nothing for
// the end of a line, and inside double quotes only for the four that POSIX
// lists.
func unescape(c byte, quoted bool) string {
	switch {
	case c == '\n':
		return ""
	case quoted && strings.IndexByte("$`\"\\", c) < 0:
		return "\\" + string([]byte{c})
	}
	return string([]byte{c})
}
