package ec2sim

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	apiVersion = "2016-11-15"
	namespace  = "http://ec2.amazonaws.com/doc/2016-11-15/"
	// wireTime is how EC2 writes times: always milliseconds, always Z.
	wireTime = "2006-01-02T15:04:05.000Z"
)

// apiError is an answer that says no.
type apiError struct {
	status        int
	code, message string
}

// bad is the common error: HTTP 400.
func bad(code, format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

func missing(parameter string) *apiError {
	return bad("MissingParameter", "The request must contain the parameter %s", parameter)
}

func malformed(code, id, prefix string) *apiError {
	return bad(code, `Invalid id: "%s" (expecting "%s-...")`, id, prefix)
}

// errorXML is the body of an error. Here, and nowhere else, the request id is
// spelt RequestID.
func errorXML(e *apiError, requestID string) []byte {
	var d doc
	d.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response><Errors><Error>")
	d.text("Code", e.code)
	d.text("Message", e.message)
	d.raw("</Error></Errors>")
	d.text("RequestID", requestID)
	d.raw("</Response>")
	return d.b
}

// form is the parameters of a request. Lists are numbered from 1 and
// structures nest with dots: Filter.1.Value.2.
type form url.Values

func (f form) get(name string) string { return url.Values(f).Get(name) }

// has tells whether a parameter was sent, as a value, a list or a structure.
func (f form) has(name string) bool {
	return f.get(name) != "" || len(f[name+".1"]) > 0 || f.hasPrefix(name+".")
}

func (f form) hasPrefix(prefix string) bool {
	for k := range f {
		if len(k) > len(prefix) && k[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

// list reads Name.1, Name.2 and so on, up to the first that is missing.
func (f form) list(name string) []string {
	var out []string
	for i := 1; ; i++ {
		v, ok := f[name+"."+strconv.Itoa(i)]
		if !ok || len(v) == 0 {
			return out
		}
		out = append(out, v[0])
	}
}

// flag reads a boolean; absent is false.
func (f form) flag(name string) (bool, *apiError) {
	switch v := f.get(name); v {
	case "true", "True", "1":
		return true, nil
	case "", "false", "False", "0":
		return false, nil
	default:
		return false, bad("InvalidParameterValue",
			"Value (%s) for parameter %s is invalid. Expected a boolean.", v, name)
	}
}

// number reads an integer; set tells whether it was sent.
func (f form) number(name string) (n int, set bool, err *apiError) {
	v := f.get(name)
	if v == "" {
		return 0, false, nil
	}
	n64, e := strconv.ParseInt(v, 10, 32)
	if e != nil {
		return 0, true, bad("InvalidParameterValue",
			"Value (%s) for parameter %s is invalid. Expected an integer.", v, name)
	}
	return int(n64), true, nil
}

// tagsFor reads the tags of TagSpecification.n that are meant for a kind.
func (f form) tagsFor(kind string) []Tag {
	var tags []Tag
	for i := 1; ; i++ {
		spec := "TagSpecification." + strconv.Itoa(i)
		if !f.hasPrefix(spec + ".") {
			return tags
		}
		if f.get(spec+".ResourceType") != kind {
			continue
		}
		for j := 1; f.hasPrefix(fmt.Sprintf("%s.Tag.%d.", spec, j)); j++ {
			tag := fmt.Sprintf("%s.Tag.%d.", spec, j)
			tags = append(tags, Tag{f.get(tag + "Key"), f.get(tag + "Value")})
		}
	}
}

// maxTags is how many tags of its user a resource takes.
const maxTags = 50

// newTags is tagsFor with EC2's rules for tags.
func (f form) newTags(kind string) ([]Tag, *apiError) {
	tags := f.tagsFor(kind)
	if len(tags) > maxTags {
		return nil, bad("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	for _, t := range tags {
		switch {
		case t.Key == "":
			return nil, bad("InvalidParameterValue", "Tag key cannot be empty.")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return nil, bad("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case utf8.RuneCountInString(t.Key) > 128:
			return nil, bad("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters")
		case utf8.RuneCountInString(t.Value) > 256:
			return nil, bad("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		}
	}
	return tags, nil
}

// doc is an XML document in the making. It appends to one buffer: a page of a
// thousand instances is several megabytes.
type doc struct {
	b []byte
	// An instance repeats the same few times over and over: the last one
	// formatted, and where it stands in b.
	lastTime time.Time
	lastAt   int
}

func (d *doc) raw(s string) { d.b = append(d.b, s...) }

func (d *doc) open(root, requestID string) {
	d.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<")
	d.raw(root)
	d.raw(` xmlns="` + namespace + `">`)
	d.text("requestId", requestID)
}

func (d *doc) start(name string) {
	d.b = append(append(append(d.b, '<'), name...), '>')
}

func (d *doc) end(name string) {
	d.b = append(append(append(d.b, '<', '/'), name...), '>')
}

// text writes an element, empty or not.
func (d *doc) text(name, value string) {
	d.start(name)
	d.escape(value)
	d.end(name)
}

// some writes an element unless it is empty, as EC2 does for most members.
func (d *doc) some(name, value string) {
	if value != "" {
		d.text(name, value)
	}
}

func (d *doc) flag(name string, v bool) {
	if v {
		d.text(name, "true")
	} else {
		d.text(name, "false")
	}
}

func (d *doc) num(name string, v int) {
	d.start(name)
	d.b = strconv.AppendInt(d.b, int64(v), 10)
	d.end(name)
}

// at writes a time, unless it is unknown.
func (d *doc) at(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	d.start(name)
	from := len(d.b)
	if t.Equal(d.lastTime) {
		d.b = append(d.b, d.b[d.lastAt:d.lastAt+len(wireTime)]...)
	} else {
		d.b = t.UTC().AppendFormat(d.b, wireTime)
	}
	d.lastTime, d.lastAt = t, from
	d.end(name)
}

// value writes <name><value>v</value></name>, the form of attributes.
func (d *doc) value(name, v string) {
	d.start(name)
	d.some("value", v)
	d.end(name)
}

// items writes a list.
func items[T any](d *doc, name string, list []T, item func(T)) {
	d.start(name)
	for _, v := range list {
		d.start("item")
		item(v)
		d.end("item")
	}
	d.end(name)
}

func (d *doc) tags(tags []Tag) {
	if len(tags) == 0 {
		return
	}
	d.start("tagSet")
	for _, t := range tags {
		d.start("item")
		d.text("key", t.Key)
		d.text("value", t.Value)
		d.end("item")
	}
	d.end("tagSet")
}

// escape appends text. Characters that XML 1.0 cannot carry even as a
// reference (ESC and most other C0 controls) become U+FFFD: one of them would
// make a parser refuse the whole page. C1 controls, bidi overrides and
// zero-width characters are legal and pass.
func (d *doc) escape(s string) {
	plain := 0
	for i := 0; i < len(s); {
		if c := s[i]; c > '>' && c < utf8.RuneSelf || c >= '\'' && c < '<' { // nearly all there is
			i++
			continue
		}
		esc, n := escapeAt(s[i:])
		if esc != "" {
			d.b = append(d.b, s[plain:i]...)
			d.b = append(d.b, esc...)
			plain = i + n
		}
		i += n
	}
	d.b = append(d.b, s[plain:]...)
}

// escapeAt looks at the first character of s: what to write in its place, or
// nothing, and how long it is.
func escapeAt(s string) (esc string, n int) {
	switch c := s[0]; {
	case c == '&':
		return "&amp;", 1
	case c == '<':
		return "&lt;", 1
	case c == '>':
		return "&gt;", 1
	case c == '"':
		return "&quot;", 1
	case c == '\r': // a bare one would be read as a line feed
		return "&#xd;", 1
	case c < 0x20 && c != '\n' && c != '\t':
		return "\uFFFD", 1
	case c >= utf8.RuneSelf:
		r, n := utf8.DecodeRuneInString(s)
		if (r == utf8.RuneError && n == 1) || r == 0xFFFE || r == 0xFFFF {
			return "\uFFFD", n
		}
		return "", n
	}
	return "", 1
}

// grow makes room at once for what is to come.
func (d *doc) grow(n int) { d.b = append(make([]byte, 0, len(d.b)+n+1024), d.b...) }
