package ec2sim_test

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// vol and snap are the n-th volume and snapshot of the small fleet.
func vol(n string) string  { return "vol-0aa000000000000" + n }
func snap(n string) string { return "snap-0aa000000000000" + n }

func (b *bench) volume(id string) types.Volume {
	b.Helper()
	out, err := b.ec2.DescribeVolumes(b.ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
	if err != nil {
		b.Fatal(err)
	}
	return out.Volumes[0]
}

func TestTheLifeOfAVolume(t *testing.T) {
	b := newBench(t, "small")
	made := must[*ec2.CreateVolumeOutput](t)(b.ec2.CreateVolume(b.ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String("us-east-1a"), SnapshotId: aws.String(snap("11")),
		VolumeType: types.VolumeTypeGp3, Iops: aws.Int32(4000), Throughput: aws.Int32(250), ClientToken: aws.String("once")}))
	id := *made.VolumeId
	if made.State != "creating" || *made.Size != 20 || *made.Iops != 4000 || *made.Throughput != 250 || *made.SnapshotId != snap("11") {
		t.Errorf("%+v", made)
	}
	again := must[*ec2.CreateVolumeOutput](t)(b.ec2.CreateVolume(b.ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String("us-east-1a"), SnapshotId: aws.String(snap("11")),
		VolumeType: types.VolumeTypeGp3, Iops: aws.Int32(4000), Throughput: aws.Int32(250), ClientToken: aws.String("once")}))
	if *again.VolumeId != id {
		t.Errorf("a token made two volumes: %s and %s", id, *again.VolumeId)
	}
	b.clock.pass(time.Second)
	in := must[*ec2.AttachVolumeOutput](t)(b.ec2.AttachVolume(b.ctx, &ec2.AttachVolumeInput{VolumeId: &id, InstanceId: &web, Device: aws.String("/dev/sdf")}))
	if v := b.volume(id); in.State != "attaching" || v.State != "in-use" || v.Attachments[0].State != "attaching" {
		t.Errorf("%s, %s", in.State, v.State)
	}
	b.clock.pass(time.Second)
	if v := b.volume(id); v.Attachments[0].State != "attached" || *v.Attachments[0].Device != "/dev/sdf" || *v.Attachments[0].InstanceId != web {
		t.Errorf("%+v", v.Attachments)
	}
	out := must[*ec2.DetachVolumeOutput](t)(b.ec2.DetachVolume(b.ctx, &ec2.DetachVolumeInput{VolumeId: &id}))
	if out.State != "detaching" || b.volume(id).State != "in-use" {
		t.Errorf("%s, %s", out.State, b.volume(id).State)
	}
	b.clock.pass(time.Second)
	if v := b.volume(id); v.State != "available" || len(v.Attachments) != 0 {
		t.Errorf("%+v", v)
	}
	must[*ec2.DeleteVolumeOutput](t)(b.ec2.DeleteVolume(b.ctx, &ec2.DeleteVolumeInput{VolumeId: &id}))
	if s := b.volume(id).State; s != "deleting" {
		t.Errorf("is %s", s)
	}
	b.clock.pass(time.Second)
	_, err := b.ec2.DescribeVolumes(b.ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
	wantError(t, err, 400, "InvalidVolume.NotFound", "The volume '"+id+"' does not exist.")
}

func TestAHeldVolumeIsBusyUntilForced(t *testing.T) {
	b := newBench(t, "small")
	id := vol("14")
	must[*ec2.DetachVolumeOutput](t)(b.ec2.DetachVolume(b.ctx, &ec2.DetachVolumeInput{VolumeId: &id}))
	b.clock.pass(time.Minute)
	if s := b.volume(id).Attachments[0].State; s != "busy" {
		t.Errorf("is %s", s)
	}
	must[*ec2.DetachVolumeOutput](t)(b.ec2.DetachVolume(b.ctx, &ec2.DetachVolumeInput{VolumeId: &id, Force: aws.Bool(true)}))
	b.clock.pass(time.Second)
	if v := b.volume(id); v.State != "available" {
		t.Errorf("%+v", v)
	}
}

func TestMultiAttach(t *testing.T) {
	b := newBench(t, "small")
	id := vol("13")
	if v := b.volume(id); len(v.Attachments) != 2 || !*v.MultiAttachEnabled {
		t.Fatalf("%+v", v)
	}
	_, err := b.ec2.DetachVolume(b.ctx, &ec2.DetachVolumeInput{VolumeId: &id})
	wantError(t, err, 400, "InvalidParameterCombination", "The parameter InstanceId must be specified for the volume '"+id+"', which has several attachments.")
	must[*ec2.AttachVolumeOutput](t)(b.ec2.AttachVolume(b.ctx, &ec2.AttachVolumeInput{VolumeId: &id, InstanceId: &web, Device: aws.String("/dev/sdg")}))
	must[*ec2.DetachVolumeOutput](t)(b.ec2.DetachVolume(b.ctx, &ec2.DetachVolumeInput{VolumeId: &id, InstanceId: &event}))
	b.clock.pass(time.Second)
	if v := b.volume(id); len(v.Attachments) != 2 || v.State != "in-use" {
		t.Errorf("%+v", v)
	}
}

func TestAVolumeOutlivesItsInstanceIfItIsKept(t *testing.T) {
	b := newBench(t, "small")
	must[*ec2.TerminateInstancesOutput](t)(b.ec2.TerminateInstances(b.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{event}}))
	b.clock.pass(time.Minute)
	if v := b.volume(vol("14")); v.State != "available" {
		t.Errorf("%+v", v)
	}
	if v := b.volume(vol("13")); v.State != "in-use" || len(v.Attachments) != 1 {
		t.Errorf("%+v", v)
	}
}

func TestVolumesAreModifiedFourTimesADay(t *testing.T) {
	b := newBench(t, "small")
	id := vol("11")
	grow := func(size int32) (*ec2.ModifyVolumeOutput, error) {
		return b.ec2.ModifyVolume(b.ctx, &ec2.ModifyVolumeInput{VolumeId: &id, Size: &size})
	}
	state := func() (types.VolumeModificationState, int64) {
		out := must[*ec2.DescribeVolumesModificationsOutput](t)(b.ec2.DescribeVolumesModifications(b.ctx, &ec2.DescribeVolumesModificationsInput{VolumeIds: []string{id}}))
		return out.VolumesModifications[0].ModificationState, *out.VolumesModifications[0].Progress
	}
	made := must[*ec2.ModifyVolumeOutput](t)(grow(21)).VolumeModification
	if made.ModificationState != "modifying" || *made.OriginalSize != 20 || *made.TargetSize != 21 || *b.volume(id).Size != 20 {
		t.Errorf("%+v", made)
	}
	_, err := grow(22)
	wantError(t, err, 400, "IncorrectModificationState", "The volume '"+id+"' cannot be modified in the modification state 'modifying'.")
	b.clock.pass(time.Second + 4*time.Second)
	if s, n := state(); s != "optimizing" || n != 40 || *b.volume(id).Size != 21 {
		t.Errorf("%s %d %%", s, n)
	}
	b.clock.pass(time.Minute)
	if s, n := state(); s != "completed" || n != 100 {
		t.Errorf("%s %d %%", s, n)
	}
	for size := int32(22); size <= 24; size++ {
		must[*ec2.ModifyVolumeOutput](t)(grow(size))
		b.clock.pass(time.Hour)
	}
	_, err = grow(25)
	wantError(t, err, 400, "VolumeModificationRateExceeded", "You've reached the maximum modification rate per volume limit. Wait at least 24 hours between the first and the fifth modification of an EBS volume.")
	b.clock.pass(21 * time.Hour)
	must[*ec2.ModifyVolumeOutput](t)(grow(25))
}

func TestVolumeStatusAndIO(t *testing.T) {
	b := newBench(t, "small")
	id := vol("16")
	status := func() types.VolumeStatusItem {
		return must[*ec2.DescribeVolumeStatusOutput](t)(b.ec2.DescribeVolumeStatus(b.ctx, &ec2.DescribeVolumeStatusInput{VolumeIds: []string{id}})).VolumeStatuses[0]
	}
	if s := status(); s.VolumeStatus.Status != "impaired" || *s.Actions[0].Code != "enable-volume-io" || *s.Events[0].EventType != "potential-data-inconsistency" {
		t.Errorf("%+v", s)
	}
	must[*ec2.EnableVolumeIOOutput](t)(b.ec2.EnableVolumeIO(b.ctx, &ec2.EnableVolumeIOInput{VolumeId: &id}))
	if s := status(); s.VolumeStatus.Status != "ok" || len(s.Actions)+len(s.Events) != 0 {
		t.Errorf("%+v", s)
	}
	for region, want := range map[string]bool{east: false, west: true} {
		if out := must[*ec2.GetEbsEncryptionByDefaultOutput](t)(b.in(region).GetEbsEncryptionByDefault(b.ctx, nil)); *out.EbsEncryptionByDefault != want {
			t.Errorf("%s: %v", region, *out.EbsEncryptionByDefault)
		}
	}
	made := must[*ec2.CreateVolumeOutput](t)(b.in(west).CreateVolume(b.ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String("eu-west-1a"), Size: aws.Int32(1)}))
	if !*made.Encrypted || !strings.HasSuffix(*made.KmsKeyId, "555555555555") {
		t.Errorf("%+v", made)
	}
}

func TestVolumeErrors(t *testing.T) {
	type create = ec2.CreateVolumeInput
	type attach = ec2.AttachVolumeInput
	made := func(change func(*create)) func(*bench) error {
		return func(b *bench) error {
			in := &create{AvailabilityZone: aws.String("us-east-1a"), Size: aws.Int32(10), VolumeType: types.VolumeTypeGp3}
			change(in)
			_, err := b.ec2.CreateVolume(b.ctx, in)
			return err
		}
	}
	attached := func(volume, instance, device string) func(*bench) error {
		return func(b *bench) error {
			_, err := b.ec2.AttachVolume(b.ctx, &attach{VolumeId: &volume, InstanceId: &instance, Device: &device})
			return err
		}
	}
	detached := func(in ec2.DetachVolumeInput) func(*bench) error {
		return func(b *bench) error { _, err := b.ec2.DetachVolume(b.ctx, &in); return err }
	}
	root := func(b *bench) string {
		return *must[*ec2.DescribeVolumesOutput](t)(b.ec2.DescribeVolumes(b.ctx, &ec2.DescribeVolumesInput{Filters: []types.Filter{
			{Name: aws.String("attachment.instance-id"), Values: []string{web}}, {Name: aws.String("attachment.device"), Values: []string{"/dev/xvda"}}}})).Volumes[0].VolumeId
	}
	free := vol("11")
	for name, test := range map[string]struct {
		do            func(*bench) error
		code, message string
	}{
		"a malformed id":   {attached("vol-x", web, "/dev/sdf"), "InvalidParameterValue", "Value (vol-x) for parameter volumeId is invalid. Expected: 'vol-...'."},
		"already attached": {attached(vol("14"), web, "/dev/sdz"), "VolumeInUse", vol("14") + " is already attached to an instance"},
		"in error":         {attached(vol("15"), web, "/dev/sdf"), "IncorrectState", vol("15") + " is not 'available'."},
		"to pending":       {attached(free, pending, "/dev/sdf"), "IncorrectState", "Instance '" + pending + "' is not 'running'."},
		"other zone":       {attached(vol("12"), web, "/dev/sdf"), "InvalidVolume.ZoneMismatch", "The volume '" + vol("12") + "' is not in the same availability zone as instance '" + web + "'"},
		"device used":      {attached(free, event, "/dev/xvdh"), "InvalidParameterValue", "Invalid value '/dev/xvdh' for unixDevice. Attachment point /dev/xvdh is already in use"},
		"device bad":       {attached(free, web, "/dev/sdf1"), "InvalidParameterValue", "Value (/dev/sdf1) for parameter device is invalid. /dev/sdf1 is not a valid EBS device name."},
		"linux to windows": {attached(free, windows, "/dev/xvdf"), "InvalidParameterValue", "Value (/dev/xvdf) for parameter device is invalid. /dev/xvdf is not a valid EBS device name."},
		"not attached":     {detached(ec2.DetachVolumeInput{VolumeId: &free}), "IncorrectState", "Volume '" + free + "' is in the 'available' state."},
		"other instance":   {detached(ec2.DetachVolumeInput{VolumeId: aws.String(vol("14")), InstanceId: &web}), "InvalidAttachment.NotFound", "The volume '" + vol("14") + "' is not attached to instance '" + web + "' as device ''."},
		"delete attached": {func(b *bench) error {
			_, err := b.ec2.DeleteVolume(b.ctx, &ec2.DeleteVolumeInput{VolumeId: aws.String(vol("14"))})
			return err
		}, "VolumeInUse", "Volume " + vol("14") + " is currently attached to " + event},
		"no size":           {made(func(in *create) { in.Size = nil }), "MissingParameter", "The request must contain the parameter size/snapshot"},
		"no zone":           {made(func(in *create) { in.AvailabilityZone = nil }), "MissingParameter", "The request must contain the parameter availabilityZone"},
		"unknown zone":      {made(func(in *create) { in.AvailabilityZone = aws.String("us-east-1z") }), "InvalidZone.NotFound", "The zone 'us-east-1z' does not exist."},
		"too large":         {made(func(in *create) { in.Size, in.VolumeType = aws.Int32(1025), "standard" }), "InvalidParameterValue", "Volume of 1025GiB is too large for volume type standard; maximum is 1024GiB"},
		"too small":         {made(func(in *create) { in.Size, in.VolumeType = aws.Int32(124), "st1" }), "InvalidParameterValue", "Volume of 124GiB is too small for volume type st1; minimum is 125GiB"},
		"unknown type":      {made(func(in *create) { in.VolumeType = "gp9" }), "UnknownVolumeType", "Unknown volume type 'gp9'"},
		"no iops":           {made(func(in *create) { in.VolumeType = "io1" }), "InvalidParameterCombination", "The parameter iops must be specified for io1 volumes."},
		"iops for gp2":      {made(func(in *create) { in.VolumeType, in.Iops = "gp2", aws.Int32(3000) }), "InvalidParameterCombination", "The parameter iops is not supported for gp2 volumes."},
		"iops for the size": {made(func(in *create) { in.VolumeType, in.Iops = "io1", aws.Int32(501) }), "InvalidParameterValue", "Iops to volume size ratio of 50.100000 is too high; maximum is 50.000000"},
		"throughput":        {made(func(in *create) { in.Throughput = aws.Int32(751) }), "InvalidParameterValue", "Throughput (MiBps) to iops ratio of 0.250333 is too high; maximum is 0.250000 MiBps per iops."},
		"pending snapshot":  {made(func(in *create) { in.SnapshotId, in.Size = aws.String(snap("15")), aws.Int32(500) }), "IncorrectState", "Snapshot is in invalid state - pending"},
		"smaller than its snapshot": {made(func(in *create) { in.SnapshotId = aws.String(snap("11")) }), "InvalidParameterValue",
			"Volume of 10GiB is smaller than snapshot '" + snap("11") + "', expect size >= 20GiB"},
		"a smaller size": {func(b *bench) error {
			_, err := b.ec2.ModifyVolume(b.ctx, &ec2.ModifyVolumeInput{VolumeId: &free, Size: aws.Int32(19)})
			return err
		}, "InvalidParameterValue", "New size cannot be smaller than existing size"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "small")
			wantError(t, test.do(b), 400, test.code, test.message)
		})
	}
	b := newBench(t, "small")
	id := root(b)
	_, err := b.ec2.DetachVolume(b.ctx, &ec2.DetachVolumeInput{VolumeId: &id})
	wantError(t, err, 400, "IncorrectState", "Unable to detach root volume '"+id+"' from instance '"+web+"'")
}

func TestAnInstanceIsFull(t *testing.T) {
	b := newBench(t, "small", func(c *ec2sim.Config) {
		r := &c.Fleet.Accounts[0].Regions[0]
		for d := 'b'; d <= 'z'; d++ { // with the root and an interface: 27 of 28
			r.Volumes = append(r.Volumes, ec2sim.VolumeSeed{Size: 1, Zone: "a", Device: "/dev/sd" + string(d), Instances: []string{"web-1"}})
		}
	})
	must[*ec2.AttachVolumeOutput](t)(b.ec2.AttachVolume(b.ctx, &ec2.AttachVolumeInput{VolumeId: aws.String(vol("11")), InstanceId: &web, Device: aws.String("/dev/xvdba")}))
	_, err := b.ec2.AttachVolume(b.ctx, &ec2.AttachVolumeInput{VolumeId: aws.String(vol("17")), InstanceId: &web, Device: aws.String("/dev/xvdbb")})
	wantError(t, err, 400, "AttachmentLimitExceeded", "Volume attachment limit exceeded for the instance '"+web+"' of type t3.micro.")
}
