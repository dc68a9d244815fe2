package html

import (
	"html/template"
	"strings"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/report/row"
	"github.com/pertask/pertask/verdict"
)

func suiteOf(r *report.Report, number int, many bool) suite {
	say := report.Say(r, words)
	s := suite{Number: number, Name: markup.Value(r.Suite), Digest: markup.Value(pull.Short(r.SuiteDigest)), Class: class(r), Label: say.Label,
		Answer: template.HTML(say.Answer), Notes: safe(say.Notes...), Footer: safe(say.Footer...)}
	if r.SuiteDigest == "" {
		s.Digest = ""
	}
	for _, x := range sections(r, say) {
		if !x.empty() {
			x.Many = many
			if many {
				x.number(number)
			}
			s.Sections = append(s.Sections, x)
		}
	}
	return s
}

// number says of every table to which suite it belongs.
func (s section) number(n int) {
	if s.Table != nil {
		s.Table.Suite = n
	}
	for _, p := range s.Plots {
		if p.Table != nil {
			p.Table.Suite = n
		}
	}
}

// class is the colour of an answer. The word beside it says the same.
func class(r *report.Report) string {
	switch {
	case r.Result == verdict.BadInput:
		return "bad"
	case r.Result == verdict.NothingChanged, r.Result == verdict.Accepted:
		return "good"
	case r.Result == verdict.Measured && r.Verdict == verdict.Switch:
		return "good"
	case r.Result == verdict.Measured && r.Verdict == verdict.DontSwitch:
		return "bad"
	}
	return "open"
}

// sections are all parts of a suite, in the order in which they are read.
func sections(r *report.Report, say report.Saying) []section {
	return []section{
		{Title: "Base and head", Table: comparison(r, say), Plots: some(costPlot(r), ratioPlot(r))},
		{Title: "Why it moved", Text: safe(say.Why), Plots: some(whyPlot(r), tokensPlot(r))},
		{Title: "What changed", List: safe(say.Changes...)},
		{Title: say.FlipTitle, Text: safe(upper(say.Flip)), List: safe(say.Flips...)},
		{Title: "Beyond the suite", Text: safe(strings.Join(say.Beyond, " "))},
		{Title: "Kinds of task apart", Text: safe(say.Mixed), Table: of("The ratio of each kind of task", grounds.Segments(r, words), true)},
		{Title: "Findings", List: safe(say.Findings...)},
		{Title: "Next", List: safe(say.Next...)},
		{Title: "Tasks", Plots: some(tasksPlot(r))},
		{Title: "Looks", Text: safe(say.Looks), Plots: some(looksPlot(r))},
		{Title: "Stored trials", Text: safe(strings.Join(say.Stored, " "))},
		{Title: "Why it moved, in parts", Folded: true, Summary: "Tokens, classes and tasks", Table: of("All parts of the change", parts(r), true)},
		{Title: "Net benefit", Folded: true, Summary: "By what a completed task is worth", Table: of("Net benefit of a trial", grounds.Worths(r), false)},
		{Title: "Changed, not applied", Folded: true, Summary: figure.Plural(len(say.NotApplied), "value"), List: safe(say.NotApplied...)},
		{Title: "Assumptions", Folded: true, Summary: "What the numbers rest on", List: safe(say.Assumed...)},
	}
}

func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// parts are the classes of tokens and the tasks in one table.
func parts(r *report.Report) grounds.Table {
	t := grounds.Parts(r, words)
	for _, cells := range grounds.Tasks(r, words, len(r.Tasks)).Rows {
		t.Rows = append(t.Rows, append([]string{"task " + cells[0]}, cells[1:]...))
	}
	return t
}

// of is a table of package grounds; styled says that its cells were written in the style of HTML.
func of(caption string, t grounds.Table, styled bool) *table {
	if len(t.Rows) == 0 {
		return nil
	}
	out := &table{Caption: caption, Head: t.Head}
	for _, cells := range t.Rows {
		if !styled {
			out.Rows = append(out.Rows, plain(cells...))
			continue
		}
		var safe []template.HTML
		for _, c := range cells {
			safe = append(safe, template.HTML(c))
		}
		out.Rows = append(out.Rows, safe)
	}
	return out
}

// comparison is the table of the two proxies, the figure that decides, and what else was measured.
func comparison(r *report.Report, say report.Saying) *table {
	rs := row.Comparison(r)
	if len(rs) == 0 {
		return nil
	}
	t := &table{Caption: "Base and head, and when each figure misleads", Head: []string{"", "base", "head", "change", "misleads when"}, Class: "compare"}
	t.Rows = append(t.Rows, append(plain("settings"), template.HTML(say.Base), template.HTML(say.Head), "", ""))
	for _, w := range rs {
		cells := plain(w.Label, w.Base, w.Head, w.Change, w.Misleads)
		if w.Parts != "" {
			cells[0] += template.HTML("<br><small>" + template.HTMLEscapeString(w.Parts) + "</small>")
		}
		for i := 1; i < 3; i++ {
			if total, rest, found := strings.Cut(string(cells[i]), " ("); found {
				cells[i] = template.HTML(total + "<br><small>" + strings.TrimSuffix(rest, ")") + "</small>")
			}
		}
		if w.Main {
			for i := range 4 {
				cells[i] = "<strong>" + cells[i] + "</strong>"
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
