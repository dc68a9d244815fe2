package ollama_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter/ollama"
	"github.com/pertask/pertask/meter/readingtest"
	"github.com/pertask/pertask/usage"
)

// What the tests of every format do.
var (
	files = readingtest.Files
	load  = readingtest.Load
)

// feed reads a stream that comes in the given pieces.
func feed(pieces ...[]byte) usage.Reading {
	var s ollama.Stream
	lines := ollama.Lines{Handle: s.Event}
	for _, b := range pieces {
		_, _ = lines.Write(b)
	}
	lines.End()
	return s.Reading()
}

// show writes a reading the way the golden files have it.
func show(t *testing.T, r usage.Reading) string {
	t.Helper()
	tokens, err := json.Marshal(r.Tokens)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("coverage %q\nmodel %q\ntokens %s\nraw %s\nunclassified %q\nproblem %s\n",
		r.Coverage, r.ServedModel, tokens, r.Raw, r.Unclassified, r.Problem)
}

func TestCases(t *testing.T) {
	for _, path := range files(t, "*/*.json") {
		t.Run(path, func(t *testing.T) { golden.Check(t, path+".want", show(t, ollama.Read(load(t, path)))) })
	}
	for _, path := range files(t, "*/*.ndjson") {
		t.Run(path, func(t *testing.T) { golden.Check(t, path+".want", show(t, feed(load(t, path)))) })
	}
}

// TestSplits feeds every stream in two pieces, cut at every byte, with both kinds of line end: nothing may change.
func TestSplits(t *testing.T) {
	for _, path := range files(t, "*/*.ndjson") {
		text := load(t, path)
		for _, text := range [][]byte{text, bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))} {
			whole := feed(text)
			for i := range text {
				if got := feed(text[:i], text[i:]); !reflect.DeepEqual(whole, got) {
					t.Fatalf("%s cut at byte %d of %d (-whole +cut):\n%s", path, i, len(text), cmp.Diff(whole, got))
				}
			}
		}
	}
}

// TestTruncations ends every stream early, at every byte: it may say less, and never something else that is
// complete or free.
func TestTruncations(t *testing.T) {
	for _, path := range files(t, "*/*.ndjson") {
		text := load(t, path)
		whole := feed(text)
		for i := range text {
			got := feed(text[:i])
			if got.Coverage != usage.Missing && !reflect.DeepEqual(got, whole) {
				t.Fatalf("%s: the first %d of %d bytes read as %q with %v tokens, all of them as %v (%s)",
					path, i, len(text), got.Coverage, got.Tokens.Total(), whole.Tokens.Total(), whole.Coverage)
			}
		}
	}
}

// TestStreamsUnderAnotherName reads lines although the answer was said to be one JSON text.
func TestStreamsUnderAnotherName(t *testing.T) {
	for _, path := range files(t, "*/*.ndjson") {
		text := load(t, path)
		if diff := cmp.Diff(feed(text), ollama.Read(text)); diff != "" {
			t.Errorf("%s: differences (-stream +one piece):\n%s", path, diff)
		}
	}
}

// TestTextIsNotKept keeps the answers of models out of journals.
func TestTextIsNotKept(t *testing.T) {
	r := ollama.Read([]byte(`{"model":"m","message":{"content":"secret"},"response":"secret","context":[1],"done":true,"secret_count":"secret","prompt_eval_count":2,"eval_count":1}`))
	if string(r.Raw) != `{"eval_count":1,"prompt_eval_count":2}` || r.Coverage != usage.Partial {
		t.Errorf("raw usage is %s, coverage %q", r.Raw, r.Coverage)
	}
	data := []byte(`{"model":"m","done":true,"prompt_eval_count":2,"eval_count":1}`)
	var s ollama.Stream
	s.Event("", data)
	for i := range data {
		data[i] = 'x' // the splitter uses its buffer again
	}
	if raw := s.Reading().Raw; string(raw) != `{"eval_count":1,"prompt_eval_count":2}` {
		t.Errorf("raw usage is %s", raw)
	}
}

func TestBrokenAnswersAreMissing(t *testing.T) {
	for _, body := range []string{"", "x", "null", "[]", "{}", "5", `{"done":true}`, `{"done":"yes","eval_count":1,"prompt_eval_count":1}`, `{"eval_count":1,"prompt_eval_count":1}`} {
		for name, r := range map[string]usage.Reading{"answer": ollama.Read([]byte(body)), "stream": feed([]byte(body + "\n"))} {
			if r.Coverage != usage.Missing || r.Tokens != (usage.Tokens{}) || r.Problem == "" {
				t.Errorf("%s: %q was read as %q with %v tokens (%s)", name, body, r.Coverage, r.Tokens, r.Problem)
			}
		}
	}
}

// TestCounts tells every small consumption: the classes are disjoint and add up to what was told.
func TestCounts(t *testing.T) {
	for in := range int64(6) {
		for hit := range in + 1 {
			for out := range int64(4) {
				r := ollama.Read(fmt.Appendf(nil, `{"model":"m","done":true,"prompt_eval_count":%d,"prompt_eval_cached_count":%d,"eval_count":%d}`, in, hit, out))
				want := usage.None()
				want.Input, want.CacheRead, want.Output, want.Reasoning = usage.Known(in-hit), usage.Known(hit), usage.Known(out), usage.Count{}
				if diff := cmp.Diff(want, r.Tokens); diff != "" || r.Coverage != usage.Complete {
					t.Fatalf("%d, %d and %d: %q, differences (-want +got):\n%s", in, hit, out, r.Coverage, diff)
				}
				if total, _ := r.Tokens.Total().Value(); total != in+out {
					t.Fatalf("%d and %d tokens were read as %d", in, out, total)
				}
			}
		}
	}
}

func TestReadRequest(t *testing.T) {
	cases := []struct {
		body string
		want ollama.Request
	}{
		{`{"model":"m"}`, ollama.Request{Model: "m", Stream: true}},
		{`{"model":"m","stream":null}`, ollama.Request{Model: "m", Stream: true}},
		{`{"model":"m","stream":true}`, ollama.Request{Model: "m", Stream: true}},
		{`{"stream":false}`, ollama.Request{}},
		{`{"options":{"stream":false},"stream" : false ,"model":5}`, ollama.Request{}},
	}
	for _, c := range cases {
		if got, err := ollama.ReadRequest([]byte(c.body)); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v; want %+v", c.body, got, err, c.want)
		}
	}
	for _, body := range []string{``, `[]`, `{`, `{"model":"a","model":"b"}`, `{"model":"a","Model":"b"}`, `{"STREAM":false}`, `{"model":"a"}{}`} {
		if got, err := ollama.ReadRequest([]byte(body)); err == nil {
			t.Errorf("%s was read as %+v", body, got)
		}
	}
}

// check holds what is true of every reading, whatever the bytes were.
func check(t *testing.T, r usage.Reading) {
	t.Helper()
	switch r.Coverage {
	case usage.Complete:
		if !r.Tokens.Total().IsKnown() || r.Problem != "" || len(r.Unclassified) > 0 {
			t.Errorf("complete with total %v, problem %q, unclassified %q", r.Tokens.Total(), r.Problem, r.Unclassified)
		}
	case usage.Partial:
		if r.Problem == "" {
			t.Error("partial without a reason")
		}
	case usage.Unbilled:
		if r.Tokens != usage.None() || r.Problem == "" {
			t.Errorf("unbilled with tokens %v and problem %q", r.Tokens, r.Problem)
		}
	default:
		if r.Tokens != (usage.Tokens{}) || r.Problem == "" {
			t.Errorf("missing with tokens %v and problem %q", r.Tokens, r.Problem)
		}
	}
	if r.Raw != nil && !json.Valid(r.Raw) {
		t.Errorf("raw usage %q is not JSON", r.Raw)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, path := range append(files(f, "*/*.json"), files(f, "*/*.ndjson")...) {
		f.Add(load(f, path))
	}
	f.Fuzz(func(t *testing.T, body []byte) { check(t, ollama.Read(body)) })
}

func FuzzStreams(f *testing.F) {
	for _, path := range files(f, "*/*.ndjson") {
		f.Add(load(f, path), uint16(len(path)))
	}
	f.Fuzz(func(t *testing.T, text []byte, at uint16) {
		whole, i := feed(text), min(int(at), len(text))
		check(t, whole)
		if diff := cmp.Diff(whole, feed(text[:i], text[i:])); diff != "" {
			t.Errorf("cut at byte %d (-whole +pieces):\n%s", i, diff)
		}
	})
}

func FuzzRequests(f *testing.F) {
	for _, s := range []string{`{"model":"m"}`, `{"stream":false}`, `{"Stream":false}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ollama.ReadRequest(body)
		if err != nil {
			return
		}
		// What a server makes of the body with Go's own decoder is what was read.
		var server struct {
			Model  any   `json:"model"`
			Stream *bool `json:"stream"`
		}
		if json.Unmarshal(body, &server) != nil {
			return // the server refuses it
		}
		if model, _ := server.Model.(string); model != r.Model {
			t.Errorf("%q: model %q, a server reads %q", body, r.Model, model)
		}
		if stream := server.Stream == nil || *server.Stream; stream != r.Stream {
			t.Errorf("%q: stream %t, a server reads %t", body, r.Stream, stream)
		}
	})
}

func TestRefusalsNameTheField(t *testing.T) {
	_, err := ollama.ReadRequest([]byte(`{"Model":"b"}`))
	if err == nil || !strings.Contains(err.Error(), `"Model"`) {
		t.Errorf("error %v does not name the field", err)
	}
}
