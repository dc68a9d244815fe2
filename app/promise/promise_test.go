package promise_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/promise"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/record/recordtest"
	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

const (
	appID        = 9
	installation = 77
	repoID       = 5
)

// world is a repository on GitHub with the App, in which a measured change was merged.
type world struct {
	*promise.Keeper
	t           *testing.T
	hub         *githubtest.Server
	repo        string
	reviews     recordtest.Memory
	predictions predictiontest.Memory
	entries     spendtest.Memory
	now         time.Time
	change      event.Event // the merge
}

var switched = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, hub: githubtest.New(t), now: switched}
	w.repo = w.hub.AddRepo("acme", "shop")
	base := w.hub.Commit(w.repo, nil, githubtest.Text(map[string]string{"a": "a"}))
	w.hub.SetBranch(w.repo, "main", base)
	r := rand.New(rand.NewPCG(3, 3))
	for day := -40; day < 40; day++ {
		for i := range 2 {
			branch := fmt.Sprintf("work-%d-%d", day, i)
			at := switched.AddDate(0, 0, day).Add(time.Duration(1+i) * time.Hour)
			cost := 100_000 * math.Exp(r.NormFloat64()/4)
			if day >= 0 {
				cost *= 0.6
			}
			w.merge(base, branch, at)
			w.spent(branch, at.Add(-2*time.Hour), int64(cost))
		}
	}
	number, head := w.merge(base, "switch", switched)
	w.change = event.Event{Name: "pull_request", Action: "closed", Installation: installation, RepoID: repoID, Repo: github.Repo{Owner: "acme", Name: "shop"}, DefaultBranch: "main",
		Pull: event.Pull{BaseRef: "main", Number: number, HeadSHA: head, Merged: true, MergeSHA: strings.Repeat("a", 40), MergedAt: switched}}
	key := w.hub.AddApp(appID, installation, "pertask")
	cfg := github.Config{BaseURL: w.hub.URL, GraphQLURL: w.hub.GraphQLURL, App: &github.AppAuth{ID: appID, Installation: installation, PrivateKey: key}}
	w.Keeper = promise.New(promise.Config{
		Reviews: &w.reviews, Log: &w.reviews, Host: "github.com", Book: price.Embedded(), Now: func() time.Time { return w.now }, Logger: slog.New(slog.DiscardHandler),
		Predictions: func(int64) prediction.Store { return &w.predictions }, Entries: func(int64) spend.Store { return &w.entries },
		Client: func(int64) (*github.Client, error) { return github.New(cfg) },
		Pulls:  func(int64) (*merged.Reader, error) { return merged.New(cfg, merged.Options{}) },
	})
	return w
}

func (w *world) merge(base, branch string, at time.Time) (number int, head string) {
	w.t.Helper()
	head = w.hub.Commit(w.repo, []string{base}, githubtest.Text(map[string]string{"a": branch}))
	number = w.hub.OpenPull(w.repo, base, head, func(p *githubtest.Pull) {
		p.HeadRef, p.Merged, p.State = branch, true, "closed"
		p.Created, p.Updated, p.Closed, p.MergedAt = at.Add(-5*time.Hour), at, at, at
	})
	return number, head
}

func (w *world) spent(branch string, at time.Time, output int64) {
	w.t.Helper()
	tokens := usage.None()
	tokens.Output = usage.Known(output)
	e := spend.Entry{Source: spend.Telemetry, Provenance: spend.Reported, Session: spend.SessionKey("codex", branch), Part: "1", Harness: "codex", Hour: at.Truncate(time.Hour), Last: at,
		Place: spend.Place{Repository: "github.com/acme/shop", Branch: branch}, Price: spend.Price{Provider: "openai", Model: "gpt-5.5", Upto: 31_999}, Calls: 1, Tokens: tokens}
	if err := w.entries.Add(w.t.Context(), e.Complete()); err != nil {
		w.t.Fatal(err)
	}
}

// reviewed keeps a review of a head.
func (w *world) reviewed(id byte, head string, at time.Time, ratio *report.Ratio) {
	w.t.Helper()
	r := report.Report{Schema: report.Schema, Suite: "worst-three", Result: verdict.Measured, Verdict: verdict.Switch, Ratio: ratio, PriceBook: report.PriceBook{AsOf: "2026-08-30"},
		Changes: []arm.Change{{Slot: "main", Key: arm.Model, Base: "gpt-5.5", Head: "gpt-5.4", HasBase: true, HasHead: true}}}
	body, err := json.Marshal(&r)
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.reviews.SaveReview(w.t.Context(), record.Review{ID: strings.Repeat(string(id), 32), Repo: record.Repo{Installation: installation, ID: repoID, Name: "acme/shop"},
		Pull: w.change.Pull.Number, Head: head, State: record.Ended, Started: at, Ended: at.Add(time.Minute), Suites: []record.Suite{{Name: "worst-three", Result: "measured", Verdict: "switch", Report: body}}})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) kept() (out []prediction.Record) {
	w.t.Helper()
	for r, err := range w.predictions.Records(w.t.Context(), "") {
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// TestPromise goes from the merge to the comment.
func TestPromise(t *testing.T) {
	w := newWorld(t)
	w.reviewed('a', strings.Repeat("1", 40), switched.Add(-3*time.Hour), &report.Ratio{Estimate: 9, Low: 8, High: 10}) // of an earlier head
	w.reviewed('b', w.change.Pull.HeadSHA, switched.Add(-2*time.Hour), &report.Ratio{Estimate: 0.6, Low: 0.5, High: 0.72})
	for range 2 { // GitHub may tell it twice
		if err := w.Merged(t.Context(), w.change); err != nil {
			t.Fatal(err)
		}
	}
	all := w.kept()
	if len(all) != 1 || all[0].Prediction.Ratio == nil || all[0].Prediction.Ratio.Estimate != 0.6 || all[0].Prediction.Repository != "github.com/acme/shop" || !all[0].Prediction.Merged.Equal(switched) {
		t.Fatalf("kept %+v", all)
	}
	w.now = switched.AddDate(0, 0, 3)
	if err := w.Follow(t.Context(), installation); err != nil {
		t.Fatal(err)
	}
	if n := len(w.hub.Comments(w.repo, w.change.Pull.Number)); n != 0 {
		t.Errorf("%d comments after three days", n)
	}
	w.now = switched.AddDate(0, 0, 30)
	for range 2 {
		if err := w.Follow(t.Context(), installation); err != nil {
			t.Fatal(err)
		}
	}
	comments := w.hub.Comments(w.repo, w.change.Pull.Number)
	if len(comments) != 1 || !strings.Contains(comments[0].Body, "predicted") || !strings.Contains(comments[0].Body, "merged pull requests") {
		t.Fatalf("comments: %+v", comments)
	}
	all = w.kept()
	if o, ok := all[0].Last(); !ok || o.Relation != prediction.Inside || o.Before < 40 || o.After < 40 {
		t.Errorf("outcome %+v", o)
	}
}

// TestPromisesNothing has merges of which nothing was measured.
func TestPromisesNothing(t *testing.T) {
	for name, change := range map[string]func(*event.Event){
		"reviewed at another head": func(e *event.Event) { e.Pull.HeadSHA = strings.Repeat("2", 40) },
		"closed":                   func(e *event.Event) { e.Pull.Merged = false },
		"no commit":                func(e *event.Event) { e.Pull.MergeSHA = "" },
		"of another installation":  func(e *event.Event) { e.Installation = 1 },
		"into another branch":      func(e *event.Event) { e.Pull.BaseRef = "release" },
		"of another repository":    func(e *event.Event) { e.RepoID = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.reviewed('c', w.change.Pull.HeadSHA, switched, &report.Ratio{Estimate: 0.6, Low: 0.5, High: 0.7})
			e := w.change
			change(&e)
			if err := w.Merged(t.Context(), e); err != nil {
				t.Error(err)
			}
			if n := len(w.kept()); n != 0 {
				t.Errorf("%d promises", n)
			}
			if err := w.Follow(t.Context(), installation); err != nil {
				t.Errorf("following nothing: %v", err)
			}
		})
	}
}
