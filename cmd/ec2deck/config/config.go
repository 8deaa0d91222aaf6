// Package config reads the configuration file, one YAML document:
//
//	defaults:                   # flags of every command, by name
//	  refresh-interval: 30s
//	connections:
//	  live:
//	    profile: production
//	    regions: [eu-west-1]
//	    production: true        # and so read-only without --write
//	    key-name: ops           # and security-groups: what launches begin with
//	confirm: {disrupt: typed, stop-instances: twice}
//	presets:
//	  web: {instance-type: t3.micro, image-id: ami-…, tags: {Env: dev}, user-data-file: ~/web.sh}
//	ssh: {run: true, user: ops, key: '~/.ssh/{key}.pem'}
//	theme: light                # or mouse: the flags of that name
//	tables:
//	  instances: {columns: [name, id, state, age], sort: -age}
//	naming: '{Name} ({InstanceId})'
//	views:
//	  - {name: bastions, table: instances, filter: 'tag:Role=bastion'}
//	keys: {refresh: [r, f5], instances.stop: Z}
//	export: {col-delimiter: ;}
//	mail: {host: mail.example.com, from: ec2deck@example.com, to: [ops@example.com]}
//	serve:                      # flags of `ec2deck serve`, by name
//	  listen: 0.0.0.0:2222
//	  authorized-keys: /etc/ec2deck/authorized_keys
//	roles:                      # the first that fits a login counts
//	  oncall:
//	    keys: [SHA256:…]        # fingerprints, as ssh-keygen -l prints them
//	    principals: [oncall]    # of certificates
//	    profiles: [production]
//	    regions: [eu-west-1]
//	    risk: disrupt           # read, change, disrupt or destroy
//	    tags: {Env: [dev, test]}
//
// Every error names the file, the line and what may stand there instead.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"ec2deck/awsops"

	"gopkg.in/yaml.v3"
)

// File is a configuration file that has been read.
type File struct {
	Defaults    []Setting // of flags that every command has
	Connections []Connection
	Tables      []Table
	Naming      Setting
	Views       []View
	Keys        []Setting
	Export      []Setting // delimiters
	Mail        []Setting // inputs of reports that are mailed
	Serve       []Setting
	Roles       []Role
	Raises      []awsops.Raise // of every connection
	Presets     []Preset
	SSH         SSH
}

// Setting is a flag and its values.
type Setting struct {
	Name   string
	Values []string
	Where  string // file and line, for errors found later
}

// maxSize bounds the file.
const maxSize = 1 << 20

// Load reads a file, as Parse does. It must not be writable for others: who can write it can
// do everything that it allows.
func Load(path string) (*File, error) {
	info, err := os.Stat(path) // before opening, which would wait on a pipe
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the configuration %s is no regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return nil, fmt.Errorf("the configuration %s can be written by others (mode %04o): chmod go-w %s", path, mode, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("the configuration %s cannot be read: %w", path, err)
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("the configuration %s is larger than %d bytes", path, maxSize)
	}
	return Parse(path, text)
}

// Parse reads the text of a file. The error tells everything that is wrong; with
// it comes what could be read, if anything, to be looked at for more of that.
func Parse(path string, text []byte) (*File, error) {
	r := &reader{path: path}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF): // an empty file
		return &File{}, nil
	case err != nil:
		why := strings.TrimPrefix(err.Error(), "yaml: ")
		if _, after, ok := strings.Cut(why, ": "); ok && strings.HasPrefix(why, "line ") {
			why = after
		}
		return nil, fmt.Errorf("%s:%d: %s", path, lineOf(text), awsops.Clean(why))
	}
	if !errors.Is(decoder.Decode(&second), io.EOF) {
		return nil, fmt.Errorf("%s: holds more than one document", path)
	}
	f := &File{}
	r.section(document.Content[0], "", fields{
		"defaults":    func(n *yaml.Node, at string) { f.Defaults = append(f.Defaults, r.settings(n, at)...) },
		"connections": func(n *yaml.Node, at string) { f.Connections = r.connections(n, at) },
		"confirm":     func(n *yaml.Node, at string) { f.Raises = r.raises(n, at) },
		"presets":     func(n *yaml.Node, at string) { f.Presets = r.presets(n, at) },
		"ssh":         func(n *yaml.Node, at string) { f.SSH = r.ssh(n, at) },
		"theme":       func(n *yaml.Node, at string) { f.Defaults = append(f.Defaults, r.setting("theme", n, at)) },
		"mouse":       func(n *yaml.Node, at string) { f.Defaults = append(f.Defaults, r.setting("mouse", n, at)) },
		"tables":      func(n *yaml.Node, at string) { f.Tables = r.tables(n, at) },
		"naming":      func(n *yaml.Node, at string) { f.Naming = r.setting("naming", n, at) },
		"keys":        func(n *yaml.Node, at string) { f.Keys = r.settings(n, at) },
		"views":       func(n *yaml.Node, at string) { f.Views = r.views(n, at) },
		"export":      func(n *yaml.Node, at string) { f.Export = r.settings(n, at) },
		"mail":        func(n *yaml.Node, at string) { f.Mail = r.settings(n, at) },
		"serve":       func(n *yaml.Node, at string) { f.Serve = r.settings(n, at) },
		"roles":       func(n *yaml.Node, at string) { f.Roles = r.roles(n, at) },
	})
	return f, errors.Join(r.wrong...)
}

// lineOf is the line of a mistake in YAML: the one after the longest beginning
// of the text that holds none. The library's errors have the line of what it
// was reading then, or one nearby, or none.
func lineOf(text []byte) int {
	for {
		text = text[:bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n')+1]
		if yaml.Unmarshal(text, new(yaml.Node)) == nil {
			return bytes.Count(text, []byte("\n")) + 1
		}
	}
}

// reader collects what is wrong with a file.
type reader struct {
	path  string
	wrong []error
}

// fields are what a section may hold.
type fields map[string]func(n *yaml.Node, at string)

func (r *reader) say(n *yaml.Node, at, format string, args ...any) {
	if at != "" {
		at += ": "
	}
	r.wrong = append(r.wrong, errors.New(awsops.Clean(fmt.Sprintf("%s:%d: %s%s", r.path, n.Line, at, fmt.Sprintf(format, args...)))))
}

// section reads a mapping whose keys are known.
func (r *reader) section(n *yaml.Node, at string, known fields) {
	names := slices.Sorted(keysOf(known))
	r.each(n, at, func(key, value *yaml.Node) {
		read, ok := known[key.Value]
		if !ok {
			r.say(key, at, "%q is unknown; there are %s", key.Value, strings.Join(names, ", "))
			return
		}
		read(value, below(at, key.Value))
	})
}

func keysOf(known fields) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range known {
			if !yield(name) {
				return
			}
		}
	}
}

func below(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// each reads a mapping; a key stands in it once.
func (r *reader) each(n *yaml.Node, at string, entry func(key, value *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.say(n, at, "write names with values, as in `name: value`")
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Value == "" {
			r.say(key, at, "a name must be one word")
			continue
		}
		if line, double := seen[key.Value]; double {
			r.say(key, at, "%q stands in line %d already", key.Value, line)
			continue
		}
		seen[key.Value] = key.Line
		entry(key, value)
	}
}

// text reads one value.
func (r *reader) text(n *yaml.Node, at string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		r.say(n, at, "write one value")
		return ""
	}
	return n.Value
}

// list reads values, or one.
func (r *reader) list(n *yaml.Node, at string) []string {
	if n.Kind != yaml.SequenceNode {
		if s := r.text(n, at); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for _, item := range n.Content {
		if s := r.text(item, at); s != "" {
			out = append(out, s)
		}
	}
	if len(n.Content) == 0 {
		r.say(n, at, "write at least one value, or leave it out")
	}
	return out
}

// settings reads flags; what they may be is checked where they are declared.
func (r *reader) settings(n *yaml.Node, at string) []Setting {
	var out []Setting
	r.each(n, at, func(key, value *yaml.Node) {
		out = append(out, r.setting(key.Value, value, below(at, key.Value)))
	})
	return out
}

// setting reads one value, or several, and remembers where they stand.
func (r *reader) setting(name string, n *yaml.Node, at string) Setting {
	return Setting{name, r.list(n, at), r.where(n, at)}
}

func (r *reader) where(n *yaml.Node, at string) string {
	return awsops.Clean(fmt.Sprintf("%s:%d: %s", r.path, n.Line, at))
}

// One is the value of a setting that has one, or "".
func (s Setting) One() string {
	if len(s.Values) != 1 {
		return ""
	}
	return s.Values[0]
}
