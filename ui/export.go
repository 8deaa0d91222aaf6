package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// export takes the rows of a table away, into a new file or the clipboard.
type export struct {
	base
	name   string
	table  awsops.Table
	format int // of awsops.ExportFormats
	input  textinput.Model
	busy   bool
	err    error
}

// exported tells what became of a file.
type exported struct {
	dialog *export
	path   string
	err    error
}

// newExport asks for the form and the place of the rows that are shown now.
func (m *Model) newExport() tea.Cmd {
	from, ok := m.top().(views.Exporter)
	if !ok {
		m.say("only a table can be exported", theme.Bad)
		return nil
	}
	e := &export{base: base{env: m.env}, input: views.NewInput(m.env, "File: ")}
	e.name, e.table = from.Export()
	e.input.Placeholder = "none: to the clipboard"
	if m.env.Keep != nil {
		e.input.Focus()
	}
	return m.push(e)
}

// Typing implements views.View.
func (e *export) Typing() bool { return true }

// Help implements views.View.
func (e *export) Help() []key.Binding {
	return []key.Binding{e.env.Keys.Accept, key.NewBinding(key.WithKeys("tab"), key.WithHelp("tab", "another format")), e.env.Keys.Back}
}

// Update implements views.View.
func (e *export) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	press, ok := msg.(tea.KeyMsg)
	if !ok || e.busy {
		return nil, nil
	}
	switch k := e.env.Keys; {
	case key.Matches(press, k.Back):
		return views.Back{}, nil
	case key.Matches(press, k.Accept):
		return e.accept(strings.TrimSpace(e.input.Value()))
	case press.Type == tea.KeyTab, press.Type == tea.KeyDown:
		e.format = (e.format + 1) % len(awsops.ExportFormats())
	case press.Type == tea.KeyShiftTab, press.Type == tea.KeyUp:
		e.format = (e.format + len(awsops.ExportFormats()) - 1) % len(awsops.ExportFormats())
	case e.env.Keep != nil:
		e.err = nil
		e.input, _ = e.input.Update(press) // the cursor does not blink
	}
	return nil, nil
}

func (e *export) accept(path string) (views.Intent, tea.Cmd) {
	print := awsops.NewExport(awsops.ExportFormats()[e.format], e.env.Delimiters)
	text, err := print.Export(e.table)
	if err != nil {
		e.err = err
		return nil, nil
	}
	if path == "" {
		return takeAway{copy: views.Copy{Text: text, What: e.what(len(text))}}, nil
	}
	e.busy = true
	keep := e.env.Keep
	return nil, func() tea.Msg {
		keeper, err := keep(path)
		if err == nil {
			err = keeper.Keep(awsops.NewSecret(text))
		}
		return exported{e, path, err}
	}
}

// mostCopied is what every terminal that fills the clipboard takes.
const mostCopied = 74_000

func (e *export) what(size int) string {
	text := plural(len(e.table.Rows), "row") + " as " + awsops.ExportFormats()[e.format]
	if size > mostCopied {
		text += fmt.Sprintf(", %d kB: some terminals take no more than %d", size/1000, mostCopied/1000)
	}
	return text
}

// takeAway copies rows and closes the dialog.
type takeAway struct {
	ours
	copy views.Copy
}

func (m *Model) onExported(msg exported) tea.Cmd {
	e := msg.dialog
	if refused := (*awsops.InputError)(nil); errors.As(msg.err, &refused) {
		refused.Field = strings.TrimSuffix(e.input.Prompt, ": ")
	}
	if e.busy, e.err = false, msg.err; e.err != nil || !slices.Contains(m.overlays, views.View(e)) {
		return nil
	}
	m.pop()
	m.say(e.what(0)+" in "+msg.path, theme.Good)
	return nil
}

// View implements views.View.
func (e *export) View() string {
	th := e.env.Theme
	lines := []string{th.Tone(theme.Strong).Render(cut(fmt.Sprintf("Export %s of %s", plural(len(e.table.Rows), "row"), e.name), e.width)), ""}
	format := "Format:"
	for i, name := range awsops.ExportFormats() {
		if i == e.format {
			name = "[" + name + "]"
		}
		format += " " + name
	}
	lines = append(lines, format)
	if e.env.Keep == nil {
		lines = append(lines, wrap("To the clipboard of your terminal: over SSH the files are the server's own.", e.width)...)
	} else {
		e.input.Width = max(1, e.width-len(e.input.Prompt)-1)
		lines = append(lines, e.input.View())
	}
	if e.err != nil {
		lines = append(lines, "")
		for _, l := range wrap(awsops.Clean(views.Explain(e.err)), e.width) {
			lines = append(lines, th.Tone(theme.Bad).Render(l))
		}
	}
	return strings.Join(lines, "\n")
}
