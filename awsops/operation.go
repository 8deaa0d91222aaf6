// Package awsops is what ec2deck can do with EC2, without a terminal.
//
// An [Op] declares one operation as data: its inputs with their rules, how
// dangerous it is, the SDK method that carries it out and how its answer is
// shown. Action keys, forms, the headless command, help and the wire tests
// all read that one declaration. A [Session] holds the scopes (a profile in a
// region) that the operations run in and the gate that every one of them
// passes. Errors leave this package as [*Error], with a hint for people.
package awsops

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Risk says what an operation can do to the account at worst. It decides how
// the operation is confirmed and who may run it.
type Risk int

// The risks, from harmless to irreversible.
const (
	Reads    Risk = iota // changes nothing
	Changes              // can be taken back: start, stop, reboot, tags
	Disrupts             // can lose data or open something: force stop, detach, make public
	Destroys             // cannot be taken back: terminate, delete, release
)

// String names the risk as roles and the operations list write it.
func (r Risk) String() string {
	return [...]string{"read", "change", "disrupt", "destroy"}[r]
}

// Values are the inputs of one call as a person gave them: by field name, one
// string for each value. A field that is absent takes its default.
type Values map[string][]string

// Get returns the first value of a field, or "".
func (v Values) Get(name string) string {
	if len(v[name]) == 0 {
		return ""
	}
	return v[name][0]
}

// With returns a copy in which one field has other values.
func (v Values) With(name string, values ...string) Values {
	out := make(Values, len(v)+1)
	for k, s := range v {
		out[k] = s
	}
	out[name] = values
	return out
}

// Op is one EC2 call, or a short flow of calls, declared as data. In and Out
// are pointers, as the SDK's methods take them: generic code is compiled once
// for all pointers, and once more for every struct.
type Op[In, Out any] struct {
	// Name is the operation's name in the catalogue, for example "stop-instances".
	Name string
	// Help is one line in the imperative.
	Help string
	// Noun is the kind of thing that its targets are: "instance".
	Noun string
	// Risk is the least risk of a call. A field can raise it.
	Risk Risk
	// RiskOf says what the inputs make of the risk, if they can raise it; it may be nil.
	RiskOf func(In) Risk
	// Fields are the inputs, in the order of forms and help.
	Fields []Field[In]
	// Check holds the rules across fields. It may be nil.
	Check func(In) error
	// Call is the SDK method, or a flow with the same signature.
	Call func(*ec2.Client, context.Context, In, ...func(*ec2.Options)) (Out, error)
	// Show turns the answer into named outputs, rows and items.
	Show func(Out) Result
	// Outputs names everything that Show promises, in order. The request ID,
	// which every operation has, is not listed.
	Outputs []string
	// Expect says what becomes of the targets. It is nil for reads.
	Expect *Expect
	// Foresee says what else will be lost or kept. It may be nil.
	Foresee Foresight
	// Compare says what a call with these inputs would replace. It may be nil.
	Compare Comparison
	// Secret names the output that holds a Secret, which is delivered once and
	// only where it is kept. It may be empty.
	Secret string
	// API is the EC2 action that it asks for, where that is not the name.
	API string
	// Word is the verb of its confirmation, where the first word of the name
	// would mislead. It may be empty.
	Word string
	// Workflow says that the end of the change is waited for and written down,
	// and what its target then is: "started". It may be empty.
	Workflow string
	// Await takes the place of Expect where the inputs say what is waited for.
	Await func(Values) *Expect
	// Advice replaces the general hint for codes that mean something else here.
	Advice map[string]string
	// Report says that the result can be delivered; see Delivery.
	Report bool
	// Doubt is what to look at when the outcome is unknown. It may be empty.
	Doubt string
	// Warning is what every confirmation says besides. It may be empty.
	Warning string
	// Warn adds what the confirmation says about these inputs; it may be nil.
	Warn func(In) []string
	// Example is a valid set of inputs. It drives the help and the wire tests.
	Example Values
}

// Foresight finds out, before a change, what goes with its targets: one line
// for each finding.
type Foresight func(ctx context.Context, client *ec2.Client, ids []string) ([]string, error)

// Comparison finds out, before a change, what is there now: one line for each
// finding.
type Comparison func(ctx context.Context, client *ec2.Client, v Values) ([]string, error)

// Expect says what a change makes of its targets.
type Expect struct {
	// Passing is the state that shows at once; "" leaves the row as it is.
	Passing string
	// Until lists the states in which a target has arrived.
	Until []string
	// Never lists the states from which it cannot arrive any more.
	Never []string
	// New says that the things to come are those that the call made, the items
	// of its result, and not its targets.
	New bool
	// States reads the present states by ID. An ID that EC2 no longer knows is absent.
	States func(ctx context.Context, client *ec2.Client, ids []string) (map[string]string, error)
	// Measure takes the place of States where EC2 also tells how far a change
	// has come. It may be nil.
	Measure func(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error)
	// Patience is after how long Late is said about what has not arrived; 0 is never.
	Patience time.Duration
	Late     string
}

// Standing is how far a change has come: the state, and EC2's own number.
type Standing struct {
	State   string
	Percent int
}

// standings reads the present states.
func (e *Expect) standings(ctx context.Context, client *ec2.Client, ids []string) (map[string]Standing, error) {
	if e.Measure != nil {
		return e.Measure(ctx, client, ids)
	}
	states, err := e.States(ctx, client, ids)
	out := make(map[string]Standing, len(states))
	for id, state := range states {
		out[id] = Standing{State: state}
	}
	return out, err
}

// Settled says whether a target in this state has arrived, and whether it can
// no longer arrive.
func (e *Expect) Settled(state string) (arrived, failed bool) {
	return slices.Contains(e.Until, state), slices.Contains(e.Never, state)
}

// Awaited are the IDs that a finished request is waited for.
func (e *Expect) Awaited(r Request, res Result) []string {
	if e == nil {
		return nil
	}
	ids := r.Targets()
	if e.New {
		ids = nil
		for _, it := range res.Items {
			ids = append(ids, it.ID)
		}
	}
	for _, it := range res.Failed() {
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == it.ID })
	}
	return ids
}

// Makes says whether a call brings new things into being.
func (i Info) Makes() bool { return i.Expect != nil && i.Expect.New }

// Fresh fills a field that wants a random value and has none. Whoever keeps the
// inputs of a request repeats it with the same value.
func (i Info) Fresh(v Values) Values {
	for _, f := range i.Fields {
		if f.Random && v.Get(f.Name) == "" {
			v = v.With(f.Name, newToken())
		}
	}
	return v
}

// Info is what there is to know about an operation without its types.
type Info struct {
	Name, Help, Noun  string
	Word, Secret, API string
	Report            bool
	Risk              Risk
	Fields            []FieldInfo
	Outputs           []string
	Expect            *Expect
	Await             func(Values) *Expect
	Foresee           Foresight
	Compare           Comparison
	Warning, Workflow string
	Example           Values
	judge             func(Values) (Risk, []string)
}

// Target is the field that a selection fills, or "" when there is none.
func (i Info) Target() string {
	for _, f := range i.Fields {
		if f.Target {
			return f.Name
		}
	}
	return ""
}

// Field finds an input by name.
func (i Info) Field(name string) (FieldInfo, bool) {
	k := slices.IndexFunc(i.Fields, func(f FieldInfo) bool { return f.Name == name })
	if k < 0 {
		return FieldInfo{}, false
	}
	return i.Fields[k], true
}

// RiskOf is the risk of a call with these inputs.
func (i Info) RiskOf(v Values) Risk {
	risk := i.Risk
	for _, f := range i.Fields {
		if f.Raises > risk && truth(v.Get(f.Name)) {
			risk = f.Raises
		}
	}
	raised, _ := i.judge(v)
	return max(risk, raised)
}

// Warnings is what the confirmation of a call with these inputs says.
func (i Info) Warnings(v Values) []string {
	_, warnings := i.judge(v)
	if i.Warning != "" {
		return append([]string{i.Warning}, warnings...)
	}
	return warnings
}

// Action is the name of the EC2 action: "StopInstances" for "stop-instances",
// unless it is given.
func (i Info) Action() string {
	if i.API != "" {
		return i.API
	}
	var b strings.Builder
	for part := range strings.SplitSeq(i.Name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// Verb is what the operation does: "stop", the first word of the name, unless
// it is given.
func (i Info) Verb() string {
	if i.Word != "" {
		return i.Word
	}
	verb, _, _ := strings.Cut(i.Name, "-")
	return verb
}

// Operation is an Op with its types forgotten.
type Operation interface {
	// Info describes the operation.
	Info() Info
	// Validate checks the inputs against every rule. Its errors are *InputError.
	Validate(Values) error
	// Run validates the inputs and makes the call. Its errors are *Error or *InputError.
	Run(ctx context.Context, client *ec2.Client, v Values, opts CallOptions) (Result, error)
}

// CallOptions are what a call can be asked for besides its inputs.
type CallOptions struct {
	// DryRun asks EC2 whether the call would be allowed, without making it.
	DryRun bool
	// ReadFile reads the files that fields name.
	ReadFile func(path string) ([]byte, error)

	record func(action, region string, input any) bool // sees each call, and ends it where it says so
}

// Info implements Operation.
func (o *Op[In, Out]) Info() Info {
	fields := make([]FieldInfo, len(o.Fields))
	for i, f := range o.Fields {
		fields[i] = f.info()
	}
	return Info{
		Name: o.Name, Help: o.Help, Noun: o.Noun, Risk: o.Risk, Fields: fields,
		Outputs: append([]string{"request-id"}, o.Outputs...),
		Word:    o.Word, Secret: o.Secret, API: o.API, Report: o.Report, judge: o.judge,
		Expect: o.Expect, Await: o.Await, Foresee: o.Foresee, Compare: o.Compare, Warning: o.Warning, Workflow: o.Workflow, Example: o.Example,
	}
}

// judge asks the declaration about inputs. Those that break a rule are not
// sent, so there is nothing to say about them.
func (o *Op[In, Out]) judge(v Values) (risk Risk, warnings []string) {
	if o.RiskOf == nil && o.Warn == nil {
		return Reads, nil
	}
	in, err := o.input(v)
	if err != nil {
		return Reads, nil
	}
	if o.RiskOf != nil {
		risk = o.RiskOf(in)
	}
	if o.Warn != nil {
		warnings = o.Warn(in)
	}
	return risk, warnings
}

// Validate implements Operation.
func (o *Op[In, Out]) Validate(v Values) error {
	_, err := o.input(v)
	return err
}

// input fills the call's input from the values, obeying every rule.
func (o *Op[In, Out]) input(v Values) (in In, err error) {
	parsed, err := o.Info().parse(v)
	if err != nil {
		return in, err
	}
	in = reflect.New(reflect.TypeFor[In]().Elem()).Interface().(In)
	for i, f := range o.Fields {
		if len(parsed[i]) > 0 {
			f.To.set(in, parsed[i])
		}
	}
	if o.Check != nil {
		err = o.Check(in)
	}
	return in, err
}

// parse checks the values against the rules of each field, and returns them
// normalized in the order of the fields.
func (i Info) parse(v Values) ([][]string, error) {
	for name := range v {
		if _, ok := i.Field(name); !ok {
			return nil, &InputError{Field: name, Rule: "is no input of " + i.Name}
		}
	}
	parsed := make([][]string, len(i.Fields))
	sep := i.separator(v)
	for k, f := range i.Fields {
		raw := v[f.Name]
		if sep != "" && f.Kind == KindList {
			raw = strings.Split(strings.Join(raw, sep), sep)
		}
		values, err := f.parse(raw)
		if err != nil {
			return nil, err
		}
		parsed[k] = values
	}
	return parsed, CheckDelimiters(i, v)
}

// separator is what the operator chose to stand between the members of the
// lists that he gives, or "".
func (i Info) separator(v Values) string {
	for _, f := range i.Fields {
		if f.Splits {
			return v.Get(f.Name)
		}
	}
	return ""
}

// Run implements Operation.
func (o *Op[In, Out]) Run(ctx context.Context, client *ec2.Client, v Values, opts CallOptions) (Result, error) {
	in, err := o.input(v)
	if err != nil {
		return Result{}, err
	}
	for _, f := range o.Fields {
		if f.To.load == nil || opts.record != nil { // what only writes the call down needs no file
			continue
		}
		content, err := opts.read(f.Name, v.Get(f.Name))
		if err != nil {
			return Result{}, err
		}
		f.To.load(in, content)
	}
	if opts.DryRun {
		setDryRun(in)
	}
	c := call{info: o.Info(), region: client.Options().Region, dryRun: opts.DryRun, record: opts.record, advice: o.Advice, doubt: o.Doubt}
	return c.make(func(options ...func(*ec2.Options)) (Result, error) {
		out, err := o.Call(client, ctx, in, options...)
		if err != nil {
			return Result{}, err
		}
		return o.Show(out), nil
	})
}

// read reads the file that a field names. What is in it stays hidden.
func (c CallOptions) read(field, path string) (Secret, error) {
	path = strings.TrimSpace(path)
	if path == "" {
		return Secret{}, nil
	}
	if c.ReadFile == nil {
		return Secret{}, &InputError{Field: field, Value: path, Rule: "no file can be read here"}
	}
	content, err := c.ReadFile(path)
	if err != nil {
		return Secret{}, &InputError{Field: field, Value: path, Rule: err.Error()}
	}
	return NewSecret(string(content)), nil
}

// call is one call of an operation, without its types: what is here is
// compiled once and not for every operation.
type call struct {
	info          Info
	region, doubt string
	dryRun        bool
	record        func(action, region string, input any) bool
	advice        map[string]string
}

// make makes the call and explains its outcome.
func (c call) make(do func(...func(*ec2.Options)) (Result, error)) (Result, error) {
	var requestID string
	options := []func(*ec2.Options){recordRequestID(&requestID)}
	if c.info.Risk > Reads {
		options = append(options, retryChangesCarefully)
	}
	if c.record != nil {
		options = append(options, recordInput(c.record))
	}
	res, err := do(options...)
	if input := (*InputError)(nil); errors.As(err, &input) { // found out by a flow
		return Result{}, input
	}
	if err != nil {
		e := explain(err, c.info.Name, c.region, c.info.Risk > Reads)
		if c.dryRun && e.Code == "DryRunOperation" {
			return Result{Operation: c.info.Name, RequestID: e.RequestID, Message: "permitted: the request would have succeeded"}, nil
		}
		return Result{}, c.advise(e)
	}
	res.Operation = c.info.Name
	if requestID != "" { // a flow that ended before its change tells its own
		res.RequestID = requestID
	}
	return res, nil
}

// advise puts the operation's own advice into an error.
func (c call) advise(e *Error) *Error {
	if hint := c.advice[e.Code]; hint != "" && e.Status == http.StatusBadRequest {
		e.Hint = hint
	}
	if c.info.Secret != "" {
		e = withoutBody(e)
	}
	if e.Class == Unknown && c.doubt != "" {
		e.Hint = strings.TrimSpace(e.Hint + " " + c.doubt)
	}
	return e
}

// setDryRun sets the member that every EC2 input has. Flows have it too.
func setDryRun(in any) {
	reflect.ValueOf(in).Elem().FieldByName("DryRun").Set(reflect.ValueOf(aws.Bool(true)))
}
