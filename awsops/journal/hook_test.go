package journal_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/journal"
)

func TestAHookGetsWhatWasDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "told")
	h := journal.StartHook([]string{"/bin/sh", "-c", `cat >> "$1"`, "sh", path}, time.Minute)
	for _, r := range []journal.Record{
		{ID: "1", Event: journal.Intent, Operation: "stop-instances"}, {ID: "1", Event: journal.Outcome, Operation: "stop-instances", Why: "CHG-7"},
		{ID: "2", Event: journal.Login}, {ID: "3", Event: journal.Refusal}, {ID: "4", Event: journal.Refusal, Operation: "terminate-instances"},
	} {
		if err := h.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	h.Close(t.Context())
	got := read(t, path)
	if len(got) != 2 || got[0].Event != journal.Outcome || got[0].Why != "CHG-7" || got[1].ID != "4" {
		t.Errorf("%+v", got)
	}
	if err := h.Record(journal.Record{Event: journal.Outcome}); err != nil { // is over
		t.Error(err)
	}
	h.Close(t.Context())
}

func TestAHookIsNoLineOfAShell(t *testing.T) {
	dir := t.TempDir()
	h := journal.StartHook([]string{"/bin/sh", "-c", `printf %s "$1" > "$0"`, filepath.Join(dir, "argument"), "$(touch " + dir + "/surprise); `id`"}, time.Minute)
	_ = h.Record(journal.Record{Event: journal.Outcome})
	h.Close(t.Context())
	if got, _ := os.ReadFile(filepath.Join(dir, "argument")); string(got) != "$(touch "+dir+"/surprise); `id`" {
		t.Errorf("%q", got)
	}
}

func TestAHookThatFailsIsToldOnce(t *testing.T) {
	h := journal.StartHook([]string{"/bin/sh", "-c", "echo no chat today >&2; exit 3"}, time.Minute)
	for range 3 {
		if err := h.Record(journal.Record{Event: journal.Outcome}); err != nil {
			t.Fatal(err)
		}
	}
	h.Close(t.Context())
	if err := <-h.Failed(); !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no chat today") {
		t.Error(err)
	}
	missing := journal.StartHook([]string{"/nowhere/hook"}, time.Minute)
	_ = missing.Record(journal.Record{Event: journal.Outcome})
	missing.Close(t.Context())
	if err := <-missing.Failed(); !strings.Contains(err.Error(), "/nowhere/hook") {
		t.Error(err)
	}
}

func TestAHookThatHangsHoldsNobodyUp(t *testing.T) {
	h := journal.StartHook([]string{"/bin/sh", "-c", "read -r line; exec sleep 1000"}, time.Hour)
	for range 500 { // more than are kept
		if err := h.Record(journal.Record{Event: journal.Outcome}); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-h.Failed(); !strings.Contains(err.Error(), "too slow") {
		t.Error(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	h.Close(ctx)
}

func TestAHookIsStoppedAfterItsTime(t *testing.T) {
	h := journal.StartHook([]string{"/bin/sh", "-c", "exec sleep 1000"}, time.Millisecond)
	_ = h.Record(journal.Record{Event: journal.Outcome})
	h.Close(t.Context())
	if err := <-h.Failed(); err.Error() != "the hook /bin/sh was stopped: it had not ended after 1ms" {
		t.Error(err)
	}
}

func TestAHookIsStoppedWithTheProgram(t *testing.T) {
	h := journal.StartHook([]string{"/bin/sh", "-c", "exec sleep 1000"}, time.Hour)
	_ = h.Record(journal.Record{Event: journal.Outcome})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	h.Close(ctx)
	if err := <-h.Failed(); err.Error() != "the hook /bin/sh was stopped: it had not ended when ec2deck did" {
		t.Error(err)
	}
}

func TestAHookThatSaysNothingFailsWithItsStatus(t *testing.T) {
	h := journal.StartHook([]string{"/bin/sh", "-c", "exit 9"}, time.Minute)
	_ = h.Record(journal.Record{Event: journal.Outcome})
	h.Close(t.Context())
	if err := <-h.Failed(); err.Error() != "the hook /bin/sh failed: exit status 9" {
		t.Error(err)
	}
}
