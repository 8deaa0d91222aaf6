package ec2sim

import (
	"strconv"
	"strings"
	"time"
)

// maxFilterValues is EC2's limit for all filters of a call together.
const maxFilterValues = 200

// test is what a filter asks of a single value.
type test func(value string) bool

// filterOf tells whether a row has a value that passes the test. A row may
// have several values for a filter (security groups) or none (a public
// address), and one that passes is enough.
type filterOf[T any] func(row T, pass test) bool

// is makes a filter of a single-valued member. An empty value is no value.
func is[T any](get func(T) string) filterOf[T] {
	return func(row T, pass test) bool {
		v := get(row)
		return v != "" && pass(v)
	}
}

// never is a filter that EC2 knows and whose member the simulator never sets.
func never[T any](T, test) bool { return false }

// filter is one Filter.n of a request.
type filter struct {
	name   string
	values []string
}

func (f form) filters() ([]filter, *apiError) {
	var out []filter
	count := 0
	for i := 1; ; i++ {
		prefix := "Filter." + strconv.Itoa(i)
		name := f.get(prefix + ".Name")
		if name == "" && !f.hasPrefix(prefix+".") {
			return out, nil
		}
		values := f.list(prefix + ".Value")
		if len(values) == 0 {
			return nil, bad("InvalidParameterValue", "The filter '%s' is invalid", name)
		}
		if count += len(values); count > maxFilterValues {
			return nil, bad("FilterLimitExceeded",
				"The maximum number of filter values specified on a single call is %d", maxFilterValues)
		}
		out = append(out, filter{name, values})
	}
}

// isTag tells whether the filter looks at tags.
func (f filter) isTag() bool { return f.name == "tag-key" || strings.HasPrefix(f.name, "tag:") }

// pass is true for a value that matches one of the filter's.
func (f filter) pass(value string) bool {
	for _, pattern := range f.values {
		if like(pattern, value) {
			return true
		}
	}
	return false
}

// passTags applies a filter on tags.
func (f filter) passTags(tags []Tag) bool {
	key, byValue := strings.CutPrefix(f.name, "tag:")
	for _, t := range tags {
		if byValue && t.Key == key && f.pass(t.Value) || !byValue && f.pass(t.Key) {
			return true
		}
	}
	return false
}

// like matches with EC2's wildcards: * for any text, ? for one character, and
// a backslash before either takes it as it is. Case counts.
func like(pattern, s string) bool {
	if !strings.ContainsAny(pattern, `*?\`) {
		return pattern == s
	}
	p, t := []rune(pattern), []rune(s)
	pi, ti, star, mark := 0, 0, -1, 0
	for ti < len(t) {
		switch {
		case pi < len(p) && p[pi] == '*':
			star, mark = pi, ti
			pi++
		case pi < len(p) && matchesOne(p, pi, t[ti]):
			pi += width(p, pi)
			ti++
		case star >= 0: // let the last star swallow one more
			mark++
			pi, ti = star+1, mark
		default:
			return false
		}
	}
	for pi < len(p) && p[pi] == '*' {
		pi++
	}
	return pi == len(p)
}

func escaped(p []rune, i int) bool { return p[i] == '\\' && i+1 < len(p) }

func width(p []rune, i int) int {
	if escaped(p, i) {
		return 2
	}
	return 1
}

func matchesOne(p []rune, i int, r rune) bool {
	if escaped(p, i) {
		return p[i+1] == r
	}
	return p[i] == '?' || p[i] == r
}

func yesno(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func itoa(n int) string { return strconv.Itoa(n) }

// stamp is a time as filters see it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(wireTime)
}
