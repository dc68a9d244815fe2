package bedrock

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// known are the paths of a usage object that are understood.
var known = []string{
	"inputTokens", "outputTokens", "totalTokens", "cacheDetails",
	"cacheReadInputTokens", "cacheWriteInputTokens", "cacheReadInputTokenCount", "cacheWriteInputTokenCount",
}

// readUsage turns a TokenUsage into disjoint classes. Counts that contradict each other are an error and never
// corrected.
func readUsage(raw json.RawMessage, asked ConverseRequest, r *usage.Reading) error {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return errors.New("it is not an object")
	}
	in, knowsIn, err1 := o.Count("inputTokens")
	out, knowsOut, err2 := o.Count("outputTokens")
	read, _, err3 := either(o, "cacheReadInputTokens", "cacheReadInputTokenCount")
	written, knowsWritten, err4 := either(o, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	if !knowsIn && !knowsOut {
		return errors.New(`it has neither "inputTokens" nor "outputTokens"`)
	}
	r.Coverage, r.Tokens = usage.Complete, usage.None()
	r.Tokens.Input, r.Tokens.CacheRead, r.Tokens.Output = usage.Known(in), usage.Known(read), usage.Known(out)
	r.Tokens.Reasoning = usage.Count{}
	if !knowsIn {
		r.Tokens.Input = usage.Count{}
		lower(r, `the usage object has no "inputTokens"`)
	}
	if !knowsOut {
		r.Tokens.Output = usage.Count{}
		lower(r, `the usage object has no "outputTokens"`)
	}
	if err := split(o.Raw("cacheDetails"), written, knowsWritten, asked, r); err != nil {
		return err
	}
	if err := total(o, r); err != nil {
		return err
	}
	for _, path := range o.Beyond(known) {
		r.Unclassified = wire.Note(r.Unclassified, path)
	}
	if len(r.Unclassified) > 0 {
		lower(r, "usage fields that are not understood: "+strings.Join(r.Unclassified, ", "))
	}
	return nil
}

// either reads a count that older versions of the service gave another name.
func either(o wire.Object, name, older string) (n int64, told bool, err error) {
	n, told, err = o.Count(name)
	m, also, olderErr := o.Count(older)
	switch {
	case err != nil || olderErr != nil:
		return 0, false, errors.Join(err, olderErr)
	case told && also && n != m:
		return 0, false, fmt.Errorf("%s is %d and %s is %d", name, n, older, m)
	case told:
		return n, true, nil
	}
	return m, also, nil
}

// total checks that totalTokens is the sum of the four classes.
func total(o wire.Object, r *usage.Reading) error {
	n, told, err := o.Count("totalTokens")
	parts, known := r.Tokens.Total().Value()
	switch {
	case err != nil:
		return err
	case !told || !known:
	case n < parts:
		return fmt.Errorf("totalTokens is %d, less than the %d of its parts", n, parts)
	case n > parts:
		lower(r, fmt.Sprintf("totalTokens is %d, %d more than its parts", n, n-parts))
	}
	return nil
}

// split splits the cache writes by time to live. What the details do not tell has the request's only time to
// live, or one that is not known.
func split(raw json.RawMessage, written int64, told bool, asked ConverseRequest, r *usage.Reading) error {
	var details []json.RawMessage
	if !wire.IsNull(raw) && json.Unmarshal(raw, &details) != nil {
		return errors.New("cacheDetails is not a list")
	}
	if err := detail(details, r); err != nil {
		return err
	}
	sum, fits := r.Tokens.Written().Value()
	if !fits {
		return errors.New("cacheDetails tells more tokens than can be counted")
	}
	if told && sum > written {
		return fmt.Errorf("cacheDetails tells %d tokens, more than the %d that were written", sum, written)
	}
	if rest := written - sum; told && rest > 0 {
		class := asked.class(len(details) > 0)
		r.Tokens.Set(class, r.Tokens.Of(class).Plus(usage.Known(rest)))
	}
	if n, _ := r.Tokens.CacheCreation.Value(); n > 0 {
		lower(r, fmt.Sprintf("%d tokens were written to the cache for a time that is not known", n))
	}
	return nil
}

// detail counts the writes of which the time to live is told.
func detail(details []json.RawMessage, r *usage.Reading) error {
	for i, text := range details {
		o, err := wire.ReadObject(text)
		if err != nil {
			return fmt.Errorf("cacheDetails[%d] is not an object", i)
		}
		n, _, err := o.Count("inputTokens")
		if err != nil {
			return fmt.Errorf("cacheDetails[%d]: %w", i, err)
		}
		class, ttl := usage.CacheCreation, wire.String(o.Raw("ttl"))
		switch ttl {
		case "5m":
			class = usage.CacheCreation5m
		case "1h":
			class = usage.CacheCreation1h
		default:
			if n > 0 {
				r.Unclassified = wire.Note(r.Unclassified, fmt.Sprintf("cacheDetails[].ttl=%.40s", ttl))
			}
		}
		r.Tokens.Set(class, r.Tokens.Of(class).Plus(usage.Known(n)))
	}
	return nil
}
