package gemini_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/gemini"
	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// check holds what is true of every reading, whatever the bytes were.
func check(t *testing.T, r usage.Reading) {
	t.Helper()
	total := r.Tokens.Total()
	switch r.Coverage {
	case usage.Complete:
		if !total.IsKnown() || r.Problem != "" || len(r.Unclassified) > 0 {
			t.Errorf("complete with total %v, problem %q, unclassified %q", total, r.Problem, r.Unclassified)
		}
		sums(t, r)
	case usage.Partial:
		if r.Problem == "" {
			t.Error("partial without a reason")
		}
	case usage.Missing:
		if r.Tokens != (usage.Tokens{}) || r.Problem == "" || r.Requests != nil {
			t.Errorf("missing with tokens %v, requests %v and problem %q", r.Tokens, r.Requests, r.Problem)
		}
	default:
		t.Errorf("coverage is %q", r.Coverage)
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

// sums compares the disjoint classes with the provider's own total: none is counted twice or left out.
func sums(t *testing.T, r usage.Reading) {
	t.Helper()
	var u struct {
		Generate    *int64 `json:"totalTokenCount"`
		Interaction *int64 `json:"total_tokens"`
	}
	if err := json.Unmarshal(r.Raw, &u); err != nil {
		t.Fatal(err)
	}
	got, _ := r.Tokens.Total().Value()
	for _, want := range []*int64{u.Generate, u.Interaction} {
		if want != nil && *want != got {
			t.Errorf("the classes are %d tokens, the provider says %d", got, *want)
		}
	}
}

func TestReadGenerateRequest(t *testing.T) {
	const beta = "/v1beta/models/gemini-3.8-flash:"
	cases := []struct {
		name, path, body string
		want             gemini.Request
	}{
		{"plain", beta + "generateContent", `{}`, gemini.Request{Model: "gemini-3.8-flash"}},
		{"stream", beta + "streamGenerateContent", `{"contents":[]}`, gemini.Request{Model: "gemini-3.8-flash", Stream: true}},
		{"stream in the body is nothing", beta + "generateContent", `{"stream":true,"model":"x"}`, gemini.Request{Model: "gemini-3.8-flash"}},
		{"vertex", "/v1/projects/p/locations/eu/publishers/google/models/gemini-2.5-pro:generateContent", `{}`, gemini.Request{Model: "gemini-2.5-pro"}},
		{"tier", beta + "generateContent", `{"serviceTier":"FLEX"}`, gemini.Request{Model: "gemini-3.8-flash", Tier: "flex"}},
		{"tier in the other spelling", beta + "generateContent", `{"service_tier":"unspecified"}`, gemini.Request{Model: "gemini-3.8-flash", Tier: "standard"}},
		{"deeper ones are left alone", beta + "generateContent", `{"contents":[{"cachedContent":"c","serviceTier":"flex"}]}`, gemini.Request{Model: "gemini-3.8-flash"}},
		{"cache", beta + "generateContent", `{"cachedContent":"cachedContents/c"}`, gemini.Request{Model: "gemini-3.8-flash", Asked: gemini.Asked{Cache: true}}},
		{"cache in the other spelling", beta + "generateContent", `{"cached_content":"c"}`, gemini.Request{Model: "gemini-3.8-flash", Asked: gemini.Asked{Cache: true}}},
		{"no cache", beta + "generateContent", `{"cachedContent":""}`, gemini.Request{Model: "gemini-3.8-flash"}},
		{"candidates", beta + "generateContent", `{"generationConfig":{"candidateCount": 3}}`, gemini.Request{Model: "gemini-3.8-flash", Asked: gemini.Asked{Candidates: 3}}},
		{"candidates in the other spelling", beta + "generateContent", `{"generation_config":{"candidate_count":2}}`, gemini.Request{Model: "gemini-3.8-flash", Asked: gemini.Asked{Candidates: 2}}},
		{"odd candidates", beta + "generateContent", `{"generationConfig":{"candidateCount":"many"}}`, gemini.Request{Model: "gemini-3.8-flash"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := gemini.ReadGenerateRequest(c.path, "alt=sse", []byte(c.body))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("request differs (-want +got), error %v:\n%s", err, diff)
			}
		})
	}
}

func TestReadInteractionRequest(t *testing.T) {
	for body, want := range map[string]gemini.Request{
		`{}`: {},
		`{"model":"m","input":"x","stream":true,"service_tier":"priority"}`: {Model: "m", Tier: "priority", Stream: true},
		`{"agent":"deep-research"}`:                                         {Model: "deep-research", Asked: gemini.Asked{Agent: true}},
		`{"agent":{"name":"x"},"model":"m"}`:                                {Model: "m", Asked: gemini.Asked{Agent: true}},
		`{"agent":null,"model":"m","stream":"true"}`:                        {Model: "m"},
		`{"model":"m","cached_content":"c","background":true}`:              {Model: "m", Asked: gemini.Asked{Cache: true}},
	} {
		got, err := gemini.ReadInteractionRequest("", []byte(body))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: request differs (-want +got), error %v:\n%s", body, err, diff)
		}
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	for _, body := range []string{``, `[]`, `{`, `{"model":"a","model":"b"}`, `{}x`,
		`{"serviceTier":"flex","service_tier":"standard"}`, `{"cachedContent":null,"cached_content":"c"}`} {
		if _, err := gemini.ReadGenerateRequest("/models/m:generateContent", "", []byte(body)); err == nil {
			t.Errorf("generate: %q was read", body)
		}
		if _, err := gemini.ReadInteractionRequest("", []byte(body)); err == nil {
			t.Errorf("interaction: %q was read", body)
		}
	}
	for _, config := range []string{`{"candidateCount":1,"candidateCount":2}`, `{"candidateCount":1,"candidate_count":2}`} {
		_, err := gemini.ReadGenerateRequest("/models/m:generateContent", "", []byte(`{"generationConfig":`+config+`}`))
		if !errors.Is(err, wire.ErrDuplicate) {
			t.Errorf("%s: error %v, want one of a name that is there twice", config, err)
		}
	}
}

func TestQueries(t *testing.T) {
	for query, ok := range map[string]bool{
		"": true, "alt=sse": true, "alt=json&key=k": true, "%24alt=sse": true, "prettyPrint=false&quotaUser=q": true, "beta=true": true,
		"alt=proto": false, "%24alt=json%3Benum-encoding%3Dint": false, "alt=sse&alt=media": false, "ALT=proto": false,
		"fields=candidates": false, "%24fields=candidates": false, "callback=f": false, "$httpMethod=GET": false, "alt=%zz": false,
	} {
		_, err1 := gemini.ReadGenerateRequest("/models/m:generateContent", query, []byte(`{}`))
		_, err2 := gemini.ReadInteractionRequest(query, []byte(`{}`))
		if (err1 == nil) != ok || (err2 == nil) != ok {
			t.Errorf("query %q: errors %v and %v, want one: %t", query, err1, err2, !ok)
		}
	}
}

// TestWhatTheRequestTells lowers an answer that is complete by itself.
func TestWhatTheRequestTells(t *testing.T) {
	answer, interaction := load(t, "testdata/generate/ge-35.json"), load(t, "testdata/interactions/documented.json")
	chunks, events := load(t, "testdata/generate/ge-38.sse"), load(t, "testdata/interactions/documented.sse")
	for want, asked := range map[string]gemini.Asked{"explicit cache": {Cache: true}, "agent": {Agent: true}} {
		for name, r := range map[string]usage.Reading{
			"answer": gemini.Read(answer, asked), "interaction": gemini.ReadInteraction(interaction, asked),
			"stream":             feed(&gemini.Stream{Asked: asked}, chunks),
			"interaction stream": feed(&gemini.InteractionStream{Asked: asked}, events),
		} {
			check(t, r)
			if r.Coverage != usage.Partial || !strings.Contains(r.Problem, want) || !r.Tokens.Total().IsKnown() {
				t.Errorf("%s: coverage %q with %v tokens (%s), want a partial one because of the %s", name, r.Coverage, r.Tokens.Total(), r.Problem, want)
			}
		}
	}
}

// TestCandidatesThatWereNotSeen is a stream that asks for two answers and is cut when the first one is finished.
func TestCandidatesThatWereNotSeen(t *testing.T) {
	const first = `{"candidates":[{"index":0,"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7}}`
	const second = `{"candidates":[{"index":1,"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":4,"totalTokenCount":9}}`
	s := gemini.Stream{Asked: gemini.Asked{Candidates: 2}}
	s.Event("", []byte(first))
	if r := s.Reading(); r.Coverage != usage.Partial {
		t.Errorf("one of two candidates: coverage is %q", r.Coverage)
	}
	s.Event("", []byte(second))
	if r := s.Reading(); r.Coverage != usage.Complete || r.Tokens.Output != usage.Known(4) {
		t.Errorf("both candidates: coverage is %q with %v tokens (%s)", r.Coverage, r.Tokens.Output, r.Problem)
	}
}

// TestStreamsThatGoOnBehindTheirEnd are those of models that say STOP in every part: the next one may be missing.
func TestStreamsThatGoOnBehindTheirEnd(t *testing.T) {
	var s gemini.Stream
	for i := 1; i < 4; i++ {
		s.Event("", fmt.Appendf(nil, `{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],
			"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":%d,"totalTokenCount":%d}}`, i, 5+i))
	}
	if r := s.Reading(); r.Coverage != usage.Partial || r.Tokens.Output != usage.Known(3) {
		t.Errorf("coverage is %q with %v tokens (%s)", r.Coverage, r.Tokens.Output, r.Problem)
	}
}

// TestCachedTokensThatComeLate is a stream that tells at its end only how much of the prompt was cached: a price of
// its beginning must not be above that of all of it.
func TestCachedTokensThatComeLate(t *testing.T) {
	var s gemini.Stream
	s.Event("", []byte(`{"candidates":[{}],"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":2,"totalTokenCount":1002}}`))
	r := s.Reading()
	check(t, r)
	if r.Tokens.Input.IsKnown() || r.Tokens.CacheRead.IsKnown() || r.Tokens.Output != usage.Known(2) {
		t.Errorf("cut: input is %v, cache read %v, output %v", r.Tokens.Input, r.Tokens.CacheRead, r.Tokens.Output)
	}
	s.Event("", []byte(`{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":900,"candidatesTokenCount":5,"totalTokenCount":1005}}`))
	r = s.Reading()
	check(t, r)
	if r.Coverage != usage.Complete || r.Tokens.Input != usage.Known(100) || r.Tokens.CacheRead != usage.Known(900) {
		t.Errorf("whole: coverage is %q, input %v, cache read %v", r.Coverage, r.Tokens.Input, r.Tokens.CacheRead)
	}
}

func TestASecondInteractionIsNotSwallowed(t *testing.T) {
	text := load(t, "testdata/interactions/documented.sse")
	r := feed(new(gemini.InteractionStream), text, text)
	check(t, r)
	if r.Coverage != usage.Partial || !strings.Contains(r.Problem, "more than one") {
		t.Errorf("coverage is %q (%s)", r.Coverage, r.Problem)
	}
}

// TestRawIsTheProvidersObject is what later versions can price again.
func TestRawIsTheProvidersObject(t *testing.T) {
	const raw = `{"promptTokenCount":10, "totalTokenCount":10,"odd":[1]}`
	data := []byte(`{"candidates":[{"finishReason":"STOP"}],"usageMetadata":` + raw + `}`)
	if got := gemini.Read(data, gemini.Asked{}).Raw; string(got) != raw {
		t.Errorf("raw usage is %s, want %s", got, raw)
	}
	var s gemini.Stream
	s.Event("", data)
	for i := range data {
		data[i] = 'x' // the parser uses its buffer again
	}
	if got := s.Reading().Raw; string(got) != raw {
		t.Errorf("raw usage is %s, want %s", got, raw)
	}
}

func TestBrokenAnswersAreMissing(t *testing.T) {
	for _, body := range []string{``, `x`, `null`, `[]`, `[null]`, `[5]`, `{}`, `{"usage":5}`, `{"usageMetadata":5}`, `{"usageMetadata":[]}`,
		`{"usage":[]}`, `{"usageMetadata":{"promptTokenCount":1`, `{"id":5}`, `{"responseId":5}`, `{"usageMetadata":{"promptTokenCount":-1}}`} {
		for name, r := range map[string]usage.Reading{
			"answer":             gemini.Read([]byte(body), gemini.Asked{}),
			"interaction":        gemini.ReadInteraction([]byte(body), gemini.Asked{}),
			"stream":             feed(new(gemini.Stream), []byte("data: "+body+"\n\n")),
			"interaction stream": feed(new(gemini.InteractionStream), []byte("event: interaction.completed\ndata: "+body+"\n\n")),
		} {
			if r.Coverage != usage.Missing || r.Tokens != (usage.Tokens{}) || r.Problem == "" {
				t.Errorf("%s: %q was read as %q with %v tokens (%s)", name, body, r.Coverage, r.Tokens, r.Problem)
			}
		}
	}
}

func seed(f *testing.F, pattern string) {
	for folder := range formats {
		for _, path := range files(f, folder+"/"+pattern) {
			f.Add(load(f, path))
		}
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
	for _, s := range []string{`{}`, `{"serviceTier":"flex","generationConfig":{"candidateCount":2}}`, `{"agent":"a","stream":true,"cached_content":"c"}`} {
		f.Add("/v1beta/models/m:generateContent", "alt=sse", []byte(s))
	}
	f.Fuzz(func(t *testing.T, path, query string, body []byte) {
		if r, err := gemini.ReadGenerateRequest(path, query, body); err == nil {
			if r.Asked.Candidates < 0 || strings.ContainsAny(r.Model, "/:") || !json.Valid(body) {
				t.Errorf("%q and %q were read as %+v", path, body, r)
			}
		}
		if _, err := gemini.ReadInteractionRequest(query, body); err == nil && !json.Valid(body) {
			t.Errorf("%q was read", body)
		}
	})
}
