// Package openai reads the wire formats of OpenAI: Chat Completions and Responses, as one JSON body and as a
// stream of events, in OpenAI's own variant and in those of the providers and gateways that follow it.
//
// It knows field names, which counts contain which, what a provider says that it charges, and when an answer is
// final. It refuses to know HTTP, keys and how to compute with money. Every function is a pure function of the
// texts it is given. Field names and meanings are those of the types of OpenAI's own client libraries (openai
// 7.57.0, openai-go v3.96.0), and for the variants those that their files name.
package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// shape names the fields of a usage object. Chat Completions and Responses differ in nothing else: both
// count cached and written tokens inside the input and reasoning inside the output.
type shape struct {
	input, output, inputDetails, outputDetails string

	known []string // paths that are understood
	// units are objects in which fields whose names end in "_requests" are understood.
	units []string
	// chat says that this is the usage of Chat Completions, in which the cache may be told in several places; strict
	// that the fields of DeepSeek's are the provider's own.
	chat, strict bool

	// beside says that reasoning is counted beside the output and not inside it.
	beside bool
	// cache checks and completes what the details tell of the cache, by fields that only one variant has.
	cache func(o, details wire.Object, in int64, c *cache) error
	// more takes what a variant tells besides the tokens. It is also called when the counts contradict each
	// other: what was charged is told apart from them.
	more func(o wire.Object, r *usage.Reading)
}

// cache is the part of the input that was read from a cache, and what was written to one: in all, and of that
// for which time to live.
type cache struct {
	read, written                        int64
	minutes5, minutes30, hours1, hours12 int64
}

var (
	chatShape      = newChatShape("prompt_tokens", "completion_tokens", "prompt_tokens_details", "completion_tokens_details")
	responsesShape = newShape("input_tokens", "output_tokens", "input_tokens_details", "output_tokens_details")
)

// The parts of a total. Audio has rates of its own that no class of usage stands for, so it is not among them:
// a count of audio that is not zero is unclassified. Images and text are billed as plain input.
var (
	inputParts  = []string{"cached_tokens", "cache_write_tokens", "image_tokens", "text_tokens"}
	outputParts = []string{"reasoning_tokens", "text_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"}
)

// harmless are fields with numbers that no price looks at: how long something took, and amounts of money, which are
// read apart where the provider's word for them is known. They are the ones of servers that are known to have them
// (Groq, SambaNova, OpenRouter, xAI, Perplexity).
var harmless = []string{
	"queue_time", "prompt_time", "completion_time", "total_time", "start_time", "end_time", "time_to_first_token", "total_latency",
	"tokens_per_second", "total_tokens_per_sec", "completion_tokens_per_sec", "completion_tokens_after_first_per_sec",
	"completion_tokens_after_first_per_sec_first_ten", "completion_tokens_after_first_per_sec_graph",
	"cost", "cost_details.*", "estimated_cost", "cost_in_usd_ticks",
}

func newChatShape(input, output, inputDetails, outputDetails string) shape {
	s := newShape(input, output, inputDetails, outputDetails).knowing(cachedTop, cachedNumber, cachedDetail+".cached_tokens", cacheHit, cacheMiss)
	s.chat = true
	return s
}

func newShape(input, output, inputDetails, outputDetails string) shape {
	s := shape{input: input, output: output, inputDetails: inputDetails, outputDetails: outputDetails,
		known: append(slices.Clone(harmless), input, output, "total_tokens")}
	for _, p := range inputParts {
		s.known = append(s.known, inputDetails+"."+p)
	}
	for _, p := range outputParts {
		s.known = append(s.known, outputDetails+"."+p)
	}
	for _, p := range []string{"ttl_30m_tokens", "ttl_12h_tokens"} {
		s.known = append(s.known, inputDetails+".cache_write_tokens_details."+p)
	}
	return s
}

// knowing returns the shape with more paths that are understood.
func (s shape) knowing(paths ...string) shape {
	s.known = slices.Concat(s.known, paths)
	return s
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
	if err == nil {
		r.Unclassified = s.unclassified(o)
	} else {
		r.Coverage, r.Tokens = usage.Missing, usage.Tokens{}
		r.Problem = "reading the usage object: " + err.Error()
	}
	if s.more != nil {
		s.more(o, &r)
	}
	switch {
	case r.Coverage == usage.Missing:
		r.Requests, r.Unclassified = nil, nil
	case len(r.Unclassified) > 0:
		lower(&r, "usage fields that are not understood: "+strings.Join(r.Unclassified, ", "))
		if discounted(r.Unclassified) {
			priceless(&r)
		}
	}
	return r
}

// unclassified lists the fields with numbers that are not understood.
func (s shape) unclassified(o wire.Object) []string {
	return slices.DeleteFunc(o.Beyond(s.known), func(path string) bool {
		at := strings.LastIndexByte(path, '.')
		return at > 0 && strings.HasSuffix(path, "_requests") && slices.Contains(s.units, path[:at])
	})
}

// lower marks a complete reading as a part of the truth. It leaves a reading alone that is already less.
func lower(r *usage.Reading, why string) {
	if r.Coverage == usage.Complete {
		r.Coverage, r.Problem = usage.Partial, why
	}
}

// request counts billable units that are not tokens.
func request(r *usage.Reading, unit string, n int64) {
	if n == 0 {
		return
	}
	if r.Requests == nil {
		r.Requests = make(map[string]int64)
	}
	r.Requests[unit] += n
}

func (s shape) counts(o wire.Object, r *usage.Reading) error {
	in, knowsIn, err := o.Count(s.input)
	if err != nil {
		return err
	}
	out, knowsOut, err := o.Count(s.output)
	if err != nil {
		return err
	}
	if s.beside && knowsOut {
		if out, err = s.withReasoning(o, out); err != nil {
			return err
		}
	}
	if !knowsIn && !knowsOut {
		return fmt.Errorf("it has neither %q nor %q", s.input, s.output)
	}
	r.Coverage = usage.Complete
	if knowsIn {
		if err := s.readInput(o, in, &r.Tokens); err != nil {
			return err
		}
	} else {
		lower(r, fmt.Sprintf("the usage object has no %q", s.input))
	}
	if knowsOut {
		if err := s.readOutput(o, out, &r.Tokens); err != nil {
			return err
		}
	} else {
		lower(r, fmt.Sprintf("the usage object has no %q", s.output))
	}
	return checkTotal(o, in+out, r)
}

// withReasoning adds the reasoning to the output that stands beside it.
func (s shape) withReasoning(o wire.Object, out int64) (int64, error) {
	details, err := o.Object(s.outputDetails)
	if err != nil {
		return 0, err
	}
	n, _, err := details.Count("reasoning_tokens")
	return out + n, err
}

// checkTotal compares with the format's own sum. A sum below its parts contradicts them. A sum above them says
// that more was counted than the parts tell, such as reasoning beside the output on some compatible servers.
func checkTotal(o wire.Object, sum int64, r *usage.Reading) error {
	total, known, err := o.Count("total_tokens")
	switch {
	case err != nil || !known:
		return err
	case total < sum:
		return fmt.Errorf("total_tokens is %d, less than the %d of its parts", total, sum)
	case total > sum:
		lower(r, fmt.Sprintf("total_tokens is %d, %d more than its parts", total, total-sum))
	}
	return nil
}

// readInput splits the input. Details that are not told are zero: they are parts of a total that is known, and
// what is not cached is billed as plain input.
func (s shape) readInput(o wire.Object, in int64, t *usage.Tokens) error {
	details, parts, err := readParts(o, s.inputDetails, inputParts, in)
	if err != nil {
		return err
	}
	c := cache{read: parts[0], written: parts[1]}
	if err := c.timesToLive(details); err != nil {
		return err
	}
	if s.chat {
		if err := s.chatCache(o, details, in, &c); err != nil {
			return err
		}
	}
	if s.cache != nil {
		if err := s.cache(o, details, in, &c); err != nil {
			return err
		}
	}
	if c.read+c.written > in {
		return fmt.Errorf("%d tokens read from and %d written to the cache are more than the %d of %q", c.read, c.written, in, s.input)
	}
	return c.split(in, t)
}

// timesToLive reads the split of what was written, by the two times that OpenAI keeps it.
func (c *cache) timesToLive(details wire.Object) error {
	ttl, err := details.Object("cache_write_tokens_details")
	if err != nil {
		return err
	}
	var err1, err2 error
	c.minutes30, _, err1 = ttl.Count("ttl_30m_tokens")
	c.hours12, _, err2 = ttl.Count("ttl_12h_tokens")
	return errors.Join(err1, err2)
}

// split writes the classes of the input. The output stays as it is.
func (c *cache) split(in int64, t *usage.Tokens) error {
	split := c.minutes5 + c.minutes30 + c.hours1 + c.hours12
	if split > c.written {
		return fmt.Errorf("%d tokens written by time to live are more than the %d written", split, c.written)
	}
	t.Input, t.CacheRead = usage.Known(in-c.read-c.written), usage.Known(c.read)
	t.CacheCreation = usage.Known(c.written - split)
	t.CacheCreation5m, t.CacheCreation30m = usage.Known(c.minutes5), usage.Known(c.minutes30)
	t.CacheCreation1h, t.CacheCreation12h = usage.Known(c.hours1), usage.Known(c.hours12)
	return nil
}

func (s shape) readOutput(o wire.Object, out int64, t *usage.Tokens) error {
	details, parts, err := readParts(o, s.outputDetails, outputParts, out)
	if err != nil {
		return err
	}
	t.Output = usage.Known(out)
	if !wire.IsNull(details.Raw("reasoning_tokens")) {
		t.Reasoning = usage.Known(parts[0])
	}
	return nil
}

// readParts returns the counts of the named parts, 0 where they are not told, each checked against the total.
func readParts(o wire.Object, name string, parts []string, total int64) (wire.Object, []int64, error) {
	details, err := o.Object(name)
	if err != nil {
		return details, nil, err
	}
	counts := make([]int64, len(parts))
	for i, p := range parts {
		if counts[i], _, err = details.Count(p); err != nil {
			return details, nil, err
		}
		if counts[i] > total {
			return details, nil, fmt.Errorf("%s.%s is %d, more than the %d it is a part of", name, p, counts[i], total)
		}
	}
	return details, counts, nil
}
