package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/runstore"
	"github.com/pertask/pertask/internal/logbuffer"
	"github.com/pertask/pertask/review/errand"
)

// away lets the stage's repository measure with a workflow. The App has no key of a provider then.
func (w *stage) away() {
	w.t.Helper()
	config := w.files[".github/pertask.yml"]
	config.Content += "app: {runner: actions}\n"
	w.files[".github/pertask.yml"] = config
	w.files[".github/workflows/pertask.yml"] = githubtest.File{Content: "run-name: pertask ${{ inputs.review }}\non: {workflow_dispatch: {inputs: {review: {required: true}, request: {required: true}}}}\n"}
	base := map[string]githubtest.File{}
	for path, f := range w.files {
		base[path] = f
	}
	base["agent.yaml"] = githubtest.File{Content: "model: gpt-5.4\n"}
	w.base = w.hub.Commit(w.repo, nil, base)
	w.hub.SetBranch(w.repo, "main", w.base)
	w.head = w.hub.Commit(w.repo, []string{w.base}, w.files)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
	p := githubtest.WorkflowActor().Permissions
	p["actions"] = "write"
	key := w.hub.RegisterApp(githubtest.App{ID: appID, Slug: "pertask", WebhookSecret: hookSecret, Permissions: p})
	w.hub.Install(appID, installation, "acme")
	var env []string
	for _, v := range w.env {
		switch {
		case strings.HasPrefix(v, "OPENAI_API_KEY="):
		case strings.HasPrefix(v, "PERTASK_APP_PRIVATE_KEY="):
			env = append(env, "PERTASK_APP_PRIVATE_KEY="+string(key))
		default:
			env = append(env, v)
		}
	}
	w.env = env
}

// job carries out the job of a run as docs/app.md has it, with the Action at a path.
func (w *stage) job(action string, r githubtest.WorkflowRun, log *logbuffer.Buffer) {
	temp, err := os.MkdirTemp("", "pertask-runner-")
	if err != nil {
		w.t.Error(err)
		return
	}
	defer os.RemoveAll(temp)
	token := "ghs_" + strings.Repeat("r", 36)
	w.hub.AddToken(token, githubtest.ReadOnlyActor())
	w.hub.ChangeRun(w.repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status = "in_progress" })
	cmd := exec.Command(action, "review")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + temp, "RUNNER_TEMP=" + temp, "GITHUB_EVENT_NAME=workflow_dispatch", "GITHUB_REPOSITORY=" + w.repo,
		"GITHUB_OUTPUT=" + filepath.Join(temp, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(temp, "summary"), "GITHUB_API_URL=" + w.hub.URL, "GITHUB_GRAPHQL_URL=" + w.hub.GraphQLURL,
		"PERTASK_GITHUB_TOKEN=" + token, "PERTASK_MEASURE=" + r.Inputs["request"], "OPENAI_API_KEY=" + providerKey}
	cmd.Stdout, cmd.Stderr = log, log
	conclusion := "success"
	if err := cmd.Run(); err != nil {
		conclusion = "failure"
	}
	files := map[string][]byte{}
	all, _ := filepath.Glob(filepath.Join(temp, "pertask", "report", "*"))
	for _, path := range all {
		data, err := os.ReadFile(path)
		if err != nil {
			w.t.Error(err)
		}
		files[filepath.Base(path)] = data
	}
	w.hub.LeaveArtifact(w.repo, r.ID, errand.Artifact, runstore.Zip(files))
	w.hub.ChangeRun(w.repo, r.ID, func(r *githubtest.WorkflowRun) { r.Status, r.Conclusion = "completed", conclusion })
}

// The App is killed when it has started the workflow, while that runs, and while the App takes what it has left: there is one run,
// one comment, one complete check run and one record, and each trial is there once.
func TestKilledWhileAWorkflowMeasures(t *testing.T) {
	w := newStage(t, ", concurrency: 2")
	w.away()
	w.provider.wait = 20 * time.Millisecond
	action := filepath.Join(w.dir, "action")
	if out, err := exec.Command("go", "build", "-o", action, "github.com/pertask/pertask/cmd/action").CombinedOutput(); err != nil {
		t.Fatalf("building the Action: %v\n%s", err, out)
	}
	started, taken, over := make(chan struct{}, 9), make(chan struct{}, 9), make(chan struct{})
	var log logbuffer.Buffer
	w.hub.OnRun(func(_ string, r githubtest.WorkflowRun) {
		started <- struct{}{}
		time.Sleep(100 * time.Millisecond) // while nobody looks
		w.job(action, r, &log)
		close(over)
	})
	w.hub.Inject(githubtest.Fault{Times: 1 << 30, Match: func(r githubtest.Request) bool {
		if strings.Contains(r.Path, "/actions/artifacts/") {
			select {
			case taken <- struct{}{}:
			default:
			}
		}
		return false
	}})
	p := w.start()
	again := func(when string) {
		t.Helper()
		w.kill(p)
		p = w.start()
		w.ready(p)
		t.Log("killed when " + when)
	}
	w.ready(p)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	wait(t, p, started, "a run is started")
	again("the run was started")
	w.until(p, "trials run", func() bool { return w.provider.calls() >= 8 })
	again("trials ran")
	wait(t, p, taken, "what the run left is taken")
	again("what the run left was taken")
	mine := asked{w.pull, w.head}
	w.until(p, "there is a verdict", func() bool { return w.decided(mine) })
	<-over
	w.idle(p)
	w.stop(p)
	w.holds(t, mine)
	w.counted(t, w.evidence(t))
	if runs := w.hub.Runs(w.repo); len(runs) != 1 || runs[0].Cancelled || runs[0].Conclusion != "success" {
		t.Errorf("runs %+v\n%s", runs, &log)
	}
	if n := w.provider.calls(); n != 40 {
		t.Errorf("%d calls, want 40", n)
	}
	for _, text := range []string{p.log.String(), log.String(), fmt.Sprint(w.hub.Comments(w.repo, w.pull))} {
		if bytes.Contains([]byte(text), []byte(providerKey)) {
			t.Error("the provider key is somewhere")
		}
	}
}

// wait waits for something to happen.
func wait(t *testing.T, p *server, happens <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-happens:
	case <-time.After(90 * time.Second):
		t.Fatalf("waited in vain until %s\n%s", what, p.log)
	}
}
