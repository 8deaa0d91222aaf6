package awsops

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// SecurityGroupRule is a rule with the names that EC2 leaves out.
type SecurityGroupRule struct {
	types.SecurityGroupRule
	// GroupName and PeerName are "" until they have been looked up.
	GroupName, PeerName string
}

// Direction is "in" or "out".
func (r SecurityGroupRule) Direction() string {
	if aws.ToBool(r.IsEgress) {
		return "out"
	}
	return "in"
}

// Request is the rule as it would be asked for.
func (r SecurityGroupRule) Request() types.SecurityGroupRuleRequest {
	out := types.SecurityGroupRuleRequest{IpProtocol: r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort,
		CidrIpv4: r.CidrIpv4, CidrIpv6: r.CidrIpv6, PrefixListId: r.PrefixListId, Description: r.Description}
	if r.ReferencedGroupInfo != nil {
		out.ReferencedGroupId = r.ReferencedGroupInfo.GroupId
	}
	return out
}

// Text is the rule the way ParseRule reads it.
func (r SecurityGroupRule) Text() string { return SayRule(r.Request(), aws.ToBool(r.IsEgress)) }

// Protocol is the protocol by name, with "all" for every one.
func (r SecurityGroupRule) Protocol() string { return sayProtocol(aws.ToString(r.IpProtocol)) }

// Ports is the range of ports, or type and code of ICMP.
func (r SecurityGroupRule) Ports() string { return SayPorts(r.IpProtocol, r.FromPort, r.ToPort) }

// Peer is the other side: its addresses, its prefix list, or its group by ID.
func (r SecurityGroupRule) Peer() string { return peerOf(r.Request()) }

// Exposes names what the rule opens to the world and should not.
func (r SecurityGroupRule) Exposes() []string {
	if aws.ToBool(r.IsEgress) {
		return nil
	}
	return exposes(r.Request())
}

// SecurityGroupRules lists the rules of a scope page by page. The rows of the
// first page come again as soon as the names of the groups are known.
func SecurityGroupRules(ctx context.Context, client *ec2.Client) iter.Seq2[[]SecurityGroupRule, error] {
	return func(yield func([]SecurityGroupRule, error) bool) {
		var groups map[string]string
		for page, err := range pagesOf(client, "describe-security-group-rules", func(size *int32, token *string) ([]SecurityGroupRule, *string, error) {
			return rulePage(ctx, client, &ec2.DescribeSecurityGroupRulesInput{MaxResults: size, NextToken: token})
		}) {
			if groups == nil && err == nil {
				if !yield(page, nil) {
					return
				}
				groups, err = allGroupNames(ctx, client)
			}
			nameRules(page, groups)
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

func allGroupNames(ctx context.Context, client *ec2.Client) (map[string]string, error) {
	found, err := groupsWhere(ctx, client)
	return namesOfGroups(found), err
}

func namesOfGroups(groups []types.SecurityGroup) map[string]string {
	out := map[string]string{}
	for _, g := range groups {
		out[aws.ToString(g.GroupId)] = aws.ToString(g.GroupName)
	}
	return out
}

func nameRules(rules []SecurityGroupRule, groups map[string]string) {
	for i := range rules {
		r := &rules[i]
		r.GroupName = groups[aws.ToString(r.GroupId)]
		if r.ReferencedGroupInfo != nil {
			r.PeerName = groups[aws.ToString(r.ReferencedGroupInfo.GroupId)]
		}
	}
}

func rulePage(ctx context.Context, client *ec2.Client, in *ec2.DescribeSecurityGroupRulesInput, opts ...func(*ec2.Options)) ([]SecurityGroupRule, *string, error) {
	out, err := client.DescribeSecurityGroupRules(ctx, in, opts...)
	if err != nil {
		return nil, nil, explain(err, "describe-security-group-rules", client.Options().Region, false)
	}
	page := make([]SecurityGroupRule, len(out.SecurityGroupRules))
	for i, r := range out.SecurityGroupRules {
		page[i].SecurityGroupRule = r
	}
	return page, out.NextToken, nil
}

// allRules reads every page, with the names of the groups.
func allRules(ctx context.Context, client *ec2.Client, in *ec2.DescribeSecurityGroupRulesInput, opts ...func(*ec2.Options)) ([]SecurityGroupRule, error) {
	var rules []SecurityGroupRule
	for {
		page, next, err := rulePage(ctx, client, in, opts...)
		if err != nil {
			return nil, err
		}
		rules = append(rules, page...)
		if in.NextToken = next; aws.ToString(next) == "" {
			return rules, lookUpNames(ctx, client, rules)
		}
	}
}

// rulesWhere reads the rules that pass a filter.
func rulesWhere(ctx context.Context, client *ec2.Client, name string, values ...string) ([]SecurityGroupRule, error) {
	return allRules(ctx, client, &ec2.DescribeSecurityGroupRulesInput{Filters: filtersOn(name, values...), MaxResults: aws.Int32(fullPage)})
}

// lookUpNames names the groups of some rules; one of another account has no name here.
func lookUpNames(ctx context.Context, client *ec2.Client, rules []SecurityGroupRule) error {
	var ids []string
	for _, r := range rules {
		ids = append(ids, aws.ToString(r.GroupId))
		if r.ReferencedGroupInfo != nil {
			ids = append(ids, aws.ToString(r.ReferencedGroupInfo.GroupId))
		}
	}
	groups := map[string]string{}
	for chunk := range slices.Chunk(unique(ids), filterValues) {
		found, err := groupsWhere(ctx, client, filterOn("group-id", chunk...))
		if err != nil {
			return err
		}
		for id, name := range namesOfGroups(found) {
			groups[id] = name
		}
	}
	nameRules(rules, groups)
	return nil
}

// rulesByID reads single rules. Those that EC2 does not list are left out.
func rulesByID(ctx context.Context, client *ec2.Client, ids []string) ([]SecurityGroupRule, error) {
	var out []SecurityGroupRule
	for chunk := range slices.Chunk(ids, filterValues) {
		found, err := rulesWhere(ctx, client, "security-group-rule-id", chunk...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// securityGroupRuleColumns are the six of the catalogue's 3.13, then the new
// ones. Where ports mean nothing EC2 writes -1, which is no port.
func securityGroupRuleColumns() []column[SecurityGroupRule] {
	type rule = SecurityGroupRule
	port := func(r rule, n *int32) any {
		if p := aws.ToString(r.IpProtocol); !isPorts(p) && !isICMP(p) {
			return nil
		}
		return n
	}
	peer := func(member func(*types.ReferencedSecurityGroup) *string) func(rule) any {
		return func(r rule) any {
			if r.ReferencedGroupInfo == nil {
				return nil
			}
			return member(r.ReferencedGroupInfo)
		}
	}
	return []column[rule]{
		{"ip-protocol", "IP protocol", false, func(r rule) any { return r.Protocol() }},
		{"from-port", "From port", false, func(r rule) any { return port(r, r.FromPort) }},
		{"to-port", "To port", false, func(r rule) any { return port(r, r.ToPort) }},
		{"source-group", "Source group", false, func(r rule) any { return peerGroup(r) }},
		{"user-id", "User ID", false, peer(func(g *types.ReferencedSecurityGroup) *string { return g.UserId })},
		{"cidr-ip", "Source IP (CIDR)", false, func(r rule) any { return r.CidrIpv4 }},
		{"direction", "Direction", false, func(r rule) any { return r.Direction() }},
		{"cidr-ipv6", "IPv6", false, func(r rule) any { return r.CidrIpv6 }},
		{"prefix-list", "Prefix list", false, func(r rule) any { return r.PrefixListId }},
		{"description", "Description", false, func(r rule) any { return r.Description }},
		{"rule-id", "Rule ID", false, func(r rule) any { return r.SecurityGroupRuleId }},
		{"tags", "Tags", true, func(r rule) any { return tagPairs(r.Tags) }},
		{"source-group-id", "Source group ID", true, peer(func(g *types.ReferencedSecurityGroup) *string { return g.GroupId })},
		{"peering-status", "Peering", true, peer(func(g *types.ReferencedSecurityGroup) *string { return g.PeeringStatus })},
		{"group-id", "Group ID", false, func(r rule) any { return r.GroupId }},
		{"group-name", "Group", false, func(r rule) any { return r.GroupName }},
	}
}

func peerGroup(r SecurityGroupRule) string {
	if r.PeerName == "" && r.ReferencedGroupInfo != nil {
		return aws.ToString(r.ReferencedGroupInfo.GroupId)
	}
	return r.PeerName
}

// listRules is the input of describe-security-group-rules.
type listRules struct {
	ec2.DescribeSecurityGroupRulesInput
	Group *string
}

func describeSecurityGroupRules() Operation {
	type in = listRules
	return &Op[*in, *[]SecurityGroupRule]{
		Name: "describe-security-group-rules", Help: "List rules of security groups, one in each row", Noun: "rule",
		Fields: append([]Field[*in]{
			{Name: "group", Help: "only rules of this group, by name or ID", Default: "all", Rule: groupRef(), To: ToString(func(in *in) **string { return &in.Group })},
			{Name: "rule-ids", Help: "only these rules", Default: "all", Rule: ID("sgr"), Most: 1000, To: ToList(func(in *in) *[]string { return &in.SecurityGroupRuleIds })},
			{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames("group-id, security-group-rule-id, tag:KEY"), To: ToFilters(func(in *in) *[]types.Filter { return &in.Filters })},
			{Name: "page-size", Help: "rules in one answer; not with rule-ids", Default: "1000", Rule: Between(5, 1000), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
		}, delimiters[*in](";")[1:]...), // no cell is a list
		Check: func(in *in) error {
			if in.MaxResults != nil && len(in.SecurityGroupRuleIds) > 0 {
				return &InputError{Field: "page-size", Rule: "cannot be used together with --rule-ids"}
			}
			return nil
		},
		Call: callDescribeRules, Outputs: names(securityGroupRuleColumns()),
		Show:    func(out *[]SecurityGroupRule) Result { return Result{Table: tableOf(securityGroupRuleColumns(), *out)} },
		Example: Values{"group": {"web"}, "filters": {"tag:Team=web"}, "page-size": {"5"}},
	}
}

func callDescribeRules(client *ec2.Client, ctx context.Context, in *listRules, opts ...func(*ec2.Options)) (*[]SecurityGroupRule, error) {
	if in.Group != nil {
		id, err := groupID(ctx, client, *in.Group)
		if err != nil {
			return nil, err
		}
		in.Filters = append(in.Filters, filterOn("group-id", id))
	}
	if in.MaxResults == nil && len(in.SecurityGroupRuleIds) == 0 {
		in.MaxResults = aws.Int32(fullPage)
	}
	out, err := allRules(ctx, client, &in.DescribeSecurityGroupRulesInput, opts...)
	return &out, err
}

// ruleStates tells which rules are still there.
func ruleStates(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	states := map[string]string{}
	rules, err := rulesByID(ctx, client, ids)
	for _, r := range rules {
		states[aws.ToString(r.SecurityGroupRuleId)] = "exists"
	}
	return states, err
}

// whatRulesSay writes rules out, and warns when nothing more will be let out.
func whatRulesSay(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	rules, err := rulesByID(ctx, client, ids)
	if err != nil {
		return nil, err
	}
	var lines []string
	open := map[string]bool{}
	for _, r := range rules {
		lines = append(lines, fmt.Sprintf("Now: %s, of %s (%s)", r.Text(), aws.ToString(r.GroupId), r.GroupName))
		if everythingOut(r) {
			open[aws.ToString(r.GroupId)] = true
		}
	}
	for group := range open {
		others := 0
		all, err := rulesWhere(ctx, client, "group-id", group)
		if err != nil {
			return lines, err
		}
		for _, r := range all {
			if everythingOut(r) && !slices.Contains(ids, aws.ToString(r.SecurityGroupRuleId)) {
				others++
			}
		}
		if others == 0 {
			lines = append(lines, "It is the last rule of "+group+" that lets all traffic out: only what other rules name will still get out.")
		}
	}
	return lines, nil
}

func everythingOut(r SecurityGroupRule) bool {
	return aws.ToBool(r.IsEgress) && aws.ToString(r.IpProtocol) == "-1" && openToWorld(r.Request())
}

// sayAll joins rules in words.
func sayAll(rules []types.SecurityGroupRuleRequest, egress bool) string {
	var out []string
	for _, r := range rules {
		out = append(out, SayRule(r, egress))
	}
	return strings.Join(out, "; ")
}
