package views

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

type securityGroup = *types.SecurityGroup

// securityGroups is the table of security groups.
func securityGroups() *Resource[securityGroup] {
	return &Resource[securityGroup]{
		Kind: "groups", Title: "Security groups", Tab: "Groups", Noun: "security group", Follows: []string{"rule"},
		Pages:   refs(awsops.SecurityGroups),
		ID:      groupID,
		Name:    groupName,
		Tags:    func(g securityGroup) []awsops.Tag { return awsops.TagsOf(g.Tags) },
		Account: func(g securityGroup) string { return aws.ToString(g.OwnerId) },

		Columns: []Column[securityGroup]{
			{Title: "Name", Width: 20, Value: groupName},
			{Title: "ID", Width: 20, Value: groupID},
			{Title: "VPC", Width: 21, Value: func(g securityGroup) string { return aws.ToString(g.VpcId) }},
			{Title: "Exposure", Width: 14, Value: func(g securityGroup) string { s, _ := awsops.Exposure(*g); return s }, Tone: exposureTone},
			{Title: "In", Width: 3, Right: true, Value: countOf(groupIn), Number: numberOf(groupIn)},
			{Title: "Out", Width: 3, Right: true, Value: countOf(groupOut), Number: numberOf(groupOut)},
			{Title: "Description", Width: 24, Grow: true, Value: func(g securityGroup) string { return aws.ToString(g.Description) }},
			{Title: "References", Width: 41, Extra: true, Value: groupReferences},
			{Title: "Owner", Width: 12, Extra: true, Value: func(g securityGroup) string { return aws.ToString(g.OwnerId) }},
		},

		Actions: []Action[securityGroup]{
			{Key: "a", Operation: "authorize-security-group-ingress", Help: "let in"},
			{Key: "A", Operation: "authorize-security-group-egress", Help: "let out"},
			{Key: "n", Operation: "create-security-group", Help: "new", Whole: true},
			{Key: "X", Operation: "delete-security-group", Help: "delete", Deny: cannotDeleteGroup},
			{Key: "I", Operation: "get-security-group-details", Help: "fields"},
			{Key: "D", Operation: "describe-security-groups", Help: "all columns", Whole: true},
		},
		Links: []Link[securityGroup]{
			{Key: "l", Help: "its rules", Kind: "rules", Query: func(g securityGroup) string { return "group-id:" + groupID(g) }},
			{Key: "i", Help: "its instances", Kind: "instances", Query: func(g securityGroup) string { return "group-ids:" + groupID(g) }},
			{Key: "R", Help: "who refers to it", Kind: "groups", Query: func(g securityGroup) string { return "references:" + groupID(g) }},
		},
		Inspect: inspectGroup,
	}
}

func groupID(g securityGroup) string   { return aws.ToString(g.GroupId) }
func groupName(g securityGroup) string { return aws.ToString(g.GroupName) }

func groupIn(g securityGroup) int  { return len(awsops.SayPermissions(g.IpPermissions, false)) }
func groupOut(g securityGroup) int { return len(awsops.SayPermissions(g.IpPermissionsEgress, true)) }

func countOf[T any](n func(T) int) func(T) string {
	return func(row T) string { return text(n(row)) }
}

func numberOf[T any](n func(T) int) func(T) int64 {
	return func(row T) int64 { return int64(n(row)) }
}

func exposureTone(g securityGroup) theme.Tone {
	if _, grave := awsops.Exposure(*g); grave {
		return theme.Bad
	}
	return theme.Busy
}

// groupReferences lists the other groups that rules of the group name.
func groupReferences(g securityGroup) string {
	var out []string
	for _, permissions := range [][]types.IpPermission{g.IpPermissions, g.IpPermissionsEgress} {
		for _, p := range permissions {
			for _, pair := range p.UserIdGroupPairs {
				if id := aws.ToString(pair.GroupId); id != groupID(g) && !strings.Contains(strings.Join(out, ","), id) {
					out = append(out, id)
				}
			}
		}
	}
	return strings.Join(out, ",")
}

func cannotDeleteGroup(g securityGroup) string {
	if groupName(g) == "default" {
		return "is the default group of its VPC, which cannot be deleted: edit its rules instead"
	}
	return ""
}

// groupDetail is a group with what uses it.
type groupDetail struct {
	securityGroup
	users, referrers []string
}

func inspectGroup(ctx context.Context, client *ec2.Client, g securityGroup) (Detail, error) {
	found, users, referrers, err := awsops.InspectSecurityGroup(ctx, client, groupID(g))
	var gone *awsops.Error
	if found.GroupId == nil && errors.As(err, &gone) {
		return Detail{}, err
	}
	d := groupDetail{&found, users, referrers} // what may not be read is left out
	return Detail{Object: found, Sections: sections(d, []field[groupDetail]{
		{"Security group", "Name", func(d groupDetail) any { return d.GroupName }},
		{"Security group", "ID", func(d groupDetail) any { return d.GroupId }},
		{"Security group", "Description", func(d groupDetail) any { return d.Description }},
		{"Security group", "VPC", func(d groupDetail) any { return d.VpcId }},
		{"Security group", "Owner", func(d groupDetail) any { return d.OwnerId }},
		{"Security group", "ARN", func(d groupDetail) any { return d.SecurityGroupArn }},
		{"Security group", "Exposure", func(d groupDetail) any { s, _ := awsops.Exposure(*d.securityGroup); return s }},
	}, groupLists)}, nil
}

func groupLists(d groupDetail) []Section {
	lines := func(title string, list []string) Section {
		s := Section{Title: title}
		for _, l := range list {
			s.Fields = append(s.Fields, DetailField{Value: l})
		}
		return s
	}
	return []Section{
		lines("Rules in", awsops.SayPermissions(d.IpPermissions, false)), lines("Rules out", awsops.SayPermissions(d.IpPermissionsEgress, true)),
		lines("Used by", d.users), lines("Referenced by rules of", d.referrers), tagSection(d.Tags),
	}
}
