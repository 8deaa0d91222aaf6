package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ec2deck/awsops"
)

// TestTheConfigurationCountsAtOnce changes a connection under a session.
func TestTheConfigurationCountsAtOnce(t *testing.T) {
	folder := t.TempDir()
	path, link := filepath.Join(folder, "real.yaml"), filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(path, []byte("connections:\n  dev: {profile: staging, regions: us-east-1}\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	p := &program{getenv: func(string) string { return "" }}
	p.flags.demo, p.flags.config, p.flags.connection = values{"true"}, values{link}, values{"dev"}
	s, _, err := p.session(false)
	if err != nil {
		t.Fatal(err)
	}
	scopes, err := s.Open(t.Context(), "staging")
	if err != nil {
		t.Fatal(err)
	}
	op, _ := awsops.Find("stop-instances")
	stop := awsops.Request{Operation: op, Scope: scopes[0], Values: awsops.Values{"instance-ids": {"i-0aa00000000000001"}}}
	if need, err := s.Need(stop); need != awsops.SaidYes || err != nil {
		t.Fatal(need, err)
	}
	screen := p.book.screen()
	if err := screen.Write("dev", awsops.Values{"name": {"dev"}, "profile": {"staging"}, "regions": {"us-east-1, eu-west-1"}, "production": {"true"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Need(stop); err == nil || !strings.Contains(err.Error(), "the connection dev is read-only") {
		t.Errorf("%v", err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if info, err = os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for was, v := range map[string]awsops.Values{
		"":    {"name": {"dev"}},
		"dev": {"name": {"dev"}, "endpoint-url": {"http://example.com"}},
	} {
		if err := screen.Write(was, v); err == nil {
			t.Errorf("%v was written", v)
		}
	}
	if profile, err := screen.Use("dev"); profile != "staging" || err != nil || len(p.book.wayOf("staging").Regions) != 2 {
		t.Error(profile, err, p.book.wayOf("staging"))
	}
	if err := screen.Write("dev", awsops.Values{"name": {"test"}, "profile": {"staging"}, "regions": {"eu-west-1"}}); err != nil || len(p.book.wayOf("staging").Regions) != 1 {
		t.Errorf("an open connection that is called otherwise: %v %v", err, p.book.wayOf("staging"))
	}
	if err := screen.Write("test", awsops.Values{"name": {"dev"}, "profile": {"staging"}, "regions": {"us-east-1", "eu-west-1"}}); err != nil {
		t.Fatal(err)
	}
	at := func(profile, region string) awsops.Scope { return awsops.Scope{Profile: profile, Region: region} }
	for says, scopes := range map[string][]awsops.Scope{
		"":                 {at("staging", "us-east-1"), at("staging", "eu-west-1")},
		"make connections": {at("staging", "us-east-1"), at("production", "eu-west-1")},
		"\n  profile: [production, staging]\n  region: us-east-1\n": {at("production", "us-east-1"), at("staging", "us-east-1")},
	} {
		err := screen.Begin(scopes)
		text, readErr := os.ReadFile(path)
		if readErr != nil {
			t.Fatal(readErr)
		}
		switch {
		case says == "" && (err != nil || !strings.Contains(string(text), "\n  connection: dev\n") || strings.Contains(string(text), "\n  profile: ")),
			strings.HasPrefix(says, "\n") && (err != nil || !strings.Contains(string(text), says) || strings.Contains(string(text), "connection: ")),
			strings.HasPrefix(says, "make") && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%q: %v\n%s", says, err, text)
		}
	}
	if err := os.WriteFile(path, []byte("connectoins: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := screen.Write("dev", nil); err == nil || !strings.Contains(err.Error(), "nothing is written into a configuration with a mistake") {
		t.Errorf("%v", err)
	}
	left, err := filepath.Glob(filepath.Join(folder, ".ec2deck-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}
