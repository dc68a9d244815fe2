package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/pertask/pertask/stats/series"
	"github.com/pertask/pertask/stats/series/histories"
	"github.com/pertask/pertask/stats/series/rivals"
)

// results are all numbers of the page.
type results struct {
	Runs      int
	Seed      uint64
	Grid      []histories.Count
	Beyond    []histories.Count
	Sloped    []histories.Count // the worlds of Beyond with a slope of any size
	Resolving []histories.Count
	Methods   []method
}

// method is one way to compare with what it makes of histories.Compared.
type method struct {
	Name   string
	Counts []histories.Count
}

// simulate works all of them out, telling what it is at.
func simulate(runs int, seed uint64, tell func(what string)) results {
	r := results{Runs: runs, Seed: seed}
	usual := histories.With(series.Bounded)
	tell("the grid")
	r.Grid = histories.OfEach(histories.Grid(), usual, runs, seed)
	tell("what cannot be told")
	r.Beyond = histories.OfEach(histories.Beyond(), usual, runs, seed)
	r.Sloped = histories.OfEach(histories.Beyond(), histories.With(series.LevelAndSlope), runs, seed)
	tell("what is resolved")
	r.Resolving = histories.OfEach(histories.Resolving(), usual, runs, seed)
	tell("other methods")
	add := func(name string, m histories.Method) {
		r.Methods = append(r.Methods, method{name, histories.OfEach(histories.Compared(), m, runs, seed)})
	}
	for _, m := range rivals.All() {
		add(m.Name, func(points []series.Point) series.Result { return series.Result{Effect: m.Effect(points)} })
	}
	add("this, level alone", histories.With(series.LevelOnly))
	add("this, level and slope", histories.With(series.LevelAndSlope))
	add("**this**", usual)
	return r
}

// Misses returns what falls short of what is promised.
func (r results) Misses() []string { return histories.Check(r.Grid, 0) }

// Worlds is how many there are in the grid.
func (r results) Worlds() int { return len(r.Grid) }

// Least and Most describe the worst worlds of the grid.
func (r results) Least() string {
	worst := first(r.Grid)
	for _, c := range r.Grid {
		if c.Coverage() < worst.Coverage() {
			worst = c
		}
	}
	return fmt.Sprintf("%s (%s)", share(worst.Coverage()), worst.World.Name())
}

// Most is the world without an effect in which one is claimed most often.
func (r results) Most() string {
	worst := first(r.Grid)
	for _, c := range r.Grid {
		if c.World.Effect == 1 && c.Claimed() > worst.Claimed() {
			worst = c
		}
	}
	return fmt.Sprintf("%s (%s)", share(worst.Claimed()), worst.World.Name())
}

// Mean is the mean coverage over the grid.
func (r results) Mean() string {
	sum := 0.0
	for _, c := range r.Grid {
		sum += c.Coverage() / float64(len(r.Grid))
	}
	return share(sum)
}

// Forty says what forty amounts after the switch resolve.
func (r results) Forty() string {
	var out []string
	for _, c := range r.Resolving {
		if c.World.After == 40 && c.World.Memory == 0 {
			out = append(out, fmt.Sprintf("%.0f %% where the spread is %g", 100*(1-c.Resolves), c.World.Spread))
		}
	}
	return strings.Join(out, ", ")
}

// share shows a probability; "-" of nothing.
func share(p float64) string {
	if math.IsNaN(p) {
		return "-"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.3f", p), "0")
}

// number shows a factor; "-" of nothing.
func number(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return fmt.Sprintf("%.2f", x)
}

// LeastCoverage and MostClaims are what is promised.
func (r results) LeastCoverage() string { return share(histories.LeastCoverage) }

// MostClaims is the share of histories without an effect of which one may be claimed.
func (r results) MostClaims() string { return share(histories.MostClaims) }

// first is the first count, or none.
func first(counts []histories.Count) histories.Count {
	if len(counts) == 0 {
		return histories.Count{}
	}
	return counts[0]
}
