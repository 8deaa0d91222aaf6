package main

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
	"ec2deck/ui/serve"
)

// rights is what those who log in may do, as the configuration file says now.
type rights struct {
	path    string // "" without a file
	log     *slog.Logger
	offered awsops.Policy // profiles and regions of a role that names none, and what the server itself may do
	open    bool          // a demo without roles: everything may be tried

	mu      sync.Mutex
	file    *config.File
	seen    os.FileInfo // the file as it was looked at last
	changed chan struct{}
}

// newRights reads the file for the first time. Later a mistake keeps what was
// there before; at the start the operator is there to mend it.
func newRights(path string, file *config.File, o options, log *slog.Logger) *rights {
	r := &rights{path: path, log: log, open: o.demo && len(file.Roles) == 0, file: file, changed: make(chan struct{})}
	r.offered = o.settings.Policy()
	r.seen, _ = os.Stat(path)
	r.offered.Profiles, r.offered.Regions = o.settings.Profiles, o.settings.Regions
	if len(file.Roles) == 0 && !o.demo {
		log.Warn("no roles: everybody may only read", "how", "write roles into the configuration, named with --config FILE")
	}
	return r
}

// sameFile says whether a file is as it was when the other was looked at; nil
// is one that is not there. It is asked at each decision, so it is cheap.
func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}

// role is the role of a login.
func (r *rights) role(s serve.Session) config.Role {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look()
	if r.open {
		return config.Role{Name: "demo", Policy: awsops.Policy{Role: "demo"}}
	}
	return r.file.Find(s.User, s.Fingerprint, s.Principals)
}

// policy is what a login may do at the moment when it is asked.
func (r *rights) policy(s serve.Session) func() awsops.Policy {
	return func() awsops.Policy {
		p := r.role(s).Policy
		if len(p.Profiles) == 0 {
			p.Profiles = r.offered.Profiles
		}
		if len(p.Regions) == 0 {
			p.Regions = r.offered.Regions
		}
		return p.Narrowed(r.offered)
	}
}

// look reads the file again if it has changed.
func (r *rights) look() {
	if r.path == "" {
		return
	}
	now, _ := os.Stat(r.path) // what is wrong with it, Load says
	if sameFile(now, r.seen) {
		return
	}
	r.seen = now
	file, err := config.Load(r.path)
	if err != nil {
		r.log.Error("the roles stay as they were", "error", err)
		return
	}
	r.file = file
	r.log.Info("roles read", "file", r.path, "roles", len(file.Roles))
	close(r.changed)
	r.changed = make(chan struct{})
}

// next is closed when the roles change.
func (r *rights) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// lookEvery is how soon a change of the roles shows to a screen that asks EC2
// nothing. Whatever asks is held to them at once.
const lookEvery = 2 * time.Second

// watch looks at the file until the context ends.
func (r *rights) watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.mu.Lock()
			r.look()
			r.mu.Unlock()
		}
	}
}
