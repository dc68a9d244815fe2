package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/verdict"
)

// label is the answer in a word or two.
func label(r *Report) string {
	switch r.Result {
	case verdict.NothingChanged:
		return "No model setting changed"
	case verdict.NotMeasured:
		if r.Reason.Code == codeConfigAdded {
			return "Configuration added"
		}
		return "Not measured"
	case verdict.Accepted:
		return "Accepted"
	case verdict.BadInput:
		return "Configuration error"
	}
	switch r.Verdict {
	case verdict.Switch:
		return "Switch"
	case verdict.DontSwitch:
		return "Don't switch"
	}
	return "Inconclusive"
}

// codeConfigAdded is the reason of a pull request that adds the configuration: whether it changes a model setting, too, is
// among the changes.
const codeConfigAdded = "config-added"

// headline is the answer in one or two sentences.
func headline(r *Report, st markup.Style) string {
	answer := st.Bold(label(r) + ".")
	switch r.Result {
	case verdict.NothingChanged:
		return answer + " Nothing was run and nothing was spent."
	case verdict.BadInput:
		return answer + " Nothing was run and nothing was spent."
	case verdict.NotMeasured:
		if r.Reason.Code == codeConfigAdded {
			return answer + " It counts from the next pull request on. Nothing was run and nothing was spent."
		}
		return answer + " A model setting changed, and what it does to the cost of a completed task is not known."
	case verdict.Accepted:
		if r.Ratio == nil {
			return answer + " A person accepted this change."
		}
		return answer + " A person accepted this change. " + measurement(r, st)
	}
	return answer + " " + measurement(r, st)
}

// measurement is what was measured, in one or two sentences.
func measurement(r *Report, st markup.Style) string {
	if r.Ratio == nil || math.IsNaN(float64(r.Ratio.Estimate)) && !neitherCompleted(r) {
		return "The cost of a completed task cannot be compared."
	}
	if r.Base.Completed == 0 || r.Head.Completed == 0 {
		return noPasses(r, st)
	}
	base, head := names(r, st)
	q, limit := r.Ratio, r.Policy.MaxCostRatio
	s := fmt.Sprintf("%s costs %s as much with %s as with %s (%s).", subject(r),
		st.Bold(figure.Times(q.Estimate, limit)), head, base, figure.Interval(q.Low, q.High, grounds.Confidence(r, q.Confidence), limit))
	s += unsettled(r) + completesFewer(r) + oneTrial(r) + " " + grounds.Early(r)
	return strings.TrimSpace(s)
}

// subject names what the ratio is a statement about (statistics: suite scope or population scope).
func subject(r *Report) string {
	if r.Ratio.Scope == verdict.PopulationScope {
		return fmt.Sprintf("If these %s were a random sample of your work: a completed task", tasks(len(r.Tasks)))
	}
	return "On this suite a completed task"
}

func neitherCompleted(r *Report) bool {
	return r.Base.Trials > 0 && r.Head.Trials > 0 && r.Base.Completed == 0 && r.Head.Completed == 0
}

// noPasses says what is left to say when an arm completed nothing: its ratio has one limit at most.
func noPasses(r *Report, st markup.Style) string {
	base, head := names(r, st)
	q, limit := r.Ratio, r.Policy.MaxCostRatio
	level := figure.Level(grounds.Confidence(r, q.Confidence))
	switch {
	case neitherCompleted(r):
		return fmt.Sprintf("No passes in %s with %s and none in %s with %s: there is nothing to say about the cost of a completed task.",
			trials(r.Base.Trials), base, trials(r.Head.Trials), head)
	case r.Head.Completed == 0 && r.Head.AtLeast != nil && *r.Head.AtLeast > 0:
		return atLeastPerTask(r, st, level)
	case r.Head.Completed == 0 && q.Low > 0:
		return fmt.Sprintf("No passes in %s with %s; a completed task costs at least %s as much as with %s (%s).",
			trials(r.Head.Trials), head, st.Bold(figure.Times(q.Low, limit)), base, level)
	case r.Head.Completed == 0:
		return fmt.Sprintf("No passes in %s with %s; how much more a completed task costs than with %s is not known.",
			trials(r.Head.Trials), head, base)
	case !math.IsInf(float64(q.High), 1) && !math.IsNaN(float64(q.High)):
		return fmt.Sprintf("No passes in %s with %s; with %s a completed task costs at most %s as much (%s).",
			trials(r.Base.Trials), base, head, st.Bold(figure.Times(q.High, limit)), level)
	}
	return fmt.Sprintf("No passes in %s with %s; how much less a completed task costs with %s is not known.",
		trials(r.Base.Trials), base, head)
}

// atLeastPerTask is what is known of a head that completed nothing: what a completed task costs at least, of itself and
// against the base.
func atLeastPerTask(r *Report, st markup.Style, level string) string {
	base, head := names(r, st)
	s := fmt.Sprintf("Head: 0 of %d passed; at least %s per completed task.", r.Head.Trials, st.Bold(figure.USD(*r.Head.AtLeast)))
	if q := r.Ratio; q.Low > 0 && !math.IsInf(float64(q.Low), 1) {
		s += fmt.Sprintf(" With %s it costs at least %s as much as with %s (%s).", head, st.Bold(figure.Times(q.Low, r.Policy.MaxCostRatio)), base, level)
	}
	return s
}

// unsettled says for an inconclusive verdict what the interval does not settle.
func unsettled(r *Report) string {
	limit, q := Number(r.Policy.MaxCostRatio), r.Ratio
	if r.Result != verdict.Measured || r.Verdict != verdict.Inconclusive || q.Low > limit || q.High <= limit {
		return ""
	}
	return fmt.Sprintf(" That does not settle whether it costs more than %s, the most that is allowed.", figure.Times(limit, 0))
}

// restsOnCompletion reports whether it is not the ratio that speaks against a switch.
func restsOnCompletion(r *Report) bool {
	return r.Verdict == verdict.DontSwitch && r.Ratio != nil && r.Ratio.Low <= Number(r.Policy.MaxCostRatio) &&
		r.Completion != nil && r.Completion.Estimate < 0
}

// completesFewer explains a "don't switch" of a head that is cheaper per completed task.
func completesFewer(r *Report) string {
	if !restsOnCompletion(r) {
		return ""
	}
	return fmt.Sprintf(" It completes fewer: %s instead of %s of trials (%s).",
		figure.Percent(r.Head.CompletionRate), figure.Percent(r.Base.CompletionRate), figure.Within(r.Completion.Estimate, r.Completion.Low, r.Completion.High, grounds.Confidence(r, r.Completion.Confidence)))
}

// narrow is how many times its low end the high end of an interval is that nobody would call wide.
const narrow = 1.5

// oneTrial says why an interval is wide when no task was tried twice.
func oneTrial(r *Report) string {
	if len(r.Tasks) == 0 || r.Ratio.High <= narrow*r.Ratio.Low {
		return ""
	}
	for _, t := range r.Tasks {
		if t.Base.Trials > 1 || t.Head.Trials > 1 {
			return ""
		}
	}
	return " One trial per task: wide by necessity."
}

// names tells the arms apart for a reader: by model, or by the setting that changed where the model is the same.
func names(r *Report, st markup.Style) (base, head string) {
	if r.Base.Model != r.Head.Model && r.Base.Model != "" && r.Head.Model != "" {
		return st.Code(r.Base.Model), st.Code(r.Head.Model)
	}
	if len(r.Changes) == 1 {
		c := r.Changes[0]
		return st.Code(setting(c.Key, c.Base, c.HasBase)), st.Code(setting(c.Key, c.Head, c.HasHead))
	}
	return "the base's settings", "the head's settings"
}

func setting(k arm.Key, v string, has bool) string {
	if !has {
		return "no " + string(k)
	}
	return string(k) + ": " + v
}

// changed writes one change for people.
func changed(c arm.Change, st markup.Style) string {
	name := string(c.Key)
	if c.Slot != "" && c.Slot != arm.MainSlot {
		name = c.Slot + "." + name
	}
	if name == "" {
		name = c.Source.Selector
	}
	side := func(v string, has bool) string {
		if !has {
			return "(not set)"
		}
		return st.Code(v)
	}
	return fmt.Sprintf("%s: %s -> %s", st.Code(name), side(c.Base, c.HasBase), side(c.Head, c.HasHead))
}

// place writes where something is, or "".
func place(path string, line int, st markup.Style) string {
	switch {
	case path == "":
		return ""
	case line <= 0:
		return st.Code(path)
	}
	return st.Code(markup.Clean(path, markup.MaxValue-12) + ":" + strconv.Itoa(line))
}

// scoped reports whether the headline opens with the tasks that it is about.
func scoped(r *Report) bool {
	return r.Result == verdict.Measured && r.Ratio != nil && !math.IsNaN(float64(r.Ratio.Estimate)) &&
		r.Base.Completed > 0 && r.Head.Completed > 0
}

// reason is why this verdict, unless the headline has just said it with numbers.
func reason(r *Report, st markup.Style) string {
	if r.Reason.Text == "" {
		return ""
	}
	switch r.Reason.Code {
	case "cheaper", "dearer", "undecided":
		if scoped(r) {
			return ""
		}
	}
	return statement(r, r.Reason, st)
}

// statement is a finding without the opening words that it shares with the headline.
func statement(r *Report, f verdict.Finding, st markup.Style) string {
	if !scoped(r) {
		return located(f, st)
	}
	opening := "On this suite "
	if r.Ratio.Scope == verdict.PopulationScope {
		opening = fmt.Sprintf("If these %d tasks were a random sample of your work, ", len(r.Tasks))
	}
	if rest, ok := strings.CutPrefix(f.Text, opening); ok {
		first, size := utf8.DecodeRuneInString(rest)
		f.Text = string(unicode.ToUpper(first)) + rest[size:]
	}
	return located(f, st)
}

// located is a finding with its place in front.
func located(f verdict.Finding, st markup.Style) string {
	at := place(f.Path, f.Line, st)
	if at == "" {
		return st.Rich(f.Text)
	}
	return at + ": " + st.Rich(f.Text)
}

// beyond is what holds beyond the suite, as sentences: the population interval, unless it gates and is in the
// headline, and the range of leave-one-out values. The wording is the statistics document's.
func beyond(r *Report, st markup.Style) []string {
	p := r.Population
	if p == nil || math.IsNaN(float64(p.Estimate)) || math.IsInf(float64(p.Estimate), 0) {
		return nil
	}
	limit, limited := r.Policy.MaxCostRatio, Number(r.Policy.MaxCostRatio)
	var out []string
	endless := !(p.Low > 0) && math.IsInf(float64(p.High), 1)
	if !endless && (r.Ratio == nil || r.Ratio.Scope != verdict.PopulationScope) {
		out = append(out, fmt.Sprintf("If these %s were a random sample of your work: %s (%s)%s.", tasks(len(r.Tasks)),
			st.Bold(figure.Times(p.Estimate, limit)), figure.Interval(p.Low, p.High, grounds.Confidence(r, p.Confidence), limit), claim(r)))
	}
	if l := p.LeaveOneOut; l.Task != "" && !math.IsNaN(float64(l.Without)) && !math.IsInf(float64(l.Without), 0) {
		s := fmt.Sprintf("Without task %s it would be %s; all leave-one-out values %s.", st.Code(l.Task),
			figure.Times(l.Without, limit), figure.Range(l.Low, l.High, limit))
		switch {
		case l.OneTaskDecides && (l.Without <= limited) == (p.Estimate <= limited):
			s += " Without another one it would be on the other side of " + figure.Times(limited, 0) + ": one task decides this."
		case l.OneTaskDecides:
			s += " One task decides this."
		}
		out = append(out, s)
	}
	return out
}

// claim says whether the verdict holds beyond the suite, where that may be said at all.
func claim(r *Report) string {
	limit := Number(r.Policy.MaxCostRatio)
	if r.Result != verdict.Measured || r.Verdict == verdict.Inconclusive {
		return ""
	}
	if why := noClaim(r); why != "" {
		return ", with a warning: " + why
	}
	if r.Verdict == verdict.Switch && r.Population.High <= limit || r.Verdict == verdict.DontSwitch && r.Population.Low > limit {
		return ": holds beyond this suite too"
	}
	return ": not shown beyond this suite"
}

// heavy is the share of an arm's cost above which one task makes the population interval untrustworthy, and
// fewPasses the number of passes in an arm below which it is (measured on recorded data; docs/statistics.md).
const (
	heavy     = 0.20
	fewPasses = 10
)

// noClaim says why nothing may be claimed beyond the suite, or "".
func noClaim(r *Report) string {
	switch {
	case r.Population.LeaveOneOut.OneTaskDecides:
		return "one task decides this"
	case r.Base.Completed < fewPasses || r.Head.Completed < fewPasses:
		return fmt.Sprintf("an arm has fewer than %d passes", fewPasses)
	case max(heaviest(r.Tasks, baseOf), heaviest(r.Tasks, headOf)) > heavy:
		return "one task holds more than 20 % of an arm's cost"
	}
	return ""
}

func baseOf(t Task) TaskSide { return t.Base }
func headOf(t Task) TaskSide { return t.Head }

// heaviest is the largest share of one task in the sum of the tasks' mean costs; 0 when a cost is unknown.
func heaviest(ts []Task, side func(Task) TaskSide) float64 {
	sum, most := 0.0, 0.0
	for _, t := range ts {
		m := figure.Mean(side(t).Cost.Amount, side(t).Trials)
		if m == nil {
			return 0
		}
		f, _ := m.Float64()
		sum += f
		most = max(most, f)
	}
	if sum == 0 {
		return 0
	}
	return most / sum
}

func tasks(n int) string { return figure.Plural(n, "task") }

func trials(n int) string { return figure.Plural(n, "trial") }

// forecast is what measuring would cost.
func forecast(f *Forecast, st markup.Style) string {
	if f == nil {
		return ""
	}
	if !f.USD.IsKnown() {
		return strings.TrimSpace("What measuring would cost is not known. " + st.Rich(f.Basis))
	}
	s := fmt.Sprintf("Measuring would cost about %s", st.Bold(figure.Amount(f.USD)))
	if f.Low.IsKnown() && f.High.IsKnown() {
		s += fmt.Sprintf(" (%s to %s)", figure.Amount(f.Low), figure.Amount(f.High))
	}
	s += fmt.Sprintf(" for %s", trials(f.Trials))
	if f.Budget.IsKnown() {
		s += fmt.Sprintf("; no call is made once %s are spent", figure.Amount(f.Budget))
	}
	s += "."
	if f.Basis != "" {
		s += " " + st.Rich(f.Basis)
	}
	if f.Stored > 0 {
		s += fmt.Sprintf(" %s of the base are stored and need not be carried out again.", trials(f.Stored))
	}
	return s + resolves(f)
}

// resolves is what the tasks can show at all, which a reader ought to know before anything is spent.
func resolves(f *Forecast) string {
	if f.Resolves == nil || !(*f.Resolves > 1) || math.IsInf(float64(*f.Resolves), 1) {
		return ""
	}
	s := fmt.Sprintf(" This suite can show differences above %s within the cap", figure.Roughly(*f.Resolves, 1))
	if f.Measured {
		return s + ", by how much its stored trials vary."
	}
	return s + ", if its trials vary as is usual."
}

// missingPrices says for each arm without a full list price what is missing. It speaks only when a cost is
// unknown, or when nothing was measured and the reader looks for prices.
func missingPrices(r *Report, st markup.Style) []string {
	var out []string
	if r.Result == verdict.NothingChanged || r.Result == verdict.BadInput {
		return nil
	}
	for _, a := range []Arm{r.Base, r.Head} {
		if a.Model == "" || len(out) == 1 && r.Base.Model == r.Head.Model {
			continue
		}
		if a.Trials > 0 && a.Cost.Status != price.Unknown {
			continue
		}
		if missing := missingRates(a.ListPrice); missing != "" {
			out = append(out, fmt.Sprintf("%s has no known list price for %s. A newer version may know it; an unknown price is never taken as zero.",
				st.Code(a.Model), missing))
		}
	}
	return out
}

func missingRates(p *ListPrice) string {
	if p == nil {
		return "any token class"
	}
	var missing []string
	for _, c := range []struct {
		name string
		rate price.Amount
	}{{"input", p.Input}, {"cached input", p.CacheRead}, {"output", p.Output}} {
		if !c.rate.IsKnown() {
			missing = append(missing, c.name)
		}
	}
	return strings.Join(missing, ", ")
}
