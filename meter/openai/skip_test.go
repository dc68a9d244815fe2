package openai_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

// skipping reads a stream in the given pieces as the proxy does, and counts the bytes that were not taken apart.
func skipping(s *openai.ChatStream, pieces ...[]byte) (r usage.Reading, skipped int) {
	p := sse.Parser{Handle: s.Event}
	for _, b := range pieces {
		for len(b) > 0 {
			if p.Between() {
				n := s.Skip(b)
				skipped, b = skipped+n, b[n:]
			}
			end := bytes.Index(b, []byte("\n\n")) + 2
			if end < 2 {
				break
			}
			_, _ = p.Write(b[:end])
			b = b[end:]
		}
		_, _ = p.Write(b)
	}
	p.End()
	return s.Reading(), skipped
}

// TestSkippingChangesNothing reads every recorded chat with and without skipping, whole and cut everywhere.
func TestSkippingChangesNothing(t *testing.T) {
	variants := map[string]openai.Variant{"chat": openai.Plain, "xai": openai.XAI, "deepseek": openai.DeepSeek, "openrouter": openai.OpenRouter,
		"groq": openai.Groq, "mistral": openai.Mistral, "litellm": openai.LiteLLM}
	for folder, v := range variants {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.sse"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text := load(t, path)
			for _, text := range [][]byte{text, bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))} {
				for i := 0; i <= len(text); i += 1 + len(text)/200 {
					want := feed(&openai.ChatStream{Variant: v}, text[:i], text[i:])
					if got, _ := skipping(&openai.ChatStream{Variant: v}, text[:i], text[i:]); !cmp.Equal(want, got) {
						t.Fatalf("%s in two pieces cut at %d (-without +with):\n%s", path, i, cmp.Diff(want, got))
					}
					want = feed(&openai.ChatStream{Variant: v}, text[:i])
					if got, _ := skipping(&openai.ChatStream{Variant: v}, text[:i]); !cmp.Equal(want, got) {
						t.Fatalf("%s ended at %d (-without +with):\n%s", path, i, cmp.Diff(want, got))
					}
				}
			}
		}
	}
}

// chat is a stream of words, each in a chunk of its own, with what comes between them.
func chat(words ...string) []byte {
	var b strings.Builder
	for _, w := range words {
		if !strings.HasPrefix(w, "{") {
			w = `{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"` + w + `"},"finish_reason":null}],"usage":null}`
		}
		b.WriteString("data: " + w + "\n\n")
	}
	return []byte(b.String())
}

func TestWhatIsSkipped(t *testing.T) {
	const (
		last  = `{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}`
		usage = `{"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`
		end   = "data: [DONE]\n\n"
	)
	words := strings.Fields("a b c d e f g h i j k l m n o p q r s t")
	cases := []struct {
		name  string
		text  []byte
		least int // bytes to be skipped at least
	}{
		{"words", append(chat(append(words, last, usage)...), end...), 15 * 100},
		{"quotes and backslashes", chat(`a`, `b`, `\"`, `\\`, `x\\`, `\"},\"usage\":{\"prompt_tokens\":9}`, last, usage), 100},
		{"usage hidden behind a word", chat("a", "b", `c"},"finish_reason":null}],"usage":{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10},"x":[{"y":{"z":"`), 100},
		{"a line ends within a word", append(chat("a", "b"), []byte("data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\n\ndata: [DONE]\n\n")...), 100},
		{"running totals", chat("a", usage, "b", usage, "c", usage), 0},
		{"errors", chat("a", "b", `{"error":{"message":"x"}}`, "c"), 100},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := feed(new(openai.ChatStream), c.text)
			got, skipped := skipping(new(openai.ChatStream), c.text)
			if diff := cmp.Diff(want, got); diff != "" || skipped < c.least {
				t.Errorf("%d bytes skipped, want %d; readings differ (-without +with):\n%s", skipped, c.least, diff)
			}
		})
	}
}

func FuzzSkipping(f *testing.F) {
	f.Add(chat("a", "b", "c"), 7)
	f.Add(append(chat("a", `\"`, "c"), "data: [DONE]\n\n"...), 100)
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		at = max(0, min(at, len(text)))
		want := feed(new(openai.ChatStream), text[:at], text[at:])
		if got, _ := skipping(new(openai.ChatStream), text[:at], text[at:]); !cmp.Equal(want, got) {
			t.Errorf("(-without +with):\n%s", cmp.Diff(want, got))
		}
	})
}
