package awsops

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// guard is the gate's second half, next to the wire: it sees every request of
// a session as EC2 would get it, whoever made it.
type guard struct {
	session *Session
	profile string
	// client asks for tags: past the guard, and so past everything kept.
	client func(region string) *ec2.Client
}

// guarded puts the guard into a client of the session.
func (s *Session) guarded(cfg aws.Config, profile string) func(*ec2.Options) {
	g := &guard{session: s, profile: profile, client: func(region string) *ec2.Client {
		return ec2.NewFromConfig(cfg, clientOptions(s.settings.of(profile)), func(o *ec2.Options) { o.Region = region })
	}}
	return func(o *ec2.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Build.Add(g, middleware.Before) })
	}
}

// ID implements middleware.BuildMiddleware.
func (*guard) ID() string { return "ec2deck.Guard" }

// HandleBuild implements middleware.BuildMiddleware.
func (g *guard) HandleBuild(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (out middleware.BuildOutput, meta middleware.Metadata, err error) {
	scope := Scope{Profile: g.profile, Region: awsmiddleware.GetRegion(ctx)} // a copy goes to another region
	policy := g.session.Policy().At(scope)
	if err := policy.covers(scope); err != nil {
		return out, meta, err
	}
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return out, meta, fmt.Errorf("unknown request type %T", in.Request)
	}
	if policy.Refuses == Reads && len(policy.Tags) == 0 && len(policy.Regions) == 0 || request.GetStream() == nil {
		return next.HandleBuild(ctx, in) // only the presigned part of a copy has no body; it is not sent
	}
	form, err := formOf(request)
	if err != nil {
		return out, meta, err
	}
	c := &check{guard: g, ctx: ctx, scope: scope, policy: policy, action: awsmiddleware.GetOperationName(ctx), form: form}
	if err := c.pass(); err != nil {
		return out, meta, err
	}
	if len(policy.Tags) == 0 {
		return next.HandleBuild(ctx, in)
	}
	if in.Request, err = request.SetStream(strings.NewReader(form.Encode())); err != nil {
		return out, meta, err
	}
	out, meta, err = next.HandleBuild(ctx, in)
	if c.how.sift != nil && err == nil {
		out.Result, err = c.how.sift(out.Result, func(ids []string) (map[string]bool, error) { return c.covered(scope.Region, ids) })
	}
	return out, meta, err
}

// formOf reads the parameters of a request.
func formOf(request *smithyhttp.Request) (url.Values, error) {
	body, err := io.ReadAll(request.GetStream())
	if err == nil {
		err = request.RewindStream()
	}
	if err != nil {
		return nil, err
	}
	return url.ParseQuery(string(body))
}

// check is one request on its way past the guard.
type check struct {
	*guard
	ctx    context.Context
	scope  Scope
	policy Policy
	action string
	form   url.Values
	how    limited // how the action is kept within the role's tags
}

// pass says why the request may not be sent, or nil; it may change the form.
func (c *check) pass() error {
	dry := c.form.Get("DryRun") == "true"
	if !reads(c.action) && !dry {
		if err := c.policy.allows(optionName(c.action), Changes); err != nil {
			return err
		}
	}
	if from := c.form.Get("SourceRegion"); from != "" {
		if err := c.policy.covers(Scope{Profile: c.scope.Profile, Region: from}); err != nil {
			return err
		}
	}
	if len(c.policy.Tags) == 0 {
		return nil
	}
	err := c.limit()
	if why, ok := err.(outside); ok {
		return c.refused(string(why))
	}
	return err
}

// limit keeps the request within the role's tags.
func (c *check) limit() error {
	c.how = limitedActions()[c.action]
	how, tags := c.how, c.policy.Tags
	switch {
	case how.free, how.sift != nil:
		return nil
	case how.narrow && !c.single():
		return tags.narrowed(c.form)
	}
	if !reads(c.action) {
		if err := tags.keeps(c.action, c.form); err != nil {
			return err
		}
	}
	if err := c.named(len(how.makes) > 0); err != nil {
		return err
	}
	tags.tagged(how.makes, c.form)
	return nil
}

// single says that a listing names single things, and not by a filter: EC2
// answers that it does not know one, and never with an empty list.
func (c *check) single() bool {
	for name := range c.form {
		if !strings.HasPrefix(name, "Filter.") && (idShape.MatchString(c.form.Get(name)) || slices.Contains(byName(), leafOf(name))) {
			return true
		}
	}
	return false
}

// outside says why something is beyond a role's tags.
type outside string

// Error implements error.
func (o outside) Error() string { return string(o) }

func (c *check) refused(why string) error {
	return &Error{
		Operation: optionName(c.action), Class: Forbidden, Code: "RoleTags",
		Message: fmt.Sprintf("%s is refused: the role %s is limited to %s, and %s", optionName(c.action), c.policy.Role, c.policy.Tags, why),
		Hint:    "Choose only what carries these tags.",
	}
}

// ground says that an ID stands for everybody's ground, which nobody changes by
// naming it, but by tagging it: networks, kernels, AWS's address lists.
func (c *check) ground(id string) bool {
	return c.action != "CreateTags" && c.action != "DeleteTags" && slices.Contains([]string{"vpc", "subnet", "pl", "aki", "ari"}, kindOf(id))
}

// named looks up everything that the request names.
func (c *check) named(makes bool) error {
	ids := idsIn(c.form)
	others, err := c.others()
	if err != nil {
		return err
	}
	if len(ids)+others == 0 && !makes {
		return outside("it is about the whole account")
	}
	region := c.scope.Region
	if from := c.form.Get("SourceRegion"); from != "" {
		region = from
	}
	ids = slices.DeleteFunc(ids, c.ground)
	covered, err := c.covered(region, ids)
	if err != nil {
		return err
	}
	var beyond []string
	for _, id := range ids {
		if !covered[id] {
			beyond = append(beyond, id)
		}
	}
	return lacking(beyond)
}

// lacking names what is beyond the limit: one is enough to refuse all.
func lacking(beyond []string) error {
	const most = 3
	switch n := len(beyond); {
	case n == 0:
		return nil
	case n > most:
		return outside(fmt.Sprintf("%s and %d more do not carry that", strings.Join(beyond[:most], ", "), n-most))
	case n == 1:
		return outside(beyond[0] + " does not carry that")
	}
	return outside(strings.Join(beyond, ", ") + " do not carry that")
}

func kindOf(id string) string { return id[:strings.LastIndexByte(id, '-')] }
