// Package anthropic reads the wire format of Anthropic's Messages, as one JSON body and as a stream of events.
//
// It knows field names, that cache reads and writes stand beside the input and not inside it, and when an
// answer is final. It refuses to know HTTP, keys and money. Every function is a pure function of the texts it
// is given. Field names and meanings are those of the types of Anthropic's own client libraries
// (@anthropic-ai/sdk 1.12.0, anthropic-sdk-go v1.84.0).
package anthropic

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// known are the paths of a usage object that are understood or that no price looks at, such as the charge of a gateway,
// which is read apart. What is below iterations and server_tool_use is looked at apart.
var known = []string{
	"cost", "cost_details.*", "cost_in_usd_ticks", "iterations", "server_tool_use.*", "fallback_credit.*",
	"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
	"cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens",
	"output_tokens_details.thinking_tokens",
}

// read turns a usage object into disjoint classes. Counts that contradict each other are an error and never
// corrected. The reading may have its served model already; moved is as readIterations has it.
func read(raw json.RawMessage, ttl TTL, moved bool, r *usage.Reading) {
	if wire.IsNull(raw) {
		r.Problem = "the answer has no usage object"
		return
	}
	r.Raw = slices.Clone(raw)
	if err := readUsage(raw, ttl, moved, r); err != nil {
		*r = usage.Reading{Raw: r.Raw, ResponseID: r.ResponseID, ServedModel: r.ServedModel}
		r.Problem = "reading the usage object: " + err.Error()
		return
	}
	if len(r.Unclassified) > 0 {
		lower(r, "usage fields that are not understood: "+strings.Join(r.Unclassified, ", "))
	}
}

func readUsage(raw json.RawMessage, ttl TTL, moved bool, r *usage.Reading) error {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return err
	}
	if moved {
		r.Coverage = usage.Complete
	} else if err := counts(o, ttl, r); err != nil {
		return err
	}
	if err := serverTools(o, r); err != nil {
		return err
	}
	attributes(o, r)
	for _, path := range o.Beyond(known) {
		note(r, path)
	}
	credit(o, r)
	return readIterations(o, ttl, moved, r)
}

// lower marks a complete reading as a part of the truth. It leaves a reading alone that is already less.
func lower(r *usage.Reading, why string) {
	if r.Coverage == usage.Complete {
		r.Coverage, r.Problem = usage.Partial, why
	}
}

func counts(o wire.Object, ttl TTL, r *usage.Reading) error {
	in, knowsIn, err1 := o.Count("input_tokens")
	out, knowsOut, err2 := o.Count("output_tokens")
	cached, _, err3 := o.Count("cache_read_input_tokens")
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if !knowsIn && !knowsOut {
		return errors.New(`it has neither "input_tokens" nor "output_tokens"`)
	}
	r.Coverage, r.Tokens = usage.Complete, usage.None()
	r.Tokens.Input, r.Tokens.Output = usage.Known(in), usage.Known(out)
	r.Tokens.CacheRead, r.Tokens.Reasoning = usage.Known(cached), usage.Count{}
	if !knowsIn {
		r.Tokens.Input = usage.Count{}
		lower(r, `the usage object has no "input_tokens"`)
	}
	if !knowsOut {
		r.Tokens.Output = usage.Count{}
		lower(r, `the usage object has no "output_tokens"`)
	}
	if err := thinking(o, out, &r.Tokens); err != nil {
		return err
	}
	return written(o, ttl, r)
}

// thinking reads the part of the output that was not shown. The output is the inclusive total.
func thinking(o wire.Object, out int64, t *usage.Tokens) error {
	details, err := o.Object("output_tokens_details")
	if err != nil {
		return err
	}
	n, told, err := details.Count("thinking_tokens")
	switch {
	case err != nil:
		return err
	case n > out:
		return fmt.Errorf("thinking_tokens is %d, more than the %d it is a part of", n, out)
	case told:
		t.Reasoning = usage.Known(n)
	}
	return nil
}

// written splits the cache writes by time to live. cache_creation is a split of cache_creation_input_tokens.
// In a stream the sum can grow past the split, which is told at the start only: the rest then has the request's
// only time to live, or one that is not known.
func written(o wire.Object, ttl TTL, r *usage.Reading) error {
	sum, knowsSum, err := o.Count("cache_creation_input_tokens")
	if err != nil {
		return err
	}
	split, err := o.Object("cache_creation")
	if err != nil {
		return err
	}
	five, knows5, err1 := split.Count("ephemeral_5m_input_tokens")
	hour, knows1, err2 := split.Count("ephemeral_1h_input_tokens")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if !knowsSum {
		sum = five + hour
	}
	if five+hour > sum && !wire.IsNull(o.Raw("fallback_credit")) {
		// The credit has moved writes to reads in the sum; of which time to live is not told.
		five, hour = 0, 0
		ttl = TTL{Other: true}
	}
	if five+hour > sum {
		return fmt.Errorf("cache_creation tells %d tokens, more than the %d it is a split of", five+hour, sum)
	}
	r.Tokens.CacheCreation5m, r.Tokens.CacheCreation1h = usage.Known(five), usage.Known(hour)
	if rest := sum - five - hour; rest > 0 {
		class := ttl.class(knows5 || knows1)
		r.Tokens.Set(class, r.Tokens.Of(class).Plus(usage.Known(rest)))
		if class == usage.CacheCreation {
			lower(r, fmt.Sprintf("%d tokens were written to the cache for a time that is not told", rest))
		}
	}
	return nil
}

// serverTools reads the requests of tools that run at the provider, by unit: web_search_requests is web_search.
// Units that nobody has heard of are passed on by their name too; whoever prices them finds no fee and says so.
// Any other count is not understood.
func serverTools(o wire.Object, r *usage.Reading) error {
	tools, err := o.Object("server_tool_use")
	if err != nil {
		return err
	}
	for _, name := range tools.Names() {
		unit, ok := strings.CutSuffix(name, "_requests")
		if !ok {
			if text := tools.Raw(name); !wire.IsZero(text) && !wire.IsNull(text) {
				note(r, "server_tool_use."+name)
			}
			continue
		}
		n, _, err := tools.Count(name)
		if err != nil {
			return err
		}
		if n > 0 {
			if r.Requests == nil {
				r.Requests = make(map[string]int64)
			}
			r.Requests[unit] = n
		}
	}
	return nil
}

// attributes are the facts beside the counts that change the price.
func attributes(o wire.Object, r *usage.Reading) {
	r.ServedTier = wire.String(o.Raw("service_tier"))
	for _, name := range []string{"speed", "inference_geo"} {
		if v := wire.String(o.Raw(name)); v != "" {
			if r.Attributes == nil {
				r.Attributes = make(map[string]string)
			}
			r.Attributes[name] = v
		}
	}
}

// credit looks at what became of a fallback credit. One that is redeemed bills cache writes as reads, and the
// counts have it in them already: the comments of the SDK's types speak of a shift that can be zero, and
// Anthropic's page on fallback credit says that cache_creation_input_tokens is lower and cache_read_input_tokens
// higher by the same amount. Any other outcome than the two that are known is not understood.
func credit(o wire.Object, r *usage.Reading) {
	raw := o.Raw("fallback_credit")
	if wire.IsNull(raw) {
		return
	}
	var c struct {
		Status json.RawMessage `json:"status"`
	}
	var status struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(raw, &c) // what is no object has no outcome that is known
	if status.Type = wire.String(c.Status); status.Type == "" {
		_ = json.Unmarshal(c.Status, &status)
	}
	if status.Type != "redeemed" && status.Type != "not_applied" {
		note(r, fmt.Sprintf("fallback_credit.status=%.40s", status.Type))
	}
}
