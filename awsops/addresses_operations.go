package awsops

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func addressOperations() []Operation {
	return []Operation{listAddresses(), allocateAddress(), associateAddress(), disassociateAddress(), releaseAddress()}
}

func listAddresses() Operation {
	type in = addressesIn
	return &Op[*in, *describedAddresses]{
		Name: "describe-addresses", Help: "List the Elastic IPs", Noun: "address",
		Fields: append([]Field[*in]{
			{Name: "public-ips", Help: "only these addresses", Default: "all", Rule: IP4(), To: ToList(func(in *in) *[]string { return &in.PublicIPs })},
			{Name: "allocation-ids", Help: "only the addresses with these IDs", Default: "all", Rule: ID("eipalloc"), To: ToList(func(in *in) *[]string { return &in.AllocationIds })},
		}, delimiters[*in](",")[1:]...),
		Call: describeAddresses, Outputs: names(addressColumns()),
		Show: func(out *describedAddresses) Result {
			table := tableOf(addressColumns(), out.addresses)
			table.Null = "null"
			return Result{Table: table, Items: out.missing}
		},
		Example: Values{"public-ips": {"192.0.2.10"}, "allocation-ids": {"eipalloc-0aa00000000000001"}},
	}
}

func allocateAddress() Operation {
	type in = ec2.AllocateAddressInput
	return &Op[*in, *ec2.AllocateAddressOutput]{
		Name: "allocate-address", Help: "Allocate a new Elastic IP", Noun: "address", Risk: Changes,
		Warning: "An Elastic IP costs money, also while nothing uses it.",
		Doubt:   "A lost answer may have left an address: list the addresses and compare.",
		Fields: []Field[*in]{
			{Name: "domain", Help: "always vpc since EC2-Classic is gone", Default: "vpc", Choices: []string{"vpc"}, To: to(KindString, func(in *in, v string) { in.Domain = types.DomainType(v) })},
			{Name: "network-border-group", Help: "the group of zones that advertises it", Default: "the region", Rule: Shaped(`^[a-z]{2}(-[a-z0-9]+)+$`, "a group such as us-east-1 or us-west-2-lax-1"), To: ToString(func(in *in) **string { return &in.NetworkBorderGroup })},
			{Name: "public-ipv4-pool", Help: "a pool of your own", Default: "Amazon's pool", Rule: Shaped(`^(amazon|ipv4pool-ec2-([0-9a-f]{8}|[0-9a-f]{17}))$`, "ipv4pool-ec2- and 8 or 17 hex digits, or amazon"), To: ToString(func(in *in) **string { return &in.PublicIpv4Pool })},
			{Name: "address", Help: "one that was yours, or of your pool, to have it again", Default: "any", Rule: IP4(), To: ToString(func(in *in) **string { return &in.Address })},
			newTags(types.ResourceTypeElasticIp, func(in *in) *[]types.TagSpecification { return &in.TagSpecifications }),
		},
		Check: func(in *in) error {
			if in.Address != nil && in.PublicIpv4Pool != nil {
				return &InputError{Field: "public-ipv4-pool", Rule: "cannot be used together with --address"}
			}
			return nil
		},
		Call: (*ec2.Client).AllocateAddress, Outputs: []string{"public-ip", "allocation-id"},
		Show: func(out *ec2.AllocateAddressOutput) Result {
			return Result{
				Message: fmt.Sprintf("allocated %s (%s)", aws.ToString(out.PublicIp), aws.ToString(out.AllocationId)),
				Outputs: []Output{{"public-ip", plain(out.PublicIp)}, {"allocation-id", plain(out.AllocationId)}},
			}
		},
		Example: Values{"domain": {"vpc"}, "network-border-group": {"us-east-1"}, "address": {"192.0.2.99"}, "tags": {"Name=web", "Env=test"}},
	}
}

// associateIn is an association with the address as the operator named it.
type associateIn struct {
	ec2.AssociateAddressInput
	Address *string
}

func associateAddress() Operation {
	type in = associateIn
	return &Op[*in, *ec2.AssociateAddressOutput]{
		Name: "associate-address", Help: "Give an Elastic IP to an instance or an interface", Noun: "address", Risk: Changes,
		Warning: "The public address and the public DNS name of the instance change; one that it has is displaced and stays allocated.",
		Foresee: whoUses, Advice: addressAdvice(),
		Fields: []Field[*in]{
			addressTarget(addressName("eipalloc"), func(in *in) **string { return &in.Address }),
			{Name: "instance-id", Help: "the instance, if it has one interface only", Need: Conditional, Rule: ID("i"), Pick: Only("instances", "-state:terminated -state:shutting-down"), To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "network-interface-id", Help: "the interface, instead of an instance", Need: Conditional, Rule: ID("eni"), To: ToString(func(in *in) **string { return &in.NetworkInterfaceId })},
			{Name: "private-ip", Help: "one of the interface's addresses", Default: "the primary one", Rule: IP4(), Pick: Pick{Kind: "private-addresses", Where: ofInterface, Column: "Private IP"}, To: ToString(func(in *in) **string { return &in.PrivateIpAddress })},
			{Name: "allow-reassociation", Help: "move it if something else uses it, which loses it then", Default: "false", Raises: Disrupts, To: ToBool(func(in *in) **bool { return &in.AllowReassociation })},
		},
		Check: checkAssociation, Call: associate, Outputs: []string{"result", "association-id"},
		Show: func(out *ec2.AssociateAddressOutput) Result {
			return Result{Outputs: []Output{{"result", true}, {"association-id", plain(out.AssociationId)}}}
		},
		Example: Values{"address": {"192.0.2.10"}, "instance-id": {"i-0aa00000000000001"}, "allow-reassociation": {"true"}},
	}
}

// ofInterface narrows private addresses to those of the interface that is named.
func ofInterface(_ context.Context, _ *ec2.Client, v Values) (string, error) {
	if id := v.Get("network-interface-id"); id != "" {
		return "interface:" + id, nil
	}
	return "", nil
}

func checkAssociation(in *associateIn) error {
	switch {
	case in.InstanceId == nil && in.NetworkInterfaceId == nil:
		return &InputError{Field: "instance-id", Rule: "or --network-interface-id is required"}
	case in.InstanceId != nil && in.NetworkInterfaceId != nil:
		return &InputError{Field: "network-interface-id", Rule: "cannot be used together with --instance-id"}
	case in.InstanceId != nil && in.PrivateIpAddress != nil:
		return &InputError{Field: "private-ip", Rule: "needs --network-interface-id instead of --instance-id"}
	}
	if in.AllowReassociation == nil { // absent means true to EC2
		in.AllowReassociation = aws.Bool(false)
	}
	return nil
}

func associate(client *ec2.Client, ctx context.Context, in *associateIn, opts ...func(*ec2.Options)) (*ec2.AssociateAddressOutput, error) {
	a, _, err := findAddress(ctx, client, aws.ToString(in.Address))
	if err != nil {
		return nil, err
	}
	in.AllocationId = a.AllocationId
	return client.AssociateAddress(ctx, &in.AssociateAddressInput, opts...)
}

// disassociateIn is a disassociation with the address as the operator named it.
type disassociateIn struct {
	ec2.DisassociateAddressInput
	Address *string
}

func disassociateAddress() Operation {
	type in = disassociateIn
	return &Op[*in, *finished]{
		Name: "disassociate-address", Help: "Take an Elastic IP away from what uses it", Noun: "address", Risk: Disrupts,
		Warning: "Connections to the address end. It stays allocated and is billed. An instance that runs may get an automatic address.",
		Foresee: whoUses, Advice: addressAdvice(),
		Fields: []Field[*in]{addressTarget(addressName("eipassoc", "eipalloc"), func(in *in) **string { return &in.Address })},
		Call:   disassociate, Outputs: []string{"result"}, Show: showFinished,
		Example: Values{"address": {"192.0.2.11"}},
	}
}

func disassociate(client *ec2.Client, ctx context.Context, in *disassociateIn, opts ...func(*ec2.Options)) (*finished, error) {
	in.AssociationId = in.Address
	if _, err := ID("eipassoc").Check(aws.ToString(in.Address)); err != nil {
		a, requestID, err := findAddress(ctx, client, aws.ToString(in.Address))
		if err != nil {
			return nil, err
		}
		if a.AssociationId == nil {
			return &finished{said: "already free", requestID: requestID}, nil
		}
		in.AssociationId = a.AssociationId
	}
	_, err := client.DisassociateAddress(ctx, &in.DisassociateAddressInput, opts...)
	return &finished{}, err
}

// releaseIn is a release with the address as the operator named it.
type releaseIn struct {
	ec2.ReleaseAddressInput
	Address *string
}

func releaseAddress() Operation {
	type in = releaseIn
	return &Op[*in, *finished]{
		Name: "release-address", Help: "Give an Elastic IP back for good", Noun: "address", Risk: Destroys,
		Warning: "This cannot be undone: anybody may get the address next.", Foresee: whoUses, Advice: addressAdvice(),
		Fields: []Field[*in]{
			addressTarget(addressName("eipalloc"), func(in *in) **string { return &in.Address }),
			{Name: "network-border-group", Help: "the group of zones that advertises it", Default: "the address's own", Rule: Shaped(`^[a-z]{2}(-[a-z0-9]+)+$`, "a group such as us-east-1 or us-west-2-lax-1"), To: ToString(func(in *in) **string { return &in.NetworkBorderGroup })},
		},
		Call: release, Outputs: []string{"result"}, Show: showFinished,
		Example: Values{"address": {"192.0.2.10"}, "network-border-group": {"us-east-1-bos-1"}},
	}
}

func release(client *ec2.Client, ctx context.Context, in *releaseIn, opts ...func(*ec2.Options)) (*finished, error) {
	a, _, err := findAddress(ctx, client, aws.ToString(in.Address))
	if err != nil {
		return nil, err
	}
	in.AllocationId = a.AllocationId
	if in.NetworkBorderGroup == nil {
		in.NetworkBorderGroup = a.NetworkBorderGroup
	}
	_, err = client.ReleaseAddress(ctx, &in.ReleaseAddressInput, opts...)
	ip := aws.ToString(a.PublicIp)
	return &finished{said: fmt.Sprintf("released %s; allocate-address with --address %s gets it back while nobody else has it", ip, ip)}, err
}
