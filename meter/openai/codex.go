package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// codexCounts are the counts of Codex's type TokenUsage, as its session log repeats them in every token_count
// event: totals of the session so far, the cached part inside the input and the reasoning inside the output.
var codexCounts = []string{"input_tokens", "output_tokens", "cached_input_tokens", "reasoning_output_tokens", "total_tokens"}

// ReadCodexUsage reads what Codex's session log says that a part of a session consumed: raw is an object with the
// totals before it as "baseline" and after it as "final", and the difference counts. A session that was resumed
// does not begin at zero, so adding totals up would count what came before again. A baseline that is absent or
// null is zero.
//
// It is an error if a total falls, if a part is more than its whole, or if the input or the output is not told at
// the end. The log is no source of money, since it leaves out what the agent does not count, such as compactions;
// the reading is for holding an agent's own figures against the meter's.
func ReadCodexUsage(raw json.RawMessage) (usage.Reading, error) {
	r, err := readCodex(raw)
	if err != nil {
		return usage.Reading{}, fmt.Errorf("reading Codex's totals: %w", err)
	}
	return r, nil
}

func readCodex(raw json.RawMessage) (usage.Reading, error) {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return usage.Reading{}, err
	}
	before, err := codexTotals(o, "baseline")
	if err != nil {
		return usage.Reading{}, err
	}
	after, err := codexTotals(o, "final")
	if err != nil {
		return usage.Reading{}, err
	}
	if len(before) == 0 {
		before = map[string]int64{"input_tokens": 0, "output_tokens": 0, "cached_input_tokens": 0, "reasoning_output_tokens": 0, "total_tokens": 0}
	}
	spent := make(map[string]int64)
	for _, name := range codexCounts {
		if err := rise(before, after, spent, name); err != nil {
			return usage.Reading{}, err
		}
	}
	r := usage.Reading{Coverage: usage.Complete, Raw: raw, Unclassified: o.Unclassified(codexKnown())}
	if r.Tokens, err = codexTokens(spent); err != nil {
		return usage.Reading{}, err
	}
	if len(r.Unclassified) > 0 {
		lower(&r, "counts that are not understood: "+strings.Join(r.Unclassified, ", "))
	}
	return r, nil
}

func codexKnown() []string {
	var out []string
	for _, name := range codexCounts {
		out = append(out, "baseline."+name, "final."+name)
	}
	return out
}

// codexTotals returns the totals that were told at one point of a session. They must hold by themselves.
func codexTotals(o wire.Object, at string) (map[string]int64, error) {
	totals, err := o.Object(at)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int64)
	for _, name := range codexCounts {
		n, told, err := totals.Count(name)
		if err != nil {
			return nil, err
		}
		if told {
			counts[name] = n
		}
	}
	if len(totals.Names()) == 0 {
		return nil, nil
	}
	if _, err := codexTokens(counts); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return counts, nil
}

// rise notes by how much a total rose. One that is told at one of the two points only did rise by a number that
// is not known: for the cached part that is an error, since the price hangs on it.
func rise(before, after, spent map[string]int64, name string) error {
	was, had := before[name]
	is, told := after[name]
	switch {
	case had && told && is < was:
		return fmt.Errorf("%s falls from %d to %d; totals of a session only rise", name, was, is)
	case had && told:
		spent[name] = is - was
	case name == "cached_input_tokens" && (told || was > 0):
		return fmt.Errorf("%s is told at one end only", name)
	}
	return nil
}

// codexTokens splits counts into disjoint classes.
func codexTokens(counts map[string]int64) (usage.Tokens, error) {
	in, knowsIn := counts["input_tokens"]
	out, knowsOut := counts["output_tokens"]
	cached, reasoning := counts["cached_input_tokens"], counts["reasoning_output_tokens"]
	total, knowsTotal := counts["total_tokens"]
	switch {
	case !knowsIn || !knowsOut:
		return usage.Tokens{}, errors.New(`there is no "input_tokens" or no "output_tokens"`)
	case cached > in:
		return usage.Tokens{}, fmt.Errorf("cached_input_tokens is %d, more than the %d of the input it is a part of", cached, in)
	case reasoning > out:
		return usage.Tokens{}, fmt.Errorf("reasoning_output_tokens is %d, more than the %d of the output it is a part of", reasoning, out)
	case knowsTotal && total != in+out:
		return usage.Tokens{}, fmt.Errorf("total_tokens is %d, and input and output are %d", total, in+out)
	}
	t := usage.None()
	t.Input, t.CacheRead, t.Output = usage.Known(in-cached), usage.Known(cached), usage.Known(out)
	t.Reasoning = usage.Count{}
	if n, told := counts["reasoning_output_tokens"]; told {
		t.Reasoning = usage.Known(n)
	}
	return t, nil
}
