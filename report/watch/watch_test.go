package watch_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/drift"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/markup/markuptest"
	"github.com/pertask/pertask/report/watch"
	"github.com/pertask/pertask/usage"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const link = "https://github.com/acme/agent/actions/runs/7"

func finding() drift.Finding {
	nan := math.NaN()
	return drift.Finding{Tasks: 10, StoredTrials: 120, FreshTrials: 40, Oldest: now.AddDate(0, 0, -30), Newest: now.AddDate(0, 0, -9),
		Cost:       drift.Change{Stored: 0.212, Fresh: 0.2131, Ratio: 1.005, Low: 0.93, High: 1.08, P: 0.71, Up: true},
		Completion: drift.Change{Stored: 0.85, Fresh: 0.825, Ratio: nan, Low: nan, High: nan, P: 0.62},
		Tokens:     []drift.Tokens{{Class: usage.Input, Stored: 1000, Fresh: 1010}, {Class: usage.CacheRead, Stored: 52000, Fresh: 51000}, {Class: usage.Output, Stored: 2000, Fresh: 2010}},
		Models:     []drift.Model{{Name: "gpt-5.4-2026-03-05", Stored: 360, Fresh: 120}}}
}

func rate(class usage.Class, before, after string) drift.Rate {
	return drift.Rate{Class: class, Before: price.Known(price.MustMoney(before)), After: price.Known(price.MustMoney(after))}
}

// cases are the watches that are kept in testdata, by name.
func cases() map[string]watch.Watch {
	of := func(change func(*watch.Suite)) watch.Watch {
		s := watch.Suite{Name: "worst-three", State: watch.Calm, Finding: finding(), Harness: map[string]string{"codex": "0.99.1"}, Fresh: 20, Spent: price.Known(price.MustMoney("4.25"))}
		change(&s)
		return watch.Watch{Commit: "4f2a9c1be07d4f2a9c1be07d4f2a9c1be07d4f2a", Time: now, Book: "2026-11-20", URL: link, Suites: []watch.Suite{s}}
	}
	longer := func(s *watch.Suite) {
		s.State, s.Confirmed, s.Second = watch.Drifted, []drift.Measure{drift.Cost}, drift.Finding{FreshTrials: 20}
		s.Finding.Cost = drift.Change{Stored: 0.212, Fresh: 0.391, Ratio: 1.844, Low: 1.7, High: 2, P: 0.00004, Up: true}
		s.Finding.Tokens[2].Fresh = 4000
	}
	return map[string]watch.Watch{
		"calm":    of(func(*watch.Suite) {}),
		"drifted": of(longer),
		"completion": of(func(s *watch.Suite) {
			s.State, s.Confirmed, s.Second = watch.Drifted, []drift.Measure{drift.Completion}, drift.Finding{FreshTrials: 20}
			s.Finding.Completion.Fresh, s.Finding.Completion.P = 0.4, 0.0001
		}),
		"model": of(func(s *watch.Suite) {
			s.Finding.Models = []drift.Model{{Name: "gpt-5.4-2026-03-05", Stored: 360}, {Name: "gpt-5.4-2026-10-01", Fresh: 120}}
		}),
		"prices": of(func(s *watch.Suite) {
			s.Prices = []drift.Repricing{
				{Provider: "openai", Model: "gpt-5.4", Tier: "standard", Rates: []drift.Rate{rate(usage.Input, "2.50", "3"), rate(usage.CacheRead, "0.25", "0.30")}},
				{Provider: "openai", Model: "gpt-5.4", Tier: "standard", Ends: now.AddDate(0, 0, 7), Rates: []drift.Rate{rate(usage.Output, "15", "20")}},
				{Provider: "zai", Model: "glm-5.2", Ends: now.AddDate(0, 0, 7)},
				{Provider: "zai", Model: "glm-5.2", Ends: now.AddDate(0, 0, -7)}}
		}),
		"unconfirmed": of(func(s *watch.Suite) {
			longer(s)
			s.State, s.Confirmed, s.Why = watch.Unconfirmed, nil, "Fresh trials differ from the stored ones, and the budget is spent, so no second set could confirm it."
		}),
		"filled": of(func(s *watch.Suite) {
			s.State, s.Finding, s.Why = watch.Filled, drift.Finding{}, "There were no stored trials to compare with; 120 are stored now."
		}),
		"unable": of(func(s *watch.Suite) {
			s.State, s.Finding, s.Why, s.Spent, s.Harness = watch.Unable, drift.Finding{}, "The provider stopped answering.", price.Amount{}, nil
		}),
	}
}

func TestGolden(t *testing.T) {
	for name, w := range cases() {
		t.Run(name, func(t *testing.T) {
			all := w.Title() + "\n\n" + w.Issue() + "\n---\n\n" + w.Summary()
			for _, problem := range markuptest.Problems(all, "[Where it ran]("+link+")") {
				t.Error(problem)
			}
			golden.Check(t, "testdata/"+name+".md", all)
		})
	}
}

func TestItems(t *testing.T) {
	want := map[string][]string{
		"calm": nil, "unconfirmed": nil, "filled": nil, "unable": nil,
		"drifted":    {"worst-three/cost/up"},
		"completion": {"worst-three/completion/down"},
		"model":      {"worst-three/models/gpt-5.4-2026-10-01"},
		"prices": {"worst-three/price/openai/gpt-5.4/standard/input=3,cache_read=0.3", "worst-three/ends/openai/gpt-5.4/standard/2026-11-30",
			"worst-three/ends/zai/glm-5.2//2026-11-30", "worst-three/ends/zai/glm-5.2//2026-11-16"},
	}
	for name, w := range cases() {
		var got []string
		for _, i := range w.Items() {
			got = append(got, i.Key)
		}
		if diff := cmp.Diff(want[name], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if w.Agrees() != (name == "calm") {
			t.Errorf("%s: agrees %t", name, w.Agrees())
		}
		if left := watch.New(w.Items(), got); len(left) > 0 {
			t.Errorf("%s: told already, and new: %v", name, left)
		}
		if len(got) > 1 {
			if left := watch.New(w.Items(), got[1:]); len(left) != 1 || !strings.Contains(w.Comment(left), left[0].Text) {
				t.Errorf("%s: new are %v", name, left)
			}
		}
	}
	if (watch.Watch{}).Agrees() {
		t.Error("a watch of nothing agrees")
	}
}

// What somebody else wrote is not live.
func TestHostile(t *testing.T) {
	const evil = "`x` <img src=x onerror=alert(1)> @acme/all #1 | <!-- pertask --> [a](http://e.example) $x$ $y$"
	w := cases()["prices"]
	s := &w.Suites[0]
	s.Name, s.State, s.Why, s.Harness = evil, watch.Unable, evil, map[string]string{evil: evil}
	s.Confirmed = []drift.Measure{drift.Cost}
	for i := range s.Prices {
		s.Prices[i].Provider, s.Prices[i].Model, s.Prices[i].Tier = evil, evil, evil
	}
	for range 9 {
		s.Finding.Models = append(s.Finding.Models, drift.Model{Name: evil + strings.Repeat("!", len(s.Finding.Models)), Fresh: 1})
	}
	w.Book, w.Commit, w.URL = evil, evil, "javascript:alert(1)"
	for _, text := range []string{w.Title(), w.Issue(), w.Summary(), w.Over(), w.Comment(w.Items())} {
		for _, problem := range markuptest.Problems(text) {
			t.Error(problem)
		}
	}
}
