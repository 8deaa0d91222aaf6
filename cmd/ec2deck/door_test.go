package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ec2deck/ui/serve"
)

func TestWhatServeRefusesToStartWith(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	for name, tt := range map[string]struct{ line, says string }{
		"real accounts for everybody": {"serve", "only --demo on a loopback address is open to everybody"},
		"a demo for every machine":    {"serve --demo --listen 0.0.0.0:0 --admin off", "other machines reach"},
		"the same, the other way":     {"--demo serve --listen :0 --admin off", "other machines reach"},
		"admin for every machine":     {"serve --demo --admin 0.0.0.0:2223", "listens on this machine only"},
		"admin under some name":       {"serve --demo --admin admin.example:2223", "listens on this machine only"},
		"admin without a port":        {"serve --demo --admin 127.0.0.1", "127.0.0.1:2223, or off"},
		"a log of another form":       {"serve --demo --log-format xml", "choose one of text, json"},
		"no number of sessions":       {"serve --demo --max-sessions many", "write a number from 1 to 10000"},
		"no sessions":                 {"serve --demo --max-sessions-per-user 0", "write a number from 1 to 10000"},
		"a short idle time":           {"serve --demo --idle-timeout 1s", "from 10s to 24h, or off"},
		"a long grace":                {"serve --demo --grace 1h", "from 0s to 10m"},
		"who elsewhere":               {"who --admin 10.0.0.1:2223", "on its own machine only"},
		"who in another form":         {"who --output xml", "choose one of table, json"},
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			if code := run(t.Context(), strings.Fields(tt.line), nil, &errs, &errs); code != 2 || !strings.Contains(errs.String(), tt.says) {
				t.Errorf("exit %d, %q", code, errs.String())
			}
		})
	}
}

func TestTheLimitsOfTheDoor(t *testing.T) {
	p := &program{getenv: func(string) string { return t.TempDir() }, errs: &bytes.Buffer{}}
	cfg, err := p.config(&door{}, true)
	if err != nil || !cfg.Open || cfg.Limits != serve.DefaultLimits() || cfg.Admin != adminAddress {
		t.Errorf("%+v %v", cfg, err)
	}
	cfg, err = p.config(&door{
		authorities: values{"ca"}, sessions: values{"off"}, perUser: values{"3"}, idle: values{"off"}, longest: values{"90m"},
		grace: values{"0s"}, admin: values{"off"},
	}, true)
	if want := (serve.Limits{SessionsPerUser: 3, Session: 90 * time.Minute}); err != nil || cfg.Open || cfg.Limits != want || cfg.Admin != "" || cfg.TrustedCA != "ca" {
		t.Errorf("%+v %v", cfg, err)
	}
}

func TestWhichCommandsExistOverSSH(t *testing.T) {
	for line, want := range map[string]bool{
		"run list-instances": true, "run nonsense": true, "operations --output json": true, "version": true, "--help": true, "help run": true,
		"--region eu-west-1 run list-instances": true, "scp -t /tmp": false, "rsync --server": false, "serve": false, "who": false, "bash -c id": false,
	} {
		if got := offers(strings.Fields(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

func TestWhoListsTheSessions(t *testing.T) {
	list := []serve.Presence{
		{ID: "abc", Name: "ada@home", Role: "operator", Remote: "10.0.0.1:1", Kind: "screen", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local), Idle: 61, Width: 80, Height: 24},
		{ID: "def", Name: "bob\x1b[31m", Remote: "10.0.0.2:1", Kind: "command", Since: time.Date(2026, 1, 2, 3, 4, 6, 0, time.Local)},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sessions" {
			_ = json.NewEncoder(w).Encode(list)
		}
	}))
	address := strings.TrimPrefix(server.URL, "http://")
	var out bytes.Buffer
	if code := run(t.Context(), []string{"who", "--admin", address}, nil, &out, &out); code != 0 {
		t.Errorf("exit %d", code)
	}
	const want = `NAME      ROLE      FROM        SINCE                IDLE  KIND     SIZE   SESSION
ada@home  operator  10.0.0.1:1  2026-01-02 03:04:05  1m1s  screen   80x24  abc
bob␛[31m  -         10.0.0.2:1  2026-01-02 03:04:06  -     command  -      def
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	out.Reset()
	if code := run(t.Context(), []string{"who", "--admin", address, "--output", "json"}, nil, &out, &out); code != 0 || !json.Valid(out.Bytes()) || strings.Contains(out.String(), "\x1b") {
		t.Errorf("exit %d, %s", code, out.String())
	}
	server.Close()
	out.Reset()
	if code := run(t.Context(), []string{"who", "--admin", address}, nil, &out, &out); code != 5 || !strings.Contains(out.String(), "no ec2deck server answers on "+address) {
		t.Errorf("exit %d, %s", code, out.String())
	}
}
