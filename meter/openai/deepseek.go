package openai

import (
	"fmt"

	"github.com/pertask/pertask/meter/wire"
)

const (
	cacheHit  = "prompt_cache_hit_tokens"
	cacheMiss = "prompt_cache_miss_tokens"
)

// deepseek is a shape with DeepSeek's two fields, which split the prompt. What is told twice must agree.
func deepseek(s shape) shape {
	s = s.knowing(cacheHit, cacheMiss)
	s.cache = func(o, details wire.Object, in int64, c *cache) error {
		hit, knowsHit, err := o.Count(cacheHit)
		if err != nil {
			return err
		}
		miss, knowsMiss, err := o.Count(cacheMiss)
		if err != nil {
			return err
		}
		switch {
		case knowsHit && knowsMiss && hit+miss != in:
			return fmt.Errorf("%s is %d and %s is %d, which are not the %d of %q", cacheHit, hit, cacheMiss, miss, in, s.input)
		case knowsMiss && miss > in:
			return fmt.Errorf("%s is %d, more than the %d of %q", cacheMiss, miss, in, s.input)
		case knowsMiss:
			hit, knowsHit = in-miss, true
		}
		if !knowsHit {
			return nil
		}
		if _, twice, _ := details.Count("cached_tokens"); twice && c.read != hit {
			return fmt.Errorf("%s.cached_tokens is %d, and %s says %d", s.inputDetails, c.read, cacheHit, hit)
		}
		c.read = hit
		return nil
	}
	return s
}
