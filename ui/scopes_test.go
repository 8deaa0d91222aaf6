package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

// scope goes to a line of the picker and takes it.
func (d *driver) scope(words string) {
	d.t.Helper()
	for range 40 {
		d.press("backspace")
	}
	d.type_(words)
	d.press("enter")
	d.settle()
}

func TestScopesAreOpenedAndClosedLive(t *testing.T) {
	d := start(t, options{profiles: []string{"production"}})
	d.shows("Instances 110", "production 111122223333 us-east-1")
	d.press(",")
	d.settle()
	d.frame("scopes")
	d.scope("production eu")
	d.shows("[x] production 111122223333 eu-west-1", "Instances 142", "1 profile, 2 regions")
	d.scope("staging")
	d.shows("[ ] staging us-east-1", "[ ] staging ap-southeast-2")
	d.scope("staging us-east")
	d.shows("[x] staging 444455556666 us-east-1", "Instances 176", "2 profiles, 2 regions")
	d.scope("production us")
	d.shows("Instances 66")
	d.press("esc")
	d.hides("111122223333 us-east-1")
	d.press("/")
	d.type_("account:444455556666 state:running")
	d.press("enter", "S")
	d.shows("444455556666", "us-east-1", "Stop 1 instance?")
	d.press("esc", "2")
	d.settle()
	d.shows("444455556666")
	d.hides("111122223333 us-east-1")
	if n := len(d.model.env.Session.Scopes()); n != 2 {
		t.Errorf("%d scopes are open", n)
	}
}

func TestTheLastScopeStaysOpen(t *testing.T) {
	d := start(t, options{profiles: []string{"production"}})
	d.press(":")
	d.type_("scopes")
	d.press("enter")
	d.settle()
	d.scope("production us")
	d.shows("is the last scope and stays open", "Instances 110")
}

func TestAScopeThatDoesNotOpenLeavesTheOthers(t *testing.T) {
	d := start(t, options{profiles: []string{"production"}})
	d.sim.Inject(ec2sim.Fault{Account: "444455556666", Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: 401})
	d.press(",")
	d.settle()
	d.scope("staging")
	d.shows("! staging: AuthFailure", "Instances 110")
	d.press("esc")
	d.shows("● live")
}

func TestAProfileThatDoesNotOpenIsToldOnce(t *testing.T) {
	d := start(t, options{profiles: []string{"production", "nobody"}})
	d.shows("Instances 110")
	if n := strings.Count(d.screen(), "there is no profile"); n != 1 {
		t.Errorf("it is told %d times:\n%s", n, d.screen())
	}
	d.press("e")
	d.shows("there is no profile")
}

func TestOnlyWhatARoleCoversIsOffered(t *testing.T) {
	policy := awsops.Policy{Role: "ops", Profiles: []string{"production"}, Regions: []string{"us-east-1", "eu-west-1"}}
	d := newDriver(t, options{rights: func() awsops.Policy { return policy }, hosted: true})
	d.settle()
	d.press(",")
	d.settle()
	d.shows("[x] production 111122223333 us-east-1", "[ ] production 111122223333 eu-west-1")
	d.hides("staging", "ap-southeast-2")
	session := d.model.env.Session
	for _, beyond := range []awsops.Scope{{Profile: "staging", Region: "us-east-1"}, {Profile: "production", Region: "ap-southeast-2"}} {
		if e := awsops.AsError(session.Attach(t.Context(), beyond)); e == nil || e.Class != awsops.Forbidden || slices.Contains(session.Scopes(), beyond) {
			t.Errorf("%s was opened beyond the role: %v", beyond, e)
		}
	}
}

// TestNoScopeWaitsForAnother lets one of three scopes fail in the middle of its
// pages. The others are whole without any time going by.
func TestNoScopeWaitsForAnother(t *testing.T) {
	for name, fault := range map[string]ec2sim.Fault{
		"hangs":     {Hang: true},
		"throttles": {Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503},
		"denies":    {Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403},
		"dies":      {Cut: true, CutAfter: 5000},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, options{profiles: []string{"production"}, regions: []string{"all"}})
			fault.Action, fault.Region, fault.Nth = "DescribeInstances", "us-east-1", 2
			d.sim.Inject(fault)
			began := d.now()
			l := loosen(d)
			// 50 of the first page of the one, all of the others.
			l.until("the rows of the others", d.has(fmt.Sprintf("Instances %d", 50+32+13)))
			if !d.now().Equal(began) {
				t.Errorf("%s went by", d.now().Sub(began))
			}
		})
	}
}

func TestEachFailureIsTold(t *testing.T) {
	d := newDriver(t, options{profiles: []string{"production", "staging"}, regions: []string{"us-east-1", "eu-west-1"}})
	d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Account: "444455556666", Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403})
	d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Account: "111122223333", Region: "eu-west-1", Hang: true})
	l := loosen(d)
	l.until("all that there is to tell", d.has("! staging us-east-1 UnauthorizedOperation · staging eu-west-1 UnauthorizedOperation · waiting for production eu-west-1"))
}

func TestSeveralFailuresTellHowOldTheRowsAre(t *testing.T) {
	d := start(t, options{profiles: []string{"production", "staging"}, regions: []string{"us-east-1"}})
	d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403})
	d.clock.set(d.now().Add(10 * time.Second))
	d.press("r")
	d.shows("! production us-east-1 UnauthorizedOperation, data 10s old · staging us-east-1 UnauthorizedOperation, data 10s old")
}

// many is an account with so many regions, each with so many instances.
func many(scopes, each int) options {
	return options{fleet: "small.json", regions: []string{"all"}, change: func(f *ec2sim.Fleet) {
		a := &f.Accounts[0]
		like := a.Regions[0]
		a.Regions, a.Services = nil, []ec2sim.ServiceSeed{{InstanceSeed: ec2sim.InstanceSeed{Name: "node-#", Type: "t3.micro", Image: "al2023"}, Count: map[string]int{}}}
		for i := range scopes {
			r := ec2sim.RegionSeed{Name: fmt.Sprintf("us-east-%d", i+1), Geography: like.Geography}
			for _, letter := range []string{"a", "b", "c"} {
				r.Zones = append(r.Zones, ec2sim.ZoneSeed{Name: r.Name + letter, ID: fmt.Sprintf("use%d-az-%s", i+1, letter)})
			}
			a.Regions = append(a.Regions, r)
			a.Services[0].Count[r.Name] = each
		}
	}}
}

func TestTwentyScopesShowTheFastestFirst(t *testing.T) {
	const scopes, each = 20, 2500
	d := newDriver(t, many(scopes, each))
	slowest := make(chan struct{})
	for i := 1; i < scopes; i++ { // all but the first
		d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Region: fmt.Sprintf("us-east-%d", i+1), Until: slowest})
	}
	l := loosen(d)
	l.until("the first rows of the fastest", d.has("node-01"))
	if s := d.screen(); !strings.Contains(s, "waiting for") || !strings.Contains(s, "us-east-20") {
		t.Errorf("the status line does not name who is waited for:\n%s", s)
	}
	l.until("all of the fastest", d.has(fmt.Sprintf("Instances %d", each)))
	close(slowest)
	l.until("rows of the others", func() bool { return !d.has(fmt.Sprintf("Instances %d", each))() })
}

// TestEachScopeKeepsToTheRatesOfEC2 counts, in the API log, what three scopes of
// 2,500 instances are asked in minutes on the table and on the dashboard. EC2
// gives each action of an account in a region a bucket of 100 requests, and
// fills 20 a second in; half of that is left to others.
func TestEachScopeKeepsToTheRatesOfEC2(t *testing.T) {
	unraced(t)
	const scopes, bucket, refill = 3, 100 / 2, 20 / 2
	o := many(scopes, 2500)
	o.log = true
	d := start(t, o)
	d.pass(time.Minute)
	d.press("0")
	d.pass(time.Minute)
	type what struct {
		scope  awsops.Scope
		action string
	}
	asked := map[what][]time.Time{}
	total := 0
	for _, c := range d.model.env.Session.Calls().List() {
		for _, a := range c.Attempts {
			w := what{c.Scope, c.Action}
			asked[w], total = append(asked[w], a.At), total+1
		}
	}
	listings := 0
	for w, at := range asked {
		slices.SortFunc(at, time.Time.Compare)
		left, last := float64(bucket), at[0]
		for i, now := range at {
			left = min(bucket, left+refill*now.Sub(last).Seconds()) - 1
			if last = now; left < 0 {
				t.Errorf("%v: request %d of %d is one too many", w, i+1, len(at))
				break
			}
		}
		if w.action == "DescribeInstances" {
			listings++
			if perMinute := len(at) / 2; perMinute < 4 || perMinute > 100 {
				t.Errorf("%v is asked %d times a minute", w, perMinute)
			}
		}
	}
	if listings != scopes || total >= 2000 {
		t.Errorf("%d scopes were listed, in %d requests", listings, total)
	}
}
