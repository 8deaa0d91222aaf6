package awsops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// groupsIn gives an instance, or one of its interfaces, other security groups.
type groupsIn struct {
	InstanceId, NetworkInterfaceId *string
	Groups                         []string
	DryRun                         *bool
}

// regrouped is the outcome: which interface has the groups now.
type regrouped struct {
	interfaceID string
	groups      []string
}

// changeGroups replaces the groups of an instance. With several interfaces
// EC2 keeps groups by interface, and takes them by another action.
func changeGroups() Operation {
	type in = groupsIn
	return &Op[*in, *regrouped]{
		Name: "change-security-groups", API: "ModifyInstanceAttribute or, of one interface, ModifyNetworkInterfaceAttribute",
		Help: "Replace the security groups of an instance", Noun: "instance", Risk: Changes, Word: "change",
		Warning: "The new groups replace the whole list. Connections that they do not allow can end.",
		Fields: []Field[*in]{
			oneInstance(func(in *in) **string { return &in.InstanceId }),
			{Name: "security-groups", Help: "all groups that it is to have", Need: Required, Rule: ID("sg"), Pick: Pick{Kind: "groups", Where: groupsFor}, To: ToList(func(in *in) *[]string { return &in.Groups })},
			{Name: "network-interface-id", Help: "which one, if it has several interfaces", Need: Conditional, Default: "the only one", Rule: ID("eni"), Pick: Pick{Kind: "interfaces", Where: func(_ context.Context, _ *ec2.Client, v Values) (string, error) {
				return "instance:" + v.Get("instance-id"), nil
			}}, To: ToString(func(in *in) **string { return &in.NetworkInterfaceId })},
		},
		Compare: groupsAhead, Call: regroup, Outputs: []string{"network-interface-id", "security-groups"},
		Show: func(out *regrouped) Result {
			return Result{Outputs: []Output{{"network-interface-id", out.interfaceID}, {"security-groups", out.groups}}}
		},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "security-groups": {"sg-0aa00000000000011", "sg-0aa00000000000021"}},
	}
}

// groupsFor are the groups of the instance's VPC.
func groupsFor(ctx context.Context, client *ec2.Client, v Values) (string, error) {
	where := ""
	err := describeByFilter(ctx, client, []string{v.Get("instance-id")}, func(rs []types.Reservation) {
		where = "vpc:" + aws.ToString(rs[0].Instances[0].VpcId)
	})
	return where, err
}

// interfaceFor finds the interface that is meant: the only one, or the named.
func interfaceFor(ctx context.Context, client *ec2.Client, id, named string) (n types.InstanceNetworkInterface, err error) {
	var all []types.InstanceNetworkInterface
	err = describeByFilter(ctx, client, []string{id}, func(rs []types.Reservation) { all = rs[0].Instances[0].NetworkInterfaces })
	if err != nil {
		return n, err
	}
	var names []string
	for _, n := range all {
		if aws.ToString(n.NetworkInterfaceId) == named || named == "" && len(all) == 1 {
			return n, nil
		}
		names = append(names, aws.ToString(n.NetworkInterfaceId)+" ("+aws.ToString(n.PrivateIpAddress)+": "+strings.Join(groupsOf(n), " ")+")")
	}
	switch {
	case len(all) == 0:
		return n, &InputError{Field: "instance-id", Value: id, Rule: "has no interface here: it does not exist, or is terminated"}
	case named == "":
		return n, &InputError{Field: "network-interface-id", Rule: fmt.Sprintf("is required, because %s has %d interfaces: %s", id, len(all), strings.Join(names, ", "))}
	}
	return n, &InputError{Field: "network-interface-id", Value: named, Rule: fmt.Sprintf("is no interface of %s, which has %s", id, strings.Join(names, ", "))}
}

// groupsOf are the groups of an interface, by ID.
func groupsOf(n types.InstanceNetworkInterface) []string {
	var ids []string
	for _, g := range n.Groups {
		ids = append(ids, aws.ToString(g.GroupId))
	}
	return ids
}

// groupsAhead says which groups go and which come.
func groupsAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	n, err := interfaceFor(ctx, client, v.Get("instance-id"), v.Get("network-interface-id"))
	var input *InputError
	if errors.As(err, &input) {
		return []string{err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	now, then := groupsOf(n), idList(v["security-groups"])
	var lines []string
	add := func(title string, list, other []string) {
		list = slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(other, id) })
		if len(list) > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s %s", aws.ToString(n.NetworkInterfaceId), title, strings.Join(list, ", ")))
		}
	}
	add("leaves", now, then)
	add("joins", then, now)
	if len(lines) == 0 {
		return []string{aws.ToString(n.NetworkInterfaceId) + " has these groups already"}, nil
	}
	return lines, nil
}

func regroup(client *ec2.Client, ctx context.Context, in *groupsIn, opts ...func(*ec2.Options)) (*regrouped, error) {
	n, err := interfaceFor(ctx, client, aws.ToString(in.InstanceId), aws.ToString(in.NetworkInterfaceId))
	if err != nil {
		return nil, err
	}
	out := &regrouped{aws.ToString(n.NetworkInterfaceId), in.Groups}
	if in.NetworkInterfaceId == nil {
		_, err = client.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: in.InstanceId, Groups: in.Groups, DryRun: in.DryRun}, opts...)
		return out, err
	}
	_, err = client.ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: in.NetworkInterfaceId, Groups: in.Groups, DryRun: in.DryRun}, opts...)
	return out, err
}
