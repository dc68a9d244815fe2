// Package predictiontest holds what every store of predictions must do, and a store in memory that does.
//
// It knows the rules of prediction.Store. It refuses to know how a store keeps anything.
package predictiontest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/verdict"
)

// Noon is when the prediction of pull request 1 was merged.
var Noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// Predicted returns a prediction of a pull request, merged so many hours after Noon as its number is above 1.
func Predicted(repository string, pull int, suite string) prediction.Prediction {
	ratio := prediction.NewRatio(0.62, 0.48, 0.79)
	return prediction.Prediction{
		Schema: prediction.Schema, Key: prediction.Key{Repository: repository, Pull: pull, Suite: suite},
		Merged: Noon.Add(time.Duration(pull-1) * time.Hour), Commit: fmt.Sprintf("%040x", pull),
		Before: []prediction.Setting{{Slot: "main", Key: "model", Value: "gpt-5.4"}},
		After:  []prediction.Setting{{Slot: "main", Key: "model", Value: "gpt-5.4-mini"}},
		Ratio:  &ratio, Verdict: verdict.Switch, Book: "2026-08-20",
	}
}

// Observed returns an outcome of a prediction after so many days.
func Observed(p prediction.Prediction, days int) prediction.Outcome {
	observed := prediction.NewRatio(0.76, 0.6, 0.97)
	difference, relation := prediction.Compare(*p.Ratio, observed)
	at := p.Merged.AddDate(0, 0, days)
	return prediction.Outcome{
		Schema: prediction.OutcomeSchema, Key: p.Key, AsOf: at, From: p.Merged.AddDate(0, 0, -56), To: at, Days: days,
		Before: 77, After: 41, Observed: &observed, Difference: &difference, Relation: relation,
		Caveats: []prediction.Caveat{{Code: prediction.PricesBook, From: "2026-08-20", To: "2026-09-20"}},
	}
}

// Run holds a store to the rules. Each call of open opens the same store anew, as another process would; each call of
// fresh returns such an open of a store that is empty.
func Run(t *testing.T, fresh func(t *testing.T) (open func() prediction.Store)) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, func() prediction.Store)
	}{
		{"what is kept is there", keeps},
		{"the same twice is once", twice},
		{"a prediction does not change", unchanged},
		{"outcomes follow a prediction, and end", ends},
		{"bad ones are refused", bad},
		{"by the order of merges and by repository", order},
		{"many at once", atOnce},
		{"a context that is over", over},
		{"a reader that stops", stops},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, fresh(t)) })
	}
}

const shop = "github.com/acme/shop"

// all reads everything of a repository.
func all(t *testing.T, s prediction.Store, repository string) []prediction.Record {
	t.Helper()
	var out []prediction.Record
	for r, err := range s.Records(t.Context(), repository) {
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		out = append(out, r)
	}
	return out
}

func holds(t *testing.T, s prediction.Store, repository string, want ...prediction.Record) {
	t.Helper()
	if diff := cmp.Diff(want, all(t, s, repository)); diff != "" {
		t.Errorf("records of %q (-want +got):\n%s", repository, diff)
	}
}

func predict(t *testing.T, s prediction.Store, p prediction.Prediction, want error) {
	t.Helper()
	if err := s.Predict(t.Context(), p); !errors.Is(err, want) {
		t.Errorf("keeping the prediction of %v: error %v, want %v", p.Key, err, want)
	}
}

func observe(t *testing.T, s prediction.Store, o prediction.Outcome, want error) {
	t.Helper()
	if err := s.Observe(t.Context(), o); !errors.Is(err, want) {
		t.Errorf("keeping the outcome of %v as of %v: error %v, want %v", o.Key, o.AsOf, err, want)
	}
}

func keeps(t *testing.T, open func() prediction.Store) {
	holds(t, open(), "")
	p := Predicted(shop, 1, "worst-three")
	unmeasured := Predicted(shop, 2, "worst-three")
	unmeasured.Ratio, unmeasured.Before, unmeasured.After, unmeasured.Accepted = nil, nil, nil, true
	endless := Predicted(shop, 3, "worst-three")
	r := prediction.NewRatio(2, 0, 5)
	r.High, endless.Ratio = nil, &r
	for _, p := range []prediction.Prediction{p, unmeasured, endless} {
		predict(t, open(), p, nil)
	}
	o := Observed(p, 28)
	observe(t, open(), o, nil)
	holds(t, open(), shop, prediction.Record{Prediction: p, Outcomes: []prediction.Outcome{o}}, prediction.Record{Prediction: unmeasured}, prediction.Record{Prediction: endless})
}

func twice(t *testing.T, open func() prediction.Store) {
	p := Predicted(shop, 1, "a")
	for range 3 {
		predict(t, open(), p, nil)
		observe(t, open(), Observed(p, 28), nil)
	}
	holds(t, open(), "", prediction.Record{Prediction: p, Outcomes: []prediction.Outcome{Observed(p, 28)}})
}

func unchanged(t *testing.T, open func() prediction.Store) {
	p := Predicted(shop, 1, "a")
	predict(t, open(), p, nil)
	q := p
	r := prediction.NewRatio(0.76, 0.6, 0.97)
	q.Ratio = &r // what came of it, put in its place
	predict(t, open(), q, prediction.ErrKept)
	holds(t, open(), "", prediction.Record{Prediction: p})
}

func ends(t *testing.T, open func() prediction.Store) {
	p := Predicted(shop, 1, "a")
	first, last := Observed(p, 28), Observed(p, 56)
	last.Final = true
	observe(t, open(), first, prediction.ErrUnknown)
	predict(t, open(), p, nil)
	observe(t, open(), first, nil)
	other := first
	other.After++
	observe(t, open(), other, prediction.ErrFinal) // another one of the same time
	observe(t, open(), last, nil)
	observe(t, open(), Observed(p, 60), prediction.ErrFinal)
	observe(t, open(), first, nil) // is there
	holds(t, open(), "", prediction.Record{Prediction: p, Outcomes: []prediction.Outcome{first, last}})
}

func bad(t *testing.T, open func() prediction.Store) {
	p := Predicted(shop, 0, "a")
	if err := open().Predict(t.Context(), p); err == nil {
		t.Error("a prediction of pull request 0 is kept")
	}
	p = Predicted(shop, 1, "a")
	predict(t, open(), p, nil)
	o := Observed(p, 28)
	o.Relation = ""
	if err := open().Observe(t.Context(), o); err == nil {
		t.Error("an outcome without a relation is kept")
	}
	holds(t, open(), "", prediction.Record{Prediction: p})
}

func order(t *testing.T, open func() prediction.Store) {
	s := open()
	var ours, others []prediction.Record
	for _, pull := range []int{3, 1, 2} {
		for _, suite := range []string{"b", "a"} {
			predict(t, s, Predicted(shop, pull, suite), nil)
			predict(t, s, Predicted("github.com/acme/other", pull, suite), nil)
		}
	}
	for _, pull := range []int{1, 2, 3} {
		for _, suite := range []string{"a", "b"} {
			ours = append(ours, prediction.Record{Prediction: Predicted(shop, pull, suite)})
		}
		for _, suite := range []string{"a", "b"} {
			others = append(others, prediction.Record{Prediction: Predicted("github.com/acme/other", pull, suite)})
		}
	}
	holds(t, s, shop, ours...)
	holds(t, s, "github.com/acme/nothing")
	var every []prediction.Record
	for i := 0; i < len(ours); i += 2 {
		every = append(append(every, others[i:i+2]...), ours[i:i+2]...)
	}
	holds(t, s, "", every...)
}

func atOnce(t *testing.T, open func() prediction.Store) {
	const writers, each = 5, 3
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			s := open()
			for i := range each {
				p := Predicted(shop, 1+each*w+i, "a")
				shared := Predicted(shop, 1000+i, "a")
				predict(t, s, p, nil)
				predict(t, s, shared, nil)
				observe(t, s, Observed(p, 28), nil)
				observe(t, s, Observed(shared, 28), nil)
			}
		})
	}
	wait.Wait()
	got := all(t, open(), shop)
	if len(got) != each*writers+each {
		t.Errorf("%d records, want %d", len(got), each*writers+each)
	}
	for _, r := range got {
		if len(r.Outcomes) != 1 {
			t.Errorf("%v has %d outcomes, want 1", r.Prediction.Key, len(r.Outcomes))
		}
	}
}

func over(t *testing.T, open func() prediction.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := Predicted(shop, 1, "a")
	if err := open().Predict(ctx, p); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that the context is over", err)
	}
	predict(t, open(), p, nil)
	if err := open().Observe(ctx, Observed(p, 28)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that the context is over", err)
	}
	holds(t, open(), "", prediction.Record{Prediction: p})
	for _, err := range open().Records(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("reading: error %v, want that the context is over", err)
		}
	}
}

func stops(t *testing.T, open func() prediction.Store) {
	s := open()
	for pull := range 3 {
		predict(t, s, Predicted(shop, pull+1, "a"), nil)
	}
	n := 0
	for range s.Records(t.Context(), "") {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d records after a stop, want 1", n)
	}
}

// Memory is a store in memory. Its zero value is empty.
type Memory struct {
	mu    sync.Mutex
	shelf prediction.Shelf
}

var _ prediction.Store = (*Memory)(nil)

// Predict implements prediction.Store.
func (m *Memory) Predict(ctx context.Context, p prediction.Prediction) error {
	if err := errors.Join(p.Check(), context.Cause(ctx)); err != nil {
		return fmt.Errorf("keeping a prediction: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.shelf.Predict(p)
	return err
}

// Observe implements prediction.Store.
func (m *Memory) Observe(ctx context.Context, o prediction.Outcome) error {
	if err := errors.Join(o.Check(), context.Cause(ctx)); err != nil {
		return fmt.Errorf("keeping an outcome: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.shelf.Observe(o)
	return err
}

// Records implements prediction.Store.
func (m *Memory) Records(ctx context.Context, repository string) iter.Seq2[prediction.Record, error] {
	return func(yield func(prediction.Record, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(prediction.Record{}, err)
			return
		}
		m.mu.Lock()
		records := m.shelf.Records(repository)
		m.mu.Unlock()
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}
