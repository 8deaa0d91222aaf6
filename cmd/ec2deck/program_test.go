package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEndpoints(t *testing.T) {
	for _, test := range []struct{ in, endpoint, region, err string }{
		{"ec2.us-east-1.amazonaws.com", "https://ec2.us-east-1.amazonaws.com", "us-east-1", ""},
		{"us-east-1.ec2.amazonaws.com", "https://ec2.us-east-1.amazonaws.com", "us-east-1", ""},
		{"https://ec2.us-gov-west-1.amazonaws.com/", "https://ec2.us-gov-west-1.amazonaws.com", "us-gov-west-1", ""},
		{"cn-north-1.ec2.amazonaws.com.cn", "https://ec2.cn-north-1.amazonaws.com.cn", "cn-north-1", ""},
		{"emulator.example.com:8443", "https://emulator.example.com:8443", "", ""},
		{"localhost:4566", "http://localhost:4566", "", ""},
		{"127.0.0.1:4599", "http://127.0.0.1:4599", "", ""},
		{"[::1]:4599", "http://[::1]:4599", "", ""},
		{"http://127.0.0.2", "http://127.0.0.2", "", ""},
		{"https://127.0.0.1", "https://127.0.0.1", "", ""},
		{"http://example.com", "", "", "write https://; http is for this machine only"},
		{"http://127.0.0.1.example.com", "", "", "write https://; http is for this machine only"},
		{"ftp://localhost", "", "", "write https://; http is for this machine only"},
		{"https://user:secret@example.com", "", "", "write https://host[:port]"},
		{"https://example.com?x=1", "", "", "write https://host[:port]"},
		{"https://example.com:0", "", "", "write https://host[:port]"},
		{"https://example.com:65536", "", "", "write https://host[:port]"},
		{"https://", "", "", "write https://host[:port]"},
	} {
		t.Run(test.in, func(t *testing.T) {
			endpoint, region, err := parseEndpoint(test.in)
			says := ""
			if err != nil {
				says = err.Error()
			}
			if endpoint != test.endpoint || region != test.region || says != test.err {
				t.Errorf("%q %q %q", endpoint, region, says)
			}
		})
	}
}

// TestEndpointOfTheEnvironment follows the SDK's order.
func TestEndpointOfTheEnvironment(t *testing.T) {
	for _, test := range []struct {
		name             string
		env              map[string]string
		flags            []string
		endpoint, region string
	}{
		{"the flag wins", map[string]string{"AWS_ENDPOINT_URL_EC2": "https://b"}, []string{"https://a"}, "https://a", ""},
		{"EC2's own wins", map[string]string{"AWS_ENDPOINT_URL_EC2": "https://b", "AWS_ENDPOINT_URL": "https://c"}, nil, "https://b", ""},
		{"the common one counts", map[string]string{"AWS_ENDPOINT_URL": "http://localhost:4566"}, nil, "http://localhost:4566", ""},
		{"the environment can be ignored", map[string]string{"AWS_ENDPOINT_URL": "https://c", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, nil, "", ""},
		{"an endpoint gives the region", nil, []string{"eu-west-1.ec2.amazonaws.com"}, "https://ec2.eu-west-1.amazonaws.com", "eu-west-1"},
		{"a region that is given stays", map[string]string{"AWS_REGION": "us-east-1"}, []string{"eu-west-1.ec2.amazonaws.com"}, "https://ec2.eu-west-1.amazonaws.com", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &program{getenv: func(name string) string { return test.env[name] }}
			p.flags.endpoint = test.flags
			o, err := p.options()
			if err != nil || o.settings.Endpoint != test.endpoint || strings.Join(o.settings.Regions, "") != test.region {
				t.Errorf("%q %q %v", o.settings.Endpoint, o.settings.Regions, err)
			}
		})
	}
}

// TestOverSSH runs the commands as a session without a terminal does.
func TestOverSSH(t *testing.T) {
	server := &program{getenv: func(string) string { return "" }}
	server.flags.demo, server.flags.readOnly = values{"true"}, values{"true"}
	o, err := server.options()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		line string
		code int
		says string
	}{
		{"run list-instances --output csv", 0, "instance-list\n"},
		{"operations", 0, "stop-instances"},
		{"version", 0, "ec2deck version"},
		{"doctor", 0, "ok       answer of us-east-1: in "},
		{"doctor --profile staging", 2, "is refused over SSH: you are offered production"},
		{"--help", 0, "ec2deck [command]"},
		{"run stop-instances --instance-ids i-0aa00000000000001 --yes", 7, "read-only"},
		{"--read-only=false run stop-instances --instance-ids i-0aa00000000000001 --yes", 7, "read-only"},
		{"--endpoint-url http://127.0.0.1:1 run list-instances", 2, `--endpoint-url "http://127.0.0.1:1": is refused over SSH: the server calls no address that a client names`},
		{"--proxy-host a --proxy-port 1 run list-instances", 2, "is refused over SSH"},
		{"--fleet /etc/passwd run list-instances", 2, "is refused over SSH: files are the server's own"},
		{"--demo run list-instances", 2, "is refused over SSH"},
		{"--profile production run ec2-dashboard --notify-method file --notify-file /tmp/x", 7, "is refused here: neither the screen nor a session over SSH writes files or sends e-mail"},
		{"--profile staging run list-instances", 2, "is refused over SSH: you are offered production"},
		{"serve", 2, `there is no command "serve"`},
		{"who", 2, `there is no command "who"`},
		{"sim", 2, `there is no command "sim"`},
		{"", 2, "the screen needs a terminal"},
	} {
		t.Run(test.line, func(t *testing.T) {
			var out bytes.Buffer
			hosted := &program{in: strings.NewReader(""), out: &out, errs: &out, getenv: func(string) string { return "" }, host: &o}
			if code := hosted.run(t.Context(), hosted.hostedTree(), strings.Fields(test.line)); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if !strings.Contains(out.String(), test.says) {
				t.Errorf("%q does not say %q", out.String(), test.says)
			}
			if bytes.ContainsRune(out.Bytes(), 0x1b) {
				t.Errorf("an escape byte in %q", out.String())
			}
		})
	}
}

func TestOperationsList(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"operations", "--output", "json"}, nil, &out, io.Discard); code != 0 {
		t.Fatal(code)
	}
	var list []struct {
		Name, Help, Risk string
		Inputs           []struct{ Name, Need, Type, Default, Help string }
		Outputs          []string
	}
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name, Kind string
		Inputs     []string
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	catalogue := map[string][]string{}
	for _, r := range rows {
		catalogue[r.Name] = r.Inputs
	}
	if len(list) != len(awsops.All()) {
		t.Errorf("%d operations are listed, %d exist", len(list), len(awsops.All()))
	}
	for _, op := range list {
		var inputs []string
		for _, in := range op.Inputs {
			inputs = append(inputs, in.Name)
			if in.Need == "" || in.Type == "" || in.Help == "" {
				t.Errorf("%s --%s: %+v", op.Name, in.Name, in)
			}
		}
		// What we add to the catalogue is held by awsops' own test of it.
		row := catalogue[op.Name]
		inputs = slices.DeleteFunc(inputs, func(name string) bool { return !slices.Contains(row, name) })
		if diff := cmp.Diff(row, inputs, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-catalogue +listed):\n%s", op.Name, diff)
		}
		if op.Help == "" || op.Risk == "" || len(op.Outputs) == 0 {
			t.Errorf("%+v", op)
		}
	}
}

// program in a process of its own, as testscript starts it too.
func commandOf(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, args...)
	c.Args[0] = "ec2deck"
	c.Env = []string{"TERM=xterm-256color", "HOME=" + t.TempDir()}
	return c
}

// TestVersionOnAMuteTerminal starts the program where nobody answers: it must
// neither ask the terminal anything nor wait for it.
func TestVersionOnAMuteTerminal(t *testing.T) {
	for _, args := range [][]string{{"--version"}, {"version"}, {"operations"}, {"run", "dance"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			c := commandOf(t, args...)
			terminal, err := pty.Start(c)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = terminal.Close() }()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			read := make(chan []byte, 1)
			go func() {
				b, _ := io.ReadAll(terminal) // ends with an error when the program has ended
				read <- b
			}()
			select {
			case b := <-read:
				if len(b) == 0 || bytes.ContainsRune(b, 0x1b) {
					t.Errorf("wrote %q", b)
				}
			case <-ctx.Done():
				_ = c.Process.Kill()
				t.Error("waits for the terminal")
			}
			_ = c.Wait() // its exit code is looked at elsewhere
		})
	}
}
