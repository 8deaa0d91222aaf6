package main

import (
	"cmp"
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
			return errs[0]
		}
		return p.show(ctx, c, results[0])
	}
	shut := failed // profiles, of which nothing is known
	var rows []awsops.Result
	for i, scope := range scopes {
		if errs[i] == nil {
			rows = append(rows, results[i])
			continue
		}
		failed = append(failed, failure{scope, errs[i]})
		if info.Report {
			rows = append(rows, awsops.Unread(scope, errs[i]))
		}
	}
	if len(failed)-len(shut) == len(scopes) {
		return together(info, failed)
	}
	for _, f := range shut {
		if info.Report {
			rows = append(rows, awsops.Unread(f.at, f.err))
		}
	}
	merged := awsops.Merge(rows, s.Account)
	merged.Items = foundSomewhere(merged.Items, failed, len(scopes))
	for _, f := range failed {
		if !notFound(awsops.AsError(f.err)) {
			merged.Items = append(merged.Items, f.item(info))
		}
	}
	return p.show(ctx, c, merged)
}

// together is the error of several scopes or profiles, each in its place.
func together(info awsops.Info, failed []failure) error {
	if len(failed) == 1 {
		return failed[0].err
	}
	all := &awsops.Failures{First: failed[0].err}
	for _, f := range failed {
		all.Items = append(all.Items, f.item(info))
	}
	return all
}

// item is a failure as one of a result.
func (f failure) item(info awsops.Info) awsops.Item {
	return awsops.Item{ID: f.at.String(), Err: orPlain(awsops.AsError(f.err), info, f.err)}
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
	code := p.tellItems(res.Failed())
	switch to := c.delivery.Method; {
	case to == "":
	case to == awsops.ToDisplay, to == awsops.ToNobody && c.shaped:
		res = awsops.WithTotal(res)
	default:
		return p.dispatch(ctx, c, awsops.WithTotal(res), code)
	}
	if code == 0 && (c.failNone || res.EmptyText != "") && res.Table != nil && len(res.Table.Rows) == 0 {
		code = int(awsops.Empty)
		res.Message = cmp.Or(res.EmptyText, "nothing was found")
		p.say(res.Message)
		if c.print.Format != "json" { // once is enough
			res.Message, res.EmptyText = "", ""
		}
	}
	if err := c.print.Write(p.out, res, code); err != nil {
		return err
	}
	return ended(code)
}
