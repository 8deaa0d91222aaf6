package ec2sim

import (
	"container/heap"
	"time"
)

// agenda is what will happen, soonest first. Entries run late, when a request
// arrives, but in order and with the time at which they were due.
type agenda struct {
	entries entryHeap
	seq     int
}

type entry struct {
	at  time.Time
	seq int // entries due at the same instant keep the order in which they were added
	do  func(at time.Time)
}

func (a *agenda) add(at time.Time, do func(at time.Time)) {
	a.seq++
	heap.Push(&a.entries, entry{at, a.seq, do})
}

// advance runs everything that is due. An entry may add further ones, which
// run too when they are due already.
func (a *agenda) advance(now time.Time) {
	for len(a.entries) > 0 && !a.entries[0].at.After(now) {
		e := heap.Pop(&a.entries).(entry)
		e.do(e.at)
	}
}

type entryHeap []entry

func (h entryHeap) Len() int { return len(h) }
func (h entryHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}
func (h entryHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *entryHeap) Push(x any)   { *h = append(*h, x.(entry)) }
func (h *entryHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}
