package openai_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/meter/readingtest"
	"github.com/pertask/pertask/usage"
)

// What the tests of every format do.
var (
	feed  = readingtest.Feed
	show  = readingtest.Show
	files = readingtest.Files
	load  = readingtest.Load
)

type stream = readingtest.Stream

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

// TestSplits feeds every stream in two pieces, cut at every byte, with every kind of line end: nothing may change.
func TestSplits(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.sse") {
			readingtest.Splits(t, path, f.stream)
		}
	}
}
