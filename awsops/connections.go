package awsops

import (
	"errors"
	"strings"
)

// connectionIn is nothing: a connection is written down, and EC2 is not asked.
type connectionIn struct{}

// ConnectionForm declares what a named connection says, as operations declare
// their inputs, so that its form and its command line are derived from it. It
// is none of All: it runs nowhere.
func ConnectionForm(profiles []string) Operation {
	text := func(kind Kind) Binding[*connectionIn] { return to(kind, func(*connectionIn, string) {}) }
	return &Op[*connectionIn, *connectionIn]{
		Name: "connection", Help: "Write a named connection into the configuration", Noun: "connection", Word: "write",
		Fields: []Field[*connectionIn]{
			{Name: "name", Help: "what it is called, for --connection", Need: Required, Rule: Shaped(`^[a-z0-9_-]+$`, "lower-case letters, digits, - and _"), To: text(KindString)},
			{Name: "profile", Help: "the profile of the AWS files", Default: "the default chain", Rule: profileName(profiles), To: text(KindString)},
			{Name: "regions", Help: "the regions that are opened, or all", Default: "the profile's own", Rule: regionOrAll(), To: text(KindList)},
			{Name: "endpoint-url", Help: "another address than EC2's own", Rule: withoutPassword(), Secret: withPassword("endpoint-url"), To: text(KindString)},
			{Name: "proxy", Help: "the HTTP proxy, as host:port", Rule: withoutPassword(), Secret: withPassword("proxy"), To: text(KindString)},
			{Name: "production", Help: "a step more before every change, and read-only without --write", To: text(KindBool)},
			{Name: "read-only", Help: "refuse every change, or allow them in production too", Default: "as production", Choices: []string{"true", "false"}, To: text(KindString)},
			{Name: "warning", Help: "what the top line says while it is open", To: text(KindString)},
			{Name: "colour", Help: "the colour of its name in the top line and in tables", Default: "none", Choices: Colours(), To: text(KindString)},
			{Name: "key-name", Help: "the key pair that launches begin with", Rule: KeyName().picking("key-pairs", "Name"), To: text(KindString)},
			{Name: "security-groups", Help: "the security groups that launches begin with", Rule: GroupRef(), To: text(KindList)},
			{Name: "confirm", Help: "how firmly a risk or an operation is confirmed at least, such as change=twice", Rule: confirmPair(), To: text(KindList)},
		},
		Example: Values{"name": {"live"}, "profile": {"production"}, "regions": {"eu-west-1", "us-east-1"}, "production": {"true"}},
	}
}

// Colours are the names of the colours that a connection may have.
func Colours() []string { return []string{"blue", "cyan", "green", "grey", "magenta", "yellow"} }

func profileName(known []string) Rule {
	return Rule{Check: func(s string) (string, error) {
		for _, name := range known {
			if name == s {
				return s, nil
			}
		}
		if len(known) == 0 {
			return s, nil
		}
		return "", errors.New("the AWS files have " + strings.Join(known, ", "))
	}}
}

func regionOrAll() Rule {
	r := Region()
	one := r.Check
	r.Check = func(s string) (string, error) {
		if strings.EqualFold(s, AllRegions) {
			return AllRegions, nil
		}
		return one(s)
	}
	return r
}

// withoutPassword keeps secrets out of the configuration.
func withoutPassword() Rule {
	return Rule{Text: "without a password", Check: func(s string) (string, error) {
		if strings.Contains(s, "@") {
			return "", errors.New("no name and password are kept in the configuration: leave out what stands before the @")
		}
		return s, nil
	}}
}

func confirmPair() Rule {
	return Rule{Text: "RISK=LEVEL or OPERATION=LEVEL", Check: func(s string) (string, error) {
		of, level, _ := strings.Cut(s, "=")
		_, err := NewRaise(of, level)
		return s, err
	}}
}

// withPassword says that a value may hold one, so that no error repeats it.
func withPassword(field string) func(Values) bool {
	return func(v Values) bool { return strings.Contains(v.Get(field), "@") }
}

// Normal are the values of an operation as its rules write them.
func Normal(op Operation, v Values) (Values, error) {
	if err := op.Validate(v); err != nil {
		return nil, err
	}
	info, out := op.Info(), Values{}
	parsed, err := info.parse(v)
	for i, values := range parsed {
		if len(values) > 0 {
			out[info.Fields[i].Name] = values
		}
	}
	return out, err
}
