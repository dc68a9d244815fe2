// Package arm reads the two sides of a pull request's model change, as data.
//
// It knows where model settings live in a file tree and which of them a change touches. It refuses to know
// processes, networks, git and GitHub: it is given fs.FS values and imports nothing that could run or send
// anything, because the tree of the head is written by the pull request's author.
package arm

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// Key names one model setting. The set is open: a key that is not listed here is carried along unchanged.
type Key string

// The keys that the other packages know how to apply.
const (
	Model           Key = "model"
	Provider        Key = "provider"
	Effort          Key = "effort"            // reasoning effort, in the provider's own words
	Temperature     Key = "temperature"       // decimal number as written
	MaxOutputTokens Key = "max_output_tokens" // whole number as written
	ThinkingBudget  Key = "thinking_budget"   // tokens as written: a whole number, -1 for the model's own choice, or 8k
	ServiceTier     Key = "service_tier"
	Deployment      Key = "deployment" // what Azure calls a model that someone has set up; it does not say which one it is
	API             Key = "api"        // word for the provider's interface where a file writes one, such as "responses"
	BaseURL         Key = "base_url"   // never applied from a head: it could redirect keys
	Profile         Key = "profile"    // says which other settings count; never applied from a head, and not followed
)

// MainSlot is the slot of settings when an application uses one model only. Applications that use several
// have more slots, such as "small".
const MainSlot = "main"

// Source is the place of a value in a file tree.
type Source = document.Source

// Selector is the place of one value in a settings file.
type Selector = document.Selector

// ParseSelector reads a selector, such as "$.a.b", "$.a[0].b", "$['a b'].c" or the name of a dotenv variable; see
// document.ParseSelector.
func ParseSelector(s string) (Selector, error) { return document.ParseSelector(s) }

// Setting is one value of one side.
type Setting struct {
	Slot   string `json:"slot"`
	Key    Key    `json:"key"`
	Value  string `json:"value"` // the scalar as a string, without quotes
	Source Source `json:"source"`
}

// Arm is the complete model settings of one side. Settings are sorted by slot and key and unique in them.
type Arm struct {
	Settings []Setting `json:"settings"`
}

// Get returns the value of a key in a slot.
func (a Arm) Get(slot string, key Key) (value string, ok bool) {
	s, ok := a.setting(slot, key)
	return s.Value, ok
}

func (a Arm) setting(slot string, key Key) (Setting, bool) {
	i := slices.IndexFunc(a.Settings, func(s Setting) bool { return s.Slot == slot && s.Key == key })
	if i < 0 {
		return Setting{}, false
	}
	return a.Settings[i], true
}

// Model returns the model of the main slot, or "" when the arm declares none.
func (a Arm) Model() string { v, _ := a.Get(MainSlot, Model); return v }

// Slots returns the names of the slots, MainSlot first.
func (a Arm) Slots() []string {
	var out []string
	for _, s := range a.Settings {
		if !slices.Contains(out, s.Slot) {
			out = append(out, s.Slot)
		}
	}
	slices.SortFunc(out, func(x, y string) int {
		switch {
		case x == MainSlot:
			return -1
		case y == MainSlot:
			return 1
		}
		return strings.Compare(x, y)
	})
	return out
}

// With returns a copy of the arm in which the given settings replace those of the same slot and key.
func (a Arm) With(settings ...Setting) Arm {
	out := slices.Clone(a.Settings)
	for _, s := range settings {
		i := slices.IndexFunc(out, func(o Setting) bool { return o.Slot == s.Slot && o.Key == s.Key })
		if i < 0 {
			out = append(out, s)
		} else {
			out[i] = s
		}
	}
	return Arm{Settings: sorted(out)}
}

// Without returns a copy of the arm that does not have the key in the slot.
func (a Arm) Without(slot string, key Key) Arm {
	var out []Setting
	for _, s := range a.Settings {
		if s.Slot != slot || s.Key != key {
			out = append(out, s)
		}
	}
	return Arm{Settings: out}
}

func sorted(s []Setting) []Setting {
	slices.SortFunc(s, func(x, y Setting) int {
		return cmp.Or(strings.Compare(x.Slot, y.Slot), strings.Compare(string(x.Key), string(y.Key)))
	})
	return s
}

// Change is one difference between the merge base and the head. Base or Head is empty with its Has flag
// false where that side does not have the value.
type Change struct {
	Slot    string `json:"slot,omitempty"`
	Key     Key    `json:"key,omitempty"`
	Base    string `json:"base"`
	Head    string `json:"head"`
	HasBase bool   `json:"has_base"`
	HasHead bool   `json:"has_head"`
	Source  Source `json:"source"` // in the head, or in the merge base where the head has removed it
	// Why says, for a change that is not applied, why.
	Why string `json:"why,omitempty"`
}

// Finding is something about the two trees that a reader of the report must know.
type Finding struct {
	Code   string `json:"code"` // stable, such as "model-outside-watched-files"
	Text   string `json:"text"` // one sentence; contains text of the pull request, so escape it
	Source Source `json:"source"`
	// Withhold is set when a verdict would be about something else than the pull request, such as a
	// changed base URL that is not applied.
	Withhold bool `json:"withhold,omitempty"`
}

// Pair is both arms and what lies between them. The base arm is the base branch's tip; the head arm is the
// same tip with the changed values applied, so that a stale branch does not show main's own change reversed.
type Pair struct {
	Base       Arm       `json:"base"`
	Head       Arm       `json:"head"`
	Changes    []Change  `json:"changes"`     // settings changed and applied
	NotApplied []Change  `json:"not_applied"` // what else changed in the watched files, and settings that are never taken from a head
	Findings   []Finding `json:"findings"`
}

// Changed reports whether the pull request changes a model setting that is applied or one that makes the
// verdict be withheld. False means that there is nothing to measure.
func (p Pair) Changed() bool {
	return len(p.Changes) > 0 || slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Withhold })
}
