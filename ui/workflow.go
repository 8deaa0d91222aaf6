package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// concluded is the end of a workflow, written down.
type concluded struct {
	result awsops.Result
	left   bool // its end was not seen
}

// conclude writes down the end of a workflow's targets.
func (m *Model) conclude(j *job, msg looked) tea.Cmd {
	if msg.err != nil {
		return nil
	}
	var cmds []tea.Cmd
	for _, id := range slices.Concat(msg.progress.Arrived, msg.progress.Failed) {
		end := awsops.Item{ID: id, To: msg.progress.States[id]}
		if slices.Contains(msg.progress.Failed, id) {
			end.Err = &awsops.Error{Operation: j.info.Name, Class: awsops.Refused, Code: "NotArrived", Message: "it is " + end.To}
		}
		cmds = append(cmds, m.write(j, msg.scope, end, ""))
	}
	return tea.Batch(cmds...)
}

// leave writes down why the end of a workflow's other targets was not seen.
func (m *Model) leave(j *job, scope awsops.Scope, why string) tea.Cmd {
	w := j.watched[scope]
	var cmds []tea.Cmd
	for _, id := range w.ids {
		cmds = append(cmds, m.write(j, scope, awsops.Item{ID: id, To: w.states[id]}, why))
	}
	return tea.Batch(cmds...)
}

// write writes down how a target of a workflow has ended, or why that was not seen.
func (m *Model) write(j *job, scope awsops.Scope, end awsops.Item, left string) tea.Cmd {
	if j.info.Workflow == "" {
		return nil
	}
	r := slices.IndexFunc(j.requests, func(r awsops.Request) bool {
		return r.Scope == scope && (j.info.Makes() || slices.Contains(r.Targets(), end.ID))
	})
	k := slices.IndexFunc(j.results, func(res awsops.Result) bool {
		return res.Scope == scope && slices.ContainsFunc(res.Items, func(it awsops.Item) bool { return it.ID == end.ID })
	})
	if r < 0 || k < 0 {
		return nil
	}
	ctx, session, request, res := m.env.Context, m.env.Session, j.requests[r], j.results[k]
	if i := slices.IndexFunc(res.Items, func(it awsops.Item) bool { return it.ID == end.ID }); end.To == "" {
		end.To = res.Items[i].To // it has not been looked at
	}
	res.Items, res.Message = []awsops.Item{end}, ""
	return func() tea.Msg {
		if left != "" {
			return concluded{session.Leave(ctx, request, res, left), true}
		}
		return concluded{session.Conclude(ctx, request, res), false}
	}
}

// onConcluded tells the worklog, or what of it could not be written.
func (m *Model) onConcluded(msg concluded) {
	tone := theme.Good
	if msg.left || len(msg.result.Failed()) > 0 || msg.result.Message != "" {
		tone = theme.Bad
	}
	text := msg.result.Message
	for _, o := range msg.result.Outputs {
		if s, ok := o.Value.(string); ok && o.Name == "worklog-text" {
			text = s + " " + text
		}
	}
	m.say(text, tone)
}
