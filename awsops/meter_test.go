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

// TestAScopeThatIsAddedIsCountedToo adds a region to a session that lives.
func TestAScopeThatIsAddedIsCountedToo(t *testing.T) {
	meter := awsops.NewMeter(newClock().Now)
	b := newBench(t, func(s *awsops.Settings) { s.Meter = meter })
	added := awsops.Scope{Profile: "test", Region: "eu-west-1"}
	if err := b.Attach(t.Context(), added); err != nil {
		t.Fatal(err)
	}
	client, err := b.Client(added)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range awsops.Volumes(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, read := meter.Ages()[added]; !read {
		t.Errorf("%v", meter.Ages())
	}
}
