package arm

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pertask/pertask/arm/treefile"
	"github.com/pertask/pertask/internal/document"
)

// Read returns the settings of one tree. It applies no limits to the values beyond those of the files, since
// the base is trusted with its own; Compare limits what a head may change.
//
// Errors about a file are of type *Error.
func Read(fsys fs.FS, watches []Watch) (Arm, error) {
	places, err := prepare(watches)
	if err != nil {
		return Arm{}, err
	}
	t, err := readTree("", fsys, watches, places, nil, nil)
	if err != nil {
		return Arm{}, err
	}
	a, err := armOf(t.found, sharedAgents(t.found))
	return a, onSide(err, "")
}

// tree is one file tree, read.
type tree struct {
	side string    // its name in errors; "" when only one is read
	docs documents // without those that are not there
	expansion
	found []found
	read  map[Source]bool // where single values stand at places that are looked at, also if they do not count
	arm   Arm             // only filled by Compare
}

// documents are the settings files of a tree by the path of their watch.
type documents map[string]*document.Document

// readTree reads the watched files. locate gives the path at which a watched file stands in the tree; nil is
// for the path of the watch. earlier are the elements that those of the tree continue.
func readTree(side string, fsys fs.FS, watches []Watch, templates []place, earlier []element, locate func(Watch) (string, error)) (tree, error) {
	docs, err := load(fsys, watches, templates, locate)
	if err != nil {
		return tree{}, onSide(err, side)
	}
	t, err := lookUp(docs, expand(docs, templates, earlier))
	t.side = side
	return t, onSide(err, side)
}

func load(fsys fs.FS, watches []Watch, templates []place, locate func(Watch) (string, error)) (documents, error) {
	if fsys == nil {
		return nil, fmt.Errorf("no file tree given")
	}
	out := documents{}
	for _, w := range watches {
		if out[w.Path] != nil {
			continue
		}
		at := w.Path
		if locate != nil {
			var err error
			if at, err = locate(w); err != nil {
				return nil, err
			}
		}
		d, err := read(fsys, at)
		if onlyShared(watches, w.Path) && (err != nil || !d.hasAny(templates, w.Path)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if d.Document != nil {
			out[w.Path] = d.Document
		}
	}
	return out, nil
}

// settingsFile is a document, or nil for a file that is not there.
type settingsFile struct{ *document.Document }

func read(fsys fs.FS, name string) (settingsFile, error) {
	content, err := treefile.Read(fsys, name)
	if content == nil || err != nil {
		return settingsFile{}, err
	}
	d, err := document.Parse(name, content)
	return settingsFile{d}, err
}

// onlyShared reports whether a file may be another program's.
func onlyShared(watches []Watch, path string) bool {
	return !slices.ContainsFunc(watches, func(w Watch) bool { return w.Path == path && !w.Shared })
}

// hasAny reports whether there is anything at a place that is looked for under a path.
func (d settingsFile) hasAny(templates []place, path string) bool {
	return d.Document != nil && slices.ContainsFunc(templates, func(p place) bool {
		return p.watch.Path == path && (p.each == nil && d.Has(p.selector) || p.each != nil && d.Has(p.each.list))
	})
}

// found is a setting in a tree, with what it was found by.
type found struct {
	place   place
	value   document.Value // what stands at the place
	setting Setting        // without its slot
}

// lookUp finds what the places give in a tree. A place gives nothing where one of a higher level has a value.
func lookUp(docs documents, x expansion) (tree, error) {
	t := tree{docs: docs, expansion: x}
	highest := map[string]int{}
	hasModel := map[elementID]bool{}
	for _, p := range x.places {
		d := docs[p.watch.Path]
		if d == nil {
			continue
		}
		v, ok, err := d.Scalar(p.selector)
		if err != nil && !p.element && !p.watch.Shared {
			return tree{}, err
		}
		if !ok && err == nil {
			continue
		}
		if level, ok := highest[p.group()]; !ok || p.level() > level {
			highest[p.group()] = p.level()
		}
		hasModel[elementID{p.watch, p.slot}] = hasModel[elementID{p.watch, p.slot}] || p.key == Model
		settings, why := p.split(v.Text)
		if err != nil {
			why = reason(err)
		}
		if why != "" {
			t.unread = append(t.unread, unread{place: p, digest: d.Digest(p.selector), source: d.SourceOf(p.selector), why: why})
			continue
		}
		src := v.Source
		src.Selector = p.selector.String()
		for _, kv := range settings {
			t.found = append(t.found, found{place: p, value: v, setting: Setting{Key: kv.key, Value: kv.value, Source: src}})
		}
	}
	t.read = map[Source]bool{}
	for _, f := range t.found {
		t.read[f.value.Source] = true
	}
	for _, u := range t.unread {
		t.read[Source{Path: u.source.Path, Line: u.source.Line, Column: u.source.Column}] = true
	}
	lower := func(p place) bool { return p.level() < highest[p.group()] }
	t.found = slices.DeleteFunc(t.found, func(f found) bool { return lower(f.place) })
	t.unread = slices.DeleteFunc(t.unread, func(u unread) bool { return lower(u.place) })
	for _, e := range x.elements {
		if e.list && e.watch.Selectors[Model] != "" && !hasModel[elementID{e.watch, e.slot}] {
			p := place{watch: e.watch, key: Model, slot: e.slot, element: true, selector: e.at}
			t.unread = append(t.unread, unread{place: p, digest: e.digest, source: docs[e.watch.Path].SourceOf(e.at), why: "an element without a model where it is looked for"})
		}
	}
	return t, nil
}

// reason returns what is wrong without its place.
func reason(err error) string {
	var e *document.Error
	if errors.As(err, &e) {
		return e.What
	}
	return document.Clean(err.Error())
}

// sharedAgents returns the agents whose well-known files share a slot with other files of any of the trees.
func sharedAgents(trees ...[]found) map[string]bool {
	users := map[string]map[string]bool{} // slot -> agents, "" for the configuration
	for _, tree := range trees {
		for _, f := range tree {
			slot := f.place.slot
			if users[slot] == nil {
				users[slot] = map[string]bool{}
			}
			users[slot][f.place.watch.agent()] = true
		}
	}
	out := map[string]bool{}
	for _, agents := range users {
		if len(agents) > 1 {
			for a := range agents {
				out[a] = true
			}
		}
	}
	delete(out, "")
	return out
}

// agent returns the agent of a well-known file, and "" for a file of the configuration.
func (w Watch) agent() string {
	if w.WellKnown {
		return w.Agent
	}
	return ""
}

// slotOf returns the slot of a place when some agents have slots of their own.
func slotOf(p place, shared map[string]bool) string {
	if p.watch.WellKnown && shared[p.watch.Agent] {
		return p.agentSlot()
	}
	return p.slot
}

// armOf puts the settings of a tree together.
func armOf(tree []found, shared map[string]bool) (Arm, error) {
	var a Arm
	seen := map[settingID]found{}
	for _, f := range tree {
		s := f.setting
		s.Slot = slotOf(f.place, shared)
		if other, ok := seen[settingID{s.Slot, s.Key}]; ok {
			return Arm{}, &document.Error{Source: s.Source, What: fmt.Sprintf("%s of slot %q is also given by %s; one file may give it",
				s.Key, s.Slot, other.place.text())}
		}
		seen[settingID{s.Slot, s.Key}] = f
		a.Settings = append(a.Settings, s)
	}
	a.Settings = sorted(a.Settings)
	return a, nil
}
