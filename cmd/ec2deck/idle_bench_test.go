package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// empty is a Bubble Tea program that shows a word and waits.
type empty struct{}

func (empty) Init() tea.Cmd { return nil }
func (empty) View() string  { return "● live" }
func (e empty) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok && k.String() == "q" {
		return e, tea.Quit
	}
	return e, nil
}

func runEmpty() {
	if _, err := tea.NewProgram(empty{}, tea.WithAltScreen()).Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// rest is what a program does while nobody types.
type rest struct{ core, switches, written float64 }

// rests looks at a program for a while, per second.
func (x *terminal) rests(window time.Duration) rest {
	x.shows("● live")
	<-time.After(3 * time.Second) // the memory of the load goes back
	before, written := x.switches(), len(x.written())
	core := x.idle(window)
	return rest{core, (x.switches() - before) / window.Seconds(), float64(len(x.written())-written) / window.Seconds()}
}

// switches is how often the threads of the program have been put aside.
func (x *terminal) switches() (sum float64) {
	x.t.Helper()
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", x.cmd.Process.Pid))
	if err != nil {
		x.t.Skip("this machine does not tell what a process does: ", err)
	}
	for _, thread := range threads {
		for line := range strings.Lines(x.proc("task/" + thread.Name() + "/status")) {
			if name, value, _ := strings.Cut(line, ":"); strings.HasSuffix(name, "ctxt_switches") {
				n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil {
					x.t.Fatal(err)
				}
				sum += n
			}
		}
	}
	return sum
}

// resting looks at the released program between two refreshes, and at an empty
// program of Bubble Tea with its own renderer.
func resting(t testing.TB, program string, window time.Duration) (own, other rest) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	reference := filepath.Join(t.TempDir(), "empty")
	if err := os.Symlink(self, reference); err != nil {
		t.Fatal(err)
	}
	x := open(t, 160, 50, nil, program, "--demo", "--refresh-interval", "1h")
	y := open(t, 160, 50, nil, reference)
	return x.rests(window), y.rests(window)
}

// BenchmarkIdle is what the program does while nobody types.
func BenchmarkIdle(b *testing.B) {
	gated(b)
	program := release(b)
	for b.Loop() {
		own, other := resting(b, program, 10*time.Second)
		b.ReportMetric(own.written, "B/s")
		b.ReportMetric(own.switches, "switches/s")
		b.ReportMetric(100*own.core, "%core")
		b.ReportMetric(other.switches, "empty-switches/s")
		b.ReportMetric(100*other.core, "%core-empty")
	}
}

// frame is what most terminals show sixty times a second.
const frame = time.Second / 60

// BenchmarkKeysAtOnce is in how many frames of a sixtieth of a second fifty
// cursor keys that came at once are all applied, among 50,000 rows.
func BenchmarkKeysAtOnce(b *testing.B) {
	gated(b)
	program := release(b)
	for b.Loop() {
		m := useProgram(b, program, 50_000)
		b.ReportMetric(m.burst.Seconds()/frame.Seconds(), "frames")
	}
}

// started is how long a start takes.
type started struct {
	version, nothing time.Duration // of the version, and of a program of Go that does nothing
	later            time.Duration // the first frame of the demo after the version
}

// starting measures in turns and takes the medians.
func starting(t testing.TB, program string) started {
	t.Helper()
	nothing := filepath.Join(t.TempDir(), "nothing")
	source := nothing + ".go"
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", nothing, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var versions, nothings, frames []time.Duration
	for range 21 {
		versions = append(versions, took(t, program, "--version"))
		nothings = append(nothings, took(t, nothing))
		begin := time.Now()
		x := open(t, 160, 50, nil, program, "--demo")
		x.shows("ec2deck")
		frames = append(frames, time.Since(begin))
		x.types("q")
		x.ends()
	}
	version := median(versions)
	return started{version, median(nothings), median(frames) - version}
}

// BenchmarkStart is the version, beside a program of Go that does nothing, and
// the first frame of the demo, in frames after that of the version.
func BenchmarkStart(b *testing.B) {
	gated(b)
	program := release(b)
	for b.Loop() {
		s := starting(b, program)
		b.ReportMetric(float64(s.version)/float64(s.nothing), "version/empty")
		b.ReportMetric(s.later.Seconds()/frame.Seconds(), "frames-later")
		b.ReportMetric(float64(s.version.Microseconds())/1000, "ms-version")
	}
}

// TestGateProgram holds the released program to twice the goals: memory for each
// instance, fifty keys at once, what is written while nobody types, the start.
func TestGateProgram(t *testing.T) {
	if os.Getenv("EC2DECK_BENCH_GATE") == "" {
		t.Skip("set EC2DECK_BENCH_GATE=1, as .ci/run does")
	}
	program := release(t)
	few, many := useProgram(t, program, 100), useProgram(t, program, 50_000)
	after, during := perInstance(few.resident, many.resident, 50_000), perInstance(few.resident, many.refreshing, 50_000)
	t.Logf("an instance takes %.0f bytes, %.0f while refreshing; 50 keys take %v", after, during, many.burst)
	if after > 2_000 || during > 4_000 || many.burst > 10*frame {
		t.Error("the goals are 1 kB, 2 kB and 5 frames")
	}
	own, other := resting(t, program, 5*time.Second)
	t.Logf("at rest %.0f bytes and %.1f switches a second; an empty program switches %.0f times", own.written, own.switches, other.switches)
	if own.written != 0 || own.switches > 20 {
		t.Error("the goals are no byte and 10 switches")
	}
	s := starting(t, program)
	t.Logf("the version takes %v, a program that does nothing %v; the first frame is %v later", s.version, s.nothing, s.later)
	if s.version > 10*s.nothing || s.later > 24*frame/10 {
		t.Error("the goals are 5 times and 1.2 frames")
	}
}

// took is how long a program runs.
func took(t testing.TB, program string, args ...string) time.Duration {
	t.Helper()
	c := exec.Command(program, args...)
	c.Env = []string{"HOME=" + t.TempDir()}
	begin := time.Now()
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	return time.Since(begin)
}
