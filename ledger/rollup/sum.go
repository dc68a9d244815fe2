package rollup

import (
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Sum is what entries of one provenance come to.
type Sum struct {
	USD price.Money `json:"usd"` // of all that has a price
	// AtLeast says that it cost more, or may have: calls were not seen, prices are bounds, or there are none.
	AtLeast  bool   `json:"at_least,omitempty"`
	Unpriced int    `json:"unpriced_entries,omitempty"` // entries without any price: nothing of them is in USD
	Entries  int    `json:"entries"`
	Calls    int64  `json:"calls"`            // of the sources that count them
	Unseen   int64  `json:"unseen,omitempty"` // calls whose usage was not seen
	Tokens   Tokens `json:"tokens"`
}

// Tokens are the tokens of a Sum by what they cost: those of all classes that are known.
type Tokens struct {
	Input         int64 `json:"input"`
	CacheRead     int64 `json:"cache_read"`
	CacheCreation int64 `json:"cache_creation"` // for whatever time
	Output        int64 `json:"output"`
	// AtLeast says that there were more: a count is not known, or calls were not seen.
	AtLeast bool `json:"at_least,omitempty"`
}

// Total is every token once.
func (t Tokens) Total() int64 { return t.Input + t.CacheRead + t.CacheCreation + t.Output }

// Plus adds two sums.
func (s Sum) Plus(o Sum) Sum {
	return Sum{
		USD: s.USD.Plus(o.USD), AtLeast: s.AtLeast || o.AtLeast, Unpriced: s.Unpriced + o.Unpriced, Entries: s.Entries + o.Entries,
		Calls: s.Calls + o.Calls, Unseen: s.Unseen + o.Unseen,
		Tokens: Tokens{
			Input: s.Tokens.Input + o.Tokens.Input, CacheRead: s.Tokens.CacheRead + o.Tokens.CacheRead,
			CacheCreation: s.Tokens.CacheCreation + o.Tokens.CacheCreation, Output: s.Tokens.Output + o.Tokens.Output,
			AtLeast: s.Tokens.AtLeast || o.Tokens.AtLeast,
		},
	}
}

// Spend is what entries come to, by how far their numbers can be trusted.
type Spend struct {
	Measured  Sum `json:"measured"`
	Reported  Sum `json:"reported"`
	Allocated Sum `json:"allocated"`
}

// All is the sum of what was measured, reported and allocated, for whoever shows the three beside it.
func (s Spend) All() Sum { return s.Measured.Plus(s.Reported).Plus(s.Allocated) }

// Seen is the sum of what was measured and reported: what agents themselves consumed, without shares of totals.
func (s Spend) Seen() Sum { return s.Measured.Plus(s.Reported) }

// Plus adds two spends, each provenance by itself.
func (s Spend) Plus(o Spend) Spend {
	return Spend{s.Measured.Plus(o.Measured), s.Reported.Plus(o.Reported), s.Allocated.Plus(o.Allocated)}
}

// add adds a sum to that of a provenance.
func (s *Spend) add(p spend.Provenance, o Sum) {
	at := &s.Reported
	switch p {
	case spend.Measured:
		at = &s.Measured
	case spend.Allocated:
		at = &s.Allocated
	}
	*at = at.Plus(o)
}

// sumOf is the sum of one entry, at its price.
func sumOf(e spend.Entry, priced price.Priced) Sum {
	usd, known := priced.Cost.Amount.Value()
	s := Sum{USD: usd, AtLeast: !known || priced.Cost.Status == price.LowerBound, Entries: 1, Calls: e.Calls, Unseen: e.Unseen}
	if !known {
		s.Unpriced = 1
	}
	s.Tokens = tokensOf(e)
	return s
}

func tokensOf(e spend.Entry) Tokens {
	var t Tokens
	for _, c := range usage.Classes() {
		n, known := e.Tokens.Of(c).Value()
		t.AtLeast = t.AtLeast || !known
		switch c {
		case usage.Input:
			t.Input += n
		case usage.CacheRead:
			t.CacheRead += n
		case usage.Output:
			t.Output += n
		default:
			t.CacheCreation += n
		}
	}
	t.AtLeast = t.AtLeast || e.Unseen > 0
	return t
}
