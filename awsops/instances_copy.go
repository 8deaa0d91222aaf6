package awsops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// templateIn is the input of the flow that copies an instance.
type templateIn struct {
	InstanceId         *string
	MinCount, MaxCount *int32
	Copy               []string
	DryRun             *bool
}

// The parts of an instance that a new one takes over on demand.
const (
	copyTags       = "tags"
	copyProfile    = "iam-profile"
	copyOptimized  = "ebs-optimized"
	copyMetadata   = "imds-options"
	copyUserData   = "user-data"
	copyProtection = "termination-protection"
)

func copyChoices() []string {
	return []string{copyTags, copyProfile, copyOptimized, copyMetadata, copyUserData, copyProtection}
}

func runInstancesFromTemplate() Operation {
	return &Op[*templateIn, *launched]{
		Name: "run-instances-from-template", API: "RunInstances", Help: "Launch instances like an existing one", Noun: "instance", Risk: Changes,
		Word: "launch", Warning: "Running instances cost money.", Compare: whatIsCopied, Doubt: doubtOfLaunch,
		Advice: map[string]string{
			"InvalidAMIID.NotFound":    "The image of this instance no longer exists, or not for this account: launch with another image.",
			"InvalidAMIID.Unavailable": "The image of this instance no longer exists: launch with another image.",
		},
		Fields: []Field[*templateIn]{
			{Name: "instance-id", Help: "the instance to copy", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, Pick: Only("instances", "-state:terminated"), To: ToString(func(in *templateIn) **string { return &in.InstanceId })},
			{Name: "min-count", Help: "launch none if fewer are possible", Default: "1", Rule: AtLeast(1), To: ToInt(func(in *templateIn) **int32 { return &in.MinCount })},
			{Name: "max-count", Help: "launch as many as possible up to this", Default: "min-count", Rule: AtLeast(1), To: ToInt(func(in *templateIn) **int32 { return &in.MaxCount })},
			{Name: "copy", Help: "what the new ones take over besides", Default: "none", Rule: OneOf(copyChoices()...), To: ToList(func(in *templateIn) *[]string { return &in.Copy })},
		},
		Check: func(in *templateIn) error { return counts(&in.MinCount, &in.MaxCount) },
		Call:  runFromTemplate, Show: showLaunched, Outputs: launchOutputs(), Expect: launchExpect(),
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "min-count": {"2"}, "max-count": {"3"}, "copy": copyChoices()},
	}
}

// template reads the instance that is to be copied.
func template(ctx context.Context, client *ec2.Client, id string) (types.Instance, error) {
	i, _, err := readInstance(ctx, client, "run-instances-from-template", id)
	if err != nil {
		return i, err
	}
	if s := stateName(i.State); s == "terminated" || s == "shutting-down" {
		return types.Instance{}, &InputError{Field: "instance-id", Value: id, Rule: "is " + s + " and cannot be copied"}
	}
	return i, nil
}

// whatIsCopied says what the new instances take over, and what they do not.
func whatIsCopied(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	id := strings.TrimSpace(v.Get("instance-id"))
	i, err := template(ctx, client, id)
	if err != nil {
		return nil, err
	}
	lines := []string{fmt.Sprintf("Copied from %s: %s, %s, key %s, subnet %s, groups %s", id, aws.ToString(i.ImageId), i.InstanceType,
		cmp.Or(aws.ToString(i.KeyName), "none"), cmp.Or(aws.ToString(i.SubnetId), "none"), strings.Join(primaryGroups(i), " "))}
	if n := len(i.NetworkInterfaces); n > 1 {
		lines = append(lines, fmt.Sprintf("%s has %d interfaces; only the first one's subnet and groups are copied.", id, n))
	}
	var also, not []string
	chosen := idList(v["copy"])
	for _, what := range copyChoices() {
		if slices.Contains(chosen, what) {
			also = append(also, what)
		} else {
			not = append(not, what)
		}
	}
	if len(also) > 0 {
		lines = append(lines, "Copied too: "+strings.Join(also, ", ")+".")
	}
	return append(lines, "Not copied: "+strings.Join(append(not, "further volumes"), ", ")+"."), nil
}

// runFromTemplate copies what the catalogue names from an existing instance,
// and what was chosen besides.
func runFromTemplate(client *ec2.Client, ctx context.Context, in *templateIn, opts ...func(*ec2.Options)) (*launched, error) {
	i, err := template(ctx, client, *in.InstanceId)
	if err != nil {
		return nil, err
	}
	copied := &launchIn{
		ImageId: i.ImageId, InstanceType: i.InstanceType, MinCount: in.MinCount, MaxCount: in.MaxCount, DryRun: in.DryRun,
		KernelId: i.KernelId, RamdiskId: i.RamdiskId, KeyName: i.KeyName, SubnetId: i.SubnetId,
		SecurityGroupIds: primaryGroups(i), MetadataOptions: safeMetadata(),
	}
	if i.Monitoring != nil {
		on := i.Monitoring.State == types.MonitoringStateEnabled || i.Monitoring.State == types.MonitoringStatePending
		copied.Monitoring = &types.RunInstancesMonitoringEnabled{Enabled: &on}
	}
	if copied.SubnetId == nil && i.Placement != nil {
		copied.Placement = &types.Placement{AvailabilityZone: i.Placement.AvailabilityZone}
	}
	for _, what := range in.Copy {
		if err := copyPart(ctx, client, what, i, copied); err != nil {
			return nil, err
		}
	}
	return launch(client, ctx, copied, opts...)
}

// copyPart takes one of the chosen parts over.
func copyPart(ctx context.Context, client *ec2.Client, what string, i types.Instance, to *launchIn) error {
	switch what {
	case copyTags:
		copyOwnTags(i.Tags, to)
	case copyProfile:
		if i.IamInstanceProfile != nil {
			to.IamInstanceProfile = &types.IamInstanceProfileSpecification{Arn: i.IamInstanceProfile.Arn}
		}
	case copyOptimized:
		if aws.ToBool(i.EbsOptimized) { // not every type takes the word
			to.EbsOptimized = i.EbsOptimized
		}
	case copyMetadata:
		if m := i.MetadataOptions; m != nil {
			to.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpTokens: m.HttpTokens, HttpEndpoint: m.HttpEndpoint,
				HttpPutResponseHopLimit: m.HttpPutResponseHopLimit, HttpProtocolIpv6: m.HttpProtocolIpv6, InstanceMetadataTags: m.InstanceMetadataTags}
		}
	case copyUserData, copyProtection:
		return copyAttribute(ctx, client, what, i, to)
	}
	return nil
}

// copyOwnTags leaves the tags out that only AWS can set.
func copyOwnTags(tags []types.Tag, to *launchIn) {
	var own []types.Tag
	for _, t := range tags {
		if !strings.HasPrefix(strings.ToLower(aws.ToString(t.Key)), "aws:") {
			own = append(own, t)
		}
	}
	if len(own) > 0 {
		to.TagSpecifications = []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: own}}
	}
}

// copyAttribute copies what DescribeInstances does not tell.
func copyAttribute(ctx context.Context, client *ec2.Client, what string, i types.Instance, to *launchIn) error {
	in := &ec2.DescribeInstanceAttributeInput{InstanceId: i.InstanceId, Attribute: types.InstanceAttributeNameDisableApiTermination}
	if what == copyUserData {
		in.Attribute = types.InstanceAttributeNameUserData
	}
	out, err := client.DescribeInstanceAttribute(ctx, in)
	if err != nil {
		return explain(err, "run-instances-from-template", client.Options().Region, false) // nothing has been launched
	}
	if out.UserData != nil {
		to.UserData = out.UserData.Value // base64 in both calls
	}
	if out.DisableApiTermination != nil && aws.ToBool(out.DisableApiTermination.Value) {
		to.DisableApiTermination = out.DisableApiTermination.Value
	}
	return nil
}

// primaryGroups are the groups of the first interface: those of the instance
// join the groups of all its interfaces.
func primaryGroups(i types.Instance) []string {
	groups := i.SecurityGroups
	for _, n := range i.NetworkInterfaces {
		if n.Attachment != nil && aws.ToInt32(n.Attachment.DeviceIndex) == 0 {
			groups = n.Groups
		}
	}
	var ids []string
	for _, g := range groups {
		ids = append(ids, aws.ToString(g.GroupId))
	}
	return ids
}
