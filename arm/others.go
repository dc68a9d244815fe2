package arm

import (
	"fmt"
	"regexp"
	"slices"
)

// How many other changes, and how many base URLs among them, are listed one by one.
const (
	maxOthers   = 50
	maxBaseURLs = 10
)

// walkDifferences calls yield for each value, with its path, that two trees of values do not share. A or b is
// nil where only the other has the value. The path is only valid during the call. It stops when yield
// returns false.
func walkDifferences(path []segment, a, b *node, yield func(path []segment, a, b *node) bool) bool {
	switch {
	case a == nil && b == nil:
		return true
	case a == nil || b == nil:
		n := a
		if a == nil {
			n = b
		}
		if n.isLeaf() {
			return yield(path, a, b)
		}
		empty := &node{kind: n.kind}
		if a == nil {
			a = empty
		} else {
			b = empty
		}
		return walkChildren(path, a, b, yield)
	case a.kind != b.kind && a.isLeaf() && b.isLeaf():
		return yield(path, a, b)
	case a.kind != b.kind:
		return walkDifferences(path, a, nil, yield) && walkDifferences(path, nil, b, yield)
	case a.kind == mappingKind || a.kind == sequenceKind:
		return walkChildren(path, a, b, yield)
	case a.value != b.value || a.bare != b.bare:
		return yield(path, a, b)
	}
	return true
}

func (n *node) isLeaf() bool { return len(n.members)+len(n.items) == 0 }

// walkChildren compares two containers of the same kind: mappings by key, in the order of b and then what only
// a has; lists by index.
func walkChildren(path []segment, a, b *node, yield func(path []segment, a, b *node) bool) bool {
	if a.kind == sequenceKind {
		for i := range max(len(a.items), len(b.items)) {
			var x, y *node
			if i < len(a.items) {
				x = a.items[i]
			}
			if i < len(b.items) {
				y = b.items[i]
			}
			if !walkDifferences(append(path, segment{index: i, isIndex: true}), x, y, yield) {
				return false
			}
		}
		return true
	}
	left := make(map[string]*node, len(a.members))
	for _, m := range a.members {
		left[m.name] = m.value
	}
	for _, m := range b.members {
		x := left[m.name]
		delete(left, m.name)
		if !walkDifferences(append(path, segment{name: m.name}), x, m.value, yield) {
			return false
		}
	}
	for _, m := range a.members {
		if _, ok := left[m.name]; ok && !walkDifferences(append(path, segment{name: m.name}), m.value, nil, yield) {
			return false
		}
	}
	return true
}

// others lists what else changed in the watched files.
func (c *comparison) others() {
	listed, more, baseURLs := 0, 0, 0
	var moreIn string
	for _, path := range c.watchedPaths() {
		old, now := c.mergeBase.docs[path], c.head.docs[path]
		taken := [2]map[int]bool{takenPlaces(c.mergeBase.found, old), takenPlaces(c.head.found, now)}
		walkDifferences(nil, rootOf(old), rootOf(now), func(at []segment, a, b *node) bool {
			if (a != nil && taken[0][a.pos]) || (b != nil && taken[1][b.pos]) {
				return true
			}
			if len(at) == 0 {
				return true // an empty file that comes or goes
			}
			redirects := baseURLs < maxBaseURLs && c.isBaseURL(at)
			if listed == maxOthers && !redirects {
				more++
				moreIn = path
				return true
			}
			// Paths are written out only for what is listed: they can be as long as the file.
			source := otherSource(old, now, at, a, b)
			if redirects {
				baseURLs++
				c.withholdBaseURL(source)
			}
			if listed == maxOthers {
				more++
				moreIn = path
				return true
			}
			listed++
			c.pair.NotApplied = append(c.pair.NotApplied, otherChange(source, at, a, b))
			return true
		})
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
	var out []string
	for _, docs := range []documents{c.mergeBase.docs, c.head.docs} {
		for path := range docs {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func rootOf(d *document) *node {
	if d == nil {
		return nil
	}
	return d.root
}

// takenPlaces returns the offsets of the values that are settings.
func takenPlaces(tree []found, d *document) map[int]bool {
	out := map[int]bool{}
	for _, f := range tree {
		if f.doc == d {
			out[f.node.pos] = true
		}
	}
	return out
}

func otherSource(old, now *document, at []segment, a, b *node) Source {
	var s Source
	if b != nil {
		s = now.source(b.pos)
	} else {
		s = old.source(a.pos)
	}
	s.Selector = shorten(pathString(at), 256)
	return s
}

func otherChange(s Source, at []segment, a, b *node) Change {
	change := Change{HasBase: a != nil, HasHead: b != nil, Source: s, Why: "not a model setting: changed, not applied"}
	change.Base = shown(at, a.text(), a != nil)
	change.Head = shown(at, b.text(), b != nil)
	return change
}

// text returns a value without members as a reader knows it.
func (n *node) text() string {
	switch {
	case n == nil:
		return ""
	case n.kind == mappingKind:
		return "{}"
	case n.kind == sequenceKind:
		return "[]"
	case n.kind == nullKind:
		return "null"
	}
	return n.value
}

var baseURLName = regexp.MustCompile(`(?i)^(.*_)?(base_?url|api_?base|endpoint)$`)

// isBaseURL reports whether a path is the base URL of a provider that the base or the head uses, such as
// $.model_providers.azure.base_url.
func (c *comparison) isBaseURL(at []segment) bool {
	if len(at) == 0 || !baseURLName.MatchString(at[len(at)-1].name) {
		return false
	}
	for _, a := range []Arm{c.base.arm, c.head.arm} {
		for _, s := range a.Settings {
			if s.Key == Provider && slices.Contains(at, segment{name: s.Value}) {
				return true
			}
		}
	}
	return false
}
