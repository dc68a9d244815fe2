package format

import "github.com/pertask/pertask/meter/salt"

// Where the prompts of the formats begin.
var (
	saltChat = salt.Recipe{
		Prompts: [][]string{{"messages", "content", "text"}},
		New:     `{"role":"system","content":"%s"}`, List: "messages",
		Tools: [][]string{{"tools", "function|custom"}, {"functions"}, {"response_format", "json_schema"}},
		Mark:  "cache_control", Keys: []string{"prompt_cache_key"},
		Foreign: []string{"prompt_id", "preset"}, // prompts that OpenRouter and LiteLLM keep
	}
	saltResponses = salt.Recipe{
		Prompts: [][]string{{"instructions"}}, New: `"instructions":"%s"`,
		Tools: [][]string{{"tools"}, {"input", "tools"}, {"text", "format"}},
		Keys:  []string{"prompt_cache_key"}, Foreign: []string{"prompt"},
	}
	saltMessages = salt.Recipe{
		Prompts: [][]string{{"system", "text"}, {"messages", "content", "text"}}, New: `"system":"%s"`,
		Tools: [][]string{{"tools"}}, Mark: "cache_control",
	}
	saltInvoke = func() salt.Recipe {
		r := saltMessages
		r.Needs = "anthropic_version"
		return r
	}()
	saltConverse = salt.Recipe{
		Prompts: [][]string{{"system", "text"}, {"messages", "content", "text"}}, New: `"system":[{"text":"%s"}]`,
		Tools: [][]string{{"toolConfig", "tools", "toolSpec"}}, Mark: "cachePoint", Foreign: []string{"promptVariables"},
	}
	saltGenerate = salt.Recipe{
		Prompts: [][]string{{"systemInstruction", "parts", "text"}, {"contents", "parts", "text"}},
		New:     `"systemInstruction":{"parts":[{"text":"%s"}]}`,
		Tools:   [][]string{{"tools", "functionDeclarations"}}, Foreign: []string{"cachedContent"},
	}
	saltInteraction = salt.Recipe{
		Prompts: [][]string{{"system_instruction"}}, New: `"system_instruction":"%s"`,
		Tools: [][]string{{"tools"}}, Foreign: []string{"cached_content"},
	}
	saltOllamaChat = salt.Recipe{
		Prompts: [][]string{{"messages", "content"}}, New: `{"role":"system","content":"%s"}`, List: "messages",
		Tools: [][]string{{"tools", "function"}},
	}
	saltOllamaGenerate = salt.Recipe{Prompts: [][]string{{"system"}, {"prompt"}}}
)
