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

// resizeIn is the change of an instance's type.
type resizeIn struct {
	InstanceId, InstanceType, StartAgain *string
	DryRun                               *bool
}

// resized is what a resize has found out and decided on.
type resized struct {
	id, from, to, again string
	requestID           string
	then                []Step
}

const (
	yes = "yes"
	no  = "no"
)

// resizeInstance stops an instance, changes its type and starts it again: each
// a step, so that every state on the way shows.
func resizeInstance() Operation {
	type in = resizeIn
	return &Op[*in, *resized]{
		Name: "resize-instance", API: "StopInstances, ModifyInstanceAttribute, StartInstances",
		Help: "Give an instance another type: stop it, change it, start it again", Noun: "instance", Risk: Changes,
		Warning: "The instance is down for this. Its public IPv4 address changes unless it is an Elastic IP, and what is on instance stores is lost.",
		Fields: []Field[*in]{
			{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, Pick: Only("instances", "-state:terminated"), To: ToString(func(in *in) **string { return &in.InstanceId })},
			{Name: "instance-type", Help: "its new type", Need: Required, Rule: InstanceType(), Pick: Pick{Kind: "instance-types", Where: typesFor}, To: ToString(func(in *in) **string { return &in.InstanceType })},
			{Name: "start-again", Help: "start it when it has its new type", Default: "if it runs now", Choices: []string{yes, no}, To: ToString(func(in *in) **string { return &in.StartAgain })},
		},
		Compare: resizeAhead, Call: resize, Advice: map[string]string{
			"OperationNotPermitted": liftProtection, "InvalidInstanceType": unknownType,
		},
		Show: func(out *resized) Result {
			return Result{
				RequestID: out.requestID, Then: out.then,
				Message: fmt.Sprintf("%s fits, from %s", out.to, out.from),
				Outputs: []Output{{"instance-id", out.id}, {"previous-type", out.from}, {"instance-type", out.to}, {"start-again", out.again}},
			}
		},
		Outputs: []string{"instance-id", "previous-type", "instance-type", "start-again"},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "instance-type": {"m5.large"}, "start-again": {no}},
	}
}

// resizePlan is an instance with the type it has and the one it is to have.
type resizePlan struct {
	instance types.Instance
	from, to *TypeInfo
	// requestID is that of the question for the instance.
	requestID string
}

// planResize reads what a resize depends on. Everything is a read: an error
// leaves no doubt that nothing has changed.
func planResize(ctx context.Context, client *ec2.Client, id, to string) (resizePlan, error) {
	var p resizePlan
	var err error
	if p.instance, p.requestID, err = readInstance(ctx, client, "resize-instance", id); err != nil {
		return p, err
	}
	kinds, err := client.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: slices.Compact([]types.InstanceType{types.InstanceType(to), p.instance.InstanceType})})
	if err != nil {
		return p, explain(err, "resize-instance", client.Options().Region, false)
	}
	for _, t := range kinds.InstanceTypes {
		if string(t.InstanceType) == to {
			p.to = &TypeInfo{InstanceTypeInfo: t}
		}
		if t.InstanceType == p.instance.InstanceType {
			p.from = &TypeInfo{InstanceTypeInfo: t}
		}
	}
	if p.to == nil || p.from == nil {
		return p, &InputError{Field: "instance-type", Value: to, Rule: "is not described by EC2 here"}
	}
	zone := aws.ToString(orEmpty(p.instance.Placement).AvailabilityZone)
	zones, err := typeZones(ctx, client, []types.Filter{filterOn("instance-type", to), filterOn("location", zone)})
	if err != nil {
		return p, err
	}
	p.to.Zones = zones[to]
	return p, nil
}

func orEmpty[T any](p *T) *T {
	if p == nil {
		p = new(T)
	}
	return p
}

// unfit says why the instance cannot have the type, or nothing.
func (p resizePlan) unfit() []string {
	i, t := p.instance, p.to
	var why []string
	refuse := func(when bool, format string, args ...any) {
		if when {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	lacks := func(list []string, want string) bool {
		return want != "" && len(list) > 0 && !slices.Contains(list, want)
	}
	state := stateName(i.State)
	refuse(slices.Contains([]string{"shutting-down", "terminated"}, state), "the instance is %s", state)
	refuse(i.InstanceType == t.InstanceType, "that is its type already")
	refuse(i.RootDeviceType == types.DeviceTypeInstanceStore, "its root is an instance store, so it cannot be stopped")
	refuse(lacks(t.Architectures(), string(i.Architecture)), "its image is for %s, the type for %s", i.Architecture, strings.Join(t.Architectures(), ", "))
	refuse(lacks(t.Virtualizations(), string(i.VirtualizationType)), "its image is %s, the type takes %s", i.VirtualizationType, strings.Join(t.Virtualizations(), ", "))
	refuse(lacks(t.BootModes(), p.bootMode()), "it boots by %s, the type by %s", p.bootMode(), strings.Join(t.BootModes(), ", "))
	refuse(t.ENA() == "required" && !aws.ToBool(i.EnaSupport), "the type requires ENA, which is off for this instance (attribute enaSupport)")
	refuse(len(t.Zones) == 0, "the type cannot be had in %s", aws.ToString(orEmpty(i.Placement).AvailabilityZone))
	weighting := orEmpty(i.NetworkPerformanceOptions).BandwidthWeighting
	refuse(weighting != "" && weighting != types.InstanceBandwidthWeightingDefault && !slices.Contains(texts(orEmpty(t.NetworkInfo).BandwidthWeightings), string(weighting)),
		"its bandwidth is weighted %s, which the type cannot: set it back to default first", weighting)
	return why
}

// bootMode is how the instance has to boot. One that prefers UEFI boots either way.
func (p resizePlan) bootMode() string {
	switch mode := p.instance.BootMode; mode {
	case "":
		return string(p.instance.CurrentInstanceBootMode)
	case types.BootModeValuesUefiPreferred:
		return ""
	default:
		return string(mode)
	}
}

// beware tells what EC2 does not check and the operating system may miss.
func (p resizePlan) beware() []string {
	var lines []string
	if p.to.NVMe() == "required" && p.from.NVMe() != "required" {
		lines = append(lines, "Volumes become NVMe devices: the image needs the driver, and names such as /dev/xvdf change inside.")
	}
	if p.from.StorageGB() > 0 {
		lines = append(lines, fmt.Sprintf("Its instance store of %d GB is lost.", p.from.StorageGB()))
	}
	if orEmpty(p.instance.HibernationOptions).Configured != nil && *p.instance.HibernationOptions.Configured && !aws.ToBool(p.to.HibernationSupported) {
		lines = append(lines, "The new type cannot hibernate.")
	}
	return lines
}

// again says whether the instance is started when it has its new type.
func (p resizePlan) again(asked string) bool {
	if asked != "" {
		return asked == yes
	}
	return slices.Contains([]string{"pending", "running"}, stateName(p.instance.State))
}

func (p resizePlan) stopped() bool { return stateName(p.instance.State) == "stopped" }

// typesFor narrows the types to those that the instance can have.
func typesFor(ctx context.Context, client *ec2.Client, v Values) (string, error) {
	where := ""
	err := describeByFilter(ctx, client, []string{v.Get("instance-id")}, func(rs []types.Reservation) {
		i := rs[0].Instances[0]
		where = fmt.Sprintf("architecture:%s virtualization:%s zones:%s", i.Architecture, i.VirtualizationType, aws.ToString(orEmpty(i.Placement).AvailabilityZone))
	})
	return where, err
}

// resizeAhead says what will happen, and what keeps it from happening.
func resizeAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	p, err := planResize(ctx, client, v.Get("instance-id"), v.Get("instance-type"))
	if err != nil {
		return nil, err
	}
	if why := p.unfit(); len(why) > 0 {
		return []string{"Cannot become " + v.Get("instance-type") + ": " + strings.Join(why, "; ") + "."}, nil
	}
	steps := []string{"change the type"}
	if !p.stopped() {
		steps = append([]string{"stop"}, steps...)
	}
	end := "It stays stopped."
	if p.again(v.Get("start-again")) {
		steps, end = append(steps, "start"), "It runs again."
	}
	return append([]string{
		fmt.Sprintf("type: now %s, then %s", said(p.from), said(p.to)),
		"Steps: " + strings.Join(steps, ", ") + ". " + end,
	}, p.beware()...), nil
}

func said(t *TypeInfo) string {
	return fmt.Sprintf("%s (%d vCPUs, %s GiB)", t.InstanceType, t.VCPUs(), t.GiB())
}

// resize makes the checks and decides on the steps. A dry run asks EC2 for the
// first of them.
func resize(client *ec2.Client, ctx context.Context, in *resizeIn, opts ...func(*ec2.Options)) (*resized, error) {
	id, to := aws.ToString(in.InstanceId), aws.ToString(in.InstanceType)
	p, err := planResize(ctx, client, id, to)
	if err != nil {
		return nil, err
	}
	if why := p.unfit(); len(why) > 0 {
		return nil, &InputError{Field: "instance-type", Value: to, Rule: strings.Join(why, "; ")}
	}
	from := string(p.instance.InstanceType)
	out := &resized{id: id, from: from, to: to, again: no, requestID: p.requestID}
	if !p.stopped() {
		out.then = append(out.then, Step{"stop-instances", Values{"instance-ids": {id}}, id + " has not been resized: it is still " + from + "."})
	}
	out.then = append(out.then, Step{
		"modify-instance-attribute", Values{"instance-id": {id}, "attribute": {string(types.InstanceAttributeNameInstanceType)}, "value": {to}},
		fmt.Sprintf("%s has not been resized: it keeps its type %s, and stays stopped once it has stopped.", id, from),
	})
	if p.again(aws.ToString(in.StartAgain)) {
		out.again = yes
		out.then = append(out.then, Step{"start-instances", Values{"instance-ids": {id}}, fmt.Sprintf("%s stays stopped, with its new type %s.", id, to)})
	}
	switch {
	case !aws.ToBool(in.DryRun):
	case p.stopped():
		_, err = client.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: &types.AttributeValue{Value: &to}, DryRun: in.DryRun}, opts...)
	default:
		_, err = client.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}, DryRun: in.DryRun}, opts...)
	}
	return out, err
}
