//go:build unix

package ui

import (
	"os"
	"os/signal"
	"syscall"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// watches says that a system tells of a terminal's new size.
const watches = true

// watch tells the program of a new size, and of having been stopped from
// elsewhere, until the function that it returns is called.
func (t *Terminal) watch(p *tea.Program) func() {
	if f, ok := t.Out.(term.File); !ok || !term.IsTerminal(f.Fd()) {
		return func() {}
	}
	told, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(told, syscall.SIGWINCH, syscall.SIGCONT)
	go func() {
		for {
			select {
			case <-ended:
				return
			case s := <-told:
				if s == syscall.SIGCONT {
					p.Send(taken{})
				} else {
					p.Send(t.size())
				}
			}
		}
	}()
	return func() {
		signal.Stop(told)
		close(ended)
	}
}

// canStop says whether a shell is there that continues a process that stops:
// without one it would wait forever.
func canStop() bool {
	parent := os.Getppid()
	theirs, err := unix.Getsid(parent)
	ours, own := unix.Getsid(0)
	group, failed := unix.Getpgid(parent)
	return err == nil && own == nil && failed == nil && theirs == ours && group != unix.Getpgrp()
}
