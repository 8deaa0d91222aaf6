package ui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func TestANoticeStandsWhereTheScreenTellsItsOwn(t *testing.T) {
	d := start(t, small())
	d.send(Notice{Text: "This session ends in 2m.\x1b[31m"})
	d.shows("This session ends in 2m.␛[31m")
	d.keys("S", "y") // with a change under way, on a narrow terminal
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.send(Notice{Text: "The server stops; what is under way has 30s to finish."})
	d.shows("30s to finish.")
	d.settle()
	if d.model.Busy() {
		t.Error("busy with nothing")
	}
	d.press("j")
	d.hides("The server stops")
}

func TestAScreenIsBusyWhileAChangeIsUnderWay(t *testing.T) {
	d := start(t, small())
	d.keys("l") // a read is nothing to wait for
	if d.model.Busy() {
		t.Error("busy with a read")
	}
	d.settle()
	d.press("esc")
	d.keys("S", "y")
	if !d.model.Busy() {
		t.Error("a stop without an answer is not under way")
	}
	d.settle()
	if d.model.Busy() {
		t.Error("busy after the answer")
	}
}

func TestAScreenIsBusyBetweenTheStepsOfAFlow(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("z")
	d.fillIn("resize-instance", map[string]string{"instance-type": "m5.large"})
	d.press("y")
	d.shows("step 1 of 3")
	if !d.model.Busy() {
		t.Error("a resize that is half done is not under way")
	}
}

func TestAScreenIsBusyWithASecretNobodyHasKept(t *testing.T) {
	o := small()
	o.hosted = true
	d := start(t, o).open("key-pairs")
	d.press("n")
	d.fillIn("create-key-pair", map[string]string{"key-name": "fresh", "key-type": "ed"})
	d.press("y")
	d.shows("PRIVATE KEY")
	if !d.model.Busy() {
		t.Error("a secret that is shown once may be lost")
	}
	d.press("esc", "esc")
	d.hides("PRIVATE KEY")
	if d.model.Busy() {
		t.Error("busy after it was closed")
	}
}
