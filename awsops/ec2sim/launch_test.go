package ec2sim_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops/ec2sim"
)

const rootSnapshot = "snap-0aa00000000000001"

func mapping(device string, ebs types.EbsBlockDevice) types.BlockDeviceMapping {
	return types.BlockDeviceMapping{DeviceName: &device, Ebs: &ebs}
}

func TestLaunchWithDevices(t *testing.T) {
	b := newBench(t, "small")
	in := runInput()
	in.BlockDeviceMappings = []types.BlockDeviceMapping{
		mapping("/dev/xvda", types.EbsBlockDevice{VolumeSize: aws.Int32(30), DeleteOnTermination: aws.Bool(false)}),
		mapping("/dev/sdf", types.EbsBlockDevice{SnapshotId: aws.String(rootSnapshot), DeleteOnTermination: aws.Bool(true)}),
		mapping("/dev/sdg", types.EbsBlockDevice{VolumeSize: aws.Int32(7), VolumeType: "st1"}),
		{DeviceName: aws.String("/dev/sdh"), VirtualName: aws.String("ephemeral0")},
	}
	in.KernelId, in.RamdiskId = aws.String("aki-0aa00001"), aws.String("ari-0aa00001")
	in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/web")}
	in.EbsOptimized = aws.Bool(true)
	out := must[*ec2.RunInstancesOutput](t)(b.ec2.RunInstances(b.ctx, in)).Instances[0]
	if aws.ToString(out.KernelId) != "aki-0aa00001" || aws.ToString(out.RamdiskId) != "ari-0aa00001" || !*out.EbsOptimized ||
		!strings.HasSuffix(aws.ToString(out.IamInstanceProfile.Arn), ":instance-profile/web") {
		t.Errorf("%+v", out)
	}
	want := map[string]struct {
		size     int32
		ends     bool
		snapshot string
	}{"/dev/xvda": {30, false, rootSnapshot}, "/dev/sdf": {8, true, rootSnapshot}, "/dev/sdg": {7, false, ""}}
	if len(out.BlockDeviceMappings) != len(want) {
		t.Fatalf("%d devices", len(out.BlockDeviceMappings))
	}
	for _, m := range out.BlockDeviceMappings {
		v := must[*ec2.DescribeVolumesOutput](t)(b.ec2.DescribeVolumes(b.ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{*m.Ebs.VolumeId}})).Volumes[0]
		w := want[*m.DeviceName]
		if *v.Size != w.size || *m.Ebs.DeleteOnTermination != w.ends || aws.ToString(v.SnapshotId) != w.snapshot {
			t.Errorf("%s: %d GiB, ends %t, of %q", *m.DeviceName, *v.Size, *m.Ebs.DeleteOnTermination, aws.ToString(v.SnapshotId))
		}
	}
}

func TestRefusalsOfDevices(t *testing.T) {
	devices := func(list ...types.BlockDeviceMapping) func(*bench) error {
		return run(func(in *ec2.RunInstancesInput) { in.BlockDeviceMappings = list })
	}
	seven := types.EbsBlockDevice{SnapshotId: aws.String(rootSnapshot), VolumeSize: aws.Int32(7)}
	runRefusals(t, "small", []refusal{
		{"smaller than its snapshot", devices(mapping("/dev/sdf", seven)), 400, "InvalidBlockDeviceMapping",
			"Volume of size 7GB is smaller than snapshot '" + rootSnapshot + "', expect size >= 8GB"},
		{"smaller than the image", devices(mapping("/dev/xvda", types.EbsBlockDevice{VolumeSize: aws.Int32(7)})), 400, "InvalidBlockDeviceMapping",
			"Volume of size 7GB is smaller than snapshot '" + rootSnapshot + "', expect size >= 8GB"},
		{"an unknown snapshot", devices(mapping("/dev/sdf", types.EbsBlockDevice{SnapshotId: aws.String("snap-0ffffffff")})), 400, "InvalidSnapshotID.Malformed",
			`Invalid id: "snap-0ffffffff" (expecting "snap-...")`},
		{"no such snapshot", devices(mapping("/dev/sdf", types.EbsBlockDevice{SnapshotId: aws.String("snap-0fffffff")})), 400, "InvalidSnapshot.NotFound",
			"The snapshot 'snap-0fffffff' does not exist."},
		{"a zone that is not the subnet's", run(func(in *ec2.RunInstancesInput) {
			in.SubnetId, in.Placement = aws.String("subnet-0aa00000000000011"), &types.Placement{AvailabilityZone: aws.String("us-east-1b")}
		}), 400, "InvalidParameterValue", "Invalid availability zone: [us-east-1b]. The subnet 'subnet-0aa00000000000011' is in us-east-1a"},
	})
}

func TestAttributesThatNeedAStop(t *testing.T) {
	word := func(v string) *types.AttributeValue { return &types.AttributeValue{Value: &v} }
	on := &types.AttributeBooleanValue{Value: aws.Bool(true)}
	for name, in := range map[string]ec2.ModifyInstanceAttributeInput{
		"instanceType":    {InstanceType: word("m5.large")},
		"kernel":          {Kernel: word("aki-0aa00001")},
		"ramdisk":         {Ramdisk: word("ari-0aa00001")},
		"userData":        {UserData: &types.SecureBlobAttributeValue{Value: []byte("#!/bin/sh")}},
		"ebsOptimized":    {EbsOptimized: on},
		"enaSupport":      {EnaSupport: on},
		"sriovNetSupport": {SriovNetSupport: word("simple")},
		"enclaveOptions":  {EnclaveOptions: &types.EnclaveOptionsRequest{Enabled: aws.Bool(true)}},
	} {
		b := newBench(t, "small")
		in.InstanceId = &web
		wantError(t, modify(in)(b), 400, "IncorrectInstanceState", "The instance '"+web+"' is not in the 'stopped' state.")
		in.InstanceId = &stopped
		if err := modify(in)(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := attribute(stopped, name)(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestModifiedAttributes(t *testing.T) {
	b := newBench(t, "small")
	word := func(v string) *types.AttributeValue { return &types.AttributeValue{Value: &v} }
	do := func(in ec2.ModifyInstanceAttributeInput) {
		t.Helper()
		if err := modify(in)(b); err != nil {
			t.Error(err)
		}
	}
	do(ec2.ModifyInstanceAttributeInput{InstanceId: &stopped, InstanceType: word("m5.large")})
	do(ec2.ModifyInstanceAttributeInput{InstanceId: &stopped, UserData: &types.SecureBlobAttributeValue{Value: []byte("#!/bin/sh")}})
	do(ec2.ModifyInstanceAttributeInput{InstanceId: &web, InstanceInitiatedShutdownBehavior: word("terminate")})
	do(ec2.ModifyInstanceAttributeInput{InstanceId: &web, SourceDestCheck: &types.AttributeBooleanValue{Value: aws.Bool(false)}})
	do(ec2.ModifyInstanceAttributeInput{InstanceId: &web, Groups: ids("sg-0aa00000000000021")})
	do(ec2.ModifyInstanceAttributeInput{InstanceId: &protected, BlockDeviceMappings: []types.InstanceBlockDeviceMappingSpecification{
		{DeviceName: aws.String("/dev/sdf"), Ebs: &types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: aws.Bool(true)}}}})
	if got := b.instance(stopped).InstanceType; got != "m5.large" {
		t.Error(got)
	}
	data := must[*ec2.DescribeInstanceAttributeOutput](t)(b.ec2.DescribeInstanceAttribute(b.ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &stopped, Attribute: "userData"}))
	if raw, _ := base64.StdEncoding.DecodeString(*data.UserData.Value); string(raw) != "#!/bin/sh" {
		t.Errorf("%q", raw)
	}
	in := b.instance(web)
	if *in.SourceDestCheck || len(in.SecurityGroups) != 1 || *in.SecurityGroups[0].GroupName != "db" || *in.NetworkInterfaces[0].Groups[0].GroupName != "db" {
		t.Errorf("%+v", in)
	}
	if m := b.instance(protected).BlockDeviceMappings[1]; *m.DeviceName != "/dev/sdf" || !*m.Ebs.DeleteOnTermination {
		t.Errorf("%+v", m)
	}
}

func TestRefusalsOfNewAttributes(t *testing.T) {
	type input = ec2.ModifyInstanceAttributeInput
	word := func(v string) *types.AttributeValue { return &types.AttributeValue{Value: &v} }
	runRefusals(t, "small", []refusal{
		{"an unknown type", modify(input{InstanceId: &stopped, InstanceType: word("z9.huge")}), 400, "InvalidInstanceAttributeValue", "Invalid value 'z9.huge' for InstanceType."},
		{"an unknown group", modify(input{InstanceId: &web, Groups: ids("sg-0ffffffff")}), 400, "InvalidGroupId.Malformed", `Invalid id: "sg-0ffffffff" (expecting "sg-...")`},
		{"no such group", modify(input{InstanceId: &web, Groups: ids("sg-0fffffff")}), 400, "InvalidGroup.NotFound", "The security group 'sg-0fffffff' does not exist"},
		{"a group of another VPC", modify(input{InstanceId: &web, Groups: ids("sg-0aa00000000000031")}), 400, "InvalidGroup.NotFound",
			"The security group 'sg-0aa00000000000031' does not exist in VPC 'vpc-0aa00000000000001'"},
		{"several interfaces", modify(input{InstanceId: &twoENI, Groups: ids("sg-0aa00000000000011")}), 400, "InvalidInstanceID",
			"There are multiple interfaces attached to instance '" + twoENI + "'. Please specify an interface ID for the operation instead."},
		{"what cannot be changed", modify(input{InstanceId: &web, Attribute: "rootDeviceName", Value: aws.String("x")}), 400, "UnsupportedOperation",
			"The attribute 'rootDeviceName' cannot be modified."},
	})
}

func TestFleetsOfLaunchTemplatesAreChecked(t *testing.T) {
	const head = `{"images": [{"key": "a"}], "accounts": [{"profile": "p", "id": "123456789012", "accessKeyId": "k", "secretAccessKey": "s", "regions": [{"name": "us-east-1", "zones": [{"name": "us-east-1a", "id": "use1-az1"}], "launchTemplates": [`
	for template, says := range map[string]string{
		`{"name": "x"}`:      "launchTemplates[0].versions: at least one is needed",
		`{"versions": [{}]}`: "launchTemplates[0].name: must not be empty",
		`{"name": "x", "id": "lt-1", "versions": [{}]}`:       `launchTemplates[0].id: "lt-1" is not lt- and 8 or 17 lower-case hex digits`,
		`{"name": "x", "default": 2, "versions": [{}]}`:       "launchTemplates[0].default: there is no version 2",
		`{"name": "x", "versions": [{"httpTokens": "some"}]}`: `versions[0].httpTokens: "some" is not one of optional, required`,
	} {
		if _, err := ec2sim.ReadFleet(strings.NewReader(head + template + "]}]}]}")); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", template, err)
		}
	}
	f, err := ec2sim.ReadFleet(strings.NewReader(head + `{"name": "x", "versions": [{"groups": ["nobody"]}]}` + "]}]}]}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = ec2sim.New(ec2sim.Config{Fleet: f}); err == nil || !strings.Contains(err.Error(), `launch template x: version 1: no group "nobody"`) {
		t.Error(err)
	}
}
