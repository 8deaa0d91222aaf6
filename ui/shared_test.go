package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
	"ec2deck/views"
)

// crowd is people at their screens, on one server and one clock.
type crowd struct {
	options
	clock  *clock
	people []*driver
}

// newCrowd has the server ready, and nobody there yet.
func newCrowd(t testing.TB, o options) *crowd {
	t.Helper()
	c := &crowd{options: o, clock: newClock()}
	c.sim = newSim(t, o, c.clock.now)
	c.shared = awsops.NewShared(c.clock.now)
	return c
}

// join is one more person, who sees the first listing.
func (c *crowd) join(t testing.TB) *driver {
	t.Helper()
	d := newDriver(t, c.options)
	d.clock = c.clock
	c.people = append(c.people, d)
	d.settle()
	return d
}

// pass lets time go by for all. Timers fire in their order, whosoever they are.
func (c *crowd) pass(by time.Duration) {
	end := c.clock.now().Add(by)
	for {
		var next *driver
		for _, d := range c.people {
			slices.SortStableFunc(d.timers, func(a, b timer) int { return a.at.Compare(b.at) })
			if len(d.timers) > 0 && !d.timers[0].at.After(end) && (next == nil || d.timers[0].at.Before(next.timers[0].at)) {
				next = d
			}
		}
		if next == nil {
			break
		}
		due := next.timers[0]
		next.timers = next.timers[1:]
		if due.at.After(c.clock.now()) {
			c.clock.set(due.at)
		}
		next.send(due.msg())
		next.settle()
	}
	c.clock.set(end)
}

// calls counts all requests.
func (c *crowd) calls() int { return len(c.sim.Calls()) }

// TestFiftyCostWhatOneDoes compares an hour's part of fifty people, who came
// one after the other and each look at the table in their own way, with the
// same of one.
func TestFiftyCostWhatOneDoes(t *testing.T) {
	cost := func(people int) int {
		c := newCrowd(t, small())
		for n := range people {
			d := c.join(t)
			d.press([]string{"o", "O", "j", "G"}[n%4])
			d.type_(fmt.Sprintf("/%s", []string{"web", "state:running", "-web", "type:t3"}[n/4%4]))
			d.press("enter")
			c.pass(300 * time.Millisecond)
		}
		c.pass(15*time.Second - time.Duration(people)*300*time.Millisecond)
		c.sim.ResetCalls()
		for range 10 {
			c.pass(15 * time.Second)
			if people > 1 {
				c.people[0].shows("/web", "web-1")
				c.people[9].hides("web-1 ")
			}
		}
		return c.calls()
	}
	one, fifty := cost(1), cost(50)
	t.Logf("150 s of the instances: %d calls for one, %d for fifty", one, fifty)
	if one < 20 || fifty > one {
		t.Errorf("fifty people cost %d calls, one %d", fifty, one)
	}
}

// TestEveryTableIsShared opens each table on two screens.
func TestEveryTableIsShared(t *testing.T) {
	c := newCrowd(t, small())
	a, b := c.join(t), c.join(t)
	for _, s := range views.All() {
		kind := s.Info().Kind
		c.clock.set(c.clock.now().Add(time.Minute))
		a.open(kind).settle()
		c.sim.ResetCalls()
		b.open(kind).settle()
		if n := c.calls(); n > 0 {
			t.Errorf("the table of %s cost the second session %d calls: %v", kind, n, c.sim.Calls()[0].Action)
		}
		if x, y := a.line(" of "), b.line(" of "); x != y {
			t.Errorf("%s: %q and %q", kind, x, y)
		}
	}
}

// TestDetailsAreSharedUntilTheRowChanges opens the pane of one row on two screens.
func TestDetailsAreSharedUntilTheRowChanges(t *testing.T) {
	c := newCrowd(t, small())
	a, b := c.join(t).on("web-1"), c.join(t).on("web-1")
	c.clock.set(c.clock.now().Add(time.Second))
	a.press("enter")
	c.sim.ResetCalls()
	b.press("enter")
	if n := c.calls(); n > 0 {
		t.Errorf("the same details cost the second session %d calls", n)
	}
	c.sim.SetInstance("us-east-1", web, func(i *ec2sim.Instance) { i.Type = "m7i.large" })
	c.clock.set(c.clock.now().Add(time.Second))
	b.press("r")
	c.pass(time.Second)
	if n := strings.Count(b.screen(), "m7i.large"); n != 2 {
		t.Errorf("row and details show the new type %d times:\n%s", n, b.screen())
	}
}

func TestAForcedRefreshIsShared(t *testing.T) {
	c := newCrowd(t, small())
	for range 50 {
		c.join(t)
	}
	c.clock.set(c.clock.now().Add(time.Second))
	c.sim.SetInstance("us-east-1", web, func(i *ec2sim.Instance) { i.Type = "m7i.large" })
	c.sim.ResetCalls()
	for _, d := range c.people {
		d.keys("r")
	}
	for _, d := range c.people {
		d.settle()
		d.shows("m7i.large")
	}
	if n := c.people[0].calls("DescribeInstances"); n != 1 {
		t.Errorf("fifty forced refreshes at once cost %d listings", n)
	}
	c.clock.set(c.clock.now().Add(time.Second))
	c.people[7].press("r")
	if n := c.people[0].calls("DescribeInstances"); n != 2 {
		t.Errorf("a forced refresh was answered by what is a second old: %d listings", n)
	}
}

// TestSharedRowsAreAsOldAsTheirAnswer joins shortly before a listing is due.
func TestSharedRowsAreAsOldAsTheirAnswer(t *testing.T) {
	c := newCrowd(t, small())
	c.join(t)
	c.pass(10 * time.Second)
	c.sim.SetInstance("us-east-1", web, func(i *ec2sim.Instance) { i.Type = "m7i.large" })
	late := c.join(t)
	late.shows("live, at most 15s old")
	late.hides("m7i.large")
	c.pass(4 * time.Second)
	late.hides("m7i.large")
	c.pass(time.Second) // the promise: 15 s after the answer, not after the login
	late.shows("m7i.large")

	// At the next listing EC2 says no: the rows are as old as the answer.
	newcomer := func() *driver { c.pass(10 * time.Second); return c.join(t) }()
	lift := c.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Code: "UnauthorizedOperation", Message: "You are not authorized", Status: 403})
	c.pass(5 * time.Second)
	newcomer.shows("data 15s old")
	lift()
}

// TestNobodyListsWithoutRest has people come at every moment of an interval.
func TestNobodyListsWithoutRest(t *testing.T) {
	c := newCrowd(t, small())
	for range 30 {
		c.join(t)
		c.pass(499 * time.Millisecond)
	}
	c.sim.ResetCalls()
	c.pass(time.Minute)
	lists := 0
	for _, call := range c.sim.Calls() {
		if call.Action == "DescribeInstances" && call.Form.Get("Filter.1.Name") == "" {
			lists++
		}
	}
	if lists != 4 {
		t.Errorf("%d listings in a minute", lists)
	}
}

// TestOthersSeeAChangeAtTheirNextLook stops an instance on one screen.
func TestOthersSeeAChangeAtTheirNextLook(t *testing.T) {
	c := newCrowd(t, small())
	a, b := c.join(t), c.join(t)
	c.pass(14 * time.Second)
	c.join(t).press("r") // so that what is kept began just now
	for _, d := range c.people[:2] {
		d.press("/")
		d.type_("web-1")
		d.press("enter")
	}
	a.press("S", "y")
	a.shows("stopping")
	b.hides("stopping")
	c.pass(time.Second)
	b.shows("stopping")
	c.pass(time.Minute)
	for _, d := range c.people[:2] {
		d.shows("stopped")
	}
	if x, y := a.line("web-1 "), b.line("web-1 "); x[3:] != y[3:] {
		t.Errorf("two screens of one row:\n%s\n%s", x, y)
	}
}

// TestThrottlingIsSharedAndEndsWithoutAStampede has thirty tables refused at
// once. The SDK's own pauses pass in the time of the bubble.
func TestThrottlingIsSharedAndEndsWithoutAStampede(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, small())
		for range 30 {
			c.join(t)
		}
		c.clock.set(c.clock.now().Add(time.Second))
		lift := c.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503})
		c.sim.ResetCalls()
		var waiting []*loose
		for _, d := range c.people {
			d.keys("r")
			l := loosen(d)
			l.start()
			waiting = append(waiting, l)
		}
		for _, l := range waiting {
			l.until("throttled", l.d.has("next try in 30s"))
		}
		if n := c.people[0].calls("DescribeInstances"); n != 3 {
			t.Errorf("thirty tables made %d attempts, one makes 3", n)
		}
		lift()
		c.sim.ResetCalls()
		c.pass(29 * time.Second)
		if n := c.calls(); n != 0 {
			t.Errorf("%d calls while all back off", n)
		}
		c.pass(time.Second)
		if n := c.people[0].calls("DescribeInstances"); n < 1 || n > 2 { // the listing, and what is in transition
			t.Errorf("%d calls when the time has come", n)
		}
		for _, d := range c.people {
			d.shows("live")
		}
	})
}

// BenchmarkShared is fifty tables for four refreshes, sharing and not.
func BenchmarkShared(b *testing.B) {
	for _, shares := range []bool{false, true} {
		b.Run(map[bool]string{false: "apart", true: "shared"}[shares], func(b *testing.B) {
			c := newCrowd(b, options{instances: 500})
			if !shares {
				c.shared = nil
			}
			for range 50 {
				c.join(b)
			}
			c.pass(15 * time.Second)
			b.ReportAllocs()
			var calls, bytes int
			for b.Loop() {
				c.sim.ResetCalls()
				c.pass(15 * time.Second)
				for _, call := range c.sim.Calls() {
					calls++
					bytes += call.Bytes
				}
			}
			b.ReportMetric(float64(calls)/float64(b.N), "calls/refresh")
			b.ReportMetric(float64(bytes)/float64(b.N), "B-read/refresh")
		})
	}
}
