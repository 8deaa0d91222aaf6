package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"github.com/spf13/cobra"
)

func (p *program) simCommand() *cobra.Command {
	var listen, latency values
	c := &cobra.Command{
		Use: "sim", Short: "Serve the simulated EC2 over HTTP on this machine", Args: noArguments,
		Example: "  ec2deck sim --listen 127.0.0.1:4599 --instances 10000",
		RunE: func(c *cobra.Command, _ []string) error {
			address, err := listen.one("listen")
			if err != nil {
				return err
			}
			wait, err := latency.duration("latency", 2*time.Millisecond, 0, time.Minute, false)
			if err != nil {
				return err
			}
			return p.serveSim(c.Context(), cmp.Or(address, "127.0.0.1:4599"), wait)
		},
	}
	add(c.Flags(), &listen, "listen", "address", "127.0.0.1:4599", "address on this machine; port 0 takes a free one")
	// Answers without any delay make Go's HTTP clients trip over connections
	// that they believe to be closed.
	add(c.Flags(), &latency, "latency", "duration", "2ms", "how long each answer takes at least, 0s to 1m")
	return c
}

func (p *program) serveSim(ctx context.Context, address string, latency time.Duration) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return bad("listen", address, "write address:port, such as 127.0.0.1:4599")
	}
	if !loopback(host) {
		return bad("listen", address, "the simulator knows everybody's secret keys, so it listens on this machine only: write 127.0.0.1")
	}
	if err := p.configured(); err != nil {
		return err
	}
	sim, err := p.simulator()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return bad("listen", address, "cannot listen: "+root(err).Error())
	}
	if err := p.introduce(sim, "http://"+listener.Addr().String()); err != nil {
		return err
	}
	server := &http.Server{Handler: delayed(sim, latency), ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	select {
	case err = <-stopped:
	case <-ctx.Done():
		err = server.Close()
	}
	if err == nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return usagef("the simulator stopped: %v", err)
}

// delayed holds every answer back.
func delayed(h http.Handler, d time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d <= 0 || sleep(r.Context(), d) == nil {
			h.ServeHTTP(w, r)
		}
	})
}

// introduce says how to reach the simulator.
func (p *program) introduce(sim *ec2sim.Sim, address string) error {
	var b strings.Builder
	fmt.Fprintln(&b, "listening on "+address)
	for _, a := range sim.Accounts() {
		region := ""
		if len(a.Regions) > 0 {
			region = a.Regions[0]
		}
		fmt.Fprintf(&b, "\n# account %s (%s), regions %s\n", a.ID, a.Profile, strings.Join(a.Regions, ", "))
		fmt.Fprintf(&b, "export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s\n", awsops.ShellQuote(a.AccessKeyID), awsops.ShellQuote(a.SecretAccessKey), awsops.ShellQuote(region))
		fmt.Fprintf(&b, "aws --endpoint-url %s --region %s ec2 describe-instances\n", address, awsops.ShellQuote(region))
		fmt.Fprintf(&b, "ec2deck --endpoint-url %s\n", address)
	}
	_, err := fmt.Fprint(p.out, b.String())
	return err
}
