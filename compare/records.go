package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
)

// Recording is what one arm's trials are picked from: records that others made. Both arms may be picked from the
// same records.
type Recording struct {
	Path    string // of the file or folder, for messages
	Records recorded.Records
	// Want is the name or model of the arm, as the records have it. It may be empty when they hold one only.
	Want string
}

// AnalyzeRecords reports on trials that other runners recorded. The selection's Path, Base and Head are not looked
// at: both recordings say that themselves. A task is kept when both arms have it and every trial of it has a known
// outcome and cost; the report lists the others.
func AnalyzeRecords(base, head Recording, sel Selection, o Options) (*report.Report, error) {
	b, err := base.pick(sel.Dataset)
	if err != nil {
		return nil, err
	}
	h, err := head.pick(sel.Dataset)
	if err != nil {
		return nil, err
	}
	if base.Path == head.Path && b.name == h.name {
		return nil, fmt.Errorf("two different models are needed; name them with --base and --head")
	}
	if b.dataset != h.dataset {
		return nil, fmt.Errorf("the base's records are of dataset %q and the head's of %q; only trials of the same tasks can be compared", b.dataset, h.dataset)
	}
	c := newAnalysis(sel, b.pair(h), o)
	c.opts.Suite.Name = b.dataset
	for _, n := range slices.Concat(b.notes, h.notes) {
		c.notes[n] = true
	}
	for _, x := range []struct {
		side trial.Side
		rows []recorded.Row
	}{{trial.Base, b.rows}, {trial.Head, h.rows}} {
		for _, row := range x.rows {
			if err := c.Add(c.result(row, x.side, sel)); err != nil {
				return nil, err
			}
		}
	}
	return c.Report()
}

// picked are the rows of one arm.
type picked struct {
	name, model, dataset, path string
	rows                       []recorded.Row
	notes                      []string
}

// pick finds the arm's rows and numbers its trials.
func (r Recording) pick(dataset string) (picked, error) {
	p := picked{path: r.Path, dataset: dataset}
	rows := r.Records.Rows
	if dataset != "" {
		rows = filter(rows, func(x recorded.Row) bool { return x.Dataset == dataset })
		if len(rows) == 0 {
			return p, r.notFound("dataset", dataset, values(r.Records.Rows, func(x recorded.Row) string { return x.Dataset }))
		}
	}
	rows, err := r.arm(rows)
	if err != nil {
		return p, err
	}
	datasets := values(rows, func(x recorded.Row) string { return x.Dataset })
	if len(datasets) > 1 {
		return p, &recorded.Error{Path: r.Path, Problem: fmt.Sprintf("the records have %d datasets", len(datasets)),
			Allowed: fmt.Sprintf("name one with --dataset: %q", datasets)}
	}
	p.rows, p.dataset = slices.Clone(rows), datasets[0]
	p.name, p.model = p.rows[0].Name(), p.rows[0].Model
	if p.model == "" {
		p.name, p.model = r.Want, r.Want
		for i := range p.rows {
			p.rows[i].Model = r.Want
		}
		p.notes = append(p.notes, fmt.Sprintf("The records in %s do not name the model; `%s` is what the command line says.", r.Path, r.Want))
	}
	recorded.Number(p.rows)
	return p, nil
}

// arm picks the rows of what is wanted: by their name, or by their model where one name only has it.
func (r Recording) arm(rows []recorded.Row) ([]recorded.Row, error) {
	names := values(rows, recorded.Row.Name)
	unnamed := len(names) == 1 && values(rows, func(x recorded.Row) string { return x.Model })[0] == ""
	switch {
	case len(names) == 0:
		return nil, &recorded.Error{Path: r.Path, Problem: "there are no trials in the records"}
	case unnamed && r.Want == "":
		return nil, &recorded.Error{Path: r.Path, Problem: "the records do not name the model", Allowed: "name it with --base or --head"}
	case r.Want == "" && len(names) == 1, unnamed:
		return rows, nil
	case r.Want == "":
		return nil, &recorded.Error{Path: r.Path, Problem: fmt.Sprintf("the records have the trials of %d models or agents", len(names)),
			Allowed: fmt.Sprintf("name one with --base or --head: %q", names)}
	}
	if named := filter(rows, func(x recorded.Row) bool { return x.Name() == r.Want }); len(named) > 0 {
		return named, nil
	}
	named := filter(rows, func(x recorded.Row) bool { return x.Model == r.Want })
	switch same := values(named, recorded.Row.Name); len(same) {
	case 0:
		return nil, r.notFound("model", r.Want, names)
	case 1:
		return named, nil
	default:
		return nil, &recorded.Error{Path: r.Path, Problem: fmt.Sprintf("%q is the model of several", r.Want), Allowed: fmt.Sprintf("name one with --base or --head: %q", same)}
	}
}

func (r Recording) notFound(column, value string, have []string) error {
	return &recorded.Error{Path: r.Path, Problem: fmt.Sprintf("no trial has %s %q", column, value), Allowed: fmt.Sprintf("there are %q", have)}
}

// records is the key that tells the arms apart whose model is the same: which records they are from.
const records arm.Key = "records"

func (p picked) pair(head picked) arm.Pair {
	var pair arm.Pair
	add := func(key arm.Key, base, top string) {
		pair.Base = pair.Base.With(arm.Setting{Slot: arm.MainSlot, Key: key, Value: base, Source: arm.Source{Path: p.path}})
		pair.Head = pair.Head.With(arm.Setting{Slot: arm.MainSlot, Key: key, Value: top, Source: arm.Source{Path: head.path}})
		if base != top {
			pair.Changes = append(pair.Changes, arm.Change{Slot: arm.MainSlot, Key: key, Base: base, Head: top, HasBase: true, HasHead: true})
		}
	}
	add(arm.Model, p.model, head.model)
	switch {
	case p.model != head.model:
	case p.name != head.name:
		add(records, p.name, head.name)
	default:
		add(records, p.path, head.path)
	}
	return pair
}

func filter(rows []recorded.Row, keep func(recorded.Row) bool) []recorded.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r recorded.Row) bool { return !keep(r) })
}

// values are the different values of the rows, sorted.
func values(rows []recorded.Row, of func(recorded.Row) string) []string {
	seen := map[string]bool{}
	for _, r := range rows {
		seen[strings.Clone(of(r))] = true
	}
	return sortedKeys(seen)
}
