package followup

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// Markdown is the comment, without a marker to find it by. Nothing in it that somebody else wrote is live.
func Markdown(f Followup) string {
	blocks := []string{
		Sentence(f, markup.GitHub),
		table(f),
		changes(f.Prediction),
		list("What else changed", caveats(f.Outcome.Caveats)),
		meaning(f),
		calibration(f.Calibration),
		footer(f),
	}
	var out []string
	for _, b := range blocks {
		if b != "" {
			out = append(out, b)
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}

// table shows what was predicted and what was observed, and of what.
func table(f Followup) string {
	p, o := f.Prediction, f.Outcome
	var rows []string
	row := func(cells ...string) { rows = append(rows, "| "+strings.Join(cells, " | ")+" |") }
	if r := p.Ratio; r != nil {
		row("predicted", percent(r.Estimate)+" %", markup.Text(limits(*r)), "cost per completed task, suite "+markup.Code(p.Suite))
	}
	if r := o.Observed; r != nil {
		of := "spend per merged pull request"
		if o.Sized {
			of += " of equal size"
		}
		row("observed", "**"+percent(r.Estimate)+" %**", markup.Text(limits(*r)), fmt.Sprintf("%s: %d after, %d before", of, o.After, o.Before))
	}
	if d := o.Difference; d != nil {
		row("observed by predicted", figure.Times(figure.Number(d.Estimate), 1), figure.Limits(figure.Number(d.Low), figure.Number(d.Upper()), 1), "both uncertainties")
	}
	if len(rows) == 0 {
		return ""
	}
	return "| | change | 95 % | of |\n|:--|:--|:--|:--|\n" + strings.Join(rows, "\n")
}

// changes lists the settings that the pull request changed.
func changes(p prediction.Prediction) string {
	base := map[[2]string]string{}
	for _, s := range p.Before {
		base[[2]string{s.Slot, s.Key}] = s.Value
	}
	var lines []string
	name := func(s prediction.Setting) string {
		if s.Slot == "main" {
			return markup.Code(s.Key)
		}
		return markup.Code(s.Slot + " " + s.Key)
	}
	for _, s := range p.After {
		k := [2]string{s.Slot, s.Key}
		if from, ok := base[k]; ok {
			lines = append(lines, name(s)+": "+markup.Code(from)+" -> "+markup.Code(s.Value))
			delete(base, k)
		} else {
			lines = append(lines, name(s)+": added "+markup.Code(s.Value))
		}
	}
	for _, s := range p.Before {
		if _, left := base[[2]string{s.Slot, s.Key}]; left {
			lines = append(lines, name(s)+": removed "+markup.Code(s.Value))
		}
	}
	return list("What was merged", lines)
}

// list is a title with lines below it; nothing without lines.
func list(title string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "**" + title + "**\n- " + strings.Join(lines, "\n- ")
}

// caveats are what else changed, one sentence or two each.
func caveats(list []prediction.Caveat) []string {
	var out []string
	for _, c := range list {
		out = append(out, caveat(c))
	}
	return out
}

func caveat(c prediction.Caveat) string {
	switch {
	case c.Code == prediction.OtherSwitch:
		return fmt.Sprintf("%s changed model settings as well. Only what was merged between the switches counts.", pulls(c.Pulls))
	case c.Code == prediction.PricesBook:
		return fmt.Sprintf("Spend is priced by the price book of %s; the prediction was by that of %s.", markup.Text(c.To), markup.Text(c.From))
	case c.Code == prediction.SizeShift && c.Ratio != nil:
		return fmt.Sprintf("Merged pull requests changed in size: %s the changed lines (95 %% %s). What was observed is at equal size.",
			figure.Times(figure.Number(c.Ratio.Estimate), 1), figure.Limits(figure.Number(c.Ratio.Low), figure.Number(c.Ratio.Upper()), 1))
	case c.Code == prediction.ShareShift:
		return fmt.Sprintf("%s %% of the merged pull requests had spend before, %s %% after. Those without are in no ratio.", markup.Text(c.From), markup.Text(c.To))
	case c.Code == prediction.Drift && c.Ratio != nil:
		return fmt.Sprintf("Spend seems to drift, switch or not: %s %% in 28 days. The interval is wider for it.", percent(c.Ratio.Estimate))
	case c.Code == prediction.Unpriced:
		return fmt.Sprintf("The spend of %s is not known; they do not count.", figure.Plural(c.Count, "merged pull request"))
	case c.Code == prediction.Unsized:
		return fmt.Sprintf("The size of %s is not known; they do not count.", figure.Plural(c.Count, "merged pull request"))
	case c.Code == prediction.Outliers:
		return fmt.Sprintf("The spend of %s is far from that of the others and counts less.", figure.Plural(c.Count, "merged pull request"))
	}
	return "Also noted: " + markup.Code(c.Code) + "."
}

// mostPulls bounds how many numbers a sentence has.
const mostPulls = 5

// pulls names pull requests by number, without making references of them.
func pulls(numbers []int) string {
	var parts []string
	for _, n := range numbers[:min(len(numbers), mostPulls)] {
		parts = append(parts, fmt.Sprint(n))
	}
	if more := len(numbers) - mostPulls; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	noun := "Pull request "
	if len(numbers) != 1 {
		noun = "Pull requests "
	}
	if len(parts) < 2 {
		return noun + strings.Join(parts, "")
	}
	return noun + strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// meaning says how far both numbers are about the same.
func meaning(f Followup) string {
	if f.Outcome.Observed == nil || f.Prediction.Ratio == nil {
		return ""
	}
	return "The prediction is of a completed task of the suite, with everything else equal; the observation is of a merged pull request, with whatever else changed that month."
}

// calibration says how predictions have done.
func calibration(c prediction.Calibration) string {
	if c.Told == 0 {
		return ""
	}
	s := fmt.Sprintf("So far %d of %s of this repository came out inside the predicted interval. Right predictions make that %.1f in the mean, since what is observed is uncertain as well",
		c.Inside, figure.Plural(c.Told, "prediction"), c.Expected)
	if c.Inside < c.Least {
		s += fmt.Sprintf("; fewer than %d is more than chance explains", c.Least)
	}
	s += "."
	if c.Silent > 0 {
		s += fmt.Sprintf(" Of %d more the history cannot tell.", c.Silent)
	}
	return s
}

// footer says what the observation is of, and whether there will be another.
func footer(f Followup) string {
	o, p := f.Outcome, f.Prediction
	parts := []string{fmt.Sprintf("Merged %s as %s", date(p.Merged), markup.Code(p.Commit[:min(len(p.Commit), 12)]))}
	if o.Reason != prediction.TooEarly {
		parts = append(parts, fmt.Sprintf("pull requests merged from %s to %s", date(o.From), date(o.To)))
	}
	if o.Final {
		parts = append(parts, "final")
	} else {
		parts = append(parts, "the last observation is of "+date(p.Merged.AddDate(0, 0, f.Rules.Filled().FinalDays)))
	}
	parts = append(parts, "prices of "+markup.Text(p.Book))
	if p.Accepted {
		parts = append(parts, "the change was accepted by a person")
	}
	return strings.Join(parts, " · ") + "."
}
