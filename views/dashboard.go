package views

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// Dashboard counts what there is, in every scope and in total. Each listing of
// each scope is counted by itself: one that is slow or denied holds up no other.
type Dashboard struct {
	env      Env
	counters []awsops.Counter
	parts    map[counted]*tally
	gen      int             // counts openings; answers to older ones are dropped
	ctx      context.Context // of the counts since the last opening
	cancel   context.CancelFunc
	at, from int // the counter under the cursor, and the first scope that is shown
	pager    pager
}

// counted is a listing of a scope.
type counted struct {
	scope awsops.Scope
	part  string
}

// tally is what a listing has come to, and whether it is being counted again.
type tally struct {
	awsops.Tally
	err     *awsops.Error
	at      time.Time // of the last count; zero is none yet
	loading bool
}

// countedUp answers one count.
type countedUp struct {
	dashboard *Dashboard
	gen       int
	what      counted
	tally     awsops.Tally
	err       error
}

// countDue says that it is time to count again.
type countDue struct {
	dashboard *Dashboard
	gen       int
	what      counted
}

// leastCount is the time between two counts of a listing: each reads all of it.
const leastCount = time.Minute

// NewDashboard makes one that has counted nothing yet.
func NewDashboard(env Env) *Dashboard {
	return &Dashboard{env: env, counters: awsops.Counters(), parts: map[counted]*tally{}}
}

// Init implements View.
func (d *Dashboard) Init() tea.Cmd {
	d.Close()
	return d.connect()
}

// Close implements View.
func (d *Dashboard) Close() {
	if d.cancel != nil {
		d.cancel()
		d.cancel = nil
	}
	d.gen++
	for _, t := range d.parts {
		t.loading = false
	}
}

// connect counts every listing of the session's scopes that is not counted
// yet, and forgets scopes that are gone.
func (d *Dashboard) connect() tea.Cmd {
	var cmds []tea.Cmd
	scopes := d.env.Session.Scopes()
	for what := range d.parts {
		if !slices.Contains(scopes, what.scope) {
			delete(d.parts, what)
		}
	}
	for _, scope := range scopes {
		for _, part := range awsops.DashboardParts() {
			what := counted{scope, part}
			if d.parts[what] == nil {
				d.parts[what] = &tally{}
			}
			if t := d.parts[what]; t.at.IsZero() && !t.loading && t.err == nil {
				cmds = append(cmds, d.count(what, awsops.Accept{Any: true}))
			}
		}
	}
	d.draw()
	return tea.Batch(cmds...)
}

func (d *Dashboard) count(what counted, accept awsops.Accept) tea.Cmd {
	if d.cancel == nil {
		d.ctx, d.cancel = context.WithCancel(d.env.Context)
	}
	ctx, gen := accept.In(d.ctx), d.gen
	client, err := d.env.Session.Client(what.scope)
	d.parts[what].loading = true
	return func() tea.Msg {
		if err != nil {
			return countedUp{d, gen, what, awsops.Tally{}, err}
		}
		t, err := awsops.CountPart(ctx, client, what.part)
		return countedUp{d, gen, what, t, err}
	}
}

// Update implements View.
func (d *Dashboard) Update(msg tea.Msg) (Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case Scoped:
		return nil, d.connect()
	case countedUp:
		return nil, d.onCounted(msg)
	case countDue:
		if t := d.parts[msg.what]; msg.dashboard == d && msg.gen == d.gen && t != nil && !t.loading {
			return nil, d.count(msg.what, awsops.Accept{Age: leastCount})
		}
	case tea.MouseMsg: // a click on a counter
		if at := d.pager.top + msg.Y - 2; at >= 0 && at < len(d.counters) {
			d.at = at
			d.draw()
		}
	case tea.KeyMsg:
		intent, cmd := d.onKey(msg)
		d.draw()
		return intent, cmd
	}
	return nil, nil
}

func (d *Dashboard) onCounted(msg countedUp) tea.Cmd {
	t := d.parts[msg.what]
	if msg.dashboard != d || msg.gen != d.gen || t == nil {
		return nil
	}
	t.loading, t.err = false, awsops.AsError(msg.err)
	if msg.err == nil { // else the old numbers stay, with the error beside them
		t.Tally, t.at = msg.tally, d.env.Now()
	}
	d.draw()
	if d.env.Refresh == 0 {
		return nil
	}
	gen, what := d.gen, msg.what
	return d.env.After(max(leastCount, d.env.Refresh), func() tea.Msg { return countDue{d, gen, what} })
}

func (d *Dashboard) onKey(msg tea.KeyMsg) (Intent, tea.Cmd) {
	switch k := d.env.Keys; {
	case key.Matches(msg, k.Back):
		return Back{}, nil
	case key.Matches(msg, k.Up):
		d.at = max(0, d.at-1)
	case key.Matches(msg, k.Down):
		d.at = min(len(d.counters)-1, d.at+1)
	case key.Matches(msg, k.Top):
		d.at = 0
	case key.Matches(msg, k.Bottom):
		d.at = len(d.counters) - 1
	case msg.String() == "right":
		d.from = min(d.from+1, max(0, len(d.env.Session.Scopes())-1))
	case msg.String() == "left":
		d.from = max(0, d.from-1)
	case key.Matches(msg, k.PageDown), key.Matches(msg, k.PageUp), key.Matches(msg, k.HalfDown), key.Matches(msg, k.HalfUp):
		d.pager.move(msg, d.env)
	case key.Matches(msg, k.Refresh):
		return nil, d.again()
	case key.Matches(msg, k.Open):
		c := d.counters[d.at]
		return Open{Kind: c.Kind, Query: c.Query}, nil
	case key.Matches(msg, k.Copy):
		return Copy{strings.Join(d.text(), "\n"), "the dashboard"}, nil
	default:
		return Say{msg.String() + " does nothing here; esc goes back", theme.Faint}, nil
	}
	return nil, nil
}

// again counts everything anew that is not being counted.
func (d *Dashboard) again() tea.Cmd {
	var cmds []tea.Cmd
	for _, scope := range d.env.Session.Scopes() {
		for _, part := range awsops.DashboardParts() {
			if t := d.parts[counted{scope, part}]; t != nil && !t.loading {
				cmds = append(cmds, d.count(counted{scope, part}, awsops.Accept{}))
			}
		}
	}
	return tea.Batch(cmds...)
}

// Status implements View: how old the oldest number is, and what has failed.
func (d *Dashboard) Status() Status {
	var oldest time.Time
	waiting := 0
	var failed []string
	for _, scope := range d.env.Session.Scopes() {
		var why []string // the different errors, and the listings that each keeps from being read
		what := map[string][]string{}
		for _, part := range awsops.DashboardParts() {
			t := d.parts[counted{scope, part}]
			if t == nil || t.at.IsZero() && t.err == nil {
				waiting++
				continue
			}
			if t.err != nil {
				e := *t.err.In(scope)
				e.RequestID = "" // which the API log tells of each
				if what[e.Error()] == nil {
					why = append(why, e.Error())
				}
				what[e.Error()] = append(what[e.Error()], part)
			} else if oldest.IsZero() || t.at.Before(oldest) {
				oldest = t.at
			}
		}
		for _, text := range why {
			parts := strings.Join(what[text], ", ")
			if len(what[text]) == len(awsops.DashboardParts()) {
				parts = "everything"
			}
			failed = append(failed, fmt.Sprintf("%s %s: %s", scope, parts, text))
		}
	}
	switch {
	case len(failed) > 0:
		return Status{strings.Join(failed, " · "), theme.Bad}
	case waiting > 0:
		return Status{fmt.Sprintf("counting, %d to come", waiting), theme.Busy}
	}
	return Status{"counted " + Age(d.env.Now().Sub(oldest)) + " ago", theme.Good}
}

// Help implements View.
func (d *Dashboard) Help() []key.Binding {
	k := d.env.Keys
	return []key.Binding{binding("enter", "what is counted"), k.Up, k.Down, binding("right", "further scopes"), k.Refresh, binding("y", "copy all"), k.PageDown, k.Back}
}

// Typing implements View.
func (d *Dashboard) Typing() bool { return false }

// Resize implements View.
func (d *Dashboard) Resize(width, height int) {
	d.pager.resize(width, height)
	d.draw()
}

// View implements View.
func (d *Dashboard) View() string { return strings.Join(d.pager.lines(), "\n") }

func (d *Dashboard) draw() {
	lines := d.text()
	row := lines[d.at+2]
	lines[d.at+2] = d.env.Theme.Cursor.Render(">" + pad(row[1:], max(0, d.pager.width-1), false))
	lines[0], lines[1] = d.env.Theme.Tone(theme.Strong).Render(lines[0]), d.env.Theme.Heading.Render(lines[1])
	d.pager.set(lines...)
}

// sum is a part in total: what has been read of it, and of how many scopes it
// has not been.
func (d *Dashboard) sum(part string) (total awsops.Tally, missing int) {
	for _, scope := range d.env.Session.Scopes() {
		t := d.parts[counted{scope, part}]
		if t == nil || t.at.IsZero() {
			missing++
			continue
		}
		total.Add(t.Tally)
	}
	return total, missing
}

// number is one counter in one scope as it is shown.
func (t *tally) number(counter string) string {
	switch {
	case t == nil, t.at.IsZero() && t.err == nil:
		return "…"
	case t.at.IsZero():
		word, _, _ := strings.Cut(awsops.Uncounted(t.err), ":") // the status has the whole text
		return word
	case t.err != nil:
		return fmt.Sprintf("%d !", t.Counts[counter])
	}
	return fmt.Sprint(t.Counts[counter])
}

// scopeTitles are the headings of the scopes: what tells them apart.
func (d *Dashboard) scopeTitles() []string {
	scopes := d.env.Session.Scopes()
	var titles []string
	for _, s := range scopes {
		titles = append(titles, awsops.Clean(cmp.Or(d.env.Session.Account(s.Profile), s.Profile)+" "+s.Region))
	}
	return titles
}
