package views

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// Form asks for the inputs of an operation. Each field is checked by the
// operation's own rules; nothing that breaks one leaves the form.
type Form struct {
	env     Env
	op      awsops.Operation
	info    awsops.Info
	form    *huh.Form
	strings map[string]*string
	bools   map[string]*bool
	problem string
	width   int
	height  int
}

// Submit asks to run an operation with the inputs of a form.
type Submit struct {
	Operation awsops.Operation
	Values    awsops.Values
}

func (Submit) intent() {}

// noText is how a field is told to be empty, which differs from left out.
const noText = `""`

// NewForm makes the form of an operation, filled with what is known.
func NewForm(env Env, op awsops.Operation, values awsops.Values) *Form {
	f := &Form{env: env, op: op, info: op.Info(), strings: map[string]*string{}, bools: map[string]*bool{}}
	for _, field := range f.info.Fields {
		switch field.Kind {
		case awsops.KindBool:
			on := values.Get(field.Name) == "true"
			f.bools[field.Name] = &on
		default:
			sep := ", "
			if onLines(field) {
				sep = "\n"
			}
			text := strings.Join(values[field.Name], sep)
			if field.Blank && text == "" && len(values[field.Name]) > 0 {
				text = noText
			}
			f.strings[field.Name] = &text
		}
	}
	f.build()
	return f
}

// build makes the huh form anew; after a refused submission it starts over
// with what was typed.
func (f *Form) build() {
	var fields []huh.Field
	for _, field := range f.info.Fields {
		fields = append(fields, f.field(field))
	}
	f.form = huh.NewForm(huh.NewGroup(fields...)).WithTheme(formTheme(f.env.Theme)).WithShowHelp(false)
	f.size()
}

// mostAbout keeps the description of a field to a line or two; the whole rule
// is in the help of the command.
const mostAbout = 140

func (f *Form) field(field awsops.FieldInfo) huh.Field {
	title := field.Name
	if field.Need == awsops.Required {
		title += " (required)"
	}
	about := field.Help
	if field.Rule != "" {
		about = fit(about+" – "+field.Rule, mostAbout)
	}
	if field.Blank {
		about += "; " + noText + " is the empty value"
	}
	check := func(s string) error {
		if err := field.Check(f.split(field, s)); err != nil {
			return err
		}
		return nil
	}
	switch {
	case field.Kind == awsops.KindBool:
		return huh.NewConfirm().Key(field.Name).Title(title).Description(" – " + about + " ").Inline(true).Value(f.bools[field.Name])
	case len(field.Choices) > mostOptions:
		return huh.NewInput().Key(field.Name).Title(title).Description(about).Placeholder(field.Default).Suggestions(field.Choices).Value(f.strings[field.Name]).Validate(check)
	case len(field.Choices) > 0:
		return huh.NewSelect[string]().Key(field.Name).Title(title).Description(about).Options(choices(field)...).Value(f.strings[field.Name])
	case onLines(field):
		return huh.NewText().Key(field.Name).Title(title).Description(about + "; one on a line (alt+enter)").Lines(2).Value(f.strings[field.Name]).Validate(check)
	}
	return huh.NewInput().Key(field.Name).Title(title).Description(about).Placeholder(field.Default).Value(f.strings[field.Name]).Validate(check)
}

// mostOptions is how many choices are listed; of more, the beginning is typed.
const mostOptions = 12

// choices are the values that a field allows, and none where it may be left out.
func choices(field awsops.FieldInfo) []huh.Option[string] {
	options := huh.NewOptions(field.Choices...)
	if field.Need == awsops.Required {
		return options
	}
	return append([]huh.Option[string]{huh.NewOption("default: "+field.Default, "")}, options...)
}

// onLines says that each line of the input is a value of its own.
func onLines(field awsops.FieldInfo) bool {
	return field.Kind == awsops.KindMap || field.Kind == awsops.KindLines
}

// split turns the text of a field into its values.
func (f *Form) split(field awsops.FieldInfo, s string) []string {
	if onLines(field) {
		return strings.Split(s, "\n")
	}
	if s == "" {
		return nil
	}
	if field.Blank && s == noText {
		return []string{""}
	}
	return []string{s}
}

// values reads the form. What was left at its default is left out.
func (f *Form) values() awsops.Values {
	out := awsops.Values{}
	for _, field := range f.info.Fields {
		switch {
		case field.Kind == awsops.KindBool:
			if *f.bools[field.Name] {
				out[field.Name] = []string{"true"}
			}
		case strings.TrimSpace(*f.strings[field.Name]) != "":
			out[field.Name] = f.split(field, *f.strings[field.Name])
		}
	}
	return out
}

// Init implements View. The commands of huh only make the cursor blink and
// ask for the size of the window, which is told anyway: an idle screen writes
// nothing, so they are dropped here and below.
func (f *Form) Init() tea.Cmd {
	f.form.Init()
	return nil
}

// Close implements View.
func (f *Form) Close() {}

// Focused is the input that keys go to.
func (f *Form) Focused() string { return f.form.GetFocusedField().GetKey() }

// Typing implements View.
func (f *Form) Typing() bool { return true }

// Status implements View.
func (f *Form) Status() Status { return Status{} }

// Help implements View.
func (f *Form) Help() []key.Binding {
	return []key.Binding{binding("tab", "next"), binding("shift+tab", "previous"), binding("enter", "next, then run"), binding("esc", "cancel")}
}

// Update implements View.
func (f *Form) Update(msg tea.Msg) (Intent, tea.Cmd) {
	press, isKey := msg.(tea.KeyMsg)
	if isKey && key.Matches(press, f.env.Keys.Back) {
		return Back{}, nil
	}
	if isKey && f.step(press) {
		return f.finish(), nil
	}
	if isKey {
		model, _ := f.form.Update(msg)
		f.form = model.(*huh.Form)
	}
	return nil, nil
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
	if field, ok := f.info.Field(at.GetKey()); ok && field.Kind != awsops.KindBool {
		if field.Check(f.split(field, *f.strings[field.Name])) != nil {
			return false // huh keeps the field and shows the error
		}
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
	values := f.values()
	if err := f.op.Validate(values); err != nil {
		f.problem = err.Error()
		f.build()
		f.form.Init()
		return nil
	}
	return Submit{f.op, values}
}

// Resize implements View.
func (f *Form) Resize(width, height int) {
	f.width, f.height = width, height
	f.size()
}

func (f *Form) size() {
	if f.width > 0 {
		f.form = f.form.WithWidth(f.width).WithHeight(max(3, f.height-3))
	}
}

// View implements View.
func (f *Form) View() string {
	th := f.env.Theme
	lines := []string{fit(th.Tone(theme.Strong).Render(f.info.Name)+"  "+f.info.Help, f.width), ""}
	if f.problem != "" {
		lines[1] = fit(th.Tone(theme.Bad).Render(awsops.Clean(f.problem)), f.width)
	}
	return strings.Join(append(lines, strings.Split(f.form.View(), "\n")...), "\n")
}

// formTheme is huh's plain theme in the session's own styles.
func formTheme(th theme.Theme) *huh.Theme {
	style := func() lipgloss.Style { return th.Renderer.NewStyle() }
	t := huh.ThemeBase()
	fields := func(s *huh.FieldStyles, focused bool) {
		s.Base = style().PaddingLeft(1)
		if focused {
			s.Base = style().PaddingLeft(1).Border(lipgloss.ThickBorder(), false).BorderLeft(true)
		}
		s.Title, s.Description, s.NoteTitle = style().Bold(focused), style().Faint(true), style().Bold(true)
		s.ErrorIndicator = style().Bold(true).SetString(" *")
		s.ErrorMessage = style().Bold(true).SetString(" *")
		s.SelectSelector, s.Option = style().SetString("> "), style()
		s.NextIndicator, s.PrevIndicator = style().MarginLeft(1).SetString("→"), style().MarginRight(1).SetString("←")
		s.MultiSelectSelector = style().SetString("> ")
		s.SelectedOption, s.UnselectedOption = style(), style()
		s.SelectedPrefix, s.UnselectedPrefix = style().SetString("[x] "), style().SetString("[ ] ")
		s.FocusedButton, s.BlurredButton = style().PaddingRight(1).SetString("[x]"), style().PaddingRight(1).SetString("[ ]")
		s.TextInput.Cursor, s.TextInput.CursorText, s.TextInput.Placeholder = style(), style(), style().Faint(true)
		s.TextInput.Prompt, s.TextInput.Text = style(), style()
		s.Card, s.Next = s.Base, s.FocusedButton
	}
	fields(&t.Focused, true)
	fields(&t.Blurred, false)
	t.Form = huh.FormStyles{Base: style()}
	t.Group = huh.GroupStyles{Base: style(), Title: style().Bold(true), Description: style().Faint(true)}
	t.FieldSeparator = style().SetString("\n")
	return t
}
