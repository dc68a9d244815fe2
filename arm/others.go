package arm

import (
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"

	"github.com/pertask/pertask/arm/bounds"
	"github.com/pertask/pertask/internal/document"
)

// How many other changes, and how many base URLs among them, are listed one by one.
const (
	maxOthers   = 50
	maxBaseURLs = 10
)

// others lists what else changed in the watched files.
func (c *comparison) others() {
	listed, more, baseURLs := 0, 0, 0
	var moreIn string
	providers := c.providers()
	takenA, takenB := takenPlaces(c.mergeBase.found), takenPlaces(c.head.found)
	for _, path := range c.watchedPaths() {
		for d := range c.differences(path) {
			if d.A != nil && takenA[d.A.Source] || d.B != nil && takenB[d.B.Source] {
				continue
			}
			hasRoom := listed < maxOthers
			redirects := baseURLs < maxBaseURLs && isBaseURL(d.At, providers)
			if !hasRoom {
				more++
				moreIn = path
			}
			if !hasRoom && !redirects {
				continue
			}
			change := otherChange(d)
			if redirects {
				baseURLs++
				c.withholdBaseURL(change.Source)
			}
			if hasRoom {
				listed++
				c.pair.NotApplied = append(c.pair.NotApplied, change)
			}
		}
	}
	if more > 0 {
		c.pair.NotApplied = append(c.pair.NotApplied, Change{
			Source: Source{Path: moreIn},
			Why:    fmt.Sprintf("%d more changes in watched files, not listed", more),
		})
	}
}

// differences returns what a file has different in the merge base and the head. Elements of a list that has slots are
// compared with those that they continue, not with those in the same place.
func (c *comparison) differences(path string) iter.Seq[document.Difference] {
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
	return func(yield func(document.Difference) bool) {
		for d := range document.Differences(old, now) {
			inList := func(at Selector) bool { return d.At.In(at) }
			if !slices.ContainsFunc(slices.Collect(maps.Values(lists)), inList) && !yield(d) {
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
			for d := range document.DifferencesAt(x, a.at, y, b.at) {
				if !yield(d) {
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

func otherChange(d document.Difference) Change {
	change := Change{HasBase: d.A != nil, HasHead: d.B != nil, Why: "not a model setting: changed, not applied",
		Base: bounds.Shown(d.At, d.A), Head: bounds.Shown(d.At, d.B)}
	if d.B != nil {
		change.Source = d.B.Source
	} else {
		change.Source = d.A.Source
	}
	change.Source.Selector = document.Shorten(d.At.String(), 256)
	return change
}

// providers returns the providers that the base and the head use.
func (c *comparison) providers() []string {
	var out []string
	for _, a := range []Arm{c.base.arm, c.head.arm} {
		for _, s := range a.Settings {
			if s.Key == Provider {
				out = append(out, s.Value)
			}
		}
	}
	return out
}

var baseURLName = regexp.MustCompile(`(?i)^(.*_)?(base_?url|api_?base|endpoint)$`)

// isBaseURL reports whether a place is the base URL of one of the providers, such as
// $.model_providers.azure.base_url.
func isBaseURL(at Selector, providers []string) bool {
	last, used := "", false
	for key := range at.Keys() {
		last = key
		used = used || slices.Contains(providers, key)
	}
	return used && baseURLName.MatchString(last)
}
