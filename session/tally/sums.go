package tally

import (
	"encoding/json"
	"slices"
)

// Sums are what a Tally has added up, in the form in which it is kept between scans.
type Sums struct{ all []sum }

type sum struct {
	Kind   kind    `json:"kind"`
	Bucket *bucket `json:"sum"`
}

// MarshalJSON writes the sums in order.
func (s Sums) MarshalJSON() ([]byte, error) {
	slices.SortFunc(s.all, func(a, b sum) int { return compare(a.Kind, b.Kind) })
	return json.Marshal(s.all)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (s *Sums) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &s.all) }

// Sums returns what was added up, and the keys of the calls that are in it.
func (t *Tally) Sums() (Sums, *Set) {
	var s Sums
	for k, b := range t.buckets {
		s.all = append(s.all, sum{k, b})
	}
	return s, &t.seen
}

// Resume goes on with what was added up before. It is called before the first call is added.
func (t *Tally) Resume(s Sums, calls Set) {
	t.seen = calls
	t.buckets = make(map[kind]*bucket, len(s.all))
	for _, x := range s.all {
		if x.Bucket != nil {
			t.buckets[x.Kind] = x.Bucket
		}
	}
}

// MarshalJSON writes the window.
func (w Window) MarshalJSON() ([]byte, error) { return json.Marshal(w.calls) }

// UnmarshalJSON reads what MarshalJSON has written.
func (w *Window) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &w.calls) }

// IsZero reports whether the window holds nothing.
func (w Window) IsZero() bool { return len(w.calls) == 0 }
