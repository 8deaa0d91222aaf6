package ui

import (
	"strings"
	"testing"

	"ec2deck/awsops/ec2sim"
)

// open puts the table of a kind on the screen.
func (d *driver) open(kind string) *driver {
	d.press(":")
	d.type_(kind)
	d.press("enter")
	return d
}

func TestAddressesAndTheirLinks(t *testing.T) {
	d := start(t, small()).open("addresses")
	d.frame("addresses")
	d.on("graviton").press("enter")
	d.settle()
	d.frame("addresses-detail")
	d.press("esc", "i")
	d.shows("Instances 1 of", "/id:i-0aa00000000000010", "graviton-1")
	d.press("a")
	d.shows("Elastic IPs 1 of 4", "/instance:i-0aa00000000000010")
	d.press("q", "q")
	d.shows("Elastic IPs 1 of 4", "/graviton")
	if !strings.Contains(d.line("192.0.2.11"), ">") {
		t.Errorf("the cursor is not where it was:\n%s", d.screen())
	}
	d.on("spare").press("i")
	d.shows("spare 192.0.2.10 (eipalloc-0aa00000000000001): is on no instance")
	d.press("U")
	d.shows("is already free")
	d.on("192.0.2.13").press("R")
	d.shows("is managed by the service alb")
}

func TestTheCostOfAnAddressShowsOnANarrowTerminal(t *testing.T) {
	o := small()
	o.width, o.height = 80, 24
	d := start(t, o).open("addresses")
	d.shows("$ unassociated")
	d.frame("addresses-80x24")
	d.press("/")
	d.type_("cost:unassociated")
	d.shows(" IPs]", "spare")
	d.hides("graviton", "192.0.2.12", "192.0.2.13") // what a service uses is not idle
}

func TestSeveralAddressesAreReleasedWithOneAnswer(t *testing.T) {
	d := start(t, small()).open("addresses")
	d.press("n", "enter", "enter", "enter", "enter", "enter", "y")
	d.press("/")
	d.type_("cost:unassociated")
	d.press("enter", "*", "R")
	d.shows("Release 2 addresses?", "Type release 2 to confirm")
	d.type_("release 2")
	d.press("enter")
	d.shows("Nothing matches cost:unassociated", "released 198.18.")
	d.press("e")
	d.shows("released 192.0.2.10", "released 198.18.")
	if n := d.calls("ReleaseAddress"); n != 2 {
		t.Errorf("%d calls", n)
	}
}

func TestAnAddressIsAllocatedAssociatedAndReleased(t *testing.T) {
	d := start(t, small()).open("addresses")
	d.press("n")
	d.frame("addresses-allocate")
	d.press("enter", "enter", "enter", "enter", "enter")
	d.shows("Allocate an address?", "AllocateAddress", "costs money")
	d.frame("addresses-allocate-asked")
	d.press("y")
	d.shows("allocate-address: allocated 198.18.")
	d.on("spare").press("a")
	d.shows("eipalloc-0aa00000000000001", "instance-id", "allow-reassociation")
	d.type_(web)
	d.press("enter", "enter", "enter", "enter")
	d.shows("Associate 1 address?", "192.0.2.10 is used by nothing", "spare 192.0.2.10")
	d.frame("addresses-associate")
	d.press("y")
	d.shows("associate-address: done, 1 address")
	if got := d.line("192.0.2.10"); !strings.Contains(got, web) || strings.Contains(got, "unassociated") {
		t.Errorf("the row does not show it: %s", got)
	}
	d.press("U")
	d.shows("Disassociate 1 address?", "is used by "+web+" (web-1)")
	d.frame("addresses-disassociate")
	d.press("y")
	if d.calls("DisassociateAddress") != 0 {
		t.Fatal("one y took the address away")
	}
	d.press("Y")
	if got := d.line("192.0.2.10"); strings.Contains(got, web) || !strings.Contains(got, "$ unassociated") {
		t.Errorf("the row does not show that it is free: %s", got)
	}
	d.press("R")
	d.shows("Type eipalloc-0aa00000000000001 to confirm", "cannot be undone")
	d.frame("addresses-release")
	d.type_("eipalloc-0aa00000000000001")
	d.press("enter")
	d.shows("released 192.0.2.10; allocate-address with --address 192.0.2.10")
	d.press("esc")
	if got := d.line("eipalloc-0aa00000000000001"); got != "" {
		t.Errorf("still listed: %s", got)
	}
}

func TestAnAddressInUseIsMovedOnlyWhenAsked(t *testing.T) {
	d := start(t, small()).open("addresses").on("graviton")
	d.press("a")
	d.type_(web)
	d.press("enter", "enter", "enter", "enter")
	d.shows("192.0.2.11 is used by i-0aa00000000000010 (graviton-1)")
	d.press("y")
	d.shows("Resource.AlreadyAssociated", "confirm the move")
	if got := d.line("192.0.2.11"); !strings.Contains(got, "i-0aa00000000000010") {
		t.Errorf("moved all the same: %s", got)
	}
}

func TestTheInstancesShowTheirNewAddress(t *testing.T) {
	d := start(t, small())
	d.open("addresses").on("spare").press("a")
	d.type_(stopped)
	d.press("enter", "enter", "enter", "enter", "y")
	d.open("instances").on("stopped-1")
	d.settle()
	if got := d.line(stopped); !strings.Contains(got, "192.0.2.10") {
		t.Errorf("the instance does not show its address: %s", got)
	}
}

func TestALostAllocationIsDoubted(t *testing.T) {
	d := start(t, small()).open("addresses")
	d.sim.Inject(ec2sim.Fault{Action: "AllocateAddress", TakesEffect: true, Cut: true, CutAfter: 40})
	d.press("n", "enter", "enter", "enter", "enter", "enter", "y")
	d.shows("The request may have arrived", "198.18.") // and the list shows it
}
