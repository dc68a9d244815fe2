package arm

import (
	"fmt"

	"github.com/pertask/pertask/arm/suspect"
	"github.com/pertask/pertask/internal/document"
)

// maxSuspects is how many changes are reported one by one that may be about a model though they are not applied. One is
// enough to withhold the verdict.
const maxSuspects = 10

// suspects finds changes that may be about a model among those of values that are no settings.
type suspects struct {
	*comparison
	finder *suspect.Finder
	said   int
	near   map[string]*suspect.Places // by path, the places that are looked at
	used   map[string][]string        // by agent, the providers that its settings name
}

func newSuspects(c *comparison) *suspects {
	s := &suspects{comparison: c, finder: suspect.New(c.models), near: map[string]*suspect.Places{}, used: map[string][]string{}}
	for _, t := range []tree{c.mergeBase, c.head} {
		for _, p := range t.places {
			path := p.watch.Path
			if s.near[path] == nil {
				s.near[path] = suspect.NewPlaces(path, p.watch.WellKnown)
			}
			s.near[path].Add(p.selector)
		}
	}
	for _, t := range []tree{c.base, c.head} {
		for _, f := range t.found {
			if agent := f.place.watch.agent(); f.setting.Key == Provider {
				s.used[agent] = append(s.used[agent], f.setting.Value)
			}
		}
	}
	return s
}

// report adds a finding for a change that may be about a model, and returns why the change is not applied.
func (s *suspects) report(path string, d difference) string {
	const other = "not a model setting: changed, not applied"
	if d.said || s.said == maxSuspects || s.isRead(d) {
		return other
	}
	kind := s.finder.Kind(suspect.Value{At: d.At, A: d.A, B: d.B, Near: s.near[path].Has(d.At), Providers: s.used[s.agentOf(path)]})
	if kind == suspect.None {
		return other
	}
	s.said++
	f := Finding{Code: "model-setting-not-applied", Source: sourceOf(d.Difference), Withhold: true}
	what, why, so := "looks like a setting of a model", "may be a model setting, in a place that is not known: changed, not applied", ""
	switch kind {
	case suspect.Model:
		what = "names a known model in a place where none is looked for"
	case suspect.Redirect:
		f.Code = "base-url-not-applied"
		what, why = "may say where calls go", "where calls go is never taken from a pull request: it could redirect keys"
		so = ": the measured calls go where the base's do"
	}
	where := fmt.Sprintf("%s:%d:%d", document.Shorten(f.Source.Path, 200), f.Source.Line, f.Source.Column)
	if d.B == nil {
		where += " of the merge base"
	}
	f.Text = fmt.Sprintf("The pull request changes %s at %s, which %s. It is not applied%s, so the result would not be about this pull request.",
		document.Clean(f.Source.Selector), where, what, so)
	s.pair.Findings = append(s.pair.Findings, f)
	return why
}

// isRead reports whether a change stands at a place that is looked at: what it means is known, even if it does not count.
func (s *suspects) isRead(d difference) bool {
	return d.A != nil && s.mergeBase.read[d.A.Source] || d.B != nil && s.head.read[d.B.Source]
}

func (s *suspects) agentOf(path string) string {
	for _, p := range s.templates {
		if p.watch.Path == path {
			return p.watch.agent()
		}
	}
	return ""
}
