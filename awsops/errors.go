package awsops

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Class sorts errors by what a person or a script does about them.
type Class int

// The classes, and the exit code of each.
const (
	Refused    Class = 1 // EC2 said no, or part of a batch failed
	BadInput   Class = 2 // nothing was sent
	Empty      Class = 3 // nothing found, and that was asked to be an error
	Denied     Class = 4 // credentials or permissions
	Network    Class = 5 // no usable answer, and nothing can have changed
	TimedOut   Class = 6
	Forbidden  Class = 7 // policy, or not confirmed
	Unknown    Class = 8 // a change was sent and its outcome is not known
	Cancelled  Class = 9 // given up on purpose; never an exit code of its own
	Throttling Class = 10
)

// Error is what went wrong with an operation, for people and for programs.
type Error struct {
	Operation string
	Class     Class
	Code      string // EC2's code, or one of ours where EC2 gave none
	Message   string // EC2's words
	RequestID string
	Status    int    // of HTTP; 0 without an answer
	Hint      string // what to do next
	Err       error
}

// Error gives code, message, hint and request ID in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Message != "" {
		b.WriteString(" – " + e.Message)
	}
	if e.Hint != "" {
		b.WriteString(" – " + e.Hint)
	}
	if e.RequestID != "" {
		b.WriteString(" – request " + e.RequestID)
	}
	return b.String()
}

// In returns the error with a hint that names the profile to sign in with.
func (e *Error) In(s Scope) *Error {
	if e.Class != Denied || s.Profile == "" {
		return e
	}
	out := *e
	out.Hint = "Profile " + s.Profile + ": " + strings.ReplaceAll(e.Hint, "`aws sso login`", "`aws sso login --profile "+s.Profile+"`")
	return &out
}

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// AsError finds the *Error in err, or nil.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Throttled says whether EC2 asked us to slow down.
func (e *Error) Throttled() bool { return e.Class == Throttling }

// Refused says that EC2 does not take the credentials themselves, which may be
// others after a new sign-in.
func (e *Error) Refused() bool { return e != nil && refusesKeys(e.Code) }

// ExitCode is the exit code for an error of this package.
func ExitCode(err error) int {
	var input *InputError
	if err == nil {
		return 0
	}
	if errors.As(err, &input) {
		return int(BadInput)
	}
	if all := (*Failures)(nil); errors.As(err, &all) && all.unknown() {
		return int(Unknown)
	}
	if e := AsError(err); e != nil {
		switch e.Class {
		case Throttling:
			return int(Refused)
		case Cancelled:
			return int(TimedOut)
		}
		return int(e.Class)
	}
	return int(Refused)
}

// explain turns an error of the SDK into one for people. The order of the
// tests is the catalogue's 2.4.
func explain(err error, operation, region string, change bool) *Error {
	if e := AsError(err); e != nil {
		return e
	}
	e := &Error{Operation: operation, Err: err}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		e.Status, e.RequestID = response.HTTPStatusCode(), response.ServiceRequestID()
	}
	e.classify(err, region)
	if change && e.uncertain(err) {
		e.Class = Unknown
		e.Hint = "The request may have arrived: look at the targets before you repeat it. " + e.Hint
	}
	e.Hint = strings.TrimSpace(strings.ReplaceAll(e.Hint, "{region}", region))
	return e
}

func (e *Error) classify(err error, region string) {
	var (
		api     smithy.APIError
		params  smithy.InvalidParamsError
		code    *needsCode
		foreign *NotEC2Error
		broken  *smithy.DeserializationError
	)
	switch {
	case errors.Is(err, context.Canceled):
		e.Class, e.Code, e.Message = Cancelled, "Cancelled", "given up before an answer came"
	case errors.Is(err, context.DeadlineExceeded):
		e.Class, e.Code, e.Message = TimedOut, "Timeout", "no answer in time"
		e.Hint = "Try again, or allow more with --timeout."
	case errors.As(err, &code):
		code.describe(e)
	case errors.As(err, &foreign):
		e.Class, e.Code, e.Message = Network, "NotEC2", foreign.Error()
		e.Status, e.Hint = foreign.Status, "Check the proxy, the VPN, a captive portal and --endpoint-url."
	case errors.As(err, &api):
		e.api(api, region)
	case errors.As(err, &broken):
		e.Class, e.Code = Network, "BrokenAnswer"
		e.Message = "EC2's answer broke off or cannot be read: " + firstWords(broken.Snapshot, broken.Error())
		e.Hint = "Try again; if it stays, a proxy may be changing answers."
	case errors.As(err, &params):
		e.Class, e.Code, e.Message = BadInput, "InvalidParameter", err.Error()
	case strings.Contains(err.Error(), "partial credentials found"):
		e.Class, e.Code, e.Message = Denied, "HalfCredentials", "a profile has only one of aws_access_key_id and aws_secret_access_key"
		if _, name, ok := strings.Cut(err.Error(), "partial credentials found for profile "); ok {
			e.Message = strings.Replace(e.Message, "a profile", "the profile "+strings.TrimPrefix(strings.TrimSpace(name), "profile "), 1)
		}
		e.Hint = "Give both or none: run `aws configure --profile NAME`, or take the one out of ~/.aws/credentials or ~/.aws/config."
	case e.noIssuer(err):
	case noCredentials(err):
		e.Class, e.Code, e.Message = Denied, "NoCredentials", credentialWords(err)
		e.Hint = credentialHint(err)
	default:
		e.transport(err)
	}
}

func (e *Error) api(api smithy.APIError, region string) {
	e.Code, e.Message = api.ErrorCode(), api.ErrorMessage()
	a := adviceFor(e.Code, e.Status)
	e.Class, e.Hint = a.class, a.hint
	if clock := (*skewed)(nil); strings.Contains(a.hint, "clock") && errors.As(e.Err, &clock) && clock.by.Abs() >= someSkew {
		e.Hint = fmt.Sprintf("The clock differs by %.0f s from AWS. ", clock.by.Abs().Seconds()) + e.Hint
	}
	if spent := (*retry.MaxAttemptsError)(nil); a.class == Throttling && errors.As(e.Err, &spent) {
		e.Hint = fmt.Sprintf("Asked %d times. ", spent.Attempt) + e.Hint
	}
	if e.Code == "UnauthorizedOperation" {
		e.Hint = whoLacksWhat(e.Message) + e.Hint
	}
	// The SDK writes UnknownError where EC2 wrote nothing.
	if e.Code == "" || e.Code == "UnknownError" {
		e.Code = fmt.Sprintf("HTTP %d", e.Status)
	}
	if e.Message == "" || e.Message == "UnknownError" {
		e.Message = "EC2 gave no message"
	}
}

func (e *Error) transport(err error) {
	e.Class, e.Code = Network, "NoConnection"
	var (
		dns  *net.DNSError
		u    *url.Error
		op   *net.OpError
		send *smithyhttp.RequestSendError
		nerr net.Error
	)
	switch {
	case errors.As(err, &nerr) && nerr.Timeout():
		e.Class, e.Code, e.Message = TimedOut, "Timeout", "no answer in time"
		e.Hint = "Try again, or allow more with --timeout."
	case errors.As(err, &dns):
		e.Message = "the name " + dns.Name + " cannot be found"
		e.Hint = "Check network, VPN, DNS, proxy, region and --endpoint-url."
	case errors.As(err, &op), errors.As(err, &u), errors.As(err, &send):
		e.Message = "no connection: " + rootOf(err).Error()
		e.Hint = "Check network, VPN, DNS, proxy and --endpoint-url."
	default:
		e.Code, e.Message = "Failed", rootOf(err).Error()
	}
}

// uncertain says whether a change may have reached EC2 although no answer did.
func (e *Error) uncertain(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	if errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" || noCredentials(err) { // never sent
		return false
	}
	switch e.Class {
	case TimedOut, Cancelled:
		return true
	case Refused:
		// EC2 failed in the middle, unless it says that there is no capacity.
		return e.Status >= 500 && !strings.HasPrefix(e.Code, "Insufficient")
	case Network:
		return e.Code != "Failed" && (e.Status == 0 || e.Status < 300 || e.Status >= 500)
	}
	return false
}

func rootOf(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// firstWords is the beginning of a body, or otherwise if there is none.
func firstWords(body []byte, otherwise string) string {
	words := strings.Join(strings.Fields(string(body)), " ")
	if words == "" {
		return otherwise
	}
	if len(words) > 120 {
		words = strings.ToValidUTF8(words[:120], "") + "…"
	}
	return Clean(words)
}

func noCredentials(err error) bool {
	text := err.Error()
	return strings.Contains(text, "failed to refresh cached credentials") || strings.Contains(text, "get identity:") ||
		strings.Contains(text, "failed to get shared config profile") || strings.Contains(text, "static credentials are empty")
}

// noIssuer tells that the service that gives out credentials cannot be reached,
// if that is why there are none. The instance's own is missing elsewhere.
func (e *Error) noIssuer(err error) bool {
	var call *smithy.OperationError
	var send *smithyhttp.RequestSendError
	if !errors.As(err, &call) || !errors.As(err, &send) || !strings.HasPrefix(call.ServiceID, "S") || !noCredentials(err) {
		return false
	}
	e.transport(err)
	e.Message = "no credentials from " + call.ServiceID + ": " + e.Message
	e.Hint = "Check network, VPN, DNS and proxy: " + call.ServiceID + " gives out the credentials, and is asked for them before EC2."
	return true
}

func credentialWords(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "failed to get shared config profile"):
		return rootOf(err).Error()
	case strings.Contains(text, "no EC2 IMDS role found"), strings.Contains(text, "static credentials are empty"):
		return "no AWS credentials were found"
	}
	return rootOf(err).Error()
}

func credentialHint(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "failed to get shared config profile"):
		return "List the profiles with `aws configure list-profiles`, or add it with `aws configure --profile NAME`."
	case strings.Contains(text, "SSO") || strings.Contains(text, "sso"):
		return "The sign-in has expired: run `aws sso login`, then try again."
	}
	return "Run `aws configure` or `aws sso login`, set AWS_PROFILE, or try `ec2deck --demo`."
}

// whoLacksWhat reads identity, action and resource out of EC2's message.
func whoLacksWhat(message string) string {
	between := func(from, to string) string {
		_, rest, ok := strings.Cut(message, from)
		if !ok {
			return ""
		}
		s, _, _ := strings.Cut(rest, to)
		return strings.TrimSpace(s)
	}
	who, what, on := between("User: ", " is not authorized"), between("to perform: ", " "), between("on resource: ", " ")
	if who == "" || what == "" {
		return ""
	}
	s := who + " lacks " + what
	if on != "" {
		s += " on " + on
	}
	return s + ". "
}
