package harbor_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/harbor"
	"github.com/pertask/pertask/usage"
)

func folder(files map[string]string) recorded.Source {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return recorded.Source{FS: fsys, Name: ".", Path: "job"}
}

func trial(fields string) string {
	return `{"task_name": "t", "trial_name": "t__a", "agent_info": {"name": "codex", "model_info": {"name": "gpt-5.4", "provider": "openai"}}` + fields + `}`
}

func one(t *testing.T, f recorded.Format, files map[string]string, o recorded.Options) (recorded.Row, recorded.Records) {
	t.Helper()
	got, err := f.Read(folder(files), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 1 {
		t.Fatalf("%d rows, want 1", len(got.Rows))
	}
	return got.Rows[0], got
}

func word(p *bool) string {
	if p == nil {
		return "unknown"
	}
	return map[bool]string{true: "completed", false: "failed"}[*p]
}

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		name, fields, want string
		opts               recorded.Options
	}{
		{"reward", `,"verifier_result": {"rewards": {"reward": 1}}`, "completed", recorded.Options{}},
		{"no reward of 1", `,"verifier_result": {"rewards": {"reward": 0.99}}`, "failed", recorded.Options{}},
		{"threshold", `,"verifier_result": {"rewards": {"reward": 0.7}}`, "completed", recorded.Options{ScoreFrom: 0.5}},
		{"another name", `,"verifier_result": {"rewards": {"tests": 1.0}}`, "completed", recorded.Options{}},
		{"named", `,"verifier_result": {"rewards": {"a": 0, "b": 1}}`, "completed", recorded.Options{Score: "b"}},
		{"time-out with a reward", `,"exception_info": {"exception_type": "AgentTimeoutError"}, "verifier_result": {"rewards": {"reward": 1}}`, "failed", recorded.Options{}},
		{"exception with a reward", `,"exception_info": {"exception_type": "NonZeroAgentExitCodeError"}, "verifier_result": {"rewards": {"reward": 1}}`, "completed", recorded.Options{}},
		{"exception without", `,"exception_info": {"exception_type": "EnvironmentStartTimeoutError"}, "verifier_result": null`, "unknown", recorded.Options{}},
		{"nothing", ``, "unknown", recorded.Options{}},
		{"NaN", `,"verifier_result": {"rewards": {"reward": NaN}}`, "unknown", recorded.Options{}},
		{"null", `,"verifier_result": {"rewards": {"reward": null}}`, "unknown", recorded.Options{}},
	} {
		row, _ := one(t, harbor.Format(), map[string]string{"t/result.json": trial(tt.fields)}, tt.opts)
		if got := word(row.Passed); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, tt := range []struct {
		name, fields        string
		input, read, output usage.Count
	}{
		{"cached", `"n_input_tokens": 100, "n_cache_tokens": 30, "n_output_tokens": 5`, usage.Known(70), usage.Known(30), usage.Known(5)},
		{"no cache told", `"n_input_tokens": 100, "n_cache_tokens": null, "n_output_tokens": 5`, usage.Count{}, usage.Count{}, usage.Known(5)},
		{"nothing told", `"n_input_tokens": null, "n_output_tokens": null`, usage.Count{}, usage.Count{}, usage.Count{}},
		{"zeros", `"n_input_tokens": 0, "n_cache_tokens": 0, "n_output_tokens": 0`, usage.Count{}, usage.Count{}, usage.Count{}},
		{"contradiction", `"n_input_tokens": 10, "n_cache_tokens": 30, "n_output_tokens": 5`, usage.Count{}, usage.Count{}, usage.Known(5)},
	} {
		row, _ := one(t, harbor.Format(), map[string]string{"t/result.json": trial(`,"agent_result": {` + tt.fields + `}`)}, recorded.Options{})
		if row.Tokens.Input != tt.input || row.Tokens.CacheRead != tt.read || row.Tokens.Output != tt.output {
			t.Errorf("%s: %v, %v, %v", tt.name, row.Tokens.Input, row.Tokens.CacheRead, row.Tokens.Output)
		}
		if row.Tokens.CacheCreation.IsKnown() || row.Cost.IsKnown() {
			t.Errorf("%s: cache writes or a cost that nobody told are known", tt.name)
		}
	}
}

func TestHarborRefuses(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no trial", map[string]string{"result.json": `{"n_total_trials": 3}`}, "job: there is no trial in it; a Harbor job"},
		{"no name", map[string]string{"a/result.json": `{"trial_name": "x"}`}, "job/a/result.json: $.task_name: this is missing"},
		{"negative", map[string]string{"a/result.json": trial(`,"agent_result": {"n_input_tokens": -1}`)}, "job/a/result.json: $.agent_result.n_input_tokens: this is -1; a whole number of 0 or more"},
		{"fraction", map[string]string{"a/result.json": trial(`,"agent_result": {"n_input_tokens": 1.5}`)}, "job/a/result.json: $.agent_result.n_input_tokens: this is 1.5"},
		{"string", map[string]string{"a/result.json": trial(`,"agent_result": {"cost_usd": "free"}`)}, `job/a/result.json: $.agent_result.cost_usd: this is "free"; dollars`},
		{"huge cost", map[string]string{"a/result.json": trial(`,"agent_result": {"cost_usd": 1e300}`)}, "job/a/result.json: $.agent_result.cost_usd: this is 1e300"},
		{"rewards", map[string]string{"a/result.json": trial(`,"verifier_result": {"rewards": {"a": 1, "b": 0}}`)}, `job/a/result.json: $.verifier_result.rewards: the trial has the rewards ["a" "b"]; name the one that decides with --score`},
		{"instant", map[string]string{"a/result.json": trial(`,"agent_execution": {"started_at": "noon", "finished_at": "2026-07-06T02:00:00"}`)}, `job/a/result.json: $.agent_execution.started_at: "noon" is not an instant`},
		{"cut", map[string]string{"a/result.json": `{"task_name": "t"`}, "job/a/result.json:1:18: the text ends"},
		{"twice", map[string]string{"a/result.json": trial(""), "b/result.json": trial("")}, `job/b/result.json: $.trial_name: trial "t__a" is also in job/a/result.json`},
		{"long name", map[string]string{"a/result.json": `{"task_name": "` + long + `"}`}, "job/a/result.json:1:"},
	} {
		_, err := harbor.Format().Read(folder(tt.files), recorded.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %.200v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
}

func results(trials string) map[string]string {
	return map[string]string{"results.json": `{"results": [` + trials + `], "accuracy": 1}`, "run_metadata.json": `{"model_name": "openai/gpt-5.4", "agent_name": "terminus"}`}
}

func TestTerminalBenchOutcome(t *testing.T) {
	for _, tt := range []struct{ resolved, mode, want string }{
		{"true", `"unset"`, "completed"}, {"false", `"none"`, "failed"}, {"null", `"unset"`, "unknown"}, {"true", "null", "completed"},
		{"true", `"agent_timeout"`, "failed"}, {"false", `"agent_timeout"`, "failed"}, {"null", `"agent_timeout"`, "failed"},
		{"false", `"test_timeout"`, "unknown"}, {"null", `"agent_installation_failed"`, "unknown"}, {"true", `"unknown_agent_error"`, "completed"},
		{"false", `"unknown_agent_error"`, "unknown"}, {"null", `"context_length_exceeded"`, "failed"}, {"true", `"context_length_exceeded"`, "completed"},
		{"false", `"made up"`, "unknown"},
	} {
		row, _ := one(t, harbor.TerminalBench(), results(`{"task_id": "t", "is_resolved": `+tt.resolved+`, "failure_mode": `+tt.mode+`}`), recorded.Options{})
		if got := word(row.Passed); got != tt.want {
			t.Errorf("is_resolved %s, failure_mode %s: %s, want %s", tt.resolved, tt.mode, got, tt.want)
		}
	}
}

func TestTerminalBenchTokensAreWholePrompts(t *testing.T) {
	row, _ := one(t, harbor.TerminalBench(), results(`{"task_id": "t", "total_input_tokens": 100, "total_output_tokens": 7}`), recorded.Options{})
	if row.Tokens.Input.IsKnown() || row.Tokens.CacheRead.IsKnown() || row.Prompt != usage.Known(100) || row.Tokens.Output != usage.Known(7) {
		t.Errorf("%+v", row)
	}
	if got := row.Uncached().Tokens; got.Input != usage.Known(100) || got.Total() != usage.Known(107) {
		t.Errorf("taken as uncached: %+v", got)
	}
	if row.Model != "gpt-5.4" || row.Provider != "openai" || row.Name() != "terminus gpt-5.4" {
		t.Errorf("model %q of %q, name %q", row.Model, row.Provider, row.Name())
	}
	for _, unknown := range []string{"null", "0"} {
		row, _ := one(t, harbor.TerminalBench(), results(`{"task_id": "t", "total_input_tokens": `+unknown+`, "total_output_tokens": `+unknown+`}`), recorded.Options{})
		if row.Prompt.IsKnown() || row.Tokens.Output.IsKnown() || row.Uncached().Tokens.Total().IsKnown() {
			t.Errorf("counts of %s are known: %+v", unknown, row)
		}
	}
}

// The results.json of a run holds its trials' own; they must not count twice.
func TestTerminalBenchCountsATrialOnce(t *testing.T) {
	files := map[string]string{}
	for name, text := range results(`{"task_id": "t", "is_resolved": true}`) {
		files["run/"+name] = text
	}
	files["run/t/t.1-of-1/results.json"] = `{"trial_name": "t.1", "task_id": "t", "is_resolved": true}`
	one(t, harbor.TerminalBench(), files, recorded.Options{})
	delete(files, "run/results.json")
	row, _ := one(t, harbor.TerminalBench(), files, recorded.Options{})
	if row.Model != "gpt-5.4" {
		t.Errorf("model %q, want the one of run_metadata.json", row.Model)
	}
}

func TestTerminalBenchCollectsMistakes(t *testing.T) {
	_, err := harbor.TerminalBench().Read(folder(results(strings.Repeat(`{"task_id": 1, "total_input_tokens": -1},`, 50)+`{}`)), recorded.Options{})
	if err == nil || strings.Count(err.Error(), "\n")+1 != 20 {
		t.Fatalf("error %v, want 20 mistakes", err)
	}
	if want := "job/results.json: $.results[1].total_input_tokens: this is -1"; !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
}

func TestNotes(t *testing.T) {
	_, got := one(t, harbor.TerminalBench(), results(`{"task_id": "t", "is_resolved": true, "failure_mode": "agent_timeout"}`), recorded.Options{})
	if diff := cmp.Diff([]string{"1 trial, failed by a time-out (agent_timeout), whatever the tests say"}, got.Notes); diff != "" {
		t.Error(diff)
	}
}

func FuzzHarbor(f *testing.F) {
	f.Add(trial(`,"agent_result": {"n_input_tokens": 3}`))
	f.Add(`{"results": [{"task_id": "t", "is_resolved": null}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		for _, format := range []recorded.Format{harbor.Format(), harbor.TerminalBench()} {
			got, err := format.Read(folder(map[string]string{"a/result.json": in, "a/results.json": in}), recorded.Options{})
			for _, row := range got.Rows {
				if err != nil || row.Task == "" {
					t.Errorf("row %+v with error %v", row, err)
				}
			}
		}
	})
}
