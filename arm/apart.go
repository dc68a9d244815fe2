package arm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// elementsApart finds elements of lists that are not in all three trees. Values are written into elements that are
// there; an element is more than its settings (an address, the name of a key), so none is added and none taken away.
func (c *comparison) elementsApart() {
	c.apart = map[string]string{}
	in := func(t tree) map[elementID]element {
		out := map[elementID]element{}
		for _, e := range t.elements {
			if e.list {
				out[elementID{e.watch, e.slot}] = e
			}
		}
		return out
	}
	base, mergeBase, head := in(c.base), in(c.mergeBase), in(c.head)
	added := missing(head, mergeBase)
	c.notApplied("adds", "the list of the merge base has no such element, and none is added", added, c.head)
	c.notApplied("removes", "an element is not taken out of a list", missing(mergeBase, head), c.mergeBase)
	var gone []element
	for _, e := range missing(mergeBase, base) {
		if now, ok := head[elementID{e.watch, e.slot}]; ok && now.digest != e.digest {
			gone = append(gone, now)
		}
	}
	c.notApplied("changes", "the list of the base branch has no such element any more", gone, c.head)
}

// missing returns the elements of a that b does not have, in order.
func missing(a, b map[elementID]element) []element {
	var out []element
	for id, e := range a {
		if _, ok := b[id]; !ok {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b element) int {
		return cmp.Or(strings.Compare(a.watch.Path, b.watch.Path), strings.Compare(a.slot, b.slot))
	})
	return out
}

// notApplied blocks the settings of elements, and says so once for each file.
func (c *comparison) notApplied(verb, why string, elements []element, t tree) {
	byPath := map[string][]element{}
	var paths []string
	for _, e := range elements {
		c.apart[slotOf(place{watch: e.watch, slot: e.slot}, c.shared)] = why
		if byPath[e.watch.Path] == nil {
			paths = append(paths, e.watch.Path)
		}
		byPath[e.watch.Path] = append(byPath[e.watch.Path], e)
	}
	for _, path := range paths {
		list := byPath[path]
		var names []string
		for _, e := range list[:min(len(list), maxNamed)] {
			names = append(names, e.slot)
		}
		text := strings.Join(names, ", ")
		if n := len(list) - maxNamed; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		c.pair.Findings = append(c.pair.Findings, Finding{Code: "list-element-not-applied", Source: t.docs[path].SourceOf(list[0].at), Withhold: true,
			Text: fmt.Sprintf("The pull request %s %s in a list of %s, which is not applied: %s. So the result would not be about this pull request.", verb, text, path, why)})
	}
}

// How many elements a finding names, and how many findings there are about values that are not understood.
const (
	maxNamed      = 5
	maxUnreadSaid = 10
)

// whyBlocked says why a setting is not applied, or "".
func (c *comparison) whyBlocked(s Setting) string {
	if why := c.apart[s.Slot]; why != "" {
		return why
	}
	return c.blocked[settingID{s.Slot, s.Key}]
}

// unreadChanges reports values that are not understood and that the pull request changes, and keeps the settings
// that they would give as they are.
func (c *comparison) unreadChanges() {
	c.blocked = map[settingID]string{}
	before, now := unreadByPlace(c.mergeBase), unreadByPlace(c.head)
	var changed []unread
	for _, u := range c.head.unread {
		if old, ok := before[u.id()]; ok && old.digest == u.digest {
			continue
		}
		for _, key := range u.keys() {
			c.blocked[settingID{slotOf(u.place, c.shared), key}] = "the value of the head is not understood"
		}
		changed = append(changed, u)
	}
	for _, u := range c.mergeBase.unread {
		if _, ok := now[u.id()]; !ok && !c.understoodNow(u.place) {
			changed = append(changed, u)
		}
	}
	said := 0
	for _, u := range changed {
		if c.apart[slotOf(u.place, c.shared)] != "" || said == maxUnreadSaid {
			continue // said already, or often enough
		}
		said++
		if at, err := ParseSelector(u.source.Selector); err == nil && u.place.each != nil {
			c.unreadLists = append(c.unreadLists, unreadList{u.place.watch.Path, at})
		}
		c.pair.Findings = append(c.pair.Findings, Finding{Code: "value-not-understood", Source: u.source, Withhold: true,
			Text: fmt.Sprintf("The pull request changes %s in %s, which is not applied: it is %s. So the result would not be about this pull request.",
				document.Shorten(u.source.Selector, 200), u.source.Path, u.why)})
	}
}

// unreadList is a list, a mapping or an element of which nothing is read, and that is said.
type unreadList struct {
	path string
	at   Selector
}

// keys returns the settings that the value would give; none where a whole list is meant, or an element without a name.
func (u unread) keys() []Key {
	if u.place.each != nil {
		return nil
	}
	return u.place.keys()
}

// id is the same for the same value of two trees.
func (u unread) id() [3]string {
	if u.place.each != nil {
		return [3]string{u.place.watch.Path, "", u.source.Selector}
	}
	return [3]string{u.place.watch.Path, u.place.slot, string(u.place.key)}
}

func unreadByPlace(t tree) map[[3]string]unread {
	out := map[[3]string]unread{}
	for _, u := range t.unread {
		out[u.id()] = u
	}
	return out
}

// understoodNow reports whether the head has a setting where the merge base has a value that is not understood.
func (c *comparison) understoodNow(p place) bool {
	return slices.ContainsFunc(c.head.found, func(f found) bool {
		return f.place.watch == p.watch && f.place.slot == p.slot && f.place.key == p.key
	})
}

// profiles withholds the verdict where something is to be measured and the base chooses a profile: its values would
// count before those that are changed.
func (c *comparison) profiles() {
	if !c.pair.Changed() {
		return
	}
	for _, s := range c.pair.Base.Settings {
		if s.Key == Profile {
			c.pair.Findings = append(c.pair.Findings, Finding{Code: "profile-not-followed", Source: s.Source, Withhold: true,
				Text: fmt.Sprintf("%s chooses the profile %q, whose settings count before others; profiles are not followed, so the result would not be about this pull request.",
					s.Source.Path, document.Shorten(s.Value, 60))})
		}
	}
}
