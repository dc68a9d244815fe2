package sweagent_test

import (
	"testing"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/recordedtest"
	"github.com/pertask/pertask/recorded/sweagent"
	"github.com/pertask/pertask/usage"
)

func one(t *testing.T, f recorded.Format, files recordedtest.Files) recorded.Row {
	t.Helper()
	row, _ := recordedtest.One(t, f, files, recorded.Options{})
	return row
}

func TestOutcome(t *testing.T) {
	const resolved, unresolved = `{"resolved_ids": ["a"]}`, `{"resolved_ids": [], "completed_ids": ["a"]}`
	for _, tt := range []struct{ status, report, want string }{
		{"submitted", resolved, "completed"}, {"submitted", unresolved, "failed"}, {"submitted", "", "unknown"},
		{"submitted (exit_cost)", resolved, "failed"}, {"exit_total_execution_time", "", "failed"}, {"exit_cost", "", "failed"},
		{"submitted (exit_context)", resolved, "completed"}, {"exit_context", "", "failed"}, {"exit_api", "", "unknown"},
		{"exit_environment_error", "", "unknown"}, {"exit_environment_error", unresolved, "failed"}, {"", "", "unknown"},
	} {
		files := recordedtest.Files{"a/a.traj": `{"info": {"exit_status": "` + tt.status + `"}}`}
		if tt.report != "" {
			files["results.json"] = tt.report
		}
		if got := recordedtest.Word(one(t, sweagent.Format(), files).Passed); got != tt.want {
			t.Errorf("exit status %q, report %s: %s, want %s", tt.status, tt.report, got, tt.want)
		}
	}
	for status, want := range map[string]string{"Submitted": "unknown", "LimitsExceeded": "failed", "TimeExceeded": "failed", "RepeatedFormatError": "failed", "RuntimeError": "unknown"} {
		if got := recordedtest.Word(one(t, sweagent.Mini(), recordedtest.Files{"a.traj.json": `{"info": {"exit_status": "` + status + `"}}`}).Passed); got != want {
			t.Errorf("mini-swe-agent's exit status %q: %s, want %s", status, got, want)
		}
	}
}

func TestCostAndModel(t *testing.T) {
	row := one(t, sweagent.Format(), recordedtest.Files{"x.traj": `{"info": {"model_stats": {"instance_cost": 0.125, "tokens_sent": 900, "tokens_received": 9}},
		"replay_config": "{\"agent\": {\"model\": {\"name\": \"anthropic/claude-opus-5\"}}}"}`})
	if !row.Cost.Equal(price.Known(price.MustMoney("0.125"))) || row.Task != "x" || row.Model != "claude-opus-5" || row.Provider != "anthropic" {
		t.Errorf("%+v", row)
	}
	if row.Tokens.Output.IsKnown() || row.Prompt.IsKnown() {
		t.Error("the agent's own count of texts was taken for usage")
	}
	if row := one(t, sweagent.Format(), recordedtest.Files{"x.traj": `{"info": {"model_stats": {"instance_cost": 0}}}`}); row.Cost.IsKnown() || row.Model != "" {
		t.Errorf("a cost of 0, which LiteLLM's lack of a price makes, or a model is known: %+v", row)
	}
}

func mini(calls, messages string) recordedtest.Files {
	return recordedtest.Files{"a.traj.json": `{"info": {"model_stats": {"instance_cost": 0.5, "api_calls": ` + calls + `}, "config": {"model": {"model_name": "openai/gpt-5.4"}}}, "messages": [` + messages + `]}`}
}

func TestMiniAddsTheUsageOfTheAnswers(t *testing.T) {
	const chat = `{"role": "assistant", "extra": {"response": {"usage": {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}, "cache_creation_input_tokens": 20}}}}`
	const responses = `{"object": "response", "usage": {"input_tokens": 50, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 2}}}`
	const untold = `{"extra": {"response": {"usage": {"prompt_tokens": 100, "completion_tokens": 10}}}}`
	const broken = `{"extra": {"response": "ModelResponse(...)"}}`
	for _, tt := range []struct {
		name, calls, messages            string
		input, read, written, out, whole usage.Count
	}{
		{"chat", "2", `{"role": "user"},` + chat + "," + chat, usage.Known(80), usage.Known(80), usage.Known(40), usage.Known(20), usage.Known(200)},
		{"responses", "1", responses, usage.Known(50), usage.Known(0), usage.Count{}, usage.Known(5), usage.Known(50)},
		{"cache not told", "1", untold, usage.Count{}, usage.Count{}, usage.Count{}, usage.Known(10), usage.Known(100)},
		{"a call without usage", "2", chat + "," + broken, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}},
		{"more usage than calls", "1", chat + "," + chat, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}},
		{"number of calls not told", "null", chat, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}},
		{"no call", "0", "", usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}, usage.Count{}},
	} {
		row := one(t, sweagent.Mini(), mini(tt.calls, tt.messages))
		tk := row.Tokens
		if tk.Input != tt.input || tk.CacheRead != tt.read || tk.CacheCreation != tt.written || tk.Output != tt.out || row.Prompt != tt.whole {
			t.Errorf("%s: %v %v %v %v of %v", tt.name, tk.Input, tk.CacheRead, tk.CacheCreation, tk.Output, row.Prompt)
		}
	}
}

func TestRefuses(t *testing.T) {
	recordedtest.Refuses(t, sweagent.Format(), recordedtest.Refusal{Name: "nothing", Files: recordedtest.Files{"a.txt": ""}, Want: "run: there is no trajectory in it; each trajectory is a file that ends in .traj"})
	recordedtest.Refuses(t, sweagent.Mini(), recordedtest.Refusal{Name: "a list", Files: recordedtest.Files{"a.traj.json": `{"messages": [1, `}, Want: "run/a.traj.json:1:18: the text ends"})
	recordedtest.Refuses(t, sweagent.Format(), recordedtest.Refusal{Name: "configuration", Files: recordedtest.Files{"a.traj": `{"replay_config": "{"}`}, Want: "run/a.traj: $.replay_config: the configuration in it cannot be read"})
	recordedtest.Refuses(t, sweagent.Format(), recordedtest.Refusal{Name: "cost", Files: recordedtest.Files{"a.traj": `{"info": {"model_stats": {"instance_cost": NaN}}}`}, Want: `run/a.traj: $.info.model_stats.instance_cost: this is "NaN"; dollars of 0 or more`})
	recordedtest.Refuses(t, sweagent.Mini(), recordedtest.Refusal{Name: "usage", Files: mini("1", `{"usage": {"input_tokens": "many"}}`), Want: `run/a.traj.json: $.messages[0].usage.input_tokens: this is "many"`})
}

func FuzzTrajectories(f *testing.F) {
	f.Add(mini("1", `{"usage": {"input_tokens": 4}}`)["a.traj.json"], `{"resolved_ids": ["a"]}`)
	f.Add(`{"replay_config": "{}"}`, `{}`)
	f.Fuzz(func(t *testing.T, in, report string) {
		for _, format := range []recorded.Format{sweagent.Format(), sweagent.Mini()} {
			got, err := format.Read(recordedtest.Folder(recordedtest.Files{"a.traj": in, "a.traj.json": in, "report.json": report}), recorded.Options{})
			if err != nil && len(got.Rows) > 0 {
				t.Errorf("%d rows with error %v", len(got.Rows), err)
			}
		}
	})
}

func cost(t *testing.T, f recorded.Format, name, amount string) string {
	t.Helper()
	return one(t, f, recordedtest.Files{name: `{"info": {"model_stats": {"instance_cost": ` + amount + `}}}`}).Cost.String()
}

// A cost of 0 is what both agents write where LiteLLM knows no price.
func TestUnknownCostIsNotZero(t *testing.T) {
	for amount, want := range map[string]string{"0": "unknown", "0.0": "unknown", "0e5": "unknown", "null": "unknown", "1e-05": "0.00001", "0.30000000000000004": "0.30000000000000004", "12": "12"} {
		if got := cost(t, sweagent.Format(), "x.traj", amount); got != want {
			t.Errorf("swe-agent, %s: got %s, want %s", amount, got, want)
		}
		if got := cost(t, sweagent.Mini(), "x.traj.json", amount); got != want {
			t.Errorf("mini-swe-agent, %s: got %s, want %s", amount, got, want)
		}
	}
	if row := one(t, sweagent.Mini(), recordedtest.Files{"x.traj.json": `{}`}); row.Cost.IsKnown() || row.Tokens.Output.IsKnown() || row.Prompt.IsKnown() || row.Passed != nil || row.Task != "x" || row.Model != "" {
		t.Errorf("an empty trajectory tells %+v", row)
	}
}

// Sums that no counter holds are unknown, and never a small number.
func TestHugeSums(t *testing.T) {
	const half = `{"usage": {"input_tokens": 9000000000000000000, "output_tokens": 9000000000000000000, "input_tokens_details": {"cached_tokens": 0}}}`
	row := one(t, sweagent.Mini(), mini("2", half+","+half))
	if row.Prompt.IsKnown() || row.Tokens.Input.IsKnown() || row.Tokens.Output.IsKnown() {
		t.Errorf("a sum of more than 2^63 is known: %+v", row)
	}
	if row = one(t, sweagent.Mini(), mini("1", half)); row.Prompt != usage.Known(9e18) {
		t.Errorf("prompt %v", row.Prompt)
	}
}

// A report is about the runs in its folder; each trajectory in a folder of its own is a trial.
func TestRunsAreTrials(t *testing.T) {
	got, err := sweagent.Format().Read(recordedtest.Folder(recordedtest.Files{
		"run-1/a/a.traj": `{}`, "run-1/results.json": `{"resolved_ids": ["a"]}`, "run-1/a/a.config.yaml": "x", "run-1/a/a.trace.log": "x",
		"run-2/a/a.traj": `{}`, "run-2/results.json": `{"resolved_ids": [], "unresolved_ids": ["a"]}`, "run-3/b.traj": `{}`,
	}), recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]int{}
	for _, r := range got.Rows {
		words[r.Task+" "+recordedtest.Word(r.Passed)]++
	}
	if len(got.Rows) != 3 || words["a completed"] != 1 || words["a failed"] != 1 || words["b unknown"] != 1 {
		t.Errorf("%d rows: %v", len(got.Rows), words)
	}
	if want := `1 trial, outcome unknown: in no report, exit status ""`; len(got.Notes) != 1 || got.Notes[0] != want {
		t.Errorf("notes %q, want %q", got.Notes, want)
	}
}

func TestMiniSaysWhyTokensAreUnknown(t *testing.T) {
	const used = `{"usage": {"input_tokens": 4, "output_tokens": 1}}`
	for _, tt := range []struct{ calls, messages, want string }{
		{"null", used, "1 trial, tokens unknown: no number of calls"},
		{"0", "", "1 trial, tokens unknown: no call"},
		{"2", used, "1 trial, tokens unknown: fewer usage records than calls"},
		{"1", used + "," + used, "1 trial, tokens unknown: more usage records than calls (1)"},
	} {
		_, got := recordedtest.One(t, sweagent.Mini(), mini(tt.calls, tt.messages), recorded.Options{})
		if len(got.Notes) != 2 || got.Notes[0] != tt.want {
			t.Errorf("%s calls: notes %q, want %q first", tt.calls, got.Notes, tt.want)
		}
	}
}

func TestMiniNamesTheInstance(t *testing.T) {
	for in, want := range map[string]string{`{"instance_id": "django-1"}`: "django-1", `{"instance_id": 17}`: "17", `{"instance_id": null}`: "a"} {
		if got := one(t, sweagent.Mini(), recordedtest.Files{"a.traj.json": in}).Task; got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func TestTruncated(t *testing.T) {
	recordedtest.Truncated(t, sweagent.Format(), "a.traj", `{"trajectory": [{"action": "ls", "observation": "\u00e9"}], "info": {"exit_status": "exit_cost", "model_stats": {"instance_cost": 0.125}},
		"replay_config": "{\"agent\": {\"model\": {\"name\": \"anthropic/claude-opus-5\"}}}"}`, 1)
	recordedtest.Truncated(t, sweagent.Mini(), "a.traj.json", mini("1", `{"usage": {"input_tokens": 40, "output_tokens": 10}}`)["a.traj.json"], 1)
}

func TestRefusesOddValues(t *testing.T) {
	traj := func(text string) recordedtest.Files { return recordedtest.Files{"a/a.traj": text} }
	recordedtest.Refuses(t, sweagent.Format(), []recordedtest.Refusal{
		{Name: "negative", Files: traj(`{"info": {"model_stats": {"instance_cost": -0.5}}}`), Want: "run/a/a.traj: $.info.model_stats.instance_cost: this is -0.5; dollars of 0 or more"},
		{Name: "huge", Files: traj(`{"info": {"model_stats": {"instance_cost": 1e40}}}`), Want: "run/a/a.traj: $.info.model_stats.instance_cost: this is 1e40"},
		{Name: "status", Files: traj(`{"info": {"exit_status": 3}}`), Want: "run/a/a.traj: $.info.exit_status: this is a number; a string"},
		{Name: "model", Files: traj(`{"replay_config": "{\"agent\": {\"model\": {\"name\": 4}}}"}`), Want: "run/a/a.traj: $.replay_config.agent.model.name: this is a number; a string"},
		{Name: "configuration", Files: traj(`{"replay_config": {}}`), Want: "run/a/a.traj: $.replay_config: this is an object; a string"},
		{Name: "empty", Files: traj(``), Want: "run/a/a.traj:1:1: "},
		{Name: "binary", Files: traj("\x00\xff"), Want: "run/a/a.traj:1:1: "},
		{Name: "report", Files: recordedtest.Files{"a/a.traj": `{}`, "results.json": `{"resolved_ids": ["a"], "unresolved_ids": ["a"]}`}, Want: `run/results.json: $.unresolved_ids[0]: instance "a" is among the resolved ones too`},
	}...)
	recordedtest.Refuses(t, sweagent.Mini(), []recordedtest.Refusal{
		{Name: "an unnamed instance", Files: recordedtest.Files{"a.traj.json": `{"instance_id": ""}`}, Want: "run/a.traj.json: $.instance_id: this is empty"},
		{Name: "calls", Files: mini("-1", ""), Want: "run/a.traj.json: $.info.model_stats.api_calls: this is -1"},
		{Name: "reads", Files: mini("1", `{"usage": {"input_tokens": 5, "input_tokens_details": {"cached_tokens": 2.5}}}`), Want: "run/a.traj.json: $.messages[0].usage.input_tokens_details.cached_tokens: this is 2.5"},
		{Name: "no trajectory", Files: recordedtest.Files{"a.traj": "{}"}, Want: "run: there is no trajectory in it; each trajectory is a file that ends in .traj.json"},
	}...)
}
