package awsops

import (
	"context"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// getUserData shows what an instance runs when it first starts. It may hold
// passwords: it stands in the result and nowhere else.
func getUserData() Operation {
	type in = ec2.DescribeInstanceAttributeInput
	type out = ec2.DescribeInstanceAttributeOutput
	return &Op[*in, *out]{
		Name: "get-user-data", API: "DescribeInstanceAttribute", Help: "Show the user data of an instance, which may hold passwords", Noun: "instance",
		Fields: []Field[*in]{oneInstance(func(in *in) **string { return &in.InstanceId })},
		Call: func(client *ec2.Client, ctx context.Context, in *in, opts ...func(*ec2.Options)) (*out, error) {
			in.Attribute = types.InstanceAttributeNameUserData
			got, err := client.DescribeInstanceAttribute(ctx, in, opts...)
			if err != nil {
				return nil, withoutBody(explain(err, "get-user-data", client.Options().Region, false))
			}
			return got, nil
		},
		Show: func(got *out) Result {
			text, form, size := userDataText(got)
			res := Result{Outputs: []Output{{"user-data", plain(text)}, {"form", plain(form)}, {"bytes", size}}}
			if size == 0 {
				res.Message = "there is no user data"
			}
			return res
		},
		Outputs: []string{"user-data", "form", "bytes"},
		Example: Values{"instance-id": {"i-0aa00000000000001"}},
	}
}

// userDataText decodes user data. What is no text, such as a gzip archive, is
// left in base64.
func userDataText(out *ec2.DescribeInstanceAttributeOutput) (text, form string, size int) {
	encoded := aws.ToString(orEmpty(out.UserData).Value)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	switch {
	case err != nil:
		return encoded, "not base64", len(encoded)
	case !utf8.Valid(raw) || strings.ContainsRune(string(raw), 0):
		return encoded, "base64", len(raw)
	}
	return string(raw), "text", len(raw)
}

// withoutBody takes the words of an answer that cannot be read out of an error:
// they may be what is kept secret.
func withoutBody(e *Error) *Error {
	if e.Code == "BrokenAnswer" || e.Code == "NotEC2" {
		e.Message, e.Err = "EC2's answer broke off or is not EC2's", nil
	}
	return e
}
