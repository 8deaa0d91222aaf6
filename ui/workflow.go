package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// concluded is the end of a workflow, written down.
type concluded struct{ result awsops.Result }

// conclude writes down the end of a workflow's targets.
func (m *Model) conclude(j *job, msg looked) tea.Cmd {
	if j.info.Workflow == "" || msg.err != nil {
		return nil
	}
	var cmds []tea.Cmd
	for _, id := range slices.Concat(msg.progress.Arrived, msg.progress.Failed) {
		r := slices.IndexFunc(j.requests, func(r awsops.Request) bool {
			return r.Scope == msg.scope && (j.info.Makes() || slices.Contains(r.Targets(), id))
		})
		k := slices.IndexFunc(j.results, func(res awsops.Result) bool {
			return res.Scope == msg.scope && slices.ContainsFunc(res.Items, func(it awsops.Item) bool { return it.ID == id })
		})
		if r < 0 || k < 0 {
			continue
		}
		end := awsops.Item{ID: id, To: msg.progress.States[id]}
		if slices.Contains(msg.progress.Failed, id) {
			end.Err = &awsops.Error{Operation: j.info.Name, Class: awsops.Refused, Code: "NotArrived", Message: "it is " + end.To}
		}
		ctx, session, request, res := m.env.Context, m.env.Session, j.requests[r], j.results[k]
		res.Items, res.Message = []awsops.Item{end}, ""
		cmds = append(cmds, func() tea.Msg { return concluded{session.Conclude(ctx, request, res)} })
	}
	return tea.Batch(cmds...)
}

// onConcluded tells the worklog, or what of it could not be written.
func (m *Model) onConcluded(msg concluded) {
	tone := theme.Good
	if len(msg.result.Failed()) > 0 || msg.result.Message != "" {
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
