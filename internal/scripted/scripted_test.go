package scripted_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/scripted"
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/gemini"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

func start(t *testing.T, cfg scripted.Config) *scripted.Server {
	t.Helper()
	s, err := scripted.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// post sends a request with the key of the test, and returns what arrived of the answer.
func post(t *testing.T, s *scripted.Server, path, body string) (status int, answer []byte, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key-1")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

const someTools = `"tools":[{"type":"function","function":{"name":"read_file"}},{"type":"function","function":{"name":"write_file","parameters":{"properties":{"path":{},"content":{}}}}}]`

// asks are requests as agents make them: what they send, and the call that has the effect.
var asks = map[string]struct{ path, body, tool, want string }{
	"chat": {"/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":PROMPT}],` + someTools + `}`,
		"write_file", `{\"content\":\"hello-1\",\"path\":\"out.txt\"}`},
	"chat, commands in a list": {"/chat/completions", `{"model":"m","messages":[{"role":"user","content":PROMPT}],
		"tools":[{"type":"function","function":{"name":"run_commands","parameters":{"properties":{"commands":{"type":"array"}}}}}]}`,
		"run_commands", `{\"commands\":[\"printf %s hello-1 | tee out.txt\"]}`},
	"chat, a shell that wants a reason": {"/chat/completions", `{"model":"m","messages":[{"role":"user","content":PROMPT}],
		"tools":[{"type":"function","function":{"name":"bash","parameters":{"properties":{"command":{},"description":{}}}}}]}`,
		"bash", `{\"command\":\"printf %s hello-1 | tee out.txt\",\"description\":\"Write the file\"}`},
	"responses, a function": {"/v1/responses", `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":PROMPT}]}],
		"tools":[{"type":"function","name":"exec_command","parameters":{"properties":{"cmd":{}}}},{"type":"web_search"}]}`,
		"exec_command", `{\"cmd\":\"printf %s hello-1 | tee out.txt\"}`},
	"responses, a script in a namespace": {"/v1/responses", `{"model":"m","input":[{"type":"additional_tools","tools":[{"type":"namespace","name":"functions",
		"tools":[{"type":"custom","name":"exec"}]}]},{"role":"user","content":PROMPT}],"tools":[]}`,
		"exec", `"input":"const r = await tools.exec_command({cmd: \"printf %s hello-1 | tee out.txt\"}); text(r);"`},
	"messages": {"/v1/messages", `{"model":"m","messages":[{"role":"user","content":PROMPT}],
		"tools":[{"name":"Bash","input_schema":{}},{"name":"Write","input_schema":{"properties":{"file_path":{},"content":{}}}}]}`,
		"Write", `{"content":"hello-1","file_path":"out.txt"}`},
	"messages, another spelling": {"/v1/messages", `{"model":"m","messages":[{"role":"user","content":PROMPT}],
		"tools":[{"name":"write","input_schema":{"properties":{"filePath":{},"content":{}}}}]}`,
		"write", `{"content":"hello-1","filePath":"out.txt"}`},
	"chat, an agent that says where it works": {"/chat/completions", `{"model":"m","messages":[{"role":"user","content":"I'm currently working in the directory: /tmp/w-1/work\n"},
		{"role":"user","content":PROMPT}],` + someTools + `}`, "write_file", `{\"content\":\"hello-1\",\"path\":\"/tmp/w-1/work/out.txt\"}`},
	"generate": {"/v1beta/models/m:generateContent", `{"contents":[{"role":"user","parts":[{"text":PROMPT}]}],
		"tools":[{"functionDeclarations":[{"name":"write_file","parametersJsonSchema":{"properties":{"file_path":{},"content":{}}}}]}]}`,
		"write_file", `{"content":"hello-1","file_path":"out.txt"}`},
	"generate, the older schema": {"/v1beta/models/m:generateContent", `{"contents":[{"role":"user","parts":[{"text":PROMPT}]}],
		"tools":[{"functionDeclarations":[{"name":"write_file","parameters":{"properties":{"file_path":{},"content":{}}}}]}]}`,
		"write_file", `{"content":"hello-1","file_path":"out.txt"}`},
}

// withPrompt fills in a prompt, as JSON.
func withPrompt(t *testing.T, body string) string {
	t.Helper()
	text, err := json.Marshal(scripted.Prompt("out.txt", "hello-1"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(body, "PROMPT", string(text))
}

func TestCallsTheToolThatIsOffered(t *testing.T) {
	for name, c := range asks {
		t.Run(name, func(t *testing.T) {
			s := start(t, scripted.Config{})
			status, answer, err := post(t, s, c.path, withPrompt(t, c.body))
			if err != nil || status != http.StatusOK {
				t.Fatalf("status %d, error %v: %s", status, err, answer)
			}
			if !bytes.Contains(answer, []byte(c.want)) || !bytes.Contains(answer, []byte(c.tool)) {
				t.Errorf("the answer does not call %s with %s: %s", c.tool, c.want, answer)
			}
			got := s.Ledger().Calls[0]
			if got.Tool != c.tool || got.Text != "hello-1" || got.Model != "m" || got.Key != "key-1" || got.Stream {
				t.Errorf("the ledger has %+v", got)
			}
		})
	}
}

func TestStopsOnceAToolHasAnswered(t *testing.T) {
	for name, c := range map[string]struct{ path, body string }{
		"chat": {"/chat/completions", `{"model":"m","messages":[{"role":"user","content":PROMPT},{"role":"tool","content":"ok"}],` + someTools + `}`},
		"responses": {"/responses", `{"model":"m","input":[{"role":"user","content":PROMPT},{"type":"function_call_output","output":"ok"}],
			"tools":[{"type":"function","name":"exec_command"}]}`},
		"responses, a text": {"/responses", `{"model":"m","input":[{"role":"user","content":PROMPT},{"type":"custom_tool_call_output","output":"ok"}],
			"tools":[{"type":"function","name":"exec_command"}]}`},
		"messages": {"/messages", `{"model":"m","messages":[{"role":"user","content":PROMPT},{"role":"user","content":[{"type":"tool_result"}]}],
			"tools":[{"name":"Write"}]}`},
		"generate": {"/models/m:generateContent", `{"contents":[{"parts":[{"text":PROMPT}]},{"parts":[{"functionResponse":{}}]}],
			"tools":[{"functionDeclarations":[{"name":"write_file"}]}]}`},
		"no tool":   {"/chat/completions", `{"model":"m","messages":[{"role":"user","content":PROMPT}]}`},
		"no prompt": {"/chat/completions", `{"model":"m","messages":[{"role":"user","content":"a title, please"}],` + someTools + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, scripted.Config{})
			status, answer, err := post(t, s, c.path, withPrompt(t, c.body))
			if err != nil || status != http.StatusOK {
				t.Fatalf("status %d, error %v: %s", status, err, answer)
			}
			if got := s.Ledger().Calls[0].Tool; got != "" || !bytes.Contains(answer, []byte("Done:")) {
				t.Errorf("the answer calls %q and not with words: %s", got, answer)
			}
		})
	}
}

// events feeds a stream to one of the meter's readers.
func events(t *testing.T, stream []byte, to func(name string, data []byte)) {
	t.Helper()
	n := 0
	p := sse.Parser{Handle: func(name string, data []byte) { n++; to(name, data) }}
	if _, err := p.Write(stream); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatalf("the stream has no events: %s", stream)
	}
}

// readings read answers with the meter's own readers. The ledger and they must tell the same.
var readings = map[string]struct {
	path, body string
	read       func(t *testing.T, answer []byte) usage.Reading
}{
	"chat": {"/chat/completions", `{"model":"m"}`, func(_ *testing.T, a []byte) usage.Reading { return openai.ReadChat(a) }},
	"chat, a stream": {"/chat/completions", `{"model":"m","stream":true}`, func(t *testing.T, a []byte) usage.Reading {
		var s openai.ChatStream
		events(t, a, s.Event)
		return s.Reading()
	}},
	"responses": {"/responses", `{"model":"m"}`, func(_ *testing.T, a []byte) usage.Reading { return openai.ReadResponse(a) }},
	"responses, a stream": {"/responses", `{"model":"m","stream":true}`, func(t *testing.T, a []byte) usage.Reading {
		var s openai.ResponsesStream
		events(t, a, s.Event)
		return s.Reading()
	}},
	"messages": {"/messages", `{"model":"m"}`, func(_ *testing.T, a []byte) usage.Reading { return anthropic.Read(a, anthropic.TTL{}) }},
	"messages, a stream": {"/messages", `{"model":"m","stream":true}`, func(t *testing.T, a []byte) usage.Reading {
		var s anthropic.Stream
		events(t, a, s.Event)
		return s.Reading()
	}},
	"generate": {"/models/m:generateContent", `{}`, func(_ *testing.T, a []byte) usage.Reading { return gemini.Read(a, gemini.Asked{}) }},
	"generate, a stream": {"/models/m:streamGenerateContent?alt=sse", `{}`, func(t *testing.T, a []byte) usage.Reading {
		var s gemini.Stream
		events(t, a, s.Event)
		return s.Reading()
	}},
}

func TestUsageIsWhatTheLedgerSays(t *testing.T) {
	for name, c := range readings {
		t.Run(name, func(t *testing.T) {
			s := start(t, scripted.Config{Serves: map[string]string{"m": "m-2026"}})
			seen := map[string]bool{}
			for n := range 5 {
				_, answer, err := post(t, s, c.path, c.body)
				if err != nil {
					t.Fatal(err)
				}
				got, want := c.read(t, answer), s.Ledger().Calls[n]
				if got.Coverage != usage.Complete || got.ServedModel != "m-2026" || got.ResponseID != want.ID {
					t.Fatalf("the answer reads as %+v", got)
				}
				if diff := cmp.Diff(want.Tokens, got.Tokens); diff != "" {
					t.Errorf("the ledger and the answer differ (-ledger +answer):\n%s", diff)
				}
				sum := got.Tokens.Total().String()
				if seen[sum] {
					t.Errorf("%s tokens were served before", sum)
				}
				seen[sum] = true
			}
		})
	}
}

func TestFailsByTheScript(t *testing.T) {
	s := start(t, scripted.Config{Failures: []scripted.Failure{{Status: 429}, {Status: 500}, {Cut: true}}})
	for _, want := range []int{429, 500} {
		if status, answer, _ := post(t, s, "/chat/completions", `{"model":"m"}`); status != want || !json.Valid(answer) {
			t.Errorf("status %d with %q, want %d with an object", status, answer, want)
		}
	}
	if _, answer, err := post(t, s, "/chat/completions", `{"model":"m","stream":true}`); err == nil || len(answer) == 0 {
		t.Errorf("the answer that is cut has %q and the error %v", answer, err)
	}
	if status, _, err := post(t, s, "/chat/completions", `{"model":"m"}`); status != 200 || err != nil {
		t.Errorf("after its failures it answers with %d and %v", status, err)
	}
	l := s.Ledger()
	if zero := usage.None(); len(l.Calls) != 4 || l.Calls[0].Tokens != zero || l.Calls[1].Tokens != zero || !l.Calls[2].Cut || l.Calls[2].Tokens == zero {
		t.Errorf("the ledger has %+v", l.Calls)
	}
}

func TestCutsAnAnswerInOnePiece(t *testing.T) {
	s := start(t, scripted.Config{Failures: []scripted.Failure{{Cut: true}}})
	if _, answer, err := post(t, s, "/chat/completions", `{"model":"m"}`); err == nil || len(answer) == 0 || json.Valid(answer) {
		t.Errorf("the answer that is cut has %q and the error %v", answer, err)
	}
}

func TestWaits(t *testing.T) {
	s := start(t, scripted.Config{Delay: 50 * time.Millisecond})
	begun := time.Now()
	if _, _, err := post(t, s, "/chat/completions", `{"model":"m"}`); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 50*time.Millisecond {
		t.Errorf("it answered after %v, before its delay was over", took)
	}
}

func TestKeys(t *testing.T) {
	s := start(t, scripted.Config{Keys: []string{"key-1", "key-2"}})
	for name, change := range map[string]func(*http.Request){
		"bearer":         func(r *http.Request) { r.Header.Set("Authorization", "Bearer key-1") },
		"x-api-key":      func(r *http.Request) { r.Header.Set("X-Api-Key", "key-2") },
		"x-goog-api-key": func(r *http.Request) { r.Header.Set("X-Goog-Api-Key", "key-1") },
		"query":          func(r *http.Request) { r.URL.RawQuery = "key=key-2" },
		"none":           func(*http.Request) {},
		"placeholder":    func(r *http.Request) { r.Header.Set("Authorization", "Bearer ptk_0_1") },
		"in the path":    func(r *http.Request) { r.URL.RawQuery = "key=ptk_0_1" },
	} {
		r, err := http.NewRequest(http.MethodPost, s.URL()+"/chat/completions", strings.NewReader(`{"model":"m"}`))
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		refused := name == "none" || name == "placeholder" || name == "in the path"
		if (resp.StatusCode == http.StatusUnauthorized) != refused {
			t.Errorf("%s: status %d", name, resp.StatusCode)
		}
	}
	l := s.Ledger()
	if diff := cmp.Diff(map[string]int{"key-1": 2, "key-2": 2}, l.ByKey()); diff != "" {
		t.Errorf("calls by key differ (-want +got):\n%s", diff)
	}
	if l.Refused != 3 || len(l.Leaks) != 2 {
		t.Errorf("%d were refused and the leaks are %q, want 3 and one in a header and one in the path", l.Refused, l.Leaks)
	}
}

func TestLedgerAddsUp(t *testing.T) {
	s := start(t, scripted.Config{})
	var all sync.WaitGroup
	for n := range 12 {
		all.Go(func() {
			model := []string{"a", "b"}[n%2]
			if _, _, err := post(t, s, "/chat/completions", `{"model":"`+model+`"}`); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	l := s.Ledger()
	tokens, calls := l.ByModel()
	if calls["a"] != 6 || calls["b"] != 6 {
		t.Errorf("calls by model are %v, want 6 each", calls)
	}
	sum := tokens["a"].Plus(tokens["b"])
	if diff := cmp.Diff(l.Total(func(scripted.Served) bool { return true }), sum); diff != "" {
		t.Errorf("the models do not add up to the total (-total +sum):\n%s", diff)
	}
	if nothing := l.Total(func(scripted.Served) bool { return false }); nothing != usage.None() {
		t.Errorf("no call consumed %+v", nothing)
	}
}

func TestEffortAsItIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct{ path, body, want string }{
		"chat":                {"/chat/completions", `{"model":"m","reasoning_effort":"high"}`, "high"},
		"chat at a gateway":   {"/chat/completions", `{"model":"m","reasoning":{"effort":"low"}}`, "low"},
		"responses":           {"/responses", `{"model":"m","reasoning":{"effort":"xhigh"}}`, "xhigh"},
		"messages":            {"/messages", `{"model":"m","output_config":{"effort":"low"}}`, "low"},
		"messages, a budget":  {"/messages", `{"model":"m","thinking":{"type":"enabled","budget_tokens":16000}}`, "16000"},
		"generate, a level":   {"/models/m:generateContent", `{"generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}}}`, "low"},
		"generate, a budget":  {"/models/m:generateContent", `{"generationConfig":{"thinkingConfig":{"thinkingBudget":512}}}`, "512"},
		"nothing":             {"/chat/completions", `{"model":"m"}`, ""},
		"nothing to generate": {"/models/m:generateContent", `{}`, ""},
	} {
		s := start(t, scripted.Config{})
		if _, _, err := post(t, s, c.path, c.body); err != nil {
			t.Fatal(err)
		}
		if got := s.Ledger().Calls[0].Effort; got != c.want {
			t.Errorf("%s: the effort is %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatIsNoCall(t *testing.T) {
	var dumped []string
	s := start(t, scripted.Config{Dump: func(method, path string, _ []byte) { dumped = append(dumped, method+" "+path) }})
	if status, _, _ := post(t, s, "/v1/models/m:countTokens", `{}`); status != http.StatusNotFound {
		t.Errorf("an unknown path has the status %d", status)
	}
	if status, _, _ := post(t, s, "/v1/responses", `{`); status != http.StatusNotFound {
		t.Errorf("a body that is no JSON has the status %d", status)
	}
	want := []string{"POST /v1/models/m:countTokens", "POST /v1/responses"}
	if diff := cmp.Diff(want, s.Ledger().Strays); diff != "" || len(s.Ledger().Calls) != 0 {
		t.Errorf("strays differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, dumped); diff != "" {
		t.Errorf("dumped requests differ (-want +got):\n%s", diff)
	}
}
