package doctor

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/strict"
)

// Workflow is what is read of one workflow file.
type Workflow struct {
	Path        string
	root        strict.Value
	events      map[string]strict.Value // the zero Value of one without a mapping
	places      map[string]strict.Value // of the events' names
	permissions strict.Value
	concurrency strict.Value
	env         strict.Value
	jobs        []job // those with a step that runs pertask
}

// job is a job that runs pertask.
type job struct {
	id          string
	at, name    strict.Value
	permissions strict.Value
	concurrency strict.Value
	env         strict.Value
	steps       []step
}

// step is one step of a job.
type step struct {
	at, uses, with, env strict.Value
}

var ours = regexp.MustCompile(`(?i)^[^/@\s]+/pertask@`)

func (s step) pertask() bool {
	text, ok := s.uses.Peek()
	return ok && ours.MatchString(text)
}

// ReadWorkflow reads a workflow. It is an error when the file cannot be read as plain YAML; a workflow of another shape
// has nothing in it. A nil Workflow without an error does not run pertask.
func ReadWorkflow(path string, data []byte) (*Workflow, error) {
	doc, err := strict.Parse(path, data)
	if err != nil {
		return nil, err
	}
	w := &Workflow{Path: path, root: doc.Root(), events: map[string]strict.Value{}, places: map[string]strict.Value{}}
	top := members(w.root)
	for _, e := range members(top["jobs"].Value) {
		if j := readJob(e); slices.ContainsFunc(j.steps, step.pertask) {
			w.jobs = append(w.jobs, j)
		}
	}
	if len(w.jobs) == 0 {
		return nil, nil
	}
	slices.SortFunc(w.jobs, func(a, b job) int { return a.at.Line() - b.at.Line() })
	w.readEvents(top["on"].Value)
	w.permissions, w.concurrency, w.env = top["permissions"].Value, top["concurrency"].Value, top["env"].Value
	return w, nil
}

// readEvents reads the three forms of "on": a word, a list, a mapping.
func (w *Workflow) readEvents(on strict.Value) {
	if name, ok := on.Peek(); ok {
		w.places[name], w.events[name] = on, strict.Value{}
	}
	for _, v := range elements(on) {
		if name, ok := v.Peek(); ok {
			w.places[name], w.events[name] = v, strict.Value{}
		}
	}
	for name, e := range members(on) {
		w.places[name], w.events[name] = e.KeyAt, e.Value
	}
}

func readJob(e strict.Entry) job {
	m := members(e.Value)
	j := job{id: e.Key, at: e.KeyAt, name: m["name"].Value, permissions: m["permissions"].Value, concurrency: m["concurrency"].Value, env: m["env"].Value}
	for _, v := range elements(m["steps"].Value) {
		s := members(v)
		j.steps = append(j.steps, step{at: v, uses: s["uses"].Value, with: s["with"].Value, env: s["env"].Value})
	}
	return j
}

// shown is the name of the job's check run.
func (j job) shown() string {
	if name, ok := j.name.Peek(); ok && name != "" {
		return name
	}
	return j.id
}

// JobNames are the names of the check runs that GitHub makes of the jobs that run pertask.
func (w *Workflow) JobNames() []string {
	var out []string
	for _, j := range w.jobs {
		out = append(out, j.shown())
	}
	return out
}

// On reports whether an event starts the workflow.
func (w *Workflow) On(event string) bool {
	_, ok := w.events[event]
	return ok
}

// members returns a mapping's entries by key; nothing of a value that is none.
func members(v strict.Value) map[string]strict.Entry {
	out := map[string]strict.Entry{}
	if !v.IsMap() {
		return out
	}
	for _, e := range v.Entries() {
		out[e.Key] = e
	}
	return out
}

// maxElements is the number of elements of a list that are looked at.
const maxElements = 10_000

func elements(v strict.Value) []strict.Value {
	if !v.IsList() {
		return nil
	}
	return v.List(maxElements)
}

// texts returns the texts of a list, or of a single value.
func texts(v strict.Value) []string {
	if s, ok := v.Peek(); ok {
		return []string{s}
	}
	var out []string
	for _, e := range elements(v) {
		if s, ok := e.Peek(); ok {
			out = append(out, s)
		}
	}
	return out
}

// finding is one at the place of a value, or of the file where the value is not there.
func (w *Workflow) finding(l Level, at strict.Value, what, do string) Finding {
	f := Finding{Level: l, Path: w.Path, What: clean(what), Do: clean(do)}
	if p, ok := at.Place(); ok {
		f.Line, f.Column = p.Line, p.Column
	}
	return f
}

var fullSHA = regexp.MustCompile(`@[0-9a-fA-F]{40}$`)

// pinned reports whether an Action cannot change behind its name: a full SHA, a digest, or a folder of the repository.
func pinned(uses string) bool {
	return fullSHA.MatchString(uses) || strings.HasPrefix(uses, "./") || strings.Contains(uses, "@sha256:")
}
