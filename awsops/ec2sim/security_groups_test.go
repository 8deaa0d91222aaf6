package ec2sim_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	mainVPC, otherVPC         = "vpc-0aa00000000000001", "vpc-0aa00000000000011"
	webGroup, dbGroup, apart  = "sg-0aa00000000000011", "sg-0aa00000000000021", "sg-0aa00000000000031"
	noGroup, noRule, noPrefix = "sg-0ffffffffffffffff", "sgr-0ffffffffffffffff", "pl-0ffffffffffffffff"
	offices                   = "pl-0aa00000000000001"
)

// permission is one rule for one range of addresses.
func permission(protocol string, from, to int32, cidr string) types.IpPermission {
	return types.IpPermission{IpProtocol: &protocol, FromPort: &from, ToPort: &to, IpRanges: []types.IpRange{{CidrIp: &cidr}}}
}

func fromGroup(p types.IpPermission, pair types.UserIdGroupPair) types.IpPermission {
	p.IpRanges, p.UserIdGroupPairs = nil, []types.UserIdGroupPair{pair}
	return p
}

func authorize(group string, permissions ...types.IpPermission) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.AuthorizeSecurityGroupIngress(b.ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions})
		return err
	}
}

func revoke(in ec2.RevokeSecurityGroupIngressInput) func(*bench) error {
	return func(b *bench) error { _, err := b.ec2.RevokeSecurityGroupIngress(b.ctx, &in); return err }
}

func create(edit func(*ec2.CreateSecurityGroupInput)) func(*bench) error {
	return func(b *bench) error {
		in := &ec2.CreateSecurityGroupInput{GroupName: aws.String("new"), Description: aws.String("a new group")}
		edit(in)
		_, err := b.ec2.CreateSecurityGroup(b.ctx, in)
		return err
	}
}

func deleteGroup(id string) func(*bench) error {
	return func(b *bench) error {
		_, err := b.ec2.DeleteSecurityGroup(b.ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id})
		return err
	}
}

// rules lists the rules of a group as text: direction, protocol, ports, peer, description.
func (b *bench) rules(group string) []string {
	b.Helper()
	var out []string
	for _, r := range b.ruleRows(group) {
		peer := aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6) + aws.ToString(r.PrefixListId)
		if r.ReferencedGroupInfo != nil {
			peer += *r.ReferencedGroupInfo.GroupId
		}
		way := "in"
		if *r.IsEgress {
			way = "out"
		}
		out = append(out, strings.TrimSpace(strings.Join([]string{way, *r.IpProtocol, strings.Join([]string{num(r.FromPort), num(r.ToPort)}, "-"), peer, aws.ToString(r.Description)}, " ")))
	}
	return out
}

func num(n *int32) string { return strconv.Itoa(int(aws.ToInt32(n))) }

func (b *bench) ruleRows(group string) []types.SecurityGroupRule {
	b.Helper()
	return must[*ec2.DescribeSecurityGroupRulesOutput](b.T)(b.ec2.DescribeSecurityGroupRules(b.ctx, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}}})).SecurityGroupRules
}

func (b *bench) wantRules(group string, want ...string) {
	b.Helper()
	if got := b.rules(group); !slices.Equal(got, want) {
		b.Errorf("rules of %s:\n%s\nwant:\n%s", group, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAGroupLives(t *testing.T) {
	b := newBench(t, "small")
	made := must[*ec2.CreateSecurityGroupOutput](t)(b.ec2.CreateSecurityGroup(b.ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("api"), Description: aws.String("The API"), VpcId: aws.String(otherVPC),
		TagSpecifications: []types.TagSpecification{{ResourceType: "security-group", Tags: []types.Tag{{Key: aws.String("Env"), Value: aws.String("test")}}}}}))
	id := *made.GroupId
	b.wantRules(id, "out -1 -1--1 0.0.0.0/0")
	added := must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(b.ec2.AuthorizeSecurityGroupIngress(b.ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &id, IpPermissions: []types.IpPermission{permission("tcp", 443, 443, "10.1.2.3/8"),
			{IpProtocol: aws.String("icmpv6"), FromPort: aws.Int32(128), ToPort: aws.Int32(-1), Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: aws.String("2001:DB8::1/32"), Description: aws.String("ping")}}},
			{IpProtocol: aws.String("17"), FromPort: aws.Int32(53), ToPort: aws.Int32(53), PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String(offices)}}},
			{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &id}}}},
		TagSpecifications: []types.TagSpecification{{ResourceType: "security-group-rule", Tags: []types.Tag{{Key: aws.String("Why"), Value: aws.String("test")}}}}}))
	if len(added.SecurityGroupRules) != 4 || !*added.Return || *added.SecurityGroupRules[0].Tags[0].Value != "test" || *added.SecurityGroupRules[0].GroupOwnerId != "123456789012" {
		t.Errorf("%+v", added)
	}
	b.wantRules(id, "out -1 -1--1 0.0.0.0/0", "in tcp 443-443 10.0.0.0/8", "in icmpv6 128--1 2001:db8::/32 ping", "in udp 53-53 "+offices, "in -1 -1--1 "+id)

	rows := b.ruleRows(id)
	must[*ec2.ModifySecurityGroupRulesOutput](t)(b.ec2.ModifySecurityGroupRules(b.ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: &id,
		SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: rows[1].SecurityGroupRuleId,
			SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(81), CidrIpv4: aws.String("10.0.0.0/16"), Description: aws.String("narrower")}}}}))
	must[*ec2.UpdateSecurityGroupRuleDescriptionsIngressOutput](t)(b.ec2.UpdateSecurityGroupRuleDescriptionsIngress(b.ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &id,
		SecurityGroupRuleDescriptions: []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: rows[2].SecurityGroupRuleId}, {SecurityGroupRuleId: rows[3].SecurityGroupRuleId, Description: aws.String("names")}}}))
	out := permission("-1", 0, 0, "0.0.0.0/0")
	out.IpRanges[0].Description = aws.String("anything")
	must[*ec2.UpdateSecurityGroupRuleDescriptionsEgressOutput](t)(b.ec2.UpdateSecurityGroupRuleDescriptionsEgress(b.ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &id, IpPermissions: []types.IpPermission{out}}))
	b.wantRules(id, "out -1 -1--1 0.0.0.0/0 anything", "in tcp 80-81 10.0.0.0/16 narrower", "in icmpv6 128--1 2001:db8::/32", "in udp 53-53 "+offices+" names", "in -1 -1--1 "+id)
	if again := b.ruleRows(id); *again[1].SecurityGroupRuleId != *rows[1].SecurityGroupRuleId {
		t.Error("a changed rule has another id")
	}

	gone := must[*ec2.RevokeSecurityGroupIngressOutput](t)(b.ec2.RevokeSecurityGroupIngress(b.ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &id, SecurityGroupRuleIds: []string{*rows[4].SecurityGroupRuleId}}))
	if len(gone.RevokedSecurityGroupRules) != 1 || *gone.RevokedSecurityGroupRules[0].ReferencedGroupId != id {
		t.Errorf("%+v", gone)
	}
	must[*ec2.RevokeSecurityGroupEgressOutput](t)(b.ec2.RevokeSecurityGroupEgress(b.ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &id, IpPermissions: []types.IpPermission{out}}))
	must[*ec2.AuthorizeSecurityGroupEgressOutput](t)(b.ec2.AuthorizeSecurityGroupEgress(b.ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &id, IpPermissions: []types.IpPermission{permission("tcp", 443, 443, "0.0.0.0/0")}}))
	b.wantRules(id, "in tcp 80-81 10.0.0.0/16 narrower", "in icmpv6 128--1 2001:db8::/32", "in udp 53-53 "+offices+" names", "out tcp 443-443 0.0.0.0/0")
	if err := deleteGroup(id)(b); err != nil {
		t.Fatal(err)
	}
	b.wantRules(id)
	wantError(t, deleteGroup(id)(b), 400, "InvalidGroup.NotFound", "The security group '"+id+"' does not exist")
}

func TestRevokingWhatIsNotThere(t *testing.T) {
	b := newBench(t, "small")
	wantError(t, revoke(ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(apart), IpPermissions: []types.IpPermission{permission("tcp", 1, 1, "10.0.0.0/8")}})(b),
		400, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
	out := must[*ec2.RevokeSecurityGroupIngressOutput](t)(b.ec2.RevokeSecurityGroupIngress(b.ctx, &ec2.RevokeSecurityGroupIngressInput{
		GroupId: aws.String(webGroup), IpPermissions: []types.IpPermission{permission("tcp", 80, 80, "0.0.0.0/0"), permission("tcp", 1, 1, "10.0.0.0/8")}}))
	if !*out.Return || len(out.UnknownIpPermissions) != 1 || *out.UnknownIpPermissions[0].FromPort != 1 || len(out.RevokedSecurityGroupRules) != 1 {
		t.Errorf("in the default VPC: %+v", out)
	}
}

func TestRefusalsOfGroups(t *testing.T) {
	type in = ec2.CreateSecurityGroupInput
	long := strings.Repeat("x", 256)
	const charset = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
	runRefusals(t, "small", []refusal{
		{"duplicate", create(func(in *in) { in.GroupName = aws.String("web") }), 400, "InvalidGroup.Duplicate", "The security group 'web' already exists for VPC '" + mainVPC + "'"},
		{"reserved", create(func(in *in) { in.GroupName = aws.String("default") }), 400, "InvalidParameterValue", "Cannot use reserved security group name: default"},
		{"like an id", create(func(in *in) { in.GroupName = aws.String("sg-x") }), 400, "InvalidParameterValue", "invalid value for parameter groupName: sg-x. Group names may not be in the format sg-*."},
		{"description beyond ASCII", create(func(in *in) { in.Description = aws.String("für") }), 400, "InvalidParameterValue", "Value (für) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported."},
		{"description too long", create(func(in *in) { in.Description = &long }), 400, "InvalidParameterValue", "Value (" + long + ") for parameter GroupDescription is invalid. Valid values are strings less than 256 characters from the following set: " + charset},
		{"unknown VPC", create(func(in *in) { in.VpcId = aws.String("vpc-0ffffffffffffffff") }), 400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-0ffffffffffffffff' does not exist"},
		{"malformed VPC", create(func(in *in) { in.VpcId = aws.String("main") }), 400, "InvalidVpcID.Malformed", `Invalid id: "main" (expecting "vpc-...")`},
		{"reserved tag", create(func(in *in) {
			in.TagSpecifications = []types.TagSpecification{{ResourceType: "security-group", Tags: []types.Tag{{Key: aws.String("AWS:x"), Value: aws.String("")}}}}
		}), 400, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"},
		{"dry run", create(func(in *in) { in.DryRun = aws.Bool(true) }), 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."},
		{"in use", deleteGroup(webGroup), 400, "DependencyViolation", "resource " + webGroup + " has a dependent object"},
		{"malformed id", deleteGroup("web"), 400, "InvalidGroupId.Malformed", `Invalid id: "web" (expecting "sg-...")`},
		{"no group", func(b *bench) error {
			_, err := b.ec2.DeleteSecurityGroup(b.ctx, &ec2.DeleteSecurityGroupInput{})
			return err
		}, 400, "MissingParameter", "The request must contain the parameter groupName or groupId"},
		{"unknown name", func(b *bench) error {
			_, err := b.ec2.DeleteSecurityGroup(b.ctx, &ec2.DeleteSecurityGroupInput{GroupName: aws.String("apart")})
			return err
		}, 400, "InvalidGroup.NotFound", "The security group 'apart' does not exist in VPC '" + mainVPC + "'"},
	})
}

func TestDeletingGroups(t *testing.T) {
	b := newBench(t, "small")
	var def string
	for _, g := range must[*ec2.DescribeSecurityGroupsOutput](t)(b.ec2.DescribeSecurityGroups(b.ctx, &ec2.DescribeSecurityGroupsInput{GroupNames: ids("default")})).SecurityGroups {
		def = *g.GroupId
	}
	wantError(t, deleteGroup(def)(b), 400, "CannotDelete", `the specified group: "`+def+`" name: "default" cannot be deleted by a user`)
	// A group that only a rule names is in use as well.
	made := must[*ec2.CreateSecurityGroupOutput](t)(b.ec2.CreateSecurityGroup(b.ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("peer"), Description: aws.String("x")}))
	pair := fromGroup(permission("tcp", 1, 2, ""), types.UserIdGroupPair{GroupId: made.GroupId})
	if err := authorize(dbGroup, pair)(b); err != nil {
		t.Fatal(err)
	}
	wantError(t, deleteGroup(*made.GroupId)(b), 400, "DependencyViolation", "resource "+*made.GroupId+" has a dependent object")
	if err := revoke(ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(dbGroup), IpPermissions: []types.IpPermission{pair}})(b); err != nil {
		t.Fatal(err)
	}
	if err := deleteGroup(*made.GroupId)(b); err != nil {
		t.Error(err)
	}
}

func TestRefusalsOfRules(t *testing.T) {
	tcp := func(from, to int32) func(*bench) error {
		return authorize(webGroup, permission("tcp", from, to, "10.0.0.0/8"))
	}
	icmp := func(from, to int32) func(*bench) error {
		return authorize(webGroup, permission("icmp", from, to, "10.0.0.0/8"))
	}
	group := func(pair types.UserIdGroupPair) func(*bench) error {
		return authorize(webGroup, fromGroup(permission("tcp", 1, 1, ""), pair))
	}
	text := permission("tcp", 1, 1, "10.0.0.0/8")
	text.IpRanges[0].Description = aws.String("a|b")
	const ports, none = "InvalidParameterValue", "MissingParameter"
	runRefusals(t, "small", []refusal{
		{"duplicate", authorize(webGroup, permission("tcp", 80, 80, "0.0.0.0/0")), 400, "InvalidPermission.Duplicate", `the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists`},
		{"duplicate with host bits", authorize(webGroup, permission("tcp", 22, 22, "203.0.113.9/24")), 400, "InvalidPermission.Duplicate", `the specified rule "peer: 203.0.113.0/24, TCP, from port: 22, to port: 22, ALLOW" already exists`},
		{"twice in a request", authorize(apart, permission("-1", 0, 0, "10.0.0.0/8"), permission("-1", 1, 1, "10.0.0.0/8")), 400, "InvalidPermission.Duplicate", `the specified rule "peer: 10.0.0.0/8, ALL, ALLOW" already exists`},
		{"twice, ICMP", authorize(apart, permission("icmp", 8, -1, "10.0.0.0/8"), permission("1", 8, -1, "10.0.0.0/8")), 400, "InvalidPermission.Duplicate", `the specified rule "peer: 10.0.0.0/8, ICMP, type: 8, code: ALL, ALLOW" already exists`},
		{"bad CIDR", authorize(webGroup, permission("tcp", 1, 1, "10.0.0.0")), 400, ports, "CIDR block 10.0.0.0 is malformed"},
		{"IPv6 for IPv4", authorize(webGroup, permission("tcp", 1, 1, "::/0")), 400, ports, "CIDR block ::/0 is malformed"},
		{"ports in the wrong order", tcp(2, 1), 400, ports, "Invalid TCP/UDP port range (2:1)"},
		{"port too large", tcp(1, 65536), 400, ports, "TCP/UDP port (65536) out of range"},
		{"port below zero", tcp(-1, 1), 400, ports, "TCP/UDP port (-1) out of range"},
		{"no ports", authorize(webGroup, types.IpPermission{IpProtocol: aws.String("udp"), IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}}), 400, ports, "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."},
		{"ICMP type", icmp(256, 0), 400, ports, "ICMP type (256) out of range"},
		{"ICMP code", icmp(8, 256), 400, ports, "ICMP code (256) out of range"},
		{"ICMP code of any type", icmp(-1, 0), 400, ports, "ICMP code (0) cannot be specified when the ICMP type is -1"},
		{"no protocol", authorize(webGroup, types.IpPermission{IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}}), 400, ports, "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."},
		{"unknown protocol", authorize(webGroup, permission("256", 0, 0, "10.0.0.0/8")), 400, ports, "Invalid value '256' for IP protocol. Unknown protocol."},
		{"no source", authorize(webGroup, types.IpPermission{IpProtocol: aws.String("-1")}), 400, none, "Missing source specification: include source security group or CIDR information"},
		{"nothing", authorize(webGroup), 400, none, "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided."},
		{"description", authorize(webGroup, text), 400, ports, "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"},
		{"unknown group", group(types.UserIdGroupPair{GroupId: aws.String(noGroup)}), 400, "InvalidGroup.NotFound", "The security group '" + noGroup + "' does not exist"},
		{"group of another VPC", group(types.UserIdGroupPair{GroupId: aws.String(apart)}), 400, "InvalidGroup.NotFound", "You have specified two resources that belong to different networks."},
		{"group of another account", group(types.UserIdGroupPair{GroupId: aws.String(dbGroup), UserId: aws.String("210987654321")}), 400, "InvalidGroup.NotFound", "The security group '" + dbGroup + "' does not exist"},
		{"unknown group name", group(types.UserIdGroupPair{GroupName: aws.String("apart")}), 400, "InvalidGroup.NotFound", "The security group 'apart' does not exist in VPC '" + mainVPC + "'"},
		{"unknown prefix list", authorize(webGroup, types.IpPermission{IpProtocol: aws.String("-1"), PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String(noPrefix)}}}), 400, "InvalidPrefixListID.NotFound", "The prefix list ID '" + noPrefix + "' does not exist"},
		{"unknown rule", revoke(ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(webGroup), SecurityGroupRuleIds: ids(noRule)}), 400, "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '" + noRule + "' does not exist"},
		{"malformed rule", revoke(ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(webGroup), SecurityGroupRuleIds: ids("sgr-1")}), 400, "InvalidSecurityGroupRuleId.Malformed", `Invalid id: "sgr-1" (expecting "sgr-...")`},
		{"rule and permission", revoke(ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(webGroup), SecurityGroupRuleIds: ids(noRule), IpPermissions: []types.IpPermission{text}}), 400, "InvalidParameterCombination", "Only one of 'ipPermissions' or 'securityGroupRuleIds' can be provided."},
		{"rules with MaxResults", func(b *bench) error {
			_, err := b.ec2.DescribeSecurityGroupRules(b.ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: ids(noRule), MaxResults: aws.Int32(5)})
			return err
		}, 400, "InvalidParameterCombination", "The parameter securityGroupRuleIds cannot be used with the parameter maxResults"},
		{"a bad token", func(b *bench) error {
			_, err := b.ec2.DescribeSecurityGroupRules(b.ctx, &ec2.DescribeSecurityGroupRulesInput{NextToken: aws.String("x")})
			return err
		}, 400, "InvalidPaginationToken", "Unable to parse pagination token"},
	})
}

func TestModifyingAsksForTheSameKindOfPeer(t *testing.T) {
	b := newBench(t, "small")
	rows := b.ruleRows(webGroup)
	modify := func(id string, to types.SecurityGroupRuleRequest) error {
		_, err := b.ec2.ModifySecurityGroupRules(b.ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: aws.String(webGroup),
			SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: &id, SecurityGroupRule: &to}}})
		return err
	}
	http := *rows[0].SecurityGroupRuleId
	wantError(t, modify(http, types.SecurityGroupRuleRequest{IpProtocol: aws.String("-1"), CidrIpv6: aws.String("::/0")}), 400, "InvalidParameterValue",
		"The source or destination type of the rule "+http+" cannot be changed.")
	wantError(t, modify(http, types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIpv4: aws.String("203.0.113.0/24")}),
		400, "InvalidPermission.Duplicate", `the specified rule "peer: 203.0.113.0/24, TCP, from port: 22, to port: 22, ALLOW" already exists`)
	wantError(t, modify(noRule, types.SecurityGroupRuleRequest{}), 400, "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '"+noRule+"' does not exist")
	other := *b.ruleRows(dbGroup)[0].SecurityGroupRuleId
	wantError(t, modify(other, types.SecurityGroupRuleRequest{}), 400, "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '"+other+"' does not exist")
}

func TestQuotas(t *testing.T) {
	b := newBench(t, "small")
	many := func(n, from int) (out []types.IpPermission) {
		for i := range n {
			out = append(out, permission("tcp", int32(from+i), int32(from+i), "10.0.0.0/8"))
		}
		return out
	}
	if err := authorize(apart, many(60, 1)...)(b); err != nil {
		t.Fatal(err)
	}
	full := "The maximum number of rules per security group has been reached."
	wantError(t, authorize(apart, many(1, 100)...)(b), 400, "RulesPerSecurityGroupLimitExceeded", full)
	six := types.IpPermission{IpProtocol: aws.String("-1"), Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}}
	if err := authorize(apart, six)(b); err != nil {
		t.Errorf("IPv6 has a quota of its own: %v", err)
	}
	list := types.IpPermission{IpProtocol: aws.String("-1"), PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String(offices)}}}
	if err := authorize(dbGroup, append(many(48, 1), list)...)(b); err != nil { // and the two that the fleet has
		t.Error(err)
	}
	wantError(t, authorize(dbGroup, many(1, 100)...)(b), 400, "RulesPerSecurityGroupLimitExceeded", full)
}

func TestPagesAndFiltersOfRules(t *testing.T) {
	b := newBench(t, "small")
	var seen []string
	p := ec2.NewDescribeSecurityGroupRulesPaginator(b.ec2, &ec2.DescribeSecurityGroupRulesInput{MaxResults: aws.Int32(5)})
	for p.HasMorePages() {
		for _, r := range must[*ec2.DescribeSecurityGroupRulesOutput](t)(p.NextPage(b.ctx)).SecurityGroupRules {
			seen = append(seen, *r.SecurityGroupRuleId)
		}
	}
	if len(seen) != 14 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 14 {
		t.Errorf("%d rules: %v", len(seen), seen)
	}
	one := must[*ec2.DescribeSecurityGroupRulesOutput](t)(b.ec2.DescribeSecurityGroupRules(b.ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: seen[:2],
		Filters: []types.Filter{{Name: aws.String("security-group-rule-id"), Values: seen[1:]}}})).SecurityGroupRules
	if len(one) != 1 || *one[0].SecurityGroupRuleId != seen[1] {
		t.Errorf("%+v", one)
	}
	groups := func(name, value string) int {
		return len(must[*ec2.DescribeSecurityGroupsOutput](t)(b.ec2.DescribeSecurityGroups(b.ctx, &ec2.DescribeSecurityGroupsInput{
			Filters: []types.Filter{{Name: &name, Values: []string{value}}}})).SecurityGroups)
	}
	if err := authorize(dbGroup, types.IpPermission{IpProtocol: aws.String("-1"), PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String(offices)}}})(b); err != nil {
		t.Fatal(err)
	}
	for filter, want := range map[string]int{
		"ip-permission.group-id=" + webGroup: 1, "ip-permission.group-name=web": 1, "ip-permission.cidr=203.0.113.*": 1, "ip-permission.from-port=80": 1,
		"ip-permission.protocol=tcp": 2, "ip-permission.prefix-list-id=" + offices: 1, "egress.ip-permission.cidr=0.0.0.0/0": 5, "ip-permission.user-id=123456789012": 3,
	} {
		name, value, _ := strings.Cut(filter, "=")
		if got := groups(name, value); got != want {
			t.Errorf("%s: %d groups, want %d", filter, got, want)
		}
	}
}

func TestNetworks(t *testing.T) {
	b := newBench(t, "small")
	enis := func(name string, values ...string) []types.NetworkInterface {
		return must[*ec2.DescribeNetworkInterfacesOutput](t)(b.ec2.DescribeNetworkInterfaces(b.ctx, &ec2.DescribeNetworkInterfacesInput{
			Filters: []types.Filter{{Name: &name, Values: values}}})).NetworkInterfaces
	}
	two := enis("attachment.instance-id", twoENI)
	if len(two) != 2 || *two[0].Attachment.InstanceId != twoENI || *two[0].PrivateIpAddress != "10.0.0.19" || *two[0].AvailabilityZone != "us-east-1a" || len(two[0].Groups) != 2 {
		t.Errorf("%+v", two)
	}
	if got := enis("group-id", dbGroup); len(got) != 2 {
		t.Errorf("%d interfaces in db", len(got))
	}
	if got := enis("network-interface-id", *two[1].NetworkInterfaceId); len(got) != 1 || *got[0].Attachment.DeviceIndex != 1 {
		t.Errorf("%+v", got)
	}
	if a, c := len(enis("subnet-id", "subnet-0aa00000000000013")), len(enis("vpc-id", mainVPC)); a != 1 || c != 16 {
		t.Errorf("%d in the subnet, %d in the VPC", a, c)
	}
	seen := map[string]bool{}
	p := ec2.NewDescribeNetworkInterfacesPaginator(b.ec2, &ec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5)})
	for p.HasMorePages() {
		for _, n := range must[*ec2.DescribeNetworkInterfacesOutput](t)(p.NextPage(b.ctx)).NetworkInterfaces {
			seen[*n.NetworkInterfaceId] = true
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d interfaces on pages", len(seen))
	}
	vpcs := must[*ec2.DescribeVpcsOutput](t)(b.ec2.DescribeVpcs(b.ctx, &ec2.DescribeVpcsInput{})).Vpcs
	if len(vpcs) != 2 || *vpcs[0].VpcId != mainVPC || !*vpcs[0].IsDefault || *vpcs[1].CidrBlock != "10.1.0.0/16" || *vpcs[1].Tags[0].Value != "other" {
		t.Errorf("%+v", vpcs)
	}
	subnets := must[*ec2.DescribeSubnetsOutput](t)(b.ec2.DescribeSubnets(b.ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{otherVPC}}}})).Subnets
	if len(subnets) != 3 || *subnets[1].CidrBlock != "10.1.64.0/18" || *subnets[1].AvailableIpAddressCount != 16379 || *subnets[1].AvailabilityZoneId != "use1-az2" {
		t.Errorf("%+v", subnets)
	}
	lists := must[*ec2.DescribeManagedPrefixListsOutput](t)(b.ec2.DescribeManagedPrefixLists(b.ctx, &ec2.DescribeManagedPrefixListsInput{Filters: []types.Filter{{Name: aws.String("owner-id"), Values: []string{"123456789012"}}}})).PrefixLists
	if len(lists) != 1 || *lists[0].PrefixListId != offices || *lists[0].PrefixListArn != "arn:aws:ec2:us-east-1:123456789012:prefix-list/"+offices {
		t.Errorf("%+v", lists)
	}
	entries := must[*ec2.GetManagedPrefixListEntriesOutput](t)(b.ec2.GetManagedPrefixListEntries(b.ctx, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: aws.String(offices)})).Entries
	if len(entries) != 2 || *entries[1].Cidr != "203.0.113.0/24" || *entries[1].Description != "Berlin" {
		t.Errorf("%+v", entries)
	}
}

// TestRulesDoNotRenameTheRest proves that what rules a fleet has does not
// change what its instances are called.
func TestRulesDoNotRenameTheRest(t *testing.T) {
	a, b := fleet(t, "small"), fleet(t, "small")
	b.Accounts[0].Regions[0].SecurityGroups[0].Ingress = nil
	one, two := newBench(t, "", func(c *ec2sim.Config) { c.Fleet = a }), newBench(t, "", func(c *ec2sim.Config) { c.Fleet = b })
	if one.everything() != two.everything() {
		t.Error("the instances differ")
	}
	if n1, n2 := one.eniOf(web), two.eniOf(web); n1 != n2 {
		t.Errorf("the interfaces differ: %s, %s", n1, n2)
	}
}

func (b *bench) eniOf(id string) string {
	b.Helper()
	in, _ := b.sim.Instance(east, id)
	return in.Interfaces[0].ID
}
