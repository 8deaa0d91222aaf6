package views

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// sortKey orders rows by a number, then by a text.
type sortKey struct {
	number int64
	text   string
}

func (a sortKey) compare(b sortKey) int {
	if c := cmp.Compare(a.number, b.number); c != 0 {
		return c
	}
	return strings.Compare(a.text, b.text)
}

func (rs *rows[T]) keyOf(r *row[T]) sortKey {
	c := rs.cells[rs.sortBy]
	if c.number != nil {
		return sortKey{number: c.number(r)}
	}
	rs.scratch = natural(rs.scratch[:0], strings.ToLower(c.value(r)))
	if text := string(rs.scratch); text != r.order.text {
		return sortKey{text: text}
	}
	return sortKey{text: r.order.text}
}

// natural writes the length of a number before it, so that web-9 comes before
// web-10 and 10.0.0.9 before 10.0.0.10.
func natural(out []byte, s string) []byte {
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		if end > i {
			for i < end-1 && s[i] == '0' {
				i++
			}
			out = append(append(out, '0'+byte(min(end-i, 40))), s[i:end]...)
			i = end
			continue
		}
		out = append(out, s[i])
		i++
	}
	return out
}

// less is the order of the table; equal keys are ordered by ID and scope, so that it is
// the same after every refresh.
func (rs *rows[T]) compare(a, b *row[T]) int {
	c := a.order.compare(b.order)
	if rs.reverse {
		c = -c
	}
	if c != 0 {
		return c
	}
	if c = strings.Compare(a.id, b.id); c != 0 || a.src == b.src {
		return c
	}
	// A region, for instance, is a row of each profile.
	x, y := a.src.scope, b.src.scope
	return cmp.Or(strings.Compare(x.Profile, y.Profile), strings.Compare(x.Region, y.Region))
}

// merge puts the rows that have moved among the others, which are in order.
func (rs *rows[T]) merge() {
	moved := rs.moved
	slices.SortFunc(moved, rs.compare)
	out := make([]*row[T], 0, len(rs.all)+len(moved))
	for _, r := range rs.all {
		if r.moved {
			continue
		}
		for len(moved) > 0 && rs.compare(moved[0], r) < 0 {
			out, moved = append(out, moved[0]), moved[1:]
		}
		out = append(out, r)
	}
	rs.all = append(out, moved...)
	for _, r := range rs.moved {
		r.moved = false
	}
	clear(rs.moved)
	rs.moved = rs.moved[:0]
}

// sort orders by another column, or the other way round.
func (rs *rows[T]) sort(by int, reverse bool) {
	anew := by != rs.sortBy
	if !anew && reverse == rs.reverse {
		return // they always are in order
	}
	rs.sortBy, rs.reverse = by, reverse
	rs.sortAll(anew)
	rs.narrow()
}

// sortAll orders all rows, by new keys or those that they have.
func (rs *rows[T]) sortAll(anew bool) {
	places := make([]place, 0, len(rs.all))
	for near := range slices.Chunk(rs.all, atOnce) {
		for _, r := range near {
			rs.touched += len(rs.res.ID(r.item))
		}
		for _, r := range near {
			if anew {
				r.order = rs.keyOf(r)
			}
			places = append(places, rs.placed(r, len(places)))
		}
	}
	sortPlaces(places, func(a, b int) int { return rs.compare(rs.all[a], rs.all[b]) })
	all := make([]*row[T], len(rs.all))
	for i, p := range places {
		all[i] = rs.all[p.was]
	}
	rs.all = all
}

// place is the beginning of a row's key, which mostly tells rows apart without
// a look at them, and where the row stood.
type place struct {
	first, second uint64
	was           int
}

func (rs *rows[T]) placed(r *row[T], was int) place {
	p := place{first: uint64(r.order.number) ^ 1<<63, was: was}
	if r.order.text != "" {
		var begin [16]byte
		copy(begin[:], r.order.text)
		p.first, p.second = binary.BigEndian.Uint64(begin[:8]), binary.BigEndian.Uint64(begin[8:])
	} else if rs.cells[rs.sortBy].number == nil {
		p.first = 0
	}
	if rs.reverse {
		p.first, p.second = ^p.first, ^p.second
	}
	return p
}

// sortPlaces orders places; rows that begin alike are compared.
func sortPlaces(places []place, compare func(a, b int) int) {
	slices.SortFunc(places, func(a, b place) int {
		switch {
		case a.first < b.first:
			return -1
		case a.first > b.first:
			return 1
		case a.second < b.second:
			return -1
		case a.second > b.second:
			return 1
		}
		return compare(a.was, b.was)
	})
}
