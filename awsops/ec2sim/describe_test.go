package ec2sim_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// listed pages through all instances; between is called after every page.
func (b *bench) listed(size int32, between func(), filters ...types.Filter) []string {
	b.Helper()
	var out []string
	p := ec2.NewDescribeInstancesPaginator(b.ec2, &ec2.DescribeInstancesInput{MaxResults: &size, Filters: filters})
	for p.HasMorePages() {
		page := must[*ec2.DescribeInstancesOutput](b.T)(p.NextPage(b.ctx))
		n := 0
		for _, r := range page.Reservations {
			for _, in := range r.Instances {
				out = append(out, *in.InstanceId)
				n++
			}
		}
		if n > int(size) {
			b.Errorf("%d rows in a page of %d", n, size)
		}
		between()
	}
	return out
}

func TestPagesAreComplete(t *testing.T) {
	for _, size := range []int32{5, 7, 110, 1000} {
		b := newBench(t, "")
		got := b.listed(size, func() {})
		if len(got) != 110 {
			t.Errorf("%d rows in pages of %d", len(got), size)
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != 110 {
			t.Error("a row came twice")
		}
	}
}

// Rows that come and go while a client pages do not disturb the others.
func TestPagesWhileTheFleetChanges(t *testing.T) {
	b := newBench(t, "")
	all := b.listed(1000, func() {})
	added := 0
	got := b.listed(10, func() {
		if added < 5 {
			added++
			if _, err := b.sim.AddInstance("production", east, ec2sim.InstanceSeed{Name: "late", Type: "t3.micro", Image: "al2023"}); err != nil {
				t.Fatal(err)
			}
			b.sim.RemoveInstance(east, all[added])
		}
	})
	seen := map[string]int{}
	for _, id := range got {
		seen[id]++
	}
	for _, id := range all {
		if seen[id] != 1 {
			t.Errorf("%s came %d times", id, seen[id])
		}
	}
	if len(got) != len(all)+5 {
		t.Errorf("%d rows, want %d", len(got), len(all)+5)
	}
}

func TestTokensAreBound(t *testing.T) {
	b := newBench(t, "")
	five := aws.Int32(5)
	first := must[*ec2.DescribeInstancesOutput](t)(b.ec2.DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{MaxResults: five}))
	use := ec2.DescribeInstancesInput{MaxResults: aws.Int32(7), NextToken: first.NextToken}
	if err := describe(use)(b); err != nil {
		t.Errorf("another page size: %v", err)
	}
	refused := func(err error) {
		t.Helper()
		wantError(t, err, 400, "InvalidParameterValue", "Unable to parse pagination token")
	}
	other := use
	other.Filters = []types.Filter{{Name: aws.String("instance-state-name"), Values: ids("running")}}
	refused(describe(other)(b))
	_, err := b.in(west).DescribeInstances(b.ctx, &use)
	refused(err)
	_, err = client(b.sim, b.sim.Accounts()[1], east).DescribeInstances(b.ctx, &use)
	refused(err)
	refused(status(ec2.DescribeInstanceStatusInput{NextToken: first.NextToken})(b))
}

// A filter on tags may leave a page of volumes empty before the last.
func TestVolumePagesMayBeEmpty(t *testing.T) {
	b := newBench(t, "")
	out := must[*ec2.DescribeVolumesOutput](t)(b.ec2.DescribeVolumes(b.ctx, &ec2.DescribeVolumesInput{
		MaxResults: aws.Int32(5), Filters: []types.Filter{{Name: aws.String("tag:Name"), Values: ids("none")}}}))
	if len(out.Volumes) != 0 || out.NextToken == nil {
		t.Errorf("%d volumes, token %v", len(out.Volumes), out.NextToken)
	}
}

func TestInstanceFilters(t *testing.T) {
	b := newBench(t, "small")
	cases := []struct {
		name   string
		values []string
		want   []string
	}{
		{"instance-id", ids(web, unknown), ids(web)},
		{"instance-state-name", ids("stopped", "stopping"), ids(stopped, stopping)},
		{"instance-state-code", ids("48"), ids(terminated)},
		{"instance-type", ids("m5.*"), ids(windows, hibernate)},
		{"image-id", ids("ami-0aa00000000000003"), ids(windows)},
		{"key-name", ids("win?ows"), ids(windows)},
		{"platform", ids("windows"), ids(windows)},
		{"platform-details", ids("Windows"), ids(windows)},
		{"private-ip-address", ids("10.0.0.11"), ids(web)},
		{"ip-address", ids("198.51.100.1"), ids(web)},
		{"dns-name", ids("ec2-198-51-100-1.*"), ids(web)},
		{"instance.group-name", ids("db"), ids(twoENI)},
		{"instance.group-id", ids("sg-0aa00000000000021"), ids(twoENI)},
		{"root-device-type", ids("instance-store"), ids(store)},
		{"subnet-id", ids("subnet-0aa00000000000012"), ids(protected)},
		{"availability-zone", ids("us-east-1c"), ids(graviton)},
		{"availability-zone-id", ids("use1-az3"), ids(graviton)},
		{"architecture", ids("arm64"), ids(graviton)},
		{"monitoring-state", ids("enabled"), ids(windows)},
		{"instance-lifecycle", ids("spot"), ids(spot)},
		{"hibernation-options.configured", ids("true"), ids(hibernate)},
		{"tag:Team", ids("store*"), ids(web)},
		{"tag:Name", ids("WEB-1"), nil},
		{"tag:Name", ids("web-1", "spot-?"), ids(web, spot)},
		{"tag-key", ids("Team"), ids(web)},
		{"iam-instance-profile.arn", ids("*/web"), ids(web)},
		{"block-device-mapping.volume-id", ids("vol-0aa00000000000003"), ids(protected)},
		{"network-interface.attachment.device-index", ids("1"), ids(twoENI)},
		{"network-interface.addresses.private-ip-address", ids("10.0.0.19"), ids(twoENI)},
		{"launch-time", ids("2026-03-01T12*"), ids(pending)},
		{"state-reason-code", ids("pending"), ids(pending)},
		{"vpc-id", ids("vpc-0aa00000000000011"), nil},
		{"tenancy", ids("dedicated"), nil},
		{"host-id", ids("*"), nil},
		{"owner-id", ids("999999999999"), nil},
	}
	for _, tc := range cases {
		got := b.listed(1000, func() {}, types.Filter{Name: aws.String(tc.name), Values: tc.values})
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s=%v (-want +got)\n%s", tc.name, tc.values, diff)
		}
	}
	both := b.listed(1000, func() {}, types.Filter{Name: aws.String("instance-type"), Values: ids("m5.large")},
		types.Filter{Name: aws.String("platform"), Values: ids("windows")})
	if diff := cmp.Diff(ids(windows), both); diff != "" {
		t.Errorf("two filters (-want +got)\n%s", diff)
	}
}

// Every name that the catalogue offers for these kinds is accepted.
func TestFilterNamesAreKnown(t *testing.T) {
	b := newBench(t, "small")
	filter := func(name string) []types.Filter { return []types.Filter{{Name: &name, Values: ids("x")}} }
	names := func(s string) []string { return strings.Fields(s) }
	for _, n := range names("event.code event.not-before event.not-after event.description event.not-before-deadline event.instance-event-id " +
		"instance-status.status instance-status.reachability system-status.status system-status.reachability attached-ebs-status.status instance-state-name availability-zone") {
		if err := status(ec2.DescribeInstanceStatusInput{Filters: filter(n)})(b); err != nil {
			t.Errorf("status %s: %v", n, err)
		}
	}
	for _, n := range names("attachment.instance-id attachment.status attachment.device availability-zone create-time encrypted size snapshot-id status volume-id volume-type tag:x tag-key") {
		if err := describeVolumes(ec2.DescribeVolumesInput{Filters: filter(n)})(b); err != nil {
			t.Errorf("volumes %s: %v", n, err)
		}
	}
	for _, n := range names("group-id group-name vpc-id description owner-id tag:x tag-key ip-permission.cidr ip-permission.from-port ip-permission.group-id " +
		"ip-permission.group-name ip-permission.ipv6-cidr ip-permission.prefix-list-id ip-permission.protocol ip-permission.to-port ip-permission.user-id " +
		"egress.ip-permission.cidr egress.ip-permission.protocol") {
		if err := describeGroups(ec2.DescribeSecurityGroupsInput{Filters: filter(n)})(b); err != nil {
			t.Errorf("groups %s: %v", n, err)
		}
	}
	for _, n := range names("zone-name zone-id zone-type state opt-in-status region-name group-name") {
		if _, err := b.ec2.DescribeAvailabilityZones(b.ctx, &ec2.DescribeAvailabilityZonesInput{Filters: filter(n)}); err != nil {
			t.Errorf("zones %s: %v", n, err)
		}
	}
}

func TestRegionsAndZones(t *testing.T) {
	b := newBench(t, "edge")
	regions := func(in ec2.DescribeRegionsInput) string {
		s := ""
		for _, r := range must[*ec2.DescribeRegionsOutput](t)(b.ec2.DescribeRegions(b.ctx, &in)).Regions {
			s += fmt.Sprint(*r.RegionName, " ", *r.Endpoint, " ", *r.OptInStatus, ";")
		}
		return s
	}
	enabled := "us-east-1 ec2.us-east-1.amazonaws.com opt-in-not-required;eu-west-1 ec2.eu-west-1.amazonaws.com opt-in-not-required;"
	if got := regions(ec2.DescribeRegionsInput{}); got != enabled {
		t.Error(got)
	}
	closed := "ap-east-1 ec2.ap-east-1.amazonaws.com not-opted-in;"
	if got := regions(ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)}); got != enabled+closed {
		t.Error(got)
	}
	if got := regions(ec2.DescribeRegionsInput{RegionNames: ids("ap-east-1")}); got != closed {
		t.Error(got)
	}
	zones := must[*ec2.DescribeAvailabilityZonesOutput](t)(b.ec2.DescribeAvailabilityZones(b.ctx, &ec2.DescribeAvailabilityZonesInput{})).AvailabilityZones
	if len(zones) != 3 || *zones[1].ZoneId != "use1-az2" || zones[1].State != "impaired" || len(zones[1].Messages) != 1 {
		t.Errorf("%+v", zones)
	}
	all := must[*ec2.DescribeAvailabilityZonesOutput](t)(b.ec2.DescribeAvailabilityZones(b.ctx,
		&ec2.DescribeAvailabilityZonesInput{AllAvailabilityZones: aws.Bool(true)})).AvailabilityZones
	if len(all) != 4 || *all[3].ZoneType != "local-zone" {
		t.Errorf("%d zones with all", len(all))
	}
	_, err := b.ec2.DescribeAvailabilityZones(b.ctx, &ec2.DescribeAvailabilityZonesInput{ZoneNames: ids("us-east-1x")})
	wantError(t, err, 400, "InvalidParameterValue", "Invalid availability zone: [us-east-1x]")
}

func TestSecurityGroups(t *testing.T) {
	b := newBench(t, "small")
	out := must[*ec2.DescribeSecurityGroupsOutput](t)(b.ec2.DescribeSecurityGroups(b.ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: ids("sg-0aa00000000000011")}))
	g := out.SecurityGroups[0]
	if *g.GroupName != "web" || *g.Description != "HTTP from everywhere" || len(g.IpPermissions) != 2 ||
		*g.IpPermissions[1].IpRanges[0].CidrIp != "203.0.113.0/24" || *g.IpPermissionsEgress[0].IpProtocol != "-1" {
		t.Errorf("%+v", g)
	}
	n := 0
	p := ec2.NewDescribeSecurityGroupsPaginator(b.ec2, &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(5)})
	for p.HasMorePages() {
		n += len(must[*ec2.DescribeSecurityGroupsOutput](t)(p.NextPage(b.ctx)).SecurityGroups)
	}
	if n != 5 {
		t.Errorf("%d groups", n)
	}
}

// The SDK finds every member of an instance where the simulator writes it.
func TestEveryMemberIsDecoded(t *testing.T) {
	b := newBench(t, "small")
	b.sim.SetInstance(east, twoENI, func(in *ec2sim.Instance) {
		in.ClientToken, in.KernelID, in.RAMDiskID, in.PlacementGroup = "token", "aki-919dcaf8", "ari-a51cf9cc", "rack"
		in.ProfileName, in.ProfileID, in.BootMode, in.Platform = "web", "AIPA1", "uefi", "windows"
		in.Lifecycle, in.SpotRequestID = "spot", "sir-01234567"
		in.StateReason, in.TransitionReason = ec2sim.StateReason{Code: "a", Message: "b"}, "why"
	})
	in := b.instance(twoENI)
	// What the simulator does not know of.
	unset := []string{"CapacityBlockId", "CapacityReservationId", "ElasticGpuAssociations", "ElasticInferenceAcceleratorAssociations",
		"Ipv6Address", "Licenses", "OutpostArn", "ProductCodes", "SecondaryInterfaces", "SriovNetSupport", "TpmSupport", "noSmithyDocumentSerde"}
	v := reflect.ValueOf(in)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		f := v.Field(i)
		zero := f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0
		if zero != slices.Contains(unset, name) {
			t.Errorf("%s: zero is %v", name, zero)
		}
	}
	n := in.NetworkInterfaces
	if len(n) != 2 || n[0].Association == nil || n[1].Association != nil || *n[1].Attachment.DeviceIndex != 1 ||
		len(n[0].Groups) != 2 || !*n[0].PrivateIpAddresses[0].Primary || *n[0].PrivateDnsName != "ip-10-0-0-19.ec2.internal" {
		t.Errorf("%+v", n)
	}
	if *in.CpuOptions.CoreCount != 1 || *in.CpuOptions.ThreadsPerCore != 2 || in.MetadataOptions.HttpTokens != "required" {
		t.Errorf("%+v %+v", in.CpuOptions, in.MetadataOptions)
	}
}

// Names that are hostile to a terminal arrive, as far as XML can carry them.
func TestHostileNameArrives(t *testing.T) {
	b := newBench(t, "small")
	name := ""
	for _, tag := range b.instance(hostile).Tags {
		if *tag.Key == "Name" {
			name = *tag.Value
		}
	}
	if want := "hostile-1\uFFFD[31m\u009b2J\u202egnp\u200b\u0085"; name != want {
		t.Errorf("%q, want %q", name, want)
	}
}

func TestAttributesAreRead(t *testing.T) {
	b := newBench(t, "small")
	var name types.InstanceAttributeName
	for _, name := range name.Values() {
		out, err := b.ec2.DescribeInstanceAttribute(b.ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &protected, Attribute: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if *out.InstanceId != protected {
			t.Error(*out.InstanceId)
		}
		if name == "disableApiStop" && !*out.DisableApiStop.Value || name == "instanceType" && *out.InstanceType.Value != "t3.micro" ||
			name == "blockDeviceMapping" && len(out.BlockDeviceMappings) != 2 || name == "groupSet" && len(out.Groups) != 1 {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestRunInstances(t *testing.T) {
	b := newBench(t, "small")
	in := runInput()
	in.MinCount, in.MaxCount, in.ClientToken = aws.Int32(2), aws.Int32(3), aws.String("token-1")
	in.SubnetId, in.SecurityGroupIds, in.KeyName = aws.String("subnet-0aa00000000000012"), ids("sg-0aa00000000000021"), aws.String("ops")
	in.Monitoring = &types.RunInstancesMonitoringEnabled{Enabled: aws.Bool(true)}
	in.DisableApiTermination = aws.Bool(true)
	in.TagSpecifications = []types.TagSpecification{
		{ResourceType: "volume", Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("disk")}}},
		{ResourceType: "instance", Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("new")}, {Key: aws.String("Env"), Value: aws.String("x")}}}}
	out := must[*ec2.RunInstancesOutput](t)(b.ec2.RunInstances(b.ctx, in))
	if len(out.Instances) != 3 || *out.OwnerId != "123456789012" {
		t.Fatalf("%d instances of %s", len(out.Instances), *out.OwnerId)
	}
	for i, got := range out.Instances {
		if *got.AmiLaunchIndex != int32(i) || got.State.Name != "pending" || *got.StateReason.Code != "pending" || *got.PrivateIpAddress == "" ||
			*got.Placement.AvailabilityZone != "us-east-1b" || got.Monitoring.State != "pending" || len(got.Tags) != 2 ||
			*got.SecurityGroups[0].GroupName != "db" || *got.ClientToken != "token-1" || got.BlockDeviceMappings[0].Ebs.Status != "attached" {
			t.Errorf("%+v", got)
		}
	}
	first := *out.Instances[0].InstanceId
	b.clock.pass(2 * time.Second)
	got := b.instance(first)
	if got.State.Name != "running" || got.StateReason != nil || got.Monitoring.State != "enabled" || got.PublicIpAddress == nil {
		t.Errorf("%+v", got)
	}

	again := must[*ec2.RunInstancesOutput](t)(b.ec2.RunInstances(b.ctx, in))
	if *again.ReservationId != *out.ReservationId || again.Instances[0].State.Name != "running" {
		t.Error("the same token made something new, or shows old states")
	}
	other := *in
	other.InstanceType = "t3.small"
	_, err := b.ec2.RunInstances(b.ctx, &other)
	wantError(t, err, 400, "IdempotentParameterMismatch",
		"Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	b.sim.RemoveInstance(east, first)
	if _, err = b.ec2.RunInstances(b.ctx, in); err == nil || !strings.Contains(err.Error(), "IdempotentInstanceTerminated") {
		t.Error(err)
	}
}

// The same seed and the same calls make the same identifiers, however often
// somebody looks in between.
func TestIdentifiersAreRepeatable(t *testing.T) {
	launch := func(looks int) string {
		b := newBench(t, "")
		for range looks {
			b.state(b.listed(5, func() {})[0])
		}
		in := runInput()
		in.ImageId = b.firstImage()
		return *must[*ec2.RunInstancesOutput](t)(b.ec2.RunInstances(b.ctx, in)).Instances[0].InstanceId
	}
	if a, b := launch(0), launch(3); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

func (b *bench) firstImage() *string {
	out := must[*ec2.DescribeInstancesOutput](b.T)(b.ec2.DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5)}))
	return out.Reservations[0].Instances[0].ImageId
}

func TestScale(t *testing.T) {
	for _, n := range []int{3, 50, 200, 2500} {
		b := newBench(t, "", func(c *ec2sim.Config) { c.Instances = n })
		if got := len(b.listed(1000, func() {})); got != n {
			t.Errorf("%d instances, want %d", got, n)
		}
	}
	b := newBench(t, "small", func(c *ec2sim.Config) { c.Instances = 1200 })
	if got := len(b.listed(1000, func() {})); got != 1200 {
		t.Errorf("%d instances, want 1200", got)
	}
}

func TestReadFleetNamesTheField(t *testing.T) {
	account := `"profile":"p","id":"123456789012","accessKeyId":"A","secretAccessKey":"s"`
	region := `"name":"r","zones":[{"name":"ra","id":"r-az1"}]`
	images := `"images":[{"key":"a"}],`
	cases := map[string]string{
		`{`:               `unexpected EOF`,
		`{"acounts":[]}`:  `unknown field "acounts"`,
		`{"accounts":[]}`: `accounts: at least one is needed`,
		`{"accounts":[{"profile":"p","id":"12"}]}`: `accounts[0].id: "12" is not 12 digits`,
		`{` + images + `"accounts":[{` + account + `,"regions":[{` + region + `,"instances":[{"type":"t3.micro","image":"b"}]}]}]}`:                  `accounts[0].regions[0].instances[0].image: "b" is not one of a`,
		`{` + images + `"accounts":[{` + account + `,"regions":[{` + region + `,"instances":[{"type":"t3.micro","image":"a","state":"runing"}]}]}]}`: `instances[0].state: "runing" is not one of pending, running, shutting-down, terminated, stopping, stopped`,
		`{` + images + `"accounts":[{` + account + `,"regions":[{` + region + `,"instances":[{"type":"t3.micro","image":"a","age":"old"}]}]}]}`:      `"old" is not a length of time such as 90m, 3h or 400d`,
	}
	for text, want := range cases {
		_, err := ec2sim.ReadFleet(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// The demo shows every state and every trouble at least once.
func TestDemoShowsEverything(t *testing.T) {
	b := newBench(t, "")
	total, states := 0, map[string]int{}
	for _, a := range b.sim.Accounts() {
		if len(a.AccessKeyID) != 20 || len(a.Regions) != 3 {
			t.Errorf("%+v", a)
		}
		for _, region := range a.Regions {
			out := must[*ec2.DescribeInstancesOutput](t)(client(b.sim, a, region).DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{}))
			for _, r := range out.Reservations {
				for _, in := range r.Instances {
					total++
					states[string(in.State.Name)]++
				}
			}
		}
	}
	if total != 198 || len(states) != 6 {
		t.Errorf("%d instances, %v", total, states)
	}
	filter := func(name, value string) ec2.DescribeInstanceStatusInput {
		return ec2.DescribeInstanceStatusInput{Filters: []types.Filter{{Name: &name, Values: ids(value)}}}
	}
	for _, f := range []ec2.DescribeInstanceStatusInput{filter("system-status.status", "impaired"), filter("instance-status.status", "impaired"),
		filter("attached-ebs-status.status", "impaired"), filter("event.code", "instance-retirement"), filter("event.description", "?Completed?*")} {
		out := must[*ec2.DescribeInstanceStatusOutput](t)(b.ec2.DescribeInstanceStatus(b.ctx, &f))
		if len(out.InstanceStatuses) == 0 {
			t.Errorf("nothing for %s", *f.Filters[0].Name)
		}
	}
}
