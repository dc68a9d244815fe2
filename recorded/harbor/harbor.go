// Package harbor reads the results of Harbor and of Terminal-Bench, its predecessor.
//
// It knows their result files. It refuses to know prices and statistics.
//
// Harbor writes a result.json into the folder of each trial and one into the folder of the job; the job's has no
// trials in it. The fields are those of src/harbor/models/trial/result.py and models/agent/context.py. Its
// n_input_tokens contain what was read from the provider's cache (n_cache_tokens) and, by the same words ("input
// tokens used including cache"), what was written to it, which it does not tell apart: the writes are unknown
// here, and Input is what is not a cache read. For providers that bill writes as input that is exact. Some of its agents
// write a cost_usd of 0 where they know no price, so that 0 is unknown.
package harbor

import (
	"fmt"
	"path"
	"strconv"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

// Format is the form of a Harbor job: its folder, a folder of several jobs, or the result.json of one trial.
func Format() recorded.Format {
	return recorded.Format{
		Name: "harbor", Title: "Harbor results",
		Holds: func(name string, h recorded.Head) bool {
			return named("result.json")(name) && (h.Has("trial_name", "task_name") || h.Has("n_total_trials"))
		},
		Read: read,
		Untold: []string{
			"The token counts and costs are what the agents said of themselves; nothing was metered.",
			"Harbor does not tell cache writes from other input.",
		},
	}
}

func named(want string) func(string) bool {
	return func(name string) bool { return path.Base(name) == want }
}

// trialShape is what is wanted of a trial's result.json.
func trialShape() *excerpt.Shape {
	span := excerpt.Keys("started_at", "finished_at")
	return excerpt.Keys("task_name", "trial_name", "source", "n_total_trials").
		With("agent_info", excerpt.Keys("name", "version").With("model_info", excerpt.Keys("name", "provider"))).
		With("agent_result", excerpt.Keys("n_input_tokens", "n_cache_tokens", "n_output_tokens", "cost_usd")).
		With("verifier_result", (&excerpt.Shape{}).With("rewards", &excerpt.Shape{Any: excerpt.Leaf})).
		With("exception_info", excerpt.Keys("exception_type")).
		With("agent_execution", span)
}

func read(src recorded.Source, o recorded.Options) (recorded.Records, error) {
	files, err := src.Files(named("result.json"))
	if err != nil {
		return recorded.Records{}, err
	}
	var out recorded.Records
	var tally recorded.Tally
	seen := map[string]string{}
	for _, file := range files {
		v, err := file.JSON(trialShape())
		if err != nil {
			return recorded.Records{}, err
		}
		if v.Get("n_total_trials").Is() {
			continue // the job's own
		}
		f := recorded.Fields{Path: file.Path}
		r := reading{&f, o, &tally}
		row := r.trial(v)
		if err := f.Err(); err != nil {
			return recorded.Records{}, err
		}
		// A trial that was copied must not count twice; its name is unique within a job.
		id := file.Dir().Dir().Path + "\x00" + v.Get("trial_name").Text
		if first, twice := seen[id]; twice {
			return recorded.Records{}, &recorded.Error{Path: file.Path, At: "$.trial_name", Problem: fmt.Sprintf("trial %.80q is also in %s", v.Get("trial_name").Text, first)}
		}
		seen[id] = file.Path
		out.Rows = append(out.Rows, row)
	}
	if len(out.Rows) == 0 {
		return recorded.Records{}, &recorded.Error{Path: src.Path, Problem: "there is no trial in it", Allowed: "a Harbor job folder has a folder with a result.json for each trial"}
	}
	out.Notes = tally.Notes()
	return out, nil
}

// reading is the reading of one file.
type reading struct {
	*recorded.Fields
	opts  recorded.Options
	tally *recorded.Tally
}

func (r reading) trial(v excerpt.Value) recorded.Row {
	row := recorded.Row{Dataset: "harbor", Task: r.Name(v.Get("task_name"))}
	r.Name(v.Get("trial_name"))
	if s := r.Text(v.Get("source")); s != "" {
		row.Dataset = s
	}
	agent := v.Get("agent_info")
	row.Model, row.Provider = r.Text(agent.Get("model_info", "name")), r.Text(agent.Get("model_info", "provider"))
	row.Label = r.Text(agent.Get("name"))
	if row.Model != "" {
		row.Label += " " + row.Model
	}
	used := v.Get("agent_result")
	row.Cost = r.PositiveDollars(used.Get("cost_usd"))
	row.Tokens, row.Prompt = r.tokens(used)
	row.Seconds = r.Between(v.Get("agent_execution", "started_at"), v.Get("agent_execution", "finished_at"))
	row.Passed = r.outcome(v)
	return row
}

// tokens takes a trial without input and without output for one of which nothing is known: an agent that made no
// call at all has nothing to report either.
func (r reading) tokens(used excerpt.Value) (t usage.Tokens, prompt usage.Count) {
	prompt, t.CacheRead = r.Count(used.Get("n_input_tokens")), r.Count(used.Get("n_cache_tokens"))
	t.Output = r.Count(used.Get("n_output_tokens"))
	if prompt == usage.Known(0) && (t.Output == usage.Known(0) || !t.Output.IsKnown()) {
		return usage.Tokens{}, usage.Count{}
	}
	if t.Input = recorded.Minus(prompt, t.CacheRead); prompt.IsKnown() && t.CacheRead.IsKnown() && !t.Input.IsKnown() {
		r.tally.Add("input unknown: more cached than input tokens")
		t.CacheRead = usage.Count{}
	}
	recorded.Written(&t, usage.Count{})
	return t, prompt
}

// outcome goes by the reward, but for two cases. Harbor grades what an agent that ran out of time left behind; a
// time-out is failed here whatever the reward, as it is in pertask's own trials: the result did not come by itself
// within the time that was given. And an exception without a reward leaves the outcome unknown: it may be the
// agent's, the provider's or the environment's.
func (r reading) outcome(v excerpt.Value) *bool {
	exception := r.Text(v.Get("exception_info", "exception_type"))
	if exception == "AgentTimeoutError" {
		r.tally.Add("failed by a time-out (AgentTimeoutError), whatever the reward")
		return new(bool)
	}
	rewards := v.Get("verifier_result", "rewards")
	score, ok := r.reward(rewards)
	switch {
	case ok:
		return r.opts.Passed(score)
	case exception != "":
		r.tally.Add("outcome unknown: no reward after " + strconv.Quote(clip(exception)))
	default:
		r.tally.Add("outcome unknown: no reward")
	}
	return nil
}

// reward is the one that --score names, the one called reward, or the only one.
func (r reading) reward(rewards excerpt.Value) (float64, bool) {
	names := rewards.Names()
	name := r.opts.Score
	switch {
	case name != "":
	case rewards.Get("reward").Is() || len(names) == 0:
		name = "reward"
	case len(names) == 1:
		name = names[0]
	default:
		r.Bad(rewards, fmt.Sprintf("the trial has the rewards %q", names), "name the one that decides with --score")
		return 0, false
	}
	v := rewards.Get(name)
	if v.Kind == excerpt.NotFinite {
		return 0, false
	}
	return r.Real(v)
}

func clip(s string) string {
	if len(s) > 60 {
		s = s[:60]
	}
	return s
}
