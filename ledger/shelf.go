package ledger

import "time"

// Shelf is what a Store holds under one key, in memory: it carries out the rules of Store for implementations that fold
// records into what they say in the end. Its zero value is empty. It is not safe for concurrent use.
type Shelf struct {
	trials map[Identity]BaseTrial
	gone   map[Dropped]bool
}

// Dropped names a trial that was dropped: one with the same identity and another time is another trial.
type Dropped struct {
	Task string    `json:"task"`
	ID   string    `json:"id"`
	Time time.Time `json:"time"` // in UTC
}

// dropped names a trial as it would be dropped.
func (t BaseTrial) dropped() Dropped { return Dropped{t.Task, t.ID, t.Time.UTC().Round(0)} }

// Add puts a trial on the shelf, and reports whether it was not there and has not been dropped. It must be Checked.
func (s *Shelf) Add(t BaseTrial) bool {
	if _, there := s.trials[t.Identity()]; there || s.gone[t.dropped()] {
		return false
	}
	if s.trials == nil {
		s.trials = map[Identity]BaseTrial{}
	}
	s.trials[t.Identity()] = t
	return true
}

// Drop takes a trial off the shelf for good, also one that was never there.
func (s *Shelf) Drop(d Dropped) {
	if s.gone == nil {
		s.gone = map[Dropped]bool{}
	}
	d.Time = d.Time.UTC().Round(0)
	s.gone[d] = true
	if t, there := s.trials[Identity{d.Task, d.ID}]; there && t.dropped() == d {
		delete(s.trials, t.Identity())
	}
}

// All returns the names of the trials on the shelf, for dropping them.
func (s *Shelf) All() []Dropped {
	var out []Dropped
	for _, t := range s.Trials() {
		out = append(out, t.dropped())
	}
	return out
}

// Trials returns the trials on the shelf in the order of Sort.
func (s *Shelf) Trials() []BaseTrial {
	out := make([]BaseTrial, 0, len(s.trials))
	for _, t := range s.trials {
		out = append(out, t)
	}
	Sort(out)
	return out
}
