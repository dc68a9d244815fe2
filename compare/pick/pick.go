// Package pick picks one arm's trials out of records that others made.
//
// It knows datasets, models and the names that records give to what they ran. It refuses to know outcomes, prices and
// what follows from the rows.
package pick

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/recorded"
)

// Recording is what one arm's trials are picked from: records that others made. Both arms may be picked from the
// same records.
type Recording struct {
	Path    string // of the file or folder, for messages
	Records recorded.Records
	// Want is the name or model of the arm, as the records have it. It may be empty when they hold one only.
	Want string
}

// Picked are the rows of one arm.
type Picked struct {
	Name    string // of what ran, as the records or the command line have it
	Model   string
	Dataset string
	Path    string // of the records
	Rows    []recorded.Row
	Notes   []string // what was assumed
}

// Pick finds the arm's rows in a dataset, which may be "" where the records have one only, and numbers its trials.
func (r Recording) Pick(dataset string) (Picked, error) {
	p := Picked{Path: r.Path, Dataset: dataset}
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
	p.Rows, p.Dataset = slices.Clone(rows), datasets[0]
	p.Name, p.Model = p.Rows[0].Name(), p.Rows[0].Model
	if p.Model == "" {
		p.Name, p.Model = r.Want, r.Want
		for i := range p.Rows {
			p.Rows[i].Model = r.Want
		}
		p.Notes = append(p.Notes, fmt.Sprintf("The records in %s do not name the model; `%s` is what the command line says.", r.Path, r.Want))
	}
	recorded.Number(p.Rows)
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

// Pair is the arms that two picks stand for: their models, and what else tells them apart.
func (p Picked) Pair(head Picked) arm.Pair {
	var pair arm.Pair
	add := func(key arm.Key, base, top string) {
		pair.Base = pair.Base.With(arm.Setting{Slot: arm.MainSlot, Key: key, Value: base, Source: arm.Source{Path: p.Path}})
		pair.Head = pair.Head.With(arm.Setting{Slot: arm.MainSlot, Key: key, Value: top, Source: arm.Source{Path: head.Path}})
		if base != top {
			pair.Changes = append(pair.Changes, arm.Change{Slot: arm.MainSlot, Key: key, Base: base, Head: top, HasBase: true, HasHead: true})
		}
	}
	add(arm.Model, p.Model, head.Model)
	switch {
	case p.Model != head.Model:
	case p.Name != head.Name:
		add(records, p.Name, head.Name)
	default:
		add(records, p.Path, head.Path)
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
	return slices.Sorted(maps.Keys(seen))
}
