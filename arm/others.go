package arm

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/pertask/pertask/arm/bounds"
	"github.com/pertask/pertask/internal/document"
)

// How many other changes are listed one by one.
const maxOthers = 50

// others lists what else changed in the watched files.
func (c *comparison) others() {
	listed, more := 0, 0
	var moreIn string
	suspects := newSuspects(c)
	takenA, takenB := takenPlaces(c.mergeBase.found), takenPlaces(c.head.found)
	for _, path := range c.watchedPaths() {
		for d := range c.differences(path) {
			if d.A != nil && takenA[d.A.Source] || d.B != nil && takenB[d.B.Source] {
				continue
			}
			why := suspects.report(path, d)
			if listed == maxOthers {
				more++
				moreIn = path
				continue
			}
			listed++
			c.pair.NotApplied = append(c.pair.NotApplied, otherChange(d.Difference, why))
		}
	}
	if more > 0 {
		c.pair.NotApplied = append(c.pair.NotApplied, Change{
			Source: Source{Path: moreIn},
			Why:    fmt.Sprintf("%d more changes in watched files, not listed", more),
		})
	}
}

// difference is a value that the merge base and the head do not share. said tells that it stands in an element of which
// a finding says already that it is not applied.
type difference struct {
	document.Difference
	said bool
}

// differences returns what a file has different in the merge base and the head. Elements of a list that has slots are
// compared with those that they continue, not with those in the same place.
func (c *comparison) differences(path string) iter.Seq[difference] {
	old, now := c.mergeBase.docs[path], c.head.docs[path]
	lists := map[string]Selector{}
	before, after := map[elementID]element{}, map[elementID]element{}
	collect := func(t tree, into map[elementID]element) {
		for _, e := range t.elements {
			if e.list && e.watch.Path == path {
				into[elementID{e.watch, e.slot}] = e
				if at, err := ParseSelector(e.watch.Each); err == nil {
					lists[e.watch.Each] = at
				}
			}
		}
	}
	collect(c.mergeBase, before)
	collect(c.head, after)
	return func(yield func(difference) bool) {
		for d := range document.Differences(old, now) {
			inList := func(at Selector) bool { return d.At.In(at) }
			said := slices.ContainsFunc(c.unreadLists, func(l unreadList) bool { return l.path == path && inList(l.at) })
			if !slices.ContainsFunc(slices.Collect(maps.Values(lists)), inList) && !yield(difference{d, said}) {
				return
			}
		}
		for _, e := range c.elementsOfBoth(path) {
			b, inHead := after[elementID{e.watch, e.slot}]
			a, inBase := before[elementID{e.watch, e.slot}]
			x, y := old, now
			switch {
			case !inBase:
				x, a = nil, b
			case !inHead:
				y, b = nil, a
			}
			slot := slotOf(place{watch: e.watch, slot: e.slot}, c.shared)
			said := c.whyBlocked(Setting{Slot: slot, Key: Model}) != ""
			for d := range document.DifferencesAt(x, a.at, y, b.at) {
				if !yield(difference{d, said}) {
					return
				}
			}
		}
	}
}

// elementsOfBoth returns the elements of the lists of a file: the head's in order and then what only the merge base has.
func (c *comparison) elementsOfBoth(path string) []element {
	var out []element
	seen := map[elementID]bool{}
	for _, e := range slices.Concat(c.head.elements, c.mergeBase.elements) {
		if id := (elementID{e.watch, e.slot}); e.list && e.watch.Path == path && !seen[id] {
			seen[id] = true
			out = append(out, e)
		}
	}
	return out
}

// watchedPaths returns the watched files of the two compared trees, sorted.
func (c *comparison) watchedPaths() []string {
	both := maps.Clone(c.mergeBase.docs)
	maps.Copy(both, c.head.docs)
	return slices.Sorted(maps.Keys(both))
}

// takenPlaces returns the places of the values that are settings.
func takenPlaces(tree []found) map[Source]bool {
	out := map[Source]bool{}
	for _, f := range tree {
		out[f.value.Source] = true
	}
	return out
}

func otherChange(d document.Difference, why string) Change {
	change := Change{HasBase: d.A != nil, HasHead: d.B != nil, Why: why,
		Base: bounds.Shown(d.At, d.A), Head: bounds.Shown(d.At, d.B)}
	change.Source = sourceOf(d)
	return change
}

// sourceOf returns the place of a difference: in the head, or in the merge base where the head has removed it.
func sourceOf(d document.Difference) Source {
	v := d.B
	if v == nil {
		v = d.A
	}
	out := v.Source
	out.Selector = document.Shorten(d.At.String(), 256)
	return out
}
