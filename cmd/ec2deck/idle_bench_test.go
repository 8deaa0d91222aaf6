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

// BenchmarkIdle looks at the released program between two refreshes, beside an
// empty program of Bubble Tea with its own renderer.
func BenchmarkIdle(b *testing.B) {
	program, window := release(b), 10*time.Second
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	reference := filepath.Join(b.TempDir(), "empty")
	if err := os.Symlink(self, reference); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x := open(b, 160, 50, nil, program, "--demo", "--refresh-interval", "1h")
		own := x.rests(window)
		y := open(b, 160, 50, nil, reference)
		other := y.rests(window)
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
	program := release(b)
	for b.Loop() {
		m := useProgram(b, program, 50_000)
		b.ReportMetric(m.burst.Seconds()/frame.Seconds(), "frames")
	}
}

// BenchmarkStart is the version, beside a program of Go that does nothing, and
// the first frame of the demo, in frames after that of the version.
func BenchmarkStart(b *testing.B) {
	program, nothing := release(b), filepath.Join(b.TempDir(), "nothing")
	source := nothing + ".go"
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", nothing, source).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for b.Loop() {
		var versions, nothings, frames []time.Duration
		for range 21 {
			versions = append(versions, took(b, program, "--version"))
			nothings = append(nothings, took(b, nothing))
			begin := time.Now()
			x := open(b, 160, 50, nil, program, "--demo")
			x.shows("ec2deck")
			frames = append(frames, time.Since(begin))
			x.types("q")
			x.ends()
		}
		version, base := median(versions), median(nothings)
		b.ReportMetric(float64(version)/float64(base), "version/empty")
		b.ReportMetric((median(frames)-version).Seconds()/frame.Seconds(), "frames-later")
		b.ReportMetric(float64(version.Microseconds())/1000, "ms-version")
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
