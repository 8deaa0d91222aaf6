package ui

import (
	"testing"

	"ec2deck/awsops"
	"ec2deck/awsops/journal"
)

// whys keeps why something was done.
type whys struct{ said []string }

func (w *whys) Record(r journal.Record) error {
	if r.Event == journal.Outcome {
		w.said = append(w.said, r.Operation+": "+r.Why)
	}
	return nil
}

func asking(t *testing.T, how awsops.Asking) (*driver, *whys) {
	t.Helper()
	w := &whys{}
	o := small()
	o.asks, o.journal = how, w
	return start(t, o), w
}

func TestAReasonIsAskedBeforeAChange(t *testing.T) {
	d, w := asking(t, awsops.MustTell)
	d.press("j", "S")
	d.shows("Why?")
	d.press("enter")
	d.shows("A reason is required here.")
	d.type_("y, it is time")
	d.press("enter")
	d.frame("reason")
	d.press("y")
	if d.calls("StopInstances") != 1 || len(w.said) != 1 || w.said[0] != "stop-instances: y, it is time" {
		t.Errorf("%q", w.said)
	}
}

func TestAReasonMayStayEmpty(t *testing.T) {
	d, w := asking(t, awsops.MayTell)
	d.press("j", "S")
	d.shows("may stay empty")
	d.press("enter", "y")
	if len(w.said) != 1 || w.said[0] != "stop-instances: " {
		t.Errorf("%q", w.said)
	}
}

func TestTheQuestionWhyCanBeLeft(t *testing.T) {
	d, w := asking(t, awsops.MustTell)
	d.press("j", "S", "esc")
	d.hides("Why?")
	d.press("S", "ctrl+t")
	if len(w.said) != 1 || d.calls("StopInstances") != 1 { // a dry run
		t.Errorf("%q", w.said)
	}
}
