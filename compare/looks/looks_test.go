package looks_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/looks"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/verdict"
)

func course(t *testing.T, trials []int, reserve float64, extensions int) *looks.Course {
	t.Helper()
	c, err := looks.New(trials, reserve, extensions)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// undecided is a look at a ratio of r0 with the given normal score.
func seen(z float64) looks.Seen {
	return looks.Seen{
		Decision: verdict.Decision{Reason: verdict.Finding{Code: "undecided"}},
		Test:     stats.Test{T: z, P: 2 * (1 - stats.NormalCDF(math.Abs(z)))}, DF: math.Inf(1), SE: 0.2,
	}
}

// What was planned does not grow with the extensions.
func TestPlanned(t *testing.T) {
	c := course(t, []int{5, 8}, 0.005, 2)
	if diff := cmp.Diff([]int{5, 8}, c.Planned()); diff != "" || len(c.Trials()) != 4 {
		t.Errorf("of the looks after %v trials are planned (-want +got):\n%s", c.Trials(), diff)
	}
}

func TestStopped(t *testing.T) {
	c := course(t, []int{2, 3, 5, 8, 13, 20}, 0, 0)
	settled := func(d verdict.Decision) looks.Seen {
		s := seen(0.5)
		d.Settled = true
		s.Decision = d
		return s
	}
	for _, x := range []struct {
		name string
		look int
		seen looks.Seen
		want string
	}{
		{"nothing shown yet", 0, seen(1.5), ""},
		{"shown", 0, settled(verdict.Decision{Verdict: verdict.Switch}), content.StoppedDecided},
		{"no material difference", 1, settled(verdict.Decision{Reason: verdict.Finding{Code: "no-material-difference"}}), content.StoppedDecided},
		{"no price", 0, settled(verdict.Decision{Reason: verdict.Finding{Code: "unknown-cost", Withhold: true}}), content.StoppedWithheld},
		{"the middle of nowhere, late", 4, seen(0.01), content.StoppedFutile},
		{"the cap", 5, seen(1.9), content.StoppedCap},
		{"a look that is not planned", 6, seen(1.9), content.StoppedCap},
		{"a look before the first", -1, seen(1.9), content.StoppedCap},
		{"no statement", 0, looks.Seen{Test: stats.Test{T: math.NaN(), P: math.NaN()}, DF: math.NaN(), SE: math.Inf(1)}, ""},
	} {
		got := c.At(x.look, x.seen)
		if got.Stopped != x.want {
			t.Errorf("%s: stopped %q, want %q (%+v)", x.name, got.Stopped, x.want, got)
		}
		if got.Stopped != "" && got.Rounds != 0 {
			t.Errorf("%s: stopped, and %v further rounds", x.name, got.Rounds)
		}
	}
}

// An extension goes on where the plan ends, at half of what is left of the reserve; with one, nothing is futile.
func TestExtension(t *testing.T) {
	c := course(t, []int{3, 5}, 0.005, 2)
	if diff := cmp.Diff([]int{3, 5, 9, 15}, c.Trials()); diff != "" {
		t.Errorf("looks (-want +got):\n%s", diff)
	}
	if got := []float64{c.Level(2), c.Level(3)}; got[0] != 0.0025 || got[1] != 0.00125 {
		t.Errorf("levels of the extensions are %v", got)
	}
	spent := 0.0
	for i := range c.Trials() {
		spent += c.Level(i)
	}
	// Nominal levels add up to more than what is spent, because the looks see the same trials.
	if plan := course(t, []int{3, 5}, 0, 0); c.Level(0) >= plan.Level(0) || c.Level(1) >= plan.Level(1) || spent > 0.1 {
		t.Errorf("the plan does not pay for the reserve: levels %v and %v, without one %v and %v", c.Level(0), c.Level(1), plan.Level(0), plan.Level(1))
	}
	if got := c.At(1, seen(0.01)).Stopped; got != "" {
		t.Errorf("the cap of an extended test stops it: %q", got)
	}
	if got := c.At(3, seen(0.01)).Stopped; got != content.StoppedCap {
		t.Errorf("the last extension: %q", got)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := looks.New([]int{2, 3}, 0, 1); !errors.Is(err, looks.ErrReserve) {
		t.Errorf("an extension without a reserve: %v", err)
	}
	for name, f := range map[string]func() error{
		"all of the error in reserve": func() error { _, err := looks.New([]int{2}, 0.05, 0); return err },
		"a reserve below nothing":     func() error { _, err := looks.New([]int{2}, -0.01, 0); return err },
		"no number":                   func() error { _, err := looks.New([]int{2}, math.NaN(), 0); return err },
		"no look":                     func() error { _, err := looks.New(nil, 0, 0); return err },
		"looks that fall":             func() error { _, err := looks.New([]int{3, 2}, 0, 0); return err },
	} {
		if f() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// One look is a fixed number of trials: all of the error is spent there.
func TestOneLook(t *testing.T) {
	if got := course(t, []int{5}, 0, 0).Level(0); math.Abs(got-0.05) > 1e-9 {
		t.Errorf("level %v", got)
	}
}

// Chances come from how far each arm has yet to grow: a base that does not grow leaves less to learn.
func TestLater(t *testing.T) {
	c := course(t, []int{2, 3, 5, 8}, 0, 0)
	both, one := seen(1.2), seen(1.2)
	one.Later = []float64{0.19, 0.18, 0.17}
	if a, b := c.At(0, both).Chance, c.At(0, one).Chance; !(a > b) || !(b > 0) {
		t.Errorf("chances %v and %v", a, b)
	}
}

// What looks have spent grows to the whole error, extensions included.
func TestSpent(t *testing.T) {
	c, err := looks.New([]int{5, 10}, 0.005, 2)
	if err != nil {
		t.Fatal(err)
	}
	for look, want := range []float64{0.0225, 0.045, 0.0475, 0.04875, 0.04875} {
		if got := c.Spent(look); math.Abs(got-want) > 1e-12 {
			t.Errorf("look %d: %v, want %v", look, got, want)
		}
	}
	if c.Spent(-1) != 0 {
		t.Error("before the first look something is spent")
	}
}
