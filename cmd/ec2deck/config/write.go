package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"ec2deck/awsops"

	"gopkg.in/yaml.v3"
)

// errByHand says that a file is written in a way that cannot be changed here.
var errByHand = errors.New("it is written in a way that cannot be changed here without touching more: change it by hand")

// Connect returns the text of a file in which a connection says what the values
// do, by the names of their settings; without values it is gone. Another name
// that it had before is given by was. Everything else stays byte for byte: the
// file is the operator's.
func Connect(text []byte, was, name string, v awsops.Values) ([]byte, error) {
	return change(text, "connections", was, name, func(old *yaml.Node) *yaml.Node {
		if v == nil {
			return nil
		}
		return settled(old, v)
	})
}

// Defaults sets, in the text of a file, the defaults of flags; those without
// values are taken away.
func Defaults(text []byte, v awsops.Values) ([]byte, error) {
	var names []string
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var err error
		text, err = change(text, "defaults", name, name, func(*yaml.Node) *yaml.Node {
			if len(v[name]) == 0 {
				return nil
			}
			return list(v[name], false)
		})
		if err != nil {
			return nil, err
		}
	}
	return text, nil
}

// change replaces one entry of a section, by the lines that it takes.
func change(text []byte, section, was, name string, to func(old *yaml.Node) *yaml.Node) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, errByHand
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	if len(document.Content) > 0 {
		root = document.Content[0]
	}
	lines := strings.SplitAfter(string(text), "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	} else {
		lines[last] += "\n"
	}
	key, entries := entryOf(root, section)
	var err error
	switch {
	case entries == nil || entries.Kind != yaml.MappingNode || len(entries.Content) == 0: // there is none yet
		value := to(nil)
		if value == nil {
			return text, nil
		}
		at, from := len(lines), len(lines)
		if key != nil {
			from, at = key.Line-1, max(key.Line, lastLine(entries))
		} else if at > 0 && strings.TrimSpace(lines[at-1]) != "" {
			lines = append(lines, "\n")
			at, from = at+1, from+1
		}
		lines, err = splice(lines, from, at, 0, scalar(section), mapping(scalar(name), value))
	case entries.Style&yaml.FlowStyle != 0: // on one line, or few: the section is written anew
		from, end := key.Line-1, lastLine(entries)
		replace(entries, was, name, to)
		lines, err = splice(lines, from, end, 0, key, entries)
	default:
		old, value := entryOf(entries, was)
		indent := entries.Content[0].Column - 1
		from := lastLine(entries)
		end := from
		if old != nil {
			from, end = old.Line-1, lastLine(value)
		}
		if next := to(value); next == nil {
			lines = slices.Delete(lines, from, end)
		} else {
			lines, err = splice(lines, from, end, indent, scalar(name), next)
		}
	}
	if err != nil {
		return nil, err
	}
	out := []byte(strings.Join(lines, ""))
	_, old := entryOf(or(entries), was)
	return out, verify(text, out, section, was, name, to(old))
}

// splice puts an entry into the place of lines.
func splice(lines []string, from, end, indent int, key, value *yaml.Node) ([]string, error) {
	bare(key)
	if n := len(value.Content); n > 0 { // what stands behind the last is no part of the lines
		bare(value.Content[n-1])
		if value.Kind == yaml.MappingNode {
			value.Content[n-2].FootComment = ""
		}
	}
	value.HeadComment, value.FootComment = "", ""
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(mapping(key, value)), encoder.Close()); err != nil {
		return nil, errByHand
	}
	var entry []string
	for line := range strings.Lines(b.String()) {
		if line != "\n" {
			line = strings.Repeat(" ", indent) + line
		}
		entry = append(entry, line)
	}
	return slices.Replace(lines, from, end, entry...), nil
}

// bare takes away the comments around a node, which stay where they are.
func bare(n *yaml.Node) { n.HeadComment, n.FootComment = "", "" }

// or is a node, or one of nothing.
func or(n *yaml.Node) *yaml.Node {
	if n == nil {
		return mapping()
	}
	return n
}

// verify looks whether the entry says what it should, and everything else what
// it said.
func verify(before, after []byte, section, was, name string, entry *yaml.Node) error {
	var old, now map[string]any
	decoder := yaml.NewDecoder(bytes.NewReader(after))
	if yaml.Unmarshal(before, &old) != nil || !decodes(decoder, &now) {
		return errByHand
	}
	if !errors.Is(decoder.Decode(new(any)), io.EOF) { // a document more has begun
		return errByHand
	}
	var want any
	entries, _ := now[section].(map[string]any)
	if entry != nil && (entry.Decode(&want) != nil || !reflect.DeepEqual(want, entries[name])) {
		return errByHand
	}
	for _, m := range []map[string]any{old, now} {
		entries, _ := m[section].(map[string]any)
		delete(entries, was)
		delete(entries, name)
		if len(entries) == 0 {
			delete(m, section)
		}
	}
	if len(old)+len(now) > 0 && !reflect.DeepEqual(old, now) {
		return errByHand
	}
	return nil
}

// settled is a mapping that says what the values do. What stays keeps its
// place and its comments.
func settled(old *yaml.Node, v awsops.Values) *yaml.Node {
	out := mapping()
	if old != nil && old.Kind == yaml.MappingNode {
		out.Style = old.Style
		for i := 0; i+1 < len(old.Content); i += 2 {
			key, value := old.Content[i], old.Content[i+1]
			now := list(v[key.Value], key.Value == "confirm")
			if now == nil {
				continue
			}
			if !same(value, now) {
				now.LineComment, value = value.LineComment, now
			}
			out.Content = append(out.Content, key, value)
		}
	}
	for _, f := range awsops.ConnectionForm(nil).Info().Fields {
		if key, _ := entryOf(out, f.Name); key == nil && f.Name != "name" && len(v[f.Name]) > 0 {
			out.Content = append(out.Content, scalar(f.Name), list(v[f.Name], f.Name == "confirm"))
		}
	}
	return out
}

// same says whether two nodes have the same values.
func same(a, b *yaml.Node) bool {
	var x, y any
	return a.Decode(&x) == nil && b.Decode(&y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

// list is one value, or several; those of a mapping are name=value.
func list(values []string, pairs bool) *yaml.Node {
	switch {
	case len(values) == 0:
		return nil
	case len(values) == 1 && !pairs:
		return scalar(values[0])
	}
	out := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range values {
		if pairs {
			name, value, _ := strings.Cut(s, "=")
			out.Kind = yaml.MappingNode
			out.Content = append(out.Content, scalar(name))
			s = value
		}
		out.Content = append(out.Content, scalar(s))
	}
	return out
}

func scalar(s string) *yaml.Node {
	if s == "true" || s == "false" {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	}
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func mapping(entries ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Content: entries}
}

// entryOf finds an entry of a mapping.
func entryOf(n *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// replace changes an entry of a mapping, or adds it, or takes it away.
func replace(n *yaml.Node, was, name string, to func(*yaml.Node) *yaml.Node) {
	key, old := entryOf(n, was)
	value := to(old)
	at := slices.Index(n.Content, key)
	switch {
	case value == nil && key != nil:
		n.Content = slices.Delete(n.Content, at, at+2)
	case value == nil:
	case key == nil:
		n.Content = append(n.Content, scalar(name), value)
	default:
		key.Value, n.Content[at+1] = name, value
	}
}

// lastLine is the last line that a node takes.
func lastLine(n *yaml.Node) int {
	last := n.Line + strings.Count(strings.TrimRight(n.Value, "\n"), "\n")
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		last++
	}
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}

// decodes reads a document, which may be none at all.
func decodes(decoder *yaml.Decoder, into any) bool {
	err := decoder.Decode(into)
	return err == nil || errors.Is(err, io.EOF)
}
