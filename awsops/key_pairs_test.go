package awsops_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"golang.org/x/crypto/ssh"
	"gopkg.in/yaml.v3"
)

const publicLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop laptop"

func TestTheLifeOfAKeyPair(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "create-key-pair", awsops.Values{"key-name": {"my key, 2"}, "key-type": {"ed25519"}, "tags": {"Env=test"}})
	key, ok := output(res, "key-material").(awsops.Secret)
	if !ok || !strings.HasPrefix(key.Reveal(), "-----BEGIN OPENSSH PRIVATE KEY-----") {
		t.Fatalf("%v", res.Outputs)
	}
	prints, err := awsops.Fingerprints([]byte(key.Reveal()))
	if err != nil || len(prints) != 1 || prints[0].Value != output(res, "key-fingerprint") {
		t.Errorf("%v %v, want %v", prints, err, output(res, "key-fingerprint"))
	}
	id := output(res, "key-pair-id")
	res = b.run(t, "describe-key-pairs", awsops.Values{"key-names": {"my key, 2"}, "include-public-key": {"true"}})
	if cell(t, res, "key-pair-id") != id || cell(t, res, "key-type") != "ed25519" || !strings.HasPrefix(cell(t, res, "public-key").(string), "ssh-ed25519 ") {
		t.Errorf("%v", res.Table.Rows)
	}
	r := b.request(t, "delete-key-pair", awsops.Values{"key-name": {"my key, 2"}})
	if r.Phrase() != "my key, 2" {
		t.Errorf("has to be confirmed with %q", r.Phrase())
	}
	if res = b.run(t, "delete-key-pair", r.Values); output(res, "result") != true || res.Message != "" || len(res.Items) != 1 {
		t.Errorf("%q %v", res.Message, res.Items)
	}
	if res = b.run(t, "delete-key-pair", r.Values); res.Message != "did not exist" || b.count("DeleteKeyPair") != 1 {
		t.Errorf("%q after %d calls", res.Message, b.count("DeleteKeyPair"))
	}
	res = b.run(t, "import-key-pair", awsops.Values{"key-name": {"laptop"}, "public-key-material": {publicLine}})
	prints, err = awsops.Fingerprints([]byte(publicLine))
	if err != nil || prints[0].Value != output(res, "key-fingerprint") || !strings.HasPrefix(res.Message, "imported laptop (key-") {
		t.Errorf("%v %v %v %q", prints, err, res.Outputs, res.Message)
	}
	imported := output(res, "key-pair-id").(string)
	b.run(t, "delete-key-pair", awsops.Values{"key-name": {imported}}) // by its ID
	if n := b.count("DeleteKeyPair"); n != 2 {
		t.Errorf("%d deletions", n)
	}
}

func TestCreatedRSAKeysHaveEC2sFingerprint(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "create-key-pair", awsops.Values{"key-name": {"rsa"}})
	prints, err := awsops.Fingerprints([]byte(output(res, "key-material").(awsops.Secret).Reveal()))
	if err != nil || len(prints) != 2 || prints[0].Value != output(res, "key-fingerprint") {
		t.Fatalf("%v %v, want %v", prints, err, output(res, "key-fingerprint"))
	}
	if !awsops.SameFingerprint("SHA256:abc", "abc=") || awsops.SameFingerprint("", "") || awsops.SameFingerprint("abc", "abd") {
		t.Error("fingerprints are compared wrongly")
	}
}

func TestAdviceOnKeyPairs(t *testing.T) {
	for _, test := range []struct {
		name, op string
		v        awsops.Values
		code     string
		says     string
	}{
		{"a name that exists", "create-key-pair", awsops.Values{"key-name": {"ops"}}, "InvalidKeyPair.Duplicate", "choose another name or delete it first"},
		{"importing a name that exists", "import-key-pair", awsops.Values{"key-name": {"ops"}, "public-key-material": {publicLine}}, "InvalidKeyPair.Duplicate", "exists in us-east-1"},
		{"an unknown name", "describe-key-pairs", awsops.Values{"key-names": {"nobody"}}, "InvalidKeyPair.NotFound", "Key pairs are per region"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				_, err := b.Run(t.Context(), b.request(t, test.op, test.v))
				expectError(t, err, test.code, 1, test.says)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "ImportKeyPair", Code: "InvalidKey.Format", Message: "no", Status: 400})
		_, err := b.Run(t.Context(), b.request(t, "import-key-pair", awsops.Values{"key-name": {"x"}, "public-key-material": {publicLine}}))
		expectError(t, err, "InvalidKey.Format", 1, "Give an OpenSSH, RFC 4716 or base64 DER public key")
	})
}

func TestWhatAKeyPairIsUsedBy(t *testing.T) {
	b := newBench(t)
	client, err := b.Client(b.scope)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := b.request(t, "delete-key-pair", awsops.Values{"key-name": {"windows"}}).Ahead(t.Context(), client)
	if err != nil || strings.Join(lines, "|") != "windows: 1 launched with it: windows-1 i-0aa00000000000006" {
		t.Errorf("%q %v", lines, err)
	}
	for name, want := range map[string]string{"ops": "A key pair of that name exists already: EC2 will refuse.", "op*": "", "new": ""} {
		lines, err = b.request(t, "create-key-pair", awsops.Values{"key-name": {name}}).Ahead(t.Context(), client)
		if err != nil || strings.Join(lines, "|") != want {
			t.Errorf("%s: %q %v", name, lines, err)
		}
	}
}

func TestAnAccountWithoutKeyPairs(t *testing.T) {
	b := newBench(t)
	b.run(t, "delete-key-pair", awsops.Values{"key-name": {"ops"}})
	b.run(t, "delete-key-pair", awsops.Values{"key-name": {"windows"}})
	res := b.run(t, "describe-key-pairs", nil)
	if !strings.HasPrefix(res.EmptyText, "No items found!") || !strings.Contains(res.EmptyText, "import-key-pair") {
		t.Errorf("%q", res.EmptyText)
	}
}

// TestNothingPrintsASecret tries every way in which a value gets printed.
func TestNothingPrintsASecret(t *testing.T) {
	b := newBench(t)
	res := b.run(t, "create-key-pair", awsops.Values{"key-name": {"quiet"}, "key-type": {"ed25519"}})
	key := output(res, "key-material").(awsops.Secret)
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", key)
		fmt.Fprintf(&out, verb+"\n", res)
		fmt.Fprintf(&out, verb+"\n", &res)
	}
	for _, format := range awsops.Formats() {
		if err := (awsops.Print{Format: format}).Write(&out, res, 0); err != nil {
			t.Fatal(err)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("made", "key", key, "result", res)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("made", "key", key, "result", res)
	for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		text, err := encode(map[string]any{"key": key, "result": res})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	noKey(t, "what was printed", out.String(), key)
	if !strings.Contains(out.String(), "(secret)") {
		t.Errorf("%s", out.String())
	}
	if _, ok := res.TakeSecret("key-fingerprint", "x"); ok {
		t.Error("took what is no secret")
	}
	if got, ok := res.TakeSecret("key-material", "saved"); !ok || got != key || output(res, "key-material") != "saved" {
		t.Errorf("%v", res.Outputs)
	}
}

// noKey fails if a text has the private key or a line of it.
func noKey(t *testing.T, what, text string, key awsops.Secret) {
	t.Helper()
	if strings.Contains(text, "PRIVATE KEY") {
		t.Errorf("%s has a private key", what)
	}
	for line := range strings.Lines(key.Reveal()) {
		if line = strings.TrimSpace(line); len(line) > 8 && strings.Contains(text, line) {
			t.Errorf("%s has %q", what, line)
		}
	}
}

// TestABrokenAnswerQuotesNoKey breaks the answer off inside the key.
func TestABrokenAnswerQuotesNoKey(t *testing.T) {
	body := "<X xmlns=\"x\"><keyMaterial>-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0123456789"
	for name, fault := range map[string]ec2sim.Fault{
		"cut off":   {Action: "CreateKeyPair", TakesEffect: true, Cut: true, CutAfter: 500},
		"not EC2's": {Action: "CreateKeyPair", Raw: &ec2sim.RawAnswer{Body: body}},
		"broken":    {Action: "CreateKeyPair", Raw: &ec2sim.RawAnswer{Body: "<XResponse>" + body[13:]}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.sim.Inject(fault)
				_, err := b.Run(t.Context(), b.request(t, "create-key-pair", awsops.Values{"key-name": {"lost"}, "key-type": {"ed25519"}}))
				if err == nil {
					t.Fatal("no error")
				}
				if awsops.ExitCode(err) != 8 || !strings.Contains(err.Error(), "delete it and create another") || b.count("CreateKeyPair") != 1 {
					t.Errorf("%d calls, exit %d: %v", b.count("CreateKeyPair"), awsops.ExitCode(err), err)
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
					if strings.Contains(text, "PRIVATE KEY") || strings.Contains(text, "MIIE") {
						t.Errorf("quotes the key: %s", text)
					}
				}
			})
		})
	}
}

func TestKeyPairRules(t *testing.T) {
	const shape = "write 1 to 255 ASCII characters, without a blank at either end"
	const noPublic = "--public-key-material write an RSA or ED25519 public key: an OpenSSH line, RFC 4716, or DER in base64"
	const private = "--public-key-material is a PRIVATE key, which must never leave your machine; give the public half (`ssh-keygen -y -f FILE` prints it)"
	name := func(s string) awsops.Values { return awsops.Values{"key-name": {s}} }
	material := func(s string) awsops.Values {
		return awsops.Values{"key-name": {"x"}, "public-key-material": {s}}
	}
	wire := strings.Fields(publicLine)[1]
	long := strings.Repeat("k", 256)
	checkRules(t, []ruleCase{
		{"create-key-pair", nil, "--key-name is required: the name of the new key pair"},
		{"create-key-pair", name(" \t"), "--key-name is required: the name of the new key pair"},
		{"create-key-pair", name("k"), ""},
		{"create-key-pair", name("  two words, and a comma  "), ""},
		{"create-key-pair", name(long[:255]), ""},
		{"create-key-pair", name(long), `--key-name "` + long + `": ` + shape},
		{"create-key-pair", name("schlüssel"), `--key-name "schlüssel": ` + shape},
		{"create-key-pair", name("a\tb"), `--key-name "a␉b": ` + shape},
		{"create-key-pair", name("k").With("key-type", "dsa"), `--key-type "dsa": choose one of rsa, ed25519`},
		{"create-key-pair", name("k").With("key-format", "der"), `--key-format "der": choose one of pem, ppk`},
		{"delete-key-pair", nil, "--key-name is required: the key pair, by its name or ID"},
		{"describe-key-pairs", awsops.Values{"key-names": {"a b,c", "d"}}, ""},
		{"describe-key-pairs", awsops.Values{"key-pair-ids": {"ops"}}, `--key-pair-ids "ops": write key- and 8 or 17 hex digits`},
		{"import-key-pair", name("x"), "--public-key-material is required: the text of the public key file"},
		{"import-key-pair", material(publicLine), ""},
		{"import-key-pair", material("---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"a\\\nb\"\n" + wire[:30] + "\n" + wire[30:] + "\n---- END SSH2 PUBLIC KEY ----"), ""},
		{"import-key-pair", material("MCowBQYDK2VwAyEAO2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="), ""},
		{"import-key-pair", material("nonsense"), noPublic},
		{"import-key-pair", material("ssh-ed25519 AAAA"), noPublic},
		{"import-key-pair", material("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg="), noPublic},
		{"import-key-pair", material("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAO2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=\n-----END PUBLIC KEY-----"), noPublic},
		{"import-key-pair", material("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"), private},
		{"import-key-pair", material("PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1"), private},
	})
}

func TestAFileIsComparedWithAKeyPair(t *testing.T) {
	content := map[string][]byte{"laptop.pub": []byte(publicLine), "junk": []byte("nothing")}
	b := newBench(t, files(content))
	for _, kind := range []string{"rsa", "ed25519"} {
		res := b.run(t, "create-key-pair", awsops.Values{"key-name": {"made-" + kind}, "key-type": {kind}})
		content[kind] = []byte(output(res, "key-material").(awsops.Secret).Reveal())
	}
	b.run(t, "import-key-pair", awsops.Values{"key-name": {"laptop"}, "public-key-material": {publicLine}})
	signer, err := ssh.ParsePrivateKey(content["rsa"])
	if err != nil {
		t.Fatal(err)
	}
	content["rsa.pub"] = ssh.MarshalAuthorizedKey(signer.PublicKey())
	b.run(t, "import-key-pair", awsops.Values{"key-name": {"own-rsa"}, "public-key-material": {string(content["rsa.pub"])}})
	ask := func(name, file string) (awsops.Result, error) {
		return b.Run(t.Context(), b.request(t, "check-key-fingerprint", awsops.Values{"key-name": {name}, "file": {file}}))
	}
	for _, test := range []struct{ name, file, rule string }{
		{"made-rsa", "rsa", "created by EC2 (SHA-1 of the PKCS#8 private key)"},
		{"own-rsa", "rsa", "imported (MD5 of the DER public key)"},
		{"own-rsa", "rsa.pub", "imported (MD5 of the DER public key)"},
		{"made-ed25519", "ed25519", "ED25519 (SHA-256)"},
		{"laptop", "laptop.pub", "ED25519 (SHA-256)"},
	} {
		res, err := ask(test.name, test.file)
		if err != nil || output(res, "matches") != true || output(res, "rule") != test.rule || !strings.HasPrefix(res.Message, "the file belongs to "+test.name+": ") {
			t.Errorf("%s %s: %v %v", test.name, test.file, res, err)
		}
	}
	for _, test := range []struct {
		name, file string
		code       int
		says       string
	}{
		{"made-rsa", "ed25519", 1, "OtherKey – the file is not made-rsa, which has "},
		{"made-rsa", "rsa.pub", 1, "only the private key tells: give that one"},
		{"laptop", "rsa", 1, " or "},
		{"nobody", "rsa", 2, `--key-name "nobody": is no key pair of us-east-1`},
		{"laptop", "junk", 2, "--file holds no key that can be compared"},
		{"laptop", "gone", 2, `--file "gone": cannot be read: no such file or directory`},
	} {
		_, err := ask(test.name, test.file)
		if awsops.ExitCode(err) != test.code || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s %s: exit %d, %v", test.name, test.file, awsops.ExitCode(err), err)
		}
		noKey(t, "the error", fmt.Sprintf("%v %+v %#v", err, err, err), awsops.NewSecret(string(content["rsa"])))
	}
	r := b.request(t, "check-key-fingerprint", awsops.Values{"key-name": {"laptop"}, "file": {"laptop.pub"}})
	r.DryRun = true
	if res, err := b.Run(t.Context(), r); err != nil || !strings.HasPrefix(res.Message, "permitted") {
		t.Errorf("%v %v", res.Message, err)
	}
}
