package stats

import "math"

// Caching is what a trial costs as a function of the share of its input that is read from a cache.
type Caching struct {
	Input, Output                        float64 // units a trial; Input counts what is read from the cache, too
	InputPrice, CachedPrice, OutputPrice float64 // dollars per unit
	// WriteMultiplier is what input that is not read from the cache costs of InputPrice, because it is written
	// there; 1 when writing is free.
	WriteMultiplier float64
}

// Cost returns the cost of a trial in dollars at a hit rate from 0 to 1.
func (c Caching) Cost(hit float64) float64 {
	return c.Input*((1-hit)*c.InputPrice*c.WriteMultiplier+hit*c.CachedPrice) + c.Output*c.OutputPrice
}

// BreakEven returns the hit rate at which a trial costs the target, dollars. Below 0 it costs less at every hit rate;
// above 1 it costs more at every one. It is NaN where hits save nothing. For a head that is to
// cost as much per completed task as the base, the target is the base's cost per completed task times the head's
// share of completed trials.
func (c Caching) BreakEven(target float64) float64 {
	saved := c.Input * (c.InputPrice*c.WriteMultiplier - c.CachedPrice)
	if !(saved > 0) || math.IsInf(saved, 1) {
		return math.NaN()
	}
	return (c.Cost(0) - target) / saved
}

// BreakEvenDiscount returns the discount, as a share, on the given share of the head's cost that makes its cost per
// completed task the base's, when the ratio is above 1. Below 1 it is negative: what the prices may still rise by.
// Above 1 no discount is enough. It is NaN for a ratio that is not above 0 and a share that is not above 0 and at most 1. To break even
// with a threshold, put in the ratio divided by it.
func BreakEvenDiscount(ratio, share float64) float64 {
	if !(ratio > 0) || !(share > 0 && share <= 1) {
		return math.NaN()
	}
	return (1 - 1/ratio) / share
}

// BreakEvenDiscounts returns the interval of the discount from that of the ratio. Low is -Inf where Low of the ratio
// is 0; both are NaN for a share that is not above 0 and at most 1.
func BreakEvenDiscounts(ratio Interval, share float64) Interval {
	i := Interval{Low: BreakEvenDiscount(ratio.Low, share), High: BreakEvenDiscount(ratio.High, share)}
	if ratio.Low == 0 && !math.IsNaN(i.High) {
		i.Low = math.Inf(-1)
	}
	return i
}

// BreakEvenCompletion returns the share of trials that the head has to complete for its cost per completed task to be
// the base's: the head's cost of a trial divided by the base's cost per completed task. Above 1 no share is
// enough. It is NaN unless both are above 0 and finite.
func BreakEvenCompletion(headTrial, basePerTask float64) float64 {
	if !(headTrial > 0 && basePerTask > 0) || math.IsInf(headTrial, 1) || math.IsInf(basePerTask, 1) {
		return math.NaN()
	}
	return headTrial / basePerTask
}

// BreakEvenMultiple returns what the head's tokens of every class, or its prices, would have to be multiplied by for
// its cost per completed task to be the base's: 1/ratio. It is NaN for a ratio that is not above 0.
func BreakEvenMultiple(ratio float64) float64 {
	if !(ratio > 0) {
		return math.NaN()
	}
	return 1 / ratio
}
