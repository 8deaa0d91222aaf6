package views

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/charmbracelet/x/ansi"
	"gopkg.in/yaml.v3"

	"ec2deck/awsops"
)

// naive is what a table should hold, kept without any cleverness.
type naive struct {
	items map[rowID]thing
	marks map[rowID]bool
}

// visible filters and sorts everything anew.
func (n naive) visible(rs *rows[thing]) []rowID {
	var out []rowID
	for key, item := range n.items {
		r := &row[thing]{src: key.src, id: key.id, item: item}
		(&rows[thing]{res: things(), cells: rs.cells, widths: make([]int, len(rs.cells))}).describe(r)
		if compile(rs.query, rs.cells, rs.res.Tags).match(r) {
			out = append(out, key)
		}
	}
	slices.SortFunc(out, func(a, b rowID) int {
		x, y := &row[thing]{src: a.src, id: a.id, item: n.items[a]}, &row[thing]{src: b.src, id: b.id, item: n.items[b]}
		c := rs.keyOf(x).compare(rs.keyOf(y))
		if rs.reverse {
			c = -c
		}
		return cmp.Or(c, strings.Compare(a.id, b.id), strings.Compare(a.src.scope.Region, b.src.scope.Region))
	})
	return out
}

func (n naive) check(t *testing.T, step int, rs *rows[thing]) {
	t.Helper()
	want := n.visible(rs)
	if len(want) != len(rs.visible) || len(rs.all) != len(n.items) || len(rs.byID) != len(n.items) {
		t.Fatalf("step %d: %d of %d rows (%d by ID), want %d of %d", step, len(rs.visible), len(rs.all), len(rs.byID), len(want), len(n.items))
	}
	marks := 0
	for i, r := range rs.visible {
		if key := (rowID{r.src, r.id}); key != want[i] || fmt.Sprint(r.item) != fmt.Sprint(n.items[key]) {
			t.Fatalf("step %d: row %d is %v %v, want %v %v", step, i, r.id, r.item, want[i].id, n.items[want[i]])
		}
	}
	for _, r := range rs.marked() {
		marks++
		if !n.marks[rowID{r.src, r.id}] {
			t.Fatalf("step %d: %s is marked", step, r.id)
		}
	}
	if marks != len(n.marks) || rs.marks != len(n.marks) {
		t.Fatalf("step %d: %d marks, counted %d, want %d", step, marks, rs.marks, len(n.marks))
	}
}

func TestRowsEqualANaiveTable(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 7))
		res := things()
		if seed%2 == 1 {
			shareWords(res)
		}
		rs, n := newRows(res), naive{map[rowID]thing{}, map[rowID]bool{}}
		sources := []*source{{scope: awsops.Scope{Profile: "a", Region: "eu-west-1"}}, {scope: awsops.Scope{Profile: "a", Region: "us-east-1"}}}
		for step := range 150 {
			randomStep(rng, rs, n, sources[rng.IntN(2)], step)
			n.check(t, step, rs)
		}
	}
}

// shareWords lets things have texts in common.
func shareWords(res *Resource[thing]) {
	res.Common = func(x thing) (any, bool) {
		named := slices.ContainsFunc(x.tags, func(t awsops.Tag) bool { return t.Key == nameTitle && t.Value == x.name })
		others := slices.DeleteFunc(slices.Clone(x.tags), func(t awsops.Tag) bool { return named && t.Key == nameTitle })
		return fmt.Sprint(x.state, x.size, others, named), named
	}
	for i := range res.Columns {
		res.Columns[i].Common = i >= 2
	}
}

// randomStep does one thing to a table and to the naive one.
func randomStep(rng *rand.Rand, rs *rows[thing], n naive, src *source, step int) {
	switch rng.IntN(8) {
	case 0, 1, 2: // a page or a poll
		var items []thing
		for range rng.IntN(20) {
			item := someThing(rng, rng.IntN(60))
			items = append(items, item)
		}
		for _, item := range items {
			n.items[rowID{src, item.id}] = item
		}
		rs.put(src, items, step, start)
	case 3: // some are gone
		gone := func(id string) bool { return strings.HasSuffix(id, fmt.Sprint(step%10)) }
		rs.drop(src, func(r *row[thing]) bool { return gone(r.id) })
		for key := range n.items {
			if key.src == src && gone(key.id) {
				delete(n.items, key)
				delete(n.marks, key)
			}
		}
	case 4:
		rs.sort(rng.IntN(len(rs.cells)), rng.IntN(2) == 0)
	case 5:
		rs.search(someQuery(rng))
	case 6:
		rs.search("")
	case 7: // a mark
		if len(rs.visible) == 0 {
			return
		}
		r := rs.visible[rng.IntN(len(rs.visible))]
		rs.setMark(r, !r.mark)
		if key := (rowID{r.src, r.id}); r.mark {
			n.marks[key] = true
		} else {
			delete(n.marks, key)
		}
	}
}

func TestMarksSurviveARefreshAndGoWithTheirRow(t *testing.T) {
	rs, src := newRows(things()), &source{}
	rs.put(src, []thing{{id: "x1"}, {id: "x2"}, {id: "x3"}}, 1, start)
	rs.setMark(rs.byID[rowID{src, "x1"}], true)
	rs.setMark(rs.byID[rowID{src, "x2"}], true)
	rs.put(src, []thing{{id: "x2", name: "new"}, {id: "x3"}}, 2, start)
	rs.drop(src, func(r *row[thing]) bool { return r.seen != 2 })
	if got := rs.marked(); len(got) != 1 || got[0].id != "x2" || rs.marks != 1 {
		t.Errorf("%d marks after x1 has gone", rs.marks)
	}
}

func TestAnOlderAnswerDoesNotReplaceANewerOne(t *testing.T) {
	rs, src := newRows(things()), &source{at: start}
	rs.put(src, []thing{{id: "x1", state: "pending"}}, 1, start)
	rs.put(src, []thing{{id: "x1", state: "running"}}, 0, start.Add(3*time.Second)) // a poll
	rs.put(src, []thing{{id: "x1", state: "pending"}}, 2, start.Add(time.Second))   // what others listed before it
	if r := rs.byID[rowID{src, "x1"}]; r.item.state != "running" || r.seen != 2 {
		t.Errorf("%s, seen by listing %d", r.item.state, r.seen)
	}
}

func TestARowShowsWhatIsAskedUntilEC2Agrees(t *testing.T) {
	rs, src := newRows(things()), &source{at: start}
	rs.put(src, []thing{{id: "x1", state: "running"}}, 1, start)
	state := func() string { return rs.byID[rowID{src, "x1"}].item.state }
	rs.ask(src, []string{"x1", "gone"}, "stopping", start)
	if state() != "stopping" {
		t.Error("not shown at once")
	}
	rs.put(src, []thing{{id: "x1", state: "running"}}, 2, start.Add(time.Second))
	if state() != "stopping" {
		t.Error("an older state came back")
	}
	rs.put(src, []thing{{id: "x1", state: "stopped"}}, 3, start.Add(2*time.Second))
	if state() != "stopped" || rs.byID[rowID{src, "x1"}].asked != nil {
		t.Error("EC2's own word does not count")
	}
	rs.ask(src, []string{"x1"}, "pending", start)
	rs.put(src, []thing{{id: "x1", state: "stopped"}}, 4, start.Add(patience))
	if state() != "stopped" {
		t.Error("what never happened is still shown after", patience)
	}
	rs.ask(src, []string{"x1"}, "pending", start)
	rs.unask(src, []string{"x1"})
	if state() != "stopped" {
		t.Error("a refusal does not put the state back")
	}
}

func TestARowActedOnLeavesWithAnotherFilter(t *testing.T) {
	rs, src := newRows(things()), &source{}
	rs.put(src, []thing{{id: "x1", state: "running"}, {id: "x2", state: "stopped"}}, 1, start)
	rs.search("state:running")
	rs.ask(src, []string{"x1"}, "stopping", start)
	if rs.ids() != "x1" {
		t.Errorf("the row acted on has left its place: %q", rs.ids())
	}
	rs.search("x2")
	rs.put(src, []thing{{id: "x3"}}, 2, start)
	if rs.ids() != "x2" {
		t.Errorf("a row that does not match is offered: %q", rs.ids())
	}
}

func TestSortIsStableByEachColumn(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	rs := someRows(rng, 300)
	for column := range rs.cells {
		for _, reverse := range []bool{false, true} {
			rs.sort(column, reverse)
			once := rs.ids()
			rng.Shuffle(len(rs.all), func(i, j int) { rs.all[i], rs.all[j] = rs.all[j], rs.all[i] })
			rs.sortAll(false)
			rs.narrow()
			if rs.ids() != once {
				t.Errorf("by %s the order depends on where the rows stood before", rs.cells[column].title)
			}
			if !slices.IsSortedFunc(rs.all, rs.compare) {
				t.Errorf("not sorted by %s", rs.cells[column].title)
			}
		}
	}
}

func TestPadAndFitKeepTheWidth(t *testing.T) {
	for _, s := range []string{"", "a", "abc", "abcdefghij", "決済サーバー", "a決b済c", "🚀🚀🚀", "é́x", "👩‍🚀ab"} {
		for width := range 14 {
			for _, right := range []bool{false, true} {
				if got := pad(s, width, right); ansi.StringWidth(got) != width {
					t.Errorf("pad(%q, %d, %v) is %q, %d wide", s, width, right, got, ansi.StringWidth(got))
				}
			}
			if got := fit(s, width); ansi.StringWidth(got) > width {
				t.Errorf("fit(%q, %d) is %q", s, width, got)
			}
		}
	}
	if got := pad("web", 5, true); got != "  web" {
		t.Errorf("right: %q", got)
	}
	if got := len(pad("x", 500, false)); got != 500 {
		t.Errorf("%d wide", got)
	}
}

func TestWrapBreaksNoIdentifier(t *testing.T) {
	text := "stop-instances of i-0aa00000000000001 in us-east-1, subnet-0aa00000000000011"
	for width := 24; width < 90; width++ {
		lines := Wrap(text, width)
		if got := strings.Join(lines, " "); got != text {
			t.Errorf("%d wide: %q", width, lines)
		}
		for _, l := range lines {
			if ansi.StringWidth(l) > width {
				t.Errorf("%q is wider than %d", l, width)
			}
		}
	}
}

func TestYAMLIsTheObjectWithoutWhatIsNotSet(t *testing.T) {
	in := types.Instance{InstanceId: aws.String("i-1"), State: &types.InstanceState{Name: "running", Code: aws.Int32(16)}, EbsOptimized: aws.Bool(false),
		Tags: []types.Tag{{Key: aws.String("a: b"), Value: aws.String("yes")}, {Key: aws.String("n"), Value: aws.String("012")}, {Key: aws.String("e"), Value: aws.String("")}}, Placement: &types.Placement{}}
	out := toYAML(in)
	if strings.Contains(out, "null") || strings.Contains(out, "Placement") || strings.Contains(out, "[]") {
		t.Errorf("members that are not set:\n%s", out)
	}
	if !strings.HasPrefix(out, "EbsOptimized: false\n") {
		t.Errorf("a false value is a value:\n%s", out)
	}
	var back types.Instance
	var generic map[string]any
	if err := yaml.Unmarshal([]byte(out), &generic); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(generic)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if aws.ToString(back.InstanceId) != "i-1" || aws.ToInt32(back.State.Code) != 16 || aws.ToString(back.Tags[0].Value) != "yes" || aws.ToString(back.Tags[1].Value) != "012" {
		t.Errorf("read back: %+v", generic)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0s", 0: "0s", 999 * time.Millisecond: "0s", 119 * time.Second: "119s", 2 * time.Minute: "2m", 119 * time.Minute: "119m",
		2 * time.Hour: "2h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 400 * 24 * time.Hour: "400d",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%v) is %q, want %q", d, got, want)
		}
	}
}
