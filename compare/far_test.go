package compare_test

import (
	"context"
	"math"
	"testing"

	"github.com/pertask/pertask/compare"
)

// TestProgress holds that whoever waits learns which look the trials are for, and how likely a verdict is.
func TestProgress(t *testing.T) {
	l := newLab(t, promptSuite)
	l.opts.Pair.Head = l.opts.Pair.Base // equal arms decide nothing
	l.opts.Looks = []int{3, 12}
	var seen []compare.Progress
	l.bench.Progress = func(p compare.Progress) { seen = append(seen, p) }
	if _, err := compare.Run(context.Background(), l.opts, l.bench); err != nil {
		t.Fatal(err)
	}
	per := 2 * len(l.opts.Suite.Tasks)
	if len(seen) != 12*per {
		t.Fatalf("told %d times, want %d", len(seen), 12*per)
	}
	for i, p := range seen {
		if p.Done != i+1 || p.Looks != 2 {
			t.Errorf("after trial %d: %+v", i+1, p)
		}
		first := i < 3*per
		if first && (p.Look != 1 || p.Trials != 3 || p.Total != 3*per || !math.IsNaN(p.Chance)) {
			t.Errorf("in the first look: %+v", p)
		}
		if !first && (p.Look != 2 || p.Trials != 12 || p.Total != 12*per || !(p.Chance >= 0.2 && p.Chance <= 1)) {
			t.Errorf("in the second look: %+v", p)
		}
	}
}
