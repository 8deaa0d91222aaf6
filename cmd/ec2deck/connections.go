package main

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"strings"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
)

// connections adds what the configuration knows of the accounts: those that
// --connection names are opened, and the cautions of all hold, however a
// profile was named. The made-up accounts of a demo only have those it names.
func (p *program) connections(o *options) error {
	names, err := p.flags.connection.list("connection", notEmpty)
	if err != nil {
		return err
	}
	write, err := p.flags.write.truth("write")
	if err != nil {
		return err
	}
	if write && o.settings.Policy().ReadOnly() {
		return bad("write", "", "cannot be used together with --read-only")
	}
	if len(names) > 0 && len(p.flags.profile) > 0 {
		return bad("connection", names[0], "cannot be used together with --profile")
	}
	p.book = &book{program: p, chain: p.chain(o.demo), names: names, write: write, demo: o.demo, own: o.settings.Policy()}
	if err := p.book.read(p.file); err != nil {
		return err
	}
	o.settings.Profiles = append(o.settings.Profiles, p.book.profiles...)
	o.settings.Policy, o.settings.Connections = p.book.held, p.book.wayOf
	return nil
}

// way is how a connection is reached; flags are stronger.
func (p *program) way(c config.Connection, demo bool) (awsops.Connection, error) {
	way := awsops.Connection{Regions: c.Regions}
	var err error
	if given := values(c.Endpoint.Values); len(given) > 0 {
		var url string
		if url, err = given.one("endpoint-url"); err == nil {
			way.Endpoint, _, err = parseEndpoint(url)
		}
		if err != nil {
			return way, usagef("%s: %v", c.Endpoint.Where, err)
		}
	}
	if given := values(c.Proxy.Values); len(given) > 0 {
		if way.Proxy, err = given.one("proxy"); err != nil || !address(way.Proxy) {
			return way, usagef("%s: %q: write host:port, without a scheme", c.Proxy.Where, strings.Join(given, " "))
		}
	}
	if len(p.flags.region) > 0 {
		way.Regions = nil
	}
	if demo || len(p.flags.endpoint) > 0 {
		way.Endpoint = ""
	}
	if demo || len(p.flags.proxyHost) > 0 {
		way.Proxy = ""
	}
	return way, nil
}

// address says whether a text is host:port.
func address(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.Atoi(port)
	return err == nil && bad == nil && n > 0 && n < 1<<16 && host != "" && !strings.ContainsAny(host, "/@ ?#")
}

// reach adds a connection to the ways of a session. A profile has one.
func reach(ways map[string]awsops.Connection, c config.Connection, way awsops.Connection) error {
	name := cmp.Or(c.Profile, "default")
	if before, twice := ways[name]; twice {
		if before.Endpoint != way.Endpoint || before.Proxy != way.Proxy || len(before.Regions) == 0 != (len(way.Regions) == 0) {
			return bad("connection", c.Name, "cannot be opened together with another of the profile "+name+" that goes another way")
		}
		for _, r := range before.Regions {
			if !slices.Contains(way.Regions, r) {
				way.Regions = append(slices.Clip(way.Regions), r)
			}
		}
	}
	ways[name] = way
	return nil
}
