package content_test

import (
	"math"
	"testing"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/verdict"
)

// TestTotal holds that reasoning, a part of the output, is not counted twice and that an unknown class is never zero.
func TestTotal(t *testing.T) {
	all := content.Tokens{Input: 100, CacheRead: 2000, CacheCreation: 30_000, Output: 400_000, Reasoning: 300_000}
	if got, want := all.Total(), content.Number(432_100); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	nan := content.Number(math.NaN())
	for name, lose := range map[string]func(*content.Tokens){
		"input":          func(t *content.Tokens) { t.Input = nan },
		"cache read":     func(t *content.Tokens) { t.CacheRead = nan },
		"cache creation": func(t *content.Tokens) { t.CacheCreation = nan },
		"output":         func(t *content.Tokens) { t.Output = nan },
	} {
		some := all
		if lose(&some); !math.IsNaN(float64(some.Total())) {
			t.Errorf("without %s: got %v, want no statement", name, some.Total())
		}
	}
	all.Reasoning = nan
	if got, want := all.Total(), content.Number(432_100); got != want {
		t.Errorf("without reasoning: got %v, want %v", got, want)
	}
}

func TestHasTrials(t *testing.T) {
	for _, c := range []struct {
		name       string
		result     verdict.Result
		base, head int
		want       bool
	}{
		{"measured", verdict.Measured, 2, 3, true},
		{"one side only", verdict.Measured, 0, 1, true},
		{"all void", verdict.Measured, 0, 0, false},
		{"interrupted, with some trials", verdict.NotMeasured, 1, 0, true},
		{"accepted after a measurement", verdict.Accepted, 2, 2, true},
		{"nothing changed", verdict.NothingChanged, 2, 2, false},
		{"bad input", verdict.BadInput, 2, 2, false},
	} {
		r := content.Report{Result: c.result, Base: content.Arm{Trials: c.base, Voids: 9}, Head: content.Arm{Trials: c.head, Voids: 9}}
		if got := r.HasTrials(); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if new(content.Report).HasTrials() {
		t.Error("an empty report has trials")
	}
}
