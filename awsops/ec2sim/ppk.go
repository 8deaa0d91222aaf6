package ec2sim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/ssh"
)

// ppk writes a private key as PuTTY's file of version 2, without a passphrase.
func ppk(key crypto.Signer, comment string) (string, error) {
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return "", err
	}
	var private []byte
	switch key := key.(type) {
	case *rsa.PrivateKey:
		private = ssh.Marshal(struct{ D, P, Q, Iqmp *big.Int }{key.D, key.Primes[0], key.Primes[1], new(big.Int).ModInverse(key.Primes[1], key.Primes[0])})
	case ed25519.PrivateKey:
		private = ssh.Marshal(struct{ Seed []byte }{key.Seed()})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "PuTTY-User-Key-File-2: %s\nEncryption: none\nComment: %s\n", public.Type(), comment)
	writeLines(&b, "Public-Lines", public.Marshal())
	writeLines(&b, "Private-Lines", private)
	macKey := sha1.Sum([]byte("putty-private-key-file-mac-key"))
	mac := hmac.New(sha1.New, macKey[:])
	mac.Write(ssh.Marshal(struct {
		Type, Encryption, Comment string
		Public, Private           []byte
	}{public.Type(), "none", comment, public.Marshal(), private}))
	fmt.Fprintf(&b, "Private-MAC: %s\n", hex.EncodeToString(mac.Sum(nil)))
	return b.String(), nil
}

func writeLines(b *strings.Builder, title string, blob []byte) {
	text := base64.StdEncoding.EncodeToString(blob)
	fmt.Fprintf(b, "%s: %d\n", title, (len(text)+63)/64)
	for len(text) > 0 {
		n := min(64, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
}
