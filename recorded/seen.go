package recorded

import (
	"math"
	"sync"
)

// seen are the groups that there are rows of. It is safe for concurrent use.
type seen struct {
	lock   sync.Mutex
	groups map[[3]string]*group
}

func newSeen() *seen { return &seen{groups: map[[3]string]*group{}} }

// group is the trials of a dataset, model and task. It knows which there were, and on which line: some bytes for each
// where trials are numbered from 0. But for the names, it is for who takes the rows, one after the other.
type group struct {
	dataset, model, task string
	keep                 func(*Row) error // takes the rows, once it is open; nil when nobody does
	open                 bool

	dense  []uint32    // lines by trial; 0 for none
	sparse map[int]int // those of trials that are numbered far beyond how many there are
	trials int
}

// turn is a group as a parser meets it.
type turn struct {
	group    *group
	expected string // what begins a line with one of them, where the names are its first fields
	next     *turn  // whose row came after one of this
}

func (s *seen) group(names [3]string) *group {
	s.lock.Lock()
	defer s.lock.Unlock()
	g := s.groups[names]
	if g == nil {
		g = &group{dataset: names[0], model: names[1], task: names[2]}
		s.groups[names] = g
	}
	return g
}

// first notes a trial on a line. It returns the line on which the same trial was before, 0 when on none.
func (g *group) first(trial, line int) int {
	if trial < len(g.dense) && g.dense[trial] > 0 {
		return int(g.dense[trial])
	}
	if before := g.sparse[trial]; before > 0 {
		return before
	}
	g.trials++
	if trial > 4*g.trials+16 || line > math.MaxUint32 {
		if g.sparse == nil {
			g.sparse = map[int]int{}
		}
		g.sparse[trial] = line
		return 0
	}
	for len(g.dense) <= trial {
		g.dense = append(g.dense, 0)
	}
	g.dense[trial] = uint32(line)
	return 0
}
