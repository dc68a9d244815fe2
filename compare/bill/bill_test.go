package bill_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/bill"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

func pricing() price.Pricing {
	return price.Pricing{Book: price.Embedded(), At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
}

// call is one of 1,000 tokens in and out of gpt-5.4: 0.0175 USD.
func call(id string) usage.Call {
	tokens := usage.None()
	tokens.Input, tokens.Output = usage.Known(1000), usage.Known(1000)
	return usage.Call{ID: id, State: usage.Ended, Provider: "openai", RequestedModel: "gpt-5.4", Status: 200, Coverage: usage.Complete, Tokens: tokens}
}

func TestTrial(t *testing.T) {
	b := bill.New(pricing())
	strange := call("2")
	strange.RequestedModel, strange.Status = "nobody-knows-this", 429
	told := 0
	p := b.Trial(trial.Result{Trial: trial.Trial{Origin: trial.Fresh}, Calls: []usage.Call{call("1"), call("3")}}, func(_ usage.Call, c price.Cost) {
		if told++; c.Amount.String() != "0.0175" {
			t.Errorf("a call costs %v", c.Amount)
		}
	})
	if p.Cost.Amount.String() != "0.035" || p.Calls != 2 || told != 2 || len(p.Missing) != 0 {
		t.Errorf("%+v after %d calls were told", p, told)
	}
	if in, _ := p.Tokens.Input.Value(); in != 2000 || len(b.Rows()) != 1 {
		t.Errorf("%d tokens in, rows %q", in, b.Rows())
	}
	if len(b.Refused()) != 0 {
		t.Errorf("refused %v", b.Refused())
	}
	p = b.Trial(trial.Result{Calls: []usage.Call{call("1"), strange}}, func(usage.Call, price.Cost) {})
	if p.Cost.Amount.IsKnown() || len(p.Missing) != 1 {
		t.Errorf("with a model that has no price: %+v", p)
	}
}

func TestRefused(t *testing.T) {
	b := bill.New(pricing())
	for _, status := range []int{503, 401, 200, 399, 401} {
		c := call("1")
		c.Status = status
		b.Trial(trial.Result{Calls: []usage.Call{c}}, func(usage.Call, price.Cost) {})
	}
	if diff := cmp.Diff(map[int]int{401: 2, 503: 1}, b.Refused()); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}

func TestCallOfARecord(t *testing.T) {
	b := bill.New(pricing())
	for name, tt := range map[string]struct {
		change  func(*usage.Call)
		want    string
		missing bool
	}{
		"what the record says":     {func(c *usage.Call) { c.ReportedUSD = "0.5" }, "0.5", false},
		"what tokens come to":      {func(*usage.Call) {}, "0.0175", false},
		"neither":                  {func(c *usage.Call) { c.Coverage = usage.Missing }, "unknown", true},
		"a cost that is no number": {func(c *usage.Call) { c.ReportedUSD = "five" }, "unknown", true},
	} {
		c := call("1")
		tt.change(&c)
		p := b.Call(trial.Recorded, c)
		got := "unknown"
		if p.Cost.Amount.IsKnown() {
			got = p.Cost.Amount.String()
		}
		if got != tt.want || (p.Missing != "") != tt.missing {
			t.Errorf("%s: %s, missing %q; want %s", name, got, p.Missing, tt.want)
		}
	}
}

func TestOver(t *testing.T) {
	b := bill.New(pricing())
	unknown := call("2")
	unknown.Coverage, unknown.Tokens = usage.Missing, usage.Tokens{}
	for _, tt := range []struct {
		cap   string
		calls []usage.Call
		want  bool
	}{
		{"", []usage.Call{call("1")}, false},
		{"0.0175", []usage.Call{call("1")}, false},
		{"0.0174", []usage.Call{call("1")}, true},
		{"0.0174", []usage.Call{call("1"), unknown}, false},
		{"much", []usage.Call{call("1")}, false},
	} {
		if got := b.Over(suite.Task{MaxCost: tt.cap}, tt.calls); got != tt.want {
			t.Errorf("cap %q and %d calls: %t, want %t", tt.cap, len(tt.calls), got, tt.want)
		}
	}
}
