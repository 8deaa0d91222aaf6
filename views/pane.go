package views

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// pane shows the details of the row under the cursor. It follows the cursor
// after a rest, so that running down a table asks EC2 for nothing.
type pane[T any] struct {
	env   Env
	res   *Resource[T]
	table *Table[T]

	open   bool
	object bool // show the whole object instead of the fields
	id     rowID
	seen   words // the row's text when its details were asked for
	label  string
	asking int // counts questions; older answers are dropped
	cancel context.CancelFunc
	detail *Detail
	err    error
	pager  pager
}

// inspectDue says that the cursor has rested.
type inspectDue[T any] struct {
	table  *Table[T]
	asking int
}

// inspected is the answer to a question for details.
type inspected[T any] struct {
	table  *Table[T]
	asking int
	detail Detail
	err    error
}

// rest is how long the cursor stays on a row before its details are fetched.
const rest = 250 * time.Millisecond

// detailsAge is how old the details may be that another session has asked for.
const detailsAge = 5 * time.Second

// follow makes the pane show the current row. Details are fetched again when
// the row has changed.
func (t *Table[T]) follow() tea.Cmd {
	p := &t.pane
	if !p.open {
		return nil
	}
	r := t.current()
	if r == nil {
		p.id, p.detail, p.err, p.label = rowID{}, nil, nil, ""
		return nil
	}
	first := p.id == rowID{}
	if p.id == (rowID{r.src, r.id}) && p.seen == r.words {
		return nil
	}
	if p.id != (rowID{r.src, r.id}) {
		p.detail, p.err = nil, nil
		p.pager.top = 0
	}
	p.table, p.id, p.seen, p.label = t, rowID{r.src, r.id}, r.words, strings.TrimSuffix(t.label(r), ":")
	p.asking++
	p.fill()
	msg := inspectDue[T]{t, p.asking}
	if first {
		return func() tea.Msg { return msg }
	}
	return t.env.After(rest, func() tea.Msg { return msg })
}

func (p *pane[T]) close() {
	if p.cancel != nil {
		p.cancel()
	}
	p.open, p.id, p.detail, p.err = false, rowID{}, nil, nil
	p.asking++
}

func (p *pane[T]) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case inspectDue[T]:
		if msg.table == p.table && msg.asking == p.asking && p.open {
			return p.inspect()
		}
	case inspected[T]:
		if msg.table == p.table && msg.asking == p.asking {
			p.err = msg.err
			if msg.err == nil {
				p.detail = &msg.detail
			}
			p.fill()
		}
	}
	return nil
}

func (p *pane[T]) inspect() tea.Cmd {
	r := p.table.rows.byID[p.id]
	client, err := p.env.Session.Client(p.id.src.scope)
	if r == nil || err != nil || p.res.Inspect == nil {
		return nil
	}
	if p.cancel != nil {
		p.cancel()
	}
	// Others may look at the same row; what they were told before it changed is too old.
	accept := awsops.Accept{Age: detailsAge, Since: time.Unix(0, r.at)}
	ctx, cancel := context.WithCancel(accept.In(p.env.Context))
	p.cancel = cancel
	answer, item, look := inspected[T]{table: p.table, asking: p.asking}, r.item, p.res.Inspect
	return func() tea.Msg {
		answer.detail, answer.err = look(ctx, client, item)
		return answer
	}
}

func (p *pane[T]) toggleObject() {
	p.object = !p.object
	p.pager.top = 0
	p.fill()
}

func (p *pane[T]) resize(width, height int) {
	if p.pager.width != width || p.pager.height != height-1 {
		p.pager.width, p.pager.height = width, height-1
		p.fill()
	}
}

// fill writes the pane's text anew.
func (p *pane[T]) fill() {
	switch {
	case p.err != nil:
		p.pager.set(p.env.Theme.Tone(theme.Bad).Render("cannot be read"), awsops.Clean(p.err.Error()))
	case p.detail == nil:
		p.pager.set("Loading…")
	case p.object:
		p.pager.set(strings.Split(awsops.CleanLines(toYAML(p.detail.Object)), "\n")...)
	default:
		p.pager.set(p.fields()...)
	}
}

// fields lists the sections; the names of a section's fields are aligned.
func (p *pane[T]) fields() []string {
	var lines []string
	th := p.env.Theme
	for _, s := range p.detail.Sections {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, th.Heading.Render(s.Title))
		width := 0
		for _, f := range s.Fields {
			width = max(width, min(len(f.Name), 26))
		}
		for _, f := range s.Fields {
			value := awsops.Clean(f.Value)
			if value == "" {
				value = "-"
			}
			lines = append(lines, th.Tone(theme.Faint).Render(pad(awsops.Clean(f.Name), width, false))+"  "+th.Tone(f.Tone).Render(value))
		}
	}
	return lines
}

func (p *pane[T]) onKey(msg tea.KeyMsg) bool { return p.pager.move(msg, p.env) }

// lines is the pane, exactly as high as its place.
func (p *pane[T]) lines(focused bool) []string {
	th := p.env.Theme
	sign := "  "
	if focused {
		sign = "> "
	}
	what := ""
	if p.object {
		what = " YAML"
	}
	title := sign + th.Tone(theme.Strong).Render(fit(awsops.Clean(p.label), max(1, p.pager.width-14))) + what + p.pager.position()
	return append([]string{fit(title, p.pager.width)}, p.pager.lines()...)
}

// pager is a text that scrolls.
type pager struct {
	width, height, top int
	text               []string
	wrapped            []string
}

func (p *pager) set(lines ...string) {
	p.text = lines
	p.wrap()
}

func (p *pager) resize(width, height int) {
	p.width, p.height = width, height
	p.wrap()
}

func (p *pager) wrap() {
	p.wrapped = nil
	for _, line := range p.text {
		p.wrapped = append(p.wrapped, wrapLine(line, max(1, p.width))...)
	}
	p.clamp()
}

func (p *pager) clamp() { p.top = max(0, min(p.top, len(p.wrapped)-p.height)) }

func (p *pager) position() string {
	if len(p.wrapped) <= p.height {
		return ""
	}
	return fmt.Sprintf("  %d%%", 100*(p.top+p.height)/len(p.wrapped))
}

func (p *pager) lines() []string {
	out := make([]string, 0, p.height)
	for i := p.top; i < min(p.top+p.height, len(p.wrapped)); i++ {
		out = append(out, p.wrapped[i])
	}
	for len(out) < p.height {
		out = append(out, "")
	}
	return out
}

// scroll moves by lines.
func (p *pager) scroll(by int) {
	p.top += by
	p.clamp()
}

// move scrolls, and says whether the key was one for that.
func (p *pager) move(msg tea.KeyMsg, env Env) bool {
	k := env.Keys
	switch {
	case key.Matches(msg, k.Up):
		p.top--
	case key.Matches(msg, k.Down):
		p.top++
	case key.Matches(msg, k.PageUp):
		p.top -= p.height
	case key.Matches(msg, k.PageDown):
		p.top += p.height
	case key.Matches(msg, k.HalfUp):
		p.top -= p.height / 2
	case key.Matches(msg, k.HalfDown):
		p.top += p.height / 2
	case key.Matches(msg, k.Top):
		p.top = 0
	case key.Matches(msg, k.Bottom):
		p.top = len(p.wrapped)
	default:
		return false
	}
	p.clamp()
	return true
}
