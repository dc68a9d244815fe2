package agents

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/report/figure"
)

// Division is what a roll-up can be divided by.
type Division struct {
	Key    string // in addresses
	Words  string // of the choice
	column string
	of     func(rollup.Rollup) []rollup.Group
	checks bool // the program's own reviews are known by it
	says   string
}

// Divisions are all that there are; the first one is the usual one.
var Divisions = []Division{
	{"week", "week", "Week of", func(r rollup.Rollup) []rollup.Group { return r.Weeks }, true,
		"Median and mean are of the pull requests that were merged in the week (UTC), with all that they cost, also before. The other columns are what was spent in the week."},
	{"model", "model", "Model", func(r rollup.Rollup) []rollup.Group { return r.Models }, false,
		"Median and mean are of the merged pull requests that used the model, and of their cost what is the model's."},
	{"label", "label", "Label", func(r rollup.Rollup) []rollup.Group { return r.Labels }, false,
		"Labels are the pull request's, and what senders add, such as team. They overlap: what has two is in both."},
	{"repository", "repository", "Repository", func(r rollup.Rollup) []rollup.Group { return r.Repositories }, true, ""},
}

// Says is what the columns are of, in words.
func (d Division) Says() string { return d.says }

// group is a group's name as a cell.
func (d Division) group(key string) sheet.Cell {
	switch {
	case d.Key == "week":
		if at, ok := Monday(key); ok {
			return sheet.Cell{Show: at.Format(time.DateOnly), Raw: key, Time: at.Format(time.DateOnly)}
		}
	case key == "" && d.Key == "label":
		return sheet.Cell{Show: "no label", Raw: ""}
	case key == "":
		return sheet.Cell{Show: figure.Unknown, Raw: ""}
	case d.Key == "model":
		return sheet.Code(key)
	case d.Key == "label":
		return sheet.Text(key)
	}
	return repository(key)
}

// repository is the name of one, on the page without its server.
func repository(name string) sheet.Cell {
	c := sheet.Text(name)
	if _, rest, ok := strings.Cut(c.Show, "/"); ok && strings.Contains(rest, "/") {
		c.Show = rest
	}
	return c
}

// Groups lists what a roll-up is divided into: weeks from the newest, others from the dearest.
func Groups(r rollup.Rollup, d Division) *sheet.Sheet {
	groups := slices.Clone(d.of(r))
	if d.Key == "week" {
		slices.Reverse(groups)
	} else {
		slices.SortStableFunc(groups, func(a, b rollup.Group) int { return b.Spend.All().USD.Cmp(a.Spend.All().USD) })
	}
	l := &sheet.Sheet{Name: "agents-by-" + d.Key, Cards: true, Caption: "Cost of agents by " + d.Words, Empty: "There is nothing in this time.", Columns: []sheet.Column{{Key: d.Key, Title: d.column}, {Key: "merged", Title: "Merged", Num: true},
		{Key: "described"}, {Key: "median_usd", Title: "Median", Num: true}, {Key: "median_low_usd"}, {Key: "median_high_usd"}, {Key: "mean_usd", Title: "Mean", Num: true}, {Key: "mean_low_usd"}, {Key: "mean_high_usd"},
		{Key: "measured_usd", Title: "Measured", Num: true}, {Key: "measured_at_least"}, {Key: "reported_usd", Title: "Reported", Num: true}, {Key: "reported_at_least"}, {Key: "allocated_usd", Title: "Allocated", Num: true}, {Key: "allocated_at_least"}}}
	if d.checks {
		l.Columns = append(l.Columns, sheet.Column{Key: "checks_usd", Title: "Checks", Num: true}, sheet.Column{Key: "checks_at_least"})
	}
	for _, g := range groups {
		p := g.PerPull
		median, mean := dollars(p.Median, p.N), dollars(p.Mean, p.N)
		median.Note, mean.Note = interval(p.MedianInterval), interval(p.MeanInterval)
		row := []sheet.Cell{d.group(g.Key), sheet.Whole(p.Merged), sheet.Whole(p.N), median, end(p.MedianInterval, low), end(p.MedianInterval, high), mean, end(p.MeanInterval, low), end(p.MeanInterval, high)}
		row = append(row, apart(g.Spend)...)
		if d.checks {
			all := g.Checks.All()
			row = append(row, amount(all), flag(all.AtLeast))
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

// apart are a spend's sums by how far they can be trusted, each with whether it is a lower bound.
func apart(s rollup.Spend) []sheet.Cell {
	return []sheet.Cell{amount(s.Measured), flag(s.Measured.AtLeast), amount(s.Reported), flag(s.Reported.AtLeast), amount(s.Allocated), flag(s.Allocated.AtLeast)}
}

// Pulls lists merged pull requests: first those that are outliers, then from the dearest; those without entries last. link is the
// address of one; "" for none.
func Pulls(r rollup.Rollup, link func(repository string, number int) string) *sheet.Sheet {
	l := &sheet.Sheet{Name: "agents-pulls", Cards: true, Caption: "Merged pull requests and what agents cost for them", Empty: "No pull request was merged in this time.", Columns: []sheet.Column{{Key: "pull", Title: "Pull request"}, {Key: "title", Title: "Title"},
		{Key: "seen_usd", Title: "Cost", Num: true}, {Key: "seen_at_least"}, {Key: "ratio", Title: "Against the others"}, {Key: "outlier"}, {Key: "tokens", Title: "Tokens", Num: true}, {Key: "lines", Title: "Lines", Num: true}, {Key: "merged", Title: "Merged (UTC)"}, {Key: "repository", Title: "Repository"},
		{Key: "measured_usd"}, {Key: "measured_at_least"}, {Key: "reported_usd"}, {Key: "reported_at_least"}, {Key: "allocated_usd"}, {Key: "allocated_at_least"}, {Key: "cut"}, {Key: "files"}, {Key: "labels"}}}
	pulls := slices.Clone(r.Pulls)
	slices.SortStableFunc(pulls, func(a, b rollup.Pull) int {
		return cmp.Or(b.Spend.Seen().USD.Cmp(a.Spend.Seen().USD), b.Merged.Compare(a.Merged))
	})
	for _, p := range append(pulls, r.Without...) {
		number := sheet.Cell{Show: "#" + strconv.Itoa(p.Number), Raw: p.Number}
		seen := p.Spend.Seen()
		cost, used := amount(seen), tokens(seen.Tokens)
		if seen.Entries == 0 {
			cost.Show, cost.Raw, used = "no entries", nil, sheet.Cell{Raw: int64(0)}
		}
		if p.Cut {
			cost.Note = "opened before the first entry"
		}
		row := []sheet.Cell{number.To(link(p.Repository, p.Number)), sheet.Text(p.Title), cost, flag(seen.AtLeast || p.Cut), ratio(p), flag(p.Outlier), used, sheet.Whole(p.Lines), sheet.When(p.Merged), repository(p.Repository)}
		row = append(row, apart(p.Spend)...)
		l.Rows = append(l.Rows, append(row, flag(p.Cut), sheet.Whole(p.Files), sheet.Text(strings.Join(p.Labels, ", "))))
	}
	return l
}

// reasons are why something is of no merged pull request, in words.
var reasons = map[attribute.Reason]string{
	attribute.NoRepository: "no repository is said", attribute.OtherRepository: "another repository", attribute.DefaultBranch: "on the default branch", attribute.Detached: "no branch was checked out",
	attribute.NoBranch: "no branch is said", attribute.NoPull: "no pull request of the branch", attribute.NotListed: "its pull request was not read", attribute.Ambiguous: "several pull requests of the branch",
	attribute.NotMerged: "its pull request is not merged yet", attribute.Unmerged: "its pull request was closed, not merged", attribute.After: "after the pull request was merged",
}

// Parts lists where all of it is: of merged pull requests, of none and why, and of checks, each by where the numbers are from.
func Parts(r rollup.Rollup) *sheet.Sheet {
	l := &sheet.Sheet{Name: "agents-parts", Cards: true, Caption: "What was measured, reported and allocated", Empty: "There is nothing in this time.", Columns: []sheet.Column{{Key: "part", Title: "Part"}, {Key: "reason"},
		{Key: "measured_usd", Title: "Measured", Num: true}, {Key: "measured_at_least"}, {Key: "reported_usd", Title: "Reported", Num: true}, {Key: "reported_at_least"}, {Key: "allocated_usd", Title: "Allocated", Num: true}, {Key: "allocated_at_least"},
		{Key: "tokens", Title: "Tokens", Num: true}, {Key: "calls", Title: "Calls", Num: true}, {Key: "unseen", Title: "Calls not seen", Num: true}}}
	add := func(words, raw, reason string, s rollup.Spend) {
		all := s.All()
		if all.Entries == 0 {
			return
		}
		unseen := long(all.Unseen)
		if all.Unseen == 0 {
			unseen.Show = ""
		}
		row := append([]sheet.Cell{{Show: words, Raw: raw}, {Raw: reason}}, apart(s)...)
		l.Rows = append(l.Rows, append(row, tokens(all.Tokens), long(all.Calls), unseen))
	}
	add("Merged pull requests", "attributed", "", r.Attributed)
	for _, x := range r.Reasons {
		words := reasons[x.Reason]
		if words == "" {
			words = sheet.Show(string(x.Reason))
		}
		add("Unattributed: "+words, "unattributed", string(x.Reason), x.Spend)
	}
	add("Checks of pertask, which are in none of these", "checks", "", r.Checks)
	return l
}

// sources are what entries were read from, in words.
var sources = map[spend.Source]string{spend.Meter: "pertask meter", spend.Check: "checks", spend.SessionLog: "session logs", spend.Telemetry: "telemetry, events", spend.Counters: "telemetry, counters", spend.Import: "imports"}

// LeftOut lists what did not count, because a better source had it.
func LeftOut(r rollup.Rollup) *sheet.Sheet {
	l := &sheet.Sheet{Name: "agents-left-out", Cards: true, Caption: "What was left out because a better source had it", Empty: "Nothing was there twice.", Columns: []sheet.Column{{Key: "source", Title: "Source"}, {Key: "provenance", Title: "As"}, {Key: "usd", Title: "It says", Num: true}, {Key: "at_least"},
		{Key: "tokens", Title: "Tokens", Num: true}, {Key: "session_hours", Title: "Hours of sessions", Num: true}, {Key: "more", Title: "With over 5 % more than what counts", Num: true}}}
	for _, x := range r.LeftOut {
		name := sheet.Cell{Show: sources[x.Source], Raw: string(x.Source)}
		if name.Show == "" {
			name.Show = sheet.Show(string(x.Source))
		}
		l.Rows = append(l.Rows, []sheet.Cell{name, sheet.Text(string(x.Provenance)), amount(x.Sum), flag(x.Sum.AtLeast), tokens(x.Sum.Tokens), sheet.Whole(x.Sessions), sheet.Whole(x.More)})
	}
	return l
}

// Missing lists the models without a price.
func Missing(r rollup.Rollup) *sheet.Sheet {
	l := &sheet.Sheet{Name: "agents-without-price", Cards: true, Caption: "Models without a price", Empty: "Every model has a price.", Columns: []sheet.Column{{Key: "model", Title: "Model"}, {Key: "provider", Title: "Provider"}, {Key: "tier", Title: "Tier"},
		{Key: "tokens", Title: "Tokens", Num: true}, {Key: "entries", Title: "Entries", Num: true}, {Key: "why", Title: "Why"}}}
	for _, m := range r.Missing {
		l.Rows = append(l.Rows, []sheet.Cell{sheet.Code(m.Model), sheet.Text(m.Provider), sheet.Text(m.Tier), {Show: figure.Count(figure.Number(m.Tokens)), Raw: m.Tokens}, sheet.Whole(m.Entries), sheet.Text(m.Why)})
	}
	return l
}
