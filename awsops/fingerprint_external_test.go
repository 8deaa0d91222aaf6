//go:build external

package awsops_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ec2deck/awsops"
)

// shell runs a line of the AWS documentation on a key file.
func shell(t *testing.T, folder, line string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "-c", line)
	c.Dir = folder
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.TrimSpace(string(out))
}

// TestFingerprintsOfForeignTools compares ours with what ssh-keygen and openssl
// say about keys that they have made.
func TestFingerprintsOfForeignTools(t *testing.T) {
	for _, test := range []struct{ name, make, file, fingerprint, rule string }{
		{"created RSA, PKCS#1", "openssl genrsa -traditional -out key 2048", "key", "openssl pkcs8 -in key -topk8 -nocrypt -outform DER | openssl sha1 -c", "created"},
		{"created RSA, PKCS#8", "openssl genrsa -out key 2048", "key", "openssl pkcs8 -in key -topk8 -nocrypt -outform DER | openssl sha1 -c", "created"},
		{"imported RSA, the private half", "ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f key", "key", "openssl rsa -in key -pubout -outform DER | openssl md5 -c", "imported"},
		{"imported RSA, the public half", "ssh-keygen -q -t rsa -b 3072 -N '' -f key", "key.pub", "ssh-keygen -f key.pub -e -m PKCS8 | openssl pkey -pubin -outform DER | openssl md5 -c", "imported"},
		{"imported RSA, RFC 4716", "ssh-keygen -q -t rsa -N '' -f key && ssh-keygen -f key.pub -e -m RFC4716 > key.4716", "key.4716", "ssh-keygen -f key.pub -e -m PKCS8 | openssl pkey -pubin -outform DER | openssl md5 -c", "imported"},
		{"imported RSA, DER in base64", "openssl genrsa -out key 2048 && openssl rsa -in key -pubout -outform DER | base64 > key.der", "key.der", "base64 -d key.der | openssl md5 -c", "imported"},
		{"ED25519, the private half", "ssh-keygen -q -t ed25519 -N '' -f key", "key", "ssh-keygen -l -f key", "ED25519"},
		{"ED25519, the public half", "ssh-keygen -q -t ed25519 -N '' -f key", "key.pub", "ssh-keygen -l -f key.pub", "ED25519"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			shell(t, folder, test.make)
			said := strings.Fields(shell(t, folder, test.fingerprint))
			want := said[len(said)-1]
			if test.rule == "ED25519" {
				want = said[1] // bits, fingerprint, comment, kind
			}
			data, err := os.ReadFile(filepath.Join(folder, test.file))
			if err != nil {
				t.Fatal(err)
			}
			prints, err := awsops.Fingerprints(data)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range prints {
				if strings.HasPrefix(p.Rule, test.rule) && awsops.SameFingerprint(p.Value, want) {
					return
				}
			}
			t.Errorf("%v, want %s by %s", prints, want, test.rule)
		})
	}
}

func TestForeignKeysThatAreRefused(t *testing.T) {
	folder := t.TempDir()
	shell(t, folder, "ssh-keygen -q -t ecdsa -N '' -f ecdsa && ssh-keygen -q -t ed25519 -N secret -f locked")
	for _, name := range []string{"ecdsa", "ecdsa.pub", "locked"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if prints, err := awsops.Fingerprints(data); err == nil {
			t.Errorf("%s: %v", name, prints)
		}
	}
}
