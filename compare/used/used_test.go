package used_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

func usd(s string) price.Amount { return price.Known(price.MustMoney(s)) }

// call is a priced call of 1,000 input tokens for 2 dollars, 500 read from a cache for 0.1 and one search for 0.9.
func call(amount, list price.Amount) price.Priced {
	return price.Priced{
		Cost: price.Cost{Amount: amount, List: list, Billed: amount, Status: price.Exact},
		Lines: []price.Line{
			{Class: usage.Input, Tokens: 1000, USD: price.MustMoney("2")},
			{Class: usage.CacheRead, Tokens: 500, USD: price.MustMoney("0.1")},
		},
		Fees: []price.Fee{{Unit: "search", Count: 1, USD: price.MustMoney("0.9")}},
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

func TestAdd(t *testing.T) {
	var s used.Sums
	s.Add(call(usd("3"), usd("3")))
	s.Add(call(usd("1.5"), usd("3"))) // half price by contract
	want := map[int]used.Sum{
		used.Input: {Units: 2000, Paid: 3, List: 4}, used.CacheRead: {Units: 1000, Paid: 0.15, List: 0.2},
		used.Fees: {Units: 2, Paid: 1.35, List: 1.8}, used.Output: {}, used.CacheCreation: {},
	}
	for class, w := range want {
		if g := s.Class[class]; !near(g.Units, w.Units) || !near(g.Paid, w.Paid) || !near(g.List, w.List) {
			t.Errorf("%s: got %+v, want %+v", used.Names[class], g, w)
		}
	}
	if s.Unknown || s.Unlisted {
		t.Errorf("%+v", s)
	}
}

// Without a cache, what one served is paid for as other input is, and what a contract takes off is taken off it, too.
func TestCold(t *testing.T) {
	var s used.Sums
	cached := func(amount, uncached string) price.Priced {
		p := call(usd(amount), usd("3"))
		if uncached != "" {
			p.Lines[1].Uncached = price.MustMoney(uncached)
		}
		return p
	}
	s.Add(cached("3", "2000"))   // 500 tokens for 1 dollar
	s.Add(cached("1.5", "2000")) // and half of that by contract
	if !near(s.Cold, 3.9+1.95) {
		t.Errorf("got %v, want 5.85", s.Cold)
	}
	if sum := s.Plus(s); !near(sum.Cold, 11.7) {
		t.Errorf("twice that: got %v, want 11.7", sum.Cold)
	}
	var plain used.Sums
	p := call(usd("2.9"), usd("2.9"))
	p.Lines = p.Lines[:1]
	if plain.Add(p); plain.Cold != 2.9 {
		t.Errorf("without a cache: got %v, want 2.9", plain.Cold)
	}
	if s.Add(cached("3", "")); !math.IsNaN(s.Cold) {
		t.Errorf("without a rate of input: got %v, want no statement", s.Cold)
	}
}

func TestUnknown(t *testing.T) {
	none := call(usd("1"), usd("1"))
	none.Lines, none.Fees = nil, nil
	free := call(usd("0"), usd("0"))
	for i := range free.Lines {
		free.Lines[i].USD = price.Money{}
	}
	free.Fees = nil
	for name, c := range map[string]struct {
		p                 price.Priced
		unknown, unlisted bool
	}{
		"an unknown cost":                    {call(price.Amount{}, usd("3")), true, false},
		"a charge that nothing adds up to":   {none, true, false},
		"a call that is not billed":          {price.Priced{Cost: price.Nothing()}, false, false},
		"a free model":                       {free, false, false},
		"a charge of who has no list prices": {call(usd("3"), price.Amount{}), false, true},
	} {
		var s used.Sums
		s.Add(c.p)
		if s.Unknown != c.unknown || s.Unlisted != c.unlisted {
			t.Errorf("%s: unknown %t, unlisted %t", name, s.Unknown, s.Unlisted)
		}
		if sum := s.Plus(used.Sums{}); !cmp.Equal(sum, s, cmpopts.EquateNaNs()) {
			t.Errorf("%s: adding nothing changes it", name)
		}
		if sum := (used.Sums{}).Plus(s); sum.Unknown != c.unknown || sum.Unlisted != c.unlisted {
			t.Errorf("%s: the sum forgets what is not known", name)
		}
	}
	var s used.Sums
	if s.Add(free); s.Class[used.Input].Units != 1000 || s.Class[used.Input].Paid != 0 {
		t.Errorf("a free model's tokens: %+v", s.Class[used.Input])
	}
}

func TestLifetimes(t *testing.T) {
	var s used.Sums
	p := price.Priced{Cost: price.Cost{Amount: usd("3"), List: usd("3")}}
	for _, c := range []usage.Class{usage.CacheCreation, usage.CacheCreation5m, usage.CacheCreation1h} {
		p.Lines = append(p.Lines, price.Line{Class: c, Tokens: 10, USD: price.MustMoney("1")})
	}
	if s.Add(p); s.Class[used.CacheCreation] != (used.Sum{Units: 30, Paid: 3, List: 3}) {
		t.Errorf("%+v", s.Class[used.CacheCreation])
	}
}
