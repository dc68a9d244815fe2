package grounds

import (
	"fmt"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
)

// Flip says, one line each, what alone would bring the ratio to the most that is allowed, all else as measured. What is
// not possible is left out: a cache that serves more than everything, more than all trials completed. head names the
// head, safe for where it will stand.
func Flip(r *content.Report, head string) []string {
	s := r.Sensitivity
	if s == nil {
		return nil
	}
	var out []string
	if d := s.Discount; d != nil && finite(d.Estimate) && d.Estimate != 0 && d.Estimate < 1 {
		out = append(out, discount(r, d, head))
	}
	if c := s.CacheHit; c != nil && possible(c) {
		out = append(out, fmt.Sprintf("A cache hit rate %s (it was %s)", beyond(c), figure.Percent(c.Now)))
	}
	if c := s.Completion; c != nil && possible(c) && c.At > 0 {
		out = append(out, fmt.Sprintf("A completion rate %s (it was %s)", beyond(c), figure.Percent(c.Now)))
	}
	if t := s.Tokens; t != nil && finite(t.At) && t.At > 0 && t.At != 1 {
		out = append(out, fmt.Sprintf("%s as many tokens per trial", figure.Times(t.At, 1)))
	}
	return out
}

// possible reports whether a break-even is a share, and another one than was measured.
func possible(b *content.BreakEven) bool {
	return b.At >= 0 && b.At <= 1 && b.Now >= 0 && b.Now <= 1 && b.At != b.Now
}

func beyond(b *content.BreakEven) string {
	if b.At > b.Now {
		return "above " + figure.Percent(b.At)
	}
	return "below " + figure.Percent(b.At)
}

// discount is how much lower the head's prices would have to be, or how many times as high.
func discount(r *content.Report, d *content.Difference, head string) string {
	level := figure.Level(Confidence(r, d.Confidence))
	if d.Estimate < 0 {
		return fmt.Sprintf("Prices of %s %s as high (%s %s)", head, figure.Times(1-d.Estimate, 1), level, figure.Limits(1-d.High, 1-d.Low, 1))
	}
	return fmt.Sprintf("A discount of %s on %s (%s %s)", figure.Percent(d.Estimate), head, level, shares(d.Low, d.High))
}

// shares writes the limits of a discount. Below 0 the head's prices could rise; 1 is a gift.
func shares(low, high content.Number) string {
	none, gift := low <= 0, high >= 1
	switch {
	case low != low || high != high:
		return figure.Unknown
	case none && gift:
		return "without limits"
	case high <= 0:
		return "none"
	case none:
		return "none to " + figure.Percent(high)
	case gift:
		return "at least " + figure.Percent(low)
	}
	return figure.Percent(low) + " to " + figure.Percent(high)
}
