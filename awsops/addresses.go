package awsops

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go/middleware"
)

// Addresses lists the Elastic IPs of the client's region.
func Addresses(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.Address, error] {
	return onePage(func() ([]types.Address, error) {
		out, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
		if err != nil {
			return nil, explain(err, "describe-addresses", client.Options().Region, false)
		}
		return out.Addresses, nil
	})
}

// AddressID is what an address is called: its allocation, or its IP if it has none.
func AddressID(a types.Address) string {
	if id := aws.ToString(a.AllocationId); id != "" {
		return id
	}
	return aws.ToString(a.PublicIp)
}

// AddressUser says what an address is associated with, or "".
func AddressUser(a types.Address) string {
	switch {
	case a.ServiceManaged != "":
		return "service " + string(a.ServiceManaged)
	case aws.ToString(a.InstanceId) != "":
		return aws.ToString(a.InstanceId)
	case a.AssociationId != nil: // a NAT gateway or a load balancer
		return aws.ToString(a.NetworkInterfaceId)
	}
	return ""
}

// IP4 is rule V-IP: four numbers 0 to 255.
func IP4() Rule {
	const text = "four numbers 0 to 255 separated by dots"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if ip, err := netip.ParseAddr(s); err != nil || !ip.Is4() {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}

// addressName is an address as people name it: its IP, or an ID.
func addressName(prefixes ...string) Rule {
	text := "an IP (" + IP4().Text + ") or " + strings.Join(prefixes, "- or ") + "- and 8 or 17 hex digits"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if ip, err := IP4().Check(s); err == nil {
			return ip, nil
		}
		for _, p := range prefixes {
			if id, err := ID(p).Check(s); err == nil {
				return id, nil
			}
		}
		return "", errors.New("write " + text)
	}}.picking("addresses", "")
}

// addressTarget is the field that a selected row fills.
func addressTarget[In any](rule Rule, member func(In) **string) Field[In] {
	return Field[In]{Name: "address", Help: "the address, by its IP or ID", Need: Required, Default: "selected row", Rule: rule, Target: true, To: ToString(member)}
}

// addressAdvice is what the codes mean when the target is an address.
func addressAdvice() map[string]string {
	return map[string]string{
		"AuthFailure": "The address belongs to an AWS service or to another account, or it has been released: refresh the list. What a NAT gateway or a load balancer uses is changed there.",
	}
}

// findAddress asks EC2 for one address. The question is a read: an error of
// it leaves no doubt that nothing has changed.
func findAddress(ctx context.Context, client *ec2.Client, name string) (types.Address, string, error) {
	in := &ec2.DescribeAddressesInput{AllocationIds: []string{name}}
	if _, err := IP4().Check(name); err == nil {
		in = &ec2.DescribeAddressesInput{PublicIps: []string{name}}
	}
	out, err := client.DescribeAddresses(ctx, in)
	if err != nil {
		return types.Address{}, "", explain(err, "describe-addresses", client.Options().Region, false)
	}
	requestID := requestIDOf(out.ResultMetadata)
	if len(out.Addresses) == 0 { // an emulator that ignores unknown addresses
		return types.Address{}, "", unknownAddress(name, client.Options().Region, requestID)
	}
	return out.Addresses[0], requestID, nil
}

func requestIDOf(m middleware.Metadata) string {
	id, _ := awsmiddleware.GetRequestIDMetadata(m)
	return id
}

func unknownAddress(name, region, requestID string) *Error {
	const code = "InvalidAddress.NotFound"
	return &Error{Operation: "describe-addresses", Class: Refused, Code: code, Message: "Address '" + name + "' not found.", RequestID: requestID,
		Hint: strings.ReplaceAll(adviceFor(code, 0).hint, "{region}", region)}
}

// addressesIn asks for addresses, of which PublicIps may name some that are gone.
type addressesIn struct {
	ec2.DescribeAddressesInput
	PublicIPs []string
}

type describedAddresses struct {
	addresses []types.Address
	missing   []Item
}

// describeAddresses asks for IPs by a filter, which does not fail for those
// that are gone: they become items of their own.
func describeAddresses(client *ec2.Client, ctx context.Context, in *addressesIn, opts ...func(*ec2.Options)) (*describedAddresses, error) {
	if len(in.PublicIPs) > 0 {
		in.Filters = append(in.Filters, filterOn("public-ip", in.PublicIPs...))
	}
	answer, err := client.DescribeAddresses(ctx, &in.DescribeAddressesInput, opts...)
	if err != nil {
		return nil, err
	}
	out := &describedAddresses{addresses: answer.Addresses}
	sortBy(out.addresses, func(a, b types.Address) int {
		return strings.Compare(aws.ToString(a.PublicIp), aws.ToString(b.PublicIp))
	})
	for _, ip := range in.PublicIPs {
		if !slices.ContainsFunc(out.addresses, func(a types.Address) bool { return aws.ToString(a.PublicIp) == ip }) {
			out.missing = append(out.missing, Item{ID: ip, Err: unknownAddress(ip, client.Options().Region, requestIDOf(answer.ResultMetadata))})
		}
	}
	return out, nil
}

func addressColumns() []column[types.Address] {
	type address = types.Address
	return []column[address]{
		{"ip-address", "IP Address", false, func(a address) any { return a.PublicIp }},
		{"instance-id", "Instance ID", false, func(a address) any { return a.InstanceId }},
		{"allocation-id", "Allocation ID", false, func(a address) any { return a.AllocationId }},
		{"association-id", "Association ID", true, func(a address) any { return a.AssociationId }},
		{"domain", "Domain", true, func(a address) any { return a.Domain }},
		{"network-interface-id", "Interface", true, func(a address) any { return a.NetworkInterfaceId }},
		{"private-ip-address", "Private IP", true, func(a address) any { return a.PrivateIpAddress }},
		{"network-border-group", "Border group", true, func(a address) any { return a.NetworkBorderGroup }},
		{"service-managed", "Service", true, func(a address) any { return a.ServiceManaged }},
		{"tags", "Tags", true, func(a address) any { return tagPairs(a.Tags) }},
	}
}

// whoUses is what moves or breaks when an address goes somewhere else.
func whoUses(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	var lines []string
	for _, id := range ids {
		if strings.HasPrefix(id, "eipassoc-") {
			continue
		}
		a, _, err := findAddress(ctx, client, id)
		if err != nil {
			return lines, err
		}
		user := AddressUser(a)
		if name := instanceName(ctx, client, aws.ToString(a.InstanceId)); name != "" {
			user += " (" + name + ")"
		}
		if user == "" {
			user = "nothing"
		}
		lines = append(lines, fmt.Sprintf("%s is used by %s", aws.ToString(a.PublicIp), user))
	}
	return lines, nil
}

// instanceName is the tag Name of an instance, as far as it can be read.
func instanceName(ctx context.Context, client *ec2.Client, id string) string {
	name := ""
	if id != "" {
		_ = describeByFilter(ctx, client, []string{id}, func(rs []types.Reservation) {
			name = TagValue(tagsOf(rs[0].Instances[0].Tags), "Name")
		})
	}
	return name
}
