package ui

import (
	"testing"

	"ec2deck/awsops"
)

// TestRightsThatChangeTakeEffect narrows, widens and takes away the rights of a
// session on the fly.
func TestRightsThatChangeTakeEffect(t *testing.T) {
	policy := awsops.Policy{Role: "ops", Profiles: []string{"production", "staging"}, Regions: []string{"us-east-1"}}
	d := newDriver(t, options{rights: func() awsops.Policy { return policy }})
	become := func(p awsops.Policy) {
		policy = p
		d.send(RightsChanged{})
		d.settle()
	}
	d.settle()
	d.shows("ops  ", "2 profiles", "111122223333", "444455556666")
	d.press("1", "j", "enter")
	d.settle()

	become(awsops.Policy{Role: "viewer", Refuses: awsops.Changes, Profiles: []string{"staging"}})
	d.shows("viewer, read-only", "your rights have changed")
	d.hides("111122223333", "production")
	d.press("S")
	d.shows(`stop-instances is refused: its risk is "change" and the role viewer ends at "read"`)

	become(awsops.Policy{Role: "api", Profiles: []string{"production"}, Tags: awsops.TagLimit{{Key: "CostCenter", Values: []string{"cc-1030"}}}})
	d.shows("api, CostCenter=cc-1030", "checkout-01")
	d.hides("api-01 ", "search-")

	become(awsops.Policy{Shut: "ada has no role any more."})
	d.shows("ada has no role any more.")
	d.hides("checkout-01")
	d.press("j", "r", "2", "s", ":", "esc", "?", "esc")
	d.settle()
	d.shows("ada has no role any more.")

	become(awsops.Policy{Role: "ops", Profiles: []string{"production"}})
	d.press("1")
	d.settle()
	d.shows("api-01")
}

// TestRightsMayChangeBeforeTheScreenHears draws and takes keys in between.
func TestRightsMayChangeBeforeTheScreenHears(t *testing.T) {
	policy := awsops.Policy{Role: "ops", Profiles: []string{"production"}}
	d := newDriver(t, options{rights: func() awsops.Policy { return policy }})
	d.settle()
	policy = awsops.Policy{Role: "ops", Profiles: []string{"staging", "other"}}
	d.press("r", "j", "2", "s")
	d.pass(60e9)
	policy = awsops.Policy{Shut: "gone"}
	d.press("r", "j", "1", "s")
	d.pass(60e9)
	d.hides("checkout-01")
}
