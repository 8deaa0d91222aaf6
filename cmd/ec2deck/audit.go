package main

import (
	"cmp"
	"net/url"
	"path/filepath"

	"ec2deck/awsops/journal"
	"ec2deck/ui/serve"

	"github.com/spf13/pflag"
)

// audit is the flags about what is recorded of those who log in.
type audit struct{ file, size, keep, syslog values }

func (a *audit) addAll(set *pflag.FlagSet) {
	add(set, &a.file, "audit-log", "file", "", "record logins, refusals and operations here, a line of JSON each, or off (default: in the XDG state directory)")
	add(set, &a.size, "audit-size", "megabytes", "50", "put the file aside when it has become this large, 1 to 10000")
	add(set, &a.keep, "audit-keep", "number", "20", "files put aside that are kept, 0 to 1000")
	add(set, &a.syslog, "audit-syslog", "address", "", "record there too: local, or udp://host:port, tcp://host:port")
}

// sink opens what the flags ask for. A change that none of it can take is
// refused, so it has to be there from the start.
func (p *program) sink(a *audit) (journal.Sinks, error) {
	var sinks journal.Sinks
	path, err := a.file.one("audit-log")
	if err != nil {
		return nil, err
	}
	size, err := a.size.number("audit-size", 1, 10_000)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		size = 50
	}
	keep, err := a.keep.number("audit-keep", 0, 1000)
	if err != nil {
		return nil, err
	}
	if len(a.keep) == 0 {
		keep = 20
	}
	if path == "" {
		if path = p.stateFile("audit.jsonl"); path == "" {
			return nil, bad("audit-log", "", "is required: neither XDG_STATE_HOME nor HOME says where to keep it")
		}
	}
	if path != "off" {
		file, err := journal.OpenFile(path, int64(size)<<20, keep)
		if err != nil {
			return nil, usagef("%v; name another file with --audit-log, or off", err)
		}
		sinks = append(sinks, file)
	}
	address, err := a.syslog.one("audit-syslog")
	if err != nil || address == "" {
		return sinks, err
	}
	network, host := "", ""
	if address != "local" {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "udp" && u.Scheme != "tcp" || u.Port() == "" {
			return nil, bad("audit-syslog", address, "write local, udp://host:port or tcp://host:port")
		}
		network, host = u.Scheme, u.Host
	}
	system, err := journal.OpenSyslog(network, host)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return append(sinks, system), nil
}

// inventory is what workflows of those who log in have made and ended, beside
// the record.
func (a *audit) inventory(p *program) func(any) error {
	path, _ := a.file.one("audit-log") // the sink has seen it
	if path = cmp.Or(path, p.stateFile("audit.jsonl")); path == "off" {
		return nil
	}
	return inventory(filepath.Join(filepath.Dir(path), "inventory.jsonl"))
}

// whoIs is a login as records name it.
func whoIs(s serve.Session, role string) journal.Who {
	return journal.Who{User: s.User, Name: s.Name, Key: s.Fingerprint, CA: s.CA, Serial: s.Serial, Role: role, Remote: s.Remote, Session: s.ID}
}

// recordEvents writes down what happens at the door.
func recordEvents(sinks journal.Sinks, r *rights) func(serve.Event) error {
	return func(e serve.Event) error {
		rec := journal.Record{At: e.At.UTC(), ID: journal.NewID(), Event: journal.Refusal, Reason: e.Reason}
		role := ""
		if e.Session.ID != "" {
			role = r.role(e.Session).Name
		}
		rec.Who = whoIs(e.Session, role)
		switch e.Kind {
		case serve.LoggedIn:
			rec.Event = journal.Login
		case serve.LoggedOut:
			rec.Event, rec.Exit, rec.Took = journal.Logout, &e.Exit, e.Took.Milliseconds()
		case serve.LoginRefused:
			rec.Code = "Login"
		case serve.RequestRefused:
			rec.Code = "Request"
		}
		return sinks.Record(rec)
	}
}
