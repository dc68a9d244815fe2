package compare

import (
	"io"
	"time"

	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/report"
)

// Stages are how long each stage of an analysis took.
type Stages struct{ Reading, Folding, Intervals, Decomposition, Report time.Duration }

// TimeStages carries out AnalyzeCSV stage by stage. The file is read twice: reading alone, and reading with folding.
func TimeStages(open func() io.Reader, sel Selection, o Options) (s Stages, r *report.Report, err error) {
	start := time.Now()
	lap := func() time.Duration {
		d := time.Since(start)
		start = time.Now()
		return d
	}
	nobody := func(*recorded.Row) error { return nil }
	if err := recorded.ReadGroups(open(), sel.Path, func(_, _, _ string) func(*recorded.Row) error { return nobody }); err != nil {
		return s, nil, err
	}
	s.Reading = lap()
	c, err := foldCSV(open(), sel, o)
	if err != nil {
		return s, nil, err
	}
	s.Folding = max(0, lap()-s.Reading)
	n, err := numbers.Count(c.tasks, c.opts.LeaveOutUnknown, c.opts.Policy, c.level())
	if err != nil {
		return s, nil, err
	}
	n.Facts()
	s.Intervals = lap()
	if r, err = c.Report(); err != nil { // which works all of it out once more
		return s, nil, err
	}
	whole := lap()
	again := *r
	c.explain(&again, n)
	s.Decomposition = lap()
	s.Report = max(0, whole-s.Intervals-s.Decomposition)
	return s, r, nil
}
