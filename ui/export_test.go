package ui

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/views"
)

// narrowed is a table with a filter, an order and columns of its own.
func narrowed(t *testing.T, o options) *driver {
	t.Helper()
	d := start(t, o)
	d.press("/")
	d.type_("name:web-1|spot-1")
	d.press("enter", "O", "c", "j", "j", " ", "esc")
	return d
}

func TestWhatIsShownIsExported(t *testing.T) {
	d := narrowed(t, small())
	d.press(">")
	d.frame("export")
	d.type_("out.csv")
	d.press("enter")
	d.shows("2 rows as csv in out.csv")
	lines := strings.Split(d.files["out.csv"], "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "name,id,checks,type,") || !strings.HasPrefix(lines[1], "web-1,"+web+",") || !strings.HasPrefix(lines[2], "spot-1,") {
		t.Errorf("%q", lines)
	}
	d.press(">")
	d.type_("out.csv")
	d.press("enter")
	d.shows(`File "out.csv": exists already`, "Export 2 rows")
}

func TestRowsGoToTheClipboard(t *testing.T) {
	o := small()
	o.apart = awsops.Values{"col-delimiter": {"|"}, "row-delimiter": {`;\n`}, "delimiter": {"+"}}
	d := narrowed(t, o)
	d.press(">", "tab", "enter")
	d.shows("copied 2 rows as json")
	d.press(">", "tab", "tab", "enter")
	d.shows("copied 2 rows as text")
	if len(d.copied) != 2 || !strings.HasPrefix(d.copied[0], "[\n  {\n    \"name\": \"web-1\",\n    \"id\": \""+web+"\"") {
		t.Fatalf("%q", d.copied)
	}
	if got := d.copied[1]; !strings.HasPrefix(got, "web-1|"+web+"|3/3|t3.micro|") || strings.Count(got, ";\n") != 2 {
		t.Errorf("%q", got)
	}
	if len(d.files) > 0 {
		t.Errorf("%v", d.files)
	}
}

func TestListsInCellsHaveTheirDelimiter(t *testing.T) {
	table := awsops.Table{Columns: []awsops.TableColumn{{Name: "groups"}, {Name: "name"}}, Rows: [][]any{{[]string{"a", "b"}, "=x"}}}
	for format, want := range map[string]string{"text": "a+b\t=x\n", "csv": "groups,name\na+b,'=x\n", "json": "[\n  {\n    \"groups\": [\n      \"a\",\n      \"b\"\n    ],\n    \"name\": \"=x\"\n  }\n]\n"} {
		got, err := awsops.NewExport(format, awsops.Values{"delimiter": {"+"}}).Export(table)
		if err != nil || got != want {
			t.Errorf("%s: %q %v", format, got, err)
		}
	}
}

func TestOverSSHOnlyTheClipboard(t *testing.T) {
	o := small()
	o.hosted = true
	d := start(t, o)
	d.press(">")
	d.shows("over SSH the files are the server's own")
	d.type_("/etc/passwd")
	d.press("enter")
	d.shows("copied 16 rows as csv")
	if len(d.copied) != 1 || len(d.files) != 0 {
		t.Errorf("%d copies, %d files", len(d.copied), len(d.files))
	}
	d.press("?", ">")
	d.shows("only a table can be exported")
}

// TestEveryTableIsExportedAsShown compares rows and their order with the screen.
func TestEveryTableIsExportedAsShown(t *testing.T) {
	for _, spec := range views.All() {
		kind := spec.Info().Kind
		t.Run(kind, func(t *testing.T) {
			o := small()
			o.kind = kind
			d := start(t, o)
			d.press("o", "O", ">")
			d.type_("out.csv")
			d.press("enter")
			rows, err := csv.NewReader(strings.NewReader(d.files["out.csv"])).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(d.screen(), "\n")[2:]
			if want := fmt.Sprintf("%s %d", spec.Info().Title, len(rows)-1); !strings.Contains(d.screen(), want) {
				t.Errorf("%q is not on\n%s", want, d.screen())
			}
			for i, row := range rows[:min(len(rows), 20)] {
				if i == 0 { // the titles, which an arrow may cut
					continue
				}
				cell, line := row[0], strings.TrimSpace(strings.TrimLeft(lines[i], ">*~+ "))
				if r := []rune(cell); len(r) > 6 {
					cell = string(r[:6])
				}
				if !strings.HasPrefix(line, cell) {
					t.Errorf("row %d is %q, and on the screen %q", i, cell, line)
				}
			}
		})
	}
}
