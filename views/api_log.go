package views

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// APILog is the list of what the session asks of AWS, live, the newest first.
// As long as the cursor is on the first row it stays on the newest.
type APILog struct {
	env     Env
	kept    []awsops.Call // the newest first
	calls   []awsops.Call // those that the filter lets through
	version int
	at      int // the ID under the cursor; 0 is the newest
	top     int

	filter textinput.Model
	typing bool
	texts  map[int]string // for the filter, by ID: of calls that have ended
	odd    string         // a word of the filter that tells no time

	ticks         int // older timers are dropped
	width, height int
}

// logDue says that it is time to look at the log again.
type logDue struct {
	log  *APILog
	tick int
}

// logEvery is how often the list is drawn anew.
const logEvery = time.Second

// NewAPILog makes the list. From then on the headers and bodies of everything
// are kept, not only of what fails.
func NewAPILog(env Env) View {
	return &APILog{env: env, filter: NewInput(env, "/"), texts: map[int]string{}}
}

// Init implements View.
func (l *APILog) Init() tea.Cmd {
	l.env.Session.Calls().Watch()
	l.read()
	return l.tick()
}

func (l *APILog) tick() tea.Cmd {
	l.ticks++
	msg := logDue{l, l.ticks}
	return l.env.After(logEvery, func() tea.Msg { return msg })
}

// Close implements View.
func (l *APILog) Close() { l.ticks++ }

// Typing implements View.
func (l *APILog) Typing() bool { return l.typing }

// Status implements View.
func (l *APILog) Status() Status {
	calls := l.env.Session.Calls()
	switch {
	case calls == nil:
		return Status{"this session keeps no log", theme.Faint}
	case calls.Lost() != nil:
		return Status{"the file of the log lacks entries: " + calls.Lost().Error(), theme.Bad}
	case l.odd != "":
		return Status{l.odd + ` is no time: write 15:04, 15:04:05, 2006-01-02T15:04 or 10m`, theme.Bad}
	case l.filter.Value() != "":
		return Status{fmt.Sprintf("%d of %d calls match %s", len(l.calls), len(l.kept), l.filter.Value()), theme.Faint}
	}
	return Status{fmt.Sprintf("%d calls; those of this session only, and nothing secret", len(l.kept)), theme.Faint}
}

// Help implements View.
func (l *APILog) Help() []key.Binding {
	k := l.env.Keys
	if l.typing {
		return []key.Binding{k.Accept, k.Back}
	}
	return []key.Binding{k.Open, k.Filter, binding("y", "copy as aws command"), k.CopyPart, k.Export, k.Back}
}

// Resize implements View.
func (l *APILog) Resize(width, height int) {
	l.width, l.height = width, height
	l.filter.Width = max(1, width-3)
	l.scroll()
}

// read takes the calls that are kept.
func (l *APILog) read() {
	calls := l.env.Session.Calls()
	l.version = calls.Version()
	l.kept = calls.List()
	if n := len(l.kept); len(l.texts) > n {
		for id := range l.texts {
			if id < l.kept[n-1].ID {
				delete(l.texts, id)
			}
		}
	}
	l.narrow()
}

// narrow takes those of them that the filter lets through.
func (l *APILog) narrow() {
	words, within := l.span(strings.Fields(strings.ToLower(l.filter.Value())))
	l.calls = l.calls[:0]
	for _, c := range l.kept {
		if within(c.At) && (len(words) == 0 || matches(l.text(c), words)) {
			l.calls = append(l.calls, c)
		}
	}
	l.scroll()
}

// span takes the words that name a time out of a filter.
func (l *APILog) span(words []string) (others []string, within func(time.Time) bool) {
	var since, until time.Time
	l.odd = ""
	for _, w := range words {
		name, text, _ := strings.Cut(w, ":")
		if name != "since" && name != "until" {
			others = append(others, w)
			continue
		}
		at, ok := pointInTime(text, l.env.Now())
		switch {
		case !ok:
			l.odd = w
		case name == "since":
			since = at
		default:
			until = at
		}
	}
	return others, func(at time.Time) bool { return !at.Before(since) && (until.IsZero() || at.Before(until)) }
}

// pointInTime is a time of today, one with its date, or a while ago.
func pointInTime(text string, now time.Time) (time.Time, bool) {
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), true
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			now = now.Local()
			return time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.Local), true
		}
	}
	at, err := time.ParseInLocation("2006-01-02t15:04", text, time.Local)
	return at, err == nil
}

// Export implements Exporter: a row for each call, what was asked and each of
// its attempts with it.
func (l *APILog) Export() (string, awsops.Table) { return "api-log", awsops.CallTable(l.calls) }

// text is what a filter looks into. A call that has ended changes no more.
func (l *APILog) text(c awsops.Call) string {
	text, known := l.texts[c.ID]
	if known {
		return text
	}
	words := []string{c.Service, c.Action, c.Result(), c.Scope.String(), c.Last().RequestID, fmt.Sprint(c.Last().Status), c.CommandLine()}
	for _, a := range c.Attempts {
		words = append(words, a.Code)
	}
	text = strings.ToLower(strings.Join(words, " "))
	if c.Ended {
		l.texts[c.ID] = text
	}
	return text
}

// matches says whether a text has every word, and none after a hyphen.
func matches(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		without, not := strings.CutPrefix(w, "-")
		return not && without != "" && strings.Contains(text, without) || !not && !strings.Contains(text, w)
	})
}

// row is the place of the cursor. A call that is gone leaves it on the last.
func (l *APILog) row() int {
	if l.at == 0 {
		return 0
	}
	i := sort.Search(len(l.calls), func(i int) bool { return l.calls[i].ID <= l.at })
	return max(0, min(i, len(l.calls)-1))
}

func (l *APILog) room() int { return max(1, l.height-2) }

func (l *APILog) scroll() {
	row := l.row()
	l.top = max(0, min(l.top, row, len(l.calls)-1), row-l.room()+1)
}

func (l *APILog) move(by int) {
	to := max(0, min(l.row()+by, len(l.calls)-1))
	l.at = 0
	if to > 0 {
		l.at = l.calls[to].ID
	}
	l.scroll()
}

// Update implements View.
func (l *APILog) Update(msg tea.Msg) (Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case logDue:
		if msg.log != l || msg.tick != l.ticks {
			return nil, nil
		}
		if l.version != l.env.Session.Calls().Version() {
			l.read()
		}
		return nil, l.tick()
	case tea.MouseMsg: // a click on a call
		if at := l.top + msg.Y - 2; msg.Y >= 2 && at < len(l.calls) {
			l.move(at - l.row())
		}
	case tea.KeyMsg:
		if l.typing {
			l.onTyped(msg)
			return nil, nil
		}
		return l.onKey(msg), nil
	}
	return nil, nil
}

func (l *APILog) onTyped(msg tea.KeyMsg) {
	switch k := l.env.Keys; {
	case key.Matches(msg, k.Back):
		l.filter.SetValue("")
		l.typing = false
	case key.Matches(msg, k.Accept):
		l.typing = false
	default:
		l.filter, _ = l.filter.Update(msg)
	}
	if !l.typing {
		l.filter.Blur()
	}
	l.narrow()
}

func (l *APILog) onKey(msg tea.KeyMsg) Intent {
	k := l.env.Keys
	switch {
	case key.Matches(msg, k.Up):
		l.move(-1)
	case key.Matches(msg, k.Down):
		l.move(1)
	case key.Matches(msg, k.PageUp):
		l.move(-l.room())
	case key.Matches(msg, k.PageDown):
		l.move(l.room())
	case key.Matches(msg, k.HalfUp):
		l.move(-l.room() / 2)
	case key.Matches(msg, k.HalfDown):
		l.move(l.room() / 2)
	case key.Matches(msg, k.Top):
		l.move(-len(l.calls))
	case key.Matches(msg, k.Bottom):
		l.move(len(l.calls))
	case key.Matches(msg, k.Refresh):
		l.read()
	case key.Matches(msg, k.Filter):
		l.typing = true
		l.filter.Focus()
	case key.Matches(msg, k.Back), key.Matches(msg, k.Quit):
		return Back{}
	case len(l.calls) == 0:
		return Say{"there is no call here yet", theme.Faint}
	default:
		return l.onCall(msg, l.calls[l.row()])
	}
	return nil
}

// onCall is a key about the call under the cursor.
func (l *APILog) onCall(msg tea.KeyMsg, c awsops.Call) Intent {
	command := c.CommandLine()
	switch k := l.env.Keys; {
	case key.Matches(msg, k.Open):
		return Show{"API log: " + c.Action, l.detail(c)}
	case key.Matches(msg, k.CopyPart):
		lines := []Line{{About: "request ID", Text: c.Last().RequestID}, {About: "as an aws command", Text: command}}
		if c.Err != nil {
			lines = append(lines, Line{About: "error", Text: c.Err.Error()})
		}
		return Offer{"Copy a part of " + c.Action, slices.DeleteFunc(lines, func(l Line) bool { return l.Text == "" })}
	case key.Matches(msg, k.Copy) && command == "":
		return Say{c.Service + " " + c.Action + " has no command here: it asks for credentials", theme.Faint}
	case key.Matches(msg, k.Copy):
		return Copy{command, "the aws command of " + c.Action}
	}
	return Say{msg.String() + " does nothing here; esc goes back", theme.Faint}
}

// View implements View.
func (l *APILog) View() string {
	th := l.env.Theme
	head := th.Heading.Render(fit("API log", l.width))
	if l.typing || l.filter.Value() != "" {
		head = l.filter.View()
	}
	out := []string{fit(head, l.width), th.Tone(theme.Faint).Render(fit("  "+l.cells("Time", "Where", "Action", "Tries", "HTTP", "ms", "Result"), l.width))}
	row := l.row()
	for i := l.top; i < min(l.top+l.room(), len(l.calls)); i++ {
		c := l.calls[i]
		line, tone := l.line(c), theme.Plain
		switch {
		case !c.Ended:
			tone = theme.Busy
		case c.Err != nil && c.Result() != "allowed":
			tone = theme.Bad
		}
		if i == row {
			out = append(out, th.Cursor.Render(fit("> "+line, l.width)))
			continue
		}
		out = append(out, th.Tone(tone).Render(fit("  "+line, l.width)))
	}
	for len(out) < l.height {
		out = append(out, "")
	}
	return strings.Join(out[:max(0, l.height)], "\n")
}

// wide says that there is room for where a call went.
func (l *APILog) wide() bool { return l.width >= 110 }

func (l *APILog) cells(at, where, action, tries, status, took, result string) string {
	cells := []string{pad(at, 12, false)}
	if l.wide() {
		cells = append(cells, pad(where, 24, false))
	}
	return strings.Join(append(cells, pad(action, 26, false), pad(tries, 5, true), pad(status, 4, true), pad(took, 6, true), result), " ")
}

func (l *APILog) line(c awsops.Call) string {
	status, tries, result := "-", fmt.Sprint(len(c.Attempts)), c.Result()
	if s := c.Last().Status; s > 0 {
		status = fmt.Sprint(s)
	}
	if n := len(c.Attempts); c.Ended && c.Err == nil && n > 1 {
		result += " after " + c.Attempts[n-2].Code
	}
	action := c.Action
	if c.DryRun() {
		action += ", dry"
	}
	return awsops.Clean(l.cells(c.At.Local().Format("15:04:05.000"), c.Scope.String(), action, tries, status, fmt.Sprint(c.Took.Milliseconds()), result))
}

// detail is everything that is known about a call.
func (l *APILog) detail(c awsops.Call) string {
	var b strings.Builder
	field := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	field("Action", "%s %s", c.Service, c.Action)
	field("Where", "%s", c.Scope)
	field("At", "%s", c.At.Local().Format("2006-01-02 15:04:05.000"))
	field("Took", "%d ms", c.Took.Milliseconds())
	field("Result", "%s", c.Result())
	if c.Err != nil {
		field("Error", "%s", c.Err)
	}
	if len(c.Attempts) == 0 && c.Ended && c.Err == nil {
		field("Attempts", "none: another session had asked for the same")
	}
	for i, a := range c.Attempts {
		field(fmt.Sprintf("Attempt %d", i+1), "%s  HTTP %d  %d ms  %s  request %s", a.At.Local().Format("15:04:05.000"), a.Status, a.Took.Milliseconds(), a.Code, a.RequestID)
	}
	if command := c.CommandLine(); command != "" {
		field("As command", "%s", command)
	}
	if parameters := c.Parameters(); parameters != nil {
		b.WriteString("\nParameters\n" + toYAML(parameters))
	}
	kept := false
	for i, a := range c.Attempts {
		if e, ok := l.env.Session.Calls().Exchange(a); ok {
			kept = true
			fmt.Fprintf(&b, "\nAttempt %d: request\n", i+1)
			write(&b, e.Asked, e.Request, e.RequestCut, e.Withheld)
			fmt.Fprintf(&b, "\nAttempt %d: answer\n", i+1)
			write(&b, e.Answered, e.Response, e.Cut, e.Withheld)
		}
	}
	if !kept && len(c.Attempts) > 0 {
		b.WriteString("\nHeaders and bodies are kept of the latest calls that failed, or began after this list was opened first.\n")
	}
	return b.String()
}

func write(b *strings.Builder, header http.Header, body string, cut, withheld bool) {
	_ = header.Write(b) // a builder takes everything
	switch {
	case withheld:
		b.WriteString("\nThe body is not kept: it could hold a secret.\n")
		return
	case cut:
		body += "\n… the rest is not kept"
	}
	b.WriteString("\n" + body + "\n")
}
