package hook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/hook"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

// memory is a queue of notes that nobody works on.
type memory struct {
	mu    sync.Mutex
	notes []queue.Note
	fail  error
	hang  bool
}

func (m *memory) Add(ctx context.Context, notes ...queue.Note) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hang {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	if m.fail != nil {
		return 0, m.fail
	}
	fresh := 0
	for _, n := range notes {
		if err := n.Check(); err != nil {
			return 0, err
		}
		known := false
		for _, o := range m.notes {
			known = known || o.ID == n.ID
		}
		if !known {
			m.notes = append(m.notes, n)
			fresh++
		}
	}
	return fresh, nil
}

func (m *memory) all() []queue.Note {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]queue.Note(nil), m.notes...)
}

const secret = "It's a Secret to Everybody"

// world is a handler with its queue, its counter and its log.
type world struct {
	t       testing.TB
	queue   *memory
	handler *hook.Handler
	counted []string
	log     bytes.Buffer
	mu      sync.Mutex
}

func newWorld(t testing.TB, change ...func(*hook.Config)) *world {
	t.Helper()
	w := &world{t: t, queue: &memory{}}
	cfg := hook.Config{
		Secrets: [][]byte{[]byte(secret)}, Queue: w.queue, Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Count: func(event, outcome string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.counted = append(w.counted, event+" "+outcome)
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if w.handler, err = hook.New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// webhook makes the request that GitHub makes, signed.
func webhook(t testing.TB, name string, payload []byte, change ...func(*http.Request)) *http.Request {
	t.Helper()
	req, err := traffic.Hook{URL: "http://app.example/hook", Secret: secret, App: 77}.Request(traffic.Delivery{GUID: "72d3162e-cc78-11e3-81ab-4c9367dc0958", Event: name, Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	return req
}

// body replaces the body of a request, and its signature where a secret is given.
func body(text, secret string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		if secret != "" {
			r.Header.Set("X-Hub-Signature-256", traffic.Sign(secret, []byte(text)))
		}
	}
}

func set(key, value string) func(*http.Request) {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(key)
			return
		}
		r.Header.Set(key, value)
	}
}

// post gives a request to the handler and returns the status, and what was counted.
func (w *world) post(r *http.Request) (int, string) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.mu.Lock()
	w.counted = nil
	w.mu.Unlock()
	w.handler.ServeHTTP(rec, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.counted) != 1 {
		w.t.Errorf("counted %q, want one", w.counted)
		return rec.Code, ""
	}
	if got := rec.Body.String(); !strings.HasSuffix(w.counted[0], strings.TrimSpace(got)) || rec.Header().Get("X-Content-Type-Options") != "nosniff" {
		w.t.Errorf("answered %q with %v and counted %q", got, rec.Header(), w.counted[0])
	}
	return rec.Code, w.counted[0]
}

const sha = "0123456789012345678901234567890123456789"

const envelope = `"repository":{"id":1,"full_name":"acme/agent","default_branch":"main"},"sender":{"login":"ada","type":"User"},"installation":{"id":55}`

// opened is a pull request that was opened, of a number.
func opened(n int) []byte {
	return fmt.Appendf(nil, `{"action":"opened","number":%d,%s,"pull_request":{"number":%d,"state":"open","user":{"login":"eve"},
		"base":{"sha":%q,"ref":"main","repo":{"id":1,"full_name":"acme/agent"}},"head":{"sha":%q,"ref":"change","repo":{"id":1,"full_name":"acme/agent"}}}}`, n, envelope, n, sha, sha)
}

func TestTaken(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, func(c *hook.Config) { c.Now = func() time.Time { return noon } })
	if status, counted := w.post(webhook(t, "pull_request", opened(42))); status != 202 || counted != "pull_request taken" {
		t.Fatalf("got %d, %s", status, counted)
	}
	notes := w.queue.all()
	if len(notes) != 1 {
		t.Fatalf("got %d notes", len(notes))
	}
	n := notes[0]
	var e event.Event
	if err := json.Unmarshal(n.Body, &e); err != nil {
		t.Fatal(err)
	}
	want, err := event.Parse("pull_request", opened(42))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, want); diff != "" {
		t.Errorf("the event, got-want:\n%s", diff)
	}
	n.Body = nil
	if diff := cmp.Diff(n, queue.Note{ID: "72d3162e-cc78-11e3-81ab-4c9367dc0958", Key: "55/1/#42", Kind: "pull_request", At: noon}); diff != "" {
		t.Errorf("the note, got-want:\n%s", diff)
	}
	if log := w.log.String(); !strings.Contains(log, "delivery=72d3162e-cc78-11e3-81ab-4c9367dc0958") || !strings.Contains(log, "outcome=taken") {
		t.Errorf("logged %s", log)
	}
}

// TestKnownAnswer is the example of GitHub's documentation, "Validating webhook deliveries", section "Testing the webhook
// payload validation".
func TestKnownAnswer(t *testing.T) {
	const sum = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	if got := traffic.Sign(secret, []byte("Hello, World!")); got != sum {
		t.Errorf("got %s, want %s", got, sum)
	}
	w := newWorld(t)
	hello := func(text string) *http.Request {
		return webhook(t, "push", nil, body(text, ""), set("X-Hub-Signature-256", sum))
	}
	// It is signed, and no JSON.
	if status, counted := w.post(hello("Hello, World!")); status != 400 || counted != "push unreadable" {
		t.Errorf("got %d, %s, want the signature to be right", status, counted)
	}
	if status, counted := w.post(hello("Hello, World?")); status != 401 || counted != "push unsigned" {
		t.Errorf("got %d, %s, want the signature to be wrong", status, counted)
	}
	if !strings.Contains(w.log.String(), "level=ERROR") || strings.Contains(w.log.String(), "World") {
		t.Errorf("logged %s", w.log.String())
	}
}

func TestAnswers(t *testing.T) {
	good := string(opened(42))
	sum := traffic.Sign(secret, []byte(good))
	sign := func(value string) func(*http.Request) { return set("X-Hub-Signature-256", value) }
	kind := func(value string) func(*http.Request) { return set("Content-Type", value) }
	form := func(field string) func(*http.Request) {
		text := url.Values{field: {good}}.Encode()
		return func(r *http.Request) { body(text, secret)(r); kind("application/x-www-form-urlencoded")(r) }
	}
	for _, tt := range []struct {
		name, event string
		change      func(*http.Request)
		status      int
		counted     string
	}{
		{"as it comes", "pull_request", nil, 202, "taken"},
		{"with a charset", "pull_request", kind("application/json; charset=utf-8"), 202, "taken"},
		{"as a form", "pull_request", form("payload"), 202, "taken"},
		{"signed by the older secret", "pull_request", body(good, "an older one"), 202, "taken"},
		{"with the digits in capitals", "pull_request", sign("sha256=" + strings.ToUpper(sum[7:])), 202, "taken"},

		{"no signature", "pull_request", sign(""), 401, "unsigned"},
		{"another secret", "pull_request", body(good, "hush"), 401, "unsigned"},
		{"no secret", "pull_request", func(r *http.Request) { sign(traffic.Sign("", []byte(good)))(r) }, 401, "unsigned"},
		{"another body", "pull_request", body(good+" ", ""), 401, "unsigned"},
		{"no body", "pull_request", body("", ""), 401, "unsigned"},
		{"another algorithm", "pull_request", sign("sha1=" + sum[7:47]), 401, "unsigned"},
		{"without its algorithm", "pull_request", sign(sum[7:]), 401, "unsigned"},
		{"too short", "pull_request", sign(sum[:len(sum)-2]), 401, "unsigned"},
		{"too long", "pull_request", sign(sum + "00"), 401, "unsigned"},
		{"no digits", "pull_request", sign(sum[:len(sum)-1] + "g"), 401, "unsigned"},
		{"with a space", "pull_request", sign(" " + sum[:len(sum)-1]), 401, "unsigned"},
		{"two signatures", "pull_request", func(r *http.Request) { r.Header.Add("X-Hub-Signature-256", sum) }, 401, "unsigned"},
		{"the signature of SHA-1 only", "pull_request", func(r *http.Request) { sign("")(r); r.Header.Set("X-Hub-Signature", "sha1=x") }, 401, "unsigned"},
		{"a wrong signature and a wrong type", "pull_request", func(r *http.Request) { sign("x")(r); kind("text/plain")(r) }, 401, "unsigned"},

		{"read", "pull_request", func(r *http.Request) { r.Method = "GET" }, 405, "malformed"},
		{"another type", "pull_request", kind("text/plain"), 415, "malformed"},
		{"no type", "pull_request", kind(""), 415, "malformed"},
		{"a garbled type", "pull_request", kind(";"), 415, "malformed"},
		{"no event", "", set("X-GitHub-Event", ""), 400, "malformed"},
		{"no id", "pull_request", set("X-GitHub-Delivery", ""), 400, "malformed"},
		{"an id with a line break", "pull_request", set("X-GitHub-Delivery", "a\nb"), 400, "malformed"},
		{"a long id", "pull_request", set("X-GitHub-Delivery", strings.Repeat("a", 101)), 400, "malformed"},
		{"a form without a payload", "pull_request", form("load"), 400, "unreadable"},
		{"a form that is none", "pull_request", func(r *http.Request) { body("%zz", secret)(r); kind("application/x-www-form-urlencoded")(r) }, 400, "unreadable"},
		{"a payload of another event", "issue_comment", nil, 400, "unreadable"},
		{"no JSON", "pull_request", body("{", secret), 400, "unreadable"},

		{"an event that nobody knows", "teleported", nil, 202, "ignored"},
		{"an event that nobody knows, and no JSON", "teleported", body("<html>", secret), 202, "ignored"},
		{"a ping", "ping", body(`{"zen":"Keep it logically awesome."}`, secret), 202, "ignored"},
		{"a label that was taken away", "pull_request", body(strings.Replace(good, "opened", "unlabeled", 1), secret), 202, "taken"},
		{"a comment that is no command", "issue_comment", body(`{"action":"created",`+envelope+`,"issue":{"number":7,"pull_request":{}},"comment":{"id":1,"body":"hi","user":{"login":"ada"}}}`, secret), 202, "ignored"},
		{"closed", "pull_request", body(strings.Replace(good, "opened", "closed", 1), secret), 202, "taken"},
		{"without an installation", "pull_request", body(strings.Replace(good, `"installation":{"id":55}`, `"x":1`, 1), secret), 202, "ignored"},
		{"of a workflow", "workflow_dispatch", body(`{`+envelope+`,"ref":"refs/heads/main","inputs":{"pull":"7"}}`, secret), 202, "ignored"},
		{"a check run of others", "check_run", body(`{"action":"completed",`+envelope+`,"check_run":{"id":1,"head_sha":"`+sha+`"}}`, secret), 202, "ignored"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *hook.Config) { c.Secrets = [][]byte{[]byte("an older one"), []byte(secret)} })
			r := webhook(t, tt.event, []byte(good))
			if tt.change != nil {
				tt.change(r)
			}
			status, counted := w.post(r)
			if _, outcome, _ := strings.Cut(counted, " "); status != tt.status || outcome != tt.counted {
				t.Errorf("got %d, %q, want %d, %q", status, counted, tt.status, tt.counted)
			}
			if got := len(w.queue.all()); (got == 1) != (tt.counted == "taken") {
				t.Errorf("%d notes were made", got)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	check := `"check_run":{"id":9,"name":"pertask","head_sha":"` + sha + `","app":{"id":77},"pull_requests":%s}`
	for _, tt := range []struct{ name, event, payload, want string }{
		{"a comment", "issue_comment", `{"action":"created",` + envelope + `,"issue":{"number":7,"pull_request":{}},"comment":{"id":1,"body":"/pertask run","user":{"login":"ada"}}}`, "55/1/#7"},
		{"a check run", "check_run", `{"action":"rerequested",` + envelope + `,` + fmt.Sprintf(check, `[{"number":7}]`) + `}`, "55/1/#7"},
		{"a check run of a fork", "check_run", `{"action":"rerequested",` + envelope + `,` + fmt.Sprintf(check, `[]`) + `}`, "55/1/@" + sha},
		{"a suite", "check_suite", `{"action":"rerequested",` + envelope + `,"check_suite":{"id":9,"head_sha":"` + sha + `","pull_requests":[]}}`, "55/1/@" + sha},
		{"a merge group", "merge_group", `{"action":"checks_requested",` + envelope + `,"merge_group":{"head_sha":"` + sha + `","head_ref":"refs/heads/gh-readonly-queue/main/pr-7-x","base_sha":"` + sha + `","base_ref":"refs/heads/main"}}`, "55/1/group"},
		{"a push", "push", `{` + envelope + `,"ref":"refs/heads/main","before":"` + sha + `","after":"` + sha + `"}`, "55/1/push"},
		{"a push elsewhere", "push", `{` + envelope + `,"ref":"refs/heads/change","before":"` + sha + `","after":"` + sha + `"}`, ""},
		{"an installation", "installation", `{"action":"created","installation":{"id":55,"account":{"login":"acme"}},"repositories":[{"id":1,"full_name":"acme/agent"}]}`, "55/installation"},
		{"its repositories", "installation_repositories", `{"action":"added","installation":{"id":55},"repositories_added":[],"repositories_removed":[]}`, "55/installation"},
	} {
		w := newWorld(t)
		status, counted := w.post(webhook(t, tt.event, []byte(tt.payload)))
		notes := w.queue.all()
		if tt.want == "" {
			if status != 202 || len(notes) > 0 {
				t.Errorf("%s: got %d, %v", tt.name, status, notes)
			}
			continue
		}
		if status != 202 || len(notes) != 1 || notes[0].Key != tt.want || notes[0].Kind != tt.event {
			t.Errorf("%s: got %d, %s, %+v, want the key %s", tt.name, status, counted, notes, tt.want)
		}
	}
}

func TestReplays(t *testing.T) {
	w := newWorld(t)
	for i, want := range []string{"pull_request taken", "pull_request replay", "pull_request replay"} {
		if status, counted := w.post(webhook(t, "pull_request", opened(42))); status != 202 || counted != want {
			t.Errorf("delivery %d: got %d, %s, want %s", i+1, status, counted, want)
		}
	}
	// Another webhook about the same, such as the next push.
	if _, counted := w.post(webhook(t, "pull_request", opened(42), set("X-GitHub-Delivery", "another"))); counted != "pull_request taken" || len(w.queue.all()) != 2 {
		t.Errorf("got %s and %d notes", counted, len(w.queue.all()))
	}
}

func TestQueueDown(t *testing.T) {
	w := newWorld(t)
	w.queue.fail = errors.New("connection refused")
	if status, counted := w.post(webhook(t, "pull_request", opened(42))); status != 503 || counted != "pull_request unavailable" {
		t.Errorf("got %d, %s", status, counted)
	}
	if log := w.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "connection refused") {
		t.Errorf("logged %s", log)
	}
	// What is about nothing needs no queue.
	if status, _ := w.post(webhook(t, "ping", []byte(`{}`))); status != 202 {
		t.Errorf("a ping got %d", status)
	}
	w.queue.fail = nil
	if status, counted := w.post(webhook(t, "pull_request", opened(42))); status != 202 || counted != "pull_request taken" {
		t.Errorf("got %d, %s when the queue is back", status, counted)
	}
	w.queue.fail = fmt.Errorf("adding: %w", queue.ErrNote)
	if status, counted := w.post(webhook(t, "pull_request", opened(42))); status != 400 || counted != "pull_request unreadable" {
		t.Errorf("got %d, %s for a note that no queue takes", status, counted)
	}
}

// TestSenderGoes shows that a note is made although the sender did not wait for the answer.
func TestSenderGoes(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := webhook(t, "pull_request", opened(42)).WithContext(ctx)
	cancel()
	if status, counted := w.post(r); status != 202 || counted != "pull_request taken" {
		t.Errorf("got %d, %s", status, counted)
	}
}

var spaces = bytes.Repeat([]byte(" "), 1<<16)

// reader gives endless spaces after a text.
type reader struct {
	text string
	n    int64
}

func (r *reader) Read(p []byte) (int, error) {
	if r.text != "" {
		n := copy(p, r.text)
		r.text = r.text[n:]
		return n, nil
	}
	if r.n <= 0 {
		return 0, io.EOF
	}
	n := int(min(r.n, int64(len(p)), int64(len(spaces))))
	copy(p[:n], spaces)
	r.n -= int64(n)
	return n, nil
}

func TestLimitOfSize(t *testing.T) {
	w := newWorld(t)
	post := func(size int64, known bool, kind string, sign bool) (int, string) {
		r := webhook(t, "pull_request", opened(42), set("Content-Type", kind))
		text := string(opened(42))
		r.Body, r.ContentLength = io.NopCloser(&reader{text, size - int64(len(text))}), -1
		if known {
			r.ContentLength = size
		}
		if sign {
			all, err := io.ReadAll(&reader{text, size - int64(len(text))})
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Hub-Signature-256", traffic.Sign(secret, all))
		}
		return w.post(r)
	}
	const mib, plain, form = 1 << 20, "application/json", "application/x-www-form-urlencoded"
	for _, known := range []bool{true, false} {
		if status, counted := post(25*mib, known, plain, true); status != 202 {
			t.Errorf("25 MiB, known %v: got %d, %s", known, status, counted)
		}
		if status, counted := post(25*mib+1, known, plain, false); status != 413 || counted != "pull_request too-large" {
			t.Errorf("a byte more, known %v: got %d, %s", known, status, counted)
		}
		if status, counted := post(75*mib+2000, known, form, false); status != 413 || counted != "pull_request too-large" {
			t.Errorf("as a form, known %v: got %d, %s", known, status, counted)
		}
	}
	if got := len(w.queue.all()); got != 1 {
		t.Errorf("%d notes were made", got)
	}
	text := url.Values{"payload": {string(opened(42)) + strings.Repeat(" ", 25*mib)}}.Encode()
	if status, counted := w.post(webhook(t, "pull_request", nil, set("Content-Type", form), body(text, secret))); status != 400 || counted != "pull_request unreadable" {
		t.Errorf("a payload of more than 25 MiB in a form: got %d, %s", status, counted)
	}
}

// TestSlowBodies lets a sender send no more: it is cut off, and does not keep others out.
func TestSlowBodies(t *testing.T) {
	w := newWorld(t, func(c *hook.Config) { c.BodyTime = 300 * time.Millisecond })
	s := httptest.NewServer(w.handler)
	defer s.Close()
	slow := func(sum string, length int) string {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return ""
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\nX-Hub-Signature-256: %s\r\nContent-Length: %d\r\n\r\n{", sum, length)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		line := make([]byte, 12)
		_, _ = io.ReadFull(conn, line)
		return string(line)
	}
	var all sync.WaitGroup
	for _, length := range []int{100, 20 << 20, 20 << 20, 20 << 20} {
		all.Go(func() {
			if got := slow(traffic.Sign("x", nil), length); got != "HTTP/1.1 408" {
				t.Errorf("a slow body of %d bytes: got %q, want 408", length, got)
			}
		})
		all.Go(func() {
			if got := slow("none", length); got != "HTTP/1.1 401" {
				t.Errorf("a slow body of %d bytes without a signature: got %q, want 401", length, got)
			}
		})
	}
	all.Wait()
	r := webhook(t, "pull_request", opened(42))
	r.URL, r.RequestURI = &url.URL{Scheme: "http", Host: s.Listener.Addr().String(), Path: "/hook"}, ""
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 202 {
		t.Errorf("got %d", resp.StatusCode)
	}
}

// TestLargeBodiesOfMany shows that only a few large bodies are in memory at a time.
func TestLargeBodiesOfMany(t *testing.T) {
	w := newWorld(t, func(c *hook.Config) { c.BodyTime = 200 * time.Millisecond })
	hold := make(chan struct{})
	var all sync.WaitGroup
	reading := make(chan struct{}, 3)
	for i := range 3 {
		all.Go(func() {
			r := webhook(t, "push", nil, set("X-GitHub-Delivery", fmt.Sprint(i)))
			r.Body, r.ContentLength = io.NopCloser(readFunc(func([]byte) (int, error) { reading <- struct{}{}; <-hold; return 0, io.EOF })), 2<<20
			w.handler.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	for range 3 {
		<-reading
	}
	rec := httptest.NewRecorder()
	r := webhook(t, "pull_request", opened(42))
	r.ContentLength = -1
	w.handler.ServeHTTP(rec, r)
	if rec.Code != 503 {
		t.Errorf("got %d for one more, want 503", rec.Code)
	}
	rec = httptest.NewRecorder()
	w.handler.ServeHTTP(rec, webhook(t, "pull_request", opened(42)))
	if rec.Code != 202 {
		t.Errorf("got %d for a small one, want 202", rec.Code)
	}
	close(hold)
	all.Wait()
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestNewRefuses(t *testing.T) {
	for _, secrets := range [][][]byte{nil, {}, {nil}, {[]byte("x"), {}}} {
		if _, err := hook.New(hook.Config{Secrets: secrets, Queue: &memory{}}); !errors.Is(err, hook.ErrSecret) {
			t.Errorf("%q: got %v, want %v", secrets, err, hook.ErrSecret)
		}
	}
	h, err := hook.New(hook.Config{Secrets: [][]byte{[]byte(secret)}, Queue: &memory{}})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, webhook(t, "pull_request", opened(42)))
	if rec.Code != 202 {
		t.Errorf("got %d without a log and a counter", rec.Code)
	}
}

// FuzzHandler sends what GitHub's secret has signed, and what it has not.
func FuzzHandler(f *testing.F) {
	f.Add("pull_request", "application/json", "guid-1", opened(42), true)
	f.Add("push", "application/x-www-form-urlencoded", "guid-2", []byte("payload=%7B%7D"), true)
	f.Add("installation", "application/json", "", []byte(`{"installation":{"id":1},"repositories":[]}`), true)
	f.Add("check_run", "application/json", "x", []byte(`{"action":"requested_action","installation":{"id":1}}`), false)
	f.Fuzz(func(t *testing.T, name, kind, guid string, payload []byte, sign bool) {
		w := newWorld(t)
		r := webhook(t, "x", nil)
		r.Header["X-Github-Event"], r.Header["Content-Type"], r.Header["X-Github-Delivery"] = []string{name}, []string{kind}, []string{guid}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(payload)), int64(len(payload))
		r.Header.Set("X-Hub-Signature-256", traffic.Sign(secret, payload))
		if !sign {
			r.Header.Set("X-Hub-Signature-256", traffic.Sign(secret+" ", payload))
		}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		notes := w.queue.all()
		if rec.Code/100 == 2 != (rec.Code == 202) || rec.Code >= 500 || !sign && rec.Code == 202 || len(notes) > 0 && rec.Code != 202 {
			t.Errorf("answered %d with %d notes, signed %v", rec.Code, len(notes), sign)
		}
		for _, n := range notes {
			var e event.Event
			if err := json.Unmarshal(n.Body, &e); err != nil || e.Name != name || n.ID != guid || e.Installation <= 0 || hook.Key(e) != n.Key {
				t.Errorf("the note %+v, %v", n, err)
			}
		}
	})
}
