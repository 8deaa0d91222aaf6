package main

import (
	"cmp"
	"log/slog"
	"net"
	"strings"
	"time"

	"ec2deck/ui/serve"

	"github.com/spf13/pflag"
)

// door is the flags of the server about who comes in and how long they stay.
type door struct {
	listen, allowed, authorities, hostKey   values
	sessions, perUser, idle, longest, grace values
	admin, logFormat                        values
}

const adminAddress = "127.0.0.1:2223"

func (d *door) addAll(set *pflag.FlagSet) {
	add(set, &d.listen, "listen", "address", "127.0.0.1:2222", "address:port to listen on")
	add(set, &d.allowed, "authorized-keys", "file", "", "public keys that may log in, in OpenSSH's form")
	add(set, &d.authorities, "trusted-ca", "file", "", "public keys of the CAs whose user certificates may log in, one a line")
	add(set, &d.hostKey, "host-key", "file", "", "private key of the server, made when it is missing (default: in the XDG state directory)")
	add(set, &d.sessions, "max-sessions", "number", "100", "sessions at a time, or off")
	add(set, &d.perUser, "max-sessions-per-user", "number", "10", "sessions of one user at a time, or off")
	add(set, &d.idle, "idle-timeout", "duration", "1h", "end a screen on which no key is pressed, 10s to 24h, or off")
	add(set, &d.longest, "max-session-time", "duration", "12h", "end a screen after this time, 10s to 168h, or off")
	add(set, &d.grace, "grace", "duration", "30s", "what changes under way get to finish when the server stops, 0s to 10m")
	add(set, &d.admin, "admin", "address", adminAddress, "address on this machine for /healthz, /metrics and /sessions by HTTP, or off")
	add(set, &d.logFormat, "log-format", "format", "text", "how the log is written to standard error: text or json")
}

// config is the flags, understood. Without keys a demo is open to everybody.
func (p *program) config(d *door, demo bool) (serve.Config, error) {
	cfg := serve.Config{Admin: adminAddress, Limits: serve.DefaultLimits()}
	for _, f := range []struct {
		name  string
		given values
		into  *string
	}{
		{"listen", d.listen, &cfg.Listen}, {"authorized-keys", d.allowed, &cfg.AuthorizedKeys},
		{"trusted-ca", d.authorities, &cfg.TrustedCA}, {"host-key", d.hostKey, &cfg.HostKey},
	} {
		var err error
		if *f.into, err = f.given.one(f.name); err != nil {
			return cfg, err
		}
	}
	if cfg.AuthorizedKeys == "" && cfg.TrustedCA == "" {
		if !demo {
			return cfg, bad("authorized-keys", "", "is required, or --trusted-ca: a file with the public keys that may log in, or of the CAs whose certificates may; only --demo on a loopback address is open to everybody")
		}
		cfg.Open = true
	}
	if cfg.HostKey = cmp.Or(cfg.HostKey, p.stateFile("ssh_host_ed25519_key")); cfg.HostKey == "" {
		return cfg, bad("host-key", "", "is required: neither XDG_STATE_HOME nor HOME says where to keep it")
	}
	if err := d.limits(&cfg.Limits); err != nil {
		return cfg, err
	}
	return cfg, p.operating(d, &cfg)
}

func (d *door) limits(l *serve.Limits) (err error) {
	if l.Sessions, err = d.sessions.count("max-sessions", l.Sessions); err != nil {
		return err
	}
	if l.SessionsPerUser, err = d.perUser.count("max-sessions-per-user", l.SessionsPerUser); err != nil {
		return err
	}
	if l.Idle, err = d.idle.duration("idle-timeout", l.Idle, 10*time.Second, 24*time.Hour, true); err != nil {
		return err
	}
	if l.Session, err = d.longest.duration("max-session-time", l.Session, 10*time.Second, 168*time.Hour, true); err != nil {
		return err
	}
	l.Grace, err = d.grace.duration("grace", l.Grace, 0, 10*time.Minute, false)
	return err
}

// count reads a limit of sessions; off is 0.
func (v values) count(flag string, fallback int) (int, error) {
	s, err := v.one(flag)
	switch {
	case err != nil || s == "":
		return fallback, err
	case s == "off":
		return 0, nil
	}
	return v.number(flag, 1, 10_000)
}

// operating reads how the server is watched.
func (p *program) operating(d *door, cfg *serve.Config) error {
	admin, err := d.admin.one("admin")
	if err != nil {
		return err
	}
	if cfg.Admin = cmp.Or(admin, cfg.Admin); cfg.Admin == "off" {
		cfg.Admin = ""
	} else if host, _, err := net.SplitHostPort(cfg.Admin); err != nil || !loopback(host) {
		return bad("admin", cfg.Admin, "the endpoint asks for no password, so it listens on this machine only: write an address such as "+adminAddress+", or off")
	}
	format, err := d.logFormat.one("log-format")
	if err != nil {
		return err
	}
	switch format {
	case "", "text":
		cfg.Log = slog.New(slog.NewTextHandler(p.errs, nil))
	case "json":
		cfg.Log = slog.New(slog.NewJSONHandler(p.errs, nil))
	default:
		return bad("log-format", format, "choose one of text, json")
	}
	return nil
}

// offers says whether a command of those who log in exists.
func offers(args []string) bool {
	hosted := &program{getenv: func(string) string { return "" }, host: &options{}}
	c, rest, err := hosted.hostedTree().Find(args)
	// cobra adds help only when it runs.
	return err == nil && (c.HasParent() || len(rest) == 0 || rest[0] == "help" || strings.HasPrefix(rest[0], "-"))
}
