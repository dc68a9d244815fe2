// Package seed makes the price book from what others publish. It holds the hand-kept decisions that say what the book
// lists, and writes the book, but only if every figure in it is supported by quotes and every quote that disagrees has
// been settled with a reason. It knows the form of the book, and package listing knows the sources' files. It fetches
// nothing, and nothing of it runs when a call is priced.
package seed

import (
	"maps"
	"slices"

	"github.com/pertask/pertask/price/listing"
)

// What package listing reads, and what a book is made from.
type (
	Quote  = listing.Quote
	Source = listing.Source
	Rates  = listing.Rates
)

// keys returns the keys of a map in order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
