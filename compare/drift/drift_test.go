package drift_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/drift"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// book has a model whose price is what the rows say.
func book(t *testing.T, rows ...price.Override) *price.Book {
	t.Helper()
	if len(rows) == 0 {
		rows = []price.Override{row(time.Time{}, time.Time{}, "1", "10")}
		rows[0].Aliases = []string{"house-model-2"}
	}
	b, err := price.Embedded().With(rows)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func row(from, until time.Time, in, out string) price.Override {
	return price.Override{Provider: "openai", Model: "house-model", From: from, Until: until,
		Rates: map[usage.Class]price.Money{usage.Input: price.MustMoney(in), usage.Output: price.MustMoney(out)}}
}

func terms(t *testing.T, rows ...price.Override) drift.Terms {
	return drift.Terms{Pricing: price.Pricing{Book: book(t, rows...), At: now}, Tasks: []string{"a", "b", "c"}, Now: now}
}

// trials are n of each task that consume so many tokens, a little more or less, and complete unless told otherwise.
func trials(n int, age time.Duration, output float64, change ...func(i int, b *ledger.BaseTrial)) []ledger.BaseTrial {
	var out []ledger.BaseTrial
	for k, task := range []string{"a", "b", "c"} {
		for i := range n {
			tokens := usage.None()
			tokens.Input = usage.Known(1000)
			tokens.Output = usage.Known(int64(output * float64(k+1) * (1 + 0.1*float64((i*7+k)%5-2))))
			b := ledger.BaseTrial{Task: task, Index: i, ID: fmt.Sprint(task, i), Completed: true, Time: now.Add(-age),
				Calls: []usage.Call{{ID: "1", State: usage.Ended, Coverage: usage.Complete, Provider: "openai", RequestedModel: "house-model", ServedModel: "house-model", Tokens: tokens}}}
			for _, c := range change {
				c(i, &b)
			}
			out = append(out, b)
		}
	}
	return out
}

const day = 24 * time.Hour

func failed(i int, b *ledger.BaseTrial) { b.Completed = i%4 == 3 }

func served(name string) func(int, *ledger.BaseTrial) {
	return func(_ int, b *ledger.BaseTrial) { b.Calls[0].ServedModel = name }
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fresh  []ledger.BaseTrial
		alarms []drift.Measure
		up     map[drift.Measure]bool
	}{
		{"nothing has changed", trials(2, 0, 1000), nil, nil},
		{"answers twice as long", trials(2, 0, 2000), []drift.Measure{drift.Cost}, map[drift.Measure]bool{drift.Cost: true}},
		{"answers half as long", trials(2, 0, 500), []drift.Measure{drift.Cost}, map[drift.Measure]bool{drift.Cost: false}},
		{"fewer complete", trials(4, 0, 1000, failed), []drift.Measure{drift.Completion}, map[drift.Measure]bool{drift.Completion: false}},
		{"both", trials(4, 0, 3000, failed), []drift.Measure{drift.Cost, drift.Completion}, map[drift.Measure]bool{drift.Cost: true, drift.Completion: false}},
	} {
		f, err := terms(t).Judge(trials(12, day, 1000), tt.fresh)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.alarms, f.Alarms()); diff != "" || f.Tasks != 3 || f.StoredTrials != 36 || f.FreshTrials != len(tt.fresh) {
			t.Errorf("%s: %s%+v", tt.name, diff, f)
		}
		for m, up := range tt.up {
			if f.Of(m).Up != up {
				t.Errorf("%s: %s up %t", tt.name, m, f.Of(m).Up)
			}
		}
		if again := drift.Confirmed(f, f); !slices.Equal(again, tt.alarms) {
			t.Errorf("%s: confirmed by itself: %v", tt.name, again)
		}
		calm, _ := terms(t).Judge(trials(12, day, 1000), trials(2, 0, 1000))
		if again := drift.Confirmed(f, calm); len(again) > 0 || len(drift.Confirmed(calm, f)) > 0 {
			t.Errorf("%s: confirmed by nothing: %v", tt.name, again)
		}
	}
}

// What shows the other way round does not confirm an alarm.
func TestConfirmedInTheSameDirection(t *testing.T) {
	stored := trials(12, day, 1000)
	dearer, _ := terms(t).Judge(stored, trials(2, 0, 2000))
	cheaper, _ := terms(t).Judge(stored, trials(2, 0, 500))
	if got := drift.Confirmed(dearer, cheaper); len(got) > 0 {
		t.Errorf("confirmed %v", got)
	}
}

func TestWhatMoved(t *testing.T) {
	f, err := terms(t).Judge(trials(12, day, 1000), trials(2, 0, 2000, served("house-model-2")))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Tokens) != 2 || f.Tokens[0] != (drift.Tokens{Class: usage.Input, Stored: 1000, Fresh: 1000}) || f.Tokens[1].Fresh < 1.7*f.Tokens[1].Stored {
		t.Errorf("tokens %+v", f.Tokens)
	}
	if want := (drift.Model{Name: "house-model", Stored: 36}); len(f.Models) != 2 || f.Models[0] != want || !f.Models[1].Changed() {
		t.Errorf("models %+v", f.Models)
	}
	fresh, gone := f.NewModels()
	if !slices.Equal(fresh, []string{"house-model-2"}) || !slices.Equal(gone, []string{"house-model"}) {
		t.Errorf("new are %v, gone %v", fresh, gone)
	}
	if f.Cost.Ratio < 1.5 || f.Cost.Low > f.Cost.Ratio || f.Cost.High < f.Cost.Ratio || f.Cost.Low < 1.3 {
		t.Errorf("cost %+v", f.Cost)
	}
	silent, err := terms(t).Judge(trials(12, day, 1000), trials(2, 0, 1000, served("")))
	if fresh, gone := silent.NewModels(); err != nil || len(fresh)+len(gone) > 0 {
		t.Errorf("answers that do not say: %v, %v, %v", fresh, gone, err)
	}
	unseen := trials(2, 0, 1000, func(_ int, b *ledger.BaseTrial) { b.Calls[0].Tokens.Input = usage.Count{} })
	if _, err := terms(t).Judge(trials(12, day, 1000), unseen); !errors.Is(err, drift.ErrUnpriced) {
		t.Errorf("an unknown count: %v", err)
	}
}

func TestJudgeRefuses(t *testing.T) {
	stored := trials(12, day, 1000)
	unsold := trials(2, 0, 1000, func(_ int, b *ledger.BaseTrial) {
		b.Calls[0].RequestedModel, b.Calls[0].ServedModel = "nobody", "nobody"
	})
	for name, tt := range map[string]struct {
		stored, fresh []ledger.BaseTrial
		want          error
		text          string
	}{
		"nothing stored":  {nil, trials(2, 0, 1000), drift.ErrTooFew, "no task"},
		"nothing fresh":   {stored, nil, drift.ErrTooFew, "no task"},
		"one of each":     {trials(1, day, 1000), trials(1, 0, 1000), drift.ErrTooFew, "two trials"},
		"a model unsold":  {stored, unsold, drift.ErrUnpriced, `"nobody"`},
		"of other suites": {stored, []ledger.BaseTrial{{Task: "z"}}, drift.ErrTooFew, "no task"},
	} {
		_, err := terms(t).Judge(tt.stored, tt.fresh)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want %v with %q", name, err, tt.want, tt.text)
		}
	}
}

// Trials that cost nothing have no logarithm, and those that all cost the same have no spread.
func TestOddCosts(t *testing.T) {
	free := row(time.Time{}, time.Time{}, "0", "0")
	f, err := terms(t, free).Judge(trials(12, day, 1000), trials(2, 0, 2000))
	if err != nil || len(f.Alarms()) > 0 || !math.IsNaN(f.Cost.Ratio) {
		t.Errorf("free: %+v, %v", f.Cost, err)
	}
	same := func(n int, output int64) []ledger.BaseTrial {
		return trials(n, day, 0, func(_ int, b *ledger.BaseTrial) { b.Calls[0].Tokens.Output = usage.Known(output) })
	}
	if f, err = terms(t).Judge(same(12, 500), same(2, 500)); err != nil || len(f.Alarms()) > 0 {
		t.Errorf("all the same: %+v, %v", f.Cost, err)
	}
	if f, err = terms(t).Judge(same(12, 500), same(2, 510)); err != nil || len(f.Alarms()) != 1 {
		t.Errorf("all the same, and then a little more: %+v, %v", f.Cost, err)
	}
}

func TestPrices(t *testing.T) {
	stored, fresh := trials(2, 10*day, 1000), trials(1, 0, 1000)
	change := now.Add(-3 * day)
	end := now.Add(6 * day)
	for name, tt := range map[string]struct {
		rows []price.Override
		want string
	}{
		"always the same":                     {nil, ""},
		"changed since":                       {[]price.Override{row(time.Time{}, change, "1", "10"), row(change, time.Time{}, "1", "15")}, "house-model: output 10 -> 15; "},
		"changed before":                      {[]price.Override{row(time.Time{}, now.Add(-11*day), "1", "10"), row(now.Add(-11*day), time.Time{}, "1", "15")}, ""},
		"ends soon":                           {[]price.Override{row(time.Time{}, end, "1", "10"), row(end, time.Time{}, "2", "20")}, "house-model until 2026-11-26: input 1 -> 2, output 10 -> 20; "},
		"ends, and what follows is not known": {[]price.Override{row(time.Time{}, end, "1", "10")}, "house-model until 2026-11-26; "},
		"ends late":                           {[]price.Override{row(time.Time{}, now.Add(15*day), "1", "10")}, ""},
	} {
		var got strings.Builder
		for _, r := range terms(t, tt.rows...).Prices(stored, fresh) {
			got.WriteString(r.Model)
			if !r.Ends.IsZero() {
				got.WriteString(" until " + r.Ends.Format(time.DateOnly))
			}
			sep := ": "
			for _, rate := range r.Rates {
				if rate.Class != usage.Input && rate.Class != usage.Output {
					continue // classes that cost what input costs
				}
				fmt.Fprintf(&got, "%s%s %s -> %s", sep, rate.Class, rate.Before, rate.After)
				sep = ", "
			}
			got.WriteString("; ")
		}
		if got.String() != tt.want {
			t.Errorf("%s: %q, want %q", name, &got, tt.want)
		}
	}
}

func TestUsable(t *testing.T) {
	all := append(trials(1, 91*day, 1), trials(1, day, 1)...)
	all = append(all, ledger.BaseTrial{Task: "gone", Time: now})
	if got := terms(t).Usable(all, drift.MostStored); len(got) != 3 {
		t.Errorf("%d of them are usable, want 3", len(got))
	}
}

func TestPerTask(t *testing.T) {
	for tasks, want := range map[int]int{0: 6, 1: 6, 4: 5, 5: 4, 10: 2, 15: 1, 100: 1} {
		if got := drift.PerTask(tasks); got != want {
			t.Errorf("%d of each of %d tasks, want %d", got, tasks, want)
		}
	}
}
