package ui

import (
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"ec2deck/theme"
)

func TestThemes(t *testing.T) {
	seen := map[string]string{}
	for _, name := range theme.Names() {
		o := small()
		o.theme, o.colours, o.width, o.height = name, termenv.ANSI256, 80, 24
		d := start(t, o).on("web-1")
		view := strings.ReplaceAll(d.model.View(), "\x1b", "␛")
		if name != "auto" {
			golden(t, "theme-"+name, view+"\n")
		}
		if other := seen[view]; other != "" && name != "dark" { // which this terminal says it is
			t.Errorf("%s looks like %s", name, other)
		}
		seen[view] = name
		if name == "16" && strings.Contains(view, "38;5;") {
			t.Error("16 uses more than the terminal's own colours")
		}
		o.colours = 0 // as NO_COLOR asks
		if plain := start(t, o).model.View(); strings.Contains(plain, "\x1b[") {
			t.Errorf("%s has escape codes without colours", name)
		}
	}
}
