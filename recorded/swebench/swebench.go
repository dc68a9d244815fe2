// Package swebench reads the reports of SWE-bench's grader, which say what became of the instances that an agent
// worked on.
//
// It knows the two forms in which they are written: the report of a whole run (lists of ids such as resolved_ids)
// and that of one instance. It refuses to know agents, tokens and prices.
package swebench

import (
	"strings"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
)

// Report says what became of instances. The zero Report knows nothing.
type Report struct{ outcome map[string]*bool }

// Outcome is whether the instance is resolved; nil when the report does not say.
func (r Report) Outcome(instance string) *bool { return r.outcome[instance] }

// Len is the number of instances with an outcome.
func (r Report) Len() int { return len(r.outcome) }

func (r *Report) set(instance string, resolved bool) {
	if r.outcome == nil {
		r.outcome = map[string]*bool{}
	}
	r.outcome[instance] = &resolved
}

// the lists of a run's report that make an instance failed: it was submitted or graded, and is not among the
// resolved ones. Those of error_ids are not there: the grader broke. SWE-agent calls the lists of its own form
// (before 1.0) by the names without _ids.
var failed = []string{"unresolved_ids", "empty_patch_ids", "completed_ids", "no_generation", "no_apply", "generated", "applied"}

// Read reads every report below the folder, in files whose names end in .json and hold one. Other files are passed
// over.
func Read(folder recorded.Source) (Report, error) {
	var rep Report
	files, err := folder.Files(func(name string) bool {
		return strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".traj.json")
	})
	if err != nil {
		return rep, err
	}
	for _, file := range files {
		h, err := file.Head()
		if err != nil {
			return rep, err
		}
		switch {
		case h.Has("resolved_ids") || h.Keys["resolved"] == excerpt.List:
			err = rep.run(file)
		case (file.Name == "report.json" || strings.HasSuffix(file.Name, "/report.json")) && h.JSON:
			err = rep.instances(file)
		}
		if err != nil {
			return rep, err
		}
	}
	return rep, nil
}

// run reads the report of a run.
func (r *Report) run(file recorded.Source) error {
	ids := &excerpt.Shape{Elem: excerpt.Leaf}
	want := (&excerpt.Shape{}).With("resolved_ids", ids).With("resolved", ids).With("error_ids", ids)
	for _, list := range failed {
		want.With(list, ids)
	}
	v, err := file.JSON(want)
	if err != nil {
		return err
	}
	f := recorded.Fields{Path: file.Path}
	each := func(list string, do func(id string)) {
		for _, item := range v.Get(list).Items {
			do(f.Name(item))
		}
	}
	broke := map[string]bool{}
	each("error_ids", func(id string) { broke[id] = true })
	for _, list := range failed {
		each(list, func(id string) {
			if !broke[id] {
				r.set(id, false)
			}
		})
	}
	for _, list := range []string{"resolved_ids", "resolved"} {
		each(list, func(id string) { r.set(id, true) })
	}
	return f.Err()
}

// instances reads a report.json of instances by their ids, each with resolved.
func (r *Report) instances(file recorded.Source) error {
	v, err := file.JSON(&excerpt.Shape{Any: excerpt.Keys("resolved")})
	if err != nil {
		return err
	}
	f := recorded.Fields{Path: file.Path}
	for _, id := range v.Names() {
		if x := v.Get(id); x.Kind == excerpt.Object && x.Get("resolved").Kind == excerpt.Bool {
			r.set(id, *f.Flag(x.Get("resolved")))
		}
	}
	return f.Err()
}
