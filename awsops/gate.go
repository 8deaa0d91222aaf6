package awsops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Request is an operation about to run in one scope.
type Request struct {
	Operation Operation
	Scope     Scope
	Values    Values
	DryRun    bool
	// Confirmed is what the operator did; the gate knows what is needed.
	Confirmed Confirmation
	// OneByOne makes one call for each target, so that one that EC2 refuses
	// does not hold up the others.
	OneByOne bool
	// Reason is why the operator wants it, for the records.
	Reason string
	// Delivers says that the caller delivers a report; without it only showing
	// one is allowed.
	Delivers bool
	// Save is where the caller keeps a secret of the result.
	Save string

	flow *flow
}

// Info is the declaration of the operation, with what this request waits for.
func (r Request) Info() Info {
	info := r.Operation.Info()
	if info.Await != nil {
		info.Expect = info.Await(r.Values)
	}
	return info
}

// Targets are the IDs that the request is about.
func (r Request) Targets() []string {
	return targetsIn(r.Operation.Info(), r.Values)
}

// targetsIn reads the targets out of the inputs. Only a list is split: a name
// may well have blanks.
func targetsIn(info Info, v Values) []string {
	field, ok := info.Field(info.Target())
	if !ok || field.Kind == KindList {
		return idList(v[field.Name])
	}
	if s := strings.TrimSpace(v.Get(field.Name)); s != "" {
		return []string{s}
	}
	return nil
}

// LooksAhead says whether Ahead has anything to find out.
func (i Info) LooksAhead() bool { return i.Foresee != nil || i.Compare != nil }

// Ahead finds out what a change would take with it and what it would replace:
// one line for each finding.
func (r Request) Ahead(ctx context.Context, client *ec2.Client) ([]string, error) {
	info := r.Operation.Info()
	var lines []string
	if info.Foresee != nil {
		found, err := info.Foresee(ctx, client, r.Targets())
		if err != nil {
			return found, err
		}
		lines = found
	}
	if info.Compare != nil {
		found, err := info.Compare(ctx, client, r.Values)
		return append(lines, found...), err
	}
	return lines, nil
}

func idList(raw []string) []string {
	var ids []string
	for _, s := range raw {
		ids = append(ids, splitList(s)...)
	}
	return unique(ids)
}

// Phrase is what has to be typed to confirm the request at the level Typed:
// the ID of one target, or the verb and the count of several.
func (r Request) Phrase() string {
	if ids := r.Targets(); len(ids) == 1 {
		return ids[0]
	}
	return fmt.Sprintf("%s %d", r.Operation.Info().Verb(), max(1, len(r.Targets())))
}

// Need says what confirmation a request takes, or why it may not run at all.
// It is the one place that decides, for the screen, the command line and SSH,
// and a refusal is recorded.
func (s *Session) Need(r Request) (Confirmation, error) {
	info, policy := r.Operation.Info(), s.Policy().At(r.Scope)
	risk := info.RiskOf(r.Values)
	if err := s.allows(r, policy, risk); err != nil {
		s.refused(r, err)
		return 0, err
	}
	if risk == Reads || r.DryRun {
		return Unconfirmed, nil
	}
	return policy.raised(info.Name, risk), nil
}

// allows says why a request may not run at all, or nil.
func (s *Session) allows(r Request, policy Policy, risk Risk) error {
	info := r.Operation.Info()
	if err := s.Allows(info); err != nil {
		return err
	}
	if err := r.undeliverable(); err != nil {
		return err
	}
	if r.Scope != (Scope{}) {
		if err := policy.covers(r.Scope); err != nil {
			return err
		}
	}
	if r.DryRun && policy.Shut == "" {
		return nil
	}
	return policy.allows(info.Name, risk)
}

// Allows says why the session can never run an operation, or nil: a server has
// other files than those who log in to it.
func (s *Session) Allows(info Info) error {
	file := slices.IndexFunc(info.Fields, func(f FieldInfo) bool { return f.File && f.Need == Required })
	if file < 0 || s.settings.ReadFile != nil {
		return nil
	}
	return &Error{Operation: info.Name, Class: Forbidden, Code: "LocalFile", Message: info.Name + " is refused over SSH: --" + info.Fields[file].Name + " names a file of your own machine, which the server does not have", Hint: "Run ec2deck on your own machine."}
}

// batchSize is the most targets of one changing call.
const batchSize = 50

// Run passes a request through the gate, records it and carries it out, in
// batches. When some batches fail, the result's items tell which; when all do,
// the error does.
func (s *Session) Run(ctx context.Context, r Request) (Result, error) {
	info := r.Operation.Info()
	if err := r.Operation.Validate(r.Values); err != nil {
		return Result{}, err
	}
	need, err := s.Need(r)
	if err != nil {
		return Result{}, err
	}
	if r.Confirmed < need {
		return Result{}, &Error{Operation: info.Name, Class: Forbidden, Code: "NotConfirmed", Message: info.Name + " has not been confirmed", Hint: r.howToConfirm(need)}
	}
	if r, err = s.reasoned(r); err != nil {
		return Result{}, err
	}
	client, err := s.Client(r.Scope)
	if err != nil {
		return Result{}, err
	}
	e := s.entry(ctx, r)
	if err := e.intent(); err != nil {
		return Result{}, err
	}
	asked := ctx
	if e != nil && s.settings.Outlive {
		asked = context.WithoutCancel(ctx)
	}
	results := newBatches(info, r.Scope)
	for i, v := range r.batches(info) {
		if i > 0 && ctx.Err() != nil {
			results.add(v, Result{}, &Error{Operation: info.Name, Class: Cancelled, Code: "NotSent", Message: "given up before it was asked for", Err: ctx.Err()})
			continue
		}
		res, err := r.Operation.Run(asked, client, v, CallOptions{DryRun: r.DryRun, ReadFile: s.settings.ReadFile})
		results.add(v, res, err)
	}
	res, err := results.result()
	e.outcome(&res, err)
	if e != nil {
		res.entry, res.begun = e.record.ID, e.begin
	}
	if e == nil {
		s.refused(r, err)
	}
	return r.placed(res, err)
}

// howToConfirm tells a script what to add.
func (r Request) howToConfirm(need Confirmation) string {
	if need == Typed {
		return fmt.Sprintf("Add --confirm %q.", r.Phrase())
	}
	if need == SaidTwice {
		return "Add --yes twice."
	}
	return "Add --yes."
}

// batches splits the targets of a change.
func (r Request) batches(info Info) []Values {
	size := batchSize
	if r.OneByOne {
		size = 1
	}
	field := info.Target()
	ids := r.Targets()
	if info.Risk == Reads || field == "" || len(ids) <= size {
		return []Values{r.Values}
	}
	var out []Values
	for chunk := range slices.Chunk(ids, size) {
		out = append(out, r.Values.With(field, chunk...))
	}
	return out
}

// batches collects the results of the calls of one request.
type batches struct {
	info   Info
	sum    Result
	failed []error
	done   int
}

func newBatches(info Info, scope Scope) *batches {
	return &batches{info: info, sum: Result{Operation: info.Name, Scope: scope}}
}

func (b *batches) add(v Values, res Result, err error) {
	if err != nil {
		e := AsError(err)
		if e == nil {
			e = &Error{Operation: b.info.Name, Class: BadInput, Code: "BadInput", Message: err.Error(), Err: err}
		}
		b.failed = append(b.failed, err)
		for _, id := range targetsIn(b.info, v) {
			b.sum.Items = append(b.sum.Items, Item{ID: id, Err: e})
		}
		return
	}
	if b.info.Risk > Reads && len(res.Items) == 0 {
		for _, id := range targetsIn(b.info, v) { // accepted without a word about each
			res.Items = append(res.Items, Item{ID: id})
		}
	}
	b.done++
	out := &b.sum
	out.Items = append(out.Items, res.Items...)
	out.Message, out.EmptyText, out.Then, out.Lead = res.Message, res.EmptyText, res.Then, res.Lead
	if b.done == 1 {
		out.Outputs, out.Table, out.RequestID = res.Outputs, res.Table, res.RequestID
		return
	}
	out.RequestID += "," + res.RequestID
	if out.Table != nil && res.Table != nil {
		out.Table.Rows = append(out.Table.Rows, res.Table.Rows...)
	}
}

func (b *batches) result() (Result, error) {
	failed := b.sum.Failed()
	switch n := len(failed); {
	case b.done == 0 && n > 0:
		return b.sum, &Failures{failed, b.failed[0]}
	case b.done == 0:
		return b.sum, b.failed[0]
	case n > 0 && n == len(b.sum.Items) && b.info.Risk == Reads: // items are only what could not be read
		b.sum.Message = sentence(failed)
	case n > 0:
		b.sum.Message = fmt.Sprintf("%d of %d failed", n, len(b.sum.Items))
	}
	return b.sum, nil
}
