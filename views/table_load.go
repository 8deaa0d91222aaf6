package views

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// source is one scope of a table: its listing, its polls and its errors. One
// slow or failing source holds up no other.
type source struct {
	scope   awsops.Scope
	tone    theme.Tone // of its name
	listing int        // counts listings; an answer to an older one is dropped
	cancel  context.CancelFunc
	loading bool
	polling bool
	polls   int // counts polls, and the listings that end them; older ones are dropped
	pages   int
	asked   time.Time // when the listing under way, or the last, was asked for
	began   time.Time // when the oldest answer of the listing under way was asked for
	at      time.Time // as which time the rows are true: of the last whole listing
	err     *awsops.Error
	backoff time.Duration
	beyond  beyond
}

// page is one page of a listing, or its end.
type page[T any] struct {
	table   *Table[T]
	src     *source
	listing int
	answers *awsops.Began
	began   time.Time // when it was asked for, if the answer may be another's
	items   []T
	err     error
	end     bool
	beyond  bool // of what a filter asked for, not of the listing
	next    <-chan page[T]
}

// wait asks for the page after this one.
func (p page[T]) wait() tea.Cmd {
	return func() tea.Msg {
		got, ok := <-p.next
		if !ok { // given up
			return nil
		}
		return got
	}
}

// due says that it is time to list again.
type due[T any] struct {
	table   *Table[T]
	src     *source
	listing int
}

// polled answers a poll of single rows.
type polled[T any] struct {
	table *Table[T]
	src   *source
	poll  int
	ids   []string
	asked time.Time
	began time.Time
	items []T
	err   error
}

// pollDue says that it is time to look at the rows in transition.
type pollDue[T any] struct {
	table *Table[T]
	src   *source
	poll  int
}

// connect makes a source for every scope of the session that has none, and
// starts to list it.
func (t *Table[T]) connect() tea.Cmd {
	cmds := []tea.Cmd{t.disconnect()}
	for _, scope := range t.env.Session.Scopes() {
		if t.only != (awsops.Scope{}) && scope != t.only {
			continue
		}
		known := slices.ContainsFunc(t.sources, func(s *source) bool {
			return s.scope == scope || t.res.Shared && s.scope.Profile == scope.Profile
		})
		if !known {
			src := &source{scope: scope}
			t.sources = append(t.sources, src)
			cmds = append(cmds, t.list(src), t.reach(src, true))
		}
	}
	policy := t.env.Session.Policy()
	for _, src := range t.sources {
		src.tone = ScopeTone(policy, src.scope)
	}
	t.look++ // the columns for account and region may appear
	return tea.Batch(cmds...)
}

// ScopeTone is the tone of a scope's name: a warning for production, or the
// colour that its connection has.
func ScopeTone(policy awsops.Policy, at awsops.Scope) theme.Tone {
	if policy.At(at).Production {
		return theme.Bad
	}
	return theme.Mark(slices.Index(awsops.Colours(), policy.Colour(at)))
}

// disconnect gives up the sources of scopes that the session has closed, with
// their rows.
func (t *Table[T]) disconnect() tea.Cmd {
	scopes := t.env.Session.Scopes()
	var did change
	t.sources = slices.DeleteFunc(slices.Clone(t.sources), func(src *source) bool {
		if slices.Contains(scopes, src.scope) {
			return false
		}
		t.halt(src)
		t.stopReading(src)
		did.add(t.rows.drop(src, func(*row[T]) bool { return true }))
		return true
	})
	return t.took(did)
}

// whole says that every source has been listed once.
func (t *Table[T]) whole() bool {
	return len(t.sources) > 0 && !slices.ContainsFunc(t.sources, func(s *source) bool { return s.at.IsZero() })
}

// list starts a listing. What others have read lately will do.
func (t *Table[T]) list(src *source) tea.Cmd { return t.listSince(src, time.Time{}) }

// listSince starts a listing of what was asked for since then. The one before,
// if it still runs, is given up. Whoever comes new to a table does not know yet
// how slowly it is read for its size, and takes what the others have.
func (t *Table[T]) listSince(src *source, since time.Time) tea.Cmd {
	t.halt(src)
	accept := awsops.Accept{Age: max(t.interval(src), awsops.PollEvery), Any: src.at.IsZero(), Since: since, Disk: t.env.Session.Disk(), Began: &awsops.Began{}}
	ctx, cancel := context.WithCancel(accept.In(t.env.Context))
	src.cancel, src.loading, src.pages = cancel, true, 0
	src.asked, src.began = t.env.Now(), time.Time{}
	session, scope, refused := t.env.Session, src.scope, src.err.Refused()
	client, err := session.Client(scope)
	first := page[T]{table: t, src: src, listing: src.listing, answers: accept.Began}
	pages := t.res.Pages
	return func() tea.Msg {
		if refused && session.Renew(ctx, scope.Profile) == nil {
			client, err = session.Client(scope)
		}
		return opened(ctx, client, err, pages, first)
	}
}

// opened is the first page of a listing.
func opened[T any](ctx context.Context, client *ec2.Client, err error, pages lister[T], first page[T]) tea.Msg {
	if err != nil {
		first.err, first.end = err, true
		return first
	}
	first.next = stream(ctx, pages(ctx, client), first)
	return <-first.next
}

// halt gives up a listing; what it still answers is dropped.
func (t *Table[T]) halt(src *source) {
	if src.cancel != nil {
		src.cancel()
	}
	src.listing++
	src.polls++
	src.loading, src.polling = false, false
}

// stream reads pages ahead of the screen, one at a time, until the listing
// ends or is given up.
func stream[T any](ctx context.Context, pages iter.Seq2[[]T, error], like page[T]) <-chan page[T] {
	out := make(chan page[T])
	like.next = out
	send := func(p page[T]) bool {
		select {
		case out <- p:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(out)
		for items, err := range pages {
			like.asked()
			p := like
			p.items, p.err, p.end = items, err, err != nil
			if !send(p) || err != nil {
				return
			}
		}
		like.asked()
		like.end = true
		send(like)
	}()
	return out
}

// asked notes when a page was asked for. One that only says more about the rows
// before it keeps their time.
func (p *page[T]) asked() {
	if began := p.answers.Take(); !began.IsZero() {
		p.began = began
	}
}

// onPage takes a page in and asks for the next.
func (t *Table[T]) onPage(p page[T]) tea.Cmd {
	if p.beyond {
		return t.onBeyond(p)
	}
	if p.table != t || p.listing != p.src.listing {
		return nil
	}
	src := p.src
	if src.began.IsZero() || !p.began.IsZero() && p.began.Before(src.began) {
		src.began = p.began
	}
	cmd := t.took(t.rows.put(src, p.items, p.listing, t.since(p.began)))
	if !p.end {
		src.pages++
		return tea.Batch(cmd, p.wait())
	}
	src.loading = false
	t.rows.commons = nil
	src.err = awsops.AsError(p.err)
	if p.err == nil {
		src.at, src.backoff = t.since(src.began), 0
		cmd = tea.Batch(cmd, t.took(t.rows.drop(src, func(r *row[T]) bool { return r.seen != int32(p.listing) && r.seen != seenBeyond })))
	}
	if tidy := t.env.Tidy; tidy != nil && src.pages >= manyPages {
		cmd = tea.Batch(cmd, func() tea.Msg { tidy(); return nil })
	}
	return tea.Batch(cmd, t.listLater(src), t.poll(src, t.rest(awsops.PollEvery, src.began, src.asked)))
}

// manyPages is from which length on a listing leaves much behind: a page is 5 MB
// on its way.
const manyPages = 10

// since is as which time an answer is true: when it was asked for, or now where
// nobody else can have asked.
func (t *Table[T]) since(began time.Time) time.Time {
	if began.IsZero() {
		return t.env.Now()
	}
	return began
}

// rest is the time until something is read again that is to be at most so old.
// It counts from when the answer was asked for, so that all who share it ask
// at the same time again. An answer that was long on its way gives as long a rest.
func (t *Table[T]) rest(every time.Duration, began, asked time.Time) time.Duration {
	if began.IsZero() {
		return every
	}
	now := t.env.Now()
	return max(every-now.Sub(began), min(every, now.Sub(asked)))
}

// usualRefresh is the time between two listings of a short table, unless the
// operator says otherwise.
const usualRefresh = 15 * time.Second

// perPage is the least time between two listings for each page that they have,
// so that a large account stays within EC2's request rates.
const perPage = 2 * time.Second

// mostBackoff bounds how far throttling slows a table down.
const mostBackoff = 5 * time.Minute

// interval is the time to the next listing of a source.
func (t *Table[T]) interval(src *source) time.Duration {
	wait := max(t.env.Refresh, time.Duration(src.pages)*perPage, src.backoff)
	if src.err != nil {
		return wait
	}
	return max(wait, t.res.Lasts)
}

func (t *Table[T]) listLater(src *source) tea.Cmd {
	t.slowDown(src)
	if t.env.Refresh == 0 {
		return nil
	}
	wait := t.interval(src)
	if src.err == nil {
		wait = t.rest(wait, src.began, src.asked)
	}
	msg := due[T]{t, src, src.listing}
	return t.env.After(wait, func() tea.Msg { return msg })
}

// slowDown doubles the time to the next request while EC2 is throttling.
func (t *Table[T]) slowDown(src *source) {
	if src.err != nil && src.err.Throttled() {
		src.backoff = min(max(2*src.backoff, 2*t.env.Refresh, 10*time.Second), mostBackoff)
	}
}

// pollAtOnce is the most rows in transition that one poll looks at.
const pollAtOnce = 200

// poll asks, after a moment, for the rows in transition. One poll of a source
// is under way at a time.
func (t *Table[T]) poll(src *source, wait time.Duration) tea.Cmd {
	if src.polling || t.res.ByID == nil || t.closed || len(t.busy(src)) == 0 {
		return nil
	}
	src.polling = true
	src.polls++
	if src.err != nil { // a region that fails or throttles is asked less often
		wait = max(wait, t.interval(src))
	}
	msg := pollDue[T]{t, src, src.polls}
	return t.env.After(wait, func() tea.Msg { return msg })
}

// busy lists the rows in transition, in an order that is the same for everybody.
func (t *Table[T]) busy(src *source) []string {
	var ids []string
	for r := range t.rows.busy {
		if r.src == src {
			ids = append(ids, r.id)
		}
	}
	slices.Sort(ids)
	return ids[:min(len(ids), pollAtOnce)]
}

func (t *Table[T]) onPollDue(msg pollDue[T]) tea.Cmd {
	if msg.table != t || msg.poll != msg.src.polls || t.closed {
		return nil
	}
	src, ids, read := msg.src, t.busy(msg.src), t.res.ByID
	client, err := t.env.Session.Client(src.scope)
	if len(ids) == 0 || err != nil {
		src.polling = false
		return nil
	}
	ctx, answer := t.env.Context, polled[T]{table: t, src: src, poll: msg.poll, ids: ids, asked: t.env.Now()}
	return func() tea.Msg { return ask(ctx, client, read, answer) }
}

func ask[T any](ctx context.Context, client *ec2.Client, read func(context.Context, *ec2.Client, []string) ([]T, error), answer polled[T]) tea.Msg {
	accept := awsops.Accept{Age: awsops.PollEvery, Began: &awsops.Began{}}
	answer.items, answer.err = read(accept.In(ctx), client, answer.ids)
	answer.began = accept.Began.Take()
	return answer
}

func (t *Table[T]) onPolled(msg polled[T]) tea.Cmd {
	if msg.table != t || msg.poll != msg.src.polls {
		return nil
	}
	src := msg.src
	src.polling = false
	if msg.err != nil {
		src.err = awsops.AsError(msg.err)
		t.slowDown(src)
		return t.poll(src, awsops.PollEvery)
	}
	did := t.rows.put(src, msg.items, 0, t.since(msg.began))
	found := map[string]bool{}
	for _, item := range msg.items {
		found[t.res.ID(item)] = true
	}
	did.add(t.rows.drop(src, func(r *row[T]) bool { return !found[r.id] && slices.Contains(msg.ids, r.id) }))
	return tea.Batch(t.took(did), t.poll(src, t.rest(awsops.PollEvery, msg.began, msg.asked)))
}
