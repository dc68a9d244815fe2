package arm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// MainElement returns watches of a file of models whose lists are well known, such as litellm's, in which the element of a
// name has MainSlot. They are watches of the configuration: WellKnown is not set. It returns nil for a path that no tool's
// list of models is known at; ElementPaths has those.
func MainElement(path, name string) []Watch {
	var out []Watch
	for _, w := range WellKnown() {
		if w.Path == path && w.hasModels() {
			w.Main, w.Slot, w.WellKnown, w.Shared, w.Agent, w.Rank = name, "", false, false, "", 0
			out = append(out, w)
		}
	}
	return out
}

// ElementPaths lists the paths at which tools keep lists of models, in the order of WellKnown.
func ElementPaths() []string {
	var out []string
	for _, w := range WellKnown() {
		if w.hasModels() && !slices.Contains(out, w.Path) {
			out = append(out, w.Path)
		}
	}
	return out
}

// hasModels reports whether the watch is of a list whose elements are models.
func (w Watch) hasModels() bool { return w.Each != "" && w.Name != "" && w.Selectors[Model] != "" }

// maxListed is how many slots or elements a message names.
const maxListed = 6

// NoMain says what is wrong with an arm that has models and none in the main slot, which trials run with, as an *Error at
// the first of them. It returns nil for one that has a main model, and for one that has no model at all.
func (a Arm) NoMain() error {
	var models []Setting
	for _, s := range a.Settings {
		if s.Key == Model && s.Value != "" {
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
	if slices.Contains(ElementPaths(), first.Source.Path) {
		way = "name one by element under models in the configuration, or call it main"
	}
	return &Error{Source: first.Source, What: fmt.Sprintf("no model here is in the slot %q, which trials run with: there are %s; %s", MainSlot, listed(slots), way)}
}

func before(a, b Source) bool {
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

// withoutMain reports a change that no trial could run with.
func (c *comparison) withoutMain() {
	if len(c.pair.Changes) == 0 {
		return
	}
	for _, a := range []Arm{c.pair.Base, c.pair.Head} {
		if e, ok := a.NoMain().(*Error); ok {
			c.pair.Findings = append(c.pair.Findings, Finding{Code: "no-main-model", Source: e.Source, Withhold: true,
				Text: strings.ToUpper(e.What[:1]) + e.What[1:] + "."})
			return
		}
	}
}

// absentElements reports main elements that are in no tree: most likely a typing mistake.
func (c *comparison) absentElements() {
	var said []string
	for _, p := range c.templates {
		w := p.watch
		if w.Main == "" || slices.Contains(said, w.Path) {
			continue
		}
		said = append(said, w.Path)
		names, hit := c.elementNames(w.Path)
		if hit {
			continue
		}
		text := fmt.Sprintf("No element of a list of models in %s is named %q; there are %s.", w.Path, document.Shorten(w.Main, 60), listed(names))
		if len(names) == 0 {
			text = fmt.Sprintf("No list of models is in %s at the base, the merge base or the head, and so no element that is named %q.", w.Path, document.Shorten(w.Main, 60))
		}
		c.pair.Findings = append(c.pair.Findings, Finding{Code: "selector-finds-nothing", Text: text, Source: Source{Path: w.Path, Selector: w.Each}})
	}
}

// elementNames are the names of the elements of a file's lists, and whether one of them is the main one, in any tree.
func (c *comparison) elementNames(path string) (names []string, hit bool) {
	for _, t := range []tree{c.base, c.mergeBase, c.head} {
		for _, e := range t.elements {
			if e.watch.Path != path || e.name == "" {
				continue
			}
			hit = hit || e.name == e.watch.Main
			if !slices.Contains(names, e.name) {
				names = append(names, e.name)
			}
		}
	}
	return names, hit
}
