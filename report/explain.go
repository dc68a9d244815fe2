package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/pertask/pertask/report/bars"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/row"
	"github.com/pertask/pertask/verdict"
)

// more is what belongs to the answer beside the headline and its reason: whether the verdict is new, why there were no
// more trials, and what completions are worth where few trials completed.
func more(r *Report, st markup.Style) []string {
	if r.Result == verdict.NothingChanged || r.Result == verdict.BadInput {
		return nil
	}
	out := []string{grounds.Final(r), grounds.Ended(r)}
	if r.HasTrials() {
		few := grounds.Few(r)
		if r.Head.Completed == 0 && r.Head.AtLeast != nil {
			few = "" // the headline has just said it
		}
		out = append(out, strings.TrimSpace(few+" "+grounds.Worth(r, st)))
	}
	return out
}

// whyTitle explains the bars under it.
const (
	whyTitle = "Why it moved"
	whyText  = "what each part alone would have multiplied the cost of a completed task by. Usage is tokens at constant prices."
)

// whyBlock is the parts of the change as bars, or where they are not known the factors of what is.
func whyBlock(r *Report) string {
	if all := grounds.Bars(r); len(all) > 0 {
		return "**" + whyTitle + ":** " + whyText + "\n```text\n" + strings.Join(bars.Draw(all, bars.Blocks), "\n") + "\n```"
	}
	return splitSentence(r, markup.GitHub)
}

// splitSentence has three factors in place of the bars, or says why there is nothing.
func splitSentence(r *Report, st markup.Style) string {
	s, ok := row.SplitOf(r)
	if !ok {
		if scoped(r) && (unknownTokens(r.Base) || unknownTokens(r.Head)) {
			return st.Bold(whyTitle+":") + " not known, since the tokens of some trials are not."
		}
		return ""
	}
	return s.Sentence(r.Ratio.Estimate, r.Policy.MaxCostRatio, st.Bold)
}

func unknownTokens(a Arm) bool { return math.IsNaN(float64(a.TokensPerTrial.Total())) }

// flips are what would flip the verdict, with the words before them. There is no title when nothing is known to.
func flips(r *Report, st markup.Style) (title, text string, all []string) {
	if r.Ratio == nil || r.Result == verdict.NothingChanged || r.Result == verdict.BadInput {
		return "", "", nil
	}
	head := "the head"
	if r.Head.Model != "" && r.Head.Model != r.Base.Model {
		head = st.Code(r.Head.Model)
	}
	title = "What would flip it"
	if restsOnCompletion(r) {
		return title, "no price would, since the verdict rests on the completion rate.", nil
	}
	if all = grounds.Flip(r, head); len(all) == 0 {
		return "", "", nil
	}
	if r.Verdict == verdict.Inconclusive {
		title = "Where it would turn"
	}
	return title, fmt.Sprintf("all else as measured, the ratio would be %s, the most that is allowed, with any one of these.",
		figure.Times(Number(r.Policy.MaxCostRatio), 0)), all
}

func flipBlock(r *Report, p page) string {
	title, text, all := flips(r, markup.GitHub)
	if title == "" {
		return ""
	}
	return strings.TrimSpace("**" + title + ":** " + text + "\n" + bullets(len(all), p, func(i int) string { return all[i] }))
}

// segments is the kinds of task apart, and which of them to move.
func segments(r *Report, p page) string {
	t := grounds.Segments(r, markup.GitHub)
	if len(t.Rows) == 0 || p.items <= 0 {
		return ""
	}
	out := "**Kinds of task apart.** " + grounds.Corrected(r)
	if s := grounds.Mixed(r, markup.GitHub); s != "" {
		out = s + " " + grounds.Corrected(r)
	}
	return out + "\n\n" + grid(t, p.items, p)
}

// storedLine says which trials were used again.
func storedLine(r *Report) string {
	if s := grounds.Stored(r, markup.GitHub); len(s) > 0 {
		return "**Stored trials:** " + strings.Join(s, " ")
	}
	return ""
}

// grid is the first rows of a table, and how many more there are.
func grid(t grounds.Table, most int, p page) string {
	shown := t.First(most)
	out := []string{"| " + strings.Join(t.Head, " | ") + " |", "|" + strings.Repeat(":--|", len(t.Head))}
	for _, cells := range shown.Rows {
		out = append(out, "| "+strings.Join(cells, " | ")+" |")
	}
	if shown.Left > 0 {
		out = append(out, fmt.Sprintf("\n%s more in %s", figure.Whole(shown.Left), p.rest))
	}
	return strings.Join(out, "\n")
}

// maxParts is how many tasks the fold of parts has: the rest move little, and the per-task table has them all.
const maxParts = 20

// explained is how many rows the folds have that explain a verdict.
func explained(r *Report) int {
	n := 0
	if r.Why != nil {
		n = max(len(r.Why.Classes)+2, min(len(r.Why.Tasks), maxParts))
	}
	if r.Sequence != nil {
		n = max(n, len(r.Sequence.History))
	}
	if r.Benefit != nil {
		n = max(n, len(r.Benefit.Points))
	}
	return n
}

func partsFold(r *Report, p page) string {
	if p.extra <= 0 || !grounds.Explained(r) {
		return ""
	}
	body := "The first two multiply to usage. Those of the classes and completion multiply to the whole change, and so do those of all tasks.\n\n" +
		grid(grounds.Parts(r, markup.GitHub), p.extra, p)
	if t := grounds.Tasks(r, markup.GitHub, min(p.extra, maxParts)); len(t.Rows) > 0 {
		body += "\n\n" + grid(t, maxParts, p)
	}
	return details("Why it moved, in parts: tokens, classes and tasks", body)
}

func looksFold(r *Report, p page) string {
	plan, t := grounds.Plan(r), grounds.History(r)
	if plan == "" || p.extra <= 0 {
		return ""
	}
	if len(t.Rows) > 0 {
		plan += "\n\n" + grid(t, p.extra, p)
	}
	if p.charts {
		plan += looksChart(r)
	}
	return details("Looks", plan)
}

func worthFold(r *Report, p page) string {
	t := grounds.Worths(r)
	if len(t.Rows) == 0 || p.extra <= 0 {
		return ""
	}
	return details("Net benefit, by what a completed task is worth", grid(t, p.extra, p))
}
