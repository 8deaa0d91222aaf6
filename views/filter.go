package views

import (
	"bytes"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"ec2deck/awsops"
)

// A filter is typed as words that must all hold:
//
//	web            some cell or tag contains it
//	state:running  the column contains it; a column may be cut short if that is clear
//	type:m5|c5     the column contains one of them
//	name:al*-arm   * stands for anything in between
//	tag:Env=prod   the tag's value contains it; tag:Env asks for the tag itself
//	=i-0abc        its ID is exactly that
//	~wbprd         some cell or tag has these letters, in this order
//	-word          any of these, negated
//
// Case does not count. Double quotes keep blanks together.

// filter is a query, compiled for one table.
type filter[T any] []func(*row[T]) bool

func compile[T any](query string, cells []cell[T], tags func(T) []awsops.Tag) filter[T] {
	var f filter[T]
	for i, word := range splitWords(strings.ToLower(query)) {
		negated, no := strings.CutPrefix(word, "-")
		if !no || negated == "" {
			f = append(f, compileTerm(i, word, cells, tags))
			continue
		}
		term := compileTerm(i, negated, cells, tags)
		f = append(f, func(r *row[T]) bool { return !term(r) })
	}
	return f
}

func (f filter[T]) match(r *row[T]) bool {
	for _, term := range f {
		if !term(r) {
			return false
		}
	}
	return true
}

func compileTerm[T any](nth int, word string, cells []cell[T], tags func(T) []awsops.Tag) func(*row[T]) bool {
	if id, ok := strings.CutPrefix(word, "="); ok && id != "" {
		return func(r *row[T]) bool { return strings.EqualFold(r.id, id) }
	}
	if letters, ok := strings.CutPrefix(word, "~"); ok {
		return func(r *row[T]) bool {
			return hasLetters(r.text, letters) || r.common != nil && hasLetters(r.common.text, letters)
		}
	}
	name, value, ok := strings.Cut(word, ":")
	if ok && name == "tag" && tags != nil {
		return tagTerm(value, tags)
	}
	if ok {
		if c := cellNamed(name, cells); c != nil {
			wanted := alternatives(value)
			return func(r *row[T]) bool {
				text := strings.ToLower(c.value(r))
				return slices.ContainsFunc(wanted, func(w string) bool { return contains(text, w) })
			}
		}
	}
	return textTerm[T](nth, func(text string) bool { return strings.Contains(text, word) })
}

// textTerm asks the words of a row. What many rows have in common is asked once.
func textTerm[T any](nth int, holds func(text string) bool) func(*row[T]) bool {
	asked := &answer{}
	return func(r *row[T]) bool {
		c := r.common
		if c == nil || nth >= len(c.asked) {
			return holds(r.text) || c != nil && holds(c.text)
		}
		if c.asked[nth] != asked {
			c.asked[nth], c.said[nth] = asked, holds(c.text)
		}
		return c.said[nth] || holds(r.text)
	}
}

// hasLetters says whether a line of the text has the letters, in their order.
func hasLetters(text, letters string) bool {
	if letters == "" {
		return true
	}
	for {
		at := strings.IndexByte(text, letters[0])
		if at < 0 {
			return false
		}
		text = text[at+1:]
		line, found := text, true
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = ""
		}
		for i := 1; i < len(letters) && found; i++ {
			if at = strings.IndexByte(line, letters[i]); at >= 0 {
				line = line[at+1:]
			}
			found = at >= 0
		}
		if found {
			return true
		}
	}
}

func tagTerm[T any](term string, tags func(T) []awsops.Tag) func(*row[T]) bool {
	key, value, hasValue := strings.Cut(term, "=")
	return func(r *row[T]) bool {
		for _, t := range tags(r.item) {
			if strings.EqualFold(t.Key, key) && (!hasValue || strings.Contains(strings.ToLower(t.Value), value)) {
				return true
			}
		}
		return false
	}
}

// alternatives are the values of a word, any of which will do.
func alternatives(value string) []string {
	if wanted := strings.FieldsFunc(value, func(r rune) bool { return r == '|' }); len(wanted) > 0 {
		return wanted
	}
	return []string{value}
}

// contains says whether a text has the parts of a pattern, in their order.
func contains(text, pattern string) bool {
	for part := range strings.SplitSeq(pattern, "*") {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}

// columnWords are the values that a filter asks of columns, by their titles;
// of several words for a column, those of the first. What it does not want is
// not among them.
func columnWords[T any](query string, columns []Column[T]) map[string][]string {
	out := map[string][]string{}
	for _, word := range splitWords(query) {
		name, value, ok := strings.Cut(word, ":")
		at := named(strings.ToLower(name), len(columns), func(i int) string { return columns[i].Title })
		if ok && at >= 0 && strings.Trim(value, "*|") != "" && out[columns[at].Title] == nil {
			out[columns[at].Title] = alternatives(value)
		}
	}
	return out
}

// cellNamed finds a column by its title.
func cellNamed[T any](name string, cells []cell[T]) *cell[T] {
	if at := named(name, len(cells), func(i int) string { return cells[i].title }); at >= 0 {
		return &cells[at]
	}
	return nil
}

// named finds a title by its letters in lower case with hyphens for blanks, or
// by the beginning of them; -1 is none.
func named(name string, n int, title func(int) string) int {
	found := -1
	for i := range n {
		switch s := slug(title(i)); {
		case name == s:
			return i
		case found < 0 && name != "" && strings.HasPrefix(s, name):
			found = i
		}
	}
	return found
}

func slug(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

// splitWords splits at blanks outside double quotes. An open quote lasts to the end.
func splitWords(s string) []string {
	var words []string
	var b strings.Builder
	quoted, any := false, false
	for _, r := range s {
		switch {
		case r == '"':
			quoted, any = !quoted, true
		case r == ' ' && !quoted:
			if any {
				words = append(words, b.String())
			}
			b.Reset()
			any = false
		default:
			b.WriteRune(r)
			any = true
		}
	}
	if any {
		words = append(words, b.String())
	}
	return words
}

// describe writes down what words match: every cell and every tag, in lower
// case. It says whether that has changed. What many rows have in common is
// written once.
func (rs *rows[T]) describe(r *row[T]) (changed bool) {
	var of any
	named := false
	if rs.res.Common != nil {
		of, named = rs.res.Common(r.item)
	}
	rs.scratch = rs.scratch[:0]
	for i := range rs.cells {
		if of == nil || !rs.cells[i].common {
			rs.write(r, i)
		}
	}
	switch {
	case of == nil:
		rs.writeTags(r, "")
	case named:
		rs.scratch = append(append(append(rs.scratch, "name="...), rs.res.Name(r.item)...), '\n')
	}
	if text := lowered(rs.scratch); string(text) != r.text {
		r.text, changed = string(text), true
	}
	if of == nil {
		return changed
	}
	shared := rs.commons[commonKey{r.src, of}]
	if shared == nil {
		shared = rs.inCommon(r, of, named)
	}
	if r.common == nil || shared != r.common && shared.text != r.common.text {
		r.common, changed = shared, true
	}
	return changed
}

// inCommon writes down what a row has in common with others.
func (rs *rows[T]) inCommon(r *row[T], of any, named bool) *common {
	rs.scratch = rs.scratch[:0]
	for i := range rs.cells {
		if rs.cells[i].common {
			rs.write(r, i)
		}
	}
	but := ""
	if named {
		but = nameTitle
	}
	rs.writeTags(r, but)
	shared := &common{text: string(lowered(rs.scratch))}
	if rs.commons == nil {
		rs.commons = map[commonKey]*common{}
	}
	rs.commons[commonKey{r.src, of}] = shared
	return shared
}

// write adds a cell. widths learns how wide the cells get.
func (rs *rows[T]) write(r *row[T], i int) {
	s := rs.cells[i].value(r)
	if len(s) > rs.widths[i] {
		rs.widths[i] = max(rs.widths[i], ansi.StringWidth(s))
	}
	rs.scratch = append(append(rs.scratch, s...), '\n')
}

// writeTags adds all tags but one.
func (rs *rows[T]) writeTags(r *row[T], but string) {
	if rs.res.Tags == nil {
		return
	}
	for _, t := range rs.res.Tags(r.item) {
		if t.Key == but && but != "" {
			but = "" // a second one of the same name is as any other
			continue
		}
		rs.scratch = append(append(append(append(rs.scratch, t.Key...), '='), t.Value...), '\n')
	}
}

// lowered is a text in lower case, in the same place if that is possible.
func lowered(text []byte) []byte {
	for i, c := range text {
		if c >= 0x80 {
			return bytes.ToLower(text)
		}
		if c >= 'A' && c <= 'Z' {
			text[i] = c + 'a' - 'A'
		}
	}
	return text
}
