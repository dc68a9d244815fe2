package listing

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pertask/pertask/usage"
)

// Portkey's files nest prices by region, mode and context, next to a plain price. All are cents per token.
type (
	portkeyModel struct {
		Config portkeyConfig `json:"pricing_config"`
		Custom struct {
			Contexts map[string]string        `json:"context_tier_map"` // tokens -> name
			Regions  map[string]portkeyRegion `json:"regions"`
		} `json:"custom_pricing"`
	}
	portkeyRegion struct {
		Modes map[string]portkeyMode `json:"execution_modes"`
	}
	portkeyMode struct {
		Config   portkeyConfig `json:"pricing_config"`
		Contexts map[string]struct {
			Config portkeyConfig `json:"pricing_config"`
		} `json:"context_tiers"`
	}
	portkeyConfig struct {
		PayAsYouGo portkeyPrices `json:"pay_as_you_go"`
		Batch      portkeyPrices `json:"batch_config"`
	}
	portkeyPrices map[string]json.RawMessage
)

// portkeyClasses are the prices per token of Portkey's files, by our classes.
var portkeyClasses = map[string]usage.Class{
	"request_token": usage.Input, "response_token": usage.Output, "cache_read_input_token": usage.CacheRead,
	"cache_write_input_token": usage.CacheCreation,
}

func (p portkeyPrices) figures() *figures {
	f := &figures{shift: 4, nothing: true}
	price := func(raw json.RawMessage) json.Number {
		var v struct {
			Price json.Number `json:"price"`
		}
		_ = decode(raw, &v) // a price of another form is none that we read
		return v.Price
	}
	for _, name := range keys(p) {
		if c, ok := portkeyClasses[name]; ok {
			f.set(c, price(p[name]))
		}
	}
	var units map[string]json.RawMessage
	_ = decode(p["additional_units"], &units)
	f.set(usage.CacheCreation1h, price(units["cache_write_1h"]))
	return f
}

// suffixed is how Portkey's file of Google's own API spells a band of context: in the model's name. The name
// says 128k for models whose threshold is another; only the prices of a short context are taken.
var suffixed = regexp.MustCompile(`^(.+)-(lte|gt)-[0-9]+k$`)

func readPortkey(data []byte, provider string) ([]Quote, error) {
	if provider == "" {
		return nil, errors.New("the provider is told by the file's name, and this one is not known; keep the source's name, such as openai.json")
	}
	var file map[string]portkeyModel
	if err := decode(data, &file); err != nil {
		return nil, err
	}
	var out []Quote
	for _, id := range keys(file) {
		name := id
		if part := suffixed.FindStringSubmatch(id); part != nil {
			if name = part[1]; part[2] == "gt" {
				continue
			}
		}
		quotes, err := file[id].quotes()
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", id, err)
		}
		for _, q := range quotes {
			q.Provider, q.Model = provider, name
			out = append(out, q)
		}
	}
	return out, nil
}

// quotes reads a model. Where prices are given by mode, they go before the plain ones of the same tier. The
// region "default" is everywhere, unless there is one that says so itself.
func (m portkeyModel) quotes() ([]Quote, error) {
	tiers := map[string]map[int64]*figures{"": {0: m.Config.PayAsYouGo.figures()}, "batch": {0: m.Config.Batch.figures()}}
	here := "default"
	if _, ok := m.Custom.Regions["global"]; ok {
		here = "global"
	}
	for name, mode := range m.Custom.Regions[here].Modes {
		tier := strings.Replace(name, "standard", "", 1)
		bands := map[int64]*figures{}
		if f := mode.Config.PayAsYouGo.figures(); f.whole() {
			bands[0] = f
		}
		for tokens, context := range m.Custom.Contexts {
			above, err := strconv.ParseInt(tokens, 10, 64)
			if err != nil {
				return nil, err
			}
			if c, ok := mode.Contexts[context]; ok {
				bands[above] = c.Config.PayAsYouGo.figures()
			}
		}
		if len(bands) > 0 {
			tiers[tier] = bands
		}
	}
	return perTier(tiers)
}
