package ui

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"github.com/muesli/termenv"
)

// drawn is a screen on a terminal, with what has been written to it.
type drawn struct {
	*driver
	terminal *Terminal
	out      bytes.Buffer
	screen   vt10x.Terminal
}

func onTerminal(t testing.TB, o options) *drawn {
	x := &drawn{driver: start(t, o)}
	x.terminal = &Terminal{Out: &x.out, Width: o.width, Height: o.height}
	x.screen = vt10x.New(vt10x.WithSize(o.width, o.height))
	if err := x.terminal.take(); err != nil {
		t.Fatal(err)
	}
	x.terminal.resized(tea.WindowSizeMsg{Width: o.width, Height: o.height})
	x.draw()
	return x
}

// draw shows the frame, and tells how many bytes that took.
func (x *drawn) draw() int {
	x.out.Reset()
	x.terminal.Draw(x.model.Lines(), x.now())
	n := x.out.Len()
	_, _ = x.screen.Write(x.out.Bytes())
	return n
}

// line is how many bytes a line of the frame has.
func (x *drawn) line() float64 {
	return float64(len(x.model.View())) / float64(len(x.model.Lines()))
}

// TestTheTerminalShowsTheFrame presses keys at random and compares what an
// emulator shows with what the model says, after each.
func TestTheTerminalShowsTheFrame(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for name, o := range map[string]options{
		"a small fleet": small(),
		"many rows":     {instances: 500, width: 120, height: 40, colours: termenv.TrueColor},
	} {
		t.Run(name, func(t *testing.T) {
			if o.width == 0 {
				o.width, o.height = 100, 30
			}
			x := onTerminal(t, o)
			keys := append(someKeys(), strings.Split("j j j j k k k k pgdown pgdown pgup ctrl+d ctrl+u G g enter", " ")...)
			for range 400 {
				k := keys[rng.IntN(len(keys))]
				if k == "q" || k == "決" { // the emulator knows no wide letters
					continue
				}
				x.keys(k)
				x.settle()
				x.draw()
				x.compare(t, k)
			}
		})
	}
}

func (x *drawn) compare(t *testing.T, after string) {
	t.Helper()
	shown := strings.Split(x.screen.String(), "\n")
	for i, line := range x.model.Lines() {
		if want := strings.TrimRight(ansi.Strip(line), " "); strings.TrimRight(shown[i], " ") != want {
			t.Fatalf("after %q line %d shows\n%q\nand not\n%q", after, i, shown[i], want)
		}
	}
}

// TestGateBytes counts what is written: 2.5 lines' worth for a cursor that
// moves, 3 for a table that scrolls by a line, nothing for a refresh that
// changes nothing.
func TestGateBytes(t *testing.T) {
	unraced(t)
	for _, width := range []int{160, 200} {
		b := bytesOf(t, width)
		t.Logf("%d×50: %.2f lines' worth for a move, %.2f for a scroll, %.0f bytes for a refresh", width, b.move, b.scroll, b.refresh)
		if b.move > 2.5 || b.scroll > 3 || b.refresh != 0 {
			t.Error("more than there should be")
		}
	}
}

// written is how much is written, in lines of the frame and in bytes.
type written struct{ move, scroll, refresh float64 }

func bytesOf(t testing.TB, width int) written {
	x := onTerminal(t, options{instances: 500, width: width, height: 50, colours: termenv.TrueColor})
	x.pass(10 * time.Minute)
	x.draw()
	var w written
	press := func(k string, n int) (sum float64) {
		for range n {
			x.keys(k)
			sum += float64(x.draw())
		}
		return sum / x.line() / float64(n)
	}
	w.move = press("j", 30)
	press("j", 30)
	w.scroll = (press("j", 100) + press("j", 100)) / 2
	press("k", 50)
	w.scroll = (w.scroll + press("k", 100)) / 2
	for range 5 {
		x.press("r")
		w.refresh += float64(x.draw())
	}
	return w
}

// BenchmarkBytes reports what is written to the terminal, beside a repainted frame.
func BenchmarkBytes(b *testing.B) {
	for _, width := range []int{160, 200} {
		b.Run(fmt.Sprintf("%dx50", width), func(b *testing.B) {
			var w written
			for b.Loop() {
				w = bytesOf(b, width)
			}
			b.ReportMetric(w.move, "lines/move")
			b.ReportMetric(w.scroll, "lines/scroll")
			b.ReportMetric(w.refresh, "B/refresh")
			b.ReportMetric(50, "lines/repaint")
		})
	}
}

// TestFramesWait says that what comes soon after a frame waits for the pause,
// and is not lost.
func TestFramesWait(t *testing.T) {
	var out bytes.Buffer
	x := &Terminal{Out: &out, Pause: 20 * time.Millisecond}
	if err := x.take(); err != nil {
		t.Fatal(err)
	}
	x.resized(tea.WindowSizeMsg{Width: 80, Height: 24})
	at := time.Unix(1, 0)
	for _, step := range []struct {
		text  string
		after time.Duration
		wait  time.Duration
	}{
		{"one", 0, 0}, {"two", 5 * time.Millisecond, 15 * time.Millisecond}, {"three", 20 * time.Millisecond, 0},
		{"three", 21 * time.Millisecond, 19 * time.Millisecond}, {"three", 60 * time.Millisecond, 0}, {"four", 61 * time.Millisecond, 0},
	} {
		out.Reset()
		if wait := x.Draw([]string{step.text}, at.Add(step.after)); wait != step.wait {
			t.Errorf("%s waits %v and not %v", step.text, wait, step.wait)
		}
		if got := strings.Contains(out.String(), step.text); got != (step.wait == 0 && step.after != 60*time.Millisecond) {
			t.Errorf("%s at %v: %q", step.text, step.after, out.String())
		}
	}
}

// broken is a screen that panics when it is told to.
type broken struct{}

func (broken) Init() tea.Cmd { return nil }
func (broken) View() string  { return "broken" }
func (b broken) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok {
		switch k.String() {
		case "u":
			panic("in Update")
		case "c":
			return b, tea.Batch(nil, func() tea.Msg { return nil }, func() tea.Msg { panic("in a command") })
		}
	}
	return b, nil
}

func TestAPanicGivesTheTerminalBack(t *testing.T) {
	for _, k := range []string{"u", "c"} {
		pt, tty, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		if err := pty.Setsize(pt, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
			t.Fatal(err)
		}
		before, err := term.GetState(tty.Fd())
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		read := make(chan struct{})
		go func() {
			defer close(read)
			buf := make([]byte, 4096)
			for typed := false; ; {
				n, err := pt.Read(buf)
				out.Write(buf[:n])
				if !typed && strings.Contains(out.String(), "broken") {
					typed = true
					_, _ = pt.WriteString(k)
				}
				if err != nil || strings.Contains(out.String(), leaveAll) {
					return
				}
			}
		}()
		x := &Terminal{In: tty, Out: tty, Mouse: true}
		var broke *Panic
		if err := x.Run(broken{}, func(*tea.Program) {}, tea.WithoutSignalHandler()); !errors.As(err, &broke) || !strings.Contains(string(broke.Stack), "broken.Update") {
			t.Errorf("%s: %v", k, err)
		}
		<-read
		if after, err := term.GetState(tty.Fd()); err != nil || !reflect.DeepEqual(after, before) {
			t.Errorf("%s: the terminal is %v and was %v (%v)", k, after, before, err)
		}
		if !strings.Contains(out.String(), takeMouse) || !strings.HasSuffix(out.String(), leaveMouse+leaveAll) {
			t.Errorf("%s: written %q", k, out.String())
		}
		_, _ = tty.Close(), pt.Close()
	}
}
