package arm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// Form says how a file writes a model whose provider is a part of the value. The zero value is the model alone.
type Form string

// The forms that are understood. A value that does not have the form of its file is reported and gives no setting:
// what it means is never guessed.
const (
	// ProviderModel is "provider/model". A value without a slash is a model alone.
	ProviderModel Form = "provider/model"
	// LiteLLM is ProviderModel as litellm and aider read it: "azure/..." names a deployment and no model; a wildcard
	// and a reference to the environment are not understood.
	LiteLLM Form = "litellm"
	// Promptfoo is "provider:model" or "provider:api:model", such as "openai:chat:gpt-5.4".
	Promptfoo Form = "promptfoo"
)

// formKeys are the settings that one value of a form gives.
var formKeys = map[Form][]Key{
	"":            {Model},
	ProviderModel: {Model, Provider},
	LiteLLM:       {Model, Provider, Deployment},
	Promptfoo:     {Model, Provider, Deployment, API},
}

// form returns how the watch's value of Model is written.
func (w Watch) form() Form {
	if w.Form == "" && w.SplitProvider {
		return ProviderModel
	}
	return w.Form
}

// keys returns the settings that the place gives.
func (p place) keys() []Key {
	if p.key == Model {
		return formKeys[p.watch.form()]
	}
	return []Key{p.key}
}

type keyValue struct {
	key   Key
	value string
}

// split returns the settings that the value at a place stands for, or what is wrong with it. join is its inverse.
func (p place) split(value string) (out []keyValue, wrong string) {
	if p.key != Model {
		return []keyValue{{p.key, value}}, ""
	}
	switch p.watch.form() {
	case ProviderModel:
		return splitSlash(value), ""
	case LiteLLM:
		return splitLiteLLM(value)
	case Promptfoo:
		return splitPromptfoo(value)
	}
	return []keyValue{{Model, value}}, ""
}

func splitSlash(value string) []keyValue {
	provider, model, ok := strings.Cut(value, "/")
	if ok && provider != "" && model != "" {
		return []keyValue{{Model, model}, {Provider, provider}}
	}
	return []keyValue{{Model, value}}
}

// azure are the names of providers whose models go by deployments: the name of one is chosen by who makes it.
var azure = []string{"azure", "azure_text", "azureopenai"}

func splitLiteLLM(value string) ([]keyValue, string) {
	switch {
	case strings.HasPrefix(value, "os.environ/"):
		return nil, "a reference to the environment; the name of a model is allowed"
	case !isModelText(value):
		return nil, "not the name of a model; provider/model or a model is allowed"
	}
	out := splitSlash(value)
	if len(out) == 2 && slices.Contains(azure, out[1].value) {
		out[0].key = Deployment
	}
	return out, ""
}

// isModelText refuses wildcards, templates and what else no model is called, so that it is reported instead of
// being taken for a name.
func isModelText(s string) bool {
	return namePattern.MatchString(s) && !strings.HasPrefix(s, "-") && strings.TrimSpace(s) == s &&
		!strings.HasPrefix(s, "/") && !strings.HasSuffix(s, "/")
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

func splitPromptfoo(value string) ([]keyValue, string) {
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
	out := []keyValue{{Model, model}, {Provider, provider}}
	if slices.Contains(azure, provider) {
		out[0].key = Deployment
	}
	if api != "" {
		out = append(out, keyValue{API, api})
	}
	return out, ""
}

// join returns the value to write at a place for an arm, or false when the arm does not have the setting.
func (p place) join(a Arm, slot string) (string, bool, error) {
	if p.key != Model || p.watch.form() == "" {
		value, ok := a.Get(slot, p.key)
		return value, ok, nil
	}
	var want []keyValue
	value := map[Key]string{}
	for _, key := range p.keys() {
		if v, ok := a.Get(slot, key); ok {
			want = append(want, keyValue{key, v})
			value[key] = v
		}
	}
	if len(want) == 0 {
		return "", false, nil
	}
	joined := value[Model] + value[Deployment]
	separator := "/"
	if p.watch.form() == Promptfoo {
		separator = ":"
		if value[API] != "" {
			joined = value[API] + separator + joined
		}
	}
	if value[Provider] != "" {
		joined = value[Provider] + separator + joined
	}
	if back, wrong := p.split(joined); wrong != "" || !slices.Equal(inOrder(back), inOrder(want)) {
		return "", false, fmt.Errorf("%s: %s cannot be written as %s", p.text(), listKeys(want), p.watch.form())
	}
	return joined, true, nil
}

func inOrder(list []keyValue) []keyValue {
	return slices.SortedFunc(slices.Values(list), func(a, b keyValue) int { return strings.Compare(string(a.key), string(b.key)) })
}

func listKeys(list []keyValue) string {
	var out []string
	for _, kv := range inOrder(list) {
		out = append(out, fmt.Sprintf("%s %q", kv.key, document.Shorten(kv.value, 60)))
	}
	return strings.Join(out, " with ")
}
