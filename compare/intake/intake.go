// Package intake takes in trials that others recorded, as rows that hold the totals of a trial.
//
// It knows who bills a recorded call, which figures of a record count, and what a trial comes to by them. It refuses to
// know files, statistics and verdicts.
package intake

import (
	"fmt"
	"slices"

	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Terms say how recorded trials are taken in.
type Terms struct {
	Pricing price.Pricing
	// Reprice prices the recorded tokens instead of taking the recorded costs.
	Reprice bool
	// AssumeUncached takes input of which the records do not tell whether a cache served it as uncached.
	AssumeUncached bool
	Note           func(text string) // takes an assumption to state in the report
}

// Result turns a row into a trial with one call for each model, which holds its totals.
func (t Terms) Result(row recorded.Row, side trial.Side) trial.Result {
	out := trial.Result{Trial: header(&row, side)}
	out.Trial.ID = out.Trial.Slot.ID()
	if t.AssumeUncached {
		row = row.Uncached()
	}
	out.Calls = row.Calls(out.Trial.ID)
	for i := range out.Calls {
		t.settle(&out.Calls[i])
	}
	return out
}

// header is a trial but for its id.
func header(row *recorded.Row, side trial.Side) trial.Trial {
	t := trial.Trial{Schema: trial.Schema, Slot: trial.Slot{Arm: side, Task: row.Task, Index: row.Trial}, Origin: trial.Recorded,
		Outcome: trial.Void, Seconds: row.Seconds}
	if row.Passed != nil {
		t.Outcome = trial.Failed
		if *row.Passed {
			t.Outcome = trial.Completed
		}
	}
	return t
}

// settle finds who bills a recorded call and which of its figures count.
func (t Terms) settle(call *usage.Call) {
	call.Provider = biller(t.Pricing.Book, call.Provider, call.RequestedModel)
	switch {
	case t.Reprice:
		call.ReportedUSD = ""
		if call.Tokens.CacheCreation.IsKnown() {
			return
		}
		if note := t.noWrites(call); note != "" {
			call.Tokens.CacheCreation = usage.Known(0)
			t.Note(note)
		}
	case call.ReportedUSD == "":
		call.Coverage = usage.Missing
	}
}

// biller is who the record names, where the book has the model there, or the only one who sells the model.
func biller(book *price.Book, named, model string) string {
	if id := book.Provider(named); named != "" && slices.Contains(book.Providers(model), id) {
		return id
	}
	if ps := route.Sellers(book, model); len(ps) == 1 {
		return ps[0]
	}
	return ""
}

// noWrites says, of a call whose cache writes are not told, why they are taken as none: its provider has no rate of its
// own for them and bills what it caches as input. It is "" where they are not.
func (t Terms) noWrites(call *usage.Call) string {
	rates, err := t.Pricing.List(call.Provider, call.Model(), call.Tier())
	if err != nil || !rates.CacheCreation.IsKnown() || !rates.CacheCreation.Equal(rates.Input) {
		return ""
	}
	return fmt.Sprintf("The records do not tell the cache writes of %s; its provider does not bill them apart.", rates.Model)
}
