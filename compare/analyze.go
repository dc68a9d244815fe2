package compare

import (
	"fmt"
	"io"
	"slices"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/pick"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Selection picks two models of a file of recorded trials.
type Selection struct {
	Path       string // of the file, for messages
	Dataset    string // "" when the file has one dataset only
	Base, Head string // models
	// Reprice prices the recorded tokens with the book instead of taking the recorded costs.
	Reprice bool
	// AssumeUncached takes input of which the records do not tell whether a cache served it as uncached. It counts
	// when tokens are priced.
	AssumeUncached bool
}

// AnalyzeCSV reports on recorded trials in the CSV form of package recorded. The pair and the suite of the
// options are made from the file. A task is kept when both arms have it and every trial of it has a known
// outcome and cost; the report lists the others.
func AnalyzeCSV(r io.Reader, sel Selection, o Options) (*report.Report, error) {
	if sel.Base == "" || sel.Head == "" || sel.Base == sel.Head {
		return nil, fmt.Errorf("two different models are needed; name them with --base and --head")
	}
	pair := arm.Pair{Base: modelArm(sel, sel.Base), Head: modelArm(sel, sel.Head)}
	pair.Changes = []arm.Change{{Slot: arm.MainSlot, Key: arm.Model, Base: sel.Base, Head: sel.Head, HasBase: true, HasHead: true}}
	c := newAnalysis(sel, pair, o)
	seen := pick.NewInventory()
	err := recorded.ReadCSV(r, sel.Path, func(row recorded.Row) error {
		seen.Add(row)
		if sel.Dataset == "" && len(seen.Datasets) > 1 || sel.Dataset != "" && row.Dataset != sel.Dataset {
			return nil
		}
		for _, s := range []struct {
			side  trial.Side
			model string
		}{{trial.Base, sel.Base}, {trial.Head, sel.Head}} {
			if row.Model == s.model {
				return c.Add(c.result(row, s.side, sel))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := seen.Check(sel.Path, sel.Dataset, sel.Base, sel.Head); err != nil {
		return nil, err
	}
	if sel.Dataset == "" {
		sel.Dataset = seen.Datasets[0]
	}
	c.opts.Suite.Name = sel.Dataset
	return c.Report()
}

func newAnalysis(sel Selection, pair arm.Pair, o Options) *Comparison {
	o.Pair = pair
	o.LeaveOutUnknown = true
	if sel.Reprice {
		o.Notes = append(o.Notes, "Costs are the recorded tokens at the price book's rates. The records hold totals of trials, so long-context rates are not applied.")
	} else {
		o.Notes = append(o.Notes, "Costs are the recorded ones; `--reprice` prices the recorded tokens instead.")
	}
	if sel.Reprice && sel.AssumeUncached {
		o.Notes = append(o.Notes, "Input of which the records do not tell what a cache served is priced as uncached (`--assume-uncached`): costs are upper bounds where a cache served some of it.")
	}
	return openComparison(o)
}

func modelArm(sel Selection, model string) arm.Arm {
	return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: model, Source: arm.Source{Path: sel.Path}})
}

// result turns a row into a trial with one call for each model, which holds its totals.
func (c *Comparison) result(row recorded.Row, side trial.Side, sel Selection) trial.Result {
	slot := trial.Slot{Arm: side, Task: row.Task, Index: row.Trial}
	t := trial.Trial{Schema: trial.Schema, ID: slot.ID(), Slot: slot, Origin: trial.Recorded, Outcome: trial.Void, Seconds: row.Seconds}
	if row.Passed != nil {
		t.Outcome = trial.Failed
		if *row.Passed {
			t.Outcome = trial.Completed
		}
	}
	if sel.AssumeUncached {
		row = row.Uncached()
	}
	calls := row.Calls(t.ID)
	for i := range calls {
		c.settle(&calls[i], sel.Reprice)
	}
	return trial.Result{Trial: t, Calls: calls}
}

// settle finds who bills a recorded call and which of its figures count.
func (c *Comparison) settle(call *usage.Call, reprice bool) {
	call.Provider = biller(c.opts.Pricing.Book, call.Provider, call.RequestedModel)
	switch {
	case reprice:
		call.ReportedUSD = ""
		c.assumeNoWrites(call)
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

// assumeNoWrites takes an unknown count of cache writes as none where the provider has no rate of its own for
// them, and notes it: such a provider bills what it caches as input.
func (c *Comparison) assumeNoWrites(call *usage.Call) {
	rates, err := c.opts.Pricing.List(call.Provider, call.Model(), call.Tier())
	if err != nil || call.Tokens.CacheCreation.IsKnown() || !rates.CacheCreation.IsKnown() || !rates.CacheCreation.Equal(rates.Input) {
		return
	}
	call.Tokens.CacheCreation = usage.Known(0)
	c.notes[fmt.Sprintf("The records do not tell the cache writes of %s; its provider does not bill them apart.", rates.Model)] = true
}

// AnalyzeJournal reports on trials that pertask itself carried out, read back from a journal. The journal holds
// trials of one comparison. An arm whose calls all ask for one model is shown with it.
func AnalyzeJournal(evidence trial.Evidence, o Options) (*report.Report, error) {
	c := openComparison(o)
	for _, r := range evidence.Results {
		if first := evidence.Results[0].Trial.EvidenceKey; r.Trial.EvidenceKey != first {
			return nil, fmt.Errorf("the journal holds trials of several comparisons (%.20s and %.20s); give one at a time", first, r.Trial.EvidenceKey)
		}
		if c.at[r.Trial.Task] == nil && !r.Trial.Warmup() {
			c.addTask(suite.Task{ID: r.Trial.Task}) // in the order of the trials that count
		}
	}
	for _, r := range evidence.Replaced {
		if err := c.attempted(r); err != nil {
			return nil, err
		}
	}
	for _, r := range evidence.Results {
		if err := c.Add(r); err != nil {
			return nil, err
		}
	}
	if len(c.tasks) == 0 {
		return nil, fmt.Errorf("the journal has no finished trial")
	}
	c.interrupted(evidence.Stray, evidence.Open)
	for side, a := range map[trial.Side]*arm.Arm{trial.Base: &c.opts.Pair.Base, trial.Head: &c.opts.Pair.Head} {
		if models := c.conduct.Requested(side); len(models) == 1 {
			*a = arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: models[0]})
			c.conduct.Declare(side, *a)
		}
	}
	r, err := c.Report()
	if err == nil {
		r.EvidenceKey = evidence.Results[0].Trial.EvidenceKey
		r.Notes = append(r.Notes, fmt.Sprintf("Carrying out these trials cost %s USD by this price book; reading them costs nothing.", r.SpentUSD))
		r.SpentUSD = price.Known(price.Money{})
	}
	return r, err
}
