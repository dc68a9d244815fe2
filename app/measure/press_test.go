package measure_test

import (
	"testing"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/state"
)

// A press of a button is about its own pull request; another one with the same head has none.
func TestPressIsOfItsPull(t *testing.T) {
	w := newWorld(t, "", mini)
	at := time.Now().UTC().Truncate(time.Microsecond)
	j := w.job(1)
	act := record.Act{Time: at, Repo: j.Repo, Pull: w.pull, Head: w.head, Actor: "bob", Verb: "accept", Reason: "button"}
	if err := w.reviews.Append(t.Context(), act); err != nil {
		t.Fatal(err)
	}
	a := state.Acceptance{By: "bob", Reason: "button", Time: at, Head: w.head}
	for name, c := range map[string]struct {
		pull int
		kind review.Kind
		want bool
	}{"its own": {w.pull, review.Job, true}, "another": {w.pull + 1, review.Job, false}, "a merge group with it": {0, review.MergeGroup, true}} {
		j.Trigger.Pull, j.Trigger.Kind = c.pull, c.kind
		if got, err := w.measurer().Pressed(t.Context(), j, a); got != c.want || err != nil {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, c.want)
		}
	}
}
