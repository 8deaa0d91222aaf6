package awsops_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"
)

const (
	ownSnapshot, dataSnapshot, rootSnapshot = "snap-0aa00000000000011", "snap-0aa00000000000012", "snap-0aa00000000000013"
	keyedSnapshot, slowSnapshot             = "snap-0aa00000000000014", "snap-0aa00000000000015"
	goldenSnapshot, publicSnapshot          = "snap-0aa0000000000000a", "snap-0aa00000000000017"
	otherAccount                            = "210987654321"
)

func ofSnapshot(id string, more ...string) awsops.Values {
	return inputs(append([]string{"snapshot-id", id}, more...)...)
}

// sharing is a change of who may use a snapshot.
func sharing(id string, more ...string) awsops.Values {
	return ofSnapshot(id, append([]string{"attribute", "createVolumePermission"}, more...)...)
}

func TestTheLifeOfASnapshot(t *testing.T) {
	b := newBench(t)
	r := b.request(t, "create-snapshot", ofVolume(freeVolume, "description", "by hand", "tags", "Name=life"))
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := output(res, "snapshot-id").(string)
	if output(res, "status") != "pending" || output(res, "volume-id") != freeVolume || output(res, "volume-size") != 20 || output(res, "description") != "by hand" || output(res, "progress") != nil {
		t.Errorf("%v", res.Outputs)
	}
	expect := r.Operation.Info().Expect
	for _, want := range []int{0, 50} {
		p, err := b.Progress(t.Context(), b.scope, expect, expect.Awaited(r, res), 0)
		if err != nil || p.Percent[id] != want || p.Done(1) {
			t.Errorf("%+v %v, want %d %%", p, err, want)
		}
		b.clock.sleep(t.Context(), 1500*time.Millisecond)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || res.Items[0].To != "completed" {
		t.Errorf("%v %v", res, err)
	}
	_, err = b.Run(t.Context(), r)
	expectError(t, err, "SnapshotCreationPerVolumeRateExceeded", 1, "Wait 15 seconds between snapshots of a volume")
	res = b.run(t, "get-snapshot-details", ofSnapshot(id))
	if output(res, "status") != "completed" || output(res, "progress") != "100%" || fmt.Sprint(output(res, "permissions")) != "[]" {
		t.Errorf("%v", res.Outputs)
	}
	if res = b.run(t, "delete-snapshot", ofSnapshot(id)); output(res, "result") != true {
		t.Errorf("%v", res.Outputs)
	}
	_, err = b.Run(t.Context(), b.request(t, "get-snapshot-details", ofSnapshot(id)))
	expectError(t, err, "InvalidSnapshot.NotFound", 1, "Not in region us-east-1, deleted, or not shared with you")
}

func TestSharingWhatIsTaken(t *testing.T) {
	b := newBench(t)
	res := b.waited(t, "create-shared-snapshot", ofVolume(freeVolume, "user-ids", "2109-8765-4321", "groups", "all"))
	id := output(res, "snapshot-id").(string)
	if res.Items[0].To != "completed" || fmt.Sprint(output(res, "shared-with")) != "[all 210987654321]" {
		t.Errorf("%v %v", res.Outputs, res.Items)
	}
	if got := output(b.run(t, "get-snapshot-details", ofSnapshot(id)), "permissions"); fmt.Sprint(got) != "[210987654321 all]" {
		t.Errorf("%v", got)
	}
	// The root volume has the default key: the snapshot is kept, the sharing fails.
	root := b.run(t, "describe-volumes", awsops.Values{"filters": {"attachment.instance-id=" + webID}}).Table.Rows[0][0].(string)
	res = b.run(t, "create-shared-snapshot", ofVolume(root, "user-ids", otherAccount))
	failed := res.Failed()
	if len(failed) != 1 || failed[0].Err.Code != "OperationNotPermitted" || !strings.Contains(failed[0].Err.Hint, "copy it with a key of your own") || output(res, "snapshot-id") != failed[0].ID {
		t.Errorf("%v %v", res.Outputs, failed)
	}
	b.run(t, "get-snapshot-details", ofSnapshot(failed[0].ID))

	dublin := newBench(t, func(s *awsops.Settings) { s.Regions = []string{"eu-west-1"} })
	_, err := dublin.Run(t.Context(), dublin.request(t, "create-shared-snapshot", ofVolume("vol-0aa00000000000021", "groups", "all")))
	if e := awsops.AsError(err); e == nil || e.Code != "OperationNotPermitted" || !strings.Contains(e.Error(), "block-all-sharing") || dublin.count("CreateSnapshot") != 0 {
		t.Errorf("%v, %d taken", err, dublin.count("CreateSnapshot"))
	}
}

func TestWhoMayUseASnapshot(t *testing.T) {
	b := newBench(t)
	says(t, b.foreseen(t, "modify-snapshot-attribute", sharing(ownSnapshot, "user-ids", "2109-8765-4321")), "before: private", "after:  "+otherAccount)
	res := b.run(t, "modify-snapshot-attribute", sharing(ownSnapshot, "user-ids", "2109-8765-4321"))
	if res.Message != "shared with "+otherAccount || fmt.Sprint(output(res, "permissions")) != "["+otherAccount+"]" {
		t.Errorf("%q %v", res.Message, res.Outputs)
	}
	says(t, b.foreseen(t, "modify-snapshot-attribute", sharing(ownSnapshot, "groups", "all")), "PUBLIC: every AWS account in the world", "after:  210987654321, all", "Block of public sharing in this account and region: unblocked")
	b.run(t, "modify-snapshot-attribute", sharing(ownSnapshot, "groups", "all"))
	says(t, b.foreseen(t, "reset-snapshot-attribute", sharing(ownSnapshot)), "these lose access: 210987654321, all")
	if res = b.run(t, "modify-snapshot-attribute", sharing(ownSnapshot, "groups", "all", "operation-type", "remove")); res.Message != "shared with "+otherAccount {
		t.Errorf("%q", res.Message)
	}
	b.run(t, "reset-snapshot-attribute", sharing(ownSnapshot))
	if got := output(b.run(t, "get-snapshot-details", ofSnapshot(ownSnapshot)), "permissions"); fmt.Sprint(got) != "[]" {
		t.Errorf("%v", got)
	}
	if res = b.run(t, "get-snapshot-block-public-access-state", nil); output(res, "state") != "unblocked" || output(res, "managed-by") != "account" {
		t.Errorf("%v", res.Outputs)
	}
}

func TestPublicSharingTakesMoreThanOneYes(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct {
		op   string
		v    awsops.Values
		need awsops.Confirmation
	}{
		{"modify-snapshot-attribute", sharing(ownSnapshot, "groups", "all"), awsops.SaidTwice},
		{"modify-snapshot-attribute", sharing(ownSnapshot, "user-ids", otherAccount), awsops.SaidYes},
		{"modify-snapshot-attribute", sharing(ownSnapshot, "groups", "all", "operation-type", "remove"), awsops.SaidYes},
		{"create-shared-snapshot", ofVolume(freeVolume, "groups", "all"), awsops.SaidTwice},
		{"create-shared-snapshot", ofVolume(freeVolume, "user-ids", otherAccount), awsops.SaidYes},
		{"delete-snapshot", ofSnapshot(ownSnapshot), awsops.Typed},
		{"delete-volume", ofVolume(freeVolume), awsops.Typed},
		{"detach-volume", ofVolume(heldVolume), awsops.SaidTwice},
	} {
		if need, err := b.Need(b.request(t, test.op, test.v)); err != nil || need != test.need {
			t.Errorf("%s %v needs %d, want %d: %v", test.op, test.v, need, test.need, err)
		}
	}
}

func TestACopyIsMadeInTheOtherRegion(t *testing.T) {
	b := newBench(t, func(s *awsops.Settings) { s.Regions = []string{"us-east-1"} })
	res := b.waited(t, "copy-snapshot", ofSnapshot(ownSnapshot, "destination-region", "eu-west-1"))
	id := output(res, "snapshot-id").(string)
	if output(res, "region") != "eu-west-1" || res.Items[0].To != "completed" || !strings.Contains(res.Message, id+" in eu-west-1") {
		t.Errorf("%v %v", res.Outputs, res.Items)
	}
	for _, c := range b.sim.Calls() {
		if c.Action == "CopySnapshot" && (c.Region != "eu-west-1" || c.Form.Get("SourceRegion") != "us-east-1") {
			t.Errorf("asked in %s for %s", c.Region, c.Form.Get("SourceRegion"))
		}
	}
	says(t, b.foreseen(t, "copy-snapshot", ofSnapshot(rootSnapshot)), rootSnapshot, "encrypted: the copy is too")
	r := b.request(t, "copy-snapshot", ofSnapshot(ownSnapshot, "encrypted", "true", "kms-key-id", "alias/none"))
	res, err := b.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = b.Wait(t.Context(), r, res, b.clock.sleep); err != nil || len(res.Failed()) != 1 || !strings.Contains(res.Failed()[0].Err.Error(), "is error") {
		t.Errorf("%v %v", res, err)
	}
}

func TestWhatIsSaidBeforeASnapshotGoes(t *testing.T) {
	b := newBench(t)
	says(t, b.foreseen(t, "delete-snapshot", ofSnapshot(goldenSnapshot)), "IMAGES are made from it; deregister them first: ami-0aa00000000000006 (golden-web-1)")
	says(t, b.foreseen(t, "delete-snapshot", ofSnapshot(publicSnapshot)), "THE LAST of its data: vol-0aa000000000000fd is gone", "Shared with, who lose it: all")
	says(t, b.foreseen(t, "delete-snapshot", ofSnapshot(dataSnapshot)), keptVolume+" is in-use; 0 other snapshots", otherAccount)
	root := b.run(t, "get-snapshot-details", ofSnapshot(rootSnapshot))
	says(t, b.foreseen(t, "create-snapshot", ofVolume(output(root, "volume-id").(string))), "the root of "+webID+" (web-1), which is running: stop the instance first")
}

func TestListingSnapshots(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "describe-snapshots", nil)
	var columns []string
	for _, c := range res.Table.Columns {
		if !c.Extra {
			columns = append(columns, c.Name)
		}
	}
	if got := strings.Join(columns, " "); got != "snapshot-id volume-id volume-size status start-time progress" || res.Table.Null != "null" || len(res.Table.Rows) != 8 {
		t.Errorf("%s, %d rows", got, len(res.Table.Rows))
	}
	if res = b.run(t, "describe-snapshots", awsops.Values{"owners": {"amazon"}}); len(res.Table.Rows) != 4 {
		t.Errorf("%d of Amazon's", len(res.Table.Rows))
	}
	if res = b.run(t, "describe-snapshots", awsops.Values{"snapshot-ids": {slowSnapshot, ownSnapshot}}); res.Table.Rows[0][0] != slowSnapshot || len(res.Table.Rows) != 2 {
		t.Errorf("%v", res.Table.Rows)
	}
	client, _ := b.Client(b.scope)
	var seen []string
	for page, err := range awsops.Snapshots(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page {
			seen = append(seen, *s.SnapshotId)
		}
	}
	if len(seen) != 8 || slices.Contains(seen, "snap-0aa00000000000001") {
		t.Errorf("%v", seen)
	}
}

// TestOthersSnapshotsAreCut keeps a listing of public snapshots in bounds, and
// names what cannot be seen.
func TestOthersSnapshotsAreCut(t *testing.T) {
	fleet := demo(t, func(f *ec2sim.Fleet) {
		r := &f.Accounts[0].Regions[0]
		r.Snapshots = append(r.Snapshots, ec2sim.SnapshotSeed{Volume: "vol-0aa00000", Size: 1, Count: 60, Public: true, Every: ec2sim.Age(time.Hour)})
	})
	b := onFleet(t, fleet, 1)
	res := b.run(t, "describe-snapshots", awsops.Values{"restorable-by": {"all"}, "page-size": {"5"}})
	if len(res.Table.Rows) != 50 || !strings.Contains(res.Message, "the first 50; there are more: narrow it") {
		t.Errorf("%d rows, %q", len(res.Table.Rows), res.Message)
	}
	private := ""
	for _, row := range onFleet(t, fleet, 0).run(t, "describe-snapshots", nil).Table.Rows {
		private = row[0].(string)
		break
	}
	res = b.run(t, "describe-snapshots", awsops.Values{"snapshot-ids": {private}})
	if failed := res.Failed(); len(failed) != 1 || failed[0].ID != private || failed[0].Err.Code != "InvalidSnapshot.NotFound" {
		t.Errorf("%v %v", res.Table.Rows, res.Items)
	}
}

func TestAdviceOnSnapshots(t *testing.T) {
	const amazons = "snap-0aa00000000000001"
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		exit     int
		says     string
	}{
		{"an unknown snapshot", "delete-snapshot", ofSnapshot("snap-0fffffff"), "InvalidSnapshot.NotFound", 1, "Not in region us-east-1, deleted, or not shared with you"},
		{"another's snapshot", "delete-snapshot", ofSnapshot(amazons), "AuthFailure", 4, "only its owner deletes it"},
		{"behind an image", "delete-snapshot", ofSnapshot(goldenSnapshot), "InvalidSnapshot.InUse", 1, "deregister that first"},
		{"sharing another's", "modify-snapshot-attribute", sharing(amazons, "user-ids", otherAccount), "AuthFailure", 4, "only its owner shares it"},
		{"resetting another's", "reset-snapshot-attribute", sharing(amazons), "AuthFailure", 4, "only its owner changes its sharing"},
		{"the default key", "modify-snapshot-attribute", sharing(rootSnapshot, "user-ids", otherAccount), "OperationNotPermitted", 1, "copy it with a key of your own"},
		{"public and encrypted", "modify-snapshot-attribute", sharing(keyedSnapshot, "groups", "all"), "OperationNotPermitted", 1, "Encrypted snapshots cannot be public"},
		{"of a broken volume", "create-snapshot", ofVolume(errorVolume), "IncorrectState", 1, "available or in use"},
		{"of an unknown volume", "create-snapshot", ofVolume("vol-0fffffff"), "InvalidVolume.NotFound", 1, "already deleted"},
		{"copying what is pending", "copy-snapshot", ofSnapshot(slowSnapshot), "IncorrectState", 1, "not completed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
				expectError(t, err, test.code, test.exit, test.says)
			})
		})
	}
}

func TestStorageDryRuns(t *testing.T) {
	b := newBench(t)
	for name, v := range map[string]awsops.Values{
		"create-volume": {"size": {"1"}, "availability-zone": {"us-east-1a"}}, "attach-volume": ofVolume(freeVolume, "instance-id", webID), "detach-volume": ofVolume(heldVolume),
		"delete-volume": ofVolume(freeVolume), "modify-volume": ofVolume(freeVolume, "size", "21"), "enable-volume-io": ofVolume(stoppedVolume),
		"create-snapshot": ofVolume(freeVolume), "create-shared-snapshot": ofVolume(freeVolume, "groups", "all"), "delete-snapshot": ofSnapshot(ownSnapshot),
		"copy-snapshot": ofSnapshot(ownSnapshot, "destination-region", "eu-west-1"), "modify-snapshot-attribute": sharing(ownSnapshot, "groups", "all"), "reset-snapshot-attribute": sharing(publicSnapshot),
	} {
		r := b.request(t, name, v)
		r.DryRun = true
		if res, err := b.Run(t.Context(), r); err != nil || !strings.HasPrefix(res.Message, "permitted") {
			t.Errorf("%s: %q %v", name, res.Message, err)
		}
	}
	if v, s := len(b.run(t, "describe-volumes", nil).Table.Rows), len(b.run(t, "describe-snapshots", nil).Table.Rows); v != 22 || s != 8 {
		t.Errorf("dry runs changed something: %d volumes, %d snapshots", v, s)
	}
}

func TestSnapshotRules(t *testing.T) {
	many := make([]string, 501)
	for i := range many {
		many[i] = fmt.Sprintf("%012d", i)
	}
	with := func(v awsops.Values, name string, values ...string) awsops.Values { return v.With(name, values...) }
	long := strings.Repeat("é", 256)
	checkRules(t, []ruleCase{
		{"create-snapshot", ofVolume(freeVolume, "description", long[:2*255]), ""},
		{"create-snapshot", ofVolume(freeVolume, "description", long), `--description "` + long + `": write at most 255 characters, without control characters`},
		{"create-snapshot", ofVolume("snap-0aa00000"), `--volume-id "snap-0aa00000": write vol- and 8 or 17 hex digits`},
		{"create-shared-snapshot", ofVolume(freeVolume), "--user-ids or --groups is required: give at least one account ID, or the group all"},
		{"create-shared-snapshot", ofVolume(freeVolume, "groups", "some"), `--groups "some": write all`},
		{"create-shared-snapshot", ofVolume(freeVolume, "user-ids", "12345678901"), `--user-ids "12345678901": write an account ID of 12 digits`},
		{"create-shared-snapshot", ofVolume(freeVolume, "user-ids", "1234567890123"), `--user-ids "1234567890123": write an account ID of 12 digits`},
		{"create-shared-snapshot", ofVolume(freeVolume, "user-ids", "1234-5678-9012;210987654321", "delimiter", ";"), ""},
		{"modify-snapshot-attribute", ofSnapshot(ownSnapshot, "groups", "all"), "--attribute is required: who may make volumes from it"},
		{"modify-snapshot-attribute", sharing(ownSnapshot, "groups", "all", "operation-type", "set"), `--operation-type "set": choose one of add, remove`},
		{"modify-snapshot-attribute", ofSnapshot(ownSnapshot, "groups", "all", "attribute", "productCodes"), `--attribute "productCodes": choose one of createVolumePermission`},
		{"modify-snapshot-attribute", with(sharing(ownSnapshot), "user-ids", many[:500]...), ""},
		{"modify-snapshot-attribute", with(sharing(ownSnapshot, "groups", "all"), "user-ids", many[:500]...), `--user-ids "501 values": takes at most 500 together with --groups`},
		{"modify-snapshot-attribute", with(sharing(ownSnapshot), "user-ids", many...), `--user-ids "501 values": takes at most 500`},
		{"describe-snapshots", awsops.Values{"owners": {"ubuntu"}}, `--owners "ubuntu": write self, amazon, or an account ID of 12 digits`},
		{"describe-snapshots", awsops.Values{"owners": {"SELF 2109-8765-4321"}, "restorable-by": {"all"}}, ""},
		{"describe-snapshots", awsops.Values{"restorable-by": {"amazon"}}, `--restorable-by "amazon": write self, all, or an account ID of 12 digits`},
		{"describe-snapshots", awsops.Values{"page-size": {"1001"}}, `--page-size "1001": write a number from 5 to 1000`},
		{"describe-snapshots", awsops.Values{"page-size": {"5"}, "snapshot-ids": {ownSnapshot}}, "--page-size cannot be used together with --snapshot-ids"},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "destination-region", "Dublin"), `--destination-region "Dublin": write a region such as eu-west-1`},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "encrypted", "false"), `--encrypted "false": choose one of true`},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "kms-key-id", "alias/data"), "--kms-key-id needs --encrypted true"},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "completion-duration", "15"), ""},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "completion-duration", "2880"), ""},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "completion-duration", "20"), `--completion-duration "20": write 15 to 2880 minutes in steps of 15`},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "completion-duration", "2895"), `--completion-duration "2895": write 15 to 2880 minutes in steps of 15`},
		{"copy-snapshot", ofSnapshot(ownSnapshot, "completion-duration", "0"), `--completion-duration "0": write 15 to 2880 minutes in steps of 15`},
	})
}
