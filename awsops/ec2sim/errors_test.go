package ec2sim_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func ids(n ...string) []string { return n }

// refusal is a call that fails, with the answer word for word.
type refusal struct {
	name          string
	call          func(b *bench) error
	status        int
	code, message string
}

// The calls, each reduced to its error.
func start(ids ...string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.StartInstances(b.ctx, &ec2.StartInstancesInput{InstanceIds: ids})
		return err
	}
}

func stop(in ec2.StopInstancesInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.StopInstances(b.ctx, &in); return err }
}

func reboot(ids ...string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.RebootInstances(b.ctx, &ec2.RebootInstancesInput{InstanceIds: ids})
		return err
	}
}

func terminate(ids ...string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.TerminateInstances(b.ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
		return err
	}
}

func describe(in ec2.DescribeInstancesInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.DescribeInstances(b.ctx, &in); return err }
}

func describeVolumes(in ec2.DescribeVolumesInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.DescribeVolumes(b.ctx, &in); return err }
}

func describeGroups(in ec2.DescribeSecurityGroupsInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.DescribeSecurityGroups(b.ctx, &in); return err }
}

func status(in ec2.DescribeInstanceStatusInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.DescribeInstanceStatus(b.ctx, &in); return err }
}

func attribute(id, name string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.DescribeInstanceAttribute(b.ctx, &ec2.DescribeInstanceAttributeInput{
			InstanceId: &id, Attribute: types.InstanceAttributeName(name)})
		return err
	}
}

func modify(in ec2.ModifyInstanceAttributeInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.ModifyInstanceAttribute(b.ctx, &in); return err }
}

func run(edit func(*ec2.RunInstancesInput)) func(*bench) error {
	return func(b *bench) error {
		in := runInput()
		edit(in)
		_, err := b.ec2.RunInstances(b.ctx, in)
		return err
	}
}

func runInput() *ec2.RunInstancesInput {
	return &ec2.RunInstancesInput{ImageId: aws.String("ami-0aa00000000000001"), InstanceType: "t3.micro",
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}
}

func runRefusals(t *testing.T, fleetName string, cases []refusal) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, fleetName)
			before := b.everything()
			wantError(t, tc.call(b), tc.status, tc.code, tc.message)
			if after := b.everything(); after != before {
				t.Errorf("a refused call changed something:\n%s\n%s", before, after)
			}
		})
	}
}

// everything is the state of all instances in one string.
func (b *bench) everything() string {
	b.Helper()
	out := must[*ec2.DescribeInstancesOutput](b.T)(b.ec2.DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{}))
	s := ""
	for _, r := range out.Reservations {
		for _, in := range r.Instances {
			s += *in.InstanceId + string(in.State.Name) + string(in.Monitoring.State) + in.LaunchTime.String() + "\n"
		}
	}
	return s
}

func TestRefusalsOfIDs(t *testing.T) {
	many := make([]string, 101)
	for i := range many {
		many[i] = web
	}
	runRefusals(t, "small", []refusal{
		{"unknown id", describe(ec2.DescribeInstancesInput{InstanceIds: ids(web, unknown)}), 400,
			"InvalidInstanceID.NotFound", "The instance ID '" + unknown + "' does not exist"},
		{"unknown ids", describe(ec2.DescribeInstancesInput{InstanceIds: ids(unknown, web, unknown2, unknown)}), 400,
			"InvalidInstanceID.NotFound", "The instance IDs '" + unknown + ", " + unknown2 + "' do not exist"},
		{"malformed id before unknown ones", describe(ec2.DescribeInstancesInput{InstanceIds: ids(unknown, "i-xyz")}), 400,
			"InvalidInstanceID.Malformed", `Invalid id: "i-xyz" (expecting "i-...")`},
		{"upper case", start("i-0AA00000000000001"), 400,
			"InvalidInstanceID.Malformed", `Invalid id: "i-0AA00000000000001" (expecting "i-...")`},
		{"eight digits are well formed", start("i-0aa00001"), 400,
			"InvalidInstanceID.NotFound", "The instance ID 'i-0aa00001' does not exist"},
		{"start names the first failing one and starts none", start(stopped, unknown), 400,
			"InvalidInstanceID.NotFound", "The instance ID '" + unknown + "' does not exist"},
		{"no ids", start([]string{}...), 400, "MissingParameter", "The request must contain the parameter InstanceId"},
		{"ids with MaxResults", describe(ec2.DescribeInstancesInput{InstanceIds: ids(web), MaxResults: aws.Int32(5)}), 400,
			"InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults"},
		{"status ids with MaxResults", status(ec2.DescribeInstanceStatusInput{InstanceIds: ids(web), MaxResults: aws.Int32(5)}), 400,
			"InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults"},
		{"status of too many", status(ec2.DescribeInstanceStatusInput{InstanceIds: many}), 400,
			"InvalidParameterValue", "The parameter instancesSet is invalid: at most 100 ids are allowed, got 101."},
		{"volume ids with MaxResults", describeVolumes(ec2.DescribeVolumesInput{VolumeIds: ids("vol-0aa00000000000003"), MaxResults: aws.Int32(5)}), 400,
			"InvalidParameterCombination", "The parameter volumeIdsSet cannot be used with the parameter maxResults"},
		{"unknown volume", describeVolumes(ec2.DescribeVolumesInput{VolumeIds: ids("vol-0fffffffffffffffe")}), 400,
			"InvalidVolume.NotFound", "The volume 'vol-0fffffffffffffffe' does not exist."},
		{"malformed volume", describeVolumes(ec2.DescribeVolumesInput{VolumeIds: ids("i-1")}), 400,
			"InvalidParameterValue", "Value (i-1) for parameter volumes is invalid. Expected: 'vol-...'."},
		{"unknown group", describeGroups(ec2.DescribeSecurityGroupsInput{GroupIds: ids("sg-0ffffffffffffffff")}), 400,
			"InvalidGroup.NotFound", "The security group 'sg-0ffffffffffffffff' does not exist"},
		{"malformed group", describeGroups(ec2.DescribeSecurityGroupsInput{GroupIds: ids("web")}), 400,
			"InvalidGroupId.Malformed", `Invalid id: "web" (expecting "sg-...")`},
		{"unknown group name", describeGroups(ec2.DescribeSecurityGroupsInput{GroupNames: ids("nope")}), 400,
			"InvalidGroup.NotFound", "The security group 'nope' does not exist"},
		{"group ids with MaxResults", describeGroups(ec2.DescribeSecurityGroupsInput{GroupIds: ids("sg-0aa00000000000011"), MaxResults: aws.Int32(5)}), 400,
			"InvalidParameterCombination", "The parameter securityGroupIdSet cannot be used with the parameter maxResults"},
	})
}

func TestRefusalsOfPagesAndFilters(t *testing.T) {
	filters := func(name string, values ...string) ec2.DescribeInstancesInput {
		return ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: &name, Values: values}}}
	}
	values := make([]string, 201)
	for i := range values {
		values[i] = strconv.Itoa(i)
	}
	runRefusals(t, "small", []refusal{
		{"page too small", describe(ec2.DescribeInstancesInput{MaxResults: aws.Int32(4)}), 400,
			"InvalidParameterValue", "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5."},
		{"page too large", describe(ec2.DescribeInstancesInput{MaxResults: aws.Int32(1001)}), 400,
			"InvalidParameterValue", "Value ( 1001 ) for parameter maxResults is invalid. Expecting a value smaller than 1000."},
		{"token from nowhere", describe(ec2.DescribeInstancesInput{NextToken: aws.String("eyJ2IjoiMiJ9")}), 400,
			"InvalidParameterValue", "Unable to parse pagination token"},
		{"volume token from nowhere", describeVolumes(ec2.DescribeVolumesInput{NextToken: aws.String("x")}), 400,
			"InvalidParameterValue", "Unable to parse pagination token"},
		{"unknown filter", describe(filters("colour", "red")), 400,
			"InvalidParameterValue", "The filter 'colour' is invalid"},
		{"filter names count case", describe(filters("Instance-Id", web)), 400,
			"InvalidParameterValue", "The filter 'Instance-Id' is invalid"},
		{"status has no tags", status(ec2.DescribeInstanceStatusInput{Filters: []types.Filter{{Name: aws.String("tag:Name"), Values: ids("x")}}}), 400,
			"InvalidParameterValue", "The filter 'tag:Name' is invalid"},
		{"too many values", describe(filters("instance-id", values...)), 400,
			"FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200"},
	})
}

func TestRefusalsOfStates(t *testing.T) {
	cannotStart := func(id string) string {
		return "The instance '" + id + "' is not in a state from which it can be started."
	}
	cannotStop := func(id string) string {
		return "This instance '" + id + "' is not in a state from which it can be stopped."
	}
	runRefusals(t, "small", []refusal{
		{"start a stopping one", start(stopped, stopping), 400, "IncorrectInstanceState", cannotStart(stopping)},
		{"start one shutting down", start(shuttingDown), 400, "IncorrectInstanceState", cannotStart(shuttingDown)},
		{"start a terminated one", start(terminated), 400, "IncorrectInstanceState", cannotStart(terminated)},
		{"stop one that never ran", stop(ec2.StopInstancesInput{InstanceIds: ids(web, pending)}), 400, "IncorrectInstanceState",
			"Instance '" + pending + "' cannot be stopped as it has never reached the 'running' state."},
		{"stop one shutting down", stop(ec2.StopInstancesInput{InstanceIds: ids(shuttingDown)}), 400, "IncorrectInstanceState", cannotStop(shuttingDown)},
		{"stop a terminated one", stop(ec2.StopInstancesInput{InstanceIds: ids(terminated)}), 400, "IncorrectInstanceState", cannotStop(terminated)},
		{"reboot a stopped one", reboot(web, stopped), 400, "IncorrectState",
			"Cannot reboot instance " + stopped + " that is currently in stopped state."},
		{"reboot a pending one", reboot(pending), 400, "IncorrectState",
			"Cannot reboot instance " + pending + " that is currently in pending state."},
		{"reboot a stopping one", reboot(stopping), 400, "IncorrectState",
			"Cannot reboot instance " + stopping + " that is currently in stopping state."},
		{"terminate a protected one", terminate(protected), 400, "OperationNotPermitted",
			"The instance '" + protected + "' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again."},
		{"stop a protected one", stop(ec2.StopInstancesInput{InstanceIds: ids(protected)}), 400, "OperationNotPermitted",
			"The instance '" + protected + "' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."},
		{"stop an instance store", stop(ec2.StopInstancesInput{InstanceIds: ids(store)}), 400, "UnsupportedOperation",
			"The instance '" + store + "' does not have an 'ebs' root device type and cannot be stopped."},
		{"stop one-time spot", stop(ec2.StopInstancesInput{InstanceIds: ids(spot)}), 400, "UnsupportedOperation",
			"You can't stop the Spot Instance '" + spot + "' because it is associated with a one-time Spot Instance request. " +
				"You can only stop Spot Instances associated with persistent Spot Instance requests."},
		{"hibernate what is not configured", stop(ec2.StopInstancesInput{InstanceIds: ids(web), Hibernate: aws.Bool(true)}), 400,
			"UnsupportedHibernationConfiguration", "The instance can't be hibernated because it was not configured at launch for hibernation: " + web},
		{"monitor a terminated one", func(b *bench) error {
			_, err := b.ec2.MonitorInstances(b.ctx, &ec2.MonitorInstancesInput{InstanceIds: ids(web, terminated)})
			return err
		}, 400, "InvalidState", "The instance '" + terminated + "' is not in a valid state for this operation."},
	})
	runRefusals(t, "edge", []refusal{
		{"terminate what is stop protected", terminate(id("45")), 400, "OperationNotPermitted",
			"The instance '" + id("45") + "' may not be terminated. Modify its 'disableApiStop' instance attribute and try again."},
		{"latest console of an old type", func(b *bench) error {
			_, err := b.ec2.GetConsoleOutput(b.ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String("i-0aa0004a"), Latest: aws.Bool(true)})
			return err
		}, 400, "UnsupportedOperation", "This instance type does not support retrieving the latest console logs."},
	})
}

func TestRefusalsOfAttributes(t *testing.T) {
	yes := &types.AttributeBooleanValue{Value: aws.Bool(true)}
	runRefusals(t, "small", []refusal{
		{"unknown attribute", attribute(web, "colour"), 400,
			"InvalidParameterValue", "Value (colour) for parameter attribute is invalid. Unknown attribute."},
		{"attribute of an unknown one", attribute(unknown, "userData"), 400,
			"InvalidInstanceID.NotFound", "The instance ID '" + unknown + "' does not exist"},
		{"none", modify(ec2.ModifyInstanceAttributeInput{InstanceId: &web}), 400,
			"InvalidParameterCombination", "No attributes specified."},
		{"several", modify(ec2.ModifyInstanceAttributeInput{InstanceId: &web, DisableApiStop: yes, DisableApiTermination: yes}), 400,
			"InvalidParameterCombination", "No attributes specified."},
		{"unknown to modify", modify(ec2.ModifyInstanceAttributeInput{InstanceId: &web, Attribute: "colour", Value: aws.String("x")}), 400,
			"InvalidParameterValue", "Value (colour) for parameter attribute is invalid. Unknown attribute."},
	})
}

func TestRefusalsOfLaunches(t *testing.T) {
	type input = ec2.RunInstancesInput
	runRefusals(t, "edge", []refusal{
		{"no image", run(func(in *input) { in.ImageId = nil }), 400, "MissingParameter", "The request must contain the parameter ImageId"},
		{"malformed image", run(func(in *input) { in.ImageId = aws.String("x") }), 400, "InvalidAMIID.Malformed", `Invalid id: "x" (expecting "ami-...")`},
		{"unknown image", run(func(in *input) { in.ImageId = aws.String("ami-0ffffffffffffffff") }), 400,
			"InvalidAMIID.NotFound", "The image id '[ami-0ffffffffffffffff]' does not exist"},
		{"image gone", run(func(in *input) { in.ImageId = aws.String("ami-0aa00000000000005") }), 400,
			"InvalidAMIID.Unavailable", "The image ID 'ami-0aa00000000000005' is no longer available"},
		{"unknown key", run(func(in *input) { in.KeyName = aws.String("nope") }), 400, "InvalidKeyPair.NotFound", "The key pair 'nope' does not exist"},
		{"group of another VPC", run(func(in *input) { in.SecurityGroupIds = ids("sg-0aa00000000000031") }), 400,
			"InvalidGroup.NotFound", "The security group 'sg-0aa00000000000031' does not exist in VPC 'vpc-0aa00000000000001'"},
		{"unknown subnet", run(func(in *input) { in.SubnetId = aws.String("subnet-0ffffffffffffffff") }), 400,
			"InvalidSubnetID.NotFound", "The subnet ID 'subnet-0ffffffffffffffff' does not exist"},
		{"group name with subnet", run(func(in *input) {
			in.SubnetId, in.SecurityGroups = aws.String("subnet-0aa00000000000011"), ids("web")
		}), 400, "InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet"},
		{"no default VPC", func(b *bench) error {
			_, err := b.in(west).RunInstances(b.ctx, runInput())
			return err
		}, 400, "VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC."},
		{"unknown type", run(func(in *input) { in.InstanceType = "z9.huge" }), 400, "InvalidParameterValue", "Invalid value 'z9.huge' for InstanceType."},
		{"unknown zone", run(func(in *input) { in.Placement = &types.Placement{AvailabilityZone: aws.String("us-east-1z")} }), 400,
			"InvalidParameterValue", "Invalid availability zone: [us-east-1z]"},
		{"type not in the zone", run(func(in *input) {
			in.InstanceType, in.Placement = "d3.xlarge", &types.Placement{AvailabilityZone: aws.String("us-east-1b")}
		}), 400, "Unsupported", "Your requested instance type (d3.xlarge) is not supported in your requested Availability Zone (us-east-1b). " +
			"Please retry your request by not specifying an Availability Zone or choosing us-east-1a, us-east-1c."},
		{"no capacity", run(func(in *input) {
			in.InstanceType, in.Placement = "g5.2xlarge", &types.Placement{AvailabilityZone: aws.String("us-east-1c")}
		}), 500, "InsufficientInstanceCapacity", "We currently do not have sufficient g5.2xlarge capacity in the Availability Zone you requested (us-east-1c). " +
			"Our system will be working on provisioning additional capacity. You can currently get g5.2xlarge capacity by not specifying " +
			"an Availability Zone in your request or choosing us-east-1a, us-east-1b."},
		{"count of none", run(func(in *input) { in.MinCount = aws.Int32(0) }), 400, "InvalidParameterValue",
			"Value (0) for parameter minCount is invalid. Expecting a value greater than 0."},
		{"counts crossed", run(func(in *input) { in.MinCount = aws.Int32(2) }), 400, "InvalidParameterValue",
			"Value (1) for parameter maxCount is invalid. Must be greater than or equal to minCount."},
		{"user data not encoded", run(func(in *input) { in.UserData = aws.String("#!/bin/sh") }), 400,
			"InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."},
	})
}

// Everything that can be dry run says so and changes nothing.
func TestDryRunChangesNothing(t *testing.T) {
	yes := aws.Bool(true)
	on := &types.AttributeBooleanValue{Value: yes}
	calls := map[string]func(*bench) error{
		"start": func(b *bench) error {
			_, err := b.ec2.StartInstances(b.ctx, &ec2.StartInstancesInput{InstanceIds: ids(stopped), DryRun: yes})
			return err
		},
		// The state is looked at after the dry run has been answered.
		"start of a stopping one": func(b *bench) error {
			_, err := b.ec2.StartInstances(b.ctx, &ec2.StartInstancesInput{InstanceIds: ids(stopping), DryRun: yes})
			return err
		},
		"stop": stop(ec2.StopInstancesInput{InstanceIds: ids(web), DryRun: yes}),
		"reboot": func(b *bench) error {
			_, err := b.ec2.RebootInstances(b.ctx, &ec2.RebootInstancesInput{InstanceIds: ids(web), DryRun: yes})
			return err
		},
		"terminate": func(b *bench) error {
			_, err := b.ec2.TerminateInstances(b.ctx, &ec2.TerminateInstancesInput{InstanceIds: ids(web), DryRun: yes})
			return err
		},
		// EC2 does not even look at the id here.
		"monitor": func(b *bench) error {
			_, err := b.ec2.MonitorInstances(b.ctx, &ec2.MonitorInstancesInput{InstanceIds: ids("nonsense"), DryRun: yes})
			return err
		},
		"unmonitor": func(b *bench) error {
			_, err := b.ec2.UnmonitorInstances(b.ctx, &ec2.UnmonitorInstancesInput{InstanceIds: ids(windows), DryRun: yes})
			return err
		},
		"run":      run(func(in *ec2.RunInstancesInput) { in.DryRun = yes }),
		"modify":   modify(ec2.ModifyInstanceAttributeInput{InstanceId: &web, DisableApiStop: on, DryRun: yes}),
		"describe": describe(ec2.DescribeInstancesInput{DryRun: yes}),
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "small")
			before := b.everything()
			wantError(t, call(b), 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
			if b.everything() != before {
				t.Error("a dry run changed something")
			}
		})
	}
}
