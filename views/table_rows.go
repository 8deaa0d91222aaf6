package views

import (
	"slices"
	"strings"
	"time"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// row is one row of a table with what the table knows about it. There are tens
// of thousands of them.
type row[T any] struct {
	words
	asked *asked // a change that EC2 has been asked for
	src   *source
	id    string
	item  T
	order sortKey
	at    int64  // as which time the item is true, in nanoseconds
	drawn *drawn // its line, while that is kept
	seen  int32  // the listing that last saw it
	fresh int32  // while it equals table.flashes the row is marked as changed
	mark  bool
	moved bool // it is no longer where it belongs
}

// words are what filters match, in lower case: what only one row has, and what
// others have too, which may be nil.
type words struct {
	text   string
	common *common
}

// common is a text that many rows have, and what it said to the terms of the
// last filter.
type common struct {
	text  string
	asked [4]*answer
	said  [4]bool
}

// answer stands for one term of one filter.
type answer struct{ _ byte }

// drawn is the line of a row, with and without colours.
type drawn struct {
	look        int // the table.look that it was drawn for
	line, plain string
}

// asked is a change on its way: the row shows the state to come.
type asked struct {
	was   string // the state before
	shown string
	since time.Time
	query string // the filter that the row was acted on under
}

// patience is how long a change may take to show in a describe.
const patience = 2 * time.Minute

// cell is a column as the table uses it: of the resource, or the account or
// the region of the row's scope.
type cell[T any] struct {
	title       string
	width       int
	grow, extra bool
	right, list bool
	common      bool
	value       func(*row[T]) string
	show        func(*row[T], time.Time) string
	number      func(*row[T]) int64
	tone        func(*row[T], time.Time) theme.Tone
}

// newCells makes the columns of a resource and of its scopes.
func newCells[T any](res *Resource[T], account func(*row[T]) string, naming *awsops.Naming) []cell[T] {
	var cells []cell[T]
	for _, c := range res.Columns {
		made := cell[T]{title: c.Title, width: c.Width, grow: c.Grow, extra: c.Extra, right: c.Right, list: c.List, common: c.Common}
		made.value = func(r *row[T]) string { return awsops.Clean(c.Value(r.item)) }
		made.show = func(r *row[T], _ time.Time) string { return awsops.Clean(c.Value(r.item)) }
		if c.Show != nil {
			made.show = func(r *row[T], now time.Time) string { return awsops.Clean(c.Show(r.item, now)) }
		}
		if c.Title == nameTitle && naming != nil && res.Called != nil {
			made.value = func(r *row[T]) string { return awsops.Clean(res.Called(naming, r.item, r.src.scope, account(r))) }
			made.show = func(r *row[T], _ time.Time) string { return made.value(r) }
			made.width = max(made.width, 30) // a name and an ID
		}
		if c.Number != nil {
			made.number = func(r *row[T]) int64 { return c.Number(r.item) }
		}
		if c.Tone != nil {
			made.tone = func(r *row[T], _ time.Time) theme.Tone { return c.Tone(r.item) }
		}
		if c.ToneAt != nil {
			made.tone = func(r *row[T], now time.Time) theme.Tone { return c.ToneAt(r.item, now) }
		}
		cells = append(cells, made)
	}
	tone := func(r *row[T], _ time.Time) theme.Tone { return r.src.tone }
	region := func(r *row[T]) string { return r.src.scope.Region }
	// Behind what identifies a row, so that they are seen on a narrow terminal too.
	return slices.Insert(cells, min(3, len(cells)),
		cell[T]{title: accountTitle, width: 12, common: true, value: account, show: func(r *row[T], _ time.Time) string { return account(r) }, tone: tone},
		cell[T]{title: regionTitle, width: 14, common: true, value: region, show: func(r *row[T], _ time.Time) string { return region(r) }, tone: tone},
	)
}

// The columns that appear when there is more than one of them.
const (
	accountTitle = "Account"
	regionTitle  = "Region"
	nameTitle    = "Name" // which a format may fill
)

// rows is the data of a table: all rows, and those that pass the filter, both
// in order. Nothing outside refers to a row by its index.
type rows[T any] struct {
	res   *Resource[T]
	cells []cell[T]
	// widths are the widest values so far, by cell; they only grow.
	widths []int

	byID    map[rowID]*row[T]
	all     []*row[T]
	visible []*row[T] // the same slice as all while there is no filter

	query   string
	filter  filter[T]
	sortBy  int // an index into cells
	reverse bool
	marks   int
	flashes int32

	touched       int              // tells nothing; see atOnce
	busy          map[*row[T]]bool // in transition, or asked to be
	moved         []*row[T]
	latest, spare []*row[T] // what visible was made in, by turns

	commons map[commonKey]*common // as long as one listing runs
	scratch []byte
}

// commonKey is what rows have in common when they have the same text in common.
type commonKey struct {
	src *source
	of  any
}

type rowID struct {
	src *source
	id  string
}

// change tells what an insertion did.
type change struct {
	shown   bool // a cell of some row differs
	order   bool // rows came, went or moved
	flashed bool // some row is to be marked as changed
}

func (c *change) add(d change) {
	c.shown, c.order, c.flashed = c.shown || d.shown, c.order || d.order, c.flashed || d.flashed
}

// put inserts or replaces rows of a scope that a listing or a poll has read, as
// they were at that time. A listing that others have shared may be older than
// what a poll has told since.
func (rs *rows[T]) put(src *source, items []T, listing int, when time.Time) change {
	at, seen := when.UnixNano(), int32(listing)
	if len(rs.commons) > len(rs.all)+len(items)+1000 { // of polls, each of which tells anew
		rs.commons = nil
	}
	var did change
	for _, item := range items {
		id := rs.res.ID(item)
		key := rowID{src, id}
		r, known := rs.byID[key]
		if !known {
			r = &row[T]{src: src, id: id, item: item, seen: seen, at: at, fresh: -1, moved: true}
			rs.describe(r)
			rs.watch(r)
			r.order = rs.keyOf(r)
			rs.byID[key] = r
			rs.moved = append(rs.moved, r)
			did.shown, did.order = true, true
			continue
		}
		r.seen = max(r.seen, seen)
		if at < r.at {
			continue
		}
		r.at = at
		if r.asked == nil && rs.res.Same != nil && rs.res.Same(r.item, item) {
			continue
		}
		did.add(rs.replace(r, item, when))
	}
	return rs.settle(did)
}

// replace gives a row its newest item. While EC2 still tells the state before
// a change that it accepted, the row keeps showing the state to come.
func (rs *rows[T]) replace(r *row[T], item T, at time.Time) change {
	if rs.res.Carry != nil {
		item = rs.res.Carry(r.item, item)
	}
	if a := r.asked; a != nil {
		if rs.res.State(item) == a.was && at.Sub(a.since) < patience {
			item = rs.res.Pretend(item, a.shown)
		} else {
			r.asked = nil
		}
	}
	return rs.set(r, item)
}

// set replaces the item and notes what that changed.
func (rs *rows[T]) set(r *row[T], item T) change {
	r.item = item
	rs.watch(r)
	if !rs.describe(r) {
		return change{}
	}
	r.drawn = nil
	if !r.src.at.IsZero() { // while the first listing runs everything is new
		r.fresh = rs.flashes
	}
	// A filter may match the row differently now, even if it stays in place.
	moved := len(rs.filter) > 0
	if order := rs.keyOf(r); order != r.order {
		r.order, moved = order, true
		if !r.moved {
			r.moved = true
			rs.moved = append(rs.moved, r)
		}
	}
	return change{shown: true, order: moved, flashed: !r.src.at.IsZero()}
}

// watch keeps the rows in transition apart, which are few.
func (rs *rows[T]) watch(r *row[T]) {
	if r.asked == nil && (rs.res.Busy == nil || !rs.res.Busy(r.item)) {
		delete(rs.busy, r)
		return
	}
	if rs.busy == nil {
		rs.busy = map[*row[T]]bool{}
	}
	rs.busy[r] = true
}

// ask shows rows in the state that EC2 is being asked for.
func (rs *rows[T]) ask(src *source, ids []string, shown string, now time.Time) change {
	var did change
	for _, id := range ids {
		if r, ok := rs.byID[rowID{src, id}]; ok && r.asked == nil {
			r.asked = &asked{was: rs.res.State(r.item), shown: shown, since: now, query: rs.query}
			did.add(rs.set(r, rs.res.Pretend(r.item, shown)))
			r.drawn = nil
		}
	}
	return rs.settle(did)
}

// unask takes back what ask showed.
func (rs *rows[T]) unask(src *source, ids []string) change {
	var did change
	for _, id := range ids {
		if r, ok := rs.byID[rowID{src, id}]; ok && r.asked != nil {
			was := r.asked.was
			r.asked = nil
			did.add(rs.set(r, rs.res.Pretend(r.item, was)))
			r.drawn = nil
		}
	}
	return rs.settle(did)
}

// settle puts new rows, and those whose place has changed, where they belong.
func (rs *rows[T]) settle(did change) change {
	if len(rs.moved) > 0 {
		rs.merge()
	}
	if did.order {
		rs.narrow()
	}
	return did
}

// drop removes the rows of a scope that gone says so of.
func (rs *rows[T]) drop(src *source, gone func(*row[T]) bool) change {
	before := len(rs.all)
	rs.all = slices.DeleteFunc(slices.Clone(rs.all), func(r *row[T]) bool {
		if r.src != src || !gone(r) {
			return false
		}
		delete(rs.byID, rowID{src, r.id})
		delete(rs.busy, r)
		if r.mark {
			rs.marks--
		}
		return true
	})
	if len(rs.all) == before {
		return change{}
	}
	rs.latest, rs.spare = nil, nil // they would keep the rows
	rs.narrow()
	return change{shown: true, order: true}
}

// search sets the filter. A query that only grew looks at what was visible.
func (rs *rows[T]) search(query string) {
	from := rs.all
	if narrows(rs.query, query) {
		from = rs.visible
	}
	rs.query, rs.filter = query, compile(query, rs.cells, rs.res.Tags)
	rs.visible = rs.matching(from)
}

// narrows says whether every row that matches the longer query matches the
// shorter: true for plain words that grew at the end.
func narrows(short, long string) bool {
	return short != "" && strings.HasPrefix(long, short) && !strings.ContainsAny(long, `-:="`)
}

func (rs *rows[T]) narrow() { rs.visible = rs.matching(rs.all) }

// matching filters rows. One that has just been acted on stays under the same
// filter, whatever its new state, so that the cursor does not slip onto its
// neighbour.
func (rs *rows[T]) matching(from []*row[T]) []*row[T] {
	if len(rs.filter) == 0 {
		return rs.all
	}
	out := rs.spare[:0]
	for near := range slices.Chunk(from, atOnce) {
		for _, r := range near {
			if r.text != "" {
				rs.touched += int(r.text[0])
			}
		}
		for _, r := range near {
			if rs.filter.match(r) || r.asked != nil && r.asked.query == rs.query {
				out = append(out, r)
			}
		}
	}
	rs.spare, rs.latest = rs.latest, out
	return out
}

// atOnce is how many rows are touched before they are looked at. They lie
// anywhere in memory, and to wait for many takes hardly longer than for one.
const atOnce = 64

// setMark marks or unmarks one row.
func (rs *rows[T]) setMark(r *row[T], mark bool) {
	if r.mark == mark {
		return
	}
	r.mark, r.drawn = mark, nil
	if mark {
		rs.marks++
	} else {
		rs.marks--
	}
}

// marked lists the marked rows in the table's order, filtered out or not.
func (rs *rows[T]) marked() []*row[T] {
	var out []*row[T]
	if rs.marks == 0 {
		return nil
	}
	for _, r := range rs.all {
		if r.mark {
			out = append(out, r)
		}
	}
	return out
}
