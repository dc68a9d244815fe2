package why

import (
	"math"

	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
)

// Question is the ratio that was measured, the threshold that it is held against, and the interval.
type Question struct {
	Ratio      float64
	Interval   stats.Interval
	Confidence float64 // of the interval
	Threshold  float64 // above 0
}

// Flip says what would bring the ratio to the threshold, everything else as it was measured. It is nil where nothing
// can be said.
func Flip(base, head Arm, q Question) *content.Sensitivity {
	b, h := base.mean(), head.mean()
	if !(q.Ratio > 0) || math.IsInf(q.Ratio, 1) || !(q.Threshold > 0) || !(b.P > 0) || !(h.P > 0) {
		return nil
	}
	distance := q.Ratio / q.Threshold
	out := &content.Sensitivity{
		CacheHit:   head.cacheHit(b.C / b.P * q.Threshold * h.P),
		Completion: breakEven(stats.BreakEvenCompletion(h.C, b.C/b.P*q.Threshold), h.P),
		Tokens:     breakEven(stats.BreakEvenMultiple(distance), 1),
	}
	if at := stats.BreakEvenDiscount(distance, 1); !math.IsNaN(at) {
		i := stats.BreakEvenDiscounts(stats.Interval{Low: q.Interval.Low / q.Threshold, High: q.Interval.High / q.Threshold}, 1)
		out.Discount = &content.Difference{Estimate: content.Number(at), Low: content.Number(i.Low), High: content.Number(i.High),
			Confidence: q.Confidence}
	}
	return out
}

func breakEven(at, now float64) *content.BreakEven {
	if math.IsNaN(at) || math.IsNaN(now) {
		return nil
	}
	return &content.BreakEven{At: content.Number(at), Now: content.Number(now)}
}

// cacheHit is the share of the head's input that a cache would have to serve for a trial to cost the target.
func (a Arm) cacheHit(target float64) *content.BreakEven {
	u, ok := a.usage()
	if !ok {
		return nil
	}
	in, read, written, out, fees := u.Classes[used.Input], u.Classes[used.CacheRead], u.Classes[used.CacheCreation], u.Classes[used.Output], u.Classes[used.Fees]
	all, uncached := in.Quantity+read.Quantity+written.Quantity, in.Quantity+written.Quantity
	cost := spent(in) + spent(written)
	if !(uncached > 0) || !(cost > 0) {
		return nil
	}
	// What is not read from the cache costs what it costs now, writing included.
	c := stats.Caching{Input: all, Output: out.Quantity, InputPrice: cost / uncached, WriteMultiplier: 1,
		CachedPrice: read.Price, OutputPrice: zeroIfUnused(out)}
	return breakEven(c.BreakEven(target-spent(fees)), read.Quantity/all)
}

func spent(c stats.Class) float64 {
	if c.Quantity == 0 {
		return 0
	}
	return c.Quantity * c.Price
}

func zeroIfUnused(c stats.Class) float64 {
	if c.Quantity == 0 {
		return 0
	}
	return c.Price
}

// mean is what a mean trial costs and how often it completes, every task with the same weight.
type mean struct {
	C, P           float64 // dollars; share
	passes, trials int
}

func (a Arm) mean() (m mean) {
	for _, s := range a.Sides {
		m.C += s.Cell.MeanCost() / float64(len(a.Sides))
		m.P += s.Cell.Rate() / float64(len(a.Sides))
		m.passes += s.Cell.Completed()
		m.trials += s.Cell.Trials()
	}
	return m
}
