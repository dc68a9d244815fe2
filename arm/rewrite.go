package arm

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pertask/pertask/internal/document"
)

// Rewrite returns the base's copies of the watched files with the values of an arm written in, by path. Only
// what differs is written: comments, order and formatting stay byte for byte, and a file in which nothing
// differs is not returned. A setting that the arm lacks is taken out of its file; one that the base lacks is
// added, in a new file if need be.
//
// Every result is parsed again before it is returned: it holds exactly the arm's values and, besides them,
// exactly the base's. So a value cannot break out of its place, whatever is in it. What cannot be written that
// way is an error: a value that an alias or a merge key shares with other places, a block of text, a setting
// that no watch has a place for, or a text that the format cannot hold.
func Rewrite(base fs.FS, watches []Watch, a Arm) (map[string][]byte, error) {
	places, err := prepare(watches)
	if err != nil {
		return nil, err
	}
	for _, s := range a.Settings {
		if !utf8.ValidString(s.Value) {
			return nil, fmt.Errorf("writing %s of slot %q: the value is not UTF-8", s.Key, s.Slot)
		}
	}
	before, err := readTree("", base, watches, places, nil, nil)
	if err != nil {
		return nil, err
	}
	w := rewriter{arm: a, templates: places, places: before.places, docs: maps.Clone(before.docs), shared: sharedAgents(before.found)}
	w.agentSlots()
	w.newEntries()
	if err := w.all(before.found); err != nil {
		return nil, onSide(err, "")
	}
	out := map[string][]byte{}
	for path, d := range w.docs {
		content := d.Bytes()
		if old := before.docs[path]; old == nil || !bytes.Equal(old.Bytes(), content) {
			out[path] = content
		}
	}
	return out, nil
}

type rewriter struct {
	arm       Arm
	templates []place
	places    []place
	docs      documents
	shared    map[string]bool // agents whose files have slots of their own
}

// agentSlots takes the slots of well-known files as the arm has them: it may come from several trees, of which
// another than the base has files of two agents.
func (w *rewriter) agentSlots() {
	slots := w.arm.Slots()
	for _, p := range w.places {
		if p.watch.WellKnown && slices.Contains(slots, p.agentSlot()) {
			w.shared[p.watch.Agent] = true
		}
	}
}

// newEntries adds the places of entries that the arm has and a mapping of the base lacks.
func (w *rewriter) newEntries() {
	known := map[string]bool{}
	for _, p := range w.places {
		known[slotOf(p, w.shared)] = true
	}
	for _, slot := range w.arm.Slots() {
		if known[slot] {
			continue
		}
		w.places = append(w.places, newEntry(w.templates, slot)...)
		for agent := range w.shared {
			if own, ok := strings.CutPrefix(slot, agent+"-"); ok {
				for _, p := range newEntry(w.templates, own) {
					if p.watch.agent() == agent {
						w.places = append(w.places, p)
					}
				}
			}
		}
	}
}

// all writes what the arm has into the documents, and looks at the result.
func (w *rewriter) all(tree []found) error {
	if _, err := armOf(tree, w.shared); err != nil {
		return err
	}
	now := map[settingID]found{}
	owner := map[string]string{} // slot -> the agent whose files give it, "" for the configuration
	for _, f := range tree {
		slot := slotOf(f.place, w.shared)
		now[settingID{slot, f.setting.Key}] = f
		owner[slot] = f.place.watch.agent()
	}
	done := map[settingID]bool{}
	for _, p := range w.inOrderOfUse() {
		slot := slotOf(p, w.shared)
		id := settingID{slot, p.key}
		if agent, ok := owner[slot]; done[id] || ok && agent != p.watch.agent() {
			continue // an agent's slot is not written to another agent's file
		}
		f, there := given(now, p, slot)
		if there && (f.place.watch != p.watch || f.place.override != p.override || f.place.key != p.key) {
			continue // another place gives the setting
		}
		for _, key := range p.keys() {
			done[settingID{slot, key}] = true
		}
		if err := w.write(p, slot, f.value.Text, there); err != nil {
			return err
		}
	}
	for _, s := range w.arm.Settings {
		if !done[settingID{s.Slot, s.Key}] {
			return fmt.Errorf("writing %s of slot %q: no watch has a place for it", s.Key, s.Slot)
		}
	}
	return w.check()
}

// given returns what gives a setting of a place now.
func given(now map[settingID]found, p place, slot string) (found, bool) {
	for _, key := range p.keys() {
		if f, ok := now[settingID{slot, key}]; ok {
			return f, true
		}
	}
	return found{}, false
}

// inOrderOfUse puts places that a new setting is best written to first: in a file that is there, not as an
// override.
func (w *rewriter) inOrderOfUse() []place {
	rank := func(p place) int {
		n := 0
		if p.override {
			n++
		}
		if w.docs[p.watch.Path] == nil {
			n += 2
			if p.watch.Shared {
				n += 2
			}
		}
		return n
	}
	return slices.SortedStableFunc(slices.Values(w.places), func(a, b place) int { return rank(a) - rank(b) })
}

// write gives a place the arm's value, where it has none or the text now.
func (w *rewriter) write(p place, slot, now string, there bool) error {
	value, want, err := p.join(w.arm, slot)
	switch {
	case err != nil || want == there && value == now:
		return err
	case want:
		return w.set(p, value)
	}
	if err := w.remove(p); err != nil {
		return err
	}
	// Without it, a place that lost to it would count again.
	for _, lost := range w.places {
		if d := w.docs[lost.watch.Path]; lost.group() == p.group() && lost.level() < p.level() && d != nil && d.Has(lost.selector) {
			if err := w.remove(lost); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *rewriter) set(p place, value string) (err error) {
	d := w.docs[p.watch.Path]
	if d == nil {
		if d, err = document.Empty(p.watch.Path); err != nil {
			return err
		}
	}
	if d, err = d.Set(p.selector, value, p.key == Temperature || p.key == MaxOutputTokens || p.key == ThinkingBudget); err != nil {
		return err
	}
	w.docs[p.watch.Path] = d
	return nil
}

func (w *rewriter) remove(p place) error {
	d, err := w.docs[p.watch.Path].Remove(p.selector)
	if err != nil {
		return err
	}
	w.docs[p.watch.Path] = d
	return nil
}

// check takes a last look at the documents.
func (w *rewriter) check() error {
	tree, err := lookUp(w.docs, expand(w.docs, w.templates, nil))
	if err != nil {
		return err
	}
	got, err := armOf(tree.found, w.shared)
	if err != nil {
		return err
	}
	same := func(a, b Setting) bool { return a.Slot == b.Slot && a.Key == b.Key && a.Value == b.Value }
	if !slices.EqualFunc(got.Settings, sorted(slices.Clone(w.arm.Settings)), same) {
		return fmt.Errorf("writing the settings: the files do not give the arm's values afterwards; two places depend on each other")
	}
	return nil
}
