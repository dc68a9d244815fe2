package arm

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm/treefile"
	"github.com/pertask/pertask/internal/document"
)

// Watch is one file that holds settings of one slot, and where in the file they are. Its format follows from
// its name: .yaml and .yml, .json and .jsonc, .toml, and .env, .env.local, prod.env or dotenv.
type Watch struct {
	Path string // slash-separated, from the root of the repository
	Slot string // MainSlot when empty
	// Selectors has the place of each setting in the file; see ParseSelector.
	Selectors map[Key]string
	// Overrides has places that win over Selectors where they have a value, such as an environment variable
	// that the program prefers to its own key.
	Overrides map[Key]string
	// SplitProvider says that the value of Model is written "provider/model" and gives both settings. A value
	// without a slash is a model alone. Selectors must not name Provider.
	SplitProvider bool
	// Form says how the value of Model is written where it gives more settings than that; SplitProvider is short for
	// the form ProviderModel. Selectors must not name the others.
	Form Form
	// Each is the place of a list or a mapping of which every element has a slot of its own; Selectors and Overrides
	// start at the element. An entry of a mapping has the slot of its key, after Slot and a dash if Slot is given.
	// An element that is a single value is a model.
	Each string
	// Name is the place of an element's name in it, which it has the slot of; it says that Each is a list. Elements
	// with a name are found by it in every tree, whatever their order, those without have the slot Slot. Several of
	// one name are numbered.
	Name string
	// Main is the name of the element of a list that has MainSlot in place of a slot of its own name. Elements without a
	// name then have the slot "unnamed", and one whose name is MainSlot has "element-main"; Slot is not given.
	Main string
	// Rank says which of several well-known files of one agent counts for a setting that they all give: the one of
	// the highest rank. Of equal ranks only one may give it.
	Rank int
	// Shared says that other programs have files of this name too. One that cannot be read, or that has nothing at
	// any place of the watch, is taken for theirs.
	Shared bool
	// WellKnown marks a file that an agent finds by its name. Such a file may be absent without a finding, and
	// a rename takes it away from the agent instead of being followed.
	WellKnown bool
	// Agent is the name of the agent that reads a well-known file, such as "codex".
	Agent string
}

// slot returns the slot before well-known files of several agents are told apart.
func (w Watch) slot() string {
	if w.Slot == "" {
		return MainSlot
	}
	return w.Slot
}

// ForAgent returns the watches without the well-known files of other agents. Watches of the configuration stay.
func ForAgent(watches []Watch, agent string) []Watch {
	var out []Watch
	for _, w := range watches {
		if !w.WellKnown || w.Agent == agent {
			out = append(out, w)
		}
	}
	return out
}

// CheckWatches reports what is wrong with a list of watches, before any file is read: a path that leaves the
// repository, a format that is not known, a selector that cannot be read, or two watches of the configuration
// that give the same setting. Compare, Read and Rewrite call it themselves.
func CheckWatches(watches []Watch) error {
	_, err := prepare(watches)
	return err
}

// place is one selector of a watch, ready to be used.
type place struct {
	watch    *Watch
	key      Key
	selector Selector
	override bool   // wins over the place of the same watch and key without override
	slot     string // before the slots of several agents are told apart
	each     *each  // set for a place in every element, which expand turns into places of elements
	element  bool   // a place in one element
}

// each says where the elements are that a watch has places in.
type each struct {
	list, name Selector
}

// agentSlot returns the slot that the place has where its agent shares a slot with another file.
func (p place) agentSlot() string {
	if p.slot == MainSlot {
		return p.watch.Agent
	}
	return p.watch.Agent + "-" + p.slot
}

// group tells the places apart that are about different settings. Of the places of one group, the one of the
// highest level that has a value counts.
func (p place) group() string {
	owner := fmt.Sprintf("%p", p.watch)
	if p.watch.WellKnown {
		owner = p.watch.Agent
	}
	return owner + "\x00" + p.slot + "\x00" + string(p.key)
}

const overrideLevel = 1 << 20

func (p place) level() int {
	n := p.watch.Rank
	if p.override {
		n += overrideLevel
	}
	return n
}

// settingID tells settings apart in one arm.
type settingID struct {
	slot string
	key  Key
}

// text names the place in an error or a finding.
func (p place) text() string { return p.watch.Path + " " + p.selector.String() }

// prepare validates the watches and returns their places: watches in order, keys sorted, overrides first.
func prepare(watches []Watch) ([]place, error) {
	var out []place
	given := map[settingID]place{}
	for i := range watches {
		w := watches[i]
		if err := checkWatch(w); err != nil {
			return nil, fmt.Errorf("watch %d: %w", i+1, err)
		}
		places, err := placesOf(&w)
		if err != nil {
			return nil, fmt.Errorf("watch %d: %w", i+1, err)
		}
		for _, p := range places {
			out = append(out, p)
			if w.WellKnown || p.each != nil {
				continue
			}
			for _, key := range p.keys() {
				s := settingID{p.slot, key}
				if other, ok := given[s]; ok && (other.watch != p.watch || other.override == p.override) {
					return nil, fmt.Errorf("%s of slot %q is given twice, by %s and by %s; give one of them another slot", key, s.slot, other.text(), p.text())
				}
				given[s] = p
			}
		}
	}
	return out, nil
}

func checkWatch(w Watch) error {
	if err := treefile.CheckPath(w.Path); err != nil {
		return err
	}
	if _, err := document.FormatOf(w.Path); err != nil {
		return err
	}
	if w.WellKnown && w.Agent == "" {
		return fmt.Errorf("%s: a well-known file without the name of its agent", w.Path)
	}
	if err := checkForm(w); err != nil {
		return err
	}
	if len(w.Selectors)+len(w.Overrides) == 0 {
		return fmt.Errorf("%s: no selector; name at least one setting, such as model: $.model", w.Path)
	}
	return nil
}

func checkForm(w Watch) error {
	if w.SplitProvider && w.Form != "" && w.Form != ProviderModel {
		return fmt.Errorf("%s: two forms of a model", w.Path)
	}
	parts := w.form().Parts()
	if parts == nil {
		return fmt.Errorf("%s: form %q is not known", w.Path, document.Shorten(string(w.Form), 60))
	}
	for _, name := range parts[1:] {
		key := Key(name)
		if w.Selectors[key] != "" || w.Overrides[key] != "" {
			return fmt.Errorf("%s: the %s is given twice, in the model's value and on its own", w.Path, key)
		}
	}
	if w.Each == "" && w.Name != "" {
		return fmt.Errorf("%s: a name of elements without a list of them", w.Path)
	}
	if w.Main != "" && (w.Name == "" || w.Slot != "" || !isSlotName(w.Main)) {
		return fmt.Errorf("%s: the main element needs a list, a name that a slot can have, and no slot", w.Path)
	}
	return nil
}

func placesOf(w *Watch) ([]place, error) {
	var out []place
	in, err := eachOf(w)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		selectors map[Key]string
		override  bool
	}{{w.Overrides, true}, {w.Selectors, false}} {
		for _, key := range slices.Sorted(maps.Keys(part.selectors)) {
			if key == "" {
				return nil, fmt.Errorf("%s: a setting without a name", w.Path)
			}
			sel, err := ParseSelector(part.selectors[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", w.Path, key, err)
			}
			out = append(out, place{watch: w, key: key, selector: sel, override: part.override, slot: w.slot(), each: in})
		}
	}
	return out, nil
}

// eachOf reads where the elements of a watch are; nil for a watch that has none.
func eachOf(w *Watch) (*each, error) {
	if w.Each == "" {
		return nil, nil
	}
	list, err := ParseSelector(w.Each)
	if err != nil {
		return nil, fmt.Errorf("%s: each: %w", w.Path, err)
	}
	out := &each{list: list}
	if w.Name == "" {
		return out, nil
	}
	if out.name, err = ParseSelector(w.Name); err != nil {
		return nil, fmt.Errorf("%s: name: %w", w.Path, err)
	}
	if strings.ContainsAny(w.Name, "[]") {
		return nil, fmt.Errorf("%s: name: keys with dots between them are allowed", w.Path)
	}
	return out, nil
}
