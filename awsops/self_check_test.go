package awsops_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// late is an EC2 whose clock is ahead of ours.
type late struct {
	to aws.HTTPClient
	by time.Duration
}

func (l late) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.to.Do(r)
	if err == nil {
		answer.Header.Set("Date", time.Now().Add(l.by).UTC().Format(http.TimeFormat))
	}
	return answer, err
}

// checked is the findings, by what was looked at.
func checked(t *testing.T, b *bench) map[string]awsops.Finding {
	t.Helper()
	out := map[string]awsops.Finding{}
	b.SelfCheck(t.Context(), "test", b.clock.Now, func(f awsops.Finding) { out[f.Check+" "+f.Verdict.String()] = f })
	return out
}

func TestTheSelfCheckLooksAtTheClock(t *testing.T) {
	for by, want := range map[time.Duration]string{0: "clock ok", 2 * time.Minute: "clock warning", -20 * time.Minute: "clock failed"} {
		b := newBench(t, func(s *awsops.Settings) { s.HTTPClient = late{s.HTTPClient, by} })
		found, ok := checked(t, b)[want]
		if !ok || by != 0 && !strings.Contains(found.Hint, "NTP") {
			t.Errorf("%s: %+v", by, found)
		}
		if by < 0 && awsops.ExitCode(found.Err) != 4 {
			t.Errorf("exit %d", awsops.ExitCode(found.Err))
		}
	}
}

// TestTheClockIsLookedAtAlsoWhenItIsWhyAWSRefuses: then there is no other answer.
func TestTheClockIsLookedAtAlsoWhenItIsWhyAWSRefuses(t *testing.T) {
	for _, code := range []string{"RequestExpired", "AuthFailure"} {
		b := newBench(t, func(s *awsops.Settings) { s.HTTPClient = late{s.HTTPClient, -20 * time.Minute} })
		b.sim.Inject(ec2sim.Fault{Code: code, Message: "no", Status: 401})
		found := checked(t, b)
		if f := found["clock failed"]; !strings.HasPrefix(f.Text, "differs by 20m") {
			t.Errorf("%s: %+v", code, found)
		}
		_, err := b.Run(t.Context(), b.request(t, "describe-key-pairs", nil))
		if e := awsops.AsError(err); e == nil || !strings.HasPrefix(e.Hint, "The clock differs by 120") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestTheSelfCheckChangesNothing(t *testing.T) {
	b := newBench(t)
	found := checked(t, b)
	for _, form := range b.wire.sent {
		if a := form.Get("Action"); !strings.HasPrefix(a, "Describe") && form.Get("DryRun") != "true" {
			t.Errorf("%s was no dry run", a)
		}
	}
	for what, f := range found {
		if f.Verdict != awsops.Fine || strings.Contains(f.Text, b.sim.Accounts()[0].SecretAccessKey) || strings.Contains(f.Text, b.sim.Accounts()[0].AccessKeyID) {
			t.Errorf("%s: %+v", what, f)
		}
	}
}

func TestTheSelfCheckTellsWhatFails(t *testing.T) {
	b := newBench(t)
	b.sim.Inject(ec2sim.Fault{Action: "DescribeRegions", Code: "AuthFailure", Message: "not able to validate", Status: 401})
	f, ok := checked(t, b)["answer of us-east-1 failed"]
	if !ok || awsops.ExitCode(f.Err) != 4 || !strings.HasSuffix(f.Hint, "aws ec2 describe-regions --all-regions --profile test --region us-east-1") || !strings.Contains(f.Text, "request ") {
		t.Errorf("%+v", f)
	}
	b = newBench(t, func(s *awsops.Settings) { // the default chain, and an endpoint
		s.Endpoint, s.Profiles, s.Keys = "https://ec2.test", []string{""}, map[string]aws.CredentialsProvider{"": s.Keys["test"], "test": s.Keys["test"]}
	})
	b.sim.Inject(ec2sim.Fault{Action: "DescribeRegions", Code: "AuthFailure", Message: "no", Status: 401})
	b.SelfCheck(t.Context(), "", b.clock.Now, func(f awsops.Finding) {
		if f.Verdict == awsops.Failing && !strings.HasSuffix(f.Hint, "aws ec2 describe-regions --all-regions --region us-east-1 --endpoint-url https://ec2.test") {
			t.Errorf("%+v", f)
		}
	})
	b = newBench(t)
	b.sim.Inject(ec2sim.Fault{Action: "DescribeVolumes", Code: "UnauthorizedOperation", Message: "no", Status: 403})
	if f, ok := checked(t, b)["permissions in us-east-1 warning"]; !ok || !strings.Contains(f.Text, "DescribeVolumes") || !strings.Contains(f.Hint, "ec2:DescribeVolumes") {
		t.Errorf("%+v", f)
	}
}
