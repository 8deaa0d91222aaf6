package awsops_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"ec2deck/awsops"

	"github.com/google/go-cmp/cmp"
)

const printedJSON = `{
  "operation": "describe-things",
  "success": true,
  "exit-code": 0,
  "message": "ok",
  "request-id": "r-1",
  "scope": {
    "profile": "test",
    "region": "us-east-1"
  },
  "rows": [
    {
      "id": "x-1",
      "name": "=1+1",
      "groups": [
        "web",
        "d\u001bb"
      ],
      "since": "2026-01-02T02:04:05.006Z"
    },
    {
      "id": "x-2",
      "name": null,
      "groups": null,
      "since": null
    },
    {
      "id": "x-3",
      "name": "say \"hi\"",
      "groups": [
        "-a",
        "b"
      ],
      "since": null
    }
  ]
}
`

// TestPrint writes one result in every format.
func TestPrint(t *testing.T) {
	res := awsops.Result{
		Operation: "describe-things", RequestID: "r-1", Scope: awsops.Scope{Profile: "test", Region: "us-east-1"},
		Table: &awsops.Table{
			Null:    "null",
			Columns: []awsops.TableColumn{{Name: "id", Title: "ID"}, {Name: "name", Title: "Name"}, {Name: "groups", Title: "Groups"}, {Name: "since", Title: "Since", Extra: true}},
			Rows: [][]any{
				{"x-1", "=1+1", []string{"web", "d\x1bb"}, time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 3600))},
				{"x-2", nil, []string(nil), nil},
				{"x-3", `say "hi"`, []string{"-a", "b"}, nil},
			},
		},
	}
	for _, test := range []struct {
		name  string
		print awsops.Print
		want  string
	}{
		{"a table aligns its cells and shows a dash for nothing", awsops.Print{Format: "table", Delimiter: ","},
			"ID   NAME      GROUPS\nx-1  =1+1      web,d␛b\nx-2  -         -\nx-3  say \"hi\"  -a,b\nrequest r-1\n"},
		{"text has the null of its table", awsops.Print{Format: "text", Delimiter: "/", Column: "|", Row: "\n"},
			"x-1|=1+1|web/d␛b\nx-2|null|null\nx-3|say \"hi\"|-a/b\n"},
		{"CSV prefixes what a spreadsheet would run", awsops.Print{Format: "csv", Delimiter: ";"},
			"id,name,groups\nx-1,'=1+1,web;d␛b\nx-2,null,null\nx-3,\"say \"\"hi\"\"\",'-a;b\n"},
		{"JSON escapes, and knows null and UTC", awsops.Print{Format: "json"}, printedJSON},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := test.print.Write(&out, res, 0); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestJSONEscapesWhatCannotBeSeen(t *testing.T) {
	var out bytes.Buffer
	res := awsops.Result{Message: "a\u009b2J\u202egnp\u200b\U000e0041\x7f\x1b\n東京"}
	if err := (awsops.Print{Format: "json"}).Write(&out, res, 0); err != nil {
		t.Fatal(err)
	}
	if want := `"message": "a\u009b2J\u202egnp\u200b\udb40\udc41\u007f\u001b\n東京"`; !bytes.Contains(out.Bytes(), []byte(want)) {
		t.Errorf("%s\nwant %s", out.String(), want)
	}
	var back map[string]any
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["message"] != res.Message {
		t.Errorf("read back: %q %v", back["message"], err)
	}
}

func TestMergeKeepsItsColumns(t *testing.T) {
	table := func(id string) *awsops.Table {
		return &awsops.Table{Columns: []awsops.TableColumn{{Name: "id", Title: "ID"}}, Rows: [][]any{{id}}}
	}
	account := func(profile string) string { return map[string]string{"a": "111111111111"}[profile] }
	one := awsops.Result{Scope: awsops.Scope{Profile: "a", Region: "eu-west-1"}, RequestID: "r-1", Table: table("x")}
	two := awsops.Result{Scope: awsops.Scope{Profile: "b", Region: "us-east-1"}, RequestID: "r-2", Table: table("y")}
	both := awsops.Merge([]awsops.Result{one, two}, account)
	if diff := cmp.Diff([][]any{{"111111111111", "eu-west-1", "x"}, {nil, "us-east-1", "y"}}, both.Table.Rows); diff != "" {
		t.Error(diff)
	}
	alone := awsops.Merge([]awsops.Result{one}, account)
	if diff := cmp.Diff([][]any{{"111111111111", "eu-west-1", "x"}}, alone.Table.Rows); diff != "" {
		t.Error(diff)
	}
	single := awsops.Merge([]awsops.Result{{Scope: one.Scope, Outputs: []awsops.Output{{Name: "state", Value: "running"}}}}, account)
	if diff := cmp.Diff([][]any{{"111111111111", "eu-west-1", "running"}}, single.Table.Rows); diff != "" {
		t.Error(diff)
	}
}
