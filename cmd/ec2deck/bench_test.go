package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// measured is what the released program does with a fleet of some size, at
// 160×50, where every answer of EC2 takes 5 ms.
type measured struct {
	first, all time.Duration // to the first rows, and to all of them with their checks
	key        time.Duration // from a cursor key to the screen
	letter     time.Duration // from a letter of a filter to the screen
	burst      time.Duration // from fifty cursor keys at once to the screen
	bytes      float64       // of a cursor move
	idle       float64       // of a core
	resident   float64       // bytes, after the load
	refreshing float64       // the most bytes during a refresh
}

// release builds the program as it is shipped.
func release(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "ec2deck")
	if out, err := exec.Command(filepath.Join("..", "..", ".ci", "build"), program).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// serveFleet starts a simulator in a process of its own, and returns the
// environment and the arguments that lead to it.
func serveFleet(t testing.TB, program string, instances int) (env, args []string) {
	t.Helper()
	sim := exec.CommandContext(t.Context(), program, "sim", "--listen", "127.0.0.1:0", "--instances", fmt.Sprint(instances), "--latency", "5ms")
	sim.Env = []string{"HOME=" + t.TempDir()}
	out, err := sim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Process.Kill(); _ = sim.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if keys, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			for _, pair := range strings.Fields(keys) {
				env = append(env, strings.ReplaceAll(pair, "'", ""))
			}
		}
		if command, ok := strings.CutPrefix(lines.Text(), "ec2deck "); ok {
			return env, strings.Fields(command)
		}
	}
	t.Fatal("the simulator does not say how to reach it")
	return nil, nil
}

// counted is the number of rows in the title of the table.
var counted = regexp.MustCompile(`(?m)^Instances (\d+)`)

// useProgram does with the program what an operator does.
func useProgram(t testing.TB, program string, instances int) (m measured) {
	env, args := serveFleet(t, program, instances)
	begin := time.Now()
	x := open(t, 160, 50, env, program, args...)
	x.until("the first rows", func(s string) bool { return strings.Contains(s, " i-0") })
	m.first = time.Since(begin)
	whole := func(s string) bool { return strings.Contains(s, "● live") }
	x.until("all rows", whole)
	m.all = time.Since(begin)
	if found := counted.FindStringSubmatch(x.text()); found == nil || len(found[1]) < len(fmt.Sprint(instances)) {
		t.Fatalf("not all of %d instances are there:\n%s", instances, x.text())
	}
	<-time.After(3 * time.Second) // the memory of the load goes back
	m.resident = x.resident()
	m.idle = x.idle(2 * time.Second)

	var keys, letters []time.Duration
	written := len(x.written())
	const moves = 40
	for n := range moves {
		keys = append(keys, x.responds("j", func(s string) bool { return cursor(s) == firstRow(s)+n+1 }))
	}
	m.bytes = float64(len(x.written())-written) / moves
	m.key = median(keys)
	x.types("g")
	x.until("the first row", func(s string) bool { return cursor(s) == firstRow(s) })
	m.burst = x.responds(strings.Repeat("j", 40)+strings.Repeat("k", 10), func(s string) bool { return cursor(s) == firstRow(s)+30 })

	x.types("/")
	for n, letter := range []string{"w", "e", "b", "-"} {
		typed := "web-"[:n+1]
		letters = append(letters, x.responds(letter, func(s string) bool { return strings.Contains(s, "/"+typed) }))
	}
	m.letter = median(letters)
	x.types("\x1b")
	x.until("no filter", func(s string) bool { return !strings.Contains(s, "/web-") })

	x.types("r")
	deadline := time.After(m.all + time.Second)
	for sampling := true; sampling; {
		m.refreshing = max(m.refreshing, x.resident())
		select {
		case <-deadline:
			sampling = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	x.types("q")
	x.ends()
	return m
}

// firstRow is the line of the first row of the table.
func firstRow(screen string) int {
	for i, line := range strings.Split(screen, "\n") {
		if strings.Contains(line, " i-0") {
			return i
		}
	}
	return -1
}

// responds is the time from keys to what they show.
func (x *terminal) responds(keys string, holds func(screen string) bool) time.Duration {
	x.t.Helper()
	begin := time.Now()
	x.types(keys)
	x.until(fmt.Sprintf("the answer to %q", keys), holds)
	return time.Since(begin)
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// resident is the memory of the program in bytes.
func (x *terminal) resident() float64 {
	_, rest, _ := strings.Cut(x.proc("status"), "VmRSS:")
	kB, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		x.t.Fatal(err)
	}
	return kB * 1024
}

// idle is the share of a core that the program takes while nobody types.
func (x *terminal) idle(window time.Duration) float64 {
	ticks := func() (sum float64) {
		_, rest, _ := strings.Cut(x.proc("stat"), ") ")
		for _, field := range strings.Fields(rest)[11:13] {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				x.t.Fatal(err)
			}
			sum += n
		}
		return sum / 100
	}
	before, begin := ticks(), time.Now()
	<-time.After(window)
	return (ticks() - before) / time.Since(begin).Seconds()
}

func (x *terminal) proc(name string) string {
	x.t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", x.cmd.Process.Pid, name))
	if err != nil {
		x.t.Skip("this machine does not tell what a process takes: ", err)
	}
	return string(data)
}

// perInstance is how the memory grows with the fleet.
func perInstance(few, many float64, instances int) float64 {
	return (many - few) / float64(instances)
}

// BenchmarkProgram runs the program as it is released, in a terminal, against a
// simulator in another process.
func BenchmarkProgram(b *testing.B) {
	program := release(b)
	for _, instances := range []int{1_000, 10_000, 50_000} {
		b.Run(fmt.Sprint(instances), func(b *testing.B) {
			for b.Loop() {
				m := useProgram(b, program, instances)
				ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
				b.ReportMetric(ms(m.first), "ms-to-first-rows")
				b.ReportMetric(ms(m.all), "ms-to-all-rows")
				b.ReportMetric(ms(m.key), "ms/key")
				b.ReportMetric(ms(m.letter), "ms/letter")
				b.ReportMetric(ms(m.burst), "ms/50-keys")
				b.ReportMetric(m.bytes, "B/move")
				b.ReportMetric(100*m.idle, "%core-idle")
				b.ReportMetric(m.resident/1e6, "MB")
				b.ReportMetric(m.refreshing/1e6, "MB-refreshing")
			}
		})
	}
}

// gated leaves a benchmark that a gate runs as well to the gate.
func gated(b *testing.B) {
	b.Helper()
	if testing.Short() {
		b.Skip("its gate is run")
	}
}

// BenchmarkMemory is the resident memory of the program for each of 50,000
// instances, after the load and at most during a refresh.
func BenchmarkMemory(b *testing.B) {
	gated(b)
	program := release(b)
	for b.Loop() {
		few, many := useProgram(b, program, 100), useProgram(b, program, 50_000)
		b.ReportMetric(perInstance(few.resident, many.resident, 50_000), "B/instance")
		b.ReportMetric(perInstance(few.resident, many.refreshing, 50_000), "B/instance-refreshing")
	}
}
