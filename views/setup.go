package views

import (
	"fmt"
	"slices"
	"strings"
)

// Setup says how a table begins, instead of as it is declared.
type Setup struct {
	// Columns are titles, in the order in which they are shown; none is as
	// declared.
	Columns []string
	// Sort is a title, with a - before it for the other way round.
	Sort string
}

// NewSetup reads the names of columns as a filter does: in lower case, with
// hyphens for blanks, or the beginning of them.
func NewSetup(info SpecInfo, columns []string, sort string) (Setup, error) {
	var s Setup
	for _, name := range columns {
		title, err := info.column(name)
		if err != nil {
			return s, err
		}
		if !slices.Contains(s.Columns, title) {
			s.Columns = append(s.Columns, title)
		}
	}
	if sort != "" {
		name, reverse := strings.CutPrefix(sort, "-")
		title, err := info.column(name)
		if err != nil {
			return s, err
		}
		s.Sort = map[bool]string{true: "-"}[reverse] + title
	}
	return s, nil
}

func (i SpecInfo) column(name string) (string, error) {
	at := named(strings.ToLower(name), len(i.Columns), func(k int) string { return i.Columns[k] })
	if at >= 0 {
		return i.Columns[at], nil
	}
	var all []string
	for _, title := range i.Columns {
		all = append(all, slug(title))
	}
	return "", fmt.Errorf("%q is no column of %s; there are %s", name, i.Kind, strings.Join(all, ", "))
}

// arrange puts the columns that were chosen first, and hides the others.
func (s Setup) arrange(columns []Column[any]) []Column[any] {
	if len(s.Columns) == 0 {
		return columns
	}
	out := make([]Column[any], len(s.Columns), len(columns))
	for _, c := range columns {
		c.Extra = true
		if at := slices.Index(s.Columns, c.Title); at >= 0 {
			c.Extra = false
			out[at] = c
			continue
		}
		out = append(out, c)
	}
	return out
}

// order finds the cell to sort by.
func (s Setup) order(cells []cell[any]) (by int, reverse bool) {
	title, reverse := strings.CutPrefix(s.Sort, "-")
	return max(0, slices.IndexFunc(cells, func(c cell[any]) bool { return c.title == title })), reverse
}
