package awsops_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const device = "arn:aws:iam::123456789012:mfa/ada"

// withRole is a session whose profile ops is a role that a code is needed for.
func withRole(t *testing.T, change func(*awsops.Settings)) *bench {
	t.Helper()
	b := newBench(t)
	account := b.sim.Accounts()[0]
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config":      "[profile ops]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\nmfa_serial = " + device + "\nregion = us-east-1\n",
		"credentials": "[base]\naws_access_key_id = " + account.AccessKeyID + "\naws_secret_access_key = " + account.SecretAccessKey + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	s := b.settings
	s.Keys, s.Profiles, s.Regions = nil, []string{"ops"}, []string{"us-east-1", "eu-west-1"}
	s.Known = func() []string { return []string{"ops", "base"} }
	if change != nil {
		change(&s)
	}
	b.Session = awsops.NewSession(s)
	b.sim.ResetCalls()
	return b
}

func TestARoleAsksForACodeOnce(t *testing.T) {
	calls := awsops.NewCalls(time.Now, 100, nil)
	calls.Watch()
	b := withRole(t, func(s *awsops.Settings) { s.Calls = calls })
	_, err := b.Open(t.Context(), "ops")
	e := awsops.AsError(err)
	if e == nil || e.Code != "NeedsCode" || e.Class != awsops.Denied || !strings.Contains(e.Message, device) || b.count("AssumeRole") != 0 {
		t.Fatalf("%+v after %d tries", err, b.count("AssumeRole"))
	}
	at := awsops.MFADevice{Profile: "ops", Serial: device}
	if got := b.Devices(); len(got) != 1 || got[0] != at {
		t.Fatalf("%v", got)
	}
	var input *awsops.InputError
	if err := b.GiveCode(t.Context(), at, "12345"); !errors.As(err, &input) || strings.Contains(err.Error(), "12345") {
		t.Errorf("%v", err)
	}
	err = b.GiveCode(t.Context(), at, "654321")
	if err == nil || !strings.Contains(err.Error(), "the code was refused: MultiFactorAuthentication failed") || strings.Contains(err.Error(), "654321") || len(b.Devices()) != 1 {
		t.Errorf("a wrong code: %v, %v", err, b.Devices())
	}
	if err := b.GiveCode(t.Context(), at, " "+ec2sim.MFACode+" "); err != nil || len(b.Devices()) != 0 {
		t.Fatalf("%v, %v", err, b.Devices())
	}
	scopes, err := b.Open(t.Context(), "ops")
	if err != nil || len(scopes) != 2 || b.Account("ops") != "123456789012" {
		t.Fatalf("%v %v, account %q", scopes, err, b.Account("ops"))
	}
	if _, err := b.Reachable(t.Context(), "ops"); err != nil {
		t.Error(err)
	}
	op, _ := awsops.Find("list-instances")
	for _, at := range scopes {
		if res, err := b.Run(t.Context(), awsops.Request{Operation: op, Scope: at}); err != nil || len(res.Items) > 0 {
			t.Errorf("%s: %v", at, err)
		}
	}
	if n := b.count("AssumeRole"); n != 2 { // the wrong code, and the right one
		t.Errorf("the role was assumed %d times", n)
	}
	for _, c := range b.sim.Calls() {
		if c.Action == "AssumeRole" && c.Form.Get("DurationSeconds") != "3600" {
			t.Errorf("for %s seconds", c.Form.Get("DurationSeconds"))
		}
	}
	logged := ""
	for _, c := range calls.List() {
		if c.Service == "EC2" {
			continue
		}
		logged += c.Action + c.CommandLine() + fmt.Sprint(c.Parameters())
		for _, a := range c.Attempts {
			seen, _ := calls.Exchange(a)
			logged += fmt.Sprint(seen)
		}
	}
	if !strings.Contains(logged, "AssumeRole") || strings.Contains(logged, ec2sim.MFACode) || strings.Contains(logged, "654321") {
		t.Errorf("the log:\n%s", logged)
	}
}

// TestARoleThatHasExpiredAsksAgain lives behind a clock that is two hours ahead
// of the simulator's, so that a role has expired when it is given.
func TestARoleThatHasExpiredAsksAgain(t *testing.T) {
	b := withRole(t, func(s *awsops.Settings) {
		sim, err := ec2sim.New(ec2sim.Config{Fleet: changed(t, "../testdata/fleets/small.json", func(*ec2sim.Fleet) {}), Skew: -2 * time.Hour, IgnoreClock: true})
		if err != nil {
			t.Fatal(err)
		}
		s.HTTPClient = sim
	})
	at := awsops.MFADevice{Profile: "ops", Serial: device}
	if err := b.GiveCode(t.Context(), at, ec2sim.MFACode); err != nil || len(b.Devices()) != 0 {
		t.Fatal(err, b.Devices())
	}
	_, err := b.Open(t.Context(), "ops")
	if e := awsops.AsError(err); e == nil || e.Code != "NeedsCode" || len(b.Devices()) != 1 {
		t.Errorf("%v %v", err, b.Devices())
	}
}

func TestAServerAsksNobodyForACode(t *testing.T) {
	b := withRole(t, func(s *awsops.Settings) { s.Shared = awsops.NewShared(time.Now) })
	_, err := b.Open(t.Context(), "ops")
	if e := awsops.AsError(err); e == nil || e.Code != "NeedsCode" || !strings.Contains(e.Hint, "asks nobody") || len(b.Devices()) != 0 {
		t.Errorf("%v %v", err, b.Devices())
	}
}
