package openhands_test

import (
	"strings"
	"testing"

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
