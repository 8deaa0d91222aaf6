package ui

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops/ec2sim"
)

// The benchmarks run the whole screen at 160×50 with sorting, filtering, marks,
// change marks and sanitizing on; only the terminal is missing.

func large(b testing.TB, rows int) *driver {
	return start(b, options{instances: rows, width: 160, height: 50})
}

// moveCursor goes down and up again, through Update and View.
func moveCursor(d *driver, n int) {
	key := tea.KeyMsg{Type: tea.KeyDown}
	if n%60 >= 30 {
		key.Type = tea.KeyUp
	}
	d.model.Update(key)
	frame = d.model.View()
}

func benchCursor(b *testing.B, d *driver) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		moveCursor(d, n)
		n++
	}
}

// allocsOfMove counts what a cursor move allocates.
func allocsOfMove(d *driver) float64 {
	n := 0
	return testing.AllocsPerRun(200, func() { moveCursor(d, n); n++ })
}

// frame keeps the compiler from leaving View out.
var frame string

// BenchmarkScreen loads each fleet once and then measures what keys cost.
func BenchmarkScreen(b *testing.B) {
	for _, rows := range []int{100, 10_000, 50_000} {
		d := large(b, rows)
		b.Run(fmt.Sprintf("cursor/%d", rows), func(b *testing.B) {
			benchCursor(b, d)
			b.ReportMetric(float64(len(frame)), "B/frame")
		})
		if rows < 50_000 {
			continue
		}
		b.Run("filter/50000", func(b *testing.B) {
			d.keys("/")
			b.ReportAllocs()
			for b.Loop() {
				d.keys("w", "e", "b", "backspace", "backspace", "backspace")
				frame = d.model.View()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(6*b.N), "µs/key")
			d.keys("esc")
		})
		for _, order := range []struct{ name, key string }{{"reverse", "O"}, {"sort", "o"}} {
			b.Run(order.name+"/50000", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					d.keys(order.key)
					frame = d.model.View()
				}
			})
		}
	}
}

// manySnapshots is the table of snapshots with a series of backups.
func manySnapshots(b testing.TB, rows int) *driver {
	o := small()
	o.width, o.height = 160, 50
	o.change = func(f *ec2sim.Fleet) {
		f.Accounts[0].Regions[0].Snapshots = []ec2sim.SnapshotSeed{{Name: "backup-#", Description: "nightly backup", Volume: "vol-0aa00000000000011", Count: rows, Every: ec2sim.Age(time.Hour)}}
	}
	d := start(b, o).open("snapshots")
	d.settle()
	return d
}

// BenchmarkSnapshots is what keys cost with 20,000 snapshots, and their load.
func BenchmarkSnapshots(b *testing.B) {
	d := manySnapshots(b, 20_000)
	b.Run("cursor/20000", func(b *testing.B) { benchCursor(b, d) })
	b.Run("filter/20000", func(b *testing.B) {
		d.keys("/")
		b.ReportAllocs()
		for b.Loop() {
			d.keys("1", "9", "backspace", "backspace")
			frame = d.model.View()
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(4*b.N), "µs/key")
		d.keys("esc")
	})
	b.Run("load/20000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.press("r")
		}
	})
}

// TestGateSnapshots holds on every machine: a cursor move allocates no more
// with 20,000 snapshots than with 100, and a listing is one call for each
// thousand after the first page.
func TestGateSnapshots(t *testing.T) {
	unraced(t)
	few, many := manySnapshots(t, 100), manySnapshots(t, 20_000)
	if n := many.calls("DescribeSnapshots"); n != 21 {
		t.Errorf("20,000 snapshots took %d calls", n)
	}
	many.shows("Snapshots 20000")
	a, b := allocsOfMove(few), allocsOfMove(many)
	t.Logf("allocations of a cursor move: %.0f at 100 snapshots, %.0f at 20,000", a, b)
	if b > a+2 {
		t.Errorf("a cursor move allocates %.0f times at 20,000 snapshots and %.0f at 100", b, a)
	}
}

// BenchmarkFirstPage is the time to the first rows; BenchmarkFullLoad to all.
// Both include the simulator, which answers with 4.6 kB for each instance.
func BenchmarkFirstPage(b *testing.B) {
	for _, rows := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			o := options{instances: rows, width: 160, height: 50}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				d := newDriver(b, o)
				b.StartTimer()
				for d.line("i-") == "" {
					d.step()
				}
			}
		})
	}
}

func BenchmarkFullLoad(b *testing.B) {
	o := options{instances: 10_000, width: 160, height: 50}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		d := newDriver(b, o)
		b.StartTimer()
		d.settle()
	}
}

// BenchmarkUnchangedRefresh is a refresh of 10,000 rows in which nothing has
// changed.
func BenchmarkUnchangedRefresh(b *testing.B) {
	d := large(b, 10_000)
	d.pass(10 * time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		d.press("r")
	}
}

// BenchmarkCursorMove is a cursor key, Update and View, beside what is to be
// compared with: the same among 100 rows, and to copy the frame.
func BenchmarkCursorMove(b *testing.B) {
	for _, width := range []int{160, 200} {
		for _, rows := range []int{100, 50_000} {
			d := start(b, options{instances: rows, width: width, height: 50})
			b.Run(fmt.Sprintf("%dx50/rows=%d", width, rows), func(b *testing.B) { benchCursor(b, d) })
			if rows > 100 {
				b.Run(fmt.Sprintf("%dx50/copy", width), benchCopy)
			}
		}
	}
}

// benchCopy copies the last frame.
func benchCopy(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		copied = strings.Clone(frame)
	}
}

var copied string

// TestGateCursorAllocations holds on every machine: a cursor move allocates no
// more with 5,000 rows than with 100, and at most 10 times.
func TestGateCursorAllocations(t *testing.T) {
	unraced(t) // which allocates
	few, many := allocsOfMove(large(t, 100)), allocsOfMove(large(t, 5_000))
	t.Logf("allocations of a cursor move: %.0f at 100 rows, %.0f at 5,000", few, many)
	if many > few+1 || many > 10 {
		t.Errorf("a cursor move allocates %.0f times at 5,000 rows and %.0f at 100", many, few)
	}
}

// TestGateCursorTime compares within one run, alternating, and takes the
// median. The goals are 1.2 times the move among 100 rows and 3 times to copy
// the frame, the gate is twice that.
func TestGateCursorTime(t *testing.T) {
	if os.Getenv("EC2DECK_BENCH_GATE") == "" {
		t.Skip("set EC2DECK_BENCH_GATE=1, as .ci/run does")
	}
	few, many := large(t, 100), large(t, 50_000)
	measure := func(run func(*testing.B)) float64 { return float64(testing.Benchmark(run).NsPerOp()) }
	var rows, copies []float64
	for range 5 {
		took := measure(func(b *testing.B) { benchCursor(b, many) })
		rows = append(rows, took/measure(func(b *testing.B) { benchCursor(b, few) }))
		copies = append(copies, took/measure(benchCopy))
	}
	slices.Sort(rows)
	slices.Sort(copies)
	t.Logf("a cursor move at 50,000 rows takes %.2f times that at 100, and %.2f times to copy the frame (%.2f, %.2f)", rows[2], copies[2], rows, copies)
	if rows[2] > 2.4 || copies[2] > 6 {
		t.Error("the goals are 1.2 and 3")
	}
}
