// Package ollama reads Ollama's own wire formats: chat and generate, as one JSON body and as a stream of lines.
//
// It knows field names, that the cached part stands inside the prompt's count, that a count which is left out is
// not zero, and when an answer is final. It refuses to know HTTP, keys and money. Every function is a pure
// function of the texts it is given. Field names are those of Ollama's API documentation and of its Go client.
package ollama

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Names of the formats in a call. They are stored in journals and must not change.
const (
	Chat     = "ollama.chat"
	Generate = "ollama.generate"
)

const (
	prompt = "prompt_eval_count"
	cached = "prompt_eval_cached_count"
	output = "eval_count"
)

// part is what a whole answer, or a line of a stream, says besides its text.
type part struct {
	Model  string          `json:"model"`
	Done   bool            `json:"done"`
	Reason string          `json:"done_reason"`
	Error  json.RawMessage `json:"error"`
}

// Read reads the body of an answer. A body of several lines is read as the stream that it is: some servers send
// one although the header says JSON.
func Read(body []byte) usage.Reading {
	var s Stream
	if json.Valid(body) {
		s.Event("", body)
		if !s.done && s.problem == "" {
			s.problem = "the answer does not say that it is done"
		}
	} else {
		lines := Lines{Handle: s.Event}
		_, _ = lines.Write(body)
		lines.End()
		if lines.Dropped() {
			s.problem = "the answer has a line that is too large to read"
		}
	}
	return s.Reading()
}

// Stream reads the lines of a streamed answer. The zero value is ready. It is not safe for concurrent use.
type Stream struct {
	model   string
	reading usage.Reading // what the last line told
	done    bool
	problem string
}

// Event takes the next line. Its data is not kept.
func (s *Stream) Event(_ string, data []byte) {
	if s.done || s.model != "" && !worthReading(data) {
		return
	}
	var p part
	if json.Unmarshal(data, &p) != nil {
		s.problem = "the answer has a line that is not the JSON of an answer"
		return
	}
	if p.Model != "" {
		s.model = p.Model
	}
	if !wire.IsNull(p.Error) {
		s.problem = "the provider ended the answer with an error"
	}
	if p.Done {
		s.done = true
		s.reading = p.read(data)
	}
}

// worthReading tells the few lines that say something from the many that hold a word of text. The arguments of a
// tool may have names of the same kind, so a line that could be the last one is read.
func worthReading(data []byte) bool {
	return !bytes.Contains(data, []byte(`"done":false`)) || bytes.Contains(data, []byte(`"done":true`)) ||
		bytes.Contains(data, []byte(`"error"`))
}

// Reading returns what was read so far. Nothing is known before the line that says it is the last one: the counts
// stand nowhere else.
func (s *Stream) Reading() usage.Reading {
	r := s.reading
	switch {
	case !s.done && s.problem != "":
		r.Problem = s.problem + "; its last line, which has the counts, was not seen"
	case !s.done:
		r.Problem = "the answer was cut before its last line, which has the counts"
	case s.problem != "":
		lower(&r, s.problem)
	}
	r.ServedModel = s.model
	return r
}

// lower marks a complete reading as a part of the truth. It leaves a reading alone that is already less.
func lower(r *usage.Reading, why string) {
	if r.Coverage == usage.Complete {
		r.Coverage, r.Problem = usage.Partial, why
	}
}

// read turns the counts of a last line into disjoint classes.
func (p part) read(data []byte) usage.Reading {
	o, err := wire.ReadObject(data)
	if err != nil {
		return usage.Reading{Problem: "reading the last line: " + err.Error()}
	}
	r := usage.Reading{Raw: numbers(o)}
	if err := p.counts(o, &r); err != nil {
		r.Coverage, r.Tokens = usage.Missing, usage.Tokens{}
		r.Problem = "reading the last line: " + err.Error()
		return r
	}
	if r.Coverage == usage.Missing {
		return r
	}
	if r.Unclassified = unclassified(o); len(r.Unclassified) > 0 {
		lower(&r, "counts that are not understood: "+strings.Join(r.Unclassified, ", "))
	}
	return r
}

// counts reads the counts. Ollama leaves a zero out, and old versions left the prompt's count out when the whole
// prompt came from the cache, so an absent count is not known and never zero.
func (p part) counts(o wire.Object, r *usage.Reading) error {
	in, knowsIn, err := o.Count(prompt)
	if err != nil {
		return err
	}
	hit, knowsHit, err := o.Count(cached)
	if err != nil {
		return err
	}
	out, knowsOut, err := o.Count(output)
	switch {
	case err != nil:
		return err
	case !knowsIn && !knowsHit && !knowsOut:
		return p.nothing(r)
	case knowsIn && hit > in:
		return fmt.Errorf("%s is %d, more than the %d of the prompt that it is a part of", cached, hit, in)
	}
	r.Coverage = usage.Complete
	r.Tokens = usage.None() // Ollama keeps prompts without being told to: nothing is written for a price
	r.Tokens.Input, r.Tokens.CacheRead = usage.Known(in-hit), usage.Known(hit)
	r.Tokens.Output, r.Tokens.Reasoning = usage.Known(out), usage.Count{}
	if !knowsIn {
		r.Tokens.Input, r.Tokens.CacheRead = usage.Count{}, usage.Count{}
		lower(r, fmt.Sprintf("the answer has no %q, which old versions leave out when the prompt was cached", prompt))
	}
	if !knowsOut {
		r.Tokens.Output = usage.Count{}
		lower(r, fmt.Sprintf("the answer has no %q", output))
	}
	return nil
}

// nothing is an answer without counts. A request with an empty prompt only loads or unloads the model and says so.
func (p part) nothing(r *usage.Reading) error {
	if p.Reason == "load" || p.Reason == "unload" {
		*r = usage.Reading{Coverage: usage.Unbilled, Tokens: usage.None(), Problem: "the request only made the server " + p.Reason + " the model", Raw: r.Raw}
		return nil
	}
	return fmt.Errorf("it has neither %q nor %q", prompt, output)
}

// isNumber reports whether a field is one of the counts and times, which are all that is kept of an answer.
func isNumber(name string) bool {
	return strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_duration") || strings.HasSuffix(name, "_tokens")
}

// numbers returns the counts and times of an answer as an object of their own: they stand beside the text, and
// the text is nobody's business.
func numbers(o wire.Object) json.RawMessage {
	kept := make(map[string]json.RawMessage)
	for _, name := range o.Names() {
		if _, told, err := o.Decimal(name); isNumber(name) && told && err == nil {
			kept[name] = o.Raw(name)
		}
	}
	raw, err := json.Marshal(kept)
	if err != nil || len(kept) == 0 {
		return nil
	}
	return raw
}

// unclassified lists the counts that are not understood. Zero of anything costs nothing.
func unclassified(o wire.Object) []string {
	var out []string
	for _, name := range o.Names() {
		if !strings.HasSuffix(name, "_count") && !strings.HasSuffix(name, "_tokens") || slices.Contains([]string{prompt, cached, output}, name) {
			continue
		}
		if n, told, err := o.Count(name); err != nil || told && n != 0 {
			out = append(out, name)
		}
	}
	return out
}
