package pricecase_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/internal/pricecase"
	"github.com/pertask/pertask/price"
)

func TestParseIsLiberal(t *testing.T) {
	c := parse(t, []byte(`{"id":7,"title":"x","provider":"openai","api":"responses","model":null,"model_served":"m","timestamp":"2026-11-10","stream":null,
		"usage":[{"cost":"0.5","deep":[{"n":"1e-5"}],"word":"12x"},null],"events":["[DONE]",{"type":"a", "b":1}],"response_extra":null,"multipliers":{"contract":0.875,"batch":"0.5"},"expected_usd":{}}`))
	if c.ID != "7" || c.Served != "m" || !c.At.Equal(time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)) || c.Contract.String() != "0.875" {
		t.Errorf("case is %+v", c)
	}
	if got := string(c.Usage[0]); got != `{"cost":0.5,"deep":[{"n":1e-5}],"word":"12x"}` || len(c.Usage) != 2 || string(c.Usage[1]) != "null" {
		t.Errorf("usage is %s", c.Usage)
	}
	if got := strings.Join(c.Events, " "); got != `[DONE] {"type":"a","b":1}` {
		t.Errorf("events are %s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``: "JSON object", `[]`: "not a array", `{"id":"a"`: "JSON object", `{}`: `"id" is missing`, `{"id":{}}`: `"id" is missing`,
		`{"id":"a","timestamp":"soon"}`:               `"timestamp" "soon"`,
		`{"id":"a","usage":5}`:                        `"usage" is 5`,
		`{"id":"a","usage":[5]}`:                      `"usage" 1 is 5`,
		`{"id":"a","provider":5}`:                     `"provider" is a number`,
		`{"id":"a","multipliers":{"contract":"-1"}}`:  `"multipliers.contract"`,
		`{"id":"a","multipliers":{"contract":"few"}}`: `"multipliers.contract" "few" is not a decimal`,
		`{"id":"a","multipliers":{"contract":""}}`:    `"multipliers.contract"`,
		`{"id":"a","multipliers":{"contract":true}}`:  `"multipliers.contract" true`,
		`{"id":"a","multipliers":{"contract":{}}}`:    `"multipliers.contract"`,
		`{"id":"a","multipliers":{"contract":[0.5]}}`: `"multipliers.contract"`,
		`{"id":"a","multipliers":"0.5"}`:              `"multipliers" is a string`,
	} {
		if _, err := pricecase.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestNames reads the same case under the names that others use.
func TestNames(t *testing.T) {
	tests := []struct {
		usage, model string
		names        [][2]string // provider and API
		want         string
	}{
		{`{"input_tokens":1000,"output_tokens":100}`, "gpt-5.5", [][2]string{{"openai", "responses"}, {"OpenAI", "openai_responses"}, {"openai", "v1/responses"},
			{"openai", "Responses-API"}, {"openai (EU)", "responses"}, {"openai", "responses/compact"}}, "0.008"},
		{`{"prompt_tokens":1000,"completion_tokens":100}`, "gpt-5.5", [][2]string{{"openai", "chat_completions"}, {"openai", "chat.completions"}, {"openai", "/v1/chat/completions"},
			{"openai", "chat"}, {"openai-compatible", ""}, {"bifrost", "chat"}, {"portkey", "openai-chat"}}, ""},
		{`{"input_tokens":1000,"output_tokens":100}`, "claude-haiku-4-5", [][2]string{{"anthropic", "messages"}, {"Anthropic", ""}, {"claude", "anthropic.messages"},
			{"anthropic", "v1/messages"}, {"anthropic", "messages_stream"}}, "0.0015"},
		{`{"promptTokenCount":1000,"candidatesTokenCount":100,"totalTokenCount":1100}`, "gemini-3-flash-preview", [][2]string{{"google", "generateContent"}, {"gemini", "generate-content"},
			{"google-ai-studio", ""}, {"google_genai", "models:streamGenerateContent"}}, "0.0008"},
	}
	for _, tt := range tests {
		for _, name := range tt.names {
			line, _ := json.Marshal(map[string]any{"id": "a", "provider": name[0], "api": name[1], "model": tt.model, "model_served": tt.model,
				"timestamp": "2026-11-10T12:00:00Z", "usage": json.RawMessage(tt.usage)})
			got := pricecase.Price(parse(t, line), price.Embedded())
			want := tt.want
			if want == "" {
				want = "0.008"
			}
			if name[1] == "" && name[0] == "openai-compatible" {
				want = "unknown" // such servers speak several
			}
			if got.Cost.String() != want {
				t.Errorf("%q: %v, want %s (%s)", name, got.Cost, want, got.Missing)
			}
		}
	}
}

func TestWhatCannotBeReadIsUnknown(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":"a"}`: `the API "" is not known`,
		`{"id":"a","provider":"openai","api":"telepathy"}`:                                                                                                `the API "telepathy" is not known`,
		`{"id":"a","provider":"nobody","api":"chat","model":"m","timestamp":"2026-01-01","usage":{"prompt_tokens":1}}`:                                    `provider "nobody"`,
		`{"id":"a","provider":"litellm","api":"chat","model":"m","timestamp":"2026-01-01","usage":{"prompt_tokens":1,"completion_tokens":1}}`:             `provider "litellm"`,
		`{"id":"a","provider":"openai","api":"codex","model":"gpt-5.5","timestamp":"2026-11-10","usage":{"input_tokens":"x"}}`:                            "reading the token counts",
		`{"id":"a","provider":"openai","api":"codex","model":"gpt-5.5","timestamp":"2026-11-10","usage":{"input_tokens":5}}`:                              "no output_tokens",
		`{"id":"a","provider":"openai","api":"responses","model":"gpt-5.5","timestamp":"2026-11-10","usage":[{"input_tokens":1,"output_tokens":1},null]}`: "of request 2",
	} {
		got := pricecase.Price(parse(t, []byte(text)), price.Embedded())
		if check(t, got); got.Status != price.Unknown || !strings.Contains(got.Missing, want) {
			t.Errorf("%s: %v %v (%s), want %q", text, got.Cost, got.Status, got.Missing, want)
		}
	}
}

// TestWordsOfTheAuthor reads what cases say in words of their own.
func TestWordsOfTheAuthor(t *testing.T) {
	const claude = `"provider":"anthropic","api":"messages","model":"claude-sonnet-4-6","timestamp":"2026-11-10","usage":{"input_tokens":10,"output_tokens":20,"cache_creation_input_tokens":1000}`
	for more, want := range map[string]string{
		``:                              "0.00408 exact", // 10x3 + 1000x3.75 + 20x15
		`,"request":{"cache_ttl":"1h"}`: "0.00633 exact", // 1000x6
		`,"request":{"system":[{"cache_control":{"type":"ephemeral","ttl":"1h"}}]}`: "0.00633 exact",
		`,"request":{"breakpoints":[{"ttl":"5m"},{"ttl":"1h"}]}`:                    "0.00408 lower_bound",
		`,"response_extra":{"aborted":"after 3 deltas"}`:                            "0.00408 lower_bound",
		`,"response_extra":{"aborted":false}`:                                       "0.00408 exact",
		`,"response_extra":{"usage":{"service_tier":"batch"}}`:                      "0.00204 exact",
		`,"request":{"inference_geo":"us"}`:                                         "0.004488 exact",
		`,"response_extra":{"http_status":529},"usage":null`:                        "0 exact",
	} {
		got := pricecase.Price(parse(t, []byte(`{"id":"a",`+claude+more+`}`)), price.Embedded())
		if text := got.Cost.String() + " " + got.Status.String(); text != want {
			t.Errorf("%s: %s, want %s (%s, %q)", more, text, want, got.Missing, got.Notes)
		}
	}
}

// TestUsageBesideAttempts charges an answer once that a case tells twice: as an attempt, and as its usage.
func TestUsageBesideAttempts(t *testing.T) {
	const usage, other = `{"input_tokens":1000,"output_tokens":100}`, `{"input_tokens":2000,"output_tokens":100}` // 0.008, 0.013
	body := func(id, usage string) string {
		text, _ := json.Marshal(`HTTP 200 {"id":"` + id + `","model":"gpt-5.5","status":"completed"` + usage + `}`)
		return string(text)
	}
	full := `,"usage":` + usage
	tests := []struct{ name, events, usage, want string }{
		{"the same usage", body("a", full), usage, "0.008"},
		{"the same usage in a list", body("a", full), "[" + usage + "]", "0.008"},
		{"an attempt that failed before", `"HTTP 429 {}",` + body("a", full), usage, "0.008"},
		{"two answers, one usage", body("a", full) + "," + body("b", full), usage, "0.016"},
		{"an answer fetched twice", body("a", full) + "," + body("a", full), "[" + usage + "," + usage + "]", "0.008"},
		{"a body without usage", body("a", ""), usage, "0.008"},
		{"one usage more", body("a", full), "[" + usage + "," + other + "]", "0.021"},
		{"a body and a reference", body("a", full) + `,"HTTP 200 usage"`, other, "0.021"},
		{"no usage besides", body("a", full), "null", "0.008"},
	}
	for _, tt := range tests {
		text := `{"id":"a","provider":"openai","api":"responses","model":"gpt-5.5","timestamp":"2026-11-10","events":[` + tt.events + `],"usage":` + tt.usage + `}`
		got := pricecase.Price(parse(t, []byte(text)), price.Embedded())
		if got.Cost.String() != tt.want || got.Status != price.Exact {
			t.Errorf("%s: %v %v, want %s (%s)", tt.name, got.Cost, got.Status, tt.want, got.Missing)
		}
	}
}

func TestHostsWithResidency(t *testing.T) {
	for host, want := range map[string]string{
		"eu.api.openai.com": "0.0066", "eu.api.openai.com:443": "0.0066", "https://eu.api.openai.com/v1": "0.0066", "HTTPS://EU.api.openai.com:443/v1?x=1": "0.0066",
		"eu.api.openai.com/v1": "0.0066", "//user@eu.api.openai.com.": "0.0066", "api.openai.com": "0.006", "https://api.openai.com/v1/eu.api.openai.com": "0.006", "": "0.006",
	} {
		text := `{"id":"a","provider":"openai","api":"responses","model":"gpt-5.4","timestamp":"2026-11-10","usage":{"input_tokens":1800,"output_tokens":100},"request":{"base_url_host":"` + host + `"}}`
		if got := pricecase.Price(parse(t, []byte(text)), price.Embedded()); got.Cost.String() != want {
			t.Errorf("%q: %v, want %s (%s)", host, got.Cost, want, got.Missing)
		}
	}
}

func TestResultsInJSON(t *testing.T) {
	c := parse(t, []byte(`{"id":"a","provider":"openai","api":"responses","model":"gpt-5.5","timestamp":"2026-11-10","multipliers":{"contract":"0.5"},"response_extra":{"tool_usage":{"web_search":{"num_requests":2}}},
		"usage":{"input_tokens":1000,"output_tokens":0}}`))
	got, err := json.Marshal(pricecase.Price(c, price.Embedded()))
	want := `{"id":"a","cost_usd":"0.0125","status":"exact","lines":[{"item":"input","qty":1000,"rate_usd":"5","per":1000000,"usd":"0.005"},{"item":"web_search","qty":2,"rate_usd":"10","per":1000,"usd":"0.02"}],"notes":["list price times 0.5 (contract)"]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s (%v)", got, want, err)
	}
	got, _ = json.Marshal(pricecase.Price(parse(t, []byte(`{"id":"b","provider":"openai","api":"responses","model":"gpt-9","timestamp":"2026-11-10","usage":{"input_tokens":1,"output_tokens":0}}`)), price.Embedded()))
	if !strings.HasPrefix(string(got), `{"id":"b","cost_usd":null,"status":"unknown","lines":[],"missing":"no price for model \"gpt-9\"`) {
		t.Errorf("got %s", got)
	}
}

func FuzzPrice(f *testing.F) {
	for _, r := range load(f, "cases.jsonl", "own.jsonl") {
		f.Add([]byte(r.Case))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := pricecase.Parse(text)
		if err != nil {
			return
		}
		r := pricecase.Price(c, price.Embedded())
		check(t, r)
		if m, known := r.Cost.Value(); known && m.IsNegative() {
			t.Errorf("a cost of %v", m)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
