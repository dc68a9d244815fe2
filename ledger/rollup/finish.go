package rollup

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
)

// rollup puts together what was added up.
func (f *fold) rollup(skipped spend.Skipped) Rollup {
	out := Rollup{
		From: f.in.From, To: f.in.To, PricesAt: f.in.Pricing.At,
		Total: f.total, Attributed: f.known, Unattributed: f.unknown, Checks: f.checks,
		Reasons: f.reasonList(), LeftOut: f.leftList(), Missing: f.missingList(), Controls: f.controls, Skipped: skipped,
	}
	out.Pulls, out.Without = f.pullList()
	all := slices.Concat(out.Pulls, out.Without)
	out.PerPull = describe(all)
	mark(out.Pulls, out.PerPull)
	out.Weeks = f.wholes(f.weeks, all, func(p Pull) string { return week(p.Merged) })
	out.Repositories = f.wholes(f.repos, all, func(p Pull) string { return p.Repository })
	out.Models, out.Labels = f.parts(f.models, all), f.parts(f.labels, all)
	return out
}

func (f *fold) reasonList() []Reason {
	out := []Reason{}
	order := attribute.Reasons()
	for r, s := range f.reasons {
		out = append(out, Reason{r, *s})
	}
	slices.SortFunc(out, func(a, b Reason) int {
		return cmp.Or(slices.Index(order, a.Reason)-slices.Index(order, b.Reason), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

func (f *fold) leftList() []LeftOut {
	out := []LeftOut{}
	for _, l := range f.left {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b LeftOut) int {
		return cmp.Or(strings.Compare(string(a.Source), string(b.Source)), strings.Compare(string(a.Provenance), string(b.Provenance)))
	})
	return out
}

func (f *fold) missingList() []Missing {
	out := []Missing{}
	for _, m := range f.missing {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b Missing) int {
		return cmp.Or(cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(b.Entries, a.Entries),
			strings.Compare(a.Provider, b.Provider), strings.Compare(a.Model, b.Model), strings.Compare(a.Tier, b.Tier))
	})
	return out
}

// pullList returns the merged pull requests with entries and those without.
func (f *fold) pullList() (with, without []Pull) {
	with, without = []Pull{}, []Pull{}
	for key, p := range f.pulls {
		one := Pull{
			Repository: key.repository, Number: key.number, Title: p.Title, Merged: p.Merged, Labels: p.Labels,
			Lines: p.Additions + p.Deletions, Files: p.Files, Cut: !f.in.Begin.IsZero() && p.Created.Before(f.in.Begin),
		}
		if s := f.costs[key]; s != nil {
			one.Spend = *s
			with = append(with, one)
		} else {
			without = append(without, one)
		}
	}
	order := func(a, b Pull) int {
		return cmp.Or(a.Merged.Compare(b.Merged), strings.Compare(a.Repository, b.Repository), cmp.Compare(a.Number, b.Number))
	}
	slices.SortFunc(with, order)
	slices.SortFunc(without, order)
	return with, without
}

// described returns what a pull request counts with in a description, and false where that is not known.
func (p Pull) described() (usd float64, ok bool) {
	seen := p.Spend.Seen()
	return seen.USD.Float64(), seen.Entries > seen.Unpriced && !p.Cut
}

// describe describes pull requests.
func describe(pulls []Pull) PerPull {
	out := PerPull{Merged: len(pulls)}
	var costs []float64
	for _, p := range pulls {
		usd, ok := p.described()
		switch {
		case p.Spend.All().Entries == 0:
			out.Without++
			continue
		case p.Cut:
			out.Cut++
			continue
		case !ok:
			out.NoPrice++
			continue
		}
		costs = append(costs, usd)
		if p.Spend.Seen().AtLeast {
			out.AtLeast++
		}
		switch {
		case p.Spend.Reported.Entries == 0:
			out.Measured++
		case p.Spend.Measured.Entries == 0:
			out.Reported++
		default:
			out.Mixed++
		}
	}
	out.Summary = Summarize(costs)
	return out
}

// mark compares each pull request with the others.
func mark(pulls []Pull, all PerPull) {
	for i := range pulls {
		usd, ok := pulls[i].described()
		if !ok || all.Median <= 0 {
			continue
		}
		pulls[i].Ratio, pulls[i].Outlier = usd/all.Median, usd > all.fence()
	}
}

// wholes returns groups that have pull requests as a whole: key says which one has it.
func (f *fold) wholes(groups map[string]*group, all []Pull, key func(Pull) string) []Group {
	pulls := map[string][]Pull{}
	for _, p := range all {
		f.group(groups, key(p)) // also a week in which nothing was spent
		pulls[key(p)] = append(pulls[key(p)], p)
	}
	return f.groupList(groups, func(k string) []Pull { return pulls[k] })
}

// parts returns groups that have of a pull request what was added to them.
func (f *fold) parts(groups map[string]*group, all []Pull) []Group {
	pulls := map[pullKey]Pull{}
	for _, p := range all {
		pulls[pullKey{p.Repository, p.Number}] = p
	}
	return f.groupList(groups, func(k string) (of []Pull) {
		for key, s := range groups[k].pulls {
			p := pulls[key]
			p.Spend = *s
			of = append(of, p)
		}
		// A mean of floats depends on their order in its last digits, which Summarize makes one.
		return of
	})
}

// groupList returns groups in the order of their keys.
func (f *fold) groupList(groups map[string]*group, pulls func(key string) []Pull) []Group {
	out := []Group{}
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, Group{Key: k, Spend: groups[k].spend, Checks: groups[k].checks, PerPull: describe(pulls(k))})
	}
	return out
}
