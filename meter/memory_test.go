package meter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

// live is how many bytes of the heap are in use.
func live() int64 {
	runtime.GC()
	runtime.GC() // what pools held at the first one is free after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// plainRig is a proxy before a provider of which nothing is kept.
func plainRig(t *testing.T, handler http.HandlerFunc) *meter.Proxy {
	t.Helper()
	provider := httptest.NewServer(handler)
	t.Cleanup(provider.Close)
	p, err := meter.Start(meter.Config{Admit: admitAll, Upstreams: []meter.Upstream{{Name: "local", URL: provider.URL, Auth: meter.NoAuth}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	return p
}

func ask(s *meter.Session, path, body string) (int64, error) {
	q, err := http.NewRequest(http.MethodPost, s.URL("local")+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	q.Header.Set("X-Api-Key", s.Token())
	resp, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return n, err
}

// TestMemoryPerCallIsSmall: a session returns all of its calls when it is closed, so each call takes memory, but no
// more than the call itself. PERTASK_SOAK=1 makes a hundred thousand of them.
func TestMemoryPerCallIsSmall(t *testing.T) {
	n := 5_000
	if os.Getenv("PERTASK_SOAK") != "" {
		n = 100_000
	}
	const perCall = 1536 // a usage.Call has 600, and there are its texts, with the provider's usage object
	var made atomic.Int64
	p := plainRig(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = fmt.Fprintf(w, `{"id":"chatcmpl-%020d","model":"gpt-5.5-2026-04-23","choices":[{"message":{"content":"%s"}}],`+
			`"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4}}}`,
			made.Add(1), strings.Repeat("word ", 400))
	})
	s := p.Open("trial")
	body := `{"model":"gpt-5.5","messages":[{"role":"user","content":"` + strings.Repeat("x", 40<<10) + `"}]}`
	send := func(n int) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range n / 4 {
					if _, err := ask(s, "/chat/completions", body); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	}
	send(500) // connections, buffers and tables are there
	before := live()
	send(n)
	if grown := (live() - before) / int64(n); grown > perCall {
		t.Errorf("each call leaves %d bytes, want at most %d", grown, perCall)
	}
	if calls := s.Close(context.Background()); len(calls) != n+500 {
		t.Errorf("%d calls, want %d", len(calls), n+500)
	}
}

// TestMemoryDoesNotDependOnTheAnswer measures the heap in the middle of an answer, again and again, while it is
// already much longer than what may be held of it.
func TestMemoryDoesNotDependOnTheAnswer(t *testing.T) {
	size := 32 << 20
	if os.Getenv("PERTASK_SOAK") != "" {
		size = 256 << 20
	}
	const most = 8 << 20
	text := bytes.Repeat([]byte(`sixty-four bytes of text, a line end and a \"quotation\" \n here `), 1<<10)
	events := []byte(strings.Repeat(sse(chatEvents(1, 7)[0]), 500))
	const tail = `"usage":{"prompt_tokens":7,"completion_tokens":9,"total_tokens":16}}`
	for _, c := range []struct {
		name, request, kind, head, tail string
		piece                           []byte
		in                              int64
	}{
		{"stream", `{"stream":true,"stream_options":{"include_usage":true}}`, sseType, "", sse(chatEvents(9, 7)[9:]...), events, 7},
		{"stream with a chunk withheld", `{"stream":true}`, sseType, "", sse(chatEvents(9, 7)[9:]...), events, 7},
		{"one piece", `{}`, jsonType, `{"choices":[{"message":{"content":"`, `"}}],` + tail, text, 7},
		{"one piece of many", `{}`, jsonType, `{"choices":[{"message":{"content":"`, `"}}],` + tail, append([]byte(`"}},{"message":{"content":"`), text...), 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, peak int64
			p := plainRig(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				_, _ = io.WriteString(w, c.head)
				before = live()
				for sent := 0; sent < size; sent += len(c.piece) {
					_, _ = w.Write(c.piece)
					if sent%(size/8) < len(c.piece) {
						peak = max(peak, live()-before)
					}
				}
				_, _ = io.WriteString(w, c.tail)
			})
			s := p.Open("trial")
			if n, err := ask(s, "/chat/completions", c.request); err != nil || n < int64(size) {
				t.Fatalf("got %d bytes, %v", n, err)
			}
			if peak > most {
				t.Errorf("the heap grew by %d bytes, want at most %d", peak, most)
			}
			for _, call := range s.Close(context.Background()) {
				want(t, call, usage.Complete, c.in, 9)
			}
		})
	}
}

// TestBodiesAreNeverMixedUp sends requests of many sizes at once, to a provider that answers some before it has read
// them and breaks others off: memory that is used again must hold one request only.
func TestBodiesAreNeverMixedUp(t *testing.T) {
	p := plainRig(t, func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("X-Early") != "" {
			answers(200, jsonType, chatAnswer(1, 1))(w, q)
			return
		}
		body, _ := io.ReadAll(q.Body)
		letter, size := q.Header.Get("X-Letter"), 0
		_, _ = fmt.Sscan(q.Header.Get("X-Size"), &size)
		if text := strings.TrimSuffix(strings.TrimPrefix(string(body), `{"model":"`), `"}`); text != strings.Repeat(letter, size) {
			t.Errorf("a body of %d %q came as %d bytes, %.40q", size, letter, len(body), body)
		}
		if size%3 == 0 {
			panic(http.ErrAbortHandler)
		}
		answers(200, jsonType, chatAnswer(1, 1))(w, q)
	})
	s := p.Open("trial")
	var all sync.WaitGroup
	for i := range 8 {
		letter := string(rune('a' + i))
		all.Go(func() {
			for n := range 40 {
				size := 15<<10 + n*5003
				q, _ := http.NewRequest(http.MethodPost, s.URL("local")+"/chat/completions", strings.NewReader(`{"model":"`+strings.Repeat(letter, size)+`"}`))
				q.Header.Set("X-Api-Key", s.Token())
				q.Header.Set("X-Letter", letter)
				q.Header.Set("X-Size", fmt.Sprint(size))
				if n%5 == 1 {
					q.Header.Set("X-Early", "1")
				}
				if resp, err := http.DefaultTransport.RoundTrip(q); err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}
		})
	}
	all.Wait()
	for _, c := range s.Close(context.Background()) {
		if m := c.RequestedModel; m == "" || strings.Trim(m, m[:1]) != "" {
			t.Errorf("call %s asked for the model %.40q", c.ID, m)
		}
	}
}

// TestNothingIsForwardedOnceTheBudgetIsSpent races many requests against a budget. What was refused must not reach
// the provider, and past the budget there may only be what was in flight when it was passed.
func TestNothingIsForwardedOnceTheBudgetIsSpent(t *testing.T) {
	const limit, clients, each = 20, 16, 12
	var mu sync.Mutex
	spent, refused, reached := 0, map[string]bool{}, map[string]bool{}
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		mu.Lock()
		reached[strings.TrimSuffix(strings.TrimPrefix(string(body), `{"model":"`), `"}`)] = true
		mu.Unlock()
		answers(200, jsonType, chatAnswer(1, 1))(w, q)
	}, func(cfg *meter.Config) {
		cfg.Admit = func(_ context.Context, c usage.Call) error {
			mu.Lock()
			defer mu.Unlock()
			if spent < limit {
				return nil
			}
			refused[c.RequestedModel] = true
			return errors.New("budget: it is spent")
		}
		cfg.Record = func(c usage.Call) error {
			mu.Lock()
			defer mu.Unlock()
			if c.State == usage.Ended && c.Coverage == usage.Complete {
				spent++
			}
			return nil
		}
	})
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for n := range each {
				model := fmt.Sprintf("m-%d-%d", i, n)
				resp, body := r.post("openai", "/chat/completions", `{"model":"`+model+`"}`)
				mu.Lock()
				no := refused[model]
				mu.Unlock()
				if no && (resp.StatusCode != 400 || messageOf(t, body) != "pertask: budget: it is spent") || !no && resp.StatusCode != 200 {
					t.Errorf("%s, refused %t: got %d %s", model, no, resp.StatusCode, body)
				}
			}
		})
	}
	all.Wait()
	for model := range refused {
		if reached[model] {
			t.Errorf("%s was refused and forwarded", model)
		}
	}
	if len(refused)+len(reached) != clients*each || len(reached) < limit || len(reached) > limit+clients-1 {
		t.Errorf("%d calls were forwarded and %d refused of %d, with a budget of %d and %d at once", len(reached), len(refused), clients*each, limit, clients)
	}
	for _, c := range r.close() {
		if forwarded := reached[c.RequestedModel]; forwarded != (c.Coverage == usage.Complete) || forwarded != (c.Status == 200) {
			t.Errorf("call of %s, forwarded %t, has status %d and coverage %q", c.RequestedModel, forwarded, c.Status, c.Coverage)
		}
	}
}
