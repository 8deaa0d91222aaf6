package awsops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ruleChange is the input of every operation that changes rules: rules in
// words, or one rule member by member, or rules by their IDs.
type ruleChange struct {
	DryRun                       *bool
	Group, Source, Owner, RuleID *string
	Protocol, CIDR4, CIDR6, List *string
	From, To                     *int32
	Description                  *string
	Lines, RuleIDs               []string
	Tags                         []types.Tag
	rules                        []types.SecurityGroupRuleRequest // what is asked for, filled by the check
	egress                       bool                             // the direction of the rule in words
}

// ruleOutcome is what EC2 answered.
type ruleOutcome struct {
	target  string
	ids     []string
	rules   []SecurityGroupRule
	unknown []types.SecurityGroupRuleRequest
	egress  bool
}

type ruleField = Field[*ruleChange]

// The inputs that the operations share.
func ruleGroup(target bool) ruleField {
	return ruleField{Name: "group", Help: "the group, by name or ID", Need: Required, Default: "selected row", Rule: groupRef(), Target: target, To: ToString(func(in *ruleChange) **string { return &in.Group })}
}

func ruleTyped(egress bool) ruleField {
	example, other := "tcp/443 from 10.0.0.0/8", "to"
	if egress {
		example, other = "tcp/443 to 10.0.0.0/8", "from"
	}
	check := func(s string) (string, error) {
		_, out, err := ParseRule(s)
		if err == nil && out != egress {
			err = fmt.Errorf("%q is for the other direction: write a rule such as %s", other, example)
		}
		return s, err
	}
	return ruleField{Name: "rule", Help: "a rule in words, instead of the inputs below", Need: Conditional, Rule: Rule{Text: example + `, all … sg-…, icmp/8 … ::/0, tcp/8000-8100 … pl-… "why"`, Check: check}, To: ToLines(func(in *ruleChange) *[]string { return &in.Lines })}
}

func ruleIDs(help string) ruleField {
	return ruleField{Name: "rule-ids", Help: help, Default: "selected rule", Rule: ID("sgr"), Target: true, To: ToList(func(in *ruleChange) *[]string { return &in.RuleIDs })}
}

// ruleMembers are the inputs of one rule, in the catalogue's order.
func ruleMembers(egress bool) []ruleField {
	side := "source"
	if egress {
		side = "destination"
	}
	protocol := func(s string) (string, error) {
		if strings.EqualFold(s, threeProtocols) {
			return threeProtocols, nil
		}
		return protocolOf(s)
	}
	return []ruleField{
		{Name: "source-group", Help: side + ": a group, by name or ID", Need: Conditional, Rule: groupRef(), To: ToString(func(in *ruleChange) **string { return &in.Source })},
		{Name: "source-group-owner", Help: "the account of that group", Need: Conditional, Default: "own account", Rule: Account(), To: ToString(func(in *ruleChange) **string { return &in.Owner })},
		{Name: "ip-protocol", Help: "the protocol; a group without ports takes all", Need: Conditional, Default: "tcp", Rule: Rule{Text: "tcp, udp, icmp, icmpv6, all, 0 to 255, and for a group " + threeProtocols, Check: protocol}, To: ToString(func(in *ruleChange) **string { return &in.Protocol })},
		{Name: "from-port", Help: "the first port, or ICMP's type", Need: Conditional, Rule: Signed(-1, 65535, adviceFrom), To: ToSigned(func(in *ruleChange) **int32 { return &in.From })},
		{Name: "to-port", Help: "the last port, or ICMP's code", Need: Conditional, Default: "from-port", Rule: Signed(-1, 65535, adviceTo), To: ToSigned(func(in *ruleChange) **int32 { return &in.To })},
		{Name: "cidr-ip", Help: side + ": an IPv4 range", Need: Conditional, Rule: CIDR4(), To: ToString(func(in *ruleChange) **string { return &in.CIDR4 })},
	}
}

// ruleMore are the inputs that came later.
func ruleMore(egress bool) []ruleField {
	side := "source"
	if egress {
		side = "destination"
	}
	return []ruleField{
		{Name: "cidr-ipv6", Help: side + ": an IPv6 range", Rule: CIDR6(), To: ToString(func(in *ruleChange) **string { return &in.CIDR6 })},
		{Name: "prefix-list", Help: side + ": a prefix list", Rule: ID("pl"), To: ToString(func(in *ruleChange) **string { return &in.List })},
		ruleText("what the rule is for"),
	}
}

func ruleText(help string) ruleField {
	return ruleField{Name: "description", Help: help, Rule: ruleDescription(), To: ToString(func(in *ruleChange) **string { return &in.Description })}
}

// described says whether a rule is given member by member.
func (in *ruleChange) described() bool {
	return in.Source != nil || in.Owner != nil || in.Protocol != nil || in.CIDR4 != nil || in.CIDR6 != nil || in.List != nil || in.From != nil || in.To != nil
}

// read fills rules from what is given, obeying V-SRC, V-PROTO and V-PORT.
func (in *ruleChange) read() error {
	if len(in.Lines) > 0 {
		if in.described() || in.Description != nil {
			return &InputError{Field: "rule", Rule: "says everything: leave the other inputs of the rule out"}
		}
		for _, line := range in.Lines {
			r, egress, err := ParseRule(line)
			in.egress = egress
			if err != nil {
				return &InputError{Field: "rule", Value: line, Rule: err.Error()}
			}
			in.rules = append(in.rules, r)
		}
		return nil
	}
	r := types.SecurityGroupRuleRequest{CidrIpv4: in.CIDR4, CidrIpv6: in.CIDR6, PrefixListId: in.List, ReferencedGroupId: in.Source, Description: in.Description}
	if err := in.oneSource(); err != nil {
		return err
	}
	protocol := in.protocol()
	if protocol == threeProtocols {
		in.rules = allOfThree(r)
		return in.noPorts(threeProtocols)
	}
	r.IpProtocol = &protocol
	if err := in.ports(&r, protocol); err != nil {
		return err
	}
	in.rules = []types.SecurityGroupRuleRequest{r}
	return nil
}

// oneSource is rule V-SRC.
func (in *ruleChange) oneSource() error {
	var given []string
	for _, kind := range []struct {
		name  string
		value *string
	}{{"source-group", in.Source}, {"cidr-ip", in.CIDR4}, {"cidr-ipv6", in.CIDR6}, {"prefix-list", in.List}} {
		if kind.value != nil {
			given = append(given, kind.name)
		}
	}
	switch {
	case len(given) == 0 && in.Owner != nil:
		return &InputError{Field: "source-group-owner", Rule: "needs --source-group"}
	case len(given) == 0:
		return &InputError{Field: "rule", Rule: "is missing: write one, or " + adviceSource}
	case len(given) > 1:
		return &InputError{Field: given[1], Rule: "cannot be combined with --" + given[0] + ": " + adviceSource}
	case in.Owner != nil && in.Source == nil:
		return &InputError{Field: "source-group-owner", Rule: "needs --source-group"}
	case in.Source == nil && aws.ToString(in.Protocol) == threeProtocols:
		return &InputError{Field: "ip-protocol", Value: threeProtocols, Rule: "is for a source group only; " + adviceProtocol}
	}
	return nil
}

// protocol is tcp unless told otherwise; a group without ports takes everything.
func (in *ruleChange) protocol() string {
	switch {
	case in.Protocol != nil:
		return *in.Protocol
	case in.Source != nil && in.From == nil && in.To == nil:
		return "-1"
	}
	return "tcp"
}

// allOfThree opens every TCP and UDP port and every ICMP type, nothing else.
func allOfThree(r types.SecurityGroupRuleRequest) []types.SecurityGroupRuleRequest {
	var out []types.SecurityGroupRuleRequest
	for _, p := range []struct {
		name     string
		from, to int32
	}{{"tcp", 0, 65535}, {"udp", 0, 65535}, {"icmp", -1, -1}} {
		one := r
		one.IpProtocol, one.FromPort, one.ToPort = aws.String(p.name), aws.Int32(p.from), aws.Int32(p.to)
		out = append(out, one)
	}
	return out
}

func (in *ruleChange) noPorts(protocol string) error {
	for _, f := range []struct {
		name string
		port *int32
	}{{"from-port", in.From}, {"to-port", in.To}} {
		if f.port != nil {
			return &InputError{Field: f.name, Rule: "must be left out: " + sayProtocol(protocol) + " has no ports"}
		}
	}
	return nil
}

// ports is rule V-PORT.
func (in *ruleChange) ports(r *types.SecurityGroupRuleRequest, protocol string) error {
	if !isPorts(protocol) && !isICMP(protocol) {
		return in.noPorts(protocol)
	}
	from, to := in.From, in.To
	if isICMP(protocol) {
		return icmpPorts(r, from, to)
	}
	if to == nil {
		to = from
	}
	switch {
	case from == nil:
		return &InputError{Field: "from-port", Rule: "is required for " + protocol + ": " + adviceFrom}
	case *from < 0:
		return &InputError{Field: "from-port", Value: fmt.Sprint(*from), Rule: adviceFrom}
	case *to < *from:
		return &InputError{Field: "to-port", Value: fmt.Sprint(*to), Rule: adviceTo}
	}
	r.FromPort, r.ToPort = from, to
	return nil
}

func icmpPorts(r *types.SecurityGroupRuleRequest, kind, code *int32) error {
	if kind == nil {
		kind = aws.Int32(-1)
	}
	if code == nil {
		code = aws.Int32(-1)
	}
	switch {
	case *kind > 255:
		return &InputError{Field: "from-port", Value: fmt.Sprint(*kind), Rule: adviceFrom}
	case *code > 255:
		return &InputError{Field: "to-port", Value: fmt.Sprint(*code), Rule: adviceTo}
	case *kind == -1 && *code != -1:
		return &InputError{Field: "to-port", Value: fmt.Sprint(*code), Rule: "must be -1 or left out, because the ICMP type is -1: any"}
	}
	r.FromPort, r.ToPort = kind, code
	return nil
}

// riskOf raises what opens something to the world to a second step.
func riskOf(in *ruleChange) Risk {
	if slices.ContainsFunc(in.rules, openToWorld) {
		return Disrupts
	}
	return Reads
}

// warnOf says in words what will be asked for, with the addresses as EC2
// keeps them, and what of it should not be open to the world.
func warnOf(egress bool) func(*ruleChange) []string {
	return func(in *ruleChange) []string {
		if len(in.rules) == 0 {
			return nil
		}
		lines := []string{"In words: " + sayAll(in.rules, egress)}
		for _, r := range in.rules {
			if open := exposes(r); !egress && len(open) > 0 {
				lines = append(lines, "Danger: "+SayRule(r, egress)+" opens "+nameExposed(open)+" to the whole internet.")
			}
		}
		return lines
	}
}

func nameExposed(open []string) string {
	text := map[string]string{"22": "SSH (22)", "3389": "remote desktop (3389)"}
	var out []string
	for _, o := range open {
		if text[o] != "" {
			o = text[o]
		}
		out = append(out, o)
	}
	return strings.Join(out, " and ")
}

// resolve turns the names of groups into IDs. A source by name is looked for
// in the VPC of the group.
func (in *ruleChange) resolve(ctx context.Context, client *ec2.Client) error {
	id, err := groupID(ctx, client, *in.Group)
	if err != nil {
		return err
	}
	in.Group = &id
	if in.Source == nil || isGroupID(*in.Source) {
		return nil
	}
	groups, err := groupsWhere(ctx, client, filterOn("group-id", id))
	if err != nil {
		return err
	}
	var more []types.Filter
	for _, g := range groups {
		more = append(more, filterOn("vpc-id", aws.ToString(g.VpcId)))
	}
	if in.Owner != nil {
		more = append(more, filterOn("owner-id", *in.Owner))
	}
	source, err := groupID(ctx, client, *in.Source, more...)
	for i := range in.rules {
		in.rules[i].ReferencedGroupId = &source
	}
	return err
}

// permissions are the rules as EC2 takes them: each with its one source.
func (in *ruleChange) permissions() []types.IpPermission {
	var out []types.IpPermission
	for _, r := range in.rules {
		p := types.IpPermission{IpProtocol: r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort}
		switch {
		case r.CidrIpv4 != nil:
			p.IpRanges = []types.IpRange{{CidrIp: r.CidrIpv4, Description: r.Description}}
		case r.CidrIpv6 != nil:
			p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: r.CidrIpv6, Description: r.Description}}
		case r.PrefixListId != nil:
			p.PrefixListIds = []types.PrefixListId{{PrefixListId: r.PrefixListId, Description: r.Description}}
		default:
			p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: r.ReferencedGroupId, UserId: in.Owner, Description: r.Description}}
		}
		out = append(out, p)
	}
	return out
}
