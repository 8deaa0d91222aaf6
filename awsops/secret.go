package awsops

import (
	"fmt"
	"log/slog"
)

// Secret is a text that nothing prints by accident: not a log, a frame, JSON,
// an error or a format verb. Reveal is the one way to it.
type Secret struct{ text string }

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{text} }

// masked is what a secret looks like.
const masked = "(secret)"

// Reveal returns the text.
func (s Secret) Reveal() string { return s.text }

// String implements fmt.Stringer.
func (Secret) String() string { return masked }

// Format implements fmt.Formatter, for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText implements encoding.TextMarshaler, which JSON and YAML use.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// TakeSecret returns the secret of a result and puts a remark in its place.
func (r *Result) TakeSecret(name, remark string) (Secret, bool) {
	for i, o := range r.Outputs {
		if s, ok := o.Value.(Secret); ok && o.Name == name {
			r.Outputs[i].Value = remark
			return s, true
		}
	}
	return Secret{}, false
}
