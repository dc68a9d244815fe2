package grounds

import (
	"fmt"
	"strings"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// The relations of a benefit. Stored reports depend on the literals, which are compare/why's.
const (
	dominates       = "dominates"
	dominated       = "dominated"
	cheaperAndFewer = "cheaper-and-fewer"
	dearerAndMore   = "dearer-and-more"
)

// Few says how few trials completed, where the benefit says more than the ratio; else it is "".
func Few(r *content.Report) string {
	if r.Benefit == nil || !r.Benefit.Leads || r.Base.Trials == 0 || r.Head.Trials == 0 || r.Base.Completed+r.Head.Completed == 0 {
		return ""
	}
	return fmt.Sprintf("Few passes: %d/%d at the base, %d/%d at the head.", r.Base.Completed, r.Base.Trials, r.Head.Completed, r.Head.Trials)
}

// Worth says what a completed task must be worth for the head to pay, where that says more than the ratio or the
// configuration names a worth; else it is "".
func Worth(r *content.Report, st markup.Style) string {
	b := r.Benefit
	if b == nil {
		return ""
	}
	var out []string
	if b.Leads {
		out = append(out, relation(b, st))
	}
	var confident []string
	for _, p := range b.Points {
		if p.Configured && finite(p.Estimate) {
			out = append(out, at(r, p))
		} else if b.Leads && p.Value > 0 && p.Accept >= 0 && p.Accept <= 1 {
			confident = append(confident, fmt.Sprintf("%s at %s", figure.Sureness(p.Accept), figure.USD(p.Value)))
		}
	}
	if len(confident) > 0 && b.Relation != dominates && b.Relation != dominated {
		out = append(out, "Confidence that it pays, by what one is worth: "+strings.Join(confident[:min(len(confident), maxPoints)], ", ")+".")
	}
	return strings.TrimSpace(strings.Join(out, " "))
}

// maxPoints is how many worths are named in a sentence.
const maxPoints = 5

func relation(b *content.Benefit, st markup.Style) string {
	switch {
	case b.Relation == cheaperAndFewer && b.BreakEven > 0 && finite(b.BreakEven):
		return fmt.Sprintf("A completed task must be worth less than %s for the head to pay: it is cheaper and completes fewer.", st.Bold(figure.USD(b.BreakEven)))
	case b.Relation == dearerAndMore && b.BreakEven > 0 && finite(b.BreakEven):
		return fmt.Sprintf("A completed task must be worth more than %s for the head to pay: it is dearer and completes more.", st.Bold(figure.USD(b.BreakEven)))
	case b.Relation == dominates:
		return "Whatever a completed task is worth, the head looks better: it is no dearer and completes no fewer."
	case b.Relation == dominated:
		return "Whatever a completed task is worth, the base looks better: the head is no cheaper and completes no more."
	}
	return ""
}

// at is the benefit at the worth that the configuration names.
func at(r *content.Report, p content.BenefitPoint) string {
	gain := "gains"
	if p.Estimate < 0 {
		gain, p.Estimate, p.Low, p.High = "loses", -p.Estimate, -p.High, -p.Low
	}
	out := fmt.Sprintf("At %s for a completed task the head %s %s per trial", figure.USD(p.Value), gain, figure.USD(p.Estimate))
	if finite(p.Low, p.High) {
		out += fmt.Sprintf(" (%s %s to %s)", figure.Level(Confidence(r, float64(p.Confidence))), figure.USD(p.Low), figure.USD(p.High))
	}
	if p.Accept >= 0 && p.Accept <= 1 {
		out += ", with a confidence of " + figure.Sureness(p.Accept) + " that it pays"
	}
	return out + "."
}

// Worths is the net benefit by what a completed task is worth.
func Worths(r *content.Report) Table {
	t := Table{Head: []string{"a completed task is worth", "net benefit per trial", "interval", "confidence that the head pays"}}
	if r.Benefit == nil {
		return t
	}
	for _, p := range r.Benefit.Points {
		interval := figure.Unknown
		if finite(p.Low, p.High) {
			interval = figure.USD(p.Low) + " to " + figure.USD(p.High)
		}
		if p.Value > 0 {
			t.Rows = append(t.Rows, []string{figure.USD(p.Value), figure.Difference(p.Estimate), interval, figure.Sureness(p.Accept)})
		}
	}
	return t
}
