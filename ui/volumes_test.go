package ui

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

func TestVolumesAndTheirLinks(t *testing.T) {
	d := start(t, small()).open("volumes")
	d.frame("volumes")
	if got := d.line("vol-0aa00000000000016"); !strings.Contains(got, "impaired") {
		t.Errorf("the health does not show: %s", got)
	}
	d.on("doubtful").press("enter")
	d.settle()
	d.frame("volumes-detail")
	d.press("esc", "i")
	d.shows("Instances 1 of", "graviton-1")
	d.press("V")
	d.shows("Volumes 2 of 22", "doubtful")
	d.press("q", "q")
	d.on("free").press("f")
	d.shows("Snapshots 1 of 8", "before the")
	d.press("l")
	d.shows("Volumes 1 of 22", "vol-0aa00000000000011")
	d.press("l")
	d.shows("Snapshots 1 of 8", "nightly")
}

func TestVolumesOnANarrowTerminal(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).open("volumes")
	d.frame("volumes-80x24")
	d.open("snapshots")
	d.frame("snapshots-80x24")
}

func TestAVolumeCannotDoEverything(t *testing.T) {
	d := start(t, small()).open("volumes")
	for row, keys := range map[string]map[string]string{
		"free":     {"U": "is attached to no instance", "E": "is not impaired", "i": "is attached to no instance"},
		"held":     {"a": "is in-use, not available", "X": "is attached to i-0aa00000000000008: detach it first", "f": "is made from no snapshot"},
		"broken":   {"m": "is error, not available or in-use", "s": "is error"},
		"doubtful": {"a": "is in-use"},
	} {
		for key, why := range keys {
			d.on(row).press(key)
			d.shows(why)
			d.press("esc")
		}
	}
}

func TestAForcedDetachSaysWhatItRisks(t *testing.T) {
	d := start(t, small()).open("volumes").on("held")
	d.press("U")
	d.shows("Detach 1 volume?", "Unmount it first", "event-1, running")
	d.hides("FORCE")
	d.press("y", "Y")
	d.pass(12 * time.Second)
	d.shows("did not become detached")
	if got := d.line("vol-0aa00000000000014"); !strings.Contains(got, "busy") {
		t.Errorf("the row is not busy: %s", got)
	}
	d.press("F")
	d.shows("FORCE", "Data can be lost")
	d.frame("volumes-force-detach")
	d.press("y", "Y")
	d.pass(5 * time.Second)
	if got := d.line("vol-0aa00000000000014"); !strings.Contains(got, "available") {
		t.Errorf("the row is not available: %s", got)
	}
}

func TestDeletingAVolumeShowsWhatIsLost(t *testing.T) {
	d := start(t, small()).open("volumes").on("far")
	d.press("X")
	d.shows("NO SNAPSHOT of it exists", "Type vol-0aa00000000000012 to confirm")
	d.frame("volumes-delete")
	d.type_("vol-0aa00000000000012")
	d.press("enter")
	d.shows("deleting")
	d.pass(5 * time.Second)
	d.press("esc")
	if got := d.line("vol-0aa00000000000012"); got != "" && !strings.Contains(got, "is deleted") {
		t.Errorf("still listed: %s", got)
	}
}

func TestAModificationShowsItsProgress(t *testing.T) {
	d := start(t, small()).open("volumes").on("free")
	d.press("m")
	d.fill("size", "30")
	d.submit()
	d.shows("now: 20 GiB gp3", "four times in 24 hours")
	d.press("y")
	d.pass(5 * time.Second)
	if got := d.line("vol-0aa00000000000011"); !strings.Contains(got, "%") || !strings.Contains(got, "30 GiB") {
		t.Errorf("no progress in the row: %s", got)
	}
	d.shows("modify-volume: [")
	d.frame("volumes-modifying")
	d.press("m")
	d.shows("is being modified (optimizing,")
	d.open("instances") // the job lives on
	d.shows("modify-volume: [", "0 of 1 completed")
	d.pass(20 * time.Second)
	d.shows("is completed")
	d.open("volumes")
	if got := d.line("vol-0aa00000000000011"); strings.Contains(got, "%") {
		t.Errorf("still under way: %s", got)
	}
}

func TestASnapshotShowsItsProgress(t *testing.T) {
	d := start(t, small()).open("volumes").on("free")
	d.press("s")
	d.shows("Create new snapshots?", "vol-0aa00000000000011 (free), 20 GiB gp3", "costs money")
	d.press("y")
	d.open("snapshots")
	d.pass(2 * time.Second)
	if got := d.line("0s  vol-0aa00000000000011"); got == "" {
		d.shows("pending")
	}
	d.shows("create-snapshot: [######....] 66%, 0 of 1 completed")
	d.frame("snapshots-progress")
	d.pass(10 * time.Second)
	d.shows("create-snapshot: 1 snapshot completed")
}

func TestLateAttachmentsAreExplained(t *testing.T) {
	d := start(t, small()).open("volumes").on("free")
	d.press("a")
	d.fill("instance-id", web)
	d.submit()
	d.shows("as /dev/sdf, the next", "/dev/nvme1n1")
	d.press("y")
	d.shows("attach-volume: [")
	d.sim.Inject(ec2sim.Fault{Action: "DescribeVolumes", Code: "Stuck"})
	d.pass(90 * time.Second)
	d.hides("Still attaching")
	d.pass(40 * time.Second)
	d.shows("Still attaching: the device name may be invalid")
}

func TestAnAttachmentShowsInItsRow(t *testing.T) {
	d := start(t, small()).open("volumes").on("free")
	d.press("a")
	d.fill("instance-id", web)
	d.frame("volumes-attach")
	d.submit()
	d.keys("y")
	if got := d.line("vol-0aa00000000000011"); !strings.Contains(got, "attaching") {
		t.Errorf("the row does not show at once what is asked for: %s", got)
	}
	d.settle()
	d.pass(6 * time.Second)
	d.shows("is attached")
	if got := d.line("vol-0aa00000000000011"); !strings.Contains(got, "in-use") || !strings.Contains(got, web) || !strings.Contains(got, "/dev/sdf") {
		t.Errorf("the row has not settled: %s", got)
	}
}
