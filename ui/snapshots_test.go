package ui

import (
	"strings"
	"testing"
)

func TestSnapshotsAndTheirLinks(t *testing.T) {
	d := start(t, small()).open("snapshots")
	d.frame("snapshots")
	d.on("data").press("enter")
	d.settle()
	d.shows("210987654321", "unblocked")
	d.frame("snapshots-detail")
	d.press("esc", "l")
	d.shows("Volumes 1 of 22", "vol-0aa00000000000003")
	d.press("q")
	d.on("nightly").press("V")
	d.shows("Volumes 1 of 22", "free")
	d.press("q")
	d.on("golden").press("enter")
	d.settle()
	d.press("G")
	d.shows("golden")
}

func TestPublicSharingIsAskedTwice(t *testing.T) {
	d := start(t, small()).open("snapshots").on("nightly")
	d.press("s")
	d.fill("groups", "all")
	d.submit()
	d.shows("PUBLIC: every AWS account in the world", "before: private", "after:  all", "Block of public sharing in this account and region: unblocked")
	d.frame("snapshots-public")
	d.press("y")
	if d.calls("ModifySnapshotAttribute") != 0 {
		t.Fatal("one y made it public")
	}
	d.press("Y")
	d.shows("shared with all")
	d.on("nightly").press("P")
	d.shows("these lose access: all")
	d.press("y")
	if n := d.calls("ResetSnapshotAttribute"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestDeletingASnapshotShowsWhatUsesIt(t *testing.T) {
	d := start(t, small()).open("snapshots").on("golden")
	d.press("X")
	d.shows("IMAGES are made from it", "ami-0aa00000000000006")
	d.press("esc")
	d.on("public").press("X")
	d.shows("THE LAST of its data")
	d.frame("snapshots-delete")
	d.type_("snap-0aa00000000000017")
	d.press("enter")
	d.press("esc", "esc")
	if got := d.line(" snap-0aa00000000000017"); strings.Contains(got, "completed") {
		t.Errorf("still listed: %s", got)
	}
}

func TestAVolumeIsMadeFromASnapshot(t *testing.T) {
	d := start(t, small()).open("snapshots").on("nightly")
	d.press("n")
	d.shows("snap-0aa00000000000011", "20")
	d.frame("snapshots-volume")
	d.press("esc")
	d.on("slow").press("n")
	d.shows("is pending, not completed")
}
