package ec2sim_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
)

const (
	east = "us-east-1"
	west = "eu-west-1"
)

// id is the n-th instance of the fixture fleets.
func id(n string) string { return "i-0aa000000000000" + n }

var (
	web, stopped, protected, store = id("01"), id("02"), id("03"), id("04")
	spot, windows, impaired, event = id("05"), id("06"), id("07"), id("08")
	twoENI, hibernate, terminated  = id("09"), id("0a"), id("0b")
	pending, hostile, stopping     = id("0c"), id("0d"), id("0e")
	shuttingDown, graviton         = id("0f"), id("10")
	unknown, unknown2              = "i-0ffffffffffffffff", "i-0fffffffffffffffe"
)

// clock is a clock in the hand of a test.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// bench is a simulator with a client and a clock.
type bench struct {
	*testing.T
	sim   *ec2sim.Sim
	ec2   *ec2.Client
	clock *clock
	ctx   context.Context
}

func fleet(t testing.TB, name string) *ec2sim.Fleet {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "fleets", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	fleet, err := ec2sim.ReadFleet(f)
	if err != nil {
		t.Fatal(err)
	}
	return fleet
}

func newBench(t *testing.T, fleetName string, change ...func(*ec2sim.Config)) *bench {
	t.Helper()
	c := newClock()
	cfg := ec2sim.Config{Now: c.now, Seed: 1}
	if fleetName != "" {
		cfg.Fleet = fleet(t, fleetName)
	}
	for _, f := range change {
		f(&cfg)
	}
	sim, err := ec2sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t, sim, client(sim, sim.Accounts()[0], east), c, t.Context()}
}

type credentials ec2sim.Account

func (c credentials) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}, nil
}

func client(h ec2.HTTPClient, a ec2sim.Account, region string) *ec2.Client {
	return ec2.New(ec2.Options{
		HTTPClient: h, Region: region, Credentials: credentials(a),
		BaseEndpoint: aws.String("http://ec2.example.com"),
		Retryer:      aws.NopRetryer{},
	})
}

// in is the client for another region.
func (b *bench) in(region string) *ec2.Client { return client(b.sim, b.sim.Accounts()[0], region) }

func (b *bench) state(id string) string {
	b.Helper()
	out, err := b.ec2.DescribeInstances(b.ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		b.Fatal(err)
	}
	return string(out.Reservations[0].Instances[0].State.Name)
}

// wantError checks code, message and HTTP status of an error, all exactly.
func wantError(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("error is %v, want an API error", err)
	}
	if api.ErrorCode() != code || api.ErrorMessage() != message {
		t.Errorf("got  %s: %s\nwant %s: %s", api.ErrorCode(), api.ErrorMessage(), code, message)
	}
	var re *awshttp.ResponseError
	if !errors.As(err, &re) || re.HTTPStatusCode() != status {
		t.Errorf("status of %v is not %d", err, status)
	}
	if re != nil && len(re.RequestID) != 36 {
		t.Errorf("request id is %q", re.RequestID)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
