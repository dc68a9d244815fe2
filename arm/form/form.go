// Package form knows how files write a model whose provider is a part of the value.
//
// It knows texts, and refuses to know where they stand. A text that does not have the form of its file is told apart
// from one that has: what it means is never guessed.
package form

import (
	"regexp"
	"slices"
	"strings"
)

// Form says how a value is written. The zero value is the model alone.
type Form string

// The forms.
const (
	// ProviderModel is "provider/model". A value without a slash is a model alone.
	ProviderModel Form = "provider/model"
	// LiteLLM is ProviderModel as litellm and aider read it: "azure/..." names a deployment and no model; a wildcard
	// and a reference to the environment are not understood.
	LiteLLM Form = "litellm"
	// Promptfoo is "provider:model" or "provider:api:model", such as "openai:chat:gpt-5.4".
	Promptfoo Form = "promptfoo"
)

// The parts of a value, by the names of the settings that package arm makes of them.
const (
	Model      = "model"
	Provider   = "provider"
	Deployment = "deployment"
	API        = "api"
)

var parts = map[Form][]string{
	"":            {Model},
	ProviderModel: {Model, Provider},
	LiteLLM:       {Model, Provider, Deployment},
	Promptfoo:     {Model, Provider, Deployment, API},
}

// Parts returns the parts that a value of the form may have, the model first; nil for a form that is not known.
func (f Form) Parts() []string { return parts[f] }

// Part is one part of a value.
type Part struct{ Name, Text string }

// Split returns the parts of a value, or what is wrong with it. Join is its inverse.
func (f Form) Split(value string) (out []Part, wrong string) {
	switch f {
	case ProviderModel:
		return splitSlash(value), ""
	case LiteLLM:
		return splitLiteLLM(value)
	case Promptfoo:
		return splitPromptfoo(value)
	}
	return []Part{{Model, value}}, ""
}

// Join returns the value that has the parts, or false when the form has no such value.
func (f Form) Join(list []Part) (string, bool) {
	text := map[string]string{}
	for _, p := range list {
		text[p.Name] = p.Text
	}
	out := text[Model] + text[Deployment]
	separator := "/"
	if f == Promptfoo {
		separator = ":"
		if text[API] != "" {
			out = text[API] + separator + out
		}
	}
	if text[Provider] != "" {
		out = text[Provider] + separator + out
	}
	back, wrong := f.Split(out)
	return out, wrong == "" && slices.Equal(inOrder(back), inOrder(list))
}

func inOrder(list []Part) []Part {
	return slices.SortedFunc(slices.Values(list), func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9._:/@+ -]+$`)

// IsName reports whether a text can be the name of a model, a provider or something else that is a part of command
// lines, requests and reports: letters, digits, spaces inside and . _ : / @ + - in it, and no - in front.
func IsName(s string) bool {
	return namePattern.MatchString(s) && !strings.HasPrefix(s, "-") && strings.TrimSpace(s) == s
}

func splitSlash(value string) []Part {
	provider, model, ok := strings.Cut(value, "/")
	if ok && provider != "" && model != "" {
		return []Part{{Model, model}, {Provider, provider}}
	}
	return []Part{{Model, value}}
}

// azure are the names of providers whose models go by deployments: the name of one is chosen by who makes it.
var azure = []string{"azure", "azure_text", "azureopenai"}

func splitLiteLLM(value string) ([]Part, string) {
	switch {
	case strings.HasPrefix(value, "os.environ/"):
		return nil, "a reference to the environment; the name of a model is allowed"
	case !isModelText(value):
		return nil, "not the name of a model; provider/model or a model is allowed"
	}
	out := splitSlash(value)
	if len(out) == 2 && slices.Contains(azure, out[1].Text) {
		out[0].Name = Deployment
	}
	return out, ""
}

// isModelText refuses wildcards, templates and what else no model is called, so that it is reported instead of
// being taken for a name.
func isModelText(s string) bool {
	return IsName(s) && !strings.HasPrefix(s, "/") && !strings.HasSuffix(s, "/")
}

// promptfooAPIs are the providers of promptfoo that are understood, with the words that may stand before the model.
// Other words there, and providers that are programs, files or addresses, are not understood.
var promptfooAPIs = map[string][]string{
	"openai":      {"chat", "completion", "responses"},
	"azure":       {"chat", "completion", "responses"},
	"azureopenai": {"chat", "completion", "responses"},
	"anthropic":   {"messages", "completion"},
	"ollama":      {"chat", "completion"},
	"bedrock":     {"converse"},
	"google":      nil, "vertex": nil, "mistral": nil, "deepseek": nil, "groq": nil, "xai": nil, "openrouter": nil,
	"cohere": nil, "cerebras": nil,
}

// notPromptfooModels are second words of promptfoo's providers that choose another thing than a model.
var notPromptfooModels = strings.Fields(`chat completion responses messages converse assistant embedding embeddings embed
	moderation image video speech transcription realtime live agent agents agentkit chatkit codex codex-sdk codex-app-server
	claude-agent-sdk claude-code kb knowledge-base ft foundry-agent`)

func splitPromptfoo(value string) ([]Part, string) {
	const allowed = "provider:model with a provider that is a model server, such as openai:gpt-5.4 or anthropic:messages:claude-opus-5-5, is allowed"
	provider, rest, ok := strings.Cut(value, ":")
	apis, known := promptfooAPIs[provider]
	if !ok || !known {
		return nil, "not a provider that is understood; " + allowed
	}
	api, model, ok := strings.Cut(rest, ":")
	if !ok || !slices.Contains(apis, api) {
		api, model = "", rest
	}
	first, _, _ := strings.Cut(model, ":")
	// Without a word for the API, a colon in the model is part of some ids of Bedrock and Ollama only.
	odd := api == "" && (slices.Contains(notPromptfooModels, first) || first != model && provider != "bedrock" && provider != "ollama")
	if odd || !isModelText(model) {
		return nil, "not a model that is understood; " + allowed
	}
	out := []Part{{Model, model}, {Provider, provider}}
	if slices.Contains(azure, provider) {
		out[0].Name = Deployment
	}
	if api != "" {
		out = append(out, Part{API, api})
	}
	return out, ""
}
