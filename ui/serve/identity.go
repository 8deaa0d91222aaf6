package serve

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ec2deck/awsops"

	gossh "golang.org/x/crypto/ssh"
)

// maxUser is far above any login name.
const maxUser = 128

// identity is what a login has proved, or in the open demo only said.
type identity struct {
	Name, Fingerprint, CA string
	Principals            []string
	Serial                uint64
	NoTerminal            bool // the certificate permits none
}

func (who identity) session(user, remote string) Session {
	return Session{
		User: clip(user), Name: cleanName(who.Name), Fingerprint: who.Fingerprint, CA: who.CA,
		Principals: who.Principals, Serial: who.Serial, Remote: remote,
	}
}

// authorize is asked for every key that a client offers, before the client has
// proved that it holds the private half. Of what is refused only the
// fingerprints are facts.
func (s *server) authorize(user string, key gossh.PublicKey) (identity, *gossh.Permissions, error) {
	cert, ok := key.(*gossh.Certificate)
	if ok && !s.Open {
		who := certified(cert)
		trusted := func(ca gossh.PublicKey) bool { _, found := s.authorities.find(ca); return found }
		if err := checkCertificate(cert, user, trusted, time.Now()); err != nil {
			return identity{Fingerprint: who.Fingerprint, CA: who.CA}, nil, fmt.Errorf("certificate %q: %w", cleanName(cert.KeyId), err)
		}
		p, err := permissions(who, cert.CriticalOptions)
		return who, p, err
	}
	who := identity{Fingerprint: gossh.FingerprintSHA256(key)}
	comment, found := s.keys.find(key)
	switch {
	case s.Open:
		who.Name = user
	case !found:
		return who, nil, fmt.Errorf("the key %s is not among the authorized keys", who.Fingerprint)
	default:
		who.Name = comment
	}
	p, err := permissions(who, nil)
	return who, p, err
}

// proof is the name under which the SSH library carries an identity from the
// login to the sessions.
const proof = "ec2deck-identity"

// permissions carry who logs in; the library enforces the source addresses.
func permissions(who identity, critical map[string]string) (*gossh.Permissions, error) {
	who.Name = cmp.Or(cleanName(who.Name), who.Fingerprint)
	text, err := json.Marshal(who)
	return &gossh.Permissions{CriticalOptions: critical, Extensions: map[string]string{proof: string(text)}}, err
}

// identityOf is whom the library has found to be at the other end.
func identityOf(conn *gossh.ServerConn) (who identity, err error) {
	if conn.Permissions == nil {
		return who, errors.New("no permissions")
	}
	return who, json.Unmarshal([]byte(conn.Permissions.Extensions[proof]), &who)
}

// cleanName is a name for one line: a comment or a key ID is what somebody
// typed somewhere.
func cleanName(name string) string {
	name = strings.TrimSpace(awsops.Clean(name))
	if utf8.RuneCountInString(name) > maxUser {
		name = string([]rune(name)[:maxUser])
	}
	return name
}

// validUser keeps control characters and endless names out of everything that
// shows or stores a user. It is asked for each session, because a client may
// try several names while logging in.
func validUser(name string) bool {
	return name != "" && len(name) <= maxUser && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}
