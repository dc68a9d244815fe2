package harness

// crush is Charm's Crush. Beside the file that is written here it takes settings from the project, which wins, so they
// have to be hidden. It has no output to read: what it consumed is in a database. It falls back to another model when it
// does not know the one that it is given, so one at a server of one's own is declared.
func crush() Agent {
	known := func(wire, upstream, url string) Speech {
		return Speech{Wire: wire, Upstreams: []string{upstream}, Set: map[string]string{"id": upstream, "url": url}}
	}
	custom := func(wire, kind string) Speech {
		return Speech{Wire: wire, Set: map[string]string{"id": "pertask", "url": "{base}", "type": kind, "custom": "{model}"}}
	}
	selected := func(slot string) map[string]any {
		return map[string]any{
			"provider": "{" + slot + "id}", "model": "{" + slot + "model}", "reasoning_effort": "{" + slot + "effort}",
			"max_tokens": Number("{" + slot + "max_output_tokens}"), "temperature": Number("{" + slot + "temperature}"),
		}
	}
	provider := func(slot string) map[string]any {
		return map[string]any{"base_url": "{" + slot + "url}", "type": "{" + slot + "type}", "api_key": "{token}",
			"models": []any{When{slot + "custom", declared(slot)}}}
	}
	return Agent{
		Name: "crush", Program: "crush", Package: "@charmland/crush", Tested: "",
		Speaks: []Speech{
			known(responses, "openai", "{base}"),
			known(messages, "anthropic", "{base}"),
			custom(chat, "openai-compat"),
			custom(messages, "anthropic"),
		},
		Argv:  [][]string{{"run", "--quiet"}},
		Stdin: "{prompt}",
		Env:   map[string]string{"DO_NOT_TRACK": "1"},
		Files: map[string]map[string]any{".config/crush/crush.json": {
			"models":    map[string]any{"large": selected(""), "small": When{"small.model", selected("small.")}},
			"providers": map[string]any{"{id}": provider(""), "{small.id}": provider("small.")},
			"options":   map[string]any{"disable_metrics": true, "disable_provider_auto_update": true, "data_directory": "{home}/.local/share/crush-data"},
		}},
		// It runs crushrc as a script, and loads .env before it looks for its files.
		Hide: []string{"crush.json", ".crush.json", "crushrc", ".crushrc", ".crush", ".env"},
	}
}

// declared is a model that the agent does not know. The numbers are those that other agents take for such models.
func declared(slot string) map[string]any {
	return map[string]any{
		"id": "{" + slot + "model}", "name": "{" + slot + "model}", "context_window": 128000, "default_max_tokens": 16384,
		"can_reason": When{slot + "effort", true},
	}
}
