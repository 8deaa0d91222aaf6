package main

import (
	"sync"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
	"ec2deck/ui/serve"
)

// tally counts the outcomes of operations, as the journal tells them.
type tally struct {
	mu       sync.Mutex
	outcomes map[[2]string]int // by operation and result
	refusals map[string]int    // by reason
}

func newTally() *tally {
	return &tally{outcomes: map[[2]string]int{}, refusals: map[string]int{}}
}

// Record implements journal.Sink.
func (t *tally) Record(r journal.Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch r.Event {
	case journal.Outcome:
		t.outcomes[[2]string{r.Operation, r.Result}]++
	case journal.Refusal:
		t.refusals[r.Code]++
	}
	return nil
}

// metrics are what the server tells of EC2 and of what is done there.
func (t *tally) metrics(m *awsops.Meter) func() []serve.Metric {
	return func() []serve.Metric {
		operations := serve.Metric{Name: "ec2deck_operations_total", Help: "Changes by what became of them.", Kind: serve.Counter}
		refusals := serve.Metric{Name: "ec2deck_refusals_total", Help: "What was not allowed, by reason.", Kind: serve.Counter}
		calls := serve.Metric{Name: "ec2deck_api_calls_total", Help: "Requests to EC2, repetitions among them.", Kind: serve.Counter}
		throttles := serve.Metric{Name: "ec2deck_api_throttles_total", Help: "Requests that EC2 put off.", Kind: serve.Counter, Samples: []serve.Sample{{}}}
		ages := serve.Metric{Name: "ec2deck_refresh_age_seconds", Help: "Time since a scope was read.", Kind: serve.Gauge}
		t.mu.Lock()
		for k, n := range t.outcomes {
			operations.Samples = append(operations.Samples, sample(n, "operation", k[0], "outcome", k[1]))
		}
		for code, n := range t.refusals {
			refusals.Samples = append(refusals.Samples, sample(n, "reason", code))
		}
		t.mu.Unlock()
		for asked, n := range m.Calls() {
			calls.Samples = append(calls.Samples, sample(n, "action", asked.Action, "result", asked.Result))
			if asked.Result == "throttled" {
				throttles.Samples[0].Value += float64(n)
			}
		}
		for at, age := range m.Ages() {
			s := sample(0, "profile", at.Profile, "region", at.Region)
			s.Value = age.Seconds()
			ages.Samples = append(ages.Samples, s)
		}
		return []serve.Metric{operations, refusals, calls, throttles, ages}
	}
}

// sample is a count under names and values of labels.
func sample(n int, labels ...string) serve.Sample {
	s := serve.Sample{Value: float64(n)}
	for i := 0; i < len(labels); i += 2 {
		s.Labels = append(s.Labels, serve.Label{Name: labels[i], Value: labels[i+1]})
	}
	return s
}
