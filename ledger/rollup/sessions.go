package rollup

import (
	"slices"

	"github.com/pertask/pertask/ledger/spend"
)

// rank is the place of a source: the lowest that has a session, place and hour counts. What another ledger's line is worth
// goes by its provenance.
func rank(e spend.Entry) int {
	switch {
	case e.Provenance == spend.Allocated:
		return 7
	case e.Source == spend.Import && e.Provenance == spend.Measured:
		return 2
	case e.Source == spend.Import:
		return 6
	}
	return slices.Index([]spend.Source{spend.Meter, spend.Check, "", spend.SessionLog, spend.Telemetry, spend.Counters}, e.Source)
}

// place is where an entry says that it was; what is empty is not known.
type place struct {
	repository, branch string
	pull               int
}

func placeOf(e spend.Entry) place {
	p := place{e.Repository, e.Branch, e.Pull}
	if p.branch == "HEAD" { // a job of continuous integration checks a commit out
		p.branch = ""
	}
	return p
}

// same reports whether two places may be the same one: what is not known of either may be anything.
func (p place) same(q place) bool {
	same := func(x, y string) bool { return x == "" || y == "" || x == y }
	return same(p.repository, q.repository) && same(p.branch, q.branch) && (p.pull == 0 || q.pull == 0 || p.pull == q.pull)
}

// taken holds the places that have a source that counts, each with the best one's rank.
type taken struct {
	ranks map[place]int
	first []place // those that are compared with what is not known
}

// mostPlaces bounds how many places of a session and hour are compared with what is not known. No agent is in as many,
// and whoever wrote a ledger of more cannot make the time of a roll-up grow with its square.
const mostPlaces = 200

func (t *taken) add(p place, rank int) {
	if _, ok := t.ranks[p]; ok {
		return
	}
	t.ranks[p] = rank
	if len(t.first) < mostPlaces {
		t.first = append(t.first, p)
	}
}

// better reports whether a place has a source of a lower rank.
func (t *taken) better(p place, rank int) bool {
	if r, ok := t.ranks[p]; ok && r < rank {
		return true
	}
	return slices.ContainsFunc(t.first, func(q place) bool { return t.ranks[q] < rank && q.same(p) })
}

// choose divides the entries of one session and hour into those that count and those that do not, because a better
// source has the same place.
func choose(entries []spend.Entry) (counts, left []spend.Entry) {
	if len(entries) <= 1 || entries[0].Session == "" {
		return entries, nil
	}
	ranked := slices.Clone(entries)
	slices.SortStableFunc(ranked, func(a, b spend.Entry) int { return rank(a) - rank(b) })
	t := taken{ranks: map[place]int{}}
	for _, e := range ranked {
		p := placeOf(e)
		if t.better(p, rank(e)) {
			left = append(left, e)
			continue
		}
		t.add(p, rank(e))
		counts = append(counts, e)
	}
	return counts, left
}
