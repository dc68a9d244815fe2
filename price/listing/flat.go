package listing

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/usage"
)

// litellmKey is a price of LiteLLM's file in dollars per token. The parts are the class, the context above
// which it holds in thousands of tokens, and the tier.
var litellmKey = regexp.MustCompile(`^(input|output|cache_read_input|cache_creation_input)_(?:cost_per_)?token(?:_cost)?(_above_1hr)?(?:_above_([0-9]+)k_tokens)?(?:_(flex|priority|batches))?$`)

// readLiteLLM reads model_prices_and_context_window.json: an object of models, each with a flat set of prices.
func readLiteLLM(data []byte, _ string) ([]Quote, error) {
	var file map[string]map[string]json.RawMessage
	if err := decode(data, &file); err != nil {
		return nil, err
	}
	var out []Quote
	for _, id := range keys(file) {
		var name string
		_ = json.Unmarshal(file[id]["litellm_provider"], &name) // stays empty, and is no provider of ours
		provider, known := providers[name]
		if !known {
			continue
		}
		quotes, err := litellmQuotes(file[id])
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", id, err)
		}
		for _, q := range quotes {
			q.Provider, q.Model = provider, id[strings.LastIndex(id, "/")+1:]
			if provider == "groq" { // there the slash is a part of the model's id
				q.Model = strings.TrimPrefix(id, "groq/")
			}
			out = append(out, q)
		}
	}
	return out, nil
}

func litellmQuotes(prices map[string]json.RawMessage) ([]Quote, error) {
	tiers := map[string]map[int64]*figures{}
	for _, key := range keys(prices) {
		part := litellmKey.FindStringSubmatch(key)
		var number json.Number
		if part == nil || decode(prices[key], &number) != nil {
			continue
		}
		class := usage.Class(strings.TrimSuffix(part[1], "_input"))
		if part[2] != "" {
			class += "_1h"
		}
		tier := strings.Replace(part[4], "batches", "batch", 1)
		var above int64
		if part[3] != "" {
			n, err := strconv.Atoi(part[3])
			if err != nil {
				return nil, fmt.Errorf("%q: %w", key, err)
			}
			above = int64(n) * 1000
		}
		if tiers[tier] == nil {
			tiers[tier] = map[int64]*figures{}
		}
		if tiers[tier][above] == nil {
			tiers[tier][above] = &figures{shift: 6}
		}
		tiers[tier][above].set(class, number)
	}
	return perTier(tiers)
}

// perTier makes quotes of the bands of every tier.
func perTier(tiers map[string]map[int64]*figures) ([]Quote, error) {
	var out []Quote
	for _, tier := range keys(tiers) {
		quotes, err := quotesOf(tiers[tier])
		if err != nil {
			return nil, err
		}
		for _, q := range quotes {
			q.Tier = tier
			out = append(out, q)
		}
	}
	return out, nil
}

// piModel is one model of pi-ai's provider files, whose prices are dollars per million tokens.
type piModel struct {
	ID   string `json:"id"`
	Cost *struct {
		piCost
		Tiers []struct {
			piCost
			Above int64 `json:"inputTokensAbove"`
		} `json:"tiers"`
	} `json:"cost"`
	Provider string `json:"provider"`
	Type     string `json:"type"`
}

type piCost struct {
	Input      json.Number `json:"input"`
	Output     json.Number `json:"output"`
	CacheRead  json.Number `json:"cacheRead"`
	CacheWrite json.Number `json:"cacheWrite"`
}

func (c piCost) figures() *figures {
	f := &figures{nothing: true}
	f.set(usage.Input, c.Input)
	f.set(usage.Output, c.Output)
	f.set(usage.CacheRead, c.CacheRead)
	f.set(usage.CacheCreation, c.CacheWrite)
	return f
}

// readPiAI reads dist/providers/data/PROVIDER.json: models by wire format and name. In it, 0 means "no rate".
func readPiAI(data []byte, _ string) ([]Quote, error) {
	var file map[string]map[string]piModel
	if err := decode(data, &file); err != nil {
		return nil, err
	}
	var out []Quote
	for _, api := range keys(file) {
		for _, key := range keys(file[api]) {
			m := file[api][key]
			provider, known := providers[m.Provider]
			if !known || m.Cost == nil || m.Type != "" && m.Type != "chat" {
				continue
			}
			bands := map[int64]*figures{0: m.Cost.figures()}
			for _, t := range m.Cost.Tiers {
				bands[t.Above] = t.figures()
			}
			quotes, err := quotesOf(bands)
			if err != nil {
				return nil, fmt.Errorf("model %q: %w", m.ID, err)
			}
			for _, q := range quotes {
				q.Provider, q.Model = provider, m.ID
				out = append(out, q)
			}
		}
	}
	return out, nil
}

// langfuseModel is one model of langfuse's default-model-prices.json, whose prices are dollars per token.
type langfuseModel struct {
	Name  string `json:"modelName"`
	Tiers []struct {
		Conditions []struct {
			Key      string   `json:"key"`
			Values   []string `json:"values"`
			Pattern  string   `json:"usageDetailPattern"`
			Operator string   `json:"operator"`
			Value    int64    `json:"value"`
		} `json:"conditions"`
		Prices map[string]json.Number `json:"prices"`
	} `json:"pricingTiers"`
}

// langfuseClasses are the names of a class in langfuse's prices; the first that is there counts.
var langfuseClasses = map[usage.Class][]string{
	usage.Input: {"input", "input_text"}, usage.Output: {"output", "output_text"},
	usage.CacheRead:       {"input_cache_read", "cache_read_input_tokens", "input_cached_tokens", "cached_content_token_count"},
	usage.CacheCreation:   {"input_cache_creation", "cache_creation_input_tokens", "cache_write_tokens"},
	usage.CacheCreation1h: {"input_cache_creation_1h"},
}

// maker says whose model a name is, where a source does not say it.
func maker(model string) string {
	for prefix, provider := range map[string]string{"gpt-": "openai", "chatgpt-": "openai", "o1": "openai", "o3": "openai", "o4": "openai", "claude-": "anthropic", "gemini-": "google"} {
		if strings.HasPrefix(model, prefix) {
			return provider
		}
	}
	return ""
}

// readLangfuse reads default-model-prices.json: models with tiers, each under conditions on the request.
func readLangfuse(data []byte, _ string) ([]Quote, error) {
	var file []langfuseModel
	if err := decode(data, &file); err != nil {
		return nil, err
	}
	var out []Quote
	for _, m := range file {
		provider := maker(m.Name)
		if provider == "" {
			continue
		}
		for i, t := range m.Tiers {
			q := Quote{Provider: provider, Model: m.Name}
			for _, c := range t.Conditions {
				switch {
				case c.Pattern != "" && c.Operator == "gt":
					q.Above = c.Value
				case c.Key == "service_tier" && slices.Contains(c.Values, "priority"):
					q.Tier = "priority"
				case c.Key == "service_tier" && slices.Contains(c.Values, "flex"):
					q.Tier = "flex"
				default:
					q.Tier = c.Key + "=" + strings.Join(c.Values, ",")
				}
			}
			f := &figures{shift: 6}
			for class, names := range langfuseClasses {
				for _, name := range names {
					if n, ok := t.Prices[name]; ok {
						f.set(class, n)
						break
					}
				}
			}
			if f.err != nil {
				return nil, fmt.Errorf("model %q, tier %d: %w", m.Name, i+1, f.err)
			}
			if q.Rates = f.rates; f.whole() {
				out = append(out, q)
			}
		}
	}
	return out, nil
}
