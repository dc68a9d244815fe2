package hints

import (
	"fmt"
	"math"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
)

// cacheHeavy is the share of an arm's input that a cache serves from which on the arm leans on it.
const cacheHeavy = 0.5

// LeansOnCache reports whether a cache serves so much of an arm's input that a report can have something to say of Cold.
func LeansOnCache(r *content.Report) bool {
	return cached(r.Base.TokensPerTrial) >= cacheHeavy || cached(r.Head.TokensPerTrial) >= cacheHeavy
}

// cache compares the verdict with that of the same trials without a cache, where one serves at least half of an arm's
// input.
func cache(r *content.Report, cold *Cold) string {
	if cold == nil || r.Ratio == nil || cold.Verdict == r.Verdict || !(cold.Ratio < content.Number(math.Inf(1))) || !LeansOnCache(r) {
		return ""
	}
	base, head := cached(r.Base.TokensPerTrial), cached(r.Head.TokensPerTrial)
	limit := r.Policy.MaxCostRatio
	return fmt.Sprintf("A cache served %s of the base's input and %s of the head's. Had it served none, the same trials would say %s: "+
		"%s (%s) instead of %s. How much of your own input a cache serves decides which of the two holds for you.",
		figure.Percent(base), figure.Percent(head), said(cold.Verdict), figure.Times(cold.Ratio, limit),
		figure.Interval(cold.Low, cold.High, r.Ratio.Confidence, limit), figure.Times(r.Ratio.Estimate, limit))
}

// cached is the share of the input that a cache served; NaN when it is not known.
func cached(t content.Tokens) content.Number {
	return t.CacheRead / (t.Input + t.CacheRead + t.CacheCreation)
}
