// Package gemini reads Google's wire formats: generateContent and streamGenerateContent, as the Gemini API and
// Vertex speak them, and Interactions.
//
// It knows field names, that thoughts stand beside the answer and tool results beside the prompt, and when an
// answer is final. It refuses to know HTTP, keys and money. Every function is a pure function of the texts it is
// given. Field names and meanings are those of the types of Google's own client library (@google/genai 3.1.0).
package gemini

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// shape names the fields of a usage object. The two families differ in nothing else: cached tokens are inside
// the input, thoughts beside the output, and what tools gave back to the model is input beside the input.
type shape struct {
	input, cached, output, thoughts, tool, total string
	// details are the splits by modality, in the order of partsOf.
	details [4]string
	// counted is the count in an entry of a split.
	counted string
	// known are fields that are understood and counted nowhere.
	known []string
}

var generateShape = shape{
	input: "promptTokenCount", cached: "cachedContentTokenCount", output: "candidatesTokenCount",
	thoughts: "thoughtsTokenCount", tool: "toolUsePromptTokenCount", total: "totalTokenCount",
	details: [4]string{"promptTokensDetails", "cacheTokensDetails", "toolUsePromptTokensDetails", "candidatesTokensDetails"},
	counted: "tokenCount",
	// The prompt of the first of several requests that continue each other. Each of them is a call of its own
	// with a prompt of its own, so this one is for people.
	known: []string{"initialPromptTokenCount"},
}

var interactionShape = shape{
	input: "total_input_tokens", cached: "total_cached_tokens", output: "total_output_tokens",
	thoughts: "total_thought_tokens", tool: "total_tool_use_tokens", total: "total_tokens",
	details: [4]string{"input_tokens_by_modality", "cached_tokens_by_modality", "tool_use_tokens_by_modality", "output_tokens_by_modality"},
	counted: "tokens",
	known:   []string{"initial_input_tokens", "grounding_tool_count"},
}

// read turns a usage object into disjoint classes. Counts that contradict each other are an error and never
// corrected: a clamp would hide that the convention is another one.
func (s shape) read(raw json.RawMessage) usage.Reading {
	if wire.IsNull(raw) {
		return usage.Reading{Problem: "the answer has no usage object"}
	}
	r := usage.Reading{Raw: slices.Clone(raw)}
	o, err := wire.ReadObject(raw)
	if err == nil {
		err = s.counts(o, &r)
	}
	if err != nil {
		r.Coverage, r.Tokens, r.Unclassified = usage.Missing, usage.Tokens{}, nil
		r.Problem = "reading the usage object: " + err.Error()
		return r
	}
	strange := s.beyond(o)
	unclassified(&r, "usage fields that are not understood", strange...)
	if slices.ContainsFunc(strange, func(name string) bool { return strings.Contains(strings.ToLower(name), "cach") }) {
		// What it counts may be cheaper than the plain input that it would be taken for.
		r.Tokens.Input, r.Tokens.CacheRead = usage.Count{}, usage.Count{}
	}
	return r
}

// lower marks a complete reading as a part of the truth. It leaves a reading alone that is already less.
func lower(r *usage.Reading, why string) {
	if r.Coverage == usage.Complete {
		r.Coverage, r.Problem = usage.Partial, why
	}
}

// unclassified adds paths of what has a price and no class.
func unclassified(r *usage.Reading, why string, paths ...string) {
	if r.Coverage == usage.Missing || len(paths) == 0 {
		return
	}
	for _, path := range paths {
		r.Unclassified = wire.Note(r.Unclassified, path)
	}
	lower(r, why+": "+strings.Join(paths, ", "))
}

// count is a count of a usage object; told is whether it was there.
type count struct {
	n    int64
	told bool
}

// parts are the counts of a usage object.
type parts struct{ input, cached, output, thoughts, tool, total count }

func (s shape) parts(o wire.Object) (p parts, err error) {
	names := []string{s.input, s.cached, s.output, s.thoughts, s.tool, s.total}
	for i, to := range []*count{&p.input, &p.cached, &p.output, &p.thoughts, &p.tool, &p.total} {
		if to.n, to.told, err = o.Count(names[i]); err != nil {
			return p, err
		}
	}
	return p, nil
}

// sum is what the total is made of.
func (p parts) sum() int64 { return p.input.n + p.output.n + p.thoughts.n + p.tool.n }

// proven reports whether the total says that a part which is not told is zero: Google leaves zeros out.
func (p parts) proven() bool { return p.total.told && p.total.n == p.sum() }

func (s shape) counts(o wire.Object, r *usage.Reading) error {
	p, err := s.parts(o)
	switch {
	case err != nil:
		return err
	case !p.input.told && !p.output.told && !p.total.told:
		return fmt.Errorf("it has neither %q nor %q nor %q", s.input, s.output, s.total)
	case p.input.told && p.cached.n > p.input.n:
		return fmt.Errorf("%q is %d, more than the %d it is a part of", s.cached, p.cached.n, p.input.n)
	case p.total.told && p.total.n < p.sum():
		return fmt.Errorf("%q is %d, less than the %d of its parts", s.total, p.total.n, p.sum())
	}
	r.Coverage, r.Tokens = usage.Complete, p.tokens()
	switch {
	case !p.input.told: // an empty prompt does not exist
		lower(r, fmt.Sprintf("the usage object has no %q", s.input))
	case p.total.told && !p.proven():
		lower(r, fmt.Sprintf("%q is %d, %d more than its parts", s.total, p.total.n, p.total.n-p.sum()))
	case !p.total.told && !(p.output.told && p.thoughts.told && p.tool.told):
		lower(r, fmt.Sprintf("the usage object has no %q, so that what it does not tell may be more than zero", s.total))
	}
	return s.modalities(o, p, r)
}

// tokens are the disjoint classes. Where the output is not told and not proven to be zero, the thoughts are what
// is known of it.
func (p parts) tokens() usage.Tokens {
	t := usage.None()
	t.CacheRead = usage.Known(p.cached.n)
	t.Input, t.Output, t.Reasoning = usage.Count{}, usage.Count{}, usage.Count{}
	if p.input.told {
		t.Input = usage.Known(p.input.n - p.cached.n + p.tool.n)
	}
	if p.output.told || p.thoughts.told || p.proven() {
		t.Output = usage.Known(p.output.n + p.thoughts.n)
	}
	if p.thoughts.told || p.proven() {
		t.Reasoning = usage.Known(p.thoughts.n)
	}
	return t
}

// unfinished makes a running total honest. The output only grows, but the early totals of a stream can leave out
// what of the prompt was read from a cache (OpenMinis/OpenMinis#384), which is much cheaper: priced as plain input
// it would not be a lower bound.
func (s shape) unfinished(r *usage.Reading) {
	if o, err := wire.ReadObject(r.Raw); err == nil && wire.IsNull(o.Raw(s.cached)) {
		r.Tokens.Input, r.Tokens.CacheRead = usage.Count{}, usage.Count{}
	}
}

// beyond lists fields that look like counts, are not zero and are not understood.
func (s shape) beyond(o wire.Object) []string {
	known := slices.Concat(s.known, s.details[:], []string{s.input, s.cached, s.output, s.thoughts, s.tool, s.total})
	var out []string
	for _, name := range o.Names() {
		low := strings.ToLower(name)
		if slices.Contains(known, name) || !strings.Contains(low, "token") && !strings.HasSuffix(low, "count") {
			continue
		}
		switch string(o.Raw(name)) {
		case "null", "0", "[]", "{}", `""`:
		default:
			out = wire.Note(out, name)
		}
	}
	return out
}
