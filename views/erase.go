package views

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// erase forgets the type of a resource's rows, so that the table is compiled
// once and not for every resource: each would cost 250 kB of the binary.
func (r *Resource[T]) erase() *Resource[any] {
	e := &Resource[any]{
		Kind: r.Kind, Title: r.Title, Noun: r.Noun, Follows: r.Follows, Empty: r.Empty, Shared: r.Shared, Lasts: r.Lasts, Hint: r.Hint,
		Pages: boxedPages(r.Pages),
		ID:    on(r.ID), Name: on(r.Name), State: on(r.State), Busy: on(r.Busy), Tags: on(r.Tags), Account: on(r.Account),
	}
	if r.Beyond != nil {
		e.Beyond = func(query string) (string, lister[any]) {
			asked, pages := r.Beyond(query)
			return asked, boxedPages(pages)
		}
	}
	if r.ByID != nil {
		e.ByID = func(ctx context.Context, c *ec2.Client, ids []string) ([]any, error) {
			items, err := r.ByID(ctx, c, ids)
			return boxed(items), err
		}
	}
	if r.Called != nil {
		e.Called = func(n *awsops.Naming, row any, at awsops.Scope, account string) string {
			return r.Called(n, row.(T), at, account)
		}
	}
	if r.Pretend != nil {
		e.Pretend = func(row any, state string) any { return r.Pretend(row.(T), state) }
	}
	if r.Same != nil {
		e.Same = func(old, listed any) bool { return r.Same(old.(T), listed.(T)) }
	}
	if r.Common != nil {
		e.Common = func(row any) (any, bool) { return r.Common(row.(T)) }
	}
	if r.Carry != nil {
		e.Carry = func(old, listed any) any { return r.Carry(old.(T), listed.(T)) }
	}
	if r.Inspect != nil {
		e.Inspect = func(ctx context.Context, c *ec2.Client, row any) (Detail, error) { return r.Inspect(ctx, c, row.(T)) }
	}
	r.eraseLists(e)
	return e
}

func (r *Resource[T]) eraseLists(e *Resource[any]) {
	for _, c := range r.Columns {
		column := Column[any]{Title: c.Title, Width: c.Width, Grow: c.Grow, Extra: c.Extra, Right: c.Right, List: c.List, Common: c.Common, Value: on(c.Value), Number: on(c.Number), Tone: on(c.Tone)}
		if c.Show != nil {
			column.Show = func(row any, now time.Time) string { return c.Show(row.(T), now) }
		}
		if c.ToneAt != nil {
			column.ToneAt = func(row any, now time.Time) theme.Tone { return c.ToneAt(row.(T), now) }
		}
		e.Columns = append(e.Columns, column)
	}
	for _, a := range r.Actions {
		var offer func(any, awsops.Scope) []Line
		if a.Offer != nil {
			offer = func(row any, scope awsops.Scope) []Line { return a.Offer(row.(T), scope) }
		}
		e.Actions = append(e.Actions, Action[any]{Offer: offer, Key: a.Key, Operation: a.Operation, Help: a.Help, Values: a.Values, Of: on(a.Of), Fill: on(a.Fill), Form: a.Form, Whole: a.Whole, Deny: on(a.Deny)})
	}
	for _, l := range r.Links {
		e.Links = append(e.Links, Link[any]{Key: l.Key, Help: l.Help, Kind: l.Kind, Word: l.Word, Query: on(l.Query), Deny: on(l.Deny)})
	}
}

// on makes a function of a row one of any row; nil stays nil.
func on[T, V any](f func(T) V) func(any) V {
	if f == nil {
		return nil
	}
	return func(row any) V { return f(row.(T)) }
}

func boxedPages[T any](list lister[T]) lister[any] {
	return func(ctx context.Context, c *ec2.Client) iter.Seq2[[]any, error] {
		pages := list(ctx, c)
		return func(yield func([]any, error) bool) {
			for items, err := range pages {
				if !yield(boxed(items), err) {
					return
				}
			}
		}
	}
}

func boxed[T any](items []T) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = item
	}
	return out
}

// refs lists pointers to the rows. Generic code is compiled once for all
// pointers, and for each struct by itself.
func refs[T any](list lister[T]) lister[*T] {
	return func(ctx context.Context, c *ec2.Client) iter.Seq2[[]*T, error] {
		return func(yield func([]*T, error) bool) {
			for items, err := range list(ctx, c) {
				// A listing may go on working on what it has yielded.
				items = slices.Clone(items)
				rows := make([]*T, len(items))
				for i := range items {
					rows[i] = &items[i]
				}
				if !yield(rows, err) {
					return
				}
			}
		}
	}
}
