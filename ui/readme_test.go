package ui

import (
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
