package serve

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stays runs a stay in made-up time and lists what it says and when. Keys are
// pressed at the given times.
func stays(t *testing.T, idle, most time.Duration, keys ...time.Duration) []string {
	t.Helper()
	var said []string
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var last atomic.Int64
		for _, at := range keys {
			time.AfterFunc(at, func() { last.Store(int64(at)) })
		}
		s := stay{idle: idle, most: most, begin: begin, lastKey: func() time.Time { return begin.Add(time.Duration(last.Load())) }}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Hour)
		defer cancel()
		say := func(text string) { said = append(said, fmt.Sprintf("%s: %s", words(time.Since(begin)), text)) }
		if why := s.watch(ctx, say); why != "" {
			say(why)
		}
	})
	return said
}

func TestAStayEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		idle, most time.Duration
		keys       []time.Duration
		want       []string
	}{
		"when no key is pressed": {time.Hour, 0, nil, []string{
			"58m: This session ends in 2m: no key was pressed for 58m. Any key keeps it.",
			"1h: The session was ended: no key was pressed for 1h. Log in again to go on.",
		}},
		"later when one is": {time.Hour, 0, []time.Duration{59 * time.Minute, 70 * time.Minute}, []string{
			"58m: This session ends in 2m: no key was pressed for 58m. Any key keeps it.",
			"2h8m: This session ends in 2m: no key was pressed for 58m. Any key keeps it.",
			"2h10m: The session was ended: no key was pressed for 1h. Log in again to go on.",
		}},
		"after its time, keys or not": {10 * time.Hour, 12 * time.Hour, []time.Duration{9 * time.Hour, 11*time.Hour + 59*time.Minute}, []string{
			"11h58m: This session ends in 2m: none may last longer than 12h here.",
			"12h: The session was ended: none may last longer than 12h here. Log in again to go on.",
		}},
		"after a short time with half of it as a warning": {0, time.Minute, nil, []string{
			"30s: This session ends in 30s: none may last longer than 1m here.",
			"1m: The session was ended: none may last longer than 1m here. Log in again to go on.",
		}},
		"never without limits": {0, 0, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := stays(t, tt.idle, tt.most, tt.keys...); !slices.Equal(got, tt.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestAScreenNobodyUsesIsEnded(t *testing.T) {
	h := newHost(t)
	h.config.Limits.Idle = 200 * time.Millisecond
	events := h.record()
	h.start()
	x := open(t, h.login(), "xterm", size{120, 24}).shell()
	x.out.await(t, "notice: This session ends in 0s: no key was pressed")
	if code := x.exit(); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	x.out.await(t, leaveAltScreen)
	x.out.await(t, "The session was ended: no key was pressed for 0s. Log in again to go on.\r\n")
	events.await(t, "logout")
}
