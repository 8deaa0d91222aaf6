package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/muesli/termenv"
)

func TestEventsAndTheirDeadlines(t *testing.T) {
	d := start(t, small()).open("events")
	d.frame("events")
	d.press("c")
	d.shows("[x] Instance ID/Events ID", "[ ] Instance Name/Events ID")
	d.press("esc", "C")
	d.shows("/state:open")
	d.hides("completed")
	d.press("C")
	d.shows("completed")
	d.press("C")
	d.press("enter")
	d.settle()
	d.frame("events-detail")
	d.press("esc", "i")
	d.shows("Instances 1 of", "event-1")
	d.press("!")
	d.shows("Events 2  /instance:i-0aa00000000000008")
}

func TestAnEventIsMoved(t *testing.T) {
	d := start(t, small()).open("events")
	d.press("/")
	d.type_("state:open")
	d.press("enter", "m")
	d.settle()
	d.shows("modify-instance-event-start-time", "2026-01-05 15:04")
	d.frame("events-move")
	for range len("2026-01-05 15:04") {
		d.press("backspace")
	}
	d.type_("2026-01-09 03:00")
	d.press("enter")
	d.settle()
	d.shows("Deadline: 2026-01-16T15:04:05Z")
	d.press("y")
	d.settle()
	d.pass(20 * time.Second)
	d.shows("in 6d")
}

func TestWhatCannotBeMovedSaysWhy(t *testing.T) {
	d := start(t, small()).open("events").on("instance-reboot")
	d.press("m")
	d.shows("is completed")
}

func TestADeadlineTurnsUrgent(t *testing.T) {
	o := small()
	o.colours = termenv.ANSI256
	d := start(t, o).open("events")
	d.press("j")              // the line of the cursor has no colours of its own
	colour := func() string { // what is painted before the countdown
		for line := range strings.SplitSeq(d.model.View(), "\n") {
			if before, _, ok := strings.Cut(line, "in "); ok && strings.Contains(before, "system-reboot") {
				return before[strings.LastIndexByte(before, '\x1b'):]
			}
		}
		t.Fatalf("there is no countdown:\n%s", d.screen())
		return ""
	}
	calm := colour()
	d.clock.set(d.now().Add(60 * time.Hour))
	d.press("r")
	d.settle()
	if near := colour(); near == calm {
		t.Errorf("the tone of 72 hours and of 12 are both %q", near)
	}
}

func TestAnImpairedCheckTellsSinceWhen(t *testing.T) {
	d := start(t, small())
	d.on("impaired-1").press("enter")
	d.settle()
	d.press("j", "j", "j", "j", "j", "j")
	d.shows("impaired since 2026-01-02 14:29:05")
	d.press("esc", "h")
	d.settle()
	d.shows("impaired", "2026-01-02T14:29:05.000Z")
}
