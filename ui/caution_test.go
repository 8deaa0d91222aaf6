package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"ec2deck/awsops"
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
