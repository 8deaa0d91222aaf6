package ec2sim_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

func ami(n string) string { return "ami-0aa000000000000" + n }

func (b *bench) images(c *ec2.Client, in ec2.DescribeImagesInput) (ids []string, found []types.Image) {
	b.Helper()
	out, err := c.DescribeImages(b.ctx, &in)
	if err != nil {
		b.Fatal(err)
	}
	for _, i := range out.Images {
		ids = append(ids, *i.ImageId)
	}
	return ids, out.Images
}

func TestTheLifeOfAnImage(t *testing.T) {
	b := newBench(t, "small")
	made := must[*ec2.CreateImageOutput](t)(b.ec2.CreateImage(b.ctx, &ec2.CreateImageInput{InstanceId: aws.String(protected), Name: aws.String("baked"), BlockDeviceMappings: []types.BlockDeviceMapping{
		{DeviceName: aws.String("/dev/sdf"), Ebs: &types.EbsBlockDevice{DeleteOnTermination: aws.Bool(true)}}, {DeviceName: aws.String("/dev/sdz"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(3)}}}}))
	id := *made.ImageId
	_, found := b.images(b.ec2, ec2.DescribeImagesInput{ImageIds: []string{id}})
	img := found[0]
	if img.State != "pending" || *img.OwnerId != "123456789012" || *img.SourceInstanceId != protected || len(img.BlockDeviceMappings) != 3 || !*img.BlockDeviceMappings[1].Ebs.DeleteOnTermination || *img.BlockDeviceMappings[1].Ebs.VolumeSize != 100 {
		t.Errorf("%+v", img)
	}
	_, err := b.ec2.RunInstances(b.ctx, &ec2.RunInstancesInput{ImageId: &id, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: "t3.micro"})
	wantError(t, err, 400, "InvalidAMIID.Unavailable", "The image ID '"+id+"' is no longer available")
	if checks := b.checksOf(protected); checks != "initializing" {
		t.Errorf("not rebooted: %s", checks)
	}
	b.clock.pass(3 * time.Second)
	snapshots := []string{*img.BlockDeviceMappings[0].Ebs.SnapshotId, *img.BlockDeviceMappings[1].Ebs.SnapshotId}
	if s := b.snapshot(b.ec2, snapshots[1]); s.State != "completed" || *s.Description != "Created by CreateImage("+protected+") for "+id {
		t.Errorf("%+v", s)
	}
	run := must[*ec2.RunInstancesOutput](t)(b.ec2.RunInstances(b.ctx, &ec2.RunInstancesInput{ImageId: &id, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: "t3.micro"}))
	b.clock.pass(3 * time.Second)
	out := must[*ec2.DescribeInstancesOutput](t)(b.ec2.DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{*run.Instances[0].InstanceId}}))
	if n := len(out.Reservations[0].Instances[0].BlockDeviceMappings); n != 3 {
		t.Errorf("%d volumes", n)
	}
	_, err = b.ec2.DeleteSnapshot(b.ctx, &ec2.DeleteSnapshotInput{SnapshotId: &snapshots[1]})
	wantError(t, err, 400, "InvalidSnapshot.InUse", "The snapshot "+snapshots[1]+" is currently in use by "+id)
	gone := must[*ec2.DeregisterImageOutput](t)(b.ec2.DeregisterImage(b.ctx, &ec2.DeregisterImageInput{ImageId: &id, DeleteAssociatedSnapshots: aws.Bool(true)}))
	if len(gone.DeleteSnapshotResults) != 3 || gone.DeleteSnapshotResults[0].ReturnCode != "success" || b.count(snapshots[0]) != 0 {
		t.Errorf("%+v", gone.DeleteSnapshotResults)
	}
	if _, found := b.images(b.ec2, ec2.DescribeImagesInput{ImageIds: []string{id}}); found[0].State != "deregistered" {
		t.Errorf("%+v", found)
	}
	_, err = b.ec2.ResetImageAttribute(b.ctx, &ec2.ResetImageAttributeInput{ImageId: &id, Attribute: "launchPermission"})
	wantError(t, err, 400, "InvalidAMIID.Unavailable", "The image ID '"+id+"' is no longer available")
	b.clock.pass(5 * time.Second)
	if ids, _ := b.images(b.ec2, ec2.DescribeImagesInput{ImageIds: []string{id}}); len(ids) != 0 {
		t.Errorf("still listed: %v", ids)
	}
	b.clock.pass(5 * time.Second)
	_, err = b.ec2.DescribeImages(b.ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	wantError(t, err, 400, "InvalidAMIID.NotFound", "The image id '["+id+"]' does not exist")
}

// count is how many snapshots of an id there are.
func (b *bench) count(id string) int {
	out, err := b.ec2.DescribeSnapshots(b.ctx, &ec2.DescribeSnapshotsInput{Filters: []types.Filter{{Name: aws.String("snapshot-id"), Values: []string{id}}}})
	if err != nil {
		b.Fatal(err)
	}
	return len(out.Snapshots)
}

func (b *bench) checksOf(instance string) string {
	out, err := b.ec2.DescribeInstanceStatus(b.ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{instance}})
	if err != nil || len(out.InstanceStatuses) != 1 {
		b.Fatal(out, err)
	}
	return string(out.InstanceStatuses[0].InstanceStatus.Status)
}

func TestAnImageIsMadeWithoutAReboot(t *testing.T) {
	b := newBench(t, "small")
	must[*ec2.CreateImageOutput](t)(b.ec2.CreateImage(b.ctx, &ec2.CreateImageInput{InstanceId: aws.String(web), Name: aws.String("hot"), NoReboot: aws.Bool(true)}))
	if checks := b.checksOf(web); checks != "ok" {
		t.Errorf("rebooted: %s", checks)
	}
	_, err := b.ec2.CreateImage(b.ctx, &ec2.CreateImageInput{InstanceId: aws.String(web), Name: aws.String("hot")})
	wantCode(t, err, "InvalidAMIName.Duplicate")
	for name, test := range map[string]struct{ instance, name, code string }{
		"a short name": {web, "ab", "InvalidAMIName.Malformed"}, "a pending instance": {pending, "abc", "IncorrectState"}, "an instance store": {store, "abc", "InvalidParameterValue"},
		"no instance": {unknown, "abc", "InvalidInstanceID.NotFound"}, "no id": {"i-1", "abc", "InvalidInstanceID.Malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.ec2.CreateImage(b.ctx, &ec2.CreateImageInput{InstanceId: &test.instance, Name: &test.name})
			wantCode(t, err, test.code)
		})
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := codeOf(err); got != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func TestWhichImagesAreListed(t *testing.T) {
	b := newBench(t, "small")
	for name, test := range map[string]struct {
		in   ec2.DescribeImagesInput
		want []string
	}{
		"own":                  {ec2.DescribeImagesInput{Owners: []string{"self"}}, []string{ami("06"), ami("07"), ami("08"), ami("09")}},
		"by account":           {ec2.DescribeImagesInput{Owners: []string{"123456789012"}, Filters: []types.Filter{{Name: aws.String("state"), Values: []string{"failed"}}}}, []string{ami("08")}},
		"Amazon's for Windows": {ec2.DescribeImagesInput{Owners: []string{"amazon"}, Filters: []types.Filter{{Name: aws.String("platform"), Values: []string{"windows"}}}}, []string{ami("03")}},
		"public and own":       {ec2.DescribeImagesInput{Owners: []string{"self"}, ExecutableUsers: []string{"all"}}, []string{ami("09")}},
		"for another":          {ec2.DescribeImagesInput{ExecutableUsers: []string{"333344445555"}}, []string{ami("07")}},
		"by tag":               {ec2.DescribeImagesInput{Filters: []types.Filter{{Name: aws.String("tag:Env"), Values: []string{"t*"}}}}, []string{ami("07")}},
		"all":                  {ec2.DescribeImagesInput{}, []string{ami("01"), ami("02"), ami("03"), ami("04"), ami("06"), ami("07"), ami("08"), ami("09")}},
	} {
		t.Run(name, func(t *testing.T) {
			ids, _ := b.images(b.ec2, test.in)
			if slices.Sort(ids); !slices.Equal(ids, test.want) {
				t.Errorf("%v, want %v", ids, test.want)
			}
		})
	}
	page := must[*ec2.DescribeImagesOutput](t)(b.ec2.DescribeImages(b.ctx, &ec2.DescribeImagesInput{MaxResults: aws.Int32(3)}))
	rest := must[*ec2.DescribeImagesOutput](t)(b.ec2.DescribeImages(b.ctx, &ec2.DescribeImagesInput{MaxResults: aws.Int32(1000), NextToken: page.NextToken}))
	if len(page.Images) != 3 || len(rest.Images) != 5 || rest.NextToken != nil {
		t.Errorf("%d and %d", len(page.Images), len(rest.Images))
	}
	_, err := b.ec2.DescribeImages(b.ctx, &ec2.DescribeImagesInput{Owners: []string{"ubuntu"}})
	wantError(t, err, 400, "InvalidUserID.Malformed", `Invalid user id: "ubuntu"`)
	_, err = b.ec2.DescribeImages(b.ctx, &ec2.DescribeImagesInput{ImageIds: []string{ami("06")}, MaxResults: aws.Int32(5)})
	wantError(t, err, 400, "InvalidParameterCombination", "The parameter imageIdsSet cannot be used with the parameter maxResults")
}

func TestSharingAnImage(t *testing.T) {
	b := newBench(t, "")
	accounts := b.sim.Accounts()
	production, staging := client(b.sim, accounts[0], east), client(b.sim, accounts[1], east)
	own, _ := b.images(production, ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: []types.Filter{{Name: aws.String("name"), Values: []string{"web-nightly-001", "partner-*"}}}})
	nightly, partner := own[0], own[1]
	if got, _ := b.images(staging, ec2.DescribeImagesInput{Owners: []string{accounts[0].ID}}); !slices.Contains(got, partner) || slices.Contains(got, nightly) {
		t.Errorf("%v", got)
	}
	change := func(add bool, p types.LaunchPermission) error {
		m := &types.LaunchPermissionModifications{Remove: []types.LaunchPermission{p}}
		if add {
			m = &types.LaunchPermissionModifications{Add: []types.LaunchPermission{p}}
		}
		_, err := production.ModifyImageAttribute(b.ctx, &ec2.ModifyImageAttributeInput{ImageId: &nightly, LaunchPermission: m})
		return err
	}
	organization := "arn:aws:organizations::111122223333:organization/o-123example"
	for _, p := range []types.LaunchPermission{{UserId: &accounts[1].ID}, {Group: "all"}, {OrganizationArn: &organization}} {
		if err := change(true, p); err != nil {
			t.Fatal(err)
		}
	}
	got := must[*ec2.DescribeImageAttributeOutput](t)(production.DescribeImageAttribute(b.ctx, &ec2.DescribeImageAttributeInput{ImageId: &nightly, Attribute: "launchPermission"}))
	if len(got.LaunchPermissions) != 3 || got.LaunchPermissions[0].Group != "all" || *got.LaunchPermissions[1].UserId != accounts[1].ID || *got.LaunchPermissions[2].OrganizationArn != organization {
		t.Errorf("%+v", got.LaunchPermissions)
	}
	_, err := staging.DeregisterImage(b.ctx, &ec2.DeregisterImageInput{ImageId: &nightly})
	wantError(t, err, 400, "AuthFailure", "Not authorized for image:"+nightly)
	must[*ec2.ResetImageAttributeOutput](t)(production.ResetImageAttribute(b.ctx, &ec2.ResetImageAttributeInput{ImageId: &nightly, Attribute: "launchPermission"}))
	_, err = staging.DeregisterImage(b.ctx, &ec2.DeregisterImageInput{ImageId: &nightly})
	wantError(t, err, 400, "InvalidAMIID.NotFound", "The image id '["+nightly+"]' does not exist")
	bad := "12"
	wantError(t, change(true, types.LaunchPermission{UserId: &bad}), 400, "InvalidAMIAttributeItemValue", `Invalid attribute item value "12" for userId item type.`)
	_, err = production.DescribeImageAttribute(b.ctx, &ec2.DescribeImageAttributeInput{ImageId: &nightly, Attribute: "blockDeviceMapping"})
	wantError(t, err, 400, "AuthFailure", "Unauthorized attempt to access restricted resource")
}

func TestWhatCannotBeDoneToAnImage(t *testing.T) {
	b := newBench(t, "small")
	ireland := b.in(west)
	state := must[*ec2.GetImageBlockPublicAccessStateOutput](t)(ireland.GetImageBlockPublicAccessState(b.ctx, &ec2.GetImageBlockPublicAccessStateInput{}))
	if *state.ImageBlockPublicAccessState != "block-new-sharing" || state.ManagedBy != "account" {
		t.Errorf("%+v", state)
	}
	public := &types.LaunchPermissionModifications{Add: []types.LaunchPermission{{Group: "all"}}}
	value := func(s string) *types.AttributeValue { return &types.AttributeValue{Value: &s} }
	id := func(n string) *string { s := ami(n); return &s }
	for name, test := range map[string]struct {
		err  error
		code string
	}{
		"public with an encrypted snapshot": {second(ireland.ModifyImageAttribute(b.ctx, &ec2.ModifyImageAttributeInput{ImageId: id("0a"), LaunchPermission: public})), "OperationNotPermitted"},
		"another version of IMDS":           {second(b.ec2.ModifyImageAttribute(b.ctx, &ec2.ModifyImageAttributeInput{ImageId: id("06"), ImdsSupport: value("v1.0")})), "InvalidParameterValue"},
		"a product code":                    {second(b.ec2.ModifyImageAttribute(b.ctx, &ec2.ModifyImageAttributeInput{ImageId: id("06"), ProductCodes: []string{"774F4FF8"}})), "UnsupportedOperation"},
		"another's image":                   {second(b.ec2.ModifyImageAttribute(b.ctx, &ec2.ModifyImageAttributeInput{ImageId: id("01"), Description: value("mine")})), "AuthFailure"},
		"a deregistered one":                {second(b.ec2.RunInstances(b.ctx, &ec2.RunInstancesInput{ImageId: id("05"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})), "InvalidAMIID.Unavailable"},
		"a protected one":                   {second(b.ec2.DeregisterImage(b.ctx, &ec2.DeregisterImageInput{ImageId: id("09")})), "OperationNotPermitted"},
		"product codes reset":               {second(b.ec2.ResetImageAttribute(b.ctx, &ec2.ResetImageAttributeInput{ImageId: id("06"), Attribute: "productCodes"})), "InvalidRequest"},
		"a bad manifest":                    {second(b.ec2.RegisterImage(b.ctx, &ec2.RegisterImageInput{Name: aws.String("abc"), ImageLocation: aws.String("bucket/image.xml")})), "InvalidManifest"},
		"a manifest that is private":        {second(b.ec2.RegisterImage(b.ctx, &ec2.RegisterImageInput{Name: aws.String("abc"), ImageLocation: aws.String("private-x/a.manifest.xml")})), "InvalidManifest"},
		"no source":                         {second(b.ec2.RegisterImage(b.ctx, &ec2.RegisterImageInput{Name: aws.String("abc")})), "MissingParameter"},
		"no such id":                        {second(b.ec2.DeregisterImage(b.ctx, &ec2.DeregisterImageInput{ImageId: aws.String("ami-1")})), "InvalidAMIID.Malformed"},
		"a copy from nowhere":               {second(b.ec2.CopyImage(b.ctx, &ec2.CopyImageInput{Name: aws.String("abc"), SourceImageId: id("06"), SourceRegion: aws.String("xx-north-1")})), "InvalidParameterValue"},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, test.err, test.code) })
	}
}

func second[T any](_ T, err error) error { return err }

func TestACopyOfAnImage(t *testing.T) {
	b := newBench(t, "small")
	there := b.in(west)
	in := &ec2.CopyImageInput{Name: aws.String("copied"), SourceImageId: aws.String(ami("07")), SourceRegion: aws.String(east), CopyImageTags: aws.Bool(true), ClientToken: aws.String("once")}
	made := must[*ec2.CopyImageOutput](t)(there.CopyImage(b.ctx, in))
	if again := must[*ec2.CopyImageOutput](t)(there.CopyImage(b.ctx, in)); *again.ImageId != *made.ImageId {
		t.Errorf("twice: %s", *again.ImageId)
	}
	b.clock.pass(3 * time.Second)
	_, found := b.images(there, ec2.DescribeImagesInput{ImageIds: []string{*made.ImageId}})
	i := found[0]
	if i.State != "available" || *i.SourceImageId != ami("07") || *i.SourceImageRegion != east || len(i.Tags) != 2 || !*i.BlockDeviceMappings[0].Ebs.Encrypted || *i.Public {
		t.Errorf("%+v", i)
	}
	bad := must[*ec2.CopyImageOutput](t)(there.CopyImage(b.ctx, &ec2.CopyImageInput{Name: aws.String("failing"), SourceImageId: aws.String(ami("07")), SourceRegion: aws.String(east), Encrypted: aws.Bool(true), KmsKeyId: aws.String("alias/none")}))
	b.clock.pass(3 * time.Second)
	if _, found := b.images(there, ec2.DescribeImagesInput{ImageIds: []string{*bad.ImageId}}); found[0].State != "failed" || fmt.Sprint(*found[0].StateReason.Message) != "Given key ID is not accessible" {
		t.Errorf("%+v", found)
	}
}

func TestRegisteringImages(t *testing.T) {
	b := newBench(t, "small")
	made := must[*ec2.RegisterImageOutput](t)(b.ec2.RegisterImage(b.ctx, &ec2.RegisterImageInput{Name: aws.String("from-snapshot"), RootDeviceName: aws.String("/dev/xvda"), Architecture: "x86_64", VirtualizationType: aws.String("hvm"),
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{SnapshotId: aws.String(snap("11"))}}}}))
	bundle := must[*ec2.RegisterImageOutput](t)(b.ec2.RegisterImage(b.ctx, &ec2.RegisterImageInput{Name: aws.String("from-bundle"), ImageLocation: aws.String("bucket/a/image.manifest.xml")}))
	b.clock.pass(3 * time.Second)
	_, found := b.images(b.ec2, ec2.DescribeImagesInput{ImageIds: []string{*made.ImageId, *bundle.ImageId}})
	one, two := found[0], found[1]
	if one.RootDeviceType != "ebs" || *one.BlockDeviceMappings[0].Ebs.VolumeSize != 20 || one.State != "available" {
		t.Errorf("%+v", one)
	}
	if two.RootDeviceType != "instance-store" || two.Architecture != "i386" || two.VirtualizationType != "paravirtual" || *two.ImageLocation != "bucket/a/image.manifest.xml" {
		t.Errorf("%+v", two)
	}
}

// bundling is a fleet as it was when Windows instances had instance stores.
func TestOthersImagesComeInPages(t *testing.T) {
	b := newBench(t, "small", func(c *ec2sim.Config) {
		c.Fleet.Images = append(c.Fleet.Images, ec2sim.ImageSeed{Key: "series", Name: "series-#", Count: 25}, ec2sim.ImageSeed{Key: "arm", Name: "series-arm-#", Architecture: "arm64", Count: 7})
	})
	in := ec2.DescribeImagesInput{Owners: []string{"amazon"}, MaxResults: aws.Int32(10), Filters: []types.Filter{{Name: aws.String("name"), Values: []string{"series-0*", "?eries-arm-*"}}, {Name: aws.String("is-public"), Values: []string{"true"}}}}
	var pages []int
	seen := map[string]bool{}
	for {
		out := must[*ec2.DescribeImagesOutput](t)(b.ec2.DescribeImages(b.ctx, &in))
		pages = append(pages, len(out.Images))
		for _, i := range out.Images {
			seen[*i.Name] = true
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
		other := in
		other.Owners = []string{"self"}
		_, err := b.ec2.DescribeImages(b.ctx, &other)
		wantError(t, err, 400, "InvalidParameterValue", "Unable to parse pagination token")
	}
	if !slices.Equal(pages, []int{10, 10, 10, 2}) || len(seen) != 32 {
		t.Errorf("pages of %v, %d images", pages, len(seen))
	}
}

func bundling(f *ec2sim.Fleet) {
	f.LegacyBundles = true
	f.Images = append(f.Images, ec2sim.ImageSeed{Key: "old-windows", Name: "Windows-2008-s3", Platform: "windows", RootDeviceType: "instance-store", RootDeviceName: "/dev/sda1"})
	r := &f.Accounts[0].Regions[0]
	r.Instances = append(r.Instances, ec2sim.InstanceSeed{ID: "i-0aa000000000000b1", Name: "bundled-1", Type: "m3.medium", Image: "old-windows"})
	r.BundleTasks = []ec2sim.BundleSeed{{ID: "bun-0aa00001", Instance: "i-0aa000000000000b1", Bucket: "b", Prefix: "p"}}
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
