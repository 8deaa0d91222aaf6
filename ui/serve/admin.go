package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"time"
)

// openAdmin opens the HTTP endpoint and returns what closes it.
func (s *server) openAdmin(ctx context.Context) (func(), error) {
	if s.Admin == "" {
		return func() {}, nil
	}
	const how = "choose another loopback address with --admin, or --admin off"
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Admin)
	if err != nil {
		return nil, fmt.Errorf("the admin endpoint cannot listen on %q: %w; %s", s.Admin, err, how)
	}
	if !local(listener.Addr()) {
		_ = listener.Close()
		return nil, fmt.Errorf("the admin endpoint asks for no password, and %q is an address that other machines reach: %s", s.Admin, how)
	}
	web := &http.Server{
		Handler: s.adminHandler(), MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second,
	}
	s.Log.Info("admin endpoint", "address", listener.Addr().String())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = web.Serve(listener)
	}()
	return func() {
		_ = web.Close()
		<-ended
	}, nil
}

// adminHandler answers questions; nothing can be changed there.
func (s *server) adminHandler() http.Handler {
	pages := map[string]func(http.ResponseWriter){
		"/healthz": s.health, "/metrics": s.metricsPage, "/sessions": s.sessionsPage,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'")
		h.Set("Cache-Control", "no-store")
		page, found := pages[r.URL.Path]
		switch {
		case !ours(r.Host):
			// A page of the web can make a browser here ask under a name of its own.
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprintln(w, "ask for this by a loopback address")
		case !found:
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprintln(w, "there are /healthz, /metrics and /sessions")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			page(w)
		}
	})
}

// ours says whether a Host header names this machine as such.
func ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

func (s *server) health(w http.ResponseWriter) {
	if s.stopping.Err() != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintln(w, "stopping")
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}

func (s *server) sessionsPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.presences())
}

func (s *server) metricsPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	metrics := append(s.gauges(), s.tally.metrics()...)
	if s.Metrics != nil {
		metrics = append(metrics, s.Metrics()...)
	}
	_ = writeMetrics(w, metrics)
}

// gauges are how things are now.
func (s *server) gauges() []Metric {
	kinds := map[string]int{kindScreen: 0, kindCommand: 0}
	for _, p := range s.presences() {
		kinds[p.Kind]++
	}
	sessions := byLabel("ec2deck_sessions", "Sessions that are going on, by kind.", "kind", kinds)
	sessions.Kind = Gauge
	return []Metric{
		sessions,
		{Name: "ec2deck_goroutines", Help: "Goroutines of the process.", Kind: Gauge, Samples: []Sample{{Value: float64(runtime.NumGoroutine())}}},
	}
}
