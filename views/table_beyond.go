package views

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// beyond is what the filter has asked a source for beyond its listing. It is
// read once, when the filter is confirmed, and not again with the listing.
type beyond struct {
	asked   string
	reading int // counts; an answer to an older one is dropped
	cancel  context.CancelFunc
	loading bool
	rows    int
	err     error
}

// seenBeyond stands for the listing that saw a row, where none did.
const seenBeyond = -1

// reach asks for what the filter wants beyond the listing, unless that has
// been asked for. What the filter before had asked for goes.
func (t *Table[T]) reach(src *source, again bool) tea.Cmd {
	if t.res.Beyond == nil {
		return nil
	}
	asked, pages := t.res.Beyond(t.rows.query)
	if asked == src.beyond.asked && !again {
		return nil
	}
	var gone tea.Cmd
	if asked != src.beyond.asked {
		gone = t.leave(src)
	}
	t.stopReading(src)
	if asked == "" {
		return gone
	}
	ctx, cancel := context.WithCancel(t.env.Context)
	b := &src.beyond
	b.asked, b.cancel, b.loading, b.rows, b.err = asked, cancel, true, 0, nil
	client, err := t.env.Session.Client(src.scope)
	first := page[T]{table: t, src: src, listing: b.reading, beyond: true, answers: &awsops.Began{}}
	return tea.Batch(gone, func() tea.Msg { return opened(ctx, client, err, pages, first) })
}

// reachAll asks every source for what the filter wants.
func (t *Table[T]) reachAll(again bool) tea.Cmd {
	var cmds []tea.Cmd
	for _, src := range t.sources {
		cmds = append(cmds, t.reach(src, again))
	}
	return tea.Batch(cmds...)
}

// loosen gives up what is being read for a filter that has changed since.
func (t *Table[T]) loosen() tea.Cmd {
	var cmds []tea.Cmd
	for _, src := range t.sources {
		if src.beyond.loading && t.wanted() != src.beyond.asked {
			cmds = append(cmds, t.leave(src))
		}
	}
	return tea.Batch(cmds...)
}

// wanted is what the filter asks for beyond the listing, or "".
func (t *Table[T]) wanted() string {
	if t.res.Beyond == nil {
		return ""
	}
	asked, _ := t.res.Beyond(t.rows.query)
	return asked
}

// leave drops what was read beyond the listing of a source.
func (t *Table[T]) leave(src *source) tea.Cmd {
	t.stopReading(src)
	src.beyond.asked, src.beyond.err = "", nil
	return t.took(t.rows.drop(src, func(r *row[T]) bool { return r.seen == seenBeyond }))
}

func (t *Table[T]) stopReading(src *source) {
	if src.beyond.cancel != nil {
		src.beyond.cancel()
	}
	src.beyond.reading++
	src.beyond.loading = false
}

// onBeyond takes in a page of what the filter asked for.
func (t *Table[T]) onBeyond(p page[T]) tea.Cmd {
	b := &p.src.beyond
	if p.table != t || p.listing != b.reading {
		return nil
	}
	b.rows += len(p.items)
	cmd := t.took(t.rows.put(p.src, p.items, seenBeyond, t.env.Now()))
	if !p.end {
		return tea.Batch(cmd, p.wait())
	}
	b.loading, b.err = false, p.err
	return tea.Batch(cmd, t.poll(p.src, awsops.PollEvery))
}

// beyondStatus tells of what the filter asked for: what is on its way, what
// failed, and what was left out. The text is "" when there is nothing to tell.
func (t *Table[T]) beyondStatus() Status {
	var told Status
	rows, loading := 0, false
	for _, src := range t.sources {
		b := src.beyond
		rows += b.rows
		loading = loading || b.loading
		var cut *awsops.Cut
		switch {
		case b.err == nil:
		case errors.As(b.err, &cut):
			told = Status{cut.Error(), theme.Busy}
		default:
			return Status{awsops.AsError(b.err).In(src.scope).Error(), theme.Bad}
		}
	}
	if loading {
		return Status{fmt.Sprintf("loading what the filter asks for… %d", rows), theme.Busy}
	}
	return told
}

// unasked says that enter would ask for what the filter wants.
func (t *Table[T]) unasked() bool {
	wanted := t.wanted()
	return t.typing && wanted != "" && slices.ContainsFunc(t.sources, func(s *source) bool { return s.beyond.asked != wanted })
}
