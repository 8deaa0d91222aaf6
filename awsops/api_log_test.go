package awsops_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// newLogged is a bench with a log.
func newLogged(t testing.TB, most int, sink func(any) error) (*bench, *awsops.Calls) {
	t.Helper()
	clock := newClock()
	calls := awsops.NewCalls(clock.Now, most, sink)
	return newBench(t, func(s *awsops.Settings) { s.Calls = calls }), calls
}

// told is what a call is, in short.
func told(c awsops.Call) string {
	s := c.Action + " " + c.Result()
	for _, a := range c.Attempts {
		s += fmt.Sprintf(" %d/%s", a.Status, a.Code)
	}
	return s
}

func toldOf(calls *awsops.Calls) (out []string) {
	for _, c := range calls.List() {
		out = append(out, told(c))
	}
	return out
}

func TestTheLogHasEveryCallWithEveryAttempt(t *testing.T) {
	b, calls := newLogged(t, 100, nil)
	b.sim.Inject(ec2sim.Fault{Action: "DescribeKeyPairs", Code: "RequestLimitExceeded", Message: "slow down", Status: 503, Times: 1})
	b.run(t, "describe-key-pairs", nil)
	dry := b.request(t, "stop-instances", ids(webID))
	dry.DryRun = true
	_, _ = b.Run(t.Context(), dry)
	_, _ = b.Run(t.Context(), b.request(t, "reboot-instances", ids("i-0bb00000000000001")))
	want := []string{
		"RebootInstances InvalidInstanceID.NotFound 400/InvalidInstanceID.NotFound",
		"StopInstances allowed 412/DryRunOperation",
		"DescribeKeyPairs ok 503/RequestLimitExceeded 200/",
	}
	if diff := cmp.Diff(want, toldOf(calls)); diff != "" {
		t.Fatal(diff)
	}
	for _, c := range calls.List() {
		for _, a := range c.Attempts {
			if a.RequestID == "" {
				t.Errorf("%s has an attempt without a request ID", c.Action)
			}
		}
		if c.Scope != b.scope || c.Service != "EC2" || c.At.IsZero() || !c.Ended {
			t.Errorf("%+v", c)
		}
	}
}

func TestWhatNeverLeftIsNotLogged(t *testing.T) {
	b, calls := newLogged(t, 100, nil)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	op, _ := awsops.Find("stop-instances")
	if _, err := awsops.CommandLine(t.Context(), client, op, ids(webID), b.scope, ""); err != nil {
		t.Fatal(err)
	}
	if got := toldOf(calls); len(got) > 0 {
		t.Error(got)
	}
	if b.run(t, "copy-snapshot", ofSnapshot(ownSnapshot, "destination-region", "eu-west-1")); len(calls.List()) != b.wireCalls("CopySnapshot") {
		t.Errorf("%q", toldOf(calls)) // its presigned part is no call
	}
}

// wireCalls is everything that was sent, of which there has to be the action.
func (b *bench) wireCalls(action string) int {
	b.wire.mu.Lock()
	defer b.wire.mu.Unlock()
	if !slices.ContainsFunc(b.wire.sent, func(v url.Values) bool { return v.Get("Action") == action }) {
		return -1
	}
	return len(b.wire.sent)
}

func TestACallThatHangsShows(t *testing.T) {
	b, calls := newLogged(t, 100, nil)
	release := make(chan struct{})
	b.sim.Inject(ec2sim.Fault{Action: "DescribeVolumes", Until: release})
	done := make(chan struct{})
	began := calls.Version()
	go func() {
		defer close(done)
		client, _ := b.Client(b.scope)
		_, _ = client.DescribeVolumes(t.Context(), &ec2.DescribeVolumesInput{})
	}()
	for calls.Version() == began {
		select {
		case <-t.Context().Done():
			t.Fatal("never")
		default:
		}
	}
	if got := toldOf(calls); !slices.Equal(got, []string{"DescribeVolumes under way"}) {
		t.Error(got)
	}
	close(release)
	<-done
	if got := toldOf(calls); !slices.Equal(got, []string{"DescribeVolumes ok 200/"}) {
		t.Error(got)
	}
}

func TestTheLogIsBounded(t *testing.T) {
	b, calls := newLogged(t, 3, nil)
	for _, name := range []string{"describe-volumes", "describe-snapshots", "describe-key-pairs", "describe-regions", "describe-addresses"} {
		b.run(t, name, nil)
	}
	list := calls.List()
	if len(list) != 3 || list[0].Action != "DescribeAddresses" || list[1].Action != "DescribeRegions" || list[0].ID <= list[1].ID {
		t.Errorf("%q", toldOf(calls))
	}
}

func TestOneSessionDoesNotSeeAnother(t *testing.T) {
	tm := newTeam(t)
	logs := []*awsops.Calls{awsops.NewCalls(tm.clock.Now, 10, nil), awsops.NewCalls(tm.clock.Now, 10, nil)}
	_, one := tm.join(t, func(s *awsops.Settings) { s.Calls = logs[0] })
	_, two := tm.join(t, func(s *awsops.Settings) { s.Calls = logs[1] })
	volumesOf(t, lately(t), one)
	if got := toldOf(logs[1]); len(got) > 0 {
		t.Error(got)
	}
	volumesOf(t, lately(t), two)
	if got, want := [][]string{toldOf(logs[0]), toldOf(logs[1])}, [][]string{{"DescribeVolumes ok 200/"}, {"DescribeVolumes shared"}}; !cmp.Equal(got, want) {
		t.Error(got)
	}
}

const cloudSecret = "#!/bin/sh\nexport PASSWORD=hunter2"

// secretRequests are requests that have secrets in them or in their answers.
func secretRequests() map[string]awsops.Values {
	return map[string]awsops.Values{
		"run-instances":   {"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "user-data": {cloudSecret}},
		"create-key-pair": {"key-name": {"fresh"}},
	}
}

func TestNothingSecretIsKept(t *testing.T) {
	var lines []string
	b, calls := newLogged(t, 100, func(v any) error {
		text, err := json.Marshal(v)
		lines = append(lines, string(text))
		return err
	})
	calls.Watch()
	var found []string
	for name, v := range secretRequests() {
		res, err := b.Run(t.Context(), b.request(t, name, v))
		if err != nil {
			t.Log(name, err)
		}
		for _, o := range res.Outputs {
			if s, ok := o.Value.(awsops.Secret); ok {
				found = append(found, s.Reveal())
			}
		}
	}
	client, _ := b.Client(b.scope)
	_, _ = client.ModifyInstanceAttribute(t.Context(), &ec2.ModifyInstanceAttributeInput{InstanceId: aws.String(webID), Attribute: "userData", Value: aws.String(cloudSecret)})
	_, _ = client.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("secretive"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(cloudSecret)))},
	})
	if len(found) == 0 {
		t.Fatal("there was no secret")
	}
	all := strings.Join(lines, "\n")
	for _, c := range calls.List() {
		all += fmt.Sprint(c.Parameters()) + c.CommandLine()
		for _, a := range c.Attempts {
			e, _ := calls.Exchange(a)
			all += fmt.Sprintf("%+v", e)
		}
	}
	secrets := append(found, cloudSecret, "hunter2", base64.StdEncoding.EncodeToString([]byte(cloudSecret)), "AWS4-HMAC-SHA256 Credential", b.sim.Accounts()[0].SecretAccessKey)
	for _, s := range secrets {
		if strings.Contains(all, s) {
			t.Errorf("%.20q is kept", s)
		}
	}
	for _, want := range []string{"RunInstances", "CreateKeyPair", "ModifyInstanceAttribute", "CreateLaunchTemplate", "Authorization:[(secret)]", "UserData:(secret)", "file://user-data"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestBodiesAreKeptOfFailuresAndWhenWatched(t *testing.T) {
	b, calls := newLogged(t, 100, nil)
	b.run(t, "describe-volumes", nil)
	last := func() (awsops.Exchange, bool) { return calls.Exchange(calls.List()[0].Last()) }
	if _, ok := last(); ok {
		t.Error("nobody asked for bodies")
	}
	_, _ = b.Run(t.Context(), b.request(t, "reboot-instances", ids("i-0bb00000000000001")))
	if e, ok := last(); !ok || !strings.Contains(e.Response, "<Code>InvalidInstanceID.NotFound</Code>") || !strings.Contains(e.Request, "i-0bb00000000000001") {
		t.Errorf("%+v", e)
	}
	failed := calls.List()[0].Last()
	calls.Watch()
	b.run(t, "describe-regions", nil)
	if e, ok := last(); !ok || !strings.Contains(e.Response, "<regionName>") || e.Answered.Get("Content-Type") == "" || e.Asked.Get("Authorization") != "(secret)" {
		t.Errorf("%+v", e)
	}
	for range 20 {
		b.run(t, "describe-regions", nil)
	}
	if _, ok := calls.Exchange(failed); ok {
		t.Error("more than the last 20 are kept")
	}
	if _, ok := last(); !ok {
		t.Error("the last is not kept")
	}
}

// large answers with more than is kept.
type large struct{ size int }

func (l large) Do(*http.Request) (*http.Response, error) {
	body := "<DescribeVolumesResponse><requestId>r</requestId><!--" + strings.Repeat("x", l.size) + "--></DescribeVolumesResponse>"
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestALargeBodyIsCut(t *testing.T) {
	calls := awsops.NewCalls(newClock().Now, 10, nil)
	calls.Watch()
	b := newBench(t, func(s *awsops.Settings) { s.Calls, s.HTTPClient = calls, large{1 << 20} })
	client, _ := b.Client(b.scope)
	if _, err := client.DescribeVolumes(t.Context(), &ec2.DescribeVolumesInput{}); err != nil {
		t.Fatal(err)
	}
	e, ok := calls.Exchange(calls.List()[0].Last())
	if !ok || !e.Cut || len(e.Response) != 64<<10 {
		t.Errorf("%v %v %d", ok, e.Cut, len(e.Response))
	}
}

func TestACallIsACommandLine(t *testing.T) {
	b, calls := newLogged(t, 10, nil)
	dry := b.request(t, "stop-instances", ids(webID))
	dry.DryRun = true
	_, _ = b.Run(t.Context(), dry)
	if got, want := calls.List()[0].CommandLine(), "aws ec2 stop-instances --instance-ids "+webID+" --profile test --region us-east-1 --dry-run"; got != want {
		t.Errorf("%s", got)
	}
	b = newBench(t, func(s *awsops.Settings) { s.Calls, s.Endpoint = calls, "https://ec2.test" })
	b.run(t, "describe-key-pairs", nil)
	if got := calls.List()[0].CommandLine(); !strings.HasSuffix(got, " --endpoint-url https://ec2.test") {
		t.Errorf("%s", got)
	}
}

func TestASinkGetsEachCall(t *testing.T) {
	fail := error(nil)
	var got []map[string]any
	b, calls := newLogged(t, 10, func(v any) error {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		var line map[string]any
		_ = json.Unmarshal(text, &line)
		got = append(got, line)
		return fail
	})
	_, _ = b.Run(t.Context(), b.request(t, "stop-instances", ids(webID)))
	if len(got) == 0 {
		t.Fatal("nothing")
	}
	line := got[len(got)-1]
	delete(line, "at")
	attempt := line["attempts"].([]any)[0].(map[string]any)
	if line["request_id"] == "" || line["request_id"] != attempt["request_id"] {
		t.Errorf("%v", line)
	}
	delete(line, "request_id")
	delete(line, "attempts")
	want := map[string]any{"profile": "test", "region": "us-east-1", "service": "EC2", "action": "StopInstances", "parameters": map[string]any{"InstanceIds": []any{webID}}, "result": "ok", "status": 200.0, "duration_ms": 0.0}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Error(diff)
	}
	if calls.Lost() != nil {
		t.Error(calls.Lost())
	}
	fail = os.ErrPermission
	b.run(t, "describe-regions", nil)
	if calls.Lost() == nil {
		t.Error("a log that cannot be written is not told")
	}
}

func TestCallsForCredentialsAreLoggedWithoutWhatTheySay(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte("[profile base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=basesecret\n[profile up]\nrole_arn=arn:aws:iam::111122223333:role/up\nsource_profile=base\nregion=eu-west-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_CA_BUNDLE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	calls := awsops.NewCalls(newClock().Now, 10, nil)
	calls.Watch()
	s := awsops.NewSession(awsops.Settings{Profiles: []string{"up"}, HTTPClient: stsAnswer{}, Calls: calls})
	if _, err := s.Open(t.Context(), "up"); err != nil {
		t.Fatal(err)
	}
	list := calls.List()
	if got := toldOf(calls); !slices.Equal(got, []string{"AssumeRole ok 200/"}) || list[0].Service != "STS" || list[0].Parameters() != nil || list[0].CommandLine() != "" {
		t.Fatalf("%q %+v", got, list)
	}
	if e, ok := calls.Exchange(list[0].Last()); !ok || !e.Withheld || strings.Contains(fmt.Sprintf("%+v", e), "given") {
		t.Errorf("%+v", e)
	}
}

// stsAnswer is an STS.
type stsAnswer struct{}

func (stsAnswer) Do(*http.Request) (*http.Response, error) {
	body := `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAGIVEN</AccessKeyId><SecretAccessKey>given</SecretAccessKey><SessionToken>given</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>`
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// BenchmarkACall tells what the log costs a call.
func BenchmarkACall(b *testing.B) {
	for _, logged := range []bool{false, true} {
		b.Run(fmt.Sprintf("logged=%v", logged), func(b *testing.B) {
			calls := (*awsops.Calls)(nil)
			if logged {
				calls = awsops.NewCalls(time.Now, 2000, nil)
			}
			bench := newBench(b, func(s *awsops.Settings) { s.Calls, s.HTTPClient = calls, large{10} })
			client, _ := bench.Client(bench.scope)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.DescribeVolumes(b.Context(), &ec2.DescribeVolumesInput{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
