package ec2sim_test

import (
	"strings"
	"testing"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	freeIP, onInstance = "eipalloc-0aa00000000000001", "eipalloc-0aa00000000000002"
	onNAT, onALB       = "eipalloc-0aa00000000000003", "eipalloc-0aa00000000000004"
	noIP               = "eipalloc-0ffffffffffffffff"
)

func associate(in ec2.AssociateAddressInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.AssociateAddress(b.ctx, &in); return err }
}

func (b *bench) address(id string) types.Address {
	b.Helper()
	out := must[*ec2.DescribeAddressesOutput](b.T)(b.ec2.DescribeAddresses(b.ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{id}}))
	return out.Addresses[0]
}

// onto associates an address with an instance and gives the association.
func (b *bench) onto(address, instance string) string {
	b.Helper()
	out := must[*ec2.AssociateAddressOutput](b.T)(b.ec2.AssociateAddress(b.ctx, &ec2.AssociateAddressInput{AllocationId: &address, InstanceId: &instance}))
	return *out.AssociationId
}

func TestAnAddressMovesBetweenInstances(t *testing.T) {
	b := newBench(t, "small")
	if ip := aws.ToString(b.instance(web).PublicIpAddress); ip != "198.51.100.1" {
		t.Fatalf("starts with %s", ip)
	}
	first := b.onto(freeIP, web)
	in := b.instance(web)
	if aws.ToString(in.PublicIpAddress) != "192.0.2.10" || aws.ToString(in.PublicDnsName) != "ec2-192-0-2-10.compute-1.amazonaws.com" {
		t.Errorf("has %s %s", aws.ToString(in.PublicIpAddress), aws.ToString(in.PublicDnsName))
	}
	if owner := aws.ToString(in.NetworkInterfaces[0].Association.IpOwnerId); owner != "123456789012" {
		t.Errorf("the owner of the address is %s", owner)
	}
	if again := b.onto(freeIP, web); again != first {
		t.Errorf("repeating it made the association %s out of %s", again, first)
	}
	moved := b.onto(freeIP, impaired)
	a := b.address(freeIP)
	if moved == first || aws.ToString(a.AssociationId) != moved || aws.ToString(a.InstanceId) != impaired || aws.ToString(a.PrivateIpAddress) == "" {
		t.Errorf("moved to %+v", a)
	}
	if ip := aws.ToString(b.instance(web).PublicIpAddress); !strings.HasPrefix(ip, "198.18.") {
		t.Errorf("an instance launched with a public address gets a new one, not %q", ip)
	}
	if _, err := b.ec2.DisassociateAddress(b.ctx, &ec2.DisassociateAddressInput{AssociationId: &moved}); err != nil {
		t.Fatal(err)
	}
	if in := b.instance(impaired); in.PublicIpAddress != nil || aws.ToString(in.PublicDnsName) != "" {
		t.Errorf("keeps %s %s", aws.ToString(in.PublicIpAddress), aws.ToString(in.PublicDnsName))
	}
	if a := b.address(freeIP); a.AssociationId != nil || a.InstanceId != nil || a.NetworkInterfaceId != nil || a.PrivateIpAddress != nil {
		t.Errorf("is not free: %+v", a)
	}
}

func TestAnAddressDisplacesAnother(t *testing.T) {
	b := newBench(t, "small")
	b.onto(freeIP, graviton)
	if a := b.address(onInstance); a.AssociationId != nil || aws.ToString(a.PublicIp) != "192.0.2.11" {
		t.Errorf("the displaced address is %+v", a)
	}
	if ip := aws.ToString(b.instance(graviton).PublicIpAddress); ip != "192.0.2.10" {
		t.Errorf("has %s", ip)
	}
}

func TestAnAddressOutlivesItsInstance(t *testing.T) {
	b := newBench(t, "small")
	b.onto(freeIP, web)
	if err := stop(ec2.StopInstancesInput{InstanceIds: []string{web}})(b); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(ec2sim.DefaultDelays().Stop)
	if in := b.instance(web); in.State.Name != "stopped" || aws.ToString(in.PublicIpAddress) != "192.0.2.10" {
		t.Errorf("%s with %s: an Elastic IP survives a stop", in.State.Name, aws.ToString(in.PublicIpAddress))
	}
	if err := terminate(web)(b); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(ec2sim.DefaultDelays().Terminate)
	b.state(web)
	if a := b.address(freeIP); a.AssociationId != nil {
		t.Errorf("still associated with %s", aws.ToString(a.InstanceId))
	}
}

func TestAnAddressOnASecondInterface(t *testing.T) {
	b := newBench(t, "small")
	nic := b.instance(twoENI).NetworkInterfaces[1]
	before := aws.ToString(b.instance(twoENI).PublicIpAddress)
	if err := associate(ec2.AssociateAddressInput{AllocationId: aws.String(freeIP), NetworkInterfaceId: nic.NetworkInterfaceId, PrivateIpAddress: nic.PrivateIpAddress})(b); err != nil {
		t.Fatal(err)
	}
	in := b.instance(twoENI)
	if aws.ToString(in.PublicIpAddress) != before || aws.ToString(in.NetworkInterfaces[1].Association.PublicIp) != "192.0.2.10" {
		t.Errorf("%s, %+v", aws.ToString(in.PublicIpAddress), in.NetworkInterfaces[1].Association)
	}
}

func TestAllocateAndRelease(t *testing.T) {
	b := newBench(t, "small")
	in := ec2.AllocateAddressInput{Address: aws.String("192.0.2.99"), TagSpecifications: []types.TagSpecification{
		{ResourceType: types.ResourceTypeElasticIp, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("back")}}}}}
	out := must[*ec2.AllocateAddressOutput](t)(b.ec2.AllocateAddress(b.ctx, &in))
	a := b.address(*out.AllocationId)
	if *a.PublicIp != "192.0.2.99" || a.Domain != "vpc" || *a.NetworkBorderGroup != east || *a.PublicIpv4Pool != "amazon" || *a.Tags[0].Value != "back" {
		t.Errorf("%+v", a)
	}
	_, err := b.ec2.AllocateAddress(b.ctx, &in)
	wantError(t, err, 400, "InvalidAddress.NotFound", "Address '192.0.2.99' not found.")
	must[*ec2.AllocateAddressOutput](t)(b.ec2.AllocateAddress(b.ctx, &ec2.AllocateAddressInput{}))
	_, err = b.ec2.AllocateAddress(b.ctx, &ec2.AllocateAddressInput{})
	wantError(t, err, 400, "AddressLimitExceeded", "The maximum number of addresses has been reached.")
	b.onto(*out.AllocationId, web)
	if _, err := b.ec2.ReleaseAddress(b.ctx, &ec2.ReleaseAddressInput{AllocationId: out.AllocationId}); err != nil {
		t.Fatalf("in the default VPC it is disassociated too: %v", err)
	}
	if ip := aws.ToString(b.instance(web).PublicIpAddress); ip == "192.0.2.99" {
		t.Error("the instance keeps a released address")
	}
	_, err = b.ec2.DescribeAddresses(b.ctx, &ec2.DescribeAddressesInput{PublicIps: []string{"192.0.2.99"}})
	wantError(t, err, 400, "InvalidAddress.NotFound", "Address '192.0.2.99' not found.")
}

func TestAddressesAreFiltered(t *testing.T) {
	b := newBench(t, "small")
	for filter, want := range map[string]string{
		"instance-id=" + graviton:               "192.0.2.11",
		"network-interface-id=eni-*":            "192.0.2.11 192.0.2.12 192.0.2.13",
		"network-interface-owner-id=1234*":      "192.0.2.11 192.0.2.12 192.0.2.13",
		"private-ip-address=10.0.0.200":         "192.0.2.12",
		"public-ip=192.0.2.1?":                  "192.0.2.10 192.0.2.11 192.0.2.12 192.0.2.13",
		"allocation-id=" + freeIP:               "192.0.2.10",
		"association-id=eipassoc-*":             "192.0.2.11 192.0.2.12 192.0.2.13",
		"network-border-group=us-east-1-bos-1a": "",
		"tag:Name=spare":                        "192.0.2.10",
		"tag-key=Env":                           "192.0.2.10",
	} {
		name, value, _ := strings.Cut(filter, "=")
		out := must[*ec2.DescribeAddressesOutput](t)(b.ec2.DescribeAddresses(b.ctx, &ec2.DescribeAddressesInput{Filters: []types.Filter{{Name: &name, Values: []string{value}}}}))
		var got []string
		for _, a := range out.Addresses {
			got = append(got, *a.PublicIp)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
}

func TestRefusalsOfAddresses(t *testing.T) {
	s := aws.String
	on := func(address, instance string) func(*bench) error {
		return associate(ec2.AssociateAddressInput{AllocationId: &address, InstanceId: &instance})
	}
	release := func(in ec2.ReleaseAddressInput) func(*bench) error {
		return func(b *bench) error { _, err := b.ec2.ReleaseAddress(b.ctx, &in); return err }
	}
	disassociate := func(in ec2.DisassociateAddressInput) func(*bench) error {
		return func(b *bench) error { _, err := b.ec2.DisassociateAddress(b.ctx, &in); return err }
	}
	unlink := func(id string) func(*bench) error {
		return func(b *bench) error {
			return disassociate(ec2.DisassociateAddressInput{AssociationId: b.address(id).AssociationId})(b)
		}
	}
	allocate := func(in ec2.AllocateAddressInput) func(*bench) error {
		return func(b *bench) error { _, err := b.ec2.AllocateAddress(b.ctx, &in); return err }
	}
	const notYours = "You do not have permission to access the specified resource."
	runRefusals(t, "small", []refusal{
		{"no address", associate(ec2.AssociateAddressInput{InstanceId: s(web)}), 400, "MissingParameter", "The request must contain the parameter AllocationId"},
		{"an address of EC2-Classic", associate(ec2.AssociateAddressInput{InstanceId: s(web), PublicIp: s("192.0.2.10")}), 400, "InvalidParameterValue", "You must specify an allocation id when mapping an address to a VPC instance"},
		{"no instance", associate(ec2.AssociateAddressInput{AllocationId: s(freeIP)}), 400, "MissingParameter", "The request must contain the parameter InstanceId"},
		{"an unknown allocation", on(noIP, web), 400, "InvalidAllocationID.NotFound", "The allocation ID '" + noIP + "' does not exist"},
		{"an unknown instance", on(freeIP, unknown), 400, "InvalidInstanceID.NotFound", "The instance ID '" + unknown + "' does not exist"},
		{"a pending instance", on(freeIP, pending), 400, "InvalidInstanceID", "The pending instance '" + pending + "' is not in a valid state for this operation."},
		{"a terminated instance", on(freeIP, terminated), 400, "InvalidInstanceID", "The terminated instance '" + terminated + "' is not in a valid state for this operation."},
		{"several interfaces", on(freeIP, twoENI), 400, "InvalidInstanceID", "There are multiple interfaces attached to instance '" + twoENI + "'. Please specify an interface ID for the operation instead."},
		{"an interface of a pending instance", func(b *bench) error {
			return associate(ec2.AssociateAddressInput{AllocationId: s(freeIP), NetworkInterfaceId: b.instance(pending).NetworkInterfaces[0].NetworkInterfaceId})(b)
		}, 400, "IncorrectInstanceState", "The pending instance '" + pending + "' is not in a valid state for this operation."},
		{"an unknown interface", associate(ec2.AssociateAddressInput{AllocationId: s(freeIP), NetworkInterfaceId: s("eni-0ffffffffffffffff")}), 400, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-0ffffffffffffffff' does not exist"},
		{"a malformed interface", associate(ec2.AssociateAddressInput{AllocationId: s(freeIP), NetworkInterfaceId: s("eni-x")}), 400, "InvalidNetworkInterfaceID.Malformed", `Invalid id: "eni-x" (expecting "eni-...")`},
		{"an interface of a service", associate(ec2.AssociateAddressInput{AllocationId: s(freeIP), NetworkInterfaceId: s("eni-0aa000000000000c1")}), 400, "AuthFailure", notYours},
		{"instance and interface", associate(ec2.AssociateAddressInput{AllocationId: s(freeIP), InstanceId: s(web), NetworkInterfaceId: s("eni-0aa000000000000c1")}), 400, "InvalidParameterCombination", "You may specify either an instance ID or a network interface ID, but not both."},
		{"a foreign private address", func(b *bench) error {
			return associate(ec2.AssociateAddressInput{AllocationId: s(freeIP), NetworkInterfaceId: b.instance(web).NetworkInterfaces[0].NetworkInterfaceId, PrivateIpAddress: s("10.9.9.9")})(b)
		}, 400, "InvalidParameterValue", "The private IP address '10.9.9.9' is not assigned to interface 'eni-065b9e5397ad7e1fe'."},
		{"taken and not to be moved", associate(ec2.AssociateAddressInput{AllocationId: s(onInstance), InstanceId: s(web), AllowReassociation: aws.Bool(false)}),
			400, "Resource.AlreadyAssociated", "resource " + onInstance + " is already associated with associate-id eipassoc-035af5e043b81d5f1"},
		{"a dry run", associate(ec2.AssociateAddressInput{AllocationId: s(freeIP), InstanceId: s(web), DryRun: aws.Bool(true)}), 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."},
		{"an unknown association", disassociate(ec2.DisassociateAddressInput{AssociationId: s("eipassoc-0ffffffffffffffff")}), 400, "InvalidAssociationID.NotFound", "The association ID 'eipassoc-0ffffffffffffffff' does not exist"},
		{"no association", disassociate(ec2.DisassociateAddressInput{}), 400, "MissingParameter", "The request must contain the parameter AssociationId"},
		{"an association by IP", disassociate(ec2.DisassociateAddressInput{PublicIp: s("192.0.2.11")}), 400, "InvalidParameterValue", "You must specify an association id when unmapping an address from a VPC instance"},
		{"a NAT gateway's association", unlink(onNAT), 400, "AuthFailure", notYours},
		{"a load balancer's association", unlink(onALB), 400, "AuthFailure", notYours},
		{"releasing nothing", release(ec2.ReleaseAddressInput{}), 400, "MissingParameter", "The request must contain the parameter AllocationId"},
		{"releasing by IP", release(ec2.ReleaseAddressInput{PublicIp: s("192.0.2.10")}), 400, "InvalidParameterValue", "You must specify an allocation id when releasing a VPC elastic IP address"},
		{"releasing an unknown one", release(ec2.ReleaseAddressInput{AllocationId: s(noIP)}), 400, "InvalidAllocationID.NotFound", "The allocation ID '" + noIP + "' does not exist"},
		{"releasing a service's", release(ec2.ReleaseAddressInput{AllocationId: s(onALB)}), 400, "AuthFailure", notYours},
		{"releasing in another group", release(ec2.ReleaseAddressInput{AllocationId: s(freeIP), NetworkBorderGroup: s("eu-west-1")}), 400, "InvalidAddress.NotFound", "Address '192.0.2.10' not found."},
		{"the domain of EC2-Classic", allocate(ec2.AllocateAddressInput{Domain: "standard"}), 400, "InvalidParameterValue", "Invalid value 'standard' for domain. It must be 'vpc'."},
		{"an unknown border group", allocate(ec2.AllocateAddressInput{NetworkBorderGroup: s("moon")}), 400, "InvalidParameterValue", "The network border group 'moon' is not valid for region 'us-east-1'."},
		{"an unknown pool", allocate(ec2.AllocateAddressInput{PublicIpv4Pool: s("ipv4pool-ec2-0")}), 400, "InvalidPublicIpv4PoolID.NotFound", "The pool ID 'ipv4pool-ec2-0' does not exist"},
		{"an unknown filter", func(b *bench) error {
			_, err := b.ec2.DescribeAddresses(b.ctx, &ec2.DescribeAddressesInput{Filters: []types.Filter{{Name: s("domain"), Values: []string{"vpc"}}}})
			return err
		}, 400, "InvalidParameterValue", "The filter 'domain' is invalid"},
	})
}

func TestAddressesAndGateways(t *testing.T) {
	b := newBench(t, "small")
	id := must[string](t)(b.sim.AddInstance("test", east, ec2sim.InstanceSeed{Name: "apart", Type: "t3.micro", Image: "al2023", VPC: "other", Groups: []string{"apart"}}))
	b.onto(freeIP, id)
	_, err := b.ec2.ReleaseAddress(b.ctx, &ec2.ReleaseAddressInput{AllocationId: aws.String(freeIP)})
	wantError(t, err, 400, "InvalidIPAddress.InUse", "Address 192.0.2.10 is in use.")

	dublin := newBench(t, "small")
	dublin.ec2 = dublin.in(west)
	id = must[string](t)(dublin.sim.AddInstance("test", west, ec2sim.InstanceSeed{Name: "apart", Type: "t3.micro", Image: "al2023", VPC: "other", Groups: []string{"apart"}}))
	out := must[*ec2.AllocateAddressOutput](t)(dublin.ec2.AllocateAddress(dublin.ctx, &ec2.AllocateAddressInput{}))
	err = associate(ec2.AssociateAddressInput{AllocationId: out.AllocationId, InstanceId: &id})(dublin)
	wantError(t, err, 400, "Gateway.NotAttached", "Network vpc-0aa00000000000012 is not attached to any internet gateway")
}
