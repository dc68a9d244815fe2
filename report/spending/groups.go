package spending

import (
	"slices"
	"strings"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// maxRows is how many rows the main table shows; JSON and CSV have all.
const maxRows = 30

// table is what was asked for.
func table(r Report, st markup.Style) part {
	if r.by() == Pull {
		return pullTable(r, st)
	}
	groups := slices.Clone(r.groups())
	if r.by() == Week { // a week says when, and others how much
		slices.Reverse(groups)
	} else {
		slices.SortStableFunc(groups, func(a, b rollup.Group) int { return b.Spend.All().USD.Cmp(a.Spend.All().USD) })
	}
	p := part{title: titles[r.by()]}
	if len(groups) == 0 {
		return p
	}
	checks := r.by() == Week || r.by() == Repo
	p.table.head = []string{string(r.by()), "merged", "median", "95 %", "mean", "measured", "reported", "allocated"}
	if checks {
		p.table.head = append(p.table.head, "checks")
	}
	for _, g := range groups[:min(len(groups), maxRows)] {
		row := []string{r.label(g, st), "-", "-", "-", "-"}
		if len(r.Asked) > 0 {
			row = append(row[:1], described(g.PerPull)...)
		}
		row = append(row, cell(g.Spend.Measured), cell(g.Spend.Reported), cell(g.Spend.Allocated))
		if checks {
			row = append(row, cell(g.Checks.All()))
		}
		p.table.rows = append(p.table.rows, row)
	}
	p.table = p.table.without("measured", "reported", "allocated", "checks", "95 %", "merged", "median", "mean")
	p.more = left(len(groups)-maxRows, "more")
	if len(r.Asked) > 0 {
		p.text = explain[r.by()]
	}
	return p
}

var titles = map[By]string{Week: "By week", Model: "By model", Label: "By label", Repo: "By repository", Pull: "By pull request"}

var explain = map[By][]string{
	Week:  {"Median and mean are of the pull requests that were merged in the week, with all that they cost, also before. The other columns are what was spent in the week."},
	Model: {"Median and mean are of the merged pull requests that used the model, and of their cost what is the model's."},
	Label: {"Labels overlap: what has two is in both. Median and mean are of what a merged pull request cost under the label."},
	Repo:  nil,
}

// label is a row's name.
func (r Report) label(g rollup.Group, st markup.Style) string {
	switch {
	case g.Key == "" || r.by() == Week:
		return r.name(g)
	case r.by() == Repo:
		return st.Code(short(g.Key))
	}
	return st.Code(strings.TrimPrefix(g.Key, "/")) // a model of a provider that is not known
}

// described are how many pull requests were merged, and what they cost.
func described(p rollup.PerPull) []string {
	merged := figure.Whole(p.Merged)
	if p.N != p.Merged {
		merged = figure.Whole(p.N) + " of " + merged
	}
	if p.N == 0 {
		return []string{merged, "-", "-", "-"}
	}
	interval := "-"
	if p.MedianInterval != nil {
		interval = ends(*p.MedianInterval)
	}
	plus := ""
	if p.AtLeast > 0 {
		plus = "+"
	}
	return []string{merged, usd(p.Median) + plus, interval, usd(p.Mean) + plus}
}

// without leaves out those of the named columns that say nothing.
func (g grid) without(names ...string) grid {
	keep := make([]bool, len(g.head))
	for i, h := range g.head {
		keep[i] = !slices.Contains(names, h) || slices.ContainsFunc(g.rows, func(row []string) bool { return row[i] != "-" })
	}
	return g.pick(keep)
}

// drop leaves out a column, but the last one: that may have the words.
func (g grid) drop(name string) grid {
	keep := make([]bool, len(g.head))
	for i, h := range g.head {
		keep[i] = h != name || i == len(g.head)-1
	}
	return g.pick(keep)
}

func (g grid) pick(keep []bool) grid {
	row := func(cells []string) (out []string) {
		for i, c := range cells {
			if keep[i] {
				out = append(out, c)
			}
		}
		return out
	}
	out := grid{head: row(g.head)}
	for _, cells := range g.rows {
		out.rows = append(out.rows, row(cells))
	}
	return out
}

// pullTable has the merged pull requests, the dearest first.
func pullTable(r Report, st markup.Style) part {
	all := slices.Clone(r.Rollup.Pulls)
	slices.SortStableFunc(all, func(a, b rollup.Pull) int { return b.Spend.All().USD.Cmp(a.Spend.All().USD) })
	p := part{title: titles[Pull]}
	if len(all) == 0 {
		return p
	}
	p.table.head = []string{"pull request", "merged", "by median", "measured", "reported", "allocated", "lines", "title"}
	for _, x := range all[:min(len(all), maxRows)] {
		ratio := "-"
		switch {
		case x.Cut:
			ratio = "known in part"
		case x.Ratio > 0:
			ratio = times(x.Ratio)
		}
		p.table.rows = append(p.table.rows, []string{name(x, st), day(x.Merged), ratio, cell(x.Spend.Measured), cell(x.Spend.Reported), cell(x.Spend.Allocated), lines(x), title(x.Title, st)})
	}
	p.table = p.table.without("measured", "reported", "allocated")
	p.more = left(len(all)-maxRows, "more")
	return p
}
