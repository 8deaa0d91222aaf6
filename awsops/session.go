package awsops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ec2deck/awsops/journal"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// Scope is where rows live and operations run: a profile in a region. The
// account is a fact about the profile; see Session.Account.
type Scope struct {
	Profile string `json:"profile"`
	Region  string `json:"region"`
}

// String names the scope for people; without a region it is the profile.
func (s Scope) String() string { return strings.TrimSpace(s.Profile + " " + s.Region) }

// Settings are what a session is made of. Nothing in them is read from the
// environment except by the SDK's default chain.
type Settings struct {
	// Profiles names the profiles of the AWS files; empty is the default chain.
	Profiles []string
	// Chain names the profile that the environment gives the default chain, so
	// that what holds for that profile holds there too; empty is none.
	Chain string
	// Regions names regions; empty is the profile's own, "all" every enabled one.
	Regions []string
	// Home is where to ask when nothing names a region; empty is us-east-1.
	Home string
	// Endpoint replaces EC2's own address.
	Endpoint string
	// Proxy is host:port; empty leaves it to the environment.
	Proxy string
	// Connections say otherwise for some profiles, by their names; it may be nil.
	// It is asked whenever a profile is opened.
	Connections func(profile string) Connection
	// Disk keeps what hardly changes; it may be nil.
	Disk *Disk
	// Presets are inputs of launches, by name.
	Presets []Preset
	// Timeout bounds one call; 0 is no limit.
	Timeout time.Duration
	// Policy tells what the session may do now; nil allows everything. It is
	// asked at every decision and so can change while the session lives.
	Policy func() Policy
	// Journal records every change before it is asked for, and its outcome; nil
	// records nothing. Who is the person that the records name.
	Journal journal.Sink
	Who     journal.Who
	Now     func() time.Time // the journal's clock
	// Reason is why the session changes things, where a request does not say it
	// itself; AskReason says whether there has to be one.
	Reason    string
	AskReason Asking
	// Inventory takes what workflows have brought into being and ended, as
	// something to be written as JSON; it may be nil.
	Inventory func(asset any) error
	// Outlive lets a change that is recorded go on when its session ends, so
	// that what came of it is recorded too.
	Outlive bool
	// Meter counts the requests; nil counts nothing.
	Meter *Meter
	// Calls keeps what this session asks of AWS; nil keeps nothing.
	Calls *Calls
	// Keys replaces the AWS files and the default chain: credentials by profile.
	Keys map[string]aws.CredentialsProvider
	// ReadFile reads a file of the operator's, for operations that need one.
	// nil refuses them: the session runs on another machine than its operator.
	ReadFile func(path string) ([]byte, error)
	// Known lists the profiles of the operator's files, for the choice of scopes;
	// nil offers only those that the session was started with.
	Known func() []string
	// HTTPClient replaces the network.
	HTTPClient aws.HTTPClient
	// Shared is what this session has in common with others; nil is nothing.
	Shared *Shared
}

// Connection is the way to one profile; what is empty is as for the others.
type Connection struct {
	Regions         []string
	Endpoint, Proxy string
}

// of is the settings for a profile.
func (s Settings) of(profile string) Settings {
	if s.Connections == nil {
		return s
	}
	c := s.Connections(named(profile))
	if len(c.Regions) > 0 {
		s.Regions = c.Regions
	}
	s.Endpoint, s.Proxy = cmp.Or(c.Endpoint, s.Endpoint), cmp.Or(c.Proxy, s.Proxy)
	return s
}

// AllRegions as a region means every region that is enabled.
const AllRegions = "all"

// fallbackRegion is used when nothing names a region; the catalogue's last resort.
const fallbackRegion = "us-east-1"

// hardlyChanges is the age at which an answer about the account itself will do.
const hardlyChanges = 5 * time.Minute

// Session is what one person works with: profiles, the scopes found in them,
// their clients and the policy. It is safe for concurrent use.
type Session struct {
	settings Settings

	mu       sync.Mutex
	profiles map[string]aws.Config
	accounts map[string]string
	scopes   []Scope
	clients  map[Scope]*ec2.Client
	codes    map[string]string    // of MFA devices, by profile; used once
	devices  map[string]MFADevice // that a code is needed of
	roles    map[string]aws.CredentialsProvider
}

// NewSession makes a session without any I/O; Open does that.
func NewSession(s Settings) *Session {
	if s.Policy == nil {
		s.Policy = Fixed(Policy{})
	}
	if s.Home == "" {
		s.Home = fallbackRegion
	}
	return &Session{settings: s, profiles: map[string]aws.Config{}, accounts: map[string]string{}, clients: map[Scope]*ec2.Client{},
		codes: map[string]string{}, devices: map[string]MFADevice{}, roles: map[string]aws.CredentialsProvider{}}
}

// Profiles lists the profiles to open, in order: those that were named, or
// those of the role. "" is the default chain.
func (s *Session) Profiles() []string {
	policy := s.Policy()
	switch {
	case policy.Shut != "":
		return nil
	case len(s.settings.Profiles) > 0:
		return slices.DeleteFunc(slices.Clone(s.settings.Profiles), func(p string) bool { return policy.coversProfile(p) != nil })
	case len(policy.Profiles) > 0:
		profiles := slices.Clone(policy.Profiles)
		if k := slices.Index(profiles, named("")); k >= 0 && s.settings.Chain == "" {
			profiles[k] = "" // the chain has the profile of that name, and more
		}
		return profiles
	}
	return []string{s.settings.Chain}
}

// Policy is what the session may do now.
func (s *Session) Policy() Policy { return s.settings.Policy() }

// Calls is what the session asked of AWS lately; nil where that is not kept.
func (s *Session) Calls() *Calls { return s.settings.Calls }

// Open finds the credentials and regions of one profile and returns its
// scopes. It can be called again, for instance after a new sign-in.
func (s *Session) Open(ctx context.Context, profile string) ([]Scope, error) {
	policy := s.Policy()
	if err := policy.coversProfile(profile); err != nil {
		s.shutOut(Scope{Profile: named(profile)}, err)
		return nil, err
	}
	cfg, account, err := s.signIn(ctx, profile)
	if err != nil {
		return nil, err
	}
	regions := s.settings.of(profile).Regions
	if len(regions) == 0 {
		regions = policy.Regions
	}
	if slices.Contains(regions, AllRegions) {
		if regions, err = s.enabledRegions(ctx, cfg, profile); err != nil {
			return nil, err
		}
	}
	if len(regions) == 0 {
		regions = []string{cfg.Region}
	}
	scopes := s.keep(profile, cfg, account, regions)
	within := slices.DeleteFunc(scopes, func(at Scope) bool { return policy.covers(at) != nil })
	if len(within) == 0 {
		beyond := Scope{Profile: named(profile), Region: regions[0]}
		err := policy.covers(beyond)
		s.shutOut(beyond, err)
		return nil, err
	}
	return within, nil
}

// signIn connects a profile, and says which account its credentials name, if
// they do. All that is asked over the connection is counted and logged.
func (s *Session) signIn(ctx context.Context, profile string) (cfg aws.Config, account string, err error) {
	cfg, drop, err := s.connect(ctx, profile)
	if err != nil {
		return cfg, "", explain(err, "open", cfg.Region, false)
	}
	cfg = s.settings.Calls.logged(s.settings.Meter.metered(cfg, named(profile)), named(profile), s.settings.of(profile).Endpoint)
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		drop()
		return cfg, "", s.noCredentials(ctx, profile, err)
	}
	return cfg, credentials.AccountID, nil
}

// keep remembers an opened profile and its scopes.
func (s *Session) keep(profile string, cfg aws.Config, account string, regions []string) []Scope {
	name := named(profile)
	s.mu.Lock()
	defer s.mu.Unlock()
	if account != "" {
		s.accounts[name] = account
	}
	var scopes []Scope
	for _, region := range regions {
		scope := Scope{Profile: name, Region: region}
		s.clients[scope] = s.newClient(cfg, scope)
		scopes = append(scopes, scope)
		if !slices.Contains(s.scopes, scope) {
			s.scopes = append(s.scopes, scope)
		}
	}
	s.profiles[name] = cfg
	return scopes
}

func (s *Session) newClient(cfg aws.Config, scope Scope) *ec2.Client {
	return ec2.NewFromConfig(cfg, clientOptions(s.settings.of(scope.Profile)), func(o *ec2.Options) { o.Region = scope.Region }, s.guarded(cfg, scope.Profile))
}

func (s *Session) config(ctx context.Context, profile string) (aws.Config, error) {
	client := s.settings.HTTPClient
	if client == nil {
		client = newHTTPClient(s.settings.of(profile).Proxy)
	}
	if s.settings.Keys != nil {
		keys, ok := s.settings.Keys[profile]
		if !ok {
			return aws.Config{}, &Error{Operation: "open", Class: BadInput, Code: "NoProfile", Message: fmt.Sprintf("there is no profile %q here", profile)}
		}
		return aws.Config{Region: s.settings.Home, Credentials: aws.NewCredentialsCache(keys), HTTPClient: client, Logger: logging.Nop{}}, nil
	}
	// The SDK would write its warnings to standard error, across the screen. A
	// role is asked for in some region too.
	role := ""
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(client), config.WithLogger(logging.Nop{}), config.WithDefaultRegion(s.settings.Home), s.withCodes(named(profile), &role)}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if calls := s.settings.Calls; calls != nil && s.settings.Shared == nil { // a shared connection is nobody's own
		options = append(options, config.WithAPIOptions([]func(*middleware.Stack) error{calls.taps(named(profile), "")}))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	cfg.APIOptions = nil // they were for what finds the credentials
	if role != "" {
		cfg.Credentials = s.roleOf(role, cfg.Credentials)
	}
	return cfg, err
}

func (s *Session) noCredentials(ctx context.Context, profile string, err error) error {
	if ctx.Err() != nil {
		return explain(ctx.Err(), "open", "", false)
	}
	if code := (*needsCode)(nil); errors.As(err, &code) {
		return explain(err, "open", "", false)
	}
	e := &Error{Operation: "open", Err: err}
	if !e.noIssuer(err) {
		e.Class, e.Code, e.Message, e.Hint = Denied, "NoCredentials", credentialWords(err), credentialHint(err)
	}
	if profile != "" {
		e.Message = "profile " + profile + ": " + e.Message
		e.Hint = strings.Replace(e.Hint, "aws sso login", "aws sso login --profile "+profile, 1)
	}
	return e
}

func (s *Session) enabledRegions(ctx context.Context, cfg aws.Config, profile string) ([]string, error) {
	out, err := ec2.NewFromConfig(cfg, clientOptions(s.settings.of(profile))).DescribeRegions(Accept{Age: hardlyChanges}.In(ctx), &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, explain(err, "describe-regions", cfg.Region, false)
	}
	var regions []string
	for _, r := range out.Regions {
		regions = append(regions, aws.ToString(r.RegionName))
	}
	slices.Sort(regions)
	return regions, nil
}

// Account is the account of a profile, as far as it is known.
func (s *Session) Account(profile string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[profile]
}

// Identify finds the account of a scope's profile. Credentials name it
// sometimes; else the owner of the group that every VPC has does.
func (s *Session) Identify(ctx context.Context, scope Scope) (string, error) {
	if account := s.Account(scope.Profile); account != "" {
		return account, nil
	}
	s.mu.Lock()
	cfg, known := s.profiles[scope.Profile]
	s.mu.Unlock()
	if err := s.Policy().covers(scope); err != nil || !known {
		return "", err
	}
	// That group need not be within the tags of a role.
	client := ec2.NewFromConfig(cfg, clientOptions(s.settings.of(scope.Profile)), func(o *ec2.Options) { o.Region = scope.Region })
	out, err := client.DescribeSecurityGroups(Accept{Age: hardlyChanges}.In(ctx), &ec2.DescribeSecurityGroupsInput{
		Filters: filtersOn("group-name", "default"), MaxResults: aws.Int32(5),
	})
	if err != nil {
		return "", explain(err, "account-id", scope.Region, false)
	}
	if len(out.SecurityGroups) == 0 {
		return "", nil
	}
	account := aws.ToString(out.SecurityGroups[0].OwnerId)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[scope.Profile] = account
	return account, nil
}

// identifyLimit bounds what a record waits for its account.
const identifyLimit = 3 * time.Second

// identified tries to know the account of a scope before it is recorded. One
// that stays unknown holds up nothing.
func (s *Session) identified(ctx context.Context, scope Scope) {
	ctx, cancel := context.WithTimeout(ctx, identifyLimit)
	defer cancel()
	_, _ = s.Identify(ctx, scope)
}

// Scopes lists the scopes that have been opened and may be used now, in the
// order of opening.
func (s *Session) Scopes() []Scope {
	policy := s.Policy()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.scopes), func(at Scope) bool { return policy.covers(at) != nil })
}

// Client is the EC2 client of a scope, as far as the policy covers it now.
func (s *Session) Client(scope Scope) (*ec2.Client, error) {
	if err := s.Policy().covers(scope); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	client, ok := s.clients[scope]
	if !ok {
		return nil, &Error{Class: BadInput, Code: "NoScope", Message: "there is no connection to " + scope.String(), Err: errors.ErrUnsupported}
	}
	return client, nil
}
