package openai_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// TestStreamsAgreeWithAnswers tells every answer in one piece as a stream: what was consumed is the same.
func TestStreamsAgreeWithAnswers(t *testing.T) {
	for _, folder := range []string{"chat", "xai", "deepseek", "openrouter", "groq", "mistral", "litellm"} {
		for _, path := range files(t, folder+"/*.json") {
			var line bytes.Buffer
			if err := json.Compact(&line, load(t, path)); err != nil {
				t.Fatal(err)
			}
			f := formats[folder]
			want := f.read(line.Bytes())
			got := feed(f.stream(), []byte("data: "+line.String()+"\n\ndata: [DONE]\n\n"))
			if want.Raw == nil { // only the words for "nothing was there" differ
				want.Problem, got.Problem = "", ""
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: differences (-one piece +stream):\n%s", path, diff)
			}
		}
	}
}

// TestNothingIsCountedTwice tells 20 tokens of input at LiteLLM, 5 of them read from a cache and 3 written to one, in
// every combination of the places where it may say so: rightly, as a zero, and not at all.
func TestNothingIsCountedTwice(t *testing.T) {
	const zero, right = 1, 2 // 0 is not at all
	say := func(how int, name string, n int) string {
		switch how {
		case zero:
			return fmt.Sprintf(`%q:0,`, name)
		case right:
			return fmt.Sprintf(`%q:%d,`, name, n)
		}
		return ""
	}
	for top := range 3 {
		for below := range 3 {
			for written := range 3 {
				for creation := range 3 {
					body := `{"usage":{"prompt_tokens":20,"completion_tokens":2,"total_tokens":22,` +
						say(top, "cache_read_input_tokens", 5) + say(written, "cache_creation_input_tokens", 3) +
						`"prompt_tokens_details":{` + say(below, "cached_tokens", 5) + say(creation, "cache_creation_tokens", 3) + `"text_tokens":12}}}`
					r := openai.LiteLLM.ReadChat([]byte(body))
					read, write := int64(0), int64(0)
					if top == right || below == right {
						read = 5
					}
					if written == right || creation == right {
						write = 3
					}
					want := usage.None()
					want.Input, want.CacheRead, want.CacheCreation = usage.Known(20-read-write), usage.Known(read), usage.Known(write)
					want.Output, want.Reasoning = usage.Known(2), usage.Count{}
					if diff := cmp.Diff(want, r.Tokens); diff != "" || r.Coverage != usage.Complete {
						t.Errorf("%s: %q (%s), differences (-want +got):\n%s", body, r.Coverage, r.Problem, diff)
					}
				}
			}
		}
	}
}

// TestInsurance goes through everything that decides whether OpenRouter charges an answer.
func TestInsurance(t *testing.T) {
	for _, finish := range []string{`null`, `""`, `"stop"`, `"error"`} {
		for _, out := range []int{0, 4} {
			for _, cost := range []string{``, `,"cost":0.5`} {
				for _, byok := range []string{``, `,"is_byok":false`, `,"is_byok":true`} {
					body := fmt.Sprintf(`{"id":"g","model":"m","choices":[{"finish_reason":%s}],"usage":{"prompt_tokens":9,"completion_tokens":%d%s%s}}`, finish, out, cost, byok)
					r := openai.OpenRouter.ReadChat([]byte(body))
					insured := finish == `"error"` || finish != `"stop"` && out == 0
					want := usage.Complete
					switch {
					case cost != "" && byok != `,"is_byok":true`: // what was charged is told
					case insured && byok == `,"is_byok":false`:
						want = usage.Unbilled
					case insured:
						want = usage.Missing
					case byok == `,"is_byok":true`: // of two charges at most one is told
						want = usage.Partial
					}
					if r.Coverage != want {
						t.Errorf("%s: coverage %q, want %q (%s)", body, r.Coverage, want, r.Problem)
					}
					if charged := r.ReportedUSD != ""; charged != (cost != "" && byok != `,"is_byok":true`) {
						t.Errorf("%s: a charge of %q is reported", body, r.ReportedUSD)
					}
					if r.ResponseID != "g" || r.ServedModel != "m" {
						t.Errorf("%s: response %q of model %q", body, r.ResponseID, r.ServedModel)
					}
				}
			}
		}
	}
}

// TestLastUsageCounts puts two usage objects into one stream, with chunks between and behind them.
func TestLastUsageCounts(t *testing.T) {
	const (
		first = `{"usage":{"prompt_tokens":7,"completion_tokens":1}}`
		last  = `{"usage":{"prompt_tokens":7,"completion_tokens":9}}`
		none  = `{"choices":[{"delta":{"content":"\"usage\":{}"}}],"usage":null}`
		done  = `[DONE]`
	)
	cases := []struct {
		name   string
		events []string
		want   usage.Coverage
		output string
	}{
		{"the last one", []string{first, none, last, done}, usage.Complete, "9"},
		{"nulls behind it", []string{first, last, none, none, done}, usage.Complete, "9"},
		{"no end marker", []string{first, none, last}, usage.Partial, "9"},
		{"only the first", []string{first, none}, usage.Partial, "1"},
		{"behind the end marker", []string{first, done, last}, usage.Complete, "9"},
		{"none", []string{none, done}, usage.Missing, "unknown"},
		{"none and no end", []string{none}, usage.Missing, "unknown"},
		{"broken between", []string{first, `{"usage":`, last, done}, usage.Partial, "9"},
	}
	for _, c := range cases {
		for _, v := range []openai.Variant{openai.Plain, openai.XAI, openai.DeepSeek, openai.Groq, openai.Mistral, openai.LiteLLM} {
			s := openai.ChatStream{Variant: v}
			for _, e := range c.events {
				s.Event("", []byte(e))
			}
			if r := s.Reading(); r.Coverage != c.want || r.Tokens.Output.String() != c.output {
				t.Errorf("%s, variant %d: %q with %v output tokens, want %q with %s", c.name, v, r.Coverage, r.Tokens.Output, c.want, c.output)
			}
		}
	}
}
