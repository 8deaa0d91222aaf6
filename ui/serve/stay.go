package serve

import (
	"context"
	"fmt"
	"time"
)

// stay is how long a screen may last. A limit of zero is none.
type stay struct {
	idle, most time.Duration
	begin      time.Time
	lastKey    func() time.Time
}

// bound is one of its limits.
type bound struct {
	limit  time.Duration
	from   func() time.Time
	warn   func(left time.Duration) string
	over   string
	warned time.Time // the end that was warned of last
}

func (s stay) bounds() []*bound {
	var all []*bound
	if s.idle > 0 {
		all = append(all, &bound{
			limit: s.idle, from: s.lastKey,
			warn: func(left time.Duration) string {
				return fmt.Sprintf("This session ends in %s: no key was pressed for %s. Any key keeps it.", words(left), words(s.idle-left))
			},
			over: fmt.Sprintf("The session was ended: no key was pressed for %s. Log in again to go on.", words(s.idle)),
		})
	}
	if s.most > 0 {
		all = append(all, &bound{
			limit: s.most, from: func() time.Time { return s.begin },
			warn: func(left time.Duration) string {
				return fmt.Sprintf("This session ends in %s: none may last longer than %s here.", words(left), words(s.most))
			},
			over: fmt.Sprintf("The session was ended: none may last longer than %s here. Log in again to go on.", words(s.most)),
		})
	}
	return all
}

// lead is how long before its end a limit is warned of.
func (b *bound) lead() time.Duration { return min(2*time.Minute, b.limit/2) }

// watch warns before a limit is reached, and returns when one is: with what to
// say, or "" when the context ended first.
func (s stay) watch(ctx context.Context, warn func(string)) string {
	bounds := s.bounds()
	for len(bounds) > 0 {
		now := time.Now()
		next := now.Add(s.idle + s.most)
		for _, b := range bounds {
			end := b.from().Add(b.limit)
			due := end.Add(-b.lead())
			switch {
			case !now.Before(end):
				return b.over
			case !now.Before(due):
				if !b.warned.Equal(end) {
					b.warned = end
					warn(b.warn(end.Sub(now)))
				}
				due = end
			}
			if due.Before(next) {
				next = due
			}
		}
		if !pause(ctx, next.Sub(now)) {
			return ""
		}
	}
	return ""
}

// pause waits, and says whether the context is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// words writes a time span for people, to the second: 1h30m, 2m, 45s.
func words(d time.Duration) string {
	d = d.Round(time.Second)
	text := d.String()
	if d >= time.Minute && d%time.Minute == 0 {
		text = text[:len(text)-len("0s")]
	}
	if d >= time.Hour && d%time.Hour == 0 {
		text = text[:len(text)-len("0m")]
	}
	return text
}
