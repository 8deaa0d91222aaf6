package views

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type (
	instance       = awsops.Instance
	instanceDetail = awsops.InstanceDetail
)

// instances is the table of instances.
func instances() *Resource[instance] {
	return &Resource[instance]{
		Kind: "instances", Title: "Instances", Noun: "instance", Follows: []string{"image", "address", "resource"},

		Pages:   awsops.Instances,
		ByID:    awsops.InstancesByID,
		ID:      func(i instance) string { return i.ID },
		Name:    func(i instance) string { return i.Name },
		Called:  (*awsops.Naming).Of,
		State:   func(i instance) string { return i.State },
		Pretend: instance.Unchecked,
		Busy:    instanceBusy,
		Same:    instance.Same,
		Carry:   carryChecks,
		Tags:    instance.Tags,
		Common:  func(i instance) (any, bool) { return i.InstanceKind, i.Named },
		Account: func(i instance) string { return i.Owner },

		Columns: []Column[instance]{
			{Title: "Name", Width: 16, Grow: true, Value: func(i instance) string { return i.Name }},
			{Title: "ID", Width: 19, Value: func(i instance) string { return i.ID }},
			state(13, func(i instance) string { return i.State }, map[string]theme.Tone{"running": theme.Good, "stopped": theme.Faint, "terminated": theme.Faint}),
			{Title: "Checks", Width: 6, Value: func(i instance) string { return i.Checks().String() }, Show: checksShort, Tone: checksTone},
			{Title: "Type", Common: true, Width: 12, Value: func(i instance) string { return i.Type }},
			{Title: "Zone", Common: true, Width: 15, Value: func(i instance) string { return i.Zone }},
			{Title: "Public IP", Width: 15, Value: func(i instance) string { return i.PublicIP }},
			{Title: "Private IP", Width: 15, Value: func(i instance) string { return i.PrivateIP }},
			age(func(i instance) time.Time { return i.Launched }),
			{Title: "Key", Common: true, Width: 12, Value: func(i instance) string { return i.Key }},
			{Title: "IMDS", Common: true, Width: 8, Value: func(i instance) string { return i.Tokens }, Show: tokensShort, Tone: func(instance) theme.Tone { return theme.Bad }},

			extra(impairedSince()),
			{Title: "Event", Width: 18, Extra: true, Value: func(i instance) string { return i.Checks().Event }, Tone: func(instance) theme.Tone { return theme.Bad }},
			{Title: "Platform", Common: true, Width: 12, Extra: true, Value: func(i instance) string { return i.Platform }},
			{Title: "Architecture", Common: true, Width: 12, Extra: true, Value: func(i instance) string { return i.Arch }},
			{Title: "Image", Common: true, Width: 21, Extra: true, Value: func(i instance) string { return i.Image }},
			{Title: "VPC", Common: true, Width: 21, Extra: true, Value: func(i instance) string { return i.VPC }},
			{Title: "Subnet", Common: true, Width: 24, Extra: true, Value: func(i instance) string { return i.Subnet }},
			{Title: "Groups", Common: true, Width: 24, List: true, Extra: true, Value: instanceGroups},
			{Title: "Group IDs", Common: true, Width: 24, List: true, Extra: true, Value: instanceGroupIDs},
			{Title: "Lifecycle", Common: true, Width: 9, Extra: true, Value: func(i instance) string { return i.Lifecycle }},
			{Title: "Monitoring", Common: true, Width: 10, Extra: true, Value: func(i instance) string { return i.Monitoring }},
			{Title: "Profile", Common: true, Width: 20, Extra: true, Value: func(i instance) string { return i.Profile }},
			{Title: "Root", Common: true, Width: 14, Extra: true, Value: func(i instance) string { return i.RootType }},
			{Title: "Public DNS", Width: 44, Extra: true, Value: func(i instance) string { return i.PublicDNS }},
			{Title: "Private DNS", Width: 34, Extra: true, Value: func(i instance) string { return i.PrivateDNS }},
			{Title: "Reason", Width: 40, Extra: true, Value: func(i instance) string { return i.Reason }},
			{Title: "Reservation", Width: 19, Extra: true, Value: func(i instance) string { return i.Reservation }},
		},

		Actions: instanceActions(),
		Links:   instanceLinks(),

		Inspect: func(ctx context.Context, client *ec2.Client, i instance) (Detail, error) {
			d, err := awsops.InspectInstance(ctx, client, i.ID)
			if err != nil {
				return Detail{}, err
			}
			return Detail{Sections: sections(d, instanceDetails(), instanceLists), Object: d}, nil
		},
	}
}

// instanceActions are the keys, the most useful first.
func instanceActions() []Action[instance] {
	return append([]Action[instance]{
		{Key: "s", Operation: "start-instances", Help: "start", Deny: notIn("stopped")},
		{Key: "S", Operation: "stop-instances", Help: "stop", Deny: cannotStop},
		{Key: "b", Operation: "reboot-instances", Help: "reboot", Deny: notIn("running")},
		{Key: "t", Operation: "terminate-instances", Help: "terminate", Deny: notIn("pending", "running", "stopping", "stopped")},
		{Key: "l", Operation: "get-console-output", Help: "console"},
		{Key: "m", Operation: "monitor-instances", Help: "monitor", Deny: notIn("pending", "running", "stopping", "stopped")},
		{Key: "M", Operation: "unmonitor-instances", Help: "unmonitor", Deny: notIn("pending", "running", "stopping", "stopped")},
		{Key: "F", Operation: "stop-instances", Help: "force stop", Values: awsops.Values{"force": {"true"}}, Deny: cannotForce},
		{Key: "H", Operation: "stop-instances", Help: "hibernate", Values: awsops.Values{"hibernate": {"true"}}, Deny: cannotHibernate},
		{Key: "n", Operation: "run-instances", Help: "launch", Whole: true, Form: true},
		{Key: "N", Operation: "run-instances-from-template", Help: "launch another", Form: true, Deny: notIn("pending", "running", "stopping", "stopped")},
		{Key: "A", Operation: "modify-instance-attribute", Help: "change an attribute", Form: true, Deny: notIn("pending", "running", "stopping", "stopped")},
		{Key: "C", Help: "connect", Offer: connectLines, Deny: notIn("running", "pending")},
		{Key: "P", Operation: "get-password-data", Help: "password", Form: true, Deny: cannotHavePassword},
		{Key: "W", Operation: "create-image", Help: "make an image", Form: true, Deny: notIn("running", "stopped")},
		{Key: "i", Operation: "get-instance-state", Help: "state now"},
		{Key: "h", Operation: "describe-instance-status", Help: "status checks"},
		{Key: "I", Operation: "get-instance-details", Help: "fields"},
		{Key: "L", Operation: "list-instances", Help: "all IDs", Whole: true},
		{Key: "D", Operation: "describe-instances", Help: "all columns", Whole: true},
	}, append(attributeActions(), tagActions[instance]()...)...)
}

// instanceLinks lead from an instance to what it has.
func instanceLinks() []Link[instance] {
	return []Link[instance]{
		{Key: "K", Help: "its key pair", Kind: "key-pairs", Query: func(i instance) string { return column("name", i.Key) }, Deny: needs("has no key pair", func(i instance) string { return i.Key })},
		{Key: "T", Help: "its launch template", Kind: "launch-templates", Query: func(i instance) string { return column("id", awsops.TagValue(i.Tags(), awsops.TemplateTag)) }, Deny: needs("was not launched from a template", func(i instance) string { return awsops.TagValue(i.Tags(), awsops.TemplateTag) })},
		{Key: "f", Help: "its groups", Kind: "groups", Query: func(i instance) string { return column("id", strings.ReplaceAll(instanceGroupIDs(i), ",", "|")) }, Deny: needs("has no security group", instanceGroupIDs)},
		{Key: "a", Help: "its addresses", Kind: "addresses", Query: func(i instance) string { return column("instance", i.ID) }},
		{Key: "@", Help: "its image", Kind: "images", Query: func(i instance) string { return column("id", i.Image) }, Deny: needs("has no image", func(i instance) string { return i.Image })},
		{Key: "!", Help: "its events", Kind: "events", Query: func(i instance) string { return column("instance", i.ID) }, Deny: needs("has no scheduled event", func(i instance) string { return i.Checks().Event })},
		{Key: "V", Help: "its volumes", Kind: "volumes", Query: func(i instance) string { return column("instance", i.ID) }},
	}
}

// instanceBusy also watches the checks of a young instance come up.
func instanceBusy(i instance) bool {
	return slices.Contains([]string{"pending", "stopping", "shutting-down"}, i.State) ||
		slices.Contains([]string{"pending", "disabling"}, i.Monitoring) || i.Checks().Worst == "initializing"
}

func instanceGroups(i instance) string {
	var out []string
	for _, g := range i.Groups {
		out = append(out, g.Name)
	}
	return strings.Join(out, ",")
}

func instanceGroupIDs(i instance) string {
	var out []string
	for _, g := range i.Groups {
		out = append(out, g.ID)
	}
	return strings.Join(out, ",")
}

// instanceDetails lists the fields of the detail pane: the catalogue's 3.9 and
// 3.10 and the groups beyond them.
func instanceDetails() []field[instanceDetail] {
	type d = instanceDetail
	return []field[d]{
		{"Instance", "ID", func(i d) any { return i.InstanceId }},
		{"Instance", "State", func(i d) any { return i.State.Name }},
		{"Instance", "State code", func(i d) any { return aws.ToInt32(i.State.Code) & 0xff }},
		{"Instance", "Locked", func(i d) any { return locked(i) }},
		{"Instance", "State reason", func(i d) any { return orNil(i.StateReason).Message }},
		{"Instance", "Transition reason", func(i d) any { return i.StateTransitionReason }},
		{"Instance", "Type", func(i d) any { return i.InstanceType }},
		{"Instance", "Image", func(i d) any { return i.ImageId }},
		{"Instance", "Launched", func(i d) any { return i.LaunchTime }},
		{"Instance", "Launch index", func(i d) any { return i.AmiLaunchIndex }},
		{"Instance", "Key pair", func(i d) any { return i.KeyName }},
		{"Instance", "Owner", func(i d) any { return i.Reservation.OwnerId }},
		{"Instance", "Reservation", func(i d) any { return i.Reservation.ReservationId }},
		{"Instance", "Client token", func(i d) any { return i.ClientToken }},
		{"Instance", "Product codes", func(i d) any { return awsops.ProductCodes(i.ProductCodes) }},

		{"Status checks", "System", func(i d) any {
			return checkSince(string(orNil(orNil(i.Status).SystemStatus).Status), awsops.SystemSince(i.Status))
		}},
		{"Status checks", "Instance", func(i d) any {
			return checkSince(string(orNil(orNil(i.Status).InstanceStatus).Status), awsops.InstanceSince(i.Status))
		}},
		{"Status checks", "Attached EBS", func(i d) any {
			return checkSince(string(orNil(orNil(i.Status).AttachedEbsStatus).Status), awsops.AttachedEBSSince(i.Status))
		}},

		{"Network", "Public IP", func(i d) any { return i.PublicIpAddress }},
		{"Network", "Private IP", func(i d) any { return i.PrivateIpAddress }},
		{"Network", "IPv6", func(i d) any { return i.Ipv6Address }},
		{"Network", "Public DNS", func(i d) any { return i.PublicDnsName }},
		{"Network", "Private DNS", func(i d) any { return i.PrivateDnsName }},
		{"Network", "VPC", func(i d) any { return i.VpcId }},
		{"Network", "Subnet", func(i d) any { return i.SubnetId }},
		{"Network", "Zone", func(i d) any { return orNil(i.Placement).AvailabilityZone }},
		{"Network", "Source/dest. check", func(i d) any { return i.SourceDestCheck }},

		{"Security", "IAM profile", func(i d) any { return orNil(i.IamInstanceProfile).Arn }},
		{"Security", "IMDS tokens", func(i d) any { return orNil(i.MetadataOptions).HttpTokens }},
		{"Security", "IMDS state", func(i d) any { return orNil(i.MetadataOptions).State }},
		{"Security", "IMDS endpoint", func(i d) any { return orNil(i.MetadataOptions).HttpEndpoint }},
		{"Security", "IMDS hop limit", func(i d) any { return orNil(i.MetadataOptions).HttpPutResponseHopLimit }},
		{"Security", "IMDS over IPv6", func(i d) any { return orNil(i.MetadataOptions).HttpProtocolIpv6 }},
		{"Security", "IMDS tags", func(i d) any { return orNil(i.MetadataOptions).InstanceMetadataTags }},
		{"Security", "Enclaves", func(i d) any { return orNil(i.EnclaveOptions).Enabled }},
		{"Security", "Termination protection", func(i d) any { return i.Protection["disableApiTermination"] }},
		{"Security", "Stop protection", func(i d) any { return i.Protection["disableApiStop"] }},

		{"Lifecycle", "Purchase", func(i d) any { return i.InstanceLifecycle }},
		{"Lifecycle", "Spot request", func(i d) any { return i.SpotInstanceRequestId }},
		{"Lifecycle", "Capacity reservation", func(i d) any { return i.CapacityReservationId }},
		{"Lifecycle", "Hibernation", func(i d) any { return orNil(i.HibernationOptions).Configured }},
		{"Lifecycle", "Shutdown from inside", func(i d) any { return i.Protection["instanceInitiatedShutdownBehavior"] }},
		{"Lifecycle", "Auto recovery", func(i d) any { return orNil(i.MaintenanceOptions).AutoRecovery }},
		{"Lifecycle", "Monitoring", func(i d) any { return orNil(i.Monitoring).State }},

		{"Hardware", "Platform", func(i d) any { return awsops.PlatformOf(i.Instance) }},
		{"Hardware", "Architecture", func(i d) any { return i.Architecture }},
		{"Hardware", "Hypervisor", func(i d) any { return i.Hypervisor }},
		{"Hardware", "Virtualization", func(i d) any { return i.VirtualizationType }},
		{"Hardware", "CPU cores × threads", func(i d) any { return cores(i) }},
		{"Hardware", "Boot mode", func(i d) any { return i.CurrentInstanceBootMode }},
		{"Hardware", "ENA", func(i d) any { return i.EnaSupport }},
		{"Hardware", "TPM", func(i d) any { return i.TpmSupport }},
		{"Hardware", "Kernel", func(i d) any { return i.KernelId }},
		{"Hardware", "RAM disk", func(i d) any { return i.RamdiskId }},
		{"Hardware", "Tenancy", func(i d) any { return orNil(i.Placement).Tenancy }},
		{"Hardware", "Placement group", func(i d) any { return orNil(i.Placement).GroupName }},
		{"Hardware", "Usage operation", func(i d) any { return i.UsageOperation }},

		{"Storage", "Root device", func(i d) any { return i.RootDeviceName }},
		{"Storage", "Root type", func(i d) any { return i.RootDeviceType }},
		{"Storage", "EBS optimized", func(i d) any { return i.EbsOptimized }},
	}
}

func cores(i instanceDetail) string {
	if i.CpuOptions == nil {
		return ""
	}
	return fmt.Sprintf("%d × %d", aws.ToInt32(i.CpuOptions.CoreCount), aws.ToInt32(i.CpuOptions.ThreadsPerCore))
}

// instanceLists adds what an instance has several of.
func instanceLists(i instanceDetail) []Section {
	var events, volumes, groups, tags, interfaces []DetailField
	if i.Status != nil {
		for _, e := range i.Status.Events {
			events = append(events, DetailField{string(e.Code), fmt.Sprintf("%s, from %s", aws.ToString(e.Description), moment(e.NotBefore)), theme.Bad})
		}
	}
	sizes := map[string]string{}
	for _, v := range i.Volumes {
		sizes[aws.ToString(v.VolumeId)] = fmt.Sprintf("%d GiB %s, ", aws.ToInt32(v.Size), v.VolumeType)
	}
	for _, m := range i.BlockDeviceMappings {
		ebs := orNil(m.Ebs)
		end := "kept on termination"
		if aws.ToBool(ebs.DeleteOnTermination) {
			end = "deleted on termination"
		}
		id := aws.ToString(ebs.VolumeId)
		volumes = append(volumes, DetailField{aws.ToString(m.DeviceName), fmt.Sprintf("%s, %s%s since %s, %s", id, sizes[id], ebs.Status, moment(ebs.AttachTime), end), theme.Plain})
	}
	for _, g := range i.SecurityGroups {
		groups = append(groups, DetailField{aws.ToString(g.GroupId), aws.ToString(g.GroupName), theme.Plain})
	}
	for _, n := range i.NetworkInterfaces {
		interfaces = append(interfaces, DetailField{aws.ToString(n.NetworkInterfaceId), fmt.Sprintf("%s, %s, %s", aws.ToString(n.PrivateIpAddress), aws.ToString(n.SubnetId), n.Status), theme.Plain})
	}
	for _, t := range i.Tags {
		tags = append(tags, DetailField{aws.ToString(t.Key), aws.ToString(t.Value), theme.Plain})
	}
	return []Section{{"Scheduled events", events}, {"Tags", tags}, {"Volumes", volumes}, {"Security groups", groups}, {"Interfaces", interfaces}}
}
