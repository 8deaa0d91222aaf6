//go:build external

package ec2sim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"ec2deck/awsops/ec2sim"
)

// TestCLIAssumesARole takes a role with a code, and asks EC2 with what it is given.
func TestCLIAssumesARole(t *testing.T) {
	c := newCLI(t, "small")
	a := c.sim.Accounts()[0]
	c.access, c.service = []string{"AWS_ACCESS_KEY_ID=" + a.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + a.SecretAccessKey}, "sts"
	assume := []string{"assume-role", "--role-session-name", "ada", "--role-arn", "arn:aws:iam::" + a.ID + ":role/ops",
		"--serial-number", "arn:aws:iam::" + a.ID + ":mfa/ada", "--token-code"}
	c.refused("AssumeRole", "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", append(assume, "000000")...)
	c.refused("AssumeRole", "AccessDenied", "User: arn:aws:iam::"+a.ID+":user/test is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::999999999999:role/ops",
		"assume-role", "--role-session-name", "ada", "--role-arn", "arn:aws:iam::999999999999:role/ops")
	var out struct {
		Credentials     struct{ AccessKeyId, SecretAccessKey, SessionToken string }
		AssumedRoleUser struct{ Arn string }
	}
	if err := json.Unmarshal([]byte(c.ok(append(assume, ec2sim.MFACode)...)), &out); err != nil || !strings.HasSuffix(out.AssumedRoleUser.Arn, ":assumed-role/ops/ada") {
		t.Fatalf("%v: %+v", err, out)
	}
	c.service = "ec2"
	c.access = []string{"AWS_ACCESS_KEY_ID=" + out.Credentials.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + out.Credentials.SecretAccessKey, "AWS_SESSION_TOKEN=" + out.Credentials.SessionToken}
	c.want(`["`+web+`"]`, "describe-instances", "--filters", "Name=tag:Name,Values=web-*", "--query", "Reservations[].Instances[].InstanceId")
	c.access = c.access[:2]
	c.refused("DescribeInstances", "AuthFailure", "AWS was not able to validate the provided access credentials", "describe-instances")
}
