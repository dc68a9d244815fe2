package openai_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// truth is what a call consumed, before a provider words it.
type truth struct {
	input, read, write5m, write1h, write, answer, reasoning int64
}

func (w truth) prompt() int64 { return w.input + w.read + w.write5m + w.write1h + w.write }
func (w truth) tokens() (t usage.Tokens) {
	t = usage.None()
	t.Input, t.CacheRead, t.CacheCreation = usage.Known(w.input), usage.Known(w.read), usage.Known(w.write)
	t.CacheCreation5m, t.CacheCreation1h = usage.Known(w.write5m), usage.Known(w.write1h)
	t.Output, t.Reasoning = usage.Known(w.answer+w.reasoning), usage.Known(w.reasoning)
	return t
}

type fields map[string]any

// words are how each provider tells the truth; those without cache writes are never asked for any.
var words = map[string]func(truth) fields{
	"chat": func(w truth) fields {
		return fields{"prompt_tokens": w.prompt(), "completion_tokens": w.answer + w.reasoning, "total_tokens": w.prompt() + w.answer + w.reasoning,
			"prompt_tokens_details":     fields{"cached_tokens": w.read, "cache_write_tokens": w.write},
			"completion_tokens_details": fields{"reasoning_tokens": w.reasoning}}
	},
	"responses": func(w truth) fields {
		return fields{"input_tokens": w.prompt(), "output_tokens": w.answer + w.reasoning, "total_tokens": w.prompt() + w.answer + w.reasoning,
			"input_tokens_details":  fields{"cached_tokens": w.read, "cache_write_tokens": w.write},
			"output_tokens_details": fields{"reasoning_tokens": w.reasoning}}
	},
	"xai": func(w truth) fields {
		return fields{"prompt_tokens": w.prompt(), "completion_tokens": w.answer, "total_tokens": w.prompt() + w.answer + w.reasoning,
			"prompt_tokens_details":     fields{"cached_tokens": w.read, "cache_write_tokens": w.write, "text_tokens": w.prompt()},
			"completion_tokens_details": fields{"reasoning_tokens": w.reasoning}}
	},
	"deepseek": func(w truth) fields {
		return fields{"prompt_tokens": w.prompt(), "completion_tokens": w.answer + w.reasoning, "total_tokens": w.prompt() + w.answer + w.reasoning,
			"prompt_cache_hit_tokens": w.read, "prompt_cache_miss_tokens": w.prompt() - w.read,
			"prompt_tokens_details":     fields{"cached_tokens": w.read, "cache_write_tokens": w.write},
			"completion_tokens_details": fields{"reasoning_tokens": w.reasoning}}
	},
	"litellm": func(w truth) fields {
		all := w.write5m + w.write1h + w.write
		return fields{"prompt_tokens": w.prompt(), "completion_tokens": w.answer + w.reasoning, "total_tokens": w.prompt() + w.answer + w.reasoning,
			"cache_read_input_tokens": w.read, "cache_creation_input_tokens": all,
			"prompt_tokens_details": fields{"cached_tokens": w.read, "cache_write_tokens": all, "cache_creation_tokens": all, "text_tokens": w.input,
				"cache_creation_token_details": fields{"ephemeral_5m_input_tokens": w.write5m, "ephemeral_1h_input_tokens": w.write1h}},
			"completion_tokens_details": fields{"reasoning_tokens": w.reasoning}}
	},
}

// sameWords are the folders of formats that speak like another one.
var sameWords = map[string]string{"openrouter": "chat", "groq": "chat", "mistral": "chat", "xai-responses": "responses", "openrouter-responses": "responses"}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestClassesAreDisjoint tells the same consumption in every provider's words: each class is to come out as it was,
// and all of them together as the format's own total.
func TestClassesAreDisjoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for folder, f := range formats {
		say := words[folder]
		if say == nil {
			say = words[sameWords[folder]]
		}
		for range 200 {
			n := func() int64 { return rng.Int64N(1+rng.Int64N(100_000)) * rng.Int64N(2) }
			w := truth{input: n(), read: n(), write: n(), answer: 1 + n(), reasoning: n()}
			if folder == "litellm" {
				w.write5m, w.write1h = n(), n()
			}
			told := say(w)
			r := f.read(encode(t, fields{"id": "r", "model": "m", "usage": told, "choices": []fields{{"finish_reason": "stop"}}}))
			if diff := cmp.Diff(w.tokens(), r.Tokens); diff != "" || r.Coverage != usage.Complete {
				t.Fatalf("%s: %v was read as %q (%s), differences (-want +got):\n%s", folder, told, r.Coverage, r.Problem, diff)
			}
			if total, _ := r.Tokens.Total().Value(); total != told["total_tokens"] {
				t.Fatalf("%s: %v was read as %d tokens", folder, told, total)
			}
		}
	}
}

// TestContradictionsAreNotPriced changes one count by one: either nothing is known any more, or the reading says
// that it is a part.
func TestContradictionsAreNotPriced(t *testing.T) {
	w := truth{input: 700, read: 200, write: 100, answer: 40, reasoning: 10}
	changes := []struct {
		folder, path string
		by           int64
	}{
		{"chat", "total_tokens", 1}, {"chat", "total_tokens", -1}, {"chat", "prompt_tokens", 1}, {"chat", "completion_tokens", -1},
		{"responses", "total_tokens", -1}, {"responses", "output_tokens", 1},
		{"xai", "total_tokens", -1}, {"xai", "completion_tokens", 1}, {"xai", "completion_tokens", -1}, {"xai", "prompt_tokens", 1},
		{"deepseek", "prompt_cache_hit_tokens", 1}, {"deepseek", "prompt_cache_miss_tokens", 1}, {"deepseek", "prompt_cache_miss_tokens", -1},
		{"deepseek", "prompt_tokens", -1}, {"litellm", "cache_read_input_tokens", 1}, {"litellm", "cache_creation_input_tokens", -1},
	}
	for _, c := range changes {
		told := words[c.folder](w)
		n, ok := told[c.path].(int64)
		if !ok {
			t.Fatalf("%s does not tell %s", c.folder, c.path)
		}
		told[c.path] = n + c.by
		r := formats[c.folder].read(encode(t, fields{"usage": told}))
		if r.Coverage == usage.Complete || r.Problem == "" {
			t.Errorf("%s: %s off by %d was read as %q with %v tokens", c.folder, c.path, c.by, r.Coverage, r.Tokens.Total())
		}
	}
}

// TestVariantsDiffer keeps the decoders apart: the same usage means different things to different providers.
func TestVariantsDiffer(t *testing.T) {
	body := []byte(`{"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":7},"cost":0.5}}`)
	cases := []struct {
		variant  openai.Variant
		coverage usage.Coverage
		output   string
		reported string
	}{
		{openai.Plain, usage.Missing, "unknown", ""}, // 7 are more than the 5 that they would be a part of
		{openai.XAI, usage.Complete, "12", ""},
		{openai.OpenRouter, usage.Missing, "unknown", "0.5"},
	}
	for _, c := range cases {
		r := c.variant.ReadChat(body)
		if r.Coverage != c.coverage || r.Tokens.Output.String() != c.output || r.ReportedUSD != c.reported {
			t.Errorf("variant %d: %q with %v output tokens and a charge of %q; want %+v", c.variant, r.Coverage, r.Tokens.Output, r.ReportedUSD, c)
		}
	}
}

// TestUsageIsAskedForWhereItMustBe leaves the requests alone of those who tell it anyway.
func TestUsageIsAskedForWhereItMustBe(t *testing.T) {
	body := []byte(`{"model":"m","stream":true}`)
	for v, want := range map[openai.Variant]bool{
		openai.Plain: true, openai.XAI: true, openai.DeepSeek: true, openai.Groq: true, openai.LiteLLM: true,
		openai.OpenRouter: false, openai.Mistral: false,
	} {
		r, err := v.ReadChatRequest(body)
		if err != nil || r.Injected != want || (string(r.Body) != string(body)) != want || !r.Stream || r.Model != "m" {
			t.Errorf("variant %d: %+v, %v; asked is to be %t", v, r, err, want)
		}
		if _, err := v.ReadChatRequest([]byte(`{"model":"a","model":"b"}`)); err == nil {
			t.Errorf("variant %d: a request with two models was read", v)
		}
	}
}

func TestChargeOfAnotherFormat(t *testing.T) {
	cases := []struct{ raw, usd, upstream string }{
		{`{"input_tokens":3,"cost":0.25,"is_byok":false}`, "0.25", ""},
		{`{"cost":0.01,"is_byok":true,"cost_details":{"upstream_inference_cost":2e-1}}`, "0.01", "2e-1"},
		{`{"cost":0.01,"is_byok":true}`, "", ""},
		{`{"cost":"free"}`, "", ""},
		{`{}`, "", ""}, {``, "", ""}, {`5`, "", ""},
	}
	for _, c := range cases {
		r := usage.Reading{Coverage: usage.Complete, Raw: json.RawMessage(c.raw)}
		openai.Charge(&r)
		if r.ReportedUSD != c.usd || r.ReportedUpstreamUSD != c.upstream {
			t.Errorf("%s: charges %q and %q, want %q and %q", c.raw, r.ReportedUSD, r.ReportedUpstreamUSD, c.usd, c.upstream)
		}
	}
}

// BenchmarkStream reads a long answer: most of its chunks say nothing and must cost little.
func BenchmarkStream(b *testing.B) {
	chunk := []byte(`{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"word"},"finish_reason":null}]}`)
	for _, v := range []openai.Variant{openai.Plain, openai.OpenRouter, openai.Groq} {
		b.Run(fmt.Sprint(v), func(b *testing.B) {
			b.SetBytes(int64(len(chunk)))
			s := openai.ChatStream{Variant: v}
			for b.Loop() {
				s.Event("", chunk)
			}
		})
	}
}
