package price_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// BenchmarkCall prices one call with three classes and reports how many times as long that takes as the
// multiplications and additions alone ("x-plain"), measured in the same process.
func BenchmarkCall(b *testing.B) {
	p := pricing()
	call := complete()
	call.Tokens = tokens(20_000, 100_000, 1_500)
	in, read, out := decimal.RequireFromString("5"), decimal.RequireFromString("0.5"), decimal.RequireFromString("30")
	plain := func() decimal.Decimal {
		return in.Mul(decimal.NewFromInt(20_000)).Shift(-6).
			Add(read.Mul(decimal.NewFromInt(100_000)).Shift(-6)).
			Add(out.Mul(decimal.NewFromInt(1_500)).Shift(-6))
	}
	if got, want := p.Call(call).Cost.Amount.String(), plain().String(); got != want {
		b.Fatalf("cost %s, want %s", got, want)
	}
	start := time.Now()
	for range b.N {
		plain()
	}
	alone := time.Since(start)
	var last price.Priced
	b.ResetTimer()
	start = time.Now()
	for range b.N {
		last = p.Call(call)
	}
	b.ReportMetric(float64(time.Since(start))/float64(alone), "x-plain")
	if last.Cost.Status != price.Exact || len(last.Lines) != 3 || last.Lines[0].Class != usage.Input {
		b.Fatalf("priced %+v", last)
	}
}

// BenchmarkJournal reads a journal of calls, one JSON object a line, and prices each, and reports how many times
// as long the pricing takes as the reading alone ("x-reading"), measured in the same process. One operation is
// 1,000 rows; a million rows are -benchtime 1000x.
func BenchmarkJournal(b *testing.B) {
	const rows = 1000
	journal := journal(b, rows)
	p := pricing()
	read := func(each func(usage.Call)) {
		lines := bufio.NewScanner(bytes.NewReader(journal))
		n := 0
		for ; lines.Scan(); n++ {
			var c usage.Call
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				b.Fatal(err)
			}
			each(c)
		}
		if n != rows || lines.Err() != nil {
			b.Fatalf("read %d rows, %v", n, lines.Err())
		}
	}
	var reading, pricing time.Duration
	sum := price.Nothing()
	for b.Loop() {
		start := time.Now()
		var calls []usage.Call
		read(func(c usage.Call) { calls = append(calls, c) })
		reading += time.Since(start)
		start = time.Now()
		sum = price.Nothing()
		for _, c := range calls {
			sum = sum.Plus(p.Call(c).Cost)
		}
		pricing += time.Since(start)
	}
	b.ReportMetric(float64(pricing)/float64(reading), "x-reading")
	b.ReportMetric(float64(pricing)/float64(rows)/float64(b.N), "ns/priced-row")
	if sum.Status != price.Exact {
		b.Fatalf("sum %+v", sum)
	}
}

// journal writes n calls as the journal of a run does: three providers, caches, a surcharge, fees and a part.
func journal(b *testing.B, n int) []byte {
	b.Helper()
	var out bytes.Buffer
	for i := range n {
		c := usage.Call{Schema: usage.CallSchema, ID: fmt.Sprintf("c%07d", i), Trial: fmt.Sprintf("fix-date-parser/head/%d", i%20), State: usage.Ended,
			Time: now.Add(time.Duration(i) * time.Second), Seconds: 3.25, Path: "/v1/responses", Status: 200, Coverage: usage.Complete,
			Tokens: tokens(int64(1000+i), int64(50*i), int64(300+i%700)), ResponseID: fmt.Sprintf("resp_%032d", i),
			Raw: json.RawMessage(fmt.Sprintf(`{"input_tokens":%d,"input_tokens_details":{"cached_tokens":%d},"output_tokens":%d}`, 1000+51*i, 50*i, 300+i%700))}
		switch c.Upstream, c.Provider, c.Format = "openai", "openai", "openai.responses"; i % 3 {
		case 0:
			c.RequestedModel, c.ServedModel, c.ServedTier = "gpt-5.5", "gpt-5.5-2026-04-23", "default"
			c.Requests = map[string]int64{"web_search": 1}
		case 1:
			c.Upstream, c.Provider, c.Format = "anthropic", "anthropic", "anthropic.messages"
			c.RequestedModel, c.ServedModel, c.ServedTier = "claude-opus-4-6", "claude-opus-4-6", "standard"
			c.Attributes = map[string]string{"inference_geo": "us", "speed": "standard"}
			c.Tokens.CacheCreation5m = usage.Known(int64(i))
			c.Parts = []usage.Part{{Kind: "compaction", Tokens: tokens(1000, 0, 100)}}
		default:
			c.Upstream, c.Provider, c.Format = "google", "google", "gemini"
			c.RequestedModel, c.ServedModel = "gemini-3.1-pro-preview", "gemini-3.1-pro-preview"
		}
		line, err := json.Marshal(c)
		if err != nil {
			b.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	return out.Bytes()
}
