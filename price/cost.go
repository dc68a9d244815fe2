package price

import "github.com/pertask/pertask/price/cost"

// Amount is an exact amount of money that may be unknown. The zero value is unknown, which is not zero: a
// sum that contains it is unknown.
type Amount = cost.Amount

// Known returns the amount m.
func Known(m Money) Amount { return cost.Known(m) }

// Status says how far a cost can be trusted. The zero value is Unknown. The order is from worst to best, and
// a sum keeps the worst.
type Status = cost.Status

// The statuses.
const (
	Unknown          = cost.Unknown          // a model, rate or usage is not known; the amount is null
	LowerBound       = cost.LowerBound       // at least this much, such as a stream that was cut
	ProviderReported = cost.ProviderReported // the provider's own figure
	Exact            = cost.Exact            // every token and every rate is known
)

// Cost is what something cost. The zero value is unknown.
type Cost = cost.Cost

// Nothing is a cost of exactly zero dollars: the sum to start from.
func Nothing() Cost { return cost.Nothing() }

// Sum adds costs up, from Nothing. List and Billed are each the sum over all costs or unknown: a sum of which
// a part was billed at a known discount and a part was not has no billed figure.
func Sum(costs ...Cost) Cost { return cost.Sum(costs...) }
