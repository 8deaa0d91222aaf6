package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

// fillIn goes through the form of an operation from the field that has the
// focus, and types what is given; the rest keep their defaults.
func (d *driver) fillIn(operation string, values map[string]string) {
	op, _ := awsops.Find(operation)
	at := d.model.top().(*formDialog).Focused()
	fields := op.Info().Fields
	for _, f := range fields[slices.IndexFunc(fields, func(f awsops.FieldInfo) bool { return f.Name == at }):] {
		d.type_(values[f.Name])
		d.press("enter")
	}
}

func TestAnInstanceIsLaunchedByForm(t *testing.T) {
	d := start(t, small())
	d.press("n")
	d.frame("form-launch")
	d.fillIn("run-instances", map[string]string{"image-id": "ami-0aa00000000000001", "instance-type": "t3.micro", "max-count": "2", "instance-name": "fresh", "user-data": "password=hunter2"})
	d.shows("Launch new instances?", "RunInstances, image-id=ami-0aa00000000000001", "1 to 2 × t3.micro", "No key pair", "user-data=(16 bytes)")
	d.hides("hunter2")
	d.frame("launch-asked")
	d.press("y")
	d.on("fresh")
	if n := strings.Count(d.screen(), "~ pending") + strings.Count(d.screen(), " pending "); n < 2 {
		t.Errorf("the new rows do not appear at once:\n%s", d.screen())
	}
	d.pass(6 * time.Second)
	d.shows("run-instances: 2 instances running")
	d.shows("Instances 2 of 18")
	d.hides(" pending ")
}

func TestALaunchBeginsAsItsConnectionSays(t *testing.T) {
	o := small()
	o.policy = awsops.Policy{Cautions: []awsops.Caution{{Connection: "dev", Profile: "test", Launch: awsops.Values{"key-name": {"ops"}, "security-groups": {"web", "db"}}}}}
	d := start(t, o)
	d.press("n")
	if got := d.line("key-name"); !strings.Contains(got, "ops") {
		t.Errorf("%q", got)
	}
	d.shows("web, db")
	d.fillIn("run-instances", map[string]string{"image-id": "ami-0aa00000000000001", "instance-type": "t3.micro", "key-name": "-2"})
	d.shows("Launch new instances?", "key-name=ops-2", "security-groups=web")
	d.press("e")
	d.shows("ops-2")
	d.press("esc")
	d.press("S") // which launches nothing
	d.hides("ops-2")
}

func TestALaunchIsFilledInByAPreset(t *testing.T) {
	o := small()
	o.presets = []awsops.Preset{
		{Name: "web", Values: awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.nano"}, "tags": {"Env=dev", "Team=web"}, "max-count": {"2"}}},
		{Name: "db", Values: awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"r6g.large"}}},
	}
	d := start(t, o)
	d.press("n")
	d.shows("preset")
	d.press("right")
	d.frame("form-preset")
	d.press("right")
	d.shows("r6g.large")
	d.hides("Env=dev")
	d.press("left")
	d.shows("t3.nano")
	d.press("enter")
	d.fillIn("run-instances", map[string]string{"instance-name": "preset-1"})
	d.shows("Launch new instances?", "1 to 2 × t3.nano", "tags=Env=dev,Team=web", "instance-name=preset-1")
	d.press("esc", "S")
	d.hides("fills in what")
}

func TestAnotherIsLaunchedLikeOne(t *testing.T) {
	d := start(t, small()).on("stopped-1")
	d.press("N")
	d.frame("launch-copy-form")
	d.fillIn("run-instances-from-template", nil)
	d.shows("Launch new instances?", "EC2 will be asked: RunInstances with 1 ID", "Copied from "+stopped, "Not copied: tags")
	d.keys("y")
	if got := d.line(stopped); strings.Contains(got, "pending") {
		t.Errorf("what is copied shows as pending: %s", got)
	}
	d.settle()
	d.pass(6 * time.Second)
	d.shows("run-instances-from-template: 1 instance running")
	if got := d.line(stopped); !strings.Contains(got, "stopped") {
		t.Errorf("what was copied has changed: %s", got)
	}
	d.on("terminated-1").press("N")
	d.shows("is terminated, not pending or running")
}

func TestARefusedLaunchIsTriedAgainWithItsToken(t *testing.T) {
	d := start(t, small())
	d.sim.Inject(ec2sim.Fault{Action: "RunInstances", TakesEffect: true, Cut: true, CutAfter: 40})
	d.press("n")
	d.fillIn("run-instances", map[string]string{"image-id": "ami-0aa00000000000001", "instance-type": "t3.micro", "instance-name": "once"})
	d.press("y")
	d.shows("launches nothing twice")
	d.press("e", "f", "y")
	var tokens []string
	for _, c := range d.sim.Calls() {
		if c.Action == "RunInstances" {
			tokens = append(tokens, c.Form.Get("ClientToken"))
		}
	}
	if len(tokens) != 2 || tokens[0] != tokens[1] || tokens[0] == "" {
		t.Errorf("tokens %q", tokens)
	}
	d.pass(6 * time.Second)
	d.on("once")
	d.shows("Instances 1 of")
}

func TestProtectionIsLifted(t *testing.T) {
	d := start(t, small()).on("protected-1")
	terminate := func() {
		d.press("t")
		d.type_(protected)
		d.press("enter")
	}
	terminate()
	d.shows("OperationNotPermitted", "lift the protection first")
	for _, attribute := range []string{"disableApiTermination", "disableApiStop"} {
		d.press("A")
		if attribute == "disableApiTermination" {
			d.frame("attribute-form")
		}
		d.type_(attribute)
		d.press("enter")
		d.type_("false")
		d.press("enter")
		d.shows("Modify 1 instance?", attribute+": now true", attribute+": then false")
		if attribute == "disableApiStop" {
			d.frame("attribute-asked")
		}
		d.press("y")
		d.shows("modify-instance-attribute: done, 1 instance")
	}
	terminate()
	d.pass(6 * time.Second)
	if got := d.line(protected); !strings.Contains(got, "terminated") {
		t.Errorf("not terminated: %s", got)
	}
}
