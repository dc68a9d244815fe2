package stats_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/pertask/pertask/stats"
)

// recordedArm reads one model's column pair of testdata/gaia.csv: one trial of each task.
func recordedArm(t *testing.T, model string) []stats.Cell {
	t.Helper()
	f, err := os.Open("testdata/gaia.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := -1
	for i, name := range rows[0] {
		if name == model+" cost" {
			column = i
		}
	}
	if column < 0 {
		t.Fatalf("no column %q", model+" cost")
	}
	var out []stats.Cell
	for _, row := range rows[1:] {
		cost, err := strconv.ParseFloat(row[column], 64)
		if err != nil {
			t.Fatal(err)
		}
		var c stats.Cell
		c.Add(stats.Obs{Cost: cost, Completed: row[column+1] == "1"})
		out = append(out, c)
	}
	return out
}

// The expected numbers were worked out from the same recorded trials by another program, to the digits shown.
func TestRecordedPopulation(t *testing.T) {
	tests := []struct {
		base, head       string
		ratio, low, high float64
	}{
		{"gemini-3.1-pro", "gemini-3-flash", 2.656, 1.698, 4.152},
		{"claude-opus-4.7", "gemini-3.1-pro", 0.372, 0.234, 0.592},
	}
	for _, test := range tests {
		t.Run(test.base+" to "+test.head, func(t *testing.T) {
			base, head := recordedArm(t, test.base), recordedArm(t, test.head)
			if len(base) != 165 {
				t.Fatalf("%d tasks, want 165", len(base))
			}
			p, err := stats.ComparePopulation(base, head)
			if err != nil {
				t.Fatal(err)
			}
			i := p.Interval(0.95)
			got := [3]float64{p.Ratio, i.Low, i.High}
			for n, want := range [3]float64{test.ratio, test.low, test.high} {
				if math.Abs(got[n]-want) > 0.0005 {
					t.Errorf("got %v, want %v %v %v", got, test.ratio, test.low, test.high)
					break
				}
			}
			if result := p.Test(1); result.P >= 0.05 || result.T*(test.ratio-1) <= 0 {
				t.Errorf("Test(1) = %+v, want a clear answer", result)
			}
			if _, crosses := p.Crosses(1); crosses {
				t.Error("one task moves the ratio across 1, want none")
			}
		})
	}
}
