package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/ui/serve"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
)

// maxSessions bounds what is read of a server that may be another program.
const maxSessions = 16 << 20

func (p *program) whoCommand() *cobra.Command {
	var admin, output values
	c := &cobra.Command{
		Use: "who", Short: "List the sessions of the server on this machine", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			address, err := admin.one("admin")
			if err != nil {
				return err
			}
			address = cmp.Or(address, adminAddress)
			if host, _, err := net.SplitHostPort(address); err != nil || !loopback(host) {
				return bad("admin", address, "a server tells its sessions on its own machine only: write an address such as "+adminAddress)
			}
			format, err := output.one("output")
			if err != nil {
				return err
			}
			if format != "" && format != "table" && format != "json" {
				return bad("output", format, "choose one of table, json")
			}
			list, err := sessionsAt(c.Context(), address)
			if err != nil {
				return err
			}
			return p.tellSessions(list, format)
		},
	}
	add(c.Flags(), &admin, "admin", "address", adminAddress, "address that `ec2deck serve` was given by the same flag")
	add(c.Flags(), &output, "output", "format", "table", "one of table, json")
	return c
}

// sessionsAt asks a server on this machine.
func sessionsAt(ctx context.Context, address string) ([]serve.Presence, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/sessions", nil)
	if err != nil {
		return nil, bad("admin", address, "write an address such as "+adminAddress)
	}
	var list []serve.Presence
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy
	answer, err := transport.RoundTrip(request)
	if err == nil {
		defer func() { _ = answer.Body.Close() }()
		if err = errors.New(answer.Status); answer.StatusCode == http.StatusOK {
			err = json.NewDecoder(io.LimitReader(answer.Body, maxSessions)).Decode(&list)
		}
	}
	if err != nil {
		return nil, &awsops.Error{Operation: "who", Class: awsops.Network, Code: "NoServer", Message: "no ec2deck server answers on " + address + ": " + root(err).Error(), Hint: "Start one with `ec2deck serve`, or name its --admin address.", Err: err}
	}
	return list, nil
}

func (p *program) tellSessions(list []serve.Presence, format string) error {
	if format == "json" {
		out := json.NewEncoder(p.out)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(list)
	}
	rows := [][]string{{"NAME", "ROLE", "FROM", "SINCE", "IDLE", "KIND", "SIZE", "SESSION"}}
	for _, s := range list {
		idle, size := "-", "-"
		if s.Kind == "screen" {
			idle = time.Duration(s.Idle * float64(time.Second)).Round(time.Second).String()
		}
		if s.Width > 0 {
			size = fmt.Sprintf("%dx%d", s.Width, s.Height)
		}
		rows = append(rows, []string{s.Name, cmp.Or(s.Role, "-"), s.Remote, s.Since.Local().Format(time.DateTime), idle, s.Kind, size, s.ID})
	}
	_, err := io.WriteString(p.out, aligned(rows))
	return err
}

// aligned writes rows in columns.
func aligned(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = awsops.Clean(cell)
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
