package awsops

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Rule checks one value before any call and returns it normalized. Its error
// says what to write instead. The names are those of the catalogue.
type Rule struct {
	// Text is the rule in a few words, for help.
	Text  string
	Check func(string) (string, error)
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

// ID is rule V-ID: a resource ID with this prefix, 8 or 17 hex digits long.
func ID(prefix string) Rule {
	shape := regexp.MustCompile(`^` + prefix + `-([0-9a-f]{8}|[0-9a-f]{17})$`)
	text := prefix + "- and 8 or 17 hex digits"
	return Rule{Text: text, Check: func(s string) (string, error) {
		if s = strings.ToLower(strings.TrimSpace(s)); shape.MatchString(s) {
			return s, nil
		}
		return "", errors.New("write " + text)
	}}
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

// Shaped is a value that matches a pattern after trimming and lower-casing.
func Shaped(pattern, text string) Rule {
	shape := regexp.MustCompile(pattern)
	return Rule{Text: text, Check: func(s string) (string, error) {
		if s = strings.ToLower(strings.TrimSpace(s)); shape.MatchString(s) {
			return s, nil
		}
		return "", errors.New("write " + text)
	}}
}

// Zone is rule V-ZONE while offline: the shape of a zone's name.
func Zone() Rule {
	return Shaped(`^[a-z]{2}(-[a-z0-9]+)+-\d[a-z]$`, "a zone such as eu-west-1a")
}

// Region is the shape of a region's name.
func Region() Rule {
	return Shaped(`^[a-z]{2}(-[a-z]+)+-\d+$`, "a region such as eu-west-1")
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
