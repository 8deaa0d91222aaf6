package main

import (
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
	policy := o.settings.Policy()
	o.settings.Connections = map[string]awsops.Connection{}
	var known []string
	for _, c := range p.file.Connections {
		known = append(known, c.Name)
		asked := slices.Contains(names, c.Name)
		if asked || !o.demo {
			policy.Cautions = append(policy.Cautions, c.Caution(write))
		}
		way, err := p.way(c, o.demo)
		if err != nil {
			return err
		}
		if asked {
			if err := reach(&o.settings, c, way); err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return bad("connection", name, "the configuration has "+or(strings.Join(known, ", "), "none"))
		}
	}
	o.settings.Policy = awsops.Fixed(policy)
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

// reach adds a connection to those of a session. A profile has one way.
func reach(s *awsops.Settings, c config.Connection, way awsops.Connection) error {
	if !slices.Contains(s.Profiles, c.Profile) {
		s.Profiles = append(s.Profiles, c.Profile)
	}
	name := or(c.Profile, "default")
	if before, twice := s.Connections[name]; twice {
		if before.Endpoint != way.Endpoint || before.Proxy != way.Proxy || len(before.Regions) == 0 != (len(way.Regions) == 0) {
			return bad("connection", c.Name, "cannot be opened together with another of the profile "+name+" that goes another way")
		}
		for _, r := range before.Regions {
			if !slices.Contains(way.Regions, r) {
				way.Regions = append(slices.Clip(way.Regions), r)
			}
		}
	}
	s.Connections[name] = way
	return nil
}
