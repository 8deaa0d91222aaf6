package awsops_test

import (
	"testing"

	"ec2deck/awsops"
)

func TestARN(t *testing.T) {
	for _, c := range []struct{ region, id, want string }{
		{"eu-west-1", "i-0aa00000000000001", "arn:aws:ec2:eu-west-1:123456789012:instance/i-0aa00000000000001"},
		{"cn-north-1", "sgr-0aa00000000000001", "arn:aws-cn:ec2:cn-north-1:123456789012:security-group-rule/sgr-0aa00000000000001"},
		{"us-gov-west-1", "snap-0aa00000000000001", "arn:aws-us-gov:ec2:us-gov-west-1::snapshot/snap-0aa00000000000001"},
		{"us-east-1", "ami-0aa00000000000001", "arn:aws:ec2:us-east-1::image/ami-0aa00000000000001"},
		{"us-east-1", "eipalloc-0aa00000000000001", "arn:aws:ec2:us-east-1:123456789012:elastic-ip/eipalloc-0aa00000000000001"},
		{"us-east-1", "us-east-1a", ""},
	} {
		if got := awsops.ARN(awsops.Scope{Profile: "test", Region: c.region}, "123456789012", c.id); got != c.want {
			t.Errorf("%s: %s, want %s", c.id, got, c.want)
		}
	}
}

func TestConsoleLinks(t *testing.T) {
	for _, test := range []struct{ region, id, want string }{
		{"eu-west-1", "i-0123", "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-0123"},
		{"cn-north-1", "vol-0123", "https://cn-north-1.console.amazonaws.cn/ec2/home?region=cn-north-1#VolumeDetails:volumeId=vol-0123"},
		{"us-gov-west-1", "sg-0123", "https://us-gov-west-1.console.amazonaws-us-gov.com/ec2/home?region=us-gov-west-1#SecurityGroup:groupId=sg-0123"},
		{"eu-west-1", "198.51.100.1", ""},
	} {
		if got := awsops.ConsoleLink(awsops.Scope{Profile: "p", Region: test.region}, test.id); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
