package views

import (
	"strings"

	"github.com/charmbracelet/huh"

	"ec2deck/awsops"
)

const (
	mostAbout = 140 // the whole rule is in the help of the command
	mostTitle = 30
)

func titleOf(field awsops.FieldInfo) string {
	if field.Need == awsops.Required {
		return field.Name + " (required)"
	}
	return field.Name
}

func (f *Form) field(field awsops.FieldInfo, titles int) huh.Field {
	title, about := titleOf(field), field.Help
	if field.Rule != "" {
		about = fit(about+" – "+field.Rule, mostAbout)
	}
	if field.Blank {
		about += "; " + noText + " is the empty value"
	}
	value, check := f.strings[field.Name], func(s string) error { return f.check(field, s) }
	if onLines(field) || field.Long {
		how, lines := "; one on a line (alt+enter)", 2
		if field.Long {
			how, lines = "; alt+enter begins a line", 4
		}
		return huh.NewText().Key(field.Name).Title(title).Description(about + how).Lines(lines).Value(value).Validate(check)
	}
	l := line{env: f.env, name: field.Name, title: title, about: about, titles: titles, value: value, check: check}
	if options := choices(field); len(options) > 0 && len(options) <= mostOptions {
		return &choice{line: l, options: options}
	}
	in := newInput(l, field.Default)
	in.text.SetSuggestions(field.Choices)
	in.text.ShowSuggestions = len(field.Choices) > 0
	f.inputs[field.Name] = in
	return in
}

// check is the rule of a field for a text. The error is nil, and not a nil of
// another type.
func (f *Form) check(field awsops.FieldInfo, s string) error {
	if err := field.Check(f.split(field, s)); err != nil {
		return err
	}
	return nil
}

// mostOptions is how many choices are listed; of more, the beginning is typed.
const mostOptions = 12

// choices are the few values that a field allows, and none where it may be
// left out.
func choices(field awsops.FieldInfo) []option {
	var out []option
	for _, s := range field.Choices {
		out = append(out, option{s, s})
	}
	switch {
	case field.Kind == awsops.KindBool && (field.Default == "" || field.Default == "false"):
		return []option{{"no", ""}, {"yes", "true"}}
	case field.Kind == awsops.KindBool:
		out = []option{{"yes", "true"}, {"no", "false"}}
	}
	if len(out) > 0 && field.Need != awsops.Required {
		out = append([]option{{"default: " + field.Default, ""}}, out...)
	}
	return out
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
		if strings.TrimSpace(*f.strings[field.Name]) != "" {
			out[field.Name] = f.split(field, *f.strings[field.Name])
		}
	}
	return out
}
