package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Fields of Anthropic's that LiteLLM passes on at the top of its usage object, and its own copies below the
// prompt's details. Unlike Anthropic's, its prompt_tokens contain all of them, whatever model is behind it.
const (
	litellmRead    = "cache_read_input_tokens"
	litellmWritten = "cache_creation_input_tokens"
	litellmSplit   = "cache_creation_token_details"
	litellmTTL5m   = "ephemeral_5m_input_tokens"
	litellmTTL1h   = "ephemeral_1h_input_tokens"
)

// litellmWrites are the names under which the prompt's details tell what was written to the cache.
var litellmWrites = []string{"cache_creation_tokens", "cache_write_tokens", litellmWritten}

// litellm is a shape with the fields of LiteLLM's type Usage.
func litellm(s shape) shape {
	d := s.inputDetails + "."
	s = s.knowing(litellmRead, litellmWritten, "cache_creation."+litellmTTL5m, "cache_creation."+litellmTTL1h,
		d+"cache_creation_tokens", d+litellmWritten, d+litellmSplit+"."+litellmTTL5m, d+litellmSplit+"."+litellmTTL1h,
		d+"cached_tokens_details.text_tokens", d+"cached_tokens_details.image_tokens")
	s.units = []string{s.inputDetails, "server_tool_use"}
	s.cache = litellmCache
	s.more = func(o wire.Object, r *usage.Reading) {
		litellmAttributes(o, r)
		if err := litellmTools(o, s.inputDetails, r); err != nil {
			lower(r, "reading the usage object: "+err.Error())
		}
	}
	return s
}

// litellmCache brings together what is told in several places. Nothing is counted twice: the counts of one thing
// must agree, but for a zero beside a number, which is a copy that some version of the gateway did not fill in.
// That all of it fits into the prompt is checked afterwards.
func litellmCache(o, details wire.Object, _ int64, c *cache) error {
	read := c.read
	write := []place{{o, litellmWritten}}
	for _, name := range litellmWrites {
		write = append(write, place{details, name})
	}
	split, err := details.Object(litellmSplit)
	if err != nil {
		return err
	}
	above, err := o.Object("cache_creation")
	if err != nil {
		return err
	}
	for _, told := range []struct {
		n      *int64
		places []place
	}{
		{&c.read, []place{{o, litellmRead}, {details, "cached_tokens"}}},
		{&c.written, write},
		{&c.minutes5, []place{{split, litellmTTL5m}, {above, litellmTTL5m}}},
		{&c.hours1, []place{{split, litellmTTL1h}, {above, litellmTTL1h}}},
	} {
		if *told.n, err = agreed(told.places); err != nil {
			return err
		}
	}
	if c.read != 0 && read != 0 && c.read != read {
		return fmt.Errorf("%s is %d, and elsewhere it is %d", litellmRead, c.read, read)
	}
	c.read = max(c.read, read)
	if c.written == 0 {
		c.written = c.minutes5 + c.hours1 // the split alone is told
	}
	return nil
}

// WritesAreAnthropics reports whether a usage object of LiteLLM's tells what was written to a cache in Anthropic's
// words, and not in OpenAI's, which has other times to live. The gateway puts zeros of the one beside the other.
func WritesAreAnthropics(raw json.RawMessage) bool {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return false
	}
	details, err := o.Object(chatShape.inputDetails)
	if err != nil {
		return false
	}
	own, _, _ := details.Count("cache_write_tokens")
	written, err := agreed([]place{{o, litellmWritten}, {details, litellmWritten}})
	return err == nil && written > 0 && own == 0
}

// place is where a count may stand.
type place struct {
	object wire.Object
	name   string
}

// agreed returns the count that several places tell: the one number that is not zero among them.
func agreed(places []place) (int64, error) {
	var sum int64
	at := ""
	for _, p := range places {
		n, _, err := p.object.Count(p.name)
		switch {
		case err != nil:
			return 0, err
		case n == 0 || n == sum:
		case sum != 0:
			return 0, fmt.Errorf("%s is %d, and %s, which is the same, is %d", at, sum, p.name, n)
		default:
			sum, at = n, p.name
		}
	}
	return sum, nil
}

// litellmAttributes are the facts that Anthropic puts beside its counts and that LiteLLM passes on. The words for
// "nothing special" change no price.
func litellmAttributes(o wire.Object, r *usage.Reading) {
	r.ServedTier = wire.String(o.Raw("service_tier"))
	for name, usual := range map[string]string{"speed": "standard", "inference_geo": "not_available"} {
		if v := wire.String(o.Raw(name)); v != "" && v != usual {
			if r.Attributes == nil {
				r.Attributes = make(map[string]string)
			}
			r.Attributes[name] = v
		}
	}
}

// litellmTools reads the requests of tools that ran at the provider, which may stand in two places too.
func litellmTools(o wire.Object, inputDetails string, r *usage.Reading) error {
	details, err := o.Object(inputDetails)
	if err != nil {
		return err
	}
	tools, err := o.Object("server_tool_use")
	if err != nil {
		return err
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(details.Names(), tools.Names()...)))) {
		unit, ok := strings.CutSuffix(name, "_requests")
		if !ok {
			continue
		}
		n, err := agreed([]place{{details, name}, {tools, name}})
		if err != nil {
			return err
		}
		request(r, unit, n)
	}
	return nil
}
