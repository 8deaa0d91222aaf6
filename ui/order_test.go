package ui

import "testing"

// TestTheTitleTellsTheOrder reverses it and turns to the next column.
func TestTheTitleTellsTheOrder(t *testing.T) {
	d := newDriver(t, small())
	d.settle()
	d.shows("Name↑")
	d.press("O")
	d.shows("Name↓")
	d.press("O")
	d.shows("Name↑")
	d.press("o")
	d.shows("ID↑")
}
