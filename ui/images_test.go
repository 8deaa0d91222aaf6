package ui

import "testing"

func TestImagesAndTheirLinks(t *testing.T) {
	d := start(t, small()).open("images")
	d.frame("images")
	d.on("app-2026-10").press("enter")
	d.settle()
	d.frame("images-detail")
	d.press("esc", "V")
	d.shows("/id:snap-0aa0000000000000a", "golden")
	d.press("i")
	d.shows("Images 4 ", "/snapshots:snap-0aa0000000000000a", "golden-web-1")
	d.press("q", "q")
	d.on("broken-1").press("n")
	d.shows("is failed, not available")
	d.on("kept-1").press("M")
	d.shows("demands IMDSv2 already, for good")
}

// TestAnInstanceLeadsToItsImage shows an image of AWS's own, which no listing of one's own has.
func TestAnInstanceLeadsToItsImage(t *testing.T) {
	d := start(t, small())
	d.on("web-1").press("@")
	d.settle()
	d.shows("Images 1 of 5", "/id:ami-0aa00000000000001", "al2023-ami-2023.5.20", "public")
	d.press("i")
	d.shows("/image:ami-0aa00000000000001", "web-1", "stopped-1")
	d.hides("graviton-1")
}

func TestAnImageIsMadeOfAnInstance(t *testing.T) {
	d := start(t, small())
	d.on("web-1").press("W")
	d.shows("create-image", "i-0aa00000000000001")
	d.frame("images-create")
	d.type_("by hand")
	for range 9 {
		d.press("enter")
	}
	d.shows("THE INSTANCE IS REBOOTED", "CreateImage")
	d.frame("images-create-ask")
	d.press("y")
	d.settle()
	if n := d.calls("CreateImage"); n != 1 {
		t.Errorf("%d calls", n)
	}
	d.open("images").shows("by hand")
}

func TestWhatGoesWithAnImageIsSaidBefore(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).open("images")
	d.frame("images-80x24")
	d.on("golden-web-1").press("W")
	d.settle()
	d.shows("ITS SNAPSHOTS ARE DELETED TOO", "snap-0aa0000000000000a", "No instance here was launched from it")
	d.frame("images-deregister-80x24")
	d.type_("ami-0aa00000000000006")
	d.press("enter")
	d.shows("snap-0aa0000000000000a stays (skipped)")
}

func TestAnImageIsLaunched(t *testing.T) {
	d := start(t, small()).open("images")
	d.on("golden-web-1").press("n")
	d.shows("run-instances", "ami-0aa00000000000006")
}

func TestBundleTasksAreOfThePast(t *testing.T) {
	d := start(t, small()).open("bundle-tasks")
	d.shows("AWS has retired bundling. W on an instance makes an image of it.")
	d.frame("bundle-tasks")
}
