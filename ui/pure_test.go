package ui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"ec2deck/awsops/ec2sim"
)

// someKeys are keys that mean something somewhere, and a few that never do.
func someKeys() []string {
	keys := strings.Split("j k g G / : ? o O c v * y Y r e q n d f s S b t l m M F H i I x p u 1 2 3 4 9 0 - \" = w é 決", " ")
	return append(keys, " ", "enter", "esc", "tab", "shift+tab", "up", "down", "pgup", "pgdown", "home", "end", "backspace",
		"ctrl+a", "ctrl+b", "ctrl+d", "ctrl+e", "ctrl+f", "ctrl+k", "ctrl+t", "ctrl+u", "ctrl+w", "ctrl+z", "Sy", "jjj", "tx", "state:run", "tag:Env=test")
}

func TestUpdateAndViewDoNoIO(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	keys := someKeys()
	rounds := 20
	if testing.Short() { // with the race detector
		rounds = 4
	}
	for round := range rounds {
		d := start(t, small())
		d.sim.ResetCalls()
		for range 200 { // the commands are queued and never carried out
			switch rng.IntN(10) {
			case 0:
				d.send(tea.WindowSizeMsg{Width: 80 + rng.IntN(100), Height: 24 + rng.IntN(40)})
			case 1:
				if n := len(d.timers); n > 0 {
					d.send(d.timers[rng.IntN(n)].msg())
				}
			default:
				d.keys(keys[rng.IntN(len(keys))])
			}
			_ = d.model.View()
		}
		if n := len(d.sim.Calls()); n > 0 {
			t.Fatalf("round %d: %d calls were made by Update or View", round, n)
		}
	}
}

func TestViewChangesNothing(t *testing.T) {
	d := start(t, small())
	for _, k := range append(someKeys(), someKeys()...) {
		d.keys(k)
		before := fmt.Sprintf("%+v", *d.model)
		first := d.model.View()
		if second := d.model.View(); first != second {
			t.Fatalf("after %q two Views differ:\n%s\n%s", k, first, second)
		}
		if after := fmt.Sprintf("%+v", *d.model); before != after {
			t.Fatalf("after %q View changed the model", k)
		}
	}
}

// TestKeysDuringARequestCountInOrder types while the answer of a request is
// out, and compares with the same keys typed at rest.
func TestKeysDuringARequestCountInOrder(t *testing.T) {
	keys := []string{"j", "j", " ", "j", " ", "G", "k", "/", "r", "u", "n", "backspace", "enter", "o", "O", "j", "v"}
	for name, begin := range map[string]func(*driver){
		"a refresh":       func(d *driver) { d.keys("r") },
		"details":         func(d *driver) { d.press("enter"); d.keys("j", "k") },
		"an operation":    func(d *driver) { d.keys("l") },
		"another listing": func(d *driver) { d.keys(number("regions"), "1") },
	} {
		t.Run(name, func(t *testing.T) {
			quiet, busy := start(t, small()), start(t, small())
			busy.sim.ResetCalls()
			begin(quiet)
			quiet.settle()
			if name == "an operation" {
				quiet.press("esc")
			}
			begin(busy)
			quiet.keys(keys...)
			busy.keys(keys...)
			for _, text := range []string{"marked", "Instances ", ">"} {
				if a, b := quiet.line(text), busy.line(text); a != b {
					t.Errorf("at rest:          %s\nduring a request: %s", a, b)
				}
			}
		})
	}
}

// TestAnswersOfTheClosedAreDropped records every answer and gives it again
// later, when its listing is older, its dialog closed or its job done.
func TestAnswersOfTheClosedAreDropped(t *testing.T) {
	d := newDriver(t, small())
	var old []tea.Msg
	record := func() {
		for len(d.queue) > 0 {
			cmd := d.queue[0]
			d.queue = d.queue[1:]
			msg := cmd()
			if _, batch := msg.(tea.BatchMsg); !batch && msg != nil {
				if _, quit := msg.(tea.QuitMsg); !quit {
					old = append(old, msg)
				}
			}
			d.send(msg)
		}
	}
	for _, k := range []string{"r", "enter", "j", "esc", "t", "esc", "l", "esc", number("regions"), "enter", "1", "S", "d", "i", "esc", number("tags"), "1", "esc", "r"} {
		d.keys(k)
		record()
		for _, timer := range d.timers {
			old = append(old, timer.msg())
		}
		d.timers = nil
	}
	if len(old) < 20 {
		t.Fatalf("only %d messages", len(old))
	}
	d.sim.SetInstance("us-east-1", web, func(i *ec2sim.Instance) { i.Type = "m7i.large" })
	d.sim.RemoveInstance("us-east-1", stopped)
	d.press("r")
	d.shows("m7i.large", "Instances 15")
	d.sim.ResetCalls()
	was := d.screen()
	for i, msg := range old {
		switch fmt.Sprintf("%T", msg) {
		case "ui.opened", "ui.identified": // facts about the session, which stay true
			continue
		}
		d.send(msg)
		if now := d.screen(); now != was {
			t.Fatalf("old message %d, %T, changed the screen:\n%s\n%s", i, msg, was, now)
		}
	}
	d.queue = nil
	if n := len(d.sim.Calls()); n > 0 {
		t.Errorf("old messages made %d calls", n)
	}
}

// fits fails unless the frame stays inside the window and is clean.
func (d *driver) fits(what string) {
	d.t.Helper()
	view := d.model.View()
	if view == "" {
		return
	}
	lines := strings.Split(view, "\n")
	if len(lines) > max(1, d.model.height) {
		d.t.Fatalf("%s: %d lines on %d×%d", what, len(lines), d.model.width, d.model.height)
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n > max(1, d.model.width) {
			d.t.Fatalf("%s: line %d is %d wide on %d×%d: %q", what, i, n, d.model.width, d.model.height, l)
		}
	}
	for _, r := range view {
		if r != '\n' && (unicode.IsControl(r) || hidden(r)) {
			d.t.Fatalf("%s: %U in the frame:\n%q", what, r, view)
		}
	}
}

// hidden tells the runes that reorder, join or hide what stands next to them.
func hidden(r rune) bool {
	return unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == '\u115f' || r == '\u1160' || r == '\u3164'
}

func TestTheFrameFitsEveryWindow(t *testing.T) {
	unraced(t)
	for name, keys := range map[string][]string{
		"the table": nil, "the pane": {"enter"}, "a question": {"t"}, "the palette": {":"}, "a form": {":", "stop-i", "enter"},
		"the help": {"?"}, "columns": {"c"}, "a filter": {"/", "state:run"}, "the messages": {"e"},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, small())
			d.press(keys...)
			for w := 1; w <= 90; w++ {
				for h := 1; h <= 30; h++ {
					d.send(tea.WindowSizeMsg{Width: w, Height: h})
					d.fits(name)
				}
			}
			d.send(tea.WindowSizeMsg{Width: 0, Height: 0})
			d.send(tea.WindowSizeMsg{Width: 1000, Height: 1000})
			d.fits(name)
		})
	}
}

// FuzzKeys plays bytes as keys, texts, sizes and time.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"jjkG/web\r", "\x01\x50\x18S\x02y", ":stop\r\r\r\r", " v*t\x03terminate", "\x01\x00\x00?", "\x01\xff\xff2\x043\x04", "/tag:\"a b\x04\x05", "c    \r\x1b\x1b"} {
		f.Add([]byte(seed))
	}
	named := []string{"enter", "esc", "tab", "shift+tab", "up", "down", "pgup", "pgdown", "home", "end", "backspace", "ctrl+t", "ctrl+e", "ctrl+d", "ctrl+u", "ctrl+c"}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > 200 {
			return
		}
		d := start(t, small())
		for i := 0; i < len(input) && !d.quit; i++ {
			b, next := input[i], byte(0)
			if i+1 < len(input) {
				next = input[i+1]
			}
			switch b {
			case 1:
				d.resize(size{int(next) * 1000 / 255, (int(next)*7%256 + int(b)) * 1000 / 256})
				i++
			case 2:
				d.resize(size{80 + int(next)/2, 24 + int(next)/8})
				i++
			case 3:
				d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("pasted \x1b[31m\u202e\u200b" + string(rune(next)) + "\n"), Paste: true})
			case 4:
				d.pass(time.Duration(next) * 100 * time.Millisecond)
				i++
			case 5:
				d.settle()
			case '\r', '\n':
				d.press("enter")
			case 0x1b:
				d.press("esc")
			default:
				if b >= 0x80 {
					d.press(named[int(b)%len(named)])
				} else if b >= ' ' && b < 0x7f {
					d.press(string(rune(b)))
				}
			}
			d.fits(fmt.Sprintf("after %q", input[:min(i+1, len(input))]))
		}
	})
}

func TestHostileTextsNeverReachTheTerminal(t *testing.T) {
	hostile := "\x1b]0;owned\x07\x1b[2J\x9b31m\u009b31m\u202e\u2066\u200b\u200d\ufeff\u00ad\r\n\t\x00\x7f\u0085\u2028"
	d := newDriver(t, small())
	for _, in := range []string{web, stopped, protected} {
		d.sim.SetInstance("us-east-1", in, func(i *ec2sim.Instance) {
			i.SetTag("Name", "web-1"+hostile)
			i.SetTag("k"+hostile, "v"+hostile)
			i.KeyName, i.Console = "key"+hostile, "boot"+hostile
		})
	}
	d.settle()
	for _, k := range []string{"G", "k", "enter", "tab", "G", "tab", "Y", "esc", "S", "esc", "t", "esc", "S", "y", "e", "esc", "l", "esc", "I", "esc", "/", "owned", "enter", "*", "t", "esc", "S"} {
		d.press(k)
		d.fits("after " + k)
	}
	d.sim.Inject(ec2sim.Fault{Code: "Bad" + hostile, Message: "message" + hostile, Status: 400})
	d.press("esc", "esc", "r")
	d.fits("a hostile error")
	d.sim.Inject(ec2sim.Fault{Raw: &ec2sim.RawAnswer{Status: 403, Body: "<html>" + hostile}})
	d.press("r", "e")
	d.fits("a hostile proxy")
}

func TestAPlainTerminalGetsPlainLetters(t *testing.T) {
	o := small()
	o.ascii = true
	d := start(t, o)
	look := func() {
		t.Helper()
		for i, r := range d.model.View() {
			if r >= 0x80 {
				t.Fatalf("%q at %d in\n%s", r, i, d.screen())
			}
		}
	}
	look()
	d.shows("* live")
	for _, k := range []string{"enter", "tab", "Y", "esc", "S", "esc", ":", "esc", "?", "esc", "c", "esc", "n", "tab", "esc", "L", "esc", "T", "esc", number("groups"), "enter"} {
		d.press(k)
		look()
	}
	d.send(tea.WindowSizeMsg{Width: 60, Height: 10})
	look()
}

func TestMeaningsCanBeToldApartWithoutColour(t *testing.T) {
	d := start(t, small())
	d.shows("[1 Instances]", "● live", "2/3 !")
	d.on("web-1").press(" ", "g")
	if got := d.line(web); !strings.HasPrefix(got, ">*") {
		t.Errorf("cursor and mark: %q", got)
	}
	d.press("S", "y")
	d.press("esc") // the mark
	if got := d.line(web); !strings.HasPrefix(got, ">~") {
		t.Errorf("a row that EC2 has been asked about: %q", got)
	}
	d.on("protected-1").press("S", "y")
	d.shows("! stop-instances")
	d.on("web-1").press(":", "stop-inst", "enter")
	d.shows("hibernate                no")
	d.shows("[x] no  [ ] yes")
	d.press("esc")
	d.sim.Inject(ec2sim.Fault{Action: "DescribeInstances", Code: "UnauthorizedOperation", Status: 403})
	d.press("r")
	d.shows("! data ")
}
