package compare_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
)

const csvHeader = "dataset,model,task,trial,passed,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,cost_usd,duration_s\n"

// bothWays analyses a CSV text row by row as it is read, and trial by trial, and returns the two reports as JSON.
func bothWays(t testing.TB, text string, sel compare.Selection, o compare.Options) (folded, added string) {
	t.Helper()
	sel.Path = "f"
	r, err := compare.AnalyzeCSV(strings.NewReader(text), sel, o)
	if err != nil {
		t.Fatal(err)
	}
	rec := compare.Recording{Path: "f"}
	if err := recorded.ReadCSV(strings.NewReader(text), "f", func(row recorded.Row) error {
		if row.Model == sel.Base || row.Model == sel.Head {
			rec.Records.Rows = append(rec.Records.Rows, row)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	base, head := rec, rec
	base.Want, head.Want = sel.Base, sel.Head
	s, err := compare.AnalyzeRecords(base, head, sel, o)
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	for out, rep := range map[*bytes.Buffer]any{&a: r, &b: s} {
		e := json.NewEncoder(out)
		e.SetIndent("", " ")
		if err := e.Encode(rep); err != nil {
			t.Fatal(err)
		}
	}
	return a.String(), b.String()
}

// rows draws trials of two models with whatever a record may lack; the base's come first, as when they are added arm by arm.
func rows(r *rand.Rand, base, head string, lacks float64) string {
	var b strings.Builder
	b.WriteString(csvHeader)
	some := func(s string) string {
		if r.Float64() < lacks {
			return ""
		}
		return s
	}
	for _, model := range []string{base, head} {
		for task := range 4 {
			for n := range 3 {
				fmt.Fprintf(&b, "d,%s,task %d,%d,%s,%s,%s,%s,%s,%s,%s\n", model, task, n, some(fmt.Sprint(r.IntN(2))),
					some(fmt.Sprint(r.IntN(200_000))), some(fmt.Sprint(r.IntN(400_000))), some(fmt.Sprint(r.IntN(3))), some(fmt.Sprint(r.IntN(5000))),
					some(fmt.Sprintf("%.*f", r.IntN(19), r.Float64()*3)), some(fmt.Sprintf("%.1f", 100*r.Float64())))
			}
		}
	}
	return b.String()
}

// Folding rows as they are read comes to what adding their trials one by one does, to the last digit.
func TestFoldedRowsAreTheirTrials(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	eighth, err := price.ParseFactor("0.875")
	if err != nil {
		t.Fatal(err)
	}
	models := []string{"gpt-5.5", "gpt-5.4", "claude-opus-4-6", "gemini-3.1-pro-preview", "nobody-1", "grok-4.5"}
	known := 0
	for i := range 120 {
		base, head := models[r.IntN(len(models))], models[r.IntN(len(models))]
		if base == head {
			continue
		}
		o := analysisOptions()
		if i%4 == 0 {
			o.Pricing.Discounts = []price.Discount{{Provider: "openai", Multiplier: eighth, Note: "contract"}}
		}
		sel := compare.Selection{Base: base, Head: head, Reprice: i%2 == 0, AssumeUncached: i%3 == 0}
		text := rows(r, base, head, []float64{0, 0.02, 0.3}[i%3])
		folded, added := bothWays(t, text, sel, o)
		if diff := cmp.Diff(added, folded); diff != "" {
			t.Fatalf("%+v of\n%s (-added +folded):\n%s", sel, text, diff)
		}
		if strings.Contains(folded, `"ratio": {`) {
			known++
		}
	}
	if known < 30 {
		t.Errorf("%d comparisons had a ratio: too few to show anything", known)
	}
}
