package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// configuration reads the file that --config names, or the one in its usual
// place if there is one. What comes with an error is good for nothing but to be
// looked at for more.
func (p *program) configuration() (path string, file *config.File, err error) {
	path, err = p.flags.config.one("config")
	if err != nil {
		return "", nil, err
	}
	if path == "" {
		path = p.configFile()
		if _, err := os.Stat(path); path == "" || os.IsNotExist(err) {
			return "", &config.File{}, nil
		}
	}
	if file, err = config.Load(path); err != nil {
		err = usagef("%v", err)
	}
	return path, file, err
}

// configFile is the usual place of the configuration, or "".
func (p *program) configFile() string { return p.ownFile("XDG_CONFIG_HOME", ".config", "config.yaml") }

// ownFile is a file of the program in one of the XDG folders, which stand below
// the home of the operator where the environment does not say otherwise; or "".
func (p *program) ownFile(variable, below, name string) string {
	dir := p.getenv(variable)
	if dir == "" || !filepath.IsAbs(dir) {
		home := p.getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, below)
	}
	return filepath.Join(dir, "ec2deck", name)
}

// configured reads the configuration, once, and gives the global flags that
// were not written the values that it has for them.
func (p *program) configured() error {
	if p.file != nil {
		return nil
	}
	path, file, err := p.configuration()
	if err != nil {
		return err
	}
	if p.path, p.file = path, file; p.set == nil {
		return nil
	}
	return configure(p.set, slices.DeleteFunc(slices.Clone(p.file.Defaults), p.overruled))
}

// overruled says that a default counts for nothing: the environment names
// something else, or the accounts are made up.
func (p *program) overruled(s config.Setting) bool {
	accounts := map[string][]string{
		"profile": {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}, "region": {"AWS_REGION", "AWS_DEFAULT_REGION"}, "endpoint-url": {"AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL"},
		"proxy-host": nil, "proxy-port": nil, "connection": {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"},
	}
	if s.Name == "profile" && len(p.flags.connection) > 0 || s.Name == "connection" && len(p.flags.profile) > 0 {
		return true
	}
	demo, _ := p.flags.demo.truth("demo") // what is wrong with it is told later
	names, about := accounts[s.Name]
	return about && (demo || slices.ContainsFunc(names, func(n string) bool { return p.getenv(n) != "" }))
}

// blame tells an error about a flag with the line of the configuration, if the
// value stands there.
func blame(err error, flags *pflag.FlagSet, settings []config.Setting) error {
	wrong, ok := as[*awsops.InputError](err)
	if !ok || flags == nil {
		return err
	}
	if f := flags.Lookup(wrong.Field); f == nil || f.Changed {
		return err
	}
	return accuse(err, settings)
}

// accuse tells an error about a value with the line where it stands.
func accuse(err error, settings []config.Setting) error {
	wrong, _ := as[*awsops.InputError](err)
	for _, s := range settings {
		switch {
		case s.Name != wrong.Field:
		case wrong.Value == "":
			return usagef("%s: %s", s.Where, wrong.Rule)
		default:
			return usagef("%s: %q: %s", s.Where, wrong.Value, wrong.Rule)
		}
	}
	return err
}

// configure gives the flags of a command that were not written the values that
// the configuration has for them.
func configure(flags *pflag.FlagSet, settings []config.Setting) error {
	var wrong []error
	for _, s := range settings {
		if !settable(flags, s.Name) {
			var names []string
			flags.VisitAll(func(f *pflag.Flag) {
				if settable(flags, f.Name) {
					names = append(names, f.Name)
				}
			})
			wrong = append(wrong, usagef("%s is unknown; there are %s", s.Where, strings.Join(names, ", ")))
			continue
		}
		f := flags.Lookup(s.Name)
		if f.Changed {
			continue
		}
		for _, v := range s.Values {
			if err := f.Value.Set(v); err != nil {
				wrong = append(wrong, usagef("%s: %v", s.Where, err))
			}
		}
	}
	return errors.Join(wrong...)
}

// settable says whether the configuration can set a flag.
func settable(flags *pflag.FlagSet, name string) bool {
	return flags.Lookup(name) != nil && name != "help" && name != "config"
}

// unconfigured takes back what the configuration says.
func (p *program) unconfigured() {
	if p.file == nil {
		p.file = &config.File{}
	}
	for _, s := range p.file.Defaults {
		if f := p.set.Lookup(s.Name); f != nil && !f.Changed {
			if t, ours := f.Value.(text); ours {
				*t.values = nil
			}
		}
	}
	p.file = &config.File{}
}

func (p *program) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Write or check the configuration",
		RunE: func(c *cobra.Command, args []string) error {
			return usagef("write `%s init` or `%s check`", c.CommandPath(), c.CommandPath())
		},
	}
	c.AddCommand(&cobra.Command{
		Use: "init [-]", Short: "Write a commented configuration in its place, or - to standard output",
		Example: "  ec2deck config init\n  ec2deck config init - | less",
		RunE:    func(_ *cobra.Command, args []string) error { return p.initConfig(args) },
	}, &cobra.Command{
		Use: "check", Short: "Say whether the configuration can be used, or everything that is wrong with it", Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return p.checkConfig() },
	})
	return c
}

// initConfig writes the commented default. Nothing is overwritten.
func (p *program) initConfig(args []string) error {
	if len(args) > 1 || len(args) == 1 && args[0] != onStdout {
		return usagef("config init takes no argument but - for standard output; --config FILE names another place")
	}
	if len(args) == 1 {
		_, err := fmt.Fprint(p.out, config.Default())
		return err
	}
	path, err := p.flags.config.one("config")
	if err != nil {
		return err
	}
	if path = cmp.Or(path, p.configFile()); path == "" {
		return bad("config", "", "is required: neither XDG_CONFIG_HOME nor HOME says where to keep it")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return usagef("the configuration %s cannot be written: %s", path, cause(err))
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return usagef("the configuration %s exists already, and nothing is overwritten", path)
	}
	if err == nil {
		_, err = file.WriteString(config.Default())
		if closed := file.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return usagef("the configuration %s cannot be written: %s", path, cause(err))
	}
	_, err = fmt.Fprintln(p.out, "written: "+path)
	return err
}

// mailInput is the input of a report that a setting of mail is about.
func mailInput(s config.Setting) string {
	if s.Name == "sendmail" {
		return s.Name
	}
	return "smtp-" + s.Name
}

func unknownMail(s config.Setting) error {
	return usagef("%s is unknown; there are host, port, tls, from, to, user, auth-file, sendmail", s.Where)
}
