package awsops

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Confirmation is how firmly a person said yes.
type Confirmation int

// The confirmations, each stronger than the one before.
const (
	Unconfirmed Confirmation = iota
	SaidYes                  // one key, or --yes
	SaidTwice                // a second step with another label
	Typed                    // the ID, or the verb and the count
)

// levels are the words for the confirmations, from the first on.
func levels() []string { return []string{"yes", "twice", "typed"} }

// Raise says that a risk, or an operation, takes at least this confirmation. It
// never lowers what the risk takes anyway: whoever can write a configuration
// could then make a terminate one key.
type Raise struct {
	Of string // a risk or an operation, by its name
	To Confirmation
}

// NewRaise reads a Raise, and refuses one that would lower or say nothing.
func NewRaise(of, level string) (Raise, error) {
	risk, known := Reads, false
	for r := Changes; r <= Destroys; r++ {
		if r.String() == of {
			risk, known = r, true
		}
	}
	if op, ok := Find(of); ok {
		risk, known = op.Info().Risk, true
	}
	to := Confirmation(slices.Index(levels(), level) + 1)
	switch {
	case !known:
		return Raise{}, fmt.Errorf("%q is neither a risk that is confirmed (change, disrupt, destroy) nor an operation", of)
	case risk == Reads:
		return Raise{}, fmt.Errorf("%s changes nothing and is not confirmed", of)
	case to == Unconfirmed:
		return Raise{}, errors.New("choose one of " + strings.Join(levels(), ", "))
	case to < Confirmation(risk):
		return Raise{}, fmt.Errorf("%s takes %s anyway: a configuration can raise a confirmation, and not lower it", of, levels()[risk-1])
	}
	return Raise{of, to}, nil
}

// raised is what the policy makes of the confirmation that a risk takes.
func (p Policy) raised(operation string, risk Risk) Confirmation {
	need := Confirmation(risk)
	for _, r := range p.Raises {
		if r.Of == operation || r.Of == risk.String() {
			need = max(need, r.To)
		}
	}
	if p.Production {
		need = min(need+1, Typed)
	}
	return need
}

// String is the Raise as NewRaise reads it, with = between its parts.
func (r Raise) String() string { return r.Of + "=" + levels()[r.To-1] }
