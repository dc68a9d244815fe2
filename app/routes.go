package app

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/sqldb/sqlqueue"
)

// readyTime bounds how long a question for readiness may take.
const readyTime = 3 * time.Second

// routes are the server's own pages, and below them the App's.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.guarded(s.metrics.handler()))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.handler.Load().(shown).ServeHTTP(w, r) })
	return mux
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // whoever asked may have gone
}

// ready says whether this process can take webhooks and work on them. Why it cannot is in the log: everybody may ask.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	if !s.working.Load() {
		plain(w, http.StatusServiceUnavailable, "not set up, or stopping")
		return
	}
	if err := s.ping(ctx); err != nil {
		s.log.Warn("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	plain(w, http.StatusOK, "ready")
}

// ping asks the queue for as little as it can: everybody may ask for it as often as they like.
func (s *Server) ping(ctx context.Context) error {
	if p, ok := s.queue.(queue.Pinger); ok {
		return p.Ping(ctx)
	}
	_, err := s.queue.Health(ctx)
	return err
}

var _ queue.Pinger = (*sqlqueue.Queue)(nil)

// guarded lets in who sends the token of the metrics; without one nobody.
func (s *Server) guarded(h http.Handler) http.Handler {
	token := s.secrets[EnvMetricsToken]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if token == "" {
			plain(w, http.StatusNotFound, "not found: set "+EnvMetricsToken+", or --metrics-listen")
			return
		}
		if !strings.EqualFold(kind, "bearer") || subtle.ConstantTimeCompare([]byte(sent), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			plain(w, http.StatusUnauthorized, "the token of the metrics is missing or wrong")
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// routes are those of an address that shows nothing but metrics.
func (m *metrics) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.handler())
	return mux
}
