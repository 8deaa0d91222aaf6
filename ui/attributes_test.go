package ui

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

func TestProtectionByTwoKeys(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("{")
	d.shows("Protect 1 instance?", web+": termination protection is off now, then on", "does not cover a shutdown from inside")
	d.frame("protect-asked")
	d.press("y", "enter")
	d.settle()
	d.shows("# against termination")
	d.press("esc", "[", "y", "enter")
	d.settle()
	d.shows("# against termination and stopping")
	d.frame("protect-detail")
	d.press("esc", "}")
	d.shows("Unprotect 1 instance?", "termination protection is on now, then off")
	d.press("y", "]", "y")
	if in, _ := d.sim.Instance("us-east-1", web); in.DisableAPITermination || in.DisableAPIStop {
		t.Error("still protected")
	}
	d.on("spot-1").press("{")
	d.shows("is a Spot Instance, which cannot be protected")
	d.on("store-1").press("[")
	d.shows("has an instance-store root and cannot be stopped")
}

func TestSeveralAreProtectedWithOneAnswer(t *testing.T) {
	d := start(t, small())
	d.press("/")
	d.type_("state:running type:t3.micro")
	d.press("enter", "*", "{")
	d.shows("Protect ", "Left out: spot-1 (i-0aa00000000000005): is a Spot Instance", web+": termination protection is off now, then on",
		"i-0aa00000000000003: termination protection is on already")
	d.hides(" scopes") // several calls, one place
	d.press("y")
	if n := d.calls("ModifyInstanceAttribute"); n < 4 {
		t.Errorf("%d calls", n)
	}
}

func TestAShutdownThatTerminatesIsAskedTwice(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("B")
	d.frame("shutdown-form")
	d.hides("[x]") // until one is chosen
	d.press("enter")
	d.shows("is required")
	d.press("down", "down", "enter")
	d.shows("Change 1 instance?", "end the instance for good", "shutdown from inside is stop now, then terminate")
	d.frame("shutdown-asked")
	d.press("y")
	if d.calls("ModifyInstanceAttribute") != 0 {
		t.Fatal("one y was enough")
	}
	d.press("Y")
	if in, _ := d.sim.Instance("us-east-1", web); in.ShutdownBehavior != "terminate" {
		t.Errorf("%s:\n%s", in.ShutdownBehavior, d.screen())
	}
}

func TestMetadataOptionsAreChanged(t *testing.T) {
	o := small()
	o.width, o.height = 160, 50
	d := start(t, o)
	d.sim.SetInstance("us-east-1", web, func(i *ec2sim.Instance) { i.HTTPTokens = "optional" })
	d.press("r")
	if got := d.line(web); !strings.HasSuffix(got, "optional") {
		t.Errorf("is not marked: %s", got)
	}
	d.frame("metadata-marked")
	d.press("/")
	d.type_("imds:optional")
	d.press("enter")
	d.shows("Instances 1 of 16")
	d.press("E")
	d.frame("metadata-form")
	d.press("down", "tab", "tab")
	d.type_("2")
	d.press("enter", "enter", "enter")
	d.frame("metadata-asked")
	d.shows("Modify 1 instance?", "http-tokens: now optional, then required", "stop getting credentials", "http-put-response-hop-limit: now 2, then 2")
	d.press("y")
	d.shows("modify-instance-metadata-options: [..........] 0 of 1 applied")
	d.pass(4 * time.Second)
	d.shows("is applied")
	if in, _ := d.sim.Instance("us-east-1", web); in.HTTPTokens != "required" {
		t.Error(in.HTTPTokens)
	}
}

func TestUserDataShowsInItsOwnViewOnly(t *testing.T) {
	d := start(t, small()).on("stopped-1")
	d.press("U")
	d.shows("there is no user data")
	d.press("esc", "w")
	d.shows("userData")
	d.type_("password=hunter2")
	d.press("enter")
	d.shows("userData: now not set", "userData: then 16 bytes")
	d.hides("hunter2")
	d.press("y")
	d.sim.SetInstance("us-east-1", stopped, func(i *ec2sim.Instance) {
		i.UserData = "IyEvYmluL3NoCnBhc3N3b3JkPWh1bnRlcjIKcHJpbnRmICcbWzMxbScK" // a script that has an escape character
	})
	d.press("U")
	d.shows("#!/bin/sh", "password=hunter2")
	d.frame("user-data")
	if strings.Contains(d.model.View(), "\x1b[31m'") {
		t.Error("an escape character reaches the terminal")
	}
	d.press("esc", "e")
	d.hides("hunter2")
	d.press("esc", "enter")
	d.settle()
	d.hides("hunter2")
	d.press("esc")
	d.on("web-1").press("w")
	d.shows("is running, not stopped")
}

func TestGroupsAreChangedAndLinked(t *testing.T) {
	d := start(t, small()).on("two-eni-1")
	two, _ := d.sim.Instance("us-east-1", "i-0aa00000000000009")
	d.press("f")
	d.shows("Security groups 2 of", "web", "db")
	d.press("i")
	d.shows("Instances ")
	d.press("q", "q", "J")
	d.shows("Security groups 3 of 5", "vpc:vpc-0aa00000000000001")
	d.frame("groups-change-form")
	d.type_("sg-0aa00000000000021")
	d.press("enter", "enter")
	d.shows("is required, because i-0aa00000000000009 has 2 interfaces", two.Interfaces[1].ID)
	d.frame("groups-of-two")
	d.press("e", "tab")
	d.type_(two.Interfaces[1].ID)
	d.press("enter")
	d.shows("Change 1 instance?", two.Interfaces[1].ID+": leaves sg-0aa00000000000011")
	d.frame("groups-asked")
	d.press("y")
	two, _ = d.sim.Instance("us-east-1", "i-0aa00000000000009")
	if got := strings.Join(two.Interfaces[1].Groups, ","); got != "sg-0aa00000000000021" {
		t.Errorf("%s:\n%s", got, d.screen())
	}
}

func TestAnAttributeIsReset(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("R")
	d.frame("reset-form")
	d.press("down", "down", "down", "enter")
	d.shows("sourceDestCheck: now true, then its default")
	d.press("y")
	d.shows("reset-instance-attribute: done, 1 instance")
}
