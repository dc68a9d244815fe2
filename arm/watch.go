package arm

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

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

// agentSlot returns the slot that the watch has where its agent shares a slot with another file.
func (w Watch) agentSlot() string {
	if w.slot() == MainSlot {
		return w.Agent
	}
	return w.Agent + "-" + w.slot()
}

// WellKnown returns a fresh copy of the settings files that agents find by their names.
//
// Where several agents have a file in the trees that are read, the slot of each is its agent's name ("codex",
// or "opencode-small") instead of "main" (or "small"): their settings are independent, and mixing them would
// make an arm that nobody runs. ForAgent keeps one agent's files and so its plain slots.
func WellKnown() []Watch {
	opencode := func(path string) []Watch {
		return []Watch{
			{Path: path, Slot: MainSlot, SplitProvider: true, WellKnown: true, Agent: "opencode",
				Selectors: map[Key]string{Model: "$.model"}},
			{Path: path, Slot: "small", SplitProvider: true, WellKnown: true, Agent: "opencode",
				Selectors: map[Key]string{Model: "$.small_model"}},
		}
	}
	out := []Watch{
		{Path: ".codex/config.toml", Slot: MainSlot, WellKnown: true, Agent: "codex",
			Selectors: map[Key]string{
				Model: "$.model", Provider: "$.model_provider", Effort: "$.model_reasoning_effort",
				ServiceTier: "$.service_tier", BaseURL: "$.openai_base_url",
			}},
		{Path: ".claude/settings.json", Slot: MainSlot, WellKnown: true, Agent: "claude-code",
			Selectors: map[Key]string{
				Model: "$.model", Effort: "$.effortLevel", BaseURL: "$.env.ANTHROPIC_BASE_URL",
			},
			// The settings' own environment beats the settings' model.
			Overrides: map[Key]string{Model: "$.env.ANTHROPIC_MODEL"}},
		{Path: ".gemini/settings.json", Slot: MainSlot, WellKnown: true, Agent: "gemini",
			Selectors: map[Key]string{Model: "$.model.name"}},
	}
	out = append(out, opencode("opencode.json")...)
	return append(out, opencode("opencode.jsonc")...)
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
	override bool // wins over the place of the same watch and key without override
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
			if w.WellKnown {
				continue
			}
			for _, key := range p.keys() {
				s := settingID{w.slot(), key}
				if other, ok := given[s]; ok && (other.watch != p.watch || other.override == p.override) {
					return nil, fmt.Errorf("%s of slot %q is given twice, by %s and by %s; give one of them another slot", key, s.slot, other.text(), p.text())
				}
				given[s] = p
			}
		}
	}
	return out, nil
}

// keys returns the settings that the place gives.
func (p place) keys() []Key {
	if p.watch.SplitProvider && p.key == Model {
		return []Key{Model, Provider}
	}
	return []Key{p.key}
}

func checkWatch(w Watch) error {
	if err := checkPath(w.Path); err != nil {
		return err
	}
	if _, err := document.FormatOf(w.Path); err != nil {
		return err
	}
	if w.WellKnown && w.Agent == "" {
		return fmt.Errorf("%s: a well-known file without the name of its agent", w.Path)
	}
	if w.SplitProvider && (w.Selectors[Provider] != "" || w.Overrides[Provider] != "") {
		return fmt.Errorf("%s: the provider is given twice, in the model's value and on its own", w.Path)
	}
	if len(w.Selectors)+len(w.Overrides) == 0 {
		return fmt.Errorf("%s: no selector; name at least one setting, such as model: $.model", w.Path)
	}
	return nil
}

// checkPath refuses what could leave the tree, and what no file in git is called.
func checkPath(p string) error {
	if !fs.ValidPath(p) || p == "." || strings.ContainsAny(p, "\x00\n\r") {
		return fmt.Errorf("path %q is not allowed; write it with slashes from the root of the repository, without '..'", document.Shorten(p, 200))
	}
	return nil
}

func placesOf(w *Watch) ([]place, error) {
	var out []place
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
			out = append(out, place{watch: w, key: key, selector: sel, override: part.override})
		}
	}
	return out, nil
}
