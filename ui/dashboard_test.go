package ui

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

func sixScopes() options {
	return options{profiles: []string{"production", "staging"}, regions: []string{"all"}}
}

func TestTheDashboard(t *testing.T) {
	d := start(t, sixScopes())
	d.press("0")
	d.settle()
	d.frame("dashboard")
	d.press("right", "right", "right")
	d.frame("dashboard-right")
	for key, shows := range map[string]string{"g": "/state:running", "G": "/state:open"} {
		d.press(key, "enter")
		d.settle()
		d.shows(shows)
		d.press("q")
		d.shows("Dashboard of 6 scopes")
	}
	d.press("q")
	d.hides("Dashboard of")
	d.press(":")
	d.type_("dashboard")
	d.press("enter")
	d.settle()
	d.shows("Dashboard of 6 scopes", "Open events")
}

func TestTheDashboardOnANarrowTerminal(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o)
	d.press("0")
	d.settle()
	d.frame("dashboard-80x24")
	d.press("pgdown")
	d.shows("Launches of the last 28 days")
}

func TestACounterThatFailsShowsItsOwnError(t *testing.T) {
	d := start(t, sixScopes())
	remove := d.sim.Inject(ec2sim.Fault{Action: "DescribeAddresses", Region: "eu-west-1", Code: "UnauthorizedOperation", Message: "You are not authorized", Status: 403})
	d.press("0")
	d.settle()
	if line := d.line("Elastic IPs"); !strings.Contains(line, "7 + 2?") || !strings.Contains(line, "denied") {
		t.Errorf("what was read, and what was not: %s", line)
	}
	if line := d.line("Running instances"); strings.Contains(line, "?") || strings.Contains(line, "denied") {
		t.Errorf("another counter: %s", line)
	}
	d.shows("! production eu-west-1 addresses: UnauthorizedOperation")
	remove()
	d.press("r")
	d.settle()
	d.hides("denied", "UnauthorizedOperation")
	asked := d.calls("DescribeKeyPairs")
	d.pass(70 * time.Second)
	if n := d.calls("DescribeKeyPairs"); n <= asked {
		t.Error("the dashboard does not count again by itself")
	}
	d.press("q")
	d.settle()
	asked = d.calls("DescribeKeyPairs")
	d.pass(5 * time.Minute)
	if n := d.calls("DescribeKeyPairs"); n != asked {
		t.Error("a dashboard that was left goes on counting")
	}
}

func TestOldNumbersStayWithTheError(t *testing.T) {
	d := start(t, small())
	d.press("0")
	d.settle()
	was := d.line("Key pairs")
	d.sim.Inject(ec2sim.Fault{Action: "DescribeKeyPairs", Code: "InternalError", Message: "sorry", Status: 500})
	d.press("r")
	d.settle()
	if now := d.line("Key pairs"); now != was {
		t.Errorf("%q, and after the error %q", was, now)
	}
	d.shows("key-pairs: InternalError")
}

func TestADashboardThatIsDeniedEverythingSaysSoOnce(t *testing.T) {
	d := start(t, small())
	d.sim.Inject(ec2sim.Fault{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: 401})
	d.press("0")
	d.settle()
	if line := d.line("Running instances"); !strings.HasSuffix(strings.TrimSpace(line), "denied") {
		t.Error(line)
	}
	d.shows("! test us-east-1 everything: AuthFailure")
	if n := strings.Count(d.screen(), "AuthFailure"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, d.screen())
	}
}
