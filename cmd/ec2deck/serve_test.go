package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ec2deck/awsops/journal"

	gossh "golang.org/x/crypto/ssh"
)

// team is a running server with a configuration, a record and some members.
type team struct {
	t       *testing.T
	dir     string
	address string
	keys    map[string]gossh.Signer
}

// newTeam starts `ec2deck serve` on the small fleet. In the text of the
// configuration, {ada} stands for the fingerprint of ada's key.
func newTeam(t *testing.T, roles string, flags ...string) *team {
	t.Helper()
	m := &team{t: t, dir: t.TempDir(), keys: map[string]gossh.Signer{}}
	var lines []byte
	for _, name := range []string{"ada", "bob", "eve"} {
		seed := make([]byte, ed25519.SeedSize)
		copy(seed, name)
		signer, err := gossh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed))
		if err != nil {
			t.Fatal(err)
		}
		m.keys[name] = signer
		lines = append(lines, bytes.TrimSpace(gossh.MarshalAuthorizedKey(signer.PublicKey()))...)
		lines = append(lines, " "+name+"@home\n"...)
	}
	if err := os.WriteFile(m.path("keys"), lines, 0o600); err != nil {
		t.Fatal(err)
	}
	m.configure(roles)
	args := append([]string{
		"serve", "--demo", "--fleet", "../../testdata/fleets/small.json", "--config", m.path("config.yaml"), "--listen", "127.0.0.1:0",
		"--authorized-keys", m.path("keys"), "--host-key", m.path("host_key"), "--audit-log", m.path("log/audit"), "--admin", "off",
	}, flags...)
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, args, nil, in, in)
		_ = in.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with %d", code)
		}
	})
	var said []string
	for scanner := bufio.NewScanner(out); m.address == "" && scanner.Scan(); {
		said = append(said, scanner.Text())
		if address, ok := strings.CutPrefix(scanner.Text(), "listening on "); ok {
			m.address = address
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if m.address == "" {
		t.Fatalf("serve did not start: %q", said)
	}
	return m
}

func (m *team) path(name string) string { return filepath.Join(m.dir, name) }

// configure writes the configuration, whole or not at all.
func (m *team) configure(text string) {
	m.t.Helper()
	for name, key := range m.keys {
		text = strings.ReplaceAll(text, "{"+name+"}", gossh.FingerprintSHA256(key.PublicKey()))
	}
	if err := os.WriteFile(m.path("new"), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Rename(m.path("new"), m.path("config.yaml")); err != nil {
		m.t.Fatal(err)
	}
}

func (m *team) login(name string) *gossh.Client {
	m.t.Helper()
	client, err := gossh.Dial("tcp", m.address, &gossh.ClientConfig{
		User: name, Auth: []gossh.AuthMethod{gossh.PublicKeys(m.keys[name])}, HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: 20 * time.Second,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = client.Close() })
	return client
}

// run runs one command without a terminal.
func (m *team) run(client *gossh.Client, line string) (code int, out, errs string) {
	m.t.Helper()
	session, err := client.NewSession()
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	var stdout, stderr bytes.Buffer
	session.Stdout, session.Stderr = &stdout, &stderr
	switch err := session.Run(line).(type) {
	case nil:
	case *gossh.ExitError:
		code = err.ExitStatus()
	default:
		m.t.Fatalf("%s: %v", line, err)
	}
	return code, stdout.String(), stderr.String()
}

// audit is the record so far.
func (m *team) audit() []journal.Record {
	m.t.Helper()
	text, err := os.ReadFile(m.path("log/audit"))
	if err != nil {
		m.t.Fatal(err)
	}
	var out []journal.Record
	for line := range bytes.Lines(text) {
		var r journal.Record
		if err := json.Unmarshal(line, &r); err != nil {
			m.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

const twoRoles = `
roles:
  web:
    keys: ["{ada}"]
    risk: disrupt
    tags: {Team: storefront}
  ops:
    keys: ["{bob}"]
    risk: destroy
`

func TestRolesOverSSH(t *testing.T) {
	m := newTeam(t, twoRoles)
	const web, other = "i-0aa00000000000001", "i-0aa00000000000005"
	clients := map[string]*gossh.Client{"ada": m.login("ada"), "bob": m.login("bob"), "eve": m.login("eve")}
	for _, test := range []struct {
		who, line  string
		code       int
		says, hide string
	}{
		{"ada", "run list-instances", 0, web, other},
		{"bob", "run list-instances", 0, other, ""},
		{"eve", "run list-instances", 0, other, ""},
		{"eve", "run reboot-instances --instance-ids " + web + " --yes", 7, "the role default ends at \"read\"", ""},
		{"ada", "run reboot-instances --instance-ids " + web + " --yes", 0, web, ""},
		{"ada", "run reboot-instances --instance-ids " + other + " --yes", 7, "the role web is limited to Team=storefront, and " + other + " does not carry that", ""},
		{"ada", "run terminate-instances --instance-ids " + web + " --confirm " + web, 7, `the role web ends at "disrupt"`, ""},
		{"ada", "run create-volume --size 1 --availability-zone us-east-1a --yes --output json", 0, "vol-", ""},
		{"ada", "run describe-volumes --output json", 0, "Team=storefront", "vol-0aa00000000000011"},
		{"ada", "run get-console-output --instance-id " + other, 7, other, ""},
		{"bob", "run reboot-instances --instance-ids " + other + " --yes", 0, other, ""},
		{"bob", "--region eu-west-3 run list-instances", 4, "region eu-west-3", ""},
		{"bob", "--profile nobody run list-instances", 2, "you are offered", ""},
		{"bob", "--config /etc/passwd run list-instances", 2, "is refused over SSH", ""},
		{"bob", "--hook /bin/true run list-instances", 2, "is refused over SSH", ""},
		{"bob", "--journal off run list-instances", 2, "is refused over SSH", ""},
		{"bob", "--api-log /dev/null run list-instances", 2, "is refused over SSH", ""},
		{"bob", "--api-log - run list-instances", 0, `"action":"DescribeInstances"`, ""},
	} {
		code, out, errs := m.run(clients[test.who], test.line)
		if code != test.code || !strings.Contains(out+errs, test.says) || test.hide != "" && strings.Contains(out, test.hide) {
			t.Errorf("%s: %s: exit %d, %s%s", test.who, test.line, code, out, errs)
		}
	}
}

func TestTheRecordTellsWhoDidWhat(t *testing.T) {
	m := newTeam(t, twoRoles)
	ada, eve := m.login("ada"), m.login("eve")
	m.run(ada, "run reboot-instances --instance-ids i-0aa00000000000001 --yes")
	m.run(eve, "run reboot-instances --instance-ids i-0aa00000000000001 --yes")
	m.run(ada, "scp -t /tmp")
	var told []string
	for _, r := range m.audit() {
		told = append(told, strings.Join(slices.DeleteFunc([]string{string(r.Event), r.Name, r.Role, r.Operation, r.Result, r.Code}, func(s string) bool { return s == "" }), " "))
		if r.Key != gossh.FingerprintSHA256(m.keys[r.User].PublicKey()) || r.Remote == "" || r.At.IsZero() {
			t.Errorf("%+v", r)
		}
	}
	want := []string{
		"login ada@home web", "intent ada@home web reboot-instances", "outcome ada@home web reboot-instances done", "logout ada@home web",
		"login eve@home default", "refusal eve@home default reboot-instances RoleRisk", "logout eve@home default",
		"refusal ada@home Request", "login ada@home web", "logout ada@home web",
	}
	if !slices.Equal(told, want) {
		t.Errorf("%s", strings.Join(told, "\n"))
	}
	for _, r := range m.audit() {
		if r.Event == journal.Outcome && (r.RequestID == "" || !slices.Equal(r.Targets, []string{"i-0aa00000000000001"})) {
			t.Errorf("%+v", r)
		}
	}
}

func TestNothingIsChangedOverSSHThatCannotBeRecorded(t *testing.T) {
	m := newTeam(t, twoRoles)
	bob := m.login("bob")
	const reboot = "run reboot-instances --instance-ids i-0aa00000000000005 --yes"
	if err := errors.Join(os.RemoveAll(m.path("log")), os.WriteFile(m.path("log"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := m.run(bob, reboot); code != 7 || !strings.Contains(errs, "is refused, because it cannot be recorded: the journal") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if code, _, errs := m.run(bob, "run list-instances"); code != 0 {
		t.Errorf("a read: exit %d, %s", code, errs)
	}
	if err := errors.Join(os.Remove(m.path("log")), os.Mkdir(m.path("log"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := m.run(bob, reboot); code != 0 {
		t.Errorf("with a journal again: exit %d, %s", code, errs)
	}
}

func TestRolesChangeWithoutDroppingSessions(t *testing.T) {
	m := newTeam(t, twoRoles)
	bob := m.login("bob")
	reboot := func() int {
		code, _, _ := m.run(bob, "run reboot-instances --instance-ids i-0aa00000000000005 --yes")
		return code
	}
	if code := reboot(); code != 0 {
		t.Fatal(code)
	}
	for i, step := range []struct {
		roles string
		code  int
	}{
		{"roles:\n  ops:\n    keys: ['{bob}']\n    risk: read\n", 7},
		{"roles:\n  ops:\n    keys: ['{bob}']\n    risk: change\n", 0},
		{"roles:\n  ops:\n    keys: ['{bob}']\n    risk: everything\n", 0}, // a mistake keeps what was
		{"roles: {}\n", 7},
		{"roles:\n  default:\n    risk: destroy\n", 0},
	} {
		m.configure(step.roles)
		if code := reboot(); code != step.code {
			t.Errorf("%d: exit %d, want %d", i, code, step.code)
		}
	}
}

func TestAKeyIsHandedOutOnce(t *testing.T) {
	m := newTeam(t, twoRoles)
	code, out, errs := m.run(m.login("bob"), "run create-key-pair --key-name new --yes --save -")
	if code != 0 || strings.Count(out, "PRIVATE KEY-----") != 2 {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
	_ = filepath.WalkDir(m.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "host_key" {
			return err
		}
		if text, _ := os.ReadFile(path); bytes.Contains(text, []byte("PRIVATE KEY")) {
			t.Errorf("%s holds a private key", path)
		}
		return nil
	})
}

func TestTheServersConfiguration(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"serve:\n  listne: x\n":                     `config.yaml:2: serve.listne is unknown; there are admin, audit-keep,`,
		"serve:\n  listen: [a, b]\n":                `config.yaml:2: serve.listen: "a b": takes one value`,
		"serve:\n  max-sessions: many\n":            `config.yaml:2: serve.max-sessions: "many"`,
		"roles:\n  ops: {}\n":                       "ops fits nobody",
		"serve:\n  audit-log: /proc/nowhere/a\n":    "the journal /proc/nowhere/a cannot be written",
		"serve:\n  audit-syslog: ftp://x\n":         `config.yaml:2: serve.audit-syslog: "ftp://x": write local, udp://host:port or tcp://host:port`,
		"serve:\n  audit-size: 0\n":                 `config.yaml:2: serve.audit-size: "0"`,
		"serve:\n  authorized-keys: /no/such/key\n": "/no/such/key",
	} {
		path := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		code := run(t.Context(), []string{"serve", "--demo", "--config", path, "--host-key", filepath.Join(dir, "host"), "--admin", "off"}, nil, &out, &out)
		if code != 2 || !strings.Contains(out.String(), want) {
			t.Errorf("%q: exit %d, %s", text, code, out.String())
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"serve", "--demo", "--config", filepath.Join(dir, "none")}, nil, &out, &out); code != 2 || !strings.Contains(out.String(), "the configuration cannot be read") {
		t.Error(code, out.String())
	}
}

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

func TestTheInventoryOfAServerStandsBesideItsRecord(t *testing.T) {
	m := newTeam(t, twoRoles)
	bob := m.login("bob")
	if code, out, errs := m.run(bob, "run workflow-provision-instance --image-id ami-0aa00000000000001 --instance-type t3.micro --instance-name fresh --no-wait --yes"); code != 0 {
		t.Fatal(code, out, errs)
	}
	text, err := os.ReadFile(m.path("log/inventory.jsonl"))
	if err != nil || !strings.Contains(string(text), `"state":"active","operation":"workflow-provision-instance","name":"fresh"`) {
		t.Errorf("%s %v", text, err)
	}
	if code, out, errs := m.run(bob, "doctor"); code != 0 || !strings.HasPrefix(out, "ok       credentials: ") {
		t.Error(code, out, errs)
	}
}
