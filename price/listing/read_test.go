package listing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price/listing"
	"github.com/pertask/pertask/price/money"
	"github.com/pertask/pertask/usage"
)

// The samples have the shapes of the sources' files and figures of our own.
const (
	genaiSample = `[
 {"id": "openai", "provider_match": {"contains": "openai"}, "models": [
  {"id": "gpt-a", "match": {"or": [{"equals": "gpt-a-latest"}, {"starts_with": "gpt-a-2"}]}, "prices": [
   {"prices": {"input_mtok": 5, "output_mtok": 30}},
   {"constraint": {"start_date": "2026-08-21", "type": "start_date"}, "prices": {"input_mtok": {"base": 4, "tiers": [{"start": 272000, "price": 8}]},
     "cache_write_mtok": 5, "output_mtok": {"base": 20, "tiers": [{"start": 272000, "price": 30}]}, "web_searches_kcount": 10}}]},
  {"id": "free", "prices": {"input_mtok": 0, "output_mtok": 0}}, {"id": "speech", "prices": {"input_audio_mtok": 3}}]},
 {"id": "deepseek", "models": [{"id": "ds", "match": {"equals": "ds"}, "prices": [
   {"prices": {"input_mtok": 0.435, "cache_read_mtok": 0.003625, "output_mtok": 0.87}},
   {"constraint": {"start_date": "2026-08-17"}, "prices": {"input_mtok": 0.66, "output_mtok": 1.98}},
   {"constraint": {"start_time": "01:00:00Z", "end_time": "04:00:00Z"}, "prices": {"input_mtok": 1.32, "output_mtok": 3.96}}]}]},
 {"id": "google", "models": [{"id": "claude-x", "prices": {"input_mtok": 3, "output_mtok": 15, "cache_write_1h_mtok": 6}}]},
 {"id": "nobody", "models": [{"id": "x", "prices": {"input_mtok": 1, "output_mtok": 2}}]}]`

	litellmSample = `{"sample_spec": {"litellm_provider": "one of many", "input_cost_per_token": 0.0},
 "gpt-a": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-07,
  "input_cost_per_token_above_272k_tokens": 2.5e-06, "output_cost_per_token_above_272k_tokens": 1.5e-05, "cache_read_input_token_cost_above_272k_tokens": 2.5e-07,
  "input_cost_per_token_flex": 6.25e-07, "output_cost_per_token_flex": 5e-06, "input_cost_per_token_batches": 6.25e-07, "output_cost_per_token_batches": 5e-06,
  "input_cost_per_audio_token": 4e-05, "max_tokens": 128000, "supports_vision": true},
 "bedrock/eu-west-1/anthropic.claude-x-v1:0": {"litellm_provider": "bedrock", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
  "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06},
 "groq/openai/gpt-oss": {"litellm_provider": "groq", "input_cost_per_token": 7.5e-08, "output_cost_per_token": 3e-07}}`

	portkeySample = `{"default": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 0}, "response_token": {"price": 0}}}},
 "gpt-a": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 7.499999999999999e-05}, "response_token": {"price": 0.00045}, "cache_write_input_token": {"price": 0},
    "additional_units": {"web_search": {"price": 1}, "cache_write_1h": {"price": 0.0006}}}, "batch_config": {"request_token": {"price": 3.75e-05}, "response_token": {"price": 0.000225}}},
  "custom_pricing": {"context_tier_map": {"0": "lte-272k", "272000": "gt-272k"}, "regions": {"default": {"execution_modes": {
    "standard": {"context_tiers": {"lte-272k": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 7.5e-05}, "response_token": {"price": 0.00045}}}},
      "gt-272k": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 0.00015}, "response_token": {"price": 0.000675}}}}}},
    "flex": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 3.75e-05}, "response_token": {"price": 0.000225}}}}}},
    "us,eu": {"execution_modes": {"standard": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 1}, "response_token": {"price": 1}}}}}}}}},
 "gemini-x-lte-128k": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 0.0001}, "response_token": {"price": 0.0002}}}},
 "gemini-x-gt-128k": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 0.0003}, "response_token": {"price": 0.0004}}}}}`

	langfuseSample = `[{"modelName": "gpt-a", "matchPattern": "x", "pricingTiers": [
  {"name": "Standard", "conditions": [], "prices": {"input": 2.5e-6, "input_cached_tokens": 25e-8, "input_cache_read": 25e-8, "output": 15e-6}},
  {"name": "Fast", "conditions": [{"source": "model_parameters", "key": "service_tier", "operator": "in", "values": ["fast", "priority"]}], "prices": {"input": 5e-6, "output": 30e-6}},
  {"name": "Flex, large", "conditions": [{"key": "service_tier", "operator": "in", "values": ["flex"]}, {"usageDetailPattern": "(input)", "operator": "gt", "value": 272000}], "prices": {"input": 2.5e-6, "output": 11.25e-6}}]},
 {"modelName": "claude-x", "pricingTiers": [{"conditions": [{"key": "speed", "operator": "in", "values": ["fast"]}], "prices": {"input": 1e-5, "output": 5e-5, "input_cache_creation": 1.25e-5, "input_cache_creation_1h": 2e-5}}]},
 {"modelName": "text-x", "pricingTiers": [{"conditions": [], "prices": {"total": 1e-6}}]}]`

	piSample = `{"openai-responses": {"chat:gpt-a": {"id": "gpt-a", "type": "chat", "provider": "openai", "cost": {"input": 2, "output": 10, "cacheRead": 0.1, "cacheWrite": 2.5,
   "tiers": [{"inputTokensAbove": 272000, "input": 4, "output": 15, "cacheRead": 0.2, "cacheWrite": 5}]}}},
 "openai-decisions": {"classifier:gpt-a": {"id": "gpt-a", "type": "classifier", "provider": "openai", "cost": {"input": 9, "output": 9}}},
 "google-vertex": {"chat:gemini-x": {"id": "gemini-x", "type": "chat", "provider": "google-vertex", "cost": {"input": 0.3, "output": 2.5, "cacheRead": 0, "cacheWrite": 0}}},
 "other": {"chat:y": {"id": "y", "type": "chat", "provider": "nobody", "cost": {"input": 1, "output": 2}}}}`
)

func TestRead(t *testing.T) {
	io := func(in, out string) listing.Rates { return rates(in, "", out) }
	with := func(r listing.Rates, c usage.Class, v string) listing.Rates { r[c] = v; return r }
	for _, c := range []struct {
		file, text, format string
		want               []listing.Quote
	}{
		{"data.json", genaiSample, listing.GenAI, []listing.Quote{
			{Provider: "deepseek", Model: "ds", Until: "2026-08-17", Rates: rates("0.435", "0.003625", "0.87")},
			{Provider: "deepseek", Model: "ds", From: "2026-08-17", Rates: io("0.66", "1.98")},
			{Provider: "deepseek", Model: "ds", From: "2026-08-17", Hours: "01:00-04:00", Rates: io("1.32", "3.96")},
			{Provider: "openai", Model: "gpt-a", Until: "2026-08-21", Rates: io("5", "30")},
			{Provider: "openai", Model: "gpt-a", From: "2026-08-21", Rates: with(io("4", "20"), usage.CacheCreation, "5")},
			{Provider: "openai", Model: "gpt-a", From: "2026-08-21", Above: 272000, Rates: io("8", "30")},
			{Provider: "openai", Model: "gpt-a-latest", Until: "2026-08-21", Rates: io("5", "30")},
			{Provider: "openai", Model: "gpt-a-latest", From: "2026-08-21", Rates: with(io("4", "20"), usage.CacheCreation, "5")},
			{Provider: "openai", Model: "gpt-a-latest", From: "2026-08-21", Above: 272000, Rates: io("8", "30")},
			{Provider: "vertex", Model: "claude-x", Rates: with(io("3", "15"), usage.CacheCreation1h, "6")},
		}},
		{"model_prices.json", litellmSample, listing.LiteLLM, []listing.Quote{
			{Provider: "bedrock", Model: "anthropic.claude-x-v1:0", Rates: with(with(io("3", "15"), usage.CacheCreation, "3.75"), usage.CacheCreation1h, "6")},
			{Provider: "groq", Model: "openai/gpt-oss", Rates: io("0.075", "0.3")},
			{Provider: "openai", Model: "gpt-a", Rates: rates("1.25", "0.125", "10")},
			{Provider: "openai", Model: "gpt-a", Above: 272000, Rates: rates("2.5", "0.25", "15")},
			{Provider: "openai", Model: "gpt-a", Tier: "batch", Rates: io("0.625", "5")},
			{Provider: "openai", Model: "gpt-a", Tier: "flex", Rates: io("0.625", "5")},
		}},
		{"pricing/openai.json", portkeySample, listing.Portkey, []listing.Quote{
			{Provider: "openai", Model: "gemini-x", Rates: io("1", "2")},
			{Provider: "openai", Model: "gpt-a", Rates: io("0.75", "4.5")},
			{Provider: "openai", Model: "gpt-a", Above: 272000, Rates: io("1.5", "6.75")},
			{Provider: "openai", Model: "gpt-a", Tier: "batch", Rates: io("0.375", "2.25")},
			{Provider: "openai", Model: "gpt-a", Tier: "flex", Rates: io("0.375", "2.25")},
		}},
		{"default-model-prices.json", langfuseSample, listing.Langfuse, []listing.Quote{
			{Provider: "anthropic", Model: "claude-x", Tier: "speed=fast", Rates: with(with(io("10", "50"), usage.CacheCreation, "12.5"), usage.CacheCreation1h, "20")},
			{Provider: "openai", Model: "gpt-a", Rates: rates("2.5", "0.25", "15")},
			{Provider: "openai", Model: "gpt-a", Tier: "flex", Above: 272000, Rates: io("2.5", "11.25")},
			{Provider: "openai", Model: "gpt-a", Tier: "priority", Rates: io("5", "30")},
		}},
		{"openai.json", piSample, listing.PiAI, []listing.Quote{
			{Provider: "openai", Model: "gpt-a", Rates: with(rates("2", "0.1", "10"), usage.CacheCreation, "2.5")},
			{Provider: "openai", Model: "gpt-a", Above: 272000, Rates: with(rates("4", "0.2", "15"), usage.CacheCreation, "5")},
			{Provider: "vertex", Model: "gemini-x", Rates: io("0.3", "2.5")},
		}},
	} {
		t.Run(c.format, func(t *testing.T) {
			source, got, err := listing.Read(c.file, strings.NewReader(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if source.Name != c.format || source.Format != c.format {
				t.Errorf("source %+v, want %s", source, c.format)
			}
			for i := range c.want {
				c.want[i].Source = c.format
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("quotes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRefusesWhatItCannotRead(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"not JSON", "x.json", "input: 1", `reading prices "x.json": it is not JSON`},
		{"no format that is known", "x.json", `{"models": [1]}`, `reading prices "x.json": the format is not known; known are the price files of genai-prices, litellm`},
		{"a provider that the name does not tell", "x.json", `{"m": {"pricing_config": {}}}`, `keep the source's name, such as openai.json`},
		{"a negative price", "x.json", `[{"modelName": "gpt-a", "pricingTiers": [{"prices": {"input": -1, "output": 2}}]}]`, `model "gpt-a", tier 1: the price of input: "-1" is not a price`},
		{"a price of another type", "x.json", `[{"id": "openai", "pricing_urls": [], "models": [{"id": "m", "prices": {"input_mtok": "much", "output_mtok": 1}}]}]`, `model "m" of "openai": input_mtok`},
		{"a number beyond reason", "x.json", `{"a": {"m": {"id": "m", "provider": "openai", "cost": {"input": 1e99, "output": 1}}}}`, `"1e99" is not a price`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, quotes, err := listing.Read(c.file, strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || quotes != nil {
				t.Errorf("got %v and %d quotes, want an error with %q", err, len(quotes), c.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{genaiSample, litellmSample, portkeySample, langfuseSample, piSample} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, quotes, err := listing.Read("openai.json", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, q := range quotes {
			for c, v := range q.Rates {
				if again, err := money.Rounded(v, 0); err != nil || again != v {
					t.Errorf("%s of %s: %q is not a decimal in its shortest form (%q, %v)", c, q.Model, v, again, err)
				}
			}
			if q.Rates[usage.Input] == "" || q.Rates[usage.Output] == "" || q.Provider == "" {
				t.Errorf("quote %+v lacks a provider, input or output", q)
			}
		}
	})
}

// TestFileNamesCanHaveADate: the date of a source is the last one in its file's name, and the provider is what is left.
func TestFileNamesCanHaveADate(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"openai.json", ""},
		{"openai-2026-08-21.json", "2026-08-21"},
		{"2026-08-21_openai.json", "2026-08-21"},
		{"prices/2026-08-21/openai.json", "2026-08-21"},
		{`prices\2026-01-01\openai.2026-08-21.json`, "2026-08-21"},
		{"prices/2026-02-30/openai.json", ""},
		{"prices/2026-08-21/2026-13-01-openai.json", "2026-08-21"},
	} {
		source, quotes, err := listing.Read(c.file, strings.NewReader(portkeySample))
		if err != nil || source.Date != c.want || len(quotes) == 0 || quotes[0].Date != c.want || quotes[0].Provider != "openai" {
			t.Errorf("%s: date %q, quotes %+v, %v; want %q of openai", c.file, source.Date, quotes, err, c.want)
		}
	}
}
