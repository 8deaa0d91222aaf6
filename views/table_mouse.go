package views

import (
	tea "github.com/charmbracelet/bubbletea"
)

// wheelStep is how many rows a notch of the wheel moves.
const wheelStep = 3

// onMouse takes a click or a turn of the wheel, with its place in the view.
func (t *Table[T]) onMouse(msg tea.MouseMsg) {
	if t.choosing != nil {
		return
	}
	w := &t.window
	below := w.rows + 2 // the first line behind the table
	inPane := t.split() && (msg.Y >= below || w.width >= besideFrom && msg.X >= w.across)
	switch {
	case tea.MouseEvent(msg).IsWheel():
		t.onWheel(msg.Button == tea.MouseButtonWheelDown, inPane)
	case inPane || msg.Y < 1 || msg.Y >= below:
	case msg.Y == 1:
		t.sortAt(msg.X)
	case w.top+msg.Y-2 < len(t.rows.visible):
		t.moved = true
		t.select_(w.top + msg.Y - 2)
	}
}

func (t *Table[T]) onWheel(down, inPane bool) {
	step := wheelStep
	if !down {
		step = -step
	}
	if inPane {
		t.pane.pager.scroll(step)
		return
	}
	t.moved = true
	t.select_(t.pos + step)
}

// sortAt sorts by the column under a click, and the other way round by the
// next.
func (t *Table[T]) sortAt(x int) {
	from := gutter
	for _, p := range t.window.columns {
		if x >= from && x < from+p.width {
			t.rows.sort(p.cell, p.cell == t.rows.sortBy && !t.rows.reverse)
			t.look++
			t.find()
			return
		}
		from += p.width + 1
	}
}
