package views

import (
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"

	"ec2deck/theme"
)

// formTheme is the session's own styles for the one field that is huh's: text
// of several lines.
func formTheme(th theme.Theme) *huh.Theme {
	style := func() lipgloss.Style { return th.Renderer.NewStyle() }
	t := huh.ThemeBase()
	fields := func(s *huh.FieldStyles, focused bool) {
		s.Base = style().PaddingLeft(1)
		if focused {
			s.Base = style().PaddingLeft(1).Border(lipgloss.ThickBorder(), false).BorderLeft(true)
		}
		s.Title, s.Description = style().Bold(focused), style().Faint(true)
		s.ErrorIndicator = style().Bold(true).SetString(" *")
		s.ErrorMessage = style().Bold(true).SetString(" *")
		s.TextInput.Cursor, s.TextInput.CursorText, s.TextInput.Placeholder = style(), style(), style().Faint(true)
		s.TextInput.Prompt, s.TextInput.Text = style(), style()
	}
	fields(&t.Focused, true)
	fields(&t.Blurred, false)
	t.Form = huh.FormStyles{Base: style()}
	t.Group = huh.GroupStyles{Base: style(), Title: style().Bold(true), Description: style().Faint(true)}
	t.FieldSeparator = style().SetString("\n")
	return t
}

// formKeys are huh's own without its editor, which would write the text to a
// file of the machine that serves the session.
func formKeys() *huh.KeyMap {
	keys := huh.NewDefaultKeyMap()
	keys.Text.Editor.SetEnabled(false)
	return keys
}
