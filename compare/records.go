package compare

import (
	"fmt"
	"slices"

	"github.com/pertask/pertask/compare/pick"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
)

// Recording is what one arm's trials are picked from: records that others made. Both arms may be picked from the
// same records.
type Recording = pick.Recording

// AnalyzeRecords reports on trials that other runners recorded. The selection's Path, Base and Head are not looked
// at: both recordings say that themselves. A task is kept when both arms have it and every trial of it has a known
// outcome and cost; the report lists the others.
func AnalyzeRecords(base, head Recording, sel Selection, o Options) (*report.Report, error) {
	b, err := base.Pick(sel.Dataset)
	if err != nil {
		return nil, err
	}
	h, err := head.Pick(sel.Dataset)
	if err != nil {
		return nil, err
	}
	if base.Path == head.Path && b.Name == h.Name {
		return nil, fmt.Errorf("two different models are needed; name them with --base and --head")
	}
	if b.Dataset != h.Dataset {
		return nil, fmt.Errorf("the base's records are of dataset %q and the head's of %q; only trials of the same tasks can be compared", b.Dataset, h.Dataset)
	}
	c := newAnalysis(sel, b.Pair(h), o)
	c.opts.Suite.Name = b.Dataset
	for _, n := range slices.Concat(b.Notes, h.Notes) {
		c.notes[n] = true
	}
	terms := c.intake(sel)
	for _, x := range []struct {
		side trial.Side
		rows []recorded.Row
	}{{trial.Base, b.Rows}, {trial.Head, h.Rows}} {
		for _, row := range x.rows {
			if err := c.Add(terms.Result(row, x.side)); err != nil {
				return nil, err
			}
		}
	}
	return c.Report()
}
