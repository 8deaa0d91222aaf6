package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
)

// demonstration shows a row of the catalogue that is no operation on the
// program itself: in processes of its own, and in a terminal.
type demonstration struct {
	*testing.T
	shown []string // the inputs and outputs that have been seen to work
}

// demonstrations are the settings, screens and facts of the catalogue.
func demonstrations() map[string]func(*demonstration) {
	return map[string]func(*demonstration){
		"api-log": showAPILog, "credentials": showCredentials, "credentials-manage": showConnections, "account-id": showAccount,
		"region-and-endpoint": showEndpoint, "proxy": showProxy, "timeouts": showTimeouts, "sync-async": showWaiting,
		"result-envelope": showEnvelope, "export-delimiters": showDelimiters, "naming-format": showNaming, "polling": showPolling,
		"headless-invocation": showHeadless, "http-transport-facts": showTransport, "self-check": showSelfCheck,
	}
}

// sees notes names whose effect stands in a text.
func (d *demonstration) sees(names, text, want string) {
	d.Helper()
	if !strings.Contains(text, want) {
		d.Errorf("%s: %q is not in\n%s", names, want, text)
	}
	d.notes(names)
}

func (d *demonstration) notes(names string) { d.shown = append(d.shown, strings.Split(names, "; ")...) }

// runs is what the program prints, both streams, and its exit code.
func (d *demonstration) runs(env []string, args ...string) (string, int) {
	d.Helper()
	c := commandOf(d.T, args...)
	c.Env = append(c.Env, "AWS_EC2_METADATA_DISABLED=true")
	c.Env = append(c.Env, env...)
	out, err := c.CombinedOutput()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		d.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// opens is the program in a terminal, as its users have it.
func (d *demonstration) opens(env []string, args ...string) *terminal {
	d.Helper()
	self, err := os.Executable()
	if err != nil {
		d.Fatal(err)
	}
	program := filepath.Join(d.TempDir(), "ec2deck")
	if err := os.Symlink(self, program); err != nil {
		d.Fatal(err)
	}
	return open(d.T, 120, 40, env, program, args...)
}

// remote is a simulator over HTTP, with what its clients asked for.
type remote struct {
	*httptest.Server
	sim *ec2sim.Sim

	mu    sync.Mutex
	asked []*http.Request
}

func (d *demonstration) remote() *remote {
	d.Helper()
	r := &remote{sim: newStage(d.T).sim}
	answers := delayed(r.sim, 5*time.Millisecond)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		r.asked = append(r.asked, q)
		r.mu.Unlock()
		answers.ServeHTTP(w, q)
	}))
	d.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

// last is the last request.
func (r *remote) last() *http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.asked) == 0 {
		return &http.Request{Header: http.Header{}}
	}
	return r.asked[len(r.asked)-1]
}

// keys are the environment of a client of the simulator.
func (r *remote) keys() []string {
	a := r.sim.Accounts()[0]
	return []string{"AWS_ACCESS_KEY_ID=" + a.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + a.SecretAccessKey, "AWS_REGION=us-east-1"}
}

// env is the same, with the address.
func (r *remote) env() []string { return append(r.keys(), "AWS_ENDPOINT_URL="+r.URL) }

const demoFleet = "../../testdata/fleets/small.json"

// small begins a command line on the small account.
func small(args ...string) []string { return append([]string{"--demo", "--fleet", demoFleet}, args...) }

// file writes a file of a home directory.
func (d *demonstration) file(name, content string) string {
	d.Helper()
	path := filepath.Join(d.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.Fatal(err)
	}
	return path
}

func showAPILog(d *demonstration) {
	x := d.opens(nil, small()...)
	x.shows("● live")
	x.types("#")
	x.shows("DescribeInstanceStatus")
	screen := x.text()
	for names, want := range map[string]string{"time": "Time", "region": "us-east-1", "service/operation": "DescribeInstances", "http status": " 200 ", "duration": "ms", "attempts": "Tries", "result / error code / message": " ok"} {
		d.sees(names, screen, want)
	}
	x.types("\x1br#") // the table below is read again, live
	x.until("another call", func(s string) bool {
		return strings.Count(s, "DescribeInstances ") > strings.Count(screen, "DescribeInstances ")
	})
	d.notes("follow")
	x.types("/describeinstances -status ok\r")
	x.until("the filter and two answers", func(s string) bool {
		return strings.Contains(s, "calls match") && !strings.Contains(s, "DescribeInstanceStatus") && strings.Count(s, " ok ") > 1
	})
	d.notes("filter")
	x.types("\r")
	x.shows("Parameters")
	d.sees("parameters (redacted); request-id", x.text(), "MaxResults: ")
	x.types("G")
	x.shows("</instancesSet>")
	d.sees("headers and body on demand", x.text(), "</instancesSet>")
	file := filepath.Join(d.TempDir(), "calls.json")
	x.types("\x1b>\t" + file + "\r")
	x.shows("as json in")
	text, err := os.ReadFile(file)
	if err != nil {
		d.Fatal(err)
	}
	d.sees("export", string(text), `"operation": "DescribeInstances"`)
	x.types("q")
}

// another reads the instances again behind the API log, and filters it for
// what has been answered. Until the log has been opened no bodies are kept.
func (x *terminal) another() {
	x.t.Helper()
	listings := func(s string) int { return len(regexp.MustCompile(`DescribeInstances .* ok`).FindAllString(s, -1)) }
	before := listings(x.text())
	x.types("\x1b")
	x.until("no log", func(s string) bool { return !strings.Contains(s, "API log") })
	x.types("r#/describeinstances -status\r")
	x.until("another answer", func(s string) bool {
		return listings(s) > before && strings.Contains(s, "calls match") && !strings.Contains(s, "DescribeInstanceStatus")
	})
}

func showCredentials(d *demonstration) {
	r := d.remote()
	a := r.sim.Accounts()[0]
	out, code := d.runs(r.env(), "run", "list-instances")
	if d.sees("access-key-id; credential set", out, "i-0aa00000000000001"); code != 0 {
		d.Error(code)
	}
	out, code = d.runs(append(r.env(), "AWS_SECRET_ACCESS_KEY=wrong"), "run", "list-instances")
	if d.sees("secret-access-key", out, "ec2deck: AuthFailure"); code != 4 || strings.Contains(out, "wrong") {
		d.Error(code, out)
	}
	_, _ = d.runs(append(r.env(), "AWS_SESSION_TOKEN=a-session"), "run", "list-instances")
	d.sees("session-token", r.last().Header.Get("X-Amz-Security-Token"), "a-session")
	shared := d.file("credentials", "[ops]\naws_access_key_id = "+a.AccessKeyID+"\naws_secret_access_key = "+a.SecretAccessKey+"\n")
	out, _ = d.runs([]string{"AWS_SHARED_CREDENTIALS_FILE=" + shared}, "run", "list-instances", "--profile", "ops", "--region", "us-east-1", "--endpoint-url", r.URL)
	d.sees("profile", out, "i-0aa00000000000001")
	config := d.file("config.yaml", "connections:\n  live: {regions: us-east-1, key-name: ops, security-groups: sg-0aa00000000000011, endpoint-url: "+r.URL+"}\n")
	out, _ = d.runs(r.keys(), "--config", config, "--connection", "live", "run", "run-instances", "--image-id", "ami-0aa00000000000001", "--instance-type", "t3.micro", "--yes", "--output", "json", "--api-log", "-")
	d.sees("key-name", out, `"KeyName":"ops"`)
	d.sees("security-group-ids", out, `"SecurityGroupIds":["sg-0aa00000000000011"]`)
}

func showConnections(d *demonstration) {
	r := d.remote()
	config := d.file("config.yaml", "theme: dark\n")
	for _, step := range []struct{ line, says, file string }{
		{"connections set live regions=us-east-1 endpoint-url=" + r.URL, "", "live"}, // add, and save
		{"connections set live warning=CAREFUL", "", "CAREFUL"},                      // edit
		{"connections", "live", "regions"},                                           // list
		{"doctor --connection live", "account 123456789012", "live"},                 // validate
		{"connections remove live", "", "theme: dark"},                               // delete
		{"doctor --connection live", "the configuration has none", "theme: dark"},    // it is gone
	} {
		out, _ := d.runs(r.keys(), append([]string{"--config", config}, strings.Fields(step.line)...)...)
		d.sees("name; action; validation result", out, step.says)
		if text, err := os.ReadFile(config); err != nil || !strings.Contains(string(text), step.file) {
			d.Errorf("%s leaves %s %v", step.line, text, err)
		}
	}
	if text, _ := os.ReadFile(config); strings.Contains(string(text), "live") || strings.Contains(string(text), "AKIA") {
		d.Errorf("%s", text)
	}
	x := d.opens(r.keys(), "--config", config, "--endpoint-url", r.URL)
	x.shows("● live")
	x.types(",")
	x.shows("a new connection") // the screen for the same
	x.types("\x1bq")
}

func showAccount(d *demonstration) {
	x := d.opens(nil, small()...)
	x.shows("● live")
	d.sees("account-id", strings.SplitN(x.text(), "\n", 2)[0], "123456789012")
	x.types("q")
}

func showEndpoint(d *demonstration) {
	r := d.remote()
	out, _ := d.runs(r.keys(), "run", "list-instances", "--endpoint-url", r.URL, "--output", "json")
	d.sees("endpoint", out, "i-0aa00000000000001")
	d.sees("region", r.last().Header.Get("Authorization"), "/us-east-1/ec2/")
	_, _ = d.runs(r.keys(), "run", "list-instances", "--endpoint-url", r.URL, "--region", "eu-west-1")
	d.sees("region", r.last().Header.Get("Authorization"), "/eu-west-1/ec2/")
}

func showProxy(d *demonstration) {
	r := d.remote()
	host, port, _ := strings.Cut(strings.TrimPrefix(r.URL, "http://"), ":")
	out, code := d.runs(append(r.keys(), "AWS_ENDPOINT_URL=http://localhost:81"), "run", "list-instances", "--proxy-host", host, "--proxy-port", port)
	if d.sees("proxy-host; proxy-port", out, "i-0aa00000000000001"); code != 0 {
		d.Error(code)
	}
	d.sees("proxy-host", r.last().URL.String(), "http://localhost:81")
}

func showTimeouts(d *demonstration) {
	r := d.remote()
	r.sim.Inject(ec2sim.Fault{Action: "DescribeVolumes", Hang: true})
	out, code := d.runs(r.env(), "run", "describe-volumes", "--timeout", "1s")
	if d.sees("timeout", out, "no answer"); code != 6 {
		d.Error(code, out)
	}
	out, code = d.runs(r.env(), "run", "stop-instances", "--instance-ids", "i-0aa00000000000001", "--yes", "--wait", "--wait-timeout", "1s")
	if d.sees("wait-timeout", out, "stopping"); code != 6 {
		d.Error(code, out)
	}
}

func showWaiting(d *demonstration) {
	r := d.remote()
	stop := []string{"run", "stop-instances", "--yes", "--output", "json", "--instance-ids"}
	out, _ := d.runs(r.env(), append(stop, "i-0aa00000000000001")...)
	d.sees("mode", out, `"current-state": "stopping"`)
	out, _ = d.runs(r.env(), append(stop, "i-0aa00000000000001", "--wait")...)
	d.sees("mode", out, `"i-0aa00000000000001=stopped"`)
}

func showEnvelope(d *demonstration) {
	out, code := d.runs(nil, small("run", "list-instances", "--output", "json")...)
	d.sees("success", out, `"success": true`)
	if d.sees("exit-code", out, `"exit-code": 0`); code != 0 {
		d.Error(code)
	}
	out, code = d.runs(nil, small("run", "get-volume-details", "--volume-id", "vol-00000000", "--output", "json")...)
	d.sees("message", out, `"message": "`)
	if !strings.Contains(out, "InvalidVolume.NotFound") || !strings.Contains(out, `"exit-code": 1`) || code != 1 {
		d.Error(code, out)
	}
}

func showDelimiters(d *demonstration) {
	out, _ := d.runs(nil, small("run", "describe-instances", "--instance-ids", "i-0aa00000000000001", "--delimiter", "+", "--row-delimiter", `;\n`, "--col-delimiter", "|")...)
	d.sees("col-delimiter", out, "i-0aa00000000000001|ami-")
	d.sees("row-delimiter; delimited table", out, ";\n")
	out, _ = d.runs(nil, small("run", "describe-security-groups", "--delimiter", "+", "--output", "text")...)
	d.sees("delimiter", out, "+")
}

func showNaming(d *demonstration) {
	config := d.file("config.yaml", "naming: '{Name}={InstanceId}'\n")
	x := d.opens(nil, small("--config", config)...)
	x.shows("web-1=i-0aa00000000000001 ")
	d.notes("naming-format; display name")
	x.types("q")
}

func showPolling(d *demonstration) {
	r := d.remote()
	x := d.opens(r.env(), "--refresh-interval", "2s")
	x.shows("● live")
	times := func() (n int) {
		for _, c := range r.sim.Calls() {
			if c.Action == "DescribeInstances" {
				n++
			}
		}
		return n
	}
	first := times()
	x.types("#") // the log is drawn each second
	x.until("the next listing", func(string) bool { return times() > first+1 })
	d.notes("refresh-interval")
	x.types("\x1bq")
}

func showHeadless(d *demonstration) {
	out, code := d.runs(nil, small("run", "stop-instances", "--instance-ids", "i-0aa00000000000001", "--yes", "--output", "json")...)
	if d.sees("operation, --flags; action; envelope + result", out, `"operation": "stop-instances"`); code != 0 || !bytes.Contains([]byte(out), []byte(`"previous-state": "running"`)) {
		d.Error(code, out)
	}
}

func showTransport(d *demonstration) {
	r := d.remote()
	x := d.opens(r.env())
	x.shows("● live")
	x.types("#")
	x.shows("DescribeInstances")
	x.another()
	x.types("\r")
	x.shows("User-Agent:")
	d.sees("status, headers, body", x.text(), "HTTP 200")
	x.types("G")
	x.shows("</instancesSet>")
	x.types("\x1b\x1bq")
	if q := r.last(); q.Method != http.MethodPost || q.URL.Path != "/" || q.Proto != "HTTP/1.1" {
		d.Error(q.Method, q.URL, q.Proto)
	}
}

func showSelfCheck(d *demonstration) {
	x := d.opens(nil, small()...)
	x.shows("● live")
	x.types("%")
	x.shows("permissions in us-east-1")
	x.types("\x1bq")
	r := d.remote()
	host, port, _ := strings.Cut(strings.TrimPrefix(r.URL, "http://"), ":")
	a := r.sim.Accounts()[0]
	shared := d.file("credentials", "[ops]\naws_access_key_id = "+a.AccessKeyID+"\naws_secret_access_key = "+a.SecretAccessKey+"\n")
	out, code := d.runs([]string{"AWS_SHARED_CREDENTIALS_FILE=" + shared}, "doctor", "--profile", "ops", "--region", "us-east-1", "--endpoint-url", r.URL)
	d.sees("profile", out, "profile ops")
	d.sees("region", out, "region us-east-1: is enabled")
	if d.sees("endpoint-url; check list", out, "endpoint: "+r.URL); code != 0 {
		d.Error(code, out)
	}
	out, _ = d.runs(append(r.keys(), "AWS_ENDPOINT_URL=http://localhost:81"), "doctor", "--proxy-host", host, "--proxy-port", port)
	d.sees("proxy-host; proxy-port", out, "ok       answer of us-east-1")
}
