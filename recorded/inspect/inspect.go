// Package inspect reads the logs of inspect_ai: .eval files, which are ZIP archives, and their JSON form.
//
// It knows those files, with the fields of inspect_ai's log/_log.py and model/_model_output.py. Its input_tokens
// leave out what was read from the cache and what was written to it (ModelUsage says so), as Input does here; its
// output contains the reasoning. An absent count is unknown; 0 input with 0 output is what inspect_ai has for a
// model that reported nothing. It refuses to know prices and statistics.
package inspect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
)

// Format is the form of inspect_ai: a log, or a folder of logs. An epoch is a trial.
func Format() recorded.Format {
	return recorded.Format{
		Name: "inspect", Title: "inspect_ai logs",
		Holds: holds,
		Read:  read,
		Untold: []string{
			"Costs are those that inspect_ai worked out from the prices it was given; without them, price the tokens with --reprice.",
		},
	}
}

func holds(name string, h recorded.Head) bool {
	return h.Zip && strings.HasSuffix(name, ".eval") || strings.HasSuffix(name, ".json") && h.Has("version", "eval", "status")
}

// log is what is wanted of a log. The samples are those of one evaluation of one model.
type log struct {
	header  excerpt.Value
	samples []sample
}

// sample is a sample with the path of the file or archive member that it is from.
type sample struct {
	path  string
	value excerpt.Value
}

func headerShape() *excerpt.Shape {
	role := excerpt.Keys("model")
	return excerpt.Keys("version", "status").
		With("eval", excerpt.Keys("task", "model").With("model_roles", &excerpt.Shape{Any: role}))
}

func sampleShape() *excerpt.Shape {
	used := excerpt.Keys("input_tokens", "output_tokens", "input_tokens_cache_read", "input_tokens_cache_write",
		"reasoning_tokens", "total_tokens", "total_cost")
	return excerpt.Keys("id", "epoch", "error", "invalidation", "total_time", "working_time").
		With("scores", &excerpt.Shape{Any: excerpt.Keys("value")}).
		With("model_usage", &excerpt.Shape{Any: used}).
		With("role_usage", &excerpt.Shape{Any: used}).
		With("limit", excerpt.Keys("type")).
		With("error_retries", &excerpt.Shape{Elem: excerpt.Leaf})
}

func read(src recorded.Source, o recorded.Options) (recorded.Records, error) {
	files, err := src.Files(func(name string) bool { return strings.HasSuffix(name, ".eval") || strings.HasSuffix(name, ".json") })
	if err != nil {
		return recorded.Records{}, err
	}
	folder, err := src.IsFolder()
	if err != nil {
		return recorded.Records{}, err
	}
	var out recorded.Records
	var tally recorded.Tally
	for _, file := range files {
		h, err := file.Head()
		if err != nil {
			return recorded.Records{}, err
		}
		if folder && !holds(file.Name, h) {
			continue
		}
		open := text
		if h.Zip {
			open = archive
		}
		l, err := open(file)
		if err != nil {
			return recorded.Records{}, err
		}
		rows, err := l.rows(file.Path, o, &tally)
		if err != nil {
			return recorded.Records{}, err
		}
		if status := l.header.Get("status").Text; status != "success" {
			out.Notes = append(out.Notes, fmt.Sprintf("%s has status %q: what it holds may not be all.", file.Path, status))
		}
		out.Rows = append(out.Rows, rows...)
	}
	if len(out.Rows) == 0 {
		return recorded.Records{}, &recorded.Error{Path: src.Path, Problem: "there is no sample in it", Allowed: "a log of inspect_ai with its samples (log_samples)"}
	}
	out.Notes = append(tally.Notes(), out.Notes...)
	return out, nil
}

// text reads the JSON form.
func text(file recorded.Source) (log, error) {
	var l log
	keep := func(v excerpt.Value) error {
		l.samples = append(l.samples, sample{file.Path, v})
		return nil
	}
	var err error
	l.header, err = file.JSON(headerShape().With("samples", &excerpt.Shape{Elem: sampleShape(), Each: keep}))
	return l, err
}

// rows turns a log into rows, ordered by epoch.
func (l log) rows(path string, o recorded.Options, tally *recorded.Tally) ([]recorded.Row, error) {
	f := recorded.Fields{Path: path}
	r := reading{Fields: &f, opts: o, tally: tally}
	r.model = f.Name(l.header.Get("eval", "model"))
	r.grader = f.Text(l.header.Get("eval", "model_roles", "grader", "model"))
	dataset := f.Name(l.header.Get("eval", "task"))
	type placed struct {
		epoch int64
		row   recorded.Row
	}
	var all []placed
	seen := map[string]bool{}
	for _, s := range l.samples {
		f.Path = s.path
		row := r.sample(s.value)
		row.Dataset = dataset
		epoch, _ := f.Count(s.value.Get("epoch")).Value()
		id := row.Task + "\x00" + strconv.FormatInt(epoch, 10)
		if seen[id] {
			f.Bad(s.value.Get("id"), fmt.Sprintf("epoch %d of sample %.80q is there twice", epoch, row.Task), "every epoch of a sample once")
		}
		seen[id] = true
		all = append(all, placed{epoch, row})
		if f.Full() {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return int(min(max(a.epoch-b.epoch, -1), 1)) })
	rows := make([]recorded.Row, len(all))
	for i, p := range all {
		rows[i] = p.row
	}
	return rows, f.Err()
}
