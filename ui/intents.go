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

// act does what a view asked for, in the Update in which it asked.
func (m *Model) act(intent views.Intent) tea.Cmd {
	switch intent := intent.(type) {
	case views.Run:
		return m.run(intent)
	case submitted:
		if !intent.DryRun { // which leaves the form as it is
			m.pop()
		}
		return m.request(intent.Operation, intent.Values, views.Run{Targets: m.targetsOf(intent), Scope: intent.Scope, DryRun: intent.DryRun, Save: intent.Save})
	case views.Open:
		return m.push(m.newTable(intent.Kind, intent.Query))
	case views.Show:
		return m.push(views.NewText(m.env, intent.Title, intent.Text))
	case views.Offer:
		return m.push(views.NewLines(m.env, intent.Title, intent.Lines))
	case views.Execute:
		return m.execute(intent.Argv)
	case views.Back:
		return m.pop()
	case views.Say:
		m.say(intent.Text, intent.Tone)
	case views.Copy:
		return m.copy(intent)
	case takeAway:
		m.pop()
		return m.copy(intent.copy)
	case confirmed:
		m.pop()
		return m.start(intent.requests, intent.targets)
	case edit:
		m.pop()
		if op, ok := awsops.Find(intent.operation); ok {
			for _, f := range op.Info().Fields { // what was left empty stays so
				if _, given := intent.values[f.Name]; !given {
					intent.values = intent.values.With(f.Name)
				}
			}
		}
		return m.run(views.Run{Operation: intent.operation, Targets: intent.targets, Values: intent.values, Scope: intent.scope, Save: intent.save, Form: true})
	case useConnection:
		return m.useConnection(intent.name)
	case editConnection:
		return m.editConnection(intent.named)
	case tryConnection:
		return m.tryConnection(intent.values)
	case tryScope:
		return m.tryScope(intent.scope)
	case begin:
		return m.begin()
	case wroteConnection:
		return m.writeConnection(intent)
	case declined:
		return m.onDeclined(intent.at)
	case switched:
		m.pop()
		return m.switchTo(intent.kind)
	case asked:
		m.pop()
		return m.visit(intent.name)
	case toggled:
		return m.toggle(intent.scope)
	case palettePick:
		m.pop()
		return m.run(m.withSelection(intent.run))
	}
	return nil
}

// push puts a view on top: tables and texts on the stack, dialogs over it.
func (m *Model) push(v views.View) tea.Cmd {
	m.calm = false
	if m.notice.tone == theme.Faint { // it was about the view below
		m.notice = notice{}
	}
	if _, dialog := v.(dialog); dialog {
		m.overlays = append(m.overlays, v)
	} else {
		m.overlays = slices.DeleteFunc(m.overlays, func(v views.View) bool { return !holds(v) })
		m.stack = append(m.stack, v)
	}
	m.resize()
	return v.Init()
}

// pop leaves the view on top, and with it what was only said about it. The last
// table stays.
func (m *Model) pop() tea.Cmd {
	if m.notice.tone == theme.Busy || m.notice.tone == theme.Faint {
		m.notice = notice{}
	}
	if n := len(m.overlays); n > 0 {
		m.overlays[n-1].Close()
		m.overlays = m.overlays[:n-1]
		return nil
	}
	if n := len(m.stack); n > 1 {
		m.stack[n-1].Close()
		m.stack = m.stack[:n-1]
		return nil
	}
	m.say("this is the first table; "+m.env.Keys.Quit.Help().Key+" quits", theme.Faint)
	return nil
}

// switchTo opens a tab as it was left.
func (m *Model) switchTo(key string) tea.Cmd {
	if key == m.open && len(m.stack) == 1 {
		return nil
	}
	for _, v := range m.stack {
		v.Close()
	}
	t, ok := m.tables[key]
	if !ok {
		t = m.newTab(key)
		m.tables[key] = t
	}
	m.open, m.stack = key, []views.View{t}
	m.resize()
	return t.Init()
}

func (m *Model) copy(c views.Copy) tea.Cmd {
	if m.clipboard == nil {
		m.say("this terminal has no clipboard", theme.Bad)
		return nil
	}
	m.say("copied "+c.What, theme.Good)
	write, text := m.clipboard, c.Text
	return func() tea.Msg {
		_ = write(text) // a broken terminal ends the program by itself
		return nil
	}
}

// withSelection gives an operation of the palette the rows that are selected,
// if they are of its kind.
func (m *Model) withSelection(run views.Run) views.Run {
	op, _ := awsops.Find(run.Operation)
	s, ok := m.stack[len(m.stack)-1].(views.Selector)
	if !ok || op.Info().Target() == "" {
		return run
	}
	if noun, targets := s.Selection(); noun == op.Info().Noun || op.Info().Noun == awsops.AnyResource && allFit(op, targets) {
		run.Targets = targets
		if field, _ := op.Info().Field(op.Info().Target()); field.Kind != awsops.KindList && len(targets) > 1 {
			run.Targets = targets[:1]
		}
	}
	return run
}

// allFit says whether an operation on resources of any kind takes these.
func allFit(op awsops.Operation, targets []views.Target) bool {
	field, _ := op.Info().Field(op.Info().Target())
	return !slices.ContainsFunc(targets, func(t views.Target) bool { return field.Check([]string{t.ID}) != nil })
}

// run carries an operation on: to its form when inputs are asked for or
// missing, else to its confirmation.
func (m *Model) run(run views.Run) tea.Cmd {
	op, ok := awsops.Find(run.Operation)
	if !ok {
		m.say("there is no operation "+run.Operation, theme.Bad)
		return nil
	}
	if err := m.env.Session.Allows(op.Info()); err != nil {
		m.say(err.Error(), theme.Bad)
		return nil
	}
	values := awsops.Values{}
	for k, v := range run.Values {
		values[k] = v
	}
	values = m.begun(op.Info(), m.scopesOf(run), values)
	if field, ok := op.Info().Field(op.Info().Target()); ok && len(run.Targets) > 0 {
		if run.Form && field.Kind != awsops.KindList {
			run.Targets = run.Targets[:1] // a form fills in one call
		}
		var ids []string
		for _, t := range run.Targets {
			ids = append(ids, t.ID)
		}
		values[field.Name] = ids
		if field.Kind != awsops.KindList && len(ids) > 1 && op.Validate(values.With(field.Name, ids[0])) == nil {
			return m.request(op, values, run) // one call for each
		}
	}
	run.Form = run.Form && len(op.Info().Fields) > 0
	if run.Form || op.Validate(values) != nil || op.Info().Secret != "" && run.Save == "" {
		return m.push(&formDialog{Form: views.NewForm(m.env, op, values, m.scopesOf(run), run.Save), targets: run.Targets})
	}
	return m.request(op, values, run)
}

// begun fills a launch with what its connection says, if all scopes that it can
// go to say the same.
func (m *Model) begun(info awsops.Info, scopes []awsops.Scope, v awsops.Values) awsops.Values {
	policy := m.env.Session.Policy()
	var out awsops.Values
	for _, at := range scopes {
		begun := policy.Begin(info, at, v)
		if out != nil && fmt.Sprint(begun) != fmt.Sprint(out) {
			return v
		}
		out = begun
	}
	if out == nil {
		return v
	}
	return out
}

// targetsOf finds the rows that the IDs of a form stand for. An ID that was
// typed by hand lies where the others are, or in the only scope.
func (m *Model) targetsOf(s submitted) []views.Target {
	known := s.targets
	if s.Operation.Info().Target() == "" {
		return known // they only say where
	}
	var out []views.Target
	for _, id := range (awsops.Request{Operation: s.Operation, Values: s.Values}).Targets() {
		i := slices.IndexFunc(known, func(t views.Target) bool { return t.ID == id })
		switch {
		case i >= 0:
			out = append(out, known[i])
		case len(known) > 0:
			out = append(out, views.Target{Scope: known[0].Scope, Account: known[0].Account, ID: id})
		default:
			t := views.Target{ID: id, Scope: s.Scope, Account: m.env.Session.Account(s.Scope.Profile)}
			if scopes := m.env.Session.Scopes(); len(scopes) == 1 {
				t.Scope, t.Account = scopes[0], m.env.Session.Account(scopes[0].Profile)
			}
			out = append(out, t)
		}
	}
	return out
}

// request makes one request for each scope of the targets and asks for the
// confirmation that the gate wants.
func (m *Model) request(op awsops.Operation, values awsops.Values, run views.Run) tea.Cmd {
	requests, err := m.requests(op, op.Info().Fresh(values), run)
	if err != nil {
		m.say(views.Explain(err), theme.Bad)
		return nil
	}
	need := awsops.Unconfirmed
	for i, r := range requests {
		requests[i].OneByOne, requests[i].DryRun, requests[i].Save = run.OneByOne, run.DryRun, run.Save
		n, err := m.env.Session.Need(r)
		if err != nil {
			m.say(err.Error(), theme.Bad)
			return nil
		}
		need = max(need, n)
	}
	if need == awsops.Unconfirmed || run.DryRun { // which changes nothing
		return m.start(requests, run.Targets)
	}
	m.danger = need == awsops.Typed
	return m.push(newConfirm(m.env, requests, run.Targets, run.Skipped, need))
}

// scopesOf are the scopes that a form can be about: those of its targets, the
// one that has been chosen before, or all.
func (m *Model) scopesOf(run views.Run) []awsops.Scope {
	var out []awsops.Scope
	for _, t := range run.Targets {
		if !slices.Contains(out, t.Scope) {
			out = append(out, t.Scope)
		}
	}
	if len(out) == 0 {
		out = m.env.Session.Scopes()
	}
	if i := slices.Index(out, run.Scope); i > 0 { // the form begins with it
		out[0], out[i] = out[i], out[0]
	}
	return out
}

// requests splits the targets by scope. A read without targets goes to every scope.
func (m *Model) requests(op awsops.Operation, values awsops.Values, run views.Run) ([]awsops.Request, error) {
	targets, field, scopes := run.Targets, op.Info().Target(), m.env.Session.Scopes()
	if run.Scope != (awsops.Scope{}) {
		scopes = []awsops.Scope{run.Scope}
	}
	if len(scopes) == 0 {
		return nil, fmt.Errorf("%s: there is no connection to AWS yet", op.Info().Name)
	}
	if len(targets) == 0 {
		if op.Info().Risk > awsops.Reads && len(scopes) > 1 {
			return nil, fmt.Errorf("%s: select rows first, because there are several scopes", op.Info().Name)
		}
		var out []awsops.Request
		for _, s := range scopes {
			out = append(out, awsops.Request{Operation: op, Scope: s, Values: values})
		}
		return out, nil
	}
	var order []awsops.Scope
	ids := map[awsops.Scope][]string{}
	for _, t := range targets {
		if t.Scope == (awsops.Scope{}) {
			return nil, fmt.Errorf("%s: %s could be in any of %d scopes; select its row instead", op.Info().Name, t.ID, len(scopes))
		}
		if !slices.Contains(order, t.Scope) {
			order = append(order, t.Scope)
		}
		ids[t.Scope] = append(ids[t.Scope], t.ID)
	}
	var out []awsops.Request
	for _, s := range order {
		if field == "" {
			out = append(out, awsops.Request{Operation: op, Scope: s, Values: values})
			continue
		}
		if f, _ := op.Info().Field(field); f.Kind != awsops.KindList {
			for _, id := range ids[s] {
				out = append(out, awsops.Request{Operation: op, Scope: s, Values: values.With(field, id)})
			}
			continue
		}
		out = append(out, awsops.Request{Operation: op, Scope: s, Values: values.With(field, ids[s]...)})
	}
	return out, nil
}

// plural counts things: "1 instance", "3 instances".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
