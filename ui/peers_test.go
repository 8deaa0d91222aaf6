package ui

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops/ec2sim"
	"ec2deck/views"
)

// Each test here is a fault that other programs of this kind have been seen with.

// loading makes a driver whose first listing is under way and has no answer yet.
func loading(t *testing.T, o options) *driver {
	d := newDriver(t, o)
	for len(d.model.env.Session.Scopes()) == 0 {
		if !d.step() {
			t.Fatal("no connection was made")
		}
	}
	return d
}

// loose carries commands out side by side, as the real program does, for tests
// in which one of them takes long.
type loose struct {
	d       *driver
	answers chan tea.Msg
}

func loosen(d *driver) *loose { return &loose{d, make(chan tea.Msg, 1000)} }

// start begins everything that is queued.
func (l *loose) start() {
	for _, cmd := range l.d.queue {
		go func() { l.answers <- cmd() }()
	}
	l.d.queue = nil
}

// until lets things happen until the condition holds.
func (l *loose) until(what string, holds func() bool) {
	l.d.t.Helper()
	tooLong := time.After(20 * time.Second)
	for !holds() {
		l.start()
		select {
		case msg := <-l.answers:
			l.d.send(msg)
		case <-tooLong:
			l.d.t.Fatalf("never happened: %s\n%s", what, l.d.screen())
		}
	}
}

func (d *driver) has(text string) func() bool {
	return func() bool { return strings.Contains(d.screen(), text) }
}

func TestAnotherTableOpenedWhileRowsLoad(t *testing.T) {
	d := loading(t, small())
	d.keys(number("regions"))
	d.settle()
	d.shows("Regions 2", "eu-west-1")
	d.hides("i-0aa", "terminate")
	d.press("t")
	d.shows("t does nothing here")
	d.press("1")
	d.shows("Instances 16", web)
}

func TestPagesOfATableThatWasLeftAreDropped(t *testing.T) {
	d := newDriver(t, options{instances: 1_200})
	for d.line("Instances 50") == "" {
		d.step()
	}
	d.press(number("regions"))
	d.shows("Regions")
	d.hides("Instances 1200", "i-0")
	d.press("1")
	d.shows("Instances 1200")
}

func TestHelpOpenedWhileRowsLoadSwallowsNothing(t *testing.T) {
	for _, k := range []string{"?", ":", "e"} {
		d := loading(t, small())
		d.keys(k)
		d.settle()
		d.press("esc")
		d.shows("Instances 16", "live")
		d.hides("Loading")
	}
}

func TestASlowStopHoldsNothingUp(t *testing.T) {
	d := start(t, small()).on("web-1")
	answer := make(chan struct{})
	d.sim.Inject(ec2sim.Fault{Action: "StopInstances", Until: answer})
	l := loosen(d)
	d.keys("S", "y")
	l.until("the stop is sent", func() bool { return len(d.queue) == 0 || len(d.model.jobs) == 1 })
	stop := d.queue
	d.queue = nil
	for _, cmd := range stop {
		go func() { l.answers <- cmd() }()
	}
	for _, step := range []struct{ key, shows string }{
		{"?", "Help"}, {"esc", "stopping"}, {number("regions"), "Regions 2"}, {"1", "stop-instances: asking EC2"},
		{"esc", "Instances 16"}, {"G", "> windows-1"}, {"g", "> event-1"}, {"c", "Columns:"}, {"esc", "Instances 16"}, {":", "terminate-instances"}, {"esc", "Instances 16"},
	} {
		d.press(step.key)
		d.shows(step.shows)
	}
	d.pass(16 * time.Second) // a refresh, while EC2 still tells the old state
	if got := d.line(web); !strings.Contains(got, "stopping") {
		t.Errorf("a refresh took back what EC2 is being asked: %s", got)
	}
	close(answer)
	l.until("the stop is answered", func() bool { return len(d.model.jobs) == 1 && d.model.jobs[0].unanswered == 0 })
	d.settle()
	d.pass(8 * time.Second)
	if got := d.line(web); !strings.Contains(got, "stopped") {
		t.Errorf("the row does not show the truth: %s", got)
	}
}

func TestTheFirstPageShowsBeforeTheSecondIsRead(t *testing.T) {
	d := newDriver(t, options{instances: 10_000})
	second := make(chan struct{})
	d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Nth: 2, Until: second})
	l := loosen(d)
	l.until("rows", d.has("Instances 50"))
	d.shows("i-0", "running", "loading… 50")
	if n := d.calls("DescribeInstances"); n != 1 {
		t.Errorf("%d pages were read before the first rows showed", n)
	}
	if n := d.calls("DescribeInstanceStatus"); n != 0 {
		t.Errorf("the first rows waited for %d calls for status checks", n)
	}
	close(second)
}

func TestOneScopeThatHangsHoldsUpNoOther(t *testing.T) {
	for name, c := range map[string]struct {
		with  options
		hangs ec2sim.Fault
		shows string
	}{
		"a region":                  {options{fleet: "small.json", regions: []string{"eu-west-1", "us-east-1"}}, ec2sim.Fault{Action: "DescribeInstances", Region: "eu-west-1"}, "web-1"},
		"an account":                {options{profiles: []string{"staging", "production"}, regions: []string{"us-east-1"}}, ec2sim.Fault{Account: "444455556666"}, "111122223333"},
		"the regions of an account": {options{profiles: []string{"staging", "production"}, regions: []string{"all"}}, ec2sim.Fault{Action: "DescribeRegions", Account: "444455556666"}, "ad-01"},
	} {
		t.Run(name+" hangs", func(t *testing.T) {
			d := newDriver(t, c.with)
			c.hangs.Hang = true
			d.sim.Inject(c.hangs)
			loosen(d).until("the rows of the other", d.has(c.shows))
		})
		t.Run(name+" is slow", func(t *testing.T) {
			d := newDriver(t, c.with)
			answer := make(chan struct{})
			c.hangs.Hang, c.hangs.Until = false, answer
			d.sim.Inject(c.hangs)
			l := loosen(d)
			l.until("the rows of the other", d.has(c.shows))
			close(answer)
			l.until("all rows", d.has("● live"))
		})
	}
}

func TestAnErrorOnALaterPageKeepsTheRows(t *testing.T) {
	refused := ec2sim.Fault{Action: "DescribeInstances", Nth: 3, Times: 1, Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403}
	t.Run("of the first listing", func(t *testing.T) {
		d := newDriver(t, options{instances: 1_200})
		d.sim.Inject(refused)
		d.settle()
		d.shows("Instances 1", "! only 1", "read so far: UnauthorizedOperation", "You are not authorized") // other streams may have been faster
		d.pass(15 * time.Second)
		d.shows("Instances 1200", "● live")
	})
	t.Run("of a refresh", func(t *testing.T) {
		d := start(t, options{instances: 1_200})
		d.sim.Inject(refused)
		d.clock.set(d.now().Add(10 * time.Second))
		d.press("r")
		d.shows("Instances 1200", "! data 10s old: UnauthorizedOperation", "You are not authorized")
		d.pass(15 * time.Second)
		d.shows("Instances 1200", "● live")
		d.hides("Unauthorized")
	})
}

// flat is the screen as one line, so that wrapping does not matter.
func (d *driver) flat() string { return strings.Join(strings.Fields(d.screen()), " ") }

func TestExpiredCredentialsSayWhatToRun(t *testing.T) {
	keys := &signIn{}
	o := small()
	o.profiles, o.keys = []string{"test"}, map[string]aws.CredentialsProvider{"test": keys}
	o.width, o.height = 80, 24
	d := start(t, o)
	for _, want := range []string{"profile test", "the SSO session has expired or is invalid", "run `aws sso login --profile test`, then try again.", "r tries again"} {
		if !strings.Contains(d.flat(), want) {
			t.Errorf("cut off or not said: %q\n%s", want, d.screen())
		}
	}
	d.press("r")
	d.shows("aws sso login --profile test")
	keys.again = true
	d.press("r")
	d.shows("Instances 16", web)
}

// keysOfFile is the keys of a file, which are not looked at again by themselves.
type keysOfFile struct{ id string }

func (w *keysOfFile) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: w.id, SecretAccessKey: "test/secret/key/not/real/0000000000000001"}, nil
}

func TestKeysThatEC2RefusesAreReadAgain(t *testing.T) {
	keys := &keysOfFile{"AKIAWRONG00000000000"}
	o := small()
	o.profiles, o.keys = []string{"test"}, map[string]aws.CredentialsProvider{"test": keys}
	d := start(t, o)
	d.shows("AuthFailure", "Instances 0")
	keys.id = "AKIASIMULATORTEST001"
	d.press("r")
	d.shows("Instances 16", web, "● live")
}

func TestCredentialsThatExpireInASessionSayWhatToRun(t *testing.T) {
	keys := &signIn{again: true, expires: true}
	o := small()
	o.profiles, o.keys = []string{"test"}, map[string]aws.CredentialsProvider{"test": keys}
	o.width, o.height = 80, 24
	d := start(t, o)
	d.shows("Instances 16")
	keys.again = false
	d.pass(20 * time.Second)
	d.shows("Instances 16", web)
	for _, want := range []string{"! data 20s old", "the SSO session has expired", "run `aws sso login"} {
		if !strings.Contains(d.flat(), want) {
			t.Errorf("cut off or not said: %q\n%s", want, d.screen())
		}
	}
	keys.again = true
	d.press("r")
	d.shows("● live")
}

func TestTheFirstScreenCostsThreeCalls(t *testing.T) {
	d := newDriver(t, small())
	if n := len(d.sim.Calls()); n != 0 {
		t.Errorf("%d calls before the first frame", n)
	}
	d.settle()
	got := map[string]int{}
	for _, c := range d.sim.Calls() {
		got[c.Action]++
	}
	want := map[string]int{"DescribeInstances": 1, "DescribeInstanceStatus": 1, "DescribeSecurityGroups": 1}
	if !maps.Equal(got, want) {
		t.Errorf("the first screen makes %v, want %v", got, want)
	}
	d.sim.ResetCalls()
	d.press("j", "k", "G", "g", "/", "esc", "o", "O", "c", "esc", "?", "esc", ":", "esc", " ", " ")
	if n := len(d.sim.Calls()); n != 0 {
		t.Errorf("looking around makes %d calls", n)
	}
}

func TestARefreshBeginsWithoutAToken(t *testing.T) {
	d := start(t, options{instances: 1_200})
	d.press("r")
	d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Nth: 3, Times: 1, Code: "UnauthorizedOperation", Status: 403})
	d.press("r")
	d.press("r")
	var listings [][]string // the tokens of each
	for _, c := range d.sim.Calls() {
		if c.Action != "DescribeInstances" || c.Form.Has("Filter.1.Name") {
			continue
		}
		token := c.Form.Get("NextToken")
		if token == "" {
			listings = append(listings, nil)
			continue
		}
		last := &listings[len(listings)-1]
		if slices.Contains(*last, token) {
			t.Errorf("a token was used twice in a listing: %v", c.Form)
		}
		*last = append(*last, token)
	}
	var pages []int
	for _, l := range listings {
		pages = append(pages, 1+len(l))
	}
	if want := []int{2, 2, 2, 2}; !slices.Equal(pages, want) {
		t.Errorf("the listings read %v pages from the beginning, want %v", pages, want)
	}
	d.shows("Instances 1200", "● live")
}

// TestWhoAsksForMoreIsToldTheCost asks for a large table every two seconds.
func TestWhoAsksForMoreIsToldTheCost(t *testing.T) {
	d := start(t, options{instances: 2_500, refresh: 2 * time.Second, width: 160, height: 40})
	requests := d.calls("DescribeInstances") + d.calls("DescribeInstanceStatus")
	d.shows(fmt.Sprintf("live, at most %s old: every 2s would be %d requests each time, %.1f a second in a region", time.Duration(requests)*2*time.Second, requests, float64(requests)/2))
	usual := start(t, options{instances: 2_500, width: 160, height: 40})
	usual.hides("each time")
}

// TestAStreamThatFailsTakesNoRowsAway has one of the streams of a refresh fail
// for good.
func TestAStreamThatFailsTakesNoRowsAway(t *testing.T) {
	d := start(t, options{instances: 2_500})
	count := func() string { return regexp.MustCompile(`Instances \d{4}`).FindString(d.screen()) }
	was := count()
	remove := d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Nth: 7, Code: "UnauthorizedOperation", Status: 403})
	d.press("r")
	if now := count(); now != was || now == "" {
		t.Errorf("%q has become %q", was, now)
	}
	d.shows("data ")
	remove()
	d.press("r")
	d.shows("● live")
	if now := count(); now != was || now == "" {
		t.Errorf("%q has become %q", was, now)
	}
}

func TestTheCursorStaysOnItsRow(t *testing.T) {
	d := start(t, small())
	d.press("j", "j", "j", "j", "j", "j")
	d.shows("> protected-1")
	for _, name := range []string{"aaa", "abc", "zzz"} {
		if _, err := d.sim.AddInstance("test", "us-east-1", ec2sim.InstanceSeed{Name: name, Type: "t3.micro", Image: "al2023"}); err != nil {
			t.Fatal(err)
		}
	}
	d.pass(16 * time.Second)
	d.shows("aaa", "abc", "> protected-1", "Instances 19")
	d.sim.RemoveInstance("us-east-1", "i-0aa00000000000008")
	d.sim.RemoveInstance("us-east-1", "i-0aa0000000000000a")
	d.pass(16 * time.Second)
	d.shows("> protected-1", "Instances 17")
	d.sim.RemoveInstance("us-east-1", protected)
	d.pass(16 * time.Second)
	d.shows("Instances 16", "> shutting-down-1") // the row that took its place
	d.press("k")
	d.shows("> pending-1")
}

func TestAQuestionIsAboutTheRowsAsTheyWere(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("S")
	d.sim.RemoveInstance("us-east-1", web)
	d.pass(16 * time.Second)
	d.shows("Stop 1 instance?", web)
	d.press("y")
	d.shows("InvalidInstanceID.NotFound", web)
}

func TestEveryRowCanBeReached(t *testing.T) {
	for name, n := range map[string]int{"1000": 1_000, "5000": 5_000} {
		t.Run(name, func(t *testing.T) {
			if n > 1_000 {
				unraced(t)
			}
			d := start(t, options{instances: n})
			d.shows("Instances "+name+"\n", "● live")
			d.press("*")
			_, all := d.model.top().(views.Selector).Selection()
			seen := map[string]bool{}
			for _, target := range all {
				seen[target.ID] = true
			}
			if len(seen) != n {
				t.Errorf("%d different rows of %d", len(seen), n)
			}
			d.press("*", "G")
			if got := d.line(all[n-1].ID); !strings.HasPrefix(got, ">") {
				t.Errorf("G does not lead to the last row, %s:\n%s", all[n-1].ID, d.screen())
			}
			d.press("g")
			if got := d.line(all[0].ID); !strings.HasPrefix(got, ">") {
				t.Errorf("g does not lead to the first row, %s:\n%s", all[0].ID, d.screen())
			}
		})
	}
}

func TestAChangeGoesToTheScopeOfItsRow(t *testing.T) {
	o := small()
	o.regions = []string{"us-east-1", "eu-west-1"}
	d := start(t, o)
	d.on("web-1").press(" ")
	d.on("dublin-1").press(" ", "S")
	d.shows("Stop 2 instances?", "dublin-1", "account 123456789012 (test)", "eu-west-1", "web-1", "us-east-1", "in 2 scopes")
	d.press("y")
	got := map[string]string{}
	for _, c := range d.sim.Calls() {
		if c.Action == "StopInstances" {
			got[c.Region] += c.Form.Get("InstanceId.1") + c.Form.Get("InstanceId.2")
		}
	}
	if want := map[string]string{"us-east-1": web, "eu-west-1": "i-0aa00000000000021"}; !maps.Equal(got, want) {
		t.Errorf("stopped %v, want %v", got, want)
	}
}

func TestAFilterValueMayHaveACommaOrABlank(t *testing.T) {
	d := newDriver(t, small())
	d.sim.SetInstance("us-east-1", web, func(i *ec2sim.Instance) { i.SetTag("Owner", "Doe, Jane") })
	d.sim.SetInstance("us-east-1", stopped, func(i *ec2sim.Instance) { i.SetTag("Owner", "Doe") })
	d.settle()
	for filter, rows := range map[string]string{
		`tag:Owner="Doe, Jane"`: "1 of 16", `"tag:Owner=doe, jane"`: "1 of 16", `"doe, jane"`: "1 of 16", "doe,": "1 of 16",
		"tag:Owner=doe": "2 of 16", "tag:Owner": "2 of 16", `tag:Owner="jane doe"`: "0 of 16", `-tag:Owner="Doe, Jane" tag:Owner`: "1 of 16",
	} {
		d.press("/", "esc", "/")
		d.type_(filter)
		d.press("enter")
		d.shows("Instances " + rows)
	}
}

func TestEveryPartOfARowIsCopied(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("ctrl+y")
	d.frame("copy-parts")
	d.press("j", "y")
	if len(d.copied) != 1 || d.copied[0] != "arn:aws:ec2:us-east-1:123456789012:instance/"+web {
		t.Errorf("copied %q", d.copied)
	}
	d.press("esc")
	d.shows("Instances 1 of 16")
}

// TestRowsInTransitionCostTheSameAllDay has rows that never settle.
func TestRowsInTransitionCostTheSameAllDay(t *testing.T) {
	d := start(t, small())
	inAMinute := func() int {
		d.sim.ResetCalls()
		d.pass(time.Minute)
		return len(d.sim.Calls())
	}
	first := inAMinute()
	d.pass(10 * time.Minute)
	if later := inAMinute(); later > first {
		t.Errorf("%d calls in the first minute, %d after ten more", first, later)
	}
}
