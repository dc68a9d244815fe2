package arm

import (
	"fmt"
	"io/fs"
	"strings"

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
	t, err := readTree("", fsys, watches, places, nil)
	if err != nil {
		return Arm{}, err
	}
	a, err := armOf(t.found, sharedAgents(t.found))
	return a, onSide(err, "")
}

// tree is one file tree, read.
type tree struct {
	side  string    // its name in errors; "" when only one is read
	docs  documents // without those that are not there
	found []found
	arm   Arm // only filled by Compare
}

// documents are the settings files of a tree by the path of their watch.
type documents map[string]*document.Document

// readTree reads the watched files. locate gives the path at which a watched file stands in the tree; nil is
// for the path of the watch.
func readTree(side string, fsys fs.FS, watches []Watch, places []place, locate func(Watch) (string, error)) (tree, error) {
	docs, err := load(fsys, watches, locate)
	if err != nil {
		return tree{}, onSide(err, side)
	}
	found, err := lookUp(docs, places)
	return tree{side: side, docs: docs, found: found}, onSide(err, side)
}

func load(fsys fs.FS, watches []Watch, locate func(Watch) (string, error)) (documents, error) {
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
		content, err := readFile(fsys, at)
		if err != nil {
			return nil, err
		}
		if content == nil {
			continue
		}
		if out[w.Path], err = document.Parse(at, content); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// found is a setting in a tree, with what it was found by.
type found struct {
	place   place
	value   document.Value // what stands at the place
	setting Setting        // without its slot
}

// lookUp finds what the places give in a tree. A place that loses to an override of its watch gives nothing.
func lookUp(docs documents, places []place) ([]found, error) {
	var out []found
	type won struct {
		watch *Watch
		key   Key
	}
	overridden := map[won]bool{}
	for _, p := range places {
		d := docs[p.watch.Path]
		if d == nil {
			continue
		}
		v, ok, err := d.Scalar(p.selector)
		if err != nil {
			return nil, err
		}
		if !ok || overridden[won{p.watch, p.key}] {
			continue
		}
		if p.override {
			overridden[won{p.watch, p.key}] = true
		}
		src := v.Source
		src.Selector = p.selector.String()
		for _, kv := range p.split(v.Text) {
			out = append(out, found{place: p, value: v, setting: Setting{Key: kv.key, Value: kv.value, Source: src}})
		}
	}
	return out, nil
}

type keyValue struct {
	key   Key
	value string
}

// split returns the settings that the value at a place stands for. join is its inverse.
func (p place) split(value string) []keyValue {
	if p.watch.SplitProvider && p.key == Model {
		provider, model, ok := strings.Cut(value, "/")
		if ok && provider != "" && model != "" {
			return []keyValue{{Model, model}, {Provider, provider}}
		}
	}
	return []keyValue{{p.key, value}}
}

// join returns the value to write at a place for an arm, or false when the arm does not have the setting.
func (p place) join(a Arm, slot string) (string, bool, error) {
	value, ok := a.Get(slot, p.key)
	if !p.watch.SplitProvider || p.key != Model {
		return value, ok, nil
	}
	provider, has := a.Get(slot, Provider)
	joined := value
	if has {
		joined = provider + "/" + value
	}
	if has && !ok {
		return "", false, fmt.Errorf("%s: a provider without a model cannot be written as provider/model", p.text())
	}
	if !ok {
		return "", false, nil
	}
	back := p.split(joined)
	if back[0].value != value || (len(back) == 2) != has || (has && back[1].value != provider) {
		return "", false, fmt.Errorf("%s: provider %q and model %q cannot be written as provider/model", p.text(), document.Shorten(provider, 60), document.Shorten(value, 60))
	}
	return joined, true, nil
}

// sharedAgents returns the agents whose well-known files share a slot with other files of any of the trees.
func sharedAgents(trees ...[]found) map[string]bool {
	users := map[string]map[string]bool{} // slot -> agents, "" for the configuration
	for _, tree := range trees {
		for _, f := range tree {
			slot := f.place.watch.slot()
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

// slotOf returns the slot of a watch when some agents have slots of their own.
func slotOf(w *Watch, shared map[string]bool) string {
	if w.WellKnown && shared[w.Agent] {
		return w.agentSlot()
	}
	return w.slot()
}

// armOf puts the settings of a tree together.
func armOf(tree []found, shared map[string]bool) (Arm, error) {
	var a Arm
	seen := map[settingID]found{}
	for _, f := range tree {
		s := f.setting
		s.Slot = slotOf(f.place.watch, shared)
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
