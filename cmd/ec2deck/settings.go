package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
	"ec2deck/theme"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// options is the command line and the environment, understood.
type options struct {
	settings awsops.Settings
	wait     time.Duration
	refresh  time.Duration // 0 is off
	ascii    bool
	mouse    bool
	theme    string
	demo     bool
}

// options reads the global flags. For a command that came over SSH they can
// only narrow what the server was started with.
func (p *program) options() (options, error) {
	if p.host != nil {
		return p.narrowed(*p.host)
	}
	if err := p.configured(); err != nil {
		return options{}, err
	}
	o, err := p.understood()
	return o, blame(err, p.set, p.file.Defaults)
}

// understood reads the flags, whoever set them.
func (p *program) understood() (options, error) {
	var o options
	o.settings.ReadFile = p.readFile
	err := p.limits(&o)
	if err != nil {
		return o, err
	}
	if !o.demo {
		if err := p.real(&o); err != nil {
			return o, err
		}
	}
	if err := p.connections(&o); err != nil {
		return o, err
	}
	if o.settings.Presets, err = p.presets(); err != nil {
		return o, err
	}
	if o.demo {
		err = p.demo(&o)
	}
	return o, err
}

// real reads what holds for real accounts only.
func (p *program) real(o *options) (err error) {
	o.settings.Known, o.settings.Disk, o.settings.Chain = p.profiles, p.disk(), p.chain(o.demo)
	if err := p.onlyForDemo(); err != nil {
		return err
	}
	if o.settings.Proxy, err = p.proxy(); err != nil {
		return err
	}
	if err := p.ownRegion(); err != nil {
		return err
	}
	return p.endpoint(&o.settings)
}

// ownRegion refuses a region of the environment that is none.
func (p *program) ownRegion() error {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if s := p.getenv(name); s != "" {
			if _, err := awsops.Region().Check(s); err != nil {
				return usagef("%s %q: write a region such as eu-west-1", name, awsops.Clean(s))
			}
			return nil
		}
	}
	return nil
}

// limits reads what holds for real accounts and for made-up ones.
func (p *program) limits(o *options) (err error) {
	f, s := &p.flags, &o.settings
	if s.Profiles, err = f.profile.list("profile", notEmpty); err != nil {
		return err
	}
	if s.Regions, err = f.region.list("region", regionOrAll); err != nil {
		return err
	}
	if s.Timeout, err = f.timeout.duration("timeout", 30*time.Second, time.Second, time.Hour, false); err != nil {
		return err
	}
	if o.wait, err = f.waitTimeout.duration("wait-timeout", 10*time.Minute, time.Second, 24*time.Hour, false); err != nil {
		return err
	}
	if o.refresh, err = f.refresh.duration("refresh-interval", 15*time.Second, 2*time.Second, time.Hour, true); err != nil {
		return err
	}
	readOnly, err := f.readOnly.truth("read-only")
	if err != nil {
		return err
	}
	var policy awsops.Policy
	if readOnly {
		policy.Refuses = awsops.Changes
	}
	s.Policy = awsops.Fixed(policy)
	if err = p.reasons(s); err != nil {
		return err
	}
	if o.ascii, err = f.ascii.truth("ascii"); err != nil {
		return err
	}
	if o.mouse, err = f.mouse.truthOr("mouse", true); err != nil {
		return err
	}
	if o.theme, err = f.theme.one("theme"); err != nil {
		return err
	}
	if o.theme = cmp.Or(o.theme, "auto"); !slices.Contains(theme.Names(), o.theme) {
		return bad("theme", o.theme, "choose one of "+strings.Join(theme.Names(), ", "))
	}
	o.demo, err = f.demo.truth("demo")
	return err
}

func notEmpty(s string) (string, error) {
	if s == "" {
		return "", errors.New("write a name")
	}
	return s, nil
}

func regionOrAll(s string) (string, error) {
	if strings.EqualFold(s, awsops.AllRegions) {
		return awsops.AllRegions, nil
	}
	s, err := awsops.Region().Check(s)
	if err != nil {
		return "", errors.New("write a region such as eu-west-1, or all")
	}
	return s, nil
}

// refusal is a flag that has no place here, and why.
type refusal struct {
	name  string
	given values
	why   string
}

func refuse(flags ...refusal) error {
	for _, f := range flags {
		if len(f.given) > 0 {
			return bad(f.name, f.given[0], f.why)
		}
	}
	return nil
}

// onlyForDemo refuses what only the simulator understands.
func (p *program) onlyForDemo() error {
	const why = "shapes made-up accounts: add --demo"
	return refuse(refusal{"instances", p.flags.instances, why}, refusal{"fleet", p.flags.fleet, why})
}

// proxy is rule V-PROXY.
func (p *program) proxy() (string, error) {
	host, err := p.flags.proxyHost.one("proxy-host")
	if err != nil {
		return "", err
	}
	port, err := p.flags.proxyPort.number("proxy-port", 1, 65535)
	switch {
	case err != nil:
		return "", err
	case host == "" && port == 0:
		return "", nil
	case host == "":
		return "", bad("proxy-port", fmt.Sprint(port), "needs --proxy-host: give both or none")
	case port == 0:
		return "", bad("proxy-host", host, "needs --proxy-port: give both or none")
	case strings.Contains(host, "@"):
		return "", bad("proxy-host", "", "write a host name or an address, without a name and a password")
	case strings.ContainsAny(host, "/ ?#") || strings.Count(host, ":") == 1:
		return "", bad("proxy-host", host, "write a host name or an address, without scheme and port")
	}
	if strings.Contains(host, ":") {
		host = "[" + strings.Trim(host, "[]") + "]"
	}
	return fmt.Sprintf("%s:%d", host, port), nil
}

// endpoint reads --endpoint-url, or the environment in the order of the SDK.
func (p *program) endpoint(s *awsops.Settings) error {
	given, err := p.flags.endpoint.one("endpoint-url")
	if err != nil {
		return err
	}
	name := ""
	if given == "" && !strings.EqualFold(p.getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		for _, name = range []string{"AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL"} {
			if given = p.getenv(name); given != "" {
				break
			}
		}
	}
	if given == "" {
		return nil
	}
	endpoint, region, err := parseEndpoint(given)
	if err != nil {
		wrong := &awsops.InputError{Field: "endpoint-url", Value: given, Rule: err.Error()}
		if strings.Contains(given, "@") { // what stands before it is not repeated
			wrong.Value, wrong.Rule = "", wrong.Rule+", without a name and a password"
		}
		if name != "" {
			return usagef("%s%s", name, strings.TrimPrefix(wrong.Error(), "--endpoint-url"))
		}
		return wrong
	}
	s.Endpoint = endpoint
	if region != "" && len(s.Regions) == 0 && p.getenv("AWS_REGION") == "" && p.getenv("AWS_DEFAULT_REGION") == "" {
		s.Regions = []string{region}
	}
	return nil
}

// simulator builds the made-up accounts that the flags ask for.
func (p *program) simulator() (*ec2sim.Sim, error) {
	cfg := ec2sim.Config{}
	var err error
	if cfg.Instances, err = p.flags.instances.number("instances", 1, 50000); err != nil {
		return nil, err
	}
	name, err := p.flags.fleet.one("fleet")
	if err != nil {
		return nil, err
	}
	if name != "" {
		file, err := os.Open(name)
		if err != nil {
			return nil, bad("fleet", name, "cannot be read: "+root(err).Error())
		}
		defer func() { _ = file.Close() }()
		if cfg.Fleet, err = ec2sim.ReadFleet(file); err != nil {
			return nil, bad("fleet", name, err.Error())
		}
	}
	sim, err := ec2sim.New(cfg)
	if err != nil {
		return nil, bad("fleet", name, err.Error())
	}
	return sim, nil
}

func root(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// demo puts the simulator in the place of the network and of the AWS files.
func (p *program) demo(o *options) error {
	const why = "has no meaning with --demo, which uses no network"
	err := refuse(refusal{"endpoint-url", p.flags.endpoint, why}, refusal{"proxy-host", p.flags.proxyHost, why}, refusal{"proxy-port", p.flags.proxyPort, why})
	if err != nil {
		return err
	}
	sim, err := p.simulator()
	if err != nil {
		return err
	}
	s, accounts := &o.settings, sim.Accounts()
	s.HTTPClient, s.Keys = sim, map[string]aws.CredentialsProvider{}
	var profiles []string
	for _, a := range accounts {
		keys := aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey, AccountID: a.ID, Source: "demo"}
		s.Keys[a.Profile] = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil })
		profiles = append(profiles, a.Profile)
	}
	if len(s.Profiles) == 0 {
		s.Profiles = profiles[:1]
	}
	for _, name := range s.Profiles {
		k := slices.Index(profiles, name)
		if k < 0 {
			return bad("profile", name, "the demo has "+strings.Join(profiles, ", "))
		}
		if s.Home == "" && len(accounts[k].Regions) > 0 {
			s.Home = accounts[k].Regions[0]
		}
	}
	return nil
}

// narrowed is what the server allows, narrowed by the session's own flags.
func (p *program) narrowed(o options) (options, error) {
	f := &p.flags
	err := refuse(
		refusal{"endpoint-url", f.endpoint, "is refused over SSH: the server calls no address that a client names"},
		refusal{"proxy-host", f.proxyHost, "is refused over SSH: the server has its own way out"},
		refusal{"proxy-port", f.proxyPort, "is refused over SSH: the server has its own way out"},
		refusal{"connection", f.connection, "is refused over SSH: name a profile"},
		refusal{"write", f.write, "is refused over SSH: your role says what you may change"},
		refusal{"journal", f.journal, "is refused over SSH: the server keeps its own"},
		refusal{"hook", f.hook, "is refused over SSH: the server runs no command that a client names"},
		refusal{"config", f.config, "is refused over SSH: the server has its own"},
		refusal{"fleet", f.fleet, "is refused over SSH: files are the server's own"},
		refusal{"instances", f.instances, "is refused over SSH: the server has chosen its accounts"},
		refusal{"demo", f.demo, "is refused over SSH: the server has chosen its accounts"},
	)
	if err != nil {
		return o, err
	}
	var asked options
	if err := p.limits(&asked); err != nil {
		return o, err
	}
	s, host := &asked.settings, o.settings
	offered := awsops.NewSession(host).Profiles()
	for _, name := range s.Profiles {
		if !slices.Contains(offered, name) {
			return o, bad("profile", name, "is refused over SSH: you are offered "+cmp.Or(strings.Join(offered, ", "), "the server's default one only"))
		}
	}
	if len(s.Profiles) == 0 {
		s.Profiles = host.Profiles
	}
	if len(s.Regions) == 0 {
		s.Regions = host.Regions
	}
	s.Timeout, asked.wait = min(s.Timeout, host.Timeout), min(asked.wait, o.wait)
	own := s.Policy()
	s.Policy = func() awsops.Policy { return host.Policy().Narrowed(own) }
	s.Connections, s.Endpoint, s.Proxy, s.Keys, s.HTTPClient, s.Home, s.Chain = host.Connections, host.Endpoint, host.Proxy, host.Keys, host.HTTPClient, host.Home, host.Chain
	s.Inventory = host.Inventory
	s.Presets = host.Presets
	s.Journal, s.Who, s.Now, s.Shared, s.Meter, s.Outlive = host.Journal, host.Who, host.Now, host.Shared, host.Meter, host.Outlive
	s.AskReason = max(s.AskReason, host.AskReason)
	asked.demo, asked.refresh = o.demo, o.refresh
	return asked, nil
}

// session makes a session of the global flags, without any I/O.
func (p *program) session(screen bool) (*awsops.Session, options, error) {
	o, err := p.options()
	if err != nil {
		return nil, o, err
	}
	if o.settings.Calls, err = p.calls(screen); err != nil {
		return nil, o, err
	}
	if p.host == nil {
		if err = p.journal(&o); err != nil {
			return nil, o, err
		}
	}
	return awsops.NewSession(o.settings), o, nil
}
