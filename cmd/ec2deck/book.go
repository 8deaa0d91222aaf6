package main

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
	"ec2deck/views"
)

// book is the named connections of the operator's configuration. A screen and
// `ec2deck connections` change them in the file, and a session that lives is
// held to what it says then.
type book struct {
	program *program
	chain   string // the profile of connections that name none
	write   bool   // --write
	demo    bool
	own     awsops.Policy // of the command line

	file     sync.Mutex // held by who reads or writes it
	mu       sync.Mutex
	names    []string // those that are opened
	used     []string // those that a screen has opened
	profiles []string // of theirs
	policy   awsops.Policy
	ways     map[string]awsops.Connection
}

// read takes what a file says, or leaves everything as it was.
func (b *book) read(file *config.File) error {
	policy, ways := b.own, map[string]awsops.Connection{}
	policy.Raises = slices.Concat(policy.Raises, file.Raises)
	var known, profiles []string
	var wrong []error
	for _, c := range b.connections(file) {
		known = append(known, c.Name)
		asked := slices.Contains(b.names, c.Name)
		if asked || !b.demo {
			policy.Cautions = append(policy.Cautions, c.Caution(b.write))
		}
		way, err := b.program.way(c, b.demo)
		if err != nil {
			wrong = append(wrong, err)
		}
		if err != nil || !asked {
			continue
		}
		if slices.Contains(b.used, c.Name) { // which --region says nothing about
			way.Regions = c.Regions
		}
		if err := reach(ways, c, way); err != nil {
			return err
		}
		if !slices.Contains(profiles, c.Profile) {
			profiles = append(profiles, c.Profile)
		}
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	for _, name := range b.names {
		if !slices.Contains(known, name) {
			return bad("connection", name, "the configuration has "+cmp.Or(strings.Join(known, ", "), "none"))
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.policy, b.ways, b.profiles = policy, ways, profiles
	return nil
}

// connections are those of a file; what names no profile has that of the chain.
func (b *book) connections(file *config.File) []config.Connection {
	out := slices.Clone(file.Connections)
	for i := range out {
		out[i].Profile = cmp.Or(out[i].Profile, b.chain)
	}
	return out
}

// held is what the session may do now.
func (b *book) held() awsops.Policy {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.policy
}

// wayOf is how a profile is reached now.
func (b *book) wayOf(profile string) awsops.Connection {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ways[profile]
}

// place is the file, which need not be there yet, and what is in it.
func (b *book) place() (path string, text []byte, file *config.File, err error) {
	if path, err = b.program.flags.config.one("config"); err != nil {
		return "", nil, nil, err
	}
	if path = cmp.Or(path, b.program.configFile()); path == "" {
		return "", nil, nil, bad("config", "", "is required: neither XDG_CONFIG_HOME nor HOME says where to keep it")
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the file is replaced, and not the link to it
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return path, []byte(config.Default()), &config.File{}, nil
	}
	if file, err = config.Load(path); err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return "", nil, nil, usagef("nothing is written into a configuration with a mistake: %v", err)
	}
	return path, text, file, nil
}

// change writes the configuration anew, if what it then says holds nothing
// wrong, and holds the session to it.
func (b *book) change(edit func(text []byte) ([]byte, error)) error {
	path, text, _, err := b.place()
	if err != nil {
		return err
	}
	next, err := edit(text)
	if err != nil {
		return usagef("%s: %v", path, err)
	}
	file, err := config.Parse(path, next)
	if err != nil {
		return usagef("%v", err)
	}
	trial := &book{program: b.program, chain: b.chain, write: b.write, demo: b.demo, own: b.own, names: within(b.names, file)}
	if err := trial.read(file); err != nil {
		return err
	}
	if err := rewrite(path, text, next); err != nil {
		return usagef("the configuration %s cannot be written: %s", path, cause(err))
	}
	b.names = trial.names
	return b.read(file)
}

// within are the names that a file still has.
func within(names []string, file *config.File) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.ContainsFunc(file.Connections, func(c config.Connection) bool { return c.Name == name })
	})
}

// rewrite puts a file into its place. What somebody else has written meanwhile
// is not lost, and who may read it stays.
func rewrite(path string, was, now []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
		if present, err := os.ReadFile(path); err != nil || !bytes.Equal(present, was) {
			return errors.Join(errors.New("it has been changed meanwhile: try again"), err)
		}
	}
	return putFile(path, now, mode)
}

// screen is the book as the screen has it.
func (b *book) screen() *views.Book {
	return &views.Book{
		Form:  func() awsops.Operation { return awsops.ConnectionForm(b.known()) },
		List:  b.list,
		Write: b.set,
		Way:   b.would,
		Use:   b.use,
		Begin: b.begin,
	}
}

// known are the profiles that a connection may name, if they are known.
func (b *book) known() []string {
	if b.demo {
		return nil
	}
	return b.program.profiles()
}

// list is the connections of the file as their form has them.
func (b *book) list() ([]awsops.Values, error) {
	_, _, file, err := b.place()
	if err != nil {
		return nil, err
	}
	var out []awsops.Values
	for _, c := range file.Connections {
		out = append(out, c.Values())
	}
	return out, nil
}

// set writes a connection, whose name was another perhaps, or takes it away.
func (b *book) set(was string, v awsops.Values) error {
	b.file.Lock()
	defer b.file.Unlock()
	if v != nil {
		var err error
		if v, err = awsops.Normal(awsops.ConnectionForm(nil), v); err != nil {
			return err
		}
	}
	name := cmp.Or(v.Get("name"), was)
	all, err := b.list()
	if err != nil {
		return err
	}
	if _, err := b.wayIn(v); err != nil {
		return err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(all, func(v awsops.Values) bool { return v.Get("name") == name })
	}
	if v == nil && !has(was) {
		return bad("name", was, "there is no such connection")
	}
	if name != was && has(name) {
		return bad("name", name, "there is one of that name already")
	}
	names, used := b.names, b.used
	b.names, b.used = renamed(names, was, name), renamed(used, was, name)
	err = b.change(func(text []byte) ([]byte, error) { return config.Connect(text, was, name, v) })
	if err != nil {
		b.names, b.used = names, used
	}
	return err
}

// renamed is names in which one has become another.
func renamed(names []string, was, name string) []string {
	out := slices.Clone(names)
	if i := slices.Index(out, was); i >= 0 {
		out[i] = name
	}
	return out
}

// would is how a connection that may not be written yet reaches its profile.
func (b *book) would(v awsops.Values) (profile string, way awsops.Connection, err error) {
	if v, err = awsops.Normal(awsops.ConnectionForm(b.known()), v); err != nil {
		return "", way, err
	}
	way, err = b.wayIn(v)
	return cmp.Or(v.Get("profile"), b.chain), way, err
}

// wayIn is the way that the values of a form say.
func (b *book) wayIn(v awsops.Values) (awsops.Connection, error) {
	return b.program.way(config.Connection{
		Regions:  v["regions"],
		Endpoint: config.Setting{Where: "endpoint-url", Values: v["endpoint-url"]},
		Proxy:    config.Setting{Where: "proxy", Values: v["proxy"]},
	}, b.demo)
}

// use makes the session reach a profile as a connection says.
func (b *book) use(name string) (profile string, err error) {
	b.file.Lock()
	defer b.file.Unlock()
	_, _, file, err := b.place()
	if err != nil {
		return "", err
	}
	before, used := b.names, b.used
	if !slices.Contains(b.names, name) {
		b.names = append(slices.Clip(b.names), name)
	}
	b.used = append(slices.Clip(b.used), name)
	if err := b.read(file); err != nil {
		b.names, b.used = before, used
		return "", err
	}
	for _, c := range b.connections(file) {
		if c.Name == name {
			profile = c.Profile
		}
	}
	return profile, nil
}

// begin makes scopes those that the program opens when nothing else is said:
// as the connections that are open, or as profiles with regions.
func (b *book) begin(scopes []awsops.Scope) error {
	b.file.Lock()
	defer b.file.Unlock()
	_, _, file, err := b.place()
	if err != nil {
		return err
	}
	named := 0
	for _, c := range b.connections(file) {
		for _, region := range c.Regions {
			if slices.Contains(b.names, c.Name) && slices.Contains(scopes, awsops.Scope{Profile: cmp.Or(c.Profile, "default"), Region: region}) {
				named++
			}
		}
	}
	v := awsops.Values{"connection": nil, "profile": nil, "region": nil}
	if named == len(scopes) {
		v["connection"] = b.names
		return b.change(func(text []byte) ([]byte, error) { return config.Defaults(text, v) })
	}
	for _, s := range scopes {
		if way := b.wayOf(s.Profile); way.Endpoint != "" || way.Proxy != "" {
			return usagef("the profile %s is reached by a connection with an address of its own: open just what connections name", s.Profile)
		}
		for name, value := range map[string]string{"profile": s.Profile, "region": s.Region} {
			if !slices.Contains(v[name], value) {
				v[name] = append(v[name], value)
			}
		}
	}
	if len(v["profile"])*len(v["region"]) != len(scopes) {
		return usagef("a default is the same regions of every profile, and these are not: make connections of them")
	}
	if slices.Equal(v["profile"], []string{"default"}) { // as it is found without a name
		v["profile"] = nil
	}
	return b.change(func(text []byte) ([]byte, error) { return config.Defaults(text, v) })
}
