package openai_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

func TestReadChatRequest(t *testing.T) {
	const asked = `{"include_usage":true}`
	cases := []struct {
		name, body string
		want       openai.Request // Body "" means unchanged
	}{
		{"no stream", `{"model":"m","service_tier":"flex","stream":false}`, openai.Request{Model: "m", Tier: "flex"}},
		{"stream is text", `{"stream":"true"}`, openai.Request{}},
		{"options without stream", `{"stream_options":null}`, openai.Request{}},
		{"asked", `{"stream":true,"stream_options":` + asked + `}`, openai.Request{Stream: true}},
		{"alone", `{"stream":true}`, openai.Request{Stream: true, Injected: true,
			Body: []byte(`{"stream_options":` + asked + `,"stream":true}`)}},
		{"spaces stay", " { \"stream\" : true , \"model\" : 1e2 }\n", openai.Request{Stream: true, Injected: true,
			Body: []byte(" {\"stream_options\":" + asked + ", \"stream\" : true , \"model\" : 1e2 }\n")}},
		{"declined", `{"stream":true,"stream_options":{"a":[],"include_usage":false,"b":2}}`, openai.Request{Stream: true, Injected: true,
			Body: []byte(`{"stream":true,"stream_options":{"a":[],"include_usage":true,"b":2}}`)}},
		{"deeper ones are left alone", `{"stream":true,"messages":[{"stream_options":{}}],"stream_options":{ }}`, openai.Request{Stream: true, Injected: true,
			Body: []byte(`{"stream":true,"messages":[{"stream_options":{}}],"stream_options":{"include_usage":true }}`)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.want.Body == nil {
				c.want.Body = []byte(c.body)
			}
			in := []byte(c.body)
			got, err := openai.ReadChatRequest(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
			if string(in) != c.body {
				t.Errorf("the client's body was changed to %s", in)
			}
		})
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	for _, body := range []string{``, `[]`, `{`, `{"model":"a","model":"b"}`, `{"stream":true}x`} {
		if _, err := openai.ReadChatRequest([]byte(body)); err == nil {
			t.Errorf("chat: %q was read", body)
		}
		if _, err := openai.ReadResponsesRequest([]byte(body)); err == nil {
			t.Errorf("responses: %q was read", body)
		}
	}
	for _, options := range []string{`[]`, `5`, `{"include_usage":true,"include_usage":false}`} {
		if _, err := openai.ReadChatRequest([]byte(`{"stream":true,"stream_options":` + options + `}`)); err == nil {
			t.Errorf("stream_options %s were read", options)
		}
	}
}

func TestReadResponsesRequest(t *testing.T) {
	body := []byte(`{"model":"m","service_tier":"fast","stream":true}`)
	got, err := openai.ReadResponsesRequest(body)
	if diff := cmp.Diff(openai.Request{Model: "m", Tier: "fast", Stream: true, Body: body}, got); diff != "" || err != nil {
		t.Errorf("request differs (-want +got), error %v:\n%s", err, diff)
	}
}

func TestIsUsageChunk(t *testing.T) {
	for data, want := range map[string]bool{
		`{"choices":[],"usage":{"prompt_tokens":1}}`:                                 true,
		`{"choices": [ ], "usage": {}}`:                                              true,
		`{"choices":[],"usage":null}`:                                                false,
		`{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}`:                     false,
		`{"choices":[],"prompt_filter_results":[]}`:                                  false,
		`{"usage":{"prompt_tokens":1}}`:                                              false,
		`{"choices":null,"usage":{"prompt_tokens":1}}`:                               false,
		`{"choices":[{"delta":{"content":"{\"choices\":[],\"usage\":{\"a\":1}}"}}]}`: false,
		`[DONE]`: false,
		`{"choices":[],"usage":{"prompt_tokens":`: false,
	} {
		if got := openai.IsUsageChunk([]byte(data)); got != want {
			t.Errorf("%s: got %t, want %t", data, got, want)
		}
	}
}

// TestRawIsTheProvidersObject is what later versions can price again.
func TestRawIsTheProvidersObject(t *testing.T) {
	const raw = `{"prompt_tokens":10, "completion_tokens":5,"odd":[1]}`
	if got := openai.ReadChat([]byte(`{"usage":` + raw + `}`)).Raw; string(got) != raw {
		t.Errorf("raw usage is %s, want %s", got, raw)
	}
	data := []byte(`{"choices":[],"usage":` + raw + `}`)
	var s openai.ChatStream
	s.Event("", data)
	for i := range data {
		data[i] = 'x' // the parser uses its buffer again
	}
	s.Event("", []byte("[DONE]"))
	if got := s.Reading().Raw; string(got) != raw {
		t.Errorf("raw usage is %s, want %s", got, raw)
	}
}

func TestEventsWithoutNamesAreReadByTheirType(t *testing.T) {
	text := load(t, "testdata/responses/completed.sse")
	var nameless []string
	for _, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "event:") {
			nameless = append(nameless, line)
		}
	}
	want := feed(new(openai.ResponsesStream), text)
	got := feed(new(openai.ResponsesStream), []byte(strings.Join(nameless, "\n")))
	if diff := cmp.Diff(want, got); diff != "" || want.Coverage != usage.Complete {
		t.Errorf("readings differ (-named +nameless):\n%s", diff)
	}
}

func TestBrokenAnswersAreMissing(t *testing.T) {
	for _, body := range []string{``, `x`, `null`, `[]`, `{}`, `{"usage":5}`, `{"usage":[]}`, `{"usage":{"prompt_tokens":1`, `{"id":5}`} {
		readings := map[string]usage.Reading{}
		for name, format := range formats {
			readings[name] = format.read([]byte(body))
			readings[name+" stream"] = feed(format.stream(), []byte("event: response.completed\ndata: "+body+"\n\ndata: [DONE]\n\n"))
		}
		for name, r := range readings {
			if r.Coverage != usage.Missing || r.Tokens != (usage.Tokens{}) || r.Problem == "" {
				t.Errorf("%s: %q was read as %q with %v tokens (%s)", name, body, r.Coverage, r.Tokens, r.Problem)
			}
		}
	}
}

// check holds what is true of every reading, whatever the bytes were.
func check(t *testing.T, r usage.Reading) {
	t.Helper()
	total := r.Tokens.Total()
	switch r.Coverage {
	case usage.Complete:
		if !total.IsKnown() || r.Problem != "" || len(r.Unclassified) > 0 {
			t.Errorf("complete with total %v, problem %q, unclassified %q", total, r.Problem, r.Unclassified)
		}
	case usage.Partial:
		if r.Problem == "" {
			t.Error("partial without a reason")
		}
	case usage.Missing:
		if r.Tokens != (usage.Tokens{}) || r.Problem == "" {
			t.Errorf("missing with tokens %v and problem %q", r.Tokens, r.Problem)
		}
	case usage.Unbilled:
		if r.Tokens != usage.None() || r.Problem == "" || r.ReportedUSD != "" {
			t.Errorf("unbilled with tokens %v, a charge of %q and problem %q", r.Tokens, r.ReportedUSD, r.Problem)
		}
	default:
		t.Errorf("coverage is %q", r.Coverage)
	}
	for _, usd := range []string{r.ReportedUSD, r.ReportedUpstreamUSD} {
		if usd != "" && (!json.Valid([]byte(usd)) || usd[0] < '0' || usd[0] > '9') {
			t.Errorf("a charge is %q, which is no number from 0 on", usd)
		}
	}
	if r.ReportedUpstreamUSD != "" && r.ReportedUSD == "" {
		t.Errorf("an upstream's charge of %q without the gateway's", r.ReportedUpstreamUSD)
	}
	if r.Raw != nil && !json.Valid(r.Raw) {
		t.Errorf("raw usage %q is not JSON", r.Raw)
	}
	if out, known := r.Tokens.Output.Value(); known {
		if n, told := r.Tokens.Reasoning.Value(); told && n > out {
			t.Errorf("%d of %d output tokens are reasoning", n, out)
		}
	}
}

func seed(f *testing.F, pattern string) {
	for _, path := range files(f, "*/"+pattern) {
		f.Add(load(f, path))
	}
}

func FuzzAnswers(f *testing.F) {
	seed(f, "*.json")
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, format := range formats {
			check(t, format.read(body))
		}
	})
}

func FuzzStreams(f *testing.F) {
	seed(f, "*.sse")
	f.Fuzz(func(t *testing.T, text []byte) {
		for name, format := range formats {
			whole := feed(format.stream(), text)
			check(t, whole)
			half := len(text) / 2
			if diff := cmp.Diff(whole, feed(format.stream(), text[:half], text[half:])); diff != "" {
				t.Errorf("%s: in two pieces (-whole +pieces):\n%s", name, diff)
			}
		}
	})
}

func FuzzRequests(f *testing.F) {
	for _, s := range []string{`{"stream":true}`, `{"stream":true,"stream_options":{"include_usage":false}}`, `{"stream":true,"stream_options":null}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := openai.ReadChatRequest(body)
		if err != nil {
			return
		}
		if !r.Injected {
			if !bytes.Equal(r.Body, body) {
				t.Errorf("%q became %q although nothing was injected", body, r.Body)
			}
			return
		}
		again, err := openai.ReadChatRequest(r.Body)
		if err != nil || again.Injected || !again.Stream || again.Model != r.Model || !json.Valid(r.Body) {
			t.Errorf("%q became %q, which reads as %+v, %v", body, r.Body, again, err)
		}
	})
}
