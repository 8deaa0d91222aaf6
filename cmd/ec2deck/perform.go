package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
)

// perform carries out one operation: reads in every scope, a change in one.
func (p *program) perform(ctx context.Context, in *invocation) error {
	begin, err := p.preset(in)
	if err != nil {
		return err
	}
	file := &config.File{} // the server's own says nothing about what comes over SSH
	if p.host == nil {
		if err := p.configured(); err != nil {
			return err
		}
		file = p.file
	}
	c, err := in.read(file, begin)
	if err != nil {
		return err
	}
	info := in.op.Info()
	if err := p.checkSave(info, c); err != nil {
		return err
	}
	s, o, err := p.session(false)
	if err != nil {
		return err
	}
	request := awsops.Request{Operation: in.op, Values: c.values, DryRun: c.dryRun, OneByOne: c.oneByOne, Delivers: p.host == nil}
	if _, err := s.Need(request); err != nil { // a read-only session need not connect first
		return err
	}
	scopes, failed := openAll(ctx, s, o.settings.Timeout)
	if len(failed) > 0 {
		given, err := p.askCodes(ctx, s, o.settings.Timeout)
		if err != nil {
			return err
		}
		if given {
			scopes, failed = openAll(ctx, s, o.settings.Timeout)
		}
	}
	if len(scopes) == 0 {
		return together(info, failed)
	}
	if info.Risk == awsops.Reads && info.Secret == "" {
		return p.read(ctx, s, request, c, scopes, failed)
	}
	if len(failed) > 0 {
		return together(info, failed)
	}
	if len(scopes) > 1 {
		return tooManyScopes(info, scopes)
	}
	request.Scope = scopes[0]
	request.Values = s.Policy().Begin(info, request.Scope, request.Values)
	return p.change(ctx, s, request, c, o.wait)
}

// failure is a scope or a profile that could not be read.
type failure struct {
	at  awsops.Scope
	err error
}

// openAll finds the credentials and regions of every profile at once.
func openAll(ctx context.Context, s *awsops.Session, limit time.Duration) (scopes []awsops.Scope, failed []failure) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	profiles := s.Profiles()
	found, errs := make([][]awsops.Scope, len(profiles)), make([]error, len(profiles))
	var all sync.WaitGroup
	for i, profile := range profiles {
		all.Go(func() { found[i], errs[i] = s.Open(ctx, profile) })
	}
	all.Wait()
	for i, profile := range profiles {
		if errs[i] != nil {
			failed = append(failed, failure{awsops.Scope{Profile: cmp.Or(profile, "default")}, errs[i]})
		}
		scopes = append(scopes, found[i]...)
	}
	return scopes, failed
}

func tooManyScopes(info awsops.Info, scopes []awsops.Scope) error {
	var b strings.Builder
	why := "changes things"
	if info.Risk == awsops.Reads {
		why = "hands out a secret"
	}
	fmt.Fprintf(&b, "%s %s and needs exactly one scope; there are %d:", info.Name, why, len(scopes))
	for _, s := range scopes {
		fmt.Fprintf(&b, "\n  --profile %s --region %s", awsops.ShellQuote(s.Profile), s.Region)
	}
	return usageError(b.String() + "\nWrite one of these.")
}

// change passes the gate, carries the change out, and waits if asked to.
func (p *program) change(ctx context.Context, s *awsops.Session, r awsops.Request, c choices, limit time.Duration) error {
	info := r.Operation.Info()
	r.Confirmed = c.confirmed(r)
	need, err := s.Need(r)
	if err != nil {
		return err
	}
	if r.Confirmed < need {
		return unconfirmed(ctx, s, r, c, need)
	}
	kept, err := p.reserve(info, c)
	if err != nil {
		return err
	}
	res, err := s.Run(ctx, r)
	if err != nil {
		kept.Discard()
		return err
	}
	if kept != nil {
		return p.deliver(kept, info, c, res)
	}
	var late error
	if !c.dryRun {
		within, cancel := context.WithTimeout(ctx, limit)
		res, late = s.Follow(within, r, res, c.wait, p.say, sleep)
		cancel()
		switch {
		case !c.wait:
			res = s.Leave(ctx, r, res, "nobody waited for the end")
		case late != nil:
			res = s.Leave(ctx, r, res, "the wait ended too early")
		default:
			res = s.Conclude(ctx, r, res)
		}
	}
	code := p.tellItems(res.Failed())
	if late != nil && code == 0 {
		code = exitCode(late)
		if e := awsops.AsError(late); e != nil && c.print.Format == "json" { // it is told below too
			res.Message, res.Items = e.Message, append(res.Items, awsops.Item{Err: e})
		}
	}
	if err := c.print.Write(p.out, res, code); err != nil {
		return err
	}
	if late != nil {
		p.tell(late)
	}
	return ended(code)
}

// ended is the error that carries a code whose reason has been told.
func ended(code int) error {
	if code == 0 {
		return nil
	}
	return done(code)
}

// tellItems tells which targets failed, and finds the exit code.
func (p *program) tellItems(failed []awsops.Item) int {
	code := 0
	for _, it := range failed {
		_, _ = fmt.Fprintf(p.errs, "ec2deck: %s: %s\n", awsops.Clean(it.ID), awsops.Clean(it.Err.Error()))
		code = max(code, int(awsops.Refused))
		if it.Err.Class == awsops.Unknown {
			code = int(awsops.Unknown)
		}
	}
	return code
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// confirmed is how firmly the command line said yes.
func (c choices) confirmed(r awsops.Request) awsops.Confirmation {
	if c.confirm != "" && c.confirm == r.Phrase() {
		return awsops.Typed
	}
	return awsops.Confirmation(min(c.yes, int(awsops.SaidTwice)))
}
