package spend

import (
	"slices"

	"github.com/pertask/pertask/price"
)

// steps hold every threshold of the price book and those that are common elsewhere, each with the number before it:
// providers differ in whether a prompt of exactly the threshold passes it. They are in the IDs of entries, so that a step
// more in a later version makes other entries of the same calls: only a new Schema may change them.
var steps = []int64{
	31_999, 32_000, 99_999, 100_000, 127_999, 128_000, 199_999, 200_000,
	255_999, 256_000, 271_999, 272_000, 511_999, 512_000, 999_999, 1_000_000,
}

// Steps returns the sizes of prompts, in tokens, at which the calls of a session are divided into entries, in ascending
// order. A price with another threshold than these makes the cost of an entry on both sides of it a lower bound.
func Steps() []int64 { return slices.Clone(steps) }

// Step returns what Above and Upto of the entry are that a call with a prompt of so many tokens belongs to: all of the
// input of the call, cached or not, as usage.Tokens.Context counts it.
func Step(prompt int64) (above, upto int64) {
	i, _ := slices.BinarySearch(steps, prompt)
	if i > 0 {
		above = steps[i-1]
	}
	if i < len(steps) {
		upto = steps[i]
	}
	return above, upto
}

// Value prices an entry by a price book. With a zero At the rates are those of the entry's hour, as it was billed then;
// otherwise those of At, with the entry's own hour for prices that differ by the hour of the day. The price is exact
// where all is known; it is a lower bound where calls were not seen, or where the entry's prompts may lie on both sides
// of a price's threshold; and what is missing is named where it is unknown.
func Value(e Entry, p price.Pricing) price.Priced {
	p.Hour = e.Hour
	if p.At.IsZero() {
		p.At = e.Hour
	}
	return p.Sum(price.Calls{
		Provider: e.Provider, Model: e.Model, Tier: e.Tier, Attributes: e.Attributes,
		Count: e.Calls, Unseen: e.Unseen, Above: e.Above, Upto: e.Upto,
		Tokens: e.Tokens, Requests: e.Requests, ReportedUSD: e.ReportedUSD,
	})
}
