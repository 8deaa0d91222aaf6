package views

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/keymap"
)

func TestDeclarations(t *testing.T) {
	reserved := keymap.Default().Reserved()
	kinds := map[string]bool{}
	for _, spec := range All() {
		info := spec.Info()
		t.Run(info.Kind, func(t *testing.T) {
			if info.Kind == "" || info.Title == "" || info.Noun == "" || kinds[info.Kind] {
				t.Errorf("kind, title and noun: %+v", info)
			}
			kinds[info.Kind] = true
			checkColumns(t, info.Columns)
			used := map[string]string{}
			for _, a := range info.Actions {
				checkKey(t, a.Key, a.Help, reserved, used)
				if a.Operation == "" && a.Help != "" { // makes texts of a row
					continue
				}
				op, ok := awsops.Find(a.Operation)
				if !ok {
					t.Errorf("%s: there is no operation %s", a.Key, a.Operation)
					continue
				}
				if noun := op.Info().Noun; noun != info.Noun && noun != awsops.AnyResource && !slices.Contains(info.Follows, noun) && op.Info().Risk > awsops.Reads {
					t.Errorf("%s: %s changes something other than a %s", a.Key, a.Operation, info.Noun)
				}
				if a.Help == "" {
					t.Errorf("%s has no help", a.Key)
				}
			}
		})
	}
}

func checkColumns(t *testing.T, columns []string) {
	slugs := map[string]bool{}
	for _, c := range columns {
		if s := slug(c); c == "" || c != strings.TrimSpace(c) || slugs[s] || s == "tag" || strings.ContainsAny(s, `:="`) || s == slug(accountTitle) || s == slug(regionTitle) {
			t.Errorf("the column %q cannot be told apart or not be filtered by", c)
		}
		slugs[slug(c)] = true
	}
}

// checkKey lets actions share a key when they are one thing to the operator.
func checkKey(t *testing.T, key, help string, reserved []string, used map[string]string) {
	switch {
	case slices.Contains(reserved, key):
		t.Errorf("%s is a key of the program", key)
	case used[key] != "" && used[key] != help:
		t.Errorf("%s is two actions", key)
	case len([]rune(key)) != 1 || unicode.IsDigit([]rune(key)[0]):
		t.Errorf("%s opens tables or is no single key", key)
	case slices.Contains([]string{"d", "x", "p", "u"}, key):
		t.Errorf("%s changes things in other programs by habit", key)
	}
	used[key] = help
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, l := range zones().Links {
		if !slices.ContainsFunc(All(), func(s Spec) bool { return s.Info().Kind == l.Kind }) {
			t.Errorf("%s leads to %s, which is no table", l.Key, l.Kind)
		}
		checkKey(t, l.Key, l.Help, keymap.Default().Reserved(), map[string]string{})
	}
}

func TestTheTableOfInstances(t *testing.T) {
	shown, extra := []string{}, 0
	for _, c := range instances().Columns {
		if c.Extra {
			extra++
			continue
		}
		shown = append(shown, c.Title)
	}
	for _, want := range []string{"Name", "ID", "State", "Checks", "Type", "Zone", "Public IP", "Private IP", "Key", "Age"} {
		if !slices.Contains(shown, want) {
			t.Errorf("the column %s is not shown", want)
		}
	}
	if extra < 10 {
		t.Errorf("only %d more columns to choose", extra)
	}
	names := map[string]bool{}
	fields := instanceDetails()
	for _, f := range fields {
		if f.section == "" || f.name == "" || names[f.section+f.name] {
			t.Errorf("the field %q of %q", f.name, f.section)
		}
		names[f.section+f.name] = true
		if got := text(f.value(awsops.InstanceDetail{Instance: types.Instance{State: &types.InstanceState{}}})); strings.Contains(got, "nil") {
			t.Errorf("%s of an instance that has nothing is %q", f.name, got)
		}
	}
	if len(fields) < 40 {
		t.Errorf("only %d fields", len(fields))
	}
}

// TestDetailsShowWhatTheCatalogueNames fills one member after the other and
// looks for its value in the pane: the fields of 3.9 and 3.10.
func TestDetailsShowWhatTheCatalogueNames(t *testing.T) {
	names := map[string]string{ // the catalogue's names, and those of the pane
		"instance-id": "ID", "machine-type": "Type", "image-id": "Image", "owner-id": "Owner", "kernel-id": "Kernel", "ramdisk-id": "RAM disk",
		"platform": "Platform", "key-pair-name": "Key pair", "public-dns": "Public DNS", "launch-index": "Launch index", "private-dns": "Private DNS",
		"monitoring": "Monitoring", "launch-time": "Launched", "reservation-id": "Reservation", "status": "State", "product-codes": "Product codes",
		"transition-reason": "Transition reason", "state-reason": "State reason", "availability-zone": "Zone",
		"public-ip": "Public IP", "ebs-optimized": "EBS optimized", "placement-tenancy": "Tenancy", "private-ip": "Private IP", "placement-group-name": "Placement group",
		"hypervisor": "Hypervisor", "root-device-name": "Root device", "root-device-type": "Root type", "architecture": "Architecture", "client-token": "Client token",
		"subnet-id": "Subnet", "instance-lifecycle": "Purchase", "virtualization-type": "Virtualization", "vpc-id": "VPC", "instance-state-code": "State code",
	}
	for catalogue, name := range names {
		if !slices.ContainsFunc(instanceDetails(), func(f field[instanceDetail]) bool { return f.name == name }) {
			t.Errorf("%s (%s) is not in the details", catalogue, name)
		}
	}
	lists := instanceLists(awsops.InstanceDetail{Instance: types.Instance{SecurityGroups: []types.GroupIdentifier{{}}}})
	if !slices.ContainsFunc(lists, func(s Section) bool { return s.Title == "Security groups" && len(s.Fields) == 1 }) {
		t.Error("group-set is not in the details")
	}
}

func TestADeclarationStaysShort(t *testing.T) {
	source, err := os.ReadFile("instances.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(source, []byte("\n")); n > 300 {
		t.Errorf("instances.go has %d lines", n)
	}
}
