package serve

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// parsedKeys is an authorized_keys file. The errors name file and line.
type parsedKeys struct {
	keys      map[string]string // the comment by the key's wire format
	malformed []error
	refused   []error // well-formed, but with an option that is not honoured here
}

func parseKeys(file string, content []byte) parsedKeys {
	parsed := parsedKeys{keys: map[string]string{}}
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, options, comment, err := parseKey(line)
		if err != nil {
			parsed.malformed = append(parsed.malformed, fmt.Errorf("%s:%d: %w", file, number, err))
			continue
		}
		if option, ok := honoured(options); !ok {
			parsed.refused = append(parsed.refused, fmt.Errorf("%s:%d: %s", file, number, unhonoured(option)))
			continue
		}
		parsed.keys[string(key.Marshal())] = comment
	}
	return parsed
}

// parseKey reads "[options] type base64 [comment]". The library's parser takes
// any word for the type, and so overlooks options in front of a line whose type
// is missing or whose quoted command looks like a key.
func parseKey(line string) (key gossh.PublicKey, options []string, comment string, err error) {
	word, rest, err := cutField(line)
	if err != nil {
		return nil, nil, "", err
	}
	if !isKeyType(word) {
		options = splitOptions(word)
		if word, rest, err = cutField(rest); err != nil {
			return nil, nil, "", err
		}
	}
	if !isKeyType(word) {
		return nil, nil, "", errors.New("no type of a public key, such as ssh-ed25519")
	}
	text, comment, _ := strings.Cut(strings.ReplaceAll(rest, "\t", " "), " ")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || text == "" {
		return nil, nil, "", fmt.Errorf("no base64 text of a key after %s", word)
	}
	key, err = gossh.ParsePublicKey(raw)
	if err != nil {
		return nil, nil, "", fmt.Errorf("no public key: %w", err)
	}
	if key.Type() != word {
		return nil, nil, "", fmt.Errorf("says %s and holds a key of type %q", word, key.Type())
	}
	return key, options, strings.TrimSpace(comment), acceptable(key)
}

func acceptable(key gossh.PublicKey) error {
	if _, ok := key.(*gossh.Certificate); ok {
		return errors.New("a certificate; name the public key itself")
	}
	if key.Type() == "ssh-dss" {
		return errors.New("a DSA key, which is too weak")
	}
	public, ok := key.(gossh.CryptoPublicKey)
	if !ok {
		return nil
	}
	if weak, ok := public.CryptoPublicKey().(*rsa.PublicKey); ok && weak.N.BitLen() < 2048 {
		return fmt.Errorf("an RSA key of %d bits; at least 2048 are asked", weak.N.BitLen())
	}
	return nil
}

func isKeyType(word string) bool {
	for _, prefix := range []string{"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"} {
		if strings.HasPrefix(word, prefix) && !strings.ContainsAny(word, `"=,`) {
			return true
		}
	}
	return false
}

// cutField cuts at the first blank outside double quotes.
func cutField(line string) (field, rest string, err error) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t'):
			return line[:i], strings.TrimLeft(line[i:], " \t"), nil
		}
	}
	if quoted {
		return "", "", errors.New("a quotation mark is not closed")
	}
	return line, "", nil
}

func splitOptions(field string) []string {
	var options []string
	start, quoted := 0, false
	for i := 0; i < len(field); i++ {
		switch c := field[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			options, start = append(options, field[start:i]), i+1
		}
	}
	return append(options, field[start:])
}

// honoured says whether every option asks for what this server does, and names
// the first that does not. Ignoring a limit that somebody wrote down would be
// the worse surprise.
func honoured(options []string) (name string, ok bool) {
	for _, option := range options {
		name, _, _ = strings.Cut(option, "=")
		switch strings.ToLower(name) {
		case "no-port-forwarding", "no-agent-forwarding", "no-x11-forwarding", "no-user-rc":
			// True of every session.
		default:
			return name, false
		}
	}
	return "", true
}

// unhonoured says why an option keeps its key out, and what to do instead.
func unhonoured(option string) string {
	if strings.EqualFold(option, "cert-authority") {
		return "a certificate authority is not trusted here: put its key, without this option, into a file of its own and name that with --trusted-ca"
	}
	return fmt.Sprintf("the option %q is not honoured here, so this key lets nobody in", option)
}
