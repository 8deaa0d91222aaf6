//go:build external

package ec2sim_test

import (
	"testing"

	"ec2deck/awsops/ec2sim"
)

func TestCLIInstanceChanges(t *testing.T) {
	c := newCLI(t, "small")
	c.want("", "modify-instance-attribute", "--instance-id", web, "--disable-api-stop")
	c.want(`true`, "describe-instance-attribute", "--instance-id", web, "--attribute", "disableApiStop", "--query", "DisableApiStop.Value")
	c.refused("ModifyInstanceAttribute", "UnsupportedOperation", "The attribute 'disableApiTermination' cannot be modified for the Spot Instance '"+spot+"'.",
		"modify-instance-attribute", "--instance-id", spot, "--disable-api-termination")

	c.want(`["pending","required",3,"enabled","enabled"]`, "modify-instance-metadata-options", "--instance-id", web,
		"--http-tokens", "required", "--http-put-response-hop-limit", "3", "--instance-metadata-tags", "enabled",
		"--query", "InstanceMetadataOptions.[State,HttpTokens,HttpPutResponseHopLimit,HttpEndpoint,InstanceMetadataTags]")
	c.clock.pass(ec2sim.DefaultDelays().Metadata)
	c.want(`"applied"`, "describe-instances", "--instance-ids", web, "--query", "Reservations[0].Instances[0].MetadataOptions.State")
	c.refused("ModifyInstanceMetadataOptions", "InvalidParameterValue", "Value (65) for parameter HttpPutResponseHopLimit is invalid. Expecting a value between 1 and 64.",
		"modify-instance-metadata-options", "--instance-id", web, "--http-put-response-hop-limit", "65")
	c.refused("ModifyInstanceMetadataOptions", "IncorrectInstanceState", "The instance '"+terminated+"' is not in a valid state for this operation.",
		"modify-instance-metadata-options", "--instance-id", terminated, "--http-tokens", "required")

	second := c.value("ENI", "describe-instances", "--instance-ids", twoENI, "--query", "{ENI: Reservations[0].Instances[0].NetworkInterfaces[1].NetworkInterfaceId}")
	c.refused("ModifyInstanceAttribute", "InvalidInstanceID", "There are multiple interfaces attached to instance '"+twoENI+"'. Please specify an interface ID for the operation instead.",
		"modify-instance-attribute", "--instance-id", twoENI, "--groups", "sg-0aa00000000000021")
	c.want("", "modify-network-interface-attribute", "--network-interface-id", second, "--groups", "sg-0aa00000000000021")
	c.want(`["sg-0aa00000000000021"]`, "describe-network-interfaces", "--network-interface-ids", second, "--query", "NetworkInterfaces[0].Groups[].GroupId")
	c.refused("ModifyNetworkInterfaceAttribute", "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID 'eni-0ffffffffffffffff' does not exist",
		"modify-network-interface-attribute", "--network-interface-id", "eni-0ffffffffffffffff", "--groups", "sg-0aa00000000000021")
	c.refused("ModifyNetworkInterfaceAttribute", "InvalidGroup.NotFound", "The security group 'sg-0fffffff' does not exist",
		"modify-network-interface-attribute", "--network-interface-id", second, "--groups", "sg-0fffffff")
	c.refused("ModifyNetworkInterfaceAttribute", "InvalidParameterCombination", "No attributes specified.", "modify-network-interface-attribute", "--network-interface-id", second)

	c.want("", "modify-instance-attribute", "--instance-id", web, "--no-source-dest-check")
	c.want("", "reset-instance-attribute", "--instance-id", web, "--attribute", "sourceDestCheck")
	c.want(`true`, "describe-instance-attribute", "--instance-id", web, "--attribute", "sourceDestCheck", "--query", "SourceDestCheck.Value")
	c.refused("ResetInstanceAttribute", "IncorrectInstanceState", "The instance '"+web+"' is not in the 'stopped' state.", "reset-instance-attribute", "--instance-id", web, "--attribute", "kernel")
	c.refused("ResetInstanceAttribute", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.",
		"reset-instance-attribute", "--instance-id", web, "--attribute", "sourceDestCheck", "--dry-run")
}
