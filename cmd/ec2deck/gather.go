package main

import (
	"context"
	"strings"
	"sync"

	"ec2deck/awsops"
)

// atOnce is the most scopes that are read at the same time.
const atOnce = 16

// read runs a read in every scope at once and merges what they answer. What
// fails is told, and the rest is printed.
func (p *program) read(ctx context.Context, s *awsops.Session, r awsops.Request, c choices, scopes []awsops.Scope, failed []failure) error {
	info := r.Operation.Info()
	results, errs := readAll(ctx, s, r, scopes, len(scopes)+len(failed) > 1)
	if len(scopes) == 1 && len(failed) == 0 {
		if errs[0] != nil {
			return p.fail(c.print, info, errs[0])
		}
		return p.show(ctx, c, results[0])
	}
	var answered []awsops.Result
	for i, scope := range scopes {
		if errs[i] == nil {
			answered = append(answered, results[i])
			continue
		}
		failed = append(failed, failure{scope.String(), errs[i]})
	}
	if len(answered) == 0 {
		for _, f := range failed[1:] {
			p.tell(inPlace(f))
		}
		return p.fail(c.print, info, inPlace(failed[0]))
	}
	merged := awsops.Merge(answered, s.Account)
	merged.Items = foundSomewhere(merged.Items, failed, len(scopes))
	for _, f := range failed {
		if e := awsops.AsError(f.err); !notFound(e) {
			merged.Items = append(merged.Items, awsops.Item{ID: f.where, Err: orPlain(e, info, f.err)})
		}
	}
	return p.show(ctx, c, merged)
}

// inPlace says in front of an error where it happened.
func inPlace(f failure) error {
	e := awsops.AsError(f.err)
	if e == nil {
		return f.err
	}
	placed := *e
	placed.Message = f.where + ": " + e.Message
	return &placed
}

func orPlain(e *awsops.Error, info awsops.Info, err error) *awsops.Error {
	if e != nil {
		return e
	}
	return &awsops.Error{Operation: info.Name, Class: awsops.Refused, Code: "Failed", Message: err.Error(), Err: err}
}

func notFound(e *awsops.Error) bool {
	return e != nil && strings.HasSuffix(e.Code, ".NotFound")
}

// foundSomewhere drops the items that only say that an ID lives in another
// scope: it is missing when every scope says so.
func foundSomewhere(items []awsops.Item, failed []failure, scopes int) []awsops.Item {
	everywhere := 0 // scopes that know none of the IDs
	for _, f := range failed {
		if notFound(awsops.AsError(f.err)) {
			everywhere++
		}
	}
	missing := map[string]int{}
	for _, it := range items {
		if notFound(it.Err) {
			missing[it.ID]++
		}
	}
	var out []awsops.Item
	for _, it := range items {
		if !notFound(it.Err) {
			out = append(out, it)
			continue
		}
		if missing[it.ID]+everywhere == scopes {
			out = append(out, it)
			missing[it.ID] = 0 // once is enough
		}
	}
	return out
}

// readAll reads every scope. Where the rows are to tell their accounts, the first
// scope of each profile that answers is asked for it while the others are read.
func readAll(ctx context.Context, s *awsops.Session, r awsops.Request, scopes []awsops.Scope, identify bool) ([]awsops.Result, []error) {
	results, errs := make([]awsops.Result, len(scopes)), make([]error, len(scopes))
	once := map[string]*sync.Once{}
	for _, scope := range scopes {
		once[scope.Profile] = new(sync.Once)
	}
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, scope := range scopes {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			here := r
			here.Scope = scope
			results[i], errs[i] = s.Run(ctx, here)
			if identify && errs[i] == nil {
				once[scope.Profile].Do(func() { _, _ = s.Identify(ctx, scope) }) // else it stays unknown
			}
		})
	}
	all.Wait()
	return results, errs
}

// show prints a result and finds the exit code.
func (p *program) show(ctx context.Context, c choices, res awsops.Result) error {
	code := p.tellItems(res)
	switch c.delivery.Method {
	case "":
	case awsops.ToDisplay:
		res = awsops.WithTotal(res)
	default:
		return p.dispatch(ctx, c, awsops.WithTotal(res), code)
	}
	if code == 0 && (c.failNone || res.EmptyText != "") && res.Table != nil && len(res.Table.Rows) == 0 {
		code = int(awsops.Empty)
		res.Message = or(res.EmptyText, "nothing was found")
	}
	if err := c.print.Write(p.out, res, code); err != nil {
		return err
	}
	if code == int(awsops.Empty) {
		p.say(res.Message)
	}
	return ended(code)
}
