package views

import (
	"strings"

	"ec2deck/awsops"
)

// Exporter is a view whose rows can be taken away.
type Exporter interface {
	// Export is the table as it is shown: its rows, their order, the columns that
	// were chosen, whether they fit on the screen or not.
	Export() (name string, t awsops.Table)
}

// Export implements Exporter.
func (t *Table[T]) Export() (string, awsops.Table) {
	var out awsops.Table
	var chosen []int
	for i, c := range t.rows.cells {
		if t.hidden[i] || t.same(c) {
			continue
		}
		chosen = append(chosen, i)
		out.Columns = append(out.Columns, awsops.TableColumn{Name: slug(c.title), Title: c.title})
	}
	for _, r := range t.rows.visible {
		cells := make([]any, len(chosen))
		for k, i := range chosen {
			c := t.rows.cells[i]
			text := c.value(r)
			cells[k] = text
			if c.list && text != "" {
				cells[k] = strings.Split(text, ",")
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	return t.res.Kind, out
}

// same says that a column tells of every row the same, and so is left away.
func (t *Table[T]) same(c cell[T]) bool {
	return c.title == accountTitle && t.one(func(s *source) string { return s.scope.Profile }) ||
		c.title == regionTitle && t.one(func(s *source) string { return s.scope.Region })
}
