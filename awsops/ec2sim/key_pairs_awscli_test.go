//go:build external

package ec2sim_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCLIKeyPairs(t *testing.T) {
	c := newCLI(t, "small")
	folder := t.TempDir()
	tool := func(line string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
		cmd.Dir = folder
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		words := strings.Fields(string(out))
		return words[len(words)-1]
	}
	keep := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep("rsa", c.ok("create-key-pair", "--key-name", "rsa", "--query", "KeyMaterial", "--output", "text"))
	sha := tool("openssl pkcs8 -in rsa -topk8 -nocrypt -outform DER | openssl sha1 -c")
	c.want(`["`+sha+`","rsa"]`, "describe-key-pairs", "--key-names", "rsa", "--query", "KeyPairs[0].[KeyFingerprint,KeyType]")
	keep("ed", c.ok("create-key-pair", "--key-name", "ed", "--key-type", "ed25519", "--query", "KeyMaterial", "--output", "text"))
	print := strings.TrimPrefix(tool("ssh-keygen -l -f ed | cut -d' ' -f2"), "SHA256:")
	if got := c.ok("describe-key-pairs", "--key-names", "ed", "--query", "KeyPairs[0].KeyFingerprint", "--output", "text"); strings.TrimRight(got, "=") != print {
		t.Errorf("%s, want %s", got, print)
	}
	if got, want := c.ok("describe-key-pairs", "--key-names", "ed", "--include-public-key", "--query", "KeyPairs[0].PublicKey", "--output", "text"), "ssh-ed25519 "; !strings.HasPrefix(got, want) {
		t.Errorf("%q", got)
	}
	tool("ssh-keygen -q -t rsa -b 2048 -N '' -f mine && echo made")
	md5 := tool("ssh-keygen -f mine.pub -e -m PKCS8 | openssl pkey -pubin -outform DER | openssl md5 -c")
	c.want(`["mine","`+md5+`"]`, "import-key-pair", "--key-name", "mine", "--public-key-material", "fileb://"+filepath.Join(folder, "mine.pub"), "--query", "[KeyName,KeyFingerprint]")
	c.refused("ImportKeyPair", "InvalidKey.Format", "Key is not in valid OpenSSH public key format",
		"import-key-pair", "--key-name", "bad", "--public-key-material", "fileb://"+filepath.Join(folder, "mine"))
	c.refused("CreateKeyPair", "InvalidKeyPair.Duplicate", "The keypair already exists", "create-key-pair", "--key-name", "mine")
	c.refused("DescribeKeyPairs", "InvalidKeyPair.NotFound", "The key pair 'nobody' does not exist", "describe-key-pairs", "--key-names", "nobody")
	c.refused("CreateKeyPair", "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", "create-key-pair", "--dry-run", "--key-name", "dry")
	c.ok("delete-key-pair", "--key-name", "mine")
	c.ok("delete-key-pair", "--key-name", "mine")
	c.want(`["ed","ops","rsa","windows"]`, "describe-key-pairs", "--query", "sort(KeyPairs[].KeyName)")
}
