package spend

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// Later returns which of two entries with one ID counts: the one of the higher revision, then the one with fewer calls
// unseen, then the one whose last call ended later, then the one with more tokens, then one of the two whatever their
// order. So it does not matter in which order entries of an ID are met, nor how often.
func Later(a, b Entry) Entry {
	by := cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(b.Unseen, a.Unseen), a.Last.Compare(b.Last),
		cmp.Compare(tokensIn(a), tokensIn(b)))
	if by == 0 {
		x, errA := json.Marshal(a)
		y, errB := json.Marshal(b)
		if errA == nil && errB == nil { // neither fails: an entry has nothing that JSON lacks
			by = bytes.Compare(x, y)
		}
	}
	if by < 0 {
		return b
	}
	return a
}

// Compare orders entries: by hour, session and ID. It returns a number below 0, 0 or above 0, as cmp.Compare does.
func Compare(a, b Entry) int {
	return cmp.Or(a.Hour.Compare(b.Hour), cmp.Compare(a.Session, b.Session), cmp.Compare(a.ID, b.ID))
}

// Sort puts entries into the order in which stores return them: that of Compare.
func Sort(entries []Entry) { slices.SortFunc(entries, Compare) }

// Plus adds two entries of one ID that hold different calls, as a reader does that finds one call after another. What is
// not known of either is not known of the sum; the commit, the version, the author and the labels are those of the entry
// with the later last call that has any. The error says that the IDs differ.
func Plus(a, b Entry) (Entry, error) {
	if a.ID != b.ID {
		return Entry{}, fmt.Errorf("adding an entry %.40q to %.40q: they are of different calls", b.ID, a.ID)
	}
	if b.Last.After(a.Last) {
		a, b = b, a
	}
	sum := a
	sum.Commit, sum.Version, sum.Author = cmp.Or(a.Commit, b.Commit), cmp.Or(a.Version, b.Version), cmp.Or(a.Author, b.Author)
	if len(sum.Labels) == 0 {
		sum.Labels = b.Labels
	}
	sum.Calls, sum.Unseen = a.Calls+b.Calls, a.Unseen+b.Unseen
	switch {
	case b.empty():
	case a.empty():
		sum.Tokens, sum.ReportedUSD = b.Tokens, b.ReportedUSD
	default:
		sum.Tokens, sum.ReportedUSD = a.Tokens.Plus(b.Tokens), a.ReportedUSD.Plus(b.ReportedUSD)
	}
	sum.Requests = maps.Clone(a.Requests)
	for unit, n := range b.Requests {
		if sum.Requests == nil {
			sum.Requests = map[string]int64{}
		}
		sum.Requests[unit] += n
	}
	sum.Revision = revision(sum)
	return sum, nil
}

// empty reports whether there is no call of which something is known.
func (e Entry) empty() bool { return e.Calls == 0 && e.Source != Counters }

// Set holds one entry for each ID: of several, the one that Later prefers. Its zero value is empty. It is not safe for
// concurrent use.
type Set struct{ entries map[string]Entry }

// Add puts an entry into the set, and reports whether that changed it.
func (s *Set) Add(e Entry) bool {
	if s.entries == nil {
		s.entries = map[string]Entry{}
	}
	have, ok := s.entries[e.ID]
	if ok && Same(Later(have, e), have) {
		return false
	}
	s.entries[e.ID] = e
	return true
}

// Len returns how many entries there are.
func (s *Set) Len() int { return len(s.entries) }

// Sorted returns the entries in the order of Sort.
func (s *Set) Sorted() []Entry {
	out := slices.AppendSeq(make([]Entry, 0, len(s.entries)), maps.Values(s.entries))
	Sort(out)
	return out
}

// Same reports whether two entries say the same.
func Same(a, b Entry) bool {
	if a.ID != b.ID || a.Revision != b.Revision || a.Unseen != b.Unseen || !a.Last.Equal(b.Last) || a.Tokens != b.Tokens {
		return false
	}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

// Merge yields what several sources have, each in the order of Sort, in that order and one entry for each ID. Errors are
// yielded as they come, and the source goes on after one. It holds one entry of each source.
func Merge(sources ...iter.Seq2[Entry, error]) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var heads []head
		defer func() {
			for _, h := range heads {
				h.stop()
			}
		}()
		for _, s := range sources {
			next, stop := iter.Pull2(s)
			heads = append(heads, head{next: next, stop: stop})
			if !heads[len(heads)-1].forward(yield) {
				return
			}
		}
		for {
			best, ok := lowest(heads)
			if !ok {
				return
			}
			for i := range heads {
				for h := &heads[i]; h.ok && h.entry.ID == best.ID; {
					best = Later(best, h.entry)
					if !h.forward(yield) {
						return
					}
				}
			}
			if !yield(best, nil) {
				return
			}
		}
	}
}

// head is a source and the entry that comes next of it.
type head struct {
	next  func() (Entry, error, bool)
	stop  func()
	entry Entry
	ok    bool
}

// forward goes on to the next entry and yields the errors before it. It is false when nothing more is wanted.
func (h *head) forward(yield func(Entry, error) bool) bool {
	for {
		var err error
		if h.entry, err, h.ok = h.next(); !h.ok || err == nil {
			return true
		}
		if !yield(Entry{}, err) {
			return false
		}
	}
}

// lowest returns the entry that comes first of all heads.
func lowest(heads []head) (e Entry, ok bool) {
	for _, h := range heads {
		if h.ok && (!ok || Compare(h.entry, e) < 0) {
			e, ok = h.entry, true
		}
	}
	return e, ok
}
