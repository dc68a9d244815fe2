package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"strings"
	"text/template"

	"github.com/pertask/pertask/stats/simulation"
)

//go:embed page.md
var text string

// page renders the results.
func (r results) page() ([]byte, error) {
	t, err := template.New("page").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, r); err != nil {
		return nil, fmt.Errorf("filling the page: %w", err)
	}
	return out.Bytes(), nil
}

// table writes a table of Markdown.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule)
	for _, r := range rows {
		line(r)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// share shows a probability; "-" of nothing.
func share(s simulation.Share) string {
	if s.Of == 0 {
		return "-"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.3f", s.Value()), "0")
}

// number shows a number with so many decimals, or ∞.
func number(x float64, decimals int) string {
	switch {
	case math.IsInf(x, 1):
		return "∞"
	case math.IsNaN(x):
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, x)
}

// grid is a table of coverage cells: a row for each scenario, a column for each size.
func grid(cells []simulation.Coverage, show func(simulation.Coverage) string) string {
	var head []string
	var rows [][]string
	for _, c := range cells {
		if len(rows) == 0 || rows[len(rows)-1][0] != c.Scenario.Name {
			rows = append(rows, []string{c.Scenario.Name})
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], show(c))
		if last == 0 {
			head = append(head, fmt.Sprintf("%dx%d", c.Tasks, c.Trials))
		}
	}
	return table(append([]string{"tasks x trials"}, head...), rows)
}

func covers(cells []simulation.Coverage, of func(simulation.Coverage) simulation.Share) string {
	return grid(cells, func(c simulation.Coverage) string { return share(of(c)) })
}

// SuiteTable shows the coverage of suite scope.
func (r results) SuiteTable() string {
	return covers(replicated(append(r.Coverage[:len(r.Coverage):len(r.Coverage)], r.Few...)), suiteOf)
}

// PopulationTable shows the coverage of population scope.
func (r results) PopulationTable() string {
	return covers(append(r.Coverage[:len(r.Coverage):len(r.Coverage)], r.Few...), populationOf)
}

// FactorTable shows how wide the intervals of suite scope are.
func (r results) FactorTable() string {
	return grid(replicated(r.Coverage), func(c simulation.Coverage) string { return number(c.Factor, 2) })
}

// UnitTable shows what Typical of package stats is fitted to.
func (r results) UnitTable() string {
	return grid(replicated(r.Coverage), func(c simulation.Coverage) string { return number(c.Unit, 2) })
}

// Summary says the mean and the least coverage of each kind of interval, over the bound cells.
func (r results) Summary() string {
	var rows [][]string
	for _, kind := range []struct {
		name  string
		cells []simulation.Coverage
		of    func(simulation.Coverage) simulation.Share
	}{
		{"ratio, on these tasks", replicated(r.Coverage), suiteOf}, {"ratio, for tasks like these", r.Coverage, populationOf},
		{"change of completion", replicated(r.Coverage), completionOf}, {"net benefit", replicated(r.Coverage), benefitOf},
	} {
		mean, least, where := 0.0, 2.0, ""
		for _, c := range kind.cells {
			v := kind.of(c).Value()
			mean += v / float64(len(kind.cells))
			if v < least {
				least, where = v, fmt.Sprintf("%s, %dx%d", c.Scenario.Name, c.Tasks, c.Trials)
			}
		}
		rows = append(rows, []string{kind.name, number(mean, 3), number(least, 3), where})
	}
	return table([]string{"interval", "mean", "least", "where"}, rows)
}

// names are the designs' columns.
func names(first ...string) []string {
	for d := range simulation.Designs {
		first = append(first, simulation.Design(d).String())
	}
	return first
}

// ErrorTable shows wrong verdicts at the threshold.
func (r results) ErrorTable() string {
	var rows [][]string
	for _, e := range append(r.Errors[:len(r.Errors):len(r.Errors)], r.FewErrors...) {
		row := []string{e.Scenario.Name, fmt.Sprint(e.Tasks)}
		for _, p := range e.Played {
			row = append(row, share(p.Wrong))
		}
		for _, p := range e.Played {
			row = append(row, number(p.Spend, 1))
		}
		rows = append(rows, row)
	}
	return table(append(names("scenario", "tasks"), names()...), rows)
}

// MostWrongAside returns the greatest share of wrong verdicts beside the threshold, and where it is.
func (r results) MostWrongAside() string {
	most, where := -1.0, ""
	for _, cells := range [][]simulation.Errors{r.Cheaper, r.Dearer} {
		for _, e := range cells {
			for d, p := range e.Played {
				if v := p.Wrong.Value(); v > most {
					most, where = v, fmt.Sprintf("%s, %d tasks, at %g, %s", e.Scenario.Name, e.Tasks, e.Ratio, simulation.Design(d))
				}
			}
		}
	}
	return fmt.Sprintf("%s (%s)", number(most, 4), where)
}

// SpendTable shows what the designs cost and save.
func (r results) SpendTable() string {
	var rows [][]string
	for _, s := range r.Spend {
		row := []string{s.Scenario.Name, fmt.Sprint(s.Tasks)}
		for d, p := range s.Played {
			row = append(row, number(p.Spend, 1), share(p.Right), number(100*s.Saving(simulation.Design(d)), 0)+" %")
		}
		rows = append(rows, row)
	}
	head := []string{"scenario", "tasks"}
	for _, name := range names() {
		head = append(head, name+": rounds", "right", "saves")
	}
	return table(head, rows)
}

// LeastSaving returns the least that the rule with futility and stored base trials saves, in percent.
func (r results) LeastSaving() string {
	least := 2.0
	for _, s := range r.Spend {
		least = min(least, s.Saving(simulation.Reused))
	}
	return number(100*least, 1)
}

// CalibrationTable shows what the look-ahead promised and what came.
func (r results) CalibrationTable() string {
	var rows [][]string
	for i, d := range r.Calibration {
		rows = append(rows, []string{fmt.Sprint(i + 1), number(d.Promised, 2), number(d.Actual, 2), number(d.PromisedRounds, 1), number(d.ActualRounds, 1)})
	}
	return table([]string{"decile", "chance promised", "came", "rounds promised", "came"}, rows)
}

// Misses is what falls short, for the page.
func (r results) Misses() []string { return r.misses(0) }
