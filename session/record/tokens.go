package record

import (
	"time"

	"github.com/pertask/pertask/session/scan"
	"github.com/pertask/pertask/usage"
)

// Count reads a count of tokens. It is unknown where the value is absent or null, and false where it is no count.
func Count(v []byte) (usage.Count, bool) {
	if scan.IsNull(v) {
		return usage.Count{}, true
	}
	n, ok := scan.Count(v, MaxTokens)
	if !ok {
		return usage.Count{}, false
	}
	return usage.Known(n), true
}

// Minus returns what is left of a count without a part of it. It is unknown where the count is; a part that is unknown is
// none. It is false where the part is more than the whole: then the log means something else by one of the two.
func Minus(whole, part usage.Count) (usage.Count, bool) {
	w, known := whole.Value()
	p, _ := part.Value()
	if !known {
		return usage.Count{}, p == 0
	}
	if p > w {
		return usage.Count{}, false
	}
	return usage.Known(w - p), true
}

// OrNone is the count, or zero where it is unknown: for classes that a log leaves out when there is nothing of them.
func OrNone(c usage.Count) usage.Count {
	n, _ := c.Value()
	return usage.Known(n)
}

// The years that a call of a log can be of.
const firstYear, lastYear = 2020, 2199

// Time reads a time in the form of RFC 3339. It is false for others and for years without agents.
func Time(v []byte) (time.Time, bool) {
	s, ok := scan.Text(v)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil {
		return time.Time{}, false
	}
	return t.UTC(), plausible(t)
}

// Millis is the time of so many milliseconds since 1970.
func Millis(n int64) (time.Time, bool) {
	t := time.UnixMilli(n).UTC()
	return t, plausible(t)
}

func plausible(t time.Time) bool { return t.Year() >= firstYear && t.Year() <= lastYear }
