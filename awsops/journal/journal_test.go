package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ec2deck/awsops/journal"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, path string) []journal.Record {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []journal.Record
	for line := range bytes.Lines(content) {
		var r journal.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, r)
	}
	return out
}

func open(t *testing.T, path string, size int64, keep int) *journal.File {
	t.Helper()
	f, err := journal.OpenFile(path, size, keep)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestAFileKeepsRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log", "journal.jsonl")
	exit := 0
	want := []journal.Record{
		{At: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC), ID: "1", Event: journal.Intent, Who: journal.Who{Name: "ada", Serial: 7}, Operation: "stop-instances", Targets: []string{"i-1"}, Inputs: map[string][]string{"force": {"true"}}},
		{ID: "1", Event: journal.Outcome, Result: "done", RequestID: "r"},
		{ID: "2", Event: journal.Logout, Exit: &exit},
	}
	f := open(t, path, 0, 0)
	for _, r := range want {
		if err := f.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, path, 0, 0) // appends
	if err := again.Record(want[0]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(want, want[0]), read(t, path)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestNothingInALineMeansAnythingToATerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	hostile := "\x1b[2J\x9b\u009b31m\n\r\u202eabc\u2066\u200b\u2028é\U000e0041"
	if err := open(t, path, 0, 0).Record(journal.Record{Reason: hostile, Targets: []string{hostile}}); err != nil {
		t.Fatal(err)
	}
	content, _ := os.ReadFile(path)
	for _, bad := range []string{"\x1b", "\u009b", "\u202e", "\u2066", "\u200b", "\u2028", "\U000e0041", "\r"} {
		if strings.Contains(string(content), bad) {
			t.Errorf("%q is in %q", bad, content)
		}
	}
	if bytes.Count(content, []byte("\n")) != 1 || !strings.Contains(string(content), "é") {
		t.Errorf("%q", content)
	}
	read(t, path)
}

func TestFilesArePutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	f := open(t, path, 400, 2)
	for i := range 20 {
		if err := f.Record(journal.Record{ID: fmt.Sprint(i), Event: journal.Intent, Reason: strings.Repeat("x", 100)}); err != nil {
			t.Fatal(err)
		}
	}
	var kept []string
	for _, name := range []string{path + ".2", path + ".1", path} {
		for _, r := range read(t, name) {
			kept = append(kept, r.ID)
		}
		if info, _ := os.Stat(name); info.Size() > 400 {
			t.Errorf("%s has %d bytes", name, info.Size())
		}
	}
	if len(kept) < 3 || kept[len(kept)-1] != "19" {
		t.Errorf("kept %v", kept)
	}
	for i := range kept { // no line is missing or double
		if i > 0 && kept[i-1] >= kept[i] && len(kept[i-1]) >= len(kept[i]) {
			t.Errorf("kept %v", kept)
		}
	}
	if _, err := os.Stat(path + ".3"); err == nil {
		t.Error("too many are kept")
	}
}

func TestAFileThatWasMovedAwayIsMadeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	f := open(t, path, 0, 0)
	for i, away := range []func() error{
		func() error { return os.Rename(path, path+".old") },
		func() error { return os.Remove(path) },
	} {
		if err := errors.Join(f.Record(journal.Record{ID: "before"}), away(), f.Record(journal.Record{ID: "after"})); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); len(got) != 1 || got[0].ID != "after" {
			t.Errorf("%d: %+v", i, got)
		}
	}
}

func TestAJournalThatCannotBeWrittenIsAnError(t *testing.T) {
	dir := t.TempDir()
	if _, err := journal.OpenFile(dir, 0, 0); err == nil || !strings.Contains(err.Error(), dir) {
		t.Error(err)
	}
	path := filepath.Join(dir, "sub", "j")
	f := open(t, path, 0, 0)
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, "sub")), os.WriteFile(filepath.Join(dir, "sub"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Record(journal.Record{Event: journal.Intent}); err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Error(err)
		}
	}
	if err := errors.Join(os.Remove(filepath.Join(dir, "sub")), os.Mkdir(filepath.Join(dir, "sub"), 0o700), f.Record(journal.Record{})); err != nil {
		t.Errorf("does not come back: %v", err)
	}
}

func TestRecordsAtTheSameTimeStayWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	f := open(t, path, 2000, 100)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				if err := f.Record(journal.Record{ID: fmt.Sprint(i), Reason: strings.Repeat("y", 200)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	files, _ := filepath.Glob(path + "*")
	n := 0
	for _, name := range files {
		n += len(read(t, name))
	}
	if n != 160 {
		t.Errorf("%d records", n)
	}
}

func TestSyslog(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	sink, err := journal.OpenSyslog("udp", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Record(journal.Record{ID: "7", Event: journal.Login, Who: journal.Who{Name: "ada"}}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, _, err := server.ReadFrom(buf)
	if got := string(buf[:n]); err != nil || !strings.HasPrefix(got, "<85>") || !strings.Contains(got, `"event":"login","name":"ada"`) {
		t.Errorf("%q %v", got, err)
	}
}

type failing struct{}

func (failing) Record(journal.Record) error { return errors.New("full") }

func TestEverySinkGetsTheRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	sinks := journal.Sinks{failing{}, open(t, path, 0, 0)}
	if err := sinks.Record(journal.Record{ID: "1"}); err == nil || err.Error() != "full" {
		t.Error(err)
	}
	if len(read(t, path)) != 1 {
		t.Error("the second sink has no record")
	}
}
