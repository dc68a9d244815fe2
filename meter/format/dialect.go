package format

import (
	"fmt"
	"slices"
	"strings"
)

// Dialect is how an upstream speaks: which routes it has, and where its usage differs from the format that it
// follows. The zero value is Compatible.
type Dialect string

// The dialects.
const (
	Compatible Dialect = ""           // any server that follows OpenAI or Anthropic, such as vLLM
	OpenAI     Dialect = "openai"     // api.openai.com
	Azure      Dialect = "azure"      // Azure OpenAI: the deployment stands in the path
	XAI        Dialect = "xai"        // reasoning beside the completion tokens
	DeepSeek   Dialect = "deepseek"   // cache hits and misses are told
	OpenRouter Dialect = "openrouter" // tells what it charges
	Groq       Dialect = "groq"       // usage below x_groq in streams
	Mistral    Dialect = "mistral"    // OpenAI's chat
	LiteLLM    Dialect = "litellm"    // a gateway: OpenAI's chat with every provider behind it
	Anthropic  Dialect = "anthropic"  // api.anthropic.com
	Gemini     Dialect = "gemini"     // Google's Gemini API
	Vertex     Dialect = "vertex"     // Gemini and Claude on Google Cloud
	Bedrock    Dialect = "bedrock"    // Converse and InvokeModel on AWS
	Ollama     Dialect = "ollama"     // its own routes besides OpenAI's
)

// Dialects lists every dialect but Compatible, in the order of the constants.
func Dialects() []Dialect {
	return []Dialect{OpenAI, Azure, XAI, DeepSeek, OpenRouter, Groq, Mistral, LiteLLM, Anthropic, Gemini, Vertex, Bedrock, Ollama}
}

// ParseDialect reads the name of a dialect. "compatible" and the empty name are Compatible.
func ParseDialect(name string) (Dialect, error) {
	if name == "" || name == "compatible" {
		return Compatible, nil
	}
	if d := Dialect(name); slices.Contains(Dialects(), d) {
		return d, nil
	}
	all := []string{`"compatible"`}
	for _, d := range Dialects() {
		all = append(all, fmt.Sprintf("%q", d))
	}
	return Compatible, fmt.Errorf("dialect %q is not known; allowed are %s", name, strings.Join(all, ", "))
}

// routes returns the routes of a dialect: those that its documentation has. A route in the conventions of another is
// there only where the usage is known to follow them.
func (d Dialect) routes() []route {
	switch d {
	case OpenAI:
		return []route{chat, responses}
	case Anthropic:
		return []route{messages, chat}
	case Azure:
		return azure
	case XAI:
		return slices.Concat(xai, []route{messages})
	case DeepSeek:
		return slices.Concat(deepseek, []route{anthropicElsewhere})
	case OpenRouter:
		return openrouter
	case Groq:
		return slices.Concat(groq, []route{responses})
	case Mistral:
		return mistral
	case LiteLLM:
		return slices.Concat(litellm, []route{responses, messages})
	case Gemini:
		return gemini
	case Vertex:
		return slices.Concat(vertexGemini, vertexClaude, vertexChat)
	case Bedrock:
		return bedrock
	case Ollama:
		return slices.Concat(ollama, common)
	default:
		return common
	}
}

// free returns the patterns of routes that cost nothing.
func (d Dialect) free() []string {
	own := map[Dialect][]string{Gemini: geminiFree, Vertex: slices.Concat(geminiFree, vertexClaudeFree), Bedrock: bedrockFree, Ollama: ollamaFree}
	return slices.Concat(own[d], []string{"/messages/count_tokens", "/responses/input_tokens", "/files"})
}
