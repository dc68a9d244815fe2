package arm

import "slices"

// WellKnown returns a fresh copy of the settings files that agents and tools find by their names; docs/settings.md
// has them as a table, with where each is documented.
//
// Where several agents have a file in the trees that are read, the slot of each is its agent's name ("codex",
// or "opencode-small") instead of "main" (or "small"): their settings are independent, and mixing them would
// make an arm that nobody runs. ForAgent keeps one agent's files and so its plain slots.
//
// Cline has no file in a repository that names a model. No variable of a dotenv file is well known but aider's own:
// what OPENAI_MODEL or MODEL means is up to the application, so the configuration has to name it.
func WellKnown() []Watch {
	return slices.Concat(codex(), claudeCode(), gemini(), openCode(), qwen(), pi(), copilot(), crush(), liteLLM(), promptfoo(), aider(), continues())
}

// of marks the files of an agent.
func of(agent string, watches ...Watch) []Watch {
	for i := range watches {
		watches[i].WellKnown, watches[i].Agent = true, agent
	}
	return watches
}

type keys = map[Key]string

func codex() []Watch {
	const path = ".codex/config.toml"
	return of("codex",
		Watch{Path: path, Slot: MainSlot, Selectors: keys{Model: "$.model", Provider: "$.model_provider", Effort: "$.model_reasoning_effort",
			ServiceTier: "$.service_tier", BaseURL: "$.openai_base_url", Profile: "$.profile"}},
		Watch{Path: path, Slot: "profile", Each: "$.profiles", Selectors: keys{Model: "model", Provider: "model_provider",
			Effort: "model_reasoning_effort", ServiceTier: "service_tier"}})
}

// claudeCode reads the committed file and the local one. The latter is usually ignored by git; where it is committed
// after all, the agent lets it win.
func claudeCode() []Watch {
	var out []Watch
	for rank, path := range []string{".claude/settings.json", ".claude/settings.local.json"} {
		out = append(out, Watch{Path: path, Slot: MainSlot, Rank: rank,
			Selectors: keys{Model: "$.model", Effort: "$.effortLevel", BaseURL: "$.env.ANTHROPIC_BASE_URL",
				ThinkingBudget: "$.env.MAX_THINKING_TOKENS", MaxOutputTokens: "$.env.CLAUDE_CODE_MAX_OUTPUT_TOKENS"},
			// The settings' own environment beats the settings' model.
			Overrides: keys{Model: "$.env.ANTHROPIC_MODEL", Effort: "$.env.CLAUDE_CODE_EFFORT_LEVEL"}})
		for _, other := range [][2]string{{"small", "ANTHROPIC_SMALL_FAST_MODEL"}, {"opus", "ANTHROPIC_DEFAULT_OPUS_MODEL"},
			{"sonnet", "ANTHROPIC_DEFAULT_SONNET_MODEL"}, {"haiku", "ANTHROPIC_DEFAULT_HAIKU_MODEL"}, {"subagent", "CLAUDE_CODE_SUBAGENT_MODEL"}} {
			out = append(out, Watch{Path: path, Slot: other[0], Rank: rank, Selectors: keys{Model: "$.env." + other[1]}})
		}
	}
	return of("claude-code", out...)
}

func gemini() []Watch {
	const path, generate = ".gemini/settings.json", "modelConfig.generateContentConfig."
	options := keys{ThinkingBudget: generate + "thinkingConfig.thinkingBudget", Effort: generate + "thinkingConfig.thinkingLevel",
		Temperature: generate + "temperature", MaxOutputTokens: generate + "maxOutputTokens"}
	alias := Watch{Path: path, Slot: "alias", Each: "$.modelConfigs.customAliases", Selectors: keys{Model: "modelConfig.model"}}
	override := Watch{Path: path, Slot: "override", Each: "$.modelConfigs.customOverrides", Name: "match.model", Selectors: keys{}}
	for key, at := range options {
		alias.Selectors[key], override.Selectors[key] = at, at
	}
	return of("gemini", Watch{Path: path, Slot: MainSlot, Selectors: keys{Model: "$.model.name"}}, alias, override)
}

// openCode runs its agent "build" when no other is asked for, whose settings go before the top ones.
func openCode() []Watch {
	var out []Watch
	for i, path := range []string{"opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"} {
		out = append(out,
			Watch{Path: path, Slot: MainSlot, Rank: i / 2, SplitProvider: true,
				Selectors: keys{Model: "$.model", Effort: "$.agent.build.reasoningEffort", Temperature: "$.agent.build.temperature"},
				Overrides: keys{Model: "$.agent.build.model"}},
			Watch{Path: path, Slot: "small", Rank: i / 2, SplitProvider: true, Selectors: keys{Model: "$.small_model"}},
			Watch{Path: path, Slot: "agent", Rank: i / 2, SplitProvider: true, Each: "$.agent",
				Selectors: keys{Model: "model", Effort: "reasoningEffort", Temperature: "temperature"}})
	}
	return of("opencode", out...)
}

func qwen() []Watch {
	const generation = "$.model.generationConfig."
	return of("qwen", Watch{Path: ".qwen/settings.json", Slot: MainSlot, Selectors: keys{Model: "$.model.name", BaseURL: "$.security.auth.baseUrl",
		Temperature: generation + "samplingParams.temperature", MaxOutputTokens: generation + "samplingParams.max_tokens", Effort: generation + "reasoning.effort"}})
}

func pi() []Watch {
	return of("pi", Watch{Path: ".pi/settings.json", Slot: MainSlot,
		Selectors: keys{Model: "$.defaultModel", Provider: "$.defaultProvider", Effort: "$.defaultThinkingLevel"}})
}

func copilot() []Watch {
	var out []Watch
	for rank, path := range []string{".github/copilot/settings.json", ".github/copilot/settings.local.json"} {
		out = append(out, Watch{Path: path, Slot: MainSlot, Rank: rank, Selectors: keys{Model: "$.model", Effort: "$.effortLevel"}})
	}
	return of("copilot", out...)
}

func crush() []Watch {
	var out []Watch
	for rank, path := range []string{"crush.json", ".crush.json"} {
		for _, size := range [][2]string{{MainSlot, "large"}, {"small", "small"}} {
			at := "$.models." + size[1] + "."
			out = append(out, Watch{Path: path, Slot: size[0], Rank: rank, Selectors: keys{Model: at + "model", Provider: at + "provider",
				Effort: at + "reasoning_effort", MaxOutputTokens: at + "max_tokens", Temperature: at + "temperature"}})
		}
	}
	return of("crush", out...)
}

// liteLLM has no fixed name for its file. The names that its documentation uses may be anybody's.
func liteLLM() []Watch {
	var out []Watch
	for _, path := range []string{"config.yaml", "litellm_config.yaml", "litellm-config.yaml", "litellm/config.yaml"} {
		out = append(out, Watch{Path: path, Shared: true, Form: LiteLLM, Each: "$.model_list", Name: "model_name",
			Selectors: keys{Model: "litellm_params.model", Effort: "litellm_params.reasoning_effort", Temperature: "litellm_params.temperature",
				MaxOutputTokens: "litellm_params.max_tokens", ThinkingBudget: "litellm_params.thinking.budget_tokens",
				ServiceTier: "litellm_params.service_tier", BaseURL: "litellm_params.api_base"}})
	}
	return of("litellm", out...)
}

func promptfoo() []Watch {
	var out []Watch
	for _, path := range []string{"promptfooconfig.yaml", "promptfooconfig.yml", "promptfooconfig.json"} {
		for _, list := range []string{"$.providers", "$.targets"} {
			out = append(out, Watch{Path: path, Form: Promptfoo, Each: list, Name: "label",
				Selectors: keys{Model: "id", Effort: "config.reasoning_effort", Temperature: "config.temperature", MaxOutputTokens: "config.max_tokens",
					ThinkingBudget: "config.thinking.budget_tokens", ServiceTier: "config.service_tier", BaseURL: "config.apiBaseUrl"},
				Overrides: keys{Effort: "config.reasoning.effort", MaxOutputTokens: "config.max_output_tokens"}})
		}
	}
	return of("promptfoo", out...)
}

// aider prefers its variables, which it reads from .env at the root too, to its file.
func aider() []Watch {
	const path = ".aider.conf.yml"
	return of("aider",
		Watch{Path: path, Slot: MainSlot, Form: LiteLLM, Selectors: keys{Model: "$.model", Effort: "$.reasoning-effort",
			ThinkingBudget: "$.thinking-tokens", BaseURL: "$.openai-api-base"}},
		Watch{Path: path, Slot: "weak", Form: LiteLLM, Selectors: keys{Model: "$.weak-model"}},
		Watch{Path: path, Slot: "editor", Form: LiteLLM, Selectors: keys{Model: "$.editor-model"}},
		Watch{Path: ".env", Slot: MainSlot, Rank: 1, Shared: true, Form: LiteLLM, Selectors: keys{Model: "AIDER_MODEL",
			Effort: "AIDER_REASONING_EFFORT", ThinkingBudget: "AIDER_THINKING_TOKENS", BaseURL: "AIDER_OPENAI_API_BASE"}},
		Watch{Path: ".env", Slot: "weak", Rank: 1, Shared: true, Form: LiteLLM, Selectors: keys{Model: "AIDER_WEAK_MODEL"}},
		Watch{Path: ".env", Slot: "editor", Rank: 1, Shared: true, Form: LiteLLM, Selectors: keys{Model: "AIDER_EDITOR_MODEL"}})
}

// continues is what Continue reads; config.json is its older file.
func continues() []Watch {
	const old = ".continue/config.json"
	var out []Watch
	for _, path := range []string{".continue/config.yaml", ".continue/config.yml"} {
		out = append(out, Watch{Path: path, Rank: 1, Each: "$.models", Name: "name", Selectors: keys{Model: "model", Provider: "provider", BaseURL: "apiBase",
			Temperature: "defaultCompletionOptions.temperature", MaxOutputTokens: "defaultCompletionOptions.maxTokens",
			ThinkingBudget: "defaultCompletionOptions.reasoningBudgetTokens"}})
	}
	out = append(out,
		Watch{Path: old, Each: "$.models", Name: "title", Selectors: keys{Model: "model", Provider: "provider", BaseURL: "apiBase",
			Temperature: "completionOptions.temperature", MaxOutputTokens: "completionOptions.maxTokens"}},
		Watch{Path: old, Slot: "autocomplete", Selectors: keys{Model: "$.tabAutocompleteModel.model", Provider: "$.tabAutocompleteModel.provider",
			BaseURL: "$.tabAutocompleteModel.apiBase"}})
	return of("continue", out...)
}
