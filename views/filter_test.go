package views

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"
)

// thing is a resource for tests.
type thing struct {
	id, name, state string
	size            int64
	tags            []awsops.Tag
}

func things() *Resource[thing] {
	return &Resource[thing]{
		Kind: "things", Title: "Things", Noun: "thing",
		ID: func(x thing) string { return x.id }, Name: func(x thing) string { return x.name },
		State: func(x thing) string { return x.state }, Pretend: func(x thing, s string) thing { x.state = s; return x },
		Busy: func(thing) bool { return false }, Tags: func(x thing) []awsops.Tag { return x.tags },
		Columns: []Column[thing]{
			{Title: "Name", Width: 10, Value: func(x thing) string { return x.name }},
			{Title: "ID", Width: 10, Value: func(x thing) string { return x.id }},
			{Title: "State", Width: 10, Value: func(x thing) string { return x.state }},
			{Title: "Public IP", Width: 10, Value: func(x thing) string { return "198.51.100." + fmt.Sprint(x.size) }},
			{Title: "Size", Width: 5, Value: func(x thing) string { return fmt.Sprint(x.size) }, Number: func(x thing) int64 { return x.size }},
		},
	}
}

func newRows(res *Resource[thing]) *rows[thing] {
	rs := &rows[thing]{res: res, byID: map[rowID]*row[thing]{}, flashes: 1}
	rs.cells = newCells(res, func(r *row[thing]) string { return "111122223333" }, nil)
	rs.widths = make([]int, len(rs.cells))
	return rs
}

func (rs *rows[T]) ids() string {
	var out []string
	for _, r := range rs.visible {
		out = append(out, r.id)
	}
	return strings.Join(out, " ")
}

var start = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

func TestFilter(t *testing.T) {
	rs := newRows(things())
	src := &source{scope: awsops.Scope{Profile: "test", Region: "us-east-1"}}
	rs.put(src, []thing{
		{"x1", "web-1", "running", 5, []awsops.Tag{{Key: "Env", Value: "prod"}, {Key: "Owner", Value: "Doe, Jane"}}},
		{"x2", "web-2", "stopped", 50, []awsops.Tag{{Key: "Env", Value: "test"}, {Key: "Empty", Value: ""}}},
		{"x3", "DB:main", "running", 7, []awsops.Tag{{Key: "a:b", Value: "c=d"}}},
		{"x4", "", "stopping", 8, nil},
	}, 1, start)
	rs.sort(1, false)
	for query, want := range map[string]string{
		"": "x1 x2 x3 x4", "   ": "x1 x2 x3 x4", "web": "x1 x2", "WEB": "x1 x2", "web run": "x1", "run web": "x1",
		"state:run": "x1 x3", "st:run": "x1 x3", "state:stop": "x2 x4", "public-ip:.50": "x2", "size:5": "x1 x2", "size:50": "x2",
		"-web": "x3 x4", "-state:running": "x2 x4", "web -stopped": "x1", "-": "x1 x2 x3 x4", "--web": "x1 x2 x3 x4",
		"tag:Env": "x1 x2", "tag:env=PROD": "x1", "tag:Env=": "x1 x2", "tag:Empty": "x2", "tag:Empty=x": "", "-tag:Env": "x3 x4", "tag:none": "",
		`tag:Owner="Doe, Jane"`: "x1", `"doe, jane"`: "x1", `"doe, jane`: "x1", `"web 1"`: "", `""`: "x1 x2 x3 x4",
		"db:main": "x3", "nocolumn:x": "", ":": "x3", "tag:a:b=c=d": "x3", "tag:": "", "=": "x1 x2 x3",
		"account:1111": "x1 x2 x3 x4", "region:us-east": "x1 x2 x3 x4", "name:": "x1 x2 x3 x4",
		"size:7|8": "x3 x4", "size:7|": "x3", "-id:x1|x3": "x2 x4", "name:|": "", "web-1|DB": "",
		"name:w*1": "x1", "name:*-*": "x1 x2", "name:1*w": "", "state:st*ed|run*g": "x1 x2 x3", "-name:w*": "x3 x4", "w*1": "",
		"=x2": "x2", "=X2": "x2", "=x": "", "-=x2": "x1 x3 x4", "~rnng": "x1 x3", "~gnnr": "", "~": "x1 x2 x3 x4", "~webrunning": "", "-~rnng": "x2 x4", "~WB running": "x1",
	} {
		t.Run(query, func(t *testing.T) {
			rs.search(query)
			if got := rs.ids(); got != want {
				t.Errorf("%q matches %q, want %q", query, got, want)
			}
		})
	}
}

func TestWordsThatAskColumns(t *testing.T) {
	for query, want := range map[string]string{
		"": "map[]", "web": "map[]", "tag:Env=a": "map[]", "-name:web": "map[]", "name:": "map[]", "name:*": "map[]", "name:|": "map[]", ":web": "map[]",
		"name:Web": "map[Name:[Web]]", "na:web*1|db st:run x": "map[Name:[web*1 db] State:[run]]", "name:a name:b": "map[Name:[a]]", `public-ip:"1 2"`: "map[Public IP:[1 2]]", "NAME:x": "map[Name:[x]]",
	} {
		if got := fmt.Sprint(columnWords(query, things().Columns)); got != want {
			t.Errorf("%q asks for %s, want %s", query, got, want)
		}
	}
}

// someRows is a table of random things of few kinds, so that filters match some.
func someRows(rng *rand.Rand, n int) *rows[thing] {
	rs := newRows(things())
	src := &source{scope: awsops.Scope{Profile: "test", Region: "us-east-1"}}
	var items []thing
	for i := range n {
		items = append(items, someThing(rng, i))
	}
	rs.put(src, items, 1, start)
	return rs
}

func someThing(rng *rand.Rand, i int) thing {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	name := pick("web", "db", "api:v2", "Wéb 決", "-dash", `qu"ote`, "")
	return thing{fmt.Sprintf("x%03d", i), name, pick("running", "stopped"), rng.Int64N(100),
		[]awsops.Tag{{Key: pick("Env", "Team"), Value: pick("prod", "test", "a b", "")}, {Key: "Name", Value: pick(name, "x")}}}
}

func someQuery(rng *rand.Rand) string {
	parts := []string{"web", "db", "-", " ", "state:", "run", "stop", "tag:", "Env", "=", "prod", `"`, "a b", "é", "決", "size:", "1", "x0", ":", "-tag:Env=", "id:x", "name:", "~", "rn", "=x00"}
	var b strings.Builder
	for range 1 + rng.IntN(5) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

func TestAFilterTypedEqualsAFilterSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	typed := someRows(rng, 200)
	whole := newRows(typed.res)
	whole.all, whole.byID = typed.all, typed.byID
	for range 3_000 {
		query := []rune(someQuery(rng))
		for i := range query {
			typed.search(string(query[:i+1]))
			whole.query = "" // so that nothing of the last filter is used
			whole.search(string(query[:i+1]))
			if !slices.Equal(typed.visible, whole.visible) {
				t.Fatalf("typed, %q shows %d rows; set at once, %d", string(query[:i+1]), len(typed.visible), len(whole.visible))
			}
		}
	}
}

func TestSplitWords(t *testing.T) {
	for in, want := range map[string]string{
		`a b`: "a|b", ` a  b `: "a|b", `"a b" c`: "a b|c", `x:"a b"y`: "x:a by", `"a`: "a", `""`: "", `"" a`: "|a", ``: "", `-"a b"`: "-a b",
	} {
		if got := strings.Join(splitWords(in), "|"); got != want {
			t.Errorf("%s is split into %q, want %q", in, got, want)
		}
	}
}

// FuzzFilter holds any text to the laws of the filter: it never panics, and
// one negated term matches exactly what the term does not.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"web", "-web", "state:run", `tag:Env="a b"`, "tag:=", ":", "-", `"`, "é:\x00", "tag:a=b=c"} {
		f.Add(s)
	}
	rs := someRows(rand.New(rand.NewPCG(5, 6)), 60)
	f.Fuzz(func(t *testing.T, query string) {
		compile(query, rs.cells, rs.res.Tags)
		term := strings.ReplaceAll(query, `"`, "")
		if term == "" || strings.HasPrefix(term, "-") {
			return
		}
		plain, negated := compile(`"`+term+`"`, rs.cells, rs.res.Tags), compile(`-"`+term+`"`, rs.cells, rs.res.Tags)
		for _, r := range rs.all {
			if plain.match(r) == negated.match(r) {
				t.Fatalf("%q and -%q agree about %+v", term, term, r.item)
			}
		}
	})
}
