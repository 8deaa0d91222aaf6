package serve

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

func TestTheAdminEndpointListensHereOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "[::]:0", ":0"} {
		h := newHost(t)
		h.config.Admin = address
		h.config.Ready = func(string) { t.Error("listens") }
		if err := Run(t.Context(), h.config); err == nil || !strings.Contains(err.Error(), "asks for no password") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTheAdminEndpointTellsWhoIsThere(t *testing.T) {
	h := newHost(t)
	h.allow(keyLine(h.key) + " ada@home")
	h.config.Admin = "127.0.0.1:0"
	h.config.Role = func(s Session) string { return "role of " + s.Name }
	h.config.Metrics = func() []Metric {
		return []Metric{{Name: "ec2deck_api_calls_total", Help: "Calls.", Kind: Counter, Samples: []Sample{{Labels: []Label{{"action", "DescribeInstances"}}, Value: 3}}}}
	}
	h.start()
	x := open(t, h.login(), "xterm", size{100, 30}).shell()
	x.out.await(t, "size 100x30")
	if err := x.WindowChange(40, 120); err != nil {
		t.Fatal(err)
	}
	x.out.await(t, "size 120x40")
	if _, _, err := h.try("eve", gossh.PublicKeys(newSigner(t))); err == nil {
		t.Error("logged in")
	}
	admin := h.admin()
	var list []Presence
	if err := json.Unmarshal([]byte(fetch(t, admin+"/sessions")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Name != "ada@home" || list[0].Role != "role of ada@home" || list[0].Kind != "screen" ||
		list[0].Width != 120 || list[0].Height != 40 || list[0].ID == "" || list[0].Since.IsZero() {
		t.Errorf("%+v", list)
	}
	eventually(t, "the refusal is counted", func() bool {
		return strings.Contains(fetch(t, admin+"/metrics"), "\nec2deck_logins_total{result=\"refused\"} 1\n")
	})
	for _, want := range []string{
		"# TYPE ec2deck_sessions gauge\nec2deck_sessions{kind=\"command\"} 0\nec2deck_sessions{kind=\"screen\"} 1\n",
		"# HELP ec2deck_logins_total ", "ec2deck_logins_total{result=\"accepted\"} 1\n",
		"# TYPE ec2deck_api_calls_total counter\nec2deck_api_calls_total{action=\"DescribeInstances\"} 3\n",
	} {
		if text := fetch(t, admin+"/metrics"); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := fetch(t, admin+"/healthz"); text != "ok\n" {
		t.Errorf("%q", text)
	}
}

// admin is where the host's endpoint listens, as its log says.
func (h *host) admin() string {
	h.t.Helper()
	h.log.await(h.t, "admin endpoint")
	_, text, _ := strings.Cut(h.log.String(), `msg="admin endpoint" address=`)
	address, _, _ := strings.Cut(text, "\n")
	return "http://" + address
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheAdminEndpointAnswersThisMachineOnly(t *testing.T) {
	s := &server{Config: Config{}, tally: newTally(), stopping: t.Context()}
	for _, tt := range []struct {
		method, host, path string
		code               int
	}{
		{"GET", "127.0.0.1:2223", "/sessions", 200}, {"GET", "localhost:2223", "/healthz", 200}, {"HEAD", "[::1]:2223", "/metrics", 200},
		{"GET", "evil.example:2223", "/sessions", 403}, {"GET", "localhost.evil.example", "/sessions", 403}, {"GET", "127.0.0.1.evil.example", "/metrics", 403},
		{"GET", "", "/sessions", 403}, {"GET", "10.0.0.1:2223", "/sessions", 403}, {"GET", "localhost:2223", "/../etc/passwd", 404},
		{"POST", "localhost:2223", "/sessions", 405}, {"DELETE", "localhost:2223", "/sessions", 405},
	} {
		t.Run(fmt.Sprint(tt.method, tt.host, tt.path), func(t *testing.T) {
			r, w := httptest.NewRequest(tt.method, "/", nil), httptest.NewRecorder()
			r.Host, r.URL.Path = tt.host, tt.path
			s.adminHandler().ServeHTTP(w, r)
			h := w.Result().Header
			if w.Code != tt.code || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%d %v", w.Code, h)
			}
		})
	}
}

func TestMetricsAreEscaped(t *testing.T) {
	var b strings.Builder
	err := writeMetrics(&b, []Metric{{Name: "x_total", Help: "a\nb\\c", Kind: Counter, Samples: []Sample{
		{Labels: []Label{{"who", "z\"\\\n\xff"}}, Value: 1e9}, {Value: 0.5}, {Labels: []Label{{"a", "1"}, {"b", "2"}}, Value: 2},
	}}})
	const want = "# HELP x_total a\\nb\\\\c\n# TYPE x_total counter\n" +
		"x_total 0.5\nx_total{a=\"1\",b=\"2\"} 2\nx_total{who=\"z\\\"\\\\\\n?\"} 1e+09\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
}
