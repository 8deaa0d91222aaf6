package main

import "testing"

// TestThoseWhoLogInShare looks at what screens and commands of a server are
// made of.
func TestThoseWhoLogInShare(t *testing.T) {
	server := &program{getenv: func(string) string { return "" }}
	server.flags.demo = values{"true"}
	o, err := server.options()
	if err != nil || o.settings.Shared != nil {
		t.Fatalf("a program by itself shares: %v", err)
	}
	o = o.served()
	hosted := &program{getenv: func(string) string { return "" }, host: &o}
	hosted.flags.region = values{"us-west-2"}
	narrowed, err := hosted.options()
	if err != nil || o.settings.Shared == nil || narrowed.settings.Shared != o.settings.Shared {
		t.Fatalf("a command over SSH does not share with the screens: %v", err)
	}
}
