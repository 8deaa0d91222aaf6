package ui

import "testing"

func TestTheTableOfTypes(t *testing.T) {
	d := start(t, small()).open("instance-types")
	d.frame("instance-types")
	d.press("/")
	d.type_("arch:arm64 vcpus:4 zones:us-east-1a")
	d.press("enter")
	d.shows("t4g.xlarge")
	d.hides("t3.xlarge")
	d.press("enter")
	d.settle()
	d.frame("instance-types-detail")
	d.press("esc", "/")
	for range 40 {
		d.press("backspace")
	}
	d.type_("type:r6g.large")
	d.press("enter", "i")
	d.shows("Instances 1 of 16", "graviton-1")
}

func TestTheTableOfTypesIsNarrow(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).open("instance-types")
	d.frame("instance-types-80x24")
}
