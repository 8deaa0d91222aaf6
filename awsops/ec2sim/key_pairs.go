package ec2sim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// keyPair is what EC2 keeps of a key pair: never the private key.
type keyPair struct {
	id, name, kind, fingerprint string
	public                      string // in OpenSSH's form; of old pairs EC2 has none
	createdAt                   time.Time
	tags                        []Tag
}

func keyPairActions() []action {
	return []action{
		{name: "DescribeKeyPairs", check: describeKeyPairs},
		{name: "CreateKeyPair", mutating: true, required: []string{"KeyName"}, check: createKeyPair},
		{name: "ImportKeyPair", mutating: true, required: []string{"KeyName", "PublicKeyMaterial"}, check: importKeyPair},
		{name: "DeleteKeyPair", mutating: true, check: deleteKeyPair},
	}
}

func errNoKeyPair(name string) *apiError {
	return bad("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", name)
}

func (r *region) keyPairNamed(name string) *keyPair {
	for k := range r.keyPairs.all {
		if k.name == name {
			return k
		}
	}
	return nil
}

func describeKeyPairs(c *call) (act, *apiError) {
	var public bool
	if err := c.flags(map[string]*bool{"IncludePublicKey": &public}); err != nil {
		return nil, err
	}
	names := c.form.list("KeyName")
	do, err := describe(c, listing[*keyPair]{
		table:   c.region.keyPairs,
		idParam: "KeyPairId", idSet: "keyPairIdSet",
		lookup: func(ids []string) *apiError { return lookupAny(c.region.keyPairs, ids, errNoKeyPair) },
		filters: map[string]filterOf[*keyPair]{
			"fingerprint": is(func(k *keyPair) string { return k.fingerprint }),
			"key-name":    is(func(k *keyPair) string { return k.name }),
			"key-pair-id": is(func(k *keyPair) string { return k.id }),
		},
		tags: func(k *keyPair) []Tag { return k.tags },
		keep: func(k *keyPair) bool { return len(names) == 0 || slices.Contains(names, k.name) },
	}, "keySet", func(k *keyPair) {
		c.out.text("keyPairId", k.id)
		c.out.text("keyFingerprint", k.fingerprint)
		c.out.text("keyName", k.name)
		c.out.text("keyType", k.kind)
		c.out.tags(k.tags)
		if public {
			c.out.some("publicKey", k.public)
		}
		c.out.at("createTime", k.createdAt)
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if c.region.keyPairNamed(name) == nil {
			return nil, errNoKeyPair(name)
		}
	}
	return do, nil
}

// newKeyPair checks what creating and importing have in common.
func (c *call) newKeyPair() (*keyPair, *apiError) {
	k := &keyPair{name: c.form.get("KeyName"), createdAt: c.now.Truncate(time.Millisecond)}
	if len(k.name) > 255 || strings.TrimSpace(k.name) != k.name || strings.ContainsFunc(k.name, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter KeyName is invalid. Character sets beyond ASCII are not supported.", k.name)
	}
	var err *apiError
	if k.tags, err = c.newTags("key-pair"); err != nil {
		return nil, err
	}
	if c.region.keyPairNamed(k.name) != nil {
		return nil, bad("InvalidKeyPair.Duplicate", "The keypair already exists")
	}
	return k, nil
}

func (c *call) keepKeyPair(k *keyPair) {
	k.id = c.sim.ids.new("key")
	c.region.keyPairs.add(k.id, k)
	c.out.text("keyName", k.name)
	c.out.text("keyFingerprint", k.fingerprint)
	c.out.text("keyPairId", k.id)
	c.out.tags(k.tags)
}

func createKeyPair(c *call) (act, *apiError) {
	kind, format := c.form.get("KeyType"), c.form.get("KeyFormat")
	if kind == "" {
		kind = "rsa"
	}
	if format == "" {
		format = "pem"
	}
	if kind != "rsa" && kind != "ed25519" {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter keyType is invalid.", kind)
	}
	if format != "pem" && format != "ppk" {
		return nil, bad("InvalidParameterValue", "Value (%s) for parameter keyFormat is invalid.", format)
	}
	k, err := c.newKeyPair()
	if err != nil {
		return nil, err
	}
	k.kind = kind
	return func() *apiError {
		key, err := generateKey(kind)
		if err == nil {
			err = k.of(key)
		}
		var material string
		if err == nil {
			material, err = written(key, format, k.name)
		}
		if err != nil {
			return &apiError{500, "InternalError", err.Error()}
		}
		c.keepKeyPair(k)
		c.out.text("keyMaterial", material)
		return nil
	}, nil
}

func generateKey(kind string) (crypto.Signer, error) {
	if kind == "rsa" {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

// of sets what EC2 shows of a key that it has made itself.
func (k *keyPair) of(key crypto.Signer) error {
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return err
	}
	k.public = openSSH(public, k.name)
	if k.kind == "ed25519" {
		k.fingerprint = fingerprint256(public)
		return nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	sum := sha1.Sum(der)
	k.fingerprint = colons(sum[:])
	return err
}

func openSSH(public ssh.PublicKey, comment string) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))) + " " + comment
}

func fingerprint256(public ssh.PublicKey) string {
	sum := sha256.Sum256(public.Marshal())
	return base64.StdEncoding.EncodeToString(sum[:])
}

func colons(sum []byte) string {
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(parts, ":")
}

// written is the private key as EC2 hands it out: PKCS#1 for RSA, OpenSSH's
// own form for ED25519, or PuTTY's for both.
func written(key crypto.Signer, format, name string) (string, error) {
	if format == "ppk" {
		return ppk(key, name)
	}
	if key, ok := key.(*rsa.PrivateKey); ok {
		return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), nil
	}
	block, err := ssh.MarshalPrivateKey(key, name)
	return string(pem.EncodeToMemory(block)), err
}

func importKeyPair(c *call) (act, *apiError) {
	k, err := c.newKeyPair()
	if err != nil {
		return nil, err
	}
	text, e := base64.StdEncoding.DecodeString(c.form.get("PublicKeyMaterial"))
	if e != nil {
		return nil, errKeyFormat()
	}
	public, e := readPublicKey(string(text))
	if e != nil {
		return nil, errKeyFormat()
	}
	switch public.Type() {
	case ssh.KeyAlgoRSA:
		der, e := x509.MarshalPKIXPublicKey(public.(ssh.CryptoPublicKey).CryptoPublicKey())
		if e != nil {
			return nil, errKeyFormat()
		}
		sum := md5.Sum(der)
		k.kind, k.fingerprint = "rsa", colons(sum[:])
	case ssh.KeyAlgoED25519:
		k.kind, k.fingerprint = "ed25519", fingerprint256(public)
	default:
		return nil, errKeyFormat()
	}
	k.public = openSSH(public, k.name)
	return func() *apiError {
		c.keepKeyPair(k)
		return nil
	}, nil
}

func errKeyFormat() *apiError {
	return bad("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
}

var rfc4716 = regexp.MustCompile(`(?s)^---- BEGIN SSH2 PUBLIC KEY ----\r?\n((?:[A-Za-z-]+:[^\n]*\n)*)(.*)---- END SSH2 PUBLIC KEY ----\s*$`)

// readPublicKey reads OpenSSH's form, RFC 4716, and DER in base64.
func readPublicKey(text string) (ssh.PublicKey, error) {
	if key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text)); err == nil {
		return key, nil
	}
	if m := rfc4716.FindStringSubmatch(text); m != nil {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(m[2]), ""))
		if err != nil {
			return nil, err
		}
		return ssh.ParsePublicKey(raw)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	return ssh.NewPublicKey(key)
}

// deleteKeyPair succeeds for what does not exist too.
func deleteKeyPair(c *call) (act, *apiError) {
	k := c.region.keyPairs.byID[c.form.get("KeyPairId")]
	if name := c.form.get("KeyName"); name != "" {
		k = c.region.keyPairNamed(name)
	} else if !c.form.has("KeyPairId") {
		return nil, missing("KeyName")
	}
	return func() *apiError {
		c.out.flag("return", true)
		if k != nil {
			c.region.keyPairs.remove(k.id)
			c.out.text("keyPairId", k.id)
		}
		return nil
	}, nil
}

// seedKeyPairs makes the key pairs of a fleet. The one for Windows is an old
// RSA pair, of which EC2 has no public key.
func (s *Sim) seedKeyPairs(r *region, names []string, ids *idSource) error {
	created := s.now().Add(-400 * 24 * time.Hour).Truncate(time.Second)
	for _, name := range names {
		k := &keyPair{id: ids.new("key"), name: name, kind: "ed25519", createdAt: created}
		seed := sha256.Sum256([]byte(r.account.ID + r.name + name))
		if name == "windows" {
			k.kind, k.fingerprint = "rsa", windowsFingerprint
		} else if err := k.of(ed25519.NewKeyFromSeed(seed[:])); err != nil {
			return err
		}
		r.keyPairs.add(k.id, k)
	}
	return nil
}
