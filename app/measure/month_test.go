package measure_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/price"
)

// A worker that was overtaken (its key is another's) leaves what the one that overtook it has posted and kept.
func TestOvertaken(t *testing.T) {
	w := newWorld(t, ", concurrency: 1}\nverdict: {mode: block", mini)
	job := w.job(1)
	job.Epoch = 1
	later := w.job(1)
	later.Epoch = 2
	a := w.measurer()
	w.config.Slots = measure.NewSlots(2, 1)
	b := w.measurer() // another process
	ctx, cancel := context.WithCancelCause(t.Context())
	var once sync.Once
	w.onCall = func(n int64) {
		if n < 10 {
			return
		}
		once.Do(func() {
			w.onCall = nil
			if err := b.Review(t.Context(), later); err != nil {
				t.Error(err)
			}
			r := w.kept(1)
			t.Logf("B: check %s, row %s with %d suites, ended %v, spent %s", w.last().Conclusion, r.State, len(r.Suites), !r.Ended.IsZero(), r.Spent)
			cancel(fmt.Errorf("renewing: %w", queue.ErrLost))
		})
	}
	err := a.Review(ctx, job)
	r := w.kept(1)
	t.Logf("A, overtaken, returned lost=%v: check %s %q, row %s with %d suites, ended %v, spent %s", errors.Is(err, queue.ErrLost), w.last().Conclusion, w.last().Title, r.State, len(r.Suites), !r.Ended.IsZero(), r.Spent)
	if w.last().Conclusion != "failure" {
		t.Errorf("the check run is %s", w.last().Conclusion)
	}
	if r.State != record.Ended || len(r.Suites) == 0 {
		t.Errorf("the row is %s with %d suites", r.State, len(r.Suites))
	}
}

// Reviews that wait for a slot know of what those before them have spent.
func TestBudgetOfReviewsAtOnce(t *testing.T) {
	w := newWorld(t, ", concurrency: 1", mini)
	limit := usd(t, "0.50")
	w.config.Limits = func(context.Context, measure.Tenant) (measure.Limits, error) { return measure.Limits{Repo: limit}, nil }
	w.config.Every = 10 * time.Millisecond
	m := w.measurer()
	hold, err := w.config.Slots.Take(t.Context(), installation)
	if err != nil {
		t.Fatal(err)
	}
	w.config.Slots = measure.NewSlots(2, 2) // of another process
	others := w.measurer()
	var all sync.WaitGroup
	for i, model := range []string{"gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.2"} {
		j := w.job(i + 1)
		w.files["config/agent.yaml"] = githubtest.File{Content: "coder:\n  model: " + model + "\n"}
		j.Trigger.HeadSHA = w.hub.Commit(w.repo, []string{w.base}, w.files)
		j.Trigger.Pull = w.hub.OpenPull(w.repo, w.base, j.Trigger.HeadSHA)
		all.Go(func() {
			by := others
			if i == 0 {
				by = m
			}
			if err := by.Review(t.Context(), j); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(time.Second) // all of them ask before the first one spends
	hold()
	all.Wait()
	sum := price.Known(price.Money{})
	for i := range 3 {
		t.Logf("%s: %s", w.kept(i+1).Title, w.kept(i+1).Spent)
		sum = sum.Plus(w.kept(i + 1).Spent)
	}
	got, _ := sum.Value()
	most, _ := limit.Value()
	inFlight := price.MustMoney("0.1") // the call during which the limit was reached
	if got.Cmp(most.Plus(inFlight)) > 0 {
		t.Errorf("the month's limit is %s, and %s were spent", most, got)
	}
}

// Trials of the base are paid from the same month.
func TestFillHasTheMonthsBudget(t *testing.T) {
	w := newWorld(t, "", mini)
	w.config.Limits = func(context.Context, measure.Tenant) (measure.Limits, error) {
		return measure.Limits{Repo: usd(t, "0")}, nil
	}
	j := w.job(3)
	j.Trigger.Pull, j.Trigger.HeadSHA = 0, w.base
	if err := w.measurer().Fill(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if w.calls.Load() != 0 {
		t.Errorf("%d calls with nothing left of the month", w.calls.Load())
	}
}

// A review of unknown cost counts for what it had set aside, and the others go on.
func TestUnknownCostIsBooked(t *testing.T) {
	for limit, measured := range map[string]bool{"1000": true, "10": false} {
		w := newWorld(t, "", mini)
		w.config.Limits = func(context.Context, measure.Tenant) (measure.Limits, error) {
			return measure.Limits{Repo: usd(t, limit)}, nil
		}
		j := w.job(100)
		if err := w.reviews.SaveReview(t.Context(), record.Review{ID: j.ID, Repo: j.Repo, State: record.Ended, Started: time.Now(), Ended: time.Now(), Reserved: usd(t, "10")}); err != nil {
			t.Fatal(err)
		}
		if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
			t.Fatal(err)
		}
		if got := w.calls.Load() > 0; got != measured {
			t.Errorf("limit %s: measured %v", limit, got)
		}
		if r := w.kept(1); r.Reserved.IsKnown() {
			t.Errorf("limit %s: an ended review of known cost has %s set aside", limit, r.Reserved)
		}
	}
}
