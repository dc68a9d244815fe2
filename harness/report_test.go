package harness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/harness"
	"github.com/pertask/pertask/trial"
)

// logs are what agents leave behind, in the forms that the versions in their descriptions were seen to write: where,
// and after "->" what it says as input, cache read, cache creation, output, reasoning and dollars.
var logs = map[string]struct{ path, text, want string }{
	"codex": {".codex/sessions/2026/11/23/rollout-x.jsonl",
		`{"type":"session_meta","payload":{"id":"a"}}
{"type":"token_usage_record","payload":{"response_id":"r1","usage":{"input_tokens":1000,"cached_input_tokens":600,"cache_write_input_tokens":100,"output_tokens":50,"reasoning_output_tokens":20}}}
{"type":"token_usage_record","payload":{"response_id":"r1","usage":{"input_tokens":1000,"cached_input_tokens":600,"cache_write_input_tokens":100,"output_tokens":50,"reasoning_output_tokens":20}}}
{"type":"token_usage_record","payload":{"response_id":"r2","usage":{"input_tokens":10,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":5,"reasoning_output_tokens":0}}}
`, "310 600 100 55 20 "},
	"claude-code": {".claude/projects/-w/s.jsonl",
		`{"type":"assistant","message":{"usage":{"input_tokens":1}}}
{"type":"cost-state","sessionId":"s","totalCostUSD":0.1,"modelUsage":{"m":{"inputTokens":1,"outputTokens":1,"thinkingTokens":0,"cacheReadInputTokens":0,"cacheCreationInputTokens":0}}}
{"type":"cost-state","sessionId":"s","totalCostUSD":0.25,"modelUsage":{"m":{"inputTokens":100,"outputTokens":50,"thinkingTokens":7,"cacheReadInputTokens":600,"cacheCreationInputTokens":30},"n":{"inputTokens":1,"outputTokens":2,"thinkingTokens":0,"cacheReadInputTokens":0,"cacheCreationInputTokens":0}},"hasUnknownModelCost":false}
`, "101 600 30 52 7 0.250000000000"},
	"gemini": {".gemini/tmp/work/chats/session-x.jsonl",
		`{"sessionId":"s","kind":"main"}
{"id":"1","type":"gemini","tokens":{"input":1000,"output":30,"cached":600,"thoughts":20,"tool":0,"total":1050}}
{"id":"1","type":"gemini","toolCalls":[],"tokens":{"input":1000,"output":30,"cached":600,"thoughts":20,"tool":0,"total":1050}}
{"id":"2","type":"gemini","tokens":{"input":10,"output":3,"cached":0,"thoughts":0,"tool":4,"total":17}}
`, "414 600 unknown 53 20 "},
	"qwen": {".qwen/projects/-w/chats/s.jsonl",
		`{"type":"assistant","usageMetadata":{"promptTokenCount":1000}}
{"type":"system","subtype":"ui_telemetry","systemPayload":{"uiEvent":{"event.name":"qwen-code.api_response","input_token_count":1000,"output_token_count":50,"cached_content_token_count":600,"thoughts_token_count":20}}}
`, "400 600 unknown 50 20 "},
	"pi": {".pi/agent/sessions/--w--/s.jsonl",
		`{"type":"session","version":3}
{"type":"message","message":{"role":"assistant","usage":{"input":400,"output":50,"cacheRead":600,"cacheWrite":0,"cost":{"total":0.0019}}}}
{"type":"message","message":{"role":"assistant","usage":{"input":4,"output":5,"cacheRead":6,"cacheWrite":7,"cost":{"total":0.0001}}}}
`, "404 606 7 55 unknown 0.002000000000"},
	"copilot": {".copilot/session-state/u/events.jsonl",
		`{"type":"session.start","data":{}}
{"type":"session.shutdown","data":{"modelMetrics":{"m":{"usage":{"inputTokens":1000,"outputTokens":50,"cacheReadTokens":600,"cacheWriteTokens":30,"reasoningTokens":20}}}}}
`, "370 600 30 50 20 "},
	"opencode": {"", `{"type":"step_finish","part":{"tokens":{"total":1050,"input":400,"output":30,"reasoning":20,"cache":{"write":0,"read":600}},"cost":0.0019}}
{"type":"text","part":{"text":"done"}}
{"type":"step_finish","part":{"tokens":{"input":1,"output":2,"reasoning":3,"cache":{"write":4,"read":5}},"cost":0.0001}}
`, "401 605 4 55 23 0.002000000000"},
	"cline": {"", `{"type":"agent_event","event":{"type":"usage","inputTokens":730}}
{"type":"run_result","usage":{},"aggregateUsage":{"inputTokens":730,"outputTokens":50,"cacheReadTokens":600,"cacheWriteTokens":30,"totalCost":0}}
`, "100 600 30 50 unknown "},
}

// read has an agent read what it left behind, and prints it.
func read(t testing.TB, agent, path, text string) (string, error) {
	t.Helper()
	j := trial.Job{Home: t.TempDir()}
	answer := []byte(text)
	if path != "" {
		answer = nil
		full := filepath.Join(j.Home, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := harness.All()[agent].SelfReport(j, answer)
	if r == nil || err != nil {
		return "", err
	}
	u := r.Tokens
	return strings.Join([]string{u.Input.String(), u.CacheRead.String(), u.CacheCreation.String(), u.Output.String(), u.Reasoning.String(), r.USD}, " "), nil
}

func TestReports(t *testing.T) {
	for _, a := range harness.Descriptions() {
		l, ok := logs[a.Name]
		if ok != (a.Report != nil) {
			t.Errorf("%s has a log here or a reader, and not both", a.Name)
		}
		if !ok {
			continue
		}
		if got, err := read(t, a.Name, l.path, l.text); got != l.want || err != nil {
			t.Errorf("%s says %q and %v, want %q", a.Name, got, err, l.want)
		}
		if got, err := read(t, a.Name, l.path, "{}\n"); got != "" || err != nil {
			t.Errorf("%s says %q and %v of nothing", a.Name, got, err)
		}
		// A negative count is not JSON of a count, so the whole is unknown.
		broken := strings.NewReplacer(":1000,", ":-1000,", `"inputTokens":100,`, `"inputTokens":-1,`, `:730,`, `:-730,`, `"input":400`, `"input":-4`).Replace(l.text)
		if got, err := read(t, a.Name, l.path, broken); got != "" || err == nil {
			t.Errorf("%s says %q and %v of a log that is broken", a.Name, got, err)
		}
	}
}

func TestAnswerThatWasCut(t *testing.T) {
	long := logs["opencode"].text + strings.Repeat("x", 1<<20)
	if got, err := read(t, "opencode", "", long[:1<<20]); got != "" || err == nil {
		t.Errorf("an answer that was cut says %q and %v", got, err)
	}
}

// A log that leads out of the home folder, or that is no file, is not read.
func TestLogsAreOnlyTheAgents(t *testing.T) {
	j := trial.Job{Home: t.TempDir()}
	outside := filepath.Join(t.TempDir(), "s.jsonl")
	dir := filepath.Join(j.Home, ".pi/agent/sessions/x")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside, []byte(logs["pi"].text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "s.jsonl")); err != nil {
		t.Fatal(err)
	}
	if r, err := harness.All()["pi"].SelfReport(j, nil); r != nil || err == nil {
		t.Errorf("a link says %v and %v", r, err)
	}
}

func FuzzReports(f *testing.F) {
	for name, l := range logs {
		f.Add(name, l.text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		l, ok := logs[name]
		if !ok {
			return
		}
		got, err := read(t, name, l.path, text)
		if err != nil || got == "" {
			return
		}
		if strings.Contains(got, "-") {
			t.Errorf("%s says %s", name, got)
		}
		if usd := got[strings.LastIndex(got, " ")+1:]; usd != "" && !json.Valid([]byte(usd)) {
			t.Errorf("%s says %q dollars", name, usd)
		}
	})
}
