package ui

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

func TestAnInstanceIsResized(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("z")
	d.frame("resize-form")
	d.fillIn("resize-instance", map[string]string{"instance-type": "m5.large"})
	d.shows("Resize 1 instance?", "StopInstances, ModifyInstanceAttribute, StartInstances with 1 ID", "type: now t3.micro (2 vCPUs, 1 GiB), then m5.large (2 vCPUs, 8 GiB)",
		"Steps: stop, change the type, start. It runs again.", "public IPv4 address changes")
	d.frame("resize-asked")
	if d.calls("StopInstances") != 0 {
		t.Fatal("stopped before it was confirmed")
	}
	d.press("y")
	d.shows("resize-instance, step 1 of 3: stop-instances: [..........] 0 of 1 stopped")
	if got := d.line(web); !strings.Contains(got, "~web-1") || !strings.Contains(got, "stopping") {
		t.Errorf("the row does not show it: %s", got)
	}
	d.frame("resize-stopping")
	d.pass(2 * time.Second)
	d.shows("resize-instance, step 3 of 3: start-instances: [..........] 0 of 1 running")
	d.frame("resize-starting")
	if got := d.line(web); !strings.Contains(got, "~web-1") || !strings.Contains(got, "m5.large") || !strings.Contains(got, "pending") {
		t.Errorf("the row does not show it: %s", got)
	}
	d.pass(4 * time.Second)
	d.shows("web-1 " + web + " is running")
	if got := d.line(web); !strings.Contains(got, "m5.large") || !strings.Contains(got, "running") {
		t.Errorf("the row does not show it: %s", got)
	}
	d.frame("resize-done")
}

func TestAStoppedInstanceIsResizedAndStaysStopped(t *testing.T) {
	d := start(t, small()).on("stopped-1")
	d.press("z")
	d.fillIn("resize-instance", map[string]string{"instance-type": "c5.large"})
	d.shows("Steps: change the type. It stays stopped.")
	d.press("y")
	d.pass(4 * time.Second)
	if got := d.line(stopped); !strings.Contains(got, "c5.large") || !strings.Contains(got, "stopped") || d.calls("StartInstances")+d.calls("StopInstances") != 0 {
		t.Errorf("%s", got)
	}
}

func TestWhatKeepsFromResizingIsSaidBeforeAnythingStops(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("z")
	d.fillIn("resize-instance", map[string]string{"instance-type": "r6g.large"})
	d.shows("Cannot become r6g.large: its image is for x86_64, the type for arm64; it boots by legacy-bios, the type by", "uefi.")
	d.press("y")
	d.shows("its image is for x86_64, the type for arm64")
	if d.calls("StopInstances") != 0 {
		t.Error("stopped all the same")
	}
	d.on("store-1").press("z")
	d.shows("has an instance-store root and cannot be stopped")
}

func TestAFlowThatBreaksSaysHowThingsStay(t *testing.T) {
	begin := func(fault ec2sim.Fault) *driver {
		d := start(t, small()).on("web-1")
		d.sim.Inject(fault)
		d.press("z")
		d.fillIn("resize-instance", map[string]string{"instance-type": "m5.large"})
		d.press("y")
		return d
	}
	d := begin(ec2sim.Fault{Action: "ModifyInstanceAttribute", Code: "InvalidInstanceAttributeValue", Message: "no", Status: 400})
	d.pass(4 * time.Second)
	d.shows("resize-instance, step 2 of 3: modify-instance-attribute "+web, "InvalidInstanceAttributeValue")
	d.press("e")
	d.shows("has not been resized: it keeps its type", "t3.micro, and stays stopped once it has stopped.")
	d.frame("resize-refused")

	d = begin(ec2sim.Fault{Action: "StartInstances", Code: "InsufficientInstanceCapacity", Message: "no room", Status: 500, Times: 9})
	d.pass(4 * time.Second)
	d.press("e")
	d.shows("InsufficientInstanceCapacity", "stays stopped, with its new type m5.large.")

	d = begin(ec2sim.Fault{Action: "StopInstances", Code: "OperationNotPermitted", Message: "protected", Status: 400})
	d.shows("step 1 of 3: stop-instances", "OperationNotPermitted")
	d.press("e")
	d.shows("has not been resized: it is still t3.micro.")
	if d.calls("ModifyInstanceAttribute") != 0 {
		t.Error("went on all the same")
	}
}

func TestQuittingInAFlowAsksOnce(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("z")
	d.fillIn("resize-instance", map[string]string{"instance-type": "m5.large"})
	d.press("y")
	d.press("q")
	d.shows("would end half done; quit again to leave it so")
	if d.quit {
		t.Fatal("quit at once")
	}
	d.press("q")
	if !d.quit {
		t.Error("did not quit")
	}
}
