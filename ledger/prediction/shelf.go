package prediction

import (
	"cmp"
	"slices"
	"strings"
)

// Shelf is what a Store holds, in memory: it carries out the rules of Store for implementations that fold lines into what
// they say in the end. Its zero value is empty. It is not safe for concurrent use.
type Shelf struct {
	records map[Key]*Record
}

// Predict puts a checked prediction on the shelf, and reports whether it was not there.
func (s *Shelf) Predict(p Prediction) (bool, error) {
	if r := s.records[p.Key]; r != nil {
		if !r.Prediction.Equal(p) {
			return false, ErrKept
		}
		return false, nil
	}
	if s.records == nil {
		s.records = map[Key]*Record{}
	}
	s.records[p.Key] = &Record{Prediction: p}
	return true, nil
}

// Observe puts a checked outcome on the shelf, and reports whether it was not there.
func (s *Shelf) Observe(o Outcome) (bool, error) {
	r := s.records[o.Key]
	if r == nil {
		return false, ErrUnknown
	}
	for _, have := range r.Outcomes {
		if have.Equal(o) {
			return false, nil
		}
		if have.Final || have.AsOf.Equal(o.AsOf) || o.Final && have.AsOf.After(o.AsOf) {
			return false, ErrFinal
		}
	}
	r.Outcomes = append(r.Outcomes, o)
	slices.SortFunc(r.Outcomes, func(a, b Outcome) int { return a.AsOf.Compare(b.AsOf) })
	return true, nil
}

// Records returns what is on the shelf about a repository, or about every one for "", in the order of the merges.
func (s *Shelf) Records(repository string) []Record {
	var out []Record
	for k, r := range s.records {
		if repository == "" || k.Repository == repository {
			out = append(out, Record{r.Prediction, slices.Clone(r.Outcomes)})
		}
	}
	slices.SortFunc(out, func(a, b Record) int {
		p, q := a.Prediction, b.Prediction
		return cmp.Or(p.Merged.Compare(q.Merged), strings.Compare(p.Repository, q.Repository), cmp.Compare(p.Pull, q.Pull), strings.Compare(p.Suite, q.Suite))
	})
	return out
}
