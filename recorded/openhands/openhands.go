// Package openhands reads the output of OpenHands' evaluation.
//
// It knows output.jsonl, a line for each instance, and output.swebench_eval.jsonl beside it, which holds what the
// grader said and no metrics. The fields are those of evaluation/utils/shared.py, openhands/llm/metrics.py and
// llm.py: prompt_tokens are LiteLLM's and contain what the cache served and what was written to it. A count or a
// cost that was not reported is 0 there, so that 0 is unknown. It refuses to know prices and statistics.
package openhands

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/recorded/swebench"
)

const (
	output = "output.jsonl"
	graded = "output.swebench_eval.jsonl"
)

// Format is the form of an OpenHands evaluation: the folder of a run, a folder of several runs, or an output file.
func Format() recorded.Format {
	return recorded.Format{
		Name: "openhands", Title: "OpenHands output",
		Holds: func(name string, h recorded.Head) bool {
			return strings.HasSuffix(name, ".jsonl") && h.Has("instance_id") && (h.Has("metrics") || h.Has("test_result"))
		},
		Read: read,
		Untold: []string{
			"The costs are what OpenHands worked out from LiteLLM's list prices.",
			"Whether a task was resolved is known only after the evaluation: from output.swebench_eval.jsonl or a report.json in the folder.",
		},
	}
}

func read(src recorded.Source, _ recorded.Options) (recorded.Records, error) {
	attempts := 0
	files, err := src.Files(func(name string) bool {
		if strings.HasPrefix(name, "output.critic_attempt_") {
			attempts++
		}
		return name == output
	})
	if err != nil {
		return recorded.Records{}, err
	}
	var out recorded.Records
	var tally recorded.Tally
	for _, file := range files {
		rows, err := run(file, &tally)
		if err != nil {
			return recorded.Records{}, err
		}
		out.Rows = append(out.Rows, rows...)
	}
	if len(out.Rows) == 0 {
		return recorded.Records{}, &recorded.Error{Path: src.Path, Problem: "there is no trial in it", Allowed: "an OpenHands run has an " + output}
	}
	out.Notes = tally.Notes()
	if attempts > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("There are %d files of attempts (output.critic_attempt_*); what attempts cost that were not chosen is not in the records.", attempts))
	}
	return out, nil
}

// run reads one output file and what lies beside it.
func run(file recorded.Source, tally *recorded.Tally) ([]recorded.Row, error) {
	report, err := swebench.Read(file.Dir())
	if err != nil {
		return nil, err
	}
	verdicts := map[string]*bool{}
	beside := file.Dir().Sub(graded)
	if path.Base(file.Name) == output {
		if _, err := fs.Stat(file.FS, beside.Name); err == nil {
			if err := lines(beside, func(f *recorded.Fields, v excerpt.Value) { verdicts[f.Name(v.Get("instance_id"))] = outcome(f, v) }); err != nil {
				return nil, err
			}
		}
	}
	var rows []recorded.Row
	err = lines(file, func(f *recorded.Fields, v excerpt.Value) {
		row := trial(f, v, tally)
		if row.Passed == nil {
			row.Passed = verdicts[row.Task]
		}
		if row.Passed == nil {
			row.Passed = report.Outcome(row.Task)
		}
		if row.Passed == nil {
			tally.Add("outcome unknown: no verdict of a grader")
		}
		rows = append(rows, row)
	})
	return rows, err
}

// shape is what is wanted of a line.
func shape() *excerpt.Shape {
	return excerpt.Keys("instance_id", "resolved").
		With("test_result", excerpt.Keys("resolved").With("report", excerpt.Keys("resolved", "error_eval", "test_timeout"))).
		With("metadata", excerpt.Keys("dataset").With("llm_config", excerpt.Keys("model"))).
		With("metrics", excerpt.Keys("accumulated_cost").
			With("accumulated_token_usage", excerpt.Keys("prompt_tokens", "completion_tokens", "cache_read_tokens", "cache_write_tokens")))
}

// lines hands over each line of a file. An instance that is there twice is refused: it would count twice.
func lines(file recorded.Source, each func(*recorded.Fields, excerpt.Value)) error {
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	in, seen := excerpt.NewReader(r), map[string]int{}
	for {
		line, err := in.Start()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return recorded.Syntax(file.Path, err)
		}
		v, err := in.Next(shape())
		if err != nil {
			return recorded.Syntax(file.Path, err)
		}
		f := recorded.Fields{Path: fmt.Sprintf("%s:%d", file.Path, line)}
		if v.Kind != excerpt.Object {
			f.Bad(v, "this is "+v.Kind.String(), "every line is an object")
			return f.Err()
		}
		each(&f, v)
		id := v.Get("instance_id")
		if first, twice := seen[id.Text]; twice {
			f.Bad(id, fmt.Sprintf("instance %.80q is also on line %d", id.Text, first), "every instance once in a file")
		}
		seen[id.Text] = line
		if err := f.Err(); err != nil {
			return err
		}
	}
}

func trial(f *recorded.Fields, v excerpt.Value, tally *recorded.Tally) recorded.Row {
	row := recorded.Row{Dataset: "openhands", Task: f.Name(v.Get("instance_id"))}
	if s := f.Text(v.Get("metadata", "dataset")); s != "" {
		row.Dataset = s
	}
	row.Label = f.Text(v.Get("metadata", "llm_config", "model"))
	row.Provider, row.Model = recorded.SplitModel(row.Label)
	metrics := v.Get("metrics")
	used := metrics.Get("accumulated_token_usage")
	row.Cost, row.Prompt = f.PositiveDollars(metrics.Get("accumulated_cost")), f.Positive(used.Get("prompt_tokens"))
	row.Tokens = recorded.Inclusive(row.Prompt, f.Positive(used.Get("cache_read_tokens")),
		f.Positive(used.Get("cache_write_tokens")), f.Positive(used.Get("completion_tokens")))
	if !metrics.Is() {
		tally.Add("tokens and cost unknown: no metrics")
	}
	row.Passed = outcome(f, v)
	return row
}

// outcome is what the grader said on the line. Where the grader itself broke or ran out of time, it is unknown.
func outcome(f *recorded.Fields, v excerpt.Value) *bool {
	report := v.Get("test_result", "report")
	for _, broke := range []string{"error_eval", "test_timeout"} {
		if b := f.Flag(report.Get(broke)); b != nil && *b {
			return nil
		}
	}
	for _, x := range []excerpt.Value{report.Get("resolved"), v.Get("test_result", "resolved"), v.Get("resolved")} {
		if b := f.Flag(x); b != nil {
			return b
		}
	}
	return nil
}
