package views

import (
	"errors"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// Form asks for the inputs of an operation. Each field is checked by the
// operation's own rules as it is typed; nothing that breaks one leaves the form.
type Form struct {
	env     Env
	op      awsops.Operation
	info    awsops.Info
	form    *huh.Form
	strings map[string]*string
	inputs  map[string]*input
	pickers map[string]*picker
	scopes  []awsops.Scope // those that the call can go to
	chosen  string         // the one that has been chosen, as it is written
	save    string         // the file for the secret of the result
	preset  preset
	problem string
	command string // the request as a command line
	width   int
	height  int
}

// Submit asks to run an operation with the inputs of a form.
type Submit struct {
	Operation awsops.Operation
	Values    awsops.Values
	// Scope is where it goes, if the form knows.
	Scope awsops.Scope
	// DryRun only asks whether it would be allowed; the form stays.
	DryRun bool
	// Save is the file for the secret of the result, or OnScreen.
	Save string
}

func (Submit) intent() {}

// OnScreen stands for a file: the secret is shown, once.
const OnScreen = "-"

// saveIn is the field that names the file; no input is called that.
const saveIn = "save"

// noText is how a field is told to be empty, which differs from left out.
const noText = `""`

// inScope is the field that chooses the scope; no input is called that.
const inScope = "in"

// NewForm makes the form of an operation, filled with what is known. Of
// several scopes a change goes to one, which is asked for. save is the file
// for a secret, if it has been named before.
func NewForm(env Env, op awsops.Operation, values awsops.Values, scopes []awsops.Scope, save string) *Form {
	f := &Form{env: env, op: op, info: op.Info(), scopes: scopes, save: save, strings: map[string]*string{}, pickers: map[string]*picker{}}
	if len(scopes) > 0 {
		f.chosen = scopes[0].String()
	}
	if save == "" && (env.Keep == nil || f.info.Risk == awsops.Reads) { // a read gives it again
		f.save = OnScreen
	}
	for _, field := range f.info.Fields {
		text := written(field, values[field.Name])
		if field.Blank && text == "" && len(values[field.Name]) > 0 {
			text = noText
		}
		f.strings[field.Name] = &text
	}
	f.preset.under = f.typed()
	f.build()
	return f
}

// build makes the huh form anew; after a refused submission it starts over
// with what was typed.
func (f *Form) build() {
	f.inputs = map[string]*input{}
	var fields []huh.Field
	titles := 0
	for _, field := range f.info.Fields {
		titles = min(mostTitle, max(titles, len(titleOf(field))))
	}
	if f.asksScope() {
		fields = append(fields, f.whereTo(titles))
	}
	if f.info.Launches() && len(f.env.Session.Presets()) > 0 {
		fields = append(fields, f.withWhat(titles))
	}
	for _, field := range f.info.Fields {
		fields = append(fields, f.field(field, titles))
	}
	if f.info.Secret != "" && f.env.Keep != nil {
		fields = append(fields, f.whereKept(titles))
	}
	f.form = huh.NewForm(huh.NewGroup(fields...)).WithTheme(formTheme(f.env.Theme)).WithKeyMap(formKeys()).WithShowHelp(false).WithShowErrors(false)
	f.size()
}

// asksScope says that it has to be said where the call goes.
func (f *Form) asksScope() bool { return len(f.scopes) > 1 && f.info.Risk > awsops.Reads }

// scope is where the call goes, if it goes to one scope.
func (f *Form) scope() (awsops.Scope, bool) {
	if len(f.scopes) > 1 && !f.asksScope() {
		return awsops.Scope{}, false
	}
	for _, s := range f.scopes {
		if s.String() == f.chosen {
			return s, true
		}
	}
	return awsops.Scope{}, false
}

// whereTo is the field that chooses the scope.
func (f *Form) whereTo(titles int) huh.Field {
	c := &choice{line: line{env: f.env, name: inScope, title: inScope, about: "the profile and region that it goes to", titles: titles, value: &f.chosen, check: func(string) error { return nil }}}
	for _, s := range f.scopes {
		c.options = append(c.options, option{s.String(), s.String()})
	}
	return c
}

// whereKept is the field that names the file for the secret.
func (f *Form) whereKept(titles int) huh.Field {
	in := newInput(line{env: f.env, name: saveIn, title: saveIn + " (required)", titles: titles, value: &f.save,
		about: "where the " + f.info.Secret + " goes: a new file, mode 0600, or " + OnScreen + " to show it once",
		check: func(s string) error {
			if strings.TrimSpace(s) == "" {
				return &awsops.InputError{Field: saveIn, Rule: "name a new file, or " + OnScreen}
			}
			return nil
		}}, "")
	f.inputs[saveIn] = in
	return in
}

// Init implements View. The commands of huh only make the cursor blink and
// ask for the size of the window, which is told anyway: an idle screen writes
// nothing, so they are dropped here and below.
func (f *Form) Init() tea.Cmd {
	f.form.Init()
	f.skip()
	return f.arrive()
}

// skip goes past what the row has given, to what is left to fill in.
func (f *Form) skip() {
	given := func(field awsops.FieldInfo) bool { return *f.strings[field.Name] != "" }
	waits := func(field awsops.FieldInfo) bool {
		return field.Target || field.Need == awsops.Required && !given(field)
	}
	for i, field := range f.info.Fields[:max(0, len(f.info.Fields)-1)] {
		if f.Focused() != field.Name || !given(field) || !slices.ContainsFunc(f.info.Fields[i:], waits) {
			return
		}
		f.form.NextField()
	}
}

// Close implements View.
func (f *Form) Close() { f.forget() }

// Focused is the input that keys go to.
func (f *Form) Focused() string { return f.form.GetFocusedField().GetKey() }

// Typing implements View.
func (f *Form) Typing() bool { return true }

// Status implements View.
func (f *Form) Status() Status {
	if p := f.picking(); p != nil {
		return p.table.Status()
	}
	return Status{}
}

// Help implements View.
func (f *Form) Help() []key.Binding {
	out := []key.Binding{binding("tab", "next"), binding("shift+tab", "previous")}
	if f.picking() != nil {
		out = append(out, key.NewBinding(key.WithKeys("down"), key.WithHelp("↓/↑", "choose")))
	}
	out = append(out, binding("enter", "next, then "+f.info.Verb()))
	if f.info.Risk > awsops.Reads {
		out = append(out, f.env.Keys.TypedDryRun)
	}
	return append(out, f.env.Keys.TypedCommand, binding("esc", "cancel"))
}

// Update implements View.
func (f *Form) Update(msg tea.Msg) (Intent, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return f.onKey(msg)
	case narrowed:
		if msg.form == f {
			return nil, f.offer(msg)
		}
	case commanded:
		if msg.form == f {
			return f.onCommand(msg), nil
		}
	default:
		return nil, f.toPickers(msg)
	}
	return nil, nil
}

// toPickers gives the tables what concerns them.
func (f *Form) toPickers(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, p := range f.pickers {
		if p.table != nil {
			_, cmd := p.table.Update(msg)
			p.fallBack()
			cmds = append(cmds, cmd)
		}
	}
	f.hint()
	return tea.Batch(cmds...)
}

func (f *Form) onKey(press tea.KeyMsg) (Intent, tea.Cmd) {
	k := f.env.Keys
	switch {
	case key.Matches(press, k.Back):
		return Back{}, nil
	case key.Matches(press, k.TypedDryRun) && f.info.Risk > awsops.Reads:
		return f.dryRun(), nil
	case key.Matches(press, k.TypedCommand):
		return f.askCommand()
	case f.choose(press):
	case f.step(press):
		if intent := f.finish(); intent != nil {
			return intent, nil
		}
		return nil, f.arrive()
	default:
		scope := f.chosen
		f.toHuh(press)
		f.fillIn()
		if f.chosen != scope {
			f.forget()
		}
		f.narrow()
	}
	f.tell()
	return nil, nil
}

// redraw makes huh draw its fields anew.
type redraw struct{}

func (f *Form) toHuh(msg tea.Msg) {
	model, _ := f.form.Update(msg)
	f.form = model.(*huh.Form)
}

// arrive prepares the field that has just got the focus.
func (f *Form) arrive() tea.Cmd {
	field, ok := f.info.Field(f.Focused())
	f.tell()
	if !ok {
		return nil
	}
	cmd := f.pick(field)
	f.size()
	return cmd
}

// tell brings up to date what is said about the inputs: the rule that the
// field with the focus breaks, where it does not say so itself, and the
// request as a command line.
func (f *Form) tell() {
	f.problem, f.command = "", ""
	field, ok := f.info.Field(f.Focused())
	if ok && f.inputs[field.Name] == nil && *f.strings[field.Name] != "" {
		if err := f.check(field, *f.strings[field.Name]); err != nil {
			f.problem = Explain(err)
		}
	}
	if scope, ok := f.scope(); ok && f.problem == "" {
		f.command, _ = awsops.CommandLine(f.env.Context, nil, f.op, f.values(), scope, f.env.Session.Way(scope.Profile).Endpoint) // none while a rule is broken
	}
}

// step goes to another field at once. huh would send itself a message for
// that, and the next key typed would still reach the old field.
func (f *Form) step(press tea.KeyMsg) bool {
	switch press.String() {
	case "shift+tab":
		f.form.PrevField()
		return true
	case "tab", "enter":
	default:
		return false
	}
	at := f.form.GetFocusedField()
	if own, ok := at.(interface{ leave() }); ok && at.Error() != nil {
		own.leave()
		f.toHuh(redraw{})
		return true
	}
	if field, ok := f.info.Field(at.GetKey()); ok && f.check(field, *f.strings[field.Name]) != nil {
		return false // huh keeps the field and shows the error
	}
	f.form.NextField()
	if f.form.GetFocusedField() == at { // it was the last
		f.form.NextGroup()
	}
	return true
}

// finish submits a completed form, unless a rule across fields is broken.
func (f *Form) finish() Intent {
	if f.form.State != huh.StateCompleted {
		return nil
	}
	submit, ok := f.Filled()
	if !ok {
		problem := f.problem
		f.Again(errors.New(problem))
		return Say{problem, theme.Bad}
	}
	return submit
}

// Again takes a form that has been submitted up again, with what was wrong.
func (f *Form) Again(err error) {
	f.build()
	f.form.Init()
	f.tell()
	f.problem = Explain(err)
}

// Filled is what the form asks for, if no rule is broken.
func (f *Form) Filled() (Submit, bool) {
	values := f.values()
	if err := f.op.Validate(values); err != nil {
		f.problem = Explain(err)
		return Submit{}, false
	}
	scope, _ := f.scope()
	return Submit{Operation: f.op, Values: values, Scope: scope, Save: strings.TrimSpace(f.save)}, true
}

func (f *Form) dryRun() Intent {
	submit, ok := f.Filled()
	if !ok {
		return nil
	}
	submit.DryRun = true
	return submit
}

// Resize implements View.
func (f *Form) Resize(width, height int) {
	f.width, f.height = width, height
	f.size()
}

// Of the height of a form, the rows to pick from take this much.
const (
	leastPicked = 7
	mostPicked  = 10
)

// picked is the height of the rows that are offered.
func (f *Form) picked() int {
	if f.picking() == nil {
		return 0
	}
	return max(leastPicked, min(mostPicked, f.height/3))
}

func (f *Form) size() {
	if f.width <= 0 {
		return
	}
	room := f.height - 3
	if p := f.picking(); p != nil {
		p.table.Resize(f.width, f.picked()-1)
		room -= f.picked()
	}
	f.form = f.form.WithWidth(f.width).WithHeight(max(3, room))
}

// about is the help of the operation, or its targets once they have scrolled
// out of the fields that show.
func (f *Form) about(body string) string {
	targets := f.strings[f.info.Target()]
	if targets == nil || *targets == "" || strings.Contains(body, strings.Split(*targets, ",")[0]) {
		return f.info.Help
	}
	return awsops.Clean(*targets)
}

// View implements View.
func (f *Form) View() string {
	th, body := f.env.Theme, f.form.View()
	lines := []string{fit(th.Tone(theme.Strong).Render(f.info.Name)+"  "+f.about(body), f.width), ""}
	if f.problem != "" {
		lines[1] = fit(th.Tone(theme.Bad).Render("! "+awsops.Clean(f.problem)), f.width)
	} else if f.command != "" {
		lines[1] = fit(th.Tone(theme.Faint).Render(awsops.Clean(f.command)), f.width)
	}
	lines = append(lines, strings.Split(body, "\n")...)
	p := f.picking()
	if p == nil {
		return strings.Join(lines, "\n")
	}
	room := max(2, f.height-f.picked())
	for len(lines) < room {
		lines = append(lines, "")
	}
	head := th.Tone(theme.Faint).Render(strings.Repeat("─", f.width))
	if p.problem != "" {
		head = fit(th.Tone(theme.Bad).Render("everything is offered: "+p.problem), f.width)
	}
	lines = append(lines[:room], head)
	return strings.Join(append(lines, strings.Split(p.table.View(), "\n")...), "\n")
}
