package awsops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/logging"
)

// Scope is where rows live and operations run: a profile in a region. The
// account is a fact about the profile; see Session.Account.
type Scope struct {
	Profile string `json:"profile"`
	Region  string `json:"region"`
}

// String names the scope for people.
func (s Scope) String() string { return s.Profile + " " + s.Region }

// Settings are what a session is made of. Nothing in them is read from the
// environment except by the SDK's default chain.
type Settings struct {
	// Profiles names the profiles of the AWS files; empty is the default chain.
	Profiles []string
	// Regions names regions; empty is the profile's own, "all" every enabled one.
	Regions []string
	// Home is where to ask when nothing names a region; empty is us-east-1.
	Home string
	// Endpoint replaces EC2's own address.
	Endpoint string
	// Proxy is host:port; empty leaves it to the environment.
	Proxy string
	// Timeout bounds one call; 0 is no limit.
	Timeout time.Duration
	// Policy is what the session may do.
	Policy Policy
	// Keys replaces the AWS files and the default chain: credentials by profile.
	Keys map[string]aws.CredentialsProvider
	// ReadFile reads a file of the operator's, for operations that need one.
	// nil refuses them: the session runs on another machine than its operator.
	ReadFile func(path string) ([]byte, error)
	// HTTPClient replaces the network.
	HTTPClient aws.HTTPClient
	// Shared is what this session has in common with others; nil is nothing.
	Shared *Shared
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
}

// NewSession makes a session without any I/O; Open does that.
func NewSession(s Settings) *Session {
	if len(s.Profiles) == 0 {
		s.Profiles = []string{""}
	}
	if s.Home == "" {
		s.Home = fallbackRegion
	}
	return &Session{settings: s, profiles: map[string]aws.Config{}, accounts: map[string]string{}, clients: map[Scope]*ec2.Client{}}
}

// Profiles lists the profiles to open, in order. "" is the default chain.
func (s *Session) Profiles() []string { return slices.Clone(s.settings.Profiles) }

// Policy is what the session may do now.
func (s *Session) Policy() Policy { return s.settings.Policy }

// Open finds the credentials and regions of one profile and returns its
// scopes. It can be called again, for instance after a new sign-in.
func (s *Session) Open(ctx context.Context, profile string) ([]Scope, error) {
	cfg, drop, err := s.connect(ctx, profile)
	if err != nil {
		return nil, explain(err, "open", cfg.Region, false)
	}
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		drop()
		return nil, s.noCredentials(ctx, profile, err)
	}
	regions := s.settings.Regions
	if slices.Contains(regions, AllRegions) {
		if regions, err = s.enabledRegions(ctx, cfg); err != nil {
			return nil, err
		}
	}
	if len(regions) == 0 {
		regions = []string{cfg.Region}
	}
	return s.keep(profile, cfg, credentials.AccountID, regions), nil
}

// keep remembers an opened profile and its scopes.
func (s *Session) keep(profile string, cfg aws.Config, account string, regions []string) []Scope {
	name := profile
	if name == "" {
		name = "default"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if account != "" {
		s.accounts[name] = account
	}
	var scopes []Scope
	for _, region := range regions {
		scope := Scope{Profile: name, Region: region}
		s.clients[scope] = s.newClient(cfg, region)
		scopes = append(scopes, scope)
		if !slices.Contains(s.scopes, scope) {
			s.scopes = append(s.scopes, scope)
		}
	}
	s.profiles[name] = cfg
	return scopes
}

func (s *Session) newClient(cfg aws.Config, region string) *ec2.Client {
	return ec2.NewFromConfig(cfg, clientOptions(s.settings), func(o *ec2.Options) { o.Region = region })
}

func (s *Session) config(ctx context.Context, profile string) (aws.Config, error) {
	client := s.settings.HTTPClient
	if client == nil {
		client = newHTTPClient(s.settings.Proxy)
	}
	if s.settings.Keys != nil {
		keys, ok := s.settings.Keys[profile]
		if !ok {
			return aws.Config{}, &Error{Operation: "open", Class: BadInput, Code: "NoProfile", Message: fmt.Sprintf("there is no profile %q here", profile)}
		}
		return aws.Config{Region: s.settings.Home, Credentials: aws.NewCredentialsCache(keys), HTTPClient: client, Logger: logging.Nop{}}, nil
	}
	// The SDK would write its warnings to standard error, across the screen.
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(client), config.WithLogger(logging.Nop{})}
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if cfg.Region == "" {
		cfg.Region = s.settings.Home
	}
	return cfg, err
}

func (s *Session) noCredentials(ctx context.Context, profile string, err error) error {
	if ctx.Err() != nil {
		return explain(ctx.Err(), "open", "", false)
	}
	e := &Error{Operation: "open", Class: Denied, Code: "NoCredentials", Message: credentialWords(err), Hint: credentialHint(err), Err: err}
	if profile != "" {
		e.Message = "profile " + profile + ": " + e.Message
		e.Hint = strings.Replace(e.Hint, "aws sso login", "aws sso login --profile "+profile, 1)
	}
	return e
}

func (s *Session) enabledRegions(ctx context.Context, cfg aws.Config) ([]string, error) {
	out, err := s.newClient(cfg, cfg.Region).DescribeRegions(Accept{Age: hardlyChanges}.In(ctx), &ec2.DescribeRegionsInput{})
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
	client, err := s.Client(scope)
	if err != nil {
		return "", err
	}
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

// Scopes lists the scopes that have been opened, in the order of opening.
func (s *Session) Scopes() []Scope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.scopes)
}

// Client is the EC2 client of a scope.
func (s *Session) Client(scope Scope) (*ec2.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	client, ok := s.clients[scope]
	if !ok {
		return nil, &Error{Class: BadInput, Code: "NoScope", Message: "there is no connection to " + scope.String(), Err: errors.ErrUnsupported}
	}
	return client, nil
}
