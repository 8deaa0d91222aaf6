package awsops_test

import (
	"strings"
	"testing"

	"ec2deck/awsops"
)

func TestAConnectionHasItsOwnPolicy(t *testing.T) {
	live := awsops.Caution{Connection: "live", Profile: "live", Regions: []string{"eu-west-1"}, Production: true, ReadOnly: true, Hint: "Start with --write."}
	open := awsops.Caution{Connection: "open", Profile: "live", Regions: []string{"us-east-1"}}
	chain := awsops.Caution{Connection: "chain", Production: true}
	policy := awsops.Policy{Cautions: []awsops.Caution{live, open, chain}}
	for _, test := range []struct {
		profile, region      string
		production, readOnly bool
	}{
		{"live", "eu-west-1", true, true},
		{"live", "us-east-1", false, false},
		{"live", "ap-south-1", true, true}, // no connection names it: the strictest
		{"default", "eu-west-1", true, false},
		{"test", "eu-west-1", false, false},
	} {
		at := policy.At(awsops.Scope{Profile: test.profile, Region: test.region})
		if at.Production != test.production || at.ReadOnly() != test.readOnly {
			t.Errorf("%+v: %+v", test, at)
		}
	}
	if policy.ReadOnly() || policy.Production {
		t.Error("the session's own policy has changed")
	}
	if n := (awsops.Policy{}).Narrowed(policy).Cautions; len(n) != 3 {
		t.Errorf("narrowed has %d", len(n))
	}
}

func TestConfirmationsAreRaisedAndNeverLowered(t *testing.T) {
	raise := func(of, level string) awsops.Raise {
		r, err := awsops.NewRaise(of, level)
		if err != nil || r.String() != of+"="+level {
			t.Fatal(r, err)
		}
		return r
	}
	for name, test := range map[string]struct {
		policy awsops.Policy
		need   awsops.Confirmation
	}{
		"of a risk":           {awsops.Policy{Raises: []awsops.Raise{raise("change", "twice")}}, awsops.SaidTwice},
		"of another risk":     {awsops.Policy{Raises: []awsops.Raise{raise("disrupt", "typed")}}, awsops.SaidYes},
		"of an operation":     {awsops.Policy{Raises: []awsops.Raise{raise("change", "twice"), raise("stop-instances", "typed")}}, awsops.Typed},
		"under production":    {awsops.Policy{Production: true, Raises: []awsops.Raise{raise("change", "yes")}}, awsops.SaidTwice},
		"twice in production": {awsops.Policy{Production: true, Raises: []awsops.Raise{raise("change", "twice")}}, awsops.Typed},
		"of a connection":     {awsops.Policy{Cautions: []awsops.Caution{{Profile: "test", Raises: []awsops.Raise{raise("change", "twice")}}}}, awsops.SaidTwice},
		"of another's":        {awsops.Policy{Cautions: []awsops.Caution{{Profile: "live", Raises: []awsops.Raise{raise("change", "typed")}}}}, awsops.SaidYes},
		"of a server's own":   {awsops.Policy{Role: "ops"}.Narrowed(awsops.Policy{Raises: []awsops.Raise{raise("change", "typed")}}), awsops.Typed},
	} {
		b := newBench(t, func(s *awsops.Settings) { s.Policy = awsops.Fixed(test.policy) })
		r := b.request(t, "stop-instances", ids("i-0aa00000000000001"))
		if need, err := b.Need(r); need != test.need || err != nil {
			t.Errorf("%s: needs %d (%v), want %d", name, need, err, test.need)
		}
		r.Confirmed = test.need - 1
		if _, err := b.Run(t.Context(), r); err == nil || b.count("StopInstances") > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheGateHoldsEachConnectionToItsPolicy(t *testing.T) {
	const id = "i-0aa00000000000001"
	for _, test := range []struct {
		name    string
		caution awsops.Caution
		need    awsops.Confirmation
		says    string
	}{
		{"read-only refuses", awsops.Caution{Connection: "live", Profile: "test", ReadOnly: true, Hint: "Start with --write."}, awsops.Unconfirmed, "stop-instances is refused: the connection live is read-only – Start with --write."},
		{"production raises by one", awsops.Caution{Connection: "live", Profile: "test", Production: true}, awsops.SaidTwice, ""},
		{"another's says nothing", awsops.Caution{Connection: "live", Profile: "live", Production: true, ReadOnly: true}, awsops.SaidYes, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, func(s *awsops.Settings) {
				s.Policy = awsops.Fixed(awsops.Policy{Cautions: []awsops.Caution{test.caution}})
			})
			r := b.request(t, "stop-instances", ids(id))
			need, err := b.Need(r)
			if need != test.need {
				t.Errorf("needs %d (%v)", need, err)
			}
			r.Confirmed = awsops.Typed
			_, err = b.Run(t.Context(), r)
			if test.says == "" && err == nil {
				return
			}
			if err == nil || awsops.ExitCode(err) != 7 || !strings.Contains(err.Error(), test.says) || test.says == "" {
				t.Errorf("%v", err)
			}
			client, err := b.Client(r.Scope) // the half of the gate at the wire
			if err != nil {
				t.Fatal(err)
			}
			if _, err = r.Operation.Run(t.Context(), client, r.Values, awsops.CallOptions{}); err == nil || !strings.Contains(err.Error(), "the connection live is read-only") {
				t.Errorf("at the wire: %v", err)
			}
			if len(b.sim.Calls()) > 0 {
				t.Error("a call was made")
			}
		})
	}
}
