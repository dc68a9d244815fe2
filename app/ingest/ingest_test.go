package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	logs "go.opentelemetry.io/proto/slim/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/pertask/pertask/app/ingest"
	"github.com/pertask/pertask/ledger/spend"
)

const token = ingest.Prefix + "0123456789abcdef0123456789abcdef"

// shelf keeps what is added, as a store does.
type shelf struct {
	mu      sync.Mutex
	entries map[string]spend.Entry
	err     error
}

func (s *shelf) add(_ context.Context, who ingest.Sender, entries []spend.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for _, e := range entries {
		if s.entries == nil {
			s.entries = map[string]spend.Entry{}
		}
		s.entries[fmt.Sprint(who.Installation)+e.ID] = e
	}
	return nil
}

func start(t *testing.T, s *shelf) *httptest.Server {
	t.Helper()
	h := ingest.New(ingest.Config{
		Sender: func(_ context.Context, hash string) (ingest.Sender, bool, error) {
			return ingest.Sender{Installation: 7, Name: "laptops"}, hash == ingest.Hash(token), nil
		},
		Add: s.add,
	})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// recorded is what Claude Code sent for two calls.
func recorded(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../../telemetry/testdata/claude-logs.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func inProtobuf(t *testing.T, text []byte) []byte {
	t.Helper()
	var m logs.ExportLogsServiceRequest
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	b, err := proto.Marshal(&m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// send posts a body with headers that are given as "Name: value".
func send(t *testing.T, url string, body []byte, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header
}

// TestTaken sends the same events in every form that OTLP has: each call is kept once.
func TestTaken(t *testing.T) {
	s := &shelf{}
	server := start(t, s)
	text := recorded(t)
	wire := inProtobuf(t, text)
	for _, test := range []struct {
		name    string
		body    []byte
		headers []string
	}{
		{"JSON", text, nil},
		{"JSON again", text, nil},
		{"JSON, compressed", zipped(t, text), []string{"Content-Encoding: gzip"}},
		{"protobuf", wire, []string{"Content-Type: application/x-protobuf"}},
		{"protobuf, compressed", zipped(t, wire), []string{"Content-Type: application/x-protobuf", "Content-Encoding: gzip"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body, header := send(t, server.URL+"/v1/logs", test.body, test.headers...)
			kind := "application/json"
			if len(test.headers) > 0 && strings.HasPrefix(test.headers[0], "Content-Type: ") {
				kind = "application/x-protobuf"
			}
			if status != http.StatusOK || header.Get("Content-Type") != kind || strings.Contains(body, "rejected") {
				t.Errorf("%d %s %q", status, header.Get("Content-Type"), body)
			}
			if len(s.entries) != 2 {
				t.Errorf("%d entries; want the 2 calls, each once", len(s.entries))
			}
		})
	}
}

func TestTracesAreTakenAndNotKept(t *testing.T) {
	s := &shelf{}
	server := start(t, s)
	if status, body, _ := send(t, server.URL+"/v1/traces", []byte(`{"resourceSpans":[]}`)); status != http.StatusOK || len(s.entries) != 0 {
		t.Errorf("%d %q with %d entries", status, body, len(s.entries))
	}
}

// TestPartly tells the sender what was left out, and that it is of no use to send it again.
func TestPartly(t *testing.T) {
	s := &shelf{}
	server := start(t, s)
	body := strings.Replace(string(recorded(t)), `"intValue": 1007`, `"intValue": -1`, 1)
	if body == string(recorded(t)) {
		t.Fatal("the recording has no call of 1007 tokens")
	}
	status, answer, _ := send(t, server.URL+"/v1/logs", []byte(body))
	if status != http.StatusOK || !strings.Contains(answer, `"rejectedLogRecords":"1"`) || !strings.Contains(answer, "input_tokens is no number of tokens") {
		t.Errorf("%d %s", status, answer)
	}
	if len(s.entries) != 1 {
		t.Errorf("%d entries; want the other call", len(s.entries))
	}
}

func TestRefused(t *testing.T) {
	bomb := zipped(t, make([]byte, 40<<20))
	for _, test := range []struct {
		name    string
		path    string
		body    []byte
		headers []string
		status  int
	}{
		{"no token", "/v1/logs", recorded(t), []string{"Authorization: "}, http.StatusUnauthorized},
		{"a token of nobody", "/v1/logs", recorded(t), []string{"Authorization: Bearer " + ingest.Prefix + "x"}, http.StatusUnauthorized},
		{"a hash in place of a token", "/v1/logs", recorded(t), []string{"Authorization: Bearer " + ingest.Hash(token)}, http.StatusUnauthorized},
		{"a password", "/v1/logs", recorded(t), []string{"Authorization: Basic " + token}, http.StatusUnauthorized},
		{"a type of something else", "/v1/logs", recorded(t), []string{"Content-Type: text/plain"}, http.StatusUnsupportedMediaType},
		{"another compression", "/v1/logs", recorded(t), []string{"Content-Encoding: br"}, http.StatusUnsupportedMediaType},
		{"no gzip", "/v1/logs", recorded(t), []string{"Content-Encoding: gzip"}, http.StatusBadRequest},
		{"cut", "/v1/logs", recorded(t)[:100], nil, http.StatusBadRequest},
		{"text as protobuf", "/v1/logs", recorded(t), []string{"Content-Type: application/x-protobuf"}, http.StatusBadRequest},
		{"too large", "/v1/logs", make([]byte, 9<<20), nil, http.StatusRequestEntityTooLarge},
		{"too large when it is decompressed", "/v1/logs", bomb, []string{"Content-Encoding: gzip"}, http.StatusRequestEntityTooLarge},
		{"another path", "/v1/profiles", recorded(t), nil, http.StatusNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &shelf{}
			server := start(t, s)
			status, body, _ := send(t, server.URL+test.path, test.body, test.headers...)
			if status != test.status || len(s.entries) != 0 {
				t.Errorf("%d %q with %d entries; want %d and none", status, body, len(s.entries), test.status)
			}
		})
	}
}

// TestNotKept has a store that does not answer: the sender is told to try again, and not why.
func TestNotKept(t *testing.T) {
	s := &shelf{err: errors.New("password authentication failed for user pertask")}
	server := start(t, s)
	status, body, header := send(t, server.URL+"/v1/logs", recorded(t))
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || strings.Contains(body, "password") {
		t.Errorf("%d %q, Retry-After %q", status, body, header.Get("Retry-After"))
	}
	s.err = nil
	if status, _, _ := send(t, server.URL+"/v1/logs", recorded(t)); status != http.StatusOK || len(s.entries) != 2 {
		t.Errorf("the second time: %d with %d entries", status, len(s.entries))
	}
}
