package arm

import "github.com/pertask/pertask/arm/known"

// WellKnown returns a fresh copy of the settings files that agents and tools find by their names; docs/settings.md
// has them as a table, and package known as data.
//
// Where several agents have a file in the trees that are read, the slot of each is its agent's name ("codex",
// or "opencode-small") instead of "main" (or "small"): their settings are independent, and mixing them would
// make an arm that nobody runs. ForAgent keeps one agent's files and so its plain slots.
func WellKnown() []Watch {
	var out []Watch
	for _, f := range known.Files() {
		out = append(out, Watch{Path: f.Path, Slot: f.Slot, Selectors: byKey(f.Selectors), Overrides: byKey(f.Overrides), Form: Form(f.Form),
			Each: f.Each, Name: f.Name, Rank: f.Rank, Shared: f.Shared, WellKnown: true, Agent: f.Agent})
	}
	return out
}

func byKey(places map[string]string) map[Key]string {
	out := make(map[Key]string, len(places))
	for name, at := range places {
		out[Key(name)] = at
	}
	return out
}
