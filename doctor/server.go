package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/github/repository"
	"github.com/pertask/pertask/suite"
)

// actionsApp is the id of GitHub Actions, which makes the check runs of a workflow's token.
const actionsApp = 15368

// Server is what GitHub says of the repository.
type Server struct {
	Repository repository.Repository
	Rules      repository.Rules // of the default branch
	NoRules    bool             // they could not be read
	// Lacks are permissions that the token has not, as far as reading shows.
	Lacks []Lack
	// Absent are the paths that are not on the default branch there.
	Absent []string
}

// Server returns what does not fit between the files and GitHub's rules.
func (x *Examination) Server(s Server) []Finding {
	var out []Finding
	add := func(l Level, path, what, do string) {
		out = append(out, Finding{Level: l, Path: path, What: clean(what), Do: clean(do)})
	}
	branch := s.Repository.DefaultBranch
	if s.Repository.Archived {
		add(Error, "", "the repository is archived, so nothing can be written to it", "")
	}
	for _, p := range s.Absent {
		add(Warning, p, "it is not on "+branch+" at GitHub, where pertask reads it from", "get it there")
	}
	for _, l := range s.Lacks {
		out = append(out, l.finding())
	}
	if s.NoRules {
		return out
	}
	out = append(out, x.required(s.Rules, branch)...)
	out = append(out, x.strangers(s)...)
	if s.Rules.MergeQueue {
		for _, w := range x.Workflows {
			if w.reviews() && len(w.jobs) > 0 && !w.On("merge_group") {
				out = append(out, w.finding(Error, w.root, branch+" has a merge queue, and the workflow does not start on merge_group, so a required check never comes there", "add merge_group"))
			}
		}
	}
	return out
}

// Lack is a permission that a token has not.
type Lack struct {
	Permission string // such as "checks: read"
	// What could not be done for want of it, in words that follow "may not".
	What string
}

// writes are the permissions that the token of the workflow needs besides, by the part of Permission before the colon.
var writes = map[string]string{"pull-requests": "pull-requests: write, to comment", "checks": "checks: write, for its check run"}

func (l Lack) finding() Finding {
	f := Finding{Level: Warning, What: clean("the token lacks " + l.Permission + ": it may not " + l.What), Do: clean("give it " + l.Permission)}
	name, _, _ := strings.Cut(l.Permission, ":")
	if w := writes[name]; w != "" {
		f.Do += "; the token of the workflow needs " + w
	}
	if name == "contents" { // nothing works without
		f.Level = Error
	}
	return f
}

// strangers says of pertask's own check run, where it is required, that the tokens of some pull requests cannot make it: the
// jobs' are made by GitHub itself.
func (x *Examination) strangers(s Server) []Finding {
	name := x.Config.Run.CheckName
	if !slices.ContainsFunc(s.Rules.Required, func(c repository.Check) bool { return c.Name == name }) || len(x.Workflows) == 0 {
		return nil
	}
	who := "forks and of Dependabot"
	if s.Repository.Private { // whose forks run no workflows unless somebody allows it
		who = "Dependabot"
	}
	f := Finding{Level: Warning, What: fmt.Sprintf("%s requires the check run %q, which the tokens of pull requests of %s cannot make: it never comes there until a person with write access comments /pertask run",
		s.Repository.DefaultBranch, name, who)}
	var jobs []string
	heard := false
	for _, w := range x.Workflows {
		if w.reviews() {
			jobs = append(jobs, w.JobNames()...)
		}
		heard = heard || w.On("issue_comment")
	}
	if !heard {
		f.Level = Error
		f.What = strings.Replace(f.What, " until a person with write access comments /pertask run", ", since no workflow starts on issue_comment", 1)
	}
	f.Do = "require the workflow's job in its place, which always comes"
	if len(jobs) > 0 {
		f.Do = fmt.Sprintf("require the workflow's job %q in its place, which always comes", jobs[0])
	}
	f.What, f.Do = clean(f.What), clean(f.Do)
	return []Finding{f}
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
				out = append(out, Finding{Level: Error, What: clean(fmt.Sprintf("%s requires %q from App %d, and a workflow's checks are of GitHub Actions, %d", branch, c.Name, c.App, actionsApp)),
					Do: "choose GitHub Actions, or any source, in the rule"})
			}
		case strings.Contains(strings.ToLower(c.Name), "pertask"):
			out = append(out, Finding{Level: Error, What: clean(fmt.Sprintf("%s requires %q, which never comes: the check run is %q", branch, c.Name, name)),
				Do: "require that name, or set run.check_name"})
		}
	}
	if !found && x.Config.Verdict.Mode == "block" {
		out = append(out, Finding{Level: Warning, What: clean(fmt.Sprintf("verdict.mode is block, and %s does not require %q, so nothing is blocked", branch, name)),
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
