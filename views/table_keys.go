package views

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/keymap"
	"ec2deck/theme"
)

const cursorStatic = cursor.CursorStatic

// onKey gives a key to what has the focus: the column list, the filter, the
// detail pane, or the rows.
func (t *Table[T]) onKey(msg tea.KeyMsg) (Intent, tea.Cmd) {
	switch {
	case t.choosing != nil:
		return nil, t.onChooserKey(msg)
	case t.typing:
		return nil, t.onFilterKey(msg)
	case t.inPane && t.pane.onKey(msg):
		return nil, nil
	}
	press := keymap.Press(msg)
	if t.move(press) {
		return Moved{}, nil
	}
	if intent, ok := t.act(string(press)); ok {
		return intent, nil
	}
	return t.onTableKey(press)
}

// onFilterKey filters as one types.
func (t *Table[T]) onFilterKey(msg tea.KeyMsg) tea.Cmd {
	k := t.env.Keys
	switch {
	case key.Matches(msg, k.Accept):
		t.typing = false
		t.input.Blur()
		return t.reachAll(false)
	case key.Matches(msg, k.Back):
		t.typing = false
		t.input.Blur()
		t.input.SetValue("")
	case msg.Type == tea.KeyUp, msg.Type == tea.KeyDown:
		t.move(keymap.Press(msg))
		return nil
	default:
		var cmd tea.Cmd
		t.input, cmd = t.input.Update(msg)
		_ = cmd // the cursor does not blink
	}
	if q := t.input.Value(); q != t.rows.query {
		t.rows.search(q)
		t.find()
	}
	if !t.typing {
		return t.reachAll(false)
	}
	return t.loosen()
}

// move handles the keys that move the cursor.
func (t *Table[T]) move(press keymap.Pressed) bool {
	k, at := t.env.Keys, t.pos
	body := max(1, t.window.rows)
	switch {
	case key.Matches(press, k.Up):
		at--
	case key.Matches(press, k.Down):
		at++
	case key.Matches(press, k.PageUp):
		at -= body
	case key.Matches(press, k.PageDown):
		at += body
	case key.Matches(press, k.HalfUp):
		at -= max(1, body/2)
	case key.Matches(press, k.HalfDown):
		at += max(1, body/2)
	case key.Matches(press, k.Top):
		at = 0
	case key.Matches(press, k.Bottom):
		at = len(t.rows.visible) - 1
	default:
		return false
	}
	t.moved = true
	t.select_(at)
	return true
}

// act turns an action or link key into an intent.
func (t *Table[T]) act(pressed string) (Intent, bool) {
	for _, l := range t.res.Links {
		if l.Key == pressed && l.Word != "" {
			t.toggle(l.Word)
			return nil, true
		}
		if l.Key == pressed {
			r := t.current()
			if r == nil {
				return Say{"there is no row to follow", theme.Bad}, true
			}
			if l.Deny != nil {
				if why := l.Deny(r.item); why != "" {
					return Say{t.label(r) + " " + why, theme.Bad}, true
				}
			}
			return Open{Kind: l.Kind, Query: l.Query(r.item)}, true
		}
	}
	if a := t.meant(pressed); a != nil {
		return t.run(*a), true
	}
	return nil, false
}

// toggle puts a word into the filter, or takes it out.
func (t *Table[T]) toggle(word string) {
	words := strings.Fields(t.rows.query)
	if i := slices.Index(words, word); i >= 0 {
		words = slices.Delete(words, i, i+1)
	} else {
		words = append(words, word)
	}
	t.setQuery(strings.Join(words, " "))
}

// meant is the action of a key: of several, the first that the row can take.
func (t *Table[T]) meant(pressed string) *Action[T] {
	var first *Action[T]
	selected := t.selected()
	for i := range t.res.Actions {
		a := &t.res.Actions[i]
		if a.Key != pressed {
			continue
		}
		if len(selected) == 0 || a.Deny == nil || a.Deny(selected[0].item) == "" {
			return a
		}
		if first == nil {
			first = a
		}
	}
	return first
}

// run asks for an operation on the selected rows that can take it.
func (t *Table[T]) run(a Action[T]) Intent {
	run := Run{Operation: a.Operation, Values: a.Values, Form: a.Form}
	if a.Whole {
		return run
	}
	if a.Offer != nil {
		return t.offer(a)
	}
	selected := t.selected()
	for _, r := range selected {
		if why := t.refuse(a, r, run); why != "" {
			run.Skipped = append(run.Skipped, fmt.Sprintf("%s %s", t.label(r), why))
			continue
		}
		if a.Fill != nil && len(run.Targets) == 0 {
			run.Values = maps.Clone(run.Values)
			if run.Values == nil {
				run.Values = awsops.Values{}
			}
			maps.Copy(run.Values, a.Fill(r.item))
		}
		target := t.target(r)
		if a.Of != nil {
			target = Target{Scope: target.Scope, Account: target.Account, ID: a.Of(r.item)}
		}
		if !slices.Contains(run.Targets, target) {
			run.Targets = append(run.Targets, target)
		}
	}
	switch {
	case len(selected) == 0:
		return Say{"there is no " + t.res.Noun + " to " + a.Help, theme.Bad}
	case len(run.Targets) == 0:
		return Say{strings.Join(run.Skipped, " · "), theme.Bad}
	}
	return run
}

// offer asks for the texts that an action makes out of the row under the cursor.
func (t *Table[T]) offer(a Action[T]) Intent {
	r := t.current()
	if r == nil {
		return Say{"there is no " + t.res.Noun + " to " + a.Help, theme.Bad}
	}
	if why := t.refuse(a, r, Run{}); why != "" {
		return Say{t.label(r) + " " + why, theme.Bad}
	}
	return Offer{Title: a.Help + "  " + strings.TrimSuffix(t.label(r), ":"), Lines: t.env.SSH.lines(a.Offer(r.item, t.target(r).Scope))}
}

// refuse says why a row cannot be part of a run, or "".
func (t *Table[T]) refuse(a Action[T], r *row[T], run Run) string {
	if a.Deny != nil {
		if why := a.Deny(r.item); why != "" {
			return why
		}
	}
	if a.Fill == nil || len(run.Targets) == 0 {
		return ""
	}
	fill := a.Fill(r.item)
	for _, name := range slices.Sorted(maps.Keys(fill)) {
		if !slices.Equal(run.Values[name], fill[name]) {
			return "has another " + name + ": do it by itself"
		}
	}
	return ""
}

// label names a row: its name, if it has one, and its ID.
func (t *Table[T]) label(r *row[T]) string {
	if name := t.res.Name(r.item); name != "" {
		return name + " (" + r.id + "):"
	}
	return r.id + ":"
}

func (t *Table[T]) onTableKey(press keymap.Pressed) (Intent, tea.Cmd) {
	k := t.env.Keys
	switch {
	case key.Matches(press, k.Filter):
		t.typing = true
		t.input.CursorEnd()
		t.input.Focus()
	case key.Matches(press, k.Mark), key.Matches(press, k.MarkRange), key.Matches(press, k.MarkAll):
		t.onMarkKey(press)
	case key.Matches(press, k.Sort):
		t.sortNext()
	case key.Matches(press, k.Reverse):
		t.rows.sort(t.rows.sortBy, !t.rows.reverse)
		t.look++
		t.find()
	case key.Matches(press, k.Columns):
		t.choosing = &chooser{at: t.rows.sortBy}
	case key.Matches(press, k.Refresh):
		var cmds []tea.Cmd
		for _, src := range t.sources {
			cmds = append(cmds, t.listSince(src, t.env.Now()), t.reach(src, true))
		}
		return nil, tea.Batch(cmds...)
	case key.Matches(press, k.CopyPart):
		if r := t.current(); r != nil {
			return Offer{Title: "copy of  " + strings.TrimSuffix(t.label(r), ":"), Lines: t.parts(r)}, nil
		}
	case key.Matches(press, k.Copy):
		if r := t.current(); r != nil {
			return Copy{r.id, r.id}, nil
		}
	case key.Matches(press, k.Open):
		t.pane.open = true
		t.look++
	case key.Matches(press, k.Object):
		t.pane.open = true
		t.pane.toggleObject()
		t.look++
	case key.Matches(press, k.Focus):
		t.inPane = t.pane.open && !t.inPane
	case key.Matches(press, k.Back):
		return t.back()
	default:
		return Say{string(press) + " does nothing here; " + k.Help.Help().Key + " lists the keys", theme.Faint}, nil
	}
	return nil, nil
}

// back closes what was opened last: the pane, the marks, the filter, the table.
func (t *Table[T]) back() (Intent, tea.Cmd) {
	switch {
	case t.pane.open:
		t.pane.close()
		t.inPane = false
		t.look++
	case t.rows.marks > 0:
		for _, r := range t.rows.marked() {
			t.rows.setMark(r, false)
		}
	case t.rows.query != "":
		t.input.SetValue("")
		t.rows.search("")
		t.find()
		return nil, t.reachAll(false)
	default:
		return Back{}, nil
	}
	return nil, nil
}

func (t *Table[T]) onMarkKey(press keymap.Pressed) {
	k, r := t.env.Keys, t.current()
	switch {
	case r == nil:
	case key.Matches(press, k.Mark):
		t.rows.setMark(r, !r.mark)
		t.markedAt = rowID{r.src, r.id}
		t.moved = true
		t.select_(t.pos + 1)
	case key.Matches(press, k.MarkRange):
		t.markRange()
	case key.Matches(press, k.MarkAll):
		all := !slices.ContainsFunc(t.rows.visible, func(r *row[T]) bool { return !r.mark })
		for _, r := range t.rows.visible {
			t.rows.setMark(r, !all)
		}
	}
}

// markRange marks from the last marked row to the cursor.
func (t *Table[T]) markRange() {
	from := t.pos
	if last := t.rows.byID[t.markedAt]; last != nil {
		if at := slices.Index(t.rows.visible, last); at >= 0 {
			from = at
		}
	}
	for _, r := range t.rows.visible[min(from, t.pos) : max(from, t.pos)+1] {
		t.rows.setMark(r, true)
	}
}

// sortNext sorts by the next column on the screen.
func (t *Table[T]) sortNext() {
	shown := t.window.columns
	if len(shown) == 0 {
		return
	}
	at := slices.IndexFunc(shown, func(c placed) bool { return c.cell == t.rows.sortBy })
	t.rows.sort(shown[(at+1)%len(shown)].cell, false)
	t.look++
	t.find()
}

// chooser is the open list of columns.
type chooser struct{ at int }

func (t *Table[T]) onChooserKey(msg tea.KeyMsg) tea.Cmd {
	k, c := t.env.Keys, t.choosing
	last := len(t.rows.cells) - 1
	switch {
	case key.Matches(msg, k.Up):
		c.at = max(0, c.at-1)
	case key.Matches(msg, k.Down):
		c.at = min(last, c.at+1)
	case key.Matches(msg, k.Mark):
		t.hidden[c.at] = !t.hidden[c.at]
	case key.Matches(msg, k.Accept):
		t.hidden[c.at] = false
		t.rows.sort(c.at, c.at == t.rows.sortBy && !t.rows.reverse)
		t.choosing = nil
		t.find()
	case key.Matches(msg, k.Back), key.Matches(msg, k.Quit), key.Matches(msg, k.Columns):
		t.choosing = nil
	}
	t.look++
	return nil
}
