package replay_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/pertask/pertask/internal/replay"
	"github.com/pertask/pertask/testdata"
)

func read(t *testing.T, name string) *replay.Records {
	t.Helper()
	f, err := testdata.Recorded.Open("recorded/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rs, err := replay.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// counter adds up the usage of every answer that passes through it.
type counter struct {
	http.Handler
	mu                            sync.Mutex
	calls                         int
	prompt, cached, output, worst int64
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	c.Handler.ServeHTTP(rec, r)
	var res struct {
		Usage struct {
			Prompt  int64 `json:"prompt_tokens"`
			Output  int64 `json:"completion_tokens"`
			Details struct {
				Cached int64 `json:"cached_tokens"`
			} `json:"prompt_tokens_details"`
		}
	}
	_ = json.Unmarshal(rec.Body.Bytes(), &res)
	c.mu.Lock()
	c.calls++
	c.prompt += res.Usage.Prompt
	c.cached += res.Usage.Details.Cached
	c.output += res.Usage.Output
	c.worst = max(c.worst, res.Usage.Prompt)
	c.mu.Unlock()
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func TestAgentReplaysEveryTrialToTheToken(t *testing.T) {
	for _, name := range []string{"gaia.jsonl", "terminal-bench-2.jsonl"} {
		rs := read(t, name)
		for _, model := range rs.Models() {
			t.Run(name+"/"+model, func(t *testing.T) {
				t.Parallel()
				for _, task := range rs.Tasks() {
					rec, ok := rs.Find(model, task)
					if !ok {
						t.Fatalf("no record of %s", task)
					}
					c := &counter{Handler: &replay.Upstream{Records: rs}}
					srv := httptest.NewServer(c)
					answer, err := replay.Agent(context.Background(), srv.URL+"/v1", "token", model, "Solve it.\n"+replay.Prompt(task))
					srv.Close()
					if err != nil {
						t.Fatal(err)
					}
					if got, want := answer == replay.Answer(task), rec.Completed; got != want {
						t.Errorf("%s: answered %q, completed = %v", task, answer, want)
					}
					input, _ := rec.Input.Value()
					cached, _ := rec.CacheRead.Value()
					output, _ := rec.Output.Value()
					if c.prompt != input+cached || c.cached != cached || c.output != output {
						t.Errorf("%s: served %d/%d/%d tokens, recorded %d/%d/%d", task, c.prompt, c.cached, c.output, input+cached, cached, output)
					}
					if c.worst > replay.MaxContext+1 {
						t.Errorf("%s: a call of %d input tokens passes %d", task, c.worst, replay.MaxContext)
					}
				}
			})
		}
	}
}

func TestUpstreamRefuses(t *testing.T) {
	rs := read(t, "gaia.jsonl")
	srv := httptest.NewServer(&replay.Upstream{Records: rs})
	defer srv.Close()
	task := rs.Tasks()[0]
	over := `{"model":"gemini-3-flash","messages":[{"role":"user","content":"` + replay.Prompt(task) + `"},{"role":"user","content":"Turn: 9999"}]}`
	tests := []struct {
		name, path, body string
		status           int
	}{
		{"another path", "/v1/responses", `{}`, 404},
		{"no JSON", "/v1/chat/completions", `{`, 400},
		{"an unknown model", "/v1/chat/completions", `{"model":"gpt-9","messages":[{"role":"user","content":"` + replay.Prompt(task) + `"}]}`, 404},
		{"no task", "/v1/chat/completions", `{"model":"gemini-3-flash","messages":[]}`, 404},
		{"a trial that is over", "/v1/chat/completions", over, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := http.Post(srv.URL+tt.path, "application/json", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body, _ := io.ReadAll(res.Body); res.StatusCode != tt.status {
				t.Errorf("status %d, want %d: %s", res.StatusCode, tt.status, body)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	const header = `{"schema":"pertask.recorded/1"}` + "\n"
	const row = `{"model":"m","task":"t","input":1,"cache_read":0,"output":1}` + "\n"
	for name, in := range map[string]string{
		"another schema":   `{"schema":"other/1"}` + "\n",
		"no header":        row,
		"a torn line":      header + `{"model":`,
		"an unknown count": header + `{"model":"m","task":"t","input":1,"cache_read":null,"output":1}`,
		"a negative count": header + `{"model":"m","task":"t","input":-1,"cache_read":0,"output":1}`,
		"the same twice":   header + row + row,
	} {
		if _, err := replay.Read(strings.NewReader(in)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
