// Package readingtest holds what the tests of every wire format's decoder do: read recorded answers, compare them with
// golden files, and cut streams everywhere.
//
// It knows readings and files of testdata. It refuses to know any format.
package readingtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

// Stream reads the events of one answer.
type Stream interface {
	Event(name string, data []byte)
	Reading() usage.Reading
}

// Feed reads server-sent events that come in the given pieces.
func Feed(s Stream, pieces ...[]byte) usage.Reading {
	p := sse.Parser{Handle: s.Event}
	for _, b := range pieces {
		_, _ = p.Write(b)
	}
	p.End()
	return s.Reading()
}

// Show writes a reading the way the golden files have it: as a call, without the raw usage and without fields that say
// nothing.
func Show(t *testing.T, r usage.Reading) string {
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

// Files returns the files of testdata that fit a pattern. That there are none is a failure.
func Files(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files are %s: %v", pattern, err)
	}
	return paths
}

// Load reads a file.
func Load(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Splits feeds a recorded stream in two pieces, cut at every byte, with every kind of line end: nothing may change.
func Splits(t *testing.T, path string, stream func() Stream) {
	t.Helper()
	for kind, text := range lineEnds(Load(t, path)) {
		whole := Feed(stream(), text)
		step := []int{1, 5, 7}[kind] // package sse cuts the other kinds of line end at every byte
		for i := 0; i < len(text); i += step {
			if got := Feed(stream(), text[:i], text[i:]); !reflect.DeepEqual(whole, got) {
				t.Fatalf("%s cut at byte %d of %d (-whole +cut):\n%s", path, i, len(text), cmp.Diff(whole, got))
			}
		}
	}
}

// lineEnds returns a stream with each kind of line end.
func lineEnds(text []byte) [][]byte {
	s := string(text)
	return [][]byte{text, []byte(strings.ReplaceAll(s, "\n", "\r\n")), []byte(strings.ReplaceAll(s, "\n", "\r"))}
}
