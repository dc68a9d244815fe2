// Package lead says which model of an arm trials run with: the one of the main slot.
//
// It knows the tools whose files are lists of models, and how one element of such a list is given that slot. It refuses to
// know what changes in a file, and what is measured.
package lead

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/internal/document"
)

// Element returns watches of a file of models whose lists are well known, such as litellm's, in which the element of a name
// has arm.MainSlot. They are watches of the configuration: WellKnown is not set. It returns nil for a path that no tool's list
// of models is known at; Paths has those.
func Element(path, name string) []arm.Watch {
	var out []arm.Watch
	for _, w := range arm.WellKnown() {
		if w.Path == path && hasModels(w) {
			w.Main, w.Slot, w.WellKnown, w.Shared, w.Agent, w.Rank = name, "", false, false, "", 0
			out = append(out, w)
		}
	}
	return out
}

// Paths lists the paths at which tools keep lists of models, in the order of arm.WellKnown.
func Paths() []string {
	var out []string
	for _, w := range arm.WellKnown() {
		if hasModels(w) && !slices.Contains(out, w.Path) {
			out = append(out, w.Path)
		}
	}
	return out
}

// hasModels reports whether the watch is of a list whose elements are models.
func hasModels(w arm.Watch) bool { return w.Each != "" && w.Name != "" && w.Selectors[arm.Model] != "" }

// maxListed is how many slots or elements a message names.
const maxListed = 6

// Missing says what is wrong with an arm that has models and none in the main slot, which trials run with, as an *arm.Error at
// the first of them. It returns nil for one that has a main model, and for one that has no model at all.
func Missing(a arm.Arm) error {
	var models []arm.Setting
	for _, s := range a.Settings {
		if s.Key == arm.Model && s.Value != "" {
			models = append(models, s)
		}
	}
	if a.Model() != "" || len(models) == 0 {
		return nil
	}
	first, slots := models[0], []string{}
	for _, s := range models {
		slots = append(slots, s.Slot)
		if before(s.Source, first.Source) {
			first = s
		}
	}
	way := "name the file and the place of the one to measure under models in the configuration"
	if slices.Contains(Paths(), first.Source.Path) {
		way = "name one by element under models in the configuration, or call it main"
	}
	return &arm.Error{Source: first.Source, What: fmt.Sprintf("no model here is in the slot %q, which trials run with: there are %s; %s", arm.MainSlot, listed(slots), way)}
}

func before(a, b arm.Source) bool {
	if a.Path != b.Path {
		return a.Path < b.Path
	}
	return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
}

// listed names a few of many.
func listed(names []string) string {
	var out []string
	for _, n := range names[:min(len(names), maxListed)] {
		out = append(out, fmt.Sprintf("%q", document.Shorten(n, 60)))
	}
	if left := len(names) - len(out); left > 0 {
		out = append(out, fmt.Sprintf("%d more", left))
	}
	return strings.Join(out, ", ")
}

// Code is the code of the finding about a change that no trial could run with.
const Code = "no-main-model"

// Findings are those of a pair, and where it changes something that no trial could run with, because one side has models and
// none in the main slot, that: it withholds the verdict.
func Findings(pair arm.Pair) []arm.Finding {
	if len(pair.Changes) == 0 {
		return pair.Findings
	}
	for _, a := range []arm.Arm{pair.Base, pair.Head} {
		if e, ok := Missing(a).(*arm.Error); ok {
			return append(slices.Clip(pair.Findings), arm.Finding{Code: Code, Source: e.Source, Withhold: true, Text: strings.ToUpper(e.What[:1]) + e.What[1:] + "."})
		}
	}
	return pair.Findings
}
