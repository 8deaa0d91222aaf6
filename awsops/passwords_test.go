package awsops_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ec2deck/awsops"
	"ec2deck/awsops/ec2sim"

	"golang.org/x/crypto/ssh"
)

const windowsID = "i-0aa00000000000006"

func askPassword(id, file string) awsops.Values {
	return awsops.Values{"instance-id": {id}, "private-key-file": {file}}
}

// files is a folder in memory.
func files(content map[string][]byte) func(*awsops.Settings) {
	return func(s *awsops.Settings) {
		s.ReadFile = func(path string) ([]byte, error) {
			if c, ok := content[path]; ok {
				return c, nil
			}
			return nil, errors.New("cannot be read: no such file or directory")
		}
	}
}

func pemOf(t testing.TB, kind string, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if k, ok := key.(*rsa.PrivateKey); ok && strings.HasPrefix(kind, "RSA") {
		der, err = x509.MarshalPKCS1PrivateKey(k), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// keyFiles are the fleet's key for Windows in its forms, and keys that do not fit.
func keyFiles(t *testing.T, b *bench) map[string][]byte {
	t.Helper()
	own := b.run(t, "create-key-pair", awsops.Values{"key-name": {"own"}})
	raw, err := ssh.ParseRawPrivateKey([]byte(output(own, "key-material").(awsops.Secret).Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	key := raw.(*rsa.PrivateKey)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	openSSH, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("pass"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"pkcs1": pemOf(t, "RSA PRIVATE KEY", key), "pkcs8": pemOf(t, "PRIVATE KEY", key), "openssh": pem.EncodeToMemory(openSSH), "locked": pem.EncodeToMemory(locked),
		"encrypted": []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIC\n-----END ENCRYPTED PRIVATE KEY-----\n"),
		"other":     pemOf(t, "RSA PRIVATE KEY", other), "short": pemOf(t, "RSA PRIVATE KEY", short), "ed25519": pemOf(t, "PRIVATE KEY", ed),
		"public": []byte(publicLine), "broken": []byte("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n"),
		"ppk": []byte("PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\nc2VjcmV0\n"),
	}
}

func TestAPasswordIsDecryptedHere(t *testing.T) {
	content := map[string][]byte{}
	b := newBench(t, files(content))
	for name, c := range keyFiles(t, b) {
		content[name] = c
	}
	res := b.run(t, "run-instances", awsops.Values{"image-id": {"ami-0aa00000000000003"}, "instance-type": {"m5.large"}, "key-name": {"own"}})
	id := res.Items[0].ID
	_, err := b.Run(t.Context(), b.request(t, "get-password-data", askPassword(id, "pkcs1")))
	if awsops.ExitCode(err) != 1 || !strings.Contains(err.Error(), "EC2 has no password of "+id+" yet") || !strings.Contains(err.Error(), "within 15 minutes after the launch: try again until") {
		t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
	}
	_ = b.clock.sleep(t.Context(), 5*time.Minute)
	var passwords []string
	for _, file := range []string{"pkcs1", "pkcs8", "openssh"} {
		res := b.run(t, "get-password-data", askPassword(id, file))
		secret, ok := output(res, "password").(awsops.Secret)
		if !ok || len(secret.Reveal()) != 32 || output(res, "instance-id") != id {
			t.Fatalf("%s: %v", file, res.Outputs)
		}
		passwords = append(passwords, secret.Reveal())
		for _, c := range b.sim.Calls() {
			if text := fmt.Sprint(c.Form); c.Action == "GetPasswordData" && (strings.Contains(text, file) || strings.Contains(text, "PRIVATE")) {
				t.Errorf("EC2 was sent %s", text)
			}
		}
	}
	if passwords[0] != passwords[1] || passwords[1] != passwords[2] {
		t.Error("the password changes with the form of the key")
	}
	for file, says := range map[string]string{
		"other":     "--private-key-file does not decrypt the password: it is not the key pair that the instance was launched with",
		"short":     "does not decrypt the password",
		"ed25519":   "--private-key-file is an ED25519 key, which decrypts nothing; Windows instances need an RSA key pair",
		"public":    "--private-key-file holds no private key; give the file that create-key-pair has saved, in PEM",
		"locked":    "--private-key-file has a passphrase; give a copy without one",
		"encrypted": "has a passphrase",
		"broken":    "--private-key-file cannot be read; it must be an RSA key in PEM",
		"ppk":       "--private-key-file is PuTTY's; export it as an OpenSSH key in PEM first",
		"nowhere":   `--private-key-file "nowhere": cannot be read: no such file or directory`,
	} {
		calls := b.count("GetPasswordData")
		_, err := b.Run(t.Context(), b.request(t, "get-password-data", askPassword(id, file)))
		if awsops.ExitCode(err) != 2 || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: exit %d, %v", file, awsops.ExitCode(err), err)
		}
		if asked := b.count("GetPasswordData") > calls; asked != (file == "other" || file == "short") {
			t.Errorf("%s: EC2 was asked: %t", file, asked)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "c2VjcmV0") || strings.Contains(err.Error(), passwords[0]) {
			t.Errorf("%s: tells the key", file)
		}
	}
	var out bytes.Buffer
	res = b.run(t, "get-password-data", askPassword(id, "pkcs1"))
	for _, format := range awsops.Formats() {
		if err := (awsops.Print{Format: format}).Write(&out, res, 0); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(out.String(), passwords[0]) || !strings.Contains(out.String(), "(secret)") {
		t.Errorf("printed: %s", out.String())
	}
}

func TestTheFleetsWindowsKeyDecrypts(t *testing.T) {
	b := newBench(t)
	secret := output(b.run(t, "get-password-data", askPassword(windowsID, "windows.pem")), "password").(awsops.Secret)
	if len(secret.Reveal()) != 32 {
		t.Error("no password")
	}
	res := b.run(t, "check-key-fingerprint", awsops.Values{"key-name": {"windows"}, "file": {"windows.pem"}})
	if output(res, "matches") != true {
		t.Errorf("%v", res)
	}
}

func TestWhyThereIsNoPassword(t *testing.T) {
	for _, test := range []struct {
		name, id, says string
		prepare        func(*testing.T, *bench) string
	}{
		{"Linux", webID, "It is no Windows instance", nil},
		{"no key pair", "", "launched without a key pair", func(t *testing.T, b *bench) string {
			id := b.run(t, "run-instances", awsops.Values{"image-id": {"ami-0aa00000000000003"}, "instance-type": {"m5.large"}}).Items[0].ID
			_ = b.clock.sleep(t.Context(), time.Hour)
			return id
		}},
		{"an ED25519 key pair", "", "its key pair ops is not RSA", func(t *testing.T, b *bench) string {
			id := b.run(t, "run-instances", awsops.Values{"image-id": {"ami-0aa00000000000003"}, "instance-type": {"m5.large"}, "key-name": {"ops"}}).Items[0].ID
			_ = b.clock.sleep(t.Context(), 15*time.Minute)
			return id
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			if test.prepare != nil {
				test.id = test.prepare(t, b)
			}
			_, err := b.Run(t.Context(), b.request(t, "get-password-data", askPassword(test.id, "windows.pem")))
			if e := awsops.AsError(err); e == nil || e.Code != "NoPassword" || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), " yet") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAdviceOnPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		_, err := b.Run(t.Context(), b.request(t, "get-password-data", askPassword("i-0aaffffffffffffff", "windows.pem")))
		expectError(t, err, "InvalidInstanceID.NotFound", 1, "Not in region")
	})
	// An answer that breaks off may hold the password's beginning.
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.sim.Inject(ec2sim.Fault{Action: "GetPasswordData", Raw: &ec2sim.RawAnswer{Body: "<GetPasswordDataResponse><passwordData>c2VjcmV0"}})
		_, err := b.Run(t.Context(), b.request(t, "get-password-data", askPassword(windowsID, "windows.pem")))
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "c2VjcmV0") {
			t.Errorf("%v", err)
		}
	})
	b := newBench(t)
	b.sim.Inject(ec2sim.Fault{Action: "GetPasswordData", Raw: &ec2sim.RawAnswer{Body: `<GetPasswordDataResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><passwordData>n!b</passwordData></GetPasswordDataResponse>`}})
	if _, err := b.Run(t.Context(), b.request(t, "get-password-data", askPassword(windowsID, "windows.pem"))); err == nil || !strings.Contains(err.Error(), "no base64") || strings.Contains(err.Error(), "n!b") {
		t.Errorf("%v", err)
	}
}

// TestASessionWithoutFilesRefuses is the gate of served sessions.
func TestASessionWithoutFilesRefuses(t *testing.T) {
	b := newBench(t, func(s *awsops.Settings) { s.ReadFile = nil })
	refused := 0
	for _, op := range awsops.All() {
		info := op.Info()
		needs := false
		for _, f := range info.Fields {
			needs = needs || f.File
		}
		err := b.Allows(info)
		if needs != (err != nil) {
			t.Errorf("%s: %v", info.Name, err)
		}
		if err == nil {
			continue
		}
		refused++
		_, err = b.Run(t.Context(), b.request(t, info.Name, info.Example))
		if awsops.ExitCode(err) != 7 || !strings.Contains(err.Error(), info.Name+" is refused over SSH: --") || !strings.Contains(err.Error(), "Run ec2deck on your own machine.") {
			t.Errorf("exit %d: %v", awsops.ExitCode(err), err)
		}
	}
	if refused != 2 || len(b.sim.Calls()) > 0 {
		t.Errorf("%d refused, %d calls", refused, len(b.sim.Calls()))
	}
}

// TestFilesCount reads another file for each field that names one: the outcome
// has to change.
func TestFilesCount(t *testing.T) {
	for _, op := range awsops.All() {
		info := op.Info()
		for _, f := range info.Fields {
			if !f.File {
				continue
			}
			var read []string
			b := newBench(t, func(s *awsops.Settings) {
				from := s.ReadFile
				s.ReadFile = func(path string) ([]byte, error) {
					read = append(read, path)
					if path == "another" {
						return []byte(publicLine), nil
					}
					return from(path)
				}
			})
			b.run(t, info.Name, info.Example)
			_, err := b.Run(t.Context(), b.request(t, info.Name, info.Example.With(f.Name, " another ")))
			if err == nil || strings.Join(read, " ") != info.Example.Get(f.Name)+" another" {
				t.Errorf("%s --%s: read %q, %v", info.Name, f.Name, read, err)
			}
		}
	}
}
