//go:build !unix

package ui

import tea "github.com/charmbracelet/bubbletea"

// watches says that a system tells of a terminal's new size. Here Bubble Tea's
// own renderer asks for it.
const watches = false

func (t *Terminal) watch(*tea.Program) func() { return func() {} }

func canStop() bool { return false }
