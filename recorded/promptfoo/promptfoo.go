// Package promptfoo reads the JSON that promptfoo writes with --output.
//
// It knows that file: results.results[], or results[] of a bare summary, with the fields of promptfoo's
// src/types/index.ts and src/types/shared.ts. It refuses to know prices and statistics.
//
// An answer that promptfoo took from its own cache was not measured: it is a copy of an earlier one, consumed
// nothing and is no trial of its own. Such results are left out and counted in a note. The counts of a result begin
// at 0 in promptfoo, so that 0 is unknown.
//
// What prompt tokens contain is the provider's word: OpenAI's contain the cached ones (src/providers/openai/util.ts),
// Anthropic's do not (src/providers/anthropic/util.ts), and of others it is not known here, so that their input is
// known as a whole only.
package promptfoo

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

// Format is the form of a promptfoo JSON output file, or of a folder of them.
func Format() recorded.Format {
	return recorded.Format{
		Name: "promptfoo", Title: "promptfoo results",
		Holds: func(name string, h recorded.Head) bool {
			if !strings.HasSuffix(name, ".json") {
				return false
			}
			return h.Has("evalId", "results") || h.Has("results", "config") && h.Keys["results"] == excerpt.Object ||
				h.Has("results", "version", "stats") || h.Has("results", "version", "prompts")
		},
		Read: read,
		Untold: []string{
			"promptfoo works its costs out from its own list prices, at the full input rate where a provider's cache served the prompt.",
			"promptfoo does not tell a count of 0 from one that was not reported; the usage of model-graded assertions is not the trial's and is not counted.",
		},
	}
}

// resultShape is what is wanted of a result.
func resultShape() *excerpt.Shape {
	used := excerpt.Keys("prompt", "completion", "cached", "total", "numRequests").
		With("completionDetails", excerpt.Keys("reasoning", "cacheReadInputTokens", "cacheCreationInputTokens"))
	sum := &excerpt.Shape{Digest: true}
	return excerpt.Keys("success", "cost", "latencyMs", "testIdx", "promptId", "failureReason", "score").
		With("tokenUsage", used).
		With("response", excerpt.Keys("cached").With("tokenUsage", used)).
		With("provider", excerpt.Keys("id", "label")).
		With("prompt", excerpt.Keys("label")).
		With("vars", sum).
		With("testCase", excerpt.Keys("description"))
}

func read(src recorded.Source, o recorded.Options) (recorded.Records, error) {
	files, err := src.Files(func(name string) bool { return strings.HasSuffix(name, ".json") })
	if err != nil {
		return recorded.Records{}, err
	}
	folder := len(files) != 1 || files[0].Name != src.Name
	var out recorded.Records
	var tally recorded.Tally
	seen := map[string]string{} // files by their evaluation
	for _, file := range files {
		if folder {
			h, err := file.Head()
			if err != nil {
				return recorded.Records{}, err
			}
			if !Format().Holds(file.Name, h) {
				continue
			}
		}
		rows, id, err := output(file, o, &tally)
		if err != nil {
			return recorded.Records{}, err
		}
		if first, twice := seen[id]; twice && id != "" { // its trials would count twice
			return recorded.Records{}, &recorded.Error{Path: file.Path, At: "$.evalId", Problem: fmt.Sprintf("evaluation %.80q is also in %s", id, first), Allowed: "every evaluation once"}
		}
		seen[id] = file.Path
		out.Rows = append(out.Rows, rows...)
	}
	out.Notes = tally.Notes()
	if len(out.Rows) == 0 {
		problem := "there is no measured result in it"
		if len(out.Notes) > 0 {
			problem += ": " + out.Notes[0]
		}
		return recorded.Records{}, &recorded.Error{Path: src.Path, Problem: problem, Allowed: "results of `promptfoo eval --no-cache --output results.json`"}
	}
	return out, nil
}

// output reads one file and returns the id of its evaluation, too; "" when it has none.
func output(file recorded.Source, o recorded.Options, tally *recorded.Tally) (rows []recorded.Row, id string, err error) {
	f := recorded.Fields{Path: file.Path}
	r := reading{Fields: &f, opts: o, tally: tally, tasks: map[string]string{}, taken: map[string]int{}}
	keep := func(v excerpt.Value) error {
		if row, measured := r.result(v); measured {
			rows = append(rows, row)
		}
		if f.Full() {
			return f.Err()
		}
		return nil
	}
	list := &excerpt.Shape{Elem: resultShape(), Each: keep}
	// results is the summary, or the list itself in a bare summary.
	results := &excerpt.Shape{Keys: map[string]*excerpt.Shape{"results": list}, Elem: list.Elem, Each: list.Each}
	v, err := file.JSON(excerpt.Keys("evalId").With("results", results))
	if err != nil {
		return nil, "", err
	}
	if x := v.Get("results"); x.Kind != excerpt.List && x.Get("results").Kind != excerpt.List {
		f.Bad(x, "there is no list of results", "the file must be what promptfoo eval --output writes")
	}
	id = f.Text(v.Get("evalId"))
	return rows, id, f.Err()
}

// reading is the reading of one file.
type reading struct {
	*recorded.Fields
	opts  recorded.Options
	tally *recorded.Tally
	tasks map[string]string // by what makes a task: its name
	taken map[string]int    // names of tasks, and how often each was wanted
}

// result reads a result; it returns false when the result is no measured trial.
func (r reading) result(v excerpt.Value) (recorded.Row, bool) {
	row := recorded.Row{Dataset: "promptfoo", Task: r.task(v)}
	provider := v.Get("provider")
	id := r.Name(provider.Get("id"))
	row.Provider, row.Model = model(id)
	if row.Label = r.Text(provider.Get("label")); row.Label == "" {
		row.Label = id
	}
	used := v.Get("response", "tokenUsage") // as the provider gave it
	if used.Kind != excerpt.Object {
		used = v.Get("tokenUsage") // the same, filled up with zeros
	}
	cached := r.Positive(used.Get("cached"))
	row.Tokens, row.Prompt = r.tokens(id, used)
	if whole := r.Flag(v.Get("response", "cached")); whole != nil && *whole || cached.IsKnown() && !row.Prompt.IsKnown() {
		r.tally.Add("left out as not measured: an answer from promptfoo's own cache")
		return row, false
	}
	row.Cost = r.PositiveDollars(v.Get("cost"))
	if cached.IsKnown() {
		r.tally.Add("tokens and cost unknown: answered in part from promptfoo's own cache")
		row.Tokens, row.Prompt, row.Cost = usage.Tokens{}, usage.Count{}, recorded.Row{}.Cost
	}
	if s := r.Milliseconds(v.Get("latencyMs")); s != nil && *s > 0 {
		row.Seconds = s
	}
	row.Passed = r.outcome(v)
	return row, true
}

// outcome is success, but for results that are errors (failureReason 2): there the provider or an assertion broke,
// and nothing is known of the model.
func (r reading) outcome(v excerpt.Value) *bool {
	if v.Get("failureReason").Text == "2" {
		r.tally.Add("outcome unknown: an error of the provider or of an assertion")
		return nil
	}
	if r.opts.ScoreFrom != 0 {
		if score, ok := r.Real(v.Get("score")); ok {
			return r.opts.Passed(score)
		}
		r.tally.Add("outcome unknown: no score")
		return nil
	}
	passed := r.Flag(v.Get("success"))
	if passed == nil {
		r.tally.Add("outcome unknown: neither success nor failure")
	}
	return passed
}

// task names what was asked: with --repeat promptfoo gives every repetition a testIdx of its own, so that equal
// variables, description and prompt make a task. It is named by its description, or its first testIdx.
func (r reading) task(v excerpt.Value) string {
	description, prompt := r.Text(v.Get("testCase", "description")), r.Text(v.Get("prompt", "label"))
	key := strings.Join([]string{description, v.Get("vars").Text, prompt, r.Text(v.Get("promptId"))}, "\x00")
	if name, ok := r.tasks[key]; ok {
		return name
	}
	name := description
	if idx, ok := r.Count(v.Get("testIdx")).Value(); ok && name == "" {
		name = fmt.Sprintf("test %d", idx)
	}
	if name == "" {
		r.Bad(v.Get("testIdx"), "this is missing", "a result has a description or a testIdx")
	}
	whole := name
	for r.taken[whole] > 0 {
		r.taken[name]++
		whole = fmt.Sprintf("%s (%d)", name, r.taken[name])
	}
	r.taken[whole]++
	r.tasks[key] = whole
	return whole
}

// model takes a provider id such as openai:responses:gpt-5.4 apart.
func model(id string) (provider, model string) {
	parts := strings.Split(id, ":")
	if len(parts) < 2 {
		return "", id
	}
	rest := parts[1:]
	switch parts[0] {
	case "openai", "anthropic", "azure", "azureopenai", "google", "vertex", "mistral", "openrouter":
		kinds := "chat completion completions responses messages assistant realtime embedding agents"
		if len(rest) > 1 && strings.Contains(" "+kinds+" ", " "+rest[0]+" ") {
			rest = rest[1:]
		}
	}
	return parts[0], strings.Join(rest, ":")
}

// tokens reads the counts by the provider's own convention.
func (r reading) tokens(id string, used excerpt.Value) (t usage.Tokens, prompt usage.Count) {
	details := used.Get("completionDetails")
	prompt, t.Output = r.Positive(used.Get("prompt")), r.Positive(used.Get("completion"))
	read, written := r.Positive(details.Get("cacheReadInputTokens")), r.Positive(details.Get("cacheCreationInputTokens"))
	family, _, _ := strings.Cut(id, ":")
	switch {
	case family == "openai" || family == "azure" || family == "azureopenai":
		t = recorded.Inclusive(prompt, read, written, t.Output)
	case family == "anthropic" && !read.IsKnown() && !written.IsKnown():
		t.Input = prompt
		recorded.Written(&t, usage.Count{})
	default:
		t.CacheRead = read
		recorded.Written(&t, written)
	}
	t.Reasoning = r.Positive(details.Get("reasoning"))
	return t, prompt
}
