package gemini_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter/gemini"
	"github.com/pertask/pertask/meter/readingtest"
	"github.com/pertask/pertask/meter/sse"
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

// formats are the readers by folder of testdata.
var formats = map[string]struct {
	read   func([]byte) usage.Reading
	stream func() stream
}{
	"generate": {
		func(b []byte) usage.Reading { return gemini.Read(b, gemini.Asked{}) },
		func() stream { return new(gemini.Stream) },
	},
	"interactions": {
		func(b []byte) usage.Reading { return gemini.ReadInteraction(b, gemini.Asked{}) },
		func() stream { return new(gemini.InteractionStream) },
	},
}

func TestCases(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.json") {
			t.Run(path, func(t *testing.T) {
				r := f.read(load(t, path))
				check(t, r)
				golden.Check(t, path+".want", show(t, r))
			})
		}
		for _, path := range files(t, folder+"/*.sse") {
			t.Run(path, func(t *testing.T) {
				r := feed(f.stream(), load(t, path))
				check(t, r)
				golden.Check(t, path+".want", show(t, r))
			})
		}
	}
}

// TestTruncations ends every stream early, at every byte: it may say less, and never something else that is
// complete.
func TestTruncations(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.sse") {
			text := load(t, path)
			whole := feed(f.stream(), text)
			for i := range text {
				if got := feed(f.stream(), text[:i]); got.Coverage == usage.Complete && !reflect.DeepEqual(got, whole) {
					t.Fatalf("%s: the first %d of %d bytes read as complete with %v tokens, all of them as %v (%s)",
						path, i, len(text), got.Tokens.Total(), whole.Tokens.Total(), whole.Coverage)
				}
			}
		}
	}
}

// TestTruncatedAnswers ends every answer early: nothing of it is complete.
func TestTruncatedAnswers(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.json") {
			text := []byte(strings.TrimSpace(string(load(t, path))))
			for i := range text {
				if got := f.read(text[:i]); got.Coverage == usage.Complete {
					t.Fatalf("%s: the first %d of %d bytes read as complete", path, i, len(text))
				}
			}
		}
	}
}

// TestStreamAndArrayAreTheSame reads every stream as the JSON array that comes without alt=sse.
func TestStreamAndArrayAreTheSame(t *testing.T) {
	for _, path := range files(t, "generate/*.sse") {
		var parts []json.RawMessage
		p := sse.Parser{Handle: func(_ string, data []byte) {
			if json.Valid(data) && data[0] == '{' {
				parts = append(parts, append(json.RawMessage(nil), data...))
			}
		}}
		_, _ = p.Write(load(t, path))
		p.End()
		body, err := json.Marshal(parts)
		if err != nil {
			t.Fatal(err)
		}
		var again gemini.Stream
		for _, one := range parts {
			again.Event("", one)
		}
		if diff := cmp.Diff(again.Reading(), gemini.Read(body, gemini.Asked{})); diff != "" {
			t.Errorf("%s: the readings differ (-stream +array):\n%s", path, diff)
		}
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
