package arm

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

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
		for d := range document.Differences(c.mergeBase.docs[path], c.head.docs[path]) {
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
		Base: shown(d.At, d.A), Head: shown(d.At, d.B)}
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
