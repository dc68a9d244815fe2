package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/verdict"
)

func readVerdict(p *verdict.Policy, v strict.Value) {
	m := v.Map(keys["verdict"]...)
	if v := m.Get("mode"); v.Given() {
		p.Mode = verdict.Mode(v.Enum(string(verdict.Report), string(verdict.Block)))
	}
	if v := m.Get("max_cost_ratio"); v.Given() {
		p.MaxCostRatio = v.Float(0.01, 100)
	}
	if v := m.Get("max_completion_drop"); v.Given() {
		p.MaxCompletionDrop = v.Float(0, 1)
	}
	if v := m.Get("on_inconclusive"); v.Given() {
		p.OnInconclusive = verdict.OnInconclusive(v.Enum(string(verdict.Neutral), string(verdict.Fail)))
	}
	if v := m.Get("scope"); v.Given() {
		p.Scope = verdict.Scope(v.Enum(string(verdict.SuiteScope), string(verdict.PopulationScope)))
	}
	if v := m.Get("pass_guard"); v.Given() {
		p.PassGuardStrict = v.Enum("strict", "lenient") == "strict"
	}
	if v := m.Get("equivalence_margin"); v.Given() {
		p.EquivalenceMargin = v.Float(0, 1)
	}
	for _, key := range []string{"value_per_task", "extension_reserve"} {
		m.Get(key).Fail(m.Get(key).Name()+" is not available in this version", "leave it out")
	}
}

// discounts reads contracts. A multiplier of 0 is refused: nothing is free by contract, and a misread one would
// make any model win.
func discounts(v strict.Value) []price.Discount {
	var out []price.Discount
	seen := map[[2]string]bool{}
	for _, e := range v.List(maxDiscounts) {
		m := e.Map(keys["prices.discounts"]...)
		d := price.Discount{Provider: label(m.Need("provider"), maxNote), Model: label(m.Get("model"), maxNote), Note: label(m.Get("note"), maxNote)}
		d.Multiplier = multiplier(m.Need("multiplier"))
		checkPriced(m, d)
		if k := [2]string{d.Provider, d.Model}; d.Provider != "" && seen[k] {
			e.Fail(fmt.Sprintf("a second discount for %q", d.Provider+" "+d.Model), "one for each provider, and one for each of its models")
		} else {
			seen[k] = true
		}
		out = append(out, d)
	}
	return out
}

// checkPriced refuses a discount that no call could ever get, because it would be taken for granted in vain.
func checkPriced(m strict.Map, d price.Discount) {
	book := price.Embedded()
	known := bookProviders(book)
	switch {
	case d.Provider == "":
	case !slices.Contains(known, d.Provider):
		m.Get("provider").Fail(fmt.Sprintf("%s: the price book has no provider %q", m.Get("provider").Name(), strict.Clip(d.Provider)),
			"allowed: "+strings.Join(known, ", "))
	case d.Model != "" && !slices.Contains(book.Providers(d.Model), d.Provider):
		m.Get("model").Fail(fmt.Sprintf("%s: the price book has no model %q of %s", m.Get("model").Name(), strict.Clip(d.Model), d.Provider),
			"a model of the price book, or leave it out for all models of the provider")
	}
}

func bookProviders(book *price.Book) []string {
	var out []string
	for _, model := range book.Models() {
		for _, p := range book.Providers(model) {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

func multiplier(v strict.Value) price.Factor {
	const want = "a number above 0 and up to 10, such as 0.875 for 12.5 % off"
	s, ok := v.Written(want)
	if !ok {
		return price.Factor{}
	}
	m, err := price.ParseMoney(s)
	f, ferr := price.ParseFactor(s)
	if err != nil || ferr != nil || !plainDecimal(s) || m.IsZero() || m.Cmp(price.MustMoney("10")) > 0 {
		v.Fail(fmt.Sprintf("%s: %q is out of range or not a number", v.Name(), strict.Clip(s)), want)
		return price.Factor{}
	}
	return f
}
