package pricecase

import (
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/price"
)

// protocol is what is spoken, by the kind of answer.
type protocol int

// The protocols. The zero value is none that is known.
const (
	unheard protocol = iota
	chat
	responses
	compaction
	messages
	gemini
	interactions
	converse
	invoke
	ollamaChat
	ollamaGenerate
	codex
	free
)

// api is how a request is made.
type api struct {
	protocol      protocol
	stream, batch bool
}

// plain spells a name in lower case, with "_" for everything that is neither a letter nor a digit.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.TrimSpace(s))
}

// protocols are the words by which the name of an API tells the protocol. The first that is in the name counts.
var protocols = []struct {
	word string
	is   protocol
}{
	{"count_tokens", free}, {"counttokens", free}, {"token_counting", free}, {"input_tokens", free}, {"list_models", free},
	{"codex", codex}, {"token_count", codex},
	{"interaction", interactions},
	{"generate_content", gemini}, {"generatecontent", gemini},
	{"converse", converse},
	{"invoke", invoke}, {"raw_predict", messages}, {"rawpredict", messages},
	{"ollama_generate", ollamaGenerate}, {"api_generate", ollamaGenerate},
	{"ollama_chat", ollamaChat}, {"api_chat", ollamaChat}, {"native_chat", ollamaChat},
	{"compact", compaction}, {"response", responses},
	{"message", messages},
	{"chat", chat}, {"completion", chat},
	{"generate", ollamaGenerate},
	{"gemini", gemini}, {"ollama", ollamaChat},
}

// apiOf reads the name of an API. Where the name says nothing, the provider's own API is meant.
func apiOf(name string, d format.Dialect) api {
	name = plain(name)
	a := api{stream: strings.Contains(name, "stream"), batch: strings.Contains(name, "batch")}
	i := slices.IndexFunc(protocols, func(p struct {
		word string
		is   protocol
	}) bool {
		return strings.Contains(name, p.word)
	})
	switch own := ownAPI[d]; {
	case i >= 0:
		a.protocol = protocols[i].is
	case slices.Contains([]string{"", "batch", "stream", "native", "default"}, name):
		a.protocol = own
	}
	if d == format.Ollama && (name == "chat" || name == "") {
		a.protocol = ollamaChat // its own route is /api/chat; OpenAI's is called chat completions
	}
	return a
}

// ownAPI is what a provider's customers mostly speak. A dialect that is not listed speaks several.
var ownAPI = map[format.Dialect]protocol{
	format.Azure: chat, format.XAI: chat, format.DeepSeek: chat, format.OpenRouter: chat, format.Groq: chat, format.Mistral: chat,
	format.LiteLLM: chat, format.Anthropic: messages, format.Gemini: gemini, format.Bedrock: converse, format.Ollama: ollamaChat,
}

// party is who answers, and who bills.
type party struct {
	dialect format.Dialect
	book    string // the provider's name in the price book; "" for who bills nothing itself
}

// parties are the usual names.
var parties = map[string]party{
	"openai": {format.OpenAI, "openai"}, "openai_api": {format.OpenAI, "openai"}, "codex": {format.OpenAI, "openai"}, "chatgpt": {format.OpenAI, "openai"},
	"azure": {format.Azure, "azure-openai"}, "azure_openai": {format.Azure, "azure-openai"}, "azure_ai": {format.Azure, "azure-openai"},
	"microsoft": {format.Azure, "azure-openai"}, "azure_foundry": {format.Azure, "azure-openai"}, "openai_azure": {format.Azure, "azure-openai"},
	"anthropic": {format.Anthropic, "anthropic"}, "claude": {format.Anthropic, "anthropic"},
	"google": {format.Gemini, "google"}, "gemini": {format.Gemini, "google"}, "google_ai": {format.Gemini, "google"}, "google_gemini": {format.Gemini, "google"},
	"google_genai": {format.Gemini, "google"}, "google_ai_studio": {format.Gemini, "google"}, "gemini_api": {format.Gemini, "google"},
	"vertex": {format.Vertex, "vertex"}, "google_vertex": {format.Vertex, "vertex"}, "vertex_ai": {format.Vertex, "vertex"},
	"google_vertex_ai": {format.Vertex, "vertex"}, "gcp": {format.Vertex, "vertex"}, "gcp_vertex": {format.Vertex, "vertex"},
	"google_cloud": {format.Vertex, "vertex"}, "google_vertex_anthropic": {format.Vertex, "vertex"}, "vertex_anthropic": {format.Vertex, "vertex"},
	"bedrock": {format.Bedrock, "bedrock"}, "aws": {format.Bedrock, "bedrock"}, "aws_bedrock": {format.Bedrock, "bedrock"},
	"amazon_bedrock": {format.Bedrock, "bedrock"}, "amazon": {format.Bedrock, "bedrock"}, "bedrock_runtime": {format.Bedrock, "bedrock"},
	"openrouter": {format.OpenRouter, "openrouter"}, "open_router": {format.OpenRouter, "openrouter"},
	"x_ai": {format.XAI, "x-ai"}, "xai": {format.XAI, "x-ai"}, "grok": {format.XAI, "x-ai"},
	"deepseek": {format.DeepSeek, "deepseek"}, "deep_seek": {format.DeepSeek, "deepseek"},
	"groq": {format.Groq, "groq"}, "groqcloud": {format.Groq, "groq"},
	"mistral": {format.Mistral, "mistral"}, "mistralai": {format.Mistral, "mistral"}, "mistral_ai": {format.Mistral, "mistral"},
	"moonshot": {format.Compatible, "moonshot"}, "moonshotai": {format.Compatible, "moonshot"}, "kimi": {format.Compatible, "moonshot"},
	"minimax": {format.Compatible, "minimax"},
	"litellm": {format.LiteLLM, ""}, "litellm_proxy": {format.LiteLLM, ""}, "lite_llm": {format.LiteLLM, ""},
	"ollama": {format.Ollama, ""}, "ollama_native": {format.Ollama, ""},
	"vllm": {}, "openai_compatible": {}, "openai_compat": {}, "compatible": {}, "custom": {}, "proxy": {}, "gateway": {}, "sglang": {}, "llama_cpp": {}, "lm_studio": {}, "portkey": {},
	"bifrost": {}, "helicone": {}, "": {},
}

// firstParty are the providers that price their own models, in the book's words.
var firstParty = []string{"openai", "anthropic", "google", "x-ai", "deepseek", "mistral", "groq", "moonshot", "minimax"}

// partyOf reads a provider's name. One that is not known is taken as it stands: it speaks what others have
// established, and the book says whether it knows the name.
func partyOf(name string) party {
	key := strings.Trim(plain(name), "_")
	if p, ok := parties[key]; ok {
		return p
	}
	longest := ""
	for known := range parties { // a region or a product may stand behind the name
		if len(known) > len(longest) && strings.HasPrefix(key, known+"_") {
			longest = known
		}
	}
	if longest != "" {
		return parties[longest]
	}
	return party{format.Compatible, name}
}

// behind finds who bills for a model that a gateway serves: who is named in front of it, else the only first party
// that lists it. The model is returned without the name in front. An empty provider means that nobody is certain.
func behind(book *price.Book, model string) (provider, bare string) {
	if prefix, rest, ok := strings.Cut(model, "/"); ok {
		if p, known := parties[plain(prefix)]; known && p.book != "" {
			return p.book, rest
		}
	}
	for _, p := range book.Providers(model) {
		if !slices.Contains(firstParty, p) {
			continue
		}
		if provider != "" {
			return "", model
		}
		provider = p
	}
	return provider, model
}
