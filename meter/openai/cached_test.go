package openai_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// brief is what these tests look at.
func brief(r usage.Reading) string {
	return strings.TrimSpace(fmt.Sprintf("%s %v+%v/%v %s", r.Coverage, r.Tokens.Input, r.Tokens.CacheRead, r.Tokens.Output, strings.Join(r.Unclassified, ",")))
}

var everyChat = []openai.Variant{openai.Plain, openai.XAI, openai.DeepSeek, openai.OpenRouter, openai.Groq, openai.Mistral, openai.LiteLLM}

// TestCachedInputUnderEveryName tells 40 of 100 tokens as cached, under the names that providers have for it.
func TestCachedInputUnderEveryName(t *testing.T) {
	const base = `"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"completion_tokens_details":{"reasoning_tokens":0}`
	for more, want := range map[string]string{
		``:                     "complete 100+0/5",
		`,"cached_tokens":40`:  "complete 60+40/5",
		`,"cached_tokens":0`:   "complete 100+0/5",
		`,"cached_tokens":101`: "unknown+unknown/unknown",
		`,"cached_tokens":40,"prompt_tokens_details":{"cached_tokens":40}`: "complete 60+40/5",
		`,"cached_tokens":0,"prompt_tokens_details":{"cached_tokens":40}`:  "complete 60+40/5",
		`,"cached_tokens":40,"prompt_tokens_details":{"cached_tokens":41}`: "unknown+unknown/unknown",
		`,"num_cached_tokens":40`:                    "complete 60+40/5",
		`,"num_cached_tokens":40,"cached_tokens":30`: "unknown+unknown/unknown",
		`,"prompt_token_details":{"cached_tokens":40},"prompt_tokens_details":{"cached_tokens":40},"num_cached_tokens":40`: "complete 60+40/5",
		`,"prompt_token_details":{"cached_tokens":40}`:                                                                     "complete 60+40/5",
		`,"prompt_token_details":[]`:                                   "unknown+unknown/unknown",
		`,"prompt_cache_hit_tokens":40`:                                "complete 60+40/5",
		`,"prompt_cache_miss_tokens":60`:                               "complete 60+40/5",
		`,"prompt_cache_hit_tokens":40,"prompt_cache_miss_tokens":60`:  "complete 60+40/5",
		`,"prompt_cache_hit_tokens":40,"prompt_cache_miss_tokens":61`:  "unknown+unknown/unknown",
		`,"prompt_cache_hit_tokens":40,"cached_tokens":39`:             "unknown+unknown/unknown",
		`,"tokens_from_cache":40`:                                      "partial unknown+unknown/5 tokens_from_cache",
		`,"deep":{"Cached":{"n":40}}`:                                  "partial unknown+unknown/5 deep.Cached.n",
		`,"iterations":[{"input_tokens":9}]`:                           "partial 100+0/5 iterations",
		`,"images":2`:                                                  "partial 100+0/5 images",
		`,"images":0`:                                                  "complete 100+0/5",
		`,"queue_time":0.3,"total_time":1.5,"cost":{"total_cost":0.1}`: "complete 100+0/5",
	} {
		for _, v := range everyChat {
			if v == openai.OpenRouter && strings.Contains(more, `"cost"`) {
				continue // there it is the charge
			}
			got := v.ReadChat([]byte(`{"choices":[{"finish_reason":"stop"}],"usage":{` + base + more + `}}`))
			if brief(got) != want {
				t.Errorf("variant %d, %s: got %s, want %s (%s)", v, more, brief(got), want, got.Problem)
			}
		}
	}
}

// TestHalvesThatNobodyFilledIn are zeros that only DeepSeek itself means.
func TestHalvesThatNobodyFilledIn(t *testing.T) {
	body := []byte(`{"usage":{"prompt_tokens":100,"completion_tokens":5,"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":0}}`)
	for v, want := range map[openai.Variant]string{openai.Plain: "complete 100+0/5", openai.DeepSeek: "unknown+unknown/unknown"} {
		if got := brief(v.ReadChat(body)); got != want {
			t.Errorf("variant %d: got %s, want %s", v, got, want)
		}
	}
}

// streamOf feeds events that are data only, but for those that begin with "event:".
func streamOf(v openai.Variant, events ...string) usage.Reading {
	s := openai.ChatStream{Variant: v}
	for _, e := range events {
		name, named := strings.CutPrefix(e, "event:")
		if named {
			s.Event(name, []byte("oops"))
			continue
		}
		s.Event("", []byte(e))
	}
	return s.Reading()
}

func TestEndsOfStreams(t *testing.T) {
	const (
		word   = `{"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"usage":null}`
		second = `{"choices":[{"index":1,"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":100,"completion_tokens":2}}`
		stop   = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`
		used   = `{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":5}}`
		cached = `{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":0}}}`
		inside = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":100,"completion_tokens":5,"cached_tokens":30}}]}`
		other  = `{"choices":[{"index":1,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":100,"completion_tokens":5,"cached_tokens":30}}]}`
		done   = `[DONE]`
	)
	for _, c := range []struct {
		name   string
		events []string
		want   string
	}{
		{"end marker", []string{word, stop, used, done}, "complete 100+0/5"},
		{"no end marker behind the last chunk", []string{word, stop, used}, "complete 100+0/5"},
		{"nothing had ended", []string{word, used}, "partial unknown+unknown/5"},
		{"nothing had ended, and the cache is told", []string{word, cached}, "partial 100+0/5"},
		{"one of two had ended", []string{second, stop, used}, "partial unknown+unknown/5"},
		{"a total before it", []string{second, `{"choices":[{"index":1,"finish_reason":"stop"},{"index":0,"finish_reason":"stop"}]}`, used}, "partial unknown+unknown/5"},
		{"a word behind it", []string{word, stop, used, word}, "partial unknown+unknown/5"},
		{"two of them", []string{word, stop, used, used}, "partial unknown+unknown/5"},
		{"an error behind it", []string{word, stop, used, "event:error"}, "partial unknown+unknown/5"},
		{"an error behind the end", []string{word, stop, cached, done, "event:error"}, "partial 100+0/5"},
		{"usage behind the end", []string{word, stop, done, used}, "complete 100+0/5"},
		{"usage in a choice", []string{word, inside, done}, "complete 70+30/5"},
		{"usage in a choice, cut", []string{word, inside}, "partial 70+30/5"},
		{"usage in two choices", []string{word, inside, other, done}, "partial 70+30/5"},
	} {
		if got := brief(streamOf(openai.Plain, c.events...)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestSearchesOfChatsHaveAFee lowers answers that cite the web, unless the fee is told or counted.
func TestSearchesOfChatsHaveAFee(t *testing.T) {
	const used = `"usage":{"prompt_tokens":100,"completion_tokens":5%s}`
	const cites = `"annotations":[{"type":"url_citation","url_citation":{"url":"u"}}]`
	for _, c := range []struct {
		v          openai.Variant
		more, want string
	}{
		{openai.Plain, ``, "partial 100+0/5 annotations.url_citation"},
		{openai.OpenRouter, ``, "partial 100+0/5 annotations.url_citation"},
		{openai.OpenRouter, `,"cost":0.1`, "complete 100+0/5"},
		{openai.XAI, `,"num_sources_used":2`, "complete 100+0/5"},
		{openai.LiteLLM, `,"server_tool_use":{"web_search_requests":1}`, "complete 100+0/5"},
	} {
		told := fmt.Sprintf(used, c.more)
		body := `{"choices":[{"finish_reason":"stop","message":{"content":"\"url_citation\"",` + cites + `}}],` + told + `}`
		if got := brief(c.v.ReadChat([]byte(body))); got != c.want {
			t.Errorf("variant %d%s: got %s, want %s", c.v, c.more, got, c.want)
		}
		got := brief(streamOf(c.v, `{"model":"m","choices":[{"delta":{`+cites+`}}]}`, `{"choices":[{"delta":{},"finish_reason":"stop"}]}`, `{"choices":[],`+told+`}`, `[DONE]`))
		if got != c.want {
			t.Errorf("variant %d%s streamed: got %s, want %s", c.v, c.more, got, c.want)
		}
	}
	quoted := `{"choices":[{"finish_reason":"stop","message":{"content":"{\"annotations\":[{\"type\":\"url_citation\"}]}","annotations":[]}}],` + fmt.Sprintf(used, "") + `}`
	if got := brief(openai.ReadChat([]byte(quoted))); !json.Valid([]byte(quoted)) || got != "complete 100+0/5" {
		t.Errorf("a quotation of a citation: got %s", got)
	}
}

// TestReasonsOfSeveralChoices: an answer of which one choice is good is not covered by OpenRouter's insurance.
func TestReasonsOfSeveralChoices(t *testing.T) {
	for reasons, want := range map[string]usage.Coverage{
		`error,error`: usage.Unbilled, `error,stop`: usage.Complete, `stop,error`: usage.Complete, `length,`: usage.Complete,
	} {
		one, two, _ := strings.Cut(reasons, ",")
		const used = `"usage":{"prompt_tokens":100,"completion_tokens":5,"is_byok":false}`
		whole := fmt.Sprintf(`{"choices":[{"index":0,"finish_reason":%q},{"index":1,"finish_reason":%q}],%s}`, one, two, used)
		streamed := streamOf(openai.OpenRouter, fmt.Sprintf(`{"model":"m","choices":[{"index":0,"finish_reason":%q}]}`, one),
			fmt.Sprintf(`{"choices":[{"index":1,"finish_reason":%q}]}`, two), `{"choices":[],`+used+`}`, `[DONE]`)
		for how, r := range map[string]usage.Reading{"in one piece": openai.OpenRouter.ReadChat([]byte(whole)), "streamed": streamed} {
			if r.Coverage != want {
				t.Errorf("%s %s: got %q, want %q (%s)", reasons, how, r.Coverage, want, r.Problem)
			}
		}
	}
}
