package harbor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/harbor"
	"github.com/pertask/pertask/recorded/recordedtest"
	"github.com/pertask/pertask/usage"
)

func trial(fields string) string {
	return `{"task_name": "t", "trial_name": "t__a", "agent_info": {"name": "codex", "model_info": {"name": "gpt-5.4", "provider": "openai"}}` + fields + `}`
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
		row, _ := recordedtest.One(t, harbor.Format(), recordedtest.Files{"t/result.json": trial(tt.fields)}, tt.opts)
		if got := recordedtest.Word(row.Passed); got != tt.want {
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
		row, _ := recordedtest.One(t, harbor.Format(), recordedtest.Files{"t/result.json": trial(`,"agent_result": {` + tt.fields + `}`)}, recorded.Options{})
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
	recordedtest.Refuses(t, harbor.Format(), []recordedtest.Refusal{
		{Name: "no trial", Files: recordedtest.Files{"result.json": `{"n_total_trials": 3}`}, Want: "run: there is no trial in it; a Harbor job"},
		{Name: "no name", Files: recordedtest.Files{"a/result.json": `{"trial_name": "x"}`}, Want: "run/a/result.json: $.task_name: this is missing"},
		{Name: "negative", Files: recordedtest.Files{"a/result.json": trial(`,"agent_result": {"n_input_tokens": -1}`)}, Want: "run/a/result.json: $.agent_result.n_input_tokens: this is -1; a whole number of 0 or more"},
		{Name: "fraction", Files: recordedtest.Files{"a/result.json": trial(`,"agent_result": {"n_input_tokens": 1.5}`)}, Want: "run/a/result.json: $.agent_result.n_input_tokens: this is 1.5"},
		{Name: "string", Files: recordedtest.Files{"a/result.json": trial(`,"agent_result": {"cost_usd": "free"}`)}, Want: `run/a/result.json: $.agent_result.cost_usd: this is "free"; dollars`},
		{Name: "huge cost", Files: recordedtest.Files{"a/result.json": trial(`,"agent_result": {"cost_usd": 1e300}`)}, Want: "run/a/result.json: $.agent_result.cost_usd: this is 1e300"},
		{Name: "rewards", Files: recordedtest.Files{"a/result.json": trial(`,"verifier_result": {"rewards": {"a": 1, "b": 0}}`)}, Want: `run/a/result.json: $.verifier_result.rewards: the trial has the rewards ["a" "b"]; name the one that decides with --score`},
		{Name: "instant", Files: recordedtest.Files{"a/result.json": trial(`,"agent_execution": {"started_at": "noon", "finished_at": "2026-07-06T02:00:00"}`)}, Want: `run/a/result.json: $.agent_execution.started_at: "noon" is not an instant`},
		{Name: "cut", Files: recordedtest.Files{"a/result.json": `{"task_name": "t"`}, Want: "run/a/result.json:1:18: the text ends"},
		{Name: "twice", Files: recordedtest.Files{"a/result.json": trial(""), "b/result.json": trial("")}, Want: `run/b/result.json: $.trial_name: trial "t__a" is also in run/a/result.json`},
		{Name: "long name", Files: recordedtest.Files{"a/result.json": `{"task_name": "` + long + `"}`}, Want: "run/a/result.json:1:"},
	}...)
}

func results(trials string) recordedtest.Files {
	return recordedtest.Files{"results.json": `{"results": [` + trials + `], "accuracy": 1}`, "run_metadata.json": `{"model_name": "openai/gpt-5.4", "agent_name": "terminus"}`}
}

func TestTerminalBenchOutcome(t *testing.T) {
	for _, tt := range []struct{ resolved, mode, want string }{
		{"true", `"unset"`, "completed"}, {"false", `"none"`, "failed"}, {"null", `"unset"`, "unknown"}, {"true", "null", "completed"},
		{"true", `"agent_timeout"`, "failed"}, {"false", `"agent_timeout"`, "failed"}, {"null", `"agent_timeout"`, "failed"},
		{"false", `"test_timeout"`, "unknown"}, {"null", `"agent_installation_failed"`, "unknown"}, {"true", `"unknown_agent_error"`, "completed"},
		{"false", `"unknown_agent_error"`, "unknown"}, {"null", `"context_length_exceeded"`, "failed"}, {"true", `"context_length_exceeded"`, "completed"},
		{"false", `"made up"`, "unknown"},
	} {
		row, _ := recordedtest.One(t, harbor.TerminalBench(), results(`{"task_id": "t", "is_resolved": `+tt.resolved+`, "failure_mode": `+tt.mode+`}`), recorded.Options{})
		if got := recordedtest.Word(row.Passed); got != tt.want {
			t.Errorf("is_resolved %s, failure_mode %s: %s, want %s", tt.resolved, tt.mode, got, tt.want)
		}
	}
}

func TestTerminalBenchTokensAreWholePrompts(t *testing.T) {
	row, _ := recordedtest.One(t, harbor.TerminalBench(), results(`{"task_id": "t", "total_input_tokens": 100, "total_output_tokens": 7}`), recorded.Options{})
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
		row, _ := recordedtest.One(t, harbor.TerminalBench(), results(`{"task_id": "t", "total_input_tokens": `+unknown+`, "total_output_tokens": `+unknown+`}`), recorded.Options{})
		if row.Prompt.IsKnown() || row.Tokens.Output.IsKnown() || row.Uncached().Tokens.Total().IsKnown() {
			t.Errorf("counts of %s are known: %+v", unknown, row)
		}
	}
}

// The results.json of a run holds its trials' own; they must not count twice.
func TestTerminalBenchCountsATrialOnce(t *testing.T) {
	files := recordedtest.Files{}
	for name, text := range results(`{"task_id": "t", "is_resolved": true}`) {
		files["run/"+name] = text
	}
	files["run/t/t.1-of-1/results.json"] = `{"trial_name": "t.1", "task_id": "t", "is_resolved": true}`
	recordedtest.One(t, harbor.TerminalBench(), files, recorded.Options{})
	delete(files, "run/results.json")
	row, _ := recordedtest.One(t, harbor.TerminalBench(), files, recorded.Options{})
	if row.Model != "gpt-5.4" {
		t.Errorf("model %q, want the one of run_metadata.json", row.Model)
	}
}

func TestTerminalBenchCollectsMistakes(t *testing.T) {
	_, err := harbor.TerminalBench().Read(recordedtest.Folder(results(strings.Repeat(`{"task_id": 1, "total_input_tokens": -1},`, 50)+`{}`)), recorded.Options{})
	if err == nil || strings.Count(err.Error(), "\n")+1 != 20 {
		t.Fatalf("error %v, want 20 mistakes", err)
	}
	if want := "run/results.json: $.results[1].total_input_tokens: this is -1"; !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
}

func TestNotes(t *testing.T) {
	_, got := recordedtest.One(t, harbor.TerminalBench(), results(`{"task_id": "t", "is_resolved": true, "failure_mode": "agent_timeout"}`), recorded.Options{})
	if diff := cmp.Diff([]string{"1 trial, failed by a time-out (agent_timeout), whatever the tests say"}, got.Notes); diff != "" {
		t.Error(diff)
	}
}

func FuzzHarbor(f *testing.F) {
	f.Add(trial(`,"agent_result": {"n_input_tokens": 3}`))
	f.Add(`{"results": [{"task_id": "t", "is_resolved": null}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		for _, format := range []recorded.Format{harbor.Format(), harbor.TerminalBench()} {
			got, err := format.Read(recordedtest.Folder(recordedtest.Files{"a/result.json": in, "a/results.json": in}), recorded.Options{})
			for _, row := range got.Rows {
				if err != nil || row.Task == "" {
					t.Errorf("row %+v with error %v", row, err)
				}
			}
		}
	})
}

// A cost of 0 is what some of Harbor's agents write for want of a price.
func TestCost(t *testing.T) {
	for cost, want := range map[string]string{"0.125": "0.125", "1.25e-05": "0.0000125", "0": "unknown", "0.0": "unknown", "null": "unknown"} {
		row, _ := recordedtest.One(t, harbor.Format(), recordedtest.Files{"a/result.json": trial(`,"agent_result": {"n_input_tokens": 5, "n_output_tokens": 1, "cost_usd": ` + cost + `}`)}, recorded.Options{})
		if got := row.Cost.String(); got != want {
			t.Errorf("cost_usd %s: got %s, want %s", cost, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for _, tt := range []struct{ name, from, to, want string }{
		{"a zone each", `"2026-07-06T02:00:00Z"`, `"2026-07-06T04:00:30+02:00"`, "30"},
		{"no zone", `"2026-07-06T02:00:00.5"`, `"2026-07-06T02:00:30"`, "29.5"},
		{"one zone", `"2026-07-06T02:00:00"`, `"2026-07-06T02:00:30Z"`, "unknown"},
		{"the other", `"2026-07-06T02:00:00Z"`, `"2026-07-06T02:00:30"`, "unknown"},
		{"backwards", `"2026-07-06T02:00:30Z"`, `"2026-07-06T02:00:00Z"`, "unknown"},
		{"no end", `"2026-07-06T02:00:30Z"`, `null`, "unknown"},
		{"no beginning", `null`, `"2026-07-06T02:00:30Z"`, "unknown"},
		{"at once", `"2026-07-06T02:00:30Z"`, `"2026-07-06T02:00:30Z"`, "0"},
	} {
		row, _ := recordedtest.One(t, harbor.Format(), recordedtest.Files{"a/result.json": trial(`,"agent_execution": {"started_at": ` + tt.from + `, "finished_at": ` + tt.to + `}`)}, recorded.Options{})
		got := "unknown"
		if row.Seconds != nil {
			got = fmt.Sprint(*row.Seconds)
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestHarborNamesWhatRan(t *testing.T) {
	for _, tt := range []struct{ name, in, dataset, task, model, provider, label string }{
		{"all", `{"task_name": "t", "trial_name": "x", "source": "tb-2", "agent_info": {"name": "codex", "model_info": {"name": "gpt-5.4", "provider": "openai"}}}`, "tb-2", "t", "gpt-5.4", "openai", "codex gpt-5.4"},
		{"no model", `{"task_name": "t", "trial_name": "x", "agent_info": {"name": "oracle", "model_info": null}}`, "harbor", "t", "", "", "oracle"},
		{"no agent", `{"task_name": 7, "trial_name": 8}`, "harbor", "7", "", "", ""},
	} {
		row, _ := recordedtest.One(t, harbor.Format(), recordedtest.Files{"a/result.json": tt.in}, recorded.Options{})
		got := []string{row.Dataset, row.Task, row.Model, row.Provider, row.Label}
		if diff := cmp.Diff([]string{tt.dataset, tt.task, tt.model, tt.provider, tt.label}, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// Trials of two jobs may have one name; the job's own file is no trial.
func TestHarborReadsSeveralJobs(t *testing.T) {
	files := recordedtest.Files{"one/result.json": `{"n_total_trials": 2}`, "one/a/result.json": trial(""), "two/a/result.json": trial(""), "two/notes.json": "no JSON"}
	got, err := harbor.Format().Read(recordedtest.Folder(files), recorded.Options{})
	if err != nil || len(got.Rows) != 2 {
		t.Errorf("%d rows, want 2: %v", len(got.Rows), err)
	}
}

func TestHarborCountsReasons(t *testing.T) {
	files := recordedtest.Files{}
	for i, fields := range []string{`,"exception_info": {"exception_type": "AgentTimeoutError"}`, `,"exception_info": {"exception_type": "` + strings.Repeat("é", 80) + `"}`, ``, ``,
		`,"agent_result": {"n_input_tokens": 10, "n_cache_tokens": 30}`} {
		files[fmt.Sprintf("%d/result.json", i)] = strings.Replace(trial(fields), "t__a", fmt.Sprint("t__", i), 1)
	}
	got, err := harbor.Format().Read(recordedtest.Folder(files), recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1 trial, failed by a time-out (AgentTimeoutError), whatever the reward", `1 trial, outcome unknown: no reward after "` + strings.Repeat("é", 30) + `"`,
		"3 trials, outcome unknown: no reward", "1 trial, input unknown: more cached than input tokens"}
	if diff := cmp.Diff(want, got.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestHarborTruncated(t *testing.T) {
	whole := trial(`,"agent_result": {"n_input_tokens": 100, "n_cache_tokens": 30, "n_output_tokens": 5, "cost_usd": 0.25},
		"verifier_result": {"rewards": {"reward": 1.0}}, "exception_info": null, "agent_execution": {"started_at": "2026-07-06T02:00:00Z", "finished_at": "2026-07-06T02:00:09Z"}`)
	recordedtest.Truncated(t, harbor.Format(), "a/result.json", whole, 1)
	recordedtest.Truncated(t, harbor.TerminalBench(), "results.json", results(`{"task_id": "t", "trial_name": "a", "is_resolved": true, "total_input_tokens": 123},
		{"task_id": "u", "trial_name": "b", "is_resolved": false, "failure_mode": "unset"}`)["results.json"], 1)
}

func TestHarborRefusesNumbersThatNobodyCounted(t *testing.T) {
	recordedtest.Refuses(t, harbor.Format(), []recordedtest.Refusal{
		{Name: "tokens", Files: recordedtest.Files{"a/result.json": trial(`,"agent_result": {"n_output_tokens": 9223372036854775808}`)}, Want: "run/a/result.json: $.agent_result.n_output_tokens: this is 9223372036854775808; a whole number"},
		{Name: "reward", Files: recordedtest.Files{"a/result.json": trial(`,"verifier_result": {"rewards": {"reward": 1e999}}`)}, Want: "run/a/result.json: $.verifier_result.rewards.reward: this is 1e999; a number in the range"},
		{Name: "reward in words", Files: recordedtest.Files{"a/result.json": trial(`,"verifier_result": {"rewards": {"reward": "1"}}`)}, Want: `run/a/result.json: $.verifier_result.rewards.reward: this is "1"; a number`},
		{Name: "centuries", Files: recordedtest.Files{"a/result.json": trial(`,"agent_execution": {"started_at": "1026-07-06T02:00:00Z", "finished_at": "2026-07-06T02:00:09Z"}`)}, Want: "run/a/result.json: $.agent_execution.finished_at: this is 9223372037 seconds after"},
		{Name: "a digit too many", Files: recordedtest.Files{"a/result.json": trial(`,"agent_result": {"cost_usd": 0.` + strings.Repeat("1", 80) + `}`)}, Want: "run/a/result.json: $.agent_result.cost_usd: this is 0.1111"},
		{Name: "a list", Files: recordedtest.Files{"a/result.json": `[1]`}, Want: "run/a/result.json: $.task_name: this is missing"},
		{Name: "empty", Files: recordedtest.Files{"a/result.json": ``}, Want: "run/a/result.json:1:1: "},
		{Name: "two values", Files: recordedtest.Files{"a/result.json": trial("") + "{}"}, Want: "run/a/result.json:1:"},
		{Name: "an unnamed task", Files: recordedtest.Files{"a/result.json": `{"task_name": "", "trial_name": "x"}`}, Want: "run/a/result.json: $.task_name: this is empty; every trial has a name here"},
	}...)
}

func TestTerminalBenchRefuses(t *testing.T) {
	beside := func(metadata string) recordedtest.Files {
		return recordedtest.Files{"results.json": `{"results": [{"task_id": "t"}]}`, "run_metadata.json": metadata}
	}
	recordedtest.Refuses(t, harbor.TerminalBench(), []recordedtest.Refusal{
		{Name: "nothing", Files: recordedtest.Files{"result.json": `{}`}, Want: "run: there is no trial in it; a Terminal-Bench run"},
		{Name: "no trial", Files: results(``), Want: "run: there is no trial in it"},
		{Name: "twice", Files: results(`{"task_id": "t", "trial_name": "t.1"}, {"task_id": "t", "trial_name": "t.2"}, {"task_id": "t", "trial_name": "t.1"}`),
			Want: `run/results.json: $.results[2].trial_name: trial "t.1" is also at $.results[0].trial_name; every trial once`},
		{Name: "outcome", Files: results(`{"task_id": "t", "is_resolved": 1}`), Want: "run/results.json: $.results[0].is_resolved: this is a number; true, false, or null"},
		{Name: "no task", Files: results(`{"trial_name": "t.1"}`), Want: "run/results.json: $.results[0].task_id: this is missing"},
		{Name: "huge", Files: results(`{"task_id": "t", "total_input_tokens": 1e30}`), Want: "run/results.json: $.results[0].total_input_tokens: this is 1e30"},
		{Name: "broken beside", Files: beside(`{"model_name"`), Want: "run/run_metadata.json:1:14: the text ends"},
		{Name: "odd beside", Files: beside(`{"model_name": 7}`), Want: "run/run_metadata.json: $.model_name: this is a number; a string"},
	}...)
	// Runs that do not name their trials have no trial twice.
	got, err := harbor.TerminalBench().Read(recordedtest.Folder(results(`{"task_id": "t"}, {"task_id": "t"}, {"task_id": "t", "trial_name": ""}, {"task_id": "t", "trial_name": ""}`)), recorded.Options{})
	if err != nil || len(got.Rows) != 4 {
		t.Errorf("%d rows, want 4: %v", len(got.Rows), err)
	}
}
