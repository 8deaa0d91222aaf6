package awsops

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type describedStatuses struct{ statuses []types.InstanceStatus }

func describeInstanceStatus() Operation {
	type in = ec2.DescribeInstanceStatusInput
	return &Op[*in, *describedStatuses]{
		Name: "describe-instance-status", Help: "List the status checks of the instances, and since when they fail", Noun: "instance",
		Fields: []Field[*in]{
			{Name: "instance-ids", Help: "only these instances", Default: "all", Rule: ID("i"), Most: statusIDs, Target: true, To: ToList(func(in *in) *[]string { return &in.InstanceIds })},
			{Name: "include-all", Help: "also instances that do not run", Default: "true", To: ToBool(func(in *in) **bool { return &in.IncludeAllInstances })},
		},
		Call: readStatuses, Outputs: names(statusColumns()),
		Show:    func(out *describedStatuses) Result { return Result{Table: tableOf(statusColumns(), out.statuses)} },
		Example: Values{"instance-ids": {"i-0aa00000000000001", "i-0aa00000000000007"}, "include-all": {"false"}},
	}
}

// readStatuses reads every page. EC2 does not page what is asked for by ID.
func readStatuses(client *ec2.Client, ctx context.Context, in *ec2.DescribeInstanceStatusInput, opts ...func(*ec2.Options)) (*describedStatuses, error) {
	out := &describedStatuses{}
	if in.IncludeAllInstances == nil {
		in.IncludeAllInstances = aws.Bool(true)
	}
	if len(in.InstanceIds) == 0 {
		in.MaxResults = aws.Int32(fullPage)
	}
	err := everyPage(func(token *string) (*string, error) {
		in.NextToken = token
		page, err := client.DescribeInstanceStatus(ctx, in, opts...)
		if err != nil {
			return nil, err
		}
		out.statuses = append(out.statuses, page.InstanceStatuses...)
		return page.NextToken, nil
	})
	return out, err
}

func statusColumns() []column[types.InstanceStatus] {
	type status = types.InstanceStatus
	return []column[status]{
		{"instance-id", "Instance ID", false, func(s status) any { return s.InstanceId }},
		{"instance-state", "State", false, func(s status) any { return stateName(s.InstanceState) }},
		{"checks", "Checks", false, func(s status) any { return checksOf(s).String() }},
		{"system-status", "System", false, func(s status) any { return orEmpty(s.SystemStatus).Status }},
		{"instance-status", "Instance", false, func(s status) any { return orEmpty(s.InstanceStatus).Status }},
		{"attached-ebs-status", "Attached EBS", false, func(s status) any { return orEmpty(s.AttachedEbsStatus).Status }},
		{"impaired-since", "Impaired since", false, func(s status) any { return ImpairedSince(&s) }},
		{"event", "Next event", false, func(s status) any { return checksOf(s).Event }},
		{"availability-zone", "Zone", true, func(s status) any { return s.AvailabilityZone }},
	}
}

// ImpairedSince is since when the first of the failing checks has failed, or nil.
func ImpairedSince(s *types.InstanceStatus) *time.Time {
	return earliest(SystemSince(s), InstanceSince(s), AttachedEBSSince(s))
}

// SystemSince is since when the check of the host fails, or nil.
func SystemSince(s *types.InstanceStatus) *time.Time { return summarySince(orEmpty(s).SystemStatus) }

// InstanceSince is since when the check of the instance fails, or nil.
func InstanceSince(s *types.InstanceStatus) *time.Time {
	return summarySince(orEmpty(s).InstanceStatus)
}

// AttachedEBSSince is since when the check of the volumes fails, or nil.
func AttachedEBSSince(s *types.InstanceStatus) *time.Time {
	var at []*time.Time
	for _, d := range orEmpty(orEmpty(s).AttachedEbsStatus).Details {
		at = append(at, d.ImpairedSince)
	}
	return earliest(at...)
}

func summarySince(s *types.InstanceStatusSummary) *time.Time {
	var at []*time.Time
	for _, d := range orEmpty(s).Details {
		at = append(at, d.ImpairedSince)
	}
	return earliest(at...)
}

func earliest(times ...*time.Time) *time.Time {
	var first *time.Time
	for _, at := range times {
		if at != nil && (first == nil || at.Before(*first)) {
			first = at
		}
	}
	return first
}
