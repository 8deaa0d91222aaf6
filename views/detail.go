package views

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// field is one line of a resource's details: its section, its name and where
// its value is.
type field[D any] struct {
	section, name string
	value         func(D) any
}

// sections reads the fields of a resource, then the lists that it has.
func sections[D any](d D, fields []field[D], lists func(D) []Section) []Section {
	var out []Section
	for _, f := range fields {
		if len(out) == 0 || out[len(out)-1].Title != f.section {
			out = append(out, Section{Title: f.section})
		}
		last := &out[len(out)-1]
		last.Fields = append(last.Fields, DetailField{Name: f.name, Value: text(f.value(d))})
	}
	if lists == nil {
		return out
	}
	for _, s := range lists(d) {
		if len(s.Fields) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// tagSection lists the tags of an SDK object.
func tagSection(tags []types.Tag) Section {
	s := Section{Title: "Tags"}
	for _, t := range awsops.TagsOf(tags) {
		s.Fields = append(s.Fields, DetailField{t.Key, t.Value, theme.Plain})
	}
	return s
}

// needs refuses rows in which something is missing.
func needs[T any](why string, what func(T) string) func(T) string {
	return func(item T) string {
		if what(item) == "" {
			return why
		}
		return ""
	}
}

// column is a word of a filter that asks one column for a value.
func column(name, value string) string {
	if value = strings.ReplaceAll(value, `"`, ""); strings.ContainsAny(value, " \t") {
		value = `"` + value + `"`
	}
	return name + ":" + value
}

// text prints the member of an SDK object. What EC2 did not send is empty.
func text(v any) string {
	switch v := v.(type) {
	case *time.Time:
		return moment(v)
	case *string:
		if v == nil {
			return ""
		}
		return *v
	case *bool:
		if v == nil {
			return ""
		}
		return fmt.Sprint(*v)
	case *int32:
		if v == nil {
			return ""
		}
		return fmt.Sprint(*v)
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(v)
}

// moment prints a time for people: local, with its zone.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05 MST")
}

// orNil makes the members of an absent structure read as absent.
func orNil[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
