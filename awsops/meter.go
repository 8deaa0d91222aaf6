package awsops

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// Meter counts the requests that reach EC2: repetitions are counted, and what
// sessions share is counted once.
type Meter struct {
	now func() time.Time

	mu    sync.Mutex
	calls map[Asked]int
	read  map[Scope]time.Time
}

// Asked is what requests are counted by.
type Asked struct {
	Action string
	Result string // ok, throttled or failed
}

// NewMeter makes a meter that has counted nothing.
func NewMeter(now func() time.Time) *Meter {
	return &Meter{now: now, calls: map[Asked]int{}, read: map[Scope]time.Time{}}
}

// Calls are the requests so far.
func (m *Meter) Calls() map[Asked]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[Asked]int, len(m.calls))
	for k, n := range m.calls {
		out[k] = n
	}
	return out
}

// Ages tell how long ago each scope was read from EC2.
func (m *Meter) Ages() map[Scope]time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[Scope]time.Duration, len(m.read))
	for at, when := range m.read {
		out[at] = m.now().Sub(when)
	}
	return out
}

func (m *Meter) count(action string, at Scope, err error) {
	asked := Asked{action, "ok"}
	if err != nil {
		asked.Result = "failed"
		if explain(err, action, at.Region, false).Throttled() {
			asked.Result = "throttled"
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[asked]++
	if err == nil && reads(action) {
		m.read[at] = m.now()
	}
}

// metered counts what is asked over a profile's connection, next to the network.
func (m *Meter) metered(cfg aws.Config, profile string) aws.Config {
	if m == nil {
		return cfg
	}
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("ec2deck.Meter",
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				out, meta, err := next.HandleFinalize(ctx, in)
				m.count(awsmiddleware.GetOperationName(ctx), Scope{profile, awsmiddleware.GetRegion(ctx)}, err)
				return out, meta, err
			}), middleware.After)
	})
	return cfg
}
