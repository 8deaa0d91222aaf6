package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime/debug"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
	"ec2deck/ui/serve"
	"ec2deck/views"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/spf13/cobra"
)

func (p *program) serveCommand() *cobra.Command {
	var d door
	var a audit
	c := &cobra.Command{
		Use: "serve", Short: "Offer the screen and the commands over SSH", Args: noArguments,
		Example: "  ec2deck serve --demo\n  ec2deck serve --listen :2222 --authorized-keys /etc/ec2deck/authorized_keys --trusted-ca /etc/ec2deck/user_ca.pub",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := refuse(
				refusal{"api-log", p.flags.apiLog, "is not for a server: each session has its own log, which # shows"},
				refusal{"journal", p.flags.journal, "is not for a server: write --audit-log"},
				refusal{"reason", p.flags.reason, "is not for a server: each change has its own"},
			); err != nil {
				return err
			}
			o, err := p.options()
			if err == nil {
				err = configure(c.LocalNonPersistentFlags(), p.file.Serve)
			}
			if err != nil {
				return err
			}
			cfg, err := p.config(&d, o.demo)
			if err != nil {
				return blame(err, c.LocalNonPersistentFlags(), p.file.Serve)
			}
			sinks, err := p.sink(&a)
			if err != nil {
				return blame(err, c.LocalNonPersistentFlags(), p.file.Serve)
			}
			o.settings.Inventory = a.inventory(p)
			if err := p.startHook(); err != nil {
				return err
			}
			if p.hook != nil {
				sinks = append(sinks, p.hook)
				go p.watchHook(c.Context(), func(err error) { p.say(err.Error()) })
			}
			o = o.served()
			counts := newTally()
			cfg.Metrics = counts.metrics(o.settings.Meter)
			return p.serveSSH(c.Context(), o, cfg, newRights(p.path, p.file, o, cfg.Log), append(sinks, counts))
		},
	}
	d.addAll(c.Flags())
	a.addAll(c.Flags())
	return c
}

// stateFile is where the program keeps a file of its own, or "".
func (p *program) stateFile(name string) string {
	return p.ownFile("XDG_STATE_HOME", filepath.Join(".local", "state"), name)
}

// served is the options for those who log in: the files here are the server's,
// and what one of them has read the others need not read again.
func (o options) served() options {
	o.settings.ReadFile, o.settings.Known, o.settings.Disk, o.settings.Outlive = nil, nil, nil, true
	o.settings.Now, o.settings.Shared, o.settings.Meter = time.Now, awsops.NewShared(time.Now), awsops.NewMeter(time.Now)
	return o
}

// of is the options of one login, held to its role.
func (o options) of(s serve.Session, r *rights, sinks journal.Sinks) *options {
	o.settings.Policy = r.policy(s)
	o.settings.Who = whoIs(s, "")
	if len(sinks) > 0 {
		o.settings.Journal = sinks
	}
	o.settings.Profiles, o.settings.Regions = nil, nil // the policy has them
	return &o
}

// serveSSH gives each login a session of its own, made of the same options.
func (p *program) serveSSH(ctx context.Context, o options, cfg serve.Config, r *rights, sinks journal.Sinks) error {
	like, err := newTaste(r.file)
	if err != nil {
		return err
	}
	cfg.Ready = func(address string) {
		_, _ = fmt.Fprintln(p.out, "listening on "+address)
		if cfg.Open {
			_, _ = fmt.Fprintln(p.out, "open to everybody on this machine, because there is nothing here but a demo: "+howToEnter(address))
		}
	}
	cfg.Has, cfg.Event = offers, recordEvents(sinks, r)
	cfg.Role = func(s serve.Session) string { return r.role(s).Name }
	cfg.Mouse, cfg.Rights = o.mouse, r.next
	if p.getenv("GOGC") == "" { // a server is to be small rather than to save a tenth of a percent
		debug.SetGCPercent(collectAt)
	}
	specs := views.All() // nothing in them changes, so one is enough for all
	cfg.Screen = func(ctx context.Context, s serve.Session) (tea.Model, error) {
		own := o.of(s, r, sinks)
		own.settings.Calls = awsops.NewCalls(time.Now, mostHostedCalls, nil)
		return hostedScreen(ctx, s, awsops.NewSession(own.settings), own, like, specs), nil
	}
	cfg.Command = func(ctx context.Context, s serve.Session, args []string, in io.Reader, out, errs io.Writer) int {
		hosted := &program{in: in, out: out, errs: errs, getenv: func(string) string { return "" }, host: o.of(s, r, sinks)}
		return hosted.run(ctx, hosted.hostedTree(), args)
	}
	go r.watch(ctx)
	if err := serve.Run(ctx, cfg); err != nil && !errors.Is(err, context.Canceled) {
		return usagef("%v", err)
	}
	return nil
}

// collectAt is how much a server's memory may grow, in percent of what it holds,
// before what is no longer needed is collected. Go's own 100 costs a hundred idle
// screens half as much processor time, and twice the memory.
const collectAt = 25

// howToEnter is the command that opens the screen of an open demo.
func howToEnter(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "127.0.0.1" || host == "::1" {
		host = "localhost"
	}
	return "ssh -p " + port + " " + host
}
