// Package cache keeps answers that several askers want, and asks once for all
// of them. It knows nothing of what it keeps.
//
// At most one request for a key is under way, so that any number of askers
// cost what one does: who comes while it runs waits for its answer, and who
// needs one that began later waits for the next, together with all the others.
// A request belongs to nobody: an asker who leaves takes nothing from the rest,
// and it is given up when the last one has left.
package cache

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Want says which answers will do.
type Want struct {
	// Age is how long ago the request for an answer may have begun. It is also
	// how long the answer is kept for those who come later.
	Age time.Duration
	// Any takes every answer that is still kept, for whatever Age.
	Any bool
	// Since refuses answers to requests that began before it.
	Since time.Time
}

// Answer is a value and when the request for it began. The value is everybody's:
// whoever gets it changes nothing in it.
type Answer struct {
	Value any
	Began time.Time
}

// Ask makes a request. Size is about how many bytes its value holds.
type Ask func(ctx context.Context) (value any, size int, err error)

// Cache is safe for concurrent use.
type Cache struct {
	now  func() time.Time
	most int

	mu      sync.Mutex
	kept    map[string]*kept
	size    int
	flights map[string]*flight
	steps   int            // counts beginnings and changes, which a clock may not tell apart
	changed map[string]int // the step of the last change of a group
}

// kept is an answer that may be used again.
type kept struct {
	Answer
	group string
	step  int
	size  int
	until time.Time
}

// flight is a request under way.
type flight struct {
	key, group string
	began      time.Time
	step       int
	age        time.Duration // the longest that one of the askers accepts
	waiting    int
	given      bool // up, by the last asker
	cancel     context.CancelFunc
	done       chan struct{} // closed when there is an answer, or when it is given up
	value      any
	err        error
}

// New makes a cache of at most so many bytes.
func New(now func() time.Time, most int) *Cache {
	return &Cache{now: now, most: most, kept: map[string]*kept{}, flights: map[string]*flight{}, changed: map[string]int{}}
}

// Now is the time by which requests begin.
func (c *Cache) Now() time.Time { return c.now() }

// overhead is what an answer costs beside its bytes.
const overhead = 512

// patience is how long a request may take before it no longer holds up those
// who need a younger one.
const patience = 5 * time.Second

// Get returns an answer to key that will do, asking for one if there is none.
// Errors are shared by all who wait for them and never kept.
func (c *Cache) Get(ctx context.Context, group, key string, want Want, ask Ask) (Answer, error) {
	c.mu.Lock()
	changed := c.changed[group]
	for {
		if err := ctx.Err(); err != nil {
			c.mu.Unlock()
			return Answer{}, err
		}
		now := c.now()
		if k := c.kept[key]; k != nil && c.usable(k, now) && want.takes(k, now) {
			c.mu.Unlock()
			return k.Answer, nil
		}
		f := c.flights[key]
		young := f != nil && f.step > changed && !f.began.Before(want.Since) && now.Sub(f.began) < want.Age
		if f != nil && !young && now.Sub(f.began) < patience {
			c.mu.Unlock()
			select {
			case <-f.done:
			case <-ctx.Done():
			}
			c.mu.Lock()
			continue
		}
		if !young {
			f = c.begin(ctx, group, key, now, ask)
		}
		f.waiting++
		f.age = max(f.age, want.Age)
		c.mu.Unlock()
		return c.wait(ctx, f)
	}
}

// usable says whether a kept answer is still one.
func (c *Cache) usable(k *kept, now time.Time) bool {
	return k.step > c.changed[k.group] && now.Before(k.until)
}

func (w Want) takes(k *kept, now time.Time) bool {
	return !k.Began.Before(w.Since) && (w.Any || now.Sub(k.Began) < w.Age)
}

// begin starts a request that outlives the one who asked first.
func (c *Cache) begin(ctx context.Context, group, key string, now time.Time, ask Ask) *flight {
	c.steps++
	f := &flight{key: key, group: group, began: now, step: c.steps, done: make(chan struct{})}
	ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.flights[key] = f
	go func() {
		value, size, err := guarded(ctx, ask)
		c.end(f, value, size, err)
	}()
	return f
}

// guarded makes of a panic an error: it would end the program, and with it all
// who have nothing to do with the request.
func guarded(ctx context.Context, ask Ask) (value any, size int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the request broke down: %v", p)
		}
	}()
	return ask(ctx)
}

func (c *Cache) wait(ctx context.Context, f *flight) (Answer, error) {
	select {
	case <-f.done:
		return Answer{f.value, f.began}, f.err
	case <-ctx.Done():
		c.leave(f)
		return Answer{}, ctx.Err()
	}
}

// leave gives a request up when nobody waits for it any more.
func (c *Cache) leave(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.waiting--
	if f.waiting == 0 && c.forget(f) {
		f.given = true
		close(f.done)
		f.cancel()
	}
}

// forget takes a request off the list, and says whether it was still to be answered.
func (c *Cache) forget(f *flight) bool {
	if c.flights[f.key] == f {
		delete(c.flights, f.key)
	}
	select {
	case <-f.done:
		return false
	default:
		return true
	}
}

// end hands an answer to all who wait, and keeps it.
func (c *Cache) end(f *flight, value any, size int, err error) {
	defer f.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.given {
		return
	}
	c.forget(f)
	f.value, f.err = value, err
	close(f.done)
	if err == nil {
		c.keep(&kept{Answer: Answer{value, f.began}, group: f.group, step: f.step, size: size + len(f.key) + overhead, until: f.began.Add(f.age)}, f.key)
	}
}

// keep keeps an answer, unless there is a younger one, and makes room for it.
func (c *Cache) keep(k *kept, key string) {
	now := c.now()
	for other, o := range c.kept {
		if !c.usable(o, now) {
			c.drop(other)
		}
	}
	if old := c.kept[key]; old != nil && old.step > k.step || k.size > c.most || !c.usable(k, now) {
		return
	}
	c.drop(key)
	for c.size+k.size > c.most {
		c.drop(c.oldest())
	}
	c.kept[key] = k
	c.size += k.size
}

func (c *Cache) oldest() string {
	var key string
	for other, o := range c.kept {
		if first := c.kept[key]; first == nil || o.step < first.step {
			key = other
		}
	}
	return key
}

func (c *Cache) drop(key string) {
	if k := c.kept[key]; k != nil {
		c.size -= k.size
		delete(c.kept, key)
	}
}

// Changed says that answers of a group to requests that began before now are
// no longer true. Who waits for one already still gets it.
func (c *Cache) Changed(group string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps++
	c.changed[group] = c.steps
}

// Held tells how many answers are kept, and about how many bytes they hold.
func (c *Cache) Held() (answers, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.kept), c.size
}
