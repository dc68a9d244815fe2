package price_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// pricedCase is one entry of testdata/cases.json.
type pricedCase struct {
	ID       string       `json:"id"`
	Title    string       `json:"title"`
	Calls    []usage.Call `json:"calls"`
	At       time.Time    `json:"at"`
	Discount string       `json:"discount"`
	Want     struct {
		Amount price.Amount `json:"amount"`
		Status price.Status `json:"status"`
	} `json:"want"`
}

func loadCases(t testing.TB) []pricedCase {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []pricedCase `json:"cases"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

func TestCasesAreExact(t *testing.T) {
	cases := loadCases(t)
	if len(cases) < 40 {
		t.Fatalf("got %d cases, want at least 40", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			p := price.Pricing{Book: price.Embedded(), At: c.At}
			if c.Discount != "" {
				p.Discounts = []price.Discount{{Provider: c.Calls[0].Provider, Multiplier: factor(t, c.Discount)}}
			}
			sum := price.Nothing()
			for _, call := range c.Calls {
				got := p.Call(call)
				checkPriced(t, got)
				sum = sum.Plus(got.Cost)
			}
			if diff := cmp.Diff(c.Want.Amount, sum.Amount); diff != "" {
				t.Errorf("%s: amount (-want +got):\n%s", c.Title, diff)
			}
			if got, want := sum.Status, c.Want.Status; got != want {
				t.Errorf("%s: status %s, want %s", c.Title, got, want)
			}
		})
	}
}

// checkPriced holds for every priced call: unknown is never zero and says what is missing, and the lines and
// fees add up to the list price, or to what is paid by a row of the configuration.
func checkPriced(t testing.TB, p price.Priced) {
	t.Helper()
	amount, known := p.Cost.Amount.Value()
	if known != (p.Cost.Status != price.Unknown) || known != (p.Missing == "") {
		t.Errorf("amount %s, status %s, missing %q contradict each other", p.Cost.Amount, p.Cost.Status, p.Missing)
	}
	if amount.IsNegative() {
		t.Errorf("amount %s is negative", amount)
	}
	list, known := p.Cost.List.Value()
	if configured(p) {
		list, known = amount, p.Cost.Amount.IsKnown() && p.Cost.Status != price.ProviderReported
	}
	if !known {
		return
	}
	sum := price.Money{}
	for _, l := range p.Lines {
		if got, want := l.USD, l.Rate.Times(l.Tokens).PerMillion(); !got.Equal(want) {
			t.Errorf("line %s: %s USD, want %s", l.Class, got, want)
		}
		sum = sum.Plus(l.USD)
	}
	for _, f := range p.Fees {
		sum = sum.Plus(f.USD)
	}
	if !sum.Equal(list) {
		t.Errorf("lines and fees add up to %s, want %s", sum, list)
	}
}

// configured reports whether a row of the configuration was used, by the call or by a part of it.
func configured(p price.Priced) bool {
	return slices.ContainsFunc(p.Notes, func(n string) bool { return strings.HasPrefix(n, "price from the configuration") })
}

func factor(t testing.TB, s string) price.Factor {
	t.Helper()
	f, err := price.ParseFactor(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
