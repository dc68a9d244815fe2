package recorded

import "fmt"

// taker takes what was read, part by part in the order of the text, and hands it to who wants it.
type taker struct {
	path     string
	open     func(dataset, model, task string) func(*Row) error
	lines    int // before the next part
	row      Row // that is handed out
	passed   bool
	seconds  float64
	problems []error
}

// full reports whether there are so many mistakes that nothing more is taken.
func (t *taker) full() bool { return len(t.problems) >= maxProblems }

// take takes a part. Its error is one of who takes the rows.
func (t *taker) take(b *batch) error {
	from := 0
	for _, wrong := range append(b.bad, bad{after: len(b.records)}) {
		if err := t.rows(b.records[from:wrong.after]); err != nil || t.full() {
			return err
		}
		if t.note(wrong.problems); t.full() {
			return nil
		}
		from = wrong.after
	}
	t.lines += b.lines
	return nil
}

// note notes mistakes that are told by their lines in the part.
func (t *taker) note(problems []error) {
	for _, err := range problems {
		if e, ok := err.(*Error); ok {
			e.Line += t.lines
		}
		t.problems = append(t.problems, err)
	}
}

func (t *taker) rows(records []record) error {
	for i := range records {
		x := &records[i]
		g := x.group
		if first := g.first(x.trial, t.lines+x.line); first > 0 { // it would count a cost twice
			t.problems = append(t.problems, mistake(t.path, t.lines+x.at.line, x.at.column,
				fmt.Sprintf("trial %d of task %q with model %q is also on line %d", x.trial, g.task, g.model, first),
				"number the trials of a task from 0"))
			if t.full() {
				return nil
			}
			continue
		}
		if !g.open {
			g.open, g.keep = true, t.open(g.dataset, g.model, g.task)
		}
		if g.keep == nil {
			continue
		}
		if err := g.keep(t.fill(x)); err != nil {
			return err
		}
	}
	return nil
}

// fill makes a row of a record.
func (t *taker) fill(x *record) *Row {
	row := &t.row
	row.Dataset, row.Model, row.Task = x.group.dataset, x.group.model, x.group.task
	row.Trial, row.Line, row.Cost = x.trial, t.lines+x.line, x.cost
	row.Tokens.Input, row.Tokens.CacheRead, row.Tokens.CacheCreation, row.Tokens.Output = x.input, x.cacheRead, x.cacheWrite, x.output
	row.Passed, row.Seconds = nil, nil
	if x.told {
		t.passed = x.completed
		row.Passed = &t.passed
	}
	if x.timed {
		t.seconds = x.duration
		row.Seconds = &t.seconds
	}
	return row
}
