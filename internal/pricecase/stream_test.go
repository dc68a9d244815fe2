package pricecase_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/internal/pricecase"
	"github.com/pertask/pertask/price"
)

// streams are the recorded cases that have events of a stream.
func streams(t *testing.T) []pricecase.Case {
	var out []pricecase.Case
	for _, r := range load(t, "cases.jsonl", "own.jsonl") {
		if c := parse(t, r.Case); len(c.Events) > 0 && !strings.HasPrefix(c.Events[0], "HTTP") {
			out = append(out, c)
		}
	}
	if len(out) < 8 {
		t.Fatalf("only %d cases have a stream", len(out))
	}
	return out
}

// TestTruncatedStreamsAreNotExact ends every stream early, at every event: what is left may cost as much and be
// certain, but never less and be certain.
func TestTruncatedStreamsAreNotExact(t *testing.T) {
	for _, c := range streams(t) {
		all := pricecase.Price(c, price.Embedded())
		for i := range c.Events {
			cut := c
			cut.Events = c.Events[:i:i]
			if i == 0 {
				cut.Usage = nil // without an event nothing was seen, whatever somebody knows of the usage
			}
			got := pricecase.Price(cut, price.Embedded())
			check(t, got)
			if got.Status == price.Exact && !got.Cost.Equal(all.Cost) {
				t.Errorf("%s: %d of %d events cost exactly %v, all of them %v %v", c.ID, i, len(c.Events), got.Cost, all.Cost, all.Status)
			}
		}
	}
}

// TestAbortedStreamsAreNotExact says of every stream that its end was not seen.
func TestAbortedStreamsAreNotExact(t *testing.T) {
	for _, r := range load(t, "cases.jsonl", "own.jsonl") {
		c := parse(t, r.Case)
		if c.Events != nil || c.Extra != nil || strings.Contains(c.API, "count") || strings.Contains(c.API, "Count") {
			continue
		}
		for _, stream := range []bool{false, true} {
			c.Stream, c.Extra = stream, map[string]json.RawMessage{"aborted": json.RawMessage("true")}
			if got := pricecase.Price(c, price.Embedded()); got.Status == price.Exact {
				t.Errorf("%s, stream %t: %v is exact although the end was not seen", c.ID, stream, got.Cost)
			}
		}
	}
}

// TestOnePieceAndStreamCostTheSame prices every case of one piece as a stream.
func TestOnePieceAndStreamCostTheSame(t *testing.T) {
	for _, r := range load(t, "cases.jsonl", "own.jsonl") {
		c := parse(t, r.Case)
		if c.Stream || c.Events != nil {
			continue
		}
		want := pricecase.Price(c, price.Embedded())
		c.Stream = true
		got := pricecase.Price(c, price.Embedded())
		if !got.Cost.Equal(want.Cost) || got.Status != want.Status {
			t.Errorf("%s: as a stream %v %v, in one piece %v %v (%s)", c.ID, got.Cost, got.Status, want.Cost, want.Status, got.Missing)
		}
	}
}

// TestStreamsInPieces splits the bytes of every stream at every place.
func TestStreamsInPieces(t *testing.T) {
	for _, c := range streams(t) {
		length := 0
		want := pricecase.PricePieces(c, price.Embedded(), func(text []byte) [][]byte {
			length = max(length, len(text))
			return [][]byte{text}
		})
		for i := range length {
			got := pricecase.PricePieces(c, price.Embedded(), func(text []byte) [][]byte {
				at := min(i, len(text))
				return [][]byte{slices.Clone(text[:at]), slices.Clone(text[at:])}
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s cut at byte %d of %d (-whole +cut):\n%s", c.ID, i, length, diff)
			}
		}
	}
}
