package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"ec2deck/awsops"
	"ec2deck/ui/serve"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/spf13/cobra"
)

func (p *program) serveCommand() *cobra.Command {
	var listen, allowed, hostKey values
	c := &cobra.Command{
		Use: "serve", Short: "Offer the screen and the commands over SSH", Args: noArguments,
		Example: "  ec2deck --demo serve --listen 127.0.0.1:2222 --authorized-keys ~/.ssh/authorized_keys",
		RunE: func(c *cobra.Command, _ []string) error {
			cfg := serve.Config{}
			var err error
			if cfg.Listen, err = listen.one("listen"); err != nil {
				return err
			}
			if cfg.AuthorizedKeys, err = allowed.one("authorized-keys"); err != nil {
				return err
			}
			if cfg.AuthorizedKeys == "" {
				return bad("authorized-keys", "", "is required: a file with the public keys that may log in")
			}
			if cfg.HostKey, err = hostKey.one("host-key"); err != nil {
				return err
			}
			if cfg.HostKey = or(cfg.HostKey, p.stateFile("ssh_host_ed25519_key")); cfg.HostKey == "" {
				return bad("host-key", "", "is required: neither XDG_STATE_HOME nor HOME says where to keep it")
			}
			return p.serveSSH(c.Context(), cfg)
		},
	}
	add(c.Flags(), &listen, "listen", "address", "127.0.0.1:2222", "address:port to listen on")
	add(c.Flags(), &allowed, "authorized-keys", "file", "", "public keys that may log in, in OpenSSH's form (required)")
	add(c.Flags(), &hostKey, "host-key", "file", "", "private key of the server, made when it is missing (default: in the XDG state directory)")
	return c
}

// stateFile is where the program keeps a file of its own, or "".
func (p *program) stateFile(name string) string {
	dir := p.getenv("XDG_STATE_HOME")
	if dir == "" || !filepath.IsAbs(dir) {
		home := p.getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "ec2deck", name)
}

// served is the options for those who log in: the files here are the server's,
// and what one of them reads the others need not ask for again.
func (o options) served() options {
	o.settings.ReadFile = nil
	o.settings.Shared = awsops.NewShared(time.Now)
	return o
}

// serveSSH gives each login a session of its own, made of the same options.
func (p *program) serveSSH(ctx context.Context, cfg serve.Config) error {
	o, err := p.options()
	if err != nil {
		return err
	}
	o = o.served()
	cfg.Log = slog.New(slog.NewTextHandler(p.errs, nil))
	cfg.Ready = func(address string) { _, _ = fmt.Fprintln(p.out, "listening on "+address) }
	cfg.Screen = func(ctx context.Context, s serve.Session) (tea.Model, error) {
		return hostedScreen(ctx, s, awsops.NewSession(o.settings), &o), nil
	}
	cfg.Command = func(ctx context.Context, _ serve.Session, args []string, in io.Reader, out, errs io.Writer) int {
		hosted := &program{in: in, out: out, errs: errs, getenv: func(string) string { return "" }, host: &o}
		return hosted.run(ctx, hosted.hostedTree(), args)
	}
	if err := serve.Run(ctx, cfg); err != nil && !errors.Is(err, context.Canceled) {
		return usagef("%v", err)
	}
	return nil
}
