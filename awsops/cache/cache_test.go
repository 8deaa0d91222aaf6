package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// desk is a cache with what is asked of it counted.
type desk struct {
	*Cache
	asked   atomic.Int32
	stopped atomic.Int32
	open    chan struct{} // an answer comes when it lets one through
}

func newDesk() *desk { return &desk{Cache: New(time.Now, 1<<20), open: make(chan struct{})} }

// ask answers with how many times it has been asked.
func (d *desk) ask(ctx context.Context) (any, int, error) {
	n := d.asked.Add(1)
	select {
	case <-d.open:
		return int(n), 100, nil
	case <-ctx.Done():
		d.stopped.Add(1)
		return nil, 0, ctx.Err()
	}
}

// get asks in the background.
func (d *desk) get(ctx context.Context, want Want) <-chan Answer {
	out := make(chan Answer, 1)
	go func() {
		if a, err := d.Get(ctx, "group", "key", want, d.ask); err == nil {
			out <- a
		}
		close(out)
	}()
	return out
}

func (d *desk) expect(t *testing.T, asked int) {
	t.Helper()
	synctest.Wait()
	if n := int(d.asked.Load()); n != asked {
		t.Errorf("%d requests, not %d", n, asked)
	}
}

// pass turns the clock of a synctest bubble, in which nobody waits.
func pass(d time.Duration) { <-time.After(d) }

// one is what a channel brings, or 0 when it closes.
func one(c <-chan Answer) int {
	n, _ := (<-c).Value.(int)
	return n
}

func TestManyAskersCostOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ctx := newDesk(), t.Context()
		var all []<-chan Answer
		began := time.Now()
		for range 50 {
			all = append(all, d.get(ctx, Want{Age: 15 * time.Second}))
		}
		d.expect(t, 1)
		pass(time.Second)
		d.open <- struct{}{}
		for _, c := range all {
			if a := <-c; a.Value != 1 || !a.Began.Equal(began) {
				t.Fatalf("an asker got %v of %v", a.Value, a.Began)
			}
		}
		pass(13 * time.Second)
		if n := one(d.get(ctx, Want{Age: 15 * time.Second})); n != 1 {
			t.Errorf("an answer 14 s old: got %d", n)
		}
		pass(time.Second)
		late := d.get(ctx, Want{Age: 15 * time.Second})
		d.expect(t, 2)
		d.open <- struct{}{}
		if n := one(late); n != 2 {
			t.Errorf("an answer 15 s old was given where less is accepted")
		}
	})
}

// TestAForcedRefreshOfAllCostsOneMore presses the key while a request is under
// way, fifty times, each a moment after the other.
func TestAForcedRefreshOfAllCostsOneMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ctx := newDesk(), t.Context()
		usual := d.get(ctx, Want{Age: 15 * time.Second})
		d.expect(t, 1)
		var all []<-chan Answer
		for range 50 {
			pass(time.Millisecond)
			all = append(all, d.get(ctx, Want{Age: 15 * time.Second, Since: time.Now()}))
		}
		pressed := time.Now()
		d.expect(t, 1)
		d.open <- struct{}{}
		d.expect(t, 2)
		d.open <- struct{}{}
		for _, c := range all {
			if a := <-c; a.Value != 2 || a.Began.Before(pressed) {
				t.Fatalf("a forced refresh got answer %v of %v, pressed at %v", a.Value, a.Began, pressed)
			}
		}
		if n := one(usual); n != 1 {
			t.Errorf("who asked first got answer %d", n)
		}
	})
}

func TestARequestThatHangsHoldsUpNobodyForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ctx := newDesk(), t.Context()
		d.get(ctx, Want{Age: 15 * time.Second})
		pass(patience)
		second := d.get(ctx, Want{Age: 15 * time.Second, Since: time.Now()})
		d.expect(t, 2)
		third := d.get(ctx, Want{Age: 15 * time.Second})
		d.expect(t, 2)
		close(d.open)
		if a, b := one(second), one(third); a != 2 || b != 2 {
			t.Errorf("got answers %d and %d", a, b)
		}
	})
}

func TestAnAskerWhoLeavesTakesNothingFromTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		first, leave := context.WithCancel(t.Context())
		gone, rest := d.get(first, Want{Age: time.Second}), d.get(t.Context(), Want{Age: time.Second})
		synctest.Wait()
		leave()
		if _, ok := <-gone; ok {
			t.Error("who left got an answer")
		}
		d.open <- struct{}{}
		if n := one(rest); n != 1 || d.stopped.Load() != 0 {
			t.Errorf("who stayed got answer %d", n)
		}
	})
}

func TestTheLastToLeaveGivesTheRequestUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		ctx, leave := context.WithCancel(t.Context())
		for range 3 {
			d.get(ctx, Want{Age: time.Second})
		}
		synctest.Wait()
		pass(time.Millisecond)
		next := d.get(t.Context(), Want{Age: time.Second, Since: time.Now()}) // waits for a younger one
		d.expect(t, 1)
		leave()
		d.expect(t, 2)
		if d.stopped.Load() != 1 {
			t.Error("nobody waits, and the request goes on")
		}
		d.open <- struct{}{}
		if n := one(next); n != 2 {
			t.Errorf("got answer %d", n)
		}
		if n, _ := d.Held(); n != 1 {
			t.Errorf("%d answers are kept", n)
		}
	})
}

func TestAChangeMakesWhatIsKeptAndUnderWayStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ctx, want := newDesk(), t.Context(), Want{Age: time.Minute, Any: true}
		before := d.get(ctx, want)
		synctest.Wait()
		d.Changed("group")
		after := d.get(ctx, want)
		d.expect(t, 1) // the one under way began before the change
		d.open <- struct{}{}
		d.expect(t, 2)
		d.open <- struct{}{}
		if a, b := one(before), one(after); a != 1 || b != 2 {
			t.Errorf("before the change got %d, after it %d", a, b)
		}
		d.Changed("another group")
		if n := one(d.get(ctx, want)); n != 2 {
			t.Errorf("a change elsewhere made the answer stale: got %d", n)
		}
		d.Changed("group")
		again := d.get(ctx, want)
		d.expect(t, 3)
		d.open <- struct{}{}
		<-again
	})
}

func TestErrorsAndPanicsReachAllWhoWaitAndAreNotKept(t *testing.T) {
	for name, fail := range map[string]Ask{
		"no":         func(context.Context) (any, int, error) { return nil, 0, errors.New("no") },
		"broke down": func(context.Context) (any, int, error) { panic("no") },
	} {
		synctest.Test(t, func(t *testing.T) {
			c, go_, asked := New(time.Now, 1<<20), make(chan struct{}), atomic.Int32{}
			errs := make(chan error, 10)
			for range 10 {
				go func() {
					_, err := c.Get(t.Context(), "g", "k", Want{Age: time.Minute}, func(ctx context.Context) (any, int, error) {
						asked.Add(1)
						<-go_
						return fail(ctx)
					})
					errs <- err
				}()
			}
			synctest.Wait()
			close(go_)
			for range 10 {
				if err := <-errs; err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("got %v", err)
				}
			}
			if n, _ := c.Held(); n != 0 || asked.Load() != 1 {
				t.Errorf("%d kept after %d requests", n, asked.Load())
			}
			a, err := c.Get(t.Context(), "g", "k", Want{Age: time.Minute}, func(context.Context) (any, int, error) { return "yes", 3, nil })
			if err != nil || a.Value != "yes" {
				t.Errorf("afterwards: %v, %v", a.Value, err)
			}
		})
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(time.Now, 10_000)
		put := func(key string, size int, age time.Duration) {
			_, _ = c.Get(t.Context(), "g", key, Want{Age: age}, func(context.Context) (any, int, error) { return key, size, nil })
		}
		kept := func(key string) bool {
			a, _ := c.Get(t.Context(), "g", key, Want{Age: time.Hour}, func(context.Context) (any, int, error) { return nil, 1 << 30, nil })
			return a.Value == key
		}
		for i := range 100 {
			put(fmt.Sprint(i), 1000, time.Hour)
			if _, size := c.Held(); size > 10_000 {
				t.Fatalf("%d bytes are kept", size)
			}
		}
		if n, _ := c.Held(); n != 6 || kept("93") || !kept("94") || !kept("99") {
			t.Errorf("of 100 answers the %d last are kept", n)
		}
		put("large", 20_000, time.Hour)
		if n, _ := c.Held(); n != 6 {
			t.Errorf("an answer without room drove others out: %d are kept", n)
		}
		pass(time.Hour)
		put("short", 1, time.Second)
		pass(time.Second)
		put("last", 1, time.Second)
		if n, size := c.Held(); n != 1 || size > 1000 {
			t.Errorf("%d answers of %d bytes outlive their age", n, size)
		}
	})
}
