package scripted

import "github.com/pertask/pertask/usage"

// The wire formats, in the words that the meter journals them with.
const (
	Chat      = "openai.chat"
	Responses = "openai.responses"
	Messages  = "anthropic.messages"
	Generate  = "gemini.generate"
)

// counts are the classes of one call as numbers.
type counts struct{ input, read, written, written5m, written1h, output, reasoning int64 }

// tokens is the usage of the call number n. Every class of every call is another number, and their sums tell which calls
// are in them as long as there are fewer than 1,000: an answer that is counted twice or for another call shows.
func tokens(format string, n int) usage.Tokens {
	k := int64(n)
	c := counts{input: 1000 + 7*k, read: 2000 + 11*k, written: 0, output: 100 + 13*k, reasoning: 10 + 3*k}
	switch format {
	case Messages:
		c.written5m, c.written1h = 300+17*k, 50+19*k
	case Responses:
		c.written = 300 + 17*k
	}
	t := none()
	for class, v := range map[usage.Class]int64{
		usage.Input: c.input, usage.CacheRead: c.read, usage.CacheCreation: c.written, usage.CacheCreation5m: c.written5m,
		usage.CacheCreation1h: c.written1h, usage.Output: c.output,
	} {
		t.Set(class, usage.Known(v))
	}
	t.Reasoning = usage.Known(c.reasoning)
	return t
}

// none is a call that consumed nothing.
func none() usage.Tokens { return usage.None() }

func countsOf(t usage.Tokens) counts {
	value := func(c usage.Count) int64 { n, _ := c.Value(); return n }
	return counts{input: value(t.Input), read: value(t.CacheRead), written: value(t.CacheCreation), written5m: value(t.CacheCreation5m),
		written1h: value(t.CacheCreation1h), output: value(t.Output), reasoning: value(t.Reasoning)}
}
