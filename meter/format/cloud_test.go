package format

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

const (
	vertexModels = "/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/"
	claudeBody   = `{"anthropic_version":"x","system":[{"cache_control":{"type":"ephemeral","ttl":"1h"}}]}`
)

func TestCloudRoutes(t *testing.T) {
	cases := []struct {
		dialect            Dialect
		path, format       string
		free               bool
		model, profile     string
		streams, converses bool
	}{
		{Bedrock, "/model/anthropic.claude-opus-4-8-v1:0/converse", "bedrock.converse", false, "anthropic.claude-opus-4-8-v1:0", "", false, true},
		{Bedrock, "/model/global.anthropic.claude-opus-4-8-v1:0/converse-stream", "bedrock.converse", false, "anthropic.claude-opus-4-8-v1:0", "global", true, true},
		{Bedrock, "/model/us.anthropic.claude-opus-5/invoke", "bedrock.invoke", false, "anthropic.claude-opus-5", "us", false, false},
		{Bedrock, "/model/m/invoke-with-response-stream", "bedrock.invoke", false, "m", "", true, false},
		{Bedrock, "/model/m/count-tokens", "", true, "", "", false, false},
		{Bedrock, "/model/m/invoke-with-bidirectional-stream", "", false, "", "", false, false},
		{Bedrock, "/model//converse", "", false, "", "", false, false},
		{Bedrock, "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.m/converse", "", false, "", "", false, false},
		{Bedrock, "/async-invoke", "", false, "", "", false, false},
		{Vertex, vertexModels + "claude-sonnet-4-5@20250929:rawPredict", "vertex.messages", false, "claude-sonnet-4-5@20250929", "", false, false},
		{Vertex, vertexModels + "claude-sonnet-4-5@20250929:streamRawPredict", "vertex.messages", false, "claude-sonnet-4-5@20250929", "", true, false},
		{Vertex, vertexModels + "claude-opus-5:rawPredict", "vertex.messages", false, "claude-opus-5", "", false, false},
		{Vertex, vertexModels + "claude-opus-4-6@default:rawPredict", "vertex.messages", false, "claude-opus-4-6@default", "", false, false},
		{Vertex, vertexModels + "claude-mythos-preview:rawPredict", "vertex.messages", false, "claude-mythos-preview", "", false, false},
		{Vertex, vertexModels + "count-tokens:rawPredict", "", true, "", "", false, false},
		{Vertex, vertexModels + "a:b:rawPredict", "", false, "", "", false, false},
		{Compatible, "/model/m/converse", "", false, "", "", false, false},
		{Bedrock, "/v1/messages", "", false, "", "", false, false},
		{Bedrock, "/chat/completions", "", false, "", "", false, false},
		{Bedrock, "/openai/v1/chat/completions", "openai.chat", false, "", "", false, false},
		{Vertex, "/v1/messages", "", false, "", "", false, false},
		{Vertex, "/v1/projects/p/locations/global/endpoints/openapi/chat/completions", "openai.chat", false, "", "", false, false},
	}
	for _, c := range cases {
		f, found := Find(c.dialect, c.path)
		if f.Name != c.format || found != (c.format != "") || IsFree(c.dialect, c.path) != c.free {
			t.Errorf("%q %s is read as %q, free %t; want %q, %t", c.dialect, c.path, f.Name, IsFree(c.dialect, c.path), c.format, c.free)
			continue
		}
		if !found {
			continue
		}
		x, err := f.Open(Request{Path: c.path, Body: []byte(claudeBody)})
		r := x.Events().Reading()
		if err != nil || x.Model != c.model || x.Stream != c.streams || r.Attributes["inference_profile"] != c.profile {
			t.Errorf("%s: model %q, stream %t, attributes %v, error %v", c.path, x.Model, x.Stream, r.Attributes, err)
		}
		if r.Coverage != usage.Missing || r.Problem == "" {
			t.Errorf("%s: an empty stream is %q (%s)", c.path, r.Coverage, r.Problem)
		}
	}
}

func TestCloudRequestsThatAreNotJSON(t *testing.T) {
	for _, path := range []string{"/model/m/converse", "/model/m/invoke"} {
		f, _ := Find(Bedrock, path)
		if _, err := f.Open(Request{Path: path, Body: []byte("{")}); err == nil {
			t.Errorf("%s: a body that is no JSON was taken", path)
		}
	}
	f, _ := Find(Vertex, vertexModels+"claude-opus-5:rawPredict")
	if _, err := f.Open(Request{Path: vertexModels + "claude-opus-5:rawPredict", Body: []byte("[]")}); err == nil {
		t.Error("a body that is no object was taken")
	}
}

// openOn opens a request that must be good.
func openOn(t testing.TB, d Dialect, path, body string) Exchange {
	t.Helper()
	f, ok := Find(d, path)
	if !ok {
		t.Fatalf("%s has no format", path)
	}
	x, err := f.Open(Request{Path: path, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestConverseTierAndProfile(t *testing.T) {
	x := openOn(t, Bedrock, "/model/eu.amazon.m/converse", `{"serviceTier":{"type":"priority"},"system":[{"cachePoint":{"type":"default","ttl":"1h"}}]}`)
	got := x.Read([]byte(`{"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":10,"cacheWriteInputTokens":7},"serviceTier":{"type":"default"},"performanceConfig":{"latency":"optimized"}}`))
	tokens := usage.None()
	tokens.Input, tokens.Output, tokens.CacheCreation1h, tokens.Reasoning = usage.Known(1), usage.Known(2), usage.Known(7), usage.Count{}
	want := usage.Reading{Coverage: usage.Complete, Tokens: tokens, ServedTier: "default", Raw: got.Raw,
		Attributes: map[string]string{"inference_profile": "eu", "latency": "optimized"}}
	if diff := cmp.Diff(want, got); diff != "" || x.Tier != "priority" {
		t.Errorf("tier %q, reading differs (-want +got):\n%s", x.Tier, diff)
	}
}

// anthropicEvents are a streamed message, in Anthropic's own words.
var anthropicEvents = []string{
	`{"type":"message_start","message":{"id":"msg_bdrk_1","model":"claude-opus-4-8","usage":{"input_tokens":25,"cache_creation_input_tokens":60,"cache_read_input_tokens":100,"output_tokens":1}}}`,
	`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
	`{"type":"ping"}`,
	`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}`,
	`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":90}}`,
	`{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":9}}`,
}

// awsFrame writes a message in AWS's framing.
func awsFrame(t testing.TB, kind, name, payload string) []byte {
	t.Helper()
	m := eventstream.Message{Payload: []byte(payload)}
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	m.Headers.Set(":"+kind+"-type", eventstream.StringValue(name))
	var out bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// awsChunks writes events as InvokeModel streams them, one message each.
func awsChunks(t testing.TB, events []string) (out [][]byte) {
	t.Helper()
	for _, e := range events {
		out = append(out, awsFrame(t, "event", "chunk", `{"bytes":"`+base64.StdEncoding.EncodeToString([]byte(e))+`","p":"abc"}`))
	}
	return out
}

// flow reads a streamed answer that comes in pieces.
func flow(x Exchange, pieces ...[]byte) (usage.Reading, bool) {
	s := x.Events()
	var in Splitter = &sse.Parser{Handle: s.Event}
	if x.Split != nil {
		in = x.Split(s.Event)
	}
	for _, p := range pieces {
		_, _ = in.Write(p)
	}
	in.End()
	return s.Reading(), in.Dropped()
}

func wantClaude(r usage.Reading) usage.Reading {
	tokens := usage.None()
	tokens.Input, tokens.CacheRead, tokens.CacheCreation1h, tokens.Output = usage.Known(25), usage.Known(100), usage.Known(60), usage.Known(90)
	tokens.Reasoning = usage.Count{}
	return usage.Reading{Coverage: usage.Complete, Tokens: tokens, ServedModel: "claude-opus-4-8", ResponseID: "msg_bdrk_1",
		Raw: r.Raw, Attributes: r.Attributes}
}

func TestInvokeStreams(t *testing.T) {
	x := openOn(t, Bedrock, "/model/us.anthropic.claude-opus-4-8-v1:0/invoke-with-response-stream", claudeBody)
	messages := awsChunks(t, anthropicEvents)
	text := bytes.Join(messages, nil)
	whole, dropped := flow(x, text)
	if diff := cmp.Diff(wantClaude(whole), whole); diff != "" || dropped || whole.Attributes["inference_profile"] != "us" {
		t.Errorf("dropped %t, attributes %v, reading differs (-want +got):\n%s", dropped, whole.Attributes, diff)
	}
	for i := range text {
		if got, dropped := flow(x, text[:i], text[i:]); dropped || !reflect.DeepEqual(whole, got) {
			t.Fatalf("cut at byte %d of %d, dropped %t (-whole +cut):\n%s", i, len(text), dropped, cmp.Diff(whole, got))
		}
	}
	for i := range messages {
		want := usage.Partial
		if i == 0 {
			want = usage.Missing
		}
		if got, _ := flow(x, messages[:i]...); got.Coverage != want || got.Problem == "" {
			t.Errorf("after %d events the reading is %q (%s), want %q", i, got.Coverage, got.Problem, want)
		}
	}
	cut := append(messages[:3:3], awsFrame(t, "exception", "modelTimeoutException", `{"message":"late"}`))
	if got, _ := flow(x, cut...); got.Coverage != usage.Partial || !strings.Contains(got.Problem, "modelTimeoutException") {
		t.Errorf("after an exception the reading is %q (%s)", got.Coverage, got.Problem)
	}
}

func TestInvokeInOnePiece(t *testing.T) {
	x := openOn(t, Bedrock, "/model/anthropic.claude-opus-4-8-v1:0/invoke", claudeBody)
	const counts = `"usage":{"input_tokens":25,"cache_creation_input_tokens":60,"cache_read_input_tokens":100,"output_tokens":90}`
	got := x.Read([]byte(`{"id":"msg_bdrk_1","type":"message","model":"claude-opus-4-8",` + counts + `}`))
	if diff := cmp.Diff(wantClaude(got), got); diff != "" || got.Attributes != nil {
		t.Errorf("attributes %v, reading differs (-want +got):\n%s", got.Attributes, diff)
	}
	for _, other := range []string{`{` + counts + `}`, `{"results":[{"tokenCount":5}],"inputTextTokenCount":4}`, `{"usage":{"inputTokens":1,"outputTokens":2}}`, `x`, ``} {
		if r := x.Read([]byte(other)); r.Coverage != usage.Missing || r.Problem == "" || r.Tokens != (usage.Tokens{}) {
			t.Errorf("%s is %q with %v tokens (%s)", other, r.Coverage, r.Tokens, r.Problem)
		}
	}
	stream := openOn(t, Bedrock, "/model/amazon.titan/invoke-with-response-stream", `{}`)
	titan := awsChunks(t, []string{`{"outputText":"Hi","amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":9}}`})
	if r, _ := flow(stream, titan...); r.Coverage != usage.Missing || r.Problem == "" {
		t.Errorf("another model's stream is %q (%s)", r.Coverage, r.Problem)
	}
}

func TestVertexMessages(t *testing.T) {
	x := openOn(t, Vertex, vertexModels+"claude-opus-4-8:streamRawPredict", claudeBody)
	var text strings.Builder
	for _, e := range anthropicEvents {
		text.WriteString("data: " + e + "\n\n")
	}
	got, dropped := flow(x, []byte(text.String()))
	if diff := cmp.Diff(wantClaude(got), got); diff != "" || dropped || x.Split != nil || got.Attributes["location"] != "us-east5" || len(got.Attributes) != 1 {
		t.Errorf("dropped %t, attributes %v, reading differs (-want +got):\n%s", dropped, got.Attributes, diff)
	}
	if x := openOn(t, Vertex, vertexModels+"claude-opus-5:rawPredict", `{"stream":true}`); !x.Stream {
		t.Error("a body that asks for a stream is not heard")
	}
}

// TestRefusalsOnClouds: what Anthropic does not bill may be billed by a cloud.
func TestRefusalsOnClouds(t *testing.T) {
	const refused = `{"type":"message","stop_reason":"refusal","content":[],"usage":{"input_tokens":106,"output_tokens":1}}`
	for _, c := range []struct {
		dialect Dialect
		path    string
		want    usage.Coverage
	}{
		{Anthropic, "/v1/messages", usage.Unbilled},
		{Bedrock, "/model/m/invoke", usage.Partial},
		{Vertex, vertexModels + "claude-fable-5:rawPredict", usage.Partial},
	} {
		if r := openOn(t, c.dialect, c.path, claudeBody).Read([]byte(refused)); r.Coverage != c.want || r.Tokens != usage.None() || r.Problem == "" {
			t.Errorf("%s: %q with %v tokens (%s), want %q", c.path, r.Coverage, r.Tokens.Total(), r.Problem, c.want)
		}
	}
}

func TestCloudErrors(t *testing.T) {
	for kind, want := range map[string]string{"invalid_request_error": "ValidationException", "authentication_error": "AccessDeniedException", "api_error": "InternalServerException"} {
		f, _ := Find(Bedrock, "/model/m/converse")
		got, err := json.Marshal(f.Refuse(kind, "pertask: no"))
		if diff := cmp.Diff(`{"__type":"`+want+`","message":"pertask: no"}`, string(got)); diff != "" || err != nil {
			t.Errorf("error %v, refusal differs (-want +got):\n%s", err, diff)
		}
	}
}

func FuzzInvokeStreams(f *testing.F) {
	f.Add(bytes.Join(awsChunks(f, anthropicEvents), nil))
	x := openOn(f, Bedrock, "/model/us.m/invoke-with-response-stream", claudeBody)
	f.Fuzz(func(t *testing.T, text []byte) {
		r, dropped := flow(x, text)
		half := len(text) / 2
		got, alsoDropped := flow(x, text[:half], text[half:])
		if diff := cmp.Diff(r, got); diff != "" || dropped != alsoDropped {
			t.Errorf("in two pieces, dropped %t and %t (-whole +pieces):\n%s", dropped, alsoDropped, diff)
		}
		if r.Coverage != usage.Complete && r.Problem == "" {
			t.Errorf("%q without a reason", r.Coverage)
		}
	})
}

// TestHeadersOfInvokeModel reads what a request asks for beside its body: the same answer each time.
func TestHeadersOfInvokeModel(t *testing.T) {
	const answer = `{"type":"message","id":"m","model":"claude-x","content":[{"type":"text"}],"usage":{"input_tokens":3,"output_tokens":4,"service_tier":"standard"}}`
	f, _ := Find(Bedrock, "/model/us.anthropic.claude-x/invoke")
	for _, c := range []struct {
		name                 string
		header               http.Header
		tier, served, detail string
		coverage             usage.Coverage
	}{
		{"none", nil, "", "standard", "us", usage.Complete},
		{"others", http.Header{"X-Other": {"priority"}}, "", "standard", "us", usage.Complete},
		{"tier", http.Header{"X-Amzn-Bedrock-Service-Tier": {"Priority"}}, "priority", "", "us", usage.Complete},
		{"latency", http.Header{"X-Amzn-Bedrock-Performanceconfig-Latency": {"optimized"}}, "", "standard", "us optimized", usage.Complete},
		{"usual latency", http.Header{"X-Amzn-Bedrock-Performanceconfig-Latency": {"standard"}}, "", "standard", "us", usage.Complete},
		{"guardrail", http.Header{"X-Amzn-Bedrock-Guardrailidentifier": {"g"}}, "", "standard", "us", usage.Partial},
	} {
		x, err := f.Open(Request{Path: "/model/us.anthropic.claude-x/invoke", Body: []byte(claudeBody), Header: c.header})
		if err != nil {
			t.Fatal(err)
		}
		s := x.Events()
		for _, e := range []string{`{"type":"message_start","message":` + answer + `}`, `{"type":"message_delta","usage":{"output_tokens":4}}`, `{"type":"message_stop"}`} {
			data, _ := json.Marshal(map[string][]byte{"bytes": []byte(e)})
			s.Event("chunk", data)
		}
		for how, r := range map[string]usage.Reading{"whole": x.Read([]byte(answer)), "streamed": s.Reading()} {
			detail := strings.TrimSpace(r.Attributes["inference_profile"] + " " + r.Attributes["latency"])
			if x.Tier != c.tier || r.ServedTier != c.served || detail != c.detail || r.Coverage != c.coverage {
				t.Errorf("%s, %s: asked for tier %q, served %q, %q, coverage %q (%s); want %+v", c.name, how, x.Tier, r.ServedTier, detail, r.Coverage, r.Problem, c)
			}
		}
	}
}
