package arm

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode/utf8"
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
	docs, err := load(base, watches, nil)
	if err != nil {
		return nil, err
	}
	tree, err := lookUp(docs, places)
	if err != nil {
		return nil, err
	}
	w := rewriter{arm: a, docs: docs, original: map[string]*document{}, shared: sharedAgents(tree)}
	for _, s := range a.Settings {
		if !utf8.ValidString(s.Value) {
			return nil, fmt.Errorf("writing %s of slot %q: the value is not UTF-8", s.Key, s.Slot)
		}
	}
	w.agentSlots(places)
	if _, err := armOf(tree, w.shared); err != nil {
		return nil, err
	}
	if err := w.all(places, tree); err != nil {
		return nil, err
	}
	return w.result(places)
}

type rewriter struct {
	arm      Arm
	docs     documents
	original map[string]*document // before the first edit, nil for a file that was not there
	shared   map[string]bool
	edits    []edit
}

// edit is one place that gets a value, or loses it.
type edit struct {
	path   string
	at     []segment
	key    Key
	value  string
	remove bool
}

// agentSlots takes the slots of well-known files as the arm has them: it may come from several trees, of which
// another than the base has files of two agents.
func (w *rewriter) agentSlots(places []place) {
	have := map[string]bool{}
	for _, s := range w.arm.Settings {
		have[s.Slot] = true
	}
	for _, p := range places {
		if p.watch.WellKnown && have[p.watch.agentSlot()] {
			w.shared[p.watch.Agent] = true
		}
	}
}

// all makes the edits that the arm needs.
func (w *rewriter) all(places []place, tree []found) error {
	type id struct {
		slot string
		key  Key
	}
	now := map[id]found{}
	owner := map[string]string{} // slot -> the agent whose files give it, "" for the configuration
	for _, f := range tree {
		slot := slotOf(f.place.watch, w.shared)
		now[id{slot, f.key}] = f
		owner[slot] = f.place.watch.agent()
	}
	done := map[id]bool{}
	for _, p := range w.inOrderOfUse(places) {
		slot := slotOf(p.watch, w.shared)
		i := id{slot, p.key}
		if agent, ok := owner[slot]; ok && agent != p.watch.agent() {
			continue // an agent's slot is not written to another agent's file
		}
		f, there := now[i]
		if there && !(f.place.watch == p.watch && f.place.override == p.override) {
			continue // another place gives the setting
		}
		if done[i] {
			continue
		}
		done[i] = true
		value, want, err := p.join(w.arm, slot)
		if err != nil {
			return err
		}
		if want == there && (!there || f.node.value == value) {
			continue
		}
		e := edit{path: p.watch.Path, at: p.selector.segments, key: p.key, value: value, remove: !want}
		if err := w.edit(e); err != nil {
			return err
		}
		// Without its override, the place that lost to it would count again.
		if e.remove && p.override {
			if err := w.removeOverridden(places, p); err != nil {
				return err
			}
		}
	}
	for _, s := range w.arm.Settings {
		if !done[id{s.Slot, s.Key}] && !w.split(places, s) {
			return fmt.Errorf("writing %s of slot %q: no watch has a place for it", s.Key, s.Slot)
		}
	}
	return nil
}

// inOrderOfUse puts places that a new setting is best written to first: in a file that is there, not as an
// override.
func (w *rewriter) inOrderOfUse(places []place) []place {
	var out [4][]place
	for _, p := range places {
		rank := 0
		if p.override {
			rank++
		}
		if w.docs[p.watch.Path] == nil {
			rank += 2
		}
		out[rank] = append(out[rank], p)
	}
	return append(append(append(out[0], out[1]...), out[2]...), out[3]...)
}

func (w *rewriter) removeOverridden(places []place, override place) error {
	for _, p := range places {
		if p.watch != override.watch || p.key != override.key || p.override {
			continue
		}
		d := w.docs[p.watch.Path]
		if n := d.find(p.selector.segments); n != nil {
			return w.edit(edit{path: p.watch.Path, at: p.selector.segments, key: p.key, remove: true})
		}
	}
	return nil
}

// split reports whether the setting is written as a part of the model's value.
func (w *rewriter) split(places []place, s Setting) bool {
	for _, p := range places {
		if p.watch.SplitProvider && p.key == Model && s.Key == Provider && slotOf(p.watch, w.shared) == s.Slot {
			return true
		}
	}
	return false
}

// edit applies one edit to its file and parses the result.
func (w *rewriter) edit(e edit) error {
	d := w.docs[e.path]
	if _, ok := w.original[e.path]; !ok {
		w.original[e.path] = d
	}
	if d == nil {
		var err error
		if d, err = emptyDocument(e.path); err != nil {
			return err
		}
	}
	candidates, err := d.edited(e)
	if err != nil {
		return err
	}
	for _, src := range candidates {
		if len(src) > maxFileBytes {
			return fileError(e.path, "larger than 1 MiB with %s written in", e.key)
		}
		next, err := parseDocument(e.path, src)
		if err != nil || !e.holds(d, next) {
			continue
		}
		next.bom = d.bom
		w.docs[e.path] = next
		w.edits = append(w.edits, e)
		return nil
	}
	return fileError(e.path, "%s cannot be written to %s without changing something else; write it as a plain value on its own line",
		e.key, pathString(e.at))
}

// emptyDocument returns a file without settings, to add some.
func emptyDocument(path string) (*document, error) {
	f, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	if f == jsonFormat {
		return parseDocument(path, []byte("{}\n"))
	}
	return parseDocument(path, nil)
}

// holds reports whether after is before with nothing but the edit made.
func (e edit) holds(before, after *document) bool {
	n := after.find(e.at)
	if e.remove != (n == nil) {
		return false
	}
	if n != nil && (n.kind != scalarKind || n.refuse != "" || n.value != e.value) {
		return false
	}
	return walkDifferences(nil, before.root, after.root, func(at []segment, a, b *node) bool {
		if equalPath(at, e.at) {
			return true
		}
		// The empty remains of a mapping that lost its only key are nothing that changed, and neither is a
		// mapping that was empty and has a key now.
		return a.isNothing() && b.isNothing() && len(at) < len(e.at) && equalPath(at, e.at[:len(at)])
	})
}

// isNothing reports whether there is no value here, only the place of one.
func (n *node) isNothing() bool {
	return n == nil || n.kind == mappingKind && n.isLeaf()
}

// result returns the changed files after a last look at each.
func (w *rewriter) result(places []place) (map[string][]byte, error) {
	tree, err := lookUp(w.docs, places)
	if err != nil {
		return nil, err
	}
	got, err := armOf(tree, w.shared)
	if err != nil {
		return nil, err
	}
	if !sameValues(got, w.arm) {
		return nil, fmt.Errorf("writing the settings: the files do not give the arm's values afterwards; two places depend on each other")
	}
	out := map[string][]byte{}
	for path, before := range w.original {
		d := w.docs[path]
		if before != nil && bytes.Equal(before.src, d.src) {
			continue
		}
		out[path] = append([]byte{}, d.src...)
		if d.bom {
			out[path] = append(append([]byte{}, byteOrderMark...), d.src...)
		}
	}
	return out, nil
}

func sameValues(a, b Arm) bool {
	if len(a.Settings) != len(b.Settings) {
		return false
	}
	for _, s := range a.Settings {
		if v, ok := b.Get(s.Slot, s.Key); !ok || v != s.Value {
			return false
		}
	}
	return true
}

// barePattern is what may be written without quotes where a number or a boolean stands or is meant.
var (
	barePattern     = regexp.MustCompile(`^([+-]?[0-9][0-9_]*(\.[0-9_]+)?([eE][+-]?[0-9]+)?|true|false)$`)
	jsonBarePattern = regexp.MustCompile(`^(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false)$`)
	plainPattern    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)
)

// spellings returns the ways to write a value in a format, best first. old is what stands there now, or nil.
func (f format) spellings(key Key, value string, old *node) []string {
	var out []string
	number := key == Temperature || key == MaxOutputTokens
	if old != nil {
		number = old.bare
	}
	if bare := barePattern; number {
		if f == jsonFormat {
			bare = jsonBarePattern
		}
		if bare.MatchString(value) {
			out = append(out, value)
		}
	}
	return append(out, f.quotedSpellings(value, old)...)
}

func (f format) quotedSpellings(value string, old *node) []string {
	single := "'" + value + "'"
	wasPlain := old != nil && old.quote == 0 && !old.bare
	wasSingle := old != nil && old.quote == '\''
	oneLine := !strings.ContainsAny(value, "\r\n\x00")
	switch f {
	case jsonFormat:
		return []string{jsonQuote(value)}
	case tomlFormat:
		if wasSingle && oneLine && !strings.Contains(value, "'") {
			return []string{single, tomlQuote(value)}
		}
		return []string{tomlQuote(value)}
	case yamlFormat:
		switch {
		case wasPlain && plainPattern.MatchString(value):
			return []string{value, yamlQuote(value)}
		case wasSingle && oneLine:
			return []string{"'" + strings.ReplaceAll(value, "'", "''") + "'", yamlQuote(value)}
		}
		return []string{yamlQuote(value)}
	default:
		return dotenvSpellings(value, old)
	}
}
