package compare_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
)

// behind puts a handler before the lab's provider.
func (l *lab) behind(t testing.TB, wrap func(next http.Handler) http.Handler) {
	t.Helper()
	srv := httptest.NewServer(wrap(l.provider))
	t.Cleanup(srv.Close)
	ups := []meter.Upstream{{Name: "openai", Provider: "openai", URL: srv.URL + "/v1", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"}}
	l.bench.Upstreams, l.bench.Keys = ups, meter.KeysFromEnv(func(string) string { return secret }, ups)
}

// However many trials run at once, what is spent passes the budget by no more than calls differ from each other.
func TestBudgetHoldsWithManyAtOnce(t *testing.T) {
	for _, budget := range []string{"0.001", "0.06", "0.15", "0.30"} {
		t.Run(budget, func(t *testing.T) {
			l := newLab(t, promptSuite)
			l.behind(t, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(20 * time.Millisecond)
					next.ServeHTTP(w, r)
				})
			})
			l.opts.Budget, l.bench.Concurrency = price.Known(price.MustMoney(budget)), 16
			r := l.measure(t)
			spent, known := r.SpentUSD.Value()
			most := price.MustMoney(budget).Plus(price.MustMoney("0.002")) // answers have 1000 to 1060 tokens of 15 USD a million
			if budget == "0.001" {
				most = price.MustMoney("0.0185") // one call, as nothing was known of any
			}
			if !known || spent.Cmp(most) > 0 {
				t.Errorf("spent %v of %s", r.SpentUSD, budget)
			}
			if calls := l.provider.calls.Load(); calls == 0 || calls == 32 || r.Reason.Code != "budget-spent" {
				t.Errorf("%d calls, and %q", calls, r.Reason.Text)
			}
			before := l.provider.calls.Load()
			if again := l.measure(t); l.provider.calls.Load() != before || again.Reason.Code != r.Reason.Code {
				t.Errorf("a rerun makes %d calls and says %q after %q", l.provider.calls.Load()-before, again.Reason.Text, r.Reason.Text)
			}
		})
	}
}

// A suite that is far below its budget runs as many trials at once as it may, from the first one on.
func TestFarBelowItsBudgetNothingWaits(t *testing.T) {
	const at = 8
	l := newLab(t, promptSuite)
	var mu sync.Mutex
	waiting, all := 0, make(chan struct{})
	l.behind(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			if waiting++; waiting == at {
				close(all)
			}
			mu.Unlock()
			select {
			case <-all:
			case <-r.Context().Done():
			case <-time.After(30 * time.Second):
				t.Error("there are never so many calls in flight as there may be")
			}
			next.ServeHTTP(w, r)
		})
	})
	l.opts.Budget, l.bench.Concurrency = price.Known(price.MustMoney("10")), at
	if r := l.measure(t); r.Base.Trials != 16 || r.Head.Trials != 16 {
		t.Errorf("%d and %d trials", r.Base.Trials, r.Head.Trials)
	}
}

// BenchmarkBudget measures with a provider that takes 5 ms for a call, without a budget and far below one.
func BenchmarkBudget(b *testing.B) {
	tasks := strings.Builder{}
	for n := range 40 {
		fmt.Fprintf(&tasks, "  - {id: t%d, prompt: \"Which team?\", grade: {equals: billing}}\n", n)
	}
	for _, budget := range []string{"", "10", "100"} {
		b.Run("of "+budget, func(b *testing.B) {
			for b.Loop() {
				l := newLab(b, "name: tickets\nharness: prompt\ntasks:\n"+tasks.String())
				l.behind(b, func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						time.Sleep(5 * time.Millisecond)
						next.ServeHTTP(w, r)
					})
				})
				l.bench.Concurrency = 8
				if m, err := price.ParseMoney(budget); err == nil {
					l.opts.Budget = price.Known(m)
				}
				if _, err := compare.Run(context.Background(), l.opts, l.bench); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
