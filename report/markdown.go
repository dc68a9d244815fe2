package report

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/report/row"
	"github.com/pertask/pertask/verdict"
)

// DefaultMaxBytes is the length of a comment when MarkdownOptions does not say. GitHub refuses a body of more
// than 65,536 characters; this leaves room for a marker and for how others count.
const DefaultMaxBytes = 60_000

// MarkdownOptions says how much room a comment has, where the rest is, and what else to say of the pull request. The zero
// value says nothing else.
type MarkdownOptions struct {
	MaxBytes  int    // upper limit of the result in bytes; 0 means DefaultMaxBytes
	ReportURL string // http or https link to the full report; "" for none

	History      []HistoryLine // runs of the pull request so far, newest first; folded
	Accepted     *Acceptance   // stands right below the answer; nil for none
	Commands     bool          // whether to list the commands, folded
	CommandsOpen bool          // whether that list is open
	Month        *MonthSpend   // for the footer; nil for none
}

// What a comment says of its pull request is written by package pull.
type (
	// HistoryLine is one run of a pull request.
	HistoryLine = pull.HistoryLine
	// Acceptance is who accepted a pull request, and why.
	Acceptance = pull.Acceptance
	// MonthSpend is what the checks of a repository cost in the running month.
	MonthSpend = pull.MonthSpend
)

// Markdown renders the comment on a pull request, answer first, without the hidden marker. It is never longer
// than the options allow: it leaves out rows and lists whole, says so, and never cuts inside a table row, a
// code span or a <details>. It is safe for concurrent use.
func Markdown(reports []*Report, o MarkdownOptions) string {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	p := page{rest: "the job summary and in `report.json`", charts: true, beside: o}
	if l := markup.Link("full report", o.ReportURL); l != "" {
		p.rest, p.link = "the "+l, l
	}
	return fit(reports, o.MaxBytes, p, sections)
}

// summaryBytes is below GitHub's 1 MiB for a step summary by enough for what other steps add to the file.
const summaryBytes = 1_000_000

// Summary renders the job summary: the same as Markdown with room for full tables, at most 1,000,000 bytes.
func Summary(reports []*Report) string {
	return fit(reports, summaryBytes, page{rest: "`report.json`", charts: true}, sections)
}

// page is how much of each list a rendering shows, and where it says the rest is.
type page struct {
	extra int    // rows of the tables that explain a verdict, which are the first to go
	rows  int    // of a per-task table
	items int    // of every other list
	rest  string // Markdown; completes "... are in"
	link  string // Markdown link to the full report; "" for none

	charts bool            // whether charts are rendered where it is put; they go before any row does
	beside MarkdownOptions // what to say of the pull request

	tables tables
}

// sections are the blocks of one suite, in the order in which they are read.
func sections(r *Report, p page) []string {
	accepted := p.beside.Accepted.Line()
	if r.Result == verdict.NothingChanged {
		return compact(headline(r, markup.GitHub), accepted, findings(r, p), historyFold(p), commandsFold(p), p.beside.Month.Words())
	}
	return compact(answer(r), accepted, comparison(r), whyBlock(r), changes(r, p), flipBlock(r, p), beyondLine(r), segments(r, p), storedLine(r),
		findings(r, p), nextSteps(r, p), notApplied(r, p), taskTable(r, p), partsFold(r, p), looksFold(r, p), worthFold(r, p),
		assumptions(r, p), historyFold(p), commandsFold(p), footer(r, p))
}

// fit renders with everything, and when that is too long with as much as there is room for.
func fit(reports []*Report, limit int, p page, blocks func(*Report, page) []string) string {
	p.tables = tables{}
	build := func(extra, rows, items int) string {
		p.extra, p.rows, p.items = extra, rows, items
		p.charts = p.charts && extra == math.MaxInt
		return document(reports, p, blocks)
	}
	if s := build(math.MaxInt, math.MaxInt, math.MaxInt); len(s) <= limit {
		return s
	}
	extra, rows, items := len(p.beside.History), 0, 0
	for _, r := range reports {
		extra = max(extra, explained(r))
		rows = max(rows, len(r.Tasks))
		items = max(items, len(r.Changes), len(r.NotApplied), len(r.Findings), len(r.Notes), len(r.PriceBook.Notes), len(r.NextSteps), len(r.LeftOut), len(r.Segments))
	}
	if s, ok := longest(extra, limit, func(n int) string { return build(n, math.MaxInt, math.MaxInt) }); ok {
		return s
	}
	if s, ok := longest(rows, limit, func(n int) string { return build(0, n, math.MaxInt) }); ok {
		return s
	}
	if s, ok := longest(items, limit, func(n int) string { return build(0, 0, n) }); ok {
		return s
	}
	if s, ok := longest(len(reports), limit, func(n int) string {
		return strings.Join(compact(overview(reports, n), p.beside.Accepted.Line()), "\n\n") + "\n"
	}); ok {
		return s
	}
	s := Title(reports) + "\n"
	return s[:min(len(s), limit)] // our own words and numbers, without markup
}

// longest returns the longest build(n) for n from 0 to most that is within the limit. build grows with n.
func longest(most, limit int, build func(int) string) (string, bool) {
	n := sort.Search(most+1, func(n int) bool { return len(build(n)) > limit })
	if n == 0 {
		return "", false
	}
	return build(n - 1), true
}

// document joins the suites.
func document(reports []*Report, p page, blocks func(*Report, page) []string) string {
	if len(reports) == 1 {
		return strings.Join(blocks(reports[0], p), "\n\n") + "\n"
	}
	if len(reports) > 0 && allUnchanged(reports) {
		return strings.Join(sections(&Report{Result: verdict.NothingChanged}, p), "\n\n") + "\n"
	}
	all := p // what is said of the pull request is said once
	p.beside = MarkdownOptions{}
	out := compact(overview(reports, len(reports)), all.beside.Accepted.Line())
	for _, r := range reports {
		out = append(out, "### Suite "+markup.Code(r.Suite))
		out = append(out, blocks(r, p)...)
	}
	out = append(out, compact(historyFold(all), commandsFold(all), all.beside.Month.Words())...)
	return strings.Join(out, "\n\n") + "\n"
}

func allUnchanged(reports []*Report) bool {
	for _, r := range reports {
		if r.Result != verdict.NothingChanged || len(r.Findings) > 0 {
			return false
		}
	}
	return true
}

// overview is one line for each of the first n suites.
func overview(reports []*Report, n int) string {
	if len(reports) == 0 {
		return "**Not measured.** There is no suite to report on."
	}
	out := []string{"**" + Title(reports) + ".**", ""}
	for _, r := range reports[:n] {
		out = append(out, "- "+markup.Code(r.Suite)+": "+title(r))
	}
	if left := len(reports) - n; left > 0 {
		out = append(out, fmt.Sprintf("- and %s; there is no room for more here.", figure.Plural(left, "suite")))
	}
	return strings.Join(out, "\n")
}

// compact leaves out empty blocks.
func compact(blocks ...string) []string {
	var out []string
	for _, b := range blocks {
		if b != "" {
			out = append(out, b)
		}
	}
	return out
}

// answer is the verdict, its reason, and what stands in for numbers where there are none.
func answer(r *Report) string {
	out := append([]string{headline(r, markup.GitHub), reason(r, markup.GitHub)}, more(r, markup.GitHub)...)
	out = append(out, missingPrices(r, markup.GitHub)...)
	if !r.HasTrials() {
		out = append(out, forecast(r.Forecast, markup.GitHub))
	}
	return strings.Join(compact(out...), "\n\n")
}

// comparison is the table of the two proxies, the figure that decides, and what else was measured.
func comparison(r *Report) string {
	rs := row.Comparison(r)
	if len(rs) == 0 {
		return ""
	}
	base, head := names(r, markup.GitHub)
	if r.Base.Model == r.Head.Model && r.Base.Model != "" && len(r.Changes) != 1 {
		base, head = markup.Code(r.Base.Model), markup.Code(r.Head.Model)
	}
	out := []string{
		fmt.Sprintf("| | base<br>%s | head<br>%s | change | misleads when |", base, head),
		"|:--|:--|:--|:--|:--|",
	}
	for _, w := range rs {
		cells := []string{w.Label, unbroken(twoLines(w.Base)), unbroken(twoLines(w.Head)), w.Change}
		if w.Parts != "" {
			cells[0] += "<br>" + unbroken(w.Parts)
		}
		for i, c := range cells {
			if w.Main && c != "" {
				cells[i] = "**" + c + "**"
			}
		}
		out = append(out, "| "+strings.Join(append(cells, w.Misleads), " | ")+" |")
	}
	return strings.Join(out, "\n")
}

// twoLines puts the parts of a figure, in brackets, under it.
func twoLines(s string) string {
	total, parts, found := strings.Cut(s, " (")
	if !found {
		return s
	}
	return total + "<br>" + strings.TrimSuffix(parts, ")")
}

// unbroken keeps a figure of up to three parts on one line, which leaves the names above it enough room not to break
// either; four parts would push the last column out of the comment. It takes our own words and numbers only: names
// are copied, and a no-break space in one would be copied with it.
func unbroken(s string) string {
	if strings.Count(s, " / ") > 2 {
		return s
	}
	return strings.ReplaceAll(s, " ", "\u00a0")
}

func changes(r *Report, p page) string {
	if len(r.Changes) == 0 {
		return ""
	}
	return "**What changed**\n" + bullets(len(r.Changes), p, func(i int) string { return changeLine(r.Changes[i], markup.GitHub) })
}

// changeLine is a change with its place, and why it is not applied where it is not.
func changeLine(c arm.Change, st markup.Style) string {
	s := changed(c, st)
	if at := place(c.Source.Path, c.Source.Line, st); at != "" {
		s += " in " + at
	}
	if c.Why != "" {
		s += ": " + st.Rich(c.Why)
	}
	return s
}

func beyondLine(r *Report) string {
	s := beyond(r, markup.GitHub)
	if len(s) == 0 {
		return ""
	}
	return "**Beyond the suite:** " + strings.Join(s, " ")
}

func findings(r *Report, p page) string {
	if len(r.Findings) == 0 {
		return ""
	}
	return "**Findings**\n" + bullets(len(r.Findings), p, func(i int) string { return statement(r, r.Findings[i], markup.GitHub) })
}

func nextSteps(r *Report, p page) string {
	if len(r.NextSteps) == 0 {
		return ""
	}
	return "**Next**\n" + bullets(len(r.NextSteps), p, func(i int) string { return markup.Rich(r.NextSteps[i]) })
}

func notApplied(r *Report, p page) string {
	n := len(r.NotApplied)
	if n == 0 {
		return ""
	}
	return details("Changed, not applied: "+figure.Plural(n, "value"),
		bullets(n, p, func(i int) string { return changeLine(r.NotApplied[i], markup.GitHub) }))
}

// bullets is a list of the first items that the page has room for, and how many more there are.
func bullets(n int, p page, item func(int) string) string {
	var out []string
	for i := range min(n, p.items) {
		out = append(out, "- "+item(i))
	}
	if left := n - len(out); left > 0 {
		out = append(out, fmt.Sprintf("- %s more in %s", figure.Whole(left), p.rest))
	}
	return strings.Join(out, "\n")
}

// details folds a body. The blank line after the summary makes GitHub read the body as Markdown.
func details(summary, body string) string {
	return "<details><summary>" + summary + "</summary>\n\n" + body + "\n\n</details>"
}

func assumptions(r *Report, p page) string {
	if r.Result == verdict.BadInput {
		return ""
	}
	all := assume(r, markup.GitHub)
	if len(all) == 0 {
		return ""
	}
	return details("Assumptions", bullets(len(all), p, func(i int) string { return all[i] }))
}

// assume lists what the numbers rest on, as sentences.
func assume(r *Report, st markup.Style) []string {
	out := bookLines(r, st)
	for _, a := range []struct {
		name string
		Arm
	}{{"base", r.Base}, {"head", r.Head}} {
		out = append(out, armLines(a.name, a.Arm, st)...)
	}
	if r.Base.Voids+r.Head.Voids > 0 {
		out = append(out, fmt.Sprintf("Void, and no evidence about either side: %s of the base and %d of the head.",
			trials(r.Base.Voids), r.Head.Voids))
	}
	if r.Policy.MaxCostRatio > 0 {
		out = append(out, fmt.Sprintf("Policy: a completed task may cost at most %s, and the completion rate may fall by at most %s; mode %s.",
			figure.Times(Number(r.Policy.MaxCostRatio), 0), figure.Drop(r.Policy.MaxCompletionDrop), st.Code(string(r.Policy.Mode))))
	}
	for _, n := range slices.Concat(r.PriceBook.Notes, r.Notes) {
		out = append(out, st.Rich(n))
	}
	for _, l := range r.LeftOut {
		out = append(out, fmt.Sprintf("Left out: %s: %s", st.Code(l.Task), st.Rich(l.Reason)))
	}
	return append(out, versionLine(r, st)...)
}

func bookLines(r *Report, st markup.Style) []string {
	var out []string
	b := r.PriceBook
	if b.AsOf != "" {
		s := "Prices: the book of " + st.Code(b.AsOf)
		if !b.At.IsZero() {
			s += ", rates of " + b.At.UTC().Format(time.DateOnly) + " for both sides"
		}
		if len(b.Rows) > 0 {
			s += ", " + figure.Plural(len(b.Rows), "row") + ": " + codes(b.Rows, st)
		}
		out = append(out, s+".")
	}
	for _, d := range b.Discounts {
		out = append(out, "Discount: "+st.Rich(d))
	}
	return out
}

// maxCodes is how many values of a list are named in a sentence.
const maxCodes = 20

func codes(values []string, st markup.Style) string {
	var out []string
	for _, v := range values[:min(len(values), maxCodes)] {
		out = append(out, st.Code(v))
	}
	if left := len(values) - len(out); left > 0 {
		out = append(out, fmt.Sprintf("%d more", left))
	}
	return strings.Join(out, ", ")
}

// armLines are what the reader must know of one side's money and models.
func armLines(name string, a Arm, st markup.Style) []string {
	var out []string
	if a.Cost.Amount.IsKnown() && a.Trials > 0 {
		s := fmt.Sprintf("Cost of the %s: %s for %s", name, figure.Cost(a.Cost), trials(a.Trials))
		if a.Cost.List.IsKnown() && a.Cost.Billed.IsKnown() && !a.Cost.List.Equal(a.Cost.Billed) {
			s += fmt.Sprintf("; %s at list price, %s billed", figure.Amount(a.Cost.List), figure.Amount(a.Cost.Billed))
		}
		switch a.Cost.Status {
		case price.LowerBound:
			s += "; some usage was not seen"
		case price.ProviderReported:
			s += "; as the provider reported it"
		}
		out = append(out, s+".")
	}
	if s := a.Stored; s != nil && s.Dropped == "" && len(s.Commits) > 0 {
		var at []string
		for _, c := range s.Commits {
			at = append(at, pull.Short(c))
		}
		out = append(out, fmt.Sprintf("Stored trials of the %s were carried out at %s.", name, codes(at, st)))
	}
	if served := a.ServedModels; len(served) > 1 || len(served) == 1 && served[0] != a.Model {
		out = append(out, fmt.Sprintf("Served for the %s: %s.", name, codes(served, st)))
	}
	return out
}

func versionLine(r *Report, st markup.Style) []string {
	v := r.Versions
	if v.Pertask == "" {
		return nil
	}
	s := fmt.Sprintf("Measured with pertask %s, method %d", st.Code(v.Pertask), v.Method)
	names := make([]string, 0, len(v.Harnesses))
	for n := range v.Harnesses {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names[:min(len(names), maxCodes)] {
		s += ", " + st.Code(n+" "+v.Harnesses[n])
	}
	return []string{s + "."}
}

// footer says what exactly was compared and what this check cost.
func footer(r *Report, p page) string {
	return strings.Join(compact(append(footerParts(r, markup.GitHub), p.beside.Month.Words(), p.link)...), " · ")
}

func footerParts(r *Report, st markup.Style) []string {
	var out []string
	add := func(name, v string) {
		if v != "" {
			out = append(out, strings.TrimSpace(name+" "+st.Code(pull.Short(v))))
		}
	}
	add("base", r.Commits.Base)
	add("merge base", r.Commits.MergeBase)
	add("head", r.Commits.Head)
	if r.Suite != "" {
		suite := "suite " + st.Code(r.Suite)
		if r.SuiteDigest != "" {
			suite += " " + st.Code(pull.Short(r.SuiteDigest))
		}
		out = append(out, suite)
	}
	add("prices of", r.PriceBook.AsOf)
	switch {
	case r.SpentUSD.IsKnown():
		out = append(out, "this check cost "+atLeast(r)+figure.Amount(r.SpentUSD))
	case r.HasTrials():
		out = append(out, "what this check cost is not known")
	}
	return out
}

func atLeast(r *Report) string {
	if r.SpentAtLeast {
		return "at least "
	}
	return ""
}
