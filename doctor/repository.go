package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/aa"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
)

// Repository is what is looked at. Tree is needed.
type Repository struct {
	Tree fs.FS // the work tree
	// Base is the tree of the default branch, and Branch its name; nil where it is not known.
	Base   fs.FS
	Branch string
	// Config is where the configuration is, from the root of the repository; "" is config.Path.
	Config string
}

// Examination is what was seen of a repository's files.
type Examination struct {
	Findings []Finding
	Config   *config.Config // never nil; without a Path where none can be used
	// Settings are the model settings in the watched files, whatever the suites are for.
	Settings []arm.Setting
	// Suites are those that can be loaded, in the order of the configuration.
	Suites []*suite.Suite
	// Keys are the names of the variables with the keys of the providers that the tasks reach, sorted.
	Keys []string
	// Workflows are those that run pertask.
	Workflows []*Workflow
	path      string // of the configuration
}

// Examine looks at the files of a repository: the configuration, its suites, the settings, and the workflows.
func Examine(r Repository) *Examination {
	x := &Examination{Config: config.Default(), path: cmp.Or(r.Config, config.Path)}
	if r.Tree == nil {
		x.add(Error, "", "there is no repository to look at", "")
		return x
	}
	if x.readConfig(r.Tree) {
		x.readSettings(r.Tree)
		x.readSuites(r.Tree)
	}
	slices.Sort(x.Keys)
	x.Keys = slices.Compact(x.Keys)
	x.readWorkflows(r.Tree)
	x.atBase(r)
	return x
}

func (x *Examination) add(l Level, path, what, do string) {
	x.Findings = append(x.Findings, Finding{Level: l, Path: path, What: clean(what), Do: clean(do)})
}

// readConfig reads the configuration and reports whether there is one that can be used.
func (x *Examination) readConfig(tree fs.FS) bool {
	c, err := config.Load(tree, x.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.add(Warning, x.path, "there is no configuration, so pull requests are told what changes and its list prices, and nothing is measured", "run pertask init")
		return false
	case err != nil:
		x.Findings = append(x.Findings, mistakes(x.path, err)...)
		return false
	}
	x.Config = c
	if len(c.Suites) == 0 {
		x.add(Warning, x.path, "no suite is configured, so nothing is measured", "name one under suite; docs/config.md shows both")
	}
	return true
}

// readSuites loads every suite, plans its test, and sees whom its tasks reach.
func (x *Examination) readSuites(tree fs.FS) {
	for _, s := range x.Config.Suites {
		su, err := suite.Load(tree, s.Path)
		if err != nil {
			x.Findings = append(x.Findings, mistakes(s.Path, err)...)
			continue
		}
		x.Suites = append(x.Suites, su)
		plan, err := x.Config.Plan(s.Path, len(su.Tasks))
		if err != nil {
			x.Findings = append(x.Findings, mistakes(x.path, err)...)
		}
		for _, f := range plan.Findings {
			x.add(Warning, x.path, strings.TrimSuffix(f.Text, "."), "")
		}
		name := su.Name
		if s.Name != "" {
			name = s.Name
		}
		for _, f := range aa.Findings(tree, x.Config.Verdict, name, su.Digest) {
			x.add(Warning, s.Path, strings.TrimSuffix(f.Text, "."), "")
		}
		x.tasks(su)
		x.served(tree, su)
	}
}

// tasks looks for agents without a pin and for tasks that init has written.
func (x *Examination) tasks(su *suite.Suite) {
	var seen []string
	starters, line := 0, 0
	for _, t := range su.Tasks {
		if strings.HasPrefix(t.ID, "starter-") {
			if starters++; line == 0 {
				line = t.Line
			}
		}
		if !slices.Contains(suite.Agents(), t.Harness) || slices.Contains(seen, t.Harness) {
			continue
		}
		seen = append(seen, t.Harness)
		if su.Versions[t.Harness] == "" {
			x.add(Warning, su.Path, "the suite does not pin the version of "+t.Harness+", so a new one can change what is measured", "add it under versions")
		}
	}
	if starters > 0 {
		x.Findings = append(x.Findings, Finding{Warning, su.Path, line, 1, fmt.Sprintf("%d tasks are the starter's and say nothing about your own work", starters), "replace them"})
	}
}

// Watches are the files that hold model settings.
func (x *Examination) Watches() []arm.Watch {
	if len(x.Config.Watches) > 0 {
		return x.Config.Watches
	}
	return arm.WellKnown()
}

// readSettings reads the model settings of the files that are watched.
func (x *Examination) readSettings(tree fs.FS) {
	a, err := arm.Read(tree, x.Watches())
	switch {
	case err != nil:
		x.settings(err)
	case len(a.Settings) == 0:
		x.add(Warning, x.path, "no model setting is found in the files that are watched, so no change will ever be measured", "name the file and the place of the model under models")
	}
	x.Settings = a.Settings
}

// served finds out who serves the base's model, and which key that takes.
func (x *Examination) served(tree fs.FS, su *suite.Suite) {
	book := price.Embedded()
	pair, _, err := fit.Base(tree, x.Watches(), su, book.Models())
	if err != nil {
		x.settings(err)
		return
	}
	if len(pair.Base.Settings) == 0 {
		if len(x.Settings) > 0 {
			x.add(Warning, su.Path, "no model setting is found in the files of the agents that its tasks are for, so no change will ever be measured with it", "name another agent under harness, or the place of the model under models")
		}
		return
	}
	up, err := route.Upstream(pair.Base, book, x.Config.AllUpstreams())
	var placed *arm.Error
	if errors.As(err, &placed) {
		x.settings(err)
		return
	}
	if err != nil {
		x.add(Warning, x.path, "suite "+su.Name+": "+err.Error(), "")
		return
	}
	if up.KeyEnv != "" {
		x.Keys = append(x.Keys, up.KeyEnv)
	}
}

// settings reports a settings file that cannot be read, at its place, once.
func (x *Examination) settings(err error) {
	first, _, _ := strings.Cut(err.Error(), "\n")
	f := Finding{Level: Error, Path: x.path, What: clean(first)}
	var e *arm.Error
	if errors.As(err, &e) {
		f = Finding{Level: Error, Path: e.Source.Path, Line: e.Source.Line, Column: e.Source.Column, What: clean(e.What)}
	}
	if !slices.Contains(x.Findings, f) {
		x.Findings = append(x.Findings, f)
	}
}

// maxWorkflow is the size of the largest workflow that is read, in bytes; GitHub takes no larger one.
const maxWorkflow = 1 << 20

// WorkflowFolder is where GitHub looks for workflows. Findings about all of them are placed there.
const WorkflowFolder = ".github/workflows"

// readWorkflows reads the workflows that run pertask, and checks their shape.
func (x *Examination) readWorkflows(tree fs.FS) {
	entries, _ := fs.ReadDir(tree, WorkflowFolder)
	reviews := 0
	for _, e := range entries {
		name := path.Join(WorkflowFolder, e.Name())
		if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" {
			continue
		}
		w := x.readWorkflow(tree, name)
		if w == nil {
			continue
		}
		x.Workflows = append(x.Workflows, w)
		x.Findings = append(x.Findings, w.Check(Wants{CheckName: x.Config.Run.CheckName, Keys: x.Keys})...)
		if w.reviews() {
			reviews++
		}
	}
	switch {
	case reviews == 0:
		x.add(Error, WorkflowFolder, "no workflow runs pertask on pull requests", "run pertask init")
	case reviews > 1:
		x.add(Warning, WorkflowFolder, "several workflows run pertask on pull requests, and write the same check and comment", "keep one")
	}
}

// readWorkflow returns a workflow if it runs pertask. One that cannot be read matters only when it names pertask.
func (x *Examination) readWorkflow(tree fs.FS, name string) *Workflow {
	info, err := fs.Stat(tree, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxWorkflow {
		return nil
	}
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil
	}
	w, err := ReadWorkflow(name, data)
	if err != nil && strings.Contains(string(data), "/pertask@") {
		for _, f := range mistakes(name, err) {
			f.Level, f.What = Warning, "the workflow's shape was not looked at: "+f.What
			x.Findings = append(x.Findings, f)
		}
		x.Workflows = append(x.Workflows, &Workflow{Path: name})
		return nil
	}
	return w
}

// atBase says what does not count yet, because pertask reads it from the base.
func (x *Examination) atBase(r Repository) {
	if r.Base == nil {
		return
	}
	paths := []string{x.path}
	for _, su := range x.Suites {
		paths = append(paths, su.Files...)
	}
	for _, p := range paths {
		mine, err := fs.ReadFile(r.Tree, p)
		if err != nil {
			continue
		}
		there, err := fs.ReadFile(r.Base, p)
		if errors.Is(err, fs.ErrNotExist) || err == nil && string(there) != string(mine) {
			state := "differs from"
			if err != nil {
				state = "is not in"
			}
			x.add(Warning, p, "what is here "+state+" "+r.Branch+", and pertask reads it from the base of a pull request", "get it into "+r.Branch+" first; it counts from the next pull request on")
			return // one is enough to know
		}
	}
}
