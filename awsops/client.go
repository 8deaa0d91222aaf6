package awsops

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// newHTTPClient is the SDK's own client, so that AWS_CA_BUNDLE keeps working,
// with a proxy of ours if one is given. Otherwise the environment's counts.
func newHTTPClient(proxy string) aws.HTTPClient {
	client := awshttp.NewBuildableClient()
	if proxy == "" {
		return client
	}
	return client.WithTransportOptions(func(t *http.Transport) {
		t.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: proxy})
	})
}

// clientOptions is what every client of ours does beside the SDK's own work.
func clientOptions(s Settings) func(*ec2.Options) {
	return func(o *ec2.Options) {
		o.Retryer = retryReads()
		if s.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.Endpoint)
		}
		o.APIOptions = append(o.APIOptions, limitTime(s.Timeout), tellSkew, refuseForeignAnswers)
	}
}

// retryReads repeats a read also when its answer broke off, which the SDK's
// standard retryer does not.
func retryReads() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			var broken *smithy.DeserializationError
			if errors.As(err, &broken) {
				return aws.TrueTernary
			}
			return aws.UnknownTernary
		}))
	})
}

// retryChangesCarefully repeats a change only when EC2 said itself that it
// did not begin (throttling, no capacity), or when no connection was made.
func retryChangesCarefully(o *ec2.Options) {
	o.Retryer = retry.NewStandard(func(so *retry.StandardOptions) {
		so.Retryables = []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{},
			retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
				var op *net.OpError
				var api smithy.APIError
				switch {
				case errors.As(err, &api):
					throttled := adviceFor(api.ErrorCode(), 0).class == Throttling
					return aws.BoolTernary(throttled || api.ErrorCode() == "InsufficientInstanceCapacity")
				case errors.As(err, &op) && op.Op == "dial":
					return aws.TrueTernary
				}
				return aws.FalseTernary
			}),
		}
	})
}

// limitTime bounds one call, retries included. The SDK has no limit of its own.
func limitTime(d time.Duration) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		if d <= 0 {
			return nil
		}
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ec2deck.LimitTime",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				ctx, cancel := context.WithTimeout(ctx, d)
				defer cancel()
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
	}
}

// skewed is an error that came at another time than ours.
type skewed struct {
	error
	by time.Duration
}

// Unwrap returns the error underneath.
func (e *skewed) Unwrap() error { return e.error }

// tellSkew keeps with an error what the SDK measured of the clocks.
func tellSkew(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ec2deck.TellSkew",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleInitialize(ctx, in)
			if by, known := awsmiddleware.GetAttemptSkew(meta); known && err != nil {
				err = &skewed{err, by.Round(time.Second)}
			}
			return out, meta, err
		}), middleware.Before)
}

// recordRequestID notes the request ID of the answer, which for EC2 stands in
// a header on success.
func recordRequestID(id *string) func(*ec2.Options) {
	return func(o *ec2.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ec2deck.RecordRequestID",
				func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
					out, meta, err := next.HandleInitialize(ctx, in)
					if got, ok := awsmiddleware.GetRequestIDMetadata(meta); ok {
						*id = got
					}
					return out, meta, err
				}), middleware.After)
		})
	}
}

// NotEC2Error is an answer that does not come from EC2: a proxy's error page,
// a captive portal, or nothing at all. The SDK would take some of these for an
// empty list.
type NotEC2Error struct {
	Status int
	Text   string // the first words of the body
}

// Error says what came instead of an answer.
func (e *NotEC2Error) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("the answer (HTTP %d) is empty, not EC2's XML", e.Status)
	}
	return fmt.Sprintf("the answer (HTTP %d) is not EC2's XML but: %s", e.Status, e.Text)
}

// answerRoot is the beginning of every answer of EC2, error or not.
var answerRoot = regexp.MustCompile(`^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--[^>]*-->\s*)*<([A-Za-z]+:)?[A-Za-z]*Response[\s>/]`)

// refuseForeignAnswers looks at the first bytes of each answer, next to the wire.
func refuseForeignAnswers(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("ec2deck.RefuseForeignAnswers",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleDeserialize(ctx, in)
			response, ok := out.RawResponse.(*smithyhttp.Response)
			if err != nil || !ok {
				return out, meta, err
			}
			body := bufio.NewReaderSize(response.Body, 1024)
			head, readErr := body.Peek(512)
			if readErr != nil && !errors.Is(readErr, io.EOF) {
				return out, meta, &smithy.DeserializationError{Err: readErr, Snapshot: bytes.Clone(head)}
			}
			if !answerRoot.Match(head) {
				foreign := &NotEC2Error{Status: response.StatusCode, Text: firstWords(head, "")}
				_ = response.Body.Close()
				return out, meta, &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{Response: response, Err: foreign}}
			}
			response.Body = struct {
				io.Reader
				io.Closer
			}{body, response.Body}
			return out, meta, nil
		}), middleware.After)
}
