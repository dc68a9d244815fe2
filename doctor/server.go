package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/github/repository"
	"github.com/pertask/pertask/internal/document"
	"github.com/pertask/pertask/suite"
)

// actionsApp is the id of GitHub Actions, which makes the check runs of a workflow's token.
const actionsApp = 15368

// Server is what GitHub says of the repository.
type Server struct {
	Repository repository.Repository
	Rules      repository.Rules // of the default branch
	// Absent are the paths that are not on the default branch there.
	Absent []string
}

// Server returns what does not fit between the files and GitHub's rules.
func (x *Examination) Server(s Server) []Finding {
	var out []Finding
	add := func(l Level, path, what, do string) {
		out = append(out, Finding{Level: l, Path: path, What: document.Clean(what), Do: document.Clean(do)})
	}
	branch := s.Repository.DefaultBranch
	if s.Repository.Archived {
		add(Error, "", "the repository is archived, so nothing can be written to it", "")
	}
	for _, p := range s.Absent {
		add(Warning, p, "it is not on "+branch+" at GitHub, where pertask reads it from", "get it there")
	}
	out = append(out, x.required(s.Rules, branch)...)
	if s.Rules.MergeQueue {
		for _, w := range x.Workflows {
			if w.reviews() && len(w.jobs) > 0 && !w.On("merge_group") {
				out = append(out, w.finding(Error, w.root, branch+" has a merge queue, and the workflow does not start on merge_group, so a required check never comes there", "add merge_group"))
			}
		}
	}
	return out
}

// required checks the names and the sources of required checks.
func (x *Examination) required(rules repository.Rules, branch string) []Finding {
	var out []Finding
	name := x.Config.Run.CheckName
	names := []string{name}
	for _, w := range x.Workflows {
		if w.reviews() {
			names = append(names, w.JobNames()...)
		}
	}
	found := false
	for _, c := range rules.Required {
		switch {
		case slices.Contains(names, c.Name):
			found = true
			if c.App != 0 && c.App != actionsApp {
				out = append(out, Finding{Level: Error, What: document.Clean(fmt.Sprintf("%s requires %q from App %d, and a workflow's checks are of GitHub Actions, %d", branch, c.Name, c.App, actionsApp)),
					Do: "choose GitHub Actions, or any source, in the rule"})
			}
		case strings.Contains(strings.ToLower(c.Name), "pertask"):
			out = append(out, Finding{Level: Error, What: document.Clean(fmt.Sprintf("%s requires %q, which never comes: the check run is %q", branch, c.Name, name)),
				Do: "require that name, or set run.check_name"})
		}
	}
	if !found && x.Config.Verdict.Mode == "block" {
		out = append(out, Finding{Level: Warning, What: document.Clean(fmt.Sprintf("verdict.mode is block, and %s does not require %q, so nothing is blocked", branch, name)),
			Do: "require it in a ruleset or in branch protection"})
	}
	return out
}

// agentsOf lists the agents that a suite starts, in the order of its tasks.
func agentsOf(su *suite.Suite) []string {
	var out []string
	for _, t := range su.Tasks {
		if slices.Contains(suite.Agents(), t.Harness) && !slices.Contains(out, t.Harness) {
			out = append(out, t.Harness)
		}
	}
	return out
}
