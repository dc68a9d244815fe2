package promptfoo_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/promptfoo"
	"github.com/pertask/pertask/recorded/recordedtest"
	"github.com/pertask/pertask/usage"
)

func read(in string, o recorded.Options) (recorded.Records, error) {
	fsys := fstest.MapFS{"r.json": {Data: []byte(in)}}
	return promptfoo.Format().Read(recorded.Source{FS: fsys, Name: "r.json", Path: "r.json"}, o)
}

func results(list ...string) string {
	return `{"evalId": "e", "results": {"version": 3, "results": [` + strings.Join(list, ",") + `]}}`
}

func result(provider, fields string) string {
	return `{"provider": {"id": "` + provider + `"}, "testIdx": 0, ` + fields + `}`
}

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		fields, want string
		from         float64
	}{
		{`"success": true`, "completed", 0}, {`"success": false, "failureReason": 1`, "failed", 0}, {`"success": false, "failureReason": 2`, "unknown", 0},
		{`"score": 1`, "unknown", 0}, {`"success": false, "score": 0.6`, "completed", 0.5}, {`"success": true, "score": 0.4`, "failed", 0.5},
	} {
		got, err := read(results(result("openai:gpt-5.4", tt.fields)), recorded.Options{ScoreFrom: tt.from})
		if err != nil {
			t.Fatal(err)
		}
		if w := recordedtest.Word(got.Rows[0].Passed); w != tt.want {
			t.Errorf("%s from %v: %s, want %s", tt.fields, tt.from, w, tt.want)
		}
	}
}

func TestTokensGoByTheProvider(t *testing.T) {
	const details = `"completionDetails": {"cacheReadInputTokens": 40}`
	for _, tt := range []struct {
		name, provider, used string
		input, read, whole   usage.Count
	}{
		{"openai", "openai:chat:gpt-5.4", `"prompt": 100, "completion": 5, ` + details, usage.Known(60), usage.Known(40), usage.Known(100)},
		{"openai, cache not told", "openai:chat:gpt-5.4", `"prompt": 100, "completion": 5`, usage.Count{}, usage.Count{}, usage.Known(100)},
		{"openai, a zero that is no count", "openai:gpt-5.4", `"prompt": 100, "completion": 5, "completionDetails": {"cacheReadInputTokens": 0}`, usage.Count{}, usage.Count{}, usage.Known(100)},
		{"anthropic", "anthropic:messages:claude-opus-5", `"prompt": 100, "completion": 5`, usage.Known(100), usage.Count{}, usage.Known(100)},
		{"anthropic, with a cache", "anthropic:messages:claude-opus-5", `"prompt": 100, "completion": 5, ` + details, usage.Count{}, usage.Known(40), usage.Known(100)},
		{"another", "bedrock:some.model-v1:0", `"prompt": 100, "completion": 5`, usage.Count{}, usage.Count{}, usage.Known(100)},
		{"nothing reported", "openai:gpt-5.4", `"prompt": 0, "completion": 0, "cached": 0, "total": 0`, usage.Count{}, usage.Count{}, usage.Count{}},
	} {
		for _, at := range []string{`"response": {"tokenUsage": {` + tt.used + `}}`, `"tokenUsage": {` + tt.used + `}`} {
			got, err := read(results(result(tt.provider, at)), recorded.Options{})
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if row := got.Rows[0]; row.Tokens.Input != tt.input || row.Tokens.CacheRead != tt.read || row.Prompt != tt.whole || row.Cost.IsKnown() {
				t.Errorf("%s: %+v", tt.name, row)
			}
		}
	}
}

func TestCachedAnswersAreNotMeasured(t *testing.T) {
	measured := result("openai:gpt-5.4", `"success": true, "cost": 0.5, "tokenUsage": {"prompt": 10, "completion": 1}`)
	whole := result("openai:gpt-5.4", `"success": true, "cost": 0.5, "response": {"cached": true}`)
	older := result("openai:gpt-5.4", `"success": true, "cost": 0.5, "tokenUsage": {"cached": 11, "total": 11, "prompt": 0, "completion": 0}`)
	part := result("openai:gpt-5.4", `"success": true, "cost": 0.5, "tokenUsage": {"cached": 11, "total": 22, "prompt": 10, "completion": 1}`)
	got, err := read(results(measured, whole, older, part), recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 2 || !got.Rows[0].Cost.IsKnown() || got.Rows[1].Cost.IsKnown() || got.Rows[1].Tokens.Output.IsKnown() {
		t.Errorf("rows %+v", got.Rows)
	}
	want := []string{"2 trials, left out as not measured: an answer from promptfoo's own cache", "1 trial, tokens and cost unknown: answered in part from promptfoo's own cache",
		"1 trial, outcome unknown: neither success nor failure"}
	if diff := cmp.Diff(want[:2], got.Notes); diff != "" {
		t.Error(diff)
	}
	if _, err := read(results(whole), recorded.Options{}); err == nil || !strings.HasPrefix(err.Error(), "r.json: there is no measured result in it: 1 trial, left out") {
		t.Errorf("only cached answers: %v", err)
	}
}

// Repetitions have a testIdx of their own in promptfoo; what is asked makes a task.
func TestTasks(t *testing.T) {
	r := func(idx, vars, description, prompt string) string {
		return `{"provider": {"id": "openai:m"}, "testIdx": ` + idx + `, "vars": ` + vars + `, "testCase": {"description": "` + description + `"}, "prompt": {"label": "` + prompt + `"}}`
	}
	got, err := read(results(r("0", `{"q": 1}`, "", "p"), r("1", `{"q": 2}`, "", "p"), r("2", `{"q": 1}`, "", "p"),
		r("3", `{"q": 3}`, "same", "p"), r("4", `{"q": 4}`, "same", "p"), r("0", `{"q": 1}`, "", "other")), recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var tasks []string
	for _, row := range got.Rows {
		tasks = append(tasks, row.Task)
	}
	if diff := cmp.Diff([]string{"test 0", "test 1", "test 0", "same", "same (2)", "test 0 (2)"}, tasks); diff != "" {
		t.Error(diff)
	}
}

func TestModels(t *testing.T) {
	for id, want := range map[string][2]string{
		"openai:gpt-5.4": {"openai", "gpt-5.4"}, "openai:responses:gpt-5.4": {"openai", "gpt-5.4"}, "anthropic:messages:claude-opus-5": {"anthropic", "claude-opus-5"},
		"bedrock:us.anthropic.claude-v2:0": {"bedrock", "us.anthropic.claude-v2:0"}, "openrouter:openai/gpt-5.4": {"openrouter", "openai/gpt-5.4"}, "echo": {"", "echo"},
	} {
		got, err := read(results(result(id, `"success": true`)), recorded.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if row := got.Rows[0]; row.Provider != want[0] || row.Model != want[1] || row.Name() != id {
			t.Errorf("%s: model %q of %q, name %q", id, row.Model, row.Provider, row.Name())
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"no results", `{"evalId": "e"}`, "r.json: $.results: there is no list of results"},
		{"not a list", `{"results": {"results": 4}}`, "r.json: $.results: there is no list of results"},
		{"none", results(), "r.json: there is no measured result in it; results of `promptfoo eval --no-cache"},
		{"no provider", results(`{"testIdx": 1}`), "r.json: $.results.results[0].provider.id: this is missing"},
		{"no test", results(`{"provider": {"id": "x"}}`), "r.json: $.results.results[0].testIdx: this is missing; a result has"},
		{"negative", results(result("openai:m", `"cost": -1`)), "r.json: $.results.results[0].cost: this is -1"},
		{"word", results(result("openai:m", `"tokenUsage": {"prompt": "ten"}`)), `r.json: $.results.results[0].tokenUsage.prompt: this is "ten"`},
		{"bare", `{"version": 2, "stats": {}, "results": [` + result("openai:m", `"cost": 1e99`) + `]}`, "r.json: $.results[0].cost: this is 1e99"},
		{"cut", `{"results": {"results": [{}`, "r.json:1:28: the text ends"},
	} {
		_, err := read(tt.in, recorded.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
}

func FuzzResults(f *testing.F) {
	f.Add(results(result("openai:m", `"success": true, "vars": {"a": [1]}, "cost": 0.1`)))
	f.Add(`{"results": []}`)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := read(in, recorded.Options{})
		for _, row := range got.Rows {
			if err != nil || row.Task == "" || row.Name() == "" {
				t.Errorf("row %+v with error %v", row, err)
			}
		}
	})
}

// A cost of 0 is where promptfoo begins to count, and what it has for a model without a price.
func TestUnknownCostIsNotZero(t *testing.T) {
	for cost, want := range map[string]string{"0": "unknown", "0.00": "unknown", "null": "unknown", "1e-05": "0.00001", "0.1": "0.1"} {
		row, _ := recordedtest.One(t, promptfoo.Format(), recordedtest.Files{"r.json": results(result("openai:m", `"cost": `+cost))}, recorded.Options{})
		if got := row.Cost.String(); got != want {
			t.Errorf("%s: got %s, want %s", cost, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for latency, want := range map[string]string{"1500": "1.5", "0": "unknown", "null": "unknown", "0.5": "0.0005"} {
		row, _ := recordedtest.One(t, promptfoo.Format(), recordedtest.Files{"r.json": results(result("openai:m", `"latencyMs": `+latency))}, recorded.Options{})
		got := "unknown"
		if row.Seconds != nil {
			got = fmt.Sprint(*row.Seconds)
		}
		if got != want {
			t.Errorf("%s ms: got %s, want %s", latency, got, want)
		}
	}
}

// One evaluation in two files of a folder would count every trial twice; two evaluations are two sets of trials.
func TestFolder(t *testing.T) {
	one := results(result("openai:m", `"success": true`))
	other := strings.Replace(one, `"evalId": "e"`, `"evalId": "e2"`, 1)
	unnamed := `{"version": 2, "stats": {}, "results": [` + result("openai:m", `"success": true`) + `]}`
	got, err := promptfoo.Format().Read(recordedtest.Folder(recordedtest.Files{"a.json": one, "b.json": other, "c.json": unnamed, "d.json": unnamed, "package.json": `{"version": 1}`, "e.json": "[", "f.txt": one}), recorded.Options{})
	if err != nil || len(got.Rows) != 4 {
		t.Errorf("%d rows, want 4: %v", len(got.Rows), err)
	}
	recordedtest.Refuses(t, promptfoo.Format(), []recordedtest.Refusal{
		{Name: "a copy", Files: recordedtest.Files{"a.json": one, "copy/a.json": one}, Want: `run/copy/a.json: $.evalId: evaluation "e" is also in run/a.json; every evaluation once`},
		{Name: "an odd id", Files: recordedtest.Files{"a.json": strings.Replace(one, `"evalId": "e"`, `"evalId": 5`, 1)}, Want: "run/a.json: $.evalId: this is a number; a string"},
		{Name: "nothing of it", Files: recordedtest.Files{"package.json": `{"version": 1}`}, Want: "run: there is no measured result in it; results of"},
	}...)
}

func TestScores(t *testing.T) {
	for _, tt := range []struct {
		fields, want, note string
	}{
		{`"score": 0.5`, "completed", ""}, {`"score": 0.49999`, "failed", ""}, {`"score": null, "success": true`, "unknown", "1 trial, outcome unknown: no score"},
		{`"score": 1, "failureReason": 2`, "unknown", "1 trial, outcome unknown: an error of the provider or of an assertion"},
	} {
		row, got := recordedtest.One(t, promptfoo.Format(), recordedtest.Files{"r.json": results(result("openai:m", tt.fields))}, recorded.Options{ScoreFrom: 0.5})
		if w := recordedtest.Word(row.Passed); w != tt.want || strings.Join(got.Notes, "; ") != tt.note {
			t.Errorf("%s: %s with notes %q, want %s and %q", tt.fields, w, got.Notes, tt.want, tt.note)
		}
	}
}

func TestTruncated(t *testing.T) {
	whole := results(result("openai:gpt-5.4", `"success": true, "cost": 0.125, "latencyMs": 1500, "vars": {"q": "é"}, "tokenUsage": {"prompt": 120, "completion": 10, "completionDetails": {"cacheReadInputTokens": 40}}`))
	recordedtest.Truncated(t, promptfoo.Format(), "r.json", whole, 1)
}

func TestRefusesNumbersThatNobodyCounted(t *testing.T) {
	of := func(fields string) recordedtest.Files {
		return recordedtest.Files{"r.json": results(result("openai:m", fields))}
	}
	recordedtest.Refuses(t, promptfoo.Format(), []recordedtest.Refusal{
		{Name: "latency", Files: of(`"latencyMs": 1e300`), Want: "run/r.json: $.results.results[0].latencyMs: this is 1e300; milliseconds of 0 or more"},
		{Name: "backwards", Files: of(`"latencyMs": -1`), Want: "run/r.json: $.results.results[0].latencyMs: this is -1"},
		{Name: "tokens", Files: of(`"tokenUsage": {"prompt": 9223372036854775808}`), Want: "run/r.json: $.results.results[0].tokenUsage.prompt: this is 9223372036854775808"},
		{Name: "outcome", Files: of(`"success": "yes"`), Want: `run/r.json: $.results.results[0].success: this is "yes"; true, false`},
		{Name: "score", Files: of(`"score": "high"`), Opts: recorded.Options{ScoreFrom: 1}, Want: `run/r.json: $.results.results[0].score: this is "high"; a number`},
		{Name: "provider", Files: recordedtest.Files{"r.json": results(`{"provider": {"id": {}}, "testIdx": 0}`)}, Want: "run/r.json: $.results.results[0].provider.id: this is an object"},
	}...)
	var many []string
	for range 50 {
		many = append(many, result("openai:m", `"cost": -1`))
	}
	if _, err := read(results(many...), recorded.Options{}); err == nil || strings.Count(err.Error(), "\n")+1 != 20 {
		t.Errorf("error %v, want 20 mistakes", err)
	}
}
