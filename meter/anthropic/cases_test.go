package anthropic_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

type stream interface {
	Event(name string, data []byte)
	Reading() usage.Reading
}

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
