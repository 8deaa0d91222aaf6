package awsops_test

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
)

func TestNaming(t *testing.T) {
	i := awsops.Instance{
		ID: "i-1", Name: "web", State: "running", PrivateIP: "10.0.0.1", PublicIP: "192.0.2.1", PrivateDNS: "p.in", PublicDNS: "p.out", Launched: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		InstanceKind: &awsops.InstanceKind{
			Type: "t3.nano", Image: "ami-1", Zone: "eu-west-1a", Key: "ops", VPC: "vpc-1", Subnet: "subnet-1", Platform: "Linux",
			Named: true, Others: []awsops.Tag{{Key: "Env", Value: "prod"}},
		},
	}
	for format, want := range map[string]string{
		"{Name} ({InstanceId})":      "web (i-1)",
		"{Tag:Env}-{Tag:None}{Name}": "prod-web",
		" {Tag:None} ":               "i-1",
		"{{{State}}}":                "{running}",
		"plain":                      "plain",
		"{InstanceType} {ImageId} {AvailabilityZone} {PrivateIp} {PublicIp}":                    "t3.nano ami-1 eu-west-1a 10.0.0.1 192.0.2.1",
		"{PrivateDns} {PublicDns} {KeyName} {VpcId} {SubnetId} {Platform} {Region} {AccountId}": "p.in p.out ops vpc-1 subnet-1 Linux eu-west-1 111122223333",
		"{LaunchTime}": i.Launched.Format(awsops.TimeFormat),
	} {
		n, err := awsops.ParseNaming(format)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if got := n.Of(i, awsops.Scope{Profile: "p", Region: "eu-west-1"}, "111122223333"); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
	for format, want := range map[string]string{"{Nmae}": `"Nmae" is no token; there are {InstanceId} {Name} {Tag:KEY}`, "{Tag:}": "no token", "{Tag:KEY": "no token", "a}": "closes nothing", "{Name": "no token"} {
		if _, err := awsops.ParseNaming(format); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
