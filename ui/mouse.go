package ui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/theme"
	"ec2deck/views"
)

// spot is a part of a line that can be clicked.
type spot struct {
	from, to int // columns; to is behind it
	key      string
}

// at is what stands in a column, or "".
func at(spots []spot, x int) string {
	if i := slices.IndexFunc(spots, func(s spot) bool { return s.from <= x && x < s.to }); i >= 0 {
		return spots[i].key
	}
	return ""
}

// onMouse takes a click or a turn of the wheel.
func (m *Model) onMouse(msg tea.MouseMsg) tea.Cmd {
	event := tea.MouseEvent(msg)
	if event.Action != tea.MouseActionPress || m.tooSmall() {
		return nil
	}
	if event.IsWheel() {
		return m.onWheel(msg)
	}
	if event.Button != tea.MouseButtonLeft {
		return nil
	}
	m.notice.seen, m.danger = true, false
	bottom := len(m.message()) + len(m.status()) + 1
	switch {
	case event.Y == m.height-1:
		_, spots := m.keyLine()
		return m.click(at(spots, event.X))
	case len(m.overlays) > 0:
		return nil
	case event.Y == 0 && !m.top().Typing():
		_, spots := m.bar()
		if tab := at(spots, event.X); tab != "" {
			return m.switchTo(tab)
		}
	case event.Y >= topLines && event.Y < m.height-bottom:
		msg.Y -= topLines
		return m.toTop(msg)
	}
	return nil
}

// onWheel moves what the pointer is over; in dialogs it is the arrow keys.
func (m *Model) onWheel(msg tea.MouseMsg) tea.Cmd {
	if _, table := m.top().(views.Selector); table {
		msg.Y -= topLines
		return m.toTop(msg)
	}
	up, down := tea.KeyMsg{Type: tea.KeyUp}, tea.KeyMsg{Type: tea.KeyDown}
	if k := m.env.Keys; len(m.overlays) == 0 { // a text, whose keys may be others
		up, _ = pressOf(k.Up.Keys()[0])
		down, _ = pressOf(k.Down.Keys()[0])
	}
	switch msg.Button {
	case tea.MouseButtonWheelUp:
		return m.toTop(up)
	case tea.MouseButtonWheelDown:
		return m.toTop(down)
	}
	return nil
}

// click presses a key of the last line. It says yes to nothing: the second
// half of a double click would.
func (m *Model) click(name string) tea.Cmd {
	if _, asks := m.top().(*confirm); asks && !slices.Contains(m.env.Keys.No.Keys(), name) && name != "" {
		m.say("a click confirms nothing: press the key", theme.Busy)
		return nil
	}
	if press, ok := pressOf(name); ok {
		return m.onKey(press)
	}
	return nil
}

// pressOf is the message of a key, by its name.
func pressOf(name string) (tea.KeyMsg, bool) {
	named := map[string]tea.KeyType{
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "insert": tea.KeyInsert,
	}
	if kind, ok := named[name]; ok {
		return tea.KeyMsg{Type: kind}, true
	}
	if name == " " || name == "space" {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}, true
	}
	if r := []rune(name); len(r) == 1 {
		return tea.KeyMsg{Type: tea.KeyRunes, Runes: r}, true
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 {
		return tea.KeyMsg{Type: tea.KeyCtrlA + tea.KeyType(letter[0]-'a')}, true
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "f")); err == nil && n >= 1 && n <= 20 {
		return tea.KeyMsg{Type: tea.KeyF1 - tea.KeyType(n-1)}, true // the types of keys with names count down
	}
	return tea.KeyMsg{}, false
}

// mouseHelp is the part of the help about the mouse.
func (m *Model) mouseHelp() []string {
	if !m.mouse {
		return nil
	}
	return []string{
		"", m.env.Theme.Heading.Render("Mouse"),
		"  click            a row, a column title, a table above, a key below",
		"  wheel            moves through rows, details and texts",
		"  shift            with it the terminal selects text as usual",
	}
}

// spotOf is where a binding stands in the last line.
func spotOf(b key.Binding, from, width int) spot {
	if len(b.Keys()) == 0 {
		return spot{}
	}
	return spot{from, from + width, b.Keys()[0]}
}
