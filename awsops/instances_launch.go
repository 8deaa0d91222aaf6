package awsops

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type launchIn = ec2.RunInstancesInput

// launchOperations start new instances.
func launchOperations() []Operation {
	return []Operation{
		&Op[*launchIn, *launched]{
			Name: "run-instances", Help: "Launch new instances", Noun: "instance", Risk: Changes,
			Word: "launch", Warning: "Running instances cost money.", Compare: launchAhead, Doubt: doubtOfLaunch, Advice: launchAdvice(),
			Fields: launchFields(), Check: checkLaunch, Call: runInstances, Show: showLaunched, Outputs: launchOutputs(), Expect: launchExpect(),
			Example: Values{
				"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "min-count": {"2"}, "max-count": {"3"},
				"availability-zone": {"us-east-1a"}, "subnet-id": {"subnet-0aa00000000000011"}, "key-name": {"ops"},
				"security-groups": {"web"}, "kernel-id": {"aki-0aa00001"}, "ramdisk-id": {"ari-0aa00001"}, "monitoring": {"true"},
				"device-name": {"/dev/sdf"}, "snapshot-id": {"snap-0aa00000000000001"}, "volume-size": {"20"}, "delete-on-termination": {"true"},
				"disable-api-termination": {"true"}, "instance-initiated-shutdown-behavior": {"terminate"}, "client-token": {"token-1"},
				"instance-name": {"new-1"}, "tags": {"Env=test"}, "iam-instance-profile": {"web"}, "user-data": {"#!/bin/sh"},
				"http-tokens": {"optional"}, "ebs-optimized": {"true"}, "disable-api-stop": {"true"}, "hibernate": {"true"},
				"launch-template": {"web"}, "launch-template-version": {"$Latest"},
			},
		},
		runInstancesFromTemplate(),
	}
}

const doubtOfLaunch = "A lost answer may have left instances that cost money: list them first."

func launchAdvice() map[string]string {
	return map[string]string{
		"IdempotentParameterMismatch":  "The same client token was used with other values: leave --client-token out, or give another one.",
		"IdempotentInstanceTerminated": "What this client token launched has been terminated: leave --client-token out, or give another one.",
		"InvalidBlockDeviceMapping":    "A volume cannot be smaller than its snapshot, and a device is named once: change --volume-size or --device-name.",
		"InvalidUserData.Malformed":    "Give user data as plain text; it is encoded for EC2 here.",
	}
}

func launchExpect() *Expect {
	return &Expect{New: true, Passing: "pending", Until: []string{"running"}, Never: []string{"stopping", "stopped", "shutting-down", "terminated"}, States: instanceStates}
}

func launchFields() []Field[*launchIn] {
	return []Field[*launchIn]{
		{Name: "image-id", Help: "the image to start from", Need: Conditional, Rule: ID("ami"), To: ToString(func(in *launchIn) **string { return &in.ImageId })},
		{Name: "instance-type", Help: "the type, for example t3.micro", Need: Conditional, Rule: InstanceType(), To: to(KindString, func(in *launchIn, v string) { in.InstanceType = types.InstanceType(v) })},
		{Name: "min-count", Help: "launch none if fewer are possible", Default: "1", Rule: AtLeast(1), To: ToInt(func(in *launchIn) **int32 { return &in.MinCount })},
		{Name: "max-count", Help: "launch as many as possible up to this", Default: "min-count", Rule: AtLeast(1), To: ToInt(func(in *launchIn) **int32 { return &in.MaxCount })},
		{Name: "availability-zone", Help: "the zone; EC2 refuses one that is not the subnet's", Default: "EC2 chooses", Rule: Zone(), To: to(KindString, func(in *launchIn, v string) { in.Placement = &types.Placement{AvailabilityZone: &v} })},
		{Name: "subnet-id", Help: "the subnet", Default: "the zone's default", Rule: ID("subnet"), Pick: Pick{Kind: "subnets", Where: inZone}, To: ToString(func(in *launchIn) **string { return &in.SubnetId })},
		{Name: "key-name", Help: "the key pair to log in with", Default: "none", Rule: KeyName().picking("key-pairs", "Name"), To: ToString(func(in *launchIn) **string { return &in.KeyName })},
		{Name: "security-groups", Help: "names or IDs of groups in the subnet's VPC", Default: "the group default", Rule: GroupRef(), Pick: Pick{Kind: "groups", Where: inVPC}, To: ToList(func(in *launchIn) *[]string { return &in.SecurityGroupIds })},
		{Name: "kernel-id", Help: "the kernel of a paravirtual image", Default: "the image's", Rule: ID("aki"), To: ToString(func(in *launchIn) **string { return &in.KernelId })},
		{Name: "ramdisk-id", Help: "the RAM disk of a paravirtual image", Default: "the image's", Rule: ID("ari"), To: ToString(func(in *launchIn) **string { return &in.RamdiskId })},
		{Name: "monitoring", Help: "detailed monitoring, which is charged", Default: "false", Choices: []string{"true", "enabled", "false", "disabled"}, To: to(KindString, func(in *launchIn, v string) {
			in.Monitoring = &types.RunInstancesMonitoringEnabled{Enabled: aws.Bool(v == "true" || v == "enabled")}
		})},
		{Name: "device-name", Help: "a further volume's device", Rule: Device(), To: to(KindString, func(in *launchIn, v string) { device(in).DeviceName = &v })},
		{Name: "virtual-name", Help: "an instance store for the device", Rule: Virtual(), To: to(KindString, func(in *launchIn, v string) { device(in).VirtualName = &v })},
		{Name: "snapshot-id", Help: "the snapshot that the volume is made from", Rule: ID("snap"), To: to(KindString, func(in *launchIn, v string) { ebs(in).SnapshotId = &v })},
		{Name: "volume-size", Help: "GiB of the volume", Need: Conditional, Default: "the snapshot's", Rule: Between(1, 65536), To: to(KindInt, func(in *launchIn, v string) { ebs(in).VolumeSize = int32Of(v) })},
		{Name: "delete-on-termination", Help: "the volume goes with the instance", Default: "false", To: to(KindBool, func(in *launchIn, v string) { ebs(in).DeleteOnTermination = aws.Bool(truth(v)) })},
		{Name: "disable-api-termination", Help: "protect against termination", Default: "false", To: ToBool(func(in *launchIn) **bool { return &in.DisableApiTermination })},
		{Name: "instance-initiated-shutdown-behavior", Help: "what a shutdown from inside does", Default: "stop", Choices: []string{"stop", "terminate"}, To: to(KindString, func(in *launchIn, v string) {
			in.InstanceInitiatedShutdownBehavior = types.ShutdownBehavior(v)
		})},
		{Name: "client-token", Help: "the same token launches only once", Default: "random", Random: true, Rule: Token(), To: ToString(func(in *launchIn) **string { return &in.ClientToken })},
		{Name: "instance-name", Help: "the tag Name", Rule: TagText(256), To: to(KindString, func(in *launchIn, v string) { tag(in, "Name", v) })},
		{Name: "tags", Help: "further tags", Default: "none", Most: 50, Rule: TagPair(), To: toEach(KindMap, func(in *launchIn, v string) { key, value, _ := strings.Cut(v, "="); tag(in, key, value) })},
		delimiter[*launchIn](),
		{Name: "iam-instance-profile", Help: "the role that it runs with", Rule: ProfileRef(), To: to(KindString, func(in *launchIn, v string) { in.IamInstanceProfile = profileOf(v) })},
		{Name: "user-data", Help: "a script or cloud-config", Long: true, Rule: UserData(), Secret: func(Values) bool { return true }, To: to(KindString, func(in *launchIn, v string) {
			in.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(v))) // RunInstances sends it as it is
		})},
		{Name: "http-tokens", Help: "whether instance metadata needs a token", Default: "required, or as a template says", Choices: []string{"required", "optional"}, To: to(KindString, func(in *launchIn, v string) {
			in.MetadataOptions = &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensState(v), HttpPutResponseHopLimit: aws.Int32(2)}
		})},
		{Name: "ebs-optimized", Help: "dedicated throughput to volumes", Default: "false", To: ToBool(func(in *launchIn) **bool { return &in.EbsOptimized })},
		{Name: "disable-api-stop", Help: "protect against stopping", Default: "false", To: ToBool(func(in *launchIn) **bool { return &in.DisableApiStop })},
		{Name: "hibernate", Help: "allow hibernation later; the root volume must be encrypted", Default: "false", To: to(KindBool, func(in *launchIn, v string) {
			in.HibernationOptions = &types.HibernationOptionsRequest{Configured: aws.Bool(truth(v))}
		})},
		{Name: "launch-template", Help: "a launch template, by its ID or name; what is given here overrides it", Rule: TemplateRef(), Pick: Only("launch-templates", ""), To: to(KindString, func(in *launchIn, v string) {
			setTemplate(v, &fromTemplate(in).LaunchTemplateId, &fromTemplate(in).LaunchTemplateName)
		})},
		{Name: "launch-template-version", Help: "the version of the launch template", Default: "$Default", Rule: templateVersion(), To: to(KindString, func(in *launchIn, v string) { fromTemplate(in).Version = &v })},
	}
}

func fromTemplate(in *launchIn) *types.LaunchTemplateSpecification {
	if in.LaunchTemplate == nil {
		in.LaunchTemplate = &types.LaunchTemplateSpecification{}
	}
	return in.LaunchTemplate
}

// device is the one mapping that the flags describe.
func device(in *launchIn) *types.BlockDeviceMapping {
	if len(in.BlockDeviceMappings) == 0 {
		in.BlockDeviceMappings = []types.BlockDeviceMapping{{}}
	}
	return &in.BlockDeviceMappings[0]
}

func ebs(in *launchIn) *types.EbsBlockDevice {
	d := device(in)
	if d.Ebs == nil {
		d.Ebs = &types.EbsBlockDevice{}
	}
	return d.Ebs
}

// tag adds a tag to the instances and the volumes of a launch.
func tag(in *launchIn, key, value string) {
	if len(in.TagSpecifications) == 0 {
		in.TagSpecifications = []types.TagSpecification{{ResourceType: types.ResourceTypeInstance}, {ResourceType: types.ResourceTypeVolume}}
	}
	for i := range in.TagSpecifications {
		in.TagSpecifications[i].Tags = append(in.TagSpecifications[i].Tags, types.Tag{Key: &key, Value: &value})
	}
}

func profileOf(v string) *types.IamInstanceProfileSpecification {
	if strings.HasPrefix(v, "arn:") {
		return &types.IamInstanceProfileSpecification{Arn: &v}
	}
	return &types.IamInstanceProfileSpecification{Name: &v}
}

// counts fills the counts in: neither means one instance.
func counts(least, most **int32) error {
	if *least == nil {
		*least = aws.Int32(1)
	}
	if *most == nil {
		*most = *least
	}
	if **most < **least {
		return &InputError{Field: "max-count", Value: fmt.Sprint(**most), Rule: fmt.Sprintf("must be at least --min-count, %d", **least)}
	}
	return nil
}

// checkLaunch holds the rules across the fields of a launch, and the defaults
// that are ours: instance metadata needs a token unless the operator or a
// launch template says no.
func checkLaunch(in *launchIn) error {
	if err := counts(&in.MinCount, &in.MaxCount); err != nil {
		return err
	}
	if err := checkTemplate(in); err != nil {
		return err
	}
	if in.MetadataOptions == nil && in.LaunchTemplate == nil {
		in.MetadataOptions = safeMetadata()
	}
	if err := checkLaunchTags(in); err != nil {
		return err
	}
	if len(in.BlockDeviceMappings) == 0 {
		return nil
	}
	d := in.BlockDeviceMappings[0]
	switch {
	case d.DeviceName == nil:
		return &InputError{Field: "device-name", Rule: "is needed with the other inputs of a volume"}
	case d.VirtualName != nil && d.Ebs != nil:
		return &InputError{Field: "virtual-name", Value: *d.VirtualName, Rule: "is an instance store and takes no snapshot or size"}
	case d.VirtualName == nil && (d.Ebs == nil || d.Ebs.SnapshotId == nil && d.Ebs.VolumeSize == nil):
		return &InputError{Field: "volume-size", Rule: "is required for a device without --snapshot-id"}
	}
	return nil
}

// checkTemplate wants an image and a type where no template can give them.
func checkTemplate(in *launchIn) error {
	switch t := in.LaunchTemplate; {
	case t != nil && t.LaunchTemplateId == nil && t.LaunchTemplateName == nil:
		return &InputError{Field: "launch-template-version", Value: aws.ToString(t.Version), Rule: "needs --launch-template"}
	case t == nil && in.ImageId == nil:
		return &InputError{Field: "image-id", Rule: "is required, unless --launch-template gives it"}
	case t == nil && in.InstanceType == "":
		return &InputError{Field: "instance-type", Rule: "is required, unless --launch-template gives it"}
	}
	return nil
}

// safeMetadata is the default of a launch: a token for instance metadata, and
// one hop more than EC2's one, which containers need.
func safeMetadata() *types.InstanceMetadataOptionsRequest {
	return &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(2)}
}

// checkLaunchTags counts the name and the tags together.
func checkLaunchTags(in *launchIn) error {
	if len(in.TagSpecifications) == 0 {
		return nil
	}
	seen := map[string]bool{}
	for _, t := range in.TagSpecifications[0].Tags {
		if seen[*t.Key] {
			return &InputError{Field: "tags", Value: *t.Key, Rule: "is given twice"}
		}
		seen[*t.Key] = true
	}
	if len(seen) > mostTags {
		return &InputError{Field: "tags", Rule: fmt.Sprintf("takes at most %d tags, the name among them", mostTags)}
	}
	return nil
}

// launchAhead says what a launch will make, and that nobody will get in.
func launchAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	var lines []string
	kind, image, key := v.Get("instance-type"), v.Get("image-id"), v.Get("key-name")
	if v.Get("launch-template") != "" {
		data, said, err := templateAhead(ctx, client, v)
		if err != nil {
			return nil, err
		}
		lines = append(lines, said)
		kind = cmp.Or(kind, string(data.InstanceType), "m1.small") // EC2's own default
		image = cmp.Or(image, aws.ToString(data.ImageId), "no image, which EC2 will refuse")
		key = cmp.Or(key, aws.ToString(data.KeyName))
	}
	least := cmp.Or(v.Get("min-count"), "1")
	count := least
	if most := cmp.Or(v.Get("max-count"), least); most != least {
		count += " to " + most
	}
	lines = append(lines, fmt.Sprintf("%s × %s of %s", count, kind, image))
	if key == "" {
		lines = append(lines, "No key pair: a public image cannot be logged in to without one.")
	}
	return lines, nil
}

// launched is the outcome of a launch.
type launched ec2.RunInstancesOutput

// runInstances resolves the names of groups, which EC2 takes in the default
// VPC only, and launches.
func runInstances(client *ec2.Client, ctx context.Context, in *launchIn, opts ...func(*ec2.Options)) (*launched, error) {
	if err := groupIDs(client, ctx, in); err != nil {
		return nil, err
	}
	return launch(client, ctx, in, opts...)
}

// launch tells the token of a launch whose outcome is unknown: the same request
// with it launches nothing twice.
func launch(client *ec2.Client, ctx context.Context, in *launchIn, opts ...func(*ec2.Options)) (*launched, error) {
	if in.ClientToken == nil {
		in.ClientToken = aws.String(newToken())
	}
	out, err := client.RunInstances(ctx, in, opts...)
	if err == nil {
		return (*launched)(out), nil
	}
	e := explain(err, "run-instances", client.Options().Region, true)
	if e.Class == Unknown {
		e.Hint += " The same request with --client-token " + *in.ClientToken + " launches nothing twice."
	}
	return nil, e
}

// groupIDs finds the IDs of groups that are given by name. A name is unique in
// its VPC only.
func groupIDs(client *ec2.Client, ctx context.Context, in *launchIn) error {
	named := func(s string) bool { return !strings.HasPrefix(s, "sg-") }
	names := slices.DeleteFunc(slices.Clone(in.SecurityGroupIds), func(s string) bool { return !named(s) })
	if len(names) == 0 {
		return nil
	}
	found := map[string][]types.SecurityGroup{}
	err := everyPage(func(token *string) (*string, error) {
		page, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filtersOn("group-name", literal(names)...), NextToken: token})
		if err != nil {
			return nil, explain(err, "run-instances", client.Options().Region, false) // nothing has been launched
		}
		for _, g := range page.SecurityGroups {
			found[aws.ToString(g.GroupName)] = append(found[aws.ToString(g.GroupName)], g)
		}
		return page.NextToken, nil
	})
	if err != nil {
		return err
	}
	var vpc string
	if slices.ContainsFunc(names, func(name string) bool { return len(found[name]) > 1 }) {
		if vpc, err = launchVPC(ctx, client, in); err != nil {
			return err
		}
	}
	ids := slices.Clone(in.SecurityGroupIds)
	for i, name := range ids {
		if !named(name) {
			continue
		}
		id, err := oneGroup(name, found[name], vpc)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	in.SecurityGroupIds = unique(ids)
	return nil
}

// launchVPC is the VPC that a launch goes to, that of its subnet or the default
// one, or "" if there is none.
func launchVPC(ctx context.Context, client *ec2.Client, in *launchIn) (string, error) {
	if in.SubnetId == nil {
		out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filtersOn("is-default", "true")})
		if err != nil {
			return "", explain(err, "run-instances", client.Options().Region, false)
		}
		if len(out.Vpcs) == 0 {
			return "", nil
		}
		return aws.ToString(out.Vpcs[0].VpcId), nil
	}
	out, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{*in.SubnetId}})
	if err != nil {
		return "", explain(err, "run-instances", client.Options().Region, false)
	}
	if len(out.Subnets) == 0 {
		return "", nil
	}
	return aws.ToString(out.Subnets[0].VpcId), nil
}

// oneGroup is the only group of a name, or the one in the VPC of the launch.
func oneGroup(name string, groups []types.SecurityGroup, vpc string) (string, error) {
	switch len(groups) {
	case 0:
		return "", &InputError{Field: "security-groups", Value: name, Rule: "there is no group of that name in this region"}
	case 1:
		return aws.ToString(groups[0].GroupId), nil
	}
	var all []string
	for _, g := range groups {
		if aws.ToString(g.VpcId) == vpc {
			return aws.ToString(g.GroupId), nil
		}
		all = append(all, aws.ToString(g.GroupId)+" in "+aws.ToString(g.VpcId))
	}
	slices.Sort(all)
	return "", &InputError{Field: "security-groups", Value: name, Rule: "names several groups, give one of the IDs: " + strings.Join(all, ", ")}
}

// literal takes the meaning of wildcards away from the values of a filter.
func literal(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = exactly(v)
	}
	return out
}

func launchOutputs() []string {
	return append([]string{"instance-ids", "reservation-id", "owner-id", "requester-id", "success", "result-code", "result-message"}, names(launchColumns())...)
}

func launchColumns() []column[types.Instance] {
	return []column[types.Instance]{
		{"instance-id", "Instance ID", false, func(i types.Instance) any { return i.InstanceId }},
		{"instance-type", "Type", false, func(i types.Instance) any { return i.InstanceType }},
		{"public-ip", "Public IP", false, func(i types.Instance) any { return i.PublicIpAddress }},
		{"private-ip", "Private IP", false, func(i types.Instance) any { return i.PrivateIpAddress }},
		{"public-dns", "Public DNS", false, func(i types.Instance) any { return i.PublicDnsName }},
		{"state-name", "State", false, func(i types.Instance) any { return stateName(i.State) }},
		{"state-code", "Code", false, func(i types.Instance) any { return stateCode(i.State) }},
		{"client-token", "Client token", true, func(i types.Instance) any { return i.ClientToken }},
	}
}

func showLaunched(out *launched) Result {
	var ids []string
	res := Result{Table: tableOf(launchColumns(), out.Instances)}
	for _, i := range out.Instances {
		ids = append(ids, aws.ToString(i.InstanceId))
		res.Items = append(res.Items, Item{ID: aws.ToString(i.InstanceId), To: stateName(i.State)})
	}
	res.Outputs = []Output{
		{"instance-ids", ids}, {"reservation-id", plain(out.ReservationId)}, {"owner-id", plain(out.OwnerId)}, {"requester-id", plain(out.RequesterId)},
		{"success", true}, {"result-code", 0}, {"result-message", "ok"},
	}
	return res
}

// newToken is a UUID, which makes a request happen once.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// inZone narrows the subnets to the zone of the launch, if it is given.
func inZone(_ context.Context, _ *ec2.Client, v Values) (string, error) {
	if zone := v.Get("availability-zone"); zone != "" {
		return "zone:" + zone, nil
	}
	return "", nil
}

// inVPC narrows the groups to the VPC of the launch.
func inVPC(ctx context.Context, client *ec2.Client, v Values) (string, error) {
	in := &launchIn{}
	if subnet := v.Get("subnet-id"); subnet != "" {
		in.SubnetId = &subnet
	}
	vpc, err := launchVPC(ctx, client, in)
	if vpc == "" {
		return "", err
	}
	return "vpc:" + vpc, err
}
