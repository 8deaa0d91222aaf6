package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// TestInATerminal runs the program as it is shipped in a terminal that shows
// what it is sent and never answers a question.
func TestInATerminal(t *testing.T) {
	program := filepath.Join(t.TempDir(), "ec2deck")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, test := range map[string]func(*testing.T, string){
		"the demo takes keys and a new size":      demoTakesKeys,
		"two quick keys both count":               quickKeys,
		"nothing is asked of the terminal":        asksNothing,
		"the version is plain text":               plainVersion,
		"a terminal without colours gets none":    noColours,
		"a signal restores the terminal":          signalsRestore,
		"a terminal that is too small says so":    tooSmall,
		"a terminal without a size has the least": withoutSize,
		"without credentials the screen says so":  noCredentials,
		"a click is taken unless that is off":     takesClicks,
		"a copy reaches tmux both ways":           copiesInTmux,
		"ctrl+z leaves it to the shell":           stopsForAShell,
		"ctrl+z without a shell does nothing":     staysWithoutAShell,
		"a command asks for an MFA code":          asksForACode,
	} {
		t.Run(name, func(t *testing.T) { test(t, program) })
	}
}

// terminal is a program in a pty, with what a person would see.
type terminal struct {
	t      testing.TB
	cmd    *exec.Cmd
	pty    *os.File
	ended  chan struct{}
	update chan struct{} // something was written, or the program has ended

	mu     sync.Mutex
	screen vt10x.Terminal
	raw    strings.Builder
}

func open(t testing.TB, width, height int, env []string, program string, args ...string) *terminal {
	t.Helper()
	x := &terminal{t: t, ended: make(chan struct{}), update: make(chan struct{}, 1), screen: vt10x.New(vt10x.WithSize(width, height))}
	x.cmd = exec.Command(program, args...)
	x.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=xterm-256color", "AWS_EC2_METADATA_DISABLED=true"}, env...)
	var err error
	if x.pty, err = pty.StartWithSize(x.cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		x.read()
	}()
	go func() {
		_ = x.cmd.Wait() // the state is looked at where it counts
		<-read
		close(x.ended)
	}()
	t.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		_ = x.pty.Close()
		<-x.ended
	})
	return x
}

// read shows what the program writes until it closes the terminal.
func (x *terminal) read() {
	buf := make([]byte, 32*1024)
	for {
		n, err := x.pty.Read(buf)
		x.mu.Lock()
		x.raw.Write(buf[:n])
		_, _ = x.screen.Write(buf[:n])
		x.mu.Unlock()
		select {
		case x.update <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.screen.String()
}

func (x *terminal) written() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

// patience is the longest that anything may take here.
const patience = 20 * time.Second

// shows waits for a text on the screen.
func (x *terminal) shows(text string) {
	x.t.Helper()
	x.until(text, func(screen string) bool { return strings.Contains(screen, text) })
}

func (x *terminal) until(what string, holds func(screen string) bool) {
	x.t.Helper()
	tooLong := time.After(patience)
	for !holds(x.text()) {
		select {
		case <-x.update:
		case <-x.ended:
			if !holds(x.text()) {
				x.t.Fatalf("the program ended before: %s\n%s", what, x.text())
			}
		case <-tooLong:
			x.t.Fatalf("never seen: %s\n%s", what, x.text())
		}
	}
}

func (x *terminal) types(keys string) {
	x.t.Helper()
	if _, err := x.pty.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) resize(width, height int) {
	x.t.Helper()
	x.mu.Lock()
	x.screen.Resize(width, height)
	x.mu.Unlock()
	if err := pty.Setsize(x.pty, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		x.t.Fatal(err)
	}
}

// ends waits for the end of the program.
func (x *terminal) ends() {
	x.t.Helper()
	select {
	case <-x.ended:
	case <-time.After(patience):
		x.t.Fatalf("the program goes on:\n%s", x.text())
	}
}

// restored fails unless the shell would find its terminal as it was.
func (x *terminal) restored() {
	x.t.Helper()
	x.ends()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.screen.Mode()&vt10x.ModeAltScreen != 0 {
		x.t.Error("the alternate screen is still shown")
	}
	if !x.screen.CursorVisible() {
		x.t.Error("the cursor is still hidden")
	}
	for set, reset := range map[string]string{"\x1b[?1049h": "\x1b[?1049l", "\x1b[?25l": "\x1b[?25h", "\x1b[?2004h": "\x1b[?2004l", "\x1b[?1002h": "\x1b[?1002l"} {
		if strings.LastIndex(x.raw.String(), set) > strings.LastIndex(x.raw.String(), reset) {
			x.t.Errorf("%q has not been taken back", set)
		}
	}
}

// cursor is the line of the screen that the cursor of the table is on.
func cursor(screen string) int {
	for i, line := range strings.Split(screen, "\n") {
		if strings.HasPrefix(line, ">") {
			return i
		}
	}
	return -1
}

func copiesInTmux(t *testing.T, program string) {
	for term, wanted := range map[string][2]int{"tmux-256color": {2, 1}, "xterm-256color": {1, 0}} {
		x := open(t, 100, 30, []string{"TERM=" + term}, program, "--demo")
		x.shows("● live")
		x.types("y")
		x.shows("copied i-")
		if got := [2]int{strings.Count(x.written(), "\x1b]52;c;"), strings.Count(x.written(), "\x1bPtmux;\x1b\x1b]52;c;")}; got != wanted {
			t.Errorf("%s: %v sequences and wrapped ones among them, wanted %v", term, got, wanted)
		}
	}
}

func takesClicks(t *testing.T, program string) {
	x := open(t, 100, 30, nil, program, "--demo", "--view", "volumes", "--filter", "state:in-use")
	x.shows("/state:in-use")
	x.shows("● live")
	first := cursor(x.text())
	x.types(fmt.Sprintf("\x1b[<0;10;%dM\x1b[<0;10;%dm", first+4, first+4))
	x.until("the cursor three rows down", func(s string) bool { return cursor(s) == first+3 })
	x.types("q")
	x.ends()
	y := open(t, 100, 30, nil, program, "--demo", "--mouse=false")
	y.shows("● live")
	y.types("q")
	y.ends()
	if strings.Contains(y.written(), "\x1b[?1002h") || !strings.Contains(x.written(), "\x1b[?1002h") {
		t.Error("the mouse is asked for when it is off, or not when it is on")
	}
}

func demoTakesKeys(t *testing.T, program string) {
	x := open(t, 100, 30, nil, program, "--demo")
	x.shows("● live")
	first := cursor(x.text())
	x.types("j")
	x.until("the cursor one row down", func(s string) bool { return cursor(s) == first+1 })
	x.types("\x1b[A")
	x.until("the cursor back", func(s string) bool { return cursor(s) == first })
	x.types("/")
	x.types("state:stopped")
	x.shows("/state:stopped")
	x.types("\r")
	x.until("only stopped rows", func(s string) bool { return strings.Contains(s, "of ") && !strings.Contains(s, "running") })
	x.types("?")
	x.shows("Help")
	x.types("\x1b")
	x.until("no help", func(s string) bool { return strings.Contains(s, "/state:stopped") && !strings.Contains(s, "Help") })
	x.resize(170, 45)
	x.until("the new size", func(s string) bool {
		lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return strings.Contains(s, "Private IP") && len(lines) >= 45 && strings.Contains(lines[44], "? help")
	})
	x.types(":regions\r")
	x.shows("Endpoint")
	x.types("q")
	x.restored()
	if code := x.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func quickKeys(t *testing.T, program string) {
	x := open(t, 100, 30, nil, program, "--demo")
	x.shows("● live")
	first := cursor(x.text())
	x.types("jjjjjk")
	x.until("the cursor four rows down", func(s string) bool { return cursor(s) == first+4 })
	x.types("q")
	x.restored()
}

func asksNothing(t *testing.T, program string) {
	for _, term := range []string{"xterm-256color", "tmux-256color", "screen", "vt100"} {
		x := open(t, 100, 30, []string{"TERM=" + term}, program, "--demo")
		x.shows("● live")
		x.types("jq")
		x.restored()
		for _, query := range []string{"\x1b]10", "\x1b]11", "\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[6n", "\x1b[?6n", "\x1b[5n", "\x1bP+q", "\x1b[14t", "\x1b[18t"} {
			if strings.Contains(x.written(), query) {
				t.Errorf("%s: the terminal is asked: %q", term, query)
			}
		}
	}
}

func plainVersion(t *testing.T, program string) {
	for _, args := range [][]string{{"--version"}, {"version"}} {
		x := open(t, 100, 30, nil, program, args...)
		x.ends()
		if got := x.written(); !strings.Contains(got, "ec2deck version") || strings.Contains(got, "\x1b") {
			t.Errorf("%v writes %q", args, got)
		}
	}
}

func noColours(t *testing.T, program string) {
	colour := regexp.MustCompile(`\x1b\[(\d+;)*([34]\d|9\d|10\d)(;\d+)*m`)
	for _, c := range []struct {
		env  string
		none bool
	}{{"TERM=xterm-256color", false}, {"NO_COLOR=1", true}, {"TERM=dumb", true}} {
		x := open(t, 100, 30, []string{c.env}, program, "--demo")
		x.shows("● live")
		x.types("jq")
		x.ends()
		if got := colour.FindString(x.written()); (got == "") != c.none {
			t.Errorf("%s: the first colour is %q", c.env, got)
		}
	}
}

func signalsRestore(t *testing.T, program string) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			x := open(t, 100, 30, nil, program, "--demo")
			x.shows("● live")
			if err := x.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			x.restored()
		})
	}
	t.Run("ctrl+c", func(t *testing.T) {
		x := open(t, 100, 30, nil, program, "--demo")
		x.shows("● live")
		x.types("\x03")
		x.restored()
	})
}

func withoutSize(t *testing.T, program string) {
	x := open(t, 80, 24, nil, "sh", "-c", "stty cols 0 rows 0; exec "+program+" --demo")
	x.shows("● live")
	x.types("q")
	x.restored()
}

func tooSmall(t *testing.T, program string) {
	x := open(t, 40, 12, nil, program, "--demo")
	x.shows("needs a terminal of 80×24")
	x.resize(80, 24)
	x.shows("● live")
	x.types("q")
	x.restored()
}

func noCredentials(t *testing.T, program string) {
	x := open(t, 80, 24, nil, program)
	x.shows("ec2deck --demo")
	x.shows("r tries again, q quits.")
	if strings.Contains(x.text(), "goroutine") {
		t.Error("a stack trace")
	}
	x.types("q")
	x.restored()
}

// stopsForAShell stops the program, uses the shell, and comes back to a
// terminal of another size.
func stopsForAShell(t *testing.T, program string) {
	x := open(t, 100, 30, []string{"PS1=ready "}, "bash", "--norc", "--noprofile", "-i")
	x.shows("ready")
	x.types(program + " --demo\n")
	x.shows("● live")
	x.types("jj\x1a")
	x.shows("Stopped")
	x.mu.Lock()
	if x.screen.Mode()&vt10x.ModeAltScreen != 0 || !x.screen.CursorVisible() {
		t.Error("the shell does not get its screen back")
	}
	x.mu.Unlock()
	x.types("echo it is a''live\n") // what the shell itself echoes is another text
	x.shows("it is alive")
	x.resize(140, 40)
	x.types("fg\n")
	x.until("the screen in its new size", func(s string) bool {
		lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return len(lines) >= 40 && strings.Contains(lines[39], "? help")
	})
	at := cursor(x.text())
	x.types("j")
	x.until("the cursor one row down", func(s string) bool { return cursor(s) == at+1 })
	x.types("q")
	x.until("the shell again", func(s string) bool { return !strings.Contains(s, "? help") })
	x.types("exit\n")
	x.restored()
}

// staysWithoutAShell presses ctrl+z where nobody could continue the program.
func staysWithoutAShell(t *testing.T, program string) {
	x := open(t, 100, 30, nil, program, "--demo")
	x.shows("● live")
	x.types("\x1a")
	x.shows("ctrl+z does nothing here")
	x.types("q")
	x.restored()
}
