package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"ec2deck/awsops"
	"ec2deck/cmd/ec2deck/config"
	"ec2deck/ui/serve"
)

// TestProductionIsReadOnlyOverSSHToo gives a login a role that may do
// everything, on a server that was not started to write.
func TestProductionIsReadOnlyOverSSHToo(t *testing.T) {
	file, err := config.Parse("f", []byte("connections: {live: {profile: production, regions: us-east-1, production: true}}\nroles: {default: {risk: destroy}}"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		write values
		says  string
	}{{nil, "the connection live is read-only"}, {values{"true"}, "has not been confirmed"}} {
		server := &program{getenv: func(string) string { return "" }, file: file}
		server.flags.demo, server.flags.connection, server.flags.write = values{"true"}, values{"live"}, test.write
		o, err := server.options()
		if err != nil {
			t.Fatal(err)
		}
		own := o.of(serve.Session{}, newRights("", file, o, slog.New(slog.DiscardHandler)), nil)
		var out bytes.Buffer
		hosted := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }, host: own}
		code := hosted.run(t.Context(), hosted.hostedTree(), strings.Fields("run stop-instances --instance-ids i-0aa00000000000001 --yes"))
		if code != 7 || !strings.Contains(out.String(), test.says) {
			t.Errorf("exit %d: %s", code, out.String())
		}
		out.Reset()
		if code := hosted.run(t.Context(), hosted.hostedTree(), strings.Fields("--write run list-instances")); code != 2 || !strings.Contains(out.String(), "--write") {
			t.Errorf("exit %d: %s", code, out.String())
		}
	}
}

func TestAProfileHasOneWay(t *testing.T) {
	one := awsops.Connection{Regions: []string{"eu-west-1"}}
	ways := map[string]awsops.Connection{}
	for _, way := range []awsops.Connection{one, {Regions: []string{"us-east-1"}}} {
		if err := reach(ways, config.Connection{Name: "a", Profile: "p"}, way); err != nil {
			t.Fatal(err)
		}
	}
	if got := ways["p"].Regions; len(ways) != 1 || strings.Join(got, " ") != "us-east-1 eu-west-1" {
		t.Errorf("%v", ways)
	}
	for _, way := range []awsops.Connection{{Regions: one.Regions, Endpoint: "https://x"}, {Regions: one.Regions, Proxy: "a:1"}, {}} {
		if err := reach(ways, config.Connection{Name: "b", Profile: "p"}, way); err == nil {
			t.Errorf("%+v was let in", way)
		}
	}
}

func TestProxyAddresses(t *testing.T) {
	for text, good := range map[string]bool{"proxy:3128": true, "[::1]:80": true, "10.0.0.1:1": true, "proxy": false, "proxy:0": false, "proxy:65536": false, "http://p:1": false, ":1": false, "u@p:1": false} {
		if address(text) != good {
			t.Errorf("%s", text)
		}
	}
}
