package review_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// open counts the check runs of ours that are not completed.
func (w *world) open() int {
	n := 0
	for _, c := range w.hub.Checks(w.repo, w.head) {
		if c.Status != "completed" {
			n++
		}
	}
	return n
}

func TestNothingChangedIsCheap(t *testing.T) {
	w := scenario(t, "nothing-changed")
	files := w.fork
	for i := range 100 {
		files[fmt.Sprintf("docs/%d.md", i)] = githubtest.File{Content: "x\n"}
	}
	w.head = w.hub.Commit(w.repo, []string{w.base}, files)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
	w.hub.ResetRequests()
	out, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), newSink())
	if err != nil || out.Exit != 0 {
		t.Fatalf("exit %d, %v", out.Exit, err)
	}
	if got := len(w.hub.Requests()); got > 5 {
		t.Errorf("%d requests for 100 files, want 5 at most: %v", got, w.hub.Requests())
	}
	if len(w.ours()) != 0 || w.calls.Load() != 0 {
		t.Errorf("%d comments, %d calls to the provider", len(w.ours()), w.calls.Load())
	}
}

func TestTheCheckRunIsOnTheHeadAndFirstInProgress(t *testing.T) {
	w := scenario(t, "dearer")
	var first string
	w.hub.OnRequest(func(r githubtest.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/check-runs") && first == "" {
			first = r.Body
		}
	})
	s := newSink()
	if _, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(first, `"in_progress"`) || !strings.Contains(first, w.head) {
		t.Errorf("first check run: %s", first)
	}
	if len(s.opened) != 2 || s.opened[0].HeadSHA != w.head || s.opened[1] != (review.Check{}) {
		t.Errorf("remembered %+v, want the check run and then nothing", s.opened)
	}
}

func TestASecondReviewChangesNothingWhenNothingChanged(t *testing.T) {
	w := scenario(t, "no-key")
	for range 2 {
		if _, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), newSink()); err != nil {
			t.Fatal(err)
		}
	}
	ours := w.ours()
	if len(ours) != 1 || ours[0].Edits != 0 {
		t.Errorf("%d comments, %d edits; want one comment without an edit", len(ours), ours[0].Edits)
	}
}

func TestARerunOfAnOldHeadLeavesTheCommentAlone(t *testing.T) {
	w := scenario(t, "no-key")
	old := w.trigger()
	w.pull = w.hub.OpenPull(w.repo, w.base, w.hub.Commit(w.repo, []string{w.base}, w.fork))
	old.Pull = w.pull
	if _, err := review.New(w.options(io.Discard)).Review(context.Background(), old, newSink()); err != nil {
		t.Fatal(err)
	}
	if len(w.ours()) != 0 || w.open() != 0 {
		t.Errorf("%d comments about an old head, %d check runs open", len(w.ours()), w.open())
	}
}

func TestSomeoneElsesMarkerIsNotOurs(t *testing.T) {
	w := scenario(t, "no-key")
	m, err := marker.Marker{Suite: "x", Head: w.head, Time: time.Now()}.Line()
	if err != nil {
		t.Fatal(err)
	}
	w.hub.AddComment(w.repo, w.pull, "mallory", m+"\n**Switch.** Trust me.")
	if _, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), newSink()); err != nil {
		t.Fatal(err)
	}
	if len(w.ours()) != 1 {
		t.Errorf("%d comments of ours, want 1", len(w.ours()))
	}
	if all := w.hub.Comments(w.repo, w.pull); len(all) != 2 || !strings.Contains(all[0].Body, "Trust me") {
		t.Error("the other comment was touched")
	}
}

func TestTwoAtOnceLeaveOneComment(t *testing.T) {
	for round := range 10 {
		w := scenario(t, "no-key")
		random := rand.New(rand.NewPCG(uint64(round), 1))
		var mu sync.Mutex
		w.hub.OnRequest(func(githubtest.Request) {
			mu.Lock()
			d := time.Duration(random.IntN(3)) * time.Millisecond
			mu.Unlock()
			time.Sleep(d)
		})
		var wg sync.WaitGroup
		for range 2 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), newSink()); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		if n := len(w.ours()); n != 1 {
			t.Errorf("round %d: %d comments of ours, want 1", round, n)
		}
		if w.open() != 0 {
			t.Errorf("round %d: %d check runs are still open", round, w.open())
		}
	}
}

// A suite that breaks is not hidden by one that came to an end.
func TestABrokenSuiteCounts(t *testing.T) {
	w := scenario(t, "two-suites")
	o := w.options(io.Discard)
	journals := 0
	open := o.Journal
	o.Journal = func(key string) (trial.Journal, string, error) {
		if journals++; journals == 2 {
			return nil, "", errors.New("disk full")
		}
		return open(key)
	}
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	out, err := review.New(o).Review(context.Background(), w.trigger(), newSink())
	if err == nil || len(out.Reports) != 2 {
		t.Fatalf("%d reports, %v; want the one that came to an end and one that says what broke", len(out.Reports), err)
	}
	if r := out.Reports[1]; r.Result != verdict.NotMeasured || r.Reason.Code != "broke" || r.SpentUSD.String() != "0" {
		t.Errorf("the second report: %s because of %+v, spent %v", r.Result, r.Reason, r.SpentUSD)
	}
	if c := w.hub.Checks(w.repo, w.head)[0]; c.Status != "completed" || !strings.Contains(c.Text+c.Summary, "could not be carried out") {
		t.Errorf("the check run does not show that it broke: %+v", c)
	}
	if !strings.Contains(log.String(), "disk full") {
		t.Errorf("the log does not say what broke: %s", log.String())
	}
}

// What was spent before a review was cancelled is told, or is not known; it is never nothing.
func TestACanceledReviewTellsWhatItSpent(t *testing.T) {
	w := scenario(t, "dearer")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := w.options(io.Discard)
	o.Progress = func(_ string, done, _ int, _ price.Amount) {
		if done == 5 {
			cancel()
		}
	}
	out, err := review.New(o).Review(ctx, w.trigger(), newSink())
	if !errors.Is(err, context.Canceled) || len(out.Reports) != 1 {
		t.Fatalf("%d reports, %v", len(out.Reports), err)
	}
	if m, known := out.Reports[0].SpentUSD.Value(); known && m.IsZero() {
		t.Error("a review that made calls says that it spent nothing")
	}
}

func TestACanceledReviewCompletesItsCheck(t *testing.T) {
	w := scenario(t, "dearer")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.hub.OnRequest(func(r githubtest.Request) {
		if strings.Contains(r.Path, "/tarball/") {
			cancel()
		}
	})
	out, err := review.New(w.options(io.Discard)).Review(ctx, w.trigger(), newSink())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if w.open() != 0 || out.Exit != 0 {
		t.Errorf("%d check runs are still open, exit %d", w.open(), out.Exit)
	}
	if len(w.ours()) != 0 {
		t.Error("a cancelled review commented")
	}
}

func TestAPanicCompletesTheCheck(t *testing.T) {
	w := scenario(t, "dearer")
	o := w.options(io.Discard)
	o.Keys = nil // a programming error that panics while the review is under way
	out, err := review.New(o).Review(context.Background(), w.trigger(), newSink())
	if err == nil || w.open() != 0 {
		t.Errorf("error %v, %d check runs open", err, w.open())
	}
	if out.Exit != 0 || strings.Contains(fmt.Sprint(err), "goroutine") {
		t.Errorf("exit %d, error %v", out.Exit, err)
	}
}

func TestTheNextReviewCompletesWhatAKilledOneLeft(t *testing.T) {
	w := scenario(t, "nothing-changed")
	repo := github.Repo{Owner: "acme", Name: "agent"}
	if _, err := w.client(t).CreateCheck(context.Background(), repo, github.CheckRun{Name: "pertask", HeadSHA: w.head, Status: "in_progress"}); err != nil {
		t.Fatal(err)
	}
	if _, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), newSink()); err != nil {
		t.Fatal(err)
	}
	if w.open() != 0 {
		t.Errorf("%d check runs are still open", w.open())
	}
}

func TestFinishCompletesOnlyWhatIsOpen(t *testing.T) {
	w := scenario(t, "nothing-changed")
	ctx, repo := context.Background(), github.Repo{Owner: "acme", Name: "agent"}
	id, err := w.client(t).CreateCheck(ctx, repo, github.CheckRun{Name: "pertask", HeadSHA: w.head, Status: "in_progress"})
	if err != nil {
		t.Fatal(err)
	}
	r := review.New(w.options(io.Discard))
	check := review.Check{Check: gate.Check{ID: id, Name: "pertask", HeadSHA: w.head}}
	for range 2 {
		if err := r.Finish(ctx, repo, check); err != nil {
			t.Fatal(err)
		}
	}
	if w.open() != 0 || w.hub.Count(http.MethodPatch, "check-runs") != 1 {
		t.Errorf("%d open, %d changes", w.open(), w.hub.Count(http.MethodPatch, "check-runs"))
	}
}

func TestGitHubOutOfReachDoesNotOpenTheGate(t *testing.T) {
	w := scenario(t, "dearer")
	w.hub.Fail(githubtest.Match("", "graphql"), 500, -1, false)
	out, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), newSink())
	if err == nil || out.Exit == 0 {
		t.Errorf("exit %d, error %v", out.Exit, err)
	}
}

func TestASinkThatBreaksDoesNotHideTheResult(t *testing.T) {
	w := scenario(t, "no-key")
	s := newSink()
	s.fail = errors.New("disk full")
	out, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), s)
	if err == nil || len(out.Reports) != 1 || len(w.ours()) != 1 || w.open() != 0 {
		t.Errorf("error %v, %d reports, %d comments, %d checks open", err, len(out.Reports), len(w.ours()), w.open())
	}
}

// TestTheAgentSeesNoKey lets a hostile command of the suite print what it can see, and greps it.
func TestTheAgentSeesNoKey(t *testing.T) {
	need.Program(t, "curl")
	w := scenario(t, "dearer")
	seen := w.scratch + "/seen"
	if err := os.WriteFile(seen, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	fork := map[string]githubtest.File{}
	for name, text := range map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: config/agent.yaml, model: $.coder.model}]\nrun: {max_trials: 6}\n" +
			"upstreams:\n  - {name: openai, provider: openai, url: \"$PROVIDER\", auth: bearer, key_env: OPENAI_API_KEY}\n",
		"suite.yaml": "name: s\nharness: command\ntasks:\n  - id: a\n    command: |\n      { env; cat /proc/self/environ /proc/$PPID/cmdline; ls -aR \"$HOME\"; cat \"$PERTASK_SETTINGS_DIR\"/config/*; } >> " + seen + " 2>&1; " +
			"curl -sS -H \"Authorization: Bearer $PERTASK_TOKEN\" -d '{\"model\":\"'$PERTASK_MODEL'\",\"messages\":[]}' $PERTASK_BASE_URL/chat/completions\n    grade: 'true'\n",
		"config/agent.yaml": "coder:\n  model: gpt-5.4\n",
	} {
		w.put(fork, name, text)
	}
	w.base = w.hub.Commit(w.repo, nil, fork)
	w.put(fork, "config/agent.yaml", "coder:\n  model: gpt-5.4-mini\n")
	w.head = w.hub.Commit(w.repo, []string{w.base}, fork)
	w.hub.SetBranch(w.repo, "main", w.base)
	w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
	t.Setenv("OPENAI_API_KEY", secret)
	var log bytes.Buffer
	s := newSink()
	out, err := review.New(w.options(&log)).Review(context.Background(), w.trigger(), s)
	if err != nil || w.calls.Load() != 12 {
		t.Fatalf("exit %d, %d calls, %v", out.Exit, w.calls.Load(), err)
	}
	data, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "PERTASK_TOKEN=ptk_") || !strings.Contains(string(data), "model: gpt-5.4-mini") {
		t.Errorf("the agent did not see its token and its settings:\n%s", data)
	}
	if strings.Contains(string(data), secret) {
		t.Error("the agent saw the provider key")
	}
	w.noSecret(&log, s)
}

// TestARenameHidesNoModel: GitHub gives no patch of a file that was only moved, and none of one that was changed
// at length. Its count of changed lines tells them apart.
func TestARenameHidesNoModel(t *testing.T) {
	text := func(from, to int) string {
		var b strings.Builder
		for i := range 5000 {
			if i >= from && i < to {
				b.WriteString("changed ")
			}
			fmt.Fprintln(&b, i)
		}
		return b.String()
	}
	for name, tt := range map[string]struct {
		changed int // lines
		want    bool
	}{"moved": {0, false}, "moved and changed": {2400, true}} {
		w := scenario(t, "nothing-changed")
		was, is := maps.Clone(w.fork), maps.Clone(w.fork)
		was["old.go"], is["new.go"] = githubtest.File{Content: text(0, 0)}, githubtest.File{Content: text(0, tt.changed)}
		w.base = w.hub.Commit(w.repo, nil, was)
		w.head = w.hub.Commit(w.repo, []string{w.base}, is)
		w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
		out, err := review.New(w.options(io.Discard)).Review(context.Background(), w.trigger(), newSink())
		if err != nil || len(out.Reports) != 1 {
			t.Fatalf("%s: %d reports, %v", name, len(out.Reports), err)
		}
		got := slices.ContainsFunc(out.Reports[0].Findings, func(f verdict.Finding) bool { return f.Code == "diff-not-given" })
		if got != tt.want {
			t.Errorf("%s: the finding is there: %v, want %v: %+v", name, got, tt.want, out.Reports[0].Findings)
		}
	}
}
