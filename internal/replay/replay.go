// Package replay is an upstream that answers with recorded trials, for the demo and for tests.
//
// It knows recorded totals of trials and OpenAI's Chat Completions wire format, which the providers of the
// recorded models speak, too. It refuses to know prices, arms and verdicts: the chain in front of it measures
// it as it would measure a provider.
package replay

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Schema names the version of the file form: JSON lines, a Header and then a Record per line.
const Schema = "pertask.recorded/1"

// Header is the first line of a file of recorded trials.
type Header struct {
	Schema  string `json:"schema"`
	Dataset string `json:"dataset"`
	Source  string `json:"source"`
	Licence string `json:"licence"`
	Note    string `json:"note,omitempty"`
}

// Record is one recorded trial: its totals, what it cost, and whether it completed.
type Record struct {
	Model     string       `json:"model"`
	Task      string       `json:"task"`
	Completed bool         `json:"completed"`
	Input     usage.Count  `json:"input"` // uncached
	CacheRead usage.Count  `json:"cache_read"`
	Output    usage.Count  `json:"output"`
	USD       price.Amount `json:"usd"`
}

// Records is a file of recorded trials.
type Records struct {
	Header
	byTask map[string]Record // model, NUL, task
	tasks  []string
	models []string
}

// Read reads a file of recorded trials. A record without a known input or output is refused: it could not be replayed.
func Read(r io.Reader) (*Records, error) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	rs := &Records{byTask: map[string]Record{}}
	seenTask, seenModel := map[string]bool{}, map[string]bool{}
	for line := 1; s.Scan(); line++ {
		if line == 1 {
			if err := json.Unmarshal(s.Bytes(), &rs.Header); err != nil || rs.Schema != Schema {
				return nil, fmt.Errorf("reading recorded trials: line 1 is not a header with schema %q", Schema)
			}
			continue
		}
		var rec Record
		if err := json.Unmarshal(s.Bytes(), &rec); err != nil {
			return nil, fmt.Errorf("reading recorded trials: line %d: %w", line, err)
		}
		if rec.Model == "" || rec.Task == "" || !rec.Input.IsKnown() || !rec.CacheRead.IsKnown() || !rec.Output.IsKnown() {
			return nil, fmt.Errorf("reading recorded trials: line %d: model, task, input, cache_read and output must be known", line)
		}
		key := rec.Model + "\x00" + rec.Task
		if _, twice := rs.byTask[key]; twice {
			return nil, fmt.Errorf("reading recorded trials: line %d: model %q and task %q are there twice", line, rec.Model, rec.Task)
		}
		rs.byTask[key] = rec
		if !seenTask[rec.Task] {
			seenTask[rec.Task] = true
			rs.tasks = append(rs.tasks, rec.Task)
		}
		if !seenModel[rec.Model] {
			seenModel[rec.Model] = true
			rs.models = append(rs.models, rec.Model)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("reading recorded trials: %w", err)
	}
	return rs, nil
}

// Tasks returns the ids of the recorded tasks in the order of the file.
func (rs *Records) Tasks() []string { return rs.tasks }

// Models returns the recorded models in the order of the file.
func (rs *Records) Models() []string { return rs.models }

// Find returns the record of a model and a task.
func (rs *Records) Find(model, task string) (Record, bool) {
	rec, ok := rs.byTask[model+"\x00"+task]
	return rec, ok
}
