package anthropic_test

import (
	"reflect"
	"testing"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter/anthropic"
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

// formats are the readers by folder of testdata.
var formats = map[string]struct {
	read   func([]byte) usage.Reading
	stream func() stream
}{
	"messages": {
		func(b []byte) usage.Reading { return anthropic.Read(b, anthropic.TTL{}) },
		func() stream { return new(anthropic.Stream) },
	},
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
// complete.
func TestTruncations(t *testing.T) {
	for folder, f := range formats {
		for _, path := range files(t, folder+"/*.sse") {
			text := load(t, path)
			whole := feed(f.stream(), text)
			for i := range text {
				if got := feed(f.stream(), text[:i]); (got.Coverage == usage.Complete || got.Coverage == usage.Unbilled) && !reflect.DeepEqual(got, whole) {
					t.Fatalf("%s: the first %d of %d bytes read as %s with %v tokens, all of them as %v (%s)",
						path, i, len(text), got.Coverage, got.Tokens.Total(), whole.Tokens.Total(), whole.Coverage)
				}
			}
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
