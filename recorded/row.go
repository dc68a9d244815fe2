package recorded

import (
	"fmt"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Row is one recorded trial. Token counts and the cost are totals of the trial.
type Row struct {
	Dataset, Model, Task string
	Trial                int
	// Passed is nil when the outcome is not known.
	Passed *bool
	Tokens usage.Tokens
	// Cost is what the record says the trial cost, in dollars.
	Cost price.Amount
	// Seconds is nil when the duration is not known.
	Seconds *float64
	// Line is the row's line in the file, from 1; 0 where lines do not say where a row is.
	Line int

	// Label is another name of what was run, which tells apart what has the same model: an agent with its model,
	// or a provider entry. Empty when the model says it.
	Label string
	// Provider is who bills, as far as the record says so.
	Provider string
	// Prompt is all input of the trial, cached or not, where the record gives it in one number.
	Prompt usage.Count
	// Others are what models other than Model consumed in the trial, not contained in Tokens and Cost.
	Others []Share
}

// Share is what one more model consumed in a trial.
type Share struct {
	Model, Provider string
	Tokens          usage.Tokens
	Cost            price.Amount
}

// Name is what tells the row's arm from others of the same file: its label, or its model.
func (r Row) Name() string {
	if r.Label != "" {
		return r.Label
	}
	return r.Model
}

// Call returns the row as one metered call of a trial with the given id: the totals, and the recorded cost as
// what the provider reported.
func (r Row) Call(trial string) usage.Call {
	return Share{r.Model, r.Provider, r.Tokens, r.Cost}.call(trial, trial)
}

// Calls returns the row as metered calls of a trial with the given id, one for each model.
func (r Row) Calls(trial string) []usage.Call {
	calls := []usage.Call{r.Call(trial)}
	for i, s := range r.Others {
		calls = append(calls, s.call(trial, fmt.Sprintf("%s#%d", trial, i+2)))
	}
	return calls
}

func (s Share) call(trial, id string) usage.Call {
	c := usage.Call{
		Schema: usage.CallSchema, ID: id, Trial: trial, State: usage.Ended, Provider: s.Provider,
		Format: "recorded", RequestedModel: s.Model, Coverage: usage.Complete, Tokens: s.Tokens,
	}
	if m, ok := s.Cost.Value(); ok {
		c.ReportedUSD = m.String()
	}
	return c
}

// Uncached returns the row with every input class that the record does not tell taken as none, and the input that
// is left as uncached. Input that a cache served costs less than that, so that a price of the result is an upper
// bound where the provider does not charge more for what it writes to its cache.
func (r Row) Uncached() Row {
	t := &r.Tokens
	if !t.CacheRead.IsKnown() {
		t.CacheRead = usage.Known(0)
	}
	for _, c := range []usage.Class{usage.CacheCreation, usage.CacheCreation5m, usage.CacheCreation30m, usage.CacheCreation1h, usage.CacheCreation12h} {
		if !t.Of(c).IsKnown() {
			t.Set(c, usage.Known(0))
		}
	}
	if !t.Input.IsKnown() {
		t.Input = Minus(r.Prompt, t.CacheRead.Plus(t.Written()))
	}
	return r
}

// Minus is a - b; unknown when either is, or when b is more than a, which contradicts that a contains b.
func Minus(a, b usage.Count) usage.Count {
	n, ok := a.Value()
	m, also := b.Value()
	if !ok || !also || m > n {
		return usage.Count{}
	}
	return usage.Known(n - m)
}

// Written sets the cache writes of a record that does not split them by time to live.
func Written(t *usage.Tokens, n usage.Count) {
	t.CacheCreation = n
	for _, c := range []usage.Class{usage.CacheCreation5m, usage.CacheCreation30m, usage.CacheCreation1h, usage.CacheCreation12h} {
		t.Set(c, usage.Known(0))
	}
}

// Number numbers the trials of each task of each arm from 0, in the order of the rows.
func Number(rows []Row) {
	type key struct{ dataset, name, task string }
	next := map[key]int{}
	for i := range rows {
		k := key{rows[i].Dataset, rows[i].Name(), rows[i].Task}
		rows[i].Trial = next[k]
		next[k]++
	}
}
