package recorded

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded/excerpt"
	"github.com/pertask/pertask/usage"
)

// Fields reads the fields of JSON records and collects the mistakes in them. A field that is missing or null is
// unknown and no mistake. The zero Fields with a Path is ready.
type Fields struct {
	Path     string // of the file, for messages
	problems []error
}

// Bad notes a mistake at the value's place.
func (f *Fields) Bad(v excerpt.Value, problem, allowed string) {
	if len(f.problems) < maxProblems {
		f.problems = append(f.problems, &Error{Path: f.Path, At: v.At, Problem: problem, Allowed: allowed})
	}
}

// Err returns the mistakes noted so far, at most 20, joined; nil when there are none.
func (f *Fields) Err() error { return errors.Join(f.problems...) }

// Full reports whether no more mistakes are collected.
func (f *Fields) Full() bool { return len(f.problems) >= maxProblems }

// kind notes a mistake when a value that is there is not of the kind.
func (f *Fields) kind(v excerpt.Value, want excerpt.Kind, allowed string) bool {
	if !v.Is() {
		return false
	}
	if v.Kind != want {
		what := v.Kind.String()
		if v.Kind == excerpt.String || v.Kind == excerpt.NotFinite {
			what = fmt.Sprintf("%.40q", v.Text)
		}
		f.Bad(v, "this is "+what, allowed)
		return false
	}
	return true
}

// Count reads a whole number of 0 or more.
func (f *Fields) Count(v excerpt.Value) usage.Count {
	const allowed = "a whole number of 0 or more, or null when unknown"
	if !f.kind(v, excerpt.Number, allowed) {
		return usage.Count{}
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil || n < 0 {
		f.Bad(v, fmt.Sprintf("this is %.40s", v.Text), allowed)
		return usage.Count{}
	}
	return usage.Known(n)
}

// Positive reads a whole number of 0 or more where 0 is what the runner writes when it knows nothing, and
// therefore unknown.
func (f *Fields) Positive(v excerpt.Value) usage.Count {
	if n := f.Count(v); n != usage.Known(0) {
		return n
	}
	return usage.Count{}
}

// Dollars reads an amount of 0 or more.
func (f *Fields) Dollars(v excerpt.Value) price.Amount {
	const allowed = "dollars of 0 or more, or null when unknown"
	if !f.kind(v, excerpt.Number, allowed) {
		return price.Amount{}
	}
	m, err := price.ParseMoney(v.Text)
	if err != nil || m.IsNegative() {
		f.Bad(v, fmt.Sprintf("this is %.40s", v.Text), allowed)
		return price.Amount{}
	}
	return price.Known(m)
}

// PositiveDollars reads an amount of 0 or more where 0 is what the runner writes when it knows no price, and
// therefore unknown.
func (f *Fields) PositiveDollars(v excerpt.Value) price.Amount {
	a := f.Dollars(v)
	if m, ok := a.Value(); ok && m.IsZero() {
		return price.Amount{}
	}
	return a
}

// Text reads a string; "" when there is none.
func (f *Fields) Text(v excerpt.Value) string {
	if !f.kind(v, excerpt.String, "a string") {
		return ""
	}
	return v.Text
}

// Name reads a string or a number that must be there, such as the name of a task.
func (f *Fields) Name(v excerpt.Value) string {
	if v.Kind == excerpt.Number && len(v.Text) <= 40 {
		return v.Text
	}
	if s := f.Text(v); s != "" {
		return s
	}
	if v.Kind <= excerpt.Null || v.Kind == excerpt.String {
		f.Bad(v, "this is "+map[bool]string{true: "empty", false: "missing"}[v.Kind == excerpt.String], "every trial has a name here")
	}
	return ""
}

// Flag reads true or false; nil when neither is there.
func (f *Fields) Flag(v excerpt.Value) *bool {
	if !f.kind(v, excerpt.Bool, "true, false, or null when unknown") {
		return nil
	}
	b := v.Text == "true"
	return &b
}

// Real reads a number.
func (f *Fields) Real(v excerpt.Value) (float64, bool) {
	if !f.kind(v, excerpt.Number, "a number, or null when unknown") {
		return 0, false
	}
	x, err := strconv.ParseFloat(v.Text, 64)
	if err != nil {
		f.Bad(v, fmt.Sprintf("this is %.40s", v.Text), "a number in the range of a double")
		return 0, false
	}
	return x, true
}

// maxSeconds is a duration that no trial has, 30 years.
const maxSeconds = 1e9

// Seconds reads a duration of 0 or more; nil when there is none.
func (f *Fields) Seconds(v excerpt.Value) *float64 { return f.duration(v, 1, "seconds of 0 or more") }

// Milliseconds reads a duration of 0 or more in milliseconds and returns it in seconds; nil when there is none.
func (f *Fields) Milliseconds(v excerpt.Value) *float64 {
	return f.duration(v, 1000, "milliseconds of 0 or more")
}

func (f *Fields) duration(v excerpt.Value, perSecond float64, allowed string) *float64 {
	x, ok := f.Real(v)
	if !ok {
		return nil
	}
	x /= perSecond
	if x < 0 || x > maxSeconds {
		f.Bad(v, fmt.Sprintf("this is %.40s", v.Text), allowed)
		return nil
	}
	return &x
}

// Between reads two instants and returns the seconds from the first to the second; nil when one is missing, when
// the clock went backwards, or when only one of them has a zone, since nobody can tell how far apart they are.
func (f *Fields) Between(from, to excerpt.Value) *float64 {
	a, zonedA, okA := f.instant(from)
	b, zonedB, okB := f.instant(to)
	if !okA || !okB || zonedA != zonedB || b.Before(a) {
		return nil
	}
	s := b.Sub(a).Seconds()
	if s > maxSeconds {
		f.Bad(to, fmt.Sprintf("this is %.0f seconds after the start", s), fmt.Sprintf("at most %.0f", maxSeconds))
		return nil
	}
	return &s
}

func (f *Fields) instant(v excerpt.Value) (t time.Time, zoned, ok bool) {
	s := f.Text(v)
	if s == "" {
		return time.Time{}, false, false
	}
	// Python writes instants with and without a zone.
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, true, true
	}
	if t, err := time.Parse("2006-01-02T15:04:05.999999999", s); err == nil {
		return t, false, true
	}
	f.Bad(v, fmt.Sprintf("%.40q is not an instant", s), "such as 2026-07-06T02:00:00Z")
	return time.Time{}, false, false
}
