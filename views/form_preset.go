package views

import (
	"strings"

	"github.com/charmbracelet/huh"

	"ec2deck/awsops"
)

// preset is the one that a form has been filled in with.
type preset struct {
	chosen, filled string
	under          map[string]string // what the fields were before
}

// withPreset is the field that chooses the preset; no input is called that.
const withPreset = "preset"

// withWhat is that field.
func (f *Form) withWhat(titles int) huh.Field {
	c := &choice{line: line{env: f.env, name: withPreset, title: withPreset, about: "fills in what the configuration has under that name", titles: titles, value: &f.preset.chosen, check: func(string) error { return nil }}}
	c.options = []option{{"none", ""}}
	for _, p := range f.env.Session.Presets() {
		c.options = append(c.options, option{p.Name, p.Name})
	}
	return c
}

// typed is what stands in the fields.
func (f *Form) typed() map[string]string {
	out := map[string]string{}
	for name, text := range f.strings {
		out[name] = *text
	}
	return out
}

// fillIn fills the fields in with the preset that has just been chosen. What
// the one before has filled in goes, unless it was changed.
func (f *Form) fillIn() {
	if f.preset.chosen == f.preset.filled {
		return
	}
	texts := func(name string) map[string]string {
		out := map[string]string{}
		for _, p := range f.env.Session.Presets() {
			for _, field := range f.info.Fields {
				if values := p.Values[field.Name]; p.Name == name && len(values) > 0 {
					out[field.Name] = written(field, values)
				}
			}
		}
		return out
	}
	for name, text := range texts(f.preset.filled) {
		if *f.strings[name] == text {
			*f.strings[name] = f.preset.under[name]
		}
	}
	for name, text := range texts(f.preset.chosen) {
		*f.strings[name] = text
	}
	f.preset.filled = f.preset.chosen
	f.build()
	f.form.Init()
	for f.Focused() != withPreset { // behind the scope, if that is asked for
		f.form.NextField()
	}
}

// written are values as they stand in a field.
func written(field awsops.FieldInfo, values []string) string {
	if onLines(field) {
		return strings.Join(values, "\n")
	}
	return strings.Join(values, ", ")
}
