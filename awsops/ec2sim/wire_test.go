package ec2sim_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func send(t testing.TB, h ec2.HTTPClient, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := h.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestWireForm(t *testing.T) {
	b := newBench(t, "small")
	resp, body := send(t, b.sim, request(t, b.sim.Accounts()[0], "Action=DescribeRegions&Version=2016-11-15"))
	id := resp.Header.Get("X-Amzn-Requestid")
	want := `<?xml version="1.0" encoding="UTF-8"?>
<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>` + id + `</requestId><regionInfo>`
	if !strings.HasPrefix(body, want) {
		t.Errorf("got %s", body)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("request id %q", id)
	}
	if ct := resp.Header.Get("Content-Type"); ct != "text/xml;charset=UTF-8" {
		t.Error(ct)
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err != nil || time.Since(date).Abs() > time.Minute {
		t.Errorf("date %v %v: a clock in a test's hand must not look like skew", date, err)
	}

	resp, body = send(t, b.sim, request(t, b.sim.Accounts()[0], "Action=Nonsense&Version=2016-11-15"))
	id = resp.Header.Get("X-Amzn-Requestid")
	want = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>InvalidAction</Code><Message>The action Nonsense is not valid for this web service.</Message></Error></Errors><RequestID>` + id + `</RequestID></Response>`
	if resp.StatusCode != 400 || body != want {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestCredentials(t *testing.T) {
	b := newBench(t, "edge")
	good := b.sim.Accounts()[0]
	regions := func(a ec2sim.Account, region string) error {
		_, err := client(b.sim, a, region).DescribeRegions(b.ctx, &ec2.DescribeRegionsInput{})
		return err
	}
	stranger := good
	stranger.AccessKeyID = "AKIAUNKNOWN000000000"
	const refused = "AWS was not able to validate the provided access credentials"
	wantError(t, regions(stranger, east), 401, "AuthFailure", refused)
	wantError(t, regions(good, "ap-east-1"), 401, "AuthFailure", refused)
	wantError(t, regions(good, "mars-north-1"), 401, "AuthFailure", refused)

	r := request(t, good, "Action=DescribeRegions")
	r.Header.Del("Authorization")
	if resp, body := send(t, b.sim, r); resp.StatusCode != 403 || !strings.Contains(body, "<Code>MissingAuthenticationToken</Code>") {
		t.Error(resp.StatusCode, body)
	}
}

// Over a socket every signature is checked against the secret.
func TestSignatures(t *testing.T) {
	sim, err := ec2sim.New(ec2sim.Config{Fleet: fleet(t, "small")})
	if err != nil {
		t.Fatal(err)
	}
	sim.Inject(ec2sim.Fault{Delay: 5 * time.Millisecond}) // or the client may lose an answer on loopback
	server := httptest.NewServer(sim)
	defer server.Close()
	at := func(a ec2sim.Account) error {
		c := ec2.New(ec2.Options{Region: east, Credentials: credentials(a), BaseEndpoint: &server.URL, Retryer: aws.NopRetryer{}})
		_, err := c.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5)})
		return err
	}
	a := sim.Accounts()[0]
	if err := at(a); err != nil {
		t.Fatal(err)
	}
	a.SecretAccessKey += "x"
	wantError(t, at(a), 401, "AuthFailure", "AWS was not able to validate the provided access credentials")
}

func TestOldSignaturesExpire(t *testing.T) {
	for skew, ok := range map[time.Duration]bool{0: true, 14 * time.Minute: true, 16 * time.Minute: false, -16 * time.Minute: false} {
		sim, err := ec2sim.New(ec2sim.Config{Fleet: fleet(t, "small"), Skew: skew})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client(sim, sim.Accounts()[0], east).DescribeRegions(t.Context(), &ec2.DescribeRegionsInput{})
		switch {
		case ok && err != nil:
			t.Errorf("skew of %v: %v", skew, err)
		case !ok:
			wantError(t, err, 400, "RequestExpired", "Request has expired.")
		}
	}
}

func TestCallsAreRecorded(t *testing.T) {
	b := newBench(t, "small")
	_ = start(unknown)(b)
	calls := b.sim.Calls()
	if len(calls) != 1 {
		t.Fatal(calls)
	}
	c := calls[0]
	if c.Action != "StartInstances" || c.Region != east || c.Account != "123456789012" || c.Form.Get("InstanceId.1") != unknown ||
		c.Status != 400 || c.Code != "InvalidInstanceID.NotFound" {
		t.Errorf("%+v", c)
	}
	for range 10_000 {
		_, _ = send(t, b.sim, request(t, b.sim.Accounts()[0], "Action=X"))
	}
	if calls = b.sim.Calls(); len(calls) != 10_000 || calls[0].Action != "X" {
		t.Errorf("%d calls, the first %s", len(calls), calls[0].Action)
	}
	b.sim.ResetCalls()
	if len(b.sim.Calls()) != 0 {
		t.Error("calls after a reset")
	}
}

func TestFaults(t *testing.T) {
	html := "<html><body>502 Bad Gateway</body></html>"
	list := func(b *bench) error { return describe(ec2.DescribeInstancesInput{})(b) }
	cases := []struct {
		name  string
		fault ec2sim.Fault
		want  string
	}{
		{"EC2 error", ec2sim.Fault{Code: "InternalError", Message: "An internal error has occurred", Status: 500}, "InternalError: An internal error has occurred"},
		{"HTML 500", ec2sim.Fault{Raw: &ec2sim.RawAnswer{Status: 500, ContentType: "text/html", Body: html}}, "StatusCode: 500"},
		{"captive portal", ec2sim.Fault{Raw: &ec2sim.RawAnswer{ContentType: "text/html", Body: "<html><br></html>"}}, "deserialization failed"},
		{"cut body", ec2sim.Fault{Cut: true, CutAfter: 3000}, "deserialization failed"},
		{"no connection", ec2sim.Fault{Err: ec2sim.ErrConnection}, "connection reset by peer"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, "small")
			remove := b.sim.Inject(tc.fault)
			if err := list(b); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			remove()
			if err := list(b); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

func TestFaultsMatchAndCount(t *testing.T) {
	b := newBench(t, "small")
	b.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Region: west, Code: "Elsewhere"})
	b.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Nth: 2, Times: 1, Code: "Once"})
	for i, want := range []string{"", "Once", ""} {
		err := describe(ec2.DescribeInstancesInput{})(b)
		if (err != nil) != (want != "") {
			t.Errorf("call %d: %v", i+1, err)
		}
	}
}

func TestHangEndsWithTheContext(t *testing.T) {
	b := newBench(t, "small")
	b.sim.Inject(ec2sim.Fault{Action: "StopInstances", Hang: true})
	b.sim.Inject(ec2sim.Fault{Action: "TerminateInstances", Hang: true, TakesEffect: true})
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Millisecond)
	defer cancel()
	_, err := b.ec2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids(web)})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	b.wantState(web, "running")
	ctx2, cancel2 := context.WithTimeout(b.ctx, 20*time.Millisecond)
	defer cancel2()
	_, err = b.ec2.TerminateInstances(ctx2, &ec2.TerminateInstancesInput{InstanceIds: ids(web)})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	b.wantState(web, "shutting-down") // the answer was lost, the deed was done
}

func TestHeldAnswer(t *testing.T) {
	b := newBench(t, "small")
	gate := make(chan struct{})
	b.sim.Inject(ec2sim.Fault{Action: "StopInstances", Until: gate})
	done := make(chan error)
	go func() { done <- stop(ec2.StopInstancesInput{InstanceIds: ids(web)})(b) }()
	b.wantState(web, "running") // others are served meanwhile
	close(gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.wantState(web, "stopping")
}

func TestCutOverASocket(t *testing.T) {
	sim, err := ec2sim.New(ec2sim.Config{Fleet: fleet(t, "small"), IgnoreSignatures: true, IgnoreClock: true})
	if err != nil {
		t.Fatal(err)
	}
	sim.Inject(ec2sim.Fault{Cut: true, CutAfter: 100, Delay: 5 * time.Millisecond})
	server := httptest.NewServer(sim)
	defer server.Close()
	r := request(t, sim.Accounts()[0], "Action=DescribeInstances")
	r.URL, _ = url.Parse(server.URL)
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 100 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func TestThrottle(t *testing.T) {
	b := newBench(t, "small", func(c *ec2sim.Config) {
		c.Throttle = &ec2sim.Throttle{ReadBurst: 2, ReadPerSecond: 1, ResourceBurst: 3, ResourcePerSecond: 1}
	})
	list := describe(ec2.DescribeInstancesInput{})
	for range 2 {
		if err := list(b); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, list(b), 503, "RequestLimitExceeded", "Request limit exceeded.")
	if err := status(ec2.DescribeInstanceStatusInput{})(b); err != nil {
		t.Errorf("another action shares the bucket: %v", err)
	}
	if _, err := b.in(west).DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{}); err != nil {
		t.Errorf("another region shares the bucket: %v", err)
	}
	b.clock.pass(time.Second)
	if err := list(b); err != nil {
		t.Errorf("not refilled: %v", err)
	}
	if err := terminate(web, stopped, spot, store)(b); err == nil {
		t.Error("four instances for three resource tokens")
	}
	b.clock.pass(time.Second)
	b.wantState(web, "running")
}

// FuzzRequest throws anything at the dispatcher: it must answer, and in XML.
func FuzzRequest(f *testing.F) {
	sim, err := ec2sim.New(ec2sim.Config{IgnoreClock: true, Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"Action=DescribeInstances&MaxResults=5&Filter.1.Name=tag:Name&Filter.1.Value.1=*web?\\*",
		"Action=RunInstances&ImageId=ami-1&MinCount=1&MaxCount=2&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a",
		"Action=DescribeInstanceAttribute&InstanceId=i-00000000&Attribute=userData",
		"Action=ModifyInstanceAttribute&InstanceId=i-00000000&DisableApiStop.Value=true",
		"Action=StopInstances&InstanceId.1=i-00000000&Force=maybe&DryRun=true",
		"Action=DescribeVolumes&NextToken=AAAAAAAAAAA%3D", "Action=DescribeSecurityGroups&GroupName.1=%00%1b",
		"Action=%ff<&>", "&&&==;%", "Action=DescribeAvailabilityZones&ZoneId.1=x", "Action=GetConsoleOutput&InstanceId=i-00000000&Latest=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		_, answer := send(t, sim, request(t, sim.Accounts()[0], body))
		dec := xml.NewDecoder(strings.NewReader(answer))
		for {
			if _, err := dec.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatalf("%v in %q", err, answer)
			}
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	b := newBench(t, "small")
	done := make(chan error)
	calls := []func(*bench) error{
		describe(ec2.DescribeInstancesInput{}), start(stopped), stop(ec2.StopInstancesInput{InstanceIds: ids(web)}),
		run(func(*ec2.RunInstancesInput) {}), terminate(windows), status(ec2.DescribeInstanceStatusInput{}),
	}
	for _, call := range calls {
		go func() {
			for range 20 {
				_ = call(b) // states refuse some of them
				b.clock.pass(100 * time.Millisecond)
				b.sim.SetInstance(east, graviton, func(in *ec2sim.Instance) { in.SetTag("Name", "busy") })
			}
			done <- nil
		}()
	}
	for range calls {
		<-done
	}
	if n := len(b.sim.Calls()); n != 20*len(calls) {
		t.Errorf("%d calls", n)
	}
}
