package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	web       = "i-0aa00000000000001"
	stopped   = "i-0aa00000000000002"
	protected = "i-0aa00000000000003"
)

// on filters the table down to one name, so that the cursor is on it.
func (d *driver) on(name string) *driver {
	d.press("/", "esc", "/")
	d.type_(name)
	d.press("enter")
	return d
}

func TestStopInTwoKeys(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("S")
	d.shows("Stop 1 instance?", "web-1", web, "123456789012", "us-east-1", "StopInstances")
	d.keys("y")
	if got := d.line(web); !strings.Contains(got, "stopping") {
		t.Errorf("the row does not show at once what is asked for: %s", got)
	}
	d.settle()
	d.shows("stop-instances: [")
	d.pass(6 * time.Second)
	if got := d.line(web); !strings.Contains(got, "stopped") {
		t.Errorf("the row has not settled: %s", got)
	}
	d.shows("web-1 " + web + " is stopped")
}

func TestAQuestionIsAnsweredNoByDefault(t *testing.T) {
	for _, k := range []string{"enter", "esc", "n", "q"} {
		d := start(t, small()).on("web-1")
		d.press("S", k)
		if d.calls("StopInstances") != 0 {
			t.Errorf("%s stopped an instance", k)
		}
		d.hides("Stop 1 instance?")
	}
}

func TestKeysOfOnePacketAllCount(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("Sy") // one message
	if d.calls("StopInstances") != 1 {
		t.Error("S and y in one packet did not stop the instance")
	}
	d = start(t, small())
	d.press("jjj")
	if d.model.stack[0].View() == start(t, small()).model.stack[0].View() {
		t.Error("jjj in one packet did not move the cursor")
	}
}

func TestEscapeAndAKeyInOnePacketAreTwoKeys(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("t")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("S"), Alt: true})
	d.settle()
	d.hides("Terminate 1 instance?")
	d.shows("Stop 1 instance?")
}

func TestNothingFollowsIntoADestroyingQuestion(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("t" + web) // the ID that would confirm, in the same packet
	d.press("enter")
	if d.calls("TerminateInstances") != 0 {
		t.Fatal("one packet terminated an instance")
	}
	d.shows("Terminate 1 instance?", "That is not "+web)
}

func TestTerminateTakesTheID(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("t")
	d.shows("Type "+web+" to confirm", "Volumes deleted with it", "This cannot be undone.")
	d.type_("y")
	d.press("enter")
	d.shows("That is not " + web)
	d.press("backspace")
	d.type_(web)
	d.press("enter")
	d.pass(6 * time.Second)
	if got := d.line(web); !strings.Contains(got, "terminated") {
		t.Errorf("not terminated: %s", got)
	}
}

// TestLossesStayInSight: a list of targets that is longer than the screen
// neither hides what is lost nor is hidden by it.
func TestLossesStayInSight(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	o.change = func(f *ec2sim.Fleet) {
		r := &f.Accounts[0].Regions[0]
		for i := range 25 {
			r.Instances = append(r.Instances, ec2sim.InstanceSeed{ID: fmt.Sprintf("i-0aa000000000001%02d", i), Name: fmt.Sprintf("extra-%02d", i), Type: "t3.micro", Image: "al2023"})
		}
	}
	losses := []string{"This cannot be undone.", "Volumes deleted with it (25): "}
	d := start(t, o).on("extra-")
	d.press("*", "t")
	d.shows(append(losses, "extra-00", "more lines, ↓ scrolls", "Type terminate 25 to confirm")...)
	d.hides("extra-24")
	for range 20 {
		d.press("pgdown")
	}
	d.shows(losses...)
	d.hides("↓ scrolls", "extra-00")
	if last := "i-0aa00000000000124)"; !strings.Contains(d.screen(), last) {
		t.Errorf("the last loss, of %s, cannot be reached:\n%s", last, d.screen())
	}
	d.press("esc")
	d.open("images")
	d.press("*", "W") // each image has losses of its own
	d.shows("ITS SNAPSHOTS ARE DELETED TOO", "more lines of what goes with it, below", "app-2026-10  ami-0aa00000000000007", "↓ scrolls")
	for range 20 {
		d.press("pgdown")
	}
	d.shows("Snapshots behind it: snap-0aa0000000000000a", "of what goes with it, below")
}

func TestBulkTerminateTakesVerbAndCount(t *testing.T) {
	d := start(t, small())
	d.press("/")
	d.type_("state:running type:t3.micro -protected -pending")
	d.press("enter", "*", "t")
	run := d.model.top().(*confirm)
	phrase := run.phrase()
	if !strings.HasPrefix(phrase, "terminate ") || len(run.targets) < 3 {
		t.Fatalf("phrase %q for %d targets", phrase, len(run.targets))
	}
	d.type_(phrase)
	d.press("enter")
	if d.calls("TerminateInstances") != 1 {
		t.Errorf("%d calls", d.calls("TerminateInstances"))
	}
}

func TestForceStopTakesASecondStep(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("F", "y")
	if d.calls("StopInstances") != 0 {
		t.Fatal("one y forced a stop")
	}
	d.shows("[Y] yes, really stop", "data can be lost")
	d.press("y") // the same key again is not the other label
	if d.calls("StopInstances") != 0 {
		t.Fatal("y twice forced a stop")
	}
	d.press("Y")
	if got := d.sim.Calls(); got[len(got)-1].Form.Get("Force") != "true" && d.calls("StopInstances") != 1 {
		t.Error("the stop was not forced")
	}
}

func TestARefusedKeySaysWhy(t *testing.T) {
	d := start(t, small()).on("stopped-1")
	d.press("S")
	d.shows("stopped-1 (" + stopped + "): is stopped, not running or pending")
	d.press("H")
	d.shows("was not configured at launch for hibernation")
	d.on("store-1").press("S")
	d.shows("has an instance-store root")
	d.press("Z")
	d.shows("Z does nothing here; ? lists the keys")
}

func TestMarkedRowsThatCannotAreLeftOutAndNamed(t *testing.T) {
	d := start(t, small())
	d.press("/")
	d.type_("-terminated id:i-0aa0000000000000")
	d.press("enter", "*", "s")
	d.shows("Start 1 instance?", "Left out: ", "is running, not stopped")
}

func TestARefusalPutsTheRowBack(t *testing.T) {
	d := start(t, small()).on("protected-1")
	d.press("S")
	d.keys("y")
	if got := d.line(protected); !strings.Contains(got, "stopping") {
		t.Fatalf("not shown at once: %s", got)
	}
	d.settle()
	if got := d.line(protected); !strings.Contains(got, "running") {
		t.Errorf("a refused stop still shows as going on: %s", got)
	}
	d.shows("OperationNotPermitted", "may not be stopped")
	d.press("e")
	d.shows("lift the protection first", "request ")
}

func TestABatchThatIsRefusedCanBeTriedOneByOne(t *testing.T) {
	d := start(t, small())
	d.on("web-1").press(" ")
	d.on("protected-1").press(" ")
	d.press("S", "y")
	d.shows("2 of 2 failed (e shows each)")
	d.press("e")
	d.shows("refused protected-1", "refused web-1", "f tries the refused ones one by one")
	d.press("f")
	d.shows("Stop 2 instances?")
	d.press("y")
	d.shows("1 of 2 failed")
	d.press("e")
	d.shows("ok      web-1 "+web+"  running → stopping", "refused protected-1")
}

func TestAnOperationOutlivesItsTable(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.keys("S", "y", number("regions")) // away before EC2 has answered
	d.settle()
	d.pass(8 * time.Second)
	d.shows("Regions", "web-1 "+web+" is stopped")
	d.press("1")
	if got := d.line(web); !strings.Contains(got, "stopped") {
		t.Errorf("back at the table: %s", got)
	}
}

func TestAnUnknownOutcomeSaysSo(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.sim.Inject(ec2sim.Fault{Action: "StopInstances", TakesEffect: true, Cut: true, CutAfter: 40})
	d.press("S", "y")
	d.shows("The request may have arrived")
	if n := d.calls("StopInstances"); n != 1 {
		t.Errorf("a change was repeated blindly: %d calls", n)
	}
	d.pass(8 * time.Second)
	if got := d.line(web); !strings.Contains(got, "stopped") {
		t.Errorf("the table did not look again: %s", got)
	}
}

func TestReadOnlyRefusesInOnePlace(t *testing.T) {
	o := small()
	o.policy = awsops.Policy{Refuses: awsops.Changes}
	d := start(t, o).on("web-1")
	for _, k := range []string{"S", "t", "b", "m"} {
		d.press(k)
		d.shows("this session is read-only")
	}
	d.press("l")
	d.shows("get-console-output")
}

func TestProductionRaisesEachQuestionByOne(t *testing.T) {
	o := small()
	o.policy = awsops.Policy{Production: true}
	d := start(t, o).on("web-1")
	d.press("S", "y")
	d.shows("[Y] yes, really stop")
	d.press("esc", "F")
	d.shows("Type " + web + " to confirm")
}

func TestDryRunChangesNothing(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("S", "d")
	d.shows("permitted: the request would have succeeded")
	if got := d.line(web); !strings.Contains(got, "running") {
		t.Errorf("a dry run changed the row: %s", got)
	}
}

func TestAPasteWithoutATextFieldIsDropped(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("Sy"), Paste: true})
	d.settle()
	if d.calls("StopInstances") != 0 {
		t.Fatal("a paste stopped an instance")
	}
	d.shows("a paste was dropped")
	d.press("/")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(" state:run"), Paste: true})
	d.shows("/web-1 state:run")
}

func TestHabitualKeysStartNothing(t *testing.T) {
	d := start(t, small()).on("web-1")
	for _, k := range []string{"ctrl+a", "ctrl+b", "ctrl+d", "ctrl+f", "ctrl+k", "ctrl+u", "ctrl+w", "ctrl+z", "d", "d", "x", "p", "u"} {
		d.press(k)
		if len(d.model.overlays) > 0 || len(d.model.jobs) > 0 {
			t.Fatalf("%s started something:\n%s", k, d.screen())
		}
	}
}

func TestTheFormRunsAnOperation(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press(":")
	d.type_("stop-inst")
	d.press("enter")
	d.shows("instance-ids (required)", web, "hibernate")
	d.press("enter", "enter", "enter")
	d.shows("Stop 1 instance?")
	d.press("y")
	if d.calls("StopInstances") != 1 {
		t.Error("the form did not run its operation")
	}
}

func TestTheFormKeepsBadInput(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press(":")
	d.type_("get-instance-state")
	d.press("enter", "backspace", "enter")
	d.shows("i- and 8 or 17 hex digits", "i-0aa0000000000000")
	d.press("1", "enter")
	d.shows("current-instance-state", "running")
}
