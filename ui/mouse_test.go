package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"ec2deck/keymap"
)

// clickOn clicks the first place on the screen where a text stands.
func (d *driver) clickOn(text string) {
	d.t.Helper()
	for y, line := range strings.Split(d.screen(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			d.mouse(tea.MouseButtonLeft, ansi.StringWidth(before), y)
			return
		}
	}
	d.t.Fatalf("there is no %q to click:\n%s", text, d.screen())
}

func (d *driver) mouse(button tea.MouseButton, x, y int) {
	d.send(tea.MouseMsg{Button: button, X: x, Y: y, Action: tea.MouseActionPress})
	d.send(tea.MouseMsg{Button: tea.MouseButtonLeft, X: x, Y: y, Action: tea.MouseActionRelease})
	d.settle()
}

func TestAClickChoosesARowATitleATableAndAKey(t *testing.T) {
	o := small()
	o.mouse = true
	d := start(t, o)
	d.clickOn("web-1")
	if got := d.line(">"); !strings.Contains(got, "web-1") {
		t.Errorf("the cursor is on %s", got)
	}
	d.clickOn("State")
	d.shows("State↑")
	d.clickOn("State")
	d.shows("State↓")
	d.clickOn("Age")
	d.shows("Age↑")
	d.clickOn("/ filter")
	d.shows("enter keep")
	d.press("esc")
	d.clickOn("? help")
	d.press("G")
	d.shows("with it the terminal selects text")
	d.press("esc")
	d.clickOn("2 Volumes")
	d.shows("[2 Volumes]")
}

func TestAClickConfirmsNothing(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.clickOn("S stop")
	d.shows("Stop 1 instance?")
	d.clickOn("y yes")
	d.shows("Stop 1 instance?", "a click confirms nothing")
	d.clickOn("dry run  e")
	d.clickOn("web-1") // behind the question
	d.shows("Stop 1 instance?")
	d.clickOn("n/esc no")
	d.hides("Stop 1 instance?")
	if d.calls("StopInstances") != 0 {
		t.Error("a click stopped an instance")
	}
}

func TestTheWheelMoves(t *testing.T) {
	d := start(t, options{width: 80, height: 24})
	d.mouse(tea.MouseButtonWheelDown, 10, 10)
	d.mouse(tea.MouseButtonWheelDown, 10, 10)
	d.mouse(tea.MouseButtonWheelUp, 10, 10)
	want := start(t, options{width: 80, height: 24})
	want.press("j", "j", "j")
	if d.screen() != want.screen() {
		t.Errorf("is:\n%s\nwant:\n%s", d.screen(), want.screen())
	}
	for _, d := range []*driver{d, want} {
		d.press("enter")
	}
	d.mouse(tea.MouseButtonWheelDown, 10, 18) // the details
	want.press("tab", "j", "j", "j", "tab")
	if d.screen() != want.screen() {
		t.Errorf("is:\n%s\nwant:\n%s", d.screen(), want.screen())
	}
	d.press("?")
	top := d.screen()
	if d.mouse(tea.MouseButtonWheelDown, 10, 10); d.screen() == top {
		t.Error("the help did not move")
	}
}

func TestAClickNowhereDoesNothing(t *testing.T) {
	d := start(t, small())
	was := d.screen()
	for x := -1; x < 130; x += 13 {
		for _, y := range []int{-1, 1, 30, 36, 37, 38, 40, 99} {
			d.mouse(tea.MouseButtonLeft, x, y)
			d.mouse(tea.MouseButtonRight, x, y)
		}
	}
	if d.screen() != was {
		t.Errorf("was:\n%s\nis:\n%s", was, d.screen())
	}
}

func TestEveryKeyCanBeClicked(t *testing.T) {
	for _, g := range keymap.Default().Groups() {
		for _, b := range g.Bindings {
			for _, name := range b.Keys() {
				if press, ok := pressOf(name); !ok || !key.Matches(press, b) {
					t.Errorf("%q is %v", name, press)
				}
			}
		}
	}
	for _, name := range []string{"f1", "f20", "ctrl+z", "shift+tab", "delete", "insert", "left"} {
		if press, ok := pressOf(name); !ok || press.String() != name {
			t.Errorf("%s is %s", name, press)
		}
	}
	if _, ok := pressOf("f21"); ok {
		t.Error("f21 is a key")
	}
}

func TestAClickChoosesACounterAndACall(t *testing.T) {
	o := small()
	o.mouse, o.log = true, true
	d := start(t, o)
	d.press("0")
	d.settle()
	d.clickOn("Key pairs")
	if got := d.line(">"); !strings.Contains(got, "Key pairs") {
		t.Errorf("the cursor is on %s", got)
	}
	d.press("#")
	d.clickOn("DescribeKeyPairs")
	if got := d.line(">"); !strings.Contains(got, "DescribeKeyPairs") {
		t.Errorf("the cursor is on %s", got)
	}
}
