package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
	"ec2deck/cmd/ec2deck/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// program is one invocation of the command line.
type program struct {
	in        io.Reader
	out, errs io.Writer
	getenv    func(string) string
	// host is what the server has fixed, for a command that came over SSH.
	host  *options
	hook  *journal.Hook // nil without one
	flags globals
	bare  bool           // the command line has flags only, so no operation is asked for
	set   *pflag.FlagSet // of the flags
	// file is the configuration and path where it was read, "" if there is none.
	file  *config.File
	path  string
	book  *book
	roots *x509.CertPool // of mail servers; nil is the system's
}

// usageError is a command line that cannot be carried out. Nothing was sent.
type usageError string

// Error says what to write instead.
func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// tree builds the commands of the program itself.
func (p *program) tree() *cobra.Command {
	root := p.root()
	root.Args = func(_ *cobra.Command, args []string) error { return unknownCommand(args) }
	root.RunE = p.openScreen
	p.set = root.PersistentFlags()
	p.flags.addAll(p.set)
	p.flags.addScreen(root.Flags())
	root.AddCommand(p.runCommand(), p.operationsCommand(), p.simCommand(), p.serveCommand(), p.whoCommand(), p.configCommand(), p.connectionsCommand(), p.doctorCommand(), p.versionCommand(), p.manCommand())
	p.completions(root)
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil { // cobra answers whatever stands behind it
		c.Args, c.RunE = cobra.ArbitraryArgs, func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return usagef("there is no completion for %q; there are bash, fish, powershell, zsh", args[0])
		}
	}
	return helped(root)
}

// hostedTree builds what an SSH session without a terminal may run.
func (p *program) hostedTree() *cobra.Command {
	root := p.root()
	root.Args = func(_ *cobra.Command, args []string) error { return unknownCommand(args) }
	root.RunE = func(*cobra.Command, []string) error {
		return usagef("the screen needs a terminal: connect with `ssh -t`, or use `run` and `operations`")
	}
	root.CompletionOptions.DisableDefaultCmd = true
	p.flags.addAll(root.PersistentFlags())
	root.AddCommand(p.runCommand(), p.operationsCommand(), p.doctorCommand(), p.versionCommand())
	return helped(root)
}

// helped adds the help about commands, which says when there is no such one.
func helped(root *cobra.Command) *cobra.Command {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return root
	}
	help.Run, help.RunE = nil, func(_ *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		switch {
		case err != nil:
			return err
		case len(rest) > 0 && about.Name() == "run":
			return unknownOperation(rest)
		case len(rest) > 0:
			return usagef("there is no command %q; `%s --help` lists them", strings.Join(args, " "), about.CommandPath())
		}
		about.InitDefaultHelpFlag()
		about.InitDefaultVersionFlag()
		return about.Help()
	}
	return root
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "ec2deck",
		Short: "A terminal console for Amazon EC2",
		Long:  "ec2deck shows the instances of your AWS accounts live and acts on them in one or two keys. Without a command it opens the screen; try `ec2deck --demo`.",
		Example: `  ec2deck --demo
  ec2deck --profile production,staging --region all
  ec2deck run describe-instances --filters instance-state-name=running --output csv
  ec2deck run stop-instances --instance-ids i-0aa00000000000001 --yes --wait`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%v; `%s --help` lists the flags", err, c.CommandPath())
	})
	return root
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.out, "ec2deck version "+version())
			return err
		},
	}
}

// version is what the build knows about itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// say tells something that is no error.
func (p *program) say(s string) { _, _ = fmt.Fprintln(p.errs, "ec2deck: "+s) }

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument %q; `%s --help` lists the flags", c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}

func unknownCommand(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if _, ok := awsops.Find(args[0]); ok {
		return usagef("%q is an operation: write `ec2deck run %s`", args[0], args[0])
	}
	return usagef("there is no command %q; `ec2deck --help` lists them", args[0])
}

// tell writes an error for people and returns the exit code.
func (p *program) tell(err error) int {
	if err == nil {
		return 0
	}
	if code, ok := as[done](err); ok {
		return int(code)
	}
	if all, ok := as[*awsops.Failures](err); ok && all.Apart() {
		p.tellItems(all.Items)
		return exitCode(err)
	}
	_, _ = fmt.Fprintln(p.errs, "ec2deck: "+sentence(err))
	return exitCode(err)
}

// sentence is an error as one line, or one screenful where that is needed.
func sentence(err error) string {
	e := awsops.AsError(err)
	switch {
	case e != nil && e.Code == "NoCredentials":
		return withoutCredentials(e)
	case e != nil && e.Code == "NotConfirmed":
		return awsops.CleanLines(e.Message)
	}
	if _, ours := as[usageError](err); ours {
		return awsops.CleanLines(err.Error())
	}
	return awsops.Clean(err.Error())
}

func exitCode(err error) int {
	if awsops.AsError(err) == nil {
		if _, ok := as[*awsops.InputError](err); !ok {
			return int(awsops.BadInput) // cobra's own errors and ours are about the command line
		}
	}
	return awsops.ExitCode(err)
}

// withoutCredentials says where credentials were looked for and what to do.
func withoutCredentials(e *awsops.Error) string {
	return strings.Join([]string{
		e.Message,
		"",
		"Looked for, in this order:",
		"  the environment: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, AWS_PROFILE, web identity",
		"  the AWS files: ~/.aws/config and ~/.aws/credentials, with SSO, assumed roles and credential_process",
		"  the container and the instance that this runs on",
		"",
		"What to do: " + e.Hint,
	}, "\n")
}
