// Command ec2deck is a terminal console for Amazon EC2.
//
// Without a subcommand it opens the screen. `ec2deck run OPERATION` carries
// out one operation without it, `ec2deck sim` serves the simulator, and
// `ec2deck serve` offers screen and commands over SSH.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/charmbracelet/fang"
	"github.com/spf13/cobra"

	// Its initialization keeps Bubble Tea's from asking the terminal.
	_ "ec2deck/theme"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	p := &program{in: in, out: out, errs: errs, getenv: os.Getenv}
	return p.run(ctx, p.tree(), args)
}

// run executes a tree and tells its error.
func (p *program) run(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.errs)
	return p.tell(p.execute(ctx, root, args))
}

// execute lets fang draw help and the manual. It reads the process's own
// output and environment and asks the terminal for its colours, so everything
// else, and every command that came over SSH, is plain cobra.
func (p *program) execute(ctx context.Context, root *cobra.Command, args []string) error {
	drawn := slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "--help" }) ||
		len(args) > 0 && (args[0] == "help" || args[0] == "man")
	if p.host == nil && p.out == io.Writer(os.Stdout) && drawn {
		quiet := fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {})
		return fang.Execute(ctx, root, fang.WithoutVersion(), quiet)
	}
	return root.ExecuteContext(ctx)
}

// done ends a command whose outcome has been told already.
type done int

// Error is never shown.
func (d done) Error() string { return "" }

// as returns the error of a type in err's tree.
func as[T error](err error) (T, bool) {
	var e T
	ok := errors.As(err, &e)
	return e, ok
}
