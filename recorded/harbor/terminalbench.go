package harbor

import (
	"fmt"
	"io/fs"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

// TerminalBench is the form of a Terminal-Bench run: its folder, a folder of several runs, or a results.json. The
// fields are those of terminal_bench/harness/models.py. The model stands in run_metadata.json beside the file and
// is empty without it. Its total_input_tokens are whole prompts, as the agents counted them, and say nothing of
// the cache: the input is known as a whole only (Row.Prompt). There is no cost. Both counts are 0 where an agent
// reported nothing, so that 0 is unknown.
func TerminalBench() recorded.Format {
	return recorded.Format{
		Name: "terminal-bench", Title: "Terminal-Bench results",
		Holds: func(name string, h recorded.Head) bool {
			if !named("results.json")(name) && !h.Has("n_resolved") {
				return false
			}
			return h.Keys["results"] == excerpt.List && (h.Has("pass_at_k") || h.Has("accuracy") || h.Has("n_resolved")) ||
				h.Has("trial_name", "task_id", "is_resolved")
		},
		Read: readRuns,
		Untold: []string{
			"Terminal-Bench records no cost: price the tokens with --reprice.",
			"Terminal-Bench does not tell how much of the input a cache served: --assume-uncached takes none, which makes the costs upper bounds.",
			"The token counts are what the agents said of themselves; nothing was metered.",
		},
	}
}

// resultShape is what is wanted of one trial.
func resultShape() *excerpt.Shape {
	return excerpt.Keys("trial_name", "task_id", "is_resolved", "failure_mode", "total_input_tokens", "total_output_tokens",
		"agent_started_at", "agent_ended_at")
}

func readRuns(src recorded.Source, o recorded.Options) (recorded.Records, error) {
	files, err := src.Files(named("results.json"))
	if err != nil {
		return recorded.Records{}, err
	}
	var out recorded.Records
	var tally recorded.Tally
	var runs []string // folders whose results.json holds the trials of those below
	for _, file := range files {
		if within(file.Name, runs) {
			continue
		}
		rows, whole, err := readRun(file, o, &tally)
		if err != nil {
			return recorded.Records{}, err
		}
		if whole {
			runs = append(runs, file.Dir().Name)
		}
		out.Rows = append(out.Rows, rows...)
	}
	if len(out.Rows) == 0 {
		return recorded.Records{}, &recorded.Error{Path: src.Path, Problem: "there is no trial in it", Allowed: "a Terminal-Bench run has a results.json with a list of results"}
	}
	out.Notes = tally.Notes()
	return out, nil
}

func within(name string, folders []string) bool {
	for _, f := range folders {
		if f == "." || len(name) > len(f) && name[:len(f)] == f && name[len(f)] == '/' {
			return true
		}
	}
	return false
}

// readRun reads the results.json of a run, which is whole, or that of one trial of it.
func readRun(file recorded.Source, o recorded.Options, tally *recorded.Tally) (rows []recorded.Row, whole bool, err error) {
	f := recorded.Fields{Path: file.Path}
	r := reading{&f, o, tally}
	seen := map[string]string{}
	keep := func(v excerpt.Value) error {
		rows = append(rows, r.result(v))
		// A trial's name is unique within a run. One that is there twice would count twice.
		if name := v.Get("trial_name"); name.Kind == excerpt.String && name.Text != "" {
			if first, twice := seen[name.Text]; twice {
				f.Bad(name, fmt.Sprintf("trial %.80q is also at %s", name.Text, first), "every trial once")
			}
			seen[name.Text] = name.At
		}
		if f.Full() {
			return f.Err()
		}
		return nil
	}
	v, err := file.JSON(resultShape().With("results", &excerpt.Shape{Elem: resultShape(), Each: keep}))
	if err != nil {
		return nil, false, err
	}
	if whole = v.Get("results").Kind == excerpt.List; !whole {
		rows = []recorded.Row{r.result(v)}
	}
	if err := f.Err(); err != nil {
		return nil, false, err
	}
	about, err := metadata(file)
	for i := range rows {
		rows[i].Dataset, rows[i].Provider, rows[i].Model, rows[i].Label = about.Dataset, about.Provider, about.Model, about.Label
	}
	return rows, whole, err
}

// metadata reads run_metadata.json, which lies beside the run's results.json and up to two folders above a
// trial's. Without it the model is not known.
func metadata(file recorded.Source) (recorded.Row, error) {
	row := recorded.Row{Dataset: "terminal-bench"}
	for dir, i := file.Dir(), 0; i < 3; dir, i = dir.Dir(), i+1 {
		beside := dir.Sub("run_metadata.json")
		if _, err := fs.Stat(file.FS, beside.Name); err == nil {
			v, err := beside.JSON(excerpt.Keys("model_name", "agent_name", "dataset_name"))
			if err != nil {
				return row, err
			}
			f := recorded.Fields{Path: beside.Path}
			if name := f.Text(v.Get("dataset_name")); name != "" {
				row.Dataset = name
			}
			row.Provider, row.Model = recorded.SplitModel(f.Text(v.Get("model_name")))
			row.Label = f.Text(v.Get("agent_name"))
			if row.Label != "" && row.Model != "" {
				row.Label += " " + row.Model
			}
			return row, f.Err()
		}
		if dir.Name == "." {
			break
		}
	}
	return row, nil
}

func (r reading) result(v excerpt.Value) recorded.Row {
	row := recorded.Row{Task: r.Name(v.Get("task_id"))}
	row.Prompt = r.Positive(v.Get("total_input_tokens"))
	row.Tokens.Output = r.Positive(v.Get("total_output_tokens"))
	recorded.Written(&row.Tokens, usage.Count{})
	row.Seconds = r.Between(v.Get("agent_started_at"), v.Get("agent_ended_at"))
	row.Passed = r.resolved(v)
	return row
}

// resolved is the outcome of a trial. The failure modes are those of terminal_bench/agents/failure_mode.py.
//
// A trial can be resolved and have failure_mode agent_timeout, because the tests are run on what the agent left
// behind. It is failed here, as a time-out is in pertask's own trials: the result did not come by itself within the
// time that was given. Terminal-Bench counts it as resolved, so that its completion rate can be higher.
//
// Where the tests, the installation or something that is not named broke, a trial that is not resolved says
// nothing about the model: its outcome is unknown. A model that ran out of its context, or whose answers could not
// be read, has failed.
func (r reading) resolved(v excerpt.Value) *bool {
	mode, resolved := r.Text(v.Get("failure_mode")), r.Flag(v.Get("is_resolved"))
	switch mode {
	case "agent_timeout":
		r.tally.Add("failed by a time-out (agent_timeout), whatever the tests say")
		return new(bool)
	case "", "unset", "none":
		if resolved == nil {
			r.tally.Add("outcome unknown: neither resolved nor unresolved")
		}
		return resolved
	case "context_length_exceeded", "output_length_exceeded", "fatal_llm_parse_error":
		if resolved == nil {
			resolved = new(bool)
		}
		return resolved
	}
	if resolved != nil && *resolved {
		return resolved
	}
	r.tally.Add(fmt.Sprintf("outcome unknown: not resolved after failure mode %q", clip(mode)))
	return nil
}
