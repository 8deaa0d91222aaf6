package ui

import (
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
)

const (
	webGroup, dbGroup = "sg-0aa00000000000011", "sg-0aa00000000000021"
	httpRule, sshRule = "sgr-0aa00000000000001", "sgr-0aa00000000000002"
)

func TestSecurityGroupsByPaletteAndNumber(t *testing.T) {
	d := start(t, small())
	d.press(number("groups"))
	d.shows("Security groups", "HTTP from everywhere", "open 80", webGroup)
	d.press(number("rules"))
	d.shows("Rules", "203.0.113.0/24", sshRule, "office")
	d.open("groups").shows("Security groups")
	d.on("web").press("enter")
	d.frame("groups-detail")
	d.press("esc", "?")
	d.shows("let in", "its rules", "who refers to it")
}

func TestFramesOfSecurityGroups(t *testing.T) {
	for _, size := range []struct {
		name          string
		width, height int
	}{{"80x24", 80, 24}, {"120x40", 120, 40}, {"40x12", 40, 12}} {
		o := small()
		o.width, o.height = size.width, size.height
		d := start(t, o)
		d.press(number("groups"))
		d.frame("groups-" + size.name)
		d.press(number("rules"))
		d.frame("rules-" + size.name)
	}
}

func TestLinksLeadThereAndBack(t *testing.T) {
	d := start(t, small())
	d.press(number("groups"))
	d.on("main").press("esc", "/") // nothing is called that: back to all
	d.press("esc", "/")
	d.type_("sg-0aa")
	d.press("enter", "j", "j")
	before := d.screen()
	if !strings.Contains(d.line("> "), dbGroup) && !strings.Contains(d.line(">"), webGroup) {
		t.Fatalf("the cursor is elsewhere: %s", before)
	}
	d.press("l")
	d.shows("Rules", "group-id:sg-0aa")
	d.press("esc", "esc")
	if got := d.screen(); got != before {
		t.Errorf("filter or cursor are lost:\n%s\nbefore:\n%s", got, before)
	}
	d.on(webGroup).press("R")
	d.shows("db", "references:"+webGroup)
	d.hides("HTTP from everywhere")
	d.press("esc", "esc", "i")
	d.shows("Instances", "web-1", "group-ids:"+webGroup)
	d.hides("terminated-1")
	d.press("esc", "esc")
	d.open("rules").on(sshRule).press("l")
	d.shows("Security groups", "id:"+webGroup, "HTTP from everywhere")
	d.press("esc", "esc")
	d.shows("Rules", sshRule)
}

// fill goes to an input of the form that is open, and types into it.
func (d *driver) fill(name, text string) {
	d.t.Helper()
	for range 20 {
		if f, ok := d.model.top().(*formDialog); ok && f.Focused() == name {
			d.type_(text)
			return
		}
		d.press("tab")
	}
	d.t.Fatalf("the form has no input %s:\n%s", name, d.screen())
}

// submit leaves every input of the form that is open as it is.
func (d *driver) submit() {
	for range 30 {
		if _, ok := d.model.top().(*formDialog); !ok {
			return
		}
		d.press("tab")
	}
	d.t.Fatalf("the form stays open:\n%s", d.screen())
}

func TestAuthorizeByForm(t *testing.T) {
	d := start(t, small())
	d.open("groups").on(dbGroup).press("a")
	d.shows("authorize-security-group-ingress", "group (required)", dbGroup)
	d.fill("rule", "tcp/5433 form 10.0.0.0/8")
	d.press("tab")
	d.shows("at position 10: expected from (comes in) or to (goes out)")
	d.frame("groups-form")
	for range len("form 10.0.0.0/8") {
		d.press("backspace")
	}
	d.type_("from 10.9.9.9/8")
	d.submit()
	d.shows("Authorize 1 security group?", "In words: tcp/5433 from 10.0.0.0/8")
	d.frame("groups-authorize")
	d.press("y")
	d.shows("authorize-security-group-ingress: done")
	d.press("l")
	d.shows("5433", "10.0.0.0/8")
}

func TestOpeningToTheWorldTakesASecondStep(t *testing.T) {
	d := start(t, small())
	d.open("groups").on(dbGroup).press("a")
	d.fill("rule", "tcp/22 from 0.0.0.0/0")
	d.submit()
	d.shows("Danger: tcp/22 from 0.0.0.0/0 opens SSH (22) to the whole internet.")
	d.frame("groups-danger")
	d.press("y")
	if d.calls("AuthorizeSecurityGroupIngress") != 0 {
		t.Fatal("one y opened a group to the world")
	}
	d.shows("[Y] yes, really authorize")
	d.press("Y")
	d.shows("! 22")
}

func TestRevokeRulesOfBothDirections(t *testing.T) {
	d := start(t, small())
	d.open("rules").on(httpRule).press(" ")
	d.on(sshRule).press(" ")
	d.press("X")
	d.shows("Revoke 2 rules?", "tcp/80 from 0.0.0.0/0", "tcp/22 from 203.0.113.0/24", "RevokeSecurityGroupIngress")
	d.frame("rules-revoke")
	d.press("y", "Y")
	d.pass(3 * time.Second)
	d.on("").hides(httpRule, sshRule)
	d.on("sgr-0aa00000000000005").press("X")
	d.shows("RevokeSecurityGroupEgress", "It is the last rule of "+dbGroup+" that lets all traffic out")
	d.press("esc")
	d.on("sgr-0aa0").press("*", "X")
	d.shows("Left out: ", "has another group: do it by itself", "goes out, not in")
}

func TestEditARuleAsText(t *testing.T) {
	d := start(t, small())
	d.open("rules").on(sshRule).press("m")
	d.shows("modify-security-group-rules", `tcp/22 from 203.0.113.0/24 "office"`, "┃ rule")
	d.frame("rules-edit")
	d.fill("rule", "")
	for range len(`22 from 203.0.113.0/24 "office"`) {
		d.press("backspace")
	}
	d.type_(`2222 from 203.0.113.0/25`)
	d.submit()
	d.shows("Modify 1 rule?", `Now: tcp/22 from 203.0.113.0/24 "office"`, "In words: tcp/2222 from 203.0.113.0/25")
	d.frame("rules-edit-asked")
	d.press("y")
	d.on(sshRule).shows("2222", "203.0.113.0/25")
	d.press("N")
	d.shows("update-security-group-rule-descriptions-ingress", "┃ description")
	d.frame("rules-note")
	d.fill("description", "the office")
	d.submit()
	d.press("y")
	d.shows("the office")
}

func TestDeleteShowsWhatUsesTheGroup(t *testing.T) {
	d := start(t, small())
	d.open("groups").on("description:http").press("X")
	d.shows("Delete 1 security group?", "Used by: "+web+" (eni-", "Referenced by rules of: "+dbGroup+" (db)", "Type "+webGroup+" to confirm")
	d.frame("groups-delete")
	d.type_(webGroup)
	d.press("enter")
	d.shows("DependencyViolation")
	d.on("name:default").press("X")
	d.shows("is the default group of its VPC, which cannot be deleted")
	d.on("apart").press("X")
	d.type_("sg-0aa00000000000031")
	d.press("enter")
	d.pass(3 * time.Second)
	d.press("/", "esc")
	d.shows("Security groups 4")
	d.hides("In the other VPC")
}

func TestCreateAGroup(t *testing.T) {
	d := start(t, small())
	d.open("groups").press("n")
	d.frame("groups-create-form")
	d.fill("group-name", "default")
	d.press("tab")
	d.shows("default is reserved: choose another name")
	for range len("default") {
		d.press("backspace")
	}
	d.type_("api")
	d.fill("group-description", "What the API lets in")
	d.submit()
	d.shows("Create a security group?", "account 123456789012 (test)  us-east-1", "group-name=api")
	d.frame("groups-create")
	d.press("y")
	d.shows("create-security-group: done, group-id sg-", "What the API lets in")
}

func TestReadOnlyRefusesGroups(t *testing.T) {
	o := small()
	o.policy = awsops.Policy{Refuses: awsops.Changes}
	d := start(t, o)
	d.open("rules").on(httpRule).press("X")
	d.shows("this session is read-only")
}
