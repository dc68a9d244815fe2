package hook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/hook"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlqueue"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

const (
	webhooks    = 5000
	connections = 64
	pulls       = 500 // that the webhooks are about
)

// durable is a handler in front of the queue in a file that is waited for.
func durable(t testing.TB) (*httptest.Server, *sqlqueue.Queue) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), filepath.Join(t.TempDir(), "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	q, err := sqlqueue.New(db, sqlqueue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := hook.New(hook.Config{Secrets: [][]byte{[]byte(secret)}, Queue: q})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s, q
}

// bare is what the handler is measured against: it holds the signature against the body, writes the body to a file, and waits for
// the disk. With own it writes each request to a file of its own, and else all to the end of one.
func bare(t testing.TB, own bool) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	one, err := os.OpenFile(filepath.Join(dir, "all"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { one.Close() })
	store := func(body []byte, _ string) error {
		if _, err := one.Write(body); err != nil {
			return err
		}
		return one.Sync()
	}
	if own {
		store = func(body []byte, name string) error {
			f, err := os.Create(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			defer f.Close()
			if _, err := f.Write(body); err != nil {
				return err
			}
			return f.Sync()
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 25<<20))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		sum, err2 := hex.DecodeString(strings.TrimPrefix(r.Header.Get("X-Hub-Signature-256"), "sha256="))
		if err != nil || err2 != nil || !hmac.Equal(mac.Sum(nil), sum) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err := store(body, r.Header.Get("X-GitHub-Delivery")); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(s.Close)
	return s
}

// payloads are those of pull requests, of the size that GitHub's have: some 25 KiB, most of which is addresses.
func payloads(t testing.TB) [][]byte {
	t.Helper()
	filler := map[string]string{}
	for i := range 300 {
		filler[fmt.Sprint("field_", i, "_url")] = "https://api.github.com/repos/acme/agent/" + strings.Repeat("x", 30)
	}
	raw, err := json.Marshal(filler)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for i := range pulls {
		out = append(out, bytes.Replace(opened(i+1), []byte(`"number"`), append([]byte(`"head_of_all":`), append(raw, `,"number"`...)...), 1))
	}
	return out
}

// sender sends webhooks over as many connections at a time.
type sender struct {
	t      testing.TB
	client *http.Client
	all    [][]byte
	sums   []string
}

func newSender(t testing.TB) *sender {
	s := &sender{t: t, all: payloads(t), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}}
	for _, p := range s.all {
		s.sums = append(s.sums, traffic.Sign(secret, p))
	}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// send sends the webhooks from a number on, and returns how long each took and how many each status.
func (s *sender) send(url string, from, n int) ([]time.Duration, map[int]int) {
	took, status := make([]time.Duration, n), make([]int, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				began := time.Now()
				status[i] = s.post(url, from+i)
				took[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	counts := map[int]int{}
	for _, c := range status {
		counts[c]++
	}
	return took, counts
}

func (s *sender) post(url string, i int) int {
	k := i % len(s.all)
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(s.all[k]))
	if err != nil {
		s.t.Error(err)
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", "pull_request")
	req.Header.Set("X-GitHub-Delivery", fmt.Sprint("delivery-", i))
	req.Header.Set("X-Hub-Signature-256", s.sums[k])
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Error(err)
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp.StatusCode
}

// TestFiveThousand sends them while workers take them, each tenth twice, and holds that every one is worked on once, those of a
// pull request in the order of their arrival.
func TestFiveThousand(t *testing.T) {
	n := webhooks
	if testing.Short() {
		n = 200
	}
	server, q := durable(t)
	s := newSender(t)
	var mu sync.Mutex
	done := map[string]int{}
	ctx, cancel := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	workers.Go(func() {
		err := q.Work(ctx, 4, func(_ context.Context, turn queue.Turn) error {
			mu.Lock()
			defer mu.Unlock()
			for _, note := range turn.Notes {
				done[note.ID]++
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	began := time.Now()
	_, counts := s.send(server.URL, 0, n)
	sent := time.Since(began)
	_, again := s.send(server.URL, 0, n/10)
	if counts[http.StatusAccepted] != n || again[http.StatusAccepted] != n/10 {
		t.Errorf("answered %v, and %v the second time", counts, again)
	}
	// What waits is not lost; how long a loaded machine takes for it is not tested here.
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		h, err := q.Health(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if h.Waiting == 0 && h.Running == 0 {
			break
		}
	}
	t.Logf("%d webhooks in %v, worked on after %v", n, sent, time.Since(began))
	cancel()
	workers.Wait()
	for id, times := range done {
		if times != 1 {
			t.Errorf("%s was worked on %d times", id, times)
		}
	}
	if len(done) != n {
		t.Errorf("%d of %d were worked on", len(done), n)
	}
}

// BenchmarkWebhooks sends webhooks at 64 connections to the handler with its queue in a file, with and without workers, and in
// turns with it to bare handlers that wait for the disk: make it 5000x. It reports the 99th percentiles and their ratios.
func BenchmarkWebhooks(b *testing.B) {
	quiet, _ := durable(b)
	busy, q := durable(b)
	urls := map[string]string{"hook": quiet.URL, "working": busy.URL, "one-file": bare(b, false).URL, "own-file": bare(b, true).URL}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var workers sync.WaitGroup
	workers.Go(func() { _ = q.Work(ctx, 2, func(context.Context, queue.Turn) error { return nil }) })
	s := newSender(b)
	took := map[string][]time.Duration{}
	names := slices.Sorted(maps.Keys(urls))
	const rounds = 10 // so that what else the machine does is seen by all alike
	b.ResetTimer()
	for r := range rounds {
		from, to := b.N*r/rounds, b.N*(r+1)/rounds
		for i := range names {
			name := names[(i+r)%len(names)]
			some, counts := s.send(urls[name], from, to-from)
			if counts[http.StatusAccepted] != to-from {
				b.Fatalf("%s answered %v", name, counts)
			}
			took[name] = append(took[name], some...)
		}
	}
	b.StopTimer()
	h, err := q.Health(ctx)
	if err != nil || len(h.Dead) > 0 {
		b.Errorf("got %+v, %v", h, err)
	}
	cancel()
	workers.Wait()
	p99 := map[string]float64{}
	for name, d := range took {
		slices.Sort(d)
		p99[name] = float64(d[len(d)*99/100].Microseconds()) / 1000
		b.ReportMetric(p99[name], name+"-p99-ms")
	}
	for _, name := range []string{"hook", "working"} {
		b.ReportMetric(p99[name]/p99["one-file"], name+"/one-file")
		b.ReportMetric(p99[name]/p99["own-file"], name+"/own-file")
	}
}

// TestDatabaseGone answers 503 while the database does not, and for nothing else.
func TestDatabaseGone(t *testing.T) {
	db, err := sqldb.Open(t.Context(), filepath.Join(t.TempDir(), "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	q, err := sqlqueue.New(db, sqlqueue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *hook.Config) { c.Queue = q })
	if status, counted := w.post(webhook(t, "pull_request", opened(42))); status != 202 || counted != "pull_request taken" {
		t.Errorf("got %d, %s", status, counted)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if status, counted := w.post(webhook(t, "pull_request", opened(42))); status != 503 || counted != "pull_request unavailable" {
		t.Errorf("got %d, %s without a database", status, counted)
	}
	if status, counted := w.post(webhook(t, "pull_request", opened(42), set("X-Hub-Signature-256", traffic.Sign("x", nil)))); status != 401 {
		t.Errorf("got %d, %s for a wrong signature", status, counted)
	}
	if status, counted := w.post(webhook(t, "star", []byte(`{}`))); status != 202 || counted != "other ignored" {
		t.Errorf("got %d, %s for what is about nothing", status, counted)
	}
}
