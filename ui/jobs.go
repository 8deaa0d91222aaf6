package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// job is an operation under way. It belongs to the session, not to a view:
// leaving a table never loses the answer of a terminate.
type job struct {
	id         int
	info       awsops.Info
	requests   []awsops.Request
	targets    []views.Target
	unanswered int
	results    []awsops.Result
	errs       []error
	watched    map[awsops.Scope]*watched
	asked      int // how many things are waited for
	arrived    int
	failed     []string
	late       bool                     // it has been said that this takes longer than it should
	next       map[place]awsops.Request // what follows when a target has arrived
}

// place is a target in its scope.
type place struct {
	scope awsops.Scope
	id    string
}

// watched is what a job still waits for in one scope.
type watched struct {
	ids     []string
	looks   int
	percent map[string]int // how far each has come, where EC2 tells
	states  map[string]string
}

// The messages of jobs.
type (
	answered struct {
		job, request int
		result       awsops.Result
		err          error
		secret       *unkept // what is still to be kept of the result
	}
	lookDue struct {
		job   int
		scope awsops.Scope
	}
	looked struct {
		job      int
		scope    awsops.Scope
		progress awsops.Progress
		err      error
	}
)

// mostLooks ends the watch of a change after ten minutes.
const mostLooks = 300

// start carries out requests that have passed the gate.
func (m *Model) start(requests []awsops.Request, targets []views.Target) tea.Cmd {
	m.nextJob++
	j := &job{id: m.nextJob, info: requests[0].Info(), requests: requests, targets: targets, unanswered: len(requests), watched: map[awsops.Scope]*watched{}, next: map[place]awsops.Request{}}
	m.jobs = append(m.jobs, j)
	m.notice = notice{}
	var cmds []tea.Cmd
	for i, r := range requests {
		if j.info.Risk > awsops.Reads && !r.DryRun {
			cmds = append(cmds, m.broadcast(views.Began{Noun: j.info.Noun, Expect: j.info.Expect, Scope: r.Scope, IDs: j.changed(r)}))
		}
		env, msg := m.env, answered{job: j.id, request: i}
		cmds = append(cmds, func() tea.Msg { return call(env, r, msg) })
	}
	return tea.Batch(cmds...)
}

// changed are the rows that a request changes: what is only copied stays as it is.
func (j *job) changed(r awsops.Request) []string {
	if j.info.Makes() {
		return nil
	}
	return r.Targets()
}

func (m *Model) job(id int) *job {
	i := slices.IndexFunc(m.jobs, func(j *job) bool { return j.id == id })
	if i < 0 {
		return nil
	}
	return m.jobs[i]
}

func (m *Model) onJob(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case foreseen:
		_, cmd := msg.dialog.Update(msg)
		return cmd
	case answered:
		return m.onAnswered(msg)
	case lookDue:
		return m.look(msg)
	case looked:
		return m.onLooked(msg)
	case kept:
		return m.onKept(msg)
	}
	return nil
}

func (m *Model) onAnswered(msg answered) tea.Cmd {
	j := m.job(msg.job)
	if j == nil {
		return nil
	}
	j.unanswered--
	r := j.requests[msg.request]
	if msg.err != nil {
		j.errs = append(j.errs, msg.err)
	} else {
		j.results = append(j.results, msg.result)
	}
	accepted, refused := j.split(r, msg)
	var cmds []tea.Cmd
	if j.info.Risk > awsops.Reads && !r.DryRun {
		cmds = append(cmds, m.broadcast(views.Ended{Noun: j.info.Noun, Scope: r.Scope, IDs: accepted, Failed: refused, Watched: j.info.Expect != nil && !j.info.Makes()}))
		if j.info.Expect != nil && len(accepted) > 0 {
			cmds = append(cmds, m.watch(j, r.Scope, accepted))
		}
	}
	next, follows := r.Next(msg.result)
	if follows && j.info.Expect != nil {
		for _, id := range accepted {
			j.next[place{r.Scope, id}] = next
		}
	}
	if j.unanswered == 0 {
		cmds = append(cmds, m.tell(j))
	}
	if msg.secret != nil {
		cmds = append(cmds, m.push(m.newSecret(msg.secret)))
	}
	if follows && j.info.Expect == nil {
		cmds = append(cmds, m.start([]awsops.Request{next}, j.targets))
	}
	return tea.Batch(cmds...)
}

// watch waits for further things of a scope. One look at a scope is under way at
// a time.
func (m *Model) watch(j *job, scope awsops.Scope, ids []string) tea.Cmd {
	j.asked += len(ids)
	if w := j.watched[scope]; w != nil {
		w.ids = append(w.ids, ids...)
		return nil
	}
	j.watched[scope] = &watched{ids: ids}
	return m.lookLater(j.id, scope)
}

// split tells which targets EC2 accepted, or which things it made, and which
// targets it refused.
func (j *job) split(r awsops.Request, msg answered) (accepted, refused []string) {
	if msg.err != nil {
		return nil, j.changed(r)
	}
	for _, it := range msg.result.Failed() {
		refused = append(refused, it.ID)
	}
	if j.info.Expect != nil {
		return j.info.Expect.Awaited(r, msg.result), refused
	}
	for _, id := range r.Targets() {
		if !slices.Contains(refused, id) {
			accepted = append(accepted, id)
		}
	}
	return accepted, refused
}

// tell reports a job that EC2 has answered.
func (m *Model) tell(j *job) tea.Cmd {
	failed := j.refusedTargets()
	switch {
	case j.info.Risk == awsops.Reads && len(j.errs) == 0 && j.info.Secret != "" && !j.requests[0].DryRun: // a view of its own, or a file
		m.drop(j)
		m.say(j.info.Name+": "+j.kept(), theme.Good)
		return nil
	case j.info.Risk == awsops.Reads && len(j.errs) == 0:
		m.drop(j)
		return m.show(j)
	case len(j.errs) == 0 && j.requests[0].DryRun:
		m.say(j.info.Name+": "+j.results[0].Message, theme.Good)
	case len(j.errs) == 0 && len(failed) == 0 && !slices.ContainsFunc(j.results, func(r awsops.Result) bool { return len(r.Failed()) > 0 }):
		if len(j.watched) > 0 {
			return nil // its progress is told
		}
		m.say(j.label()+": "+j.outcome(), theme.Good)
	default:
		m.report = j
		m.say(j.refusal(failed), theme.Bad)
	}
	if len(j.watched) == 0 {
		m.drop(j)
	}
	return nil
}

// outcome is what the results say, how many targets are done, or the outputs
// that tell of something new.
func (j *job) outcome() string {
	var said []string
	for _, r := range j.results {
		if r.Message != "" && !slices.Contains(said, r.Message) {
			said = append(said, r.Message)
		}
	}
	if len(said) > 0 {
		return strings.Join(said, " · ")
	}
	if len(j.targets) > 0 {
		return "done, " + plural(len(j.targets), j.info.Noun)
	}
	s := "done"
	for _, o := range j.results[0].Outputs {
		if text, ok := o.Value.(string); ok {
			s += ", " + o.Name + " " + awsops.Clean(text)
		}
	}
	return s
}

// refusal says what EC2 refused.
func (j *job) refusal(failed []views.Target) string {
	why := ""
	for _, e := range j.errs {
		why = views.Explain(e)
	}
	for _, r := range j.results {
		for _, it := range r.Failed() {
			why = it.Err.Error()
		}
	}
	if len(j.targets) <= 1 {
		if len(j.targets) == 1 {
			return j.label() + " " + j.targets[0].ID + ": " + why
		}
		return j.label() + ": " + why
	}
	return fmt.Sprintf("%s: %d of %d failed (e shows each): %s", j.info.Name, len(failed), len(j.targets), why)
}

func (j *job) refusedTargets() []views.Target {
	ok := map[string]bool{}
	for _, r := range j.results {
		for _, it := range r.Items {
			ok[it.ID] = it.Err == nil
		}
	}
	var out []views.Target
	for _, t := range j.targets {
		if !ok[t.ID] && !(j.info.Makes() && len(j.errs) == 0) {
			out = append(out, t)
		}
	}
	return out
}

// each tells what became of every target.
func (j *job) each(th theme.Theme) []string {
	items := map[string]awsops.Item{}
	for _, r := range j.results {
		for _, it := range r.Items {
			items[it.ID] = it
		}
	}
	var lines []string
	for _, t := range j.targets {
		it, known := items[t.ID]
		label := awsops.Clean(strings.TrimSpace(t.Name + " " + t.ID))
		switch {
		case known && it.Err == nil:
			lines = append(lines, th.Tone(theme.Good).Render("ok      ")+label+became(it))
		case known:
			lines = append(lines, th.Tone(theme.Bad).Render("refused ")+label+"  "+awsops.Clean(it.Err.Error()))
		case len(j.errs) > 0:
			lines = append(lines, th.Tone(theme.Bad).Render("refused ")+label+"  "+awsops.Clean(views.Explain(j.errs[len(j.errs)-1])))
		}
	}
	return lines
}

// became is the way of a target, if EC2 told it.
func became(it awsops.Item) string {
	if it.From == "" && it.To == "" {
		return ""
	}
	return "  " + it.From + " → " + it.To
}

// again is the run of the refused targets, one call for each.
func (j *job) again() views.Run {
	return views.Run{Operation: j.info.Name, Targets: j.refusedTargets(), Values: j.requests[0].Values, OneByOne: true}
}

// show puts the result of a read on the stack.
func (m *Model) show(j *job) tea.Cmd {
	res := j.results[0]
	if len(j.results) > 1 {
		res = awsops.Merge(j.results, m.env.Session.Account)
	}
	title := j.info.Name
	if len(j.targets) == 1 {
		title += "  " + strings.TrimSpace(j.targets[0].Name+" "+j.targets[0].ID)
	}
	var b strings.Builder
	if err := awsops.NewPrint("table", j.info, j.requests[0].Values).Write(&b, res, 0); err != nil {
		m.say(err.Error(), theme.Bad)
		return nil
	}
	return m.push(views.NewText(m.env, title, b.String()))
}

func (m *Model) drop(j *job) {
	m.jobs = slices.DeleteFunc(m.jobs, func(x *job) bool { return x == j })
}

func (m *Model) lookLater(id int, scope awsops.Scope) tea.Cmd {
	return m.env.After(awsops.PollEvery, func() tea.Msg { return lookDue{id, scope} })
}

// look reads the states of what a job waits for.
func (m *Model) look(msg lookDue) tea.Cmd {
	j := m.job(msg.job)
	if j == nil || j.watched[msg.scope] == nil {
		return nil
	}
	w := j.watched[msg.scope]
	ctx, session, expect, ids, past := m.env.Context, m.env.Session, j.info.Expect, slices.Clone(w.ids), w.looks
	w.looks++
	return func() tea.Msg {
		ctx := awsops.Accept{Age: awsops.PollEvery}.In(ctx)
		p, err := session.Progress(ctx, msg.scope, expect, ids, past)
		return looked{msg.job, msg.scope, p, err}
	}
}

func (m *Model) onLooked(msg looked) tea.Cmd {
	j := m.job(msg.job)
	if j == nil || j.watched[msg.scope] == nil {
		return nil
	}
	w := j.watched[msg.scope]
	var cmds []tea.Cmd
	if msg.err == nil {
		w.percent, w.states = msg.progress.Percent, msg.progress.States
		j.arrived += len(msg.progress.Arrived)
		j.failed = append(j.failed, msg.progress.Failed...)
		w.ids = slices.DeleteFunc(w.ids, func(id string) bool {
			return slices.Contains(msg.progress.Arrived, id) || slices.Contains(msg.progress.Failed, id)
		})
	}
	if len(w.ids) > 0 && w.looks < mostLooks {
		if !j.late && j.info.Expect.Overdue(w.looks) {
			j.late = true
			m.say(j.label()+": "+j.info.Expect.Late, theme.Busy)
		}
		cmds = append(cmds, m.lookLater(j.id, msg.scope))
	} else {
		cmds = append(cmds, m.leave(j, msg.scope, "the wait ended after ten minutes"))
		delete(j.watched, msg.scope)
	}
	cmds = append(cmds, m.conclude(j, msg))
	for _, id := range msg.progress.Arrived {
		cmds = append(cmds, m.goOn(j, place{msg.scope, id}))
	}
	if len(j.watched) == 0 && j.unanswered == 0 {
		m.drop(j)
		m.sayArrived(j, len(w.ids))
	}
	return tea.Batch(cmds...)
}

// goOn starts what follows in the flow of a target that has arrived.
func (m *Model) goOn(j *job, at place) tea.Cmd {
	next, ok := j.next[at]
	if !ok {
		return nil
	}
	delete(j.next, at)
	i := slices.IndexFunc(j.targets, func(t views.Target) bool { return t.ID == at.id && t.Scope == at.scope })
	if i < 0 {
		return m.start([]awsops.Request{next}, nil)
	}
	return m.start([]awsops.Request{next}, []views.Target{j.targets[i]})
}

// label names the job, and where in a flow it stands.
func (j *job) label() string { return j.requests[0].Label() }

// left says how the targets stay whose flow ends here.
func (j *job) left() string {
	var said []string
	for _, r := range j.next {
		if s := r.Without(); s != "" && !slices.Contains(said, s) {
			said = append(said, " "+s)
		}
	}
	slices.Sort(said)
	return strings.Join(said, "")
}

func (m *Model) sayArrived(j *job, still int) {
	end := j.info.Expect.Until[0]
	switch {
	case len(j.failed) > 0:
		m.say(fmt.Sprintf("%s: %s did not become %s: %s.%s", j.label(), plural(len(j.failed), j.info.Noun), end, strings.Join(j.failed, ", "), j.left()), theme.Bad)
	case still > 0 && j.info.Expect.Late != "":
		m.say(j.label()+": "+j.info.Expect.Late, theme.Busy)
	case still > 0:
		m.say(fmt.Sprintf("%s: %s not %s after ten minutes.%s", j.label(), plural(still, j.info.Noun), end, j.left()), theme.Bad)
	case len(j.refusedTargets()) > 0: // the refusal stays on the screen
	case len(j.targets) == 1 && !j.info.Makes():
		m.say(strings.TrimSpace(j.targets[0].Name+" "+j.targets[0].ID)+" is "+end, theme.Good)
	case j.info.Makes():
		m.say(fmt.Sprintf("%s: %s %s", j.info.Name, plural(j.arrived, j.info.Noun), end), theme.Good)
	default:
		m.say(fmt.Sprintf("%s are %s", plural(j.arrived, j.info.Noun), end), theme.Good)
	}
}

// progress is what is under way, for the bottom of the screen.
func (m *Model) progress() string {
	var parts []string
	for _, j := range m.jobs {
		n := len(j.targets)
		switch {
		case j.unanswered > 0 && j.info.Risk == awsops.Reads:
			parts = append(parts, j.info.Name+"…")
		case j.unanswered > 0:
			parts = append(parts, fmt.Sprintf("%s: asking EC2 for %s", j.label(), plural(max(1, n), j.info.Noun)))
		default:
			parts = append(parts, fmt.Sprintf("%s: %s %d of %d %s", j.label(), j.bar(), j.arrived, j.asked, j.info.Expect.Until[0]))
		}
	}
	return strings.Join(parts, " · ")
}

// bar draws how much of a job is done: by EC2's own number where it tells one,
// and else by what has arrived.
func (j *job) bar() string {
	done := 100 * j.arrived
	for _, w := range j.watched {
		for _, id := range w.ids {
			done += w.percent[id]
		}
	}
	percent := done / max(1, j.asked)
	drawn := views.Bar(percent)
	if j.info.Expect.Measure != nil {
		return drawn + ","
	}
	drawn, _, _ = strings.Cut(drawn, " ")
	return drawn
}
