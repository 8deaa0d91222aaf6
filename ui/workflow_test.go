package ui

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
	"ec2deck/awsops/journal"
)

// closings keeps the ends of workflows.
type closings struct{ records []journal.Record }

func (c *closings) Record(r journal.Record) error {
	if r.Event == journal.Closed {
		c.records = append(c.records, r)
	}
	return nil
}

func TestAWorkflowIsClosedWhenItsTargetArrives(t *testing.T) {
	c := &closings{}
	o := small()
	o.journal = c
	d := start(t, o)
	d.press("j", ":")
	d.type_("workflow-stop-instance")
	d.press("enter")
	d.shows("i-0aa00000000000010")
	d.press("enter", "y")
	if len(c.records) > 0 || d.calls("StopInstances") != 1 {
		t.Fatalf("%d calls, %+v", d.calls("StopInstances"), c.records)
	}
	d.pass(2 * time.Minute)
	if len(c.records) != 1 || c.records[0].State != "stopped" || c.records[0].Targets[0] != "i-0aa00000000000010" || c.records[0].Took == 0 {
		t.Errorf("%+v", c.records)
	}
	d.press("e")
	d.shows("i-0aa00000000000010 was stopped: it is stopped")
}

func TestAWorkflowWhoseEndIsNotSeenSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*driver)
		says string
	}{
		"the screen is left":   {func(d *driver) { d.press("q") }, "the screen was left, it was stopping when last seen"},
		"it takes much longer": {func(d *driver) { d.pass(11 * time.Minute) }, "the wait ended after ten minutes, it was stopping when last seen"},
	} {
		t.Run(name, func(t *testing.T) {
			kept, o := &closings{}, small()
			o.journal = kept
			o.delays = &ec2sim.Delays{Stop: time.Hour}
			d := start(t, o)
			d.press("j", ":")
			d.type_("workflow-stop-instance")
			d.press("enter", "enter", "y")
			d.pass(4 * time.Second)
			c.end(d)
			if len(kept.records) != 1 || kept.records[0].Result != "unknown" || kept.records[0].State != "stopping" || !strings.Contains(kept.records[0].Work, c.says) {
				t.Errorf("%+v", kept.records)
			}
		})
	}
}
