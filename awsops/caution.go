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
	// Warning is what the screen says while the connection is open, and Colour
	// is that of its name.
	Warning, Colour string
	// Raises are the confirmations that are firmer here.
	Raises []Raise
	// Launch is what launches begin with.
	Launch Values
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
		p.Raises = append(slices.Clip(p.Raises), r.Raises...)
		if r.ReadOnly && !p.ReadOnly() {
			p.Refuses, p.By = Changes, &r
		}
	}
	return p
}

// Colour is the colour of a scope's name, or "".
func (p Policy) Colour(s Scope) string {
	for _, c := range p.CautionsAt(s) {
		if c.Colour != "" {
			return c.Colour
		}
	}
	return ""
}

// Begin fills what a launch leaves open with what its connection says. What a
// launch template brings stays as it is.
func (p Policy) Begin(info Info, at Scope, v Values) Values {
	if !info.Launches() || v.Get("launch-template") != "" {
		return v
	}
	for _, c := range p.CautionsAt(at) {
		for name, values := range c.Launch {
			_, given := v[name] // perhaps as nothing
			if _, takes := info.Field(name); takes && !given {
				v = v.With(name, values...)
			}
		}
	}
	return v
}
