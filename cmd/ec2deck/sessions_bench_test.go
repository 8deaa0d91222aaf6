package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// crowd is how many sessions the benchmark opens.
const crowd = 100

// idle is what sessions on which nobody does anything cost the server.
type idle struct {
	memory     float64 // bytes of each, of the resident set
	goroutines float64 // of each
	sent       float64 // bytes a minute to each
	cpu        float64 // of one core, in all
	calls      float64 // of EC2 a minute, in all; negative when the server does not count them
	alone      float64 // calls of one session a minute
	left       float64 // goroutines that are there when all have gone, and were not before
}

// watchCrowd opens the screens of the demo account over SSH, as many users, and
// looks at them for a while.
func watchCrowd(t testing.TB, window time.Duration) idle {
	t.Helper()
	h := startServer(t, nil, "--demo", "--instances", "50", "--refresh-interval", "5s", "--max-sessions", "off")
	first := h.visit("first")
	first.await(t, "running")
	<-time.After(window / 4)
	calls, begin := h.calls(), time.Now()
	<-time.After(window)
	alone := (h.calls() - calls) / time.Since(begin).Minutes()
	_ = first.client.Close()
	memory, goroutines := h.resident(), h.goroutines()

	var visitors []*visitor
	for n := range crowd {
		visitors = append(visitors, h.visit(fmt.Sprintf("user%d", n)))
	}
	for _, v := range visitors {
		v.await(t, "running")
	}
	<-time.After(window / 2) // let the logins settle
	sent, cpu := total(visitors), h.cpu()
	calls, begin = h.calls(), time.Now()
	<-time.After(window)
	minutes := time.Since(begin).Minutes()
	i := idle{
		memory: (h.resident() - memory) / crowd, goroutines: (h.goroutines() - goroutines) / crowd,
		sent: (total(visitors) - sent) / minutes / crowd, cpu: (h.cpu() - cpu) / time.Since(begin).Seconds(),
		calls: (h.calls() - calls) / minutes, alone: alone,
	}
	if _, counted := h.metric("ec2deck_api_calls_total"); !counted {
		i.calls = -1
	}
	if n := len(h.presences()); n != crowd {
		t.Errorf("%d of %d sessions are left", n, crowd)
	}
	for _, v := range visitors { // a key is answered on each
		if _, err := v.in.Write([]byte("?")); err != nil {
			t.Error(err)
		}
	}
	for _, v := range visitors {
		v.await(t, "Help")
		_ = v.client.Close()
	}
	for range 100 { // goodbyes take a moment
		if i.left = h.goroutines() - goroutines; i.left <= 5 {
			break
		}
		<-time.After(50 * time.Millisecond)
	}
	return i
}

func total(visitors []*visitor) (sum float64) {
	for _, v := range visitors {
		sum += float64(v.bytes.Load())
	}
	return sum
}

func (h *hosted) goroutines() float64 {
	n, _ := h.metric("ec2deck_goroutines")
	return n
}

func (h *hosted) calls() float64 {
	n, _ := h.metric("ec2deck_api_calls_total")
	return n
}

// proc is a file that Linux keeps about the server.
func (h *hosted) proc(name string) []byte {
	h.t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", h.cmd.Process.Pid, name))
	if err != nil {
		h.t.Skip("this machine does not tell what a process takes: ", err)
	}
	return data
}

// resident is the server's memory in bytes.
func (h *hosted) resident() float64 {
	_, rest, _ := bytes.Cut(h.proc("status"), []byte("VmRSS:"))
	return h.number(strings.Fields(string(rest))[0]) * 1024
}

// cpu is the time that the server has computed, in seconds.
func (h *hosted) cpu() float64 {
	_, rest, _ := bytes.Cut(h.proc("stat"), []byte(") "))
	fields := strings.Fields(string(rest))
	return (h.number(fields[11]) + h.number(fields[12])) / 100
}

func (h *hosted) number(text string) float64 {
	h.t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// BenchmarkHundredSessions is what idle sessions cost. It takes minutes.
func BenchmarkHundredSessions(b *testing.B) {
	gated(b)
	for b.Loop() {
		i := watchCrowd(b, 45*time.Second)
		b.ReportMetric(i.memory/1024, "kB/session")
		b.ReportMetric(i.goroutines, "goroutines/session")
		b.ReportMetric(i.sent, "B/min/session")
		b.ReportMetric(i.cpu*100, "%core")
		if i.calls >= 0 {
			b.ReportMetric(i.calls, "calls/min")
			b.ReportMetric(i.alone, "calls/min/alone")
		}
		b.ReportMetric(i.left, "goroutines/left")
	}
	b.ReportMetric(0, "ns/op")
}

// TestGateSessions holds what can be counted at about twice of what it is.
func TestGateSessions(t *testing.T) {
	if os.Getenv("EC2DECK_BENCH_GATE") == "" {
		t.Skip("set EC2DECK_BENCH_GATE=1, as .ci/run does")
	}
	i := watchCrowd(t, 4*time.Second)
	t.Logf("%d sessions, each %.0f kB and %.1f goroutines; %.0f are left", crowd, i.memory/1024, i.goroutines, i.left)
	if i.memory > 800<<10 || i.goroutines > 28 || i.left > 5 {
		t.Error("the goals are 400 kB each, and 5 goroutines left")
	}
}
