package awsops

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// mostBody is how much of a body is kept.
const mostBody = 64 << 10

// tap is the log's step in one call: outside of sharing and repetition, where
// the call as a whole is seen; next to signing, where each attempt is; and next
// to the wire, where headers and bodies are.
type tap struct {
	log      *Calls
	call     *Call
	exchange *Exchange
	body     *copiedBody
}

// logged lets a log see what is asked over a profile's connection, at an endpoint
// that may be "".
func (l *Calls) logged(cfg aws.Config, profile, endpoint string) aws.Config {
	if l != nil {
		cfg.APIOptions = append(slices.Clip(cfg.APIOptions), l.taps(profile, endpoint))
	}
	return cfg
}

func (l *Calls) taps(profile, endpoint string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		t := &tap{log: l, call: &Call{Scope: Scope{Profile: profile}, endpoint: endpoint}}
		return errors.Join(stack.Initialize.Add(t, middleware.After), stack.Finalize.Add(t, middleware.After), stack.Deserialize.Add(t, middleware.After))
	}
}

// ID implements the three kinds of middleware.
func (*tap) ID() string { return "ec2deck.Calls" }

// HandleInitialize implements middleware.InitializeMiddleware.
func (t *tap) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	c := t.call
	c.At, c.Scope.Region = t.log.now(), awsmiddleware.GetRegion(ctx)
	c.Service, c.Action = awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
	if c.Service == "EC2" { // others are asked for credentials only, with secrets
		c.input = kept(c.Action, in.Parameters)
	}
	out, meta, err := next.HandleInitialize(ctx, in)
	if err == nil && reads(c.Action) || err != nil && !unasked(err) {
		t.log.add(c)
	}
	t.log.end(c, err)
	return out, meta, err
}

// kept is the input as the log keeps it. Listings go on using theirs for the
// next page.
func kept(action string, input any) any {
	v := reflect.ValueOf(input)
	if !reads(action) {
		return withheld(input)
	}
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil
	}
	out := reflect.New(v.Type().Elem())
	out.Elem().Set(v.Elem())
	return out.Interface()
}

// HandleFinalize implements middleware.FinalizeMiddleware.
func (t *tap) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	t.log.add(t.call) // so that one that hangs shows too
	a := Attempt{At: t.log.now()}
	t.exchange, t.body = nil, nil
	out, meta, err := next.HandleFinalize(ctx, in)
	a.Took = t.log.now().Sub(a.At)
	a.RequestID, _ = awsmiddleware.GetRequestIDMetadata(meta)
	if skew, ok := awsmiddleware.GetAttemptSkew(meta); ok {
		t.log.skew.Store(int64(skew))
	}
	if raw, ok := awsmiddleware.GetRawResponse(meta).(*smithyhttp.Response); ok && raw != nil && raw.Response != nil {
		a.Status = raw.StatusCode
	}
	if err != nil {
		a.fail(err)
	}
	if t.body != nil {
		t.exchange.Response, t.exchange.Cut = string(t.body.kept), t.body.cut
	}
	t.log.attempted(t.call, a, t.exchange)
	return out, meta, err
}

func (a *Attempt) fail(err error) {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		a.Status = response.HTTPStatusCode()
		if id := response.ServiceRequestID(); id != "" {
			a.RequestID = id
		}
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		a.Code = api.ErrorCode()
		return
	}
	a.Code = explain(err, "", "", false).Code
}

// HandleDeserialize implements middleware.DeserializeMiddleware.
func (t *tap) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return next.HandleDeserialize(ctx, in)
	}
	body := bodyOf(request) // which the network may still read when the answer is there
	out, meta, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if !ok || response == nil || response.Response == nil || !t.log.bodies.Load() && response.StatusCode < 400 {
		return out, meta, err
	}
	t.exchange = &Exchange{Asked: withoutKeys(request.Header), Answered: withoutKeys(response.Header)}
	if t.exchange.Withheld = !keepsBodies(t.call.Service, t.call.Action, body); !t.exchange.Withheld {
		t.exchange.Request, t.exchange.RequestCut = body[:min(len(body), mostBody)], len(body) > mostBody
		t.body = &copiedBody{ReadCloser: response.Body}
		response.Body = t.body
	}
	return out, meta, err
}

// withoutKeys is headers without what would let somebody else in.
func withoutKeys(h http.Header) http.Header {
	out := h.Clone()
	for _, name := range []string{"Authorization", "X-Amz-Security-Token", "Cookie", "Set-Cookie", "Proxy-Authorization"} {
		if len(out.Values(name)) > 0 {
			out.Set(name, masked)
		}
	}
	return out
}

// copiedBody keeps the beginning of what is read.
type copiedBody struct {
	io.ReadCloser
	kept []byte
	cut  bool
}

// Read implements io.Reader.
func (b *copiedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	room := min(n, mostBody-len(b.kept))
	b.kept = append(b.kept, p[:room]...)
	b.cut = b.cut || room < n
	return n, err
}
