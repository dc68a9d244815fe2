package inspect

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

// reading is the reading of one log.
type reading struct {
	*recorded.Fields
	opts          recorded.Options
	tally         *recorded.Tally
	model, grader string // as the log names them; grader is "" when the log names none
}

func (r reading) sample(v excerpt.Value) recorded.Row {
	row := recorded.Row{Task: r.Name(v.Get("id")), Label: r.model}
	row.Provider, row.Model = recorded.SplitModel(r.model)
	row.Seconds = r.Seconds(v.Get("working_time"))
	if row.Seconds == nil {
		row.Seconds = r.Seconds(v.Get("total_time"))
	}
	if n := len(v.Get("error_retries").Items); n > 0 {
		r.tally.Add("cost too low: tried again after an error, and the log does not tell what the first tries consumed")
	}
	r.usage(&row, v)
	row.Passed = r.outcome(v)
	return row
}

// usage reads what each model consumed. What a scorer's model consumed under the role "grader" is not the trial's:
// it is taken off. Of another model the log does not say who called it, and it counts.
func (r reading) usage(row *recorded.Row, v excerpt.Value) {
	all := v.Get("model_usage")
	graded, isGraded := v.Get("role_usage", "grader"), r.grader != ""
	for _, name := range all.Names() {
		s := r.share(all.Get(name))
		s.Provider, s.Model = recorded.SplitModel(name)
		if isGraded && name == r.grader {
			if !graded.Is() && name != r.model {
				continue // a log without role_usage: the model had this role alone
			}
			s = r.without(s, graded)
			if name != r.model && s.Tokens.Input == usage.Known(0) && s.Tokens.Output == usage.Known(0) {
				continue // it graded and did nothing else
			}
		}
		if name == r.model {
			row.Tokens, row.Cost = s.Tokens, s.Cost
			continue
		}
		if name != r.grader {
			r.tally.Add("with calls to " + strconv.Quote(clip(name)) + " too, which count as the trial's")
		}
		row.Others = append(row.Others, s)
	}
}

func (r reading) share(v excerpt.Value) recorded.Share {
	t := usage.Tokens{
		Input: r.Count(v.Get("input_tokens")), Output: r.Count(v.Get("output_tokens")),
		CacheRead: r.Count(v.Get("input_tokens_cache_read")), Reasoning: r.Count(v.Get("reasoning_tokens")),
	}
	recorded.Written(&t, r.Count(v.Get("input_tokens_cache_write")))
	if t.Input == usage.Known(0) && t.Output == usage.Known(0) {
		// inspect_ai works the cost out from the counts: where it knows of no tokens, it knows of no cost.
		return recorded.Share{Cost: r.PositiveDollars(v.Get("total_cost"))}
	}
	return recorded.Share{Tokens: t, Cost: r.Dollars(v.Get("total_cost"))}
}

// without takes the grader's part off. When the log does not tell that part, what is left is unknown.
func (r reading) without(s recorded.Share, v excerpt.Value) recorded.Share {
	g := r.share(v)
	if !v.Is() {
		r.tally.Add("tokens and cost unknown: graded by the model itself, and the log does not tell the grading apart")
	}
	left := recorded.Share{Provider: s.Provider, Model: s.Model}
	for _, c := range usage.Classes() {
		// A class that the whole does not tell either stays unknown; one that only the part lacks was not used in it.
		part := g.Tokens.Of(c)
		if v.Is() && !part.IsKnown() && c != usage.Input && c != usage.Output {
			part = usage.Known(0)
		}
		left.Tokens.Set(c, recorded.Minus(s.Tokens.Of(c), part))
	}
	whole, ok := s.Cost.Value()
	part, also := g.Cost.Value()
	if ok && also && !whole.Minus(part).IsNegative() {
		left.Cost = price.Known(whole.Minus(part))
	}
	return left
}

// capped are the limits that make a trial failed whatever its score, as a time-out or a cost limit does in
// pertask's own trials. Other limits (message, turn, context, custom) leave the decision to the score.
const capped = " time working token cost "

func (r reading) outcome(v excerpt.Value) *bool {
	limit := r.Text(v.Get("limit", "type"))
	switch {
	case v.Get("invalidation").Is():
		r.tally.Add("outcome unknown: marked as invalid")
		return nil
	case limit != "" && strings.Contains(capped, " "+limit+" "):
		r.tally.Add("failed by the " + limit + " limit, whatever the score")
		return new(bool)
	case limit == "operator":
		r.tally.Add("outcome unknown: stopped by a person")
		return nil
	}
	value, ok := r.score(v.Get("scores"))
	if !ok {
		why := "outcome unknown: no score"
		if v.Get("error").Is() {
			why = "outcome unknown: an error and no score"
		}
		r.tally.Add(why)
		return nil
	}
	return r.opts.Passed(value)
}

// score finds the score that decides and reads it as inspect_ai's value_to_float does, but for values that have no
// number: they are unknown and not 0.
func (r reading) score(scores excerpt.Value) (float64, bool) {
	names, name := scores.Names(), r.opts.Score
	switch {
	case name != "":
		if !scores.Get(name).Is() && len(names) > 0 {
			r.Bad(scores, fmt.Sprintf("the sample has no score %q", name), fmt.Sprintf("its scores are %q", names))
		}
	case len(names) == 1:
		name = names[0]
	case len(names) > 1:
		r.Bad(scores, fmt.Sprintf("the sample has the scores %q", names), "name the one that decides with --score")
	}
	v := scores.Get(name, "value")
	switch v.Kind {
	case excerpt.Number:
		return r.Real(v)
	case excerpt.Bool:
		return map[string]float64{"true": 1, "false": 0}[v.Text], true
	case excerpt.String:
		if x, ok := words[v.Text]; ok {
			return x, true
		}
		if x, ok := words[strings.ToLower(v.Text)]; ok && len(v.Text) > 1 {
			return x, true
		}
		x, err := strconv.ParseFloat(v.Text, 64)
		return x, err == nil && x-x == 0 // neither NaN nor infinite
	}
	return 0, false
}

// words are inspect_ai's: correct, incorrect, partial, no answer, and truth in words.
var words = map[string]float64{"C": 1, "I": 0, "P": 0.5, "N": 0, "yes": 1, "true": 1, "no": 0, "false": 0}

func clip(s string) string {
	if len(s) > 60 {
		s = s[:60]
	}
	return s
}
