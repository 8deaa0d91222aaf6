package views

import (
	"fmt"
	"strings"

	"ec2deck/theme"
)

// Bar draws how much is done in percent, in plain ASCII and with the number:
// a bar alone would say it by its shape only.
func Bar(percent int) string {
	const width = 10
	full := width * max(0, min(100, percent)) / 100
	return fmt.Sprintf("[%s%s] %d%%", strings.Repeat("#", full), strings.Repeat(".", width-full), percent)
}

// gauge is a column that shows how far something has come, by EC2's own
// number. Rows that are not under way are empty.
func gauge[T any](title string, at func(T) (percent int, on bool)) Column[T] {
	value := func(row T) string {
		if n, on := at(row); on {
			return Bar(n)
		}
		return ""
	}
	return Column[T]{
		Title: title, Width: len("[##########] 100%"), Value: value,
		Number: func(row T) int64 {
			if n, on := at(row); on {
				return int64(n)
			}
			return -1
		},
		Tone: func(T) theme.Tone { return theme.Busy },
	}
}
