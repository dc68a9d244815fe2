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
