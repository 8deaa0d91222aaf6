package ui

import (
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/views"
)

// tabbed is a session with saved views and tables of its own.
func tabbed(t *testing.T, kind string) options {
	t.Helper()
	o := small()
	o.saved, o.kind = []Saved{{"stopped", "instances", "state:stopped"}, {"big", "volumes", "size:100"}}, kind
	naming, err := awsops.ParseNaming("{Name} in {Region}")
	if err != nil {
		t.Fatal(err)
	}
	o.naming = naming
	o.setups = map[string]views.Setup{"instances": {Columns: []string{"State", "Name", "Age"}, Sort: "-Name"}}
	return o
}

func TestATableBeginsAsItWasChosen(t *testing.T) {
	d := start(t, tabbed(t, ""))
	d.frame("chosen")
	d.press("c")
	d.shows("[x] State", "[ ] ID")
}

func TestASavedViewIsATab(t *testing.T) {
	d := start(t, tabbed(t, ""))
	top, _, _ := strings.Cut(d.screen(), "\n")
	if !strings.Contains(top, "stopped  big") {
		t.Errorf("the top line is %s", top)
	}
	d.press("/")
	d.type_("1")
	d.press("enter", "o", "j")
	was := d.screen()
	d.press(byName + "stopped")
	d.shows("[stopped]", "/state:stopped")
	d.press(byName + "big")
	d.shows("[big]", "/size:100")
	d.press("1") // filter, order and cursor are as they were left
	if got := d.screen(); got != was || !strings.Contains(was, "Age↑") {
		t.Errorf("was:\n%s\nis:\n%s", was, got)
	}
}

func TestTheScreenBeginsWhereItIsAsked(t *testing.T) {
	o := tabbed(t, "stopped")
	o.query = "web"
	start(t, o).shows("[stopped]", "/state:stopped web")
	o.kind = "volumes"
	start(t, o).shows("[2 Volumes]", "/web")
}
