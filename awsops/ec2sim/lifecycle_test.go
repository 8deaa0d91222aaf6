package ec2sim_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (b *bench) instance(id string) types.Instance {
	b.Helper()
	out := must[*ec2.DescribeInstancesOutput](b.T)(b.ec2.DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{InstanceIds: ids(id)}))
	return out.Reservations[0].Instances[0]
}

func (b *bench) wantState(id, want string) {
	b.Helper()
	if got := b.state(id); got != want {
		b.Fatalf("%s is %s, want %s", id, got, want)
	}
}

func wantChange(t *testing.T, c types.InstanceStateChange, before, after string) {
	t.Helper()
	if string(c.PreviousState.Name) != before || string(c.CurrentState.Name) != after {
		t.Errorf("%s went from %s to %s, want from %s to %s", *c.InstanceId, c.PreviousState.Name, c.CurrentState.Name, before, after)
	}
}

func TestStopAndStart(t *testing.T) {
	b := newBench(t, "small")
	out := must[*ec2.StopInstancesOutput](t)(b.ec2.StopInstances(b.ctx, &ec2.StopInstancesInput{InstanceIds: ids(web, stopped)}))
	wantChange(t, out.StoppingInstances[0], "running", "stopping")
	wantChange(t, out.StoppingInstances[1], "stopped", "stopped")
	b.clock.pass(1900 * time.Millisecond)
	b.wantState(web, "stopping")
	if b.instance(web).PublicIpAddress == nil {
		t.Error("the public address went before the instance had stopped")
	}
	b.clock.pass(100 * time.Millisecond)
	in := b.instance(web)
	if in.State.Name != "stopped" || *in.State.Code != 80 || in.PublicIpAddress != nil || aws.ToString(in.PublicDnsName) != "" {
		t.Errorf("stopped: %v %v", in.State, in.PublicIpAddress)
	}
	if r := in.StateReason; *r.Code != "Client.UserInitiatedShutdown" {
		t.Errorf("reason %v", *r.Code)
	}
	if got, want := *in.StateTransitionReason, "User initiated (2026-03-01 12:00:00 GMT)"; got != want {
		t.Errorf("transition reason %q, want %q", got, want)
	}

	b.clock.pass(time.Hour)
	started := must[*ec2.StartInstancesOutput](t)(b.ec2.StartInstances(b.ctx, &ec2.StartInstancesInput{InstanceIds: ids(web)}))
	wantChange(t, started.StartingInstances[0], "stopped", "pending")
	in = b.instance(web)
	if in.StateReason != nil || aws.ToString(in.StateTransitionReason) != "" {
		t.Error("reasons outlive a start")
	}
	if ip := aws.ToString(in.PublicIpAddress); ip == "" || ip == "198.51.100.1" {
		t.Errorf("public address after a start is %q", ip)
	}
	if got := b.clock.now().Sub(*in.LaunchTime); got > 3*time.Second {
		t.Errorf("launch time not renewed: %v old", got)
	}
	b.clock.pass(2 * time.Second)
	b.wantState(web, "running")
}

// One long pause must look like many short ones.
func TestTransitionsKeepTheirOwnTime(t *testing.T) {
	b := newBench(t, "small")
	b.clock.pass(2 * time.Hour)
	in, _ := b.sim.Instance(east, pending)
	if in.State != ec2sim.Running || !in.ChecksFrom.Equal(newClock().now().Add(2*time.Second)) {
		t.Errorf("%s since %v", in.State, in.ChecksFrom)
	}
	if _, ok := b.sim.Instance(east, terminated); ok {
		t.Error("a terminated instance stays for ever")
	}
}

func TestStartedInstanceCanBeStoppedWhilePending(t *testing.T) {
	b := newBench(t, "small")
	if err := start(stopped)(b); err != nil {
		t.Fatal(err)
	}
	out := must[*ec2.StopInstancesOutput](t)(b.ec2.StopInstances(b.ctx, &ec2.StopInstancesInput{InstanceIds: ids(stopped)}))
	wantChange(t, out.StoppingInstances[0], "pending", "stopping")
	b.clock.pass(time.Minute) // the start must not overtake the stop
	b.wantState(stopped, "stopped")
}

func TestForceEndsAStuckStop(t *testing.T) {
	b := newBench(t, "small")
	b.clock.pass(time.Hour)
	if err := stop(ec2.StopInstancesInput{InstanceIds: ids(stopping)})(b); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(time.Hour)
	b.wantState(stopping, "stopping")
	if err := stop(ec2.StopInstancesInput{InstanceIds: ids(stopping), Force: aws.Bool(true)})(b); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(2 * time.Second)
	b.wantState(stopping, "stopped")
}

func TestTerminate(t *testing.T) {
	b := newBench(t, "small")
	root := *b.instance(web).BlockDeviceMappings[0].Ebs.VolumeId
	out := must[*ec2.TerminateInstancesOutput](t)(b.ec2.TerminateInstances(b.ctx,
		&ec2.TerminateInstancesInput{InstanceIds: ids(web, stopped, terminated, web)}))
	if n := len(out.TerminatingInstances); n != 3 {
		t.Fatalf("%d changes, want 3", n)
	}
	wantChange(t, out.TerminatingInstances[0], "running", "shutting-down")
	wantChange(t, out.TerminatingInstances[1], "stopped", "terminated")
	wantChange(t, out.TerminatingInstances[2], "terminated", "terminated")
	b.clock.pass(2 * time.Second)
	in := b.instance(web)
	if in.State.Name != "terminated" || in.SubnetId != nil || in.VpcId != nil || in.PrivateIpAddress != nil ||
		len(in.SecurityGroups)+len(in.BlockDeviceMappings)+len(in.NetworkInterfaces) > 0 || len(in.Tags) == 0 {
		t.Errorf("terminated: %+v", in)
	}
	wantError(t, describeVolumes(ec2.DescribeVolumesInput{VolumeIds: ids(root)})(b), 400,
		"InvalidVolume.NotFound", "The volume '"+root+"' does not exist.")
	b.clock.pass(time.Hour)
	wantError(t, describe(ec2.DescribeInstancesInput{InstanceIds: ids(web)})(b), 400,
		"InvalidInstanceID.NotFound", "The instance ID '"+web+"' does not exist")
}

// EC2 saves only the zone of the protected instance.
func TestTerminateAcrossZones(t *testing.T) {
	b := newBench(t, "small")
	b.sim.SetInstance(east, stopped, func(in *ec2sim.Instance) { in.Zone = "us-east-1b" })
	err := terminate(web, protected, stopped, graviton)(b)
	wantError(t, err, 400, "OperationNotPermitted", "The instance '"+protected+
		"' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.")
	b.wantState(web, "shutting-down")
	b.wantState(graviton, "shutting-down")
	b.wantState(protected, "running")
	b.wantState(stopped, "stopped")
}

func TestProtectionCanBeLifted(t *testing.T) {
	b := newBench(t, "small")
	off := &types.AttributeBooleanValue{Value: aws.Bool(false)}
	if err := modify(ec2.ModifyInstanceAttributeInput{InstanceId: &protected, DisableApiStop: off})(b); err != nil {
		t.Fatal(err)
	}
	if err := modify(ec2.ModifyInstanceAttributeInput{InstanceId: &protected, Attribute: "disableApiTermination", Value: aws.String("false")})(b); err != nil {
		t.Fatal(err)
	}
	out := must[*ec2.DescribeInstanceAttributeOutput](t)(b.ec2.DescribeInstanceAttribute(b.ctx,
		&ec2.DescribeInstanceAttributeInput{InstanceId: &protected, Attribute: "disableApiTermination"}))
	if *out.DisableApiTermination.Value {
		t.Error("still protected")
	}
	if err := terminate(protected)(b); err != nil {
		t.Error(err)
	}
	b.clock.pass(2 * time.Second)
	vol := must[*ec2.DescribeVolumesOutput](t)(b.ec2.DescribeVolumes(b.ctx, &ec2.DescribeVolumesInput{VolumeIds: ids("vol-0aa00000000000003")})).Volumes[0]
	if vol.State != "available" || len(vol.Attachments) != 0 {
		t.Errorf("a volume to be kept is %s with %d attachments", vol.State, len(vol.Attachments))
	}
}

func TestHibernate(t *testing.T) {
	b := newBench(t, "small")
	if err := start(stopped)(b); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(3 * time.Second)
	b.sim.SetInstance(east, stopped, func(in *ec2sim.Instance) { in.HibernationConfigured = true })
	wantError(t, stop(ec2.StopInstancesInput{InstanceIds: ids(stopped), Hibernate: aws.Bool(true)})(b), 400,
		"UnsupportedOperation", "Instance "+stopped+" is not ready to hibernate yet, retry in a few minutes")
	if err := stop(ec2.StopInstancesInput{InstanceIds: ids(hibernate), Hibernate: aws.Bool(true)})(b); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(2 * time.Second)
	if r := b.instance(hibernate).StateReason; *r.Code != "Client.UserInitiatedHibernate" {
		t.Errorf("reason %s", *r.Code)
	}
}

func TestMonitoring(t *testing.T) {
	b := newBench(t, "small")
	on := must[*ec2.MonitorInstancesOutput](t)(b.ec2.MonitorInstances(b.ctx, &ec2.MonitorInstancesInput{InstanceIds: ids(web, windows)}))
	if a, w := on.InstanceMonitorings[0].Monitoring.State, on.InstanceMonitorings[1].Monitoring.State; a != "pending" || w != "enabled" {
		t.Errorf("%s and %s", a, w)
	}
	b.clock.pass(time.Second)
	if s := b.instance(web).Monitoring.State; s != "enabled" {
		t.Error(s)
	}
	off := must[*ec2.UnmonitorInstancesOutput](t)(b.ec2.UnmonitorInstances(b.ctx, &ec2.UnmonitorInstancesInput{InstanceIds: ids(web)}))
	if s := off.InstanceMonitorings[0].Monitoring.State; s != "disabling" {
		t.Error(s)
	}
	b.clock.pass(time.Second)
	if s := b.instance(web).Monitoring.State; s != "disabled" {
		t.Error(s)
	}
}

func (b *bench) status(id string) (types.InstanceStatus, bool) {
	b.Helper()
	out := must[*ec2.DescribeInstanceStatusOutput](b.T)(b.ec2.DescribeInstanceStatus(b.ctx,
		&ec2.DescribeInstanceStatusInput{InstanceIds: ids(id), IncludeAllInstances: aws.Bool(true)}))
	if len(out.InstanceStatuses) == 0 {
		return types.InstanceStatus{}, false
	}
	return out.InstanceStatuses[0], true
}

func TestStatusChecks(t *testing.T) {
	b := newBench(t, "small")
	want := func(id, system, instance, ebs string) {
		t.Helper()
		s, _ := b.status(id)
		got := string(s.SystemStatus.Status) + " " + string(s.InstanceStatus.Status) + " " + string(s.AttachedEbsStatus.Status)
		if got != system+" "+instance+" "+ebs {
			t.Errorf("%s: %s", id, got)
		}
	}
	want(web, "ok", "ok", "ok")
	want(store, "ok", "ok", "not-applicable")
	want(stopped, "not-applicable", "not-applicable", "not-applicable")
	want(impaired, "impaired", "ok", "ok")
	s, _ := b.status(impaired)
	if d := s.SystemStatus.Details[0]; d.Status != "failed" || b.clock.now().Sub(*d.ImpairedSince) != 35*time.Minute {
		t.Errorf("details %v %v", d.Status, d.ImpairedSince)
	}
	if err := reboot(web, terminated, shuttingDown)(b); err != nil {
		t.Fatal(err)
	}
	b.wantState(web, "running")
	want(web, "initializing", "initializing", "initializing")
	b.clock.pass(3 * time.Second)
	want(web, "ok", "ok", "ok")

	running := must[*ec2.DescribeInstanceStatusOutput](t)(b.ec2.DescribeInstanceStatus(b.ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: ids(web, stopped, terminated)}))
	if n := len(running.InstanceStatuses); n != 1 {
		t.Errorf("%d rows without IncludeAllInstances", n)
	}
}

func TestScheduledEvents(t *testing.T) {
	b := newBench(t, "small")
	s, _ := b.status(event)
	if len(s.Events) != 2 {
		t.Fatal(s.Events)
	}
	e, now := s.Events[0], b.clock.now()
	if e.Code != "system-reboot" || !e.NotBefore.Equal(now.Add(72*time.Hour)) || !e.NotAfter.Equal(now.Add(74*time.Hour)) ||
		!e.NotBeforeDeadline.Equal(now.Add(336*time.Hour)) {
		t.Errorf("%+v", e)
	}
	if d := *s.Events[1].Description; !strings.HasPrefix(d, "[Completed] ") {
		t.Error(d)
	}
}

func (b *bench) console(id string, latest bool) string {
	b.Helper()
	out := must[*ec2.GetConsoleOutputOutput](b.T)(b.ec2.GetConsoleOutput(b.ctx, &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: &latest}))
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil || out.Timestamp == nil {
		b.Fatal(err, out.Timestamp)
	}
	return string(text)
}

func TestConsoleOutput(t *testing.T) {
	b := newBench(t, "small")
	for id, part := range map[string]string{web: "login: ", hostile: "\x1b[0;32m", windows: "Windows is Ready to use"} {
		if !strings.Contains(b.console(id, false), part) {
			t.Errorf("console of %s lacks %q", id, part)
		}
	}
	if err := start(stopped)(b); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(3 * time.Second)
	if b.console(stopped, false) != "" || b.console(stopped, true) == "" {
		t.Error("right after a start only the latest output is there")
	}
	b.clock.pass(30 * time.Second)
	if b.console(stopped, false) == "" {
		t.Error("no output after a while")
	}
}
