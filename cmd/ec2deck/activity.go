package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
	"ec2deck/ui/serve"
)

// The journal of the local program is put aside at this size, so many times;
// a hook has so long for a record, and so long to end with the program.
const (
	activitySize = 10 << 20
	activityKeep = 5
	hookLimit    = 10 * time.Second
	hookEnd      = 5 * time.Second
)

// activity is the journal of the local program. It is opened with the first
// record: reading needs none.
type activity struct {
	path string

	mu   sync.Mutex
	file *journal.File
}

// Record implements journal.Sink.
func (a *activity) Record(r journal.Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := errors.New("neither XDG_STATE_HOME nor HOME says where to keep the journal")
	if a.file == nil && a.path != "" {
		a.file, err = journal.OpenFile(a.path, activitySize, activityKeep)
		if err != nil {
			a.file = nil
		}
	}
	if a.file != nil {
		err = a.file.Record(r)
	}
	if err != nil {
		return fmt.Errorf("%w; --journal FILE names another, and --journal off goes without", err)
	}
	return nil
}

// journal makes the local program record what it changes. What is made up is
// recorded only where that is asked for.
func (p *program) journal(o *options) error {
	path, err := p.flags.journal.one("journal")
	if err != nil {
		return err
	}
	if err := p.startHook(); err != nil {
		return err
	}
	var sinks journal.Sinks
	if path == "" && !o.demo {
		path = p.stateFile("activity.jsonl")
		sinks = append(sinks, &activity{path: path})
	} else if path != "" && path != "off" {
		sinks = append(sinks, &activity{path: path})
	}
	if len(sinks) > 0 {
		o.settings.Inventory = inventory(filepath.Join(filepath.Dir(path), "inventory.jsonl"))
	}
	if p.hook != nil {
		sinks = append(sinks, p.hook)
	}
	if len(sinks) > 0 {
		o.settings.Journal, o.settings.Now = sinks, time.Now
		o.settings.Who = journal.Who{User: cmp.Or(p.getenv("USER"), p.getenv("LOGNAME"), fmt.Sprintf("uid %d", os.Getuid()))}
	}
	return nil
}

// inventory keeps what workflows have made and ended, beside the journal.
func inventory(path string) func(any) error {
	var one sync.Mutex
	return func(asset any) error {
		one.Lock()
		defer one.Unlock()
		file, err := journal.OpenFile(path, activitySize, activityKeep)
		if err != nil {
			return err
		}
		return errors.Join(file.Line(asset), file.Close())
	}
}

// reasons reads the flags about why things are changed.
func (p *program) reasons(s *awsops.Settings) (err error) {
	if s.Reason, err = p.flags.reason.one("reason"); err != nil {
		return err
	}
	how, err := p.flags.askReason.one("ask-reason")
	if err != nil {
		return err
	}
	asking, ok := map[string]awsops.Asking{"": awsops.NotAsked, "no": awsops.NotAsked, "optional": awsops.MayTell, "required": awsops.MustTell}[how]
	if !ok {
		return bad("ask-reason", how, "choose one of no, optional, required")
	}
	s.AskReason = asking
	return awsops.CheckReason(s.Reason)
}

// startHook starts the command that is told what happens.
func (p *program) startHook() error {
	line, err := p.flags.hook.one("hook")
	if err != nil || line == "" {
		return err
	}
	argv, err := serve.Split(line)
	if err != nil {
		return bad("hook", line, err.Error())
	}
	if len(argv) == 0 || argv[0] == "" {
		return bad("hook", line, "names no command")
	}
	p.hook = journal.StartHook(argv, hookLimit)
	return nil
}

// watchHook tells the first failure of the hook.
func (p *program) watchHook(ctx context.Context, tell func(error)) {
	if p.hook == nil {
		return
	}
	select {
	case err := <-p.hook.Failed():
		tell(err)
	case <-ctx.Done():
	}
}

// endHook lets the hook have what was recorded last.
func (p *program) endHook() {
	if p.hook == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), hookEnd)
	defer cancel()
	p.hook.Close(ctx)
	select {
	case err := <-p.hook.Failed():
		p.say(awsops.Clean(err.Error()))
	default:
	}
}
