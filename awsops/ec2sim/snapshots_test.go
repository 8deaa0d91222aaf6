package ec2sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (b *bench) snapshot(c *ec2.Client, id string) types.Snapshot {
	b.Helper()
	out, err := c.DescribeSnapshots(b.ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})
	if err != nil {
		b.Fatal(err)
	}
	if len(out.Snapshots) == 0 {
		return types.Snapshot{}
	}
	return out.Snapshots[0]
}

func TestTheLifeOfASnapshot(t *testing.T) {
	b := newBench(t, "small")
	made := must[*ec2.CreateSnapshotOutput](t)(b.ec2.CreateSnapshot(b.ctx, &ec2.CreateSnapshotInput{VolumeId: aws.String(vol("11")), Description: aws.String("by hand")}))
	id := *made.SnapshotId
	if made.State != "pending" || *made.Progress != "" || *made.VolumeSize != 20 || *made.OwnerId != "123456789012" || *made.Description != "by hand" {
		t.Errorf("%+v", made)
	}
	_, err := b.ec2.CreateSnapshot(b.ctx, &ec2.CreateSnapshotInput{VolumeId: aws.String(vol("11"))})
	wantError(t, err, 400, "SnapshotCreationPerVolumeRateExceeded", "The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.")
	b.clock.pass(1500 * time.Millisecond)
	if s := b.snapshot(b.ec2, id); s.State != "pending" || *s.Progress != "50%" {
		t.Errorf("%+v", s)
	}
	b.clock.pass(1500 * time.Millisecond)
	if s := b.snapshot(b.ec2, id); s.State != "completed" || *s.Progress != "100%" || s.CompletionTime == nil {
		t.Errorf("%+v", s)
	}
	b.clock.pass(12 * time.Second)
	must[*ec2.CreateSnapshotOutput](t)(b.ec2.CreateSnapshot(b.ctx, &ec2.CreateSnapshotInput{VolumeId: aws.String(vol("11"))}))
	must[*ec2.DeleteSnapshotOutput](t)(b.ec2.DeleteSnapshot(b.ctx, &ec2.DeleteSnapshotInput{SnapshotId: &id}))
	_, err = b.ec2.DescribeSnapshots(b.ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{id}})
	wantError(t, err, 400, "InvalidSnapshot.NotFound", "The snapshot '"+id+"' does not exist.")
	_, err = b.ec2.DeleteSnapshot(b.ctx, &ec2.DeleteSnapshotInput{SnapshotId: aws.String(snap("0a"))})
	wantError(t, err, 400, "InvalidSnapshot.InUse", "The snapshot "+snap("0a")+" is currently in use by ami-0aa00000000000006")
}

func TestACopyGoesToAnotherRegion(t *testing.T) {
	b := newBench(t, "small")
	there := b.in(west)
	made := must[*ec2.CopySnapshotOutput](t)(there.CopySnapshot(b.ctx, &ec2.CopySnapshotInput{SourceRegion: aws.String(east), SourceSnapshotId: aws.String(snap("11")), Description: aws.String("kept")}))
	b.clock.pass(3 * time.Second)
	s := b.snapshot(there, *made.SnapshotId)
	if s.State != "completed" || *s.VolumeId != "vol-ffffffff" || *s.VolumeSize != 20 || !*s.Encrypted || *s.Description != "kept" {
		t.Errorf("%+v", s)
	}
	made = must[*ec2.CopySnapshotOutput](t)(there.CopySnapshot(b.ctx, &ec2.CopySnapshotInput{SourceRegion: aws.String(east), SourceSnapshotId: aws.String(snap("11")), Encrypted: aws.Bool(true), KmsKeyId: aws.String("alias/none")}))
	b.clock.pass(3 * time.Second)
	if s := b.snapshot(there, *made.SnapshotId); s.State != "error" || *s.StateMessage != "Given key ID is not accessible" {
		t.Errorf("%+v", s)
	}
	for _, test := range []struct {
		change        func(*ec2.CopySnapshotInput)
		code, message string
	}{
		{func(in *ec2.CopySnapshotInput) { in.SourceRegion = aws.String("xx-north-9") }, "InvalidParameterValue", "Invalid source region 'xx-north-9'."},
		{func(in *ec2.CopySnapshotInput) { in.SourceSnapshotId = aws.String("snap-0fffffff") }, "InvalidSnapshot.NotFound", "The snapshot 'snap-0fffffff' does not exist."},
		{func(in *ec2.CopySnapshotInput) { in.SourceSnapshotId = aws.String(snap("15")) }, "IncorrectState", "Snapshot is in invalid state - pending"},
		{func(in *ec2.CopySnapshotInput) { in.CompletionDurationMinutes = aws.Int32(20) }, "InvalidParameterValue", "Value (20) for parameter CompletionDurationMinutes is invalid. Specify 15 to 2880 minutes, in steps of 15."},
		{func(in *ec2.CopySnapshotInput) { in.KmsKeyId = aws.String("alias/data") }, "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."},
	} {
		in := &ec2.CopySnapshotInput{SourceRegion: aws.String(east), SourceSnapshotId: aws.String(snap("11"))}
		test.change(in)
		_, err := there.CopySnapshot(b.ctx, in)
		wantError(t, err, 400, test.code, test.message)
	}
}

func TestWhoSeesASnapshot(t *testing.T) {
	b := newBench(t, "")
	accounts := b.sim.Accounts()
	production, staging := client(b.sim, accounts[0], east), client(b.sim, accounts[1], east)
	count := func(c *ec2.Client, in ec2.DescribeSnapshotsInput) (n int, names []string) {
		out := must[*ec2.DescribeSnapshotsOutput](t)(c.DescribeSnapshots(b.ctx, &in))
		for _, s := range out.Snapshots {
			names = append(names, *s.Description)
		}
		return len(out.Snapshots), names
	}
	self := ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}}
	own, _ := count(staging, self)
	seen, names := count(staging, ec2.DescribeSnapshotsInput{})
	if own != 5 && own == 0 || seen <= own || !slices.Contains(names, "anonymised copy for staging") || !slices.Contains(names, "published training data") {
		t.Errorf("%d own, %d seen: %v", own, seen, names)
	}
	if n, names := count(staging, ec2.DescribeSnapshotsInput{OwnerIds: []string{accounts[0].ID}, RestorableByUserIds: []string{"self"}}); n != 1 || names[0] != "anonymised copy for staging" {
		t.Errorf("shared with staging: %v", names)
	}
	if n, names := count(staging, ec2.DescribeSnapshotsInput{OwnerIds: []string{accounts[0].ID}, RestorableByUserIds: []string{"all"}}); n != 1 || names[0] != "published training data" {
		t.Errorf("public: %v", names)
	}
	if n, _ := count(staging, ec2.DescribeSnapshotsInput{OwnerIds: []string{"amazon"}}); n == 0 {
		t.Error("none of Amazon's")
	}
	private := must[*ec2.DescribeSnapshotsOutput](t)(production.DescribeSnapshots(b.ctx, &self)).Snapshots
	id := *private[slices.IndexFunc(private, func(s types.Snapshot) bool { return *s.Description == "nightly backup of db-01 /dev/sdf" })].SnapshotId
	if s := b.snapshot(staging, id); s.SnapshotId != nil {
		t.Errorf("staging sees %s", id)
	}
	_, err := staging.DescribeSnapshots(b.ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"ubuntu"}})
	wantError(t, err, 400, "InvalidUserID.Malformed", `Invalid user id: "ubuntu"`)
}

func TestSnapshotsComeInPages(t *testing.T) {
	b := newBench(t, "small", func(c *ec2sim.Config) {
		r := &c.Fleet.Accounts[0].Regions[0]
		r.Snapshots = append(r.Snapshots, ec2sim.SnapshotSeed{Name: "many-#", Volume: vol("11"), Count: 2000, Every: ec2sim.Age(time.Hour)})
	})
	for _, owners := range [][]string{{"self"}, nil} {
		seen := map[string]bool{}
		pages := ec2.NewDescribeSnapshotsPaginator(b.ec2, &ec2.DescribeSnapshotsInput{OwnerIds: owners, MaxResults: aws.Int32(700)})
		for pages.HasMorePages() {
			for _, s := range must[*ec2.DescribeSnapshotsOutput](t)(pages.NextPage(b.ctx)).Snapshots {
				seen[*s.SnapshotId] = true
			}
		}
		if own := 2008; len(seen) != own+map[bool]int{true: 4}[owners == nil] {
			t.Errorf("owners %v: %d", owners, len(seen))
		}
	}
	_, err := b.ec2.DescribeSnapshots(b.ctx, &ec2.DescribeSnapshotsInput{MaxResults: aws.Int32(4)})
	wantError(t, err, 400, "InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.")
	_, err = b.ec2.DescribeSnapshots(b.ctx, &ec2.DescribeSnapshotsInput{MaxResults: aws.Int32(5), SnapshotIds: []string{snap("11")}})
	wantError(t, err, 400, "InvalidParameterCombination", "The parameter snapshotIdsSet cannot be used with the parameter maxResults")
}

func TestSharing(t *testing.T) {
	b := newBench(t, "small")
	id := snap("11")
	modify := func(id string, change func(*ec2.ModifySnapshotAttributeInput)) error {
		in := &ec2.ModifySnapshotAttributeInput{SnapshotId: &id, Attribute: types.SnapshotAttributeNameCreateVolumePermission}
		change(in)
		_, err := b.ec2.ModifySnapshotAttribute(b.ctx, in)
		return err
	}
	shared := func() string {
		out := must[*ec2.DescribeSnapshotAttributeOutput](t)(b.ec2.DescribeSnapshotAttribute(b.ctx, &ec2.DescribeSnapshotAttributeInput{SnapshotId: &id, Attribute: types.SnapshotAttributeNameCreateVolumePermission}))
		s := ""
		for _, p := range out.CreateVolumePermissions {
			s += aws.ToString(p.UserId) + string(p.Group) + " "
		}
		return s
	}
	type in = ec2.ModifySnapshotAttributeInput
	if err := modify(id, func(in *in) {
		in.OperationType, in.UserIds, in.GroupNames = "add", []string{"210987654321"}, []string{"all"}
	}); err != nil || shared() != "all 210987654321 " {
		t.Errorf("%q %v", shared(), err)
	}
	if err := modify(id, func(in *in) {
		in.CreateVolumePermission = &types.CreateVolumePermissionModifications{Remove: []types.CreateVolumePermission{{Group: "all"}}}
	}); err != nil || shared() != "210987654321 " {
		t.Errorf("%q %v", shared(), err)
	}
	must[*ec2.ResetSnapshotAttributeOutput](t)(b.ec2.ResetSnapshotAttribute(b.ctx, &ec2.ResetSnapshotAttributeInput{SnapshotId: &id, Attribute: types.SnapshotAttributeNameCreateVolumePermission}))
	if shared() != "" {
		t.Errorf("%q", shared())
	}
	var many []string
	for n := range 501 {
		many = append(many, fmt.Sprintf("%012d", n))
	}
	one := types.CreateVolumePermission{Group: "all"}
	for name, test := range map[string]struct {
		err           error
		code, message string
	}{
		"default key": {modify(snap("13"), func(in *in) { in.UserIds = []string{"210987654321"} }), "OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared"},
		"encrypted":   {modify(snap("14"), func(in *in) { in.GroupNames = []string{"all"} }), "OperationNotPermitted", "Encrypted snapshots cannot be shared publicly"},
		"account":     {modify(id, func(in *in) { in.UserIds = []string{"1234"} }), "InvalidAMIAttributeItemValue", `Invalid attribute item value "1234" for userId item type.`},
		"group":       {modify(id, func(in *in) { in.GroupNames = []string{"some"} }), "InvalidAMIAttributeItemValue", `Invalid attribute item value "some" for group item type.`},
		"nothing":     {modify(id, func(*in) {}), "InvalidParameterCombination", "No attributes specified."},
		"both": {modify(id, func(in *in) {
			in.CreateVolumePermission = &types.CreateVolumePermissionModifications{Add: []types.CreateVolumePermission{one}, Remove: []types.CreateVolumePermission{one}}
		}), "InvalidParameterCombination", "Add and remove of createVolumePermission cannot be used in the same request."},
		"many":  {modify(id, func(in *in) { in.UserIds = many }), "InvalidParameterValue", "At most 500 create volume permissions can be changed in a request."},
		"other": {modify(id, func(in *in) { in.Attribute, in.GroupNames = "productCodes", []string{"all"} }), "InvalidParameterValue", "Value (productCodes) for parameter attribute is invalid. Unknown attribute."},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, test.err, 400, test.code, test.message) })
	}
	for region, want := range map[string]string{east: "unblocked", west: "block-all-sharing"} {
		out := must[*ec2.GetSnapshotBlockPublicAccessStateOutput](t)(b.in(region).GetSnapshotBlockPublicAccessState(b.ctx, nil))
		if string(out.State) != want {
			t.Errorf("%s: %s", region, out.State)
		}
	}
	dublin := snap("21")
	_, err := b.in(west).ModifySnapshotAttribute(b.ctx, &in{SnapshotId: &dublin, GroupNames: []string{"all"}})
	wantError(t, err, 400, "OperationNotPermitted", "Public sharing of snapshots is blocked for this account in this region (block-all-sharing).")
}
