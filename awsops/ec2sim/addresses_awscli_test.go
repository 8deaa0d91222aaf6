//go:build external

package ec2sim_test

import (
	"encoding/json"
	"testing"
)

// value is a member of what the CLI prints.
func (c *cli) value(member string, args ...string) string {
	c.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(c.ok(args...)), &out); err != nil {
		c.Fatal(err)
	}
	s, _ := out[member].(string)
	return s
}

func TestCLIAddresses(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[["192.0.2.10",null,"vpc","us-east-1","amazon"],["192.0.2.11","`+graviton+`","vpc","us-east-1","amazon"],["192.0.2.12",null,"vpc","us-east-1","amazon"],["192.0.2.13",null,"vpc","us-east-1","amazon"]]`,
		"describe-addresses", "--query", "Addresses[].[PublicIp,InstanceId,Domain,NetworkBorderGroup,PublicIpv4Pool]")
	id := c.value("AllocationId", "allocate-address", "--domain", "vpc", "--tag-specifications", "ResourceType=elastic-ip,Tags=[{Key=Name,Value=cli}]")
	association := c.value("AssociationId", "associate-address", "--allocation-id", id, "--instance-id", web, "--no-allow-reassociation")
	c.want(`["`+web+`","`+association+`","10.0.0.11","cli"]`, "describe-addresses", "--allocation-ids", id,
		"--query", "Addresses[0].[InstanceId,AssociationId,PrivateIpAddress,Tags[0].Value]")
	ip := c.value("IP", "describe-addresses", "--filters", "Name=tag:Name,Values=cli", "--query", "{IP: Addresses[0].PublicIp}")
	c.want(`["`+ip+`","123456789012"]`, "describe-instances", "--instance-ids", web,
		"--query", "Reservations[0].Instances[0].[PublicIpAddress,NetworkInterfaces[0].Association.IpOwnerId]")
	c.refused("AssociateAddress", "Resource.AlreadyAssociated", "resource "+id+" is already associated with associate-id "+association,
		"associate-address", "--allocation-id", id, "--instance-id", impaired, "--no-allow-reassociation")
	c.refused("AssociateAddress", "InvalidInstanceID", "There are multiple interfaces attached to instance '"+twoENI+
		"'. Please specify an interface ID for the operation instead.", "associate-address", "--allocation-id", id, "--instance-id", twoENI)
	c.refused("AssociateAddress", "InvalidInstanceID", "The pending instance '"+pending+"' is not in a valid state for this operation.",
		"associate-address", "--allocation-id", id, "--instance-id", pending)
	moved := c.value("AssociationId", "associate-address", "--allocation-id", id, "--instance-id", impaired, "--allow-reassociation")
	c.want("", "disassociate-address", "--association-id", moved)
	c.refused("DisassociateAddress", "InvalidAssociationID.NotFound", "The association ID '"+moved+"' does not exist",
		"disassociate-address", "--association-id", moved)
	c.want("", "release-address", "--allocation-id", id)
	c.refused("ReleaseAddress", "InvalidAllocationID.NotFound", "The allocation ID '"+id+"' does not exist", "release-address", "--allocation-id", id)
	c.refused("DescribeAddresses", "InvalidAddress.NotFound", "Address '"+ip+"' not found.", "describe-addresses", "--public-ips", ip)
	c.refused("ReleaseAddress", "AuthFailure", "You do not have permission to access the specified resource.", "release-address", "--allocation-id", onALB)
	c.refused("ReleaseAddress", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "release-address", "--dry-run", "--allocation-id", freeIP)
	c.ok("allocate-address")
	c.ok("allocate-address")
	c.refused("AllocateAddress", "AddressLimitExceeded", "The maximum number of addresses has been reached.", "allocate-address")
}
