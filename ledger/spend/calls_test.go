package spend_test

import (
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// TestOfCalls holds that entries of calls cost what the calls cost one by one, and that nothing of them is lost.
func TestOfCalls(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 59, 0, 0, time.UTC)
	call := func(id string, minutes int, model string, input, output int64) usage.Call {
		t := usage.None()
		t.Input, t.Output = usage.Known(input), usage.Known(output)
		return usage.Call{Schema: usage.CallSchema, ID: id, State: usage.Ended, Time: at.Add(time.Duration(minutes) * time.Minute), Provider: "openai",
			Format: "openai.responses", RequestedModel: model, ServedModel: model, Status: 200, Coverage: usage.Complete, Tokens: t}
	}
	cut := call("e", 3, "gpt-5.5", 500, 0)
	cut.Coverage, cut.Tokens.Output = usage.Partial, usage.Count{}
	lost := call("f", 3, "gpt-5.5", 0, 0)
	lost.Coverage, lost.Tokens = usage.Missing, usage.Tokens{}
	refused := call("g", 3, "gpt-5.5", 0, 0)
	refused.Coverage, refused.Status = usage.Unbilled, 429
	running := call("h", 3, "gpt-5.5", 0, 0)
	running.State = usage.Admitted
	calls := []usage.Call{
		call("a", 0, "gpt-5.5", 1000, 100), call("b", 0, "gpt-5.5", 2000, 200), // one entry
		call("c", 2, "gpt-5.5", 3000, 300),        // of the next hour
		call("d", 2, "gpt-5.4", 3000, 300),        // of another model
		call("long", 2, "gpt-5.5", 300_000, 3000), // of another step
	}
	like := spend.Entry{Source: spend.Meter, Provenance: spend.Measured, Session: spend.SessionKey("meter", "1"), Harness: "meter",
		Place: spend.Place{Repository: "github.com/acme/shop", Branch: "fix-date"}}
	p := price.Pricing{Book: price.Embedded(), At: at}
	var want, got price.Money
	for _, c := range calls {
		m, ok := p.Call(c).Cost.Amount.Value()
		if !ok {
			t.Fatalf("%s has no price", c.ID)
		}
		want = want.Plus(m)
	}
	entries := spend.OfCalls(like, append(calls, refused)...)
	if len(entries) != 4 {
		t.Errorf("%d entries; want 4", len(entries))
	}
	for _, e := range entries {
		if err := e.Check(); err != nil {
			t.Errorf("a bad entry: %v", err)
		}
		m, ok := spend.Value(e, p).Cost.Amount.Value()
		if !ok || e.Unseen > 0 {
			t.Errorf("%s of %s is unknown", e.Model, e.Hour)
		}
		got = got.Plus(m)
	}
	if !got.Equal(want) {
		t.Errorf("entries cost %s, their calls %s", got, want)
	}
	entries = spend.OfCalls(like, cut, lost, running)
	if len(entries) == 0 {
		t.Fatal("calls that were not seen are lost")
	}
	var unseen, seen int64
	for _, e := range entries {
		if err := e.Check(); err != nil {
			t.Errorf("a bad entry: %v", err)
		}
		unseen, seen = unseen+e.Unseen, seen+e.Calls
	}
	if unseen != 3 || seen != 1 {
		t.Errorf("%d unseen and %d seen; want 3, and the part of one", unseen, seen)
	}
	if n := len(spend.OfCalls(like)); n != 0 {
		t.Errorf("%d entries of no call", n)
	}
}

// TestOfCallsParts holds that what a call consumed at another model is priced by that model.
func TestOfCallsParts(t *testing.T) {
	tokens := usage.None()
	tokens.Input = usage.Known(1000)
	c := usage.Call{State: usage.Ended, Time: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Provider: "anthropic", ServedModel: "claude-opus-5-5", Coverage: usage.Complete, Tokens: tokens,
		Parts: []usage.Part{{Kind: "advisor", Model: "claude-sonnet-4-6", Tokens: tokens}, {Kind: "compaction", Tokens: tokens}}}
	entries := spend.OfCalls(spend.Entry{Source: spend.Meter, Provenance: spend.Measured, Part: "p"}, c)
	sums := map[string]int64{}
	for _, e := range entries {
		n, _ := e.Tokens.Input.Value()
		sums[e.Model] += n
	}
	if sums["claude-opus-5-5"] != 2000 || sums["claude-sonnet-4-6"] != 1000 {
		t.Errorf("tokens by model: %v", sums)
	}
}
