// Package sweagent reads the trajectories of SWE-agent and of mini-swe-agent.
//
// It knows their files. It refuses to know prices and statistics. Both record the cost that LiteLLM worked out
// from list prices, and 0 where it knew no price, so that 0 is unknown. Neither records whether the task was
// resolved: the outcome comes from a report of SWE-bench's grader (results.json, report.json, or what
// run_evaluation writes) that lies in the folder, and is unknown without it.
package sweagent

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/recorded/swebench"
	"github.com/pertask/pertask/usage"
)

const (
	suffix     = ".traj"
	miniSuffix = ".traj.json"
)

// Format is the form of SWE-agent: a folder with a .traj file for each instance, or one such file. The fields are
// those of sweagent/agent/agents.py and models.py. tokens_sent and tokens_received are what the agent itself counted
// of the texts with a tokenizer, without tools, reasoning and the cache: they are no usage and are not read.
func Format() recorded.Format {
	return recorded.Format{
		Name: "swe-agent", Title: "SWE-agent trajectories",
		Holds: func(name string, h recorded.Head) bool { return strings.HasSuffix(name, suffix) && h.JSON },
		Read:  reader{"swe-agent", suffix, full}.read,
		Untold: []string{
			"SWE-agent records no token counts of the provider, so that these trials cannot be repriced.",
			"The costs are what SWE-agent worked out from LiteLLM's list prices.",
			unresolved,
		},
	}
}

// Mini is the form of mini-swe-agent: a folder with a .traj.json file for each instance, or one such file. The
// fields are those of minisweagent/agents/default.py and models/litellm_model.py: the answers of the provider are
// kept in the messages, with their usage, whose prompt tokens contain the cached ones.
func Mini() recorded.Format {
	return recorded.Format{
		Name: "mini-swe-agent", Title: "mini-swe-agent trajectories",
		Holds: func(name string, h recorded.Head) bool {
			return strings.HasSuffix(name, miniSuffix) && h.JSON || h.Has("info", "messages", "trajectory_format")
		},
		Read: reader{"mini-swe-agent", miniSuffix, mini}.read,
		Untold: []string{
			"The costs are what mini-swe-agent worked out from LiteLLM's list prices, or what OpenRouter said.",
			unresolved,
		},
	}
}

const unresolved = "Whether a task was resolved is not in a trajectory: it is read from SWE-bench reports in the folder, and unknown without them."

// reader reads the trajectories of one of the two agents.
type reader struct {
	dataset, suffix string
	trial           func(*recorded.Fields, *recorded.Tally, recorded.Source) (recorded.Row, string, error)
}

func (r reader) read(src recorded.Source, _ recorded.Options) (recorded.Records, error) {
	files, err := src.Files(func(name string) bool { return strings.HasSuffix(name, r.suffix) })
	if err != nil {
		return recorded.Records{}, err
	}
	folder, err := src.IsFolder()
	if err != nil {
		return recorded.Records{}, err
	}
	if !folder {
		src = src.Dir()
	}
	reports := swebench.In(src)
	var out recorded.Records
	var tally recorded.Tally
	for _, file := range files {
		f := recorded.Fields{Path: file.Path}
		row, status, err := r.trial(&f, &tally, file)
		if err != nil {
			return recorded.Records{}, err
		}
		graded, err := reports.Outcome(file, row.Task)
		if err != nil {
			return recorded.Records{}, err
		}
		row.Dataset, row.Passed = r.dataset, outcome(status, graded, &tally)
		if err := f.Err(); err != nil {
			return recorded.Records{}, err
		}
		out.Rows = append(out.Rows, row)
	}
	if len(out.Rows) == 0 {
		return recorded.Records{}, &recorded.Error{Path: src.Path, Problem: "there is no trajectory in it", Allowed: "each trajectory is a file that ends in " + r.suffix}
	}
	out.Notes = tally.Notes()
	return out, nil
}

// capped are exit statuses of a trial that ran into its time or cost limit, and gaveUp those of an agent that ended
// without an answer by its own doing. SWE-agent puts "submitted (...)" around one when it submits what was there.
var (
	capped = []string{"exit_cost", "exit_total_execution_time", "LimitsExceeded", "TimeExceeded"}
	gaveUp = []string{"exit_context", "exit_format", "exit_forfeit", "exit_command_timeout", "RepeatedFormatError"}
)

// outcome goes by the grader's report, but for time-outs and cost limits: such a trial is failed here whatever the
// report says, as it is in pertask's own trials: the result did not come by itself within the limits. Without a
// report a trial that was submitted is unknown, and so is one that the provider, the environment or a bug ended.
func outcome(status string, graded *bool, tally *recorded.Tally) *bool {
	inner := strings.TrimSuffix(strings.TrimPrefix(status, "submitted ("), ")")
	for _, s := range capped {
		if inner == s {
			tally.Add("failed by a time or cost limit (" + s + "), whatever a report says")
			return new(bool)
		}
	}
	if graded != nil {
		return graded
	}
	for _, s := range gaveUp {
		if status == s {
			return new(bool)
		}
	}
	if len(status) > 60 {
		status = status[:60]
	}
	tally.Add(fmt.Sprintf("outcome unknown: in no report, exit status %q", status))
	return nil
}

// full reads a trajectory of SWE-agent. The model's name is in the configuration for a replay, which is JSON in a
// string.
func full(f *recorded.Fields, _ *recorded.Tally, file recorded.Source) (recorded.Row, string, error) {
	v, err := file.JSON(excerpt.Keys("replay_config").
		With("info", excerpt.Keys("exit_status").With("model_stats", excerpt.Keys("instance_cost"))))
	if err != nil {
		return recorded.Row{}, "", err
	}
	row := recorded.Row{Task: strings.TrimSuffix(path.Base(file.Name), suffix)}
	row.Cost = f.PositiveDollars(v.Get("info", "model_stats", "instance_cost"))
	config := v.Get("replay_config")
	if text := f.Text(config); text != "" {
		model := (&excerpt.Shape{}).With("agent", (&excerpt.Shape{}).With("model", excerpt.Keys("name")))
		inner, err := excerpt.Read(strings.NewReader(text), model)
		if err != nil {
			f.Bad(config, "the configuration in it cannot be read: "+err.Error(), "JSON in a string")
		}
		name := inner.Get("agent", "model", "name")
		name.At = config.At + strings.TrimPrefix(name.At, "$") // its place in the file
		row.Label = f.Text(name)
		row.Provider, row.Model = recorded.SplitModel(row.Label)
	}
	return row, f.Text(v.Get("info", "exit_status")), nil
}

// mini reads a trajectory of mini-swe-agent. Usage counts only when there is one for each call that was made.
func mini(f *recorded.Fields, tally *recorded.Tally, file recorded.Source) (recorded.Row, string, error) {
	sum, prompt, answers := usage.None(), usage.Known(0), int64(0)
	message := (&excerpt.Shape{}).With("usage", recorded.CompletionShape()).
		With("extra", (&excerpt.Shape{}).With("response", (&excerpt.Shape{}).With("usage", recorded.CompletionShape())))
	add := func(m excerpt.Value) error {
		used := m.Get("extra", "response", "usage")
		if used.Kind != excerpt.Object {
			used = m.Get("usage")
		}
		if used.Kind == excerpt.Object {
			t, p := f.Completion(used)
			sum, prompt, answers = sum.Plus(t), prompt.Plus(p), answers+1
		}
		return nil
	}
	v, err := file.JSON(excerpt.Keys("instance_id").
		With("messages", &excerpt.Shape{Elem: message, Each: add}).
		With("info", excerpt.Keys("exit_status").With("model_stats", excerpt.Keys("instance_cost", "api_calls")).
			With("config", (&excerpt.Shape{}).With("model", excerpt.Keys("model_name")))))
	if err != nil {
		return recorded.Row{}, "", err
	}
	row := recorded.Row{Task: strings.TrimSuffix(path.Base(file.Name), miniSuffix)}
	if id := v.Get("instance_id"); id.Is() {
		row.Task = f.Name(id)
	}
	row.Cost = f.PositiveDollars(v.Get("info", "model_stats", "instance_cost"))
	row.Label = f.Text(v.Get("info", "config", "model", "model_name"))
	row.Provider, row.Model = recorded.SplitModel(row.Label)
	if calls, known := f.Count(v.Get("info", "model_stats", "api_calls")).Value(); known && calls == answers && calls > 0 {
		row.Tokens, row.Prompt = sum, prompt
	} else {
		tally.Add("tokens unknown: " + compare(answers, calls, known))
	}
	return row, f.Text(v.Get("info", "exit_status")), nil
}

func compare(answers, calls int64, known bool) string {
	switch {
	case !known:
		return "no number of calls"
	case calls == 0:
		return "no call"
	case answers < calls:
		return "fewer usage records than calls"
	}
	return "more usage records than calls (" + strconv.FormatInt(calls, 10) + ")"
}
