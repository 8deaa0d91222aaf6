package awsops

import (
	"cmp"
	"context"
	"strings"
	"time"

	"ec2deck/awsops/journal"
)

// entry is a request in the journal: its intent, and then its outcome.
type entry struct {
	sink   journal.Sink
	record journal.Record
	begin  time.Time
	now    func() time.Time
}

// entry begins the record of a request. It is nil where nothing is recorded:
// without a journal, and for what changes nothing and hands out no secret.
func (s *Session) entry(ctx context.Context, r Request) *entry {
	info := r.Operation.Info()
	if s.settings.Journal == nil || info.Risk == Reads && info.Secret == "" {
		return nil
	}
	s.identified(ctx, r.Scope)
	return &entry{s.settings.Journal, s.describe(r), s.settings.Now(), s.settings.Now}
}

// describe is a request as the journal tells it.
func (s *Session) describe(r Request) journal.Record {
	info := r.Operation.Info()
	rec := journal.Record{
		At: s.settings.Now().UTC(), ID: journal.NewID(), Who: s.who(),
		Profile: r.Scope.Profile, Account: s.Account(r.Scope.Profile), Region: r.Scope.Region,
		Operation: info.Name, Risk: info.RiskOf(r.Values).String(), DryRun: r.DryRun, Why: cmp.Or(r.Reason, s.settings.Reason), Targets: r.Targets(), Inputs: map[string][]string{},
	}
	for _, f := range info.Fields {
		if v := f.Shown(r.Values); len(v) > 0 && f.Name != info.Target() {
			rec.Inputs[f.Name] = v
		}
	}
	return rec
}

// intent makes sure that the request is recorded. It is not carried out if it
// cannot be.
func (e *entry) intent() error {
	if e == nil {
		return nil
	}
	e.record.Event = journal.Intent
	if err := e.sink.Record(e.record); err != nil {
		return &Error{
			Operation: e.record.Operation, Class: Forbidden, Code: "NotRecorded", Err: err,
			Message: e.record.Operation + " is refused, because it cannot be recorded: " + err.Error(),
			Hint:    "Nothing can be changed until the journal can be written again.",
		}
	}
	return nil
}

// outcome records what became of the request. That this fails cannot undo it,
// so it is only told.
func (e *entry) outcome(res *Result, err error) {
	if e == nil {
		return
	}
	rec := e.record
	rec.Event, rec.At = journal.Outcome, e.now().UTC()
	rec.Took = rec.At.Sub(e.begin).Milliseconds()
	rec.Result, rec.RequestID = "done", res.RequestID
	for _, it := range res.Items {
		switch {
		case it.Err != nil:
			rec.Failed, rec.Result = append(rec.Failed, it.ID), "partly"
			rec.Code, rec.Reason = it.Err.Code, it.Err.Message
		case len(rec.Targets) == 0:
			rec.Made = append(rec.Made, it.ID)
		}
	}
	if failure := AsError(err); failure != nil {
		rec.Code, rec.Reason, rec.RequestID = failure.Code, failure.Message, failure.RequestID
		rec.Result = map[Class]string{Unknown: "unknown", Refused: "refused", Denied: "refused", Forbidden: "refused"}[failure.Class]
	} else if err != nil {
		rec.Result, rec.Reason = "", err.Error()
	}
	if rec.Result == "" {
		rec.Result = "failed"
	}
	if lost := e.sink.Record(rec); lost != nil && err == nil {
		res.Message = "its outcome could not be recorded: " + lost.Error()
	}
}

// refused records that a request was not allowed.
func (s *Session) refused(r Request, err error) {
	e := AsError(err)
	if s.settings.Journal == nil || e == nil || e.Class != Forbidden {
		return
	}
	if r.Scope == (Scope{}) {
		r.Scope = s.wouldAsk()
	}
	rec := s.describe(r)
	rec.Event, rec.Code, rec.Reason = journal.Refusal, e.Code, e.Message
	_ = s.settings.Journal.Record(rec) // nothing happens that would have to be refused
}

// wouldAsk is where a request without a scope would have gone, as far as files
// and environment say.
func (s *Session) wouldAsk() Scope {
	var profiles []string
	for _, p := range s.Profiles() {
		profiles = append(profiles, named(p))
	}
	if len(profiles) == 0 {
		return Scope{}
	}
	regions := s.settings.of(profiles[0]).Regions
	if cfg, err := s.config(context.Background(), s.chain(profiles[0])); err == nil && len(regions) == 0 {
		regions = []string{cfg.Region}
	}
	return Scope{strings.Join(profiles, ","), strings.Join(regions, ",")}
}

// shutOut records that a scope was asked for that the role does not have.
func (s *Session) shutOut(at Scope, err error) {
	if e := AsError(err); s.settings.Journal != nil && e != nil {
		_ = s.settings.Journal.Record(journal.Record{
			At: s.settings.Now().UTC(), ID: journal.NewID(), Event: journal.Refusal, Who: s.who(),
			Profile: at.Profile, Region: at.Region, Code: e.Code, Reason: e.Message,
		})
	}
}

// who is the person of the session, in the role that they have now.
func (s *Session) who() journal.Who {
	who := s.settings.Who
	who.Role = s.Policy().Role
	return who
}
