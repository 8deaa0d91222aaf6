package serve

import "time"

// EventKind says what an event tells.
type EventKind string

// The events. A login that cannot prove who it is and one that is turned away
// at the start of its session are both refused logins.
const (
	LoggedIn       EventKind = "login"
	LoginRefused   EventKind = "login-refused"
	RequestRefused EventKind = "request-refused"
	LoggedOut      EventKind = "logout"
)

// Event is what happened at the door. What a client said is bounded in it and
// cleaned of controls.
type Event struct {
	Kind    EventKind
	At      time.Time
	Session Session       // as far as it is known; without an ID there was none
	Reason  string        // of a refusal
	Exit    int           // of a logout
	Took    time.Duration // of a logout
}

// event hands an event on.
func (s *server) event(e Event) {
	if s.Event == nil {
		return
	}
	e.At = time.Now()
	e.Session.Renderer = nil
	if err := s.Event(e); err != nil {
		s.Log.Error("an event could not be recorded", "event", string(e.Kind), "user", e.Session.User, "error", err)
	}
}

// refuse records a request that is not granted.
func (s *server) refuse(who Session, what string) {
	s.Log.Warn("refused a request", "user", who.User, "name", who.Name, "remote", who.Remote, "request", what)
	s.tally.refusal()
	s.event(Event{Kind: RequestRefused, Session: who, Reason: what})
}
