package ui

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestThePictureOfTheREADME makes the frame that the README shows: the demo,
// filtered, with a stop under way.
func TestThePictureOfTheREADME(t *testing.T) {
	d := start(t, options{width: 120, height: 30})
	d.on("api state:running").press("j", "j", "S", "y")
	d.pass(time.Second)
	golden(t, "readme", d.screen()+"\n") // as it is, with every table in the top line
}

// TestTheTourOfTheREADME presses the keys of its rows, one after the other. What
// is bold has to be on the screen then.
func TestTheTourOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- tour -->\n")
	tour, _, found := strings.Cut(rest, "<!-- /tour -->")
	rows := strings.Split(strings.TrimSpace(tour), "\n")
	if !found || len(rows) < 12 {
		t.Fatalf("the tour has %d rows", len(rows))
	}
	o := sixScopes()
	o.log = true
	d := start(t, o)
	parts, bold := regexp.MustCompile("`([^`]+)`"), regexp.MustCompile(`\*\*([^*]+)\*\*`)
	for _, row := range rows[2:] {
		cells := strings.Split(row, " | ")
		for _, k := range parts.FindAllStringSubmatch(cells[0], -1) {
			if len(k[1]) == 1 || k[1] == "enter" || k[1] == "esc" {
				d.press(k[1])
			} else {
				d.type_(k[1])
			}
		}
		shown := bold.FindAllStringSubmatch(cells[1], -1)
		if len(shown) == 0 {
			t.Errorf("%s promises nothing", row)
		}
		for _, text := range shown {
			if !strings.Contains(d.screen(), text[1]) {
				t.Fatalf("%s: no %q on\n%s", cells[0], text[1], d.screen())
			}
		}
	}
}
