package intake

import (
	"math/bits"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/money"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/usage"
)

// Cell folds the rows of one task of an arm. What adds up exactly in any order is added up in whole numbers and settled
// once; a row of which that is not all there is to say goes by Arm.Add.
type Cell struct {
	arm  *Arm
	side *tally.Side

	trials   int
	unlisted int          // trials without a list price
	paid     price.Money  // recorded costs
	apart    price.Money  // those of the trials without a list price
	picos    int64        // at list price, millionths of a millionth of a dollar
	list     price.Money  // what did not fit into picos any more
	known    [4]int64     // tokens of the trials with a list price: input, read, written, output
	tokens   usage.Tokens // of those without
}

// Cell starts to fold rows of a task into its tally. Settle ends it.
func (a *Arm) Cell(side *tally.Side) *Cell { return &Cell{arm: a, side: side, tokens: usage.None()} }

// Add folds a row.
func (c *Cell) Add(row *recorded.Row) error {
	if c.arm.totals == nil {
		c.arm.begin(*row)
	}
	if !c.quickly(row) {
		c.arm.Add(c.side, row)
	}
	return nil
}

// scale is a dollar in picos.
const scale = 1e12

// quickly folds a row whose outcome and cost are known.
func (c *Cell) quickly(row *recorded.Row) bool {
	a := c.arm
	cost, recorded := row.Cost.Value()
	if c.trials >= 1<<22 {
		c.Settle() // before a sum of tokens passes 63 bits
	}
	if row.Passed == nil || a.AssumeUncached || !a.Reprice && !recorded {
		return false
	}
	var room [4]used.Part
	parts, picos, known := a.parts(row, room[:0])
	if !known && (a.Reprice || !a.untold(row)) {
		return false
	}
	if !known {
		parts, picos = nil, 0
	}
	list := float64(picos) / scale
	paid := list
	if !a.Reprice {
		paid = cost.Float64()
		c.paid = c.paid.Plus(cost)
	}
	if known {
		for i, n := range [...]usage.Count{row.Tokens.Input, row.Tokens.CacheRead, row.Tokens.CacheCreation, row.Tokens.Output} {
			tokens, _ := n.Value()
			c.known[i] += tokens // each below 2^40, so that millions fit
		}
	} else {
		c.unlisted++
		c.apart = c.apart.Plus(cost)
		c.tokens = c.tokens.Plus(row.Tokens)
	}
	if c.picos += picos; c.picos > 1<<60 {
		c.list, c.picos = c.list.Plus(money.FromPicos(c.picos)), 0
	}
	c.trials++
	c.side.Count(*row.Passed, row.Seconds, paid, list, known, parts)
	return true
}

// untold reports whether what the row consumed has no list price whatever it was.
func (a *Arm) untold(row *recorded.Row) bool {
	t := &row.Tokens
	return a.totals.None() || !t.Input.IsKnown() || !t.CacheRead.IsKnown() || !t.CacheCreation.IsKnown() || !t.Output.IsKnown()
}

// parts are the classes that the row consumed something of and what they come to at list price together. It is not
// known where that is not a plain product, and where it does not fit into a float64.
func (a *Arm) parts(row *recorded.Row, parts []used.Part) (out []used.Part, picos int64, known bool) {
	if !a.plain {
		return parts, 0, false
	}
	context := int64(0)
	for i, x := range [...]struct {
		count usage.Count
		rate  int64
	}{{row.Tokens.Input, a.rates.Input}, {row.Tokens.CacheRead, a.rates.CacheRead}, {row.Tokens.CacheCreation, a.rates.CacheCreation}, {row.Tokens.Output, a.rates.Output}} {
		n, told := x.count.Value()
		over, product := bits.Mul64(uint64(n), uint64(x.rate))
		if !told || over != 0 || product >= 1<<51 || n >= 1<<40 {
			return parts, 0, false
		}
		if i != used.Output {
			context += n
		}
		if n == 0 {
			continue
		}
		part := used.Part{Class: i, Units: float64(n), USD: float64(product) / scale}
		if i == used.CacheRead {
			over, uncached := bits.Mul64(uint64(n), uint64(a.rates.Input))
			if over != 0 || uncached >= 1<<53 || uncached == 0 {
				return parts, 0, false
			}
			part.Uncached = float64(uncached) / scale
		}
		parts, picos = append(parts, part), picos+int64(product)
	}
	return parts, picos, context < a.below
}

// Settle adds what was added up to the tally, to the prices of the report and to what others say.
func (c *Cell) Settle() {
	if c.trials == 0 {
		return
	}
	a := c.arm
	list := c.list.Plus(money.FromPicos(c.picos))
	cost := price.Cost{Amount: price.Known(list), Status: price.Exact, List: price.Known(list)}
	if !a.Reprice {
		cost = price.Cost{Amount: price.Known(c.paid), Status: price.ProviderReported, List: price.Known(list), Billed: price.Known(c.paid)}
		if c.unlisted < c.trials {
			a.Others.Charged(c.paid.Minus(c.apart), cost)
		}
	}
	if c.unlisted > 0 {
		cost.List = price.Amount{}
	}
	a.Bill.Note(price.Priced{Row: a.row})
	listed := recordedTokens(c.known)
	if c.unlisted < c.trials {
		c.tokens = c.tokens.Plus(listed)
	}
	c.side.Settle(c.trials, cost, c.tokens, a.priced.Strange, a.priced.Untiered)
	*c = Cell{arm: a, side: c.side, tokens: usage.None()}
}

// recordedTokens are the tokens of records, which do not split cache writes and do not tell of reasoning.
func recordedTokens(n [4]int64) usage.Tokens {
	t := usage.Tokens{Input: usage.Known(n[0]), CacheRead: usage.Known(n[1]), Output: usage.Known(n[3])}
	recorded.Written(&t, usage.Known(n[2]))
	return t
}
