package views

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
)

// picker offers the live rows of a table as values of an input: those that the
// call can take, narrowed further by what is typed.
type picker struct {
	field   awsops.FieldInfo
	spec    Spec
	table   *Table[any] // nil until it is known what the call can take
	where   string
	problem string        // why nothing can be offered
	moved   bool          // a row has been chosen with the arrows
	given   awsops.Values // the other inputs, when it was asked
}

// narrowed tells what a picker may offer.
type narrowed struct {
	form  *Form
	field string
	query string
	err   error
}

// specOf finds a table by its kind, or nil.
func specOf(kind string) Spec {
	for _, s := range append(All(), unlisted()...) {
		if s.Info().Kind == kind {
			return s
		}
	}
	return nil
}

// pick makes the picker of a field when it first gets the focus, and asks what
// the call can take; again when other inputs have changed since.
func (f *Form) pick(field awsops.FieldInfo) tea.Cmd {
	if field.Pick.Kind == "" || onLines(field) {
		return nil
	}
	values := f.values()
	others := maps.Clone(values)
	delete(others, field.Name)
	if p := f.pickers[field.Name]; p != nil {
		if field.Pick.Where == nil || maps.EqualFunc(p.given, others, slices.Equal) {
			return nil
		}
		p.given = others
		return f.ask(field, values)
	}
	spec := specOf(field.Pick.Kind)
	if spec == nil {
		return nil
	}
	f.pickers[field.Name] = &picker{field: field, spec: spec, given: others}
	if field.Pick.Where == nil {
		return f.offer(narrowed{form: f, field: field.Name})
	}
	return f.ask(field, values)
}

// ask asks what the call can take, given the inputs.
func (f *Form) ask(field awsops.FieldInfo, values awsops.Values) tea.Cmd {
	scope, ok := f.scope()
	if !ok {
		return f.offer(narrowed{form: f, field: field.Name})
	}
	ctx, session, where := f.env.Context, f.env.Session, field.Pick.Where
	return func() tea.Msg {
		told := narrowed{form: f, field: field.Name}
		client, err := session.Client(scope)
		if err != nil {
			told.err = err
			return told
		}
		told.query, told.err = where(ctx, client, values)
		return told
	}
}

// offer opens the table of a picker. When it cannot be told what the call can
// take, everything is offered.
func (f *Form) offer(msg narrowed) tea.Cmd {
	p := f.pickers[msg.field]
	if p == nil {
		return nil
	}
	p.problem = ""
	if msg.err != nil {
		p.problem = awsops.Clean(msg.err.Error())
	}
	if p.table != nil && p.where == msg.query {
		return nil
	}
	if p.table != nil {
		p.table.Close()
	}
	p.where = msg.query
	p.table = p.spec.table(f.env, p.where)
	p.table.offered = true
	if scope, ok := f.scope(); ok {
		p.table.only = scope
	}
	f.size()
	f.narrow()
	return p.table.Init()
}

// forget drops the pickers, whose rows were those of another scope.
func (f *Form) forget() {
	for name, p := range f.pickers {
		if p.table != nil {
			p.table.Close()
		}
		delete(f.pickers, name)
	}
}

// picking is the picker of the field that has the focus, or nil.
func (f *Form) picking() *picker {
	if p := f.pickers[f.Focused()]; p != nil && p.table != nil {
		return p
	}
	return nil
}

// narrow shows the rows that match the last value that is being typed.
func (f *Form) narrow() {
	p := f.picking()
	if p == nil {
		return
	}
	typed := lastValue(p.field, *f.strings[p.field.Name])
	query := p.where
	switch {
	case typed == "":
	case p.field.Check([]string{typed}) == nil && p.field.Pick.Column == "": // a whole one
		query += " =" + quoteWord(typed)
	default:
		query += " ~" + quoteWord(typed)
	}
	query = strings.TrimSpace(query)
	p.table.setQuery(query)
	p.fallBack()
	p.moved = false
	f.hint()
}

// fallBack looks for the letters of a value that no row has: it may be the
// beginning of one. Rows that are still to come may have it.
func (p *picker) fallBack() {
	if p.table == nil || len(p.table.rows.visible) > 0 || !p.table.whole() {
		return
	}
	if q := " " + p.table.rows.query; strings.Contains(q, " =") {
		p.table.setQuery(strings.Replace(q, " =", " ~", 1)[1:])
	}
}

// hint says what enter would take for a text that is no value yet.
func (f *Form) hint() {
	p := f.picking()
	if p == nil {
		return
	}
	in, row := f.inputs[p.field.Name], p.table.current()
	hint := ""
	switch n := len(p.table.rows.visible); {
	case row == nil || lastValue(p.field, *in.value) == "":
	case n == 1 || p.moved:
		t := p.table.target(row)
		hint = awsops.Clean("enter takes " + strings.TrimSpace(t.Name+" "+t.ID))
	default:
		hint = fmt.Sprintf("↓ chooses among %d", n)
	}
	if hint != in.hint {
		in.hint = hint
		f.toHuh(redraw{})
	}
}

// choose moves through the rows, or takes the one under the cursor.
func (f *Form) choose(press tea.KeyMsg) bool {
	p := f.picking()
	if p == nil {
		return false
	}
	switch press.Type {
	case tea.KeyUp, tea.KeyDown, tea.KeyPgUp, tea.KeyPgDown:
		if p.moved || press.Type != tea.KeyDown {
			_, _ = p.table.Update(press) // moving asks for nothing
			f.hint()
		}
		p.moved = true
		return true
	case tea.KeyEnter:
	default:
		return false
	}
	text := *f.strings[p.field.Name]
	typed := lastValue(p.field, text)
	row := p.table.current()
	if row == nil || !p.moved && (typed == "" || len(p.table.rows.visible) > 1 || p.field.Check([]string{typed}) == nil) {
		return false
	}
	value := p.table.cellOf(row, p.field.Pick.Column)
	rest := strings.TrimSuffix(text, typed)
	f.inputs[p.field.Name].set(rest + value)
	f.toHuh(redraw{})
	f.narrow()
	return true
}

// lastValue is the value that is being typed: of a list, what follows the last
// comma or blank.
func lastValue(field awsops.FieldInfo, text string) string {
	if field.Kind != awsops.KindList {
		return text
	}
	return text[strings.LastIndexAny(text, ", ")+1:]
}

// quoteWord keeps a text one word of a filter.
func quoteWord(s string) string {
	s = strings.ReplaceAll(s, `"`, "")
	if strings.Contains(s, " ") {
		return `"` + s + `"`
	}
	return s
}
