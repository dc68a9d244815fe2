package compare

import (
	"fmt"
	"io"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/intake"
	"github.com/pertask/pertask/compare/pick"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
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
	c, err := foldCSV(r, sel, o)
	if err != nil {
		return nil, err
	}
	return c.Report()
}

// foldCSV adds up the trials of a CSV file, in memory that grows with its tasks and by a few bytes for each trial.
func foldCSV(r io.Reader, sel Selection, o Options) (*Comparison, error) {
	if sel.Base == "" || sel.Head == "" || sel.Base == sel.Head {
		return nil, fmt.Errorf("two different models are needed; name them with --base and --head")
	}
	pair := arm.Pair{Base: modelArm(sel, sel.Base), Head: modelArm(sel, sel.Head)}
	pair.Changes = []arm.Change{{Slot: arm.MainSlot, Key: arm.Model, Base: sel.Base, Head: sel.Head, HasBase: true, HasHead: true}}
	c := newAnalysis(sel, pair, o)
	arms := map[trial.Side]*intake.Arm{}
	for side, others := range c.witnesses {
		arms[side] = &intake.Arm{Terms: c.intake(sel), Side: side, Conduct: c.conduct, Bill: c.bill, Others: others}
	}
	seen := pick.NewInventory()
	var cells []*intake.Cell
	err := recorded.ReadGroups(r, sel.Path, func(dataset, model, task string) func(*recorded.Row) error {
		seen.Add(recorded.Row{Dataset: dataset, Model: model})
		side := trial.Base
		switch {
		case sel.Dataset == "" && len(seen.Datasets) > 1 || sel.Dataset != "" && dataset != sel.Dataset:
			return nil
		case model == sel.Head:
			side = trial.Head
		case model != sel.Base:
			return nil
		}
		t, ok := c.at[task]
		if !ok {
			t = c.addTask(suite.Task{ID: task})
		}
		of := t.Base
		if side == trial.Head {
			of = t.Head
		}
		cell := arms[side].Cell(of)
		cells = append(cells, cell)
		return cell.Add
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
	for _, cell := range cells {
		cell.Settle()
	}
	c.opts.Suite.Name = sel.Dataset
	return c, nil
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

// intake is how the rows of a selection are taken in.
func (c *Comparison) intake(sel Selection) intake.Terms {
	return intake.Terms{Pricing: c.opts.Pricing, Reprice: sel.Reprice, AssumeUncached: sel.AssumeUncached,
		Note: func(text string) { c.notes[text] = true }}
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
	if err := c.enterEvidence(evidence); err != nil {
		return nil, err
	}
	if len(c.tasks) == 0 {
		return nil, fmt.Errorf("the journal has no finished trial")
	}
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
