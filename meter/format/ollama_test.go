package format

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pertask/pertask/usage"
)

func TestOllamaRoutes(t *testing.T) {
	const line, last = `{"model":"m","response":"a","done":false}`, `{"model":"m","done":true,"prompt_eval_count":9,"prompt_eval_cached_count":4,"eval_count":3}`
	for path, name := range map[string]string{"/api/chat": "ollama.chat", "/api/generate": "ollama.generate"} {
		f, x := open(t, Ollama, path, `{"model":"m"}`)
		if f.Name != name || x.Model != "m" || !x.Stream || x.Withhold != nil || string(x.Body) != `{"model":"m"}` {
			t.Errorf("%s: format %q, exchange %+v", path, f.Name, x)
		}
		if got := summary(x.Read([]byte(last))); got != "complete 5+4/3  " {
			t.Errorf("%s in one piece: %q", path, got)
		}
		s := x.Events()
		split := x.Split(s.Event)
		for _, b := range []byte(line + "\n" + last + "\n") {
			if n, err := split.Write([]byte{b}); n != 1 || err != nil {
				t.Fatalf("wrote %d bytes, error %v", n, err)
			}
		}
		split.End()
		if got := summary(s.Reading()); got != "complete 5+4/3  " || split.Dropped() {
			t.Errorf("%s as lines: %q", path, got)
		}
		if _, x := open(t, Ollama, path, `{"model":"m","stream":false}`); x.Stream {
			t.Errorf("%s: a stream although the request says no", path)
		}
		if _, err := f.Open(Request{Body: []byte(`{"model":"a","Model":"b"}`)}); err == nil {
			t.Errorf("%s: a request with two models was read", path)
		}
	}
	// Ollama speaks OpenAI's formats too, as server-sent events.
	if f, x := open(t, Ollama, "/v1/chat/completions", `{"model":"m"}`); f.Name != "openai.chat" || x.Split != nil || x.Stream {
		t.Errorf("format %q, exchange %+v", f.Name, x)
	}
}

// TestOllamaCutStream has no counts before the last line.
func TestOllamaCutStream(t *testing.T) {
	_, x := open(t, Ollama, "/api/chat", `{"model":"m"}`)
	s := x.Events()
	split := x.Split(s.Event)
	_, _ = split.Write([]byte(`{"model":"m","done":false}` + "\n" + `{"model":"m","done":true,"eval_co`))
	split.End()
	if r := s.Reading(); r.Coverage != usage.Missing || r.Problem == "" {
		t.Errorf("coverage %q, problem %q", r.Coverage, r.Problem)
	}
}

func TestOllamaFree(t *testing.T) {
	for path, want := range map[string]bool{
		"/api/show": true, "/v1/api/show": true, "/api/embed": false, "/api/embeddings": false, "/api/pull": false, "/api/push": false,
		"/api/create": false, "/api/copy": false, "/api/delete": false, "/api/blobs/x": false, "/api/chat": false, "/api/generate": false,
	} {
		_, metered := Find(Ollama, path)
		if got := IsFree(Ollama, path); got != want {
			t.Errorf("%s is free: %t, want %t", path, got, want)
		}
		if billed := path == "/api/chat" || path == "/api/generate"; metered != billed {
			t.Errorf("%s is metered: %t, want %t", path, metered, billed)
		}
	}
	if IsFree(Compatible, "/api/show") {
		t.Error("another server has Ollama's free route")
	}
}

func TestOllamaErrors(t *testing.T) {
	f, _ := Find(Ollama, "/api/chat")
	b, err := json.Marshal(f.Refuse("kind", "no"))
	if err != nil || strings.TrimSpace(string(b)) != `{"error":"no"}` {
		t.Errorf("an error reads %s, %v", b, err)
	}
}
