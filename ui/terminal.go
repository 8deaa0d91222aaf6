package ui

import (
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	"ec2deck/views"
)

// Terminal draws a screen on a terminal in the place of Bubble Tea's renderer,
// which looks for changes sixty times a second, adds up to a frame to each key
// and repaints everything when a table scrolls by one line. This one writes when
// an Update has changed lines, at once or, soon after another frame, when Pause
// is over; it scrolls what has moved and writes the lines that differ. With no
// message there is nothing to do, and nothing runs.
//
// Without its renderer Bubble Tea leaves the terminal as it is, so raw mode, the
// alternate screen and the size are looked after here as well.
type Terminal struct {
	In    io.Reader
	Out   io.Writer
	Mouse bool
	// Pause is the least time between two frames.
	Pause time.Duration
	// Width and Height are the size at first, of a terminal that cannot be asked.
	Width, Height int
	// Filter sees every message before the screen does; nil lets all pass.
	Filter func(tea.Model, tea.Msg) tea.Msg

	mu    sync.Mutex // a command that panics gives the terminal back from its own goroutine
	state *term.State
	ours  bool
	over  bool // it has been given back for good
	shown []string
	wide  int
	high  int
	out   []byte
	last  time.Time // of the last frame
	send  func(tea.Msg)
	broke *Panic // the first
}

// Run shows a screen until it ends, and gives the terminal back however that
// happens. It tells the program to started before anything is shown. A panic ends
// the screen and is returned as a *Panic.
func (t *Terminal) Run(model tea.Model, started func(*tea.Program), options ...tea.ProgramOption) error {
	options = append(options, tea.WithInput(t.In), tea.WithOutput(t.Out), tea.WithFilter(t.filter))
	switch {
	case watches:
		options = append(options, tea.WithoutRenderer())
	case t.Mouse:
		options = append(options, tea.WithAltScreen(), tea.WithMouseCellMotion())
	default:
		options = append(options, tea.WithAltScreen())
	}
	p := tea.NewProgram(&screened{model: model, terminal: t}, options...)
	t.send = p.Send
	started(p)
	if watches {
		if err := t.take(); err != nil {
			return err
		}
		defer t.giveBack(true)
		defer t.watch(p)()
	}
	_, err := p.Run()
	if broke := t.broken(); broke != nil {
		return broke
	}
	return err
}

// Panic is how a screen ended that panicked, or one of its commands.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n\n%s", p.Value, p.Stack) }

// filter gives the terminal back before Bubble Tea stops the process or runs another.
func (t *Terminal) filter(m tea.Model, msg tea.Msg) tea.Msg {
	if t.Filter != nil {
		msg = t.Filter(m, msg)
	}
	if watches && Leaves(msg) {
		t.giveBack(false)
	}
	return msg
}

// Leaves says whether a message makes Bubble Tea hand the terminal to another
// process: the shell, or one that it runs.
func Leaves(msg tea.Msg) bool {
	if _, ok := msg.(tea.SuspendMsg); ok {
		return true
	}
	t := reflect.TypeOf(msg)
	return t != nil && t.Name() == "execMsg" && t.PkgPath() == reflect.TypeFor[tea.QuitMsg]().PkgPath()
}

// size asks for the terminal's size.
func (t *Terminal) size() tea.WindowSizeMsg {
	if f, ok := t.Out.(term.File); ok {
		switch w, h, err := term.GetSize(f.Fd()); {
		case err != nil:
		case w == 0 || h == 0: // what a container's terminal says before it knows
			return tea.WindowSizeMsg{Width: leastWidth, Height: leastHeight}
		default:
			return tea.WindowSizeMsg{Width: w, Height: h}
		}
	}
	return tea.WindowSizeMsg{Width: t.Width, Height: t.Height}
}

// What is written to take a terminal and to give it back.
const (
	takeScreen = "\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?2004h"
	takeMouse  = "\x1b[?1002h\x1b[?1006h"
	leaveMouse = "\x1b[?1006l\x1b[?1002l"
	leaveAll   = "\x1b[?2004l\x1b[?1049l\x1b[?25h" // some keep a cursor for each screen
)

// take puts the terminal into raw mode and shows an empty screen.
func (t *Terminal) take() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return nil
	}
	if f, ok := t.In.(term.File); ok && term.IsTerminal(f.Fd()) {
		state, err := term.MakeRaw(f.Fd())
		if err != nil {
			return err
		}
		if t.state == nil { // later it may be raw already
			t.state = state
		}
	}
	t.ours, t.shown, t.last = true, nil, time.Time{}
	text := takeScreen
	if t.Mouse {
		text += takeMouse
	}
	_, err := io.WriteString(t.Out, text)
	return err
}

// giveBack makes the terminal what it was.
func (t *Terminal) giveBack(over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = t.over || over
	if !t.ours {
		return
	}
	t.ours = false
	text := leaveAll
	if t.Mouse {
		text = leaveMouse + text
	}
	_, _ = io.WriteString(t.Out, text) // a terminal that is gone needs nothing
	if f, ok := t.In.(term.File); ok && t.state != nil {
		_ = term.Restore(f.Fd(), t.state)
	}
}

// Draw shows lines, or says for how long it is too early.
func (t *Terminal) Draw(lines []string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if lines = lines[max(0, len(lines)-t.high):]; !t.ours || len(lines) == 0 {
		return 0
	}
	if wait := t.Pause - now.Sub(t.last); wait > 0 && !t.last.IsZero() {
		return wait
	}
	t.out = t.out[:0]
	t.scroll(lines)
	t.rewrite(lines)
	if len(t.out) > 0 {
		t.last = now
		_, _ = t.Out.Write(t.out)
		if cap(t.out) > mostKept {
			t.out = nil
		}
	}
	return 0
}

// mostKept is the room for a frame that is kept for the next: enough for a key,
// not for a whole screen, which is rare.
const mostKept = 4 << 10

// resized repaints everything if the size is new.
func (t *Terminal) resized(size tea.WindowSizeMsg) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if size.Width != t.wide || size.Height != t.high {
		t.shown, t.wide, t.high, t.last = nil, size.Width, size.Height, time.Time{}
	}
}

// rewrite writes the lines that differ.
func (t *Terminal) rewrite(lines []string) {
	if len(t.shown) != len(lines) {
		t.shown = make([]string, len(lines))
		t.out = append(t.out, "\x1b[H\x1b[2J"...)
	}
	for i, line := range lines {
		if t.shown[i] == line {
			continue
		}
		t.shown[i] = line
		t.moveTo(i)
		width := ansi.StringWidth(line)
		if width > t.wide {
			line = ansi.Truncate(line, t.wide, "")
		}
		t.out = append(t.out, line...)
		if width < t.wide {
			t.out = append(t.out, "\x1b[K"...)
		}
	}
}

func (t *Terminal) moveTo(line int) {
	t.out = append(t.out, "\x1b["...)
	t.out = strconv.AppendInt(t.out, int64(line+1), 10)
	t.out = append(t.out, 'H')
}

// scroll moves the lines that stand somewhere else now, if that saves more
// than it takes. A line that has come from elsewhere tells how far.
func (t *Terminal) scroll(lines []string) {
	if len(t.shown) != len(lines) {
		return
	}
	first, last := 0, len(lines)-1
	for first < last && t.shown[first] == lines[first] {
		first++
	}
	for last > first && t.shown[last] == lines[last] {
		last--
	}
	if last-first < 3 {
		return
	}
	const clues = 4 // the line that the cursor has left or come to is new
	least := cost(t.shown[first:last+1], lines[first:last+1]) - 30
	var best []string
	var by int
	for clue := first; clue < min(first+clues, last); clue++ {
		if lines[clue] == "" || lines[clue] == t.shown[clue] {
			continue
		}
		for from := first; from <= last; from++ {
			if t.shown[from] != lines[clue] {
				continue
			}
			moved := shifted(t.shown[first:last+1], from-clue)
			if c := cost(moved, lines[first:last+1]); c < least {
				least, best, by = c, moved, from-clue
			}
		}
	}
	if best == nil {
		return
	}
	copy(t.shown[first:], best)
	t.out = append(t.out, "\x1b["...)
	t.out = strconv.AppendInt(t.out, int64(first+1), 10)
	t.out = append(t.out, ';')
	t.out = strconv.AppendInt(t.out, int64(last+1), 10)
	t.out = append(t.out, 'r')
	// A line feed on the last line of the region and its reverse on the first
	// scroll on every terminal; the sequences made for it do not.
	if by > 0 {
		t.moveTo(last)
		t.out = append(t.out, strings.Repeat("\n", by)...)
	} else {
		t.moveTo(first)
		t.out = append(t.out, strings.Repeat("\x1bM", -by)...)
	}
	t.out = append(t.out, "\x1b[r"...)
}

// shifted is lines after they have scrolled up, or down if by is negative.
func shifted(lines []string, by int) []string {
	moved := make([]string, len(lines))
	if by > 0 {
		copy(moved, lines[by:])
	} else {
		copy(moved[-by:], lines)
	}
	return moved
}

// cost is how many bytes make one the other.
func cost(shown, lines []string) int {
	n := 0
	for i, line := range lines {
		if shown[i] != line {
			n += len(line) + len("\x1b[00H\x1b[K")
		}
	}
	return n
}

// screened is a model whose frames the terminal draws.
type screened struct {
	model    tea.Model
	terminal *Terminal
	waits    bool // a frame is due
}

// due says that the pause is over, taken that the terminal may show anything,
// and ripe that the time of After has passed.
type (
	due   struct{}
	taken struct{}
	ripe  struct{ make func() tea.Msg }
)

// After is a timer for views.Env. Bubble Tea's own waits in a goroutine, or two,
// which are a third of all those of a session.
func (t *Terminal) After(d time.Duration, msg func() tea.Msg) tea.Cmd {
	if !watches {
		return tea.Tick(d, func(time.Time) tea.Msg { return msg() })
	}
	time.AfterFunc(d, func() { t.send(ripe{msg}) }) // made in Update, where a panic is caught
	return nil
}

// Init implements tea.Model. The size is known before the first frame.
func (s *screened) Init() (cmd tea.Cmd) {
	s.terminal.keep(func() {
		cmd = s.guard(s.model.Init())
		if size := s.terminal.size(); size.Width > 0 {
			cmd = tea.Batch(cmd, s.pass(size))
		}
	})
	return cmd
}

// Update implements tea.Model.
func (s *screened) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	s.terminal.keep(func() { cmd = s.update(msg) })
	return s, cmd
}

func (s *screened) update(msg tea.Msg) tea.Cmd {
	if s.terminal.broken() != nil {
		return nil
	}
	switch msg := msg.(type) {
	case due:
		s.waits = false
		return nil
	case taken:
		return s.takeAgain()
	case ripe:
		return s.update(msg.make())
	case tea.KeyMsg:
		if msg.Type == tea.KeyCtrlZ && s.terminal.state != nil && canStop() {
			return tea.Suspend
		}
	}
	if !watches || s.terminal.holds() {
		return s.pass(msg)
	}
	return tea.Batch(s.takeAgain(), s.pass(msg)) // after another process
}

// takeAgain takes the terminal once more, which may have another size now.
func (s *screened) takeAgain() tea.Cmd {
	if err := s.terminal.take(); err != nil {
		return tea.Quit
	}
	return s.pass(s.terminal.size())
}

// pass gives a message to the model.
func (s *screened) pass(msg tea.Msg) tea.Cmd {
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		s.terminal.resized(size)
	}
	model, cmd := s.model.Update(msg)
	s.model = model
	return s.guard(cmd)
}

// View implements tea.Model. It is called after each Update, when the commands
// are on their way; this is where the frame is written.
func (s *screened) View() (frame string) {
	s.terminal.keep(func() {
		if !watches {
			frame = s.model.View()
			return
		}
		var lines []string
		if m, ok := s.model.(views.Lined); ok {
			lines = m.Lines()
		} else {
			lines = strings.Split(s.model.View(), "\n")
		}
		if wait := s.terminal.Draw(lines, time.Now()); wait > 0 && !s.waits {
			s.waits = true
			time.AfterFunc(wait, func() { s.terminal.send(due{}) })
		}
	})
	return frame
}

// guard keeps the terminal for a command, and for those that it leads to.
func (s *screened) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		s.terminal.keep(func() { msg = cmd() })
		batch, ok := msg.(tea.BatchMsg)
		if !ok {
			return msg
		}
		guarded := make(tea.BatchMsg, len(batch))
		for i, cmd := range batch {
			guarded[i] = s.guard(cmd)
		}
		return guarded
	}
}

// holds says whether the terminal is the screen's, or nobody's any more.
func (t *Terminal) holds() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ours || t.over
}

// keep ends the screen when what runs panics. Bubble Tea's own recovery would
// print the value as it is, on a server on its standard output, and close the
// input under the one who reads it.
func (t *Terminal) keep(run func()) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		t.mu.Lock()
		if t.broke == nil {
			t.broke = &Panic{value, debug.Stack()}
		}
		t.mu.Unlock()
		t.giveBack(true)
		go t.send(tea.Quit())
	}()
	run()
}

func (t *Terminal) broken() *Panic {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broke
}
