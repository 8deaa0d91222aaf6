package awsops_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

// TestAdviceOfTheSimulator provokes what EC2 refuses and reads the advice.
func TestAdviceOfTheSimulator(t *testing.T) {
	const (
		running, stopped, protected = "i-0aa00000000000001", "i-0aa00000000000002", "i-0aa00000000000003"
		store, spot, ended          = "i-0aa00000000000004", "i-0aa00000000000005", "i-0aa0000000000000b"
		young, stopping             = "i-0aa0000000000000c", "i-0aa0000000000000e"
		nobody                      = "i-0aaffffffffffffff"
	)
	tests := []struct {
		name, op string
		v        awsops.Values
		code     string
		exit     int
		says     string
	}{
		{"an unknown instance", "stop-instances", ids(nobody), "InvalidInstanceID.NotFound", 1, "Not in region us-east-1 of this account"},
		{"an unknown instance in detail", "get-instance-details", awsops.Values{"instance-id": {nobody}}, "InvalidInstanceID.NotFound", 1, "vanish after about an hour"},
		{"starting what is stopping", "start-instances", ids(stopping), "IncorrectInstanceState", 1, "another state than this needs"},
		{"starting what is gone", "start-instances", ids(ended), "IncorrectInstanceState", 1, "refresh and look"},
		{"stopping what never ran", "stop-instances", ids(young), "IncorrectInstanceState", 1, "another state than this needs"},
		{"rebooting what is stopped", "reboot-instances", ids(stopped), "IncorrectState", 1, "wait until it has settled"},
		{"monitoring what is gone", "monitor-instances", ids(ended), "InvalidState", 1, "another state"},
		{"terminating what is protected", "terminate-instances", ids(protected), "OperationNotPermitted", 1, "lift the protection first"},
		{"stopping what is protected", "stop-instances", ids(protected), "OperationNotPermitted", 1, "lift the protection first"},
		{"stopping an instance store", "stop-instances", ids(store), "UnsupportedOperation", 1, "Not possible for this root device"},
		{"stopping a one-time Spot Instance", "stop-instances", ids(spot), "UnsupportedOperation", 1, "purchase model"},
		{"hibernating what cannot", "stop-instances", ids(running).With("hibernate", "true"), "UnsupportedHibernationConfiguration", 1, "stop without it"},
		{"an unknown filter", "describe-instances", awsops.Values{"filters": {"colour=red"}}, "InvalidParameterValue", 1, "The filter 'colour' is invalid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
				expectError(t, err, test.code, test.exit, test.says)
			})
		})
	}
}

func expectError(t *testing.T, err error, code string, exit int, says string) {
	t.Helper()
	e := awsops.AsError(err)
	if e == nil {
		t.Fatalf("no *Error but %v", err)
	}
	if e.Code != code || awsops.ExitCode(err) != exit {
		t.Errorf("code %s exit %d, want %s %d", e.Code, awsops.ExitCode(err), code, exit)
	}
	if !strings.Contains(e.Error(), says) {
		t.Errorf("%q does not say %q", e.Error(), says)
	}
	if e.RequestID == "" || !strings.Contains(e.Error(), e.RequestID) {
		t.Errorf("%q does not quote the request ID", e.Error())
	}
}

// TestAdviceOfCodes injects the codes that the small fleet cannot provoke.
func TestAdviceOfCodes(t *testing.T) {
	const denied = "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/eve is not authorized to perform: ec2:StopInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/i-0aa00000000000001 because no identity-based policy allows the ec2:StopInstances action. Encoded authorization failure message: AbC"
	tests := []struct {
		code, message string
		status, exit  int
		says          string
	}{
		{"AuthFailure", "AWS was not able to validate the provided access credentials", 401, 4, "that region us-east-1 is enabled"},
		{"SignatureDoesNotMatch", "no", 403, 4, "does not fit the key ID"},
		{"MissingAuthenticationToken", "Request is missing Authentication Token", 403, 4, "carried no credentials"},
		{"RequestExpired", "Request has expired.", 400, 4, "Synchronise the clock (NTP)"},
		{"ExpiredToken", "The security token included in the request is expired", 400, 4, "aws sso login"},
		{"UnauthorizedOperation", denied, 403, 4, "arn:aws:iam::123456789012:user/eve lacks ec2:StopInstances on arn:aws:ec2:us-east-1:123456789012:instance/i-0aa00000000000001. Ask for the permission"},
		{"OptInRequired", "no", 401, 4, "accept the terms in AWS Marketplace"},
		{"Blocked", "no", 403, 4, "contact AWS support"},
		{"PendingVerification", "no", 403, 4, "contact AWS support"},
		{"ThrottlingException", "slow down", 503, 1, "throttling this account in us-east-1"},
		{"EC2ThrottledException", "slow down", 503, 1, "throttling this account in us-east-1"},
		{"InsufficientInstanceCapacity", "no", 500, 1, "take another zone or type"},
		{"VcpuLimitExceeded", "no", 400, 1, "ask for a greater quota"},
		{"InvalidInstanceId.NotFound", "the old spelling", 400, 1, "Not in region us-east-1"},
		{"InvalidInstanceID.Malformed", "no", 400, 1, "i- and 8 or 17 hex digits"},
		{"InvalidInstanceID", "no", 400, 1, "pending or terminated"},
		{"InvalidZone.NotFound", "no", 400, 1, "Choose a zone of region us-east-1"},
		{"Unsupported", "no", 400, 1, "Not possible for this root device"},
		{"InvalidParameterCombination", "no", 400, 1, "exclude each other"},
		{"MissingParameter", "no", 400, 1, "An input is missing"},
		{"InvalidAction", "no", 400, 1, "does not offer the action"},
		{"InvalidTagKey.Malformed", "no", 400, 1, "keys must not be empty or start with aws:"},
		{"InvalidKey.Format", "no", 400, 1, "Give an OpenSSH, RFC 4716 or base64 DER public key"},
		{"InvalidKeyPair.Format", "no", 400, 1, "Give an OpenSSH, RFC 4716 or base64 DER public key"},
		{"InvalidAddress.Malformed", "no", 400, 1, "four numbers 0 to 255 separated by dots"},
		{"InsufficientAddressCapacity", "no", 500, 1, "try later"},
		{"IdempotentParameterMismatch", "no", 400, 1, "retry with a new token"},
		{"InternalFailure", "no", 500, 8, "A fault on AWS's side"},
		{"ServiceUnavailable", "no", 503, 8, "quote the request ID"},
		{"Unavailable", "no", 503, 8, "quote the request ID"},
		{"ServerInternal", "no", 500, 8, "quote the request ID"},
		{"InvalidSomething.NotFound", "no", 400, 1, "The wrong region (us-east-1)"},
		{"InvalidSomething.Malformed", "no", 400, 1, "a prefix and 8 or 17 hex digits"},
		{"SomethingLimitExceeded", "no", 400, 1, "A quota is reached"},
		{"InvalidSomething.Duplicate", "no", 400, 1, "already there"},
		{"NeverHeardOf", "EC2's own words", 400, 1, "EC2's own words"},
		{"NeverHeardOf", "no", 403, 4, "permissions of this identity"},
	}
	for _, test := range tests {
		t.Run(test.code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.sim.Inject(ec2sim.Fault{Code: test.code, Message: test.message, Status: test.status})
				_, err := b.Run(t.Context(), b.request(t, "start-instances", ids("i-0aa00000000000002")))
				expectError(t, err, test.code, test.exit, test.says)
			})
		})
	}
}

func TestADisabledRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(s *awsops.Settings) { s.Regions = []string{"ap-east-1"} })
		_, err := b.Run(t.Context(), b.request(t, "describe-instances", nil))
		expectError(t, err, "AuthFailure", 4, "that region ap-east-1 is enabled for the account")
	})
}

func TestTheClockIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, err := ec2sim.New(ec2sim.Config{Skew: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		account := sim.Accounts()[0]
		b := newBench(t, func(s *awsops.Settings) {
			s.HTTPClient, s.Regions = sim, account.Regions[:1]
			s.Keys["test"] = static(account)
		})
		_, err = b.Run(t.Context(), b.request(t, "describe-instances", nil))
		expectError(t, err, "RequestExpired", 4, "Synchronise the clock (NTP)")
	})
}
