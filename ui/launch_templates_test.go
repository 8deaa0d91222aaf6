package ui

import (
	"testing"
	"time"
)

func TestLaunchTemplatesAndTheirVersions(t *testing.T) {
	o := small()
	o.width, o.height = 120, 80
	d := start(t, o).open("launch-templates")
	d.frame("launch-templates")
	d.on("web").press("enter")
	d.settle()
	d.shows("Default version", "t3.micro", "(27 bytes)", "/dev/sdf", "Versions", "larger")
	d.hides("hunter2", "cGFzc3dvcmQ9") // in base64
	d.frame("launch-templates-detail")
	d.press("Y")
	d.settle()
	d.hides("hunter2", "cGFzc3dvcmQ9", "IyEvYmlu")
	d.press("esc", "V")
	d.shows("describe-launch-template-versions", "the first try", "web servers", "larger")
	d.hides("hunter2")
	d.frame("launch-templates-versions")
}

func TestLaunchTemplatesOnANarrowTerminal(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).open("launch-templates")
	d.shows("Templates]", "web")
	d.frame("launch-templates-80x24")
}

func TestAnInstanceIsLaunchedFromATemplate(t *testing.T) {
	d := start(t, small()).open("launch-templates").on("web")
	d.press("n")
	d.shows("run-instances")
	d.fillIn("run-instances", map[string]string{"instance-name": "fresh"})
	d.shows("Launch new instances?", "launch-template=lt-0aa00000000000001", "Template web, version 2 (web servers)", "1 × t3.micro of ami-0aa00000000000001")
	d.hides("No key pair")
	d.frame("launch-templates-asked")
	d.press("y")
	d.pass(6 * time.Second)
	d.shows("run-instances: 1 instance running")
	d.press("i")
	d.settle()
	d.shows("Instances 1 of 17", "fresh")
	d.press("T")
	d.settle()
	d.shows("Launch templates 1 of 3", "/id:lt-0aa00000000000001")
	d.press("q", "q")
	d.open("instances").on("web-1").press("T")
	d.shows("was not launched from a template")
}

func TestATemplateOfOneRegionIsLaunchedThere(t *testing.T) {
	d := start(t, options{profiles: []string{"production"}, regions: []string{"us-east-1", "eu-west-1"}, width: 160, height: 50}).open("launch-templates").on("web")
	d.press("n")
	d.fillIn("run-instances", nil)
	d.shows("Launch new instances?", "version 1 (as in Virginia)", "eu-west-1")
	d.press("y")
	d.pass(6 * time.Second)
	for _, c := range d.sim.Calls() {
		if c.Action == "RunInstances" && c.Region != "eu-west-1" {
			t.Errorf("launched in %s", c.Region)
		}
	}
	if d.calls("RunInstances") != 1 {
		t.Errorf("%d launches", d.calls("RunInstances"))
	}
}

func TestPartsOfAnInstanceAreCopied(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("N")
	d.fillIn("run-instances-from-template", map[string]string{"copy": "tags, iam-profile"})
	d.shows("Launch new instances?", "Copied too: tags, iam-profile.", "Not copied: ebs-optimized, imds-options")
	d.frame("launch-copy-asked")
	d.press("y")
	d.pass(6 * time.Second)
	d.shows("run-instances-from-template: 1 instance running", "Instances 2 of 17")
}
