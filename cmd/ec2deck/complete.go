package main

import (
	"strings"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
	"ec2deck/theme"
	"ec2deck/views"

	"github.com/spf13/cobra"
)

// completions tells the shell what the flags of every command may be. A
// configuration with a mistake completes nothing; commands tell about it.
func (p *program) completions(root *cobra.Command) {
	fixed := func(words ...string) func() []string { return func() []string { return words } }
	for name, words := range map[string]func() []string{
		"theme": fixed(theme.Names()...), "ask-reason": fixed("no", "optional", "required"), "profile": p.profileNames, "connection": p.connectionNames,
	} {
		_ = root.RegisterFlagCompletionFunc(name, completed(words))
	}
	_ = root.RegisterFlagCompletionFunc("view", completed(func() []string {
		var names []string
		for _, s := range views.All() {
			names = append(names, s.Info().Kind)
		}
		for _, v := range p.readable().Views {
			names = append(names, v.Name.One())
		}
		return names
	}))
}

// completed completes the last of the words between commas.
func completed(words func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var out []string
		for _, word := range words() {
			if strings.HasPrefix(before+word, typed) {
				out = append(out, before+word)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// readable is the configuration, or an empty one.
func (p *program) readable() *config.File {
	p.flags.config = p.flags.config.last()
	_, file, err := p.configuration()
	if err != nil {
		return &config.File{}
	}
	return file
}

// last is the last value: cobra reads the flags twice to complete one.
func (v values) last() values { return v[max(0, len(v)-1):] }

// profileNames are those of the AWS files, or of the made-up accounts.
func (p *program) profileNames() []string {
	if demo, _ := p.flags.demo.truth("demo"); !demo {
		return p.profiles()
	}
	p.flags.instances, p.flags.fleet = p.flags.instances.last(), p.flags.fleet.last()
	sim, err := p.simulator()
	if err != nil {
		return nil
	}
	var names []string
	for _, a := range sim.Accounts() {
		names = append(names, a.Profile)
	}
	return names
}

func (p *program) connectionNames() []string {
	var names []string
	for _, c := range p.readable().Connections {
		names = append(names, c.Name)
	}
	return names
}

func (p *program) presetNames() []string {
	var names []string
	for _, preset := range p.readable().Presets {
		names = append(names, preset.Name)
	}
	return names
}

// completeConnection completes the name of a connection, and behind it what can
// be said of one.
func (p *program) completeConnection(settings bool) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return completed(p.connectionNames)(c, args, typed)
		}
		var out []string
		for _, f := range awsops.ConnectionForm(nil).Info().Fields[1:] {
			if settings && strings.HasPrefix(f.Name+"=", typed) {
				out = append(out, f.Name+"=")
			}
			for _, word := range f.Choices {
				if settings && strings.HasPrefix(typed, f.Name+"=") && strings.HasPrefix(f.Name+"="+word, typed) {
					out = append(out, f.Name+"="+word)
				}
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}
