package awsops

import "slices"

// Caution is what holds in the scopes of a named connection.
type Caution struct {
	Connection, Profile string
	// Regions are those of the connection; empty is all.
	Regions    []string
	Production bool
	ReadOnly   bool
	Hint       string // what to do about ReadOnly
	// Warning is what the screen says while the connection is open.
	Warning string
}

func (c Caution) names(region string) bool {
	return len(c.Regions) == 0 || slices.Contains(c.Regions, AllRegions) || slices.Contains(c.Regions, region)
}

// CautionsAt are the cautions of a scope: those that name its region, or else all of
// its profile, since another region of a production account is no playground.
func (p Policy) CautionsAt(s Scope) []Caution {
	var near, exact []Caution
	for _, r := range p.Cautions {
		if named(r.Profile) != named(s.Profile) {
			continue
		}
		near = append(near, r)
		if r.names(s.Region) {
			exact = append(exact, r)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return near
}

// At is the policy in one scope: the strictest of the session's and its cautions.
func (p Policy) At(s Scope) Policy {
	for _, r := range p.CautionsAt(s) {
		p.Production = p.Production || r.Production
		if r.ReadOnly && !p.ReadOnly() {
			p.Refuses, p.By = Changes, &r
		}
	}
	return p
}
