package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
	"ec2deck/ui"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
)

func (p *program) doctorCommand() *cobra.Command {
	var output values
	c := &cobra.Command{
		Use: "doctor", Short: "Check credentials, connection, clock, permissions, terminal and configuration", Args: noArguments,
		Long: "doctor looks at everything that has to be right, tells what it found and what to do, and changes nothing: permissions are tried by dry runs.\n" +
			"It exits with 0 when nothing has failed, and else with the code of the first failure: 2 configuration, 4 credentials or clock, 5 network, 6 timeout.",
		Example: "  ec2deck doctor\n  ec2deck doctor --profile production --region eu-west-1",
		RunE: func(c *cobra.Command, _ []string) error {
			format, err := output.one("output")
			if err != nil {
				return err
			}
			if format != "" && format != "table" && format != "json" {
				return bad("output", format, "choose one of table, json")
			}
			return p.doctor(c.Context(), format == "json")
		},
	}
	add(c.Flags(), &output, "output", "format", "table", "one of table, json")
	return c
}

// finding is a line of `doctor --output json`.
type finding struct {
	Check   string `json:"check"`
	Verdict string `json:"verdict"`
	Text    string `json:"text"`
	Hint    string `json:"hint,omitempty"`
}

// doctor tells each finding as soon as it is there.
func (p *program) doctor(ctx context.Context, asJSON bool) error {
	var first error
	tell := func(f awsops.Finding) {
		if f.Verdict == awsops.Failing && first == nil {
			first = f.Err
		}
		if asJSON {
			line, _ := journal.Line(finding{f.Check, f.Verdict.String(), f.Text, f.Hint}) // it is made of texts
			_, _ = p.out.Write(line)
			return
		}
		_, _ = fmt.Fprintf(p.out, "%-8s %s: %s\n", f.Verdict, awsops.Clean(f.Check), awsops.Clean(f.Text))
		if f.Hint != "" {
			_, _ = fmt.Fprintf(p.out, "         %s\n", awsops.Clean(f.Hint))
		}
	}
	if p.host == nil { // over SSH these are the server's own
		p.checkConfiguration(tell)
		p.checkTerminal(tell)
	}
	s, o, err := p.session(false)
	if err != nil && first != nil { // which has been told: the rest is looked at without it
		p.unconfigured()
		if s, o, err = p.session(false); err != nil && len(p.flags.connection) > 0 {
			return done(exitCode(first)) // connections stand there
		}
	}
	if err != nil {
		return err
	}
	if p.terminal() != nil {
		openAll(ctx, s, o.settings.Timeout) // what fails is told below
	}
	if _, err := p.askCodes(ctx, s, o.settings.Timeout); err != nil {
		p.tell(err)
	}
	for _, profile := range s.Profiles() {
		within, cancel := context.WithTimeout(ctx, 2*o.settings.Timeout)
		s.SelfCheck(within, profile, time.Now, tell)
		cancel()
	}
	if first == nil {
		return nil
	}
	return done(exitCode(first))
}

func (p *program) checkConfiguration(tell func(awsops.Finding)) {
	path, err := p.mistakes()
	switch {
	case err != nil:
		for line := range strings.Lines(err.Error()) {
			tell(awsops.Finding{Check: "configuration", Text: strings.TrimSpace(line), Verdict: awsops.Failing, Err: err})
		}
	case path == "":
		tell(awsops.Finding{Check: "configuration", Text: "there is no file; everything is as it comes"})
	default:
		tell(awsops.Finding{Check: "configuration", Text: path})
	}
}

// checkTerminal looks at what the screen would have. It asks the terminal for
// nothing but its size: it might not answer.
func (p *program) checkTerminal(tell func(awsops.Finding)) {
	f := awsops.Finding{Check: "terminal", Text: fmt.Sprintf("TERM=%s COLORTERM=%s", p.getenv("TERM"), p.getenv("COLORTERM"))}
	if locale := cmp.Or(p.getenv("LC_ALL"), p.getenv("LC_CTYPE"), p.getenv("LANG")); ui.NeedsASCII(locale) {
		f.Text += ", locale " + locale + ": drawn with ASCII only"
	}
	if p.getenv("NO_COLOR") != "" {
		f.Text += ", NO_COLOR"
	}
	out, ok := p.out.(*os.File)
	if !ok || !term.IsTerminal(out.Fd()) {
		f.Text += ", but standard output is no terminal"
		tell(f)
		return
	}
	width, height, err := term.GetSize(out.Fd())
	f.Text += fmt.Sprintf(", %d×%d", width, height)
	switch {
	case p.getenv("TERM") == "" || p.getenv("TERM") == "dumb":
		f.Verdict, f.Hint = awsops.Doubtful, "Set TERM to what the terminal is, for example xterm-256color."
	case err == nil && (width < 80 || height < 24):
		f.Verdict, f.Hint = awsops.Doubtful, "The screen needs 80×24: make the window larger."
	}
	tell(f)
}
