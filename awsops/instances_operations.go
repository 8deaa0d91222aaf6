package awsops

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// instanceFilters are the filters that the catalogue names for instances.
const instanceFilters = "availability-zone, image-id, instance-id, instance-state-name, instance-type, ip-address, key-name, platform, private-ip-address, instance.group-id, instance.group-name, root-device-type, subnet-id, vpc-id, launch-time, monitoring-state, reservation-id, tenancy, architecture, dns-name, tag:KEY"

func instanceOperations() []Operation {
	return slices.Concat(instanceReads(), powerOperations(), monitoringOperations(), attributeOperations(), launchOperations())
}

// attributeOperations read and change what an instance is.
func attributeOperations() []Operation {
	return append([]Operation{consoleOutput(), getUserData(), modifyAttribute(), resetAttribute(), resizeInstance(), changeGroups(), modifyMetadataOptions()}, protectionOperations()...)
}

func instanceReads() []Operation {
	type describeIn = ec2.DescribeInstancesInput
	filters := Field[*describeIn]{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames(instanceFilters), To: ToFilters(func(in *describeIn) *[]types.Filter { return &in.Filters })}
	one := Field[*describeIn]{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, To: ToOneOf(func(in *describeIn) *[]string { return &in.InstanceIds })}
	return []Operation{
		&Op[*describeIn, *describedInstances]{
			Name: "describe-instances", Help: "List instances with all their fields", Noun: "instance",
			Fields: append([]Field[*describeIn]{
				{Name: "instance-ids", Help: "only these instances, in this order", Default: "all", Rule: ID("i"), Most: 1000, To: ToList(func(in *describeIn) *[]string { return &in.InstanceIds })},
				filters,
				{Name: "page-size", Help: "instances in one answer; not with instance-ids", Default: "1000", Rule: Between(5, 1000), To: ToInt(func(in *describeIn) **int32 { return &in.MaxResults })},
				{Name: "include-managed", Help: "also instances that AWS services manage", Default: "false", To: ToBool(func(in *describeIn) **bool { return &in.IncludeManagedResources })},
			}, delimiters[*describeIn](";")...),
			Check: func(in *describeIn) error {
				if in.MaxResults != nil && len(in.InstanceIds) > 0 {
					return &InputError{Field: "page-size", Rule: "cannot be used together with --instance-ids"}
				}
				return nil
			},
			Call: describeInstances, Outputs: names(instanceColumns()),
			Show: func(out *describedInstances) Result {
				return Result{Table: tableOf(instanceColumns(), out.instances), Items: out.missing}
			},
			Example: Values{"filters": {"instance-state-name=running", "tag:Name=web-*"}, "page-size": {"100"}, "include-managed": {"true"}},
		},
		&Op[*describeIn, *describedInstances]{
			Name: "list-instances", Help: "List the IDs of the instances", Noun: "instance",
			Fields: []Field[*describeIn]{filters}, Call: describeInstances, Outputs: []string{"instance-list", "name", "state"},
			Show: func(out *describedInstances) Result {
				return Result{Table: tableOf([]column[describedInstance]{
					{"instance-list", "Instance ID", false, func(i describedInstance) any { return i.InstanceId }},
					{"name", "Name", true, func(i describedInstance) any { return i.tag("Name") }},
					{"state", "State", true, func(i describedInstance) any { return i.State.Name }},
				}, out.instances)}
			},
			Example: Values{"filters": {"instance-type=t3.micro"}},
		},
		&Op[*describeIn, *describedInstances]{
			Name: "get-instance-details", Help: "Show all fields of one instance", Noun: "instance",
			Fields: []Field[*describeIn]{one, delimiter[*describeIn]()}, Call: describeInstances, Outputs: names(instanceFields()),
			Show: func(out *describedInstances) Result {
				return Result{Outputs: outputsOf(instanceFields(), out.instances[0])}
			},
			Example: Values{"instance-id": {"i-0aa00000000000001"}},
		},
		&Op[*describeIn, *describedInstances]{
			Name: "get-instance-state", Help: "Show the present state of one instance", Noun: "instance",
			Fields: []Field[*describeIn]{one}, Call: describeInstances,
			Outputs: []string{"success", "result-code", "result-message", "current-instance-state-code", "current-instance-state"},
			Show: func(out *describedInstances) Result {
				state := out.instances[0].State
				return Result{Outputs: []Output{
					{"success", true}, {"result-code", 0}, {"result-message", "ok"},
					{"current-instance-state-code", stateCode(state)}, {"current-instance-state", plain(state.Name)},
				}}
			},
			Example: Values{"instance-id": {"i-0aa00000000000001"}},
		},
	}
}

// describedInstance is an instance with what its reservation adds.
type describedInstance struct {
	types.Instance
	owner, reservation string
}

func (i describedInstance) tag(key string) string { return TagValue(tagsOf(i.Tags), key) }

type describedInstances struct {
	instances []describedInstance
	missing   []Item
}

// describeInstances reads every page, or the IDs in batches and in the order
// asked for. IDs that EC2 does not know become items of their own.
func describeInstances(client *ec2.Client, ctx context.Context, in *ec2.DescribeInstancesInput, opts ...func(*ec2.Options)) (*describedInstances, error) {
	out := &describedInstances{}
	if len(in.InstanceIds) == 0 {
		if in.MaxResults == nil {
			in.MaxResults = aws.Int32(fullPage)
		}
		err := everyPage(func(token *string) (*string, error) {
			in.NextToken = token
			page, err := client.DescribeInstances(ctx, in, opts...)
			if err != nil {
				return nil, err
			}
			out.add(page.Reservations)
			return page.NextToken, nil
		})
		sortBy(out.instances, func(a, b describedInstance) int { return strings.Compare(*a.InstanceId, *b.InstanceId) })
		return out, err
	}
	for chunk := range slices.Chunk(in.InstanceIds, 100) {
		request := *in
		request.InstanceIds = chunk
		if err := out.describeIDs(client, ctx, &request, opts); err != nil {
			return nil, err
		}
	}
	order := map[string]int{}
	for i, id := range in.InstanceIds {
		order[id] = i
	}
	sortBy(out.instances, func(a, b describedInstance) int { return order[*a.InstanceId] - order[*b.InstanceId] })
	return out, nil
}

// describeIDs drops the IDs that EC2 names as unknown and asks once more.
func (d *describedInstances) describeIDs(client *ec2.Client, ctx context.Context, in *ec2.DescribeInstancesInput, opts []func(*ec2.Options)) error {
	page, err := client.DescribeInstances(ctx, in, opts...)
	unknown := unknownIDs(err)
	rest := slices.DeleteFunc(slices.Clone(in.InstanceIds), func(id string) bool { return slices.Contains(unknown, id) })
	if len(unknown) > 0 && len(rest) > 0 {
		e := explain(err, "describe-instances", client.Options().Region, false)
		for _, id := range unknown {
			d.missing = append(d.missing, Item{ID: id, Err: e})
		}
		in.InstanceIds = rest
		page, err = client.DescribeInstances(ctx, in, opts...)
	}
	if err != nil {
		return err
	}
	d.add(page.Reservations)
	return nil
}

var instanceIDs = regexp.MustCompile(`i-[0-9a-f]{8,17}`)

func unknownIDs(err error) []string {
	if err == nil {
		return nil
	}
	var api interface{ ErrorCode() string }
	if !errors.As(err, &api) || !strings.EqualFold(api.ErrorCode(), "InvalidInstanceID.NotFound") {
		return nil
	}
	return instanceIDs.FindAllString(err.Error(), -1)
}

func (d *describedInstances) add(reservations []types.Reservation) {
	for _, r := range reservations {
		for _, i := range r.Instances {
			if i.State == nil {
				i.State = &types.InstanceState{}
			}
			d.instances = append(d.instances, describedInstance{i, aws.ToString(r.OwnerId), aws.ToString(r.ReservationId)})
		}
	}
}

// stateCode masks the high byte, which is private to EC2.
func stateCode(s *types.InstanceState) int {
	if s == nil {
		return 0
	}
	return int(aws.ToInt32(s.Code) & 0xff)
}

// consoleOutput reads what an instance wrote to its console.
func consoleOutput() Operation {
	type in = ec2.GetConsoleOutputInput
	return &Op[*in, *ec2.GetConsoleOutputOutput]{
		Name: "get-console-output", Help: "Show what an instance wrote to its console", Noun: "instance",
		Fields: []Field[*in]{
			{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "latest", Help: "the newest output (Nitro instances only)", Default: "false", To: ToBool(func(in *in) **bool { return &in.Latest })},
		},
		Call: (*ec2.Client).GetConsoleOutput, Outputs: []string{"output", "update-time"},
		Show: func(out *ec2.GetConsoleOutputOutput) Result {
			text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
			res := Result{Outputs: []Output{{"output", string(text)}, {"update-time", plain(out.Timestamp)}}}
			switch {
			case err != nil:
				res.Message = "EC2's output is not base64: " + err.Error()
			case len(text) == 0:
				res.Message = "no output posted yet"
			}
			return res
		},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "latest": {"true"}},
	}
}

// instanceTargets is the field of a change that the selection fills.
func instanceTargets[In any](verb, valid string, most int, member func(In) *[]string) Field[In] {
	return Field[In]{Name: "instance-ids", Help: "the instances to " + verb, Need: Required, Default: "selection", Rule: ID("i"), Pick: Only("instances", valid), Most: most, Target: true, To: ToList(member)}
}

const liftProtection = "Protected: lift the protection first, with unprotect-instance; stop protection (disableApiStop) also keeps from terminating."

// stateChangeOutputs are what start, stop and terminate answer for each instance.
func stateChangeOutputs() []string {
	return []string{"instance-id", "current-state", "current-state-code", "previous-state", "previous-state-code", "result"}
}

func stateChanges(changes []types.InstanceStateChange) Result {
	res := Result{
		Outputs: []Output{{"result", true}},
		Table: tableOf([]column[types.InstanceStateChange]{
			{"instance-id", "Instance ID", false, func(c types.InstanceStateChange) any { return c.InstanceId }},
			{"current-state", "Current state", false, func(c types.InstanceStateChange) any { return stateName(c.CurrentState) }},
			{"current-state-code", "Code", false, func(c types.InstanceStateChange) any { return stateCode(c.CurrentState) }},
			{"previous-state", "Previous state", false, func(c types.InstanceStateChange) any { return stateName(c.PreviousState) }},
			{"previous-state-code", "Code", false, func(c types.InstanceStateChange) any { return stateCode(c.PreviousState) }},
		}, changes),
	}
	for _, c := range changes {
		res.Items = append(res.Items, Item{ID: aws.ToString(c.InstanceId), From: stateName(c.PreviousState), To: stateName(c.CurrentState)})
	}
	return res
}

func stateName(s *types.InstanceState) string {
	if s == nil {
		return ""
	}
	return string(s.Name)
}

func powerOperations() []Operation {
	type startIn = ec2.StartInstancesInput
	type stopIn = ec2.StopInstancesInput
	type rebootIn = ec2.RebootInstancesInput
	type terminateIn = ec2.TerminateInstancesInput
	return []Operation{
		&Op[*startIn, *ec2.StartInstancesOutput]{
			Name: "start-instances", Help: "Start stopped instances", Noun: "instance", Risk: Changes,
			Warning: "A new public IPv4 address is assigned unless an Elastic IP is attached.",
			Fields:  []Field[*startIn]{instanceTargets("start", "state:stopped", 0, func(in *startIn) *[]string { return &in.InstanceIds })},
			Call:    (*ec2.Client).StartInstances, Outputs: stateChangeOutputs(),
			Show:    func(out *ec2.StartInstancesOutput) Result { return stateChanges(out.StartingInstances) },
			Expect:  &Expect{Passing: "pending", Until: []string{"running"}, Never: []string{"stopped", "shutting-down", "terminated"}, States: instanceStates},
			Example: Values{"instance-ids": {"i-0aa00000000000001"}},
		},
		&Op[*stopIn, *ec2.StopInstancesOutput]{
			Name: "stop-instances", Help: "Stop running instances", Noun: "instance", Risk: Changes,
			Warning: "Data on instance stores and the automatic public IPv4 address are lost.",
			Advice:  map[string]string{"OperationNotPermitted": liftProtection},
			Fields: []Field[*stopIn]{
				instanceTargets("stop", "-state:stopped -state:terminated", 0, func(in *stopIn) *[]string { return &in.InstanceIds }),
				{Name: "force", Help: "stop without flushing file systems", Default: "false", Raises: Disrupts, To: ToBool(func(in *stopIn) **bool { return &in.Force })},
				{Name: "hibernate", Help: "save memory to disk first, if that was configured at launch", Default: "false", To: ToBool(func(in *stopIn) **bool { return &in.Hibernate })},
				{Name: "skip-os-shutdown", Help: "do not shut the operating system down", Default: "false", Raises: Disrupts, To: ToBool(func(in *stopIn) **bool { return &in.SkipOsShutdown })},
			},
			Call: (*ec2.Client).StopInstances, Outputs: stateChangeOutputs(),
			Show:    func(out *ec2.StopInstancesOutput) Result { return stateChanges(out.StoppingInstances) },
			Expect:  &Expect{Passing: "stopping", Until: []string{"stopped"}, Never: []string{"pending", "running", "shutting-down", "terminated"}, States: instanceStates},
			Example: Values{"instance-ids": {"i-0aa00000000000001", "i-0aa00000000000002"}, "force": {"true"}, "hibernate": {"true"}, "skip-os-shutdown": {"true"}},
		},
		&Op[*rebootIn, *rebooted]{
			Name: "reboot-instances", Help: "Reboot running instances", Noun: "instance", Risk: Changes,
			Warning: "Terminated instances are skipped silently.",
			Fields:  []Field[*rebootIn]{instanceTargets("reboot", "state:running", 0, func(in *rebootIn) *[]string { return &in.InstanceIds })},
			Call:    rebootInstances, Outputs: []string{"rebooted-ids", "result", "instance-id", "current-state", "current-state-code"}, Show: showRebooted,
			Expect:  &Expect{Until: []string{"ok"}, Never: []string{"impaired", "not-applicable"}, States: instanceChecks},
			Example: Values{"instance-ids": {"i-0aa00000000000001"}},
		},
		&Op[*terminateIn, *ec2.TerminateInstancesOutput]{
			Name: "terminate-instances", Help: "Terminate instances for good", Noun: "instance", Risk: Destroys,
			Warning: "This cannot be undone.", Foresee: whatTerminationTakes, Advice: map[string]string{"OperationNotPermitted": liftProtection},
			Fields: []Field[*terminateIn]{
				instanceTargets("terminate", "-state:terminated", 1000, func(in *terminateIn) *[]string { return &in.InstanceIds }),
				{Name: "force", Help: "also when the operating system does not answer", Default: "false", To: ToBool(func(in *terminateIn) **bool { return &in.Force })},
				{Name: "skip-os-shutdown", Help: "do not shut the operating system down", Default: "false", To: ToBool(func(in *terminateIn) **bool { return &in.SkipOsShutdown })},
			},
			Call: (*ec2.Client).TerminateInstances, Outputs: stateChangeOutputs(),
			Show:    func(out *ec2.TerminateInstancesOutput) Result { return stateChanges(out.TerminatingInstances) },
			Expect:  &Expect{Passing: "shutting-down", Until: []string{"terminated"}, Never: []string{"pending", "running", "stopping", "stopped"}, States: instanceStates},
			Example: Values{"instance-ids": {"i-0aa00000000000001"}, "force": {"true"}, "skip-os-shutdown": {"true"}},
		},
	}
}

// rebooted is the outcome of a reboot: EC2 answers nothing, so the IDs are
// those that were sent and the states come from a second call.
type rebooted struct {
	ids    []string
	states map[string]*types.InstanceState
}

func rebootInstances(client *ec2.Client, ctx context.Context, in *ec2.RebootInstancesInput, opts ...func(*ec2.Options)) (*rebooted, error) {
	if _, err := client.RebootInstances(ctx, in, opts...); err != nil {
		return nil, err
	}
	out := &rebooted{ids: in.InstanceIds, states: map[string]*types.InstanceState{}}
	// The reboot has been accepted: a state that cannot be read is left empty.
	_ = describeByFilter(ctx, client, in.InstanceIds, func(rs []types.Reservation) {
		for _, r := range rs {
			for _, i := range r.Instances {
				out.states[aws.ToString(i.InstanceId)] = i.State
			}
		}
	})
	return out, nil
}

func showRebooted(out *rebooted) Result {
	res := Result{
		Outputs: []Output{{"rebooted-ids", out.ids}, {"result", true}},
		Table: tableOf([]column[string]{
			{"instance-id", "Instance ID", false, func(id string) any { return id }},
			{"current-state", "Current state", false, func(id string) any { return stateName(out.states[id]) }},
			{"current-state-code", "Code", false, func(id string) any { return stateCode(out.states[id]) }},
		}, out.ids),
	}
	for _, id := range out.ids {
		res.Items = append(res.Items, Item{ID: id, To: stateName(out.states[id])})
	}
	return res
}

// whatTerminationTakes names the volumes that die with the instances and the
// Elastic IPs that stay and cost money.
func whatTerminationTakes(ctx context.Context, client *ec2.Client, ids []string) ([]string, error) {
	var lost, kept, addresses []string
	err := describeByFilter(ctx, client, ids, func(rs []types.Reservation) {
		for _, r := range rs {
			for _, i := range r.Instances {
				for _, m := range i.BlockDeviceMappings {
					if m.Ebs == nil {
						continue
					}
					text := fmt.Sprintf("%s (%s of %s)", aws.ToString(m.Ebs.VolumeId), aws.ToString(m.DeviceName), aws.ToString(i.InstanceId))
					if aws.ToBool(m.Ebs.DeleteOnTermination) {
						lost = append(lost, text)
					} else {
						kept = append(kept, text)
					}
				}
				for _, n := range i.NetworkInterfaces {
					// An Elastic IP is owned by the account, an automatic address by amazon.
					if n.Association != nil && aws.ToString(n.Association.IpOwnerId) == aws.ToString(r.OwnerId) {
						addresses = append(addresses, fmt.Sprintf("%s (of %s)", aws.ToString(n.Association.PublicIp), aws.ToString(i.InstanceId)))
					}
				}
			}
		}
	})
	var lines []string
	for _, part := range []struct {
		title string
		list  []string
	}{{"Volumes deleted with it", lost}, {"Volumes kept", kept}, {"Elastic IPs that stay and are billed", addresses}} {
		if len(part.list) > 0 {
			lines = append(lines, fmt.Sprintf("%s (%d): %s", part.title, len(part.list), strings.Join(part.list, ", ")))
		}
	}
	return lines, err
}

func instanceStates(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	return readStates(ctx, client, ids, func(i types.Instance) string { return stateName(i.State) })
}

func readStates(ctx context.Context, client *ec2.Client, ids []string, state func(types.Instance) string) (map[string]string, error) {
	states := map[string]string{}
	err := describeByFilter(ctx, client, ids, func(rs []types.Reservation) {
		for _, r := range rs {
			for _, i := range r.Instances {
				states[aws.ToString(i.InstanceId)] = state(i)
			}
		}
	})
	return states, err
}

// instanceChecks reads the worst status check: the only sign that a reboot,
// which leaves the state at running, has come to an end.
func instanceChecks(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	states := map[string]string{}
	statuses, err := statusesOf(ctx, client, ids)
	for _, s := range statuses {
		states[aws.ToString(s.InstanceId)] = checksOf(s).Worst
		if stateName(s.InstanceState) != string(types.InstanceStateNameRunning) {
			states[aws.ToString(s.InstanceId)] = string(types.SummaryStatusNotApplicable)
		}
	}
	return states, err
}

// readiness is the state of an instance until it runs, and then its worst check.
func readiness(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	states := map[string]string{}
	statuses, err := statusesOf(ctx, client, ids)
	for _, s := range statuses {
		id, state := aws.ToString(s.InstanceId), stateName(s.InstanceState)
		if states[id] = state; state == string(types.InstanceStateNameRunning) {
			states[id] = checksOf(s).Worst
		}
	}
	return states, err
}

func monitoringOperations() []Operation {
	type onIn = ec2.MonitorInstancesInput
	type offIn = ec2.UnmonitorInstancesInput
	states := func(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
		return readStates(ctx, client, ids, func(i types.Instance) string { return fmt.Sprint(monitoringState(i.Monitoring)) })
	}
	return []Operation{
		&Op[*onIn, *ec2.MonitorInstancesOutput]{
			Name: "monitor-instances", Help: "Turn detailed monitoring on", Noun: "instance", Risk: Changes,
			Warning: "Detailed monitoring (one minute) is charged.",
			Fields:  []Field[*onIn]{instanceTargets("monitor", "-state:terminated", 0, func(in *onIn) *[]string { return &in.InstanceIds })},
			Call:    (*ec2.Client).MonitorInstances, Outputs: []string{"instance-id", "monitoring-state"},
			Show:    func(out *ec2.MonitorInstancesOutput) Result { return monitorings(out.InstanceMonitorings) },
			Expect:  &Expect{Until: []string{"enabled"}, Never: []string{"disabling"}, States: states},
			Example: Values{"instance-ids": {"i-0aa00000000000001"}},
		},
		&Op[*offIn, *ec2.UnmonitorInstancesOutput]{
			Name: "unmonitor-instances", Help: "Turn detailed monitoring off", Noun: "instance", Risk: Changes,
			Fields: []Field[*offIn]{instanceTargets("stop monitoring", "-state:terminated", 0, func(in *offIn) *[]string { return &in.InstanceIds })},
			Call:   (*ec2.Client).UnmonitorInstances, Outputs: []string{"instance-id", "monitoring-state"},
			Show:    func(out *ec2.UnmonitorInstancesOutput) Result { return monitorings(out.InstanceMonitorings) },
			Expect:  &Expect{Until: []string{"disabled"}, Never: []string{"pending"}, States: states},
			Example: Values{"instance-ids": {"i-0aa00000000000001"}},
		},
	}
}

func monitorings(list []types.InstanceMonitoring) Result {
	res := Result{Table: tableOf([]column[types.InstanceMonitoring]{
		{"instance-id", "Instance ID", false, func(m types.InstanceMonitoring) any { return m.InstanceId }},
		{"monitoring-state", "Monitoring", false, func(m types.InstanceMonitoring) any { return monitoringState(m.Monitoring) }},
	}, list)}
	for _, m := range list {
		res.Items = append(res.Items, Item{ID: aws.ToString(m.InstanceId), To: fmt.Sprint(monitoringState(m.Monitoring))})
	}
	return res
}
