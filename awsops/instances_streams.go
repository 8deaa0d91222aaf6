package awsops

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Instances lists the instances of a scope page by page. When all have been
// yielded the running ones come once more, with their status checks.
//
// The first page is small, so that rows show soon, and the second full. What is
// more is read in streams side by side; see split.
func Instances(ctx context.Context, client *ec2.Client) iter.Seq2[[]Instance, error] {
	return func(yield func([]Instance, error) bool) {
		l := instanceListing{client, newInstanceScans(), map[string]*Instance{}}
		for page, err := range l.rows(ctx) {
			for i := range page {
				if page[i].State == string(types.InstanceStateNameRunning) {
					l.running[page[i].ID] = &page[i]
				}
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
		for page, err := range l.checks(ctx) {
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// instanceListing is a listing under way.
type instanceListing struct {
	client  *ec2.Client
	scans   instanceScans
	running map[string]*Instance
}

// stream reads one page of those that the filters name, after a token.
type stream func(ctx context.Context, by []types.Filter, token *string) ([]Instance, *string, error)

func (l instanceListing) page(ctx context.Context, size int32, by []types.Filter, token *string) ([]Instance, *string, error) {
	return l.scans.describe(ctx, l.client, &ec2.DescribeInstancesInput{Filters: by, MaxResults: aws.Int32(size), NextToken: token})
}

// rows lists the instances without their checks, each once.
func (l instanceListing) rows(ctx context.Context) iter.Seq2[[]Instance, error] {
	return func(yield func([]Instance, error) bool) {
		var token *string
		seen := map[string]bool{} // and whether in a stream
		for _, size := range []int32{firstPage, fullPage} {
			page, next, err := l.page(ctx, size, nil, token)
			for _, i := range page {
				seen[i.ID] = false
			}
			if !yield(page, err) || err != nil || aws.ToString(next) == "" {
				return
			}
			token = next
		}
		for page, err := range inStreams(ctx, byLastDigit(), l.split) {
			if errors.Is(err, errCutFirst) {
				seen[""] = false
				break
			}
			if !yield(fresh(page, seen), err) || err != nil {
				return
			}
		}
		for _, again := range seen {
			if !again {
				l.rest(ctx, token, seen, yield)
				return
			}
		}
	}
}

// byLastDigit divides all instances by the last digit of their ID: one of
// sixteen, each as frequent as any other, and the same for ever, whatever
// becomes of an instance meanwhile. So no row falls between two streams, and
// none is in two. (Zones, which do not change either, are few and of unequal
// size, and whether a list of them is whole only EC2 knows.) That EC2 reads the
// patterns as it says is proven by the rows of the first pages: unless all of
// them come again, the rest is read in one go.
func byLastDigit() [][]types.Filter {
	var out [][]types.Filter
	for _, digit := range "0123456789abcdef" {
		out = append(out, filtersOn("instance-id", "*"+string(digit)))
	}
	return out
}

// errCutFirst says that EC2 cuts a listing into pages before it filters them:
// then each stream costs as many requests as the whole.
var errCutFirst = errors.New("pages are filtered after they are cut")

func (l instanceListing) split(ctx context.Context, by []types.Filter, token *string) ([]Instance, *string, error) {
	page, next, err := l.page(ctx, fullPage, by, token)
	if err == nil && aws.ToString(next) != "" && len(page) < fullPage/2 {
		err = errCutFirst
	}
	return page, next, err
}

// rest goes on where the first pages ended, page after page.
func (l instanceListing) rest(ctx context.Context, token *string, seen map[string]bool, yield func([]Instance, error) bool) {
	for aws.ToString(token) != "" {
		page, next, err := l.page(ctx, fullPage, nil, token)
		if !yield(fresh(page, seen), err) || err != nil {
			return
		}
		token = next
	}
}

// fresh leaves out rows that have been listed. The page may be everybody's: it
// stays as it is.
func fresh(page []Instance, seen map[string]bool) []Instance {
	known := func(i Instance) bool { _, ok := seen[i.ID]; return ok }
	kept := page
	if slices.ContainsFunc(page, known) {
		kept = slices.DeleteFunc(slices.Clone(page), known)
	}
	for _, i := range page {
		seen[i.ID] = true
	}
	return kept
}

// checks lists the running instances with their status checks, in a stream for
// each of their zones where one page does not hold them.
func (l instanceListing) checks(ctx context.Context) iter.Seq2[[]Instance, error] {
	by := [][]types.Filter{nil}
	if len(l.running) > fullPage {
		zones := map[string]bool{}
		for _, i := range l.running {
			zones[i.Zone] = true
		}
		by = nil
		for _, zone := range slices.Sorted(mapKeys(zones)) {
			by = append(by, filtersOn("availability-zone", zone))
		}
	}
	if len(l.running) == 0 {
		by = nil
	}
	return inStreams(ctx, by, func(ctx context.Context, by []types.Filter, token *string) ([]Instance, *string, error) {
		found, next, err := l.scans.checks(ctx, l.client, &ec2.DescribeInstanceStatusInput{Filters: by, MaxResults: aws.Int32(fullPage), NextToken: token})
		var page []Instance
		for _, c := range found {
			if known := l.running[c.id]; known != nil { // a role does not have those that it does not see
				page = append(page, *known)
				page[len(page)-1].checks = c.Checks
			}
		}
		return page, next, err
	})
}

// streamed is a page of one of several streams.
type streamed struct {
	rows  []Instance
	began time.Time // when it was asked for, if the answer may be another's
	err   error
}

// inStreams reads listings side by side and yields their pages as they come. The
// first error is the end of all.
func inStreams(ctx context.Context, filters [][]types.Filter, read stream) iter.Seq2[[]Instance, error] {
	return func(yield func([]Instance, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		parts := make(chan streamed)
		defer func() { // nothing is left behind
			cancel()
			for range parts {
			}
		}()
		var streams sync.WaitGroup
		accept, _ := ctx.Value(acceptKey{}).(Accept)
		for _, by := range filters {
			streams.Go(func() { follow(ctx, by, read, parts) })
		}
		go func() {
			streams.Wait()
			close(parts)
		}()
		for p := range parts {
			if !p.began.IsZero() {
				accept.Began.note(p.began)
			}
			if !yield(p.rows, p.err) || p.err != nil {
				return
			}
		}
	}
}

// follow reads one stream to its end. Each page keeps its own time, whichever
// comes first.
func follow(ctx context.Context, by []types.Filter, read stream, parts chan<- streamed) {
	var began Began
	own := ctx
	if accept, ok := ctx.Value(acceptKey{}).(Accept); ok {
		accept.Began = &began
		own = accept.In(ctx)
	}
	_ = everyPage(func(token *string) (*string, error) { // an error has been sent
		rows, next, err := read(own, by, token)
		select {
		case parts <- streamed{rows, began.Take(), err}:
			return next, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}
