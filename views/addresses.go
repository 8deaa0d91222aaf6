package views

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type address = *types.Address

// addresses is the table of Elastic IPs.
func addresses() *Resource[address] {
	return &Resource[address]{
		Kind: "addresses", Title: "Elastic IPs", Tab: "IPs", Noun: "address", Follows: []string{"resource"},
		Empty: "There is no Elastic IP here. n allocates one.",
		Pages: refs(awsops.Addresses),
		ID:    func(a address) string { return awsops.AddressID(*a) },
		Name:  func(a address) string { return strings.TrimSpace(addressName(a) + " " + aws.ToString(a.PublicIp)) },
		State: func(a address) string {
			if user := awsops.AddressUser(*a); user != "" {
				return "used by " + user
			}
			return "not used"
		},
		Tags: func(a address) []awsops.Tag { return awsops.TagsOf(a.Tags) },

		Columns: []Column[address]{
			{Title: "Name", Width: 16, Grow: true, Value: addressName},
			{Title: "Public IP", Width: 15, Value: func(a address) string { return aws.ToString(a.PublicIp) }},
			{Title: "Instance", Width: 19, Value: func(a address) string { return aws.ToString(a.InstanceId) }},
			{Title: "Cost", Width: 14, Value: addressCost, Tone: func(address) theme.Tone { return theme.Bad }},
			{Title: "Allocation ID", Width: 26, Value: func(a address) string { return aws.ToString(a.AllocationId) }},
			{Title: "Interface", Width: 21, Value: func(a address) string { return aws.ToString(a.NetworkInterfaceId) }},
			{Title: "Private IP", Width: 15, Value: func(a address) string { return aws.ToString(a.PrivateIpAddress) }},
			{Title: "Service", Width: 7, Value: func(a address) string { return string(a.ServiceManaged) }},
			{Title: "Association ID", Width: 26, Extra: true, Value: func(a address) string { return aws.ToString(a.AssociationId) }},
			{Title: "Border group", Width: 20, Extra: true, Value: func(a address) string { return aws.ToString(a.NetworkBorderGroup) }},
			{Title: "Pool", Width: 20, Extra: true, Value: func(a address) string { return aws.ToString(a.PublicIpv4Pool) }},
		},
		Actions: append([]Action[address]{
			{Key: "n", Operation: "allocate-address", Help: "allocate", Whole: true, Form: true},
			{Key: "a", Operation: "associate-address", Help: "associate", Form: true, Deny: serviceAddress},
			{Key: "U", Operation: "disassociate-address", Help: "disassociate", Deny: cannotDisassociate},
			{Key: "R", Operation: "release-address", Help: "release", Deny: cannotRelease},
			{Key: "D", Operation: "describe-addresses", Help: "all columns", Whole: true},
		}, tagActions[address]()...),
		Links: []Link[address]{{
			Key: "i", Help: "its instance", Kind: "instances",
			Query: func(a address) string { return "id:" + aws.ToString(a.InstanceId) },
			Deny:  needs("is on no instance", func(a address) string { return aws.ToString(a.InstanceId) }),
		}},
		Inspect: func(_ context.Context, _ *ec2.Client, a address) (Detail, error) {
			return Detail{Object: a, Sections: sections(a, addressFields(), func(a address) []Section { return []Section{tagSection(a.Tags)} })}, nil
		},
	}
}

func addressFields() []field[address] {
	return []field[address]{
		{"Address", "Public IP", func(a address) any { return a.PublicIp }},
		{"Address", "Allocation ID", func(a address) any { return a.AllocationId }},
		{"Address", "Cost", func(a address) any { return addressCost(a) }},
		{"Address", "Domain", func(a address) any { return a.Domain }},
		{"Address", "Border group", func(a address) any { return a.NetworkBorderGroup }},
		{"Address", "Pool", func(a address) any { return a.PublicIpv4Pool }},
		{"Address", "Carrier IP", func(a address) any { return a.CarrierIp }},
		{"Address", "Customer-owned IP", func(a address) any { return a.CustomerOwnedIp }},
		{"Address", "Customer-owned pool", func(a address) any { return a.CustomerOwnedIpv4Pool }},
		{"Used by", "Association ID", func(a address) any { return a.AssociationId }},
		{"Used by", "Instance", func(a address) any { return a.InstanceId }},
		{"Used by", "Interface", func(a address) any { return a.NetworkInterfaceId }},
		{"Used by", "Interface owner", func(a address) any { return a.NetworkInterfaceOwnerId }},
		{"Used by", "Subnet", func(a address) any { return a.SubnetId }},
		{"Used by", "Private IP", func(a address) any { return a.PrivateIpAddress }},
		{"Used by", "Service", func(a address) any { return a.ServiceManaged }},
	}
}

func addressName(a address) string { return nameTag(a.Tags) }

// addressCost marks what costs money for nothing. An address on an interface
// without an instance is in use: test the association, not the instance.
func addressCost(a address) string {
	if a.AssociationId == nil && a.ServiceManaged == "" {
		return "$ unassociated"
	}
	return ""
}

func serviceAddress(a address) string {
	if a.ServiceManaged != "" {
		return "is managed by the service " + string(a.ServiceManaged)
	}
	return ""
}

func cannotDisassociate(a address) string {
	switch why := serviceAddress(a); {
	case why != "":
		return why
	case a.AssociationId == nil:
		return "is already free"
	}
	return ""
}

// cannotRelease leaves the rest to EC2: in the default VPC it takes the
// address away by itself, elsewhere it refuses.
func cannotRelease(a address) string { return serviceAddress(a) }
