package ui

import (
	"testing"

	"ec2deck/awsops/ec2sim"
)

func TestTheSelfCheckTellsWhatIsRight(t *testing.T) {
	d := start(t, small())
	d.press("%")
	d.shows("ok       credentials: profile test", "account 123456789012", "endpoint: EC2's own", "answer of us-east-1: in", "region us-east-1: is enabled",
		"permissions in us-east-1: DescribeInstances, DescribeVolumes", "RebootInstances")
	if n := d.calls("StopInstances"); n != 1 {
		t.Errorf("%d dry runs", n)
	}
	d.press("y")
	if len(d.copied) != 1 {
		t.Error("nothing is copied")
	}
	d.press("esc")
	d.hides("Self-check")
}

func TestTheSelfCheckOpensNothing(t *testing.T) {
	d := start(t, options{profiles: []string{"production", "staging"}, regions: []string{"all"}})
	d.press(",")
	d.scope("staging ap")
	d.scope("production ap")
	d.press("esc", "%")
	d.shows("profile staging", "answer of eu-west-1")
	d.hides("answer of ap-southeast-2")
	d.press("esc", "0")
	d.shows("Dashboard of 4 scopes")
}

func TestTheSelfCheckTellsWhatToDo(t *testing.T) {
	o := small()
	o.log = true
	d := start(t, o)
	d.sim.Inject(ec2sim.Fault{Action: "RebootInstances", Code: "UnauthorizedOperation", Message: "You are not authorized", Status: 403})
	d.press(":")
	d.type_("self-check")
	d.press("enter")
	d.shows("warning  permissions in us-east-1: not permitted: RebootInstances", "Ask for ec2:RebootInstances", "nothing has failed", "to be tried by itself", "aws ec2 reboot-instances")
	d.sim.Inject(ec2sim.Fault{Action: "DescribeRegions", Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: 401})
	d.press("r")
	d.shows("failed   answer of us-east-1: AuthFailure", "something has to be put right")
}
