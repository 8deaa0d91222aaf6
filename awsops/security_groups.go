package awsops

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// SecurityGroups lists the security groups of a scope page by page.
func SecurityGroups(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.SecurityGroup, error] {
	return pagesOf(client, "describe-security-groups", func(size *int32, token *string) ([]types.SecurityGroup, *string, error) {
		out, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.SecurityGroups, out.NextToken, nil
	})
}

// readGroups explains the error of a read, also within a change.
func readGroups(client *ec2.Client, err error) error {
	return explain(err, "describe-security-groups", client.Options().Region, false)
}

// groupsWhere reads the groups that pass all of some filters.
func groupsWhere(ctx context.Context, client *ec2.Client, filters ...types.Filter) ([]types.SecurityGroup, error) {
	return allGroups(ctx, client, &ec2.DescribeSecurityGroupsInput{Filters: filters, MaxResults: aws.Int32(fullPage)})
}

func allGroups(ctx context.Context, client *ec2.Client, in *ec2.DescribeSecurityGroupsInput, opts ...func(*ec2.Options)) ([]types.SecurityGroup, error) {
	var groups []types.SecurityGroup
	err := everyPage(func(token *string) (*string, error) {
		in.NextToken = token
		page, err := client.DescribeSecurityGroups(ctx, in, opts...)
		if err != nil {
			return nil, readGroups(client, err)
		}
		groups = append(groups, page.SecurityGroups...)
		return page.NextToken, nil
	})
	return groups, err
}

func isGroupID(s string) bool { return strings.HasPrefix(s, "sg-") } // which no name may begin with

// groupID resolves a name, because EC2 itself finds names in the default VPC only.
func groupID(ctx context.Context, client *ec2.Client, nameOrID string, more ...types.Filter) (string, error) {
	if isGroupID(nameOrID) {
		return nameOrID, nil
	}
	found, err := groupsWhere(ctx, client, append(more, filterOn("group-name", exactly(nameOrID)))...)
	if err != nil {
		return "", err
	}
	switch len(found) {
	case 1:
		return aws.ToString(found[0].GroupId), nil
	case 0:
		place := "region " + client.Options().Region
		for _, f := range more {
			place = strings.TrimSuffix(*f.Name, "-id") + " " + strings.Join(f.Values, ", ") + ", " + place
		}
		return "", &Error{Operation: "describe-security-groups", Class: Refused, Code: "InvalidGroup.NotFound",
			Message: fmt.Sprintf("no security group is called %q in %s", nameOrID, place), Hint: "Names are per VPC and case counts; prefer the sg- ID."}
	}
	var places []string
	for _, g := range found {
		places = append(places, aws.ToString(g.GroupId)+" in "+aws.ToString(g.VpcId))
	}
	return "", &Error{Operation: "describe-security-groups", Class: BadInput, Code: "AmbiguousGroup",
		Message: fmt.Sprintf("%d security groups are called %q: %s", len(found), nameOrID, strings.Join(places, ", ")), Hint: "Write the sg- ID of the one that is meant."}
}

func securityGroupColumns() []column[types.SecurityGroup] {
	type group = types.SecurityGroup
	return []column[group]{
		{"group-name", "Group name", false, func(g group) any { return g.GroupName }},
		{"owner-id", "Owner ID", false, func(g group) any { return g.OwnerId }},
		{"group-description", "Description", false, func(g group) any { return g.Description }},
		{"group-id", "Group ID", false, func(g group) any { return g.GroupId }},
		{"vpc-id", "VPC", false, func(g group) any { return g.VpcId }},
		{"ip-permissions", "Rules in", false, func(g group) any { return SayPermissions(g.IpPermissions, false) }},
		{"ip-permissions-egress", "Rules out", false, func(g group) any { return SayPermissions(g.IpPermissionsEgress, true) }},
		{"tags", "Tags", false, func(g group) any { return tagPairs(g.Tags) }},
	}
}

func securityGroupOperations() []Operation {
	return slices.Concat([]Operation{createSecurityGroup(), describeSecurityGroups(), securityGroupDetails(), deleteSecurityGroup()}, securityGroupRuleOperations())
}

func createSecurityGroup() Operation {
	type in = ec2.CreateSecurityGroupInput
	return &Op[*in, *ec2.CreateSecurityGroupOutput]{
		Name: "create-security-group", Help: "Create a security group", Noun: "security group", Risk: Changes,
		Warning: "A new group lets everything out and nothing in.",
		Fields: []Field[*in]{
			{Name: "group-name", Help: "unique in its VPC", Need: Required, Rule: newGroupName(), To: ToString(func(in *in) **string { return &in.GroupName })},
			{Name: "group-description", Help: "what it is for; it cannot be changed later", Need: Required, Rule: groupDescription(), To: ToString(func(in *in) **string { return &in.Description })},
			{Name: "vpc-id", Help: "the VPC of the group", Default: "default VPC", Rule: ID("vpc"), To: ToString(func(in *in) **string { return &in.VpcId })},
			{Name: "tags", Help: "tags of the group", Default: "none", Rule: TagPair(), Most: mostTags, To: ToTags(func(in *in) *[]types.Tag { return tagsFor(&in.TagSpecifications, types.ResourceTypeSecurityGroup) })},
		},
		Compare: compareGroup,
		Call:    (*ec2.Client).CreateSecurityGroup, Outputs: []string{"result", "group-id"},
		Show: func(out *ec2.CreateSecurityGroupOutput) Result {
			return Result{Outputs: []Output{{"result", true}, {"group-id", plain(out.GroupId)}}}
		},
		Example: Values{"group-name": {"api"}, "group-description": {"What the API lets in"}, "vpc-id": {"vpc-0aa00000000000001"}, "tags": {"Env=test", "Team=platform"}},
	}
}

// compareGroup warns of a group that has the name already.
func compareGroup(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	filters := filtersOn("group-name", exactly(v.Get("group-name")))
	if vpc := v.Get("vpc-id"); vpc != "" {
		filters = append(filters, filterOn("vpc-id", vpc))
	}
	found, err := groupsWhere(ctx, client, filters...)
	var lines []string
	for _, g := range found {
		lines = append(lines, aws.ToString(g.VpcId)+" already has a group of that name, "+aws.ToString(g.GroupId)+": choose another name there.")
	}
	return lines, err
}

// tagsFor is the list of tags that a new resource of a type gets.
func tagsFor(specs *[]types.TagSpecification, kind types.ResourceType) *[]types.Tag {
	if len(*specs) == 0 {
		*specs = []types.TagSpecification{{ResourceType: kind}}
	}
	return &(*specs)[0].Tags
}

func describeSecurityGroups() Operation {
	type in = ec2.DescribeSecurityGroupsInput
	filters := func(in *in) *[]types.Filter { return &in.Filters }
	return &Op[*in, *[]types.SecurityGroup]{
		Name: "describe-security-groups", Help: "List security groups with their rules", Noun: "security group",
		Fields: append([]Field[*in]{
			{Name: "group-names", Help: "only groups of these names, in any VPC; * and ? match any text", Default: "all", Rule: groupWildcard(), To: ToFilter(KindLines, "group-name", filters)},
			{Name: "group-ids", Help: "only these groups", Default: "all", Rule: ID("sg"), To: ToList(func(in *in) *[]string { return &in.GroupIds })},
			{Name: "vpc-id", Help: "only groups of this VPC", Default: "all", Rule: ID("vpc"), To: ToFilter(KindString, "vpc-id", filters)},
			{Name: "page-size", Help: "groups in one answer; not with group-ids", Default: "100", Rule: Between(5, 1000), To: ToInt(func(in *in) **int32 { return &in.MaxResults })},
		}, delimiters[*in](";")...),
		Check: func(in *in) error {
			if in.MaxResults != nil && len(in.GroupIds) > 0 {
				return &InputError{Field: "page-size", Rule: "cannot be used together with --group-ids"}
			}
			return nil
		},
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*[]types.SecurityGroup, error) {
			if in.MaxResults == nil && len(in.GroupIds) == 0 {
				in.MaxResults = aws.Int32(100)
			}
			groups, err := allGroups(ctx, client, in, opts...)
			sortBy(groups, func(a, b types.SecurityGroup) int {
				return strings.Compare(aws.ToString(a.GroupName)+"\x00"+aws.ToString(a.VpcId), aws.ToString(b.GroupName)+"\x00"+aws.ToString(b.VpcId))
			})
			return &groups, err
		},
		Outputs: append([]string{"group-names"}, names(securityGroupColumns())...),
		Show: func(out *[]types.SecurityGroup) Result {
			var list []string
			for _, g := range *out {
				list = append(list, aws.ToString(g.GroupName))
			}
			return Result{Outputs: []Output{{"group-names", list}}, Table: tableOf(securityGroupColumns(), *out)}
		},
		Example: Values{"group-names": {"web", "d*"}, "vpc-id": {"vpc-0aa00000000000001"}, "page-size": {"50"}},
	}
}

// groupWildcard is a group's name with the wildcards of a filter.
func groupWildcard() Rule {
	return Rule{Text: groupCharset, Check: func(s string) (string, error) {
		_, err := groupText(strings.NewReplacer("?", "", `\`, "").Replace(s))
		return s, err
	}}
}

// groupTarget is an input of a flow: the one group that it is about.
type groupTarget struct {
	DryRun *bool
	Group  *string
}

// groupDetails is a group with its rules, each by itself.
type groupDetails struct {
	types.SecurityGroup
	rules []SecurityGroupRule
}

func securityGroupDetails() Operation {
	rules := securityGroupRuleColumns()[:14] // the group itself stands above
	return &Op[*groupTarget, *groupDetails]{
		Name: "get-security-group-details", Help: "Show one security group and each of its rules", Noun: "security group",
		Fields: append([]Field[*groupTarget]{
			{Name: "group-name", Help: "the group, by name or ID", Need: Required, Default: "selected row", Rule: groupRef(), Target: true, To: ToString(func(in *groupTarget) **string { return &in.Group })},
		}, delimiters[*groupTarget](",")[1:]...),
		Call: getSecurityGroup, Outputs: append([]string{"group-name", "owner-id", "group-description", "group-id", "vpc-id", "group-tags"}, names(rules)...),
		Show: func(out *groupDetails) Result {
			return Result{Table: tableOf(rules, out.rules), Lead: true, Outputs: []Output{
				{"group-name", plain(out.GroupName)}, {"owner-id", plain(out.OwnerId)}, {"group-description", plain(out.Description)},
				{"group-id", plain(out.GroupId)}, {"vpc-id", plain(out.VpcId)}, {"group-tags", tagPairs(out.Tags)},
			}}
		},
		Example: Values{"group-name": {"web"}},
	}
}

func getSecurityGroup(client *ec2.Client, ctx context.Context, in *groupTarget, opts ...func(*ec2.Options)) (*groupDetails, error) {
	id, err := groupID(ctx, client, *in.Group)
	if err != nil {
		return nil, err
	}
	found, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}, DryRun: in.DryRun}, opts...)
	if err != nil {
		return nil, err
	}
	if len(found.SecurityGroups) == 0 { // an emulator that ignores unknown IDs
		return nil, notFound("describe-security-groups", "InvalidGroup.NotFound", "The security group '"+id+"' does not exist", client.Options().Region)
	}
	out := &groupDetails{SecurityGroup: found.SecurityGroups[0]}
	if out.rules, err = rulesWhere(ctx, client, "group-id", id); err != nil {
		return nil, err
	}
	sortBy(out.rules, func(a, b SecurityGroupRule) int { return strings.Compare(a.Direction(), b.Direction()) })
	return out, nil
}

func deleteSecurityGroup() Operation {
	return &Op[*groupTarget, *groupTarget]{
		Name: "delete-security-group", Help: "Delete a security group", Noun: "security group", Risk: Destroys,
		Warning: "This cannot be undone. EC2 refuses while an interface is in the group or another group's rule names it.", Foresee: whatUsesGroups,
		Fields: []Field[*groupTarget]{
			{Name: "group", Help: "the group, by name or ID", Need: Required, Default: "selected row", Rule: groupRef(), Target: true, To: ToString(func(in *groupTarget) **string { return &in.Group })},
		},
		Check: func(in *groupTarget) error {
			if *in.Group == "default" {
				return &InputError{Field: "group", Value: "default", Rule: "the default group of a VPC cannot be deleted: edit its rules instead"}
			}
			return nil
		},
		Call: callDeleteGroup, Outputs: []string{"result"},
		Show: func(in *groupTarget) Result {
			return Result{Outputs: []Output{{"result", true}}, Items: []Item{{ID: *in.Group, To: "deleted"}}}
		},
		Expect:  &Expect{Until: []string{"deleted"}, Never: []string{"exists"}, States: groupStates},
		Example: Values{"group": {"apart"}},
	}
}

// callDeleteGroup sends the ID, and when something uses the group finds out what.
func callDeleteGroup(client *ec2.Client, ctx context.Context, in *groupTarget, opts ...func(*ec2.Options)) (*groupTarget, error) {
	id, err := groupID(ctx, client, *in.Group)
	if err != nil {
		return nil, err
	}
	_, err = client.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id, DryRun: in.DryRun}, opts...)
	if err == nil {
		return in, nil
	}
	e := explain(err, "delete-security-group", client.Options().Region, true)
	if e.Code == "DependencyViolation" || e.Code == "InvalidGroup.InUse" {
		if lines, err := whatUsesGroups(ctx, client, []string{id}); err == nil && len(lines) > 0 {
			e.Hint = strings.Join(lines, " ")
		}
	}
	return nil, e
}

// mostUsers is how many users of a group are named one by one.
const mostUsers = 12

// whatUsesGroups names the interfaces in groups and the groups whose rules name them.
func whatUsesGroups(ctx context.Context, client *ec2.Client, groups []string) ([]string, error) {
	var lines []string
	for _, g := range groups {
		id, err := groupID(ctx, client, g)
		if err != nil {
			return nil, err
		}
		users, err := interfacesIn(ctx, client, id)
		if err != nil {
			return nil, err
		}
		if len(users) > 0 {
			lines = append(lines, "Used by: "+some(users)+". Move them to another group first.")
		}
		referrers, err := groupsNaming(ctx, client, id)
		if err != nil {
			return nil, err
		}
		if len(referrers) > 0 {
			lines = append(lines, "Referenced by rules of: "+some(referrers)+". Revoke those rules first.")
		}
	}
	return lines, nil
}

// some names the first of a long list.
func some(list []string) string {
	if len(list) <= mostUsers {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:mostUsers], ", "), len(list)-mostUsers)
}

func interfacesIn(ctx context.Context, client *ec2.Client, group string) ([]string, error) {
	var users []string
	err := everyPage(func(token *string) (*string, error) {
		page, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filtersOn("group-id", group), MaxResults: aws.Int32(fullPage), NextToken: token})
		if err != nil {
			return nil, explain(err, "describe-network-interfaces", client.Options().Region, false)
		}
		for _, n := range page.NetworkInterfaces {
			name := aws.ToString(n.NetworkInterfaceId)
			switch {
			case n.Attachment != nil && n.Attachment.InstanceId != nil:
				name = *n.Attachment.InstanceId + " (" + name + ")"
			case aws.ToString(n.Description) != "": // services say there what they are
				name += " (" + *n.Description + ")"
			}
			users = append(users, name)
		}
		return page.NextToken, nil
	})
	return users, err
}

// groupsNaming finds the other groups with a rule for this one, in either direction.
func groupsNaming(ctx context.Context, client *ec2.Client, id string) ([]string, error) {
	var out []string
	for _, filter := range []string{"ip-permission.group-id", "egress.ip-permission.group-id"} {
		found, err := groupsWhere(ctx, client, filterOn(filter, id))
		if err != nil {
			return nil, err
		}
		for _, g := range found {
			if aws.ToString(g.GroupId) != id {
				out = append(out, aws.ToString(g.GroupId)+" ("+aws.ToString(g.GroupName)+")")
			}
		}
	}
	return unique(out), nil
}

// groupStates tells which groups are still there; they have no states of their own.
func groupStates(ctx context.Context, client *ec2.Client, groups []string) (map[string]string, error) {
	states := map[string]string{}
	for _, g := range groups {
		filter := filterOn("group-id", g)
		if !isGroupID(g) {
			filter = filterOn("group-name", exactly(g))
		}
		found, err := groupsWhere(ctx, client, filter)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			states[g] = "exists"
		}
	}
	return states, nil
}

// InspectSecurityGroup fetches one group anew, with what uses it.
func InspectSecurityGroup(ctx context.Context, client *ec2.Client, id string) (g types.SecurityGroup, users, referrers []string, err error) {
	found, err := groupsWhere(ctx, client, filterOn("group-id", id))
	if err != nil {
		return g, nil, nil, err
	}
	if len(found) == 0 {
		return g, nil, nil, &Error{Operation: "describe-security-groups", Class: Refused, Code: "InvalidGroup.NotFound", Message: "The security group '" + id + "' does not exist", Hint: "It has been deleted."}
	}
	users, err = interfacesIn(ctx, client, id)
	others, err2 := groupsNaming(ctx, client, id)
	return found[0], users, others, errors.Join(err, err2)
}
