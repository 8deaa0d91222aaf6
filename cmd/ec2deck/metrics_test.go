package main

import (
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
)

func TestOperationsAreCounted(t *testing.T) {
	counts := newTally()
	for _, r := range []journal.Record{
		{Event: journal.Intent, Operation: "stop-instances"},
		{Event: journal.Outcome, Operation: "stop-instances", Result: "done"},
		{Event: journal.Outcome, Operation: "stop-instances", Result: "done"},
		{Event: journal.Outcome, Operation: "stop-instances", Result: "refused"},
		{Event: journal.Refusal, Operation: "stop-instances", Code: "RoleRisk"},
		{Event: journal.Login},
	} {
		if err := counts.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]float64{}
	for _, m := range counts.metrics(awsops.NewMeter(time.Now))() {
		for _, s := range m.Samples {
			name := m.Name
			for _, l := range s.Labels {
				name += " " + l.Value
			}
			got[name] = s.Value
		}
	}
	for name, want := range map[string]float64{
		"ec2deck_operations_total stop-instances done": 2, "ec2deck_operations_total stop-instances refused": 1,
		"ec2deck_refusals_total RoleRisk": 1, "ec2deck_api_throttles_total": 0,
	} {
		if n, ok := got[name]; !ok || n != want {
			t.Errorf("%s is %v, want %v", name, n, want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%v", got)
	}
}
