package awsops

import "strings"

// Asking says whether those who change something are asked why.
type Asking int

// The ways to ask.
const (
	NotAsked Asking = iota
	MayTell         // the question may be left empty
	MustTell        // a change without a reason is refused
)

// mostReason is the length of a reason.
const mostReason = 500

// CheckReason is the rule about a reason.
func CheckReason(reason string) error {
	if len(reason) > mostReason {
		return &InputError{Field: "reason", Value: reason[:20] + "…", Rule: "is longer than 500 bytes"}
	}
	return nil
}

// AsksReason says whether the screen asks why, before a change: not when the
// whole session has one reason.
func (s *Session) AsksReason() Asking {
	if s.settings.Reason != "" {
		return NotAsked
	}
	return s.settings.AskReason
}

// reasoned gives a request the session's reason, if it has none of its own.
func (s *Session) reasoned(r Request) (Request, error) {
	if r.Reason = strings.TrimSpace(r.Reason); r.Reason == "" {
		r.Reason = s.settings.Reason
	}
	if err := CheckReason(r.Reason); err != nil {
		return r, err
	}
	info := r.Operation.Info()
	if r.Reason == "" && s.settings.AskReason == MustTell && !r.DryRun && info.RiskOf(r.Values) > Reads {
		return r, &Error{Operation: info.Name, Class: Forbidden, Code: "NoReason", Message: info.Name + " needs a reason here", Hint: "Say why with --reason TEXT."}
	}
	return r, nil
}
