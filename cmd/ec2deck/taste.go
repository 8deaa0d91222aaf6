package main

import (
	"errors"
	"slices"
	"strings"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
	"ec2deck/keymap"
	"ec2deck/ui"
	"ec2deck/views"
)

// taste is what the configuration says about screens, understood.
type taste struct {
	setups map[string]views.Setup
	naming *awsops.Naming
	saved  []ui.Saved
	keys   keymap.Map
	bound  views.Rebound
	apart  awsops.Values // delimiters of exported text
	ssh    views.SSH
}

// newTaste reads the configuration of screens. The error tells everything that
// is wrong, with the lines.
func newTaste(f *config.File) (t taste, err error) {
	var wrong []error
	if format := f.Naming; len(format.Values) > 0 {
		if t.naming, err = awsops.ParseNaming(strings.Join(format.Values, " ")); err != nil {
			wrong = append(wrong, usagef("%s: %v", format.Where, err))
		}
	}
	if t.apart, err = apart(f.Export); err != nil {
		wrong = append(wrong, err)
	}
	wrong = append(wrong, t.bind(f.Keys))
	t.ssh = views.SSH{Run: f.SSH.Run, User: f.SSH.User, Key: f.SSH.Key, Command: f.SSH.Command}
	t.setups = map[string]views.Setup{}
	for _, table := range f.Tables {
		info, err := kindOf(table.Kind.Name, table.Kind.Where)
		if err == nil {
			t.setups[info.Kind], err = setup(info, table)
		}
		wrong = append(wrong, err)
	}
	for _, v := range f.Views {
		_, err := kindOf(v.Table.One(), v.Table.Where)
		if _, other := kindOf(v.Name.One(), ""); other == nil {
			err = errors.Join(err, usagef("%s: %q is the name of a table", v.Name.Where, v.Name.One()))
		}
		wrong = append(wrong, err)
		t.saved = append(t.saved, ui.Saved{Name: v.Name.One(), Kind: v.Table.One(), Query: awsops.Clean(strings.Join(v.Filter.Values, " "))})
	}
	return t, errors.Join(wrong...)
}

// apart reads the delimiters of exported text.
func apart(settings []config.Setting) (awsops.Values, error) {
	v, names := awsops.Values{}, []string{"delimiter", "row-delimiter", "col-delimiter"}
	var all []error
	for _, s := range settings {
		if !slices.Contains(names, s.Name) {
			all = append(all, usagef("%s is unknown; there are %s", s.Where, strings.Join(names, ", ")))
			continue
		}
		v[s.Name] = []string{s.One()}
	}
	wrong, ok := as[*awsops.InputError](awsops.CheckExport(v))
	for _, s := range settings {
		if ok && s.Name == wrong.Field {
			all = append(all, usagef("%s: %q %s", s.Where, wrong.Value, strings.ReplaceAll(wrong.Rule, "--", "")))
		}
	}
	return v, errors.Join(all...)
}

// bind changes keys. Conflicts are looked for when all have been changed, so
// that two can be exchanged.
func (t *taste) bind(changes []config.Setting) error {
	t.keys, t.bound = keymap.Default(), views.Rebound{}
	if len(changes) == 0 {
		return nil
	}
	var wrong []error
	for _, s := range changes {
		var err error
		switch action := strings.Contains(s.Name, "."); {
		case action && len(s.Values) != 1:
			err = errors.New("write one key")
		case action:
			err = t.bound.Rebind(views.All(), s.Name, s.Values[0])
		default:
			err = t.keys.Change(s.Name, s.Values)
		}
		if err != nil {
			wrong = append(wrong, usagef("%s: %v", s.Where, err))
		}
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	err := t.keys.Check()
	if err == nil {
		err = t.bound.Check(views.All(), t.keys)
	}
	conflict, ok := as[*keymap.Conflict](err)
	if !ok {
		return err
	}
	for _, s := range changes { // the last of them is the one that came too late
		if s.Name == conflict.A || s.Name == conflict.B || strings.HasPrefix(conflict.B, strings.Split(s.Name, ".")[0]+".") {
			err = usagef("%s: %v", s.Where, conflict)
		}
	}
	return err
}

// setup reads a table's columns and its order apart, so that each has its line.
func setup(info views.SpecInfo, t config.Table) (views.Setup, error) {
	var wrong []error
	for _, name := range t.Columns.Values {
		if _, err := views.NewSetup(info, []string{name}, ""); err != nil {
			wrong = append(wrong, usagef("%s: %v", t.Columns.Where, err))
		}
	}
	order, err := views.NewSetup(info, nil, strings.Join(t.Sort.Values, " "))
	if err != nil {
		wrong = append(wrong, usagef("%s: %v", t.Sort.Where, err))
	}
	if len(wrong) > 0 {
		return order, errors.Join(wrong...)
	}
	s, err := views.NewSetup(info, t.Columns.Values, "")
	s.Sort = order.Sort
	return s, err
}

// kindOf finds a table by its name.
func kindOf(name, where string) (views.SpecInfo, error) {
	var all []string
	for _, s := range views.All() {
		info := s.Info()
		if info.Kind == name {
			return info, nil
		}
		all = append(all, info.Kind)
	}
	return views.SpecInfo{}, usagef("%s: %q is no table; there are %s", where, name, strings.Join(all, ", "))
}

// first chooses the table that the screen begins with.
func (p *program) first(t taste) (kind, filter string, err error) {
	if kind, err = p.flags.view.one("view"); err != nil {
		return "", "", err
	}
	filter = awsops.Clean(strings.Join(p.flags.filter, " "))
	var all []string
	for _, s := range views.All() {
		all = append(all, s.Info().Kind)
	}
	for _, s := range t.saved {
		all = append(all, s.Name)
	}
	for _, name := range all {
		if kind == "" || name == kind {
			return kind, filter, nil
		}
	}
	return "", "", bad("view", kind, "choose one of "+strings.Join(all, ", "))
}
