package witness_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/compare/witness"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

func list(usd string, status price.Status) price.Cost {
	m := price.Known(price.MustMoney(usd))
	return price.Cost{Amount: m, List: m, Status: status}
}

func TestOnlyWhatBothSidesSayIsCompared(t *testing.T) {
	var w witness.Witnesses
	if got := w.Apart("base"); got != nil {
		t.Errorf("nobody said anything, yet %q", got)
	}
	w.Call(usage.Call{ReportedUSD: "5"}, price.Cost{})                               // no list price
	w.Call(usage.Call{ReportedUSD: "5"}, list("1", price.LowerBound))                // a part was seen
	w.Call(usage.Call{Claims: map[string]string{"gw": "x"}}, list("1", price.Exact)) // no figure
	w.Trial(nil, usage.None(), list("1", price.Exact))
	w.Trial(&usage.SelfReport{}, usage.None(), list("1", price.Exact))
	if got := w.Apart("base"); got != nil {
		t.Errorf("nothing can be compared, yet %q", got)
	}
}

func TestSumsAreCompared(t *testing.T) {
	var w witness.Witnesses
	for _, said := range []string{"0.9", "1.1"} { // one by one they are far apart
		w.Call(usage.Call{ReportedUSD: said}, list("1", price.ProviderReported))
	}
	if got := w.Apart("head"); got != nil {
		t.Errorf("the sums agree, yet %q", got)
	}
	w.Call(usage.Call{ReportedUSD: "1.05"}, list("1", price.ProviderReported))
	if got := w.Apart("head"); len(got) != 1 || !strings.Contains(got[0], "the provider says that the calls of the head cost $3.05") {
		t.Errorf("1.7 %% apart: %q", got)
	}
}
