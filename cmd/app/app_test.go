package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review/route"
)

// TestPullRequest takes a pull request from its webhook to its verdict, by the real program.
func TestPullRequest(t *testing.T) {
	w := newStage(t, "")
	p := w.start()
	w.ready(p)
	opened := w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	c := w.settled(p, w.head, 1)
	if c.Conclusion != "neutral" || !strings.Contains(c.Title, "Don't switch") {
		t.Errorf("check run %+v", c)
	}
	w.idle(p)
	ours := w.ours()
	if len(ours) != 1 || !strings.Contains(ours[0].Body, "**Don't switch.**") {
		t.Errorf("%d comments: %+v", len(ours), ours)
	}
	if n := w.provider.calls(); n != 40 {
		t.Errorf("%d calls, want 40", n)
	}
	again := w.hub.Redeliver(appID, opened)
	if again.Status != http.StatusAccepted || !strings.Contains(again.Answer, "replay") {
		t.Errorf("a webhook that comes again is answered with %d %s", again.Status, again.Answer)
	}
	w.deliver("check_run", w.onCheck("bob", ""))
	w.idle(p)
	w.settled(p, w.head, 2)
	if n := w.provider.calls(); n != 40 || len(w.ours()) != 1 {
		t.Errorf("after \"Re-run\": %d calls, %d comments", n, len(w.ours()))
	}
	group := w.hub.Commit(w.repo, []string{w.base, w.head}, githubtest.Text(map[string]string{"agent.yaml": "model: gpt-5.4-mini\n", "suite.yaml": suiteText}))
	w.deliver("merge_group", w.hub.MergeGroupEvent(w.repo, w.pull, group))
	if c := w.settled(p, group, 1); c.Conclusion == "" || w.provider.calls() != 40 {
		t.Errorf("the merge group has %+v after %d calls", c, w.provider.calls())
	}
	w.stop(p)
	if strings.Contains(p.log.String(), providerKey) || strings.Contains(p.log.String(), "PRIVATE KEY") {
		t.Error("a secret is in the log")
	}
	for _, want := range []string{opened.GUID, `"review":"`, `"delivery":"`} {
		if !strings.Contains(p.log.String(), want) {
			t.Errorf("the log does not have %s", want)
		}
	}
	if n := w.rows("SELECT COUNT(*) FROM reviews"); n != 3 {
		t.Errorf("%d reviews are kept, want 3", n)
	}
	w.noSecret()
}

// noSecret looks for the provider key where the server has written.
func (w *stage) noSecret() {
	w.t.Helper()
	for _, r := range w.hub.Requests() {
		if strings.Contains(r.Body, providerKey) {
			w.t.Errorf("the provider key was sent to GitHub: %s %s", r.Method, r.Path)
		}
	}
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), providerKey) {
			w.t.Errorf("the provider key is in %s", path)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

func TestTheButtonMeasures(t *testing.T) {
	w := newStage(t, ", auto_run_below: 0.0001")
	w.hub.SetPermission(w.repo, "bob", "write")
	p := w.start()
	w.ready(p)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	w.settled(p, w.head, 1)
	w.deliver("check_run", w.onCheck("mallory", route.ButtonRun))
	w.idle(p)
	if n := w.provider.calls(); n != 0 {
		t.Fatalf("%d calls for somebody who may not ask", n)
	}
	w.deliver("check_run", w.onCheck("bob", route.ButtonRun))
	w.until(p, "there is a verdict", func() bool { return strings.Contains(w.last(w.head).Title, "Don't switch") })
	w.idle(p)
	w.stop(p)
	if n := w.rows("SELECT COUNT(*) FROM acts WHERE verb = 'run' AND actor = 'bob'"); n != 1 || w.provider.calls() != 40 {
		t.Errorf("%d acts, %d calls", n, w.provider.calls())
	}
}

func TestTheButtonAccepts(t *testing.T) {
	w := newStage(t, "}\nverdict: {mode: block")
	w.hub.SetPermission(w.repo, "bob", "write")
	p := w.start()
	w.ready(p)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	c := w.settled(p, w.head, 1)
	if c.Conclusion != "failure" || len(c.Actions) == 0 || !strings.HasPrefix(c.DetailsURL, "http://localhost:8080/i/77/reviews/") {
		t.Fatalf("check run %+v", c)
	}
	w.idle(p)
	time.Sleep(1100 * time.Millisecond) // GitHub's times are in seconds, and who accepts has seen the result
	w.deliver("check_run", w.onCheck("bob", route.ButtonAccept))
	w.until(p, "it is accepted", func() bool { return strings.Contains(w.last(w.head).Title, "Accepted by bob") })
	w.idle(p)
	if c := w.last(w.head); c.Conclusion != "success" || len(w.ours()) != 1 || !strings.Contains(w.ours()[0].Body, "**Accepted** by `bob`") {
		t.Errorf("check run %+v, comments %+v", c, w.ours())
	}
	group := w.hub.Commit(w.repo, []string{w.base, w.head}, w.files)
	w.deliver("merge_group", w.hub.MergeGroupEvent(w.repo, w.pull, group))
	if c := w.settled(p, group, 1); c.Conclusion != "success" {
		t.Errorf("the merge group has %+v", c)
	}
	w.idle(p)
	w.stop(p)
	if n := w.rows("SELECT COUNT(*) FROM acts WHERE verb = 'accept' AND actor = 'bob'"); n != 1 || w.provider.calls() != 40 {
		t.Errorf("%d acts, %d calls", n, w.provider.calls())
	}
}

// Two processes share a database, and one of them is killed: what it was at is gone on with by the other.
func TestTwoProcesses(t *testing.T) {
	w := newStage(t, ", concurrency: 2")
	w.provider.wait = 20 * time.Millisecond
	killed := w.start()
	w.ready(killed)
	other := w.start()
	w.ready(other)
	w.hub.SetHook(appID, killed.url+"/webhook", hookSecret)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	w.until(killed, "trials run", func() bool { return w.provider.calls() > 8 })
	// Whichever of the two has the review: the first is killed, and if it was the second's, that goes on.
	if err := killed.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-killed.ended
	w.until(other, "there is a verdict", func() bool { return strings.Contains(w.last(w.head).Title, "Don't switch") })
	w.idle(other)
	if n := w.provider.calls(); n < 40 || n > 44 || len(w.ours()) != 1 || len(w.hub.Checks(w.repo, w.head)) != 1 {
		t.Errorf("%d calls, %d comments, %d check runs", n, len(w.ours()), len(w.hub.Checks(w.repo, w.head)))
	}
	w.stop(other)
}

// A push while a review runs ends it, and the newer commit is measured.
func TestSuperseded(t *testing.T) {
	w := newStage(t, ", concurrency: 1")
	w.provider.wait = 100 * time.Millisecond
	p := w.start()
	w.ready(p)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	w.until(p, "trials run", func() bool { return w.provider.calls() > 2 })
	old := w.head
	w.head = w.hub.Commit(w.repo, []string{old}, map[string]githubtest.File{"agent.yaml": {Content: "model: gpt-5.4\n"}})
	w.hub.ChangePull(w.repo, w.pull, func(p *githubtest.Pull) { p.Head = w.head })
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "synchronize"))
	if c := w.settled(p, w.head, 1); c.Conclusion != "success" {
		t.Errorf("the newer commit has %+v", c)
	}
	if c := w.settled(p, old, 1); !strings.Contains(c.Title, "Superseded") && c.Conclusion != "neutral" {
		t.Errorf("the older commit has %+v", c)
	}
	w.stop(p)
}

func TestHealth(t *testing.T) {
	w := newStage(t, "")
	p := w.start()
	w.ready(p)
	if p.get(t, "/healthz", "") != http.StatusOK || p.get(t, "/metrics", "") != http.StatusUnauthorized || p.get(t, "/metrics", "wrong") != http.StatusUnauthorized {
		t.Error("health or metrics are answered wrongly")
	}
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	w.settled(p, w.head, 1)
	w.idle(p)
	_, text := p.read(t, "/metrics", "metrics")
	for _, want := range []string{`pertask_webhooks_total{event="pull_request",outcome="taken"} 1`, `pertask_reviews_total{conclusion="neutral",state="ended"} 1`,
		`pertask_github_requests_total{method="POST"`, `pertask_github_rate_limit_left{resource="core"}`,
		`pertask_notes{state="dead"} 0`, "pertask_notes_oldest_seconds 0", "pertask_reviews_measuring 0", `pertask_notes_total{kind="pull_request",outcome="reviewed"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics does not have %s", want)
		}
	}
	if strings.Contains(text, "pertask_spent_usd_total 0\n") {
		t.Error("nothing was spent, say the metrics")
	}
	w.stop(p)
}

// A server that is told to stop lets its reviews end.
func TestGracefulStop(t *testing.T) {
	w := newStage(t, ", concurrency: 2")
	w.provider.wait = 30 * time.Millisecond
	p := w.start("--grace", "60s")
	w.ready(p)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	w.until(p, "trials run", func() bool { return w.provider.calls() > 5 })
	w.stop(p)
	if c := w.last(w.head); c.Status != "completed" || !strings.Contains(c.Title, "Don't switch") || len(w.ours()) != 1 {
		t.Errorf("check run %+v\n%s", c, p.log)
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, "data", "work", "*")); len(left) != 0 {
		t.Errorf("left behind are %q", left)
	}
}

// One that may not wait keeps what was paid for, and the next one goes on.
func TestStopWithoutGrace(t *testing.T) {
	w := newStage(t, ", concurrency: 2")
	w.provider.wait = 30 * time.Millisecond
	p := w.start("--grace", "0s")
	w.ready(p)
	w.deliver("pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened"))
	w.until(p, "trials run", func() bool { return w.provider.calls() > 10 })
	w.stop(p)
	p = w.start()
	w.until(p, "there is a verdict", func() bool { return strings.Contains(w.last(w.head).Title, "Don't switch") })
	w.idle(p)
	w.stop(p)
	if n := w.provider.calls(); n < 40 || n > 44 || len(w.ours()) != 1 {
		t.Errorf("%d calls, %d comments", n, len(w.ours()))
	}
}
