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
	if t, ok := quick(v); ok {
		return t, plausible(t)
	}
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

// quick reads the form that all agents write, "2026-11-03T10:00:01.000Z" with its quotes. It is false for every other, and for
// a day that a month does not have.
func quick(v []byte) (time.Time, bool) {
	const form = `"0000-00-00T00:00:00.000Z"`
	if len(v) != len(form) {
		return time.Time{}, false
	}
	for i := range len(form) {
		if c := v[i]; form[i] == '0' && (c < '0' || c > '9') || form[i] != '0' && c != form[i] {
			return time.Time{}, false
		}
	}
	two := func(at int) int { return int(v[at]-'0')*10 + int(v[at+1]-'0') }
	month, day, hour, minute, second := two(6), two(9), two(12), two(15), two(18)
	if month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	millis := int(v[21]-'0')*100 + two(22)
	return time.Date(two(1)*100+two(3), time.Month(month), day, hour, minute, second, millis*1e6, time.UTC), true
}

// Millis is the time of so many milliseconds since 1970.
func Millis(n int64) (time.Time, bool) {
	t := time.UnixMilli(n).UTC()
	return t, plausible(t)
}

func plausible(t time.Time) bool { return t.Year() >= firstYear && t.Year() <= lastYear }
