// Package swebench reads the reports of SWE-bench's grader, which say what became of the instances that an agent
// worked on.
//
// It knows the two forms in which they are written: the report of a whole run (lists of ids such as resolved_ids)
// and that of one instance. It refuses to know agents, tokens and prices.
package swebench

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
)

// Report says what became of instances. The zero Report knows nothing.
type Report struct{ outcome map[string]bool }

// Outcome is whether the instance is resolved; nil when the report does not say.
func (r Report) Outcome(instance string) *bool {
	if resolved, ok := r.outcome[instance]; ok {
		return &resolved
	}
	return nil
}

// Reports are those of a folder and the folders in it. A report is about what lies in its folder and below: two
// runs of the same instances have reports of their own.
type Reports struct {
	root    recorded.Source
	folders map[string]Report
}

// In returns the reports of a folder, which are read when they are asked for.
func In(root recorded.Source) *Reports { return &Reports{root, map[string]Report{}} }

// Outcome is what the nearest report says of an instance that a file is about: one beside the file, or in a folder
// above it, up to the root; nil when none says anything.
func (r *Reports) Outcome(file recorded.Source, instance string) (*bool, error) {
	for dir := file.Dir(); ; dir = dir.Dir() {
		rep, ok := r.folders[dir.Name]
		if !ok {
			var err error
			if rep, err = Read(dir); err != nil {
				return nil, err
			}
			r.folders[dir.Name] = rep
		}
		if o := rep.Outcome(instance); o != nil {
			return o, nil
		}
		if dir.Name == r.root.Name || dir.Name == "." {
			return nil, nil
		}
	}
}

// the lists of a run's report that make an instance failed: it was submitted or graded, and is not among the
// resolved ones. Those of error_ids are not there: the grader broke. SWE-agent calls the lists of its own form
// (before 1.0) by the names without _ids.
var failed = []string{"unresolved_ids", "empty_patch_ids", "completed_ids", "no_generation", "no_apply", "generated", "applied"}

// Read reads the reports that lie in the folder itself: files whose names end in .json and that hold one. Other
// files are passed over. Two reports that contradict each other are a mistake.
func Read(folder recorded.Source) (Report, error) {
	rep := Report{map[string]bool{}}
	entries, err := fs.ReadDir(folder.FS, folder.Name)
	if err != nil {
		return rep, fmt.Errorf("reading %s: %w", folder.Path, err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ".json") || strings.HasSuffix(e.Name(), ".traj.json") {
			continue
		}
		file := folder.Sub(e.Name())
		h, err := file.Head()
		if err != nil {
			return rep, err
		}
		var one map[string]bool
		switch {
		case h.Has("resolved_ids") || h.Keys["resolved"] == excerpt.List:
			one, err = run(file)
		case e.Name() == "report.json" && h.JSON:
			one, err = instances(file)
		}
		if err != nil {
			return rep, err
		}
		for id, resolved := range one {
			if before, ok := rep.outcome[id]; ok && before != resolved {
				return rep, &recorded.Error{Path: file.Path, Problem: fmt.Sprintf("another report in the same folder says otherwise of instance %.80q", id),
					Allowed: "the reports of one run; give each run a folder of its own"}
			}
			rep.outcome[id] = resolved
		}
	}
	return rep, nil
}

// run reads the report of a run.
func run(file recorded.Source) (map[string]bool, error) {
	ids := &excerpt.Shape{Elem: excerpt.Leaf}
	want := (&excerpt.Shape{}).With("resolved_ids", ids).With("resolved", ids).With("error_ids", ids)
	for _, list := range failed {
		want.With(list, ids)
	}
	v, err := file.JSON(want)
	if err != nil {
		return nil, err
	}
	f := recorded.Fields{Path: file.Path}
	out, broke := map[string]bool{}, map[string]bool{}
	each := func(list string, do func(id string)) {
		for _, item := range v.Get(list).Items {
			do(f.Name(item))
		}
	}
	each("error_ids", func(id string) { broke[id] = true })
	for _, list := range failed {
		each(list, func(id string) {
			if !broke[id] {
				out[id] = false
			}
		})
	}
	for _, list := range []string{"resolved_ids", "resolved"} {
		each(list, func(id string) { out[id] = true })
	}
	for _, item := range v.Get("unresolved_ids").Items {
		if out[item.Text] {
			f.Bad(item, fmt.Sprintf("instance %.80q is among the resolved ones too", item.Text), "every instance in one of the two")
		}
	}
	return out, f.Err()
}

// instances reads a report.json of instances by their ids, each with resolved.
func instances(file recorded.Source) (map[string]bool, error) {
	v, err := file.JSON(&excerpt.Shape{Any: excerpt.Keys("resolved")})
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, id := range v.Names() {
		if resolved := v.Get(id, "resolved"); resolved.Kind == excerpt.Bool {
			out[id] = resolved.Text == "true"
		}
	}
	return out, nil
}
