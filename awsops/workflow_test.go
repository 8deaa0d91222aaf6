package awsops_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
)

// concluded runs a workflow to its end.
func concluded(t *testing.T, b *bench, name string, v awsops.Values) awsops.Result {
	t.Helper()
	r := b.request(t, name, v)
	r.Reason = "CHG-7"
	res, err := b.Run(t.Context(), r)
	if err == nil {
		res, err = b.Wait(t.Context(), r, res, b.clock.sleep)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b.Conclude(t.Context(), r, res)
}

func TestWorkflowsEndInAWorklog(t *testing.T) {
	for name, test := range map[string]struct {
		values        awsops.Values
		action, state string
		says, asset   string
	}{
		"workflow-start-instance":     {awsops.Values{"instance-id": {"i-0aa00000000000005"}}, "StartInstances", "running", "was started: it is running", ""},
		"workflow-stop-instance":      {awsops.Values{"instance-id": {webID}}, "StopInstances", "stopped", "was stopped: it is stopped", ""},
		"workflow-restart-instance":   {awsops.Values{"instance-id": {webID}}, "RebootInstances", "ok", "was restarted: it is ok", ""},
		"workflow-terminate-instance": {awsops.Values{"instance-id": {webID}}, "TerminateInstances", "terminated", "was terminated: it is terminated", "inactive"},
		"workflow-provision-instance": {awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "instance-name": {"fresh"}}, "RunInstances", "running", "was provisioned: it is running", "active"},
	} {
		var assets []journal.Asset
		b, n := recorded(t, awsops.Policy{}, func(s *awsops.Settings) {
			s.Inventory = func(asset any) error { assets = append(assets, asset.(journal.Asset)); return nil }
		})
		res := concluded(t, b, name, test.values)
		if b.count(test.action) != 1 {
			t.Errorf("%s made %d calls of %s", name, b.count(test.action), test.action)
		}
		last := n.records[len(n.records)-1]
		if len(n.records) != 3 || last.Event != journal.Closed || last.ID != n.records[0].ID || last.State != test.state || last.Result != "done" ||
			last.Why != "CHG-7" || !strings.Contains(last.Work, test.says) || !strings.Contains(last.Work, "CHG-7") || len(last.Targets) != 1 {
			t.Errorf("%s: %+v", name, n.records)
		}
		if got := output(res, "worklog-text"); got != last.Work {
			t.Errorf("%s: %v", name, got)
		}
		if test.asset == "" {
			if len(assets) > 0 || last.Asset != nil {
				t.Errorf("%s: %+v", name, assets)
			}
			continue
		}
		if len(assets) != 1 || assets[0] != *last.Asset || assets[0].State != test.asset || assets[0].ID != last.Targets[0] || assets[0].Type == "" ||
			assets[0].Owner != "123456789012" || assets[0].Reservation == "" || assets[0].Name == "" {
			t.Errorf("%s: %+v", name, assets)
		}
		if text, _ := output(res, "asset-record").(string); !strings.Contains(text, `"state":"`+test.asset+`"`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestAWorkflowThatDoesNotArriveSaysSo(t *testing.T) {
	b, n := recorded(t, awsops.Policy{})
	r := b.request(t, "workflow-start-instance", awsops.Values{"instance-id": {"i-0aa00000000000005"}})
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	res.Items[0].Err = &awsops.Error{Code: "NotArrived", Message: "is stopped, and will not become running"}
	res = b.Conclude(t.Context(), r, res)
	last := n.records[len(n.records)-1]
	if last.Result != "failed" || last.Code != "NotArrived" || !strings.Contains(last.Work, "was not started") || len(res.Failed()) != 1 {
		t.Errorf("%+v", last)
	}
}

func TestAnInventoryThatCannotBeWrittenIsTold(t *testing.T) {
	b, n := recorded(t, awsops.Policy{}, func(s *awsops.Settings) { s.Inventory = func(any) error { return errors.New("disk full") } })
	res := concluded(t, b, "workflow-terminate-instance", awsops.Values{"instance-id": {webID}})
	if !strings.Contains(res.Message, "disk full") || n.records[len(n.records)-1].Result != "done" {
		t.Errorf("%q %+v", res.Message, n.records)
	}
}

func TestAWorkflowThatNobodyWaitsForSaysSo(t *testing.T) {
	var assets []journal.Asset
	b, n := recorded(t, awsops.Policy{}, func(s *awsops.Settings) {
		s.Inventory = func(asset any) error { assets = append(assets, asset.(journal.Asset)); return nil }
	})
	r := b.request(t, "workflow-terminate-instance", awsops.Values{"instance-id": {webID}})
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context()) // as after an interrupt
	cancel()
	res = b.Leave(ended, r, res, "nobody waited for the end")
	last := n.records[len(n.records)-1]
	const says = "i-0aa00000000000001 was to be terminated and EC2 agreed; whether it came to that is not known: nobody waited for the end, it was shutting-down when last seen"
	if last.Event != journal.Closed || last.Result != "unknown" || last.State != "shutting-down" || !strings.Contains(last.Work, says) || output(res, "worklog-text") != last.Work {
		t.Errorf("%+v", last)
	}
	if len(assets) != 1 || assets[0].State != "inactive" {
		t.Errorf("%+v", assets)
	}
}

func TestAWaitThatEndsTooEarlyTellsTheLastState(t *testing.T) {
	b, n := recorded(t, awsops.Policy{})
	r := b.request(t, "workflow-provision-instance", awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "status-checks": {"true"}})
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	looks := 0
	res, err = b.Wait(t.Context(), r, res, func(ctx context.Context, d time.Duration) error {
		if looks++; looks > 2 {
			return context.DeadlineExceeded
		}
		return b.clock.sleep(ctx, d)
	})
	if awsops.ExitCode(err) != int(awsops.TimedOut) {
		t.Fatal(err)
	}
	_ = b.Leave(t.Context(), r, res, "the wait ended too early")
	if last := n.records[len(n.records)-1]; last.State != "initializing" || last.Result != "unknown" {
		t.Errorf("%+v", last)
	}
	res, err = b.Wait(t.Context(), r, res, b.clock.sleep)
	if err != nil || res.Items[0].To != "ok" {
		t.Errorf("%v %+v", err, res.Items)
	}
}
