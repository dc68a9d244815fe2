package watch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/drift"
	"github.com/pertask/pertask/github/issue"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/price"
	report "github.com/pertask/pertask/report/watch"
	"github.com/pertask/pertask/review/watch"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// board has one issue at most, and notes what is done with it.
type board struct {
	have *issue.Issue
	did  []string
	err  error // of everything
}

func (b *board) Find(_ context.Context, key string) (issue.Issue, bool, error) {
	b.did = append(b.did, "find "+key)
	if b.have == nil || b.err != nil {
		return issue.Issue{}, false, b.err
	}
	return *b.have, true, nil
}

func (b *board) Create(_ context.Context, title, body string) (issue.Issue, error) {
	b.did = append(b.did, "create")
	m, _ := marker.Parse(body)
	b.have = &issue.Issue{Number: 7, Title: title, Body: body, Marker: m, Open: true, URL: "u"}
	return *b.have, nil
}

func (b *board) Edit(_ context.Context, _ int, title, body string) error {
	b.did = append(b.did, "edit")
	b.have.Title, b.have.Body = title, body
	b.have.Marker, _ = marker.Parse(body)
	return nil
}

func (b *board) Comment(context.Context, int, string) error {
	b.did = append(b.did, "comment")
	return nil
}

func (b *board) Close(context.Context, int, string) error {
	b.did = append(b.did, "close")
	b.have.Open = false
	return nil
}

// found is a watch at a day with what it confirmed.
func found(day int, state report.State, confirmed ...drift.Measure) report.Watch {
	nan := math.NaN()
	c := drift.Change{Stored: 1, Fresh: 2, Ratio: 2, Low: nan, High: nan, P: 0.001, Up: true}
	return report.Watch{Commit: "c0ffee", Time: now.AddDate(0, 0, day), Book: "2026-11-20", Suites: []report.Suite{{Name: "s", State: state,
		Finding: drift.Finding{Tasks: 1, Cost: c, Completion: c}, Confirmed: confirmed, Spent: price.Known(price.MustMoney("1"))}}}
}

func TestTell(t *testing.T) {
	b := &board{}
	for i, tt := range []struct {
		name   string
		w      report.Watch
		before func()
		want   watch.Action
		did    []string
	}{
		{"nothing", found(0, report.Calm), nil, watch.Nothing, []string{"find watch"}},
		{"it could not tell", found(1, report.Unable), nil, watch.Nothing, nil},
		{"costs", found(2, report.Drifted, drift.Cost), nil, watch.Opened, []string{"find watch", "create"}},
		{"an earlier watch comes late", found(1, report.Drifted, drift.Completion), nil, watch.Nothing, []string{"find watch"}},
		{"the same", found(9, report.Drifted, drift.Cost), nil, watch.Edited, []string{"find watch", "edit"}},
		{"and completion", found(16, report.Drifted, drift.Cost, drift.Completion), nil, watch.Edited, []string{"find watch", "edit", "comment"}},
		{"it could not tell, with an issue", found(23, report.Unconfirmed), nil, watch.Nothing, nil},
		{"over", found(30, report.Calm), nil, watch.Closed, []string{"find watch", "edit", "close"}},
		{"still over", found(37, report.Calm), nil, watch.Nothing, []string{"find watch"}},
		{"back", found(44, report.Drifted, drift.Cost), nil, watch.Opened, []string{"find watch", "create"}},
		{"a person has closed it", found(51, report.Drifted, drift.Cost), func() { b.have.Open = false }, watch.Muted, []string{"find watch"}},
		{"something else", found(58, report.Drifted, drift.Completion), nil, watch.Opened, []string{"find watch", "create"}},
		{"closed again, for months", found(58+91, report.Drifted, drift.Completion), func() { b.have.Open = false }, watch.Opened, []string{"find watch", "create"}},
	} {
		if tt.before != nil {
			tt.before()
		}
		b.did = nil
		got, _, err := watch.Tell(t.Context(), b, tt.w)
		if diff := cmp.Diff(tt.did, b.did); got != tt.want || err != nil || diff != "" {
			t.Errorf("%d, %s: %s, want %s, %v\n%s", i, tt.name, got, tt.want, err, diff)
		}
	}
	var many []drift.Repricing
	for i := range 500 {
		many = append(many, drift.Repricing{Provider: "p", Model: fmt.Sprint("model-", i), Ends: now.AddDate(1, 0, 0)})
	}
	w := found(200, report.Calm)
	w.Suites[0].Prices = many
	if _, _, err := watch.Tell(t.Context(), &board{}, w); err != nil {
		t.Errorf("much to tell: %v", err)
	}
	refused := errors.New("refused")
	if did, _, err := watch.Tell(t.Context(), &board{err: refused}, found(0, report.Drifted, drift.Cost)); !errors.Is(err, refused) || did != watch.Nothing {
		t.Errorf("%s, %v", did, err)
	}
}
