package awsops

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// appliesAtStart stands for the state of options that a stopped instance takes
// up when it starts: there is nothing to wait for.
const appliesAtStart = "kept for its next start"

// modifyMetadataOptions changes how programs on an instance read its metadata.
func modifyMetadataOptions() Operation {
	type in = ec2.ModifyInstanceMetadataOptionsInput
	type out = ec2.ModifyInstanceMetadataOptionsOutput
	enabled := []string{"enabled", "disabled"}
	return &Op[*in, *out]{
		Name: "modify-instance-metadata-options", Help: "Change how programs on an instance read its metadata and credentials", Noun: "instance", Risk: Changes,
		Warn: warnOfMetadata, Compare: metadataAhead, Check: func(in *in) error {
			if in.HttpTokens == "" && in.HttpEndpoint == "" && in.HttpPutResponseHopLimit == nil && in.HttpProtocolIpv6 == "" && in.InstanceMetadataTags == "" {
				return &InputError{Field: "http-tokens", Rule: "or another option is required"}
			}
			return nil
		},
		Fields: []Field[*in]{
			oneInstance(func(in *in) **string { return &in.InstanceId }),
			{Name: "http-tokens", Help: "whether a token is needed (IMDSv2)", Need: Conditional, Default: "as it is", Choices: []string{"required", "optional"}, To: to(KindString, func(in *in, v string) { in.HttpTokens = types.HttpTokensState(v) })},
			{Name: "http-endpoint", Help: "whether metadata can be read at all", Default: "as it is", Choices: enabled, To: to(KindString, func(in *in, v string) { in.HttpEndpoint = types.InstanceMetadataEndpointState(v) })},
			{Name: "http-put-response-hop-limit", Help: "how far an answer travels; containers need 2", Default: "as it is", Rule: Between(1, 64), To: ToInt(func(in *in) **int32 { return &in.HttpPutResponseHopLimit })},
			{Name: "http-protocol-ipv6", Help: "whether the IPv6 endpoint answers", Default: "as it is", Choices: enabled, To: to(KindString, func(in *in, v string) { in.HttpProtocolIpv6 = types.InstanceMetadataProtocolState(v) })},
			{Name: "instance-metadata-tags", Help: "whether the tags can be read from inside", Default: "as it is", Choices: enabled, To: to(KindString, func(in *in, v string) { in.InstanceMetadataTags = types.InstanceMetadataTagsState(v) })},
		},
		Call: (*ec2.Client).ModifyInstanceMetadataOptions, Outputs: []string{"state", "http-tokens", "http-endpoint", "http-put-response-hop-limit", "http-protocol-ipv6", "instance-metadata-tags"},
		Show: func(out *out) Result {
			o := orEmpty(out.InstanceMetadataOptions)
			res := Result{Items: []Item{{ID: aws.ToString(out.InstanceId), To: string(o.State)}}, Outputs: []Output{{"state", plain(o.State)}}}
			for _, option := range metadataOptions() {
				res.Outputs = append(res.Outputs, Output{option.name, plain(option.of(o))})
			}
			return res
		},
		Expect: &Expect{Until: []string{string(types.InstanceMetadataOptionsStateApplied), appliesAtStart}, States: metadataStates},
		Example: Values{"instance-id": {"i-0aa00000000000001"}, "http-tokens": {"required"}, "http-endpoint": {"enabled"},
			"http-put-response-hop-limit": {"3"}, "http-protocol-ipv6": {"disabled"}, "instance-metadata-tags": {"enabled"}},
	}
}

// metadataOption is an option as the operation calls it.
type metadataOption struct {
	name string
	of   func(*types.InstanceMetadataOptionsResponse) any
}

func metadataOptions() []metadataOption {
	type o = *types.InstanceMetadataOptionsResponse
	return []metadataOption{
		{"http-tokens", func(o o) any { return o.HttpTokens }},
		{"http-endpoint", func(o o) any { return o.HttpEndpoint }},
		{"http-put-response-hop-limit", func(o o) any { return o.HttpPutResponseHopLimit }},
		{"http-protocol-ipv6", func(o o) any { return o.HttpProtocolIpv6 }},
		{"instance-metadata-tags", func(o o) any { return o.InstanceMetadataTags }},
	}
}

// warnOfMetadata tells what breaks, and what becomes weaker.
func warnOfMetadata(in *ec2.ModifyInstanceMetadataOptionsInput) []string {
	var lines []string
	if in.HttpTokens == types.HttpTokensStateRequired {
		lines = append(lines, "Programs that read metadata without a token (IMDSv1) stop getting credentials.")
	}
	if in.HttpTokens == types.HttpTokensStateOptional {
		lines = append(lines, "Without a token, a web server that can be made to fetch addresses gives the credentials of the instance away.")
	}
	if in.HttpEndpoint == types.InstanceMetadataEndpointStateDisabled {
		lines = append(lines, "Nothing on the instance gets credentials of its role any more.")
	}
	return lines
}

// metadataAhead lists the options that change.
func metadataAhead(ctx context.Context, client *ec2.Client, v Values) ([]string, error) {
	var lines []string
	err := describeByFilter(ctx, client, []string{v.Get("instance-id")}, func(rs []types.Reservation) {
		now := orEmpty(rs[0].Instances[0].MetadataOptions)
		for _, option := range metadataOptions() {
			if then := v.Get(option.name); then != "" {
				lines = append(lines, fmt.Sprintf("%s: now %s, then %s", option.name, cmp.Or(CellText(plain(option.of(now)), ",", ""), "not set"), then))
			}
		}
	})
	return lines, err
}

func metadataStates(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error) {
	return readStates(ctx, client, ids, func(i types.Instance) string {
		if s := stateName(i.State); s != "running" && s != "pending" {
			return appliesAtStart
		}
		return string(orEmpty(i.MetadataOptions).State)
	})
}
