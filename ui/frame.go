package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"ec2deck/awsops"
	"ec2deck/theme"
	"ec2deck/views"
)

// The least terminal that the screen is made for.
const (
	leastWidth  = 80
	leastHeight = 24
	topLines    = 1
	bottomLines = 3 // what is under way, the data, the keys
)

func (m *Model) tooSmall() bool { return m.width < leastWidth || m.height < leastHeight }

// resize gives every view its place.
func (m *Model) resize() {
	body := max(0, m.height-topLines-bottomLines)
	for _, v := range m.stack {
		v.Resize(m.width, body)
	}
	for _, v := range m.overlays {
		v.Resize(m.boxWidth(), max(1, body-4))
	}
}

// boxWidth is the room inside the box of a dialog.
func (m *Model) boxWidth() int { return min(m.width-6, 110) }

// View implements tea.Model.
func (m *Model) View() string { return strings.Join(m.lines, "\n") }

// Lines is the frame line by line. It holds until the next Update.
func (m *Model) Lines() []string { return m.lines }

// edges are the lines around the view, kept while nothing that they tell of has
// changed: a cursor that moves through a table changes only its rows.
type edges struct {
	second          int64 // what they say of time is true for
	bar, keys       string
	message, status []string
	trouble         []string // in the place of the view
}

// draw brings the frame up to date.
func (m *Model) draw() {
	if second := m.env.Now().Unix(); !m.calm || second != m.edges.second {
		m.edges.second = second
		m.drawEdges()
	}
	m.lines = m.frame(m.lines[:0])
	if m.ascii {
		for i, l := range m.lines {
			m.lines[i] = toASCII(l)
		}
	}
}

func (m *Model) drawEdges() {
	if m.width == 0 || m.tooSmall() {
		return
	}
	e := &m.edges
	e.bar, _ = m.bar()
	e.keys, _ = m.keyLine()
	e.message, e.status = m.message(), m.status()
	e.trouble = nil
	if len(m.overlays) == 0 {
		e.trouble = m.trouble()
	}
}

// frame appends its lines.
func (m *Model) frame(lines []string) []string {
	switch {
	case m.width == 0:
		return lines
	case m.tooSmall():
		return append(lines, m.notice80()...)
	}
	body := m.height - topLines - bottomLines
	lines = append(lines, m.edges.bar)
	if text := m.edges.trouble; text != nil {
		lines = append(lines, text...)
	} else {
		lines = append(lines, linesOf(m.stack[len(m.stack)-1])...)
	}
	for len(lines) < topLines+body {
		lines = append(lines, "")
	}
	lines = lines[:topLines+body]
	if n := len(m.overlays); n > 0 {
		lines = m.cover(lines, m.overlays[n-1])
	}
	// What does not fit into its line covers the last rows.
	e := &m.edges
	lines = append(lines[:m.height-len(e.message)-len(e.status)-1], e.message...)
	return append(append(lines, e.status...), e.keys)
}

// linesOf is what a view shows, by lines.
func linesOf(v views.View) []string {
	if v, ok := v.(views.Lined); ok {
		return v.Lines()
	}
	return strings.Split(v.View(), "\n")
}

// notice80 is what a terminal that is too small shows.
func (m *Model) notice80() []string {
	text := fmt.Sprintf("ec2deck needs a terminal of %d×%d; this one is %d×%d. Make it larger, or q to quit.", leastWidth, leastHeight, m.width, m.height)
	lines := wrap(text, max(1, m.width))
	return lines[:min(len(lines), max(1, m.height))]
}

// bar is the top line: the tables on the left, the scopes on the right.
func (m *Model) bar() (string, []spot) {
	right := m.where()
	if label := m.policy.Label(); label != "" {
		right = m.env.Theme.Tone(theme.Good).Render(label) + "  " + right
	}
	warning, alarm := m.warning()
	if warning != "" {
		right = m.env.Theme.Tone(theme.Bad).Render(warning) + "  " + right
	}
	left, spots := m.tabLine(m.width-ansi.StringWidth(right)-2, alarm)
	gap := m.width - ansi.StringWidth(left) - ansi.StringWidth(right)
	line := left + strings.Repeat(" ", max(1, gap)) + right
	if alarm {
		return m.env.Theme.Alarm.Render(cut(ansi.Strip(line), m.width)), spots
	}
	return cut(line, m.width), spots
}

// mostSkew is how far the clock may be off without a word.
const mostSkew = time.Minute

// warning is what has to be said of the scopes that are open, and whether one
// of them is production.
func (m *Model) warning() (text string, alarm bool) {
	var said []string
	scopes := m.env.Session.Scopes()
	names := map[string]int{}
	for _, s := range scopes {
		names[s.Profile]++
		at := m.policy.At(s)
		alarm = alarm || at.Production
		word := ""
		if at.Production {
			word = "PRODUCTION"
		}
		for _, c := range m.policy.CautionsAt(s) {
			word = cmp.Or(c.Warning, word)
		}
		if at.By != nil {
			word = strings.TrimSpace(word + " read-only")
		}
		if word != "" && !slices.Contains(said, s.Profile+": "+word) {
			said = append(said, s.Profile+": "+word)
		}
	}
	if len(names) == 1 { // which the line names anyway
		for i, s := range said {
			_, said[i], _ = strings.Cut(s, ": ")
		}
	}
	if skew := m.env.Session.Calls().Skew().Abs(); skew >= mostSkew {
		said = append(said, "the clock is off by "+views.Age(skew))
	}
	return strings.Join(slices.Compact(said), " · "), alarm
}

// numberKey is the key of a table by its place; those after the ninth have none.
func numberKey(i int) string {
	if i >= 9 {
		return ""
	}
	return fmt.Sprint(i + 1)
}

// where names the scopes: the one, or how many.
func (m *Model) where() string {
	scopes := m.env.Session.Scopes()
	switch len(scopes) {
	case 0:
		for _, p := range m.profiles {
			if !p.opened {
				return "connecting…"
			}
		}
		return "not connected"
	case 1:
		account := m.env.Session.Account(scopes[0].Profile)
		if account == "" {
			account = "account unknown"
		}
		name := scopes[0].Profile + " " + account + " " + scopes[0].Region
		return m.env.Theme.Tone(views.ScopeTone(m.policy, scopes[0])).Render(name)
	}
	profiles, regions := map[string]bool{}, map[string]bool{}
	for _, s := range scopes {
		profiles[s.Profile], regions[s.Region] = true, true
	}
	return plural(len(profiles), "profile") + ", " + plural(len(regions), "region")
}

// message is what is under way and what happened last. An error is shown
// whole until the next key.
func (m *Model) message() []string {
	th := m.env.Theme
	if m.notice.tone == theme.Bad && !m.notice.seen {
		return m.whole(th.Tone(theme.Bad), strings.TrimSpace(m.progress()+" "+sign(theme.Bad)+m.notice.text), 5)
	}
	text := m.progress()
	if text != "" {
		text = th.Tone(theme.Busy).Render(text) + "  "
	}
	if m.notice.text != "" {
		mark := ""
		if m.notice.tone == theme.Bad {
			mark = sign(theme.Bad)
		}
		text += th.Tone(m.notice.tone).Render(mark + m.notice.text)
	}
	return []string{cut(text, m.width)}
}

// whole wraps a text into a few lines; what is still left over is in the messages.
func (m *Model) whole(paint theme.Paint, text string, most int) []string {
	lines := wrap(strings.TrimSpace(text), m.width)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = ansi.Truncate(lines[most-1], m.width-20, "") + "… (" + m.env.Keys.Messages.Help().Key + " shows all)"
	}
	for i, l := range lines {
		lines[i] = paint.Render(l)
	}
	return lines
}

// sign stands before the status, so that its colour is not needed.
func sign(t theme.Tone) string {
	switch t {
	case theme.Good:
		return "● "
	case theme.Busy:
		return "◌ "
	case theme.Bad:
		return "! "
	}
	return ""
}

// failures are those of the open view and of the profiles that could not be opened.
func (m *Model) failures() (out []views.Failure, waiting []string) {
	v := m.stack[len(m.stack)-1]
	if f, ok := v.(views.Failing); ok {
		out, waiting = f.Failures(), f.Waiting()
	} else if s := v.Status(); s.Tone == theme.Bad {
		out = append(out, views.Failure{Brief: s.Text, Whole: s.Text})
	}
	for _, name := range m.env.Session.Profiles() {
		if p := m.profile(name); p.err != nil {
			code := ""
			if e := awsops.AsError(p.err); e != nil {
				code = e.Code
			}
			out = append(out, views.Failure{Brief: strings.TrimSpace(name + " " + code), Whole: strings.TrimSpace(name + " " + p.err.Error())})
		}
	}
	return out, waiting
}

// dataStatus is the status of the open view, or what has failed.
func (m *Model) dataStatus() views.Status {
	failed, waiting := m.failures()
	if len(failed) == 0 {
		return m.stack[len(m.stack)-1].Status()
	}
	text := views.Told(failed, waiting)
	if len(failed) > 1 {
		text += " (" + m.env.Keys.Messages.Help().Key + " shows all)"
	}
	return views.Status{Text: text, Tone: theme.Bad}
}

func (m *Model) status() []string {
	s := m.dataStatus()
	if m.trouble() != nil {
		s = views.Status{}
	}
	return m.whole(m.env.Theme.Tone(s.Tone), sign(s.Tone)+awsops.Clean(s.Text), 3)
}

// keyLine is the last line: what can be pressed here, and where it stands.
func (m *Model) keyLine() (string, []spot) {
	th, k := m.env.Theme, m.env.Keys
	bindings := m.top().Help()
	var last []key.Binding
	if len(m.overlays) == 0 && !m.top().Typing() {
		last = []key.Binding{k.Palette, k.Help}
		if _, table := m.top().(views.Selector); table {
			bindings = append(bindings[:len(bindings):len(bindings)], k.Mark, k.Open, k.Sort, k.Columns, k.Refresh)
			last = append([]key.Binding{k.Filter}, last...)
		}
	}
	wide := func(x key.Binding) int { return ansi.StringWidth(x.Help().Key) + 1 + ansi.StringWidth(x.Help().Desc) }
	room := m.width - 2
	for i, x := range last {
		room -= wide(x) + []int{0, 2}[min(i, 1)]
	}
	used := 0
	var b strings.Builder
	var spots []spot
	put := func(x key.Binding) {
		h := x.Help()
		spots = append(spots, spotOf(x, used, wide(x)))
		used += wide(x) + 2
		b.WriteString(h.Key + " " + th.Tone(theme.Faint).Render(h.Desc) + "  ")
	}
	for _, x := range bindings {
		if used+wide(x)+2 > room {
			break
		}
		put(x)
	}
	for _, x := range last {
		put(x)
	}
	if len(last) > 0 {
		return strings.TrimSuffix(b.String(), "  "), spots
	}
	return b.String(), spots
}

// cover puts the box of a dialog over the middle of the screen.
func (m *Model) cover(lines []string, v views.View) []string {
	style := m.env.Theme.Box
	if d, ok := v.(dialog); ok && d.dangerous() {
		style = m.env.Theme.DangerBox
	}
	inner := strings.Split(strings.TrimRight(v.View(), "\n"), "\n")
	if most := max(1, len(lines)-3); len(inner) > most {
		inner = inner[:most]
	}
	for i, l := range inner {
		inner[i] = cut(l, m.boxWidth())
	}
	box := strings.Split(style.Width(m.boxWidth()+2).Render(strings.Join(inner, "\n")), "\n")
	top := max(1, (len(lines)-len(box))/3)
	left := strings.Repeat(" ", max(0, (m.width-m.boxWidth()-4)/2))
	out := append([]string{}, lines...)
	for i, l := range box {
		if top+i < len(out) {
			out[top+i] = left + l
		}
	}
	return out
}

// trouble is the screen without a connection: what is wrong and what to do.
func (m *Model) trouble() []string {
	if len(m.env.Session.Scopes()) > 0 {
		return nil
	}
	th := m.env.Theme
	var lines []string
	if m.policy.Shut != "" {
		lines = append(lines, "")
		for _, l := range wrap(m.policy.Shut, m.width-4) {
			lines = append(lines, "  "+th.Tone(theme.Bad).Render(l))
		}
		return lines
	}
	for _, name := range m.env.Session.Profiles() {
		p := m.profile(name)
		if !p.opened {
			return []string{"", "  Looking for credentials…"}
		}
		if p.err != nil {
			lines = append(lines, "")
			for i, l := range wrap(p.err.Error(), m.width-4) {
				paint := th.Tone(theme.Plain)
				if i == 0 {
					paint = th.Tone(theme.Bad)
				}
				lines = append(lines, "  "+paint.Render(l))
			}
		}
	}
	return append(lines, "",
		"  What you can do:",
		"    aws configure                 store an access key",
		"    aws sso login --profile NAME  sign in again",
		"    ec2deck --profile NAME        use a profile of ~/.aws/config",
		"    ec2deck --demo                try the program on a built-in account",
		"",
		"  "+m.env.Keys.Refresh.Help().Key+" tries again, "+m.env.Keys.Quit.Help().Key+" quits.")
}

func cut(s string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(s, width, "…")
}

func wrap(s string, width int) []string { return views.Wrap(s, max(1, width)) }
