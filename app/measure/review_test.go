package measure_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
)

func TestReview(t *testing.T) {
	w := newWorld(t, "", mini)
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if c := w.last(); c.Status != "completed" || c.Conclusion != "neutral" {
		t.Errorf("check run %+v", c)
	}
	comments := w.hub.Comments(w.repo, w.pull)
	if len(comments) != 1 || comments[0].Author != "pertask[bot]" || !strings.Contains(comments[0].Body, "**Don't switch.**") ||
		!strings.Contains(comments[0].Body, "https://app.example/reviews/") {
		t.Errorf("comments %+v", comments)
	}
	r := w.kept(1)
	if r.State != record.Ended || r.Ended.IsZero() || r.Conclusion != "neutral" || !strings.Contains(r.Title, "Don't switch") || len(r.Suites) != 1 {
		t.Fatalf("kept is %+v", r)
	}
	s := r.Suites[0]
	if s.Verdict != "dont-switch" || s.BaseModel != "gpt-5.4" || s.HeadModel != "gpt-5.4-mini" || s.Ratio == nil || *s.Ratio < 1 || s.Low == nil || s.BaseRate == nil || *s.BaseRate != 1 {
		t.Errorf("the suite is %+v", s)
	}
	base, known := s.Base.Value()
	head, too := s.Head.Value()
	if !known || !too || head.Cmp(base) <= 0 {
		t.Errorf("a completed task costs %s and %s", s.Base, s.Head)
	}
	rep, err := report.ParseJSON(s.Report)
	if err != nil || !rep.SpentUSD.Equal(r.Spent) || r.Spent.Equal(price.Known(price.Money{})) {
		t.Errorf("spent %s, the report says %v, %v", r.Spent, rep, err)
	}
	left, err := os.ReadDir(w.config.Scratch.Root())
	if err != nil || len(left) != 1 {
		t.Fatalf("the scratch folder has %v, %v", left, err)
	}
	if in, _ := os.ReadDir(w.config.Scratch.Root() + "/" + left[0].Name()); len(in) != 1 {
		t.Errorf("left behind are %v, want the lock alone", in)
	}
	w.noSecret()
}

// A second review of the same change pays for nothing, and counts nothing twice.
func TestAReviewCountsWhatItSpentItself(t *testing.T) {
	w := newWorld(t, "", mini)
	m := w.measurer()
	for n := range 2 {
		if err := m.Review(t.Context(), w.job(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if w.calls.Load() != 40 {
		t.Errorf("%d calls, want 40", w.calls.Load())
	}
	first, second := w.kept(1), w.kept(2)
	if first.Spent.Equal(price.Known(price.Money{})) || !second.Spent.Equal(price.Known(price.Money{})) {
		t.Errorf("spent %s and then %s", first.Spent, second.Spent)
	}
	if q := first.Suites[0].Question; len(q) < 32 || q != second.Suites[0].Question {
		t.Errorf("the questions are %q and %q", q, second.Suites[0].Question)
	}
	if s := second.Suites[0]; s.Verdict != "dont-switch" || s.Ratio == nil || s.BaseRate == nil || !s.Head.IsKnown() {
		t.Errorf("the second has %+v", s) // with all that was found
	}
}

// A process that ends gives the review back, and the next attempt goes on with what was paid for.
func TestAReviewGoesOn(t *testing.T) {
	w := newWorld(t, ", concurrency: 1", mini)
	ctx, cancel := context.WithCancel(t.Context())
	w.onCall = func(n int64) {
		if n == 10 {
			cancel()
		}
	}
	m := w.measurer()
	if err := m.Review(ctx, w.job(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("it says %v, want that it is to be tried again", err)
	}
	before := w.kept(1)
	if before.State != record.Running || !before.Ended.IsZero() {
		t.Errorf("in between it is %+v", before)
	}
	w.onCall = nil
	if err := m.Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	r := w.kept(1)
	if r.State != record.Ended || !r.Started.Equal(before.Started) || r.Suites[0].Verdict != "dont-switch" {
		t.Errorf("kept is %+v", r)
	}
	if n := w.calls.Load(); n < 40 || n > 42 {
		t.Errorf("%d calls; want 40, and one or two that were cut off", n)
	}
	if c := w.last(); c.Status != "completed" || c.Conclusion != "neutral" {
		t.Errorf("check run %+v", c)
	}
	if len(w.hub.Comments(w.repo, w.pull)) != 1 {
		t.Error("there is not one comment")
	}
}

func TestGitHubOutOfReachIsTriedAgain(t *testing.T) {
	w := newWorld(t, "", mini)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w.hub.Fail(githubtest.Match(method, "graphql"), 500, 100, false)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := w.measurer().Review(ctx, w.job(1)); err == nil {
		t.Error("nobody will try again")
	}
	if w.calls.Load() != 0 {
		t.Error("something was spent")
	}
}

func TestABadConfigurationIsPostedAndDone(t *testing.T) {
	w := newWorld(t, ", what: 1", mini)
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if c := w.last(); c.Status != "completed" || c.Conclusion != "failure" {
		t.Errorf("check run %+v", c)
	}
	if r := w.kept(1); r.State != record.Ended || r.Conclusion != "failure" {
		t.Errorf("kept is %+v", r)
	}
}

// A pull request that changes nothing is answered while others measure.
func TestNothingChangedNeedsNoSlot(t *testing.T) {
	w := newWorld(t, "", "coder:\n  model: gpt-5.4\n")
	release, err := w.config.Slots.Take(t.Context(), installation)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if c := w.last(); c.Conclusion != "success" {
		t.Errorf("check run %+v", c)
	}
}

func TestAClosedPullRequestEndsItsReview(t *testing.T) {
	w := newWorld(t, ", concurrency: 1", mini)
	w.config.Every = 10 * time.Millisecond
	w.onCall = func(n int64) {
		if n == 5 {
			w.hub.ChangePull(w.repo, w.pull, func(p *githubtest.Pull) { p.State = "closed" })
		}
		if n >= 5 {
			time.Sleep(100 * time.Millisecond)
		}
	}
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if n := w.calls.Load(); n >= 40 {
		t.Errorf("all %d calls were made", n)
	}
	if c := w.last(); c.Status != "completed" {
		t.Errorf("check run %+v", c)
	}
	if r := w.kept(1); r.State == record.Running || r.Ended.IsZero() {
		t.Errorf("kept is %+v", r)
	}
}

func TestSupersededIsKeptAsSuch(t *testing.T) {
	w := newWorld(t, "", mini)
	newer := w.hub.Commit(w.repo, []string{w.head}, githubtest.Text(map[string]string{"a": "b"}))
	w.hub.ChangePull(w.repo, w.pull, func(p *githubtest.Pull) { p.Head = newer })
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if r := w.kept(1); r.State != record.Superseded || w.calls.Load() != 0 {
		t.Errorf("kept is %+v after %d calls", r, w.calls.Load())
	}
}

// Another installation has neither the keys nor the evidence of this one.
func TestInstallationsAreIsolated(t *testing.T) {
	w := newWorld(t, "", mini)
	m := w.measurer()
	if err := m.Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	other := w.job(2)
	other.Repo.Installation = 78
	if err := m.Review(t.Context(), other); err == nil {
		t.Error("it has reached GitHub as an installation that is not there")
	}
	if _, found, _ := w.reviews.Review(t.Context(), record.Scope{Installation: 78, Repos: []int64{5}}, w.job(1).ID); found {
		t.Error("another installation sees the review")
	}
}

func TestFillStoresTrialsOfTheBase(t *testing.T) {
	w := newWorld(t, "", mini)
	j := w.job(3)
	j.Trigger.Pull, j.Trigger.HeadSHA = 0, w.base
	if err := w.measurer().Fill(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if r := w.kept(3); r.Kind != "base" || r.State != record.Ended || r.Spent.Equal(price.Known(price.Money{})) {
		t.Errorf("kept is %+v", r)
	}
	filled := w.calls.Load()
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if w.kept(1).Suites[0].Verdict != "dont-switch" || w.calls.Load()-filled >= 40 {
		t.Errorf("%d calls after %d for the base", w.calls.Load()-filled, filled)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := measure.New(measure.Config{}); err == nil {
		t.Error("an App without a key was taken")
	}
}

// Agents of strangers are kept in or not started at all, whatever the repository's configuration says. There is no sandbox for
// this test's program, whatever the machine has, since it does not call sandbox.Main.
func TestASandboxIsRequired(t *testing.T) {
	for mode, measured := range map[string]bool{"": false, "none": true} {
		w := newWorldOf(t, ", sandbox: none, auto_run_below: 100, budget: 100", mini, "name: programs\nharness: command\ntasks:\n  - {id: a, command: \"echo billing\", grade: {contains: billing}}\n  - {id: b, command: \"echo billing\", grade: {contains: billing}}\n")
		w.config.Sandbox = mode
		if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
			t.Fatal(err)
		}
		r := w.kept(1)
		if got := strings.Contains(string(r.Suites[0].Report), "`run.sandbox` is required"); got == measured {
			t.Errorf("sandbox %q: %s\n%s", mode, r.Title, r.Suites[0].Report)
		}
	}
}

// Two pull requests with the same change are paid for once, also when they come together.
func TestTheSameChangeTwiceAtOnce(t *testing.T) {
	w := newWorld(t, ", concurrency: 2", mini)
	w.config.Slots = measure.NewSlots(2, 2)
	m, second := w.measurer(), w.job(2)
	second.Trigger.HeadSHA = w.hub.Commit(w.repo, []string{w.head}, w.files)
	second.Trigger.Pull = w.hub.OpenPull(w.repo, w.base, second.Trigger.HeadSHA)
	var both sync.WaitGroup
	for _, j := range []measure.Job{w.job(1), second} {
		both.Go(func() {
			if err := m.Review(t.Context(), j); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if w.calls.Load() != 40 || w.kept(1).Suites[0].Verdict != "dont-switch" || w.kept(2).Suites[0].Verdict != "dont-switch" {
		t.Errorf("%d calls, %+v and %+v", w.calls.Load(), w.kept(1), w.kept(2))
	}
	if a, b := w.kept(1).Spent, w.kept(2).Spent; a.Equal(price.Known(price.Money{})) == b.Equal(price.Known(price.Money{})) {
		t.Errorf("spent %s and %s; one of them has paid", a, b)
	}
}

// A provider that repeats the key in its refusal does not bring it into the dashboard.
func TestAKeyThatAProviderRepeatsIsNotKept(t *testing.T) {
	w := newWorld(t, "", mini)
	w.refuse = `{"error":{"message":"Incorrect API key provided: ` + secret + `"}}`
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if w.calls.Load() == 0 || w.kept(1).Suites[0].Verdict == "dont-switch" {
		t.Errorf("%d calls, %+v", w.calls.Load(), w.kept(1).Title)
	}
	w.noSecret()
}
