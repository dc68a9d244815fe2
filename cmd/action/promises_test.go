package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictionbranch"
	"github.com/pertask/pertask/ledger/predictiontest"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendbranch"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

const ledgerBranch = "pertask/ledger"

// merging is a stage whose pull request is reviewed and then merged a month ago, with a token that may write the ledger's branch.
type merging struct {
	*stage
	t      *testing.T
	merge  string // the commit
	merged time.Time
}

func newMerging(t *testing.T) *merging {
	t.Helper()
	m := &merging{stage: newStage(t, "report", dearer), t: t, merged: time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, -30)}
	writer := githubtest.WorkflowActor()
	writer.Permissions["contents"] = "write"
	m.hub.AddToken("writer", writer)
	return m
}

// job is a job with the ledger's branch.
func (m *merging) job(event string) *job {
	j := newJob(m.t, m.stage, event)
	j.env["PERTASK_GITHUB_TOKEN"], j.env["PERTASK_LEDGER_BRANCH"], j.env["PERTASK_BASE_BRANCH"] = "writer", ledgerBranch, "main"
	return j
}

// review measures the pull request.
func (m *merging) review() {
	m.t.Helper()
	if j := m.job("pull_request"); j.run("review") != 0 || m.calls.Load() == 0 {
		m.t.Fatalf("%d calls\n%s%s", m.calls.Load(), &j.stdout, &j.stderr)
	}
}

// mergeIt merges the pull request.
func (m *merging) mergeIt() {
	m.t.Helper()
	m.merge = m.hub.Commit(m.repo, []string{m.base, m.head}, githubtest.Text(map[string]string{"config/agent.yaml": dearer["config/agent.yaml"]}))
	m.hub.SetBranch(m.repo, "main", m.merge)
	m.hub.ChangePull(m.repo, m.pull, func(p *githubtest.Pull) {
		p.State, p.Merged, p.MergeSHA, p.MergedAt, p.Closed, p.Updated = "closed", true, m.merge, m.merged, m.merged, m.merged
	})
}

// closed is the job of the pull request's end.
func (m *merging) closed() *job {
	payload := bytes.ReplaceAll(m.hub.PullRequestEvent(m.repo, m.pull, "closed"), []byte(`"merged_at":"2026-11-01T12:00:00Z"`), fmt.Appendf(nil, `"merged_at":%q`, m.merged.Format(time.RFC3339)))
	j := m.job("pull_request").event(m.t, "pull_request", payload)
	j.env["GITHUB_BASE_REF"] = "main"
	return j
}

// pushed is the job of the push that the merge is.
func (m *merging) pushed() *job {
	return m.job("push").event(m.t, "push", fmt.Appendf(nil, `{"ref":"refs/heads/main","before":%q,"after":%q,"repository":{"id":1,"full_name":"acme/agent","default_branch":"main"},"sender":{"login":"ann"}}`, m.base, m.merge))
}

func (m *merging) schedule() *job { return m.job("schedule").event(m.t, "schedule", []byte(`{}`)) }

// ends runs a job that has to end well, and returns what it said in the summary.
func (m *merging) ends(j *job) string {
	m.t.Helper()
	if err := write(j.env["GITHUB_STEP_SUMMARY"], ""); err != nil {
		m.t.Fatal(err)
	}
	if code := j.run("review"); code != 0 {
		m.t.Errorf("exit %d\n%s%s", code, &j.stdout, &j.stderr)
	}
	return j.file(m.t, "summary")
}

func (m *merging) files(token string) github.BranchFiles {
	c, err := github.New(github.Config{BaseURL: m.hub.URL, GraphQLURL: m.hub.GraphQLURL, Token: token})
	if err != nil {
		m.t.Fatal(err)
	}
	return c.BranchFiles(github.Repo{Owner: "acme", Name: "agent"})
}

// records are what the branch has.
func (m *merging) records() (out []prediction.Record) {
	m.t.Helper()
	for r, err := range predictionbranch.New(m.files("writer"), predictionbranch.Options{}).Records(m.t.Context(), "") {
		if err != nil {
			m.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// work merges pull requests, three a day from two months before the merge to now, with what was spent on each.
func (m *merging) work() {
	m.t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	var entries []spend.Entry
	for day := -60; day < 29; day++ {
		for i := range 3 {
			at := m.merged.AddDate(0, 0, day).Add(time.Duration(1+i) * time.Hour)
			n := m.hub.OpenPull(m.repo, m.base, m.head, func(p *githubtest.Pull) {
				p.HeadRef, p.State, p.Merged, p.MergeSHA = fmt.Sprintf("work-%d", p.Number), "closed", true, m.base
				p.Created, p.Updated, p.Closed, p.MergedAt = at.Add(-5*time.Hour), at, at, at
			})
			tokens := usage.None()
			tokens.Output = usage.Known(int64(100_000 * math.Exp(r.NormFloat64()/3)))
			branch := fmt.Sprintf("work-%d", n)
			entries = append(entries, spend.Entry{Source: spend.SessionLog, Provenance: spend.Reported, Session: spend.SessionKey("codex", branch), Harness: "codex",
				Hour: at.Add(-3 * time.Hour).Truncate(time.Hour), Last: at.Add(-3 * time.Hour), Place: spend.Place{Repository: "github.com/acme/agent", Branch: branch},
				Price: spend.Price{Provider: "openai", Model: "gpt-5.5", Upto: 31_999}, Calls: 1, Tokens: tokens}.Complete())
		}
	}
	if err := spendbranch.New(m.files("writer"), spendbranch.Options{}).Add(m.t.Context(), entries...); err != nil {
		m.t.Fatal(err)
	}
}

// posts counts the requests that wrote a comment.
func (m *merging) posts() (n int) {
	for _, r := range m.hub.Requests() {
		if (r.Method == "POST" || r.Method == "PATCH") && strings.Contains(r.Path, "/comments") {
			n++
		}
	}
	return n
}

// A measured change that is merged predicts once, whichever event tells of it; a month later the schedule says what came of it, once.
func TestAMergedChangeIsFollowed(t *testing.T) {
	m := newMerging(t)
	m.review()
	m.mergeIt()
	m.ends(m.closed())
	got := m.records()
	if len(got) != 1 {
		t.Fatalf("%d predictions after the merge, want 1", len(got))
	}
	p := got[0].Prediction
	if p.Ratio == nil || p.Ratio.Low < 4 || p.Ratio.Upper() > 6 || p.Pull != m.pull || p.Suite != "tickets" || p.Verdict != verdict.DontSwitch || p.Accepted || p.Commit != m.merge || !p.Merged.Equal(m.merged) ||
		p.Repository != "github.com/acme/agent" || len(p.Before) != 1 || p.Before[0].Value != "gpt-5.4" || len(p.After) != 1 || p.After[0].Value != "gpt-5.4-mini" {
		t.Errorf("prediction %+v, ratio %+v", p, p.Ratio)
	}
	commits := len(m.hub.Log(m.repo, ledgerBranch))
	for _, j := range []*job{m.closed(), m.pushed(), m.closed()} {
		m.ends(j)
	}
	if again := m.records(); len(again) != 1 || len(m.hub.Log(m.repo, ledgerBranch)) != commits {
		t.Errorf("%d predictions in %d commits after the same again, want 1 in %d", len(again), len(m.hub.Log(m.repo, ledgerBranch)), commits)
	}

	m.work()
	posts := m.posts()
	summary := m.ends(m.schedule())
	if n := m.posts() - posts; n != 1 || !strings.Contains(summary, "tickets") {
		t.Errorf("%d comments after a month, want 1; the summary is %q", n, summary)
	}
	comments := m.hub.Comments(m.repo, m.pull)
	if len(comments) != 2 || !strings.Contains(comments[1].Body, "predicted") {
		t.Fatalf("comments %+v", comments)
	}
	if got := m.records(); len(got) != 1 || len(got[0].Outcomes) != 1 || got[0].Outcomes[0].Observed == nil || got[0].Outcomes[0].Relation != prediction.OutsideCheaper {
		t.Errorf("outcomes %+v", got)
	}
	if m.ends(m.schedule()); m.posts() != posts+1 || len(m.hub.Comments(m.repo, m.pull)) != 2 {
		t.Errorf("the second time it was said again: %d requests", m.posts()-posts-1)
	}
}

// The push alone is enough, for workflows that do not start when a pull request is closed.
func TestAPushKeepsWhatWasMerged(t *testing.T) {
	m := newMerging(t)
	m.review()
	m.mergeIt()
	j := m.pushed()
	m.ends(j)
	got := m.records()
	if len(got) != 1 || got[0].Prediction.Ratio == nil || got[0].Prediction.Commit != m.merge || got[0].Prediction.Pull != m.pull {
		t.Fatalf("predictions %+v\n%s%s", got, &j.stdout, &j.stderr)
	}
	before := got[0].Prediction
	m.ends(m.closed()) // whose time is GitHub's own, and comes second
	if got := m.records(); len(got) != 1 || !got[0].Prediction.Equal(before) {
		t.Errorf("predictions %+v, want the first word %+v", got, before)
	}
}

// What nothing vouches for predicts nothing, and is kept all the same: the settings changed.
func TestAChangeWithoutProofIsKeptWithoutARatio(t *testing.T) {
	for name, change := range map[string]func(*merging){
		"not reviewed": func(*merging) {},
		"a comment of others": func(m *merging) {
			m.review()
			body := m.hub.Comments(m.repo, m.pull)[0].Body
			m.hub.DeleteComment(m.repo, m.hub.Comments(m.repo, m.pull)[0].ID)
			m.hub.AddComment(m.repo, m.pull, "eve", body)
		},
		"a push after the review": func(m *merging) {
			m.review()
			m.head = m.hub.Commit(m.repo, []string{m.head}, githubtest.Text(map[string]string{"config/agent.yaml": dearer["config/agent.yaml"], "x": "y"}))
			m.hub.ChangePull(m.repo, m.pull, func(p *githubtest.Pull) { p.Head = m.head })
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMerging(t)
			change(m)
			m.mergeIt()
			m.ends(m.closed())
			got := m.records()
			if len(got) != 1 || got[0].Prediction.Ratio != nil || got[0].Prediction.Verdict != verdict.Inconclusive || len(got[0].Prediction.After) != 1 {
				t.Errorf("predictions %+v", got)
			}
		})
	}
}

// Where there is nothing to keep, nothing is written.
func TestMergesWithoutAPrediction(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*merging, *job)
		most   int // requests
	}{
		"no branch": {func(_ *merging, j *job) { delete(j.env, "PERTASK_LEDGER_BRANCH") }, 0},
		"closed without being merged": {func(m *merging, j *job) {
			m.hub.ChangePull(m.repo, m.pull, func(p *githubtest.Pull) { p.Merged, p.MergeSHA = false, "" })
			j.event(m.t, "pull_request", m.hub.PullRequestEvent(m.repo, m.pull, "closed"))
		}, 0},
		"merged into another branch": {func(m *merging, j *job) {
			m.hub.ChangePull(m.repo, m.pull, func(p *githubtest.Pull) { p.BaseRef = "v2" })
			j.event(m.t, "pull_request", m.hub.PullRequestEvent(m.repo, m.pull, "closed"))
		}, 0},
		"the ledger on the base branch": {func(_ *merging, j *job) { j.env["PERTASK_LEDGER_BRANCH"] = "main" }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMerging(t)
			m.mergeIt()
			j := m.closed()
			tt.change(m, j)
			before := len(m.hub.Requests())
			m.ends(j)
			if n := len(m.hub.Requests()) - before; n > tt.most || len(m.hub.Log(m.repo, ledgerBranch)) > 0 {
				t.Errorf("%d requests, want at most %d and no branch", n, tt.most)
			}
		})
	}
	m := newMerging(t)
	m.pull = m.hub.OpenPull(m.repo, m.base, m.hub.Commit(m.repo, []string{m.base}, githubtest.Text(map[string]string{"config/agent.yaml": "coder:\n  model: gpt-5.4\n", "README.md": "x"})))
	m.mergeIt()
	if m.ends(m.closed()); len(m.hub.Log(m.repo, ledgerBranch)) > 0 {
		t.Error("a pull request that changes no setting predicts something")
	}
}

// Without the permission, the job says which one is missing, and does not fail.
func TestWithoutPermission(t *testing.T) {
	m := newMerging(t)
	m.review()
	m.mergeIt()
	for name, j := range map[string]*job{"closed": m.closed(), "push": m.pushed()} {
		j.env["PERTASK_GITHUB_TOKEN"] = m.hub.Token // which may not write contents
		if summary := m.ends(j); !strings.Contains(summary, "contents: write") || !strings.Contains(summary, "not kept") {
			t.Errorf("%s: the summary is %q", name, summary)
		}
	}
	m.hub.ChangePull(m.repo, m.pull, func(p *githubtest.Pull) { p.HeadRepo = "eve/agent" })
	j := m.closed()
	j.env["PERTASK_GITHUB_TOKEN"] = m.hub.Token
	if summary := m.ends(j); !strings.Contains(summary, "a push to the default branch can keep it") {
		t.Errorf("a fork: the summary is %q", summary)
	}
	m.ends(m.closed())
	j = m.schedule()
	j.env["PERTASK_GITHUB_TOKEN"] = m.hub.Token
	if summary := m.ends(j); !strings.Contains(summary, "contents: write") {
		t.Errorf("schedule: the summary is %q", summary)
	}
}

// Where nothing is configured, or nothing was kept yet, the schedule costs one request at most.
func TestAScheduleWithNothingToDo(t *testing.T) {
	m := newMerging(t)
	for name, tt := range map[string]struct {
		change func(*job)
		most   int
	}{
		"no branch is named":      {func(j *job) { delete(j.env, "PERTASK_LEDGER_BRANCH") }, 0},
		"the branch is not there": {func(*job) {}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			j := m.schedule()
			tt.change(j)
			before := len(m.hub.Requests())
			m.ends(j)
			if n := len(m.hub.Requests()) - before; n > tt.most {
				t.Errorf("%d requests, want at most %d", n, tt.most)
			}
		})
	}
	j := m.job("workflow_dispatch").event(t, "workflow_dispatch", []byte(`{"ref":"refs/heads/main","inputs":{"scheduled":"true"},"repository":{"id":1,"full_name":"acme/agent","default_branch":"main"},"sender":{"login":"ann"}}`))
	delete(j.env, "PERTASK_LEDGER_BRANCH")
	if m.ends(j); !strings.Contains(j.stdout.String(), "No change is followed") {
		t.Errorf("by hand: %s", &j.stdout)
	}
	j = m.schedule()
	j.env["PERTASK_LEDGER_BRANCH"] = "main"
	if code := j.run("review"); code != exitUsage {
		t.Errorf("the ledger on a branch with code: exit %d", code)
	}
}

// What others have written to the branch is not said as ours: nothing at all where it cannot be read, nothing on a pull request that
// was not merged, and nothing that is live in a comment.
func TestAHostileBranch(t *testing.T) {
	m := newMerging(t)
	open := m.hub.OpenPull(m.repo, m.base, m.head)
	m.mergeIt()
	put := func(text string) {
		m.hub.SetBranch(m.repo, ledgerBranch, m.hub.Commit(m.repo, nil, githubtest.Text(map[string]string{"predictions/" + m.merged.Format("2006-01") + ".jsonl": text})))
	}
	forged := predictiontest.Predicted("github.com/acme/agent", open, "a")
	forged.Merged = m.merged
	line, err := prediction.EncodePrediction(forged)
	if err != nil {
		t.Fatal(err)
	}
	put(string(line) + "\n")
	if summary := m.ends(m.schedule()); m.posts() != 0 || !strings.Contains(summary, "was not merged") {
		t.Errorf("%d comments; the summary is %q", m.posts(), summary)
	}
	put(string(line) + "\n::error::x\n")
	if summary := m.ends(m.schedule()); m.posts() != 0 || !strings.Contains(summary, ".jsonl:2") {
		t.Errorf("%d comments; the summary is %q", m.posts(), summary)
	}
	forged.Pull, forged.Suite = m.pull, "@acme/all <img src=x> [x](https://evil.example) ::error::x"
	forged.After[0].Value = "`@ann` <b>"
	if line, err = prediction.EncodePrediction(forged); err != nil {
		t.Fatal(err)
	}
	put(string(line) + "\n")
	j := m.schedule()
	summary := m.ends(j)
	comments := m.hub.Comments(m.repo, m.pull)
	if len(comments) != 1 {
		t.Fatalf("comments %+v", comments)
	}
	for where, text := range map[string]string{"comment": comments[0].Body, "summary": summary} {
		for _, live := range []string{"<img", "](https://evil", "<b>"} {
			if strings.Contains(outsideCode(text), live) {
				t.Errorf("%q is live in the %s:\n%s", live, where, text)
			}
		}
		if strings.Contains(outsideCode(text), "@a") {
			t.Errorf("a mention in the %s:\n%s", where, text)
		}
	}
	for l := range strings.Lines(j.stdout.String()) {
		if strings.HasPrefix(l, "::error") {
			t.Errorf("a workflow command: %q", l)
		}
	}
}

// outsideCode is Markdown without its code spans.
func outsideCode(text string) string {
	var b strings.Builder
	for text != "" {
		before, rest, _ := strings.Cut(text, "`")
		b.WriteString(before)
		fence := "`" + rest[:len(rest)-len(strings.TrimLeft(rest, "`"))]
		_, text, _ = strings.Cut(strings.TrimLeft(rest, "`"), fence)
		text = strings.TrimLeft(text, "`")
	}
	return b.String()
}

// The branch may be written to by nobody while it is broken: an error of GitHub is said, and does not fail the job.
func TestABrokenBranch(t *testing.T) {
	m := newMerging(t)
	m.mergeIt()
	m.hub.Fail(githubtest.Match("GET", "/git/ref/"), 404, 0, false)
	m.hub.Fail(githubtest.Match("POST", "/git/commits$"), 422, -1, false)
	if summary := m.ends(m.closed()); !strings.Contains(summary, "not kept") {
		t.Errorf("the summary is %q", summary)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := predictionbranch.New(m.files("writer"), predictionbranch.Options{}).Predict(ctx, predictiontest.Predicted("github.com/acme/agent", 1, "a")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func write(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }

// TestTheLedgersWorkflow: the workflow of docs/spend.md is one, starts on all that there is something to keep or to say for, may do
// what that takes and no more, and has no key.
func TestTheLedgersWorkflow(t *testing.T) {
	found := blocks(t, "docs/spend.md", "schedule:")
	if len(found) != 1 {
		t.Fatalf("docs/spend.md has %d workflows with a schedule, want 1", len(found))
	}
	path := filepath.Join(t.TempDir(), "ledger.yml")
	if err := write(path, found[0]); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "tool", "actionlint", "-shellcheck=", "-pyflakes=", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	w := parsed(t, found[0])
	events := slices.Sorted(maps.Keys(w.On))
	if diff := cmp.Diff([]string{"pull_request", "push", "schedule", "workflow_dispatch"}, events); diff != "" {
		t.Errorf("events, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"contents": "write", "pull-requests": "write", "checks": "read"}, w.Permissions); diff != "" {
		t.Errorf("permissions, -want +got:\n%s", diff)
	}
	inputs := w.On["workflow_dispatch"].(map[string]any)["inputs"].(map[string]any)
	if len(inputs) != 1 || inputs[inputScheduled] == nil {
		t.Errorf("inputs %v, want %q", inputs, inputScheduled)
	}
	steps := w.Jobs["ledger"].Steps
	if len(steps) != 1 || steps[0].With["ledger-branch"] != predictionbranch.DefaultBranch || len(steps[0].Env) != 0 {
		t.Errorf("steps %+v", steps)
	}
}

// What the workflow of docs/spend.md may do is enough.
func TestTheLedgersPermissionsAreEnough(t *testing.T) {
	m := newMerging(t)
	m.review()
	m.mergeIt()
	actor := githubtest.WorkflowActor()
	actor.Permissions = map[string]string{"metadata": "read", "contents": "write", "pull_requests": "write", "checks": "read"}
	m.hub.AddToken("ledger", actor)
	for _, j := range []*job{m.closed(), m.pushed(), m.schedule()} {
		j.env["PERTASK_GITHUB_TOKEN"] = "ledger"
		delete(j.env, "OPENAI_API_KEY")
		if summary := m.ends(j); strings.Contains(summary, "permission") || strings.Contains(j.stdout.String(), "::warning") {
			t.Errorf("%s\n%s", summary, &j.stdout)
		}
	}
	if got := m.records(); len(got) != 1 || got[0].Prediction.Ratio == nil || len(got[0].Outcomes) != 1 || len(m.hub.Comments(m.repo, m.pull)) != 2 {
		t.Errorf("predictions %+v", got)
	}
}
