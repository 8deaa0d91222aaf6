package ec2sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"sort"
	"strings"
)

// table keeps the resources of one kind, T being a pointer to one, in the order of their creation. A row
// keeps its number for life, so a page that starts after a number neither
// skips nor repeats rows while others come and go.
type table[T any] struct {
	rows []numbered[T]
	byID map[string]T
	last uint64
}

type numbered[T any] struct {
	n   uint64
	id  string
	row T
}

func newTable[T any](size int) *table[T] {
	return &table[T]{rows: make([]numbered[T], 0, size), byID: make(map[string]T, size)}
}

func (t *table[T]) add(id string, row T) {
	t.last++
	t.rows = append(t.rows, numbered[T]{t.last, id, row})
	t.byID[id] = row
}

func (t *table[T]) remove(id string) {
	if _, ok := t.byID[id]; !ok {
		return
	}
	delete(t.byID, id)
	i := slices.IndexFunc(t.rows, func(r numbered[T]) bool { return r.id == id })
	t.rows = slices.Delete(t.rows, i, i+1)
}

// all walks the rows in order.
func (t *table[T]) all(yield func(T) bool) {
	for _, r := range t.rows {
		if !yield(r.row) {
			return
		}
	}
}

// listing says how the rows of a table are described.
type listing[T any] struct {
	table    *table[T]
	idParam  string // the list of ids, as in the request
	idSet    string // what EC2 calls it when it refuses ids together with MaxResults
	maxIDs   int    // 0 for no limit
	min, max int    // bounds of MaxResults
	// noTokenWithIDs refuses NextToken with ids too.
	noTokenWithIDs bool
	// tokenCode is the code that refuses a bad token; "" means InvalidParameterValue.
	tokenCode string
	// lookup checks the ids and answers for those that are malformed or unknown.
	lookup  func(ids []string) *apiError
	filters map[string]filterOf[T]
	tags    func(T) []Tag
	// keep, when set, leaves rows out whatever the filters say.
	keep func(T) bool
	// tagsAfterCut applies filters on tags when the page is cut already. Such
	// a page may be empty and still not the last.
	tagsAfterCut bool
	// bytes is what a row takes in the answer, about; 0 is little.
	bytes int
}

// page is the answer to a describe call.
type page[T any] struct {
	rows []T
	next string
}

// request is the part of a describe call that is the same for all kinds.
type request struct {
	ids     []string
	filters []filter
	size    int // 0 for everything
	after   uint64
}

// list checks the request and returns the function that cuts the page.
func list[T any](c *call, l listing[T]) (func() page[T], *apiError) {
	req, err := l.parse(c)
	if err != nil {
		return nil, err
	}
	if len(req.ids) > 0 {
		if err := l.lookup(req.ids); err != nil {
			return nil, err
		}
	}
	return func() page[T] { return l.cut(c, req) }, nil
}

// describe is list for actions whose answer is the page: a set with an item
// for each row, and the token of the next page.
func describe[T any](c *call, l listing[T], set string, item func(T)) (act, *apiError) {
	cut, err := list(c, l)
	if err != nil {
		return nil, err
	}
	return func() *apiError {
		p := cut()
		if l.bytes > 0 {
			c.out.grow(len(p.rows) * l.bytes)
		}
		items(&c.out, set, p.rows, item)
		c.out.some("nextToken", p.next)
		return nil
	}, nil
}

func (l listing[T]) parse(c *call) (request, *apiError) {
	req := request{ids: c.form.list(l.idParam)}
	if l.maxIDs > 0 && len(req.ids) > l.maxIDs {
		return req, bad("InvalidParameterValue",
			"The parameter %s is invalid: at most %d ids are allowed, got %d.", l.idSet, l.maxIDs, len(req.ids))
	}
	size, sized, err := c.form.number("MaxResults")
	if err != nil {
		return req, err
	}
	if sized && len(req.ids) > 0 {
		return req, bad("InvalidParameterCombination",
			"The parameter %s cannot be used with the parameter maxResults", l.idSet)
	}
	if sized && size < l.min {
		return req, bad("InvalidParameterValue",
			"Value ( %d ) for parameter maxResults is invalid. Expecting a value greater than %d.", size, l.min)
	}
	if sized && size > l.max {
		return req, bad("InvalidParameterValue",
			"Value ( %d ) for parameter maxResults is invalid. Expecting a value smaller than %d.", size, l.max)
	}
	req.size = size
	token := c.form.get("NextToken")
	if token != "" && len(req.ids) > 0 && l.noTokenWithIDs {
		return req, bad("InvalidParameterCombination",
			"The parameter %s cannot be used with the parameter nextToken", l.idSet)
	}
	if req.filters, err = c.form.filters(); err != nil {
		return req, err
	}
	for _, f := range req.filters {
		if _, ok := l.filters[f.name]; !ok && (l.tags == nil || !f.isTag()) {
			return req, bad("InvalidParameterValue", "The filter '%s' is invalid", f.name)
		}
	}
	if token != "" {
		if req.after, err = c.readToken(token); err != nil && l.tokenCode != "" {
			err.code = l.tokenCode
		}
	}
	return req, err
}

// cut collects the rows of the page.
func (l listing[T]) cut(c *call, req request) page[T] {
	var wanted map[string]bool
	if len(req.ids) > 0 {
		wanted = make(map[string]bool, len(req.ids))
		for _, id := range req.ids {
			wanted[id] = true
		}
	}
	var out page[T]
	rows := l.table.rows
	i := sort.Search(len(rows), func(i int) bool { return rows[i].n > req.after })
	taken, last := 0, uint64(0)
	for ; i < len(rows); i++ {
		r := rows[i]
		if wanted != nil && !wanted[r.id] || !l.passes(r.row, req.filters, l.tagsAfterCut) {
			continue
		}
		if req.size > 0 && taken == req.size {
			// A token is given only when there is something after it.
			out.next = c.token(last)
			return out
		}
		taken, last = taken+1, r.n
		if !l.tagsAfterCut || l.passes(r.row, req.filters, false) {
			out.rows = append(out.rows, r.row)
		}
	}
	return out
}

func (l listing[T]) passes(row T, filters []filter, skipTags bool) bool {
	if l.keep != nil && !l.keep(row) {
		return false
	}
	for _, f := range filters {
		if get, ok := l.filters[f.name]; ok {
			if !get(row, f.pass) {
				return false
			}
		} else if !skipTags && !f.passTags(l.tags(row)) {
			return false
		}
	}
	return true
}

// token names the row after which the next page starts. It is signed, so that
// one from elsewhere, or one for other filters, is refused.
func (c *call) token(after uint64) string {
	n := binary.BigEndian.AppendUint64(nil, after)
	return base64.StdEncoding.EncodeToString(append(n, c.sign(n)...))
}

func (c *call) readToken(token string) (uint64, *apiError) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) != 8+sha256.Size || !hmac.Equal(b[8:], c.sign(b[:8])) {
		return 0, bad("InvalidParameterValue", "Unable to parse pagination token")
	}
	return binary.BigEndian.Uint64(b), nil
}

// sign binds a token to everything that chooses the rows.
func (c *call) sign(n []byte) []byte {
	mac := hmac.New(sha256.New, c.sim.secret)
	parts := []string{c.account.ID, c.region.name, c.action.name}
	var chosen []string
	for k, v := range c.form {
		switch k {
		case "MaxResults", "NextToken", "Action", "Version", "DryRun":
		default:
			chosen = append(chosen, k+"="+strings.Join(v, "\x00"))
		}
	}
	slices.Sort(chosen)
	mac.Write(n)
	mac.Write([]byte(strings.Join(append(parts, chosen...), "\x01")))
	return mac.Sum(nil)
}

// lookup makes the check for ids of the usual kind: syntax first, for all of
// them, then existence.
func lookup[T any](t *table[T], ids []string, prefix string, misshapen func(id string) *apiError, unknown func(ids []string) *apiError) *apiError {
	for _, id := range ids {
		if !isID(id, prefix) {
			return misshapen(id)
		}
	}
	var gone []string
	for _, id := range ids {
		if _, ok := t.byID[id]; !ok && !slices.Contains(gone, id) {
			gone = append(gone, id)
		}
	}
	if len(gone) > 0 {
		return unknown(gone)
	}
	return nil
}

// lookupOne is lookup where what is malformed has a code of its own, and the
// first id that is unknown is told.
func lookupOne[T any](t *table[T], ids []string, prefix, code string, unknown func(id string) *apiError) *apiError {
	return lookup(t, ids, prefix,
		func(id string) *apiError { return malformed(code, id, prefix) },
		func(gone []string) *apiError { return unknown(gone[0]) })
}

// lookupAny is the check for ids whose syntax EC2 does not look at.
func lookupAny[T any](t *table[T], ids []string, unknown func(id string) *apiError) *apiError {
	for _, id := range ids {
		if _, ok := t.byID[id]; !ok {
			return unknown(id)
		}
	}
	return nil
}
