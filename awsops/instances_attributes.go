package awsops

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
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

// attributes lists what ModifyInstanceAttribute can write.
func attributes() []attribute {
	flag := func(member func(*ec2.ModifyInstanceAttributeInput) **types.AttributeBooleanValue) func(*ec2.ModifyInstanceAttributeInput, string) {
		return func(in *ec2.ModifyInstanceAttributeInput, v string) {
			*member(in) = &types.AttributeBooleanValue{Value: aws.Bool(truth(v))}
		}
	}
	word := func(member func(*ec2.ModifyInstanceAttributeInput) **types.AttributeValue) func(*ec2.ModifyInstanceAttributeInput, string) {
		return func(in *ec2.ModifyInstanceAttributeInput, v string) { *member(in) = &types.AttributeValue{Value: &v} }
	}
	truthful := kindRules()[KindBool]
	type in = ec2.ModifyInstanceAttributeInput
	return []attribute{
		{types.InstanceAttributeNameInstanceType, InstanceType(), word(func(in *in) **types.AttributeValue { return &in.InstanceType })},
		{types.InstanceAttributeNameUserData, UserData(), func(in *in, v string) { in.UserData = &types.SecureBlobAttributeValue{Value: []byte(v)} }}, // the SDK encodes it
		{types.InstanceAttributeNameDisableApiTermination, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.DisableApiTermination })},
		{types.InstanceAttributeNameDisableApiStop, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.DisableApiStop })},
		{types.InstanceAttributeNameInstanceInitiatedShutdownBehavior, OneOf("stop", "terminate"), word(func(in *in) **types.AttributeValue { return &in.InstanceInitiatedShutdownBehavior })},
		{types.InstanceAttributeNameSourceDestCheck, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.SourceDestCheck })},
		{types.InstanceAttributeNameGroupSet, groupIDList(), func(in *in, v string) { in.Groups = idList([]string{v}) }},
		{types.InstanceAttributeNameEbsOptimized, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.EbsOptimized })},
		{types.InstanceAttributeNameEnaSupport, truthful, flag(func(in *in) **types.AttributeBooleanValue { return &in.EnaSupport })},
		{types.InstanceAttributeNameSriovNetSupport, OneOf("simple"), word(func(in *in) **types.AttributeValue { return &in.SriovNetSupport })},
		{types.InstanceAttributeNameKernel, ID("aki"), word(func(in *in) **types.AttributeValue { return &in.Kernel })},
		{types.InstanceAttributeNameRamdisk, ID("ari"), word(func(in *in) **types.AttributeValue { return &in.Ramdisk })},
		{types.InstanceAttributeNameBlockDeviceMapping, deviceEnd(), func(in *in, v string) {
			name, dies, _ := strings.Cut(v, "=")
			in.BlockDeviceMappings = []types.InstanceBlockDeviceMappingSpecification{{DeviceName: &name, Ebs: &types.EbsInstanceBlockDeviceSpecification{DeleteOnTermination: aws.Bool(truth(dies))}}}
		}},
		{types.InstanceAttributeNameEnclaveOptions, truthful, func(in *in, v string) {
			in.EnclaveOptions = &types.EnclaveOptionsRequest{Enabled: aws.Bool(truth(v))}
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
	return &Op[*attributeIn, *attributeOut]{
		Name: "modify-instance-attribute", Help: "Change one attribute of an instance", Noun: "instance", Risk: Changes,
		Warning: "Type, user data, kernel, RAM disk, EBS optimization, ENA, SR-IOV and enclaves change only while the instance is stopped.",
		Fields: []Field[*attributeIn]{
			{Name: "instance-id", Help: "the instance", Need: Required, Default: "selected row", Rule: ID("i"), Target: true, To: ToString(func(in *attributeIn) **string { return &in.InstanceId })},
			{Name: "attribute", Help: "which one", Need: Required, Choices: attributeNames(), To: ToString(func(in *attributeIn) **string { return &in.Attribute })},
			{Name: "value", Help: "its new value", Need: Required, Blank: true, Long: true, Secret: func(v Values) bool { return isUserData(v.Get("attribute")) }, Rule: Rule{Text: "true or false; a type; stop or terminate; sg- IDs; DEVICE=true or false; text for userData"}, To: ToString(func(in *attributeIn) **string { return &in.Value })},
		},
		Check: checkAttribute, Compare: attributeNow,
		Advice: map[string]string{
			"IncorrectInstanceState": "This attribute changes only while the instance is stopped: stop it, change it, and start it again.",
			"InvalidInstanceID":      "With several interfaces, groups and the source/destination check are those of an interface: change them there.",
		},
		Call: func(client *ec2.Client, ctx context.Context, in *attributeIn, opts ...func(*ec2.Options)) (*attributeOut, error) {
			in.request.InstanceId, in.request.DryRun = in.InstanceId, in.DryRun
			return client.ModifyInstanceAttribute(ctx, &in.request, opts...)
		},
		Show:    done[*attributeOut],
		Outputs: []string{"ok"},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "attribute": {"disableApiTermination"}, "value": {"true"}},
	}
}

func checkAttribute(in *attributeIn) error {
	list := attributes()
	a := list[slices.IndexFunc(list, func(a attribute) bool { return string(a.name) == *in.Attribute })]
	value := *in.Value
	if !isUserData(*in.Attribute) {
		value = strings.TrimSpace(value)
	}
	if a.rule.Check != nil {
		checked, err := a.rule.Check(value)
		if err != nil && isUserData(*in.Attribute) {
			value = "" // an error must not quote it
		}
		if err != nil {
			return &InputError{Field: "value", Value: value, Rule: err.Error()}
		}
		value = checked
	}
	a.write(&in.request, value)
	return nil
}

// isUserData says that the value may hold secrets.
func isUserData(name string) bool { return name == string(types.InstanceAttributeNameUserData) }

// groupIDList is the groups that replace those of an instance.
func groupIDList() Rule {
	id := ID("sg")
	return Rule{Text: "sg- IDs, which replace the whole list", Check: func(s string) (string, error) {
		list := idList([]string{s})
		if len(list) == 0 {
			return "", errors.New("write at least one sg- ID")
		}
		for i, g := range list {
			checked, err := id.Check(g)
			if err != nil {
				return "", err
			}
			list[i] = checked
		}
		return strings.Join(list, ","), nil
	}}
}

// deviceEnd says whether the volume of a device goes with its instance.
func deviceEnd() Rule {
	return Rule{Text: "DEVICE=true or DEVICE=false: whether the volume goes with the instance", Check: func(s string) (string, error) {
		name, dies, ok := strings.Cut(strings.TrimSpace(s), "=")
		if !ok {
			return "", errors.New("write DEVICE=true or DEVICE=false")
		}
		device, err := Device().Check(name)
		if err != nil {
			return "", err
		}
		end, err := kindRules()[KindBool].Check(strings.TrimSpace(dies))
		return device + "=" + end, err
	}}
}

// attributeNow reads what the new value replaces. User data may hold secrets:
// only its size is told.
func attributeNow(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	name := v.Get("attribute")
	out, err := client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{
		InstanceId: aws.String(v.Get("instance-id")), Attribute: types.InstanceAttributeName(name),
	})
	if err != nil {
		return nil, withoutBody(explain(err, "modify-instance-attribute", client.Options().Region, false))
	}
	return []string{fmt.Sprintf("%s: now %s", name, cmp.Or(attributeText(out, name), "not set")), fmt.Sprintf("%s: then %s", name, newText(name, v.Get("value")))}, nil
}

func newText(name, value string) string {
	if isUserData(name) {
		return fmt.Sprintf("%d bytes", len(value))
	}
	return value
}

// attributeText is the one value that an answer carries.
func attributeText(out *ec2.DescribeInstanceAttributeOutput, name string) string {
	if out.UserData != nil {
		text, _ := base64.StdEncoding.DecodeString(aws.ToString(out.UserData.Value)) // what cannot be read has no size
		if len(text) == 0 {
			return ""
		}
		return newText(name, string(text))
	}
	for _, word := range []*types.AttributeValue{out.InstanceType, out.InstanceInitiatedShutdownBehavior, out.KernelId, out.RamdiskId, out.SriovNetSupport} {
		if word != nil {
			return aws.ToString(word.Value)
		}
	}
	for _, flag := range []*types.AttributeBooleanValue{out.DisableApiTermination, out.DisableApiStop, out.SourceDestCheck, out.EbsOptimized, out.EnaSupport} {
		if flag != nil {
			return fmt.Sprint(aws.ToBool(flag.Value))
		}
	}
	if out.EnclaveOptions != nil {
		return fmt.Sprint(aws.ToBool(out.EnclaveOptions.Enabled))
	}
	var parts []string
	for _, g := range out.Groups {
		parts = append(parts, aws.ToString(g.GroupId))
	}
	for _, m := range out.BlockDeviceMappings {
		if m.Ebs != nil {
			parts = append(parts, fmt.Sprintf("%s=%t", aws.ToString(m.DeviceName), aws.ToBool(m.Ebs.DeleteOnTermination)))
		}
	}
	return strings.Join(parts, ",")
}

// resetAttribute gives an attribute of an instance the value that its image
// had, or for the source/destination check, that of a new instance.
func resetAttribute() Operation {
	type in = ec2.ResetInstanceAttributeInput
	return &Op[*in, *ec2.ResetInstanceAttributeOutput]{
		Name: "reset-instance-attribute", Help: "Set an attribute of an instance back to its default", Noun: "instance", Risk: Changes,
		Warning: "Kernel and RAM disk change only while the instance is stopped.",
		Advice: map[string]string{
			"IncorrectInstanceState": "Kernel and RAM disk change only while the instance is stopped: stop it, reset it, and start it again.",
			"InvalidInstanceID":      "With several interfaces, the source/destination check is that of an interface: change it there.",
		},
		Fields: []Field[*in]{
			oneInstance(func(in *in) **string { return &in.InstanceId }),
			{Name: "attribute", Help: "which one", Need: Required, Choices: []string{"kernel", "ramdisk", "sourceDestCheck"}, To: to(KindString, func(in *in, v string) { in.Attribute = types.InstanceAttributeName(v) })},
		},
		Compare: func(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
			name := types.InstanceAttributeName(v.Get("attribute"))
			out, err := client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{InstanceId: aws.String(v.Get("instance-id")), Attribute: name})
			if err != nil {
				return nil, explain(err, "reset-instance-attribute", client.Options().Region, false)
			}
			return []string{fmt.Sprintf("%s: now %s, then its default", name, cmp.Or(attributeText(out, string(name)), "not set"))}, nil
		},
		Call: (*ec2.Client).ResetInstanceAttribute, Show: done[*ec2.ResetInstanceAttributeOutput], Outputs: []string{"ok"},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "attribute": {"sourceDestCheck"}},
	}
}
