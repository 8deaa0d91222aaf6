package main

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestTheDoctorGoesStepByStep lets one step after the other fail on the way to
// EC2, which is a simulator behind TLS.
func TestTheDoctorGoesStepByStep(t *testing.T) {
	d := &demonstration{T: t}
	r := d.remote()
	server := httptest.NewTLSServer(delayed(r.sim, 5*time.Millisecond))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	bundle := "AWS_CA_BUNDLE=" + d.file("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	for name, test := range map[string]struct {
		env  []string
		code int
		says []string
	}{
		"everything is there": {[]string{bundle, "AWS_ENDPOINT_URL=" + server.URL}, 0, []string{"ok       proxy: none for 127.0.0.1:", "ok       TCP: connected to 127.0.0.1:", "ok       TLS: TLS 1.3, certificate by O=Acme Co until ", "ok       answer of us-east-1: in "}},
		"a foreign authority": {[]string{"AWS_ENDPOINT_URL=" + server.URL}, 5, []string{"ok       TCP: ", "failed   TLS: Certificate: x509: certificate signed by unknown authority", "AWS_CA_BUNDLE"}},
		"nobody listens":      {[]string{"AWS_ENDPOINT_URL=http://127.0.0.1:1"}, 5, []string{"failed   TCP: NoConnection: no connection: connection refused"}},
		"no such name":        {[]string{"AWS_ENDPOINT_URL=https://ec2.invalid"}, 5, []string{"failed   DNS: NoConnection: the name ec2.invalid cannot be found"}},
		"a proxy of the environment": {[]string{bundle, "AWS_ENDPOINT_URL=https://example.com", "HTTPS_PROXY=http://ada:secret@" + proxyTo(t, server.Listener.Addr().String())}, 0,
			[]string{"ok       proxy: http://ada:xxxxx@127.0.0.1:", "from the environment (HTTPS_PROXY", "ok       answer of us-east-1: in "}},
	} {
		t.Run(name, func(t *testing.T) {
			out, code := (&demonstration{T: t}).runs(append(r.keys(), test.env...), "doctor")
			if code != test.code || strings.Contains(out, "secret") {
				t.Errorf("exit %d", code)
			}
			for _, want := range test.says {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
		})
	}
}

// proxyTo is the address of a proxy that connects everybody with one server.
func proxyTo(t *testing.T, address string) string {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		to, err := net.Dial("tcp", address)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		from, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			_, _ = io.Copy(to, buffered)
			_ = to.Close()
		}()
		_, _ = io.Copy(from, to)
		_ = from.Close()
	}))
	t.Cleanup(proxy.Close)
	return proxy.Listener.Addr().String()
}
