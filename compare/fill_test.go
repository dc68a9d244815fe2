package compare_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/verdict"
)

func fill(t *testing.T, l *interruptedLab, want int) compare.FillReport {
	t.Helper()
	f, err := compare.FillBase(t.Context(), l.opts, l.bench, want)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFillBase(t *testing.T) {
	l, _ := storingLab(t, 0, 0)
	f := fill(t, l, 3)
	if f.Had != 0 || f.Added != 12 || f.Missing != 0 || f.Problem != "" || held(t, l) != 12 || l.provider.calls.Load() != 12 || !f.Spent.IsKnown() || f.Spent.String() == "0" {
		t.Fatalf("%+v; the store has %d after %d calls", f, held(t, l), l.provider.calls.Load())
	}
	if f := fill(t, l, 3); f.Had != 12 || f.Added != 0 || l.provider.calls.Load() != 12 || f.Spent.String() != "0" {
		t.Errorf("again: %+v after %d calls", f, l.provider.calls.Load())
	}
	if f := fill(t, l, 12); f.Had != 12 || f.Added != 36 || held(t, l) != 48 {
		t.Errorf("for more: %+v", f)
	}
	calls := l.provider.calls.Load()
	if r := l.run(t); r.Verdict != verdict.Switch || l.provider.calls.Load()-calls != 28 || r.Base.Stored == nil || r.Base.Stored.Trials != 48 {
		t.Errorf("a comparison with them: %v after %d calls, stored %+v", r.Verdict, l.provider.calls.Load()-calls, r.Base.Stored)
	}
}

// Those past half of their age are replaced; the task that has fewest comes first where money is short.
func TestFillBaseReplacesWhatGrowsOld(t *testing.T) {
	l, store := storingLab(t, 0, 0)
	for _, x := range []struct {
		task string
		days int
	}{{"a", 8}, {"a", 1}, {"b", 1}, {"b", 2}, {"c", 1}, {"c", 2}, {"d", 1}, {"d", 2}} {
		at := time.Now().Add(-time.Duration(x.days) * 24 * time.Hour)
		if err := store.AddBaseTrials(t.Context(), l.opts.BaseKey(), storedTrial(x.task, x.days, 1000, at)); err != nil {
			t.Fatal(err)
		}
	}
	if f := fill(t, l, 2); f.Had != 7 || f.Added != 1 || held(t, l) != 9 {
		t.Errorf("%+v; the store has %d", f, held(t, l))
	}
	stored, _ := store.BaseTrials(t.Context(), l.opts.BaseKey())
	if last := stored[2]; last.Task != "a" || last.Index != 9 {
		t.Errorf("added %s %d", last.Task, last.Index)
	}
	usable, old := ledger.Usable(stored, time.Now(), 7*24*time.Hour)
	if len(usable) != 8 || len(old) != 1 {
		t.Errorf("%d are young, %d are not", len(usable), len(old))
	}
}

func TestFillBaseKeepsTheBudget(t *testing.T) {
	l, _ := storingLab(t, 0, 0)
	l.opts.Budget = price.Known(price.MustMoney("0.10"))
	l.bench.Concurrency = 1
	f := fill(t, l, 12)
	spent, _ := f.Spent.Value()
	if f.Missing == 0 || f.Added == 0 || f.Added+f.Missing != 48 || f.Problem == "" || spent.Cmp(price.MustMoney("0.12")) > 0 {
		t.Errorf("%+v", f)
	}
}

// What would withhold a verdict is not stored.
func TestFillBaseStoresNoBadTrials(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*interruptedLab)
		want   string
	}{
		"another model is served": {func(l *interruptedLab) { l.provider.served = map[string]string{"gpt-5.4": "gpt-5.5"} }, "another model"},
		"no usage":                {func(l *interruptedLab) { l.provider.usage = func(string) string { return "null" } }, "not known"},
	} {
		l, _ := storingLab(t, 0, 0)
		tt.change(l)
		if f := fill(t, l, 3); held(t, l) != 0 || f.Added != 0 || !strings.Contains(f.Problem, tt.want) || l.provider.calls.Load() > 4 {
			t.Errorf("%s: %+v; the store has %d after %d calls", name, f, held(t, l), l.provider.calls.Load())
		}
	}
}

func TestFillBaseRefuses(t *testing.T) {
	l, _ := storingLab(t, 0, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := compare.FillBase(ctx, l.opts, l.bench, 3); !errors.Is(err, context.Canceled) || held(t, l) != 0 {
		t.Errorf("canceled: %v", err)
	}
	for name, change := range map[string]func(*compare.Options){
		"no store": func(o *compare.Options) { o.Store = nil }, "off": func(o *compare.Options) { o.ReuseBase = 0 },
		"no suite": func(o *compare.Options) { o.Suite = nil }, "a broken store": func(o *compare.Options) { o.Store = &brokenStore{} },
		"no such model": func(o *compare.Options) { o.Pair.Base = modelArmOf("nobody-knows-this") },
	} {
		o := l.opts
		change(&o)
		if _, err := compare.FillBase(t.Context(), o, l.bench, 3); err == nil || l.provider.calls.Load() != 0 {
			t.Errorf("%s: %v after %d calls", name, err, l.provider.calls.Load())
		}
	}
}
