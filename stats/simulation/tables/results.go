package main

import (
	"github.com/pertask/pertask/stats/simulation"
)

// results are all numbers of the page.
type results struct {
	Runs        int
	Seed        uint64
	Sizes       [][2]int // tasks and trials
	Coverage    []simulation.Coverage
	Few         []simulation.Coverage // with few completed trials
	Errors      []simulation.Errors   // at the threshold
	FewErrors   []simulation.Errors
	Cheaper     []simulation.Errors // at 0.85 of it
	Dearer      []simulation.Errors // at 1.18 of it
	Spend       []simulation.Spend
	Calibration []simulation.Decile
}

var (
	usual = []string{"mild-p90", "mild-p60", "mild-p30", "typical-p90", "typical-p60", "typical-p30",
		"wild-p90", "wild-p60", "wild-p30", "heavy-p90", "heavy-p60", "heavy-p30"}
	few       = []string{"mild-p10", "typical-p10", "wild-p10", "heavy-p10"}
	taskSizes = []int{3, 5, 10, 20, 50}
)

// simulate works all of them out, telling what it is at.
func simulate(runs int, seed uint64, tell func(what string)) results {
	r := results{Runs: runs, Seed: seed}
	for _, tasks := range taskSizes {
		for _, trials := range []int{1, 2, 3, 5, 10} {
			r.Sizes = append(r.Sizes, [2]int{tasks, trials})
		}
	}
	tell("coverage")
	r.Coverage = simulation.Cover(simulation.Find(usual...), r.Sizes, runs, seed)
	r.Few = simulation.Cover(simulation.Find(few...), r.Sizes, runs, seed)
	tell("wrong verdicts")
	r.Errors = simulation.Err(simulation.Find(usual...), taskSizes, 1, runs, seed)
	r.FewErrors = simulation.Err(simulation.Find(few...), taskSizes, 1, runs, seed)
	r.Cheaper = simulation.Err(simulation.Find(usual...), taskSizes, 0.85, runs, seed)
	r.Dearer = simulation.Err(simulation.Find(usual...), taskSizes, 1.18, runs, seed)
	tell("spending")
	r.Spend = simulation.Compare(spendCells(), runs, seed)
	tell("the look-ahead")
	r.Calibration = simulation.Calibrate(simulation.Find("mild-p90", "typical-p90", "typical-p60", "wild-p60"), 10, runs, seed)
	return r
}

// spendCells are the cells of table 5 of the specification: those of 50 tasks take the cap of 8 trials.
func spendCells() []simulation.SpendCell {
	var out []simulation.SpendCell
	for _, w := range simulation.Find("mild-p90", "typical-p90", "typical-p60", "typical-p30", "wild-p60", "heavy-p60") {
		for _, tasks := range []int{3, 5, 10, 20} {
			out = append(out, simulation.SpendCell{Scenario: w, Tasks: tasks})
		}
	}
	for _, w := range simulation.Find("mild-p90", "typical-p90", "typical-p60") {
		out = append(out, simulation.SpendCell{Scenario: w, Tasks: 50})
	}
	return out
}

// What each kind of interval covers.
func suiteOf(c simulation.Coverage) simulation.Share      { return c.Suite }
func populationOf(c simulation.Coverage) simulation.Share { return c.Population }
func completionOf(c simulation.Coverage) simulation.Share { return c.Completion }
func benefitOf(c simulation.Coverage) simulation.Share    { return c.Benefit }

// replicated are the cells with two trials of each task and more: the others have no interval of suite scope.
func replicated(cells []simulation.Coverage) []simulation.Coverage {
	var out []simulation.Coverage
	for _, c := range cells {
		if c.Trials > 1 {
			out = append(out, c)
		}
	}
	return out
}

// misses returns what falls short of what is promised.
func (r results) misses(slack simulation.Slack) []string {
	out := simulation.CheckCoverage("on these tasks", replicated(r.Coverage), suiteOf, slack)
	out = append(out, simulation.CheckCoverage("for tasks like these", r.Coverage, populationOf, slack)...)
	out = append(out, simulation.CheckErrors(r.Errors, slack)...)
	out = append(out, simulation.CheckErrors(r.Cheaper, slack)...)
	out = append(out, simulation.CheckErrors(r.Dearer, slack)...)
	out = append(out, simulation.CheckSpend(r.Spend, slack)...)
	return append(out, simulation.CheckCalibration(r.Calibration, slack)...)
}
