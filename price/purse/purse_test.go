package purse_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/purse"
	"github.com/pertask/pertask/usage"
)

// costs prices a call by what its Problem says, which is unknown when it says nothing.
func costs(c usage.Call) price.Cost {
	m, err := price.ParseMoney(c.Problem)
	if err != nil {
		return price.Cost{}
	}
	return price.Cost{Amount: price.Known(m), Status: price.Exact, List: price.Known(m)}
}

func ended(id, usd string) usage.Call { return usage.Call{ID: id, State: usage.Ended, Problem: usd} }

func TestBudget(t *testing.T) {
	one := price.Known(price.MustMoney("1"))
	cases := []struct {
		name  string
		limit price.Amount
		calls []usage.Call
		spent string
		err   string
	}{
		{"no limit", price.Amount{}, []usage.Call{ended("a", "5"), ended("b", "")}, "unknown", ""},
		{"below", one, []usage.Call{ended("a", "0.99")}, "0.99", ""},
		{"at the limit", one, []usage.Call{ended("a", "0.4"), ended("b", "0.6")}, "1", "1 USD of 1 are spent"},
		{"unknown", one, []usage.Call{ended("a", "")}, "unknown", "cost of an earlier call is unknown"},
		{"in flight", one, []usage.Call{{ID: "a", State: usage.Admitted, Problem: "5"}}, "0", ""},
		{"told more", one, []usage.Call{ended("a", "0.4"), ended("a", "0.6")}, "0.6", ""},
		{"told at last", one, []usage.Call{ended("a", ""), ended("b", "0.1"), ended("a", "0.6")}, "0.7", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := purse.New(c.limit, price.Nothing(), costs)
			for _, call := range c.calls {
				p.Record(call)
			}
			if got := p.Spent().Amount.String(); got != c.spent {
				t.Errorf("spent %s, want %s", got, c.spent)
			}
			err := p.Admit()
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("admit: %v, want %q", err, c.err)
			}
		})
	}
}

func TestWhatWasSpentBeforeCounts(t *testing.T) {
	p := purse.New(price.Known(price.MustMoney("1")), costs(ended("", "0.9")), costs)
	if err := p.Admit(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { p.Record(ended("a", "0.1")) })
	}
	all.Wait()
	if err := p.Admit(); err == nil || p.Spent().Amount.String() != "1" {
		t.Errorf("admitted at %v: %v", p.Spent().Amount, err)
	}
}

func TestTrialsHaveACap(t *testing.T) {
	of := func(trial, id, usd string) usage.Call {
		c := ended(id, usd)
		c.Trial = trial
		return c
	}
	half := price.Known(price.MustMoney("0.5"))
	cases := []struct {
		name   string
		budget string
		most   price.Amount
		calls  []usage.Call
		err    string // how it begins
	}{
		{"no call yet", "1", half, nil, ""},
		{"below", "1", half, []usage.Call{of("x", "a", "0.49")}, ""},
		{"others' calls", "1", half, []usage.Call{of("y", "a", "0.6")}, ""},
		{"at the cap", "1", half, []usage.Call{of("x", "a", "0.2"), of("x", "b", "0.3")}, "cost cap: 0.5 USD of the 0.5 "},
		{"above the cap and the budget", "1", half, []usage.Call{of("x", "a", "2")}, "cost cap: 2 USD"},
		{"above the budget only", "1", half, []usage.Call{of("y", "a", "2")}, "budget: 2 USD of 1"},
		{"no budget", "", half, []usage.Call{of("x", "a", "0.6")}, "cost cap: "},
		{"no cap", "", price.Amount{}, []usage.Call{of("x", "a", "")}, ""},
		{"unknown, without a budget", "", half, []usage.Call{of("x", "a", "")}, "budget: the cost of an earlier call is unknown, so the cost cap"},
		{"another's is unknown, without a budget", "", half, []usage.Call{of("y", "a", "")}, ""},
		{"told more", "", half, []usage.Call{of("x", "a", ""), of("x", "a", "0.1")}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var limit price.Amount
			if c.budget != "" {
				limit = price.Known(price.MustMoney(c.budget))
			}
			p := purse.New(limit, price.Nothing(), costs)
			for _, call := range c.calls {
				p.Record(call)
			}
			err := p.AdmitCall(t.Context(), usage.Call{ID: "next", Trial: "x"}, purse.Terms{Cap: c.most})
			if (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
				t.Errorf("admit: %v, want %q", err, c.err)
			}
		})
	}
}

// A trial that is carried out again does not inherit what its earlier attempt has cost, but the budget does.
func TestTrialsEnd(t *testing.T) {
	p := purse.New(price.Known(price.MustMoney("1")), price.Nothing(), costs)
	first := ended("a", "0.9")
	first.Trial = "x"
	p.Record(first)
	most := price.Known(price.MustMoney("0.5"))
	terms := purse.Terms{Cap: most, Kind: "k", Most: func() price.Amount { return price.Known(price.MustMoney("0.1")) }}
	if err := p.AdmitCall(t.Context(), usage.Call{ID: "b", Trial: "x"}, terms); err == nil {
		t.Error("admitted above the cap")
	}
	p.End("x")
	if err := p.AdmitCall(t.Context(), usage.Call{ID: "b", Trial: "x"}, terms); err != nil {
		t.Errorf("another attempt: %v", err)
	}
	second := ended("b", "0.1")
	second.Trial = "x"
	p.Record(second)
	if err := p.AdmitCall(t.Context(), usage.Call{ID: "c", Trial: "x"}, terms); err == nil || !strings.HasPrefix(err.Error(), "budget") || p.Spent().Amount.String() != "1" {
		t.Errorf("spent %v of 1: %v", p.Spent().Amount, err)
	}
}
