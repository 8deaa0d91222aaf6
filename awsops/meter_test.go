package awsops_test

import (
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/google/go-cmp/cmp"
)

func TestAMeterCountsWhatReachesEC2(t *testing.T) {
	clock := newClock()
	meter := awsops.NewMeter(clock.Now)
	b := newBench(t, func(s *awsops.Settings) { s.Meter = meter })
	b.sim.Inject(ec2sim.Fault{Action: "DescribeVolumes", Code: "RequestLimitExceeded", Message: "slow down", Status: 503, Times: 1})
	b.run(t, "describe-volumes", nil) // repeats itself
	b.run(t, "reboot-instances", ids("i-0aa00000000000001"))
	_, _ = b.Run(t.Context(), b.request(t, "reboot-instances", ids("i-0bb00000000000001")))
	_ = clock.sleep(t.Context(), 7*time.Second)
	want := map[awsops.Asked]int{
		{Action: "DescribeVolumes", Result: "throttled"}: 1, {Action: "DescribeVolumes", Result: "ok"}: 1,
		{Action: "DescribeInstances", Result: "ok"}: 1, // names of what volumes are attached to
		{Action: "RebootInstances", Result: "ok"}:   1, {Action: "RebootInstances", Result: "failed"}: 1,
	}
	if diff := cmp.Diff(want, meter.Calls()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[awsops.Scope]time.Duration{b.scope: 7 * time.Second}, meter.Ages()); diff != "" {
		t.Error(diff)
	}
}
