package price

import "github.com/pertask/pertask/price/cost"

type (
	// Amount is an exact amount of money that may be unknown. The zero value is unknown, which is not zero.
	Amount = cost.Amount
	// Status says how far a cost can be trusted. The zero value is Unknown. A sum keeps the worst.
	Status = cost.Status
	// Cost is what something cost. The zero value is unknown.
	Cost = cost.Cost
)

// The statuses, from worst to best.
const (
	Unknown          = cost.Unknown          // a model, rate or usage is not known; the amount is null
	LowerBound       = cost.LowerBound       // at least this much, such as a stream that was cut
	ProviderReported = cost.ProviderReported // the provider's own figure
	Exact            = cost.Exact            // every token and every rate is known
)

// Known returns the amount m.
func Known(m Money) Amount { return cost.Known(m) }

// Nothing is a cost of exactly zero dollars: the sum to start from.
func Nothing() Cost { return cost.Nothing() }

// Sum adds costs up, from Nothing: see cost.Sum.
func Sum(costs ...Cost) Cost { return cost.Sum(costs...) }
