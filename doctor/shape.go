package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/strict"
)

// Wants is what a workflow has to fit.
type Wants struct {
	CheckName string   // of the check run, by the configuration
	Keys      []string // names of the variables that the provider's keys are in
}

// Check returns what is wrong with the shape of a workflow that runs pertask.
func (w *Workflow) Check(want Wants) []Finding {
	out := w.dangers()
	if w.reviews() {
		out = append(out, w.pullEvents()...)
		out = append(out, w.otherEvents()...)
		out = append(out, w.concurrencies()...)
	}
	for _, j := range w.jobs {
		if w.reviews() {
			out = append(out, w.permitted(j)...)
			if j.shown() == want.CheckName {
				out = append(out, w.finding(Error, j.at, fmt.Sprintf("the job has the name of pertask's own check run, %q, so that nobody can tell them apart, and pertask refuses to run", want.CheckName),
					"rename the job, or set run.check_name"))
			}
		}
		out = append(out, w.actions(j)...)
		out = append(out, w.keys(j, want.Keys)...)
	}
	return out
}

// reviews reports whether the workflow is one of pull requests, and not the one that measures the base on push.
func (w *Workflow) reviews() bool { return len(w.events) != 1 || !w.On("push") }

// dangers are events that hand secrets to what strangers have started. pertask refuses to run on them.
func (w *Workflow) dangers() []Finding {
	var out []Finding
	for _, name := range []string{"pull_request_target", "workflow_run"} {
		if !w.On(name) {
			continue
		}
		out = append(out, w.finding(Error, w.places[name], "pertask refuses to run on "+name+", which hands secrets to a workflow about code that nobody has read",
			"use pull_request, and issue_comment for forks"))
		for _, j := range w.jobs {
			for _, s := range j.steps {
				if ref := s.checkedOut(); strings.Contains(ref, "head") {
					out = append(out, w.finding(Error, s.at, "the pull request's own code is checked out with secrets at hand on "+name, "remove the step: pertask needs no checkout"))
				}
			}
		}
	}
	return out
}

// checkedOut is what a step checks out besides the default, with the repository that it is from.
func (s step) checkedOut() string {
	if uses, _ := s.uses.Peek(); !strings.HasPrefix(strings.ToLower(uses), "actions/checkout@") {
		return ""
	}
	with := members(s.with)
	ref, _ := with["ref"].Value.Peek()
	repo, _ := with["repository"].Value.Peek()
	return strings.ToLower(ref + " " + repo)
}

// pullEvents checks that the workflow starts on every pull request.
func (w *Workflow) pullEvents() []Finding {
	if !w.On("pull_request") {
		if w.On("pull_request_target") {
			return nil
		}
		return []Finding{w.finding(Error, w.root, "the workflow does not start on pull_request", "add pull_request with the types opened, synchronize, reopened, ready_for_review, labeled, edited")}
	}
	var out []Finding
	m := members(w.events["pull_request"])
	for _, key := range []string{"paths", "paths-ignore"} {
		if e, ok := m[key]; ok {
			out = append(out, w.finding(Error, e.KeyAt, "with "+key+" the workflow does not start on some pull requests, and a required check waits there for ever",
				"remove it: pertask ends in seconds where no model setting has changed"))
		}
	}
	for _, key := range []string{"branches", "branches-ignore"} {
		if e, ok := m[key]; ok {
			out = append(out, w.finding(Warning, e.KeyAt, "with "+key+" the workflow starts on pull requests into some branches only", "see that the check is required nowhere else"))
		}
	}
	return append(out, w.pullTypes(m)...)
}

func (w *Workflow) pullTypes(m map[string]strict.Entry) []Finding {
	types, at := []string{"opened", "synchronize", "reopened"}, w.places["pull_request"]
	if e, ok := m["types"]; ok {
		types, at = texts(e.Value), e.KeyAt
	}
	var out []Finding
	for _, t := range []struct {
		name  string
		level Level
		why   string
	}{
		{"opened", Error, "a new pull request has no check"},
		{"synchronize", Error, "a new commit has no check"},
		{"reopened", Warning, "a pull request that is opened again has no check"},
		{"ready_for_review", Warning, "a draft that is ready is not measured"},
		{"labeled", Warning, "the label of run.label does nothing"},
		{"edited", Warning, "a pull request that gets another base branch keeps the check of the one it had"},
	} {
		if !slices.Contains(types, t.name) {
			out = append(out, w.finding(t.level, at, "pull_request does not start the workflow on "+t.name+", so "+t.why, "add "+t.name+" to its types"))
		}
	}
	return out
}

func (w *Workflow) otherEvents() []Finding {
	var out []Finding
	if !w.On("merge_group") {
		out = append(out, w.finding(Warning, w.root, "the workflow does not start on merge_group, so a required check never comes in a merge queue", "add merge_group"))
	}
	if !w.On("issue_comment") {
		out = append(out, w.finding(Warning, w.root, "the workflow does not start on issue_comment, so commands such as /pertask run do nothing", "add issue_comment with the type created"))
	}
	return out
}

// concurrencies checks that superseded runs end, and that nothing else does.
func (w *Workflow) concurrencies() []Finding {
	c := w.concurrency
	for _, j := range w.jobs {
		if !c.Given() {
			c = j.concurrency
		}
	}
	const form = "use cancel-in-progress: ${{ github.event.action == 'synchronize' }}"
	if !c.Given() {
		return []Finding{w.finding(Warning, w.root, "there is no concurrency, so a run for a commit that is superseded goes on and spends", "add a concurrency group by pull request; "+form)}
	}
	cancel := members(c)["cancel-in-progress"]
	if text, ok := cancel.Value.Peek(); ok && text == "true" {
		return []Finding{w.finding(Warning, cancel.KeyAt, "every new event of the group cancels the run in progress, a label or a merge group, too", form)}
	}
	return nil
}

// permitted checks the permissions of the workflow's token.
func (w *Workflow) permitted(j job) []Finding {
	p := j.permissions
	if !p.Given() {
		p = w.permissions
	}
	const block = "set permissions: {contents: read, pull-requests: write, checks: write}"
	if !p.Given() {
		return []Finding{w.finding(Warning, j.at, "there are no permissions, so the token has what the organisation's default gives: too much, or too little", block)}
	}
	if text, ok := p.Peek(); ok && text != "" {
		if text == "write-all" {
			return []Finding{w.finding(Warning, p, "the token may write everything", block)}
		}
		return []Finding{w.finding(Error, p, "the token may write neither comments nor check runs", block)}
	}
	var out []Finding
	m := members(p)
	if have, _ := m["contents"].Value.Peek(); have == "read" && j.ledger() {
		out = append(out, w.finding(Warning, m["contents"].KeyAt, "the permissions lack contents: write, which the input ledger-branch takes, so what the month's checks cost is not kept", "add contents: write, or remove the input"))
	}
	for _, need := range []struct {
		name, least string
		level       Level
		why         string
	}{
		{"contents", "read", Error, "the token cannot read the repository"},
		{"pull-requests", "write", Error, "there can be no comment"},
		{"checks", "write", Error, "there can be no check run"},
	} {
		have, _ := m[need.name].Value.Peek()
		if have != "write" && have != need.least {
			at := p
			if e, ok := m[need.name]; ok {
				at = e.KeyAt
			}
			if statuses, _ := m["statuses"].Value.Peek(); need.name == "checks" && statuses == "write" {
				need.level, need.why = Warning, "a commit status stands in for the check run, without its text and annotations"
			}
			out = append(out, w.finding(need.level, at, "the permissions lack "+need.name+": "+need.least+", so "+need.why, "add "+need.name+": "+need.least))
		}
	}
	return out
}

// ledger reports whether a step is to keep what checks cost.
func (j job) ledger() bool {
	return slices.ContainsFunc(j.steps, func(s step) bool {
		branch, _ := members(s.with)["ledger-branch"].Value.Peek()
		return s.pertask() && branch != ""
	})
}

// actions checks that no Action beside the keys can be changed by somebody else.
func (w *Workflow) actions(j job) []Finding {
	var out []Finding
	for _, s := range j.steps {
		if uses, ok := s.uses.Peek(); ok && !pinned(uses) {
			out = append(out, w.finding(Warning, s.uses, fmt.Sprintf("%.80q is not pinned by its full SHA, so whoever can move the tag gets the job's token, and the keys of its step", uses),
				"pin the commit's 40 hex digits, with the version in a comment"))
		}
	}
	return out
}

// keys checks that the step has the provider's keys, from secrets.
func (w *Workflow) keys(j job, names []string) []Finding {
	var out []Finding
	for _, s := range j.steps {
		if !s.pertask() {
			continue
		}
		for _, name := range names {
			v, ok := env(name, s.env, j.env, w.env)
			text, single := v.Peek()
			switch {
			case !ok:
				out = append(out, w.finding(Warning, s.at, "the step has no "+name+", so there is a forecast and no measurement", "add it to the step's env: ${{ secrets."+name+" }}"))
			case single && !strings.Contains(text, "${{"):
				out = append(out, w.finding(Error, v, name+" is written into the workflow", "revoke that key, and take a new one from a secret of the repository"))
			}
		}
	}
	return out
}

// env returns a variable of the first environment that has it. One that names a file with the key has nothing to look at:
// the zero Value.
func env(name string, from ...strict.Value) (strict.Value, bool) {
	for _, f := range from {
		m := members(f)
		if e, ok := m[name]; ok {
			return e.Value, true
		}
		if _, ok := m[name+"_FILE"]; ok {
			return strict.Value{}, true
		}
	}
	return strict.Value{}, false
}
