package awsops_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
)

// notes is a journal in memory, which knows what had been sent at each record.
type notes struct {
	records []journal.Record
	sent    []int // changes
	bench   *bench
	err     error
}

func (n *notes) Record(r journal.Record) error {
	if n.err != nil {
		return n.err
	}
	n.records = append(n.records, r)
	sent := 0
	for _, form := range n.bench.wire.sent {
		if a := form.Get("Action"); !strings.HasPrefix(a, "Describe") && !strings.HasPrefix(a, "Get") {
			sent++
		}
	}
	n.sent = append(n.sent, sent)
	return nil
}

func recorded(t *testing.T, p awsops.Policy, change ...func(*awsops.Settings)) (*bench, *notes) {
	t.Helper()
	n := &notes{}
	b := newBench(t, func(s *awsops.Settings) {
		s.Journal, s.Who, s.Policy = n, journal.Who{Name: "ada", Key: "SHA256:x"}, awsops.Fixed(p)
		s.Now = newClock().Now
		for _, c := range change {
			c(s)
		}
	})
	n.bench = b
	return b, n
}

func TestTheIntentIsRecordedBeforeTheCall(t *testing.T) {
	b, n := recorded(t, awsops.Policy{Role: "ops"})
	res, err := b.Run(t.Context(), b.request(t, "stop-instances", ids("i-0aa00000000000001").With("force", "true")))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.records) != 2 || n.sent[0] != 0 || n.sent[1] != 1 {
		t.Fatalf("%+v, sent %v", n.records, n.sent)
	}
	intent, outcome := n.records[0], n.records[1]
	if intent.Event != journal.Intent || outcome.Event != journal.Outcome || intent.ID == "" || intent.ID != outcome.ID {
		t.Errorf("%+v", n.records)
	}
	for _, r := range n.records {
		if r.Name != "ada" || r.Role != "ops" || r.Operation != "stop-instances" || r.Risk != "disrupt" || r.Profile != "test" || r.Account != "123456789012" ||
			r.Region != "us-east-1" || !slices.Equal(r.Targets, []string{"i-0aa00000000000001"}) || r.Inputs["force"][0] != "true" {
			t.Errorf("%+v", r)
		}
	}
	if outcome.Result != "done" || outcome.RequestID != res.RequestID {
		t.Errorf("%+v", outcome)
	}
}

func TestNothingIsChangedThatCannotBeRecorded(t *testing.T) {
	b, n := recorded(t, awsops.Policy{})
	n.err = errors.New("no space left on device")
	_, err := b.Run(t.Context(), b.request(t, "stop-instances", ids("i-0aa00000000000001")))
	e := awsops.AsError(err)
	if e == nil || e.Code != "NotRecorded" || e.Class != awsops.Forbidden || !strings.Contains(e.Message, "no space left on device") || b.changed() != "" {
		t.Errorf("%v, sent %q", err, b.changed())
	}
	if _, err := b.Run(t.Context(), b.request(t, "describe-instances", nil)); err != nil {
		t.Errorf("a read needs no journal: %v", err)
	}
}

func TestEveryOutcomeIsRecorded(t *testing.T) {
	for _, test := range []struct {
		operation    string
		values       awsops.Values
		policy       awsops.Policy
		events       string
		result, code string
	}{
		{"terminate-instances", ids("i-0aa00000000000003"), awsops.Policy{}, "intent outcome", "refused", "OperationNotPermitted"},
		{"stop-instances", ids("i-0aa00000000000001"), awsops.Policy{Role: "viewer", Refuses: awsops.Changes}, "refusal", "", "RoleRisk"},
		{"stop-instances", ids("i-0aa00000000000001"), dev("nowhere"), "intent outcome", "refused", "RoleTags"},
		{"get-console-output", awsops.Values{"instance-id": {"i-0aa00000000000001"}}, dev("nowhere"), "refusal", "", "RoleTags"},
		{"describe-instances", nil, awsops.Policy{}, "", "", ""},
		{"get-password-data", awsops.Values{"instance-id": {"i-0aa00000000000006"}, "private-key-file": {"windows.pem"}}, awsops.Policy{}, "intent outcome", "*", "*"},
	} {
		b, n := recorded(t, test.policy)
		_, _ = b.Run(t.Context(), b.request(t, test.operation, test.values))
		var events []string
		for _, r := range n.records {
			events = append(events, string(r.Event))
		}
		if strings.Join(events, " ") != test.events {
			t.Errorf("%s: %v", test.operation, events)
			continue
		}
		if len(events) > 0 && test.result != "*" {
			if last := n.records[len(events)-1]; last.Result != test.result || last.Code != test.code || last.Reason == "" {
				t.Errorf("%s: %+v", test.operation, last)
			}
		}
	}
}

func TestAChangeHasItsOutcomeAlthoughNobodyWaits(t *testing.T) {
	b, n := recorded(t, awsops.Policy{}, func(s *awsops.Settings) { s.Outlive = true })
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err := b.Run(ctx, b.request(t, "stop-instances", ids("i-0aa00000000000001")))
	if err != nil || len(n.records) != 2 || n.records[1].Result != "done" {
		t.Errorf("%v, %+v", err, n.records)
	}
}

func TestNoSecretIsRecorded(t *testing.T) {
	b, n := recorded(t, awsops.Policy{})
	const secret = "#!/bin/sh\necho s3cr3t-in-user-data"
	for _, r := range []awsops.Request{
		b.request(t, "run-instances", awsops.Values{"image-id": {"ami-0aa00000000000001"}, "instance-type": {"t3.micro"}, "user-data": {secret}}),
		b.request(t, "create-key-pair", awsops.Values{"key-name": {"new"}}),
	} {
		res, err := b.Run(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := res.TakeSecret("key-material", ""); ok && strings.Contains(key.Reveal(), "PRIVATE KEY") {
			for _, line := range strings.Split(key.Reveal(), "\n")[1:3] {
				noneHolds(t, n, line)
			}
		}
	}
	noneHolds(t, n, "s3cr3t")
	if len(n.records) != 4 {
		t.Errorf("%d records", len(n.records))
	}
}

func noneHolds(t *testing.T, n *notes, text string) {
	t.Helper()
	for _, r := range n.records {
		if line, err := json.Marshal(r); err != nil || strings.Contains(string(line), text) {
			t.Errorf("%s %v", line, err)
		}
	}
}

func TestWhyIsRecorded(t *testing.T) {
	b, n := recorded(t, awsops.Policy{}, func(s *awsops.Settings) { s.AskReason = awsops.MustTell })
	r := b.request(t, "stop-instances", ids(webID))
	if _, err := b.Run(t.Context(), r); awsops.AsError(err) == nil || awsops.AsError(err).Code != "NoReason" || b.changed() != "" || len(n.records) > 0 {
		t.Errorf("%v %+v", err, n.records)
	}
	if _, err := b.Run(t.Context(), b.request(t, "describe-instances", nil)); err != nil {
		t.Errorf("a read needs no reason: %v", err)
	}
	dry := r
	dry.DryRun = true
	if _, err := b.Run(t.Context(), dry); err != nil && awsops.AsError(err).Code == "NoReason" {
		t.Error(err)
	}
	n.records = nil
	r.Reason = " CHG-7 patch day "
	if _, err := b.Run(t.Context(), r); err != nil || len(n.records) != 2 || n.records[0].Why != "CHG-7 patch day" || n.records[1].Why != "CHG-7 patch day" || n.records[1].Reason != "" {
		t.Errorf("%v %+v", err, n.records)
	}
	r.Reason = strings.Repeat("x", 501)
	if _, err := b.Run(t.Context(), r); awsops.ExitCode(err) != 2 {
		t.Error(err)
	}
}

func TestTheStepsOfAFlowHaveItsReason(t *testing.T) {
	b, n := recorded(t, awsops.Policy{})
	r := b.request(t, "resize-instance", awsops.Values{"instance-id": {webID}, "instance-type": {"m5.large"}})
	r.Reason = "too small"
	res, err := b.Run(t.Context(), r)
	if err == nil {
		_, err = b.Follow(t.Context(), r, res, false, func(string) {}, b.clock.sleep)
	}
	if err != nil || len(n.records) < 6 {
		t.Fatalf("%v, %d records", err, len(n.records))
	}
	for _, rec := range n.records {
		if rec.Why != "too small" {
			t.Errorf("%+v", rec)
		}
	}
}
