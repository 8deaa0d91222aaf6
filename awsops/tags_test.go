package awsops_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"

	"github.com/google/go-cmp/cmp"
)

func tagged(key string, ids ...string) awsops.Values {
	return awsops.Values{"resource-ids": ids, "tag-key": {key}}
}

// tagsOf lists key=value of one resource.
func (b *bench) tagsOf(t *testing.T, id string) string {
	t.Helper()
	var out []string
	for _, row := range b.run(t, "describe-tags", awsops.Values{"resource-id": {id}}).Table.Rows {
		out = append(out, awsops.CellText(row[2], ",", "")+"="+awsops.CellText(row[3], ",", ""))
	}
	return strings.Join(out, " ")
}

func TestTheLifeOfATag(t *testing.T) {
	b := newBench(t)
	const other = "i-0aa00000000000002"
	res := b.run(t, "create-tags", tagged("Stage", webID, other).With("tag-value", "blue"))
	if output(res, "ok") != true || len(res.Items) != 2 || res.Items[1].ID != other {
		t.Errorf("%v %v", res.Outputs, res.Items)
	}
	if got := b.tagsOf(t, other); got != "Env=test Name=stopped-1 Stage=blue" {
		t.Error(got)
	}
	b.run(t, "create-tags", tagged("Stage", other)) // no value is the empty one
	if got := b.tagsOf(t, other); got != "Env=test Name=stopped-1 Stage=" {
		t.Error(got)
	}
	b.run(t, "delete-tags", tagged("Stage", webID, other).With("tag-value", "")) // only the empty one
	if got := b.tagsOf(t, webID) + "; " + b.tagsOf(t, other); got != "Env=test Name=web-1 Team=storefront Stage=blue; Env=test Name=stopped-1" {
		t.Error(got)
	}
	b.run(t, "delete-tags", tagged("Stage", webID)) // any
	if got := b.tagsOf(t, webID); got != "Env=test Name=web-1 Team=storefront" {
		t.Error(got)
	}
	res = b.run(t, "describe-tags", awsops.Values{"tag-key": {"T*"}, "page-size": {"5"}})
	if diff := cmp.Diff([][]any{{webID, "instance", "Team", "storefront"}}, res.Table.Rows); diff != "" {
		t.Error(diff)
	}
	b.run(t, "create-tags", tagged("Empty", webID))
	if res = b.run(t, "describe-tags", awsops.Values{"tag-value": {""}}); len(res.Table.Rows) != 1 {
		t.Errorf("the empty value found %v", res.Table.Rows)
	}
}

func TestWhatTagsReplace(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{webID, "i-0aa00000000000002", freeID}
	for _, test := range []struct {
		op   string
		v    awsops.Values
		want string
	}{
		{"create-tags", tagged("Team", all...).With("tag-value", "web"), "Team=storefront becomes Team=web on " + webID + "|Team=web is new on i-0aa00000000000002, " + freeID},
		{"create-tags", tagged("Env", all...).With("tag-value", "test"), "Env=test stays as it is on " + strings.Join(all, ", ")},
		{"delete-tags", tagged("Team", all...), "Team=storefront is removed from " + webID + "|There is no tag Team on i-0aa00000000000002, " + freeID},
		{"delete-tags", tagged("Team", webID).With("tag-value", ""), "Team=storefront has another value and stays on " + webID},
		{"delete-tags", tagged("T*", webID), "There is no tag T* on " + webID},
	} {
		lines, err := b.request(t, test.op, test.v).Ahead(t.Context(), client)
		if got := strings.Join(lines, "|"); err != nil || got != test.want {
			t.Errorf("%s %v: %q %v, want %q", test.op, test.v, got, err, test.want)
		}
	}
}

func TestAdviceOnTags(t *testing.T) {
	for _, test := range []struct {
		name string
		v    awsops.Values
		code string
		says string
	}{
		{"an ID that takes no tags", tagged("a", "eipassoc-0aa00000"), "InvalidID", "something that takes tags"},
		{"an unknown instance", tagged("a", "i-0aaffffffffffffff"), "InvalidInstanceID.NotFound", "Not in region us-east-1"},
		{"an unknown address", tagged("a", "eipalloc-0fffffff"), "InvalidAllocationID.NotFound", "not allocated to this account"},
		{"one tag too many", tagged("k50", webID), "TagLimitExceeded", "A resource takes 50 tags"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				if test.code == "TagLimitExceeded" {
					for n := range 47 { // beside Env, Name and Team
						b.run(t, "create-tags", tagged("k"+strings.Repeat("x", n), webID))
					}
				}
				_, err := b.Run(t.Context(), b.request(t, "create-tags", test.v))
				expectError(t, err, test.code, 1, test.says)
			})
		})
	}
}

func TestManyResourcesAreTaggedInBatches(t *testing.T) {
	b := newBench(t)
	var ids []string
	for range 120 {
		ids = append(ids, "i-0"+strings.Repeat("0", 13)+string("0123456789abcdef"[len(ids)/64])+string("0123456789abcdef"[len(ids)/16%4])+string("0123456789abcdef"[len(ids)%16]))
	}
	_, err := b.Run(t.Context(), b.request(t, "create-tags", tagged("a", ids...)))
	if err == nil || b.count("CreateTags") != 3 {
		t.Errorf("%d calls: %v", b.count("CreateTags"), err)
	}
}

func TestTagRules(t *testing.T) {
	const id, shape = webID, "write a resource ID, such as i- and 8 or 17 hex digits"
	e128, e129 := strings.Repeat("é", 128), strings.Repeat("é", 129)
	v256, v257 := strings.Repeat("é", 256), strings.Repeat("é", 257)
	pair := func(s string) awsops.Values { return awsops.Values{"tags": {s}} }
	var fifty []string
	for n := range 51 {
		fifty = append(fifty, strings.Repeat("k", n+1)+"=v")
	}
	checkRules(t, []ruleCase{
		{"create-tags", nil, "--resource-ids is required: the resources, of any kind"},
		{"create-tags", awsops.Values{"resource-ids": {id}}, "--tag-key is required: the name of the tag"},
		{"create-tags", tagged("Env", id), ""},
		{"create-tags", tagged("Env", "vol-0aa00000,sg-0aa00000000000001 instance-event-0aa00000000000001"), ""},
		{"create-tags", tagged("Env", "web"), `--resource-ids "web": ` + shape},
		{"create-tags", tagged("Env", "i-0aa0000"), `--resource-ids "i-0aa0000": ` + shape},
		{"create-tags", tagged(e128, id), ""},
		{"create-tags", tagged(e129, id), `--tag-key "` + e129 + `": write at most 128 characters, without control characters`},
		{"create-tags", tagged("AWS:x", id), `--tag-key "AWS:x": aws: is reserved for AWS itself`},
		{"create-tags", tagged("awsome", id), ""},
		{"create-tags", tagged("", id), "--tag-key is required: the name of the tag"},
		{"create-tags", tagged("Env", id).With("tag-value", ""), ""},
		{"create-tags", tagged("Env", id).With("tag-value", v256), ""},
		{"create-tags", tagged("Env", id).With("tag-value", v257), `--tag-value "` + v257 + `": write at most 256 characters, without control characters`},
		{"create-tags", tagged("Env", id).With("tag-value", "a", "b"), `--tag-value "a b": takes one value`},
		{"delete-tags", awsops.Values{"resource-ids": {id}}, "--tag-key is required: the name of the tag"},
		{"delete-tags", awsops.Values{"resource-ids": {id}, "tag-value": {"x"}}, "--tag-key is required: the name of the tag"},
		{"delete-tags", tagged("aws:x", id), `--tag-key "aws:x": aws: is reserved for AWS itself`},
		{"describe-tags", nil, ""},
		{"describe-tags", awsops.Values{"tag-key": {"aws:autoscaling:groupName"}}, ""},
		{"describe-tags", awsops.Values{"resource-type": {"dog"}}, `--resource-type "dog": is none of the 112 that there are; --help lists them`},
		{"describe-tags", awsops.Values{"page-size": {"4"}}, `--page-size "4": write a number from 5 to 1000`},
		{"describe-tags", awsops.Values{"page-size": {"1000"}}, ""},
		{"allocate-address", pair("Name=a=b"), ""},
		{"allocate-address", pair("Name="), ""},
		{"allocate-address", pair("Name"), `--tags "Name": write name=value`},
		{"allocate-address", pair("=a"), `--tags "=a": write name=value`},
		{"allocate-address", pair("aws:a=b"), `--tags "aws:a=b": the name: aws: is reserved for AWS itself`},
		{"allocate-address", pair(e129 + "=b"), `--tags "` + e129 + `=b": the name: write at most 128 characters, without control characters`},
		{"allocate-address", pair("a=" + v257), `--tags "a=` + v257 + `": the value: write at most 256 characters, without control characters`},
		{"allocate-address", awsops.Values{"tags": fifty[:50]}, ""},
		{"allocate-address", awsops.Values{"tags": fifty}, `--tags "51 values": takes at most 50`},
	})
}
