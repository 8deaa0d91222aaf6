package awsops

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func securityGroupRuleOperations() []Operation {
	return []Operation{
		authorizeSecurityGroup(false), revokeSecurityGroup(false),
		authorizeSecurityGroup(true), revokeSecurityGroup(true),
		describeSecurityGroupRules(), modifySecurityGroupRules(),
		updateRuleDescriptions(false), updateRuleDescriptions(true),
	}
}

type ruleOp = Op[*ruleChange, *ruleOutcome]

// direction names a pair of twins.
func direction(egress bool) (name, help string) {
	if egress {
		return "egress", "out of"
	}
	return "ingress", "into"
}

func authorizeSecurityGroup(egress bool) Operation {
	name, help := direction(egress)
	example := Values{"group": {"sg-0aa00000000000011"}, "source-group": {"sg-0aa00000000000021"}, "source-group-owner": {"123456789012"},
		"ip-protocol": {"udp"}, "from-port": {"8080"}, "to-port": {"8090"}, "description": {"why it is open"}, "tags": {"Team=web"}}
	op := &ruleOp{
		Name: "authorize-security-group-" + name, Help: "Let traffic " + help + " a security group", Noun: "security group", Risk: Changes, RiskOf: riskOf, Warn: warnOf(egress),
		Fields: slices.Concat([]ruleField{ruleGroup(true), ruleTyped(egress)}, ruleMembers(egress), ruleMore(egress), []ruleField{
			{Name: "tags", Help: "tags of the new rules", Default: "none", Rule: TagPair(), Most: mostTags, To: ToTags(func(in *ruleChange) *[]types.Tag { return &in.Tags })},
		}),
		Check: (*ruleChange).read,
		Call: func(client *ec2.Client, ctx context.Context, in *ruleChange, opts ...func(*ec2.Options)) (*ruleOutcome, error) {
			out := &ruleOutcome{target: *in.Group, egress: egress}
			if err := in.resolve(ctx, client); err != nil {
				return nil, err
			}
			made, err := callAuthorize(ctx, client, in, egress, opts)
			for _, r := range made {
				out.rules = append(out.rules, SecurityGroupRule{SecurityGroupRule: r})
			}
			return out, err
		},
		Outputs: slices.Concat([]string{"result", "rule-ids"}, names(securityGroupRuleColumns())),
		Show: func(out *ruleOutcome) Result {
			return Result{Outputs: []Output{{"result", true}, {"rule-ids", out.ruleIDs()}}, Table: tableOf(securityGroupRuleColumns(), out.rules),
				Items: []Item{{ID: out.target, To: out.said()}}}
		},
		Example: example,
	}
	op.Compare = func(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
		in, err := op.input(v)
		if err != nil {
			return nil, err
		}
		return compareRules(ctx, client, in, egress)
	}
	return op
}

// compareRules warns of rules that the group has already: EC2 refuses all of a
// request for the sake of one.
func compareRules(ctx context.Context, client *ec2.Client, in *ruleChange, egress bool) ([]string, error) {
	if err := in.resolve(ctx, client); err != nil {
		return nil, err
	}
	groups, err := groupsWhere(ctx, client, filterOn("group-id", *in.Group))
	var lines []string
	for _, g := range groups {
		permissions := g.IpPermissions
		if egress {
			permissions = g.IpPermissionsEgress
		}
		for _, r := range in.rules {
			r.Description = nil // does not tell rules apart
			for _, present := range rulesIn(permissions) {
				if present.Description = nil; SayRule(present, egress) == SayRule(r, egress) {
					lines = append(lines, "The rule already exists: "+SayRule(r, egress)+". EC2 will refuse it.")
				}
			}
		}
	}
	return lines, err
}

func callAuthorize(ctx context.Context, client *ec2.Client, in *ruleChange, egress bool, opts []func(*ec2.Options)) ([]types.SecurityGroupRule, error) {
	var specs []types.TagSpecification
	if len(in.Tags) > 0 {
		*tagsFor(&specs, types.ResourceTypeSecurityGroupRule) = in.Tags
	}
	if egress {
		out, err := client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{DryRun: in.DryRun, GroupId: in.Group, IpPermissions: in.permissions(), TagSpecifications: specs}, opts...)
		if err != nil {
			return nil, err
		}
		return out.SecurityGroupRules, nil
	}
	out, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{DryRun: in.DryRun, GroupId: in.Group, IpPermissions: in.permissions(), TagSpecifications: specs}, opts...)
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}

func (o *ruleOutcome) ruleIDs() []string {
	var ids []string
	for _, r := range o.rules {
		ids = append(ids, aws.ToString(r.SecurityGroupRuleId))
	}
	return ids
}

// said is the rules in words.
func (o *ruleOutcome) said() string {
	var out []string
	for _, r := range o.rules {
		out = append(out, r.Text())
	}
	return strings.Join(out, "; ")
}

func revokeSecurityGroup(egress bool) Operation {
	name, help := direction(egress)
	example := Values{"group": {"sg-0aa00000000000021"}, "source-group": {"sg-0aa00000000000011"}, "source-group-owner": {"123456789012"},
		"ip-protocol": {"udp"}, "from-port": {"8080"}, "to-port": {"8090"}}
	return &ruleOp{
		Name: "revoke-security-group-" + name, Help: "Stop letting traffic " + help + " a security group", Noun: "rule", Risk: Disrupts,
		Warning: "Connections that the rules allow may break.", Foresee: whatRulesSay, Warn: warnRevoked(egress),
		Fields: slices.Concat([]ruleField{ruleGroup(false), ruleIDs("the rules to revoke, by ID"), ruleTyped(egress)}, ruleMembers(egress)),
		Check: func(in *ruleChange) error {
			if len(in.RuleIDs) == 0 {
				return in.read()
			}
			if in.described() || len(in.Lines) > 0 {
				return &InputError{Field: "rule-ids", Rule: "say everything: leave the inputs of the rule out"}
			}
			return nil
		},
		Call: func(client *ec2.Client, ctx context.Context, in *ruleChange, opts ...func(*ec2.Options)) (*ruleOutcome, error) {
			if err := in.resolve(ctx, client); err != nil {
				return nil, err
			}
			revoked, unknown, err := callRevoke(ctx, client, in, egress, opts)
			if err != nil {
				return nil, err
			}
			out := &ruleOutcome{ids: in.RuleIDs, unknown: rulesIn(unknown), egress: egress}
			for _, r := range revoked {
				out.rules = append(out.rules, ruleRevoked(r))
			}
			return out, out.nothingRevoked(name)
		},
		Outputs: slices.Concat([]string{"result"}, names(securityGroupRuleColumns())), Show: showRevoked,
		Expect:  &Expect{Until: []string{"deleted"}, Never: []string{"exists"}, States: ruleStates},
		Example: example,
	}
}

func warnRevoked(egress bool) func(*ruleChange) []string {
	return func(in *ruleChange) []string {
		if len(in.rules) == 0 {
			return nil
		}
		return []string{"In words: " + sayAll(in.rules, egress)}
	}
}

func callRevoke(ctx context.Context, client *ec2.Client, in *ruleChange, egress bool, opts []func(*ec2.Options)) ([]types.RevokedSecurityGroupRule, []types.IpPermission, error) {
	if egress {
		out, err := client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{DryRun: in.DryRun, GroupId: in.Group, IpPermissions: in.permissions(), SecurityGroupRuleIds: in.RuleIDs}, opts...)
		if err != nil {
			return nil, nil, err
		}
		return out.RevokedSecurityGroupRules, out.UnknownIpPermissions, nil
	}
	out, err := client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{DryRun: in.DryRun, GroupId: in.Group, IpPermissions: in.permissions(), SecurityGroupRuleIds: in.RuleIDs}, opts...)
	if err != nil {
		return nil, nil, err
	}
	return out.RevokedSecurityGroupRules, out.UnknownIpPermissions, nil
}

func ruleRevoked(r types.RevokedSecurityGroupRule) SecurityGroupRule {
	out := SecurityGroupRule{SecurityGroupRule: types.SecurityGroupRule{SecurityGroupRuleId: r.SecurityGroupRuleId, GroupId: r.GroupId, IsEgress: r.IsEgress,
		IpProtocol: r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort, CidrIpv4: r.CidrIpv4, CidrIpv6: r.CidrIpv6, PrefixListId: r.PrefixListId, Description: r.Description}}
	if r.ReferencedGroupId != nil {
		out.ReferencedGroupInfo = &types.ReferencedSecurityGroup{GroupId: r.ReferencedGroupId}
	}
	return out
}

// nothingRevoked makes an error of an answer that names all rules as unknown:
// in the default VPC, EC2 calls that a success.
func (o *ruleOutcome) nothingRevoked(name string) error {
	if len(o.unknown) == 0 || len(o.rules) > 0 {
		return nil
	}
	return unknownRule(name, "nothing was revoked: there is no rule "+sayAll(o.unknown, o.egress))
}

func unknownRule(name, message string) *Error {
	return &Error{Operation: "revoke-security-group-" + name, Class: Refused, Code: "InvalidPermission.NotFound", Message: message,
		Hint: "Only an exact repeat of a rule revokes it; prefer its sgr- ID."}
}

func showRevoked(out *ruleOutcome) Result {
	res := Result{Outputs: []Output{{"result", len(out.unknown) == 0}}, Table: tableOf(securityGroupRuleColumns(), out.rules)}
	for _, r := range out.rules {
		res.Items = append(res.Items, Item{ID: aws.ToString(r.SecurityGroupRuleId), From: r.Text(), To: "deleted"})
	}
	name, _ := direction(out.egress)
	for _, r := range out.unknown {
		text := SayRule(r, out.egress)
		res.Items = append(res.Items, Item{ID: text, Err: unknownRule(name, "there is no rule "+text)})
	}
	return res
}

func modifySecurityGroupRules() Operation {
	typed := ruleTyped(false)
	typed.Rule.Text = "from for what comes in, to for what goes out"
	typed.Rule.Check = func(s string) (string, error) { _, _, err := ParseRule(s); return s, err }
	members := slices.DeleteFunc(ruleMembers(false), func(f ruleField) bool { return f.Name == "source-group-owner" })
	return &ruleOp{
		Name: "modify-security-group-rules", Help: "Change a rule of a security group, which keeps its ID", Noun: "rule", Risk: Changes, RiskOf: riskOf, Foresee: whatRulesSay,
		Fields: slices.Concat([]ruleField{
			ruleGroup(false),
			{Name: "rule-id", Help: "the rule", Need: Required, Default: "selected rule", Rule: ID("sgr"), Target: true, To: ToString(func(in *ruleChange) **string { return &in.RuleID })},
			typed,
		}, members, ruleMore(false)),
		Check: func(in *ruleChange) error {
			if len(in.Lines) > 1 {
				return &InputError{Field: "rule", Value: in.Lines[1], Rule: "is one too many: one rule becomes one other"}
			}
			if err := in.read(); err != nil {
				return err
			}
			if len(in.rules) > 1 {
				return &InputError{Field: "ip-protocol", Value: threeProtocols, Rule: "makes three rules: one rule becomes one other"}
			}
			return nil
		},
		Warn:    func(in *ruleChange) []string { return warnOf(in.egress)(in) },
		Call:    callModify,
		Outputs: []string{"result", "rule-id", "rule"},
		Show: func(out *ruleOutcome) Result {
			id, text := out.ids[0], sayAll(out.unknown, out.egress)
			return Result{Outputs: []Output{{"result", true}, {"rule-id", id}, {"rule", text}}, Items: []Item{{ID: id, From: out.target, To: text}}}
		},
		Example: Values{"group": {"sg-0aa00000000000011"}, "rule-id": {"sgr-0aa00000000000001"}, "ip-protocol": {"udp"}, "from-port": {"8443"}, "to-port": {"8444"}, "cidr-ip": {"10.0.0.0/8"}, "description": {"the new port"}},
	}
}

// callModify reads the rule first: EC2 keeps direction and kind of peer, and
// would not say that a rule typed for the other direction was meant otherwise.
func callModify(client *ec2.Client, ctx context.Context, in *ruleChange, opts ...func(*ec2.Options)) (*ruleOutcome, error) {
	if err := in.resolve(ctx, client); err != nil {
		return nil, err
	}
	out := &ruleOutcome{ids: []string{*in.RuleID}, unknown: in.rules, egress: in.egress}
	now, err := rulesByID(ctx, client, out.ids)
	if err != nil {
		return nil, err
	}
	for _, r := range now { // none: EC2 knows better why
		out.egress, out.target = aws.ToBool(r.IsEgress), r.Text()
		if err := in.fits(r); err != nil {
			return nil, err
		}
		if len(in.Lines) == 0 && in.Description == nil {
			in.rules[0].Description = r.Description // EC2 would take it away
		}
	}
	_, err = client.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{DryRun: in.DryRun, GroupId: in.Group,
		SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: in.RuleID, SecurityGroupRule: &in.rules[0]}}}, opts...)
	return out, err
}

// fits says whether a rule may become what is asked for.
func (in *ruleChange) fits(now SecurityGroupRule) error {
	refuse := func(message string) error {
		return &Error{Operation: "modify-security-group-rules", Class: BadInput, Code: "AnotherRule", Message: message, Hint: "Authorize the new rule and revoke this one."}
	}
	was, to := now.Request(), in.rules[0]
	switch {
	case len(in.Lines) > 0 && in.egress != aws.ToBool(now.IsEgress):
		return refuse("the direction of a rule cannot change: it is " + now.Text())
	case (was.CidrIpv4 == nil) != (to.CidrIpv4 == nil), (was.CidrIpv6 == nil) != (to.CidrIpv6 == nil),
		(was.ReferencedGroupId == nil) != (to.ReferencedGroupId == nil), (was.PrefixListId == nil) != (to.PrefixListId == nil):
		return refuse("the kind of peer of a rule cannot change between IPv4, IPv6, prefix list and group: it is " + now.Text())
	}
	return nil
}

func updateRuleDescriptions(egress bool) Operation {
	name, help := direction(egress)
	typed := ruleTyped(egress)
	example := Values{"group": {"sg-0aa00000000000011"}, "rule-ids": {"sgr-0aa00000000000001", "sgr-0aa00000000000002"}, "description": {"seen by the auditors"}}
	if egress {
		example["group"], example["rule-ids"] = []string{"sg-0aa00000000000021"}, []string{"sgr-0aa00000000000005", "sgr-0aa00000000000006"}
	}
	typed.Help = `instead of IDs: a rule in words, with its new description in quotes`
	return &ruleOp{
		Name: "update-security-group-rule-descriptions-" + name, Help: "Describe rules that let traffic " + help + " a security group", Noun: "rule", Risk: Changes,
		Fields: []ruleField{ruleGroup(false), ruleIDs("the rules to describe, by ID"), ruleText("the new description; empty removes it"), typed},
		Check: func(in *ruleChange) error {
			switch {
			case len(in.RuleIDs) == 0 && len(in.Lines) == 0:
				return &InputError{Field: "rule-ids", Rule: "is missing: give IDs, or rules in words"}
			case len(in.RuleIDs) > 0 && len(in.Lines) > 0:
				return &InputError{Field: "rule", Rule: "cannot be combined with --rule-ids"}
			case len(in.Lines) > 0:
				return in.read()
			}
			return nil
		},
		Warn: func(in *ruleChange) []string {
			if len(in.RuleIDs) > 0 && in.Description == nil {
				return []string{"No description is given: the present one is removed."}
			}
			return nil
		},
		Call: func(client *ec2.Client, ctx context.Context, in *ruleChange, opts ...func(*ec2.Options)) (*ruleOutcome, error) {
			if err := in.resolve(ctx, client); err != nil {
				return nil, err
			}
			out := &ruleOutcome{ids: in.RuleIDs, target: aws.ToString(in.Description)}
			return out, callDescribe(ctx, client, in, egress, opts)
		},
		Outputs: []string{"result"},
		Show: func(out *ruleOutcome) Result {
			res := Result{Outputs: []Output{{"result", true}}}
			for _, id := range out.ids {
				res.Items = append(res.Items, Item{ID: id, To: out.target})
			}
			return res
		},
		Example: example,
	}
}

func callDescribe(ctx context.Context, client *ec2.Client, in *ruleChange, egress bool, opts []func(*ec2.Options)) error {
	var texts []types.SecurityGroupRuleDescription
	for _, id := range in.RuleIDs {
		texts = append(texts, types.SecurityGroupRuleDescription{SecurityGroupRuleId: aws.String(id), Description: aws.String(aws.ToString(in.Description))})
	}
	if egress {
		_, err := client.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{DryRun: in.DryRun, GroupId: in.Group, IpPermissions: in.permissions(), SecurityGroupRuleDescriptions: texts}, opts...)
		return err
	}
	_, err := client.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{DryRun: in.DryRun, GroupId: in.Group, IpPermissions: in.permissions(), SecurityGroupRuleDescriptions: texts}, opts...)
	return err
}
