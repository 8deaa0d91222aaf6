package views

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// Table is the live table of a resource, with its detail pane. The cost of a
// key does not depend on how many rows there are: lines are drawn for the
// window only, and kept.
type Table[T any] struct {
	env Env
	res *Resource[T]

	only    awsops.Scope // the one scope that is listed; empty is every one
	offered bool         // its rows are values of an input
	sources []*source
	closed  bool
	rows    rows[T]

	input    textinput.Model // the filter
	typing   bool
	choosing *chooser // the list of columns, while it is open
	cursor   rowID    // what is selected
	pos      int      // where the cursor is in rows.visible
	moved    bool     // until the operator moves, the cursor stays on top
	markedAt rowID    // where the last mark was set, for ranges
	hidden   map[int]bool
	pane     pane[T]
	inPane   bool // keys go to the detail pane
	flashDue bool
	window   window
	look     int       // counts what makes every drawn line stale
	lined    []*row[T] // that have been drawn and are kept so; some perhaps twice
	clockMin int64
	lines    []string // the frame
}

func newTable[T any](env Env, res *Resource[T], query string) *Table[T] {
	t := &Table[T]{env: env, res: res, hidden: map[int]bool{}, input: NewInput(env, "/")}
	t.rows = rows[T]{res: res, byID: map[rowID]*row[T]{}, flashes: 1}
	t.rows.cells = newCells(res, t.account, env.Naming)
	t.rows.widths = make([]int, len(t.rows.cells))
	for i, c := range t.rows.cells {
		t.hidden[i] = c.extra
	}
	t.look = 1
	t.pane.env, t.pane.res = env, res
	t.input.Placeholder = res.Hint
	t.input.SetValue(query)
	t.rows.search(query)
	return t
}

// NewInput makes a text input in the session's own styles, with a cursor that
// does not blink: an idle screen writes nothing.
func NewInput(env Env, prompt string) textinput.Model {
	in := textinput.New()
	plain := env.Theme.Renderer.NewStyle()
	in.Prompt, in.CharLimit = prompt, 4096
	in.PromptStyle, in.TextStyle, in.PlaceholderStyle, in.CompletionStyle = plain.Bold(true), plain, plain.Faint(true), plain.Faint(true)
	in.Cursor.Style, in.Cursor.TextStyle = plain, plain
	in.Cursor.SetMode(cursorStatic)
	return in
}

// setQuery filters by another query, from the top.
func (t *Table[T]) setQuery(query string) {
	if query == t.rows.query {
		return
	}
	t.input.SetValue(query)
	t.rows.search(query)
	t.moved, t.pos = false, 0
	t.find()
	t.draw()
}

// cellOf is a cell of a row, by the title of its column; "" is the ID.
func (t *Table[T]) cellOf(r *row[T], title string) string {
	for i := range t.rows.cells {
		if t.rows.cells[i].title == title {
			return t.rows.cells[i].value(r)
		}
	}
	return r.id
}

// Init lists every scope; after Close it begins anew and keeps the rows.
func (t *Table[T]) Init() tea.Cmd {
	t.closed = false
	cmds := []tea.Cmd{t.disconnect()}
	for _, src := range t.sources {
		cmds = append(cmds, t.list(src), t.reach(src, true))
	}
	cmds = append(cmds, t.connect())
	t.draw()
	return tea.Batch(cmds...)
}

// Close gives up listings and polls.
func (t *Table[T]) Close() {
	t.closed = true
	for _, src := range t.sources {
		t.halt(src)
		t.stopReading(src)
	}
	t.pane.close()
}

// Typing implements View. The list of columns takes every key too.
func (t *Table[T]) Typing() bool { return t.typing || t.choosing != nil }

// Update implements View.
func (t *Table[T]) Update(msg tea.Msg) (Intent, tea.Cmd) {
	var intent Intent
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.KeyMsg:
		intent, cmd = t.onKey(msg)
	case tea.MouseMsg:
		t.onMouse(msg)
	case page[T]:
		cmd = t.onPage(msg)
	case due[T]:
		if msg.table == t && msg.listing == msg.src.listing && !t.closed {
			cmd = t.list(msg.src)
		}
	case pollDue[T]:
		cmd = t.onPollDue(msg)
	case polled[T]:
		cmd = t.onPolled(msg)
	case faded[T]:
		t.onFaded(msg)
	case inspectDue[T], inspected[T]:
		cmd = t.pane.update(msg)
	case Scoped:
		cmd = t.connect()
	case Began:
		cmd = t.onBegan(msg)
	case Ended:
		cmd = t.onEnded(msg)
	default:
		return nil, nil
	}
	cmd = tea.Batch(cmd, t.follow())
	t.draw()
	return intent, cmd
}

// account is the account of a row: its own word, or that of its profile.
func (t *Table[T]) account(r *row[T]) string {
	if t.res.Account != nil {
		if a := t.res.Account(r.item); a != "" {
			return a
		}
	}
	return t.env.Session.Account(r.src.scope.Profile)
}

// faded says that the marks of changed rows have been seen long enough.
type faded[T any] struct{ table *Table[T] }

// flash is how long a changed row is marked.
const flash = 3 * time.Second

// took repairs cursor, lines and marks after rows have changed.
func (t *Table[T]) took(did change) tea.Cmd {
	if did.order {
		t.find()
	}
	if !did.flashed || t.flashDue {
		return nil
	}
	t.flashDue = true
	return t.env.After(flash, func() tea.Msg { return faded[T]{t} })
}

func (t *Table[T]) onFaded(msg faded[T]) {
	if msg.table == t {
		t.flashDue = false
		t.rows.flashes++
		t.look++
	}
}

// find puts the cursor back on the row that it was on. If that is gone the
// cursor stays where it was on the screen.
func (t *Table[T]) find() {
	visible := t.rows.visible
	if len(visible) == 0 {
		t.pos, t.window.top = 0, 0
		return
	}
	was := t.pos
	if t.moved {
		if r := t.rows.byID[t.cursor]; r != nil {
			if at := slices.Index(visible, r); at >= 0 {
				t.window.top += at - was
				t.select_(at)
				return
			}
		}
	}
	t.select_(min(was, len(visible)-1))
}

// select_ puts the cursor on a visible row.
func (t *Table[T]) select_(at int) {
	visible := t.rows.visible
	if len(visible) == 0 {
		return
	}
	t.pos = max(0, min(at, len(visible)-1))
	r := visible[t.pos]
	t.cursor = rowID{r.src, r.id}
}

// current is the row under the cursor, or nil.
func (t *Table[T]) current() *row[T] {
	if t.pos < len(t.rows.visible) {
		return t.rows.visible[t.pos]
	}
	return nil
}

func (t *Table[T]) source(scope awsops.Scope) *source {
	for _, src := range t.sources {
		if src.scope == scope {
			return src
		}
	}
	return nil
}

func (t *Table[T]) onBegan(msg Began) tea.Cmd {
	src := t.source(msg.Scope)
	if msg.Noun != t.res.Noun || src == nil || msg.Expect == nil || msg.Expect.Passing == "" || t.res.Pretend == nil {
		return nil
	}
	return t.took(t.rows.ask(src, msg.IDs, msg.Expect.Passing, t.env.Now()))
}

func (t *Table[T]) onEnded(msg Ended) tea.Cmd {
	src := t.source(msg.Scope)
	related := slices.Contains(t.res.Follows, msg.Noun)
	if msg.Noun != t.res.Noun && !related || src == nil {
		return nil
	}
	var cmd tea.Cmd
	if msg.Noun == t.res.Noun {
		cmd = t.took(t.rows.unask(src, msg.Failed))
	}
	if t.closed {
		return cmd
	}
	// A refused batch may have changed some targets all the same: look again. So
	// do rows without a state that could be watched.
	if len(msg.Failed) > 0 || related || !msg.Watched || t.res.State == nil {
		return tea.Batch(cmd, t.list(src))
	}
	return tea.Batch(cmd, t.poll(src, awsops.PollEvery))
}

// Selection implements Selector.
func (t *Table[T]) Selection() (string, []Target) {
	var out []Target
	for _, r := range t.selected() {
		out = append(out, t.target(r))
	}
	return t.res.Noun, out
}

func (t *Table[T]) selected() []*row[T] {
	if marked := t.rows.marked(); len(marked) > 0 {
		return marked
	}
	if r := t.current(); r != nil {
		return []*row[T]{r}
	}
	return nil
}

func (t *Table[T]) target(r *row[T]) Target {
	target := Target{Scope: r.src.scope, Account: t.account(r), ID: r.id, Name: t.res.Name(r.item)}
	if t.res.State != nil {
		target.Now = t.res.State(r.item)
	}
	return target
}

// Status implements View: the age of the data, what is going on, and errors.
func (t *Table[T]) Status() Status {
	if len(t.sources) == 0 {
		return Status{"no connection yet", theme.Faint}
	}
	interval := time.Duration(0)
	var oldest time.Time
	for i, src := range t.sources {
		interval = max(interval, t.interval(src))
		if i == 0 || src.at.Before(oldest) {
			oldest = src.at
		}
	}
	told, failed, waiting := t.beyondStatus(), t.Failures(), t.Waiting()
	switch {
	case len(failed) > 0:
		return Status{Told(failed, waiting), theme.Bad}
	case len(waiting) > 0 && len(t.sources) > 1:
		return Status{fmt.Sprintf("loading… %d, waiting for %s", len(t.rows.all), strings.Join(waiting, ", ")), theme.Busy}
	case len(waiting) > 0:
		return Status{fmt.Sprintf("loading… %d", len(t.rows.all)), theme.Busy}
	case told.Text != "":
		return told
	case t.res.Lasts > 0:
		return Status{"read " + oldest.UTC().Format(awsops.TimeFormat) + ", which does for a day; " + t.env.Keys.Refresh.Help().Key + " reads it again", theme.Good}
	case t.env.Refresh == 0:
		return Status{"read " + oldest.UTC().Format("15:04:05Z") + ", refresh is off", theme.Faint}
	}
	return Status{"live, at most " + interval.String() + " old" + t.price(interval), theme.Good}
}

// price tells who asks for more than the usual pace, and does not get it, what
// that would cost.
func (t *Table[T]) price(interval time.Duration) string {
	if t.env.Refresh >= usualRefresh || interval <= t.env.Refresh {
		return ""
	}
	requests := 0
	for _, src := range t.sources {
		requests = max(requests, src.pages)
	}
	return fmt.Sprintf(": every %s would be %d requests each time, %.1f a second in a region", t.env.Refresh, requests, float64(requests)/t.env.Refresh.Seconds())
}

// Failures implements Failing.
func (t *Table[T]) Failures() (out []Failure) {
	for _, src := range t.sources {
		if src.err == nil {
			continue
		}
		brief := src.scope.String() + " " + src.err.Code
		if !src.at.IsZero() {
			brief += ", data " + Age(t.env.Now().Sub(src.at)) + " old"
		}
		out = append(out, Failure{brief, t.failure(src)})
	}
	return out
}

// Waiting implements Failing.
func (t *Table[T]) Waiting() (out []string) {
	for _, src := range t.sources {
		if src.loading && src.at.IsZero() && src.err == nil {
			out = append(out, src.scope.String())
		}
	}
	return out
}

// failure says how old a scope's rows are and what keeps them from getting newer.
func (t *Table[T]) failure(src *source) string {
	text := src.err.In(src.scope).Error()
	if len(t.sources) > 1 {
		text = src.scope.String() + ": " + text
	}
	if src.err.Throttled() {
		text = "next try in " + t.interval(src).String() + ": " + text
	}
	if !src.at.IsZero() {
		return "data " + Age(t.env.Now().Sub(src.at)) + " old: " + text
	}
	read := 0
	for _, r := range t.rows.all {
		if r.src == src {
			read++
		}
	}
	if read > 0 {
		return fmt.Sprintf("only %d read so far: %s", read, text)
	}
	return "not read yet: " + text
}

// Age prints a duration as operators say it: 45s, 12m, 3h, 12d.
func Age(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// Help implements View.
func (t *Table[T]) Help() []key.Binding {
	if t.choosing != nil {
		return []key.Binding{binding("space", "show or hide"), binding("enter", "sort by it"), binding("esc", "close")}
	}
	if t.typing {
		enter := "keep"
		if t.unasked() {
			enter = "ask EC2 for more"
		}
		return []key.Binding{binding("enter", enter), binding("esc", "clear")}
	}
	var out []key.Binding
	for _, a := range t.res.Actions {
		if twin := slices.ContainsFunc(out, func(b key.Binding) bool { return b.Keys()[0] == a.Key }); !twin {
			out = append(out, binding(a.Key, a.Help))
		}
	}
	for _, l := range t.res.Links {
		out = append(out, binding(l.Key, l.Help))
	}
	return out
}
