package recorded

import (
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

// Inclusive takes the classes of a record apart whose prompt tokens contain what the provider's cache served and
// what was written to it, as OpenAI's and LiteLLM's do (LiteLLM adds both to Anthropic's input tokens, in
// litellm/llms/anthropic/chat/transformation.py). Writes that are not told stay in Input: they are billed as input
// where a provider does not count them apart, and elsewhere the unknown class keeps the sum from being priced. An
// input that is less than its parts contradicts itself and is unknown.
func Inclusive(prompt, read, written, output usage.Count) usage.Tokens {
	t := usage.Tokens{CacheRead: read, Output: output}
	Written(&t, written)
	parts := read
	if written.IsKnown() {
		parts = parts.Plus(written)
	}
	t.Input = Minus(prompt, parts)
	return t
}

// CompletionShape is what OpenAICompletion reads.
func CompletionShape() *excerpt.Shape {
	return excerpt.Keys("prompt_tokens", "completion_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
		"input_tokens", "output_tokens").
		With("prompt_tokens_details", excerpt.Keys("cached_tokens", "cache_creation_tokens", "cache_write_tokens")).
		With("input_tokens_details", excerpt.Keys("cached_tokens", "cache_creation_tokens", "cache_write_tokens")).
		With("completion_tokens_details", excerpt.Keys("reasoning_tokens")).
		With("output_tokens_details", excerpt.Keys("reasoning_tokens"))
}

// Completion reads the usage object of an answer in OpenAI's forms (chat completions and responses), as the
// provider or LiteLLM gave it, and returns its classes and the whole prompt.
func (f *Fields) Completion(v excerpt.Value) (usage.Tokens, usage.Count) {
	first := func(values ...excerpt.Value) usage.Count {
		for _, x := range values {
			if x.Is() {
				return f.Count(x)
			}
		}
		return usage.Count{}
	}
	details, more := v.Get("prompt_tokens_details"), v.Get("input_tokens_details")
	prompt := first(v.Get("prompt_tokens"), v.Get("input_tokens"))
	t := Inclusive(prompt,
		first(details.Get("cached_tokens"), more.Get("cached_tokens"), v.Get("cache_read_input_tokens")),
		first(v.Get("cache_creation_input_tokens"), details.Get("cache_creation_tokens"), details.Get("cache_write_tokens"),
			more.Get("cache_creation_tokens"), more.Get("cache_write_tokens")),
		first(v.Get("completion_tokens"), v.Get("output_tokens")))
	t.Reasoning = first(v.Get("completion_tokens_details", "reasoning_tokens"), v.Get("output_tokens_details", "reasoning_tokens"))
	return t, prompt
}
