package ec2sim

import (
	"fmt"
	"math/rand/v2"
)

// idSource makes identifiers that depend on the seed and on nothing else.
type idSource struct{ rnd *rand.Rand }

func newIDSource(seed, stream uint64) *idSource {
	return &idSource{rand.New(rand.NewPCG(seed, stream))}
}

const hexDigits = "0123456789abcdef"

// new makes an identifier in EC2's long form: prefix, dash, 17 digits. Real
// ones of the same kind start with a zero, so these do too.
func (s *idSource) new(prefix string) string {
	buf := make([]byte, 0, len(prefix)+18)
	buf = append(buf, prefix...)
	buf = append(buf, '-', '0')
	return string(s.append(buf, 16))
}

func (s *idSource) hex(n int) string { return string(s.append(make([]byte, 0, n), n)) }

func (s *idSource) append(buf []byte, n int) []byte {
	for n > 0 {
		v := s.rnd.Uint64()
		for i := 0; i < 16 && n > 0; i++ {
			buf = append(buf, hexDigits[v&15])
			v >>= 4
			n--
		}
	}
	return buf
}

// uuid makes a UUID of version 4, which is what EC2 uses as request id.
func (s *idSource) uuid() string {
	a, b := s.rnd.Uint64(), s.rnd.Uint64()
	a = a&^0xf000 | 0x4000
	b = b&^(0xc<<60) | 0x8<<60
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}

// isID tells whether s is prefix, dash and 8 or 17 lower-case hex digits.
func isID(s, prefix string) bool {
	if len(s) <= len(prefix) || s[:len(prefix)] != prefix || s[len(prefix)] != '-' {
		return false
	}
	digits := s[len(prefix)+1:]
	if len(digits) != 8 && len(digits) != 17 {
		return false
	}
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
