// Package known is the table of the settings files that agents and tools find by their names.
//
// It knows paths and the places of values in them. It refuses to know how a file is read, and what becomes of a value:
// it is data for package arm, whose Watch says what each field means.
package known

import "slices"

// File is one watch of a file that belongs to an agent or a tool.
type File struct {
	Agent, Path, Slot    string
	Each, Name           string
	Form                 string
	Rank                 int
	Shared               bool
	Selectors, Overrides map[string]string // by the names of the keys of package arm
}

// The names that the table uses; they are those of package arm.
const (
	mainSlot        = "main"
	model           = "model"
	provider        = "provider"
	effort          = "effort"
	temperature     = "temperature"
	maxOutputTokens = "max_output_tokens"
	thinkingBudget  = "thinking_budget"
	serviceTier     = "service_tier"
	baseURL         = "base_url"
	profile         = "profile"
	providerModel   = "provider/model"
	liteLLMForm     = "litellm"
	promptfooForm   = "promptfoo"
)

// Files returns a fresh copy of the table. docs/settings.md has it with where each file is documented.
//
// Cline has no file in a repository that names a model. No variable of a dotenv file is well known but aider's own:
// what OPENAI_MODEL or MODEL means is up to the application, so the configuration has to name it.
func Files() []File {
	return slices.Concat(codex(), claudeCode(), gemini(), openCode(), qwen(), pi(), copilot(), crush(), liteLLM(), promptfoo(), aider(), continues())
}

// of marks the files of an agent.
func of(agent string, files ...File) []File {
	for i := range files {
		files[i].Agent = agent
	}
	return files
}

type keys = map[string]string

func codex() []File {
	const path = ".codex/config.toml"
	return of("codex",
		File{Path: path, Slot: mainSlot, Selectors: keys{model: "$.model", provider: "$.model_provider", effort: "$.model_reasoning_effort",
			serviceTier: "$.service_tier", baseURL: "$.openai_base_url", profile: "$.profile"}},
		File{Path: path, Slot: "profile", Each: "$.profiles", Selectors: keys{model: "model", provider: "model_provider",
			effort: "model_reasoning_effort", serviceTier: "service_tier"}})
}

// claudeCode reads the committed file and the local one. The latter is usually ignored by git; where it is committed
// after all, the agent lets it win.
func claudeCode() []File {
	var out []File
	for rank, path := range []string{".claude/settings.json", ".claude/settings.local.json"} {
		out = append(out, File{Path: path, Slot: mainSlot, Rank: rank,
			Selectors: keys{model: "$.model", effort: "$.effortLevel", baseURL: "$.env.ANTHROPIC_BASE_URL",
				thinkingBudget: "$.env.MAX_THINKING_TOKENS", maxOutputTokens: "$.env.CLAUDE_CODE_MAX_OUTPUT_TOKENS"},
			// The settings' own environment beats the settings' model.
			Overrides: keys{model: "$.env.ANTHROPIC_MODEL", effort: "$.env.CLAUDE_CODE_EFFORT_LEVEL"}})
		for _, other := range [][2]string{{"small", "ANTHROPIC_SMALL_FAST_MODEL"}, {"opus", "ANTHROPIC_DEFAULT_OPUS_MODEL"},
			{"sonnet", "ANTHROPIC_DEFAULT_SONNET_MODEL"}, {"haiku", "ANTHROPIC_DEFAULT_HAIKU_MODEL"}, {"subagent", "CLAUDE_CODE_SUBAGENT_MODEL"}} {
			out = append(out, File{Path: path, Slot: other[0], Rank: rank, Selectors: keys{model: "$.env." + other[1]}})
		}
	}
	return of("claude-code", out...)
}

func gemini() []File {
	const path, generate = ".gemini/settings.json", "modelConfig.generateContentConfig."
	options := keys{thinkingBudget: generate + "thinkingConfig.thinkingBudget", effort: generate + "thinkingConfig.thinkingLevel",
		temperature: generate + "temperature", maxOutputTokens: generate + "maxOutputTokens"}
	alias := File{Path: path, Slot: "alias", Each: "$.modelConfigs.customAliases", Selectors: keys{model: "modelConfig.model"}}
	override := File{Path: path, Slot: "override", Each: "$.modelConfigs.customOverrides", Name: "match.model", Selectors: keys{}}
	for key, at := range options {
		alias.Selectors[key], override.Selectors[key] = at, at
	}
	return of("gemini", File{Path: path, Slot: mainSlot, Selectors: keys{model: "$.model.name"}}, alias, override)
}

// openCode runs its agent "build" when no other is asked for, whose settings go before the top ones.
func openCode() []File {
	var out []File
	for i, path := range []string{"opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"} {
		out = append(out,
			File{Path: path, Slot: mainSlot, Rank: i / 2, Form: providerModel,
				Selectors: keys{model: "$.model", effort: "$.agent.build.reasoningEffort", temperature: "$.agent.build.temperature"},
				Overrides: keys{model: "$.agent.build.model"}},
			File{Path: path, Slot: "small", Rank: i / 2, Form: providerModel, Selectors: keys{model: "$.small_model"}},
			File{Path: path, Slot: "agent", Rank: i / 2, Form: providerModel, Each: "$.agent",
				Selectors: keys{model: "model", effort: "reasoningEffort", temperature: "temperature"}})
	}
	return of("opencode", out...)
}

func qwen() []File {
	const sampling = "$.model.generationConfig.samplingParams."
	return of("qwen", File{Path: ".qwen/settings.json", Slot: mainSlot,
		Selectors: keys{model: "$.model.name", effort: "$.model.reasoningEffort", temperature: sampling + "temperature",
			maxOutputTokens: sampling + "max_tokens", baseURL: "$.security.auth.baseUrl"},
		Overrides: keys{baseURL: "$.model.baseUrl"}})
}

func pi() []File {
	return of("pi", File{Path: ".pi/settings.json", Slot: mainSlot,
		Selectors: keys{model: "$.defaultModel", provider: "$.defaultProvider", effort: "$.defaultThinkingLevel"}})
}

func copilot() []File {
	var out []File
	for rank, path := range []string{".github/copilot/settings.json", ".github/copilot/settings.local.json"} {
		out = append(out, File{Path: path, Slot: mainSlot, Rank: rank, Selectors: keys{model: "$.model", effort: "$.effortLevel"}})
	}
	return of("copilot", out...)
}

func crush() []File {
	var out []File
	for rank, path := range []string{"crush.json", ".crush.json"} {
		for _, size := range [][2]string{{mainSlot, "large"}, {"small", "small"}} {
			at := "$.models." + size[1] + "."
			out = append(out, File{Path: path, Slot: size[0], Rank: rank, Selectors: keys{model: at + "model", provider: at + "provider",
				effort: at + "reasoning_effort", maxOutputTokens: at + "max_tokens", temperature: at + "temperature"}})
		}
	}
	return of("crush", out...)
}

// liteLLM has no fixed name for its file. The names that its documentation uses may be anybody's.
func liteLLM() []File {
	var out []File
	for _, path := range []string{"config.yaml", "litellm_config.yaml", "litellm-config.yaml", "litellm/config.yaml"} {
		out = append(out, File{Path: path, Shared: true, Form: liteLLMForm, Each: "$.model_list", Name: "model_name",
			Selectors: keys{model: "litellm_params.model", effort: "litellm_params.reasoning_effort", temperature: "litellm_params.temperature",
				maxOutputTokens: "litellm_params.max_tokens", thinkingBudget: "litellm_params.thinking.budget_tokens",
				serviceTier: "litellm_params.service_tier", baseURL: "litellm_params.api_base"}})
	}
	return of("litellm", out...)
}

func promptfoo() []File {
	var out []File
	for _, path := range []string{"promptfooconfig.yaml", "promptfooconfig.yml", "promptfooconfig.json"} {
		for _, list := range []string{"$.providers", "$.targets"} {
			out = append(out, File{Path: path, Form: promptfooForm, Each: list, Name: "label",
				Selectors: keys{model: "id", effort: "config.reasoning_effort", temperature: "config.temperature", maxOutputTokens: "config.max_tokens",
					thinkingBudget: "config.thinking.budget_tokens", serviceTier: "config.service_tier", baseURL: "config.apiBaseUrl"},
				Overrides: keys{effort: "config.reasoning.effort", maxOutputTokens: "config.max_output_tokens"}})
		}
	}
	return of("promptfoo", out...)
}

// aider prefers its variables, which it reads from .env at the root too, to its file.
func aider() []File {
	const path = ".aider.conf.yml"
	return of("aider",
		File{Path: path, Slot: mainSlot, Form: liteLLMForm, Selectors: keys{model: "$.model", effort: "$.reasoning-effort",
			thinkingBudget: "$.thinking-tokens", baseURL: "$.openai-api-base"}},
		File{Path: path, Slot: "weak", Form: liteLLMForm, Selectors: keys{model: "$.weak-model"}},
		File{Path: path, Slot: "editor", Form: liteLLMForm, Selectors: keys{model: "$.editor-model"}},
		File{Path: ".env", Slot: mainSlot, Rank: 1, Shared: true, Form: liteLLMForm, Selectors: keys{model: "AIDER_MODEL",
			effort: "AIDER_REASONING_EFFORT", thinkingBudget: "AIDER_THINKING_TOKENS", baseURL: "AIDER_OPENAI_API_BASE"}},
		File{Path: ".env", Slot: "weak", Rank: 1, Shared: true, Form: liteLLMForm, Selectors: keys{model: "AIDER_WEAK_MODEL"}},
		File{Path: ".env", Slot: "editor", Rank: 1, Shared: true, Form: liteLLMForm, Selectors: keys{model: "AIDER_EDITOR_MODEL"}})
}

// continues is what Continue reads; config.json is its older file.
func continues() []File {
	const old = ".continue/config.json"
	var out []File
	for _, path := range []string{".continue/config.yaml", ".continue/config.yml"} {
		out = append(out, File{Path: path, Rank: 1, Each: "$.models", Name: "name", Selectors: keys{model: "model", provider: "provider", baseURL: "apiBase",
			temperature: "defaultCompletionOptions.temperature", maxOutputTokens: "defaultCompletionOptions.maxTokens",
			thinkingBudget: "defaultCompletionOptions.reasoningBudgetTokens"}})
	}
	out = append(out,
		File{Path: old, Each: "$.models", Name: "title", Selectors: keys{model: "model", provider: "provider", baseURL: "apiBase",
			temperature: "completionOptions.temperature", maxOutputTokens: "completionOptions.maxTokens"}},
		File{Path: old, Slot: "autocomplete", Selectors: keys{model: "$.tabAutocompleteModel.model", provider: "$.tabAutocompleteModel.provider",
			baseURL: "$.tabAutocompleteModel.apiBase"}})
	return of("continue", out...)
}
