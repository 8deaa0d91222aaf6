package awsops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Finding is what one check of the self-check found.
type Finding struct {
	Check   string // what was looked at
	Text    string // what is the case
	Verdict Verdict
	Hint    string // what to do, where there is something
	Err     error  // of a failure, for the exit code
}

// Verdict says how bad a finding is.
type Verdict int

// The verdicts.
const (
	Fine Verdict = iota
	Doubtful
	Failing
)

// String is the verdict as a word.
func (v Verdict) String() string { return [...]string{"ok", "warning", "failed"}[v] }

// The skew of the clock that is worth a word, and the one that AWS refuses.
const (
	someSkew = 30 * time.Second
	mostSkew = 5 * time.Minute
)

// checker is a self-check of one profile on its way.
type checker struct {
	session *Session
	ctx     context.Context
	profile string
	tell    func(Finding)
	now     func() time.Time
}

// SelfCheck looks at everything that has to be right for a profile: its
// credentials, the way to EC2, the clock, the region and, by dry runs, the
// permissions. It changes nothing.
func (s *Session) SelfCheck(ctx context.Context, profile string, now func() time.Time, tell func(Finding)) {
	c := &checker{s, ctx, profile, tell, now}
	scopes, err := s.Open(ctx, profile)
	if err != nil {
		c.fail("credentials", err)
		return
	}
	c.credentials(scopes[0])
	c.route()
	for _, at := range scopes {
		client, err := s.Client(at)
		if err != nil {
			c.fail("region "+at.Region, err)
			continue
		}
		if c.way(client, at) && c.reach(client, at) {
			c.rights(client, at)
		}
	}
}

func (c *checker) ok(check, format string, args ...any) {
	c.tell(Finding{Check: check, Text: fmt.Sprintf(format, args...)})
}

// fail tells an error: its words, and what to do about it.
func (c *checker) fail(check string, err error) {
	f := Finding{Check: check, Text: err.Error(), Verdict: Failing, Err: err}
	if e := AsError(err); e != nil {
		f.Text, f.Hint = strings.TrimSuffix(e.Code+": "+e.Message, ": "), e.Hint
		if e.RequestID != "" {
			f.Text += ", request " + e.RequestID
		}
	}
	c.tell(f)
}

// credentials tells where they come from and how long they last. What they
// are is nobody's business.
func (c *checker) credentials(at Scope) {
	c.session.mu.Lock()
	cfg := c.session.profiles[at.Profile]
	c.session.mu.Unlock()
	found, err := cfg.Credentials.Retrieve(c.ctx)
	if err != nil {
		c.fail("credentials", c.session.noCredentials(c.ctx, c.profile, err))
		return
	}
	account, err := c.session.Identify(c.ctx, at)
	if err != nil || account == "" {
		account = "unknown"
	}
	text := fmt.Sprintf("profile %s, from %s, account %s", at.Profile, found.Source, account)
	if found.CanExpire {
		left := found.Expires.Sub(c.now()).Round(time.Minute)
		text += fmt.Sprintf(", for %s more", left)
		if left < 15*time.Minute {
			c.tell(Finding{Check: "credentials", Text: text, Verdict: Doubtful, Hint: "Sign in again before a longer work: `aws sso login`."})
			return
		}
	}
	c.ok("credentials", "%s", text)
}

// route tells where EC2 is.
func (c *checker) route() {
	c.ok("endpoint", "%s", cmp.Or(c.session.settings.of(c.profile).Endpoint, "EC2's own"))
}

// reach asks for the regions, which every account may do where it may do
// anything: name, connection, encryption, signature and clock are tried.
func (c *checker) reach(client *ec2.Client, at Scope) bool {
	begin := c.now()
	in := &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)}
	out, err := client.DescribeRegions(c.ctx, in)
	if err != nil {
		e := explain(err, "describe-regions", at.Region, false)
		e.Hint = strings.TrimSpace(e.Hint + " To try it without this program: " + commandLine("DescribeRegions", in, at) + endpointOption(c.session.Way(at.Profile).Endpoint))
		c.fail("answer of "+at.Region, e)
		if late := (*skewed)(nil); errors.As(err, &late) {
			c.clock(late.by, true)
		}
		return e.Class == Denied && e.Code == "UnauthorizedOperation" // then it is there
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	c.ok("answer of "+at.Region, "in %d ms, request %s", c.now().Sub(begin).Milliseconds(), id)
	c.clock(awsmiddleware.GetAttemptSkew(out.ResultMetadata))
	i := slices.IndexFunc(out.Regions, func(r types.Region) bool { return aws.ToString(r.RegionName) == at.Region })
	switch {
	case i < 0:
		c.tell(Finding{Check: "region " + at.Region, Text: "is not among the account's regions", Verdict: Doubtful, Hint: "Check --region; `ec2deck run describe-regions` lists them."})
	case aws.ToString(out.Regions[i].OptInStatus) == "not-opted-in":
		c.tell(Finding{Check: "region " + at.Region, Text: "is not enabled for the account", Verdict: Failing, Hint: "Enable it in the account's settings, or choose another --region.", Err: &Error{Class: Refused, Code: "NotOptedIn"}})
	default:
		c.ok("region "+at.Region, "is enabled (%s)", aws.ToString(out.Regions[i].OptInStatus))
	}
	return true
}

// clock compares the answer's time with ours.
func (c *checker) clock(skew time.Duration, known bool) {
	if !known {
		c.tell(Finding{Check: "clock", Text: "the answer does not tell the time", Verdict: Doubtful})
		return
	}
	skew = skew.Round(time.Second)
	switch text := fmt.Sprintf("differs by %s from AWS", skew.Abs()); {
	case skew.Abs() >= mostSkew:
		c.tell(Finding{Check: "clock", Text: text, Verdict: Failing, Hint: "Synchronise it (NTP): AWS refuses requests from another time.", Err: &Error{Class: Denied, Code: "ClockSkew"}})
	case skew.Abs() >= someSkew:
		c.tell(Finding{Check: "clock", Text: text, Verdict: Doubtful, Hint: "Synchronise it (NTP) before AWS refuses requests."})
	default:
		c.ok("clock", "agrees with AWS within %s", max(time.Second, skew.Abs()))
	}
}

// rights tries by dry runs, which EC2 judges and does not carry out.
func (c *checker) rights(client *ec2.Client, at Scope) {
	var may, mayNot []string
	hint := ""
	dry := aws.Bool(true)
	try := func(action string, err error) {
		e := explain(err, optionName(action), at.Region, false)
		switch {
		case err == nil || e.Code == "DryRunOperation":
			may = append(may, action)
		case e.Code == "UnauthorizedOperation":
			mayNot, hint = append(mayNot, action), "Ask for ec2:"+strings.Join(append(mayNot, action), ", ec2:")+", if you need them."
		default:
			c.fail("permission "+action+" in "+at.Region, e)
		}
	}
	_, err := client.DescribeInstances(c.ctx, &ec2.DescribeInstancesInput{DryRun: dry})
	try("DescribeInstances", err)
	_, err = client.DescribeVolumes(c.ctx, &ec2.DescribeVolumesInput{DryRun: dry})
	try("DescribeVolumes", err)
	_, err = client.DescribeSecurityGroups(c.ctx, &ec2.DescribeSecurityGroupsInput{DryRun: dry})
	try("DescribeSecurityGroups", err)
	if id := c.anInstance(client); id != "" {
		_, err = client.StartInstances(c.ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}, DryRun: dry})
		try("StartInstances", err)
		_, err = client.StopInstances(c.ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}, DryRun: dry})
		try("StopInstances", err)
		_, err = client.RebootInstances(c.ctx, &ec2.RebootInstancesInput{InstanceIds: []string{id}, DryRun: dry})
		try("RebootInstances", err)
	}
	if len(may) > 0 {
		c.ok("permissions in "+at.Region, "%s", strings.Join(may, ", "))
	}
	if len(mayNot) > 0 {
		c.tell(Finding{Check: "permissions in " + at.Region, Text: "not permitted: " + strings.Join(mayNot, ", "), Verdict: Doubtful, Hint: hint})
	}
}

// anInstance is some instance to try dry runs on, or "".
func (c *checker) anInstance(client *ec2.Client) string {
	out, err := client.DescribeInstances(c.ctx, &ec2.DescribeInstancesInput{
		MaxResults: aws.Int32(5), Filters: filtersOn("instance-state-name", "running"),
	})
	if err != nil {
		return "" // told already
	}
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			return aws.ToString(i.InstanceId)
		}
	}
	return ""
}
