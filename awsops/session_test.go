package awsops_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// clock is turned by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// sleep turns the clock instead of waiting.
func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// wire records what is sent on its way to the simulator.
type wire struct {
	to   aws.HTTPClient
	mu   sync.Mutex
	sent []url.Values
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.sent = append(w.sent, form)
	w.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	return w.to.Do(r)
}

// bench is a session on a simulator of the small fleet.
type bench struct {
	*awsops.Session
	sim   *ec2sim.Sim
	wire  *wire
	clock *clock
	scope awsops.Scope

	settings awsops.Settings
}

func newBench(t testing.TB, change ...func(*awsops.Settings)) *bench {
	t.Helper()
	file, err := os.Open("../testdata/fleets/small.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	fleet, err := ec2sim.ReadFleet(file)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{clock: newClock()}
	if b.sim, err = ec2sim.New(ec2sim.Config{Fleet: fleet, Now: b.clock.Now}); err != nil {
		t.Fatal(err)
	}
	b.wire = &wire{to: b.sim}
	account := b.sim.Accounts()[0]
	settings := awsops.Settings{
		Profiles: []string{"test"}, Regions: []string{"us-east-1"}, Timeout: 30 * time.Second,
		Keys: map[string]aws.CredentialsProvider{"test": static(account)}, HTTPClient: b.wire,
		ReadFile: func(path string) ([]byte, error) { return os.ReadFile(filepath.Join("../testdata/keys", path)) },
	}
	for _, c := range change {
		c(&settings)
	}
	b.settings = settings
	b.Session = awsops.NewSession(settings)
	scopes, err := b.Open(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	b.scope = scopes[0]
	b.sim.ResetCalls()
	return b
}

// static is the credentials of an account of the simulator.
func static(a ec2sim.Account) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey, AccountID: a.ID}, nil
	})
}

// request is an operation with everything confirmed.
func (b *bench) request(t testing.TB, name string, v awsops.Values) awsops.Request {
	t.Helper()
	op, ok := awsops.Find(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return awsops.Request{Operation: op, Scope: b.scope, Values: v, Confirmed: awsops.Typed}
}

// ids are the values of a change.
func ids(list ...string) awsops.Values { return awsops.Values{"instance-ids": list} }

// count is how often an action reached the simulator.
func (b *bench) count(action string) int {
	n := 0
	for _, c := range b.sim.Calls() {
		if c.Action == action {
			n++
		}
	}
	return n
}

// demo is the built-in fleet, changed.
func demo(t testing.TB, change func(*ec2sim.Fleet)) *ec2sim.Fleet {
	return changed(t, "ec2sim/demo.json", change)
}

func changed(t testing.TB, path string, change func(*ec2sim.Fleet)) *ec2sim.Fleet {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	fleet, err := ec2sim.ReadFleet(file)
	if err != nil {
		t.Fatal(err)
	}
	change(fleet)
	return fleet
}

// onFleet is a session of one of a fleet's accounts.
func onFleet(t testing.TB, fleet *ec2sim.Fleet, account int) *bench {
	t.Helper()
	b := &bench{clock: newClock()}
	var err error
	if b.sim, err = ec2sim.New(ec2sim.Config{Fleet: fleet, Now: b.clock.Now}); err != nil {
		t.Fatal(err)
	}
	b.wire = &wire{to: b.sim}
	a := b.sim.Accounts()[account]
	b.Session = awsops.NewSession(awsops.Settings{
		Profiles: []string{a.Profile}, Regions: []string{"us-east-1"}, Timeout: 30 * time.Second,
		Keys: map[string]aws.CredentialsProvider{a.Profile: static(a)}, HTTPClient: b.wire,
	})
	scopes, err := b.Open(t.Context(), a.Profile)
	if err != nil {
		t.Fatal(err)
	}
	b.scope = scopes[0]
	return b
}
