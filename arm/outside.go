package arm

import (
	"slices"

	"github.com/pertask/pertask/arm/outside"
)

// FileDiff is what a pull request changes in one file.
type FileDiff = outside.FileDiff

// ModelsOutside returns a finding for each file that is not watched and in whose changed lines a known model id
// appears or disappears, and for files whose diff is not given; see outside.Models. A file that is watched only if
// it is what its name suggests (Watch.Shared) counts as not watched: Pair.Outside takes away what Compare has read
// after all.
func ModelsOutside(diffs []FileDiff, watches []Watch, known []string) []Finding {
	watched := func(d FileDiff) bool {
		return slices.ContainsFunc(watches, func(w Watch) bool {
			return !w.Shared && (w.Path == d.Path || w.Path == d.PreviousPath && !w.WellKnown)
		})
	}
	var out []Finding
	for _, f := range outside.Models(diffs, watched, known) {
		out = append(out, Finding{Code: f.Code, Text: f.Text, Source: f.Source})
	}
	return out
}

// Outside returns the findings of ModelsOutside without those about files that gave settings of the pair.
func (p Pair) Outside(found []Finding) []Finding {
	read := map[string]bool{}
	for _, a := range []Arm{p.Base, p.Head} {
		for _, s := range a.Settings {
			read[s.Source.Path] = true
		}
	}
	var out []Finding
	for _, f := range found {
		if !read[f.Source.Path] {
			out = append(out, f)
		}
	}
	return out
}
