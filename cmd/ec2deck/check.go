package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"

	"github.com/spf13/pflag"
)

// checkConfig reads everything that the configuration can say as the commands
// that use it do.
func (p *program) checkConfig() error {
	path, err := p.mistakes()
	if err == nil {
		_, err = p.options() // what the command line says about it
	}
	if err != nil {
		return err
	}
	said := "there is no configuration; `ec2deck config init` writes one"
	if path != "" {
		said = path + " holds nothing wrong"
	}
	_, err = fmt.Fprintln(p.out, said)
	return err
}

// mistakes is everything that is wrong with the configuration, or nil, and where
// it stands.
func (p *program) mistakes() (path string, err error) {
	path, f, err := p.configuration()
	if f == nil {
		return path, err
	}
	_, taste := newTaste(f)
	return path, errors.Join(err, p.checkDefaults(path, f), taste, p.checkServe(f), checkMail(f))
}

// mistakesIn reads settings as flags. What is wrong with one does not hide what
// is wrong with another: they are read again without it.
func mistakesIn(settings []config.Setting, begin func() (*pflag.FlagSet, func() error)) error {
	set, _ := begin()
	all := []error{configure(set, settings)}
	settings = slices.DeleteFunc(slices.Clone(settings), func(s config.Setting) bool { return !settable(set, s.Name) })
	for {
		set, read := begin()
		_ = configure(set, settings)
		err := read()
		wrong, ok := as[*awsops.InputError](err)
		if !ok {
			return errors.Join(append(all, err)...)
		}
		left := slices.DeleteFunc(slices.Clone(settings), func(s config.Setting) bool {
			return s.Name == wrong.Field || strings.HasPrefix(s.Name, "proxy-") && strings.HasPrefix(wrong.Field, "proxy-") // which need one another
		})
		if len(left) == len(settings) { // it is missing, and may still be written on a command line
			return errors.Join(all...)
		}
		all = append(all, accuse(err, settings))
		settings = left
	}
}

// checkDefaults says what is wrong with connections, presets and the flags of
// every command.
func (p *program) checkDefaults(path string, f *config.File) error {
	settings := slices.DeleteFunc(slices.Clone(f.Defaults), p.overruled)
	return mistakesIn(settings, func() (*pflag.FlagSet, func() error) {
		own := func(name string) string { // what AWS's own variables say is no part of the file
			if strings.HasPrefix(name, "AWS_") {
				return ""
			}
			return p.getenv(name)
		}
		trial := &program{getenv: own, path: path, file: f}
		set := pflag.NewFlagSet("defaults", pflag.ContinueOnError)
		trial.flags.addAll(set)
		trial.flags.demo = slices.Clone(p.flags.demo)
		return set, func() error {
			_, err := trial.understood()
			return err
		}
	})
}

// checkServe says what is wrong with the flags of the server.
func (p *program) checkServe(f *config.File) error {
	return mistakesIn(f.Serve, func() (*pflag.FlagSet, func() error) {
		var d door
		var a audit
		set := pflag.NewFlagSet("serve", pflag.ContinueOnError)
		d.addAll(set)
		a.addAll(set)
		return set, func() error {
			_, err := p.config(&d, true) // which asks for no keys
			return err
		}
	})
}

// checkMail says what is wrong with the mail server of the configuration.
func checkMail(f *config.File) error {
	op, _ := awsops.Find("ec2-dashboard")
	var all []error
	for _, s := range f.Mail {
		field, ok := op.Info().Field(mailInput(s))
		if !ok {
			all = append(all, unknownMail(s))
			continue
		}
		wrong, ok := as[*awsops.InputError](op.Validate(awsops.Values{field.Name: {strings.Join(s.Values, ",")}}))
		if ok {
			all = append(all, usagef("%s: %q: %s", s.Where, wrong.Value, wrong.Rule))
		}
	}
	return errors.Join(all...)
}
