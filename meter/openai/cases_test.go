package openai_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

type stream interface {
	Event(name string, data []byte)
	Reading() usage.Reading
}

// format is how the answers of one folder of testdata are read.
type format struct {
	read   func([]byte) usage.Reading
	stream func() stream
}

// formats are the readers by folder of testdata.
var formats = map[string]format{
	"chat":                 {openai.ReadChat, func() stream { return new(openai.ChatStream) }},
	"responses":            {openai.ReadResponse, func() stream { return new(openai.ResponsesStream) }},
	"xai":                  chatOf(openai.XAI),
	"xai-responses":        responsesOf(openai.XAI),
	"deepseek":             chatOf(openai.DeepSeek),
	"openrouter":           chatOf(openai.OpenRouter),
	"openrouter-responses": responsesOf(openai.OpenRouter),
	"groq":                 chatOf(openai.Groq),
	"mistral":              chatOf(openai.Mistral),
	"litellm":              chatOf(openai.LiteLLM),
}

func chatOf(v openai.Variant) format {
	return format{v.ReadChat, func() stream { return &openai.ChatStream{Variant: v} }}
}

func responsesOf(v openai.Variant) format {
	return format{v.ReadResponse, func() stream { return &openai.ResponsesStream{Variant: v} }}
}

// feed reads a stream that comes in the given pieces.
func feed(s stream, pieces ...[]byte) usage.Reading {
	p := sse.Parser{Handle: s.Event}
	for _, b := range pieces {
		_, _ = p.Write(b)
	}
	p.End()
	return s.Reading()
}

// show writes a reading the way the golden files have it.
func show(t *testing.T, r usage.Reading) string {
	t.Helper()
	var c usage.Call
	r.Fill(&c)
	if c.Raw != nil && !json.Valid(c.Raw) {
		t.Errorf("raw usage %q is not JSON", c.Raw)
	}
	c.Raw = nil
	b, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, line := range strings.Split(string(b), "\n") {
		if !strings.HasSuffix(line, `: "",`) && !strings.HasSuffix(line, ": 0,") || strings.Contains(line, "coverage") || strings.HasPrefix(line, "  ") {
			kept = append(kept, line)
		}
	}
	return strings.Replace(strings.Join(kept, "\n"), " \"time\": \"0001-01-01T00:00:00Z\",\n", "", 1) + "\n"
}

func files(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files are %s: %v", pattern, err)
	}
	return paths
}

func load(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCases(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.json") {
			t.Run(path, func(t *testing.T) { golden.Check(t, path+".want", show(t, f.read(load(t, path)))) })
		}
		for _, path := range files(t, folder+"/*.sse") {
			t.Run(path, func(t *testing.T) { golden.Check(t, path+".want", show(t, feed(f.stream(), load(t, path)))) })
		}
	}
}

// TestSplits feeds every stream in two pieces, cut at every byte, with every kind of line end: nothing may change.
func TestSplits(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.sse") {
			for kind, text := range lineEnds(load(t, path)) {
				whole := feed(f.stream(), text)
				step := []int{1, 5, 7}[kind] // package sse cuts the other kinds of line end at every byte
				for i := 0; i < len(text); i += step {
					if got := feed(f.stream(), text[:i], text[i:]); !reflect.DeepEqual(whole, got) {
						t.Fatalf("%s cut at byte %d of %d (-whole +cut):\n%s", path, i, len(text), cmp.Diff(whole, got))
					}
				}
			}
		}
	}
}

// lineEnds returns a stream with each kind of line end.
func lineEnds(text []byte) [][]byte {
	s := string(text)
	return [][]byte{text, []byte(strings.ReplaceAll(s, "\n", "\r\n")), []byte(strings.ReplaceAll(s, "\n", "\r"))}
}

// TestTruncations ends every stream early, at every byte: it may say less, and never something else that is
// complete, free or charged.
func TestTruncations(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.sse") {
			text := load(t, path)
			whole := feed(f.stream(), text)
			for i := range text {
				if problem := notLess(feed(f.stream(), text[:i]), whole); problem != "" {
					t.Fatalf("%s: the first %d of %d bytes: %s", path, i, len(text), problem)
				}
			}
		}
	}
}

// notLess says what a reading of a part claims that the whole does not.
func notLess(part, whole usage.Reading) string {
	final := part.Coverage == usage.Complete || part.Coverage == usage.Unbilled || part.ReportedUSD+part.ReportedUpstreamUSD != ""
	if final && !reflect.DeepEqual(part, whole) {
		return "read as final and not as the whole (-whole +part):\n" + cmp.Diff(whole, part)
	}
	few, knows := part.Tokens.Total().Value()
	all, known := whole.Tokens.Total().Value()
	if knows && known && few > all && whole.Coverage != usage.Unbilled {
		return fmt.Sprintf("read as %d tokens, of %d", few, all)
	}
	return ""
}

// TestTruncationsByEvent ends every stream behind every event: only the whole of it may be exact.
func TestTruncationsByEvent(t *testing.T) {
	exact := 0
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.sse") {
			events := strings.SplitAfter(string(load(t, path)), "\n\n")
			for n := range events {
				text := []byte(strings.Join(events[:n], ""))
				part, whole := feed(f.stream(), text), feed(f.stream(), load(t, path))
				if problem := notLess(part, whole); problem != "" {
					t.Errorf("%s: the first %d events: %s", path, n, problem)
				}
				if part.Coverage == usage.Complete {
					exact++
				}
			}
		}
	}
	if exact == 0 {
		t.Error("no stream was complete before its trailing blank line")
	}
}
