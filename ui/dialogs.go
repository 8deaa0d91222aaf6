package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/sahilm/fuzzy"

	"ec2deck/awsops"
	"ec2deck/keymap"
	"ec2deck/theme"
	"ec2deck/views"
)

// dialog is a view that stands over the stack, in a box.
type dialog interface {
	views.View
	// dangerous says that the box is framed as a warning.
	dangerous() bool
}

// intent makes a type an Intent of this package.
type ours struct{ views.Back }

// Intents of the dialogs.
type (
	// confirmed starts requests that the operator has said yes to.
	confirmed struct {
		ours
		requests []awsops.Request
		targets  []views.Target
	}
	// edit leaves a confirmation for the form with all inputs.
	edit struct {
		ours
		operation string
		values    awsops.Values
		targets   []views.Target
		scope     awsops.Scope
		save      string
	}
	// submitted is a form with the rows that it was opened for.
	submitted struct {
		ours
		views.Submit
		targets []views.Target
	}
	// switched opens a table that the palette named.
	switched struct {
		ours
		kind string
	}
	// palettePick runs an operation that the palette named.
	palettePick struct {
		ours
		run views.Run
	}
)

// formDialog is the form of an operation, in a box.
type formDialog struct {
	*views.Form
	targets []views.Target
}

func (f *formDialog) dangerous() bool { return false }

// Update implements views.View.
func (f *formDialog) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	intent, cmd := f.Form.Update(msg)
	if s, ok := intent.(views.Submit); ok {
		intent = submitted{Submit: s, targets: f.targets}
	}
	return intent, cmd
}

// base is what small dialogs have in common.
type base struct {
	env           views.Env
	width, height int
}

func (b *base) Init() tea.Cmd            { return nil }
func (b *base) Close()                   {}
func (b *base) Status() views.Status     { return views.Status{} }
func (b *base) Resize(width, height int) { b.width, b.height = width, height }
func (b *base) dangerous() bool          { return false }

// palette finds operations and tables by their names.
type palette struct {
	base
	input   textinput.Model
	entries []entry
	found   []int
	at      int
}

// entry is one line of the palette.
type entry struct {
	name, help string
	pick       views.Intent
}

func newPalette(env views.Env, specs []views.Spec, tabs []tab) *palette {
	p := &palette{base: base{env: env}, input: views.NewInput(env, ":")}
	for _, s := range specs {
		i := s.Info()
		p.entries = append(p.entries, entry{i.Kind, "the table of " + strings.ToLower(i.Title), switched{kind: i.Kind}})
	}
	for _, t := range tabs {
		if t.saved {
			p.entries = append(p.entries, entry{t.title, "the view of " + t.kind + ": " + t.query, switched{kind: t.key}})
		}
	}
	for _, s := range screens() {
		p.entries = append(p.entries, entry{s.name, s.help, asked{name: s.name}})
	}
	for _, op := range awsops.All() {
		i := op.Info()
		p.entries = append(p.entries, entry{i.Name, i.Help, palettePick{run: views.Run{Operation: i.Name, Form: true}}})
	}
	p.input.Focus()
	p.search()
	return p
}

func (p *palette) Typing() bool { return true }

func (p *palette) Help() []key.Binding {
	return []key.Binding{p.env.Keys.Accept, key.NewBinding(key.WithKeys("up"), key.WithHelp("↑/↓", "choose")), p.env.Keys.Back}
}

func (p *palette) search() {
	p.at, p.found = 0, nil
	if p.input.Value() == "" {
		for i := range p.entries {
			p.found = append(p.found, i)
		}
		return
	}
	for _, m := range fuzzy.FindFrom(p.input.Value(), p) {
		p.found = append(p.found, m.Index)
	}
}

// String and Len implement fuzzy.Source.
func (p *palette) String(i int) string { return p.entries[i].name }

// Len implements fuzzy.Source.
func (p *palette) Len() int { return len(p.entries) }

func (p *palette) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil, nil
	}
	switch k := p.env.Keys; {
	case key.Matches(press, k.Back):
		return views.Back{}, nil
	case press.Type == tea.KeyUp, press.String() == "ctrl+p":
		p.at = max(0, p.at-1)
	case press.Type == tea.KeyDown, press.String() == "ctrl+n":
		p.at = max(0, min(p.at+1, len(p.found)-1))
	case key.Matches(press, k.Focus):
		if p.at < len(p.found) {
			p.input.SetValue(p.entries[p.found[p.at]].name)
			p.input.CursorEnd()
			p.search()
		}
	case key.Matches(press, k.Accept):
		if p.at < len(p.found) {
			return p.entries[p.found[p.at]].pick, nil
		}
	default:
		was := p.input.Value()
		p.input, _ = p.input.Update(press) // the cursor does not blink
		if p.input.Value() != was {
			p.search()
		}
	}
	return nil, nil
}

func (p *palette) View() string {
	th := p.env.Theme
	p.input.Width = max(1, p.width-3)
	lines := []string{p.input.View(), ""}
	room := max(1, p.height-2)
	from := max(0, p.at-room+1)
	for i := from; i < min(from+room, len(p.found)); i++ {
		e := p.entries[p.found[i]]
		line := fmt.Sprintf("%-30s %s", e.name, e.help)
		if i == p.at {
			lines = append(lines, th.Cursor.Render("> "+cut(line, p.width-2)))
			continue
		}
		lines = append(lines, "  "+cut(line, p.width-2))
	}
	if len(p.found) == 0 {
		lines = append(lines, "  Nothing is called that.")
	}
	return strings.Join(lines, "\n")
}

// report shows the messages, the newest first, and what became of each target
// of the last operation that was refused in part or whole.
type report struct {
	*views.Text
	job  *job
	keys *keymap.Map
}

func (r *report) dangerous() bool { return false }

// Update implements views.View.
func (r *report) Update(msg tea.Msg) (views.Intent, tea.Cmd) {
	if press, ok := msg.(tea.KeyMsg); ok && r.job != nil && key.Matches(press, r.keys.OneByOne) {
		return palettePick{run: r.job.again()}, nil
	}
	return r.Text.Update(msg)
}

func (m *Model) newReport() views.View {
	th := m.env.Theme
	var lines []string
	if failed, _ := m.failures(); len(failed) > 0 {
		lines = append(lines, th.Heading.Render("Now"))
		for _, f := range failed {
			lines = append(lines, th.Tone(theme.Bad).Render(awsops.Clean(f.Whole)))
		}
		lines = append(lines, "")
	}
	if j := m.report; j != nil {
		lines = append(lines, th.Heading.Render(j.info.Name+": each target"))
		lines = append(lines, j.each(th)...)
		if len(j.refusedTargets()) > 1 {
			lines = append(lines, "", m.env.Keys.OneByOne.Help().Key+" tries the refused ones one by one, so that one does not hold up the others.")
		}
		lines = append(lines, "")
	}
	lines = append(lines, th.Heading.Render("Messages, the newest first"))
	for _, n := range slices.Backward(m.history) {
		lines = append(lines, n.at.Local().Format("15:04:05 ")+th.Tone(n.tone).Render(n.text))
	}
	if len(m.history) == 0 {
		lines = append(lines, "There are none yet.")
	}
	return &report{views.NewStyledText(m.env, "Messages", lines), m.report, m.env.Keys}
}

// newHelp lists every key that works now, from the bindings themselves.
func (m *Model) newHelp() views.View {
	th := m.env.Theme
	var lines []string
	section := func(title string, bindings []key.Binding) {
		lines = append(lines, th.Heading.Render(title))
		for _, b := range bindings {
			lines = append(lines, fmt.Sprintf("  %-14s %s", b.Help().Key, b.Help().Desc))
		}
		lines = append(lines, "")
	}
	section("Here", m.top().Help())
	for _, g := range m.env.Keys.Groups() {
		section(g.Title, g.Bindings)
	}
	lines = append(lines, th.Heading.Render("Tables"))
	for i, s := range m.specs {
		lines = append(lines, fmt.Sprintf("  %-14s %s", cmp.Or(numberKey(i), ":"), strings.ToLower(s.Info().Title)))
	}
	lines = append(lines, "", th.Heading.Render("Filter"),
		"  web              a cell or a tag contains it",
		"  state:running    the column contains it; * stands for anything",
		"  tag:Env=prod     the tag contains it; tag:Env asks for the tag",
		"  ~wbprd           the letters, in this order; =i-0abc is that ID",
		"  -word            none of these",
		"  enter            asks EC2 for what only a filter brings: others' images",
		"", th.Heading.Render("Signs before a row"),
		"  >  under the cursor     *  marked",
		"  ~  EC2 has been asked   +  has just changed")
	lines = append(lines, m.mouseHelp()...)
	return views.NewStyledText(m.env, "Help", lines)
}
