// Package ec2sim is an in-process Amazon EC2: it speaks the EC2 Query protocol
// (API version 2016-11-15) to any client, keeps its resources in memory and
// moves them along on a clock that the caller may hold in hand.
//
// A Sim is an http.Handler, for clients that need a socket, and has the Do
// method of an HTTP client, for SDK clients that should open none:
//
//	sim, err := ec2sim.New(ec2sim.Config{})
//	client := ec2.New(ec2.Options{HTTPClient: sim, Region: "us-east-1", Credentials: ...})
//
// There are no goroutines and no timers. A transition is an entry in an agenda
// ("this instance is running from 12:00:02 on"), and whatever is due happens
// when the next request arrives. A test that turns the clock forward sees the
// change at once.
//
// An action is a row in the list of its noun (see Sim.actions), and a noun is
// one file: what an action is called, whether it changes something, which
// parameters it must have, and the function that answers it.
package ec2sim

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Config says what a simulator holds and how it behaves. The zero value is
// the demo fleet on the host's clock.
type Config struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Fleet is what exists at the start; nil means the built-in demo.
	Fleet *Fleet
	// Instances, when positive, grows or cuts the first region of the first
	// account to this many instances.
	Instances int
	// Delays are the lengths of the transitions; nil means DefaultDelays.
	Delays *Delays
	// Throttle limits the rate of calls; nil means no limit.
	Throttle *Throttle
	// Seed chooses the identifiers. The same seed and the same calls make the
	// same identifiers.
	Seed uint64
	// IgnoreClock accepts requests of any age. A clock given in Now implies
	// it, because clients go on signing with the time of the host.
	IgnoreClock bool
	// Skew is how far the simulator's wall clock runs ahead of the host's, as
	// clients see it in the Date header and in refusals of old signatures.
	Skew time.Duration
	// VerifySignatures makes Do check signatures too. ServeHTTP always does,
	// unless IgnoreSignatures is set.
	VerifySignatures bool
	// IgnoreSignatures accepts every signature of a known access key.
	IgnoreSignatures bool
}

// Account is what a client needs to connect as one of the fleet's accounts.
type Account struct {
	Profile         string
	ID              string
	AccessKeyID     string
	SecretAccessKey string
	// Regions are the regions that are enabled for the account.
	Regions []string
}

// Sim is a simulated EC2. It is safe for concurrent use.
type Sim struct {
	cfg           Config
	delays        Delays
	actions       map[string]action
	secret        []byte // signs pagination tokens
	legacyBundles bool   // instances can still be bundled

	mu       sync.Mutex
	accounts []*account
	given    []given
	agenda   agenda
	ids      *idSource
	bakes    *idSource // of the images of accounts, apart too
	rules    *idSource // apart from ids too: a fleet with other rules has the same instances
	requests *idSource // apart from ids, so that polling does not change what the next resource is called
	buckets  map[bucketKey]*bucket
	faults   []*fault
	calls    []Call
	nextCall int
	publics  int // public addresses handed out
}

//go:embed demo.json
var demoFleet []byte

// New builds a simulator.
func New(cfg Config) (*Sim, error) {
	fleet := cfg.Fleet
	if fleet == nil {
		demo, err := ReadFleet(bytes.NewReader(demoFleet))
		if err != nil {
			return nil, fmt.Errorf("the built-in fleet: %w", err)
		}
		fleet = demo
	}
	s := &Sim{
		cfg:      cfg,
		delays:   DefaultDelays(),
		ids:      newIDSource(cfg.Seed, 1),
		rules:    newIDSource(cfg.Seed, 4),
		bakes:    newIDSource(cfg.Seed, 8),
		requests: newIDSource(cfg.Seed, 2),
		buckets:  map[bucketKey]*bucket{},
	}
	if cfg.Delays != nil {
		s.delays = *cfg.Delays
	}
	s.secret = []byte(newIDSource(cfg.Seed, 3).hex(32))
	s.actions, s.legacyBundles = allActions(), fleet.LegacyBundles
	if err := s.build(fleet, cfg.Instances); err != nil {
		return nil, err
	}
	return s, nil
}

// Accounts lists the accounts of the fleet in its order.
func (s *Sim) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Account
	for _, a := range s.accounts {
		acc := a.Account
		acc.Regions = append([]string(nil), a.Regions...)
		out = append(out, acc)
	}
	return out
}

// now is the time by which resources change.
func (s *Sim) now() time.Time {
	if s.cfg.Now != nil {
		return s.cfg.Now().UTC()
	}
	return time.Now().UTC()
}

// wall is the time that clients are told and against which signatures are
// checked. A clock held by a test stays out of it: the SDK would measure the
// difference to the host as skew and retry what it must not.
func (s *Sim) wall() time.Time {
	return time.Now().UTC().Add(s.cfg.Skew)
}

// ServeHTTP answers a request that came over a socket.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rep, err := s.answer(r, !s.cfg.IgnoreSignatures)
	if err != nil {
		// The client has gone or a fault breaks the connection: say nothing.
		panic(http.ErrAbortHandler)
	}
	for k, v := range rep.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(rep.body)))
	w.WriteHeader(rep.status)
	if rep.cut >= 0 && rep.cut < len(rep.body) {
		_, _ = w.Write(rep.body[:rep.cut])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(rep.body)
}

// Do answers a request without a socket, as the HTTP client of an SDK client.
func (s *Sim) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	rep, err := s.answer(r, s.cfg.VerifySignatures && !s.cfg.IgnoreSignatures)
	if err != nil {
		return nil, err
	}
	var body io.Reader = bytes.NewReader(rep.body)
	if rep.cut >= 0 && rep.cut < len(rep.body) {
		body = io.MultiReader(bytes.NewReader(rep.body[:rep.cut]), brokenReader{})
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", rep.status, http.StatusText(rep.status)),
		StatusCode:    rep.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        rep.header,
		Body:          io.NopCloser(body),
		ContentLength: int64(len(rep.body)),
		Request:       r,
	}, nil
}

// brokenReader is the end of a connection that closed too early.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
