// Package beside writes what stands around a result in our comment, from what is kept there: who accepted it above, earlier
// runs and the commands below.
//
// It knows the words, and which runs say the same. It refuses to know results, GitHub, and where what is kept comes from.
package beside

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/review/state"
)

// Words are the part of a run whose change is worth a new comment.
func Words(r state.Run) string {
	var b strings.Builder
	for _, u := range r.Suites {
		fmt.Fprintf(&b, "%s %s %v %s\n", u.Name, u.Result, u.Verdict, u.Conclusion)
	}
	return b.String()
}

// Alike reports whether a run says no more than one that is kept: it was about the same head, came to the same by the same
// trials, and cost nothing.
func Alike(old, r state.Run) bool {
	usd, known := r.Spent.Value()
	return old.Head == r.Head && old.Title == r.Title && old.By == r.By && Words(old) == Words(r) && old.Key() == r.Key() && known && usd.IsZero()
}

// Notice is what stands above a result about a head: who accepted what is asked, or, with over, why an acceptance is over.
func Notice(st state.State, head string, accepted []state.Asked, over bool) string {
	var lines []string
	var said []state.Acceptance
	for _, asked := range accepted {
		a, holds := st.Accepted(asked)
		if !holds || slices.ContainsFunc(said, a.Same) {
			continue
		}
		said = append(said, a)
		line := Acceptance(a).Line()
		if a.Head != head {
			line += ". It holds for " + markup.Code(pull.Short(head)) + " too: no model setting, suite or price has changed since."
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 && over && len(st.Acceptances) > 0 && st.Acceptances[0].End != nil {
		lines = append(lines, Acceptance(st.Acceptances[0]).Line())
	}
	return strings.Join(lines, "\n\n")
}

// Acceptance is an acceptance for its line.
func Acceptance(a state.Acceptance) *pull.Acceptance {
	out := &pull.Acceptance{By: a.By, Reason: a.Reason, Head: a.Head, Time: a.Time}
	if a.End != nil {
		why := []rune(a.End.Why)
		out.Ended = strings.ToUpper(string(why[:min(1, len(why))])) + string(why[min(1, len(why)):])
	}
	return out
}

// Foot is what stands below a result: earlier runs, the commands, and what became of the last one.
func Foot(st state.State, open bool) string {
	var parts []string
	if a := st.Last; a != nil {
		did := "was carried out"
		if a.Refused {
			did = "was refused"
		}
		line := fmt.Sprintf("The last command, %s by %s, %s", markup.Code(a.Command), markup.Code(a.By), did)
		if a.Why != "" {
			line += ": " + markup.Rich(a.Why)
		}
		parts = append(parts, strings.TrimSuffix(line, ".")+".")
	}
	if len(st.Runs) > 1 {
		var lines []report.HistoryLine
		for _, r := range st.Runs {
			l := report.HistoryLine{Time: r.Time, Head: r.Head, By: r.By, Title: r.Title, Spent: r.Spent}
			if len(r.Suites) == 1 && r.Suites[0].Ratio != nil {
				q := *r.Suites[0].Ratio
				l.Ratio, l.Low, l.High = &q.Estimate, &q.Low, &q.High
			}
			lines = append(lines, l)
		}
		parts = append(parts, fold("History of this pull request's runs", pull.History(lines, len(lines), ""), false))
	}
	return strings.Join(append(parts, fold("Commands", pull.Commands, open)), "\n\n")
}

// fold hides a body until it is opened. The blank line makes GitHub read it as Markdown.
func fold(name, body string, open bool) string {
	tag := "<details>"
	if open {
		tag = "<details open>"
	}
	return tag + "<summary>" + name + "</summary>\n\n" + body + "\n\n</details>"
}

// Joined is two paragraphs, either of which may be empty.
func Joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n\n" + b
}
