package awsops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Step is a change of a flow. The call of a flow only looks and decides on the
// steps, see Result.Then. Each is an ordinary operation that begins when the
// targets of the one before have arrived: it passes the gate, is waited for and
// shows in the tables as if it had been asked for by itself.
type Step struct {
	Operation string
	Values    Values
	// Without says how things stay if the step does not come about.
	Without string
}

// flow is the place of a request in a flow.
type flow struct {
	name    string
	at, of  int
	without string
	rest    []Step
}

// Label names the request, and where in a flow it stands.
func (r Request) Label() string {
	name := r.Operation.Info().Name
	if r.flow == nil {
		return name
	}
	return fmt.Sprintf("%s, step %d of %d: %s", r.flow.name, r.flow.at, r.flow.of, name)
}

// Next is the request that follows when the targets of this one, which has
// answered res, have arrived. There is none at the end of a flow.
func (r Request) Next(res Result) (next Request, ok bool) {
	if len(res.Then) == 0 || len(res.Failed()) > 0 {
		return Request{}, false
	}
	step := res.Then[0]
	op, ok := Find(step.Operation)
	f := &flow{name: r.Operation.Info().Name, at: 1, of: len(res.Then)}
	if r.flow != nil {
		f.name, f.at, f.of = r.flow.name, r.flow.at+1, r.flow.of
	}
	f.without, f.rest = step.Without, res.Then[1:]
	return Request{Operation: op, Scope: r.Scope, Values: step.Values, Confirmed: r.Confirmed, Reason: r.Reason, flow: f}, ok
}

// Without says how things stay if the request does not come about; "" when it
// is no step of a flow.
func (r Request) Without() string {
	if r.flow == nil {
		return ""
	}
	return r.flow.without
}

// placed puts the outcome of a request into its flow: what follows, and how
// things stay when EC2 refused it.
func (r Request) placed(res Result, err error) (Result, error) {
	if r.flow == nil {
		return res, err
	}
	res.Then = r.flow.rest
	return res, r.stays(err)
}

// stays adds to an error how things stay. That is not known when the request
// may have arrived.
func (r Request) stays(err error) error {
	e := AsError(err)
	if e == nil || e.Class == Unknown || r.Without() == "" {
		return err
	}
	said := *e
	said.Hint = strings.TrimSpace(r.Without() + " " + e.Hint)
	return &said
}

// Follow carries out what follows a request that has answered res. Each step
// begins when the targets of the one before have arrived, and is told when it
// begins; the last one is waited for if that is asked. The result is that of
// the flow, also beside an error.
func (s *Session) Follow(ctx context.Context, r Request, res Result, wait bool, tell func(string), sleep func(context.Context, time.Duration) error) (Result, error) {
	sum := res
	for {
		next, more := r.Next(res)
		if !more && !wait {
			return sum, nil
		}
		waited, err := s.Wait(ctx, r, res, sleep)
		for i, it := range waited.Items {
			if it.Err != nil {
				waited.Items[i].Err = AsError(next.stays(it.Err))
			}
		}
		sum.settle(waited)
		if err != nil || !more || len(waited.Failed()) > 0 {
			return sum, next.stays(err)
		}
		sum.Message = "" // what the flow found out is not what came of it
		tell(next.Label())
		if res, err = s.Run(ctx, next); err != nil {
			return sum, err
		}
		sum.RequestID += "," + res.RequestID
		r = next
	}
}

// settle takes over where the targets have come to.
func (r *Result) settle(later Result) {
	r.Items = slices.Clone(r.Items)
	for i, it := range r.Items {
		k := slices.IndexFunc(later.Items, func(l Item) bool { return l.ID == it.ID })
		if k < 0 {
			continue
		}
		r.Items[i].Err = later.Items[k].Err
		if to := later.Items[k].To; to != "" {
			r.Items[i].To = to
		}
	}
	for _, o := range later.Outputs {
		if o.Name != finalState {
			continue
		}
		r.Outputs = slices.DeleteFunc(slices.Clone(r.Outputs), func(o Output) bool { return o.Name == finalState })
		r.Outputs = append(r.Outputs, o)
	}
}
