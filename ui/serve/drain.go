package serve

import (
	"context"
	"fmt"
	"time"

	"ec2deck/ui"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/ssh"
)

const (
	stopText = "The ec2deck server is stopping; this session was ended."
	busyText = "A change had no answer yet, so its outcome is not known: look at what it was to change."
)

// drain ends what is running: in order, then by force.
func (s *server) drain(front *ssh.Server) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.lobby.clear(false)
	s.Log.Info("stopping", "sessions", len(s.presences()), "grace", s.Limits.Grace.String())

	idle := make(chan struct{})
	go func() { s.visits.Wait(); close(idle) }()
	ended := within(idle, s.Limits.Grace)
	s.kill()
	if !ended {
		within(idle, s.limits.force)
	}
	_ = front.Close()
	s.lobby.clear(true)
	if !within(idle, s.limits.force) {
		s.Log.Error("sessions did not end and are left behind")
	}
}

func within(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// busy is a screen that knows whether a change is under way. It is asked from
// another goroutine than the one that updates the screen.
type busy interface{ Busy() bool }

// ending brings a screen to its end because the server wants it. A screen that
// draws for a terminal that reads nothing takes no message, so it is never
// waited for without a limit.
type ending struct {
	program *tea.Program
	busy    func() bool
	grace   time.Duration
	force   time.Duration
	kill    func()        // ends the program
	hangUp  func()        // closes the connection
	left    chan struct{} // closed when the screen has ended
	why     chan string   // the first reason
}

// notify shows a text on the screen.
func (e *ending) notify(text string) { go e.program.Send(ui.Notice{Text: text}) }

// end lets a change that is under way come to its answer, within the grace, and
// quits.
func (e *ending) end(ctx context.Context, notice, why string) {
	select {
	case e.why <- why:
	default:
	}
	limit, cancel := context.WithTimeout(ctx, e.grace)
	defer cancel()
	if e.busy() {
		e.notify(notice)
	}
	for e.busy() && pause(limit, 20*time.Millisecond) {
	}
	go e.program.Quit()
	for _, harder := range []func(){e.kill, e.hangUp} {
		if within(e.left, e.force) {
			return
		}
		harder()
	}
}

// told is why the screen was ended, or "" when it ended by itself.
func (e *ending) told() string {
	select {
	case why := <-e.why:
		return why
	default:
		return ""
	}
}

func stopNotice(grace time.Duration) string {
	return fmt.Sprintf("The server stops; what is under way has %s to finish.", words(grace))
}
