package suspect_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/arm/suspect"
	"github.com/pertask/pertask/internal/document"
)

var models = []string{"gpt-5.4", "gpt-5.5", "claude-opus-5-5", "anthropic.claude-opus-5-5-v1:0", "gemini-3.5-flash", "GPT-5.2"}

func place(t *testing.T, s string) document.Selector {
	t.Helper()
	at, err := document.ParseSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var kinds = map[suspect.Kind]string{suspect.None: "", suspect.Model: "model", suspect.Setting: "setting", suspect.Redirect: "redirect"}

// TestKeys has places of the files of agents and tools, with values that say nothing themselves.
func TestKeys(t *testing.T) {
	tests := map[string]string{
		"setting": `$.model_verbosity $.model_reasoning_summary $.plan_mode_reasoning_effort $.review_model $.oss_provider
			$.profiles.fast.model_verbosity $.alwaysThinkingEnabled $.fastMode $.fallbackModel[0]
			$.modelOverrides.x $.env.CLAUDE_CODE_DISABLE_THINKING $.env.CLAUDE_CODE_USE_BEDROCK $.env.DISABLE_PROMPT_CACHING
			$.env.CLAUDE_CODE_EXTRA_BODY $.env.ANTHROPIC_BETAS $.agent.build.variant $.agent.plan.top_p $.agent.x.options.thinking.type
			$.agent.reviewer.thinking.budgetTokens $.default_agent $.agent.mcp-helper.variant $.provider.x.models.y.options.effort $.provider.x.npm
			$.modelProviders.openai[0].id $.modelProviders.openai[0].generationConfig.enable_x $.security.auth.selectedType
			$.modelConfigs.customAliases.x.extends $.modelConfigs.customOverrides[0].match.overrideScope $.model.maxSessionTurns
			$.modelThinkingLevels.x $.thinkingBudgets.high $.enabledModels[2] $.contextTier $.models.large.think $.models.large.provider_options.x
			$.router_settings.routing_strategy $.router_settings.model_group_alias.x $.router_settings.fallbacks[0].x[1]
			$.litellm_settings.default_fallbacks[0] $.model_list[0].litellm_params.top_p $.model_list[0].litellm_params.thinking.type
			$.alias[0] $.cache-prompts $.map-tokens $.architect $.model-settings-file $.defaultTest.options.provider
			$.providers[0].config.top_p $.models[0].defaultCompletionOptions.reasoning $.embeddingsProvider.x $.topK $.general.previewFeatures $.models[0].contextLength
			$.limits['GPT-5.4'] $.mcpServers.x.env.DEFAULT_MODEL`,
		"redirect": `$.chatgpt_base_url $.env.OPENAI_BASE_URL $.env.HTTPS_PROXY $.proxy $.api_host $.openai-api-base $.provider.x.options.baseURL
			$.provider.x.api.endpoint $.modelProviders.openai[0].baseUrl $.models[0].requestOptions.proxy $.environment_variables.ANTHROPIC_API_BASE
			$.endpoints[0] $.mcpServers.x.env.OPENAI_BASE_URL $.API_URL $.apibase`,
		"": `$.description $.agent.x.description $.agent.x.prompt $.agent.x.color $.agent.x.mode $.agent.x.permission.edit $.agent.thinking-reviewer.mode
			$.command.model-review.template $.command.x.agent $.permissions.allow[0] $.permissions.defaultMode $.permission.bash.model
			$.allowedTools[0] $.tools.exclude[1] $.agent.x.tools.model-router $.permissions.model $.hooks.Stop[0].hooks[0].command
			$.hooks.Stop[0].hooks[0].url $.mcpServers.sequential-thinking.command $.mcpServers.sequential-thinking.args[0]
			$.mcp.x.url $.mcpServers.x.httpUrl $.mcpServers.x.env.API_URL $.mcp_servers.x.env.HOST $.enabledMcpjsonServers[0] $.enabledPlugins['model-router@x']
			$.extraKnownMarketplaces.x.source.url $.telemetry.otlpEndpoint $.env.OTEL_EXPORTER_OTLP_ENDPOINT $.otel.exporter.x.endpoint
			$.ui.showModelInfo $.hide_agent_reasoning $.show-model-warnings $.hideThinkingBlock $.keybinds.model_list $.theme $.tui.x
			$.statusLine.command $['$schema'] $.context.fileName[0] $.context[0].provider $.docs[0].startUrl $.server.hostname
			$.general_settings.database_url $.general_settings.master_key $.litellm_settings.cache_params.host $.litellm_settings.drop_params
			$.model_list[0].model_info.mode $.models[0].roles[1] $.models[0].name $.models[0].apiKey $.provider.x.options.apiKey
			$.provider.x.options.timeout $.provider.x.models.y.cost.input $.provider.x.models.y.name $.tests[0].vars.model $.options.disable_provider_auto_update
			$.sandbox.network.httpProxyPort $.sharing.apiBaseUrl $.autoMemoryEnabled $.auto-commits $.notice.model_migrations.x $._comment
			$.project_doc_fallback_filenames[0] $.costs['gpt-5.4'].x $.model_list[0].litellm_params.input_cost_per_token
			$.general_settings.proxy_batch_write_at $.general_settings.store_model_in_db $.model.openAILoggingDir $.skills.urls[0]
			$.enterprise.url $.shell_environment_policy.exclude[0] $.retry.provider.maxRetryDelayMs $.retry.baseDelayMs`,
	}
	f := suspect.New(models)
	for want, places := range tests {
		for s := range strings.FieldsSeq(places) {
			for _, v := range []suspect.Value{
				{A: &document.Value{Text: "1"}, B: &document.Value{Text: "2"}}, {A: &document.Value{Text: "on"}}, {B: &document.Value{Text: "x"}}} {
				v.At, v.Near = place(t, s), true
				if got := kinds[f.Kind(v)]; got != want {
					t.Errorf("%s is %q, want %q", s, got, want)
				}
				v.A, v.B = &document.Value{Text: "same"}, &document.Value{Text: "same"}
				if got := f.Kind(v); got != suspect.None {
					t.Errorf("%s with equal values is %q", s, kinds[got])
				}
			}
		}
	}
}

func TestValues(t *testing.T) {
	tests := []struct{ at, value, want string }{
		{"$.x", "gpt-5.4", "model"},
		{"$.x", " GPT-5.4 ", "model"},
		{"$.x", "gpt-5.2", "model"},
		{"$.x", "openai/gpt-5.4", "model"},
		{"$.x", "openrouter/openai/gpt-5.4", "model"},
		{"$.x", "openai:chat:gpt-5.4", "model"},
		{"$.x", "fast:gpt-5.4", "model"},
		{"$.x", "gpt-5.4,gpt-5.5", "model"},
		{"$.x", "claude-opus-5-5[1m]", "model"},
		{"$.x", "claude-opus-5-5-20261001", "model"},
		{"$.x", "claude-opus-5-5@20261001", "model"},
		{"$.x", "anthropic.claude-opus-5-5-v1:0", "model"},
		{"$.args[3]", "--model=gpt-5.4", "model"},
		{"$.mcpServers.x.args[3]", "gpt-5.4", "model"},
		{"$.x", "gpt-5.4-mini", ""},
		{"$.x", "my-gpt-5.4", ""},
		{"$.x", "We use gpt-5.4 here.", ""},
		{"$.x", "./prompts/gpt-5.4", ""},
		{"$.x", "/srv/gpt-5.4", ""},
		{"$.x", "prompts/gpt-5.4/*.md", ""},
		{"$.x", "docs/gpt-5.4.md", ""},
		{"$.x", "Bash(codex:gpt-5.4)", ""},
		{"$.x", strings.Repeat("gpt-5.4,", 100), ""},
		{"$.x", "", ""},
		{"$.description", "gpt-5.4", ""},
		{"$.agent.x.prompt", "gpt-5.4", ""},
		{"$.tools[0]", "gpt-5.4", ""},
		{"$.permissions.allow[0]", "gpt-5.4", ""},
		{"$.tools.planner.model", "gpt-5.4", "model"},
		{"$.agent.x.tool.model", "openai/gpt-5.4", "model"},
		{"$.ask.review_models[0]", "gpt-5.4", "model"},
		{"$.tools.planner.effort", "gpt-5.4", ""},
		{"$.tools.planner.model", "allow", ""},
		{"$.notice.model_migrations['gpt-5.4']", "gpt-5.5", ""},
		{"$.tests[0].vars.model", "gpt-5.4", ""},
		{"$.model_info.base_model", "gpt-5.4", ""},
		{"$.set-env[0]", "OPENAI_API_BASE=https://x.example", "redirect"},
		{"$.set-env[0]", "AIDER_REASONING_EFFORT=high", "setting"},
		{"$.set-env[0]", "EDITOR=vi", ""},
		{"$.args[0]", "--api-base=x", ""},
		{"$.agent.thinking", "{}", ""},
		{"$.detect-urls", "true", ""},
		{"$.proxy", "false", ""},
		{"$.proxy", "http://x.example", "redirect"},
		{"$.mcpServers.sequential-thinking", "{}", ""},
		{"$.thinking", "{}", "setting"},
	}
	for _, tt := range tests {
		got := suspect.New(models).Kind(suspect.Value{At: place(t, tt.at), B: &document.Value{Text: tt.value}, Near: true})
		if kinds[got] != tt.want {
			t.Errorf("%s with %q is %q, want %q", tt.at, tt.value, kinds[got], tt.want)
		}
		if got := suspect.New(nil).Kind(suspect.Value{At: place(t, "$.x"), A: &document.Value{Text: tt.value}}); got == suspect.Model {
			t.Errorf("%q is a model where none is known", tt.value)
		}
	}
}

// TestFar has places of files that are an application's own.
func TestFar(t *testing.T) {
	tests := map[string]string{
		"setting":  "$.reviewer.model $.reviewer.reasoning_effort $.verbosity $.x.temperature $.x.max_tokens",
		"redirect": "$.openai.base_url.anthropic_url $.OPENAI_API_BASE $.llm_endpoint",
		"":         "$.service.url $.cloud.provider $.billing.tier $.dns.alias $.HTTP_PROXY $.product.variant $.storage.endpoint $.db.host",
	}
	for want, places := range tests {
		for s := range strings.FieldsSeq(places) {
			if got := kinds[suspect.New(nil).Kind(suspect.Value{At: place(t, s), B: &document.Value{Text: "x"}})]; got != want {
				t.Errorf("%s is %q, want %q", s, got, want)
			}
		}
	}
}

func TestProvidersInUse(t *testing.T) {
	tests := []struct {
		at   string
		used []string
		want string
	}{
		{"$.model_providers.azure.base_url", []string{"azure"}, "redirect"},
		{"$.model_providers.azure.wire_api", []string{"Azure"}, "setting"},
		{"$.model_providers.azure.base_url", []string{"openai"}, ""},
		{"$.model_providers.azure.wire_api", []string{"openai"}, ""},
		{"$.model_providers.azure.base_url", nil, "redirect"},
		{"$.provider.azure.options.baseURL", []string{"openai"}, ""},
		{"$.provider.openai.options.baseURL", []string{"x", "openai"}, "redirect"},
		{"$.options.provider.config.temperature", []string{"openai"}, "setting"},
		{"$.providers[0].config.top_p", []string{"openai"}, "setting"},
	}
	for _, tt := range tests {
		v := suspect.Value{At: place(t, tt.at), B: &document.Value{Text: "x"}, Near: true, Providers: tt.used}
		if got := kinds[suspect.New(nil).Kind(v)]; got != tt.want {
			t.Errorf("%s with %q in use is %q, want %q", tt.at, tt.used, got, tt.want)
		}
	}
}

// TestDepth holds that a setting is found as deep as a program may have one, and that a model is found anywhere.
func TestDepth(t *testing.T) {
	f := suspect.New(models)
	at := document.Selector{}
	for depth := 1; depth < 60; depth++ {
		want := suspect.Setting
		if depth > 32 {
			want = suspect.None
		}
		v := suspect.Value{At: at.Key("effort"), B: &document.Value{Text: "high"}}
		if got := f.Kind(v); got != want {
			t.Errorf("at depth %d: %q, want %q", depth, kinds[got], kinds[want])
		}
		v.B.Text = "gpt-5.4"
		if got := f.Kind(v); got != suspect.Model {
			t.Errorf("a model at depth %d is %q", depth, kinds[got])
		}
		at = at.Key("x")
	}
}

// TestLongKeys has keys that no setting has: their words are not read, nor is time lost with them.
func TestLongKeys(t *testing.T) {
	f := suspect.New(models)
	at := document.Selector{}.Key(strings.Repeat("model_", 50_000))
	for range 20_000 {
		if got := f.Kind(suspect.Value{At: at.Key("x"), B: &document.Value{Text: "y"}, Near: true}); got != suspect.None {
			t.Fatalf("a key of 300 KB is %q", kinds[got])
		}
	}
}

// FuzzKind holds that equal values are nothing, that the order of the trees does not matter, and that a model is found only
// where its name is.
func FuzzKind(f *testing.F) {
	f.Add("$.env.OPENAI_BASE_URL", "a", "b", true, "openai")
	f.Add("$.provider.x.models['gpt-5.4'][0]", "{}", "gpt-5.4", false, "x")
	f.Add("$.a[?b=c].modelProviders.d", "A_B=c", "fast:gpt-5.5[1m],x", true, "")
	f.Fuzz(func(t *testing.T, at, a, b string, near bool, used string) {
		s, err := document.ParseSelector(at)
		if err != nil {
			return
		}
		v := suspect.Value{At: s, A: &document.Value{Text: a}, B: &document.Value{Text: b}, Near: near, Providers: []string{used}}
		finder := suspect.New(models)
		kind := finder.Kind(v)
		v.A, v.B = v.B, v.A
		if other := finder.Kind(v); other != kind {
			t.Errorf("%s is %q, and %q the other way round", at, kinds[kind], kinds[other])
		}
		if a == b && kind != suspect.None {
			t.Errorf("%s with equal values is %q", at, kinds[kind])
		}
		if kind == suspect.Model && !strings.Contains(strings.ToLower(a+b), "gpt-") && !strings.Contains(strings.ToLower(a+b), "claude-") && !strings.Contains(strings.ToLower(a+b), "gemini-") {
			t.Errorf("%q or %q is a model", a, b)
		}
	})
}
