package grounds

import (
	"fmt"
	"strings"
	"time"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// together is the confidence with which the repeated intervals of all looks hold together: the error of the whole
// sequence is spent on them (docs/statistics.md).
const together = 0.95

// Confidence is what to write beside an interval of the report whose own confidence is c. A repeated interval is wider
// than one of 95 %, because it may be read at every look: what a reader gets for it is 95 % whenever the trials stop.
func Confidence(r *content.Report, c float64) float64 {
	if tested(r) && c > together {
		return together
	}
	return c
}

// tested reports whether a look has been made.
func tested(r *content.Report) bool { return r.Sequence != nil && r.Sequence.Trials > 0 }

// last is the cap, in trials of each task under each arm; 0 when no look was planned.
func last(s *content.Sequence) int {
	if len(s.Looks) == 0 {
		return 0
	}
	return s.Looks[len(s.Looks)-1]
}

// Early is said of a size that was measured by a test that stopped before its last look; else it is "".
func Early(r *content.Report) string {
	s := r.Sequence
	if !tested(r) || s.Stopped != content.StoppedDecided || s.Trials >= last(s) || r.Verdict == verdict.Inconclusive {
		return ""
	}
	return "Stopped early; the size is likely a little smaller than shown."
}

// Final says that the verdict is that of an earlier run; "" when it is not.
func Final(r *content.Report) string {
	if r.Sequence == nil || r.Sequence.Final == nil || r.Sequence.Final.IsZero() {
		return ""
	}
	return fmt.Sprintf("This verdict was reached on %s for the same evidence; it is final and nothing was measured again.",
		r.Sequence.Final.UTC().Format(time.DateOnly))
}

// Ended says why there were no more trials, and what would settle an inconclusive verdict; "" where that needs no word, and
// where nothing was run: then the reason says why.
func Ended(r *content.Report) string {
	if r.Sequence == nil || !r.HasTrials() {
		return ""
	}
	s := stopped(r.Sequence)
	if r.Verdict == verdict.Inconclusive {
		s += " " + settle(r)
	}
	return strings.TrimSpace(s)
}

func stopped(s *content.Sequence) string {
	switch s.Stopped {
	case content.StoppedFutile:
		out := fmt.Sprintf("Stopped after %s per task", figure.Plural(s.Trials, "trial"))
		if c := s.Chance; c >= 0 && c <= 1 {
			out += fmt.Sprintf(": the chance of a verdict by the cap of %d was %s", last(s), figure.Sureness(c))
		}
		return out + "."
	case content.StoppedCap:
		switch s.Trials {
		case 0:
			return ""
		case 1:
			return "The one planned trial per task was carried out."
		}
		return fmt.Sprintf("All %d planned trials per task were carried out.", s.Trials)
	case content.StoppedBudget:
		return "The budget was spent " + where(s) + "."
	case content.StoppedInterrupted:
		return "The run ended " + where(s) + "; another one goes on from there."
	case content.StoppedWithheld:
		if s.Trials >= last(s) {
			return ""
		}
		return "No more trials were carried out: they would not change that."
	}
	return ""
}

// where is the last complete look, as words that follow a verb.
func where(s *content.Sequence) string {
	switch {
	case s.Trials > 0 && s.Trials < last(s):
		return fmt.Sprintf("after %d of at most %d trials per task", s.Trials, last(s))
	case s.Trials > 0:
		return fmt.Sprintf("after %s per task", figure.Plural(s.Trials, "trial"))
	case len(s.Looks) > 0:
		return fmt.Sprintf("before the first look, at %s per task", figure.Plural(s.Looks[0], "trial"))
	}
	return "before the first look"
}

// settle says how many trials would settle an inconclusive verdict.
func settle(r *content.Report) string {
	s, x := r.Sequence, r.Sequence.Settle
	if x == nil || r.Ratio == nil {
		return ""
	}
	if x.Trials <= 0 {
		return fmt.Sprintf("No number of trials that anybody would carry out would settle it: the ratio is too close to %s.", most(r))
	}
	more := x.Trials - s.Trials
	if more <= 0 {
		return ""
	}
	usd := ""
	if x.USD.IsKnown() {
		usd = ", about " + figure.Amount(x.USD) + ","
	}
	if s.Stopped == content.StoppedFutile {
		return strings.TrimSuffix(fmt.Sprintf("It would need about %s%s", figure.Plural(more, "more round"), usd), ",") +
			"; a round is one trial of each task under each arm."
	}
	out := fmt.Sprintf("%s per task and arm%s would settle it in four of five cases, if the ratio is what it looks like", figure.Plural(more, "more trial"), usd)
	if last(s) > 0 && (!x.WithinCap || x.Trials > last(s)) {
		out += fmt.Sprintf("; the cap is %d", last(s))
	}
	return out + "."
}

// maxLooks is how many planned looks are named.
const maxLooks = 12

// Plan says at which trials the looks were planned and what their intervals mean; "" when no look was made, and when there
// was one only, of which the headline says everything.
func Plan(r *content.Report) string {
	s := r.Sequence
	if !tested(r) || len(s.Looks) < 2 {
		return ""
	}
	out := fmt.Sprintf("Looks were planned at %s trials per task; the last one that was made is at %d. The intervals of all looks hold together with %s, "+
		"so that each is wider than that of a test that looks once.", numbers(s.Looks), s.Trials, figure.Level(together))
	if s.Extensions > 0 {
		out += fmt.Sprintf(" The test was extended beyond its cap: %s.", figure.Plural(s.Extensions, "time"))
	}
	return out
}

// numbers writes "2, 3 and 5".
func numbers(ns []int) string {
	var out []string
	for _, n := range ns[:min(len(ns), maxLooks)] {
		out = append(out, figure.Whole(n))
	}
	if len(ns) > maxLooks {
		return strings.Join(out, ", ") + " and more"
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// History is the looks that were made.
func History(r *content.Report) Table {
	t := Table{Head: []string{"trials per task", "ratio", "interval", "p", "decides at or below"}}
	if !tested(r) {
		return t
	}
	limit := r.Policy.MaxCostRatio
	for _, l := range r.Sequence.History {
		t.Rows = append(t.Rows, []string{figure.Whole(l.Trials), figure.Times(l.Ratio, limit), figure.Limits(l.Low, l.High, limit),
			figure.Probability(l.P), figure.Probability(l.NominalP)})
	}
	return t
}
