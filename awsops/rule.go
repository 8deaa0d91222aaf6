package awsops

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Rule checks one value before any call and returns it normalized. Its error
// says what to write instead. The names are those of the catalogue.
type Rule struct {
	// Text is the rule in a few words, for help.
	Text  string
	Check func(string) (string, error)
	// Picks says which resources the values name, if they name any.
	Picks Pick
}

// picking is a rule for values that name the resources of a table.
func (r Rule) picking(kind, column string) Rule {
	r.Picks = Pick{Kind: kind, Column: column}
	return r
}

// kindsByPrefix are the tables of what an ID can name.
func kindsByPrefix() map[string]string {
	return map[string]string{
		"i": "instances", "sg": "groups", "sgr": "rules", "eipalloc": "addresses", "vol": "volumes", "snap": "snapshots", "ami": "images",
		"vpc": "vpcs", "subnet": "subnets", "eni": "interfaces", "lt": "launch-templates", "bun": "bundle-tasks",
	}
}

// kindRules hold for every field of a kind.
func kindRules() map[Kind]Rule {
	return map[Kind]Rule{
		KindInt: {Text: "a whole number", Check: func(s string) (string, error) {
			if _, err := strconv.ParseUint(s, 10, 31); err != nil {
				return "", errors.New("write a whole number")
			}
			return s, nil
		}},
		KindBool: {Text: "true or false", Check: func(s string) (string, error) {
			switch strings.ToLower(s) {
			case "true", "t", "yes", "y", "1":
				return "true", nil
			case "false", "f", "no", "n", "0":
				return "false", nil
			}
			return "", errors.New("write true or false")
		}},
		KindMap: {Text: "name=value", Check: func(s string) (string, error) {
			if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
				return "", errors.New("write name=value")
			}
			return s, nil
		}},
	}
}

// truth reads a boolean that its rule has passed.
func truth(s string) bool {
	v, err := kindRules()[KindBool].Check(strings.TrimSpace(s))
	return err == nil && v == "true"
}

// matching compiles a pattern when it is first asked. Every look into the
// catalogue makes all rules anew, and hardly one of them is asked.
func matching(pattern string) func(string) bool {
	var once sync.Once
	var compiled *regexp.Regexp
	return func(s string) bool {
		once.Do(func() { compiled = regexp.MustCompile(pattern) })
		return compiled.MatchString(s)
	}
}

// ID is rule V-ID: a resource ID with this prefix, 8 or 17 hex digits long.
func ID(prefix string) Rule {
	shaped := matching(`^` + prefix + `-([0-9a-f]{8}|[0-9a-f]{17})$`)
	text := prefix + "- and 8 or 17 hex digits"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if s = strings.ToLower(strings.TrimSpace(s)); shaped(s) {
			return s, nil
		}
		return "", errors.New("write " + text)
	}}.picking(kindsByPrefix()[prefix], "")
}

// Between is a whole number within bounds.
func Between(least, most int) Rule {
	text := fmt.Sprintf("%d to %d", least, most)
	return Rule{Text: text, Check: func(s string) (string, error) {
		if n, err := strconv.Atoi(s); err != nil || n < least || n > most {
			return "", errors.New("write a number from " + text)
		}
		return s, nil
	}}
}

// Signed is a whole number within bounds that may lie below zero.
func Signed(least, most int, advice string) Rule {
	return Rule{Text: fmt.Sprintf("%d to %d", least, most), Check: func(s string) (string, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most || strings.HasPrefix(s, "+") {
			return "", errors.New(advice)
		}
		return strconv.Itoa(n), nil
	}}
}

// CIDR4 is rule V-CIDR4: an IPv4 range, as EC2 keeps it: without host bits.
func CIDR4() Rule { return cidr(netip.Addr.Is4, "write a.b.c.d/n, n = 0 to 32; one host is /32") }

// CIDR6 is rule V-CIDR6.
func CIDR6() Rule {
	return cidr(func(a netip.Addr) bool { return a.Is6() && !a.Is4In6() }, "write an IPv6 range x::/n, n = 0 to 128; one host is /128")
}

func cidr(family func(netip.Addr) bool, advice string) Rule {
	text := strings.TrimPrefix(advice, "write ")
	return Rule{Text: text, Check: func(s string) (string, error) {
		p, err := netip.ParsePrefix(s)
		if err != nil || !family(p.Addr()) {
			return "", errors.New(advice)
		}
		return p.Masked().String(), nil
	}}
}

// Account is rule V-ACCT: 12 digits; hyphens are removed.
func Account() Rule {
	shaped := matching(`^[0-9]{12}$`)
	return Rule{Text: "12 digits", Check: func(s string) (string, error) {
		if s = strings.ReplaceAll(s, "-", ""); !shaped(s) {
			return "", errors.New("write an account ID of 12 digits")
		}
		return s, nil
	}}
}

// Shaped is a value that matches a pattern after trimming and lower-casing.
func Shaped(pattern, text string) Rule {
	shaped := matching(pattern)
	return Rule{Text: text, Check: func(s string) (string, error) {
		if s = strings.ToLower(strings.TrimSpace(s)); shaped(s) {
			return s, nil
		}
		return "", errors.New("write " + text)
	}}
}

// Zone is rule V-ZONE while offline: the shape of a zone's name.
func Zone() Rule {
	return Shaped(`^[a-z]{2}(-[a-z0-9]+)+-\d[a-z]$`, "a zone such as eu-west-1a").picking("zones", "")
}

// Region is the shape of a region's name.
func Region() Rule {
	return Shaped(`^[a-z]{2}(-[a-z]+)+-\d+$`, "a region such as eu-west-1").picking("regions", "")
}

// NotEmpty is a delimiter: any text but none.
func NotEmpty() Rule {
	return Rule{Text: "not empty", Check: func(s string) (string, error) {
		if s == "" {
			return "", errors.New("must not be empty")
		}
		return s, nil
	}}
}

// FilterNames reminds of the filters that a listing knows. EC2 knows more, so
// other names pass.
func FilterNames(names string) Rule {
	return Rule{Text: "name=value; names: " + names + "; * and ? match any text; case counts", Check: func(s string) (string, error) { return s, nil }}
}

// AtLeast is rule V-COUNT: a whole number with a lower bound.
func AtLeast(least int) Rule {
	text := fmt.Sprintf("%d or more", least)
	return Rule{Text: text, Check: func(s string) (string, error) {
		if n, err := strconv.Atoi(s); err != nil || n < least {
			return "", errors.New("write " + text)
		}
		return s, nil
	}}
}

// InstanceType is rule V-TYPE: open, because AWS adds types every month.
func InstanceType() Rule {
	return Shaped(`^[a-z0-9-]+\.[a-z0-9-]+$`, "a type such as t3.micro").picking("instance-types", "")
}

// Device is rule V-DEVICE: a device name of Linux or Windows.
func Device() Rule {
	return Shaped(`^(/dev/sd[a-z]([1-9]|1[0-5])?|/dev/xvd[a-z]{1,2}|/dev/hd[a-z]|xvd[a-p])$`, "a device such as /dev/sdf, or xvdf on Windows")
}

// Virtual is rule V-VIRTUAL: an instance store volume.
func Virtual() Rule {
	store := Shaped(`^ephemeral([0-9]|1[0-9]|2[0-3])$`, "ephemeral0 to ephemeral23")
	return Rule{Text: store.Text, Check: func(s string) (string, error) {
		switch s {
		case "ami", "root", "swap":
			return "", errors.New("names a device of paravirtual bundles only; write ephemeral0 to ephemeral23")
		}
		return store.Check(s)
	}}
}

// Token is rule V-TOKEN: what makes a request happen once.
func Token() Rule {
	return Rule{Text: "1 to 64 printable characters", Check: func(s string) (string, error) {
		if len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
			return "", errors.New("write 1 to 64 printable ASCII characters")
		}
		return s, nil
	}}
}

// newToken is a UUID, which makes a request happen once.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// UserData is at most 16 KiB before it is encoded.
func UserData() Rule {
	return Rule{Text: "at most 16 KiB", Check: func(s string) (string, error) {
		if len(s) > 16<<10 {
			return "", fmt.Errorf("is %d bytes long; EC2 takes 16384", len(s))
		}
		return s, nil
	}}
}

// KeyName is rule V-KEYNAME: the name of a key pair.
func KeyName() Rule {
	return Rule{Text: "1 to 255 ASCII characters", Check: func(s string) (string, error) {
		if s == "" || len(s) > 255 || strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			return "", errors.New("write 1 to 255 ASCII characters, without a blank at either end")
		}
		return s, nil
	}}
}

// OneOf is one of a few words.
func OneOf(words ...string) Rule {
	text := strings.Join(words, " or ")
	return Rule{Text: text, Check: func(s string) (string, error) {
		if s = strings.TrimSpace(s); slices.Contains(words, s) {
			return s, nil
		}
		return "", errors.New("write " + text)
	}}
}

// GroupRef names a security group: by its ID, or by its name.
func GroupRef() Rule {
	id := ID("sg")
	named := matching(`^[a-zA-Z0-9._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`)
	return Rule{Text: "names or " + id.Text, Check: func(s string) (string, error) {
		switch {
		case strings.HasPrefix(strings.ToLower(s), "sg-"):
			return id.Check(s)
		case !named(s):
			return "", errors.New("write the name of a group, or " + id.Text)
		}
		return s, nil
	}}.picking("groups", "")
}

// ProfileRef names an instance profile: by its name or its ARN.
func ProfileRef() Rule {
	shaped := matching(`^([A-Za-z0-9_+=,.@-]{1,128}|arn:[a-z-]+:iam::[0-9]{12}:instance-profile/[!-~]{1,640})$`)
	return Rule{Text: "a name, or arn:aws:iam::ACCOUNT:instance-profile/NAME", Check: func(s string) (string, error) {
		if !shaped(s) {
			return "", errors.New("write a name of up to 128 letters, digits and _+=,.@-, or an ARN")
		}
		return s, nil
	}}
}
