package awsops

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// protectIn says what an instance is to be protected from, or no longer.
type protectIn struct {
	InstanceId, From *string
	DryRun           *bool
}

// behaviorIn says what a shutdown from inside is to do.
type behaviorIn struct {
	InstanceId, Behavior *string
	DryRun               *bool
}

// The protections of an instance.
const (
	fromTermination = "termination"
	fromStop        = "stop"
)

// protectionOperations turn on and off what keeps an instance alive. They write
// attributes that modify-instance-attribute writes too, by one key each.
func protectionOperations() []Operation {
	return []Operation{protect(true), protect(false), shutdownBehavior()}
}

func protect(on bool) Operation {
	op := &Op[*protectIn, *attributeOut]{
		Name: "protect-instance", API: "ModifyInstanceAttribute", Help: "Protect an instance from termination, or from stopping", Noun: "instance", Risk: Changes,
		Warning: "It does not cover a shutdown from inside, scheduled events or Auto Scaling. Stop protection keeps from terminating too.",
		Advice: map[string]string{
			"UnsupportedOperation": "Spot Instances cannot be protected, and those with an instance-store root have no stop to be protected from.",
		},
	}
	if !on {
		op.Name, op.Help, op.Warning = "unprotect-instance", "Lift the protection of an instance from termination, or from stopping", ""
	}
	op.Fields = []Field[*protectIn]{
		oneInstance(func(in *protectIn) **string { return &in.InstanceId }),
		{Name: "from", Help: "what is not to happen to it", Need: Required, Choices: []string{fromTermination, fromStop}, To: ToString(func(in *protectIn) **string { return &in.From })},
	}
	op.Compare = func(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
		return compareAttribute(ctx, client, v.Get("instance-id"), protectionAttribute(v.Get("from")), v.Get("from")+" protection", onOff, onOff(fmt.Sprint(on)))
	}
	op.Call = func(client *ec2.Client, ctx context.Context, in *protectIn, opts ...func(*ec2.Options)) (*attributeOut, error) {
		request := &ec2.ModifyInstanceAttributeInput{InstanceId: in.InstanceId, DryRun: in.DryRun}
		value := &types.AttributeBooleanValue{Value: &on}
		if *in.From == fromStop {
			request.DisableApiStop = value
		} else {
			request.DisableApiTermination = value
		}
		return client.ModifyInstanceAttribute(ctx, request, opts...)
	}
	op.Show, op.Outputs = done[*attributeOut], []string{"ok"}
	op.Example = Values{"instance-id": {"i-0aa00000000000001"}, "from": {fromTermination}}
	return op
}

func protectionAttribute(from string) types.InstanceAttributeName {
	if from == fromStop {
		return types.InstanceAttributeNameDisableApiStop
	}
	return types.InstanceAttributeNameDisableApiTermination
}

func shutdownBehavior() Operation {
	return &Op[*behaviorIn, *attributeOut]{
		Name: "set-shutdown-behavior", API: "ModifyInstanceAttribute", Help: "Set what a shutdown from inside does to an instance", Noun: "instance", Risk: Changes, Word: "change",
		RiskOf: func(in *behaviorIn) Risk { // a shutdown then destroys
			if aws.ToString(in.Behavior) == "terminate" {
				return Disrupts
			}
			return Changes
		},
		Warn: func(in *behaviorIn) []string {
			if aws.ToString(in.Behavior) == "terminate" {
				return []string{"A shutdown from inside will end the instance for good, whatever its termination protection says."}
			}
			return nil
		},
		Advice: map[string]string{"UnsupportedOperation": "An instance with an instance-store root always terminates."},
		Fields: []Field[*behaviorIn]{
			oneInstance(func(in *behaviorIn) **string { return &in.InstanceId }),
			{Name: "behavior", Help: "what happens to it", Need: Required, Choices: []string{"stop", "terminate"}, To: ToString(func(in *behaviorIn) **string { return &in.Behavior })},
		},
		Compare: func(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
			same := func(s string) string { return s }
			return compareAttribute(ctx, client, v.Get("instance-id"), types.InstanceAttributeNameInstanceInitiatedShutdownBehavior, "shutdown from inside", same, v.Get("behavior"))
		},
		Call: func(client *ec2.Client, ctx context.Context, in *behaviorIn, opts ...func(*ec2.Options)) (*attributeOut, error) {
			return client.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
				InstanceId: in.InstanceId, InstanceInitiatedShutdownBehavior: &types.AttributeValue{Value: in.Behavior}, DryRun: in.DryRun,
			}, opts...)
		},
		Show: done[*attributeOut], Outputs: []string{"ok"},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "behavior": {"terminate"}},
	}
}

// oneInstance is the field of an operation on a single instance.
func oneInstance[In any](member func(In) **string) Field[In] {
	return Field[In]{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, Pick: Only("instances", "-state:terminated"), To: ToString(member)}
}

// done is the outcome of a call that answers nothing but that it worked.
func done[Out any](Out) Result { return Result{Outputs: []Output{{"ok", true}}} }

func onOff(value string) string {
	if truth(value) {
		return "on"
	}
	return "off"
}

// compareAttribute tells what an attribute is and what it will be.
func compareAttribute(ctx context.Context, client *ec2.Client, id string, name types.InstanceAttributeName, title string, say func(string) string, then string) ([]string, error) {
	out, err := client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: name})
	if err != nil {
		return nil, explain(err, "describe-instance-attribute", client.Options().Region, false)
	}
	now := say(attributeText(out, string(name)))
	if now == then {
		return []string{fmt.Sprintf("%s: %s is %s already", id, title, now)}, nil
	}
	return []string{fmt.Sprintf("%s: %s is %s now, then %s", id, title, cmp.Or(now, "not set"), then)}, nil
}
