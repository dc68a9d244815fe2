package wrap_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/wrap"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// call is one of 1,000 input tokens that has ended: $0.005 of gpt-5.5.
func call(t *testing.T, id, provider, model string) usage.Call {
	t.Helper()
	tokens := usage.None()
	tokens.Input = usage.Known(1_000)
	return usage.Call{ID: id, State: usage.Ended, Provider: provider, RequestedModel: model, Time: instant(t, "2026-11-10T12:00:00Z"), Coverage: usage.Complete, Tokens: tokens}
}

// TestTallyCorrectsACallThatIsCompletedLater counts a call once, at its last state.
func TestTallyCorrectsACallThatIsCompletedLater(t *testing.T) {
	var log bytes.Buffer
	var titles []string
	tl := &wrap.Tally{Pricing: price.Pricing{Book: price.Embedded()}, Log: &log, Show: func(s string) { titles = append(titles, s) }, Budget: price.Known(price.MustMoney("1"))}
	for _, step := range []struct {
		coverage usage.Coverage
		want     price.Status
		admits   bool
	}{{usage.Missing, price.Unknown, false}, {usage.Complete, price.Exact, true}} {
		c := call(t, "a", "openai", "gpt-5.5")
		c.Coverage, c.Problem = step.coverage, "in the background"
		if err := tl.Record(c); err != nil || tl.Total().Status != step.want {
			t.Errorf("%q: total %v, %v", step.coverage, tl.Total(), err)
		}
		if err := tl.Admit(context.Background(), c); (err == nil) != step.admits {
			t.Errorf("%q: admitted %v", step.coverage, err)
		}
	}
	if got := tl.Total().Amount.String(); got != "0.005" || len(titles) != 2 || titles[1] != "pertask: 1 call, $0.00500" || strings.Count(log.String(), "\n") != 2 {
		t.Errorf("total %s, titles %q, log:\n%s", got, titles, log.String())
	}
}

// TestTallyIsTheSumOfItsCalls records calls of every kind, some of them twice, and adds up the last state of each.
func TestTallyIsTheSumOfItsCalls(t *testing.T) {
	tl := &wrap.Tally{Pricing: price.Pricing{Book: price.Embedded()}}
	if !tl.Total().Amount.Equal(price.Known(price.Money{})) {
		t.Errorf("nothing costs %v", tl.Total())
	}
	last := map[string]price.Cost{}
	for i := range 60 {
		c := call(t, fmt.Sprint("c", i%40), "openai", "gpt-5.5")
		c.Tokens.Input = usage.Known(int64(1000 + i))
		switch {
		case i%7 == 3 && i < 40:
			c.Coverage = usage.Missing
		case i%5 == 1:
			c.Coverage = usage.Unbilled
		}
		if err := tl.Record(c); err != nil {
			t.Fatal(err)
		}
		last[c.ID] = price.Pricing{Book: price.Embedded(), At: c.Time}.Call(c).Cost
		want := price.Nothing()
		for _, cost := range last {
			want = want.Plus(cost)
		}
		if got := tl.Total(); !got.Amount.Equal(want.Amount) || got.Status != want.Status || !got.List.Equal(want.List) {
			t.Fatalf("after %d calls: %v, want %v", i+1, got, want)
		}
	}
}

type brokenLog struct{}

func (brokenLog) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestTallyTellsOfABrokenLog(t *testing.T) {
	tl := &wrap.Tally{Pricing: price.Pricing{Book: price.Embedded()}, Log: brokenLog{}}
	if err := tl.Record(usage.Call{ID: "a", State: usage.Ended}); err == nil || tl.LogFailure() == nil {
		t.Errorf("nobody was told: %v, %v", err, tl.LogFailure())
	}
}

// summary records calls and returns what is printed at the end, without the first line's duration.
func summary(t *testing.T, tl *wrap.Tally, calls ...usage.Call) string {
	t.Helper()
	tl.Start = instant(t, "2026-11-10T12:00:00Z")
	for i, c := range calls {
		c.ID = fmt.Sprint(i)
		if err := tl.Record(c); err != nil {
			t.Fatal(err)
		}
	}
	out := tl.Summary(tl.Start.Add(2 * time.Second))
	for _, line := range strings.Split(out, "\n") {
		if len([]rune(line)) > 80 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("a line has %d characters: %s", len(line), line)
		}
	}
	return out
}

// below returns the lines under the table.
func below(s string) []string {
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(s), "\n")[1:] {
		if !strings.Contains(line, "/") && !strings.HasPrefix(line, "  model ") && !strings.HasPrefix(line, "  all ") || strings.HasPrefix(line, "- ") {
			out = append(out, line)
		}
	}
	return out
}

func TestSummary(t *testing.T) {
	contract, err := price.ParseFactor("0.5")
	if err != nil {
		t.Fatal(err)
	}
	openai := call(t, "", "openai", "gpt-5.5")
	promotion := call(t, "", "openai", "gpt-5.6-sol")
	promotion.Time = instant(t, "2026-11-30T12:00:00Z")
	cut := openai
	cut.Coverage, cut.Problem = usage.Partial, "the answer was cut"
	claude := call(t, "", "anthropic", "claude-opus-5")
	reported := call(t, "", "openai", "gpt-5.5")
	reported.ReportedUSD = "0.02"
	unlisted := call(t, "", "openrouter", "house/model")
	unlisted.ReportedUSD = "0.02"
	unlisted.Tokens = usage.None()
	refused := openai
	refused.Coverage, refused.Problem = usage.Unbilled, "not forwarded: budget: spent"
	free := openai
	free.Coverage = usage.Unbilled
	unknown := openai
	unknown.Coverage, unknown.Problem = usage.Missing, "no usage"
	discounted := price.Pricing{Discounts: []price.Discount{{Provider: "openai", Multiplier: contract}}}
	tests := []struct {
		name    string
		pricing price.Pricing
		calls   []usage.Call
		first   string
		want    []string
	}{
		{"exact", price.Pricing{}, []usage.Call{openai}, "pertask: 1 call, $0.00500 in 2s", nil},
		{"a promotion", price.Pricing{}, []usage.Call{promotion, promotion}, "pertask: 2 calls, $0.0080",
			[]string{"- the price of gpt-5.6-sol was guaranteed until 2026-11-22: the promotion may", "  have ended (2 calls)"}},
		{"cut", price.Pricing{}, []usage.Call{cut}, "pertask: 1 call, at least $0.00500 in 2s", []string{"- at least: the answer was cut"}},
		{"a contract", discounted, []usage.Call{openai}, "pertask: 1 call, $0.00250 in 2s",
			[]string{"  billed $0.00250; list price $0.00500", "- list price times 0.5"}},
		{"a contract on a part", discounted, []usage.Call{openai, claude}, "pertask: 2 calls, $0.00750 in 2s",
			[]string{"  $0.00750, a part as billed and the rest at list price; list price $0.0100", "- list price times 0.5"}},
		{"a contract on what was cut", discounted, []usage.Call{cut}, "pertask: 1 call, at least $0.00250",
			[]string{"  billed at least $0.00250; list price at least $0.00500", "- at least: the answer was cut", "- list price times 0.5"}},
		{"a contract, and a call without usage", discounted, []usage.Call{openai, unknown}, "pertask: 2 calls, cost unknown, at least $0.00250",
			[]string{"  billed at least $0.00250; list price at least $0.00500", "- list price times 0.5", "- cost unknown: the call's usage was not seen: no usage"}},
		{"a report that is apart", price.Pricing{}, []usage.Call{reported, reported}, "pertask: 2 calls, $0.0400 (as the providers reported it)",
			[]string{"  billed $0.0400; list price $0.0100", "- the provider reported 0.02 USD, the price book says 0.005: more than 1 %", "  apart (2 calls)"}},
		{"a report without a price", price.Pricing{}, []usage.Call{unlisted}, "pertask: 1 call, $0.0200 (as the providers reported it)",
			[]string{"  billed $0.0200; the list price of a part is not known"}},
		{"calls that cost nothing", price.Pricing{}, []usage.Call{refused, refused, free}, "pertask: 0 calls, $0", []string{"- refused: budget: spent (2 calls)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.pricing.Book = price.Embedded()
			got := summary(t, &wrap.Tally{Pricing: tt.pricing}, tt.calls...)
			if !strings.HasPrefix(got, tt.first) {
				t.Errorf("got %q, want %q", got, tt.first)
			}
			if diff := cmp.Diff(tt.want, below(got)); diff != "" {
				t.Errorf("lines below the table differ (-want +got):\n%s\n%s", diff, got)
			}
		})
	}
}

// TestSummaryIsSafeToShow holds what a server may write into names and problems.
func TestSummaryIsSafeToShow(t *testing.T) {
	evil := "m\u202e\u2066\x1b[2J\u2028\u200b\x07\u0085" + strings.Repeat("x", 500)
	c := call(t, "", "openai", evil)
	broken := call(t, "", "openai", "gpt-5.5")
	broken.Coverage, broken.Problem = usage.Partial, evil
	got := summary(t, &wrap.Tally{Pricing: price.Pricing{Book: price.Embedded()}}, c, broken)
	if strings.ContainsAny(strings.ReplaceAll(got, "\n", ""), "\u202e\u2066\x1b\u2028\u200b\x07\u0085") || !strings.Contains(got, "m??") {
		t.Errorf("got %q", got)
	}
}

// TestSummaryIsNotFlooded shows so many reasons and no more.
func TestSummaryIsNotFlooded(t *testing.T) {
	var calls []usage.Call
	for i := range 100 {
		c := call(t, "", "openai", fmt.Sprint("house-", i))
		calls = append(calls, c)
	}
	got := summary(t, &wrap.Tally{Pricing: price.Pricing{Book: price.Embedded()}}, calls...)
	if n := strings.Count(got, "- cost unknown"); n != 20 || !strings.Contains(got, "- and 80 more; --log has them") {
		t.Errorf("%d reasons:\n%s", n, got)
	}
}
