package awsops

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Offered lists the profiles that the session could open, by name: those of a
// role, those that are made up, or those that the operator's files know.
func (s *Session) Offered() []string {
	policy := s.Policy()
	var names []string
	for _, p := range s.Profiles() {
		names = append(names, named(p))
	}
	for name := range s.settings.Keys {
		names = append(names, named(name))
	}
	if s.settings.Known != nil {
		names = append(names, s.settings.Known()...)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return policy.coversProfile(name) != nil })
}

// Reachable lists the scopes that a profile could have now: its enabled
// regions, as far as the policy covers them.
func (s *Session) Reachable(ctx context.Context, profile string) ([]Scope, error) {
	if err := s.offers(profile); err != nil {
		return nil, err
	}
	cfg, _, err := s.signIn(ctx, s.chain(profile))
	if err != nil {
		return nil, err
	}
	regions, err := s.enabledRegions(ctx, cfg, profile)
	if err != nil {
		return nil, err
	}
	policy := s.Policy()
	var out []Scope
	for _, region := range regions {
		if at := (Scope{Profile: profile, Region: region}); policy.covers(at) == nil {
			out = append(out, at)
		}
	}
	return out, nil
}

// Attach adds a scope to the live set. The other scopes do not notice.
func (s *Session) Attach(ctx context.Context, scope Scope) error {
	if err := s.offers(scope.Profile); err != nil {
		return err
	}
	if err := s.Policy().covers(scope); err != nil {
		s.shutOut(scope, err)
		return err
	}
	cfg, account, err := s.signIn(ctx, s.chain(scope.Profile))
	if err != nil {
		return err
	}
	s.keep(scope.Profile, cfg, account, []string{scope.Region})
	return nil
}

// Detach takes a scope out of the live set. What is under way in it goes on.
func (s *Session) Detach(scope Scope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = slices.DeleteFunc(slices.Clone(s.scopes), func(at Scope) bool { return at == scope })
}

// Way is how a profile is reached now.
func (s *Session) Way(profile string) Connection {
	o := s.settings.of(profile)
	return Connection{o.Regions, o.Endpoint, o.Proxy}
}

// Trial is a session of one profile by itself, reached in another way. What it
// asks is logged as this session's.
func (s *Session) Trial(profile string, way Connection) *Session {
	settings := s.settings
	settings.Profiles, settings.Connections = []string{s.chain(profile)}, nil
	settings.Regions, settings.Endpoint, settings.Proxy = way.Regions, way.Endpoint, way.Proxy
	trial := NewSession(settings)
	s.mu.Lock()
	defer s.mu.Unlock()
	trial.roles = maps.Clone(s.roles) // whose codes have been given
	return trial
}

// Trials are trials of what is open, and of what was to be opened and could not
// be: what a self-check looks at without changing what is open.
func (s *Session) Trials() []*Session {
	regions, names := map[string][]string{}, []string{}
	scopes := s.Scopes()
	for _, at := range scopes {
		regions[at.Profile] = append(regions[at.Profile], at.Region)
	}
	for _, p := range s.Profiles() {
		s.mu.Lock()
		_, opened := s.profiles[named(p)]
		s.mu.Unlock()
		if !opened || len(regions[named(p)]) > 0 {
			names = append(names, named(p))
		}
	}
	for _, at := range scopes {
		if !slices.Contains(names, at.Profile) {
			names = append(names, at.Profile)
		}
	}
	var out []*Session
	for _, name := range names {
		way := s.Way(name)
		if open := regions[name]; len(open) > 0 {
			way.Regions = open
		}
		out = append(out, s.Trial(name, way))
	}
	return out
}

// Renew takes up other credentials of a profile whose own EC2 has refused, as
// they are in the AWS files after a new sign-in.
func (s *Session) Renew(ctx context.Context, profile string) error {
	if limit := s.settings.Timeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	_, err := s.again(ctx, profile)
	return err
}

// Reconnect goes on with the open scopes of a profile on the way that it has
// now, where the account may be another.
func (s *Session) Reconnect(ctx context.Context, profile string) error {
	s.mu.Lock()
	delete(s.accounts, profile)
	s.mu.Unlock()
	scopes, err := s.again(ctx, profile)
	for _, at := range scopes {
		_, _ = s.Identify(ctx, at) // an account that stays unknown shows as such
	}
	return err
}

// again signs in anew for the open scopes of a profile.
func (s *Session) again(ctx context.Context, profile string) ([]Scope, error) {
	cfg, account, err := s.signIn(ctx, s.chain(profile))
	if err != nil {
		return nil, err
	}
	var regions []string
	for _, at := range s.Scopes() {
		if at.Profile == profile {
			regions = append(regions, at.Region)
		}
	}
	return s.keep(profile, cfg, account, regions), nil
}

// offers refuses a profile that the session was not given.
func (s *Session) offers(profile string) error {
	offered := s.Offered()
	if slices.Contains(offered, profile) {
		return nil
	}
	if err := s.Policy().coversProfile(profile); err != nil {
		s.shutOut(Scope{Profile: profile}, err)
		return err
	}
	return &Error{Operation: "open", Class: BadInput, Code: "NoProfile", Message: "there is no profile " + profile + " here", Hint: "There are: " + strings.Join(offered, ", ") + "."}
}

// chain is the profile as the SDK knows it: the default chain has no name,
// unless the session was told one.
func (s *Session) chain(name string) string {
	if name == named("") && slices.Contains(s.Profiles(), "") {
		return ""
	}
	return name
}
