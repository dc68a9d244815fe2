package measure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/courier"
	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/runstore"
	"github.com/pertask/pertask/internal/logbuffer"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/errand"
)

// theAction is the Action, built once.
var theAction = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "pertask-action-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "action")
	out, err := exec.Command("go", "build", "-o", program, "github.com/pertask/pertask/cmd/action").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the Action: %w\n%s", err, out)
	}
	return program, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := theAction(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// runner is GitHub's: it carries out the job of docs/app.md for each run.
type runner struct {
	w       *world
	program string
	token   string
	key     string // of the provider
	// before is called with a run that has begun; false leaves it alone from there on.
	before func(id int64) bool
	// tamper changes what is kept as the artifact; nil leaves none.
	tamper func(files map[string][]byte) map[string][]byte
	log    logbuffer.Buffer
	done   sync.WaitGroup
}

const measuring = `name: pertask
run-name: pertask ${{ inputs.review }}
on: {workflow_dispatch: {inputs: {review: {required: true}, request: {required: true}}}}
`

// newAway is a world whose configuration wants GitHub's runners. The App has no provider key.
func newAway(t *testing.T, run, suite string) (*world, *runner) {
	t.Helper()
	program, err := theAction()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldOf(t, run, mini, suite)
	r := &runner{w: w, program: program, key: secret, token: "ghs_" + strings.Repeat("r", 36)}
	config := w.files[".github/pertask.yml"]
	config.Content += "app: {runner: actions}\n"
	w.files[".github/pertask.yml"] = config
	w.files[".github/workflows/pertask.yml"] = githubtest.File{Content: measuring}
	w.commit()
	p := githubtest.WorkflowActor().Permissions
	p["actions"] = "write"
	w.config.App.PrivateKey = w.hub.RegisterApp(githubtest.App{ID: 9, Slug: "pertask", Permissions: p})
	w.hub.Install(9, installation, "acme")
	reads := githubtest.ReadOnlyActor()
	w.hub.AddToken(r.token, reads)
	w.config.Login = "pertask[bot]"
	w.config.Keys = func(_ context.Context, _ int64, ups []meter.Upstream) (meter.Keys, error) {
		return meter.KeysFromEnv(func(string) string { return "" }, ups), nil
	}
	w.config.Courier = courier.Times{Appear: 300 * time.Millisecond, Leave: 10 * time.Second, Often: 10 * time.Millisecond}
	w.hub.OnRun(func(_ string, run githubtest.WorkflowRun) {
		r.done.Add(1)
		defer r.done.Done()
		r.run(run)
	})
	t.Cleanup(r.done.Wait)
	return w, r
}

// commit makes base, head and pull request anew out of the files of the head.
func (w *world) commit() {
	w.t.Helper()
	base := map[string]githubtest.File{}
	for path, f := range w.files {
		base[path] = f
	}
	base["config/agent.yaml"] = githubtest.File{Content: "coder:\n  model: gpt-5.4\n"}
	w.base = w.hub.Commit(w.repo, nil, base)
	w.hub.SetBranch(w.repo, "main", w.base)
	w.head = w.hub.Commit(w.repo, []string{w.base}, w.files)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
}

// away is a job with GitHub's own number of the repository.
func (w *world) away(n int) measure.Job {
	w.t.Helper()
	var e struct{ Repository struct{ ID int64 } }
	err := json.Unmarshal(w.hub.PullRequestEvent(w.repo, w.pull, "opened"), &e)
	if err != nil || e.Repository.ID == 0 {
		w.t.Fatalf("repository %d, %v", e.Repository.ID, err)
	}
	j := w.job(n)
	j.Repo.ID = e.Repository.ID
	return j
}

// of is what is kept of a job's review.
func (w *world) of(j measure.Job) record.Review {
	w.t.Helper()
	r, found, err := w.reviews.Review(w.t.Context(), record.Scope{Installation: installation, Repos: []int64{j.Repo.ID}}, j.ID)
	if err != nil || !found {
		w.t.Fatalf("review %s: found %t, %v", j.ID, found, err)
	}
	return r
}

// run is one job.
func (r *runner) run(run githubtest.WorkflowRun) {
	hub, repo := r.w.hub, r.w.repo
	hub.ChangeRun(repo, run.ID, func(x *githubtest.WorkflowRun) { x.Status = "in_progress" })
	if r.before != nil && !r.before(run.ID) {
		return
	}
	temp, err := os.MkdirTemp("", "pertask-runner-")
	if err != nil {
		r.w.t.Error(err)
		return
	}
	defer os.RemoveAll(temp)
	output := filepath.Join(temp, "output")
	for _, name := range []string{"output", "summary", "event.json"} {
		if err := os.WriteFile(filepath.Join(temp, name), []byte("{}\n")[:min(3, 3*strings.Count(name, "json"))], 0o644); err != nil {
			r.w.t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := exec.CommandContext(ctx, r.program, "review")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + temp, "RUNNER_TEMP=" + temp, "GITHUB_EVENT_NAME=workflow_dispatch", "GITHUB_EVENT_PATH=" + filepath.Join(temp, "event.json"),
		"GITHUB_REPOSITORY=" + repo, "GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + filepath.Join(temp, "summary"), "GITHUB_API_URL=" + hub.URL, "GITHUB_GRAPHQL_URL=" + hub.GraphQLURL,
		"PERTASK_GITHUB_TOKEN=" + r.token, "PERTASK_MEASURE=" + run.Inputs["request"], "OPENAI_API_KEY=" + r.key}
	cmd.Stdout, cmd.Stderr = &r.log, &r.log
	go func() { // GitHub interrupts the job of a run that is cancelled
		for ctx.Err() == nil {
			for _, x := range hub.Runs(repo) {
				if x.ID == run.ID && x.Cancelled {
					cancel()
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	conclusion := "success"
	if err := cmd.Run(); err != nil {
		conclusion = "failure"
	}
	if ctx.Err() != nil {
		conclusion = "cancelled"
	}
	files := map[string][]byte{}
	folder := filepath.Join(temp, "pertask", "report")
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[d.Name()], err = os.ReadFile(path)
		}
		return err
	})
	if r.tamper != nil {
		files = r.tamper(files)
	}
	if len(files) > 0 {
		hub.LeaveArtifact(repo, run.ID, errand.Artifact, runstore.Zip(files))
	}
	hub.ChangeRun(repo, run.ID, func(x *githubtest.WorkflowRun) { x.Status, x.Conclusion = "completed", conclusion })
}

// A review whose trials run on GitHub's runners is like any other to people, and the App needs no key for it.
func TestAWorkflowMeasures(t *testing.T) {
	w, r := newAway(t, "", suiteText)
	j := w.away(1)
	if err := w.measurer().Review(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	kept := w.of(j)
	if c := w.last(); c.Status != "completed" || c.Conclusion != "neutral" || !strings.Contains(c.Title, "Don't switch") {
		t.Errorf("check run %+v\n%s", c, &r.log)
	}
	comments := w.hub.Comments(w.repo, w.pull)
	if len(comments) != 1 || comments[0].Author != "pertask[bot]" || !strings.Contains(comments[0].Body, "**Don't switch.**") {
		t.Errorf("comments %+v", comments)
	}
	if runs := w.hub.Runs(w.repo); len(runs) != 1 || runs[0].Actor != "pertask[bot]" || runs[0].Title != "pertask "+j.ID+"-1" {
		t.Errorf("runs %+v", runs)
	}
	if w.calls.Load() != 40 || kept.State != record.Ended || len(kept.Suites) != 1 {
		t.Fatalf("%d calls, %+v", w.calls.Load(), kept)
	}
	s := kept.Suites[0]
	if s.Verdict != "dont-switch" || s.Ratio == nil || *s.Ratio < 1 || s.BaseRate == nil || *s.BaseRate != 1 {
		t.Errorf("the suite is %+v", s)
	}
	rep, err := report.ParseJSON(s.Report)
	if err != nil || !rep.SpentUSD.Equal(kept.Spent) || kept.Spent.Equal(price.Known(price.Money{})) || kept.Reserved.IsKnown() {
		t.Errorf("spent %s, set aside %s, %v", kept.Spent, kept.Reserved, err)
	}
	if busy := w.config.Slots.Busy(); busy != 0 {
		t.Errorf("%d slots are taken", busy)
	}
	for _, q := range w.hub.Requests() {
		if q.Actor == "github-actions[bot]" && q.Method != "GET" && !strings.Contains(q.Path, "graphql") {
			t.Errorf("the run wrote: %s %s", q.Method, q.Path)
		}
	}
	if strings.Contains(r.log.String(), secret) {
		t.Error("the provider key is in the run's log")
	}

	// A rerun is answered by the verdict that there is.
	again := w.away(2)
	if err := w.measurer().Review(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if kept := w.of(again); w.calls.Load() != 40 || len(w.hub.Runs(w.repo)) != 1 || kept.Suites[0].Verdict != "dont-switch" || !kept.Spent.Equal(price.Known(price.Money{})) {
		t.Errorf("rerun: %d calls, %d runs, %+v", w.calls.Load(), len(w.hub.Runs(w.repo)), kept)
	}
}

// An App that is stopped while the workflow runs finds the run again: there is one run, one comment and one check run.
func TestARunIsFoundAgain(t *testing.T) {
	for _, silent := range []bool{false, true} { // whether it stops before or after it has seen the run
		w, r := newAway(t, "", suiteText)
		ctx, cancel := context.WithCancel(t.Context())
		begun := make(chan struct{})
		r.before = func(int64) bool {
			cancel()
			<-begun
			return true
		}
		if silent {
			w.hub.Fail(func(q githubtest.Request) bool { return strings.HasSuffix(q.Path, "/dispatches") }, 0, 1, true)
		}
		j := w.away(1)
		if err := w.measurer().Review(ctx, j); !errors.Is(err, context.Canceled) {
			t.Fatalf("it says %v, want that it is to be tried again", err)
		}
		close(begun)
		if kept := w.of(j); kept.State != record.Running {
			t.Errorf("in between it is %+v", kept)
		}
		if err := w.measurer().Review(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		kept := w.of(j)
		if kept.State != record.Ended || kept.Suites[0].Verdict != "dont-switch" || w.calls.Load() != 40 || len(w.hub.Runs(w.repo)) != 1 || w.hub.Runs(w.repo)[0].Cancelled {
			t.Errorf("%d calls, runs %+v, %+v", w.calls.Load(), w.hub.Runs(w.repo), kept)
		}
		if len(w.hub.Comments(w.repo, w.pull)) != 1 || len(w.hub.Checks(w.repo, w.head)) != 1 || w.last().Status != "completed" {
			t.Errorf("comments %d, check runs %+v", len(w.hub.Comments(w.repo, w.pull)), w.hub.Checks(w.repo, w.head))
		}
	}
}

// A review that is superseded cancels its run, and counts what that has spent.
func TestASupersededReviewCancelsItsRun(t *testing.T) {
	w, r := newAway(t, ", concurrency: 1", suiteText)
	w.config.Every = 20 * time.Millisecond
	w.onCall = func(n int64) {
		if n == 6 {
			w.hub.ChangePull(w.repo, w.pull, func(p *githubtest.Pull) { p.State = "closed" })
		}
		if n >= 6 {
			time.Sleep(50 * time.Millisecond)
		}
	}
	j := w.away(1)
	if err := w.measurer().Review(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	r.done.Wait()
	kept, runs := w.of(j), w.hub.Runs(w.repo)
	if len(runs) != 1 || !runs[0].Cancelled || runs[0].Conclusion != "cancelled" || w.calls.Load() >= 40 {
		t.Errorf("%d calls, runs %+v\n%s", w.calls.Load(), runs, &r.log)
	}
	if c := w.last(); c.Status != "completed" || c.Conclusion == "success" {
		t.Errorf("check run %+v", c)
	}
	if kept.State == record.Running || kept.Spent.Equal(price.Known(price.Money{})) || !kept.Spent.IsKnown() && !kept.Reserved.IsKnown() {
		t.Errorf("%+v", kept)
	}
}

// Whatever goes wrong ends in words, and nothing of it lets a change pass.
func TestRunsThatCountForNothing(t *testing.T) {
	change := func(name string, f func(map[string]any)) func(map[string][]byte) map[string][]byte {
		return func(files map[string][]byte) map[string][]byte {
			var m map[string]any
			_ = json.Unmarshal(files[name], &m)
			f(m)
			files[name], _ = json.Marshal(m)
			return files
		}
	}
	request := func(m map[string]any, key string, value any) { m["request"].(map[string]any)[key] = value }
	replace := func(name, old, by string) func(map[string][]byte) map[string][]byte {
		return func(files map[string][]byte) map[string][]byte {
			files[name] = bytes.ReplaceAll(files[name], []byte(old), []byte(by))
			return files
		}
	}
	for _, tt := range []struct {
		name  string
		setup func(*world, *runner)
		code  string // of the finding
		spent bool
	}{
		{"no workflow", func(w *world, _ *runner) { delete(w.files, ".github/workflows/pertask.yml"); w.commit() }, "workflow-missing", false},
		{"disabled", func(w *world, _ *runner) { w.hub.DisableWorkflow(w.repo, "pertask.yml") }, "workflow-not-startable", false},
		{"an input is missing", func(w *world, _ *runner) {
			w.files[".github/workflows/pertask.yml"] = githubtest.File{Content: "on: {workflow_dispatch: {inputs: {review: {required: true}}}}\n"}
			w.commit()
		}, "workflow-not-startable", false},
		{"without the run's name", func(w *world, _ *runner) {
			w.files[".github/workflows/pertask.yml"] = githubtest.File{Content: strings.Replace(measuring, "run-name", "# run-name", 1)}
			w.commit()
		}, "workflow-strange", false},
		{"no permission", func(w *world, _ *runner) {
			w.config.App.PrivateKey = w.hub.RegisterApp(githubtest.App{ID: 9, Slug: "pertask"})
			w.hub.Install(9, installation, "acme")
		}, "workflow-permission", false},
		{"no runner", func(w *world, r *runner) {
			w.config.Courier.Begin = time.Millisecond
			w.hub.OnRun(nil)
		}, "workflow-not-begun", false},
		{"it fails", func(w *world, r *runner) {
			r.before = func(id int64) bool {
				w.hub.ChangeRun(w.repo, id, func(x *githubtest.WorkflowRun) { x.Status, x.Conclusion = "completed", "failure" })
				return false
			}
		}, "workflow-failed", false},
		{"a person cancels it", func(w *world, r *runner) {
			r.before = func(id int64) bool {
				w.hub.ChangeRun(w.repo, id, func(x *githubtest.WorkflowRun) { x.Status, x.Conclusion = "completed", "cancelled" })
				return false
			}
		}, "workflow-cancelled", false},
		{"a person starts it again", func(w *world, r *runner) {
			r.tamper = func(f map[string][]byte) map[string][]byte {
				w.hub.ChangeRun(w.repo, w.hub.Runs(w.repo)[0].ID, func(x *githubtest.WorkflowRun) { x.Attempt, x.Again = 2, "eve" })
				return f
			}
		}, "workflow-run-again", true},
		{"it is of another commit", func(w *world, r *runner) {
			r.tamper = func(f map[string][]byte) map[string][]byte {
				w.hub.ChangeRun(w.repo, w.hub.Runs(w.repo)[0].ID, func(x *githubtest.WorkflowRun) { x.SHA = w.head })
				return f
			}
		}, "workflow-strange", true},
		{"no artifact", func(_ *world, r *runner) {
			r.tamper = func(map[string][]byte) map[string][]byte { return nil }
		}, "workflow-no-result", true},
		{"no answer", func(_ *world, r *runner) {
			r.tamper = func(f map[string][]byte) map[string][]byte { delete(f, errand.File); return f }
		}, "workflow-bad-result", true},
		{"no trials", func(_ *world, r *runner) {
			r.tamper = func(f map[string][]byte) map[string][]byte { delete(f, "trials.jsonl"); return f }
		}, "workflow-bad-result", true},
		{"another head", func(_ *world, r *runner) {
			r.tamper = change(errand.File, func(m map[string]any) { request(m, "head", strings.Repeat("e", 40)) })
		}, "workflow-bad-result", true},
		{"another base", func(_ *world, r *runner) {
			r.tamper = change(errand.File, func(m map[string]any) { request(m, "base", strings.Repeat("e", 40)) })
		}, "workflow-bad-result", true},
		{"another question", func(_ *world, r *runner) {
			r.tamper = change(errand.File, func(m map[string]any) { request(m, "question", "sha256:"+strings.Repeat("0", 64)) })
		}, "workflow-bad-result", true},
		{"other evidence", func(_ *world, r *runner) {
			r.tamper = change(errand.File, func(m map[string]any) { m["evidence"] = "sha256:" + strings.Repeat("0", 64) })
		}, "workflow-bad-result", true},
		{"trials of other evidence", func(_ *world, r *runner) {
			r.tamper = replace("trials.jsonl", `"evidence_key":"sha256:`, `"evidence_key":"sha256:0`)
		}, "workflow-bad-result", true},
		{"trials of another task", func(_ *world, r *runner) {
			r.tamper = replace("trials.jsonl", `"task":"a"`, `"task":"z"`)
		}, "workflow-bad-result", true},
		{"it did not end", func(_ *world, r *runner) {
			r.tamper = change(errand.File, func(m map[string]any) { m["ended"] = false })
		}, "workflow-cut-short", true},
		{"no key", func(_ *world, r *runner) { r.key = "" }, "workflow-not-measured", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := newAway(t, "", suiteText)
			tt.setup(w, r)
			j := w.away(1)
			if err := w.measurer().Review(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			r.done.Wait()
			kept := w.of(j)
			rep, err := report.ParseJSON(kept.Suites[0].Report)
			if err != nil || rep.Reason.Code != tt.code || rep.Result != "not-measured" || len(rep.NextSteps) == 0 {
				t.Errorf("%v: %+v; want %s\n%s", err, rep.Reason, tt.code, &r.log)
			}
			if c := w.last(); c.Status != "completed" || c.Conclusion != "neutral" || len(w.hub.Comments(w.repo, w.pull)) != 1 {
				t.Errorf("check run %+v, %d comments", c, len(w.hub.Comments(w.repo, w.pull)))
			}
			// What was spent counts, or all that was set aside where that is not known.
			counts := !kept.Spent.IsKnown() && kept.Reserved.IsKnown() || kept.Spent.IsKnown() && !kept.Spent.Equal(price.Known(price.Money{}))
			if tt.spent && !counts {
				t.Errorf("spent %s, set aside %s", kept.Spent, kept.Reserved)
			}
		})
	}
}

// A report that was tampered with says nothing: the verdict is that of the trials.
func TestATamperedReportSaysNothing(t *testing.T) {
	w, r := newAway(t, "", suiteText)
	r.tamper = func(files map[string][]byte) map[string][]byte {
		for name := range files {
			if strings.HasPrefix(name, "report") {
				files[name] = bytes.ReplaceAll(files[name], []byte("dont-switch"), []byte("switch"))
			}
		}
		return files
	}
	j := w.away(1)
	if err := w.measurer().Review(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if kept := w.of(j); kept.Suites[0].Verdict != "dont-switch" {
		t.Errorf("%+v", kept)
	}
}

// Nothing of a repository that measures itself runs on the App's machine, trials of the base neither.
func TestTheBaseIsNotFilledHere(t *testing.T) {
	w, _ := newAway(t, "", suiteText)
	w.config.Keys = w.keys
	j := w.away(1)
	j.Trigger.HeadSHA = w.base
	if err := w.measurer().Fill(t.Context(), j); err != nil || w.calls.Load() != 0 {
		t.Errorf("%v, %d calls", err, w.calls.Load())
	}
}
