//go:build external

package ec2sim_test

import "testing"

// TestCLIAGroupLives takes a group through its life: create, describe,
// authorize, describe its rules, modify, revoke, delete.
func TestCLIAGroupLives(t *testing.T) {
	c := newCLI(t, "small")
	id := c.ok("create-security-group", "--group-name", "api", "--description", "The API", "--vpc-id", otherVPC,
		"--tag-specifications", "ResourceType=security-group,Tags=[{Key=Env,Value=test}]", "--query", "GroupId", "--output", "text")
	c.refused("CreateSecurityGroup", "InvalidGroup.Duplicate", "The security group 'api' already exists for VPC '"+otherVPC+"'",
		"create-security-group", "--group-name", "api", "--description", "again", "--vpc-id", otherVPC)
	c.refused("CreateSecurityGroup", "InvalidParameterValue", "Cannot use reserved security group name: default",
		"create-security-group", "--group-name", "default", "--description", "x")
	c.want(`[["api","The API","`+otherVPC+`","123456789012",[],"-1","0.0.0.0/0","test"]]`, "describe-security-groups",
		"--filters", "Name=group-name,Values=api", "--query", "SecurityGroups[].[GroupName,Description,VpcId,OwnerId,IpPermissions,"+
			"IpPermissionsEgress[0].IpProtocol,IpPermissionsEgress[0].IpRanges[0].CidrIp,Tags[0].Value]")

	c.want(`[true,[[false,"tcp",443,443,"10.0.0.0/8"]]]`, "authorize-security-group-ingress", "--group-id", id, "--protocol", "tcp", "--port", "443", "--cidr", "10.9.9.9/8",
		"--query", "[Return,SecurityGroupRules[].[IsEgress,IpProtocol,FromPort,ToPort,CidrIpv4]]")
	c.refused("AuthorizeSecurityGroupIngress", "InvalidPermission.Duplicate",
		`the specified rule "peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW" already exists`,
		"authorize-security-group-ingress", "--group-id", id, "--protocol", "tcp", "--port", "443", "--cidr", "10.0.0.0/8")
	c.refused("AuthorizeSecurityGroupIngress", "InvalidParameterValue", "CIDR block 10.0.0.0 is malformed",
		"authorize-security-group-ingress", "--group-id", id, "--protocol", "tcp", "--port", "443", "--cidr", "10.0.0.0")
	c.want("2", "authorize-security-group-ingress", "--group-id", id, "--ip-permissions",
		"IpProtocol=icmp,FromPort=8,ToPort=-1,Ipv6Ranges=[{CidrIpv6=::/0,Description=ping}]", "IpProtocol=-1,UserIdGroupPairs=[{GroupId="+id+"}]",
		"--query", "length(SecurityGroupRules)")
	c.want("true", "authorize-security-group-egress", "--group-id", id, "--ip-permissions",
		"IpProtocol=tcp,FromPort=443,ToPort=443,PrefixListIds=[{PrefixListId="+offices+"}]", "--query", "Return")
	c.want("true", "revoke-security-group-egress", "--group-id", id, "--ip-permissions", "IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]", "--query", "Return")
	rules := "SecurityGroupRules[].[IsEgress,IpProtocol,FromPort,ToPort,CidrIpv4,CidrIpv6,PrefixListId,ReferencedGroupInfo.GroupId,Description]"
	c.want(`[[false,"tcp",443,443,"10.0.0.0/8",null,null,null,null],[false,"icmp",8,-1,null,"::/0",null,null,"ping"],`+
		`[false,"-1",-1,-1,null,null,null,"`+id+`",null],[true,"tcp",443,443,null,null,"`+offices+`",null,null]]`,
		"describe-security-group-rules", "--filters", "Name=group-id,Values="+id, "--query", rules)
	c.want("18", "describe-security-group-rules", "--page-size", "5", "--query", "length(SecurityGroupRules)")

	first := c.ok("describe-security-group-rules", "--filters", "Name=group-id,Values="+id, "--query", "SecurityGroupRules[0].SecurityGroupRuleId", "--output", "text")
	c.want("true", "modify-security-group-rules", "--group-id", id, "--security-group-rules",
		"SecurityGroupRuleId="+first+",SecurityGroupRule={IpProtocol=tcp,FromPort=8000,ToPort=8100,CidrIpv4=10.1.0.0/16,Description=narrower}", "--query", "Return")
	c.want("true", "update-security-group-rule-descriptions-ingress", "--group-id", id, "--security-group-rule-descriptions",
		"SecurityGroupRuleId="+first+",Description=said otherwise", "--query", "Return")
	c.want(`[[false,"tcp",8000,8100,"10.1.0.0/16",null,null,null,"said otherwise"]]`, "describe-security-group-rules", "--security-group-rule-ids", first, "--query", rules)

	c.refused("RevokeSecurityGroupIngress", "InvalidPermission.NotFound", "The specified rule does not exist in this security group.",
		"revoke-security-group-ingress", "--group-id", id, "--protocol", "tcp", "--port", "443", "--cidr", "10.0.0.0/8")
	c.want("true", "revoke-security-group-ingress", "--group-id", id, "--security-group-rule-ids", first, "--query", "Return")
	c.refused("RevokeSecurityGroupIngress", "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '"+first+"' does not exist",
		"revoke-security-group-ingress", "--group-id", id, "--security-group-rule-ids", first)
	c.want(`[1,"tcp",443]`, "revoke-security-group-ingress", "--group-id", webGroup, "--protocol", "tcp", "--port", "443", "--cidr", "10.0.0.0/8",
		"--query", "[length(UnknownIpPermissions),UnknownIpPermissions[0].IpProtocol,UnknownIpPermissions[0].FromPort]")

	c.refused("DeleteSecurityGroup", "DependencyViolation", "resource "+webGroup+" has a dependent object", "delete-security-group", "--group-id", webGroup)
	c.refused("DeleteSecurityGroup", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "delete-security-group", "--group-id", id, "--dry-run")
	c.ok("delete-security-group", "--group-id", id)
	c.refused("DescribeSecurityGroups", "InvalidGroup.NotFound", "The security group '"+id+"' does not exist", "describe-security-groups", "--group-ids", id)
	c.want("[]", "describe-security-group-rules", "--filters", "Name=group-id,Values="+id, "--query", "SecurityGroupRules")
}

func TestCLIReadsNetworks(t *testing.T) {
	c := newCLI(t, "small")
	c.want(`[["`+twoENI+`",0,"10.0.0.19"]]`, "describe-network-interfaces", "--filters", "Name=private-ip-address,Values=10.0.0.19",
		"--query", "NetworkInterfaces[].[Attachment.InstanceId,Attachment.DeviceIndex,PrivateIpAddress]")
	c.want("2", "describe-network-interfaces", "--filters", "Name=group-id,Values="+dbGroup, "--query", "length(NetworkInterfaces)")
	c.want(`[["`+mainVPC+`",true,"10.0.0.0/16"],["`+otherVPC+`",false,"10.1.0.0/16"]]`, "describe-vpcs", "--query", "Vpcs[].[VpcId,IsDefault,CidrBlock]")
	c.want(`["10.1.0.0/18","us-east-1a",16379]`, "describe-subnets", "--subnet-ids", "subnet-0aa00000000000111", "--query", "Subnets[0].[CidrBlock,AvailabilityZone,AvailableIpAddressCount]")
	c.want(`["com.amazonaws.us-east-1.s3"]`, "describe-managed-prefix-lists", "--filters", "Name=prefix-list-name,Values=*.s3", "--query", "PrefixLists[].PrefixListName")
	c.want(`[["198.51.100.0/24","Sydney"],["203.0.113.0/24","Berlin"]]`, "get-managed-prefix-list-entries", "--prefix-list-id", offices, "--query", "Entries[].[Cidr,Description]")
}
