package awsops

import (
	"crypto"
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Fingerprint is a fingerprint of a key as EC2 shows it, with the rule by which
// EC2 computes it.
type Fingerprint struct{ Rule, Value string }

// Fingerprints computes what EC2 can show for a key file: a private key
// without a passphrase, or a public key in any form that EC2 imports. EC2
// computes an RSA fingerprint of a pair that it has created in another way than
// that of one that was imported, so a private RSA key has two.
func Fingerprints(file []byte) ([]Fingerprint, error) {
	if !isPrivateKey(string(file)) {
		public, err := parsePublicKey(string(file))
		if err != nil {
			return nil, err
		}
		return publicFingerprints(public)
	}
	raw, err := ssh.ParseRawPrivateKey(file)
	if err != nil {
		return nil, errors.New("the private key cannot be read; it must be PEM, without a passphrase")
	}
	if p, ok := raw.(*ed25519.PrivateKey); ok {
		raw = *p
	}
	signer, ok := raw.(crypto.Signer)
	if !ok {
		return nil, errors.New("neither an RSA nor an ED25519 key")
	}
	public, err := ssh.NewPublicKey(signer.Public())
	if err != nil {
		return nil, err
	}
	prints, err := publicFingerprints(public)
	if _, ok := raw.(*rsa.PrivateKey); !ok || err != nil {
		return prints, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(raw)
	sum := sha1.Sum(der)
	return append([]Fingerprint{{"created by EC2 (SHA-1 of the PKCS#8 private key)", colons(sum[:])}}, prints...), err
}

func publicFingerprints(public ssh.PublicKey) ([]Fingerprint, error) {
	switch public.Type() {
	case ssh.KeyAlgoED25519:
		sum := sha256.Sum256(public.Marshal())
		return []Fingerprint{{"ED25519 (SHA-256)", base64.StdEncoding.EncodeToString(sum[:])}}, nil
	case ssh.KeyAlgoRSA:
		der, err := x509.MarshalPKIXPublicKey(public.(ssh.CryptoPublicKey).CryptoPublicKey())
		sum := md5.Sum(der)
		return []Fingerprint{{"imported (MD5 of the DER public key)", colons(sum[:])}}, err
	}
	return nil, errors.New("neither an RSA nor an ED25519 key")
}

// SameFingerprint compares fingerprints whatever way they are written: EC2 pads
// base64, OpenSSH does not and says SHA256: in front.
func SameFingerprint(a, b string) bool {
	bare := func(s string) string {
		s = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "SHA256:"), "MD5:")
		return strings.TrimRight(s, "=")
	}
	return a != "" && bare(a) == bare(b)
}

func colons(sum []byte) string {
	text := hex.EncodeToString(sum)
	var parts []string
	for i := 0; i < len(text); i += 2 {
		parts = append(parts, text[i:i+2])
	}
	return strings.Join(parts, ":")
}

// isPrivateKey knows the headers of PEM and of PuTTY's files.
func isPrivateKey(text string) bool {
	return strings.Contains(text, "PRIVATE KEY") || strings.Contains(text, "PuTTY-User-Key-File") || strings.Contains(text, "Private-Lines:")
}

var rfc4716 = regexp.MustCompile(`(?s)^---- BEGIN SSH2 PUBLIC KEY ----\s(.*)---- END SSH2 PUBLIC KEY ----\s*$`)

var errNoPublicKey = errors.New("write an RSA or ED25519 public key: an OpenSSH line, RFC 4716, or DER in base64")

// parsePublicKey reads the forms that EC2 imports, and PEM around DER.
func parsePublicKey(text string) (ssh.PublicKey, error) {
	text = strings.TrimSpace(text)
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if m := rfc4716.FindStringSubmatch(text); err != nil && m != nil {
		key, err = parseWire(bodyOf4716(m[1]))
	} else if err != nil {
		key, err = parseDER(text)
	}
	if err != nil || key.Type() != ssh.KeyAlgoRSA && key.Type() != ssh.KeyAlgoED25519 {
		return nil, errNoPublicKey
	}
	return key, nil
}

// bodyOf4716 leaves the headers out, which a backslash continues.
func bodyOf4716(text string) string {
	var body strings.Builder
	header := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		header = header || strings.Contains(line, ":")
		if !header {
			body.WriteString(line)
		}
		header = header && strings.HasSuffix(line, `\`)
	}
	return body.String()
}

func parseWire(text string) (ssh.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return ssh.ParsePublicKey(raw)
}

func parseDER(text string) (ssh.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der, err = block.Bytes, nil
	}
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	return ssh.NewPublicKey(key)
}

// PublicKey is a public key that EC2 imports. A private one is refused, and
// never repeated.
func PublicKey() Rule {
	return Rule{Text: "an OpenSSH line, RFC 4716, or DER in base64; RSA or ED25519", Check: func(s string) (string, error) {
		if isPrivateKey(s) {
			return "", errors.New("is a PRIVATE key, which must never leave your machine; give the public half (`ssh-keygen -y -f FILE` prints it)")
		}
		if strings.Contains(s, "BEGIN PUBLIC KEY") {
			return "", errNoPublicKey // EC2 takes the base64 without the PEM around it
		}
		_, err := parsePublicKey(s)
		return s, err
	}}
}
