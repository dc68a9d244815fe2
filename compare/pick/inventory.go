package pick

import (
	"fmt"
	"slices"

	"github.com/pertask/pertask/recorded"
)

// Inventory is what a file of rows holds, for messages about what is not in it.
type Inventory struct {
	Datasets []string            // in the order of the file
	models   map[string][]string // by dataset
}

// NewInventory is the inventory of an empty file.
func NewInventory() *Inventory { return &Inventory{models: map[string][]string{}} }

// Add takes a row.
func (v *Inventory) Add(r recorded.Row) {
	if _, ok := v.models[r.Dataset]; !ok {
		v.Datasets = append(v.Datasets, r.Dataset)
	}
	if !slices.Contains(v.models[r.Dataset], r.Model) {
		v.models[r.Dataset] = append(v.models[r.Dataset], r.Model)
	}
}

// Check finds a dataset, which may be "" where the file has one only, and models in it. Its errors name the path.
func (v *Inventory) Check(path, dataset string, models ...string) error {
	if len(v.Datasets) == 0 {
		return &recorded.Error{Path: path, Line: 2, Column: 1, Problem: "the file has no trials", Allowed: "a row per trial"}
	}
	if dataset == "" {
		if len(v.Datasets) > 1 {
			return &recorded.Error{Path: path, Line: 1, Column: 1, Problem: fmt.Sprintf("the file has %d datasets", len(v.Datasets)),
				Allowed: fmt.Sprintf("name one with --dataset: %q", v.Datasets)}
		}
		dataset = v.Datasets[0]
	}
	have, ok := v.models[dataset]
	if !ok {
		return recorded.NotFound(path, "dataset", dataset, v.Datasets)
	}
	for _, m := range models {
		if !slices.Contains(have, m) {
			return recorded.NotFound(path, "model", m, have)
		}
	}
	return nil
}
