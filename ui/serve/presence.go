package serve

import (
	"fmt"
	"time"
)

// The kinds of sessions.
const (
	kindScreen  = "screen"
	kindCommand = "command"
)

// Presence is a session that is going on.
type Presence struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	User        string    `json:"user"`
	Role        string    `json:"role"`
	Fingerprint string    `json:"fingerprint"`
	CA          string    `json:"ca"`
	Principals  []string  `json:"principals"`
	Remote      string    `json:"remote"`
	Kind        string    `json:"kind"` // screen or command
	Since       time.Time `json:"since"`
	Idle        float64   `json:"idle_seconds"` // since the last key of a screen
	Term        string    `json:"term"`
	Width       int       `json:"width"` // 0 without a terminal
	Height      int       `json:"height"`
}

// enter lets a session in, or says why not and what to do.
func (s *server) enter(v *visit, who Session) error {
	if s.Admit != nil {
		if err := s.Admit(who); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own := 0
	for _, other := range s.present {
		if other.who.Name == who.Name {
			own++
		}
	}
	l := s.Limits
	switch {
	case l.SessionsPerUser > 0 && own >= l.SessionsPerUser:
		return fmt.Errorf("%s may have no more than %d sessions at a time here: leave one with q, and log in again", who.Name, l.SessionsPerUser)
	case l.Sessions > 0 && len(s.present) >= l.Sessions:
		return fmt.Errorf("this server takes no more than %d sessions at a time, and has them: try again later, or ask its operator to raise --max-sessions", l.Sessions)
	}
	s.present = append(s.present, v)
	s.tidy.Reset(tidyAfter)
	s.tally.session(v.kind)
	return nil
}

func (s *server) leave(v *visit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.present {
		if other == v {
			s.present = append(s.present[:i:i], s.present[i+1:]...)
			s.tidy.Reset(tidyAfter)
			return
		}
	}
}

// presences lists who is there, in the order of coming.
func (s *server) presences() []Presence {
	s.mu.Lock()
	visits := s.present[:len(s.present):len(s.present)]
	s.mu.Unlock()
	list := make([]Presence, len(visits))
	for i, v := range visits {
		list[i] = v.presence()
	}
	return list
}

func (v *visit) presence() Presence {
	w := v.who
	p := Presence{
		ID: w.ID, Name: w.Name, User: w.User, Fingerprint: w.Fingerprint, CA: w.CA, Principals: w.Principals,
		Remote: w.Remote, Kind: v.kind, Since: v.begin, Term: w.Term,
	}
	if v.server.Role != nil {
		p.Role = v.server.Role(w)
	}
	if v.kind == kindScreen {
		p.Idle = time.Since(v.lastKey()).Seconds()
	}
	if v.pty {
		size := v.window()
		p.Width, p.Height = size.Width, size.Height
	}
	return p
}
