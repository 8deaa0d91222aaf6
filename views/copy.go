package views

import (
	"encoding/json"

	"ec2deck/awsops"
)

// parts are the texts of a row that can be copied: its names, its cells, and
// the whole.
func (t *Table[T]) parts(r *row[T]) []Line {
	target := t.target(r)
	lines := []Line{{About: "ID", Text: r.id}}
	add := func(about, text string) {
		for _, l := range lines {
			if l.About == about || l.Text == text {
				return
			}
		}
		if text != "" {
			lines = append(lines, Line{About: about, Text: text})
		}
	}
	if target.Account != "" {
		add("ARN", awsops.ARN(target.Scope, target.Account, r.id))
	}
	add("Console link", awsops.ConsoleLink(target.Scope, r.id))
	for _, c := range t.rows.cells {
		add(c.title, c.value(r))
	}
	if whole, err := json.Marshal(r.item); err == nil {
		add("JSON of the row", string(whole))
	}
	return lines
}
