package bedrock_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/bedrock"
	"github.com/pertask/pertask/usage"
)

func TestModel(t *testing.T) {
	cases := []struct{ name, id, profile string }{
		{"anthropic.claude-opus-4-8-v1:0", "anthropic.claude-opus-4-8-v1:0", ""},
		{"us.anthropic.claude-opus-4-8-v1:0", "anthropic.claude-opus-4-8-v1:0", "us"},
		{"us-gov.anthropic.claude-x", "anthropic.claude-x", "us-gov"},
		{"eu.anthropic.claude-x", "anthropic.claude-x", "eu"},
		{"apac.anthropic.claude-x", "anthropic.claude-x", "apac"},
		{"jp.anthropic.claude-x", "anthropic.claude-x", "jp"},
		{"au.anthropic.claude-x", "anthropic.claude-x", "au"},
		{"global.anthropic.claude-x", "anthropic.claude-x", "global"},
		{"us.us.anthropic.claude-x", "us.anthropic.claude-x", "us"},
		{"usa.anthropic.claude-x", "usa.anthropic.claude-x", ""},
		{"us.", "us.", ""},
		{"us", "us", ""},
		{"", "", ""},
	}
	for _, c := range cases {
		if id, profile := bedrock.Model(c.name); id != c.id || profile != c.profile {
			t.Errorf("%q is %q in %q, want %q in %q", c.name, id, profile, c.id, c.profile)
		}
	}
}

func TestReadConverseRequest(t *testing.T) {
	cases := []struct {
		name, body string
		want       bedrock.ConverseRequest
	}{
		{"nothing", `{}`, bedrock.ConverseRequest{}},
		{"tier", `{"serviceTier":{"type":"priority"}}`, bedrock.ConverseRequest{Tier: "priority"}},
		{"tier of another shape", `{"serviceTier":"priority"}`, bedrock.ConverseRequest{}},
		{"guardrail", `{"guardrailConfig":{"guardrailIdentifier":"g"}}`, bedrock.ConverseRequest{Guardrail: true}},
		{"no guardrail", `{"guardrailConfig":null}`, bedrock.ConverseRequest{}},
		{"five minutes by default", `{"system":[{"cachePoint":{"type":"default"}}]}`, bedrock.ConverseRequest{FiveMinutes: true}},
		{"both", `{"a":{"cachePoint":{"ttl":"1h"}},"b":{"cachePoint" : {"ttl" : "5m"}}}`, bedrock.ConverseRequest{FiveMinutes: true, OneHour: true}},
		{"an object before it", `{"system":[{"cache\u0050oint":{"more":{"a":1},"ttl":"1h"}}]}`, bedrock.ConverseRequest{OneHour: true}},
		{"what is not Bedrock's", `{"messages":[{"content":[{"toolUse":{"input":{"cachePoint":{"ttl":"1h"}}}},{"toolResult":{"content":[{"json":{"cachePoint":{}}}]}}]}],
			"toolConfig":{"tools":[{"toolSpec":{"inputSchema":{"json":{"cachePoint":{}}}}},{"cachePoint":null}]}}`, bedrock.ConverseRequest{}},
		{"another", `{"a":{"cachePoint":{"ttl":"2d"}}}`, bedrock.ConverseRequest{Other: true}},
		{"in the text of a prompt", `{"messages":[{"text":"\"cachePoint\":{\"ttl\":\"1h\"}"}]}`, bedrock.ConverseRequest{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := bedrock.ReadConverseRequest([]byte(c.body))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("request differs (-want +got), error %v:\n%s", err, diff)
			}
		})
	}
	for _, body := range []string{``, `[]`, `{`, `{"messages":[],"messages":[]}`} {
		if _, err := bedrock.ReadConverseRequest([]byte(body)); err == nil {
			t.Errorf("%q was read", body)
		}
	}
}

// TestWritesThatAreNotSplit checks which time to live cache writes get that the answer does not tell.
func TestWritesThatAreNotSplit(t *testing.T) {
	const none, some = `[]`, `[{"ttl":"5m","inputTokens":10}]`
	five, hour := bedrock.ConverseRequest{FiveMinutes: true}, bedrock.ConverseRequest{OneHour: true}
	both, other := bedrock.ConverseRequest{FiveMinutes: true, OneHour: true}, bedrock.ConverseRequest{OneHour: true, Other: true}
	cases := []struct {
		name, details string
		asked         bedrock.ConverseRequest
		coverage      usage.Coverage
		want          [3]int64 // 5 minutes, 1 hour, not told; of 30
	}{
		{"nothing asked", none, bedrock.ConverseRequest{}, usage.Complete, [3]int64{30, 0, 0}},
		{"five minutes", none, five, usage.Complete, [3]int64{30, 0, 0}},
		{"one hour", none, hour, usage.Complete, [3]int64{0, 30, 0}},
		{"both", none, both, usage.Partial, [3]int64{0, 0, 30}},
		{"another", none, other, usage.Partial, [3]int64{0, 0, 30}},
		{"some told, nothing asked", some, bedrock.ConverseRequest{}, usage.Partial, [3]int64{10, 0, 20}},
		{"some told, five minutes", some, five, usage.Complete, [3]int64{30, 0, 0}},
		{"some told, one hour", some, hour, usage.Complete, [3]int64{10, 20, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := `{"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":33,"cacheWriteInputTokens":30,"cacheDetails":` + c.details + `}}`
			r := bedrock.ReadConverse([]byte(body), c.asked)
			var got [3]int64
			for i, class := range []usage.Class{usage.CacheCreation5m, usage.CacheCreation1h, usage.CacheCreation} {
				got[i], _ = r.Tokens.Of(class).Value()
			}
			if got != c.want || r.Coverage != c.coverage {
				t.Errorf("got %v, %q (%s); want %v, %q", got, r.Coverage, r.Problem, c.want, c.coverage)
			}
		})
	}
}

func TestAGuardrailThatWasAskedForIsNotCounted(t *testing.T) {
	r := bedrock.ReadConverse([]byte(`{"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}`), bedrock.ConverseRequest{Guardrail: true})
	if r.Coverage != usage.Partial || !strings.Contains(r.Problem, "guardrail") {
		t.Errorf("coverage %q: %s", r.Coverage, r.Problem)
	}
}

func TestBrokenAnswersAreMissing(t *testing.T) {
	const huge = `{"ttl":"1h","inputTokens":9007199254740992},`
	for _, body := range []string{``, `x`, `null`, `[]`, `{}`, `{"usage":5}`, `{"usage":{}}`, `{"usage":{"inputTokens":1,"outputTokens":1,"cacheDetails":7}}`,
		`{"usage":{"inputTokens":1,"outputTokens":1,"cacheDetails":[7]}}`, `{"usage":{"inputTokens":1,"outputTokens":1,"totalTokens":1}}`,
		`{"usage":{"inputTokens":1,"outputTokens":1,"cacheDetails":[` + strings.Repeat(huge, 1100) + `{}]}}`} {
		r := bedrock.ReadConverse([]byte(body), bedrock.ConverseRequest{})
		check(t, r)
		if r.Coverage != usage.Missing {
			t.Errorf("%.80q was read as %q with %v tokens (%s)", body, r.Coverage, r.Tokens, r.Problem)
		}
	}
}

// spoil returns messages that are each broken in another way.
func spoil(t *testing.T) map[string][]byte {
	good := frame(t, "event", "metadata", `{"usage":{"inputTokens":1,"outputTokens":2}}`)
	with := func(at int, v byte) []byte {
		b := bytes.Clone(good)
		b[at] ^= v
		return b
	}
	lengths := func(total, headers uint32) []byte {
		b := bytes.Clone(good)
		binary.BigEndian.PutUint32(b, total)
		binary.BigEndian.PutUint32(b[4:], headers)
		binary.BigEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[:8]))
		return b
	}
	return map[string][]byte{
		"prelude checksum":    with(9, 1),
		"headers":             with(14, 1),
		"payload":             with(len(good)-10, 1),
		"checksum":            with(len(good)-1, 1),
		"shorter than itself": lengths(15, 0),
		"no length":           lengths(0, 0),
		"too long":            lengths(bedrock.DefaultMax+1, 0),
		"headers too long":    lengths(uint32(len(good)), uint32(len(good))),
		"headers of 4 GiB":    lengths(uint32(len(good)), 1<<32-1),
	}
}

func TestBrokenFramesEndTheReading(t *testing.T) {
	good := frame(t, "event", "metadata", `{"usage":{"inputTokens":1,"outputTokens":2}}`)
	for name, bad := range spoil(t) {
		t.Run(name, func(t *testing.T) {
			if r, dropped := feed(new(bedrock.ConverseStream), bad, good); !dropped || r.Coverage != usage.Missing {
				t.Errorf("dropped %t, coverage %q", dropped, r.Coverage)
			}
		})
	}
	if r, dropped := feed(new(bedrock.ConverseStream), good); dropped || r.Coverage != usage.Complete {
		t.Errorf("the good message: dropped %t, coverage %q (%s)", dropped, r.Coverage, r.Problem)
	}
}

func TestFramesAreBounded(t *testing.T) {
	var got []string
	small, large := frame(t, "event", "a", `{}`), frame(t, "event", "b", strings.Repeat("x", 200))
	f := bedrock.Frames{Max: len(small), Handle: func(name string, data []byte) { got = append(got, name+string(data)) }}
	for _, b := range [][]byte{small, large, small} {
		if n, err := f.Write(b); n != len(b) || err != nil {
			t.Errorf("wrote %d of %d bytes, error %v", n, len(b), err)
		}
	}
	if diff := cmp.Diff([]string{"a{}"}, got); diff != "" || !f.Dropped() {
		t.Errorf("dropped %t, events differ (-want +got):\n%s", f.Dropped(), diff)
	}
}

func TestFramesWithoutAHandle(t *testing.T) {
	var f bedrock.Frames
	_, _ = f.Write(frame(t, "event", "a", `{}`))
	if f.End(); f.Dropped() {
		t.Error("a whole message was dropped")
	}
}

// letters is a model's own format: every event is a letter.
type letters struct{ got string }

func (l *letters) Event(name string, data []byte) { l.got += name + string(data) }

func (l *letters) Reading() usage.Reading {
	return usage.Reading{Coverage: usage.Complete, Tokens: usage.None(), ResponseID: l.got}
}

func TestChunks(t *testing.T) {
	const a, b = `{"bytes":"YQ==","p":"abcd"}`, `{"bytes":"Yg=="}`
	cases := []struct {
		name     string
		frames   [][]byte
		want     string
		coverage usage.Coverage
		problem  string
	}{
		{"two", [][]byte{frame(t, "event", "chunk", a), frame(t, "event", "chunk", b)}, "ab", usage.Complete, ""},
		{"another event", [][]byte{frame(t, "event", "future", a), frame(t, "event", "chunk", b)}, "b", usage.Complete, ""},
		{"exception", [][]byte{frame(t, "event", "chunk", a), frame(t, "exception", "modelTimeoutException", `{}`)}, "a", usage.Partial, "modelTimeoutException"},
		{"no base64", [][]byte{frame(t, "event", "chunk", `{"bytes":"%"}`), frame(t, "event", "chunk", b)}, "b", usage.Partial, "base64"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, dropped := feed(&bedrock.Chunks{Inner: new(letters)}, c.frames...)
			if r.ResponseID != c.want || r.Coverage != c.coverage || !strings.Contains(r.Problem, c.problem) || dropped {
				t.Errorf("got %q, %q (%s), dropped %t", r.ResponseID, r.Coverage, r.Problem, dropped)
			}
		})
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
	default:
		t.Errorf("coverage is %q", r.Coverage)
	}
	if r.Raw != nil && !json.Valid(r.Raw) {
		t.Errorf("raw usage %q is not JSON", r.Raw)
	}
}

// TestClassesAddUp: in a complete reading the disjoint classes are the total that the service tells.
func TestClassesAddUp(t *testing.T) {
	for i := range int64(40) {
		in, out, read, five, hour := i, i*7%11, i*i, i*3%5, i*5%3
		body := fmt.Sprintf(`{"usage":{"inputTokens":%d,"outputTokens":%d,"totalTokens":%d,"cacheReadInputTokens":%d,"cacheWriteInputTokens":%d,
			"cacheDetails":[{"ttl":"1h","inputTokens":%d},{"ttl":"5m","inputTokens":%d}]}}`, in, out, in+out+read+five+hour, read, five+hour, hour, five)
		r := bedrock.ReadConverse([]byte(body), bedrock.ConverseRequest{})
		if total, _ := r.Tokens.Total().Value(); r.Coverage != usage.Complete || total != in+out+read+five+hour {
			t.Errorf("%s is %q with %d tokens", body, r.Coverage, total)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	for _, path := range files(f, "converse/*.json") {
		f.Add(load(f, path), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, long bool) {
		check(t, bedrock.ReadConverse(body, bedrock.ConverseRequest{OneHour: long}))
	})
}

func FuzzStreams(f *testing.F) {
	for _, path := range files(f, "converse-stream/*.events") {
		f.Add(string(load(f, path)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s bedrock.ConverseStream
		for line := range strings.Lines(text) {
			name, data, _ := strings.Cut(line, " ")
			s.Event(name, []byte(data))
			check(t, s.Reading())
		}
	})
}

func FuzzFrames(f *testing.F) {
	for _, path := range files(f, "converse-stream/*.events") {
		f.Add(bytes.Join(frames(f, path), nil))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, dropped := feed(new(bedrock.ConverseStream), text)
		check(t, whole)
		half := len(text) / 2
		got, alsoDropped := feed(new(bedrock.ConverseStream), text[:half], text[half:])
		if diff := cmp.Diff(whole, got); diff != "" || dropped != alsoDropped {
			t.Errorf("in two pieces, dropped %t and %t (-whole +pieces):\n%s", dropped, alsoDropped, diff)
		}
	})
}

func FuzzRequests(f *testing.F) {
	f.Add([]byte(`{"serviceTier":{"type":"flex"},"system":[{"cachePoint":{"ttl":"1h"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := bedrock.ReadConverseRequest(body); err == nil && !json.Valid(body) {
			t.Errorf("%q was read and is not JSON", body)
		}
	})
}
