package awsops

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ec2deck/awsops/cache"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Shared is what the sessions of one server have in common: the connection of
// each profile, which is one set of credentials, and the answers to reads. The
// same bytes asked of the same region over the same connection have the same
// answer, whoever asks; what a role may not see is not in the bytes that it
// asks. Sessions that share have the same Keys and HTTPClient.
type Shared struct {
	answers *cache.Cache
	loads   *cache.Cache // keeps nothing: it loads each profile once at a time

	mu          sync.Mutex
	connections map[string]*connection
	made        int
}

// mostShared bounds the bodies of the answers that are kept.
const mostShared = 64 << 20

// NewShared makes an empty one. Its clock is that of the sessions.
func NewShared(now func() time.Time) *Shared {
	return &Shared{answers: cache.New(now, mostShared), loads: cache.New(now, 0), connections: map[string]*connection{}}
}

// Accept says which shared answers will do for the reads under a context. By
// default none does: whoever decides or waits asks anew. Sessions that share
// nothing ask anew too.
type Accept struct {
	// Age is how old an answer may be.
	Age time.Duration
	// Any takes an answer of any age that others still take.
	Any bool
	// Since refuses what was asked for before it.
	Since time.Time
	// Disk has answers of earlier runs, as far as they are kept at all; it may be nil.
	Disk *Disk
	// Began is told when the requests for the answers began; it may be nil.
	Began *Began
}

// acceptKey finds an Accept in a context.
type acceptKey struct{}

// In returns a context whose reads accept these answers.
func (a Accept) In(ctx context.Context) context.Context {
	return context.WithValue(ctx, acceptKey{}, a)
}

// Began notes when requests began.
type Began struct {
	mu     sync.Mutex
	oldest time.Time
}

// Take is when the oldest request since the last Take began; it is zero
// without one, and for sessions that share nothing.
func (b *Began) Take() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.oldest
	b.oldest = time.Time{}
	return t
}

func (b *Began) note(t time.Time) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.oldest.IsZero() || t.Before(b.oldest) {
		b.oldest = t
	}
}

// connection is a loaded profile.
type connection struct {
	shared  *Shared
	key, id string
	cfg     *aws.Config
}

// connect loads a profile, or takes the connection that others have. drop is
// for one that turns out to be of no use: the next to connect loads it anew.
func (s *Session) connect(ctx context.Context, profile string) (cfg aws.Config, drop func(), err error) {
	shared := s.settings.Shared
	if shared == nil {
		cfg, err = s.config(ctx, profile)
		return cfg, func() {}, err
	}
	own := s.settings.of(profile)
	key := strings.Join([]string{profile, own.Home, own.Endpoint, own.Proxy}, "\n")
	answer, err := shared.loads.Get(ctx, key, key, cache.Want{Age: time.Hour}, func(ctx context.Context) (any, int, error) {
		if c := shared.connection(key); c != nil {
			return c, 0, nil
		}
		cfg, err := s.config(ctx, profile)
		if err != nil {
			return nil, 0, err
		}
		return shared.keep(key, &cfg), 0, nil
	})
	if err != nil {
		return aws.Config{Region: s.settings.Home}, func() {}, err
	}
	c := answer.Value.(*connection)
	return *c.cfg, c.drop, nil
}

func (s *Shared) connection(key string) *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections[key]
}

// keep makes a connection. Its number tells it from all others, those of the
// same profile with older credentials too.
func (s *Shared) keep(key string, cfg *aws.Config) *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	c := &connection{shared: s, key: key, id: strconv.Itoa(s.made), cfg: cfg}
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), c.share)
	s.connections[key] = c
	return c
}

func (c *connection) drop() {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	if c.shared.connections[c.key] == c {
		delete(c.shared.connections, c.key)
	}
}

// share stands before repetition and signing, where the request is written and
// nothing of the network has begun: what it answers costs neither the network
// nor decoding.
func (c *connection) share(stack *middleware.Stack) error {
	var size int // of this call's answer
	if err := stack.Deserialize.Add(countBody(&size), middleware.After); err != nil {
		return err
	}
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("ec2deck.Share",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			action := middleware.GetOperationName(ctx)
			group := c.id + " " + awsmiddleware.GetRegion(ctx)
			if !reads(action) {
				// Whatever came of it: what was read before may no longer be true.
				defer c.shared.answers.Changed(group)
				return next.HandleFinalize(ctx, in)
			}
			accept, ok := ctx.Value(acceptKey{}).(Accept)
			body := bodyOf(in.Request)
			if !ok || body == "" || !shareable(action, body) {
				accept.Began.note(c.shared.answers.Now())
				return next.HandleFinalize(ctx, in)
			}
			want := cache.Want{Age: accept.Age, Any: accept.Any, Since: accept.Since}
			key := group + "\n" + body
			if middleware.GetStackValue(ctx, scanKey{}) != nil {
				key += "\nscanned"
			}
			answer, err := c.shared.answers.Get(ctx, group, key, want, func(ctx context.Context) (any, int, error) {
				out, meta, err := next.HandleFinalize(ctx, in)
				id, _ := awsmiddleware.GetRequestIDMetadata(meta)
				return reply{out.Result, id, meta.Get(scannedRows{})}, size, err
			})
			if err != nil {
				c.doubt(err)
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
			accept.Began.note(answer.Began)
			return answer.Value.(reply).own()
		}), middleware.Before)
}

// doubt drops the connection when EC2 refuses its credentials, so that those
// who come after a new sign-in load it anew.
func (c *connection) doubt(err error) {
	var api smithy.APIError
	if errors.As(err, &api) && refusesKeys(api.ErrorCode()) {
		c.drop()
	}
}

// refusesKeys says whether an error is about the credentials, and not about
// what they may do.
func refusesKeys(code string) bool {
	const codes = "AuthFailure ExpiredToken ExpiredTokenException InvalidClientTokenId RequestExpired SignatureDoesNotMatch UnrecognizedClientException"
	return slices.Contains(strings.Fields(codes), code)
}

// reply is an answer as it is kept: the output of the SDK, which is everybody's
// and which nobody changes.
type reply struct {
	output    any
	requestID string
	scanned   any // the rows, where they are not in the output
}

// own is a copy for one asker: the SDK writes the metadata of the call into
// the output, next to members that only ever are read.
func (r reply) own() (middleware.FinalizeOutput, middleware.Metadata, error) {
	var meta middleware.Metadata
	awsmiddleware.SetRequestIDMetadata(&meta, r.requestID)
	if r.scanned != nil {
		meta.Set(scannedRows{}, r.scanned)
	}
	theirs := reflect.ValueOf(r.output).Elem()
	mine := reflect.New(theirs.Type())
	mine.Elem().Set(theirs)
	return middleware.FinalizeOutput{Result: mine.Interface()}, meta, nil
}

// reads says whether an action changes nothing.
func reads(action string) bool {
	return strings.HasPrefix(action, "Describe") || strings.HasPrefix(action, "Get") || strings.HasPrefix(action, "List") || strings.HasPrefix(action, "Search")
}

// keptReads are the reads of which answers are kept. User data, console output,
// passwords, and launch templates with their user data are not among them:
// nothing that may hold a secret outlives its call.
const keptReads = `DescribeAddresses DescribeAvailabilityZones DescribeBundleTasks DescribeImageAttribute DescribeImages
	DescribeInstanceAttribute DescribeInstanceStatus DescribeInstanceTypeOfferings DescribeInstanceTypes DescribeInstances
	DescribeKeyPairs DescribeLaunchTemplates DescribeNetworkInterfaces DescribeRegions
	DescribeSecurityGroupRules DescribeSecurityGroups DescribeSnapshotAttribute DescribeSnapshots
	DescribeSubnets DescribeTags DescribeVolumeStatus DescribeVolumes DescribeVolumesModifications DescribeVpcs
	GetEbsEncryptionByDefault GetImageBlockPublicAccessState GetSnapshotBlockPublicAccessState`

func shareable(action, body string) bool {
	return slices.Contains(strings.Fields(keptReads), action) && !strings.Contains(body, "Attribute=userData")
}

// bodyOf reads the written request, which is then as it was; "" if it cannot be read.
func bodyOf(request any) string {
	r, ok := request.(*smithyhttp.Request)
	if !ok || !r.IsStreamSeekable() {
		return ""
	}
	body, err := io.ReadAll(r.GetStream())
	if err != nil || r.RewindStream() != nil {
		return ""
	}
	return string(body)
}

// countBody counts the bytes of an answer as they are decoded.
func countBody(size *int) middleware.DeserializeMiddleware {
	return middleware.DeserializeMiddlewareFunc("ec2deck.CountBody",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleDeserialize(ctx, in)
			if response, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
				*size = 0
				response.Body = &countedBody{response.Body, size}
			}
			return out, meta, err
		})
}

type countedBody struct {
	io.ReadCloser
	size *int
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	*b.size += n
	return n, err
}
