package serve

import "sync"

// The results of a connection's attempt to log in.
const (
	loginAccepted = "accepted"
	loginRefused  = "refused"
	loginNone     = "none" // it went without trying
)

// tally counts what happened at the door since the start.
type tally struct {
	mu       sync.Mutex
	logins   map[string]int // by result
	sessions map[string]int // by kind
	refusals int
}

func newTally() *tally {
	return &tally{
		logins:   map[string]int{loginAccepted: 0, loginRefused: 0, loginNone: 0},
		sessions: map[string]int{kindScreen: 0, kindCommand: 0},
	}
}

func (t *tally) login(result string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logins[result]++
}

func (t *tally) session(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sessions[kind]++
}

func (t *tally) refusal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusals++
}

// metrics are the counts.
func (t *tally) metrics() []Metric {
	t.mu.Lock()
	defer t.mu.Unlock()
	return []Metric{
		byLabel("ec2deck_logins_total", "Connections by what became of their login.", "result", t.logins),
		byLabel("ec2deck_sessions_started_total", "Sessions that were let in, by kind.", "kind", t.sessions),
		{Name: "ec2deck_refused_requests_total", Help: "Requests that were refused, such as forwards and subsystems.", Kind: Counter, Samples: []Sample{{Value: float64(t.refusals)}}},
	}
}

func byLabel(name, help, label string, counts map[string]int) Metric {
	m := Metric{Name: name, Help: help, Kind: Counter}
	for value, n := range counts {
		m.Samples = append(m.Samples, Sample{Labels: []Label{{label, value}}, Value: float64(n)})
	}
	return m
}
