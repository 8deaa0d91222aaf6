package awsops_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	eventful = "i-0aa00000000000008"
	reboot   = "instance-event-0aa00000000000001"
	over     = "instance-event-0aa00000000000002"
)

// column is one column of a result's table.
func tableColumn(res awsops.Result, name string) []string {
	var out []string
	for _, row := range res.Table.Rows {
		for i, c := range res.Table.Columns {
			if c.Name == name {
				out = append(out, awsops.CellText(row[i], ",", "-"))
			}
		}
	}
	return out
}

func TestEventsAreKeyedAsAsked(t *testing.T) {
	b := newBench(t)
	for format, want := range map[string]string{
		"":                        eventful + "/" + over + " " + eventful + "/" + reboot,
		"Events ID/Instance ID":   over + "/" + eventful + " " + reboot + "/" + eventful,
		"Instance Name/Events ID": "event-1/" + over + " event-1/" + reboot,
		"Instance ID/Event Code":  eventful + "/instance-reboot " + eventful + "/system-reboot",
		"Events ID":               over + " " + reboot,
	} {
		v := awsops.Values{}
		if format != "" {
			v = awsops.Values{"display-key-format": {format}}
		}
		if got := strings.Join(tableColumn(b.run(t, "list-scheduled-events", v), "display-key"), " "); got != want {
			t.Errorf("%q: %s, want %s", format, got, want)
		}
	}
	res := b.run(t, "list-scheduled-events", awsops.Values{"filters": {"event.code=instance-reboot"}, "page-size": {"5"}})
	if got := fmt.Sprint(tableColumn(res, "events-id"), tableColumn(res, "completed"), tableColumn(res, "not-before-deadline")); !strings.Contains(got, over) || !strings.Contains(got, "true") {
		t.Errorf("the instance with that event: %s", got)
	}
}

func TestKeysThatCollideAreNumbered(t *testing.T) {
	b := onFleet(t, changed(t, "../testdata/fleets/small.json", func(f *ec2sim.Fleet) {
		for i, in := range f.Accounts[0].Regions[0].Instances {
			if in.ID == eventful {
				e := in.Events[0]
				e.ID = "instance-event-0aa00000000000099"
				f.Accounts[0].Regions[0].Instances[i].Events = append(in.Events, e)
			}
		}
	}), 0)
	got := tableColumn(b.run(t, "list-scheduled-events", awsops.Values{"display-key-format": {"Instance ID/Event Code"}}), "display-key")
	if want := []string{eventful + "/instance-reboot", eventful + "/system-reboot", eventful + "/system-reboot#2"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAnEventIsMovedWithinItsBounds(t *testing.T) {
	b := newBench(t)
	move := func(event string, at time.Time) error {
		_, err := b.carry(t, "modify-instance-event-start-time", awsops.Values{"instance-id": {eventful}, "instance-event-id": {event}, "not-before": {at.Format(time.RFC3339)}})
		return err
	}
	start := b.clock.Now()
	for name, test := range map[string]struct {
		event string
		at    time.Time
		code  string
	}{
		"no such event":  {"instance-event-0aa0000000000dead", start.Add(80 * time.Hour), "InvalidInstanceEventIDNotFound"},
		"over":           {over, start.Add(80 * time.Hour), "InstanceEventStartTimeCannotChange"},
		"too soon":       {reboot, start.Add(59 * time.Minute), "InvalidInstanceEventStartTime"},
		"after deadline": {reboot, start.Add(337 * time.Hour), "InvalidInstanceEventStartTime"},
		"within":         {reboot, start.Add(100 * time.Hour), ""},
	} {
		if e := awsops.AsError(move(test.event, test.at)); test.code == "" && e != nil || test.code != "" && (e == nil || e.Code != test.code || e.Hint == "") {
			t.Errorf("%s: %v, want %s with a hint", name, e, test.code)
		}
	}
	res := b.run(t, "list-scheduled-events", nil)
	if got, want := tableColumn(res, "not-before")[1], start.Add(100*time.Hour).Truncate(time.Second).Format(awsops.TimeFormat); got != want {
		t.Errorf("moved to %s, want %s", got, want)
	}
	if got, want := tableColumn(res, "not-after")[1], start.Add(102*time.Hour).Truncate(time.Second).Format(awsops.TimeFormat); got != want {
		t.Errorf("ends at %s, want %s", got, want)
	}
	_ = b.clock.sleep(t.Context(), 100*time.Hour-4*time.Minute)
	if e := awsops.AsError(move(reboot, start.Add(120*time.Hour))); e == nil || e.Code != "InstanceEventStartTimeCannotChange" {
		t.Errorf("4 minutes before it begins: %v", e)
	}
}

func TestAMomentNamesItsZoneOrIsUTC(t *testing.T) {
	check := awsops.Moment().Check
	for in, want := range map[string]string{
		"2026-11-21 03:00": "2026-11-21T03:00:00Z", "2026-11-21T03:00:00+01:00": "2026-11-21T02:00:00Z", "2026-11-21t03:00z": "2026-11-21T03:00:00Z",
		"tomorrow": "", "2026-02-30 03:00": "", "2026-11-21": "",
	} {
		if got, err := check(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
}

func TestStatusChecksTellSinceWhen(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "describe-instance-status", awsops.Values{"instance-ids": {"i-0aa00000000000007,i-0aa00000000000001"}})
	for i, id := range tableColumn(res, "instance-id") {
		system, at := tableColumn(res, "system-status")[i], tableColumn(res, "impaired-since")[i]
		if impaired := id == "i-0aa00000000000007"; impaired != (system == "impaired") || impaired != (at != "-") {
			t.Errorf("%s: %s since %s", id, system, at)
		}
	}
	all := len(tableColumn(b.run(t, "describe-instance-status", nil), "instance-id"))
	running := tableColumn(b.run(t, "describe-instance-status", awsops.Values{"include-all": {"false"}}), "instance-state")
	if all <= len(running) || strings.Contains(fmt.Sprint(running), "stopped") {
		t.Errorf("%d in all, running are %v", all, running)
	}
}
