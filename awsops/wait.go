package awsops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// PollEvery is how often things in transition are looked at.
const PollEvery = 2 * time.Second

// Progress tells how far the targets of a change have come.
type Progress struct {
	States  map[string]string // the present states by ID
	Percent map[string]int    // how far each has come, where EC2 tells
	Arrived []string
	Failed  []string
}

// Done says whether nothing more will happen.
func (p Progress) Done(targets int) bool { return len(p.Arrived)+len(p.Failed) >= targets }

// eventual is how many looks a change may take to become visible: EC2 answers
// a describe with the old state for some seconds.
const eventual = 3

// Overdue says that a change takes longer than it should; past counts the looks.
func (e *Expect) Overdue(past int) bool {
	return e.Patience > 0 && time.Duration(past)*PollEvery >= e.Patience
}

// look reads the targets once; past counts the looks before. A target that EC2
// no longer lists has arrived when it was to be gone, and has failed otherwise.
func (e *Expect) look(ctx context.Context, client *ec2.Client, ids []string, past int) (Progress, error) {
	standings, err := e.standings(ctx, client, ids)
	if err != nil {
		return Progress{}, explain(err, "wait", client.Options().Region, false)
	}
	states := map[string]string{}
	p := Progress{States: states, Percent: map[string]int{}}
	for id, s := range standings {
		states[id], p.Percent[id] = s.State, s.Percent
	}
	for _, id := range ids {
		arrived, failed := e.Settled(states[id])
		if _, listed := states[id]; !listed {
			arrived = slices.Contains(e.Until, "terminated") || slices.Contains(e.Until, "deleted")
			failed = !arrived
		}
		failed = failed && past >= eventual
		switch {
		case arrived:
			p.Arrived = append(p.Arrived, id)
		case failed:
			p.Failed = append(p.Failed, id)
		}
	}
	return p, nil
}

// Progress looks once at what a change has come to; past counts the looks before.
func (s *Session) Progress(ctx context.Context, scope Scope, expect *Expect, ids []string, past int) (Progress, error) {
	client, err := s.Client(scope)
	if err != nil {
		return Progress{}, err
	}
	return expect.look(ctx, client, ids, past)
}

// Wait polls until every target of a finished request has arrived or failed.
// Targets that failed become items of the result. sleep waits between two looks.
func (s *Session) Wait(ctx context.Context, r Request, res Result, sleep func(context.Context, time.Duration) error) (Result, error) {
	expect := r.Info().Expect
	ids := expect.Awaited(r, res)
	if len(ids) == 0 {
		return res, nil
	}
	missing, seen := ids, Progress{}
	for past := 0; ; past++ {
		p, err := s.Progress(ctx, r.Scope, expect, ids, past)
		if err != nil && ctx.Err() == nil && !AsError(err).Throttled() {
			return res, err
		}
		if err == nil {
			if p.Done(len(ids)) {
				return waited(res, p, expect), nil
			}
			seen = p
			missing = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(p.Arrived, id) })
		}
		if err := sleep(ctx, PollEvery); err != nil {
			hint := "The change goes on; look again later, or allow more with --wait-timeout."
			if expect.Overdue(past) {
				hint = expect.Late
			}
			return seen.last(res), &Error{Operation: res.Operation, Class: TimedOut, Code: "WaitTimeout", Message: fmt.Sprintf("%d of %d have not arrived yet: %s", len(missing), len(ids), strings.Join(missing, ", ")), Hint: hint, Err: err}
		}
	}
}

// last writes the states that were seen last into a result whose end was not.
func (p Progress) last(res Result) Result {
	res.Items = slices.Clone(res.Items)
	for i, it := range res.Items {
		if state, ok := p.States[it.ID]; ok && it.Err == nil {
			res.Items[i].To = state
		}
	}
	return res
}

// waited writes the final states into the result.
func waited(res Result, p Progress, expect *Expect) Result {
	for i, it := range res.Items {
		if state, ok := p.States[it.ID]; ok && it.Err == nil {
			res.Items[i].To = state
		}
		if slices.Contains(p.Failed, it.ID) {
			res.Items[i].Err = &Error{Operation: res.Operation, Class: Refused, Code: "NotArrived", Message: fmt.Sprintf("is %s, and will not become %s", p.States[it.ID], expect.Until[0])}
		}
	}
	res.Outputs = append(res.Outputs, Output{Name: finalState, Value: finalStates(p)})
	if n := len(res.Failed()); n > 0 {
		res.Message = fmt.Sprintf("%d of %d failed", n, len(res.Items))
	}
	return res
}

// finalState is the output that tells where the targets have come to.
const finalState = "final-state"

func finalStates(p Progress) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(p.States)) {
		out = append(out, id+"="+p.States[id])
	}
	return out
}
