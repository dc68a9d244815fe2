// Package foretold shows what merged changes of model settings predicted and what was observed after them.
//
// It knows how predictions and their calibration read in a table. It refuses to know whose they are, how an outcome is worked out
// (package prediction does that), and the words of the answer (package followup has them).
package foretold

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/followup"
	"github.com/pertask/pertask/report/markup"
)

// Links are the addresses that a prediction leads to, of our page of its review and of the pull request; "" for none.
type Links func(prediction.Key) (review, pull string)

// tones are the classes of relations.
var tones = map[prediction.Relation]string{prediction.Inside: "good", prediction.Overlaps: "good", prediction.OutsideCheaper: "open", prediction.OutsideDearer: "bad"}

// Table lists records in their order.
func Table(records []prediction.Record, rules prediction.Rules, links Links) *sheet.Sheet {
	l := &sheet.Sheet{Name: "predictions", Cards: true, Caption: "Predictions and what came of them, the latest merge first", Empty: "No measured change of model settings was merged yet, or none that is asked for.", Columns: []sheet.Column{{Key: "pull", Title: "Pull request"},
		{Key: "answer", Title: "What came of it"}, {Key: "relation"}, {Key: "suite", Title: "Suite"}, {Key: "merged", Title: "Merged (UTC)"}, {Key: "as_of", Title: "Observed (UTC)"}, {Title: "Review"}, {Key: "repository", Title: "Repository"},
		{Key: "verdict"}, {Key: "predicted"}, {Key: "predicted_low"}, {Key: "predicted_high"}, {Key: "observed"}, {Key: "observed_low"}, {Key: "observed_high"}, {Key: "sized"}, {Key: "before"}, {Key: "after"}, {Key: "reason"}, {Key: "final"}, {Key: "accepted"}}}
	for _, r := range records {
		p := r.Prediction
		o, there := r.Last()
		if !there {
			o = prediction.Outcome{Key: p.Key, Relation: prediction.CannotTell, Reason: prediction.TooEarly}
		}
		review, pull := links(p.Key)
		said := followup.Sentence(followup.Followup{Prediction: p, Outcome: o, Rules: rules}, markup.Plain)
		if !there { // nobody has counted yet what was merged since
			said, _, _ = strings.Cut(said, " It was merged ")
		}
		label, numbers, _ := strings.Cut(said, ". ")
		row := []sheet.Cell{sheet.Cell{Show: fmt.Sprintf("#%d", p.Pull), Raw: p.Pull}.To(pull), {Show: label, More: numbers, Raw: said, Class: tones[o.Relation]}, {Raw: string(o.Relation)}, sheet.Code(p.Suite), sheet.When(p.Merged), sheet.When(o.AsOf), reviewed(review), repository(p.Repository), sheet.Text(p.Verdict.String())}
		row = append(append(row, ratio(p.Ratio)...), ratio(o.Observed)...)
		l.Rows = append(l.Rows, append(row, sheet.Cell{Raw: o.Sized}, sheet.Whole(o.Before), sheet.Whole(o.After), sheet.Text(o.Reason), sheet.Cell{Raw: o.Final}, sheet.Cell{Raw: p.Accepted}))
	}
	return l
}

// repository is the name of one, on the page without its server.
func repository(name string) sheet.Cell {
	c := sheet.Text(name)
	if _, rest, ok := strings.Cut(c.Show, "/"); ok {
		c.Show = rest
	}
	return c
}

func reviewed(path string) sheet.Cell {
	if path == "" {
		return sheet.Cell{}
	}
	return sheet.Cell{Show: "what was measured"}.To(path)
}

// ratio is one with its interval, which only exports have.
func ratio(r *prediction.Ratio) []sheet.Cell {
	if r == nil {
		return []sheet.Cell{{Raw: (*float64)(nil)}, {Raw: (*float64)(nil)}, {Raw: (*float64)(nil)}}
	}
	upper := r.Upper()
	return []sheet.Cell{{Raw: &r.Estimate}, {Raw: &r.Low}, {Raw: &upper}}
}

// Facts are the calibration in figures.
func Facts(c prediction.Calibration) []layout.Fact {
	expected := c.Expected
	return []layout.Fact{
		{Key: "told", Name: "Predictions that can be judged", Cell: sheet.Whole(c.Told)}, {Key: "inside", Name: "Inside their interval", Cell: sheet.Whole(c.Inside)},
		{Key: "expected", Name: "Expected inside, if all are right", Cell: sheet.Number(&expected, figure.Significant(expected, 2))}, {Key: "least", Cell: sheet.Whole(c.Least)}, {Key: "most", Cell: sheet.Whole(c.Most)},
		{Key: "overlapping", Name: "Outside, within both uncertainties", Cell: sheet.Whole(c.Overlapping)}, {Key: "cheaper", Name: "Cheaper than predicted", Cell: sheet.Whole(c.Cheaper)}, {Key: "dearer", Name: "Dearer than predicted", Cell: sheet.Whole(c.Dearer)},
		{Key: "silent", Name: "The data cannot tell", Cell: sheet.Whole(c.Silent)}, {Key: "early", Name: "Too early", Cell: sheet.Whole(c.Early)},
	}
}

// Says is the calibration in a sentence.
func Says(c prediction.Calibration) string {
	if c.Told == 0 {
		return "Of no prediction it can be told yet whether it came true."
	}
	return fmt.Sprintf("%s of %s inside their interval; %s expected if all are right, by chance %s to %s.", figure.Whole(c.Inside), figure.Whole(c.Told), figure.Significant(c.Expected, 2), figure.Whole(c.Least), figure.Whole(c.Most))
}

// Due says when something is said about a prediction, in a sentence.
func Due(rules prediction.Rules) string {
	r := rules.Filled()
	return fmt.Sprintf("An outcome is worked out %d days after the merge, or when %d pull requests that agents cost something for were merged after it, but not before %d days, and for the last time after %d days.", r.Days, r.Pulls, r.LeastDays, r.FinalDays)
}

// Since are the records of merges at a time or after it, the latest first.
func Since(records []prediction.Record, t time.Time) []prediction.Record {
	out := slices.DeleteFunc(slices.Clone(records), func(r prediction.Record) bool { return r.Prediction.Merged.Before(t) })
	slices.SortStableFunc(out, func(a, b prediction.Record) int { return b.Prediction.Merged.Compare(a.Prediction.Merged) })
	return out
}
