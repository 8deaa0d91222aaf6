package awsops_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

// outcome is what an error must say and how often the call was sent.
type outcome struct {
	class awsops.Class
	exit  int
	code  string
	says  []string
	sent  int
}

func dial(err error) error {
	return &url.Error{Op: "Post", URL: "https://ec2.us-east-1.amazonaws.com/", Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}}
}

// TestFaults strikes one read and one change with everything that can happen
// to an answer. A read is repeated; a change never is, unless it cannot have
// arrived, and its outcome is then unknown.
func TestFaults(t *testing.T) {
	unknown := []string{"may have arrived: look at the targets"}
	html := "<html>\n<head><title>502 Bad Gateway</title></head><body>The proxy could not reach the host</body></html>"
	tests := []struct {
		name         string
		fault        ec2sim.Fault
		read, change outcome
	}{
		{"an HTML error page of a proxy", ec2sim.Fault{Raw: &ec2sim.RawAnswer{Status: 500, ContentType: "text/html", Body: html}},
			outcome{awsops.Network, 5, "NotEC2", []string{"HTTP 500", "502 Bad Gateway", "The proxy could not reach", "Check the proxy"}, 3},
			outcome{awsops.Unknown, 8, "NotEC2", append(unknown, "HTTP 500", "502 Bad Gateway"), 1}},
		{"a captive portal", ec2sim.Fault{Raw: &ec2sim.RawAnswer{ContentType: "text/html", Body: "<!DOCTYPE html><title>Welcome to Hotel Wi-Fi</title>"}},
			outcome{awsops.Network, 5, "NotEC2", []string{"HTTP 200", "Welcome to Hotel Wi-Fi", "captive portal"}, 1},
			outcome{awsops.Unknown, 8, "NotEC2", append(unknown, "HTTP 200", "Welcome to Hotel Wi-Fi"), 1}},
		{"an empty answer", ec2sim.Fault{Raw: &ec2sim.RawAnswer{}},
			outcome{awsops.Network, 5, "NotEC2", []string{"HTTP 200", "is empty"}, 1},
			outcome{awsops.Unknown, 8, "NotEC2", append(unknown, "HTTP 200", "is empty"), 1}},
		{"an answer that is cut off at once", ec2sim.Fault{Cut: true, CutAfter: 10},
			outcome{awsops.Network, 5, "BrokenAnswer", []string{"broke off", "<?xml vers"}, 3},
			outcome{awsops.Unknown, 8, "BrokenAnswer", append(unknown, "broke off"), 1}},
		{"an answer that is cut off later", ec2sim.Fault{Cut: true, CutAfter: 400},
			outcome{awsops.Network, 5, "BrokenAnswer", []string{"broke off"}, 3},
			outcome{awsops.Unknown, 8, "BrokenAnswer", append(unknown, "broke off"), 1}},
		{"an error without a message", ec2sim.Fault{Code: "IncorrectState", Message: ""},
			outcome{awsops.Refused, 1, "IncorrectState", []string{"EC2 gave no message", "another state"}, 1},
			outcome{awsops.Refused, 1, "IncorrectState", []string{"EC2 gave no message", "another state"}, 1}},
		{"throttling that does not end", ec2sim.Fault{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503},
			outcome{awsops.Throttling, 1, "RequestLimitExceeded", []string{"Request limit exceeded.", "Asked 3 times. EC2 is throttling this account in us-east-1"}, 3},
			outcome{awsops.Throttling, 1, "RequestLimitExceeded", []string{"throttling this account in us-east-1"}, 3}},
		{"a fault inside EC2", ec2sim.Fault{Code: "InternalError", Message: "An internal error has occurred", Status: 500},
			outcome{awsops.Refused, 1, "InternalError", []string{"An internal error has occurred", "AWS's side"}, 3},
			outcome{awsops.Unknown, 8, "InternalError", append(unknown, "An internal error has occurred"), 1}},
		{"no answer at all", ec2sim.Fault{Hang: true},
			outcome{awsops.TimedOut, 6, "Timeout", []string{"no answer in time", "--timeout"}, 1},
			outcome{awsops.Unknown, 8, "Timeout", append(unknown, "no answer in time"), 1}},
		{"a connection that is refused", ec2sim.Fault{Err: dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))},
			outcome{awsops.Network, 5, "NoConnection", []string{"connection refused", "--endpoint-url"}, 3},
			outcome{awsops.Network, 5, "NoConnection", []string{"connection refused"}, 3}},
		{"a name that cannot be found", ec2sim.Fault{Err: dial(&net.DNSError{Err: "no such host", Name: "ec2.us-east-1.amazonaws.com", IsNotFound: true})},
			outcome{awsops.Network, 5, "NoConnection", []string{"the name ec2.us-east-1.amazonaws.com cannot be found", "DNS"}, 1},
			outcome{awsops.Network, 5, "NoConnection", []string{"cannot be found"}, 3}},
		{"a connection that breaks after the request", ec2sim.Fault{Err: &url.Error{Op: "Post", URL: "https://x/", Err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}, TakesEffect: true},
			outcome{awsops.Network, 5, "NoConnection", []string{"connection reset"}, 3},
			outcome{awsops.Unknown, 8, "NoConnection", append(unknown, "connection reset"), 1}},
	}
	for _, test := range tests {
		t.Run(test.name+" for a read", func(t *testing.T) { strike(t, test.fault, "describe-instances", nil, test.read) })
		t.Run(test.name+" for a change", func(t *testing.T) {
			strike(t, test.fault, "stop-instances", ids("i-0aa00000000000001"), test.change)
		})
	}
}

// strike runs an operation against a fault, in a bubble of its own time.
func strike(t *testing.T, fault ec2sim.Fault, name string, v awsops.Values, want outcome) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(fault)
		r := b.request(t, name, v)
		_, err := b.Run(t.Context(), r)
		if got := awsops.ExitCode(err); got != want.exit {
			t.Errorf("exit code %d, want %d", got, want.exit)
		}
		e := awsops.AsError(err)
		if e == nil {
			t.Fatalf("no *Error but %v", err)
		}
		if e.Class != want.class || e.Code != want.code {
			t.Errorf("class %d code %s, want class %d code %s", e.Class, e.Code, want.class, want.code)
		}
		for _, words := range want.says {
			if !strings.Contains(e.Error(), words) {
				t.Errorf("%q does not say %q", e.Error(), words)
			}
		}
		if got := len(b.sim.Calls()); got != want.sent {
			t.Errorf("sent %d times, want %d", got, want.sent)
		}
	})
}

func TestAReadRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Cut: true, CutAfter: 500, Times: 2})
		res, err := b.Run(t.Context(), b.request(t, "describe-instances", nil))
		if err != nil || len(res.Table.Rows) != 16 {
			t.Errorf("%d rows, %v", len(res.Table.Rows), err)
		}
	})
}

func TestGivingUp(t *testing.T) {
	for name, want := range map[string]struct {
		op   string
		v    awsops.Values
		exit int
		says string
	}{
		"a change is unknown": {"stop-instances", ids("i-0aa00000000000001"), 8, "may have arrived"},
		"a read is cancelled": {"describe-instances", nil, 6, "given up"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.sim.Inject(ec2sim.Fault{Hang: true})
				ctx, cancel := context.WithCancel(t.Context())
				var err error
				done := make(chan struct{})
				go func() {
					_, err = b.Run(ctx, b.request(t, want.op, want.v))
					close(done)
				}()
				synctest.Wait()
				cancel()
				<-done
				if awsops.ExitCode(err) != want.exit || !strings.Contains(err.Error(), want.says) {
					t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
				}
			})
		})
	}
}
