package review_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
)

// full is a store that takes nothing for one key.
type full struct {
	ledgertest.Memory
	taken string
}

// AddBaseTrials implements ledger.Store.
func (f *full) AddBaseTrials(ctx context.Context, key string, trials ...ledger.BaseTrial) error {
	if f.taken == "" {
		f.taken = key
	}
	if key != f.taken {
		return errors.New("disk full")
	}
	return f.Memory.AddBaseTrials(ctx, key, trials...)
}

func (w *world) fill(o review.Options) ([]review.Filled, error) {
	return review.New(o).FillBase(w.t.Context(), github.Repo{Owner: "acme", Name: "agent"}, w.base)
}

// What may be spent from outside bounds what is spent on stored trials, too, and it is asked again for each suite.
func TestFillBaseWithinWhatIsLeft(t *testing.T) {
	usd := func(s string) price.Amount { return price.Known(price.MustMoney(s)) }
	nothing, little, much := usd("0"), usd("0.10"), usd("100")
	noDatabase := errors.New("no database")
	for _, tt := range []struct {
		name  string
		left  []price.Amount // by suite
		err   error
		spent [2]bool
		said  [2]string
	}{
		{"no limit", []price.Amount{{}, {}}, nil, [2]bool{true, true}, [2]string{"", ""}},
		{"much", []price.Amount{much, much}, nil, [2]bool{true, true}, [2]string{"", ""}},
		{"little, for one", []price.Amount{little, nothing}, nil, [2]bool{true, false}, [2]string{".", "is spent, so nothing"}},
		{"nothing", []price.Amount{nothing, nothing}, nil, [2]bool{}, [2]string{"is spent, so nothing", "is spent, so nothing"}},
		{"others have spent it meanwhile", []price.Amount{much, nothing}, nil, [2]bool{true, false}, [2]string{"", "is spent, so nothing"}},
		{"not known", []price.Amount{much, much}, noDatabase, [2]bool{}, [2]string{"could not be found out", "could not be found out"}},
	} {
		w := scenario(t, "two-suites")
		o := w.options(io.Discard)
		o.Store = &ledgertest.Memory{}
		asked := 0
		o.Budget = func(context.Context) (price.Amount, error) { asked++; return tt.left[asked-1], tt.err }
		filled, err := w.fill(o)
		if err != nil || len(filled) != 2 {
			t.Fatalf("%s: %+v, %v", tt.name, filled, err)
		}
		for i, f := range filled {
			if m, known := f.Spent.Value(); !known || !m.IsZero() != tt.spent[i] {
				t.Errorf("%s: suite %q spent %s", tt.name, f.Suite, f.Spent)
			}
			if tt.said[i] == "" != (f.Problem == "") || !strings.Contains(f.Problem, tt.said[i]) {
				t.Errorf("%s: suite %q says %q, want %q", tt.name, f.Suite, f.Problem, tt.said[i])
			}
		}
		if called := w.calls.Load() > 0; called != (tt.spent[0] || tt.spent[1]) {
			t.Errorf("%s: %d calls", tt.name, w.calls.Load())
		}
	}
}

// A suite whose trials could not be stored has spent all the same.
func TestFillBaseTellsWhatAFailingSuiteSpent(t *testing.T) {
	w := scenario(t, "two-suites")
	o := w.options(io.Discard)
	o.Store = &full{}
	filled, err := w.fill(o)
	if err == nil || !strings.Contains(err.Error(), "mails") || len(filled) != 2 {
		t.Fatalf("%+v, %v", filled, err)
	}
	if m, known := filled[1].Spent.Value(); filled[1].Suite != "mails" || !known || m.IsZero() {
		t.Errorf("the failing suite %q spent %s", filled[1].Suite, filled[1].Spent)
	}
}
