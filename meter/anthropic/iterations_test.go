package anthropic_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/usage"
)

// counted is a usage object, or an iteration of one.
type counted struct {
	Type    string `json:"type,omitempty"`
	Model   string `json:"model,omitempty"`
	Input   int64  `json:"input_tokens"`
	Output  int64  `json:"output_tokens"`
	Read    int64  `json:"cache_read_input_tokens"`
	Written int64  `json:"cache_creation_input_tokens"`
	Split   *split `json:"cache_creation,omitempty"`

	Iterations []counted `json:"iterations,omitempty"`
}

type split struct {
	Five int64 `json:"ephemeral_5m_input_tokens"`
	Hour int64 `json:"ephemeral_1h_input_tokens"`
}

func (c counted) plus(d counted) counted {
	return counted{Input: c.Input + d.Input, Output: c.Output + d.Output, Read: c.Read + d.Read, Written: c.Written + d.Written,
		Split: &split{c.Split.Five + d.Split.Five, c.Split.Hour + d.Split.Hour}}
}

func (c counted) tokens() usage.Tokens {
	t := usage.None()
	t.Input, t.Output, t.CacheRead = usage.Known(c.Input), usage.Known(c.Output), usage.Known(c.Read)
	t.CacheCreation5m, t.CacheCreation1h, t.Reasoning = usage.Known(c.Split.Five), usage.Known(c.Split.Hour), usage.Count{}
	return t
}

func some(r *rand.Rand, kind, model string) counted {
	s := split{r.Int64N(100), r.Int64N(100)}
	return counted{Type: kind, Model: model, Input: r.Int64N(1000), Output: 1 + r.Int64N(1000), Read: r.Int64N(1000), Written: s.Five + s.Hour, Split: &s}
}

func body(t *testing.T, top counted) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"model": "served", "usage": top})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEveryBilledIterationIsCountedOnce: whatever the mixture, tokens and parts together are what is billed, and
// nothing twice.
func TestEveryBilledIterationIsCountedOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		top, billed := counted{Split: new(split)}, counted{Split: new(split)}
		var all []counted
		for range 1 + r.IntN(4) {
			own := some(r, "message", "")
			all, top, billed = append(all, own), top.plus(own), billed.plus(own)
		}
		for range r.IntN(3) {
			besides := some(r, []string{"compaction", "advisor_message"}[r.IntN(2)], "other")
			all, billed = append(all, besides), billed.plus(besides)
		}
		want := usage.Complete
		if i%3 == 0 { // declined attempts, of which none is billed, and the one that took over from them
			last := some(r, "fallback_message", "served")
			declined, spared := some(r, "message", "first"), some(r, "message", "second")
			declined.Output, spared.Output = r.Int64N(4), r.Int64N(2)
			if declined.Output > 1 { // of this one nobody is certain
				want = usage.Partial
			}
			all, top, billed = []counted{spared, declined, last}, counted{Split: new(split)}.plus(last), counted{Split: new(split)}.plus(last)
		}
		top.Iterations = all
		reading := anthropic.Read(body(t, top), anthropic.TTL{})
		var c usage.Call
		reading.Fill(&c)
		if diff := cmp.Diff(billed.tokens(), c.Consumed()); diff != "" || reading.Coverage != want {
			t.Fatalf("%s: %q (%s), consumption differs (-want +got):\n%s", body(t, top), reading.Coverage, reading.Problem, diff)
		}
	}
}

// TestTheTopOfAnAdvisedAnswer: the input at the top may be the first pass's alone. That what it leaves out is billed,
// nobody has said, so it is a lower bound; the advisor is billed besides.
func TestTheTopOfAnAdvisedAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		first, second, advisor := some(r, "message", ""), some(r, "message", ""), some(r, "advisor_message", "other")
		second.Input++
		top := counted{Split: new(split)}.plus(first)
		top.Output += second.Output
		bound := top
		top.Iterations = []counted{first, advisor, second}
		reading := anthropic.Read(body(t, top), anthropic.TTL{})
		if diff := cmp.Diff(bound.tokens(), reading.Tokens); diff != "" || reading.Coverage != usage.Partial || len(reading.Parts) != 1 {
			t.Fatalf("%s: %q (%s) with parts %v, tokens differ (-want +got):\n%s", body(t, top), reading.Coverage, reading.Problem, reading.Parts, diff)
		}
		whole := first.plus(second)
		whole.Iterations = top.Iterations
		if reading = anthropic.Read(body(t, whole), anthropic.TTL{}); reading.Coverage != usage.Complete || reading.Tokens != first.plus(second).tokens() {
			t.Fatalf("%s: %q (%s)", body(t, whole), reading.Coverage, reading.Problem)
		}
	}
}

// TestContradictionsAreBounds: where the top and its passes contradict each other, no class has more than either.
func TestContradictionsAreBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		top, own := some(r, "", ""), some(r, "message", "")
		top.Iterations = []counted{own}
		reading := anthropic.Read(body(t, top), anthropic.TTL{})
		for _, class := range usage.Classes() {
			a, _ := top.tokens().Of(class).Value()
			b, _ := own.tokens().Of(class).Value()
			if got, known := reading.Tokens.Of(class).Value(); got != min(a, b) || !known || reading.Coverage != usage.Partial {
				t.Fatalf("%s: %q, %s is %d", body(t, top), reading.Coverage, class, got)
			}
		}
	}
}

// TestClassesAreDisjoint: the classes of an answer are the four counts at its top, each token once.
func TestClassesAreDisjoint(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 100 {
		top := some(r, "", "")
		if i%2 == 0 {
			top.Split = nil
		}
		reading := anthropic.Read(body(t, top), hour)
		if got, _ := reading.Tokens.Total().Value(); got != top.Input+top.Output+top.Read+top.Written || reading.Coverage != usage.Complete {
			t.Fatalf("%s: %q with %d tokens", body(t, top), reading.Coverage, got)
		}
	}
}
