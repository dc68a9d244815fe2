package openhands_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/openhands"
	"github.com/pertask/pertask/recorded/recordedtest"
	"github.com/pertask/pertask/usage"
)

func read(files map[string]string) (recorded.Records, error) {
	return openhands.Format().Read(recordedtest.Folder(files), recorded.Options{})
}

func TestOutcome(t *testing.T) {
	const plain = `{"instance_id": "a", "test_result": {"git_patch": "x"}}`
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"not graded", map[string]string{"output.jsonl": plain}, "unknown"},
		{"graded", map[string]string{"output.jsonl": `{"instance_id": "a", "test_result": {"report": {"resolved": true}}}`}, "completed"},
		{"graded beside", map[string]string{"output.jsonl": plain, "output.swebench_eval.jsonl": `{"instance_id": "a", "test_result": {"report": {"resolved": false}}}`}, "failed"},
		{"grader broke", map[string]string{"output.jsonl": `{"instance_id": "a", "test_result": {"report": {"resolved": false, "error_eval": true}}}`}, "unknown"},
		{"grader timed out", map[string]string{"output.jsonl": `{"instance_id": "a", "test_result": {"report": {"resolved": false, "test_timeout": true}}}`}, "unknown"},
		{"report", map[string]string{"output.jsonl": plain, "report.json": `{"resolved_ids": ["a"]}`}, "completed"},
		{"report of something else", map[string]string{"output.jsonl": plain, "report.json": `{"resolved_ids": ["b"]}`}, "unknown"},
	} {
		got, err := read(tt.files)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if w := recordedtest.Word(got.Rows[0].Passed); len(got.Rows) != 1 || w != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, w, tt.want)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, tt := range []struct {
		name, metrics               string
		input, read, written, whole usage.Count
		cost                        bool
	}{
		{"all", `{"accumulated_cost": 0.5, "accumulated_token_usage": {"prompt_tokens": 100, "completion_tokens": 9, "cache_read_tokens": 60, "cache_write_tokens": 30}}`,
			usage.Known(10), usage.Known(60), usage.Known(30), usage.Known(100), true},
		{"zeros are not told", `{"accumulated_cost": 0.0, "accumulated_token_usage": {"prompt_tokens": 100, "completion_tokens": 9, "cache_read_tokens": 0, "cache_write_tokens": 0}}`,
			usage.Count{}, usage.Count{}, usage.Count{}, usage.Known(100), false},
		{"contradiction", `{"accumulated_token_usage": {"prompt_tokens": 50, "completion_tokens": 9, "cache_read_tokens": 60, "cache_write_tokens": 30}}`,
			usage.Count{}, usage.Known(60), usage.Known(30), usage.Known(50), false},
		{"none", `null`, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}, false},
	} {
		got, err := read(map[string]string{"output.jsonl": `{"instance_id": "a", "metrics": ` + tt.metrics + `}`})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		row := got.Rows[0]
		if row.Tokens.Input != tt.input || row.Tokens.CacheRead != tt.read || row.Tokens.CacheCreation != tt.written || row.Prompt != tt.whole || row.Cost.IsKnown() != tt.cost {
			t.Errorf("%s: %+v", tt.name, row)
		}
	}
}

func TestAttemptsAreNamed(t *testing.T) {
	got, err := read(map[string]string{"output.jsonl": `{"instance_id": "a"}`, "output.critic_attempt_1.jsonl": `{"instance_id": "a"}`})
	if err != nil || len(got.Rows) != 1 || !strings.Contains(strings.Join(got.Notes, "\n"), "attempts cost that were not chosen is not in the records") {
		t.Errorf("%v, %d rows, notes %q", err, len(got.Rows), got.Notes)
	}
}

func TestRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "run: there is no trial in it"},
		{"no id", "{}", "run/output.jsonl:1: $.instance_id: this is missing"},
		{"twice", "{\"instance_id\": \"a\"}\n{\"instance_id\": \"a\"}", `run/output.jsonl:2: $.instance_id: instance "a" is also on line 1`},
		{"torn", "{\"instance_id\": \"a\"}\n{\"inst", "run/output.jsonl:2:7: the text ends"},
		{"a number", "7", "run/output.jsonl:1: $: this is a number; every line is an object"},
		{"cost", `{"instance_id": "a", "metrics": {"accumulated_cost": -1}}`, "run/output.jsonl:1: $.metrics.accumulated_cost: this is -1"},
		{"outcome", `{"instance_id": "a", "test_result": {"report": {"resolved": "yes"}}}`, `run/output.jsonl:1: $.test_result.report.resolved: this is "yes"; true, false`},
	} {
		_, err := read(map[string]string{"output.jsonl": tt.in})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
}

func FuzzOutput(f *testing.F) {
	f.Add("{\"instance_id\": \"a\"}\n", `{"instance_id": "a", "test_result": {"report": {"resolved": true}}}`)
	f.Fuzz(func(t *testing.T, in, eval string) {
		got, err := read(map[string]string{"output.jsonl": in, "output.swebench_eval.jsonl": eval})
		if err != nil && len(got.Rows) > 0 {
			t.Errorf("%d rows with error %v", len(got.Rows), err)
		}
	})
}

func TestUnknownCostIsNotZero(t *testing.T) {
	for cost, want := range map[string]string{"0": "unknown", "0.0": "unknown", "null": "unknown", "2.5e-06": "0.0000025", "0.1": "0.1"} {
		row, _ := recordedtest.One(t, openhands.Format(), recordedtest.Files{"output.jsonl": `{"instance_id": "a", "metrics": {"accumulated_cost": ` + cost + `}}`}, recorded.Options{})
		if got := row.Cost.String(); got != want {
			t.Errorf("%s: got %s, want %s", cost, got, want)
		}
	}
}

func TestNotes(t *testing.T) {
	_, got := recordedtest.One(t, openhands.Format(), recordedtest.Files{"output.jsonl": `{"instance_id": "a"}`}, recorded.Options{})
	want := []string{"1 trial, tokens and cost unknown: no metrics", "1 trial, outcome unknown: no verdict of a grader"}
	if diff := cmp.Diff(want, got.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestNamesWhatRan(t *testing.T) {
	for _, tt := range []struct{ metadata, dataset, provider, model, label string }{
		{`{"dataset": "swe-lite", "llm_config": {"model": "openai/gpt-5.4"}}`, "swe-lite", "openai", "gpt-5.4", "openai/gpt-5.4"},
		{`{"llm_config": {"model": "gpt-5.4"}}`, "openhands", "", "gpt-5.4", "gpt-5.4"},
		{`{"llm_config": null}`, "openhands", "", "", ""}, {`null`, "openhands", "", "", ""},
	} {
		row, _ := recordedtest.One(t, openhands.Format(), recordedtest.Files{"output.jsonl": `{"instance_id": 3, "metadata": ` + tt.metadata + `}`}, recorded.Options{})
		got := []string{row.Task, row.Dataset, row.Provider, row.Model, row.Label}
		if diff := cmp.Diff([]string{"3", tt.dataset, tt.provider, tt.model, tt.label}, got); diff != "" {
			t.Errorf("%s: %s", tt.metadata, diff)
		}
	}
}

// The verdict that the trial's own line has comes first, then the graded file's, then the report's; runs do not mix.
func TestTheNearestVerdictCounts(t *testing.T) {
	const plain, failed, passed = `{"instance_id": "a"}`, `{"instance_id": "a", "test_result": {"report": {"resolved": false}}}`, `{"instance_id": "a", "resolved": true}`
	for _, tt := range []struct{ name, line, graded, report, want string }{
		{"own line", failed, passed, `{"resolved_ids": ["a"]}`, "failed"},
		{"graded file", plain, passed, `{"resolved_ids": [], "unresolved_ids": ["a"]}`, "completed"},
		{"report", plain, plain, `{"resolved_ids": [], "unresolved_ids": ["a"]}`, "failed"},
		{"another instance", plain, `{"instance_id": "b", "resolved": true}`, `{"resolved_ids": ["c"]}`, "unknown"},
	} {
		files := recordedtest.Files{"one/output.jsonl": tt.line, "one/output.swebench_eval.jsonl": tt.graded, "one/report.json": tt.report,
			"two/output.swebench_eval.jsonl": passed}
		row, _ := recordedtest.One(t, openhands.Format(), files, recorded.Options{})
		if w := recordedtest.Word(row.Passed); w != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, w, tt.want)
		}
	}
}

func TestTruncated(t *testing.T) {
	const line = `{"instance_id": "%s", "test_result": {"resolved": true}, "metrics": {"accumulated_cost": 0.125, "accumulated_token_usage": {"prompt_tokens": 120, "completion_tokens": 10, "cache_read_tokens": 40, "cache_write_tokens": 5}}}` + "\n"
	recordedtest.Truncated(t, openhands.Format(), "output.jsonl", fmt.Sprintf(line, "a")+"\n"+fmt.Sprintf(line, "b"), 1)
}

func TestRefusesOddValues(t *testing.T) {
	of := func(lines string) recordedtest.Files { return recordedtest.Files{"output.jsonl": lines} }
	recordedtest.Refuses(t, openhands.Format(), []recordedtest.Refusal{
		{Name: "tokens", Files: of(`{"instance_id": "a", "metrics": {"accumulated_token_usage": {"prompt_tokens": 1e3}}}`), Want: "run/output.jsonl:1: $.metrics.accumulated_token_usage.prompt_tokens: this is 1e3; a whole number"},
		{Name: "huge", Files: of("\n\n" + `{"instance_id": "a", "metrics": {"accumulated_token_usage": {"completion_tokens": 99999999999999999999}}}`), Want: "run/output.jsonl:3: $.metrics.accumulated_token_usage.completion_tokens: this is 99999999999999999999"},
		{Name: "cost", Files: of(`{"instance_id": "a", "metrics": {"accumulated_cost": Infinity}}`), Want: `run/output.jsonl:1: $.metrics.accumulated_cost: this is "Infinity"`},
		{Name: "flag", Files: of(`{"instance_id": "a", "test_result": {"report": {"error_eval": 1}}}`), Want: "run/output.jsonl:1: $.test_result.report.error_eval: this is a number"},
		{Name: "a list", Files: of("{\"instance_id\": \"a\"}\n[]"), Want: "run/output.jsonl:2: $: this is a list; every line is an object"},
		{Name: "binary", Files: of("\xff\xfe{"), Want: "run/output.jsonl:1:1: "},
		{Name: "graded twice", Files: recordedtest.Files{"output.jsonl": `{"instance_id": "a"}`, "output.swebench_eval.jsonl": "{\"instance_id\": \"a\", \"resolved\": true}\n{\"instance_id\": \"a\", \"resolved\": false}"},
			Want: `run/output.swebench_eval.jsonl:2: $.instance_id: instance "a" is also on line 1`},
		{Name: "report", Files: recordedtest.Files{"output.jsonl": `{"instance_id": "a"}`, "report.json": `{"resolved_ids": ["a"], "unresolved_ids": ["a"]}`}, Want: "run/report.json: $.unresolved_ids[0]: "},
	}...)
}
