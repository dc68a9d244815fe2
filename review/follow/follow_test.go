package follow_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/follow"
	"github.com/pertask/pertask/usage"
)

const repository = "github.com/acme/shop"

// world is a repository in which a switch was merged, and what was spent on its pull requests.
type world struct {
	t           *testing.T
	repo        attribute.Repository
	entries     *spendtest.Memory
	predictions predictiontest.Memory
	now         time.Time
	posts       map[int][]string
	reads       int
	failing     error // of posting
}

var switched = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// newWorld has three merged pull requests a day from 70 days before the switch to 70 after it. After it they cost so many times as
// much.
func newWorld(t *testing.T, effect float64) *world {
	t.Helper()
	w := &world{t: t, repo: attribute.Repository{Name: repository, DefaultBranch: "main"}, entries: new(spendtest.Memory), posts: map[int][]string{}}
	r := rand.New(rand.NewPCG(7, 7))
	number := 0
	for day := -70; day < 70; day++ {
		for i := range 3 {
			number++
			merged := switched.AddDate(0, 0, day).Add(time.Duration(1+i) * time.Hour)
			branch := fmt.Sprintf("work-%d", number)
			w.repo.Pulls = append(w.repo.Pulls, attribute.Pull{Number: number, State: attribute.Merged, HeadRef: branch, HeadRepository: "acme/shop", BaseRef: "main",
				Created: merged.Add(-8 * time.Hour), Closed: merged, Merged: merged, Merge: fmt.Sprintf("%040x", number), Head: fmt.Sprintf("%040x", 1_000_000+number), Total: 1, Additions: 100, Files: 2})
			cost := 100_000 * math.Exp(r.NormFloat64()/3)
			if day >= 0 {
				cost *= effect
			}
			w.spent(branch, merged.Add(-3*time.Hour), int64(cost))
		}
	}
	p := predictiontest.Predicted(repository, 10_000, "worst-three")
	p.Merged = switched
	ratio := prediction.NewRatio(0.6, 0.5, 0.72)
	p.Ratio = &ratio
	if err := w.predictions.Predict(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) spent(branch string, at time.Time, output int64) {
	w.t.Helper()
	tokens := usage.None()
	tokens.Output = usage.Known(output)
	e := spend.Entry{Source: spend.SessionLog, Provenance: spend.Reported, Session: spend.SessionKey("codex", branch), Harness: "codex", Hour: at.Truncate(time.Hour), Last: at,
		Place: spend.Place{Repository: repository, Branch: branch}, Price: spend.Price{Provider: "openai", Model: "gpt-5.5", Upto: 31_999}, Calls: 1, Tokens: tokens}
	if err := w.entries.Add(w.t.Context(), e.Complete()); err != nil {
		w.t.Fatal(err)
	}
}

// run follows the predictions so many days after the switch.
func (w *world) run(days int) ([]follow.Done, error) {
	w.now = switched.AddDate(0, 0, days)
	return follow.Run(w.t.Context(), follow.Config{
		Repository: repository, Predictions: &w.predictions, Entries: w.entries, Pricing: price.Pricing{Book: price.Embedded()}, Book: "2026-08-30",
		Now: func() time.Time { return w.now },
		Read: func(_ context.Context, since time.Time) (attribute.Repository, error) {
			w.reads++
			out := w.repo
			out.Pulls = nil
			for _, p := range w.repo.Pulls {
				if p.Merged.After(since) && p.Merged.Before(w.now) {
					out.Pulls = append(out.Pulls, p)
				}
			}
			return out, nil
		},
		Post: func(_ context.Context, pull int, body string) error {
			if w.failing != nil {
				return w.failing
			}
			w.posts[pull] = append(w.posts[pull], body)
			return nil
		},
	})
}

// TestRun goes from the merge to the last outcome.
func TestRun(t *testing.T) {
	w := newWorld(t, 0.6)
	if done, err := w.run(5); err != nil || len(done) != 0 || w.reads != 0 || len(w.posts) != 0 {
		t.Errorf("after 5 days: %d outcomes, %v, %d reads, %d posts; want nothing at all", len(done), err, w.reads, len(w.posts))
	}
	done, err := w.run(29)
	if err != nil || len(done) != 1 {
		t.Fatalf("after 29 days: %d outcomes, %v", len(done), err)
	}
	first := done[0]
	if first.Relation != prediction.Inside || first.Final || first.Observed == nil || first.After < 40 || !strings.HasPrefix(first.Sentence, "As predicted") {
		t.Errorf("outcome %+v: %s", first.Outcome, first.Sentence)
	}
	if bodies := w.posts[10_000]; len(bodies) != 1 || !strings.Contains(bodies[0], "predicted") {
		t.Errorf("posts: %q", bodies)
	}
	// A day later nothing is worked out; that it was said is made sure of.
	reads := w.reads
	if done, err := w.run(30); err != nil || len(done) != 0 || w.reads != reads || len(w.posts[10_000]) != 2 || w.posts[10_000][0] != w.posts[10_000][1] {
		t.Errorf("a day later: %d outcomes, %v, %d reads, posts %v", len(done), err, w.reads-reads, w.posts)
	}
	// Later on nothing is said any more.
	if done, err := w.run(40); err != nil || len(done) != 0 || len(w.posts[10_000]) != 2 {
		t.Errorf("days later: %d outcomes, %v, %d posts", len(done), err, len(w.posts[10_000]))
	}
	if done, err = w.run(57); err != nil || len(done) != 1 || !done[0].Final {
		t.Fatalf("at the end: %+v, %v", done, err)
	}
	if done, err := w.run(80); err != nil || len(done) != 0 {
		t.Errorf("after the end: %+v, %v", done, err)
	}
}

// TestOutside has a switch after which everything costs as much as before.
func TestOutside(t *testing.T) {
	w := newWorld(t, 1)
	done, err := w.run(29)
	if err != nil || len(done) != 1 || done[0].Relation != prediction.OutsideDearer {
		t.Fatalf("%+v, %v", done, err)
	}
}

// TestKilledBeforeItWasSaid has the comment fail: the outcome stays, and the next call says it.
func TestKilledBeforeItWasSaid(t *testing.T) {
	w := newWorld(t, 0.6)
	w.failing = errors.New("GitHub is away")
	if done, err := w.run(29); err == nil || len(done) != 1 {
		t.Fatalf("%d outcomes, %v; want one, and that it could not be said", len(done), err)
	}
	w.failing = nil
	if done, err := w.run(30); err != nil || len(done) != 0 || len(w.posts[10_000]) != 1 {
		t.Errorf("the next day: %d outcomes, %v, posts %v", len(done), err, w.posts)
	}
}

// TestNothingKnown has pull requests without any entry: it says that it cannot tell, and does not take nothing for nothing spent.
func TestNothingKnown(t *testing.T) {
	w := newWorld(t, 0.6)
	w.entries = new(spendtest.Memory)
	done, err := w.run(29)
	if err != nil || len(done) != 1 || done[0].Relation != prediction.CannotTell || done[0].Observed != nil {
		t.Fatalf("%+v, %v", done, err)
	}
}

// TestChecksAloneTellNothing has entries of our own checks from long before those of anybody's work: the pull requests between are
// not ones on which nothing was spent.
func TestChecksAloneTellNothing(t *testing.T) {
	w := newWorld(t, 0.6)
	late := new(spendtest.Memory)
	for e, err := range w.entries.Entries(t.Context(), spend.Query{From: switched.AddDate(0, 0, -20)}) {
		if err == nil {
			err = late.Add(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.entries = late
	tokens := usage.None()
	tokens.Output = usage.Known(1000)
	at := switched.AddDate(0, 0, -100)
	check := spend.Entry{Source: spend.Check, Provenance: spend.Measured, Session: spend.SessionKey("pertask", "1"), Harness: "pertask", Hour: at.Truncate(time.Hour), Last: at,
		Place: spend.Place{Repository: repository, Pull: 3}, Price: spend.Price{Provider: "openai", Model: "gpt-5.5", Upto: 31_999}, Calls: 1, Tokens: tokens}
	if err := w.entries.Add(t.Context(), check.Complete()); err != nil {
		t.Fatal(err)
	}
	done, err := w.run(29)
	if err != nil || len(done) != 1 || done[0].NoneBefore != 0 || done[0].Before == 0 || done[0].Before > 70 {
		t.Fatalf("%+v, %v; want none without spend before the switch", done, err)
	}
}
