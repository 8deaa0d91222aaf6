package awsops

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
)

// xmlScan walks through an answer of EC2 without copying it. It knows the XML
// that EC2 writes: elements, text, references. Of anything else (comments,
// CDATA, attributes, prefixes, what is not well-formed) it says that it cannot
// read it, and the SDK's own decoder takes over.
//
// Every child that is entered is left with text, skip, or the end of a loop
// over its own children:
//
//	for name, ok := s.child(); ok; name, ok = s.child() {
//		switch string(name) { … }
//	}
type xmlScan struct {
	body   []byte
	at     int
	open   [][]byte // names of the elements that are open
	closed bool     // the last one ends where it begins: <a/>
	failed bool
	lower  [48]byte
	text   []byte // of the last value with references
}

// errUnread says that a body needs the SDK's decoder.
var errUnread = errors.New("the answer is not written as EC2 writes")

// root enters the outermost element.
func (s *xmlScan) root(body []byte) bool {
	*s = xmlScan{body: body, open: s.open[:0], text: s.text[:0]}
	for s.at < len(body) && s.blank(body[s.at]) {
		s.at++
	}
	if bytes.HasPrefix(body[s.at:], []byte("<?xml")) {
		end := bytes.Index(body[s.at:], []byte("?>"))
		if end < 0 {
			return s.fail()
		}
		s.at += end + 2
	}
	for s.at < len(body) && s.blank(body[s.at]) {
		s.at++
	}
	if s.at+1 >= len(body) || body[s.at] != '<' {
		return s.fail()
	}
	name := s.name(s.at + 1)
	end := bytes.IndexByte(body[s.at:], '>') // of the attributes, which hold no > in what EC2 writes
	if len(name) == 0 || end < 0 || bytes.Count(body[s.at:s.at+end], []byte{'"'})%2 != 0 || bytes.IndexByte(body[s.at:s.at+end], '\'') >= 0 || body[s.at+end-1] == '/' {
		return s.fail()
	}
	s.at += end + 1
	s.open = append(s.open, name)
	return true
}

func (s *xmlScan) fail() bool {
	s.failed = true
	return false
}

func (*xmlScan) blank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

// name reads a name of letters and digits.
func (s *xmlScan) name(from int) []byte {
	i := from
	for i < len(s.body) {
		c := s.body[i]
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if i == from || c < '0' || c > '9' {
				break
			}
		}
		i++
	}
	return s.body[from:i]
}

// child enters the next element in the open one, and is false when that ends.
// The name is in lower case, as the SDK does not mind case, and holds until the
// next call.
func (s *xmlScan) child() ([]byte, bool) {
	if s.failed || s.closed {
		s.leave()
		return nil, false
	}
	if !s.tag() {
		return nil, false
	}
	name := s.open[len(s.open)-1]
	if len(name) > len(s.lower) {
		return name[:0], true // nothing that anybody asks for
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		s.lower[i] = c
	}
	return s.lower[:len(name)], true
}

// item enters the next member of a list, and is false when that ends.
func (s *xmlScan) item() bool {
	for name, ok := s.child(); ok; name, ok = s.child() {
		if string(name) == "item" {
			return true
		}
		s.skip()
	}
	return false
}

// listing reads an answer that is a list and perhaps the token of the next page.
func (s *xmlScan) listing(body []byte, set string, read func()) (token *string, err error) {
	if !s.root(body) {
		return nil, errUnread
	}
	for name, ok := s.child(); ok; name, ok = s.child() {
		switch string(name) {
		case "nexttoken":
			next := string(s.value())
			token = &next
		case set:
			for s.item() {
				read()
			}
		default:
			s.skip()
		}
	}
	if s.failed || len(s.open) > 0 {
		return nil, errUnread
	}
	return token, nil
}

// leave closes the element that is open.
func (s *xmlScan) leave() {
	s.closed = false
	if len(s.open) > 0 {
		s.open = s.open[:len(s.open)-1]
	}
}

// tag goes to the next tag: true for one that opens, false for the end of the
// open element.
func (s *xmlScan) tag() bool {
	next := bytes.IndexByte(s.body[s.at:], '<')
	if next < 0 || s.at+next+1 >= len(s.body) {
		return s.fail()
	}
	s.at += next + 1
	if s.body[s.at] == '/' {
		s.end()
		return false
	}
	name := s.name(s.at)
	s.at += len(name)
	if len(name) == 0 {
		return s.fail()
	}
	for s.at < len(s.body) && s.blank(s.body[s.at]) {
		s.at++
	}
	if s.at+1 < len(s.body) && s.body[s.at] == '/' && s.body[s.at+1] == '>' {
		s.at++
		s.closed = true
	}
	if s.at >= len(s.body) || s.body[s.at] != '>' {
		return s.fail()
	}
	s.at++
	s.open = append(s.open, name)
	return true
}

// end reads "/name>" of the open element.
func (s *xmlScan) end() {
	name := s.open[len(s.open)-1]
	rest := s.body[s.at+1:]
	if !bytes.HasPrefix(rest, name) || len(rest) == len(name) || rest[len(name)] != '>' {
		s.failed = true
		return
	}
	s.at += 1 + len(name) + 1
	s.leave()
}

// skip leaves the open element with all that is in it.
func (s *xmlScan) skip() {
	for depth := len(s.open); len(s.open) >= depth && !s.failed; {
		if s.closed {
			s.leave()
			continue
		}
		s.tag()
	}
}

// value is the text of the open element, which it leaves. It holds until the
// next call.
func (s *xmlScan) value() []byte {
	if s.failed || s.closed {
		s.leave()
		return nil
	}
	end := bytes.IndexByte(s.body[s.at:], '<')
	if end < 0 || s.at+end+1 >= len(s.body) || s.body[s.at+end+1] != '/' {
		s.failed = true
		return nil
	}
	text := s.body[s.at : s.at+end]
	s.at += end + 1
	s.end()
	return s.plain(text)
}

// plain resolves references, and refuses what XML forbids or changes.
func (s *xmlScan) plain(text []byte) []byte {
	special := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '&' || c >= utf8.RuneSelf || c == ']':
			special = true
		case c < ' ' && c != '\n' && c != '\t':
			s.failed = true
			return nil
		}
	}
	if !special {
		return text
	}
	if !allowed(text) || bytes.Contains(text, []byte("]]>")) {
		s.failed = true
		return nil
	}
	if bytes.IndexByte(text, '&') < 0 {
		return text
	}
	s.text = s.text[:0]
	for len(text) > 0 {
		if text[0] != '&' {
			s.text, text = append(s.text, text[0]), text[1:]
			continue
		}
		end := bytes.IndexByte(text, ';')
		if end < 0 {
			s.failed = true
			return nil
		}
		c, ok := reference(text[1:end])
		if !ok {
			s.failed = true
			return nil
		}
		s.text, text = utf8.AppendRune(s.text, c), text[end+1:]
	}
	return s.text
}

// allowed says whether a text is UTF-8 of characters that XML has.
func allowed(text []byte) bool {
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		if c == utf8.RuneError && n == 1 || !inXML(c) {
			return false
		}
		text = text[n:]
	}
	return true
}

func inXML(c rune) bool {
	return c == '\t' || c == '\n' || c >= ' ' && c <= 0xd7ff || c >= 0xe000 && c <= 0xfffd || c >= 0x10000 && c <= 0x10ffff
}

// reference is the character that stands between & and ;.
func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := string(name[1:]), 10
	if name[1] == 'x' {
		digits, base = string(name[2:]), 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil && inXML(rune(n))
}
