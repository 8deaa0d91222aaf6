package awsops_test

import (
	"fmt"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

func TestTheDashboardCounts(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "ec2-dashboard", nil)
	instances := b.run(t, "describe-instances", nil)
	states := map[string]int{}
	for _, row := range instances.Table.Rows {
		states[fmt.Sprint(row[3])]++
	}
	others := len(instances.Table.Rows) - states["running"] - states["stopped"]
	for name, want := range map[string]int{
		"running": states["running"], "stopped": states["stopped"], "other-states": others,
		"volumes": len(b.run(t, "describe-volumes", nil).Table.Rows), "elastic-ips": len(b.run(t, "describe-addresses", nil).Table.Rows),
		"key-pairs": len(b.run(t, "describe-key-pairs", nil).Table.Rows), "security-groups": len(b.run(t, "describe-security-groups", nil).Table.Rows),
		"open-events": 1,
	} {
		if got := output(res, name); got != want || want == 0 {
			t.Errorf("%s: %v, want %d", name, got, want)
		}
	}
	if got := fmt.Sprint(output(res, "report")); !strings.HasPrefix(got, fmt.Sprintf("running %d, stopped %d, ", states["running"], states["stopped"])) {
		t.Errorf("the report: %s", got)
	}
}

func TestACounterThatFailsHoldsUpNoOther(t *testing.T) {
	b := newBench(t)
	b.sim.Inject(ec2sim.Fault{Action: "DescribeAddresses", Code: "UnauthorizedOperation", Message: "no", Status: 403})
	b.sim.Inject(ec2sim.Fault{Action: "DescribeKeyPairs", Code: "InvalidParameterValue", Message: "odd"})
	res := b.run(t, "ec2-dashboard", nil)
	if output(res, "elastic-ips") != "denied" || output(res, "unassociated-addresses") != "denied" || output(res, "key-pairs") != "failed: InvalidParameterValue" {
		t.Errorf("%v", res.Outputs)
	}
	if n, ok := output(res, "running").(int); !ok || n == 0 || len(res.Failed()) != 2 || res.RequestID == "" {
		t.Errorf("%v %v %q", output(res, "running"), res.Failed(), res.RequestID)
	}
	total := awsops.WithTotal(awsops.Merge([]awsops.Result{res, b.withoutFaults(t)}, func(string) string { return "1" }))
	row := total.Table.Rows[len(total.Table.Rows)-1]
	if got := fmt.Sprint(row[4]); !strings.HasSuffix(got, ", 1 not read") || row[2] != 2*output(res, "running").(int) {
		t.Errorf("the total: %v", row)
	}
	for _, action := range []string{"DescribeInstances", "DescribeVolumes", "DescribeSnapshots", "DescribeSecurityGroups", "DescribeInstanceStatus"} {
		b.sim.Inject(ec2sim.Fault{Action: action, Code: "UnauthorizedOperation", Message: "no", Status: 403})
	}
	if _, err := b.Run(t.Context(), b.request(t, "ec2-dashboard", nil)); awsops.AsError(err) == nil {
		t.Errorf("nothing can be read: %v", err)
	}
}

// withoutFaults is the dashboard of an account in which nothing fails.
func (b *bench) withoutFaults(t *testing.T) awsops.Result {
	return newBench(t).run(t, "ec2-dashboard", nil)
}

func TestOnlyWhoDeliversReportsMayBeAsked(t *testing.T) {
	b := newBench(t)
	r := b.request(t, "ec2-dashboard", awsops.Values{"notify-method": {"file"}, "notify-file": {"x"}})
	if e := awsops.AsError(errOf(b.Run(t.Context(), r))); e == nil || e.Code != "NotDelivered" || len(b.wire.sent) > 0 {
		t.Errorf("%v", e)
	}
	r.Delivers = true
	if _, err := b.Run(t.Context(), r); err != nil {
		t.Error(err)
	}
}

func errOf(_ awsops.Result, err error) error { return err }

func TestWhatStandsInThePlaceOfANumber(t *testing.T) {
	for want, e := range map[string]*awsops.Error{
		"no credentials": {Class: awsops.Denied, Code: "NoCredentials"}, "denied": {Class: awsops.Denied, Code: "AuthFailure"},
		"unreachable": {Class: awsops.Network, Code: "NoConnection"}, "no answer": {Class: awsops.TimedOut, Code: "Timeout"},
		"throttled": {Class: awsops.Throttling, Code: "RequestLimitExceeded"}, "failed: InternalError": {Class: awsops.Refused, Code: "InternalError"},
	} {
		if got := awsops.Uncounted(e); got != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
}
