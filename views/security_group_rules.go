package views

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type groupRule = *awsops.SecurityGroupRule

// securityGroupRules is the table of single rules.
func securityGroupRules() *Resource[groupRule] {
	return &Resource[groupRule]{
		Kind: "rules", Title: "Rules", Noun: "rule", Follows: []string{"security group"},
		Pages:   refs(awsops.SecurityGroupRules),
		ID:      func(r groupRule) string { return aws.ToString(r.SecurityGroupRuleId) },
		Name:    groupRule.Text,
		Carry:   carryNames,
		Tags:    func(r groupRule) []awsops.Tag { return awsops.TagsOf(r.Tags) },
		Account: func(r groupRule) string { return aws.ToString(r.GroupOwnerId) },

		Columns: []Column[groupRule]{
			{Title: "Group", Width: 16, Value: func(r groupRule) string { return r.GroupName }},
			{Title: "Direction", Width: 9, Value: groupRule.Direction},
			{Title: "Protocol", Width: 8, Value: groupRule.Protocol},
			{Title: "Ports", Width: 11, Value: groupRule.Ports, Number: func(r groupRule) int64 { return int64(aws.ToInt32(r.FromPort)) }},
			{Title: "Peer", Width: 20, Value: peerText},
			{Title: "Exposure", Width: 11, Value: ruleExposure, Tone: func(groupRule) theme.Tone { return theme.Bad }},
			{Title: "Description", Width: 16, Grow: true, Value: func(r groupRule) string { return aws.ToString(r.Description) }},
			{Title: "ID", Width: 21, Value: func(r groupRule) string { return aws.ToString(r.SecurityGroupRuleId) }},
			{Title: "Group ID", Width: 20, Extra: true, Value: ruleGroupID},
		},

		Actions: []Action[groupRule]{
			{Key: "m", Operation: "modify-security-group-rules", Help: "edit", Fill: fillRule, Form: true},
			{Key: "N", Operation: "update-security-group-rule-descriptions-ingress", Help: "note", Fill: fillDescription, Form: true, Deny: onlyWay("in")},
			{Key: "N", Operation: "update-security-group-rule-descriptions-egress", Help: "note", Fill: fillDescription, Form: true, Deny: onlyWay("out")},
			{Key: "X", Operation: "revoke-security-group-ingress", Help: "revoke", Fill: fillGroup, Deny: onlyWay("in")},
			{Key: "X", Operation: "revoke-security-group-egress", Help: "revoke", Fill: fillGroup, Deny: onlyWay("out")},
			{Key: "a", Operation: "authorize-security-group-ingress", Help: "let in", Of: ruleGroupID},
			{Key: "A", Operation: "authorize-security-group-egress", Help: "let out", Of: ruleGroupID},
			{Key: "D", Operation: "describe-security-group-rules", Help: "all columns", Whole: true},
		},
		Links: []Link[groupRule]{
			{Key: "l", Help: "its group", Kind: "groups", Query: func(r groupRule) string { return "id:" + ruleGroupID(r) }},
			{Key: "i", Help: "instances in the group", Kind: "instances", Query: func(r groupRule) string { return "group-ids:" + ruleGroupID(r) }},
		},
		Inspect: inspectRule,
	}
}

func ruleGroupID(r groupRule) string { return aws.ToString(r.GroupId) }

// carryNames keeps the names of groups, which a listing tells a moment later.
func carryNames(old, listed groupRule) groupRule {
	if listed.GroupName == "" {
		listed.GroupName, listed.PeerName = old.GroupName, old.PeerName
	}
	return listed
}

// peerText is the peer, a group by its name too.
func peerText(r groupRule) string {
	if r.PeerName != "" {
		return r.PeerName + " " + r.Peer()
	}
	return r.Peer()
}

func ruleExposure(r groupRule) string {
	if open := r.Exposes(); len(open) > 0 {
		return "! " + strings.Join(open, ", ")
	}
	return ""
}

// onlyWay refuses rules of the other direction.
func onlyWay(way string) func(groupRule) string {
	return func(r groupRule) string {
		if r.Direction() == way {
			return ""
		}
		return "goes " + r.Direction() + ", not " + way + ": do it by itself"
	}
}

func fillGroup(r groupRule) awsops.Values { return awsops.Values{"group": {ruleGroupID(r)}} }

func fillRule(r groupRule) awsops.Values { return fillGroup(r).With("rule", r.Text()) }

func fillDescription(r groupRule) awsops.Values {
	if r.Description == nil {
		return fillGroup(r)
	}
	return fillGroup(r).With("description", *r.Description)
}

func inspectRule(_ context.Context, _ *ec2.Client, r groupRule) (Detail, error) {
	return Detail{Object: r.SecurityGroupRule, Sections: sections(r, []field[groupRule]{
		{"Rule", "In words", func(r groupRule) any { return r.Text() }},
		{"Rule", "ID", func(r groupRule) any { return r.SecurityGroupRuleId }},
		{"Rule", "ARN", func(r groupRule) any { return r.SecurityGroupRuleArn }},
		{"Rule", "Group", func(r groupRule) any { return r.GroupName }},
		{"Rule", "Group ID", func(r groupRule) any { return r.GroupId }},
		{"Rule", "Owner", func(r groupRule) any { return r.GroupOwnerId }},
		{"Rule", "Direction", func(r groupRule) any { return r.Direction() }},
		{"Rule", "Protocol", func(r groupRule) any { return r.Protocol() }},
		{"Rule", "Ports, or ICMP type/code", func(r groupRule) any { return r.Ports() }},
		{"Rule", "Description", func(r groupRule) any { return r.Description }},
		{"Rule", "Exposure", func(r groupRule) any { return ruleExposure(r) }},
		{"Peer", "IPv4", func(r groupRule) any { return r.CidrIpv4 }},
		{"Peer", "IPv6", func(r groupRule) any { return r.CidrIpv6 }},
		{"Peer", "Prefix list", func(r groupRule) any { return r.PrefixListId }},
		{"Peer", "Group", func(r groupRule) any { return r.PeerName }},
		{"Peer", "Group ID", func(r groupRule) any { return orNil(r.ReferencedGroupInfo).GroupId }},
		{"Peer", "Owner", func(r groupRule) any { return orNil(r.ReferencedGroupInfo).UserId }},
		{"Peer", "VPC", func(r groupRule) any { return orNil(r.ReferencedGroupInfo).VpcId }},
		{"Peer", "Peering", func(r groupRule) any { return orNil(r.ReferencedGroupInfo).PeeringStatus }},
	}, func(r groupRule) []Section {
		tags := Section{Title: "Tags"}
		for _, t := range awsops.TagsOf(r.Tags) {
			tags.Fields = append(tags.Fields, DetailField{Name: t.Key, Value: t.Value})
		}
		return []Section{tags}
	})}, nil
}
