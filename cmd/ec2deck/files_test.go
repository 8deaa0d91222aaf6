package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesThatInputsName(t *testing.T) {
	home := t.TempDir()
	p := &program{getenv: func(name string) string { return map[string]string{"HOME": home}[name] }}
	write := func(name string, size int) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, bytes.Repeat([]byte("k"), size), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	most, larger := write("most", mostOfFile), write("larger", mostOfFile+1)
	for path, says := range map[string]string{
		most: "", "~/most": "", larger: "is larger than 64 kB, so it is no key file", home: "is no regular file",
		"/dev/zero": "is no regular file", "~/none": "cannot be read: no such file or directory", "~most": "cannot be read: no such file or directory",
	} {
		content, err := p.readFile(path)
		switch {
		case says == "" && (err != nil || len(content) != mostOfFile):
			t.Errorf("%s: %d bytes, %v", path, len(content), err)
		case says != "" && (err == nil || err.Error() != says):
			t.Errorf("%s: %v, want %s", path, err, says)
		}
	}
}

// TestAServerReadsNoFiles names files of the server over SSH.
func TestAServerReadsNoFiles(t *testing.T) {
	server := &program{getenv: func(string) string { return "" }}
	server.flags.demo = values{"true"}
	o, err := server.options()
	if err != nil || o.settings.ReadFile == nil {
		t.Fatalf("the program itself reads no files: %v", err)
	}
	o = o.served()
	for _, line := range []string{"get-password-data --instance-id i-0aa00000000000006 --save - --private-key-file", "check-key-fingerprint --key-name windows --file"} {
		var out bytes.Buffer
		hosted := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }, host: &o}
		args := strings.Fields("--profile production --region us-east-1 run " + line + " ../../testdata/keys/windows.pem")
		if code := hosted.run(t.Context(), hosted.hostedTree(), args); code != 7 || !strings.Contains(out.String(), "is refused over SSH: --") || strings.Contains(out.String(), "PRIVATE") {
			t.Errorf("%s: exit %d, %q", line, code, out.String())
		}
	}
}

func TestTheCacheIsTheOperatorsOwn(t *testing.T) {
	home := t.TempDir()
	p := &program{getenv: func(name string) string { return map[string]string{"HOME": home}[name] }}
	disk := p.disk()
	if _, err := disk.Load("types.json"); err == nil {
		t.Error("there is something")
	}
	if err := disk.Save("types.json", []byte("x")); err != nil {
		t.Fatal(err)
	}
	text, err := disk.Load("types.json")
	info, statErr := os.Stat(filepath.Join(home, ".cache", "ec2deck", "types.json"))
	if err != nil || statErr != nil || string(text) != "x" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q %v %v %v", text, info, err, statErr)
	}
	if err := os.Mkdir(filepath.Join(home, ".cache", "ec2deck", "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.Load("folder"); err == nil {
		t.Error("a folder was read")
	}
	p.getenv = func(string) string { return "" }
	if p.disk() != nil {
		t.Error("a cache without a home")
	}
}
