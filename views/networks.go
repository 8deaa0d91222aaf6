package views

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
)

type (
	vpc              = *types.Vpc
	subnet           = *types.Subnet
	networkInterface = *types.NetworkInterface
	privateAddress   = *addressOfInterface
)

// addressOfInterface is one of the private addresses of an interface.
type addressOfInterface struct {
	on networkInterface
	*types.NetworkInterfacePrivateIpAddress
}

// vpcs are the VPCs that forms offer.
func vpcs() *Resource[vpc] {
	return &Resource[vpc]{
		Kind: "vpcs", Title: "VPCs", Noun: "VPC",
		Pages: refs(awsops.VPCs),
		ID:    func(v vpc) string { return aws.ToString(v.VpcId) },
		Name:  func(v vpc) string { return nameTag(v.Tags) },
		Tags:  func(v vpc) []awsops.Tag { return awsops.TagsOf(v.Tags) },
		Columns: []Column[vpc]{
			{Title: "Name", Width: 20, Grow: true, Value: func(v vpc) string { return nameTag(v.Tags) }},
			{Title: "ID", Width: 21, Value: func(v vpc) string { return aws.ToString(v.VpcId) }},
			{Title: "Range", Width: 18, Value: func(v vpc) string { return aws.ToString(v.CidrBlock) }},
			{Title: "Default", Width: 7, Value: func(v vpc) string { return map[bool]string{true: "default"}[aws.ToBool(v.IsDefault)] }},
		},
	}
}

// subnets are the subnets that forms offer.
func subnets() *Resource[subnet] {
	return &Resource[subnet]{
		Kind: "subnets", Title: "Subnets", Noun: "subnet",
		Pages: refs(awsops.Subnets),
		ID:    func(s subnet) string { return aws.ToString(s.SubnetId) },
		Name:  func(s subnet) string { return nameTag(s.Tags) },
		Tags:  func(s subnet) []awsops.Tag { return awsops.TagsOf(s.Tags) },
		Columns: []Column[subnet]{
			{Title: "Name", Width: 16, Grow: true, Value: func(s subnet) string { return nameTag(s.Tags) }},
			{Title: "ID", Width: 24, Value: func(s subnet) string { return aws.ToString(s.SubnetId) }},
			{Title: "Zone", Width: 12, Value: func(s subnet) string { return aws.ToString(s.AvailabilityZone) }},
			{Title: "Free", Width: 6, Right: true, Value: func(s subnet) string { return fmt.Sprint(aws.ToInt32(s.AvailableIpAddressCount)) },
				Number: func(s subnet) int64 { return int64(aws.ToInt32(s.AvailableIpAddressCount)) }},
			{Title: "Range", Width: 18, Value: func(s subnet) string { return aws.ToString(s.CidrBlock) }},
			{Title: "VPC", Width: 21, Value: func(s subnet) string { return aws.ToString(s.VpcId) }},
		},
	}
}

// interfaces are the network interfaces that forms offer.
func interfaces() *Resource[networkInterface] {
	return &Resource[networkInterface]{
		Kind: "interfaces", Title: "Interfaces", Noun: "interface",
		Pages: refs(awsops.NetworkInterfaces),
		ID:    func(n networkInterface) string { return aws.ToString(n.NetworkInterfaceId) },
		Name:  func(n networkInterface) string { return aws.ToString(n.Description) },
		Tags:  func(n networkInterface) []awsops.Tag { return awsops.TagsOf(n.TagSet) },
		Columns: []Column[networkInterface]{
			{Title: "ID", Width: 21, Value: func(n networkInterface) string { return aws.ToString(n.NetworkInterfaceId) }},
			{Title: "Instance", Width: 19, Value: func(n networkInterface) string {
				if n.Attachment == nil {
					return ""
				}
				return aws.ToString(n.Attachment.InstanceId)
			}},
			{Title: "Private IP", Width: 15, Value: func(n networkInterface) string { return aws.ToString(n.PrivateIpAddress) }},
			{Title: "Public IP", Width: 15, Value: func(n networkInterface) string {
				if n.Association == nil {
					return ""
				}
				return aws.ToString(n.Association.PublicIp)
			}},
			{Title: "State", Width: 10, Value: func(n networkInterface) string { return string(n.Status) }},
			{Title: "Description", Width: 24, Grow: true, Value: func(n networkInterface) string { return aws.ToString(n.Description) }},
			{Title: "Zone", Width: 12, Value: func(n networkInterface) string { return aws.ToString(n.AvailabilityZone) }},
			{Title: "Subnet", Width: 24, Value: func(n networkInterface) string { return aws.ToString(n.SubnetId) }},
		},
	}
}

// privateAddresses are the addresses of network interfaces that forms offer.
func privateAddresses() *Resource[privateAddress] {
	return &Resource[privateAddress]{
		Kind: "private-addresses", Title: "Private addresses", Noun: "private address",
		Pages: addressesOfInterfaces,
		ID: func(a privateAddress) string {
			return aws.ToString(a.on.NetworkInterfaceId) + " " + aws.ToString(a.PrivateIpAddress)
		},
		Name: func(a privateAddress) string { return aws.ToString(a.PrivateIpAddress) },
		Busy: func(privateAddress) bool { return false },
		Columns: []Column[privateAddress]{
			{Title: "Private IP", Width: 15, Value: func(a privateAddress) string { return aws.ToString(a.PrivateIpAddress) }},
			{Title: "Which", Width: 9, Value: func(a privateAddress) string {
				return map[bool]string{true: "primary", false: "secondary"}[aws.ToBool(a.Primary)]
			}},
			{Title: "Interface", Width: 21, Value: func(a privateAddress) string { return aws.ToString(a.on.NetworkInterfaceId) }},
			{Title: "Public IP", Width: 15, Value: func(a privateAddress) string {
				if a.Association == nil {
					return ""
				}
				return aws.ToString(a.Association.PublicIp)
			}},
			{Title: "Description", Width: 24, Grow: true, Value: func(a privateAddress) string { return aws.ToString(a.on.Description) }},
		},
	}
}

func addressesOfInterfaces(ctx context.Context, client *ec2.Client) iter.Seq2[[]privateAddress, error] {
	return func(yield func([]privateAddress, error) bool) {
		for interfaces, err := range awsops.NetworkInterfaces(ctx, client) {
			var rows []privateAddress
			for i := range interfaces {
				for j := range interfaces[i].PrivateIpAddresses {
					rows = append(rows, &addressOfInterface{&interfaces[i], &interfaces[i].PrivateIpAddresses[j]})
				}
			}
			if !yield(rows, err) {
				return
			}
		}
	}
}
