package review_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

// kept is a journal that outlives reviews, and counts how often it is opened and closed.
type kept struct {
	*journal.Memory
	opened, closed int
}

func (k *kept) Close() error { k.closed++; return nil }

// What an earlier review has paid for is not forecast again: a check that is rerun waits for nobody because of it.
func TestAutoRunBelowIsAboutWhatIsMissing(t *testing.T) {
	w := scenario(t, "auto-run-below")
	k := &kept{Memory: journal.NewMemory()}
	o := w.options(io.Discard)
	o.Journal = func(string) (trial.Journal, string, error) { k.opened++; return k, "trials.jsonl", nil }
	look := func(kind review.Kind) review.Outcome {
		t.Helper()
		for _, c := range w.ours() { // which would answer
			w.hub.DeleteComment(w.repo, c.ID)
		}
		trigger := w.trigger()
		trigger.Kind = kind
		out, err := review.New(o).Review(context.Background(), trigger, newSink())
		if err != nil || len(out.Reports) != 1 {
			t.Fatalf("%d reports, %v", len(out.Reports), err)
		}
		return out
	}
	if r := look(review.PullRequest).Reports[0]; r.Reason.Code != "over-auto-run-below" || w.calls.Load() != 0 {
		t.Fatalf("%s after %d calls, want it held", r.Reason.Code, w.calls.Load())
	}
	if r := look(review.Command).Reports[0]; r.Result != verdict.Measured {
		t.Fatalf("asked for: %s because of %+v", r.Result, r.Reason)
	}
	calls := w.calls.Load()
	if r := look(review.PullRequest).Reports[0]; r.Result != verdict.Measured || w.calls.Load() != calls {
		t.Errorf("rerun: %s because of %+v after %d more calls, want the measured report after none", r.Result, r.Reason, w.calls.Load()-calls)
	}
	if k.opened != 3 || k.closed != 3 {
		t.Errorf("the journal was opened %d times and closed %d times, want 3 of each", k.opened, k.closed)
	}

	for _, c := range w.ours() {
		w.hub.DeleteComment(w.repo, c.ID)
	}
	o.Journal = func(string) (trial.Journal, string, error) { return nil, "", errors.New("disk full") }
	out, err := review.New(o).Review(context.Background(), w.trigger(), newSink())
	if err == nil || !strings.Contains(err.Error(), "disk full") || len(out.Reports) != 1 || out.Reports[0].Reason.Code != "broke" {
		t.Errorf("a journal that cannot be opened: %v", err)
	}
}
