package pricecase_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/pertask/pertask/internal/pricecase"
	"github.com/pertask/pertask/price"
)

// recorded is a line of testdata/prices: a case and what it costs.
type recorded struct {
	Case json.RawMessage `json:"case"`
	Want struct {
		Cost   price.Amount `json:"cost_usd"`
		Status price.Status `json:"status"`
	} `json:"want"`
	Note string `json:"note"`
}

func load(t testing.TB, names ...string) []recorded {
	t.Helper()
	var out []recorded
	for _, name := range names {
		text, err := os.ReadFile("../../testdata/prices/" + name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			var r recorded
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			out = append(out, r)
		}
	}
	return out
}

func parse(t testing.TB, text []byte) pricecase.Case {
	t.Helper()
	c, err := pricecase.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func TestCases(t *testing.T) {
	for _, r := range load(t, "cases.jsonl", "own.jsonl") {
		c := parse(t, r.Case)
		t.Run(c.ID, func(t *testing.T) {
			got := pricecase.Price(c, price.Embedded())
			if !got.Cost.Equal(r.Want.Cost) || got.Status != r.Want.Status {
				t.Errorf("%v %v, want %v %v (missing: %s; notes: %q) %s", got.Cost, got.Status, r.Want.Cost, r.Want.Status, got.Missing, got.Notes, r.Note)
			}
			check(t, got)
		})
	}
}

// check holds what is true of every result.
func check(t *testing.T, r pricecase.Result) {
	t.Helper()
	if (r.Status == price.Unknown) == r.Cost.IsKnown() || (r.Missing != "") != (r.Status == price.Unknown) {
		t.Errorf("%s: cost %v, status %v, missing %q", r.ID, r.Cost, r.Status, r.Missing)
	}
	if r.Lines == nil {
		t.Errorf("%s: lines are null", r.ID)
	}
}
