package listing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price/listing"
	"github.com/pertask/pertask/usage"
)

// TestShapesOfTheFormats: one shape at a time of what the sources' files have, as they come and as they could break.
func TestShapesOfTheFormats(t *testing.T) {
	genai := func(models string) string {
		return `[{"id": "openai", "provider_match": {}, "models": [` + models + `]}]`
	}
	portkey := func(model string) string { return `{"m": ` + model + `}` }
	langfuse := func(name, tiers string) string {
		return `[{"modelName": "` + name + `", "pricingTiers": [` + tiers + `]}]`
	}
	pi := func(model string) string { return `{"api": {"k": ` + model + `}}` }
	litellm := func(id, model string) string { return `{"` + id + `": ` + model + `}` }
	const paid = `"pay_as_you_go": {"request_token": {"price": 0.0001}, "response_token": {"price": 0.0002}}`
	for _, c := range []struct {
		name, text string
		want       []listing.Quote // without sources; nil for none
		err        string
	}{
		{"genai: one price", genai(`{"id": "m", "prices": {"input_mtok": 1, "output_mtok": 2}}`), []listing.Quote{{Provider: "openai", Model: "m", Rates: rates("1", "", "2")}}, ""},
		{"genai: no output", genai(`{"id": "m", "prices": {"input_mtok": 1}}`), nil, ""},
		{"genai: cached for nothing is no rate", genai(`{"id": "m", "prices": {"input_mtok": 1, "cache_read_mtok": 0, "output_mtok": 2}}`), []listing.Quote{{Provider: "openai", Model: "m", Rates: rates("1", "", "2")}}, ""},
		{"genai: free input", genai(`{"id": "m", "prices": {"input_mtok": 0, "output_mtok": 2}}`), []listing.Quote{{Provider: "openai", Model: "m", Rates: rates("0", "", "2")}}, ""},
		{"genai: three periods", genai(`{"id": "m", "prices": [{"prices": {"input_mtok": 1, "output_mtok": 2}},
			{"constraint": {"start_date": "2026-05-01"}, "prices": {"input_mtok": 3, "output_mtok": 4}}, {"constraint": {"start_date": "2026-02-01"}, "prices": {"input_mtok": 5, "output_mtok": 6}}]}`),
			[]listing.Quote{{Provider: "openai", Model: "m", Until: "2026-02-01", Rates: rates("1", "", "2")}, {Provider: "openai", Model: "m", From: "2026-02-01", Until: "2026-05-01", Rates: rates("5", "", "6")},
				{Provider: "openai", Model: "m", From: "2026-05-01", Rates: rates("3", "", "4")}}, ""},
		{"genai: hours without dates", genai(`{"id": "m", "prices": [{"prices": {"input_mtok": 1, "output_mtok": 2}}, {"constraint": {"start_time": "00:30:00Z", "end_time": "08:00:00Z"}, "prices": {"input_mtok": 3, "output_mtok": 4}}]}`),
			[]listing.Quote{{Provider: "openai", Model: "m", Rates: rates("1", "", "2")}, {Provider: "openai", Model: "m", Hours: "00:30-08:00", Rates: rates("3", "", "4")}}, ""},
		{"genai: a prefix is no name", genai(`{"id": "m", "match": {"starts_with": "m-"}, "prices": {"input_mtok": 1, "output_mtok": 2}}`), []listing.Quote{{Provider: "openai", Model: "m", Rates: rates("1", "", "2")}}, ""},
		{"genai: prices that are none", genai(`{"id": "m", "prices": 3}`), nil, `model "m" of "openai"`},
		{"genai: a negative band", genai(`{"id": "m", "prices": {"input_mtok": {"base": 1, "tiers": [{"start": 5, "price": -1}]}, "output_mtok": 2}}`), nil, "not a price"},

		{"litellm: a kind that is not known", litellm("m", `{"litellm_provider": "openai", "input_cost_per_token_above_200k_tokens_ultra": 1, "output_cost_per_image": 1}`), nil, ""},
		{"litellm: a price of another type", litellm("m", `{"litellm_provider": "openai", "input_cost_per_token": [1], "output_cost_per_token": 2e-06}`), nil, ""},
		{"litellm: a tier without input", litellm("m", `{"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "output_cost_per_token_flex": 1e-06}`),
			[]listing.Quote{{Provider: "openai", Model: "m", Rates: rates("1", "", "2")}}, ""},
		{"litellm: a path before the id", litellm("gemini/m", `{"litellm_provider": "gemini", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}`), []listing.Quote{{Provider: "google", Model: "m", Rates: rates("1", "", "2")}}, ""},
		{"litellm: another provider", litellm("m", `{"litellm_provider": "nobody", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}`), nil, ""},
		{"litellm: a negative price", litellm("m", `{"litellm_provider": "openai", "input_cost_per_token": -1, "output_cost_per_token": 2e-06}`), nil, `model "m"`},

		{"portkey: the plain price", portkey(`{"pricing_config": {` + paid + `}}`), []listing.Quote{{Provider: "openai", Model: "m", Rates: rates("1", "", "2")}}, ""},
		{"portkey: everywhere says so itself", portkey(`{"pricing_config": {}, "custom_pricing": {"regions": {"default": {"execution_modes": {"flex": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 1}, "response_token": {"price": 1}}}}}},
			"global": {"execution_modes": {"flex": {"pricing_config": {` + paid + `}}}}}}}`), []listing.Quote{{Provider: "openai", Model: "m", Tier: "flex", Rates: rates("1", "", "2")}}, ""},
		{"portkey: a context that is no number", portkey(`{"pricing_config": {}, "custom_pricing": {"context_tier_map": {"many": "x"}, "regions": {"default": {"execution_modes": {"standard": {}}}}}}`), nil, `model "m"`},
		{"portkey: a price of another form", portkey(`{"pricing_config": {"pay_as_you_go": {"request_token": 3, "response_token": {"price": 0.0002}}}}`), nil, ""},

		{"langfuse: another maker", langfuse("llama-x", `{"conditions": [], "prices": {"input": 1e-6, "output": 2e-6}}`), nil, ""},
		{"langfuse: the first name of a class counts", langfuse("o3", `{"prices": {"input": 1e-6, "input_text": 9e-6, "output_text": 2e-6, "input_cached_tokens": 9e-7, "input_cache_read": 1e-7}}`),
			[]listing.Quote{{Provider: "openai", Model: "o3", Rates: rates("1", "0.1", "2")}}, ""},
		{"langfuse: Google's names", langfuse("gemini-x", `{"conditions": [{"usageDetailPattern": "x", "operator": "gt", "value": 200000}], "prices": {"input": 1e-6, "output": 2e-6, "cached_content_token_count": 1e-7}}`),
			[]listing.Quote{{Provider: "google", Model: "gemini-x", Above: 200000, Rates: rates("1", "0.1", "2")}}, ""},

		{"pi: a price of nothing is no rate", pi(`{"id": "m", "provider": "openai", "cost": {"input": 1, "output": 0}}`), nil, ""},
		{"pi: no price", pi(`{"id": "m", "provider": "openai", "cost": null}`), nil, ""},
		{"pi: a band", pi(`{"id": "m", "provider": "openai", "cost": {"input": 1, "output": 2, "tiers": [{"inputTokensAbove": 7, "input": 3, "output": 4}]}}`),
			[]listing.Quote{{Provider: "openai", Model: "m", Rates: rates("1", "", "2")}, {Provider: "openai", Model: "m", Above: 7, Rates: rates("3", "", "4")}}, ""},
		{"pi: a negative price", pi(`{"id": "m", "provider": "openai", "cost": {"input": -1, "output": 2}}`), nil, `model "m"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			source, got, err := listing.Read("openai.json", strings.NewReader(c.text))
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if err == nil && !strings.HasPrefix(c.name, source.Name[:2]) {
				t.Errorf("it was read as %s", source.Name)
			}
			for i := range got {
				got[i].Source = ""
			}
			byTime := func(a, b listing.Quote) int { return strings.Compare(a.Until+a.From, b.Until+b.From) }
			slices.SortStableFunc(got, byTime)
			slices.SortStableFunc(c.want, byTime)
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b listing.Rates) bool { return cmp.Equal(map[usage.Class]string(a), map[usage.Class]string(b)) })); diff != "" {
				t.Errorf("quotes (-want +got):\n%s", diff)
			}
		})
	}
}

func rates(in, cached, out string) listing.Rates {
	r := listing.Rates{usage.Input: in, usage.Output: out}
	if cached != "" {
		r[usage.CacheRead] = cached
	}
	return r
}
