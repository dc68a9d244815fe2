// Package ingest receives what coding agents export over OTLP/HTTP and keeps the entries of it.
//
// It knows the protocol's requests and answers, their limits, and that a sender shows a token of an installation. It refuses to
// know which records tell tokens (package telemetry), how tokens and entries are stored, and who reads them.
package ingest

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/telemetry"
)

// Prefix is what the tokens of senders begin with, so that one that leaks is recognized.
const Prefix = "pti_"

// The limits of a request. Agents send batches of some hundred records, of which few have more than a KiB.
const (
	maxBody    = 8 << 20  // bytes on the wire
	maxContent = 32 << 20 // bytes after they were decompressed
	maxAtOnce  = 4
	bodyTime   = 20 * time.Second
	addTime    = 10 * time.Second
)

// Sender is who a token speaks for.
type Sender struct {
	Installation int64
	Name         string // what a person called the token, for the log
}

// Config is what a Handler needs. Every field without "may be" must be set.
type Config struct {
	// Sender finds who a token is of, by its Hash; false when nobody's.
	Sender func(ctx context.Context, hash string) (Sender, bool, error)
	// Add keeps entries, all or none. It is called again with the same ones when a sender did not hear the answer.
	Add func(ctx context.Context, s Sender, entries []spend.Entry) error
	Log *slog.Logger // may be nil
	// Count is told of each request by its signal ("logs", "metrics", "traces") and outcome, and of the entries in it; may
	// be nil.
	Count func(signal, outcome string, entries int)
}

// Hash is what of a token is stored, so that nobody who reads the database can send.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Handler takes requests at the paths /v1/logs, /v1/metrics and /v1/traces. It is safe for concurrent use.
type Handler struct {
	cfg  Config
	room chan struct{}
	mux  *http.ServeMux
}

// New returns a handler.
func New(cfg Config) *Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Count == nil {
		cfg.Count = func(string, string, int) {}
	}
	h := &Handler{cfg: cfg, room: make(chan struct{}, maxAtOnce), mux: http.NewServeMux()}
	h.mux.HandleFunc("POST /v1/logs", h.signal("logs", telemetry.Logs))
	h.mux.HandleFunc("POST /v1/metrics", h.signal("metrics", telemetry.Metrics))
	// Nothing in a trace tells tokens that an event does not. It is taken, so that an exporter that sends all three of its
	// signals to one address does not log an error for it.
	h.mux.HandleFunc("POST /v1/traces", h.signal("traces", func([]byte, telemetry.Encoding) (telemetry.Result, error) { return telemetry.Result{}, nil }))
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// failure is a request that was not taken. OTLP's exporters send again what was answered with 429, 502, 503 or 504, and
// nothing else.
type failure struct {
	status int
	text   string // shown
	err    error  // for the log
}

// signal returns the handler of one of the protocol's signals.
func (h *Handler) signal(name string, read func([]byte, telemetry.Encoding) (telemetry.Result, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		enc, ok := encoding(r)
		if !ok {
			h.refuse(w, enc, name, failure{status: http.StatusUnsupportedMediaType, text: "OTLP is application/x-protobuf or application/json"})
			return
		}
		res, bad := h.take(w, r, enc, read)
		if bad.status != 0 {
			h.refuse(w, enc, name, bad)
			return
		}
		h.cfg.Count(name, "taken", len(res.Entries))
		if res.Skipped > 0 {
			h.cfg.Log.Warn("telemetry that could not be read", "signal", name, "records", res.Skipped, "first", res.Why)
		}
		accept(w, enc, name, res)
	}
}

// take reads a request and keeps its entries, from what is cheapest to find out to what is dearest.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, enc telemetry.Encoding, read func([]byte, telemetry.Encoding) (telemetry.Result, error)) (telemetry.Result, failure) {
	none := telemetry.Result{}
	sender, bad := h.sender(r)
	if bad.status != 0 {
		return none, bad
	}
	select {
	case h.room <- struct{}{}:
		defer func() { <-h.room }()
	case <-r.Context().Done():
		return none, failure{status: http.StatusServiceUnavailable, text: "busy"}
	case <-time.After(bodyTime / 4):
		return none, failure{status: http.StatusTooManyRequests, text: "too many requests at a time"}
	}
	body, bad := content(w, r)
	if bad.status != 0 {
		return none, bad
	}
	res, err := read(body, enc)
	switch {
	case errors.Is(err, telemetry.ErrHeavy):
		return none, failure{status: http.StatusRequestEntityTooLarge, text: "too many records in one request; send smaller batches", err: err}
	case err != nil:
		return none, failure{status: http.StatusBadRequest, text: "the body is no request of OTLP", err: err}
	}
	if len(res.Entries) == 0 {
		return res, failure{}
	}
	ctx, cancel := context.WithTimeout(r.Context(), addTime)
	defer cancel()
	if err := h.cfg.Add(ctx, sender, res.Entries); err != nil {
		return none, failure{status: http.StatusServiceUnavailable, text: "the entries could not be kept", err: err}
	}
	return res, failure{}
}

// sender finds out who sends.
func (h *Handler) sender(r *http.Request) (Sender, failure) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	unknown := failure{status: http.StatusUnauthorized, text: "the token is missing or not known; the App's page of senders makes one"}
	if !strings.EqualFold(kind, "bearer") || !strings.HasPrefix(token, Prefix) || len(token) > 200 {
		return Sender{}, unknown
	}
	ctx, cancel := context.WithTimeout(r.Context(), addTime)
	defer cancel()
	s, ok, err := h.cfg.Sender(ctx, Hash(token))
	switch {
	case err != nil:
		return Sender{}, failure{status: http.StatusServiceUnavailable, text: "who sends could not be found out", err: err}
	case !ok:
		return Sender{}, unknown
	}
	return s, failure{}
}

// encoding tells how the request is written, and so its answer.
func encoding(r *http.Request) (telemetry.Encoding, bool) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/json":
		return telemetry.JSON, true
	case err == nil && kind == "application/x-protobuf":
		return telemetry.Protobuf, true
	}
	return telemetry.JSON, false
}

// content reads the body, within the limits of size and time.
func content(w http.ResponseWriter, r *http.Request) ([]byte, failure) {
	// Not every writer has a connection behind it; then there is none to be slow.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	var from io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, unread(err)
		}
		from = z
	default:
		return nil, failure{status: http.StatusUnsupportedMediaType, text: "of compressions gzip is understood"}
	}
	body, err := io.ReadAll(io.LimitReader(from, maxContent+1))
	if err != nil {
		return nil, unread(err)
	}
	if len(body) > maxContent {
		return nil, tooLarge
	}
	return body, failure{}
}

var tooLarge = failure{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("at most %d MiB, and %d decompressed", maxBody>>20, maxContent>>20)}

func unread(err error) failure {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge
	}
	return failure{status: http.StatusBadRequest, text: "the body could not be read", err: err}
}
