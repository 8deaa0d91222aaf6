package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestProfilesAreThoseOfTheAWSFiles(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"config":      "[default]\nregion = us-east-1\n[profile production]\n# [profile no]\n [ profile  team a ]\n[profiles]\n[sso-session corp]\n[services x]\n[profile broken\n",
		"credentials": "[legacy]\naws_access_key_id = [x\n[production]\n",
	} {
		if err := os.WriteFile(filepath.Join(home, ".aws", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"HOME": home}
	p := &program{getenv: func(name string) string { return env[name] }}
	if got := fmt.Sprintf("%q", p.profiles()); got != `["default" "legacy" "production" "team a"]` {
		t.Error(got)
	}
	env["AWS_CONFIG_FILE"] = filepath.Join(home, "none")
	if got := fmt.Sprintf("%q", p.profiles()); got != `["legacy" "production"]` {
		t.Error(got)
	}
	o, err := p.options()
	if err != nil {
		t.Fatal(err)
	}
	if o.settings.Known == nil || o.served().settings.Known != nil {
		t.Error("the files of a server are for nobody who logs in")
	}
}
