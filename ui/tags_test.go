package ui

import (
	"strings"
	"testing"
)

func TestSeveralInstancesAreTaggedAtOnce(t *testing.T) {
	d := start(t, small())
	d.on("web-1").press(" ")
	d.on("stopped-1").press(" ")
	d.press("/", "esc", "+")
	d.shows("create-tags", stopped+", "+web, "tag-key (required)")
	d.type_("Team")
	d.press("enter")
	d.type_("blue team")
	d.frame("tags-form")
	d.press("enter")
	d.shows("Tag 2 resources?", "Team=storefront becomes Team=blue team on "+web, "Team=blue team is new on "+stopped)
	d.frame("tags-confirm")
	d.press("y")
	d.shows("create-tags: done, 2 resources")
	d.press("esc", "/")
	d.type_("tag:Team=blue")
	d.press("enter")
	d.shows("Instances 2 of 16")

	d.press("*", "-")
	d.frame("tags-remove-form")
	d.type_("Team")
	d.press("enter", "enter")
	d.shows("Untag 2 resources?", "Team=blue team is removed from")
	d.frame("tags-remove-confirm")
	d.press("y")
	d.shows("delete-tags: done, 2 resources")
	d.settle()
	d.shows("Nothing matches tag:Team=blue")
}

func TestTagsAndTheirLinks(t *testing.T) {
	d := start(t, small()).open("tags")
	d.on("graviton")
	d.frame("tags")
	d.on("value:graviton-1").press("i")
	d.shows("Instances 1 of", "/id:i-0aa00000000000010", "graviton-1")
	d.press("q")
	d.shows("Tags 1 of", "/value:graviton-1")
	d.press("a")
	d.shows("is on instance")
	d.on("value:spare").press("enter")
	d.settle()
	d.shows("Resource type  elastic-ip")
	d.frame("tags-detail")
	d.press("esc", "a")
	d.shows("Elastic IPs 1 of 4", "192.0.2.10")
}

func TestATagIsChangedAndRemovedInItsTable(t *testing.T) {
	d := start(t, small()).open("tags").on("value:spare")
	d.press("+")
	d.shows("eipalloc-0aa00000000000001", "Name", "spare")
	d.press("enter")
	d.type_("d")
	d.press("enter")
	d.shows("Name=spare becomes Name=spared on eipalloc-0aa00000000000001")
	d.press("y")
	d.on("value:spared").press("-")
	d.shows("Untag 1 resource?", "Name=spared is removed from eipalloc-0aa00000000000001")
	d.press("y")
	d.shows("Nothing matches value:spared")
	// Marked rows of one tag go together; others are left out and named.
	d.on("key:Env value:test resource-id:i-0aa00000000000001").press(" ")
	d.on("value:web-1").press(" ")
	d.press("-")
	d.shows("Untag 1 resource?", "Left out: i-0aa00000000000001 Name: has another tag-key: do it by itself")
}

func TestAnEmptyTagValueIsAskedFor(t *testing.T) {
	d := start(t, small()).on("web-1")
	d.press("-")
	d.type_("Team")
	d.press("enter")
	d.type_(`""`)
	d.press("enter")
	d.shows("Team=storefront has another value and stays on " + web)
	d.press("y")
	calls := d.sim.Calls()
	i := len(calls) - 1
	for calls[i].Action != "DeleteTags" {
		i--
	}
	if v, ok := calls[i].Form["Tag.1.Value"]; !ok || v[0] != "" {
		t.Errorf("sent %v", calls[i].Form)
	}
}

func TestThePaletteTagsTheSelection(t *testing.T) {
	d := start(t, small()).open("addresses").on("spare")
	d.press(":")
	d.type_("create-tags")
	d.press("enter")
	d.shows("eipalloc-0aa00000000000001")
	d.press("esc")
	d.press(":")
	d.type_("describe-tags")
	d.press("enter")
	d.frame("tags-describe")
	if strings.Contains(d.screen(), "eipalloc-0aa00000000000001,") {
		t.Error("a read takes no selection of another kind")
	}
}
