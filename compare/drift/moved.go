package drift

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/usage"
)

// Tokens is what a trial consumes of a class, every task with the same weight; NaN where a trial's is not known.
type Tokens struct {
	Class         usage.Class
	Stored, Fresh float64
}

// Model is a model as the answers name it, and how many calls it served.
type Model struct {
	Name          string // "" where answers did not say
	Stored, Fresh int
}

// Changed reports whether the model served calls of one side only.
func (m Model) Changed() bool { return (m.Stored == 0) != (m.Fresh == 0) }

// tokens says what of each class a trial consumes.
func tokens(pairs []*pair) []Tokens {
	var out []Tokens
	for _, class := range usage.Classes() {
		t := Tokens{Class: class}
		for _, p := range pairs {
			t.Stored += mean(p.stored, class) / float64(len(pairs))
			t.Fresh += mean(p.fresh, class) / float64(len(pairs))
		}
		if t.Stored != 0 || t.Fresh != 0 {
			out = append(out, t)
		}
	}
	return out
}

func mean(trials []ledger.BaseTrial, class usage.Class) float64 {
	var sum float64
	for _, b := range trials {
		for _, call := range b.Calls {
			if call.Coverage == usage.Unbilled {
				continue
			}
			n, known := call.Consumed().Of(class).Value()
			if !known {
				return math.NaN()
			}
			sum += float64(n)
		}
	}
	return sum / float64(len(trials))
}

// models are those that were served.
func models(pairs []*pair) []Model {
	at := map[string]*Model{}
	for _, p := range pairs {
		count(at, p.stored, func(m *Model) { m.Stored++ })
		count(at, p.fresh, func(m *Model) { m.Fresh++ })
	}
	var out []Model
	for _, m := range at {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b Model) int {
		return cmp.Or(-boolean(a.Changed())+boolean(b.Changed()), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func count(at map[string]*Model, trials []ledger.BaseTrial, add func(*Model)) {
	for _, b := range trials {
		for _, call := range b.Calls {
			if call.Coverage == usage.Unbilled {
				continue // nothing was served
			}
			if at[call.ServedModel] == nil {
				at[call.ServedModel] = &Model{Name: call.ServedModel}
			}
			add(at[call.ServedModel])
		}
	}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// NewModels are the names that fresh trials were served by and stored ones were not, and the other way round. Where
// answers of one side never name a model nothing is known to have changed.
func (f Finding) NewModels() (fresh, gone []string) {
	names := map[bool]map[string]bool{true: {}, false: {}}
	some := map[bool]bool{}
	for _, m := range f.Models {
		if m.Name == "" {
			continue
		}
		some[true], some[false] = some[true] || m.Fresh > 0, some[false] || m.Stored > 0
		if m.Changed() {
			names[m.Fresh > 0][m.Name] = true
		}
	}
	if !some[true] || !some[false] {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(names[true])), slices.Sorted(maps.Keys(names[false]))
}
