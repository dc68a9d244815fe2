// Package stats estimates the ratio of two arms' cost per completed task, and how sure it is.
//
// It knows costs and completions per task and arm, the intervals and tests made of them, and nothing random: the
// same cells give the same answer on every machine. It refuses to know the tasks' names, tokens, money other
// than as float64, clocks, thresholds and verdicts.
//
// There are two scopes. CompareSuite speaks about exactly these tasks and needs at least two trials of some
// task in each arm; ComparePopulation speaks about tasks like these and does with one trial per task. In both,
// every task has the same weight however many trials it has, and failed trials' costs count.
//
// A Sequence tests the same threshold again and again while trials come in, and keeps the error of doing so in check.
package stats

import (
	"errors"
	"fmt"
	"math"
)

// ErrShape is returned for input that is no comparison: no tasks, arms with different numbers of tasks, a task
// without trials, or a cost that is negative, not finite or outside the range that Obs documents.
var ErrShape = errors.New("these trials cannot be compared")

// ErrNoReplicates is returned by the comparisons of suite scope when an arm has one trial of every task: the
// spread of a task's trials is then unknown. ComparePopulation works there.
var ErrNoReplicates = errors.New("an arm has no task with two trials")

// The limits of a cost above zero. Squares and fourth powers of costs stay finite and above zero inside them.
const (
	minCost = 1e-50
	maxCost = 1e50
)

// Obs is the result of one trial that is evidence.
type Obs struct {
	Cost      float64 // dollars; 0, or from 1e-50 to 1e50
	Completed bool    // whether the grader accepted
}

// Cell is one task under one arm, folded so that it takes the same memory for any number of trials. The zero
// value has no trials. It is not safe for concurrent use while trials are added.
type Cell struct {
	trials    int
	completed int
	mean      float64 // of cost
	m2        float64 // sum of squared deviations of cost from mean
	co        float64 // sum of products of the deviations of cost and completion
	refused   bool    // a cost was not usable
}

// Add folds one trial into the cell. A cost that Obs does not allow makes the cell unusable: the comparisons
// answer it with ErrShape, because leaving the trial out would change what is estimated.
func (c *Cell) Add(o Obs) {
	if !(o.Cost == 0 || o.Cost >= minCost && o.Cost <= maxCost) {
		c.refused = true
		c.mean = math.NaN()
	}
	rate := 0.0
	if c.trials > 0 {
		rate = c.Rate()
	}
	c.trials++
	y := 0.0
	if o.Completed {
		c.completed++
		y = 1
	}
	before := o.Cost - c.mean
	c.mean += before / float64(c.trials)
	after := o.Cost - c.mean
	c.m2 += before * after
	c.co += after * (y - rate)
}

// Trials returns how many trials were added.
func (c Cell) Trials() int { return c.trials }

// Completed returns how many of the trials completed.
func (c Cell) Completed() int { return c.completed }

// MeanCost returns the mean cost of a trial in dollars. It is NaN without trials and after a refused cost.
func (c Cell) MeanCost() float64 {
	if c.trials == 0 || c.refused {
		return math.NaN()
	}
	return c.mean
}

// Rate returns the share of trials that completed, from 0 to 1. It is NaN without trials.
func (c Cell) Rate() float64 { return float64(c.completed) / float64(c.trials) }

// Merge returns the cell that has the trials of both.
func (c Cell) Merge(d Cell) Cell {
	if c.trials == 0 {
		return d
	}
	if d.trials == 0 {
		return c
	}
	out := Cell{trials: c.trials + d.trials, completed: c.completed + d.completed, refused: c.refused || d.refused}
	delta := d.mean - c.mean
	share := float64(d.trials) / float64(out.trials)
	weight := float64(c.trials) * share
	out.mean = c.mean + delta*share
	out.m2 = c.m2 + d.m2 + delta*delta*weight
	out.co = c.co + d.co + delta*(d.Rate()-c.Rate())*weight
	return out
}

// variances returns the sample variances of cost and completion and their covariance, with divisor n-1. They
// are 0 for one trial.
func (c Cell) variances() cov {
	if c.trials < 2 {
		return cov{}
	}
	d := float64(c.trials - 1)
	n, k := float64(c.trials), float64(c.completed)
	return cov{c: max(c.m2, 0) / d, p: k * (n - k) / n / d, cp: c.co / d}
}

// check answers whether two arms have the shape of a comparison.
func check(base, head []Cell) error {
	if len(base) == 0 || len(base) != len(head) {
		return fmt.Errorf("%w: %d tasks at base and %d at head; both need the same, at least one", ErrShape, len(base), len(head))
	}
	for i := range base {
		for _, c := range [...]Cell{base[i], head[i]} {
			if c.trials <= 0 {
				return fmt.Errorf("%w: task %d has no trials in an arm", ErrShape, i)
			}
			if c.refused {
				return fmt.Errorf("%w: task %d has a cost that is negative, not finite or out of range", ErrShape, i)
			}
		}
	}
	return nil
}

// CostShares returns for each task its share of the sum of the tasks' mean costs: what it has of the arm's cost
// when every task has the same weight. The shares add up to 1; all are 0 when nothing costs anything, and all
// are NaN when a cell has no usable mean.
func CostShares(cells []Cell) []float64 {
	sum := 0.0
	for _, c := range cells {
		sum += c.MeanCost()
	}
	out := make([]float64, len(cells))
	if sum == 0 {
		return out
	}
	for i, c := range cells {
		out[i] = c.MeanCost() / sum
	}
	return out
}
