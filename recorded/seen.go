package recorded

import "math"

// name is a text that rows have in common: kept once, so that rows of a million trials take the memory of their names.
type name struct{ text string }

// seen knows which trials there were, and on which line: some bytes for each where trials are numbered from 0.
type seen struct {
	names map[string]*name
	cells map[[3]*name]*cell
}

func newSeen() seen { return seen{names: map[string]*name{}, cells: map[[3]*name]*cell{}} }

// name returns the one name of a text.
func (s *seen) name(text []byte) *name {
	n := s.names[string(text)]
	if n == nil {
		n = &name{string(text)}
		s.names[n.text] = n
	}
	return n
}

// first notes a trial of a task on a line. It returns the line on which the same trial was before, 0 when on none.
func (s *seen) first(of [3]*name, trial, line int) int {
	c := s.cells[of]
	if c == nil {
		c = &cell{}
		s.cells[of] = c
	}
	return c.first(trial, line)
}

// cell holds the lines of the trials of a dataset, model and task.
type cell struct {
	dense  []uint32    // by trial; 0 for none
	sparse map[int]int // the trials that are numbered far beyond how many there are
	trials int
}

func (c *cell) first(trial, line int) int {
	if trial < len(c.dense) && c.dense[trial] > 0 {
		return int(c.dense[trial])
	}
	if before := c.sparse[trial]; before > 0 {
		return before
	}
	c.trials++
	if trial > 4*c.trials+16 || line > math.MaxUint32 {
		if c.sparse == nil {
			c.sparse = map[int]int{}
		}
		c.sparse[trial] = line
		return 0
	}
	for len(c.dense) <= trial {
		c.dense = append(c.dense, 0)
	}
	c.dense[trial] = uint32(line)
	return 0
}
