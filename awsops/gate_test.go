package awsops_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

func TestConfirmation(t *testing.T) {
	const id = "i-0aa00000000000001"
	two := ids(id, "i-0aa00000000000003")
	for _, test := range []struct {
		name, op     string
		v            awsops.Values
		policy       awsops.Policy
		dry          bool
		need         awsops.Confirmation
		phrase, says string
	}{
		{"a read needs none", "describe-instances", nil, awsops.Policy{}, false, awsops.Unconfirmed, "describe 1", ""},
		{"a dry run needs none", "terminate-instances", two, awsops.Policy{}, true, awsops.Unconfirmed, "terminate 2", ""},
		{"a stop needs a yes", "stop-instances", ids(id), awsops.Policy{}, false, awsops.SaidYes, id, "Add --yes."},
		{"a forced stop needs two", "stop-instances", ids(id).With("force", "true"), awsops.Policy{}, false, awsops.SaidTwice, id, "Add --yes twice."},
		{"a stop that is not forced needs one", "stop-instances", ids(id).With("force", "no"), awsops.Policy{}, false, awsops.SaidYes, id, "Add --yes."},
		{"skipping the shutdown needs two", "stop-instances", ids(id).With("skip-os-shutdown", "1"), awsops.Policy{}, false, awsops.SaidTwice, id, "Add --yes twice."},
		{"terminating needs the ID", "terminate-instances", ids(id), awsops.Policy{}, false, awsops.Typed, id, `Add --confirm "` + id + `".`},
		{"terminating several needs verb and count", "terminate-instances", two, awsops.Policy{}, false, awsops.Typed, "terminate 2", `Add --confirm "terminate 2".`},
		{"production raises by one", "start-instances", ids(id), awsops.Policy{Production: true}, false, awsops.SaidTwice, id, "Add --yes twice."},
		{"read-only refuses", "start-instances", ids(id), awsops.Policy{Refuses: awsops.Changes}, false, awsops.Unconfirmed, id, "this session is read-only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, func(s *awsops.Settings) { s.Policy = awsops.Fixed(test.policy) })
			r := b.request(t, test.op, test.v)
			r.DryRun, r.Confirmed = test.dry, awsops.Unconfirmed
			need, err := b.Need(r)
			if need != test.need || r.Phrase() != test.phrase {
				t.Errorf("needs %d %q, want %d %q (%v)", need, r.Phrase(), test.need, test.phrase, err)
			}
			_, err = b.Run(t.Context(), r)
			if test.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if awsops.ExitCode(err) != 7 || !strings.Contains(err.Error(), test.says) {
				t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
			}
			if len(b.sim.Calls()) > 0 {
				t.Error("a call was made")
			}
		})
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	for _, name := range []string{"stop-instances", "terminate-instances", "reboot-instances", "monitor-instances"} {
		b := newBench(t)
		r := b.request(t, name, ids("i-0aa00000000000001"))
		r.DryRun, r.Confirmed = true, awsops.Unconfirmed
		res, err := b.Run(t.Context(), r)
		if err != nil || !strings.Contains(res.Message, "permitted") || res.RequestID == "" {
			t.Errorf("%s: %+v %v", name, res, err)
		}
		after, err := b.Run(t.Context(), b.request(t, "get-instance-state", awsops.Values{"instance-id": {"i-0aa00000000000001"}}))
		if err != nil || fmt.Sprint(after.Outputs) != "[{success true} {result-code 0} {result-message ok} {current-instance-state-code 16} {current-instance-state running}]" {
			t.Errorf("after %s: %v %v", name, after.Outputs, err)
		}
	}
}

// many is the instances of a grown region.
func many(t *testing.T, n int) (*bench, []string) {
	t.Helper()
	sim, err := ec2sim.New(ec2sim.Config{Instances: n})
	if err != nil {
		t.Fatal(err)
	}
	account := sim.Accounts()[0]
	b := newBench(t, func(s *awsops.Settings) {
		s.HTTPClient, s.Regions = sim, account.Regions[:1]
		s.Keys["test"] = static(account)
	})
	b.sim = sim
	res, err := b.Run(t.Context(), b.request(t, "list-instances", awsops.Values{"filters": {"instance-state-name=running"}}))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, row := range res.Table.Rows {
		list = append(list, row[0].(string))
	}
	sim.ResetCalls()
	return b, list
}

func TestChangesGoInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, list := many(t, 400)
		list = list[:120]
		b.sim.Inject(ec2sim.Fault{Action: "MonitorInstances", Nth: 2, Times: 1, Code: "UnauthorizedOperation", Message: "no", Status: 403})
		res, err := b.Run(t.Context(), b.request(t, "monitor-instances", ids(list...)))
		if err != nil {
			t.Fatal(err)
		}
		if n := b.count("MonitorInstances"); n != 3 {
			t.Errorf("%d calls, want 3", n)
		}
		if len(res.Items) != 120 || len(res.Failed()) != 50 || res.Failed()[0].ID != list[50] || res.Message != "50 of 120 failed" || len(res.Table.Rows) != 70 {
			t.Errorf("%d items, %d failed, %q, %d rows", len(res.Items), len(res.Failed()), res.Message, len(res.Table.Rows))
		}
	})
}

func TestOneByOne(t *testing.T) {
	b := newBench(t)
	list := ids("i-0aa00000000000001", "i-0aa00000000000003")
	_, err := b.Run(t.Context(), b.request(t, "stop-instances", list))
	expectError(t, err, "OperationNotPermitted", 1, "lift the protection")
	r := b.request(t, "stop-instances", list)
	r.OneByOne = true
	res, err := b.Run(t.Context(), r)
	if err != nil || len(res.Failed()) != 1 || res.Failed()[0].ID != "i-0aa00000000000003" || res.Message != "1 of 2 failed" {
		t.Errorf("%+v %v", res, err)
	}
}

func TestWhatWasNotSentIsNotUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "StopInstances", Nth: 2, Hang: true})
		r := b.request(t, "stop-instances", ids("i-0aa00000000000001", "i-0aa00000000000006", "i-0aa00000000000007"))
		r.OneByOne = true
		ctx, cancel := context.WithCancel(t.Context())
		var res awsops.Result
		var err error
		done := make(chan struct{})
		go func() {
			res, err = b.Run(ctx, r)
			close(done)
		}()
		synctest.Wait()
		cancel()
		<-done
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, it := range res.Failed() {
			got = append(got, fmt.Sprint(it.ID, " ", it.Err.Code, " ", it.Err.Class == awsops.Unknown))
		}
		want := "i-0aa00000000000006 Cancelled true;i-0aa00000000000007 NotSent false"
		if strings.Join(got, ";") != want {
			t.Errorf("%v, want %v", got, want)
		}
		if n := b.count("StopInstances"); n != 2 {
			t.Errorf("%d calls, want 2", n)
		}
	})
}

func TestWait(t *testing.T) {
	for _, test := range []struct{ op, id, until string }{
		{"stop-instances", "i-0aa00000000000001", "stopped"},
		{"start-instances", "i-0aa00000000000002", "running"},
		{"terminate-instances", "i-0aa00000000000001", "terminated"},
		{"monitor-instances", "i-0aa00000000000001", "enabled"},
		{"unmonitor-instances", "i-0aa00000000000006", "disabled"},
		{"reboot-instances", "i-0aa00000000000001", "ok"},
	} {
		t.Run(test.op, func(t *testing.T) {
			b := newBench(t)
			r := b.request(t, test.op, ids(test.id))
			res, err := b.Run(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			res, err = b.Wait(t.Context(), r, res, b.clock.sleep)
			if err != nil || len(res.Failed()) > 0 {
				t.Fatalf("%+v %v", res.Failed(), err)
			}
			last := res.Outputs[len(res.Outputs)-1]
			if got := fmt.Sprint(last.Name, last.Value); got != "final-state["+test.id+"="+test.until+"]" {
				t.Errorf("%s, want %s", got, test.until)
			}
		})
	}
}

func TestWaitEnds(t *testing.T) {
	b := newBench(t)
	r := b.request(t, "stop-instances", ids("i-0aa0000000000000e", "i-0aa00000000000001")) // the first is stuck in stopping
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	_, err = b.Wait(ctx, r, res, func(ctx context.Context, d time.Duration) error {
		if looks++; looks == 5 {
			cancel()
		}
		return b.clock.sleep(ctx, d)
	})
	e := awsops.AsError(err)
	if e == nil || e.Code != "WaitTimeout" || awsops.ExitCode(err) != 6 || !strings.Contains(e.Message, "1 of 2 have not arrived yet: i-0aa0000000000000e") {
		t.Errorf("%v", err)
	}
}
