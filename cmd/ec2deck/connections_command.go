package main

import (
	"fmt"
	"slices"
	"strings"

	"ec2deck/awsops"

	"github.com/spf13/cobra"
)

// connectionsCommand lists and changes the named connections.
func (p *program) connectionsCommand() *cobra.Command {
	var settings strings.Builder
	for _, f := range awsops.ConnectionForm(nil).Info().Fields[1:] {
		fmt.Fprintf(&settings, "  %-16s %s\n", f.Name, f.Help)
	}
	with := func(do func(args []string) error) func(*cobra.Command, []string) error {
		return func(_ *cobra.Command, args []string) error {
			if _, err := p.options(); err != nil {
				return err
			}
			return do(args)
		}
	}
	c := &cobra.Command{
		Use: "connections", Short: "List, write and remove the named connections of the configuration", Args: noArguments,
		Long:    "connections lists the named connections; `ec2deck doctor --connection NAME` validates one. The rest of the configuration stays as it is written.\n\nSettings:\n" + strings.TrimRight(settings.String(), "\n"),
		Example: "  ec2deck connections set live profile=production regions=eu-west-1,us-east-1 production=true\n  ec2deck connections set live warning=\n  ec2deck connections remove live",
		RunE:    with(func([]string) error { return p.listConnections() }),
	}
	c.AddCommand(&cobra.Command{
		Use: "set NAME SETTING=VALUE...", Short: "Write a connection, or change what is named of one; a setting without a value is taken away",
		RunE: with(p.setConnection), ValidArgsFunction: p.completeConnection(true),
	}, &cobra.Command{
		Use: "remove NAME", Short: "Remove a connection from the configuration", ValidArgsFunction: p.completeConnection(false),
		RunE: with(func(args []string) error {
			if len(args) != 1 {
				return usagef("write the name of one connection")
			}
			return p.written("removed", args[0], p.book.set(args[0], nil))
		}),
	})
	return c
}

func (p *program) listConnections() error {
	all, err := p.book.list()
	if err != nil {
		return err
	}
	for _, v := range all {
		line := v.Get("name")
		for _, f := range awsops.ConnectionForm(nil).Info().Fields[1:] {
			if len(v[f.Name]) > 0 {
				line += " " + awsops.ShellQuote(f.Name+"="+strings.Join(v[f.Name], ","))
			}
		}
		if _, err := fmt.Fprintln(p.out, awsops.Clean(line)); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) setConnection(args []string) error {
	if len(args) < 2 {
		return usagef("write the name of a connection and what it is to say: live profile=production")
	}
	all, err := p.book.list()
	if err != nil {
		return err
	}
	v := awsops.Values{"name": {args[0]}}
	for _, old := range all {
		if old.Get("name") == args[0] {
			v = old
		}
	}
	info := awsops.ConnectionForm(nil).Info()
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		if _, known := info.Field(name); !known || name == "name" {
			var names []string
			for _, f := range info.Fields[1:] {
				names = append(names, f.Name)
			}
			return usagef("%q is unknown; there are %s", name, strings.Join(names, ", "))
		}
		delete(v, name)
		if value != "" {
			v[name] = []string{value}
		}
	}
	was := ""
	if slices.ContainsFunc(all, func(old awsops.Values) bool { return old.Get("name") == args[0] }) {
		was = args[0]
	}
	return p.written("written", args[0], p.book.set(was, v))
}

// written tells what became of a connection.
func (p *program) written(what, name string, err error) error {
	if wrong, ok := as[*awsops.InputError](err); ok {
		return usagef("%s: %s", wrong.Field, strings.TrimPrefix(wrong.Error(), "--"+wrong.Field+" "))
	}
	if err == nil {
		_, err = fmt.Fprintln(p.out, what+": "+name)
	}
	return err
}
