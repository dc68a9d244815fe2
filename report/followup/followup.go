// Package followup words what came of a prediction: a sentence, and the comment that is written on a merged pull request.
//
// It knows how a prediction and its outcome look in words. It refuses to know how an outcome is worked out, how our comment
// is found again, and when it is posted. All of it is safe for concurrent use.
package followup

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// Followup is what is said of one prediction.
type Followup struct {
	Prediction prediction.Prediction
	Outcome    prediction.Outcome // of the prediction
	Rules      prediction.Rules   // by which the outcome is due
	// Calibration is how the predictions of the repository have done so far; the zero value is not shown.
	Calibration prediction.Calibration
}

// Sentence is the answer in one line or two, such as "As predicted. Predicted -38 % [-52, -21], observed -24 % [-40, -3]
// over 41 merged pull requests."
func Sentence(f Followup, st markup.Style) string {
	return strings.TrimSpace(st.Bold(label(f.Outcome)+".") + " " + numbers(f, st) + " " + why(f, st))
}

// label is the answer in a few words.
func label(o prediction.Outcome) string {
	switch {
	case o.Relation == prediction.Inside:
		return "As predicted"
	case o.Relation == prediction.Overlaps:
		return "Compatible with the prediction"
	case o.Relation == prediction.OutsideCheaper:
		return "Cheaper than predicted"
	case o.Relation == prediction.OutsideDearer:
		return "Dearer than predicted"
	case o.Reason == prediction.TooEarly:
		return "Too early to tell"
	}
	return "Cannot tell"
}

// numbers are what was predicted and what was observed.
func numbers(f Followup, st markup.Style) string {
	var parts []string
	if r := f.Prediction.Ratio; r != nil {
		parts = append(parts, "predicted "+percent(r.Estimate)+" % "+st.Rich(limits(*r)))
	}
	if r := f.Outcome.Observed; r != nil {
		parts = append(parts, "observed "+st.Bold(percent(r.Estimate)+" %")+" "+st.Rich(limits(*r)))
	}
	if len(parts) == 0 {
		return ""
	}
	s := strings.Join(parts, ", ")
	if f.Outcome.Observed != nil {
		s += " over " + figure.Plural(f.Outcome.After, "merged pull request")
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// limits are the ends of a ratio's interval, such as "[-52, -21]".
func limits(r prediction.Ratio) string {
	high := "no limit"
	if u := r.Upper(); !math.IsInf(u, 1) {
		high = percent(u)
	}
	return "[" + percent(r.Low) + ", " + high + "]"
}

// percent is a ratio as a change in percent, in whole numbers but near none, so that the side of no change is seen.
func percent(ratio float64) string {
	x := 100 * (ratio - 1)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return figure.Unknown
	}
	decimals := 0
	if math.Abs(x) < 0.95 {
		decimals = 1
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	switch strings.Trim(s, "-0.") {
	case "":
		return "0"
	}
	if x > 0 {
		return "+" + s
	}
	return s
}

// why says more about the relation, or why there is none.
func why(f Followup, st markup.Style) string {
	switch f.Outcome.Relation {
	case prediction.Inside:
		return ""
	case prediction.Overlaps:
		return "What was observed is outside of the predicted interval; both uncertainties together explain that."
	case prediction.OutsideCheaper, prediction.OutsideDearer:
		return "Both uncertainties together do not explain the difference."
	}
	return reason(f, st)
}

// reasons are why a history cannot tell, by the codes of packages series and prediction.
var reasons = map[string]string{
	prediction.NotPredicted: "No ratio was measured when this was merged, so there is nothing to compare with.",
	prediction.TooWide:      "The observed interval is too wide to say anything about the prediction: more than a factor of two either way.",
	"too-few-after":         "There are too few merged pull requests with spend since the merge.",
	"too-few-before":        "There are too few merged pull requests with spend before the merge.",
	"too-short-after":       "All merged pull requests since the merge are of less than two weeks.",
	"too-short-before":      "All merged pull requests before the merge are of less than two weeks.",
	"other-switch-after":    "Model settings changed again before there were enough merged pull requests.",
	"other-switch-before":   "Model settings had changed shortly before, so that too few merged pull requests are left to compare with.",
	"no-variation":          "Spend hardly differs from one merged pull request to the next, so that nothing says how sure a change is.",
}

func reason(f Followup, st markup.Style) string {
	o := f.Outcome
	if o.Reason == prediction.TooEarly {
		return early(f)
	}
	s, ok := reasons[o.Reason]
	if !ok {
		return "The history cannot tell (" + st.Code(o.Reason) + ")."
	}
	if o.Observed == nil && o.Reason != prediction.NotPredicted {
		s += fmt.Sprintf(" There are %d before and %d after.", o.Before, o.After)
	}
	return s
}

// early says when the outcome is due.
func early(f Followup) string {
	r := f.Rules.Filled()
	return fmt.Sprintf("It was merged %s ago, and %s since. The outcome is due after %d days, or with %d merged pull requests after %d days.",
		figure.Plural(f.Outcome.Days, "day"), merged(f.Outcome.After), r.Days, r.Pulls, r.LeastDays)
}

func merged(n int) string {
	if n == 1 {
		return "1 pull request with spend was merged"
	}
	return figure.Whole(n) + " pull requests with spend were merged"
}

// date is a day in the form that every country reads alike.
func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
