package views

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// commanded is the request as a command line, when EC2 had to be asked for it.
type commanded struct {
	form *Form
	line string
	err  error
}

// askCommand copies the request as a command line. A flow may have to read
// before it knows what it will ask for.
func (f *Form) askCommand() (Intent, tea.Cmd) {
	submit, ok := f.Filled()
	if !ok {
		return nil, nil
	}
	if f.command != "" {
		return f.copied(), nil
	}
	if _, ok := f.scope(); !ok {
		return Say{"the command needs one profile and region", theme.Bad}, nil
	}
	ctx, session := f.env.Context, f.env.Session
	return nil, func() tea.Msg {
		client, err := session.Client(submit.Scope)
		if err != nil {
			return commanded{f, "", err}
		}
		line, err := awsops.CommandLine(ctx, client, submit.Operation, submit.Values, submit.Scope, session.Way(submit.Scope.Profile).Endpoint)
		return commanded{f, line, err}
	}
}

func (f *Form) onCommand(msg commanded) Intent {
	if msg.err != nil {
		return Say{Explain(msg.err), theme.Bad}
	}
	f.command = msg.line
	return f.copied()
}

// copied puts the command on the clipboard, and says what it still needs.
func (f *Form) copied() Copy {
	what := "the command"
	if files := awsops.FilesOf(f.command, f.info, f.values()); len(files) > 0 {
		what += "; before it runs, write the secret to the file " + strings.Join(files, ", ") + ", without a line end"
	}
	return Copy{Text: f.command, What: what}
}
