package listing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/usage"
)

// genaiProvider is one element of genai-prices' data.json.
type genaiProvider struct {
	ID     string `json:"id"`
	Models []struct {
		ID     string          `json:"id"`
		Match  genaiMatch      `json:"match"`
		Prices json.RawMessage `json:"prices"` // one price, or a list of them with constraints
	} `json:"models"`
}

// genaiMatch says which names mean a model. Only names that it gives exactly are used: its prefixes would make
// a new model cost what an older one does.
type genaiMatch struct {
	Equals string       `json:"equals"`
	Or     []genaiMatch `json:"or"`
}

func (m genaiMatch) names() []string {
	var out []string
	if m.Equals != "" {
		out = append(out, m.Equals)
	}
	for _, x := range m.Or {
		out = append(out, x.names()...)
	}
	return out
}

type genaiPrice struct {
	Constraint *struct {
		StartDate string `json:"start_date"`
		StartTime string `json:"start_time"`
		EndTime   string `json:"end_time"`
	} `json:"constraint"`
	Prices map[string]json.RawMessage `json:"prices"`
}

// genaiClasses are the prices that genai-prices gives per million tokens, by our classes.
var genaiClasses = map[string]usage.Class{
	"input_mtok": usage.Input, "cache_read_mtok": usage.CacheRead, "cache_write_mtok": usage.CacheCreation,
	"cache_write_1h_mtok": usage.CacheCreation1h, "output_mtok": usage.Output,
}

func readGenAI(data []byte, _ string) ([]Quote, error) {
	var file []genaiProvider
	if err := decode(data, &file); err != nil {
		return nil, err
	}
	var out []Quote
	for _, p := range file {
		provider, known := providers[p.ID]
		if !known {
			continue
		}
		for _, m := range p.Models {
			quotes, err := genaiQuotes(m.Prices)
			if err != nil {
				return nil, fmt.Errorf("model %q of %q: %w", m.ID, p.ID, err)
			}
			names := append(m.Match.names(), m.ID)
			slices.Sort(names)
			for _, name := range slices.Compact(names) {
				for _, q := range quotes {
					q.Provider, q.Model = provider, name
					if provider == "google" && strings.HasPrefix(name, "claude") {
						q.Provider = "vertex"
					}
					out = append(out, q)
				}
			}
		}
	}
	return out, nil
}

// genaiQuotes reads a model's prices. In a list, the price without a constraint holds until the first start
// date. The hours of a day count from the last start date on: the calculator of genai-prices applies them to
// every date, which its list cannot mean.
func genaiQuotes(raw json.RawMessage) ([]Quote, error) {
	var list []genaiPrice
	if err := decode(raw, &list); err != nil {
		one := genaiPrice{}
		if err := decode(raw, &one.Prices); err != nil {
			return nil, err
		}
		list = []genaiPrice{one}
	}
	var starts []string
	for _, p := range list {
		if p.Constraint != nil && p.Constraint.StartDate != "" {
			starts = append(starts, p.Constraint.StartDate)
		}
	}
	slices.Sort(starts)
	var out []Quote
	for _, p := range list {
		bands, err := genaiBands(p.Prices)
		if err != nil {
			return nil, err
		}
		for _, q := range bands {
			switch {
			case p.Constraint == nil && len(starts) > 0:
				q.Until = starts[0]
			case p.Constraint == nil:
			case p.Constraint.StartDate != "":
				q.From = p.Constraint.StartDate
				if i := slices.Index(starts, q.From); i+1 < len(starts) {
					q.Until = starts[i+1]
				}
			default:
				q.Hours = strings.TrimSuffix(p.Constraint.StartTime, ":00Z") + "-" + strings.TrimSuffix(p.Constraint.EndTime, ":00Z")
				if len(starts) > 0 {
					q.From = starts[len(starts)-1]
				}
			}
			out = append(out, q)
		}
	}
	return out, nil
}

// genaiBands reads prices that may depend on the context: {"base": 5, "tiers": [{"start": 272000, "price": 10}]}.
func genaiBands(prices map[string]json.RawMessage) ([]Quote, error) {
	bands := map[int64]*figures{0: {}}
	for _, name := range keys(genaiClasses) {
		raw, given := prices[name]
		if !given {
			continue
		}
		tiered := struct {
			Base  json.Number `json:"base"`
			Tiers []struct {
				Start int64       `json:"start"`
				Price json.Number `json:"price"`
			} `json:"tiers"`
		}{}
		if err := decode(raw, &tiered.Base); err != nil {
			if err := decode(raw, &tiered); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		bands[0].set(genaiClasses[name], tiered.Base)
		for _, t := range tiered.Tiers {
			if bands[t.Start] == nil {
				bands[t.Start] = &figures{}
			}
			bands[t.Start].set(genaiClasses[name], t.Price)
		}
	}
	return quotesOf(bands)
}

// quotesOf makes a quote of each band of context that has prices.
func quotesOf(bands map[int64]*figures) ([]Quote, error) {
	var out []Quote
	for above, f := range bands {
		if f.err != nil {
			return nil, f.err
		}
		if f.whole() {
			out = append(out, Quote{Above: above, Rates: f.rates})
		}
	}
	slices.SortFunc(out, func(a, b Quote) int { return int(a.Above - b.Above) })
	return out, nil
}
