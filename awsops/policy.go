package awsops

import (
	"fmt"
	"slices"
	"strings"
)

// Policy is what a session may do. The zero value allows everything.
type Policy struct {
	// Role is what gives these rights; "" is a session that nobody has limited
	// but its own operator.
	Role string
	// Shut says why nothing at all may be done any more; "" is open.
	Shut string
	// Profiles and Regions are those that may be used; empty is all.
	Profiles, Regions []string
	// Refuses is the least risk that is refused: Changes is read-only. Reads,
	// the zero value, refuses nothing.
	Refuses Risk
	// Tags narrows everything to what carries them.
	Tags TagLimit
	// Production raises every confirmation by one.
	Production bool
	// Raises are confirmations that are firmer than the risk asks for.
	Raises []Raise
	// Cautions say more about some scopes; see At.
	Cautions []Caution
	// By is the one that made it read-only, in what At returns.
	By *Caution
}

// Fixed is a policy that stays.
func Fixed(p Policy) func() Policy { return func() Policy { return p } }

// ReadOnly says that no change is allowed.
func (p Policy) ReadOnly() bool { return p.Refuses == Changes }

// Label says in a few words what may be done; "" is everything.
func (p Policy) Label() string {
	var parts []string
	if p.Role != "" {
		parts = append(parts, p.Role)
	}
	switch {
	case p.ReadOnly():
		parts = append(parts, "read-only")
	case p.Refuses != Reads:
		parts = append(parts, "up to "+(p.Refuses-1).String())
	}
	if len(p.Tags) > 0 {
		parts = append(parts, p.Tags.String())
	}
	return strings.Join(parts, ", ")
}

// Narrowed is what both policies allow; the role is that of p.
func (p Policy) Narrowed(by Policy) Policy {
	if p.Refuses == Reads || by.Refuses != Reads && by.Refuses < p.Refuses {
		p.Refuses = by.Refuses
	}
	p.Production = p.Production || by.Production
	p.Raises = append(slices.Clip(p.Raises), by.Raises...)
	p.Cautions = append(slices.Clip(p.Cautions), by.Cautions...)
	return p
}

// covers says why a scope is beyond the policy, or nil.
func (p Policy) covers(s Scope) error {
	if err := p.coversProfile(s.Profile); err != nil {
		return err
	}
	if len(p.Regions) == 0 || slices.Contains(p.Regions, AllRegions) || slices.Contains(p.Regions, s.Region) {
		return nil
	}
	return p.beyond("region "+s.Region, p.Regions)
}

func (p Policy) coversProfile(name string) error {
	if p.Shut != "" {
		return &Error{Class: Forbidden, Code: "NoRole", Message: p.Shut, Hint: "Ask whoever runs this server."}
	}
	if len(p.Profiles) == 0 || slices.Contains(p.Profiles, named(name)) {
		return nil
	}
	return p.beyond("profile "+named(name), p.Profiles)
}

func (p Policy) beyond(what string, has []string) error {
	return &Error{Class: Forbidden, Code: "RoleScope", Message: what + " is beyond the role " + p.Role, Hint: "It has " + strings.Join(has, ", ") + "."}
}

// allows says why a call of this risk is refused, or nil.
func (p Policy) allows(operation string, risk Risk) error {
	switch {
	case p.Shut != "":
		return p.coversProfile("")
	case p.Refuses == Reads || risk < p.Refuses:
		return nil
	case p.By != nil:
		return &Error{Operation: operation, Class: Forbidden, Code: "ReadOnly", Message: operation + " is refused: the connection " + p.By.Connection + " is read-only", Hint: p.By.Hint}
	case p.Role == "" && p.ReadOnly():
		return &Error{Operation: operation, Class: Forbidden, Code: "ReadOnly", Message: operation + " is refused: this session is read-only", Hint: "Start without --read-only to change things."}
	}
	return &Error{
		Operation: operation, Class: Forbidden, Code: "RoleRisk",
		Message: fmt.Sprintf("%s is refused: its risk is %q and the role %s ends at %q", operation, risk, p.Role, p.Refuses-1),
		Hint:    "Ask for another role, or dry-run it to see that it would work.",
	}
}

// named is the profile's name; the default chain is called default.
func named(profile string) string {
	if profile == "" {
		return "default"
	}
	return profile
}
