package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ec2deck/awsops"
)

const pretended = "-----BEGIN RSA PRIVATE KEY-----\nnot a real one\n-----END RSA PRIVATE KEY-----\n"

func created() awsops.Result {
	return awsops.Result{Operation: "create-key-pair", RequestID: "r-1", Outputs: []awsops.Output{{Name: "key-material", Value: awsops.NewSecret(pretended)}, {Name: "key-pair-id", Value: "key-1"}}}
}

// delivery reserves a file, lets something happen, and delivers.
func delivery(t *testing.T, path string, between func()) (code int, out, errs string) {
	t.Helper()
	op, _ := awsops.Find("create-key-pair")
	var stdout, stderr bytes.Buffer
	p := &program{out: &stdout, errs: &stderr}
	c := choices{save: path, print: awsops.Print{Format: "json"}}
	k, err := p.reserve(op.Info(), c)
	if err != nil {
		t.Fatal(err)
	}
	between()
	err = p.deliver(k, op.Info(), c, created())
	return p.tell(err), stdout.String(), stderr.String()
}

func TestAKeyIsSavedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	code, out, errs := delivery(t, path, func() {})
	data, err := os.ReadFile(path)
	if err != nil || code != 0 || string(data) != pretended {
		t.Fatalf("exit %d, %v, %q", code, err, data)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if strings.Contains(out+errs, "PRIVATE KEY") || !strings.Contains(out, "saved in "+path) {
		t.Errorf("%q %q", out, errs)
	}
	left(t, path, "key.pem")
}

func TestAKeyThatCannotBeSavedIsPrintedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	code, out, errs := delivery(t, path, func() {
		if err := os.WriteFile(path, []byte("somebody else's"), 0o644); err != nil {
			t.Fatal(err)
		}
	})
	if code != 1 || !strings.HasPrefix(out, "PRIVATE: key-material, shown this once\n") || strings.Count(out, pretended) != 1 {
		t.Errorf("exit %d, %q", code, out)
	}
	if !strings.Contains(errs, "could not be written: file exists") || strings.Contains(errs, "PRIVATE KEY") {
		t.Errorf("%q", errs)
	}
	if data, _ := os.ReadFile(path); string(data) != "somebody else's" {
		t.Errorf("overwritten: %q", data)
	}
	left(t, path, "key.pem")
}

func TestAFolderThatIsGoneLosesNoKey(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	code, out, _ := delivery(t, filepath.Join(folder, "key.pem"), func() { _ = os.RemoveAll(folder) })
	if code != 1 || strings.Count(out, pretended) != 1 {
		t.Errorf("exit %d, %q", code, out)
	}
}

// left fails if the folder of a path holds anything but these files.
func left(t *testing.T, path string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder has %v", got)
	}
}

// TestAServerKeepsNoKeys asks for files over SSH.
func TestAServerKeepsNoKeys(t *testing.T) {
	server := &program{getenv: func(string) string { return "" }}
	server.flags.demo = values{"true"}
	o, err := server.options()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	for line, says := range map[string]string{
		"--save " + path: "is refused over SSH: files are the server's own",
		"--save -":       "-----BEGIN OPENSSH PRIVATE KEY-----",
	} {
		var out bytes.Buffer
		hosted := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }, host: &o}
		args := "--profile production --region us-east-1 run create-key-pair --key-name over-ssh --key-type ed25519 --yes " + line
		hosted.run(t.Context(), hosted.hostedTree(), strings.Fields(args))
		if !strings.Contains(out.String(), says) {
			t.Errorf("%s: %q does not say %q", line, out.String(), says)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the server wrote a key")
	}
}

// TestNoRecordHasAKey looks for private keys in everything that the tests keep.
func TestNoRecordHasAKey(t *testing.T) {
	for _, folder := range []string{"frames", "wire"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "testdata", folder, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(data, []byte("PRIVATE KEY")) || bytes.Contains(data, []byte("Private-Lines")) {
				t.Errorf("%s has a private key", f)
			}
		}
	}
}
