package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// onProduction is a session on a demo account that is production and another.
func onProduction(readOnly bool) options {
	o := options{profiles: []string{"production", "staging"}, width: 120, height: 40}
	o.policy = awsops.Policy{Cautions: []awsops.Caution{{Connection: "live", Profile: "production", Production: true, ReadOnly: readOnly, Warning: "PRODUCTION", Hint: "Start with --write."}}}
	return o
}

func TestProductionLooksLikeIt(t *testing.T) {
	o := onProduction(true)
	o.profiles = o.profiles[:1]
	start(t, o).frame("production")
	o.colours = termenv.ANSI256
	d := start(t, o)
	bar, _, _ := strings.Cut(d.model.View(), "\n")
	if want := d.model.env.Theme.Alarm.Render(ansi.Strip(bar)); bar != want || !strings.Contains(bar, "\x1b[") {
		t.Errorf("the top line is %q, want %q", bar, want)
	}
	d.press("S")
	d.shows("the connection live is read-only – Start with --write.")
	d.hides("Stop")
}

func TestEachScopeIsTreatedAsItsConnectionSays(t *testing.T) {
	d := start(t, onProduction(false))
	d.shows("production: PRODUCTION")
	ask := func(account string) {
		t.Helper()
		d.press("esc", "/")
		d.type_("account:" + account + " state:running")
		d.press("enter", "S")
	}
	production, staging := d.sim.Accounts()[0].ID, d.sim.Accounts()[1].ID
	ask(staging)
	d.shows("Stop 1 instance?", "[y] yes")
	d.hides("PRODUCTION: Stop")
	d.press("esc", "esc")
	ask(production)
	d.shows("PRODUCTION: Stop 1 instance?")
	d.frame("production-ask")
	d.press("y")
	d.shows("[Y] yes, really stop")
}

func TestAClockThatIsOffIsNamedInTheTopLine(t *testing.T) {
	for skew, shows := range map[time.Duration]bool{-3 * time.Minute: true, 30 * time.Second: false} {
		o := small()
		o.log, o.skew = true, skew
		d := start(t, o)
		if got := strings.Contains(strings.Split(d.screen(), "\n")[0], "the clock is off by "); got != shows {
			t.Errorf("%s: %s", skew, d.screen())
		}
	}
}
func TestAConnectionHasItsColour(t *testing.T) {
	for colour, code := range map[string]string{"magenta": "\x1b[35m", "blue": "\x1b[34m", "": ""} {
		o := options{profiles: []string{"staging"}, colours: termenv.ANSI, theme: "16"}
		o.policy = awsops.Policy{Cautions: []awsops.Caution{{Connection: "test", Profile: "staging", Colour: colour}}}
		d := start(t, o)
		bar, _, _ := strings.Cut(d.model.View(), "\n")
		if want := code + "staging 444455556666 us-east-1"; !strings.Contains(bar, want) {
			t.Errorf("%s: the top line is %q, want %q", colour, bar, want)
		}
		o.profiles = []string{"staging", "production"}
		if text := start(t, o).model.View(); code != "" && !strings.Contains(text, code+"444455556666") {
			t.Errorf("%s: no account has the colour", colour)
		}
		o.colours = 0
		if text := start(t, o).model.View(); strings.Contains(text, "\x1b[3") {
			t.Errorf("%s: a colour without colours", colour)
		}
	}
	for i, name := range awsops.Colours() {
		if theme.Mark(i) == theme.Plain || theme.Mark(len(awsops.Colours())) != theme.Plain {
			t.Errorf("%s is no mark", name)
		}
	}
}

func TestAConfirmationIsFirmerWhereTheConfigurationSaysSo(t *testing.T) {
	o := small()
	o.policy = awsops.Policy{Raises: []awsops.Raise{{Of: "stop-instances", To: awsops.Typed}, {Of: "start-instances", To: awsops.SaidTwice}}}
	d := start(t, o).on("web-1")
	d.press("S")
	d.shows("Stop 1 instance?", "Type "+web)
	d.type_(web)
	d.press("enter")
	d.shows("stop-instances: [")
	d = start(t, o).on("stopped-1")
	d.press("s", "y")
	d.shows("[Y] yes, really start")
	if d.calls("StartInstances") != 0 {
		t.Error("it was started after one step")
	}
}
