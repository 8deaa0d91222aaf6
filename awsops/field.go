package awsops

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Kind is how the value of a field is written.
type Kind string

// The kinds, as the operations list prints them.
const (
	KindString Kind = "string"
	KindList   Kind = "[]string"
	KindInt    Kind = "int"
	KindBool   Kind = "bool"
	KindMap    Kind = "map"   // name=value, repeated
	KindLines  Kind = "lines" // texts that may hold blanks and commas, repeated
)

// Several says whether a field of this kind takes more than one value.
func (k Kind) Several() bool { return k == KindList || k == KindMap || k == KindLines }

// Need says whether a field has to be given.
type Need string

// The needs, as the catalogue writes them.
const (
	Optional    Need = "opt"
	Required    Need = "req"
	Conditional Need = "cond" // depends on another field: see Op.Check
)

// Field is one input of an operation.
type Field[In any] struct {
	// Name is the input's name in the catalogue and its flag.
	Name string
	// Help is a short phrase.
	Help string
	// Need defaults to Optional.
	Need Need
	// Default is what an absent value means; it is shown, and not sent.
	Default string
	// Choices lists the only values that are allowed, if there are any.
	Choices []string
	// Rule checks and normalizes each single value.
	Rule Rule
	// Most is the greatest number of values; 0 is no limit.
	Most int
	// Blank says that an empty value is a value, which differs from none.
	Blank bool
	// Whole takes each value of a list as it is: it may have blanks and commas.
	Whole bool
	// Long says that the value may be a text of several lines.
	Long bool
	// Random marks a token that is made up where none is given.
	Random bool
	// Secret says that the value must not be shown, given all inputs; nil is never.
	Secret func(Values) bool
	// Target marks the field that a selection of rows fills.
	Target bool
	// Raises is the risk of the call when this field is true.
	Raises Risk
	// Pick says where a form finds the values to offer; typed ones are taken
	// too. Where it is empty the rule says it.
	Pick Pick
	// To says which member of the call's input the field sets.
	To Binding[In]
}

// Pick says that the values of a field name resources, which a form offers
// from the live list.
type Pick struct {
	// Kind is the table that they come from: "instances". "" offers nothing.
	Kind string
	// Where narrows the table to what the call can take, given the other inputs:
	// a filter as it is typed over a table. It may ask EC2, and it may be nil.
	Where func(ctx context.Context, client *ec2.Client, v Values) (string, error)
	// Column is the title of the column whose cell is the value; "" is the ID.
	Column string
}

// Only is a Pick of a table narrowed by a fixed filter, "" for all of it.
func Only(kind, filter string) Pick {
	return Pick{Kind: kind, Where: func(context.Context, *ec2.Client, Values) (string, error) { return filter, nil }}
}

// FieldInfo is a Field with its types forgotten.
type FieldInfo struct {
	Name, Help, Default, Rule string
	Need                      Need
	Kind                      Kind
	Choices                   []string
	Target, Blank, Random     bool
	Long                      bool
	// File says that the value names a file on the machine of the operator.
	File bool
	// Splits says that the value stands between the members of lists given.
	Splits bool
	Raises Risk
	Pick   Pick
	// Secret says that the value must not be shown; it is never nil.
	Secret func(Values) bool
	// Sent is false for a field that only shapes the output.
	Sent bool

	rule                  Rule
	most                  int
	whole, hidden, signed bool
}

// Check parses values as the operation would.
func (f FieldInfo) Check(values []string) error {
	_, err := f.parse(values)
	return err
}

// Shown are the values of the field as they may be shown: of a secret, the size.
func (f FieldInfo) Shown(v Values) []string {
	values := v[f.Name]
	if len(values) > 0 && f.Secret(v) {
		return []string{fmt.Sprintf("(%d bytes)", len(strings.Join(values, "")))}
	}
	return values
}

func (f Field[In]) info() FieldInfo {
	need := f.Need
	if need == "" {
		need = Optional
	}
	secret := f.Secret
	if secret == nil {
		secret = func(Values) bool { return false }
	}
	pick := f.Pick
	if pick.Kind == "" {
		pick = f.Rule.Picks
	}
	return FieldInfo{
		Name: f.Name, Help: f.Help, Default: f.Default, Rule: f.Rule.Text, Need: need, Kind: f.To.kind,
		Choices: f.Choices, Target: f.Target, Blank: f.Blank, Long: f.Long, Random: f.Random, Raises: f.Raises, Pick: pick, File: f.To.load != nil, Sent: !f.To.local, Splits: f.To.splits, Secret: secret,
		rule: f.Rule, most: f.Most, whole: f.Whole, hidden: f.Secret != nil, signed: f.To.signed,
	}
}

// parse splits, normalizes and checks the raw values of the field.
func (f FieldInfo) parse(raw []string) ([]string, error) {
	var values []string
	for _, s := range raw {
		switch {
		case f.Kind == KindList && !f.whole:
			values = append(values, splitList(s)...)
		case f.Blank:
			values = append(values, s)
		case !f.Sent && !f.File: // a delimiter may well be a blank
			values = append(values, s)
		case strings.TrimSpace(s) != "":
			values = append(values, strings.TrimSpace(s))
		}
	}
	if len(values) == 0 {
		if f.Need == Required {
			return nil, &InputError{Field: f.Name, Rule: "is required: " + f.Help}
		}
		return nil, nil
	}
	if len(values) > 1 && !f.Kind.Several() {
		return nil, &InputError{Field: f.Name, Value: f.quoted(strings.Join(values, " ")), Rule: "takes one value"}
	}
	for i, s := range values {
		v, err := f.check(s)
		if err != nil {
			return nil, &InputError{Field: f.Name, Value: f.quoted(s), Rule: err.Error()}
		}
		values[i] = v
	}
	if f.Kind == KindList || f.Kind == KindLines {
		values = unique(values)
	}
	if f.most > 0 && len(values) > f.most {
		return nil, &InputError{Field: f.Name, Value: fmt.Sprintf("%d values", len(values)), Rule: fmt.Sprintf("takes at most %d", f.most)}
	}
	return values, nil
}

// mostNamed is how many choices an error names.
const mostNamed = 20

// quoted is a value as an error may repeat it.
func (f FieldInfo) quoted(s string) string {
	if f.hidden {
		return ""
	}
	return s
}

func (f FieldInfo) check(s string) (string, error) {
	if rule, ok := kindRules()[f.Kind]; ok && !f.signed {
		v, err := rule.Check(s)
		if err != nil {
			return "", err
		}
		s = v
	}
	if len(f.Choices) > 0 && !slices.Contains(f.Choices, s) {
		if n := len(f.Choices); n > mostNamed {
			return "", fmt.Errorf("is none of the %d that there are; --help lists them", n)
		}
		return "", fmt.Errorf("choose one of %s", strings.Join(f.Choices, ", "))
	}
	if f.rule.Check != nil {
		return f.rule.Check(s)
	}
	return s, nil
}

// splitList splits a list at commas and blanks.
func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

func unique(in []string) []string {
	seen := make(map[string]bool, len(in))
	return slices.DeleteFunc(in, func(s string) bool {
		dup := seen[s]
		seen[s] = true
		return dup
	})
}

// Binding connects a field with a member of the call's input.
type Binding[In any] struct {
	kind   Kind
	local  bool
	splits bool // the lists that are given
	signed bool // the field's own rule bounds the number, which may be below zero
	set    func(In, []string)
	load   func(In, Secret) // the content of the file that the value names
}

// ToString binds a string member.
func ToString[In any](member func(In) **string) Binding[In] {
	return Binding[In]{kind: KindString, set: func(in In, v []string) { *member(in) = aws.String(v[0]) }}
}

// ToList binds a list of strings.
func ToList[In any](member func(In) *[]string) Binding[In] {
	return Binding[In]{kind: KindList, set: func(in In, v []string) { *member(in) = v }}
}

// ToOneOf binds a field that takes one value to a member that is a list.
func ToOneOf[In any](member func(In) *[]string) Binding[In] {
	return Binding[In]{kind: KindString, set: func(in In, v []string) { *member(in) = v[:1] }}
}

// ToBool binds a boolean member.
func ToBool[In any](member func(In) **bool) Binding[In] {
	return Binding[In]{kind: KindBool, set: func(in In, v []string) { *member(in) = aws.Bool(truth(v[0])) }}
}

// ToInt binds a 32-bit integer member.
func ToInt[In any](member func(In) **int32) Binding[In] {
	return Binding[In]{kind: KindInt, set: func(in In, v []string) { *member(in) = int32Of(v[0]) }}
}

// ToSigned is ToInt for numbers below zero too. The field needs a rule that
// lets nothing but numbers through.
func ToSigned[In any](member func(In) **int32) Binding[In] {
	b := ToInt(member)
	b.signed = true
	return b
}

// ToLines binds texts that may hold blanks and commas.
func ToLines[In any](member func(In) *[]string) Binding[In] {
	return Binding[In]{kind: KindLines, set: func(in In, v []string) { *member(in) = v }}
}

// ToTags binds name=value pairs to tags.
func ToTags[In any](member func(In) *[]types.Tag) Binding[In] {
	return Binding[In]{kind: KindMap, set: func(in In, v []string) {
		for _, pair := range v {
			key, value, _ := strings.Cut(pair, "=")
			*member(in) = append(*member(in), types.Tag{Key: aws.String(key), Value: aws.String(value)})
		}
	}}
}

// ToFilter binds the values of a field to one of EC2's filters.
func ToFilter[In any](kind Kind, name string, member func(In) *[]types.Filter) Binding[In] {
	return Binding[In]{kind: kind, set: func(in In, v []string) {
		*member(in) = append(*member(in), filterOn(name, v...))
	}}
}

// ToFilters binds name=value pairs to EC2 filters. Values of the same name
// are alternatives; different names must all hold.
func ToFilters[In any](member func(In) *[]types.Filter) Binding[In] {
	return Binding[In]{kind: KindMap, set: func(in In, v []string) {
		var filters []types.Filter
		for _, pair := range v {
			name, value, _ := strings.Cut(pair, "=")
			i := slices.IndexFunc(filters, func(f types.Filter) bool { return *f.Name == name })
			if i < 0 {
				filters, i = append(filters, types.Filter{Name: aws.String(name)}), len(filters)
			}
			filters[i].Values = append(filters[i].Values, value)
		}
		*member(in) = append(*member(in), filters...)
	}}
}

// Local marks a field that shapes the output and is not sent.
func Local[In any]() Binding[In] {
	return Binding[In]{kind: KindString, local: true, set: func(In, []string) {}}
}

// ToFile marks a field that names a local file, and binds what is in it. The
// file is read when the operation runs, and EC2 is not sent its name.
func ToFile[In any](member func(In) *Secret) Binding[In] {
	return Binding[In]{kind: KindString, local: true, set: func(In, []string) {}, load: func(in In, content Secret) { *member(in) = content }}
}

// splitter is the field of what stands between the members of the lists that
// are given, beside blanks and commas.
func splitter[In any]() Field[In] {
	return Field[In]{Name: "delimiter", Help: "what stands between the members of the lists given", Default: ",", Rule: NotEmpty(), To: Binding[In]{kind: KindString, local: true, splits: true, set: func(In, []string) {}}}
}

// InputError is an input that breaks a rule. Nothing was sent.
type InputError struct {
	Field, Value, Rule string
}

// Error names the flag, the value and the rule in one line.
func (e *InputError) Error() string { return "--" + e.named(e.Rule) }

// InForm is the same where inputs are fields with titles, and no flags.
func (e *InputError) InForm() string { return e.named(e.RuleInForm()) }

// RuleInForm is the rule alone, for what stands at the field.
func (e *InputError) RuleInForm() string {
	return strings.TrimPrefix(strings.ReplaceAll(" "+e.Rule, " --", " "), " ")
}

func (e *InputError) named(rule string) string {
	field := Clean(e.Field) // may be a name that nothing declares
	if e.Value == "" {
		return field + " " + rule
	}
	return fmt.Sprintf("%s %q: %s", field, Clean(e.Value), rule)
}

// to binds one value to any member.
func to[In any](kind Kind, set func(In, string)) Binding[In] {
	return Binding[In]{kind: kind, set: func(in In, v []string) { set(in, v[0]) }}
}

// toEach binds every value of a field, one after the other.
func toEach[In any](kind Kind, set func(In, string)) Binding[In] {
	return Binding[In]{kind: kind, set: func(in In, v []string) {
		for _, s := range v {
			set(in, s)
		}
	}}
}

func int32Of(s string) *int32 {
	n, _ := strconv.ParseInt(s, 10, 32) // the kind's rule has seen it
	return aws.Int32(int32(n))
}
