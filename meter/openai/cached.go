package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Fields in which a chat's usage tells what was read from a cache besides OpenAI's own place: at the top (Moonshot,
// Together), under Mistral's two names (vercel/ai#14382), and as DeepSeek's split of the prompt. Gateways and servers for open models pass
// them on from each other, so they are understood in every variant. Reading from a cache is cheaper than plain input:
// a field of these that went unread would make the price too high and the lower bound none.
const (
	cachedTop    = "cached_tokens"
	cachedNumber = "num_cached_tokens"
	cachedDetail = "prompt_token_details" // and not prompt_tokens_details, which it may stand beside
	cacheHit     = "prompt_cache_hit_tokens"
	cacheMiss    = "prompt_cache_miss_tokens"
)

// chatCache brings together what is told of the cache in several places. A zero beside a number is a field that
// somebody did not fill in, but for DeepSeek, whose own fields are these (strict).
func (s shape) chatCache(o, details wire.Object, in int64, c *cache) error {
	hit, known, err := s.hits(o, in)
	if err != nil {
		return err
	}
	if _, twice, _ := details.Count("cached_tokens"); s.strict && known && twice && c.read != hit {
		return fmt.Errorf("%s.cached_tokens is %d, and %s says %d", s.inputDetails, c.read, cacheHit, hit)
	}
	singular, err := o.Object(cachedDetail)
	if err != nil {
		return err
	}
	read, err := agreed([]place{{details, "cached_tokens"}, {singular, "cached_tokens"}, {o, cachedTop}, {o, cachedNumber}})
	switch {
	case err != nil:
		return err
	case read != 0 && hit != 0 && read != hit:
		return fmt.Errorf("%d tokens were read from a cache, and %s says %d", read, cacheHit, hit)
	}
	c.read = max(read, hit)
	return nil
}

// hits reads DeepSeek's split of the prompt.
func (s shape) hits(o wire.Object, in int64) (hit int64, known bool, err error) {
	hit, knowsHit, err := o.Count(cacheHit)
	if err != nil {
		return 0, false, err
	}
	miss, knowsMiss, err := o.Count(cacheMiss)
	if err != nil {
		return 0, false, err
	}
	switch {
	case !s.strict && hit+miss == 0: // nobody filled them in
		return 0, false, nil
	case knowsHit && knowsMiss && hit+miss != in:
		return 0, false, fmt.Errorf("%s is %d and %s is %d, which are not the %d of %q", cacheHit, hit, cacheMiss, miss, in, s.input)
	case knowsMiss && miss > in:
		return 0, false, fmt.Errorf("%s is %d, more than the %d of %q", cacheMiss, miss, in, s.input)
	case knowsMiss:
		return in - miss, true, nil
	}
	return hit, knowsHit, nil
}

// tellsCache reports whether a usage object says how much was read from a cache, be it nothing.
func (s shape) tellsCache(raw json.RawMessage) bool {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return false
	}
	for _, name := range []string{cachedTop, cachedNumber, cacheHit, cacheMiss, litellmRead} {
		if !wire.IsNull(o.Raw(name)) {
			return true
		}
	}
	for _, name := range []string{s.inputDetails, cachedDetail} {
		if details, err := o.Object(name); err == nil && !wire.IsNull(details.Raw("cached_tokens")) {
			return true
		}
	}
	return false
}

// unfinished makes a running total honest. The output only grows, but what of the prompt was read from a cache may be
// told at the end only, and it is much cheaper: priced as plain input it would not be a lower bound.
func (s shape) unfinished(r *usage.Reading) {
	if !s.tellsCache(r.Raw) {
		priceless(r)
	}
}

// priceless forgets how the input is split.
func priceless(r *usage.Reading) { r.Tokens.Input, r.Tokens.CacheRead = usage.Count{}, usage.Count{} }

// discounted reports whether a field that is not understood is about a cache: what it counts may be cheaper than what
// it would be taken for.
func discounted(paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return strings.Contains(strings.ToLower(p), "cach") })
}
