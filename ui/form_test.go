package ui

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

func TestAnInputOffersWhatTheCallCanTake(t *testing.T) {
	d := start(t, small()).open("addresses").on("spare")
	d.press("a")
	d.shows("Instances 14 of 16", "/-state:terminated") // the terminated one is none
	d.type_("grv")
	d.shows("Instances 1 of 16", "┃ enter takes graviton-1 i-0aa00000000000010")
	d.frame("form-pick")
	d.press("enter")
	d.shows("> i-0aa00000000000010")
	d.press("ctrl+y")
	d.shows("aws ec2 associate-address --allocation-id eipalloc-0aa00000000000001 --no-allow-reassociation --instance-id i")
	d.press("enter")
	d.shows("Interfaces ", "eni-")
	d.press("esc")
	d.hides("associate-address")
}

func TestWhatIsGivenIsFoundAmongWhatIsOffered(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press(":", "reboot-inst", "enter")
	d.shows("Instances 1 of 16", "="+web)
}

func TestAFormSaysWhatItIsAbout(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).open("groups").on(dbGroup)
	d.press("a")
	d.shows("┃ rule", "authorize-security-group-ingress  "+dbGroup)
	d.press("shift+tab")
	d.shows("┃ group (required)", "Let traffic into a security group")
	d.type_("zzz")
	d.shows("Security groups 0 of", "Nothing matches")
	d.hides("esc clears") // it closes the form
}

func TestTheOfferFollowsTheOtherInputs(t *testing.T) {
	d := start(t, small())
	d.press("n")
	d.goTo("availability-zone")
	d.type_("us-east-1a")
	d.press("tab")
	d.shows("Subnets ", "zone:us-east-1a")
	asked := d.calls("DescribeSubnets")
	d.press("shift+tab", "tab")
	if d.calls("DescribeSubnets") != asked {
		t.Error("the same is asked again")
	}
	d.press("shift+tab", "backspace")
	d.type_("b")
	d.press("tab")
	d.shows("zone:us-east-1b")
	d.hides("zone:us-east-1a")
}

func TestAPrivateAddressOfTheInterfaceIsOffered(t *testing.T) {
	d := start(t, small()).open("addresses").on("spare")
	in, _ := d.sim.Instance("us-east-1", "i-0aa00000000000009")
	d.press("a", "tab")
	d.type_(in.Interfaces[1].ID)
	d.press("tab")
	d.shows("Private addresses 1 of", "/interface:"+in.Interfaces[1].ID, "primary")
	d.frame("addresses-private-ip")
	d.press("down", "enter")
	d.shows("> " + in.Interfaces[1].PrivateIP)
	d.press("tab", "tab")
	d.shows("Associate 1 address?", "private-ip="+in.Interfaces[1].PrivateIP)
}

func TestSeveralValuesAreChosenOneAfterTheOther(t *testing.T) {
	d := start(t, small())
	d.press(":", "reboot-inst", "enter")
	d.press("ctrl+u")
	d.shows("Instances ", "/state:running", "spot-1")
	d.press("down", "enter")
	d.type_(", ")
	d.press("down", "down", "enter")
	typed := d.line("┃ > i-")
	if n := strings.Count(typed, "i-0"); n != 2 {
		t.Fatalf("two are chosen, the input holds %q", typed)
	}
	d.press("enter")
	d.shows("Reboot 2 instances?")
}

func TestARuleIsToldAsOneTypes(t *testing.T) {
	d := start(t, small())
	d.press(":", "stop-inst", "enter")
	d.shows("┃ force") // what is given is passed over
	d.press("shift+tab", "ctrl+u")
	d.type_("i-0zz")
	d.shows("! write i- and 8 or 17 hex digits")
	d.press("tab")
	d.shows("┃ instance-ids") // which is not left
	d.press("ctrl+u")
	d.type_("i-0aa00000000000001")
	d.hides("! write", "Instances 0 of")
	d.press("tab")
	d.shows("┃ force")
	// Of several lines, the one that is wrong, and where.
	d.press("esc")
	d.open("groups").on("db")
	d.press("a")
	d.type_("tcp/443 form")
	d.shows("at position 9")
}

func TestAFormIsCopiedAsACommand(t *testing.T) {
	d := start(t, small()).on("stopped-1")
	d.press(":", "start-inst", "enter", "ctrl+y")
	d.shows("copied the command", "Start stopped instances")
	if want := "aws ec2 start-instances --instance-ids " + stopped + " --profile test --region us-east-1"; len(d.copied) != 1 || d.copied[0] != want {
		t.Errorf("copied %q, want %q", d.copied, want)
	}
	o := small()
	o.endpoint = "https://ec2.test"
	far := start(t, o).on("stopped-1")
	far.press(":", "start-inst", "enter", "ctrl+y")
	if len(far.copied) != 1 || !strings.HasSuffix(far.copied[0], " --endpoint-url https://ec2.test") {
		t.Errorf("copied %q", far.copied)
	}
	// A flow reads before it knows what it asks for.
	d.press("esc")
	d.open("groups").on("web")
	before := d.calls("DescribeSecurityGroups")
	d.press(":", "delete-sec", "enter", "ctrl+u")
	d.type_("web")
	if d.calls("DescribeSecurityGroups") != before+1 { // what is offered
		t.Errorf("typing asked EC2 %d times", d.calls("DescribeSecurityGroups")-before)
	}
	d.press("ctrl+y")
	if n := d.calls("DeleteSecurityGroup"); n != 0 || !strings.Contains(d.copied[len(d.copied)-1], "--group-id sg-0aa00000000000011") {
		t.Errorf("%d deletions, copied %q", n, d.copied)
	}
}

func TestAFormIsTriedDry(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press(":", "terminate-inst", "enter", "ctrl+t")
	d.shows("permitted", "┃ force")
	asked := 0
	for _, c := range d.sim.Calls() {
		if c.Action == "TerminateInstances" && c.Form.Get("DryRun") == "true" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("%d dry runs", asked)
	}
	d.sim.Inject(ec2sim.Fault{Action: "TerminateInstances", Code: "UnauthorizedOperation", Status: 403})
	d.press("ctrl+t")
	d.shows("UnauthorizedOperation", "┃ force")
	d.press("esc")
	d.on("web-1").shows("running")
}

func TestACreationSaysWhereItGoes(t *testing.T) {
	d := start(t, options{fleet: "small.json", regions: []string{"us-east-1", "eu-west-1"}}).open("addresses")
	d.press("n")
	d.shows("┃ in", "[x] test us-east-1  [ ] test eu-west-1", "--region us-east-1")
	d.press("right")
	d.shows("--region eu-west-1")
	for range 6 {
		d.press("enter")
	}
	d.shows("account 123456789012 (test)  eu-west-1")
	d.hides("us-east-1?")
	d.press("y")
	calls := d.sim.Calls()
	found := false
	for _, c := range calls {
		if c.Action == "AllocateAddress" {
			found = c.Region == "eu-west-1"
		}
	}
	if !found {
		t.Error("nothing was allocated in eu-west-1")
	}
}

func TestWhatCannotBeNarrowedIsOfferedWhole(t *testing.T) {
	d := start(t, small())
	d.sim.Inject(ec2sim.Fault{Action: "DescribeVpcs", Code: "UnauthorizedOperation", Status: 403})
	d.press("n")
	d.goTo("security-groups")
	d.shows("everything is offered:", "UnauthorizedOperation", "Security groups ")
}

func TestALongTextHasLines(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	d := start(t, small())
	d.sim.SetInstance("us-east-1", stopped, func(i *ec2sim.Instance) { i.UserData = "" })
	d.on("stopped-1").press("w")
	d.type_("#!/bin/sh")
	d.send(tea.KeyMsg{Type: tea.KeyEnter, Alt: true})
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Paste: true, Runes: []rune("date\nid")})
	d.press("ctrl+e") // the end of the line, and no editor
	d.frame("form-long")
	d.press("enter")
	d.shows("userData: then 17 bytes")
	d.press("y")
	if in, _ := d.sim.Instance("us-east-1", stopped); in.UserData != base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\ndate\nid")) {
		t.Errorf("%q", in.UserData)
	}
	if files, _ := os.ReadDir(os.TempDir()); len(files) > 0 {
		t.Errorf("%s is written", files[0].Name())
	}
	d.on("web-1").press("n")
	d.goTo("user-data")
	d.type_("#!/bin/sh")
	d.send(tea.KeyMsg{Type: tea.KeyEnter, Alt: true})
	d.type_("id")
	d.shows("#!/bin/sh")
	d.frame("form-launch-user-data")
}

func TestAFormKeepsAllOfALongList(t *testing.T) {
	d := start(t, options{instances: 400})
	d.press("/")
	d.type_("state:running")
	d.press("enter", "*")
	d.press(":", "reboot-inst", "enter", "ctrl+y")
	id, _, _ := strings.Cut(d.copied[0][strings.LastIndex(d.copied[0], "i-"):], " ")
	d.press("backspace")
	d.type_(id[len(id)-1:])
	d.press("ctrl+y")
	if n := strings.Count(d.copied[0], "i-"); n < 200 || len(d.copied) != 2 || d.copied[1] != d.copied[0] {
		t.Errorf("%d instances become %d", n, strings.Count(d.copied[len(d.copied)-1], "i-"))
	}
}

// goTo steps through a form to a field that may be left empty, and fills in
// the ones before that may not.
func (d *driver) goTo(field string) {
	for range 40 {
		f := d.model.top().(*formDialog)
		if f.Focused() == field {
			return
		}
		op, _ := awsops.Find("run-instances")
		if at, _ := op.Info().Field(f.Focused()); at.Need == awsops.Required {
			d.type_(op.Info().Example.Get(at.Name))
		}
		d.press("tab")
	}
	d.t.Fatalf("there is no field %s", field)
}

func TestAnOperationWithoutInputsNeedsNoForm(t *testing.T) {
	for _, op := range awsops.All() {
		if info := op.Info(); len(info.Fields) == 0 {
			d := start(t, small())
			d.press(":")
			d.type_(info.Name)
			d.press("enter")
			if d.calls(info.Action()) != 1 {
				t.Errorf("%s was not asked for:\n%s", info.Name, d.screen())
			}
		}
	}
}
