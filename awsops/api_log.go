package awsops

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Calls keeps what a session asked of AWS lately, each attempt with it, and
// tells a sink about it. It holds nothing secret: what could be one is left out
// before it is kept. A nil *Calls keeps nothing.
type Calls struct {
	now  func() time.Time
	most int
	sink func(line any) error

	bodies atomic.Bool  // of everything, not only of what fails
	skew   atomic.Int64 // of the last answer

	mu        sync.Mutex
	ring      []*Call // the oldest at made%most, once it is full
	made      int
	changes   int
	exchanges [mostExchanges]Exchange
	exchanged int
	lost      error
}

// mostExchanges are kept with headers and bodies.
const mostExchanges = 20

// NewCalls makes a log of the last calls. A sink, which may be nil, gets each
// when it has ended, as something to be written as JSON.
func NewCalls(now func() time.Time, most int, sink func(line any) error) *Calls {
	return &Calls{now: now, most: most, sink: sink}
}

// Call is one interaction with AWS: what was asked, and what came of it.
type Call struct {
	ID      int
	At      time.Time
	Took    time.Duration // so far, where it has not ended
	Ended   bool
	Scope   Scope
	Service string
	Action  string
	// Attempts are the requests that were sent. There are none for an answer
	// that another session had asked for.
	Attempts []Attempt
	Err      *Error

	endpoint string // "" is EC2's own
	input    any    // without secrets
}

// Attempt is one request on the wire.
type Attempt struct {
	At        time.Time
	Took      time.Duration
	Status    int // of HTTP; 0 without an answer
	RequestID string
	Code      string // of the error

	exchange int // its number, from 1; 0 without
}

// Exchange is the headers and the bodies of an attempt.
type Exchange struct {
	number            int
	Asked, Answered   http.Header
	Request, Response string
	Withheld          bool // the bodies could hold a secret
	RequestCut, Cut   bool // they were longer than is kept
}

// List is the calls that are kept, the newest first.
func (l *Calls) List() []Call {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Call, 0, len(l.ring))
	for n := range l.ring {
		c := *l.ring[(l.made-1-n)%l.most]
		if !c.Ended {
			c.Took = l.now().Sub(c.At)
		}
		out = append(out, c)
	}
	return out
}

// Version changes whenever the list does.
func (l *Calls) Version() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changes
}

// Lost says why the sink could not take a call, or nil.
func (l *Calls) Lost() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// Skew is how far the clock of AWS was ahead of ours in the last answer.
func (l *Calls) Skew() time.Duration {
	if l == nil {
		return 0
	}
	return time.Duration(l.skew.Load())
}

// Watch keeps headers and bodies of everything from now on. Those of what
// fails are kept always.
func (l *Calls) Watch() {
	if l != nil {
		l.bodies.Store(true)
	}
}

// Exchange is the headers and bodies of an attempt, as long as they are kept.
func (l *Calls) Exchange(a Attempt) (Exchange, bool) {
	if l == nil || a.exchange == 0 {
		return Exchange{}, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.exchanges[a.exchange%mostExchanges]
	return e, e.number == a.exchange
}

// add puts a call into the log.
func (l *Calls) add(c *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.ID != 0 {
		return
	}
	if len(l.ring) < l.most {
		l.ring = append(l.ring, c)
	} else {
		l.ring[l.made%l.most] = c
	}
	l.made++
	l.changes++
	c.ID = l.made
}

// attempted notes an attempt, with its headers and bodies if there are any. It
// may come after the end of the call, which another session then waits for.
func (l *Calls) attempted(c *Call, a Attempt, e *Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.Ended {
		return
	}
	if e != nil {
		l.exchanged++
		e.number, a.exchange = l.exchanged, l.exchanged
		l.exchanges[e.number%mostExchanges] = *e
	}
	l.changes++
	c.Attempts = append(c.Attempts, a)
}

// end notes what came of a call.
func (l *Calls) end(c *Call, err error) {
	failure := (*Error)(nil)
	if err != nil {
		failure = explain(err, optionName(c.Action), c.Scope.Region, false)
	}
	l.mu.Lock()
	c.Took, c.Err, c.Ended = l.now().Sub(c.At), failure, true
	l.changes++
	logged, ended := c.ID != 0, *c
	l.mu.Unlock()
	if !logged || l.sink == nil {
		return
	}
	if err := l.sink(ended.line()); err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lost = err
	}
}

// Last is the attempt that decided; it is zero where nothing was sent.
func (c Call) Last() Attempt {
	if len(c.Attempts) == 0 {
		return Attempt{}
	}
	return c.Attempts[len(c.Attempts)-1]
}

// DryRun says that the call only asked whether it would be allowed.
func (c Call) DryRun() bool {
	if c.input == nil {
		return false
	}
	f := reflect.ValueOf(c.input).Elem().FieldByName("DryRun")
	return f.IsValid() && f.Kind() == reflect.Pointer && !f.IsNil() && f.Elem().Kind() == reflect.Bool && f.Elem().Bool()
}

// Result is one word, or EC2's code.
func (c Call) Result() string {
	switch {
	case !c.Ended:
		return "under way"
	case c.Err != nil && c.Err.Code == "DryRunOperation":
		return "allowed"
	case c.Err != nil:
		return c.Err.Code
	case len(c.Attempts) == 0:
		return "shared"
	}
	return "ok"
}

// CommandLine is the call as the AWS CLI takes it; "" where it has none. A file
// stands in the place of a secret.
func (c Call) CommandLine() string {
	if c.input == nil || c.Service != "EC2" {
		return ""
	}
	line := commandLine(c.Action, c.input, c.Scope) + endpointOption(c.endpoint)
	if c.DryRun() {
		line += " --dry-run"
	}
	return line
}

// Parameters are what was asked for, by EC2's names.
func (c Call) Parameters() any {
	if c.input == nil {
		return nil
	}
	return masking(plainJSON(reflect.ValueOf(c.input)))
}

// masking puts a mark in the place of each secret, of which nothing is kept but
// that there was one.
func masking(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if v[name] = masking(member); slices.Contains(secretMembers(), name) {
				v[name] = masked
			}
		}
		if v["Attribute"] == "userData" && v["Value"] != nil {
			v["Value"] = masked
		}
	case []any:
		for i, item := range v {
			v[i] = masking(item)
		}
	}
	return v
}

// secretMembers are the members of requests that hold secrets, or addresses
// that let whoever has them in.
func secretMembers() []string {
	return []string{"UserData", "UploadPolicy", "UploadPolicySignature", "PresignedUrl"}
}

// withheld is a copy of an input that holds no secret. Where the command line
// names one, a file stands.
func withheld(input any) any {
	v := reflect.ValueOf(input)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	return copied(v).Interface()
}

func copied(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(copied(v.Elem()))
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			f := v.Type().Field(i)
			switch {
			case !f.IsExported() || v.Field(i).IsZero():
			case slices.Contains(secretMembers(), f.Name), f.Name == "Value" && aboutUserData(v):
				out.Field(i).Set(standIn(v.Field(i).Type()))
			default:
				out.Field(i).Set(copied(v.Field(i)))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(copied(v.Index(i)))
		}
		return out
	}
	return v
}

func aboutUserData(v reflect.Value) bool {
	f := v.FieldByName("Attribute")
	return f.IsValid() && f.Kind() == reflect.String && f.String() == "userData"
}

// standIn is what is kept of a secret member.
func standIn(t reflect.Type) reflect.Value {
	const file = "file://user-data"
	const encoded = "ZmlsZTovL3VzZXItZGF0YQ==" // the same, as EC2 takes it
	switch {
	case t.Kind() == reflect.Slice:
		return reflect.ValueOf([]byte(file)).Convert(t)
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.String:
		text := reflect.New(t.Elem())
		text.Elem().SetString(encoded)
		return text
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		blob := reflect.New(t.Elem())
		if f := blob.Elem().FieldByName("Value"); f.IsValid() {
			f.Set(standIn(f.Type()))
		}
		return blob
	}
	return reflect.Zero(t)
}

// callLine is a call as a file keeps it.
type callLine struct {
	At         time.Time     `json:"at"`
	Profile    string        `json:"profile"`
	Region     string        `json:"region"`
	Service    string        `json:"service"`
	Action     string        `json:"action"`
	Parameters any           `json:"parameters,omitempty"`
	Result     string        `json:"result"`
	Code       string        `json:"code,omitempty"`
	Message    string        `json:"message,omitempty"`
	Status     int           `json:"status,omitempty"`
	RequestID  string        `json:"request_id,omitempty"`
	Took       int64         `json:"duration_ms"`
	Attempts   []attemptLine `json:"attempts"`
}

type attemptLine struct {
	At        time.Time `json:"at"`
	Took      int64     `json:"duration_ms"`
	Status    int       `json:"status,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Code      string    `json:"code,omitempty"`
}

func (c Call) line() callLine {
	last := c.Last()
	l := callLine{
		At: c.At.UTC(), Profile: c.Scope.Profile, Region: c.Scope.Region, Service: c.Service, Action: c.Action, Parameters: c.Parameters(),
		Result: c.Result(), Status: last.Status, RequestID: last.RequestID, Took: c.Took.Milliseconds(), Attempts: []attemptLine{},
	}
	if c.Err != nil {
		l.Code, l.Message = c.Err.Code, c.Err.Message
		if l.Result != "allowed" {
			l.Result = "failed"
		}
	}
	for _, a := range c.Attempts {
		l.Attempts = append(l.Attempts, attemptLine{a.At.UTC(), a.Took.Milliseconds(), a.Status, a.RequestID, a.Code})
	}
	return l
}

// CallTable is calls as rows, as a file keeps them.
func CallTable(calls []Call) Table {
	var t Table
	for _, name := range []string{"time", "profile", "region", "service", "operation", "parameters", "result", "code", "message", "http-status", "request-id", "duration-ms", "tries", "attempts"} {
		t.Columns = append(t.Columns, TableColumn{Name: name, Title: name})
	}
	text := func(v any) string {
		b, _ := json.Marshal(v) // it is made of what JSON has
		return string(b)
	}
	for _, c := range calls {
		l := c.line()
		parameters := ""
		if l.Parameters != nil {
			parameters = text(l.Parameters)
		}
		t.Rows = append(t.Rows, []any{
			l.At.Format(time.RFC3339Nano), l.Profile, l.Region, l.Service, l.Action, parameters, l.Result, l.Code, l.Message,
			l.Status, l.RequestID, int(l.Took), len(l.Attempts), text(l.Attempts),
		})
	}
	return t
}

// unasked says that an error is ours: nothing was sent to AWS for it.
func unasked(err error) bool { return AsError(err) != nil || errors.Is(err, errNowhere) }

// keepsBodies says whether the bodies of a call hold nothing secret. Reads are
// those whose answers may be kept at all.
func keepsBodies(service, action, body string) bool {
	if service != "EC2" || body == "" {
		return false
	}
	if reads(action) {
		return shareable(action, body)
	}
	return action != "CreateKeyPair" && action != "ImportKeyPair" && !strings.Contains(body, "userData") &&
		!slices.ContainsFunc(secretMembers(), func(name string) bool { return strings.Contains(body, name) })
}
