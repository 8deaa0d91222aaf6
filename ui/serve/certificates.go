package serve

import (
	"errors"
	"fmt"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// checkCertificate says what is wrong with a certificate for a user. Its limit to
// source addresses is left to the SSH library, which knows the connection.
func checkCertificate(cert *gossh.Certificate, user string, trusted func(gossh.PublicKey) bool, now time.Time) error {
	if cert.CertType != gossh.UserCert {
		return errors.New("it is one of a host")
	}
	if err := acceptable(cert.Key); err != nil {
		return fmt.Errorf("it is of %w", err)
	}
	if !trusted(cert.SignatureKey) {
		return fmt.Errorf("it is signed by %s, which is no trusted CA", gossh.FingerprintSHA256(cert.SignatureKey))
	}
	if cert.Signature == nil || cert.Signature.Format == gossh.KeyAlgoRSA {
		return errors.New("it is signed with SHA-1: sign it with rsa-sha2-512")
	}
	if len(cert.ValidPrincipals) == 0 {
		return errors.New("it names no principals: sign it with ssh-keygen -n NAMES")
	}
	if source, limited := cert.CriticalOptions[sourceAddress]; limited && source == "" {
		return errors.New("it is good from no address")
	}
	checker := gossh.CertChecker{Clock: func() time.Time { return now }}
	return checker.CheckCert(user, cert)
}

// The names that OpenSSH gave to what limits a certificate.
const (
	sourceAddress = "source-address"
	permitPTY     = "permit-pty"
)

// certified is whom a certificate names.
func certified(cert *gossh.Certificate) identity {
	who := identity{
		Name: cert.KeyId, Serial: cert.Serial,
		Fingerprint: gossh.FingerprintSHA256(cert.Key), CA: gossh.FingerprintSHA256(cert.SignatureKey),
	}
	for _, p := range cert.ValidPrincipals {
		if validUser(p) {
			who.Principals = append(who.Principals, p)
		}
	}
	_, pty := cert.Extensions[permitPTY]
	who.NoTerminal = !pty
	return who
}
