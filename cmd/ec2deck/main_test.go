package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ec2deck": main, "empty": runEmpty})
}

// TestScripts runs the program in processes of its own. Besides testscript's
// commands there are:
//
//	exits CODE ec2deck ...       run and compare the exit code
//	scrubbed                     the last output, with times and request IDs taken out, as stdout
//	simulate                     serve the small fleet and point the environment at it
//	fault ACTION CODE STATUS [N|REGION]
//	                             answer ACTION with an error, from the Nth call on, or in one region
//	hang ACTION [REGION]         never answer ACTION; * is every action
//	calls ACTION N               compare how often ACTION was asked for
//	interrupted SIGNAL CODE ec2deck ...
//	                             send SIGNAL when a hanging call has arrived
//	closed VAR, mute VAR         an address where nobody listens, or nobody answers
func TestScripts(t *testing.T) {
	fleets, err := filepath.Abs("../../testdata/fleets")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script", UpdateScripts: *update, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("SMALL", filepath.Join(fleets, "small.json"))
			e.Setenv("KEYS", filepath.Join(filepath.Dir(fleets), "keys"))
			e.Setenv("FLEET", "--demo --fleet "+filepath.Join(fleets, "small.json"))
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Values["host"] = &host{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "scrubbed": scrubbed, "simulate": simulate, "fault": fault, "hang": hang,
			"calls": calls, "interrupted": interrupted, "closed": closed, "mute": mute,
		},
	})
}

// host is the simulator of a script.
type host struct {
	sim     *ec2sim.Sim
	arrived chan struct{}
}

func hostOf(ts *testscript.TestScript) *host { return ts.Value("host").(*host) }

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program [args]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if failed, ok := err.(*exec.ExitError); ok {
		code = failed.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func scrubbed(ts *testscript.TestScript, _ bool, _ []string) {
	s := ts.ReadFile("stdout")
	for _, r := range []struct{ pattern, with string }{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "UUID"},
		{`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| GMT)`, "TIME"},
		{`[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000`, "TIME"},
		{`\[ *\d+\.\d{6}\]`, "[SECONDS]"},
	} {
		s = regexp.MustCompile(r.pattern).ReplaceAllString(s, r.with)
	}
	_, _ = ts.Stdout().Write([]byte(s))
	ts.Check(os.WriteFile(ts.MkAbs("scrubbed"), []byte(s), 0o600))
	ts.Check(ts.Exec("cat", "scrubbed"))
}

func simulate(ts *testscript.TestScript, _ bool, _ []string) {
	file, err := os.Open(ts.Getenv("SMALL"))
	ts.Check(err)
	fleet, err := ec2sim.ReadFleet(file)
	ts.Check(err)
	_ = file.Close()
	h := hostOf(ts)
	h.sim, err = ec2sim.New(ec2sim.Config{Fleet: fleet})
	ts.Check(err)
	h.arrived = make(chan struct{}, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.arrived <- struct{}{}
		delayed(h.sim, 5*time.Millisecond).ServeHTTP(w, r)
	}))
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	account := h.sim.Accounts()[0]
	ts.Setenv("AWS_ENDPOINT_URL", server.URL)
	ts.Setenv("AWS_ACCESS_KEY_ID", account.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", account.SecretAccessKey)
	ts.Setenv("AWS_REGION", "us-east-1")
}

func fault(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[2])
	ts.Check(err)
	f := ec2sim.Fault{Action: strings.Trim(args[0], "*"), Code: args[1], Message: "injected", Status: status}
	if len(args) > 3 {
		if f.Nth, err = strconv.Atoi(args[3]); err != nil {
			f.Region = args[3]
		}
	}
	hostOf(ts).sim.Inject(f)
}

func hang(ts *testscript.TestScript, _ bool, args []string) {
	f := ec2sim.Fault{Action: strings.Trim(args[0], "*"), Hang: true}
	if len(args) > 1 {
		f.Region = args[1]
	}
	hostOf(ts).sim.Inject(f)
}

func calls(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	for _, c := range hostOf(ts).sim.Calls() {
		if c.Action == args[0] {
			n++
		}
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("%s was called %d times, want %s", args[0], n, args[1])
	}
}

func interrupted(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"SIGINT": os.Interrupt, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP}
	var program string
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, args[2]); program == "" {
			if _, err := os.Stat(path); err == nil {
				program = path
			}
		}
	}
	errs, err := os.Create(ts.MkAbs("interrupted.stderr"))
	ts.Check(err)
	c := exec.Command(program, args[3:]...)
	c.Dir, c.Stderr = ts.MkAbs("."), errs
	for _, name := range []string{"PATH", "HOME", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "GOCOVERDIR"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	h := hostOf(ts)
	for len(h.arrived) > 0 {
		<-h.arrived
	}
	ts.Check(c.Start())
	<-h.arrived
	ts.Check(c.Process.Signal(signals[args[0]]))
	_ = c.Wait() // the code is looked at below
	if got := fmt.Sprint(c.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s, want %s: %s", got, args[1], ts.ReadFile("interrupted.stderr"))
	}
}

func closed(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

func mute(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // connections wait in the backlog
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Defer(func() { _ = l.Close() })
}

// TestNoFlagMeansTwoThings compares the inputs of the operations with the
// flags that every command has.
func TestNoFlagMeansTwoThings(t *testing.T) {
	p := &program{out: os.Stdout, errs: os.Stderr, getenv: os.Getenv}
	root := p.tree()
	for _, c := range root.Commands() {
		if c.Name() != "run" {
			continue
		}
		for _, op := range c.Commands() {
			var local []string
			for _, f := range []string{"profile", "region", "endpoint-url", "proxy-host", "proxy-port", "timeout", "wait-timeout", "refresh-interval", "read-only", "ascii", "demo", "instances", "fleet"} {
				if op.LocalNonPersistentFlags().Lookup(f) != nil {
					local = append(local, f)
				}
			}
			if len(local) > 0 {
				t.Errorf("%s has inputs that hide global flags: %v", op.Name(), slices.Compact(local))
			}
		}
	}
}
