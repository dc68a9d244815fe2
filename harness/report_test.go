package harness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
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
	return say(agent, j, string(answer))
}

// say prints what an agent says of a job with an answer.
func say(agent string, j trial.Job, answer string) (string, error) {
	r, err := harness.All()[agent].SelfReport(j, []byte(answer))
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

// What is not there is not known, and never nothing.
func TestPartialReports(t *testing.T) {
	for _, c := range []struct{ name, agent, text, want string }{
		{"no cache", "codex", `{"type":"token_usage_record","payload":{"usage":{"input_tokens":10,"output_tokens":5}}}`, "unknown unknown unknown 5 unknown "},
		{"more cached than read", "codex", `{"type":"token_usage_record","payload":{"usage":{"input_tokens":10,"cached_input_tokens":11,"cache_write_input_tokens":0,"output_tokens":5}}}`, "unknown 11 0 5 unknown "},
		{"no usage", "codex", `{"type":"token_usage_record","payload":{"response_id":"r"}}`, "unknown unknown unknown unknown unknown "},
		{"one of two without output", "codex", `{"type":"token_usage_record","payload":{"usage":{"input_tokens":10,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":5,"reasoning_output_tokens":1}}}
{"type":"token_usage_record","payload":{"usage":{"input_tokens":10,"cached_input_tokens":0,"cache_write_input_tokens":0,"reasoning_output_tokens":1}}}`, "20 0 0 unknown 2 "},
		{"null", "codex", `{"type":"token_usage_record","payload":{"usage":{"input_tokens":null,"output_tokens":5}}}`, "unknown unknown unknown 5 unknown "},
		{"more than can be counted", "codex", `{"type":"token_usage_record","payload":{"usage":{"output_tokens":9223372036854775807}}}
{"type":"token_usage_record","payload":{"usage":{"output_tokens":1}}}`, "unknown unknown unknown unknown unknown "},
		{"answers without a name, each its own", "codex", `{"type":"token_usage_record","payload":{"usage":{"output_tokens":2}}}
{"type":"token_usage_record","payload":{"usage":{"output_tokens":2}}}`, "unknown unknown unknown 4 unknown "},
		{"a record of another type", "codex", `{"type":"note","payload":"token_usage_record"}`, "error"},
		{"one in a record of another type", "codex", `{"type":"note","payload":{"why":"token_usage_record"}}`, ""},
		{"a price that is made up", "claude-code", `{"type":"cost-state","sessionId":"s","totalCostUSD":1,"hasUnknownModelCost":true,"modelUsage":{"m":{"inputTokens":1,"outputTokens":2}}}`, "1 unknown unknown 2 unknown "},
		{"no price", "claude-code", `{"type":"cost-state","sessionId":"s","modelUsage":{"m":{"inputTokens":1,"outputTokens":2}}}`, "1 unknown unknown 2 unknown "},
		{"one price of two", "claude-code", `{"type":"cost-state","sessionId":"s","totalCostUSD":1,"modelUsage":{"m":{"inputTokens":1}}}
{"type":"cost-state","sessionId":"t","totalCostUSD":1,"hasUnknownModelCost":true,"modelUsage":{"m":{"inputTokens":1}}}`, "2 unknown unknown unknown unknown "},
		{"a negative price", "claude-code", `{"type":"cost-state","sessionId":"s","totalCostUSD":-1,"modelUsage":{"m":{"inputTokens":1}}}`, "1 unknown unknown unknown unknown "},
		{"a price beyond all prices", "claude-code", `{"type":"cost-state","sessionId":"s","totalCostUSD":1e400,"modelUsage":{"m":{"inputTokens":1}}}`, "1 unknown unknown unknown unknown "},
		{"a price in words", "claude-code", `{"type":"cost-state","sessionId":"s","totalCostUSD":"a lot","modelUsage":{"m":{"inputTokens":1}}}`, "error"},
		{"no models", "claude-code", `{"type":"cost-state","sessionId":"s","totalCostUSD":1,"modelUsage":{}}`, ""},
		{"a session without a name", "claude-code", `{"type":"cost-state","totalCostUSD":1,"modelUsage":{"m":{"inputTokens":1}}}`, "error"},
		{"a message of a person", "gemini", `{"id":"1","type":"user","tokens":{"input":1}}`, ""},
		{"no tokens", "gemini", `{"id":"1","type":"gemini","tokens":null}`, ""},
		{"no tools", "gemini", `{"id":"1","type":"gemini","tokens":{"input":5,"cached":0,"output":3,"thoughts":1}}`, "unknown 0 unknown 4 1 "},
		{"a message without a name", "gemini", `{"type":"gemini","tokens":{"input":5}}`, "error"},
		{"a fraction", "gemini", `{"id":"1","type":"gemini","tokens":{"input":5.5}}`, "error"},
		{"an event of another name", "qwen", `{"systemPayload":{"uiEvent":{"event.name":"qwen-code.api_response_error","input_token_count":5}}}`, ""},
		{"no thoughts", "qwen", `{"systemPayload":{"uiEvent":{"event.name":"qwen-code.api_response","input_token_count":5,"cached_content_token_count":0,"output_token_count":2}}}`, "5 0 unknown 2 unknown "},
		{"a tool's message", "pi", `{"type":"message","message":{"role":"toolResult","usage":{"input":5}}}`, ""},
		{"no cost", "pi", `{"type":"message","message":{"role":"assistant","usage":{"input":5,"output":2,"cacheRead":0,"cacheWrite":0}}}`, "5 0 0 2 unknown "},
		{"a cost of nothing", "pi", `{"type":"message","message":{"role":"assistant","usage":{"input":5,"output":2,"cacheRead":0,"cacheWrite":0,"cost":{"total":0}}}}`, "5 0 0 2 unknown "},
		{"a list for usage", "pi", `{"type":"message","message":{"role":"assistant","usage":[]}}`, "error"},
		{"no models at the end", "copilot", `{"type":"session.shutdown","data":{}}`, ""},
		{"two models", "copilot", `{"type":"session.shutdown","data":{"modelMetrics":{"m":{"usage":{"inputTokens":5,"cacheReadTokens":1,"cacheWriteTokens":1,"outputTokens":2}},"n":{"usage":{"inputTokens":5,"cacheReadTokens":0,"cacheWriteTokens":0,"outputTokens":2}}}}}`, "8 1 1 4 unknown "},
		{"a step without tokens", "opencode", `{"type":"step_finish","part":{}}`, "unknown unknown unknown unknown unknown "},
		{"a text about a step", "opencode", `{"type":"text","part":{"text":"\"step_finish\""}}`, ""},
		{"no line", "opencode", `"step_finish" was printed by a program`, "error"},
		{"two ends", "cline", `{"type":"run_result","aggregateUsage":{"inputTokens":5,"cacheReadTokens":0,"cacheWriteTokens":0,"outputTokens":2,"totalCost":0.5}}
{"type":"run_result","aggregateUsage":{"inputTokens":5,"cacheReadTokens":0,"cacheWriteTokens":0,"outputTokens":2,"totalCost":0.25}}`, "10 0 0 4 unknown 0.750000000000"},
		{"an end without sums", "cline", `{"type":"run_result"}`, "unknown unknown unknown unknown unknown "},
	} {
		t.Run(c.agent+" "+c.name, func(t *testing.T) {
			got, err := read(t, c.agent, logs[c.agent].path, c.text+"\n")
			if err != nil {
				got += "error"
			}
			if got != c.want {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}

// Of a log that is cut within a line nothing is known, and what lies between its lines changes nothing.
func TestBrokenReports(t *testing.T) {
	for name, l := range logs {
		for cut := 1; cut < len(l.text); cut += 11 {
			whole := strings.HasSuffix(l.text[:cut], "\n") || strings.HasPrefix(l.text[cut:], "\n")
			if got, err := read(t, name, l.path, l.text[:cut]); (err == nil) != whole || !whole && got != "" {
				t.Errorf("%s says %q and %v of its log without the last %d bytes", name, got, err, len(l.text)-cut)
			}
		}
		for _, between := range []string{"\n", "\x00\xff\n", "[]\n", "null\n", strings.Repeat("[", 1<<14) + "\n", strings.Repeat("x", 1<<17) + "\n", "\ufeff\n"} {
			text := between + strings.ReplaceAll(l.text, "\n", "\n"+between)
			if got, err := read(t, name, l.path, text); got != l.want || err != nil {
				t.Errorf("%s says %q and %v with %.20q between its lines, want %q", name, got, err, between, l.want)
			}
		}
		if got, err := read(t, name, l.path, strings.ReplaceAll(l.text, "\n", "\r\n")); got != l.want || err != nil {
			t.Errorf("%s says %q and %v of lines as on Windows, want %q", name, got, err, l.want)
		}
	}
}

// leave writes files of a size into the home folder of a job.
func leave(t *testing.T, j trial.Job, path string, n int, size int64) {
	t.Helper()
	for i := range n {
		number := strconv.Itoa(i)
		name := strings.NewReplacer("/u/events.jsonl", "/"+number+"/events.jsonl", "x.jsonl", number+".jsonl", "/s.jsonl", "/"+number+".jsonl").Replace(path)
		full := filepath.Join(j.Home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(full, size); err != nil { // takes no room on the disk
			t.Fatal(err)
		}
	}
}

// Logs that are more than an agent writes are not read, and what they say is not known.
func TestHugeReports(t *testing.T) {
	for _, a := range harness.Descriptions() {
		path := logs[a.Name].path
		if path == "" {
			continue
		}
		for _, c := range []struct {
			name  string
			files int
			size  int64
			fails bool
		}{
			{"many", 200, 0, false}, {"too many", 201, 0, true}, {"too large", 1, 1 << 40, true}, {"too large together", 2, 33 << 20, true},
		} {
			if c.size > 1 && a.Name != "pi" {
				continue
			}
			j := trial.Job{Home: t.TempDir()}
			leave(t, j, path, c.files, c.size)
			if r, err := harness.All()[a.Name].SelfReport(j, nil); r != nil || (err != nil) != c.fails {
				t.Errorf("%s with %s files: %v and %v", a.Name, c.name, r, err)
			}
		}
	}
}

// Logs are searched for where the agent writes them, and nothing that is no file stands for one.
func TestReportsOfOddHomes(t *testing.T) {
	for _, a := range harness.Descriptions() {
		l := logs[a.Name]
		if a.Report == nil {
			continue
		}
		if _, err := harness.All()[a.Name].SelfReport(trial.Job{Home: filepath.Join(t.TempDir(), "gone")}, nil); err == nil {
			t.Errorf("%s says nothing of a home folder that is gone", a.Name)
		}
		j := trial.Job{Home: t.TempDir()}
		if r, err := harness.All()[a.Name].SelfReport(j, nil); r != nil || err != nil {
			t.Errorf("%s says %v and %v of an empty home folder", a.Name, r, err)
		}
		if l.path == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Join(j.Home, filepath.FromSlash(l.path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if r, err := harness.All()[a.Name].SelfReport(j, nil); r != nil || err == nil {
			t.Errorf("%s says %v and %v of a folder in the place of its log", a.Name, r, err)
		}
		if got, err := read(t, a.Name, "elsewhere/"+l.path, l.text); got != "" || err != nil {
			t.Errorf("%s says %q and %v of a log that is not in its place", a.Name, got, err)
		}
	}
}

// FuzzReports has every agent's reader read the same text.
func FuzzReports(f *testing.F) {
	j := trial.Job{Home: f.TempDir()}
	var files []string
	for _, l := range logs {
		f.Add(l.text)
		f.Add(l.text[:len(l.text)*2/3])
		f.Add(l.text + l.text)
		if l.path != "" {
			full := filepath.Join(j.Home, filepath.FromSlash(l.path))
			if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
				f.Fatal(err)
			}
			files = append(files, full)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, full := range files {
			if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for name := range logs {
			got, err := say(name, j, text)
			if err != nil && got != "" {
				t.Errorf("%s says %q and %v", name, got, err)
			}
			if strings.Contains(got, "-") {
				t.Errorf("%s says %s", name, got)
			}
			if usd := got[strings.LastIndex(got, " ")+1:]; usd != "" && !json.Valid([]byte(usd)) {
				t.Errorf("%s says %q dollars", name, usd)
			}
		}
	})
}
