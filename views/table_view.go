package views

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"ec2deck/theme"
)

// window is the part of the table that is on the screen, drawn.
type window struct {
	width, height int
	top           int      // the first visible row
	rows          int      // how many fit
	across        int      // the width of the table beside the pane
	columns       []placed // the columns that fit
	widths        []int    // the widths of values that they were made for
	head          string
	body          []string
	drawn         int // the look that head and columns were made for
	title         titled
}

// titled is the line above the headings, and what it was made of.
type titled struct {
	all, visible, marks, across int
	query                       string
	line                        string
}

// placed is a column with the width that it got.
type placed struct{ cell, width int }

// Where the detail pane goes, and how much of the screen it takes.
const (
	besideFrom = 130 // from this width on the pane stands beside the table
	gutter     = 2   // cursor and marks
	mostGrown  = 60  // the widest that a growing column gets
	leastSplit = 8   // the least height that is split
)

// Resize implements View.
func (t *Table[T]) Resize(width, height int) {
	t.window.width, t.window.height = width, height
	t.look++
	t.draw()
}

// View implements View. Everything has been drawn by Update.
func (t *Table[T]) View() string { return strings.Join(t.lines, "\n") }

// Lines implements Lined.
func (t *Table[T]) Lines() []string { return t.lines }

// draw brings the frame up to date: it draws lines that are new in the window
// and takes the others as they are.
func (t *Table[T]) draw() {
	w := &t.window
	if w.width <= 0 || w.height <= 0 {
		return
	}
	if minute := t.env.Now().Unix() / 60; minute != t.clockMin { // ages grow
		t.clockMin = minute
		t.look++
	}
	tableHeight := w.height
	w.across = w.width
	if t.split() {
		tableHeight = t.place()
	}
	w.rows = max(0, tableHeight-2)
	if !slices.Equal(w.widths, t.rows.widths) {
		w.widths = slices.Clone(t.rows.widths)
		t.look++
	}
	if w.drawn != t.look {
		w.columns = t.columns(w.across)
		w.head = t.heading()
		w.drawn = t.look
	}
	w.top = max(0, min(w.top, t.pos, len(t.rows.visible)-w.rows))
	if t.pos >= w.top+w.rows {
		w.top = t.pos - w.rows + 1
	}
	t.frame(tableHeight)
}

// split says that the pane is on the screen, which takes a few lines.
func (t *Table[T]) split() bool { return t.pane.open && t.window.height >= leastSplit }

// place gives the pane its room and returns the height left for the table.
func (t *Table[T]) place() int {
	w := &t.window
	if w.width >= besideFrom {
		side := w.width * 2 / 5
		w.across = w.width - side - 2 // the bar and a blank
		t.pane.resize(side, w.height)
		return w.height
	}
	below := max(3, w.height*3/5)
	t.pane.resize(w.width, below-1)
	return w.height - below
}

// frame joins title, heading, rows and pane to exactly the size of the window.
func (t *Table[T]) frame(tableHeight int) {
	w := &t.window
	lines := append(t.lines[:0], t.title(), w.head)
	lines = append(lines, t.body()...)
	for len(lines) < tableHeight {
		lines = append(lines, "")
	}
	lines = lines[:tableHeight]
	if t.split() {
		lines = t.joinPane(lines)
	}
	t.lines = lines
}

func (t *Table[T]) joinPane(lines []string) []string {
	w, faint := &t.window, t.env.Theme.Tone(theme.Faint)
	pane := t.pane.lines(t.inPane)
	if w.width < besideFrom {
		lines = append(lines, faint.Render(strings.Repeat("─", w.width)))
		return append(lines, pane...)
	}
	bar := faint.Render("│ ")
	for i := range lines {
		pad := max(0, w.across-ansi.StringWidth(lines[i]))
		lines[i] += strings.Repeat(" ", pad) + bar + pane[i]
	}
	return lines
}

// title is the line above the headings: what is shown of what, and how.
func (t *Table[T]) title() string {
	if t.typing {
		t.input.Width = max(1, t.window.across-len(t.input.Prompt)-1)
		return fit(t.input.View(), t.window.across)
	}
	now := titled{len(t.rows.all), len(t.rows.visible), t.rows.marks, t.window.across, t.rows.query, t.window.title.line}
	if now != t.window.title || now.line == "" {
		now.line = t.newTitle()
		t.window.title = now
	}
	return now.line
}

func (t *Table[T]) newTitle() string {
	th := t.env.Theme
	count := fmt.Sprint(len(t.rows.all))
	if len(t.rows.visible) != len(t.rows.all) {
		count = fmt.Sprintf("%d of %d", len(t.rows.visible), len(t.rows.all))
	}
	parts := []string{th.Tone(theme.Strong).Render(t.res.Title) + " " + count}
	if q := t.rows.query; q != "" {
		parts = append(parts, th.Tone(theme.Accent).Render("/"+q))
	}
	if n := t.rows.marks; n > 0 {
		parts = append(parts, th.Tone(theme.Busy).Render(fmt.Sprintf("%d marked", n)))
	}
	return fit(strings.Join(parts, "  "), t.window.across)
}

// columns chooses what fits: from the left, as long as there is room. The
// growing column takes what is left over.
func (t *Table[T]) columns(across int) []placed {
	var out []placed
	room, grows := across-gutter, -1
	for i, c := range t.rows.cells {
		if t.hidden[i] || t.same(c) {
			continue
		}
		width := c.width
		if len(t.rows.all) > 0 { // no wider than what it shows
			width = min(width, max(t.rows.widths[i], ansi.StringWidth(c.title)+1))
		}
		if room < width {
			break
		}
		if c.grow {
			grows = len(out)
		}
		out = append(out, placed{i, width})
		room -= width + 1
	}
	if grows >= 0 && room > 0 {
		out[grows].width = min(out[grows].width+room, max(out[grows].width, t.rows.widths[out[grows].cell]), mostGrown)
	}
	return out
}

// one says whether all sources agree in something, so that its column can be
// left away.
func (t *Table[T]) one(what func(*source) string) bool {
	for _, s := range t.sources {
		if what(s) != what(t.sources[0]) {
			return false
		}
	}
	return true
}

func (t *Table[T]) heading() string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", gutter))
	for i, p := range t.window.columns {
		c := t.rows.cells[p.cell]
		title := c.title
		if p.cell == t.rows.sortBy {
			title += map[bool]string{false: "↑", true: "↓"}[t.rows.reverse]
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(pad(title, p.width, c.right))
	}
	return t.env.Theme.Heading.Render(b.String())
}

// body is the lines of the window.
func (t *Table[T]) body() []string {
	if t.choosing != nil {
		return t.chooserLines()
	}
	w := &t.window
	end := min(w.top+w.rows, len(t.rows.visible))
	if w.top >= end {
		return []string{"", "  " + t.empty()}
	}
	w.body = w.body[:0]
	for i, r := range t.rows.visible[w.top:end] {
		if r.drawn == nil || r.drawn.look != t.look {
			t.drawRow(r)
		}
		if w.top+i == t.pos {
			w.body = append(w.body, t.env.Theme.Cursor.Render(">"+r.drawn.plain[1:]))
			continue
		}
		w.body = append(w.body, r.drawn.line)
	}
	if len(t.lined) > keptWindows*(w.rows+1) {
		t.forget(t.rows.visible[w.top:end])
	}
	return w.body
}

// keptWindows is how many windows of drawn lines are kept.
const keptWindows = 8

// forget lets go of the lines of all rows but these.
func (t *Table[T]) forget(but []*row[T]) {
	kept := make([]*drawn, len(but))
	for i, r := range but {
		kept[i] = r.drawn
	}
	for _, r := range t.lined {
		r.drawn = nil
	}
	for i, r := range but {
		r.drawn = kept[i]
	}
	t.lined = append(t.lined[:0], but...)
}

// empty says why there are no rows.
func (t *Table[T]) empty() string {
	loading := len(t.sources) == 0
	for _, s := range t.sources {
		loading = loading || s.loading
	}
	switch {
	case t.unasked():
		return "Nothing here matches " + t.rows.query + ". enter asks EC2 for more."
	case slices.ContainsFunc(t.sources, func(s *source) bool { return s.beyond.loading }):
		return "Loading what the filter asks for…"
	case len(t.rows.all) > 0:
		text := "Nothing matches " + t.rows.query + "."
		if t.offered {
			return text
		}
		return text + " esc clears the filter."
	case loading:
		return "Loading…"
	case t.Status().Tone == theme.Bad:
		return "Nothing could be read; see below. " + t.env.Keys.Refresh.Help().Key + " tries again."
	}
	if t.res.Empty != "" {
		return t.res.Empty
	}
	return "There are none here."
}

// drawRow draws a row once with its colours and once without, for the cursor.
func (t *Table[T]) drawRow(r *row[T]) {
	sign := byte(' ')
	switch {
	case r.mark:
		sign = '*'
	case r.asked != nil:
		sign = '~'
	case r.fresh == t.rows.flashes:
		sign = '+'
	}
	var line, plain strings.Builder
	line.WriteByte(' ')
	plain.WriteByte(' ')
	plain.WriteByte(sign)
	t.env.Theme.Tone(theme.Busy).Append(&line, string(sign))
	now := t.env.Now()
	for i, p := range t.window.columns {
		c := t.rows.cells[p.cell]
		text := pad(c.show(r, now), p.width, c.right)
		if i > 0 {
			line.WriteByte(' ')
			plain.WriteByte(' ')
		}
		plain.WriteString(text)
		if c.tone == nil {
			line.WriteString(text)
			continue
		}
		t.env.Theme.Tone(c.tone(r, now)).Append(&line, text)
	}
	if r.drawn == nil {
		r.drawn = &drawn{}
		t.lined = append(t.lined, r)
	}
	*r.drawn = drawn{t.look, line.String(), plain.String()}
}

func (t *Table[T]) chooserLines() []string {
	lines := []string{"  Columns: space shows or hides, enter sorts by it, esc closes"}
	room := max(1, t.window.rows-1)
	from := max(0, min(t.choosing.at-room/2, len(t.rows.cells)-room))
	for i := from; i < min(from+room, len(t.rows.cells)); i++ {
		box := "[x] "
		if t.hidden[i] {
			box = "[ ] "
		}
		line, why := box+t.rows.cells[i].title, t.unseen(i)
		if i == t.choosing.at {
			lines = append(lines, t.env.Theme.Cursor.Render("> "+line+why))
			continue
		}
		lines = append(lines, "  "+line+t.env.Theme.Tone(theme.Faint).Render(why))
	}
	return lines
}

// unseen says why a column that was chosen is not shown.
func (t *Table[T]) unseen(cell int) string {
	switch {
	case t.hidden[cell], slices.ContainsFunc(t.window.columns, func(p placed) bool { return p.cell == cell }):
		return ""
	case t.same(t.rows.cells[cell]):
		return "  one only"
	}
	return "  no room"
}

// pad cuts or fills a text to a width. Plain ASCII, which most cells are, needs
// no look at wide runes.
func pad(s string, width int, right bool) string {
	n := len(s)
	if !ascii(s) {
		n = ansi.StringWidth(s)
	}
	if n > width {
		tail := "…"
		if width <= 1 {
			tail = ""
		}
		s = ansi.Truncate(s, width, tail)
		n = ansi.StringWidth(s)
	}
	if n == width {
		return s
	}
	if right {
		return spaces(width-n) + s
	}
	return s + spaces(width-n)
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 || s[i] == 0x1b {
			return false
		}
	}
	return true
}

const blank = "                                                                                                                                "

func spaces(n int) string {
	if n <= len(blank) {
		return blank[:n]
	}
	return strings.Repeat(" ", n)
}

// fit cuts a line, with its colours, to a width.
func fit(s string, width int) string { return ansi.Truncate(s, width, "…") }

// since prints the age of a moment; the zero time has none.
func since(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return Age(now.Sub(at))
}
