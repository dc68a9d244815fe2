// Package setup plans what a repository needs to use pertask: a configuration, a starter suite and a workflow.
//
// It knows which files of agents and tools there are, what they say about models and providers, and how the files that a
// person starts with look. It refuses to know how they are written, and git, GitHub and keys: it is given a file tree,
// and of a key it knows the name.
package setup

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/config"
)

// WorkflowPath is where the workflow of pull requests is, from the root of the repository.
const WorkflowPath = ".github/workflows/pertask.yml"

// StorePath is where the workflow is that measures the base ahead, from the root of the repository.
const StorePath = ".github/workflows/pertask-base.yml"

// Input is what a plan is made from. Tree is needed; the zero value of everything else is what is not known.
type Input struct {
	Tree   fs.FS  // the repository's files; nothing in it is run
	Branch string // the default branch; "" counts as main
	// Pin is the release of pertask's Action that the workflow is to run.
	Pin Pin
	// Store asks for the workflow that measures the base ahead, and for its trials in that of pull requests.
	Store bool
}

// Pin names a release of pertask's Action.
type Pin struct {
	SHA     string // 40 hex digits; "" where it is not known
	Version string // such as "v1.2.3"; "" where it is not known
}

// File is one file of a plan.
type File struct {
	Path    string // slash-separated, from the root of the repository
	Content string
	Exists  bool // something is there already; it is to be left alone
}

// Plan is what a repository would get.
type Plan struct {
	Files []File
	// Found says what was found out, a sentence each; its texts hold names from the repository's files, quoted.
	Found []string
	// Next says what is left for a person, in order.
	Next []string
	// Secrets are the names of the provider keys that the workflow hands on, sorted.
	Secrets []string
}

// New plans the files of a repository. An error is about a tree that cannot be read; whatever the files in it hold is
// none.
func New(in Input) (*Plan, error) {
	if in.Tree == nil {
		return nil, errors.New("planning a set-up: there is no tree")
	}
	if in.Branch == "" || !plainBranch(in.Branch) {
		in.Branch = "main"
	}
	f, err := find(in.Tree)
	if err != nil {
		return nil, err
	}
	p := &Plan{Secrets: f.secrets()}
	suites := f.suites(in.Tree)
	p.add(in.Tree, config.Path, configText(f, suites))
	for _, s := range suites {
		if s.own {
			continue
		}
		p.add(in.Tree, s.path, suiteText(s, f.tests))
	}
	p.addWorkflows(in, f, suites)
	p.Found = f.sentences()
	p.Next = next(in, f, p)
	return p, nil
}

// addWorkflows adds the workflows, but not a second one of pull requests: two of them would post two checks.
func (p *Plan) addWorkflows(in Input, f *found, suites []starter) {
	w := workflow{pin: in.Pin, branch: in.Branch, store: in.Store, secrets: p.Secrets, packages: packages(suites)}
	if f.workflow == "" || f.workflow == WorkflowPath {
		p.add(in.Tree, WorkflowPath, w.pulls())
	} else {
		f.notes = append(f.notes, quote(f.workflow)+" runs pertask already, so "+WorkflowPath+" is not written.")
	}
	if in.Store {
		p.add(in.Tree, StorePath, w.base())
	}
}

func (p *Plan) add(tree fs.FS, name, content string) {
	p.Files = append(p.Files, File{Path: name, Content: content, Exists: exists(tree, name)})
}

// exists reports whether there is anything at a path, a link that leads nowhere included. A place that cannot be looked
// at, such as one behind a link out of the repository, has nothing: writing there says what is wrong.
func exists(tree fs.FS, name string) bool {
	_, err := fs.Lstat(tree, name)
	return err == nil
}

// plainBranch reports whether a branch's name can stand in a workflow as it is.
func plainBranch(name string) bool {
	return len(name) <= 200 && !strings.HasPrefix(name, "-") && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_./") == ""
}

// packages lists the agents that the workflow has to install, each with the version that the suite is measured with where
// there is one.
func packages(suites []starter) []string {
	var out []string
	for _, s := range suites {
		list := map[string]string{s.harness: versions[s.harness][1]}
		if s.own {
			list = s.agents
		}
		for _, name := range slices.Sorted(maps.Keys(list)) {
			pkg := versions[name][0]
			if pkg == "" {
				continue // no agent
			}
			if v := list[name]; v != "" {
				pkg += "@" + v
			}
			if !slices.Contains(out, pkg) {
				out = append(out, pkg)
			}
		}
	}
	return out
}

// next says what is left for a person.
func next(in Input, f *found, p *Plan) []string {
	var out []string
	if len(p.Secrets) > 0 {
		out = append(out, "Add the repository secrets "+strings.Join(p.Secrets, ", ")+" (Settings, Secrets and variables, Actions).")
	} else {
		out = append(out, "No provider was found: name the model's file under models in "+config.Path+", and hand the provider's key on in "+WorkflowPath+".")
	}
	out = append(out, "Add the secret PERTASK_JOURNAL, such as the output of `openssl rand -hex 32`, so that a rerun pays for no trial twice.")
	if in.Pin.SHA == "" {
		out = append(out, "Pin pertask/pertask in the workflow by the full SHA of a release: `"+shaCommand(in.Pin)+"` prints it. Or run init with --pin SHA.")
	}
	var starters []string
	for _, file := range p.Files {
		if !file.Exists && path.Dir(file.Path) == "evals" {
			starters = append(starters, file.Path)
		}
	}
	if len(starters) > 0 {
		out = append(out, "Replace the starter tasks in "+strings.Join(starters, ", ")+" by work of your own.")
	}
	out = append(out, f.elements()...)
	return append(out, "Get these files into "+in.Branch+": pertask reads them from the base of a pull request, so they count from the next one on.",
		"Run `pertask doctor`.")
}

// elements says which element of a list of models is measured, or that none is yet.
func (f *found) elements() []string {
	if path, name, ok := f.element(); ok {
		return []string{"See that " + quote(name) + " of " + path + " is the model to measure, or name another one by element under models in " + config.Path + "."}
	}
	var out []string
	for _, a := range f.agents {
		if a.model != "" && a.slot != arm.MainSlot {
			out = append(out, "Say which element of "+strings.Join(a.files, ", ")+" is measured, such as "+quote(a.slot)+", by element under models in "+config.Path+
				", or call it "+arm.MainSlot+": trials run with the model of that slot.")
		}
	}
	return out
}

func shaCommand(p Pin) string {
	v := p.Version
	if v == "" {
		v = "v1"
	}
	return "git ls-remote https://github.com/pertask/pertask refs/tags/" + v + " refs/tags/" + v + "^{}"
}
