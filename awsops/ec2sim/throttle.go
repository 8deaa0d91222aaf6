package ec2sim

import (
	"math"
	"net/http"
	"time"
)

// Throttle limits the rate of calls by token buckets, one per account, region
// and action. Members that are zero take the default given with them.
type Throttle struct {
	ReadBurst, ReadPerSecond         float64 // 100 and 20
	ChangeBurst, ChangePerSecond     float64 // 50 and 5
	ResourceBurst, ResourcePerSecond float64 // 1000 and 20, spent per instance launched, started, stopped or terminated
}

type bucketKey struct {
	account, region, action string
	resource                bool
}

type bucket struct {
	tokens float64
	filled time.Time
}

// spend takes one token for the call itself, and for the actions that EC2
// also limits by resource one for each instance in it.
func (s *Sim) spend(c *call) *apiError {
	t := s.cfg.Throttle
	if t == nil {
		return nil
	}
	key := bucketKey{c.account.ID, c.region.name, c.action.name, false}
	burst, rate := or(t.ReadBurst, 100), or(t.ReadPerSecond, 20)
	if c.action.mutating {
		burst, rate = or(t.ChangeBurst, 50), or(t.ChangePerSecond, 5)
	}
	if !s.take(key, 1, burst, rate, c.now) {
		return errThrottled()
	}
	if c.action.resources == nil {
		return nil
	}
	key.resource = true
	n := float64(c.action.resources(c))
	if !s.take(key, n, or(t.ResourceBurst, 1000), or(t.ResourcePerSecond, 20), c.now) {
		return errThrottled()
	}
	return nil
}

func errThrottled() *apiError {
	return &apiError{http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded."}
}

func (s *Sim) take(key bucketKey, n, burst, perSecond float64, now time.Time) bool {
	b := s.buckets[key]
	if b == nil {
		b = &bucket{burst, now}
		s.buckets[key] = b
	}
	if passed := now.Sub(b.filled).Seconds(); passed > 0 {
		b.tokens = math.Min(burst, b.tokens+passed*perSecond)
		b.filled = now
	}
	if b.tokens < n {
		return false
	}
	b.tokens -= n
	return true
}

func or(v, fallback float64) float64 {
	if v == 0 {
		return fallback
	}
	return v
}
