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
	"strings"
	"syscall"

	"ec2deck/awsops"

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
	p.bare = !slices.ContainsFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-") })
	return p.run(ctx, p.tree(), args)
}

// run executes a tree and tells its error.
func (p *program) run(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.errs)
	c, err := root.ExecuteContextC(ctx)
	p.endHook()
	if _, told := err.(done); err != nil && !told && asksJSON(c, args) {
		_ = awsops.WriteError(p.out, c.Name(), err, exitCode(err)) // the code says it too
	}
	return p.tell(err)
}

// asksJSON says whether an operation is to answer in JSON, also where its flags
// could not be read to the end.
func asksJSON(c *cobra.Command, args []string) (asked bool) {
	for i, arg := range args {
		if format, ok := strings.CutPrefix(arg, "--output="); ok {
			asked = format == "json"
		} else if arg == "--output" && i+1 < len(args) {
			asked = args[i+1] == "json"
		}
	}
	return asked && (c.Name() == "run" || c.HasParent() && c.Parent().Name() == "run")
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
