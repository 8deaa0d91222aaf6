package ec2sim

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Fault is a failure that the simulator is told to show. The first three
// members say which calls it strikes; empty ones match everything. Of the
// faults that match a call, the one injected last strikes.
type Fault struct {
	Action  string
	Region  string
	Account string // account id
	// Nth strikes only the nth matching call and those after it; 0 means 1.
	Nth int
	// Times is how often it strikes; 0 means until removed.
	Times int

	// Delay holds the answer back in real time, Until until the channel is
	// closed, Hang until the request's context ends.
	Delay time.Duration
	Until <-chan struct{}
	Hang  bool

	// Code, Message and Status make an EC2 error. Status 0 means 400.
	Code, Message string
	Status        int

	// Raw replaces the answer by a body of any kind, as a proxy or a captive
	// portal would send it.
	Raw *RawAnswer

	// Cut closes the connection after CutAfter bytes of the body.
	Cut      bool
	CutAfter int

	// Err is returned by Do instead of an answer; a socket is closed.
	Err error

	// TakesEffect lets the call do its work before the fault hides the
	// outcome, as when an answer is lost on its way.
	TakesEffect bool
}

// RawAnswer is an answer that need not be one of EC2.
type RawAnswer struct {
	Status      int // 0 means 200
	ContentType string
	Body        string
}

// fault is an injected Fault with its count.
type fault struct {
	Fault
	seen, struck int
}

// Inject adds a fault and returns the function that takes it away again.
func (s *Sim) Inject(f Fault) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &fault{Fault: f}
	s.faults = append(s.faults, in)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, g := range s.faults {
			if g == in {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
				return
			}
		}
	}
}

// strike finds the fault for a call and counts it. The caller holds the lock.
func (s *Sim) strike(action, region, account string) *Fault {
	for i := len(s.faults) - 1; i >= 0; i-- {
		f := s.faults[i]
		if !f.matches(action, region, account) {
			continue
		}
		f.seen++
		if f.seen < f.Nth || (f.Times > 0 && f.struck >= f.Times) {
			continue
		}
		f.struck++
		return &f.Fault
	}
	return nil
}

func (f *fault) matches(action, region, account string) bool {
	return (f.Action == "" || f.Action == action) &&
		(f.Region == "" || f.Region == region) &&
		(f.Account == "" || f.Account == account)
}

// wait holds the answer back as the fault wants.
func (f *Fault) wait(ctx context.Context) error {
	if f.Hang {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	if f.Until != nil {
		select {
		case <-f.Until:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// replaces tells whether the fault puts its own answer in place of EC2's.
func (f *Fault) replaces() bool {
	return f.Code != "" || f.Raw != nil || f.Err != nil || (f.Status != 0 && !f.Cut)
}

// alter turns the true answer into the one the fault shows.
func (f *Fault) alter(rep reply, requestID string) (reply, error) {
	switch {
	case f.Err != nil:
		return reply{}, f.Err
	case f.Raw != nil:
		rep.status = f.Raw.Status
		if rep.status == 0 {
			rep.status = http.StatusOK
		}
		rep.body = []byte(f.Raw.Body)
		// What did not come from EC2 has no request id either.
		rep.header = http.Header{"Date": rep.header["Date"]}
		if f.Raw.ContentType != "" {
			rep.header.Set("Content-Type", f.Raw.ContentType)
		}
	case f.replaces():
		e := &apiError{status: f.Status, code: f.Code, message: f.Message}
		if e.status == 0 {
			e.status = http.StatusBadRequest
		}
		rep.status, rep.code, rep.body = e.status, e.code, errorXML(e, requestID)
	}
	if f.Cut {
		rep.cut = f.CutAfter
	}
	return rep, nil
}

// ErrConnection is a convenient Fault.Err: the network broke.
var ErrConnection = errors.New("read tcp 192.0.2.10:50000->192.0.2.20:443: read: connection reset by peer")
