package awsops

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type attributeOut = ec2.ModifyInstanceAttributeOutput

// attributeIn is one attribute with its value, as typed.
type attributeIn struct {
	InstanceId, Attribute, Value *string
	DryRun                       *bool

	request ec2.ModifyInstanceAttributeInput
}

// attribute is an attribute of an instance that can be written: the rule of its
// value and the member that takes it. EC2 takes one in a call.
type attribute struct {
	name  types.InstanceAttributeName
	rule  Rule
	write func(*ec2.ModifyInstanceAttributeInput, string)
}

// attributes lists what ModifyInstanceAttribute can write. Those marked
// "stopped" in the rule's text are refused while the instance runs.
func attributes() []attribute {
	flag := func(member func(*ec2.ModifyInstanceAttributeInput) **types.AttributeBooleanValue) func(*ec2.ModifyInstanceAttributeInput, string) {
		return func(in *ec2.ModifyInstanceAttributeInput, v string) {
			*member(in) = &types.AttributeBooleanValue{Value: aws.Bool(v == "true")}
		}
	}
	word := func(member func(*ec2.ModifyInstanceAttributeInput) **types.AttributeValue) func(*ec2.ModifyInstanceAttributeInput, string) {
		return func(in *ec2.ModifyInstanceAttributeInput, v string) { *member(in) = &types.AttributeValue{Value: &v} }
	}
	truthful := kindRules[KindBool]
	type in = ec2.ModifyInstanceAttributeInput
	return []attribute{
		{types.InstanceAttributeNameInstanceType, InstanceType(), word(func(in *in) **types.AttributeValue { return &in.InstanceType })},
		{types.InstanceAttributeNameUserData, UserData(), func(in *in, v string) { in.UserData = &types.BlobAttributeValue{Value: []byte(v)} }}, // the SDK encodes it
		{types.InstanceAttributeNameDisableApiTermination, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.DisableApiTermination })},
		{types.InstanceAttributeNameDisableApiStop, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.DisableApiStop })},
		{types.InstanceAttributeNameInstanceInitiatedShutdownBehavior, OneOf("stop", "terminate"), word(func(in *in) **types.AttributeValue { return &in.InstanceInitiatedShutdownBehavior })},
		{types.InstanceAttributeNameSourceDestCheck, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.SourceDestCheck })},
		{types.InstanceAttributeNameGroupSet, Rule{Text: "sg- IDs with commas between; they replace the whole list"}, func(in *in, v string) { in.Groups = idList([]string{v}) }},
		{types.InstanceAttributeNameEbsOptimized, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.EbsOptimized })},
		{types.InstanceAttributeNameEnaSupport, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.EnaSupport })},
		{types.InstanceAttributeNameSriovNetSupport, OneOf("simple"), word(func(in *in) **types.AttributeValue { return &in.SriovNetSupport })},
		{types.InstanceAttributeNameKernel, ID("aki"), word(func(in *in) **types.AttributeValue { return &in.Kernel })},
		{types.InstanceAttributeNameRamdisk, ID("ari"), word(func(in *in) **types.AttributeValue { return &in.Ramdisk })},
		{types.InstanceAttributeNameBlockDeviceMapping, Rule{Text: "DEVICE=true or DEVICE=false: whether the volume goes with the instance"}, func(in *in, v string) {
			name, dies, _ := strings.Cut(v, "=")
			in.BlockDeviceMappings = []types.InstanceBlockDeviceMappingSpecification{{DeviceName: &name, Ebs: &types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: aws.Bool(truth(dies))}}}
		}},
		{types.InstanceAttributeNameEnclaveOptions, truthful, func(in *in, v string) {
			in.Attribute, in.Value = types.InstanceAttributeNameEnclaveOptions, &v
		}},
	}
}

func attributeNames() []string {
	var out []string
	for _, a := range attributes() {
		out = append(out, string(a.name))
	}
	return out
}

// modifyAttribute writes one attribute of one instance.
func modifyAttribute() Operation {
	return &Op[attributeIn, attributeOut]{
		Name: "modify-instance-attribute", Help: "Change one attribute of an instance", Noun: "instance", Risk: Changes,
		Warning: "Type, user data, kernel, RAM disk, EBS optimization, ENA, SR-IOV and enclaves change only while the instance is stopped.",
		Fields: []Field[attributeIn]{
			{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, To: ToString(func(in *attributeIn) **string { return &in.InstanceId })},
			{Name: "attribute", Help: "which one", Need: Required, Choices: attributeNames(), To: ToString(func(in *attributeIn) **string { return &in.Attribute })},
			{Name: "value", Help: "its new value", Need: Required, To: ToString(func(in *attributeIn) **string { return &in.Value })},
		},
		Check: checkAttribute,
		Call: func(client *ec2.Client, ctx context.Context, in *attributeIn, opts ...func(*ec2.Options)) (*attributeOut, error) {
			in.request.InstanceId, in.request.DryRun = in.InstanceId, in.DryRun
			return client.ModifyInstanceAttribute(ctx, &in.request, opts...)
		},
		Show:    func(*attributeOut) Result { return Result{Outputs: []Output{{"ok", true}}} },
		Outputs: []string{"ok"},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "attribute": {"disableApiTermination"}, "value": {"true"}},
	}
}

func checkAttribute(in *attributeIn) error {
	list := attributes()
	a := list[slices.IndexFunc(list, func(a attribute) bool { return string(a.name) == *in.Attribute })]
	value := *in.Value
	if a.rule.Check != nil {
		checked, err := a.rule.Check(value)
		if err != nil {
			return &InputError{Field: "value", Value: value, Rule: err.Error()}
		}
		value = checked
	}
	if err := checkAttributeShape(a.name, value); err != nil {
		return &InputError{Field: "value", Value: value, Rule: err.Error()}
	}
	a.write(&in.request, value)
	return nil
}
