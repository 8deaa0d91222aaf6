package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ec2deck/awsops/ec2sim"
	"ec2deck/ui/serve"

	gossh "golang.org/x/crypto/ssh"
)

// hosted is `ec2deck serve` in a process of its own.
type hosted struct {
	t             testing.TB
	cmd           *exec.Cmd
	address, http string
}

func startServer(t testing.TB, env []string, args ...string) *hosted {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json"}, args...)...)
	c.Args[0] = "ec2deck"
	home := t.TempDir()
	config := filepath.Join(home, ".config", "ec2deck", "config.yaml") // everybody may do everything
	if err := errors.Join(os.MkdirAll(filepath.Dir(config), 0o700), os.WriteFile(config, []byte("roles:\n  default:\n    risk: destroy\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c.Env = append([]string{"HOME=" + home}, env...)
	errs, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	h := &hosted{t: t, cmd: c}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	lines := bufio.NewScanner(errs)
	for (h.address == "" || h.http == "") && lines.Scan() {
		var line struct{ Msg, Address string }
		_ = json.Unmarshal(lines.Bytes(), &line) // others are for people
		switch line.Msg {
		case "listening":
			h.address = line.Address
		case "admin endpoint":
			h.http = "http://" + line.Address
		}
	}
	if h.address == "" || h.http == "" {
		t.Fatal("the server does not start")
	}
	go func() { _, _ = io.Copy(io.Discard, errs) }()
	return h
}

// visitor is a client with a terminal.
type visitor struct {
	*gossh.Session
	client *gossh.Client
	in     io.WriteCloser
	bytes  atomic.Int64

	mu   sync.Mutex
	out  bytes.Buffer
	more chan struct{}
}

// Write implements io.Writer for what the server draws.
func (v *visitor) Write(p []byte) (int, error) {
	v.bytes.Add(int64(len(p)))
	v.mu.Lock()
	defer v.mu.Unlock()
	close(v.more)
	v.more = make(chan struct{})
	return v.out.Write(p)
}

func (v *visitor) await(t testing.TB, text string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		v.mu.Lock()
		seen, more := strings.Contains(v.out.String(), text), v.more
		v.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no %q in %q", text, v.out.String())
		}
	}
}

func (h *hosted) visit(user string, auth ...gossh.AuthMethod) *visitor {
	h.t.Helper()
	client, err := gossh.Dial("tcp", h.address, &gossh.ClientConfig{User: user, Auth: auth, HostKeyCallback: gossh.InsecureIgnoreHostKey(), Timeout: patience})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = client.Close() })
	v := &visitor{client: client, more: make(chan struct{})}
	if v.Session, err = client.NewSession(); err != nil {
		h.t.Fatal(err)
	}
	if v.in, err = v.StdinPipe(); err != nil {
		h.t.Fatal(err)
	}
	v.Stdout, v.Stderr = v, v
	if err := v.RequestPty("xterm-256color", 40, 120, nil); err != nil {
		h.t.Fatal(err)
	}
	if err := v.Shell(); err != nil {
		h.t.Fatal(err)
	}
	return v
}

// page is what the admin endpoint says.
func (h *hosted) page(path string) string {
	h.t.Helper()
	answer, err := http.Get(h.http + path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		h.t.Fatal(answer.Status, err)
	}
	return string(text)
}

// TestAServerThatStopsLetsAChangeFinish sends it the signal of a service
// manager while EC2 takes its time with one change.
func TestAServerThatStopsLetsAChangeFinish(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	sim, err := ec2sim.New(ec2sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ec2 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("Action=StopInstances")) {
			close(asked)
			<-answer
		}
		delayed(sim, 5*time.Millisecond).ServeHTTP(w, r)
	}))
	defer ec2.Close()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "authorized_keys")
	if err := os.WriteFile(keys, gossh.MarshalAuthorizedKey(key.PublicKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	a := sim.Accounts()[0]
	h := startServer(t, []string{"AWS_ACCESS_KEY_ID=" + a.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + a.SecretAccessKey, "AWS_REGION=" + a.Regions[0], "AWS_EC2_METADATA_DISABLED=true"},
		"--endpoint-url", ec2.URL, "--authorized-keys", keys)
	idle, at := h.visit("ada", gossh.PublicKeys(key)), h.visit("bob", gossh.PublicKeys(key))
	idle.await(t, "running")
	at.await(t, "running")
	for _, keys := range []string{"/state:running\r", "S", "y"} {
		if _, err := io.WriteString(at.in, keys); err != nil {
			t.Fatal(err)
		}
		if keys == "S" {
			at.await(t, "Stop 1 instance?")
		}
	}
	<-asked
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	idle.await(t, "The ec2deck server is stopping")
	at.await(t, "The server stops; what is under way has 30s to finish.")
	if client, err := gossh.Dial("tcp", h.address, &gossh.ClientConfig{User: "eve", HostKeyCallback: gossh.InsecureIgnoreHostKey()}); err == nil {
		t.Error("a new login", client)
	} else if op, ok := as[*net.OpError](err); !ok || op.Op != "dial" {
		t.Errorf("the port is still open: %v", err)
	}
	close(answer)
	at.await(t, "The ec2deck server is stopping")
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
}

// presences are the sessions as the server tells them.
func (h *hosted) presences() []serve.Presence {
	h.t.Helper()
	var list []serve.Presence
	if err := json.Unmarshal([]byte(h.page("/sessions")), &list); err != nil {
		h.t.Fatal(err)
	}
	return list
}

// metric is the sum of a metric's samples; found is whether it exists.
func (h *hosted) metric(name string) (sum float64, found bool) {
	h.t.Helper()
	for line := range strings.Lines(h.page("/metrics")) {
		before, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if series, _, _ := strings.Cut(before, "{"); series != name {
			continue
		}
		var n float64
		if _, err := fmt.Sscan(value, &n); err != nil {
			h.t.Fatal(line, err)
		}
		sum, found = sum+n, true
	}
	return sum, found
}
