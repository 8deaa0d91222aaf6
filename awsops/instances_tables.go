package awsops

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func groupNames(i describedInstance) []string {
	var out []string
	for _, g := range i.SecurityGroups {
		out = append(out, aws.ToString(g.GroupName))
	}
	return out
}

func monitoringState(m *types.Monitoring) any {
	if m == nil {
		return nil
	}
	return m.State
}

// placement reads a member of an instance's placement.
func placement(member func(*types.Placement) any) func(describedInstance) any {
	return func(i describedInstance) any {
		if i.Placement == nil {
			return nil
		}
		return member(i.Placement)
	}
}

// instanceColumns are the catalogue's 3.8, then what 3.10 adds for JSON.
func instanceColumns() []column[describedInstance] {
	type instance = describedInstance
	zone := placement(func(p *types.Placement) any { return p.AvailabilityZone })
	return []column[instance]{
		{"instance-id", "Instance Id", false, func(i instance) any { return i.InstanceId }},
		{"image-id", "AMI ID", false, func(i instance) any { return i.ImageId }},
		{"instance-type", "Machine type", false, func(i instance) any { return i.InstanceType }},
		{"instance-state-name", "Status", false, func(i instance) any { return i.State.Name }},
		{"public-dnsname", "Public DNS", false, func(i instance) any { return i.PublicDnsName }},
		{"key-name", "Key pair name", false, func(i instance) any { return i.KeyName }},
		{"ramdisk-id", "Ramdisk ID", false, func(i instance) any { return i.RamdiskId }},
		{"platform", "Platform", false, func(i instance) any { return PlatformOf(i.Instance) }},
		{"kernel-id", "Kernel ID", false, func(i instance) any { return i.KernelId }},
		{"monitoring", "Monitoring", false, func(i instance) any { return monitoringState(i.Monitoring) }},
		{"root-device-name", "Root Device Name", false, func(i instance) any { return i.RootDeviceName }},
		{"root-device-type", "Root Device Type", false, func(i instance) any { return i.RootDeviceType }},
		{"state-transition-reason", "State Transition Reason", false, func(i instance) any { return i.StateTransitionReason }},
		{"availability-zone", "Availability Zone", false, func(i instance) any { return zone(i) }},
		{"security-groups", "Security groups", false, func(i instance) any { return groupNames(i) }},
		{"name", "Name", true, func(i instance) any { return i.tag("Name") }},
		{"public-ip", "Public IP", true, func(i instance) any { return i.PublicIpAddress }},
		{"private-ip", "Private IP", true, func(i instance) any { return i.PrivateIpAddress }},
		{"instance-state-code", "State code", true, func(i instance) any { return stateCode(i.State) }},
		{"hypervisor", "Hypervisor", true, func(i instance) any { return i.Hypervisor }},
		{"architecture", "Architecture", true, func(i instance) any { return i.Architecture }},
		{"client-token", "Client token", true, func(i instance) any { return i.ClientToken }},
		{"instance-lifecycle", "Lifecycle", true, func(i instance) any { return i.InstanceLifecycle }},
		{"ebs-optimized", "EBS optimized", true, func(i instance) any { return i.EbsOptimized }},
		{"placement-tenancy", "Tenancy", true, placement(func(p *types.Placement) any { return p.Tenancy })},
		{"placement-group-name", "Placement group", true, placement(func(p *types.Placement) any { return p.GroupName })},
		{"launch-time", "Launched", true, func(i instance) any { return i.LaunchTime }},
		{"subnet-id", "Subnet", true, func(i instance) any { return i.SubnetId }},
		{"virtualization-type", "Virtualization", true, func(i instance) any { return i.VirtualizationType }},
		{"vpc-id", "VPC", true, func(i instance) any { return i.VpcId }},
		{"ami-launch-index", "Launch index", true, func(i instance) any { return i.AmiLaunchIndex }},
		{"owner-id", "Owner", true, func(i instance) any { return i.owner }},
		{"reservation-id", "Reservation", true, func(i instance) any { return i.reservation }},
		{"tags", "Tags", true, func(i instance) any { return tagPairs(i.Tags) }},
	}
}

func tagPairs(tags []types.Tag) []string {
	var out []string
	for _, t := range tagsOf(tags) {
		out = append(out, t.Key+"="+t.Value)
	}
	return out
}

// instanceFields are the 19 fields of the catalogue's 3.9.
func instanceFields() []column[describedInstance] {
	type instance = describedInstance
	zone := placement(func(p *types.Placement) any { return p.AvailabilityZone })
	return []column[instance]{
		{"instance-id", "", false, func(i instance) any { return i.InstanceId }},
		{"image-id", "", false, func(i instance) any { return i.ImageId }},
		{"kernel-id", "", false, func(i instance) any { return i.KernelId }},
		{"platform", "", false, func(i instance) any { return PlatformOf(i.Instance) }},
		{"public-dns", "", false, func(i instance) any { return i.PublicDnsName }},
		{"private-dns", "", false, func(i instance) any { return i.PrivateDnsName }},
		{"launch-time", "", false, func(i instance) any { return i.LaunchTime }},
		{"status", "", false, func(i instance) any { return i.State.Name }},
		{"transition-reason", "", false, func(i instance) any { return i.StateTransitionReason }},
		{"availability-zone", "", false, func(i instance) any { return zone(i) }},
		{"machine-type", "", false, func(i instance) any { return i.InstanceType }},
		{"owner-id", "", false, func(i instance) any { return i.owner }},
		{"ramdisk-id", "", false, func(i instance) any { return i.RamdiskId }},
		{"key-pair-name", "", false, func(i instance) any { return i.KeyName }},
		{"launch-index", "", false, func(i instance) any { return i.AmiLaunchIndex }},
		{"monitoring", "", false, func(i instance) any { return monitoringState(i.Monitoring) }},
		{"reservation-id", "", false, func(i instance) any { return i.reservation }},
		{"product-codes", "", false, func(i instance) any { return ProductCodes(i.ProductCodes) }},
		{"group-set", "", false, func(i instance) any { return groupNames(i) }},
	}
}

// ProductCodes lists the IDs of product codes.
func ProductCodes(codes []types.ProductCode) []string {
	var out []string
	for _, c := range codes {
		out = append(out, aws.ToString(c.ProductCodeId))
	}
	return out
}
