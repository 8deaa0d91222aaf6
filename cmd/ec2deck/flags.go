package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/theme"

	"github.com/spf13/pflag"
)

// values is what was written for a flag, in order. The rules look at it
// later, so that every bad value is told in the same words.
type values []string

// text makes values a flag of a kind.
type text struct {
	*values
	kind string
}

// String implements pflag.Value. Help takes what it says for a default.
func (t text) String() string { return "" }

// Set implements pflag.Value.
func (t text) Set(s string) error {
	*t.values = append(*t.values, s)
	return nil
}

// Type implements pflag.Value.
func (t text) Type() string { return t.kind }

// add declares a flag; an empty kind is a switch that needs no value.
func add(set *pflag.FlagSet, v *values, name, kind, fallback, help string) {
	f := set.VarPF(text{v, kind}, name, "", help)
	f.DefValue = fallback
	if kind == "" {
		f.NoOptDefVal = "true"
		f.Value = text{v, "bool"}
	}
}

// globals are the flags of every command, as written.
type globals struct {
	profile, region, endpoint, proxyHost, proxyPort values
	timeout, waitTimeout, refresh                   values
	readOnly, ascii, demo, instances, fleet, config values
	connection, write, view, filter, theme, mouse   values
	apiLog, journal, hook, reason, askReason        values
}

func (g *globals) addAll(set *pflag.FlagSet) {
	add(set, &g.profile, "profile", "names", "", "profiles of the AWS files, repeated or with commas (default: the SDK's default chain)")
	add(set, &g.region, "region", "names", "", "regions, repeated or with commas; all means every enabled one (default: the profile's own)")
	add(set, &g.connection, "connection", "names", "", "connections of the configuration, repeated or with commas, in the place of --profile")
	add(set, &g.endpoint, "endpoint-url", "url", "", "another address than EC2's own (default: AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL)")
	add(set, &g.proxyHost, "proxy-host", "host", "", "HTTP proxy, with --proxy-port (default: the environment's)")
	add(set, &g.proxyPort, "proxy-port", "port", "", "port of the HTTP proxy, 1 to 65535")
	add(set, &g.timeout, "timeout", "duration", "30s", "limit of one call, 1s to 1h")
	add(set, &g.waitTimeout, "wait-timeout", "duration", "10m", "limit of --wait, 1s to 24h")
	add(set, &g.refresh, "refresh-interval", "duration", "15s", "how often the screen reads again, 2s to 1h, or off")
	add(set, &g.readOnly, "read-only", "", "false", "refuse every change")
	add(set, &g.write, "write", "", "false", "let production be changed")
	add(set, &g.theme, "theme", "name", "auto", "one of "+strings.Join(theme.Names(), ", ")+"; NO_COLOR takes all colours away")
	add(set, &g.mouse, "mouse", "", "true", "take clicks and the wheel; shift selects text as without it")
	add(set, &g.ascii, "ascii", "", "false", "draw with ASCII only (default: as LC_ALL, LC_CTYPE or LANG say)")
	add(set, &g.demo, "demo", "", "false", "work on made-up accounts, without AWS and without a network")
	add(set, &g.instances, "instances", "number", "", "instances of the simulated first region, 1 to 50000 (demo and sim)")
	add(set, &g.config, "config", "file", "", "the configuration (default: ec2deck/config.yaml in the XDG configuration directory, if it is there)")
	add(set, &g.apiLog, "api-log", "file", "", "write every call to AWS here, a line of JSON each, without secrets; put aside at 20 MB; - is standard error, for commands")
	add(set, &g.journal, "journal", "file", "", "record every change here before it is asked for, and what came of it, or off (default: activity.jsonl in the XDG state directory; off with --demo)")
	add(set, &g.hook, "hook", "command", "", "run this for each recorded outcome and refusal, with the record as JSON on standard input; words as in a shell, but no shell runs it")
	add(set, &g.reason, "reason", "text", "", "why things are changed, for the journal")
	add(set, &g.askReason, "ask-reason", "how", "", "ask for a reason before each change: no, optional or required (default no)")
	add(set, &g.fleet, "fleet", "file", "", "what the simulated accounts hold (demo and sim)")
}

// addScreen declares what only the screen has.
func (g *globals) addScreen(set *pflag.FlagSet) {
	add(set, &g.view, "view", "name", "", "the table, or the view of the configuration, that the screen begins with")
	add(set, &g.filter, "filter", "words", "", "the filter that it begins with, as after /")
}

// bad is a value of a flag that breaks a rule.
func bad(flag, value, rule string) error {
	return &awsops.InputError{Field: flag, Value: value, Rule: rule}
}

// one returns the only value of a flag, or "" when it was not given.
func (v values) one(flag string) (string, error) {
	switch len(v) {
	case 0:
		return "", nil
	case 1:
		if strings.TrimSpace(v[0]) == "" {
			return "", bad(flag, "", "must not be empty")
		}
		return strings.TrimSpace(v[0]), nil
	}
	return "", bad(flag, strings.Join(v, " "), "takes one value")
}

// list splits the values of a flag at commas.
func (v values) list(flag string, rule func(string) (string, error)) ([]string, error) {
	var out []string
	for _, raw := range v {
		for s := range strings.SplitSeq(raw, ",") {
			s, err := rule(strings.TrimSpace(s))
			if err != nil {
				return nil, bad(flag, raw, err.Error())
			}
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// truth reads a switch.
func (v values) truth(flag string) (bool, error) { return v.truthOr(flag, false) }

// truthOr reads a switch that may be on by itself.
func (v values) truthOr(flag string, on bool) (bool, error) {
	for _, s := range v {
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "true", "t", "yes", "y", "1", "on":
			on = true
		case "false", "f", "no", "n", "0", "off":
			on = false
		default:
			return false, bad(flag, s, "write true or false, or on or off")
		}
	}
	return on, nil
}

// duration reads a time span within bounds; off, where it is allowed, is 0.
func (v values) duration(flag string, fallback, least, most time.Duration, off bool) (time.Duration, error) {
	s, err := v.one(flag)
	if err != nil || s == "" {
		return fallback, err
	}
	if off && strings.EqualFold(s, "off") {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < least || d > most {
		rule := fmt.Sprintf("write a duration from %s to %s", short(least), short(most))
		if off {
			rule += ", or off"
		}
		return 0, bad(flag, s, rule)
	}
	return d, nil
}

// short writes a bound as the help does: 1h, not 1h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if d >= time.Minute && d%time.Minute == 0 {
		s = strings.TrimSuffix(s, "0s")
	}
	if d >= time.Hour && d%time.Hour == 0 {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// number reads a whole number within bounds; not given is 0.
func (v values) number(flag string, least, most int) (int, error) {
	s, err := v.one(flag)
	if err != nil || s == "" {
		return 0, err
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, bad(flag, s, fmt.Sprintf("write a number from %d to %d", least, most))
	}
	return n, nil
}
