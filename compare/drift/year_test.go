package drift

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"
)

var years = flag.Int("years", 100, "simulated years of weekly watches of each kind")

// world is a suite as a simulation has it.
type world struct {
	tasks, store int
	spread       float64 // of the log of a trial's cost, within its task
	lasts        int     // weeks after which all stored trials are others
}

// change is what a provider does in a week.
type change struct{ cost, completion float64 }

type simulated struct {
	r          *rand.Rand
	mean, rate []float64
	w          world
}

func (s *simulated) set(n int, c change) []*pair {
	out := make([]*pair, s.w.tasks)
	for i := range out {
		p := &pair{}
		for range n {
			s.trial(i, c, p)
		}
		out[i] = p
	}
	return out
}

// trial adds a fresh trial of a task: its costs are log-normal, as those of agents are about.
func (s *simulated) trial(i int, c change, p *pair) {
	usd := s.mean[i] * c.cost * math.Exp(s.w.spread*s.r.NormFloat64()-s.w.spread*s.w.spread/2)
	p.freshCost.add(usd)
	done := s.r.Float64() < s.rate[i]*c.completion
	p.fresh = append(p.fresh, basic(done))
}

// judge is Judge of trials without calls.
func judge(t *testing.T, stored []*pair, sets ...[]*pair) Finding {
	var pairs []*pair
	var strata []stratum
	for i, s := range stored {
		p := &pair{stored: s.fresh, storedCost: s.freshCost}
		for _, set := range sets {
			p.fresh = append(p.fresh, set[i].fresh...)
			p.freshCost = p.freshCost.merge(set[i].freshCost)
		}
		pairs = append(pairs, p)
		strata = append(strata, stratum{len(p.stored), len(p.fresh), completed(p.stored), completed(p.fresh)})
	}
	c, err := compareCosts(pairs)
	if err != nil {
		t.Fatal(err)
	}
	return Finding{Cost: c, Completion: completions(strata)}
}

// watched simulates weekly watches and returns the week, from 1, in which something is told, or 0, and how often a second
// set was needed.
func (s *simulated) watched(t *testing.T, weeks int, since int, c change) (told, seconds int) {
	same := change{1, 1}
	stored := s.set(s.w.store, same)
	var window [][]*pair
	for week := 1; week <= weeks; week++ {
		now := same
		if week >= since {
			now = c
		}
		if week > 1 && (week-1)%s.w.lasts == 0 {
			stored = s.set(s.w.store, now)
		}
		window = append(window, s.set(PerTask(s.w.tasks), now))
		window = window[max(0, len(window)-int(Window.Hours()/24/7)):]
		first := judge(t, stored, window...)
		if len(first.Alarms()) == 0 {
			continue
		}
		seconds++
		second := s.set(PerTask(s.w.tasks), now)
		if len(Confirmed(first, judge(t, stored, second))) > 0 {
			return week, seconds
		}
		window = append(window, second)
	}
	return 0, seconds
}

func newSimulated(w world, seed uint64) *simulated {
	s := &simulated{r: rand.New(rand.NewPCG(seed, 8)), w: w}
	for range w.tasks {
		s.mean = append(s.mean, 0.2*math.Exp(0.8*s.r.NormFloat64()))
		s.rate = append(s.rate, []float64{1, 0.95, 0.8, 0.5, 0.2}[s.r.IntN(5)])
	}
	return s
}

var worlds = map[string]world{
	"10 tasks, the store stays":          {tasks: 10, store: 12, spread: 0.5, lasts: 99},
	"10 tasks, the store is renewed":     {tasks: 10, store: 12, spread: 0.5, lasts: 6},
	"4 tasks":                            {tasks: 4, store: 12, spread: 0.5, lasts: 13},
	"10 tasks, few are stored":           {tasks: 10, store: 4, spread: 0.5, lasts: 99},
	"20 tasks that vary much":            {tasks: 20, store: 12, spread: 0.9, lasts: 13},
	"6 tasks, very much, few are stored": {tasks: 6, store: 5, spread: 1.1, lasts: 13},
}

// A year of weekly watches without any change opens an issue in few of the cases.
func TestAYearOfWatches(t *testing.T) {
	for name, w := range worlds {
		told, seconds := 0, 0
		for i := range *years {
			at, n := newSimulated(w, uint64(i)).watched(t, 52, 99, change{1, 1})
			seconds += n
			if at > 0 {
				told++
			}
		}
		share := float64(told) / float64(*years)
		t.Logf("%s: %d of %d years (%.3f), %.2f second sets a year", name, told, *years, share, float64(seconds)/float64(*years))
		if share > 0.12 { // 0.053 at most in 600 years of each
			t.Errorf("%s: an issue is opened for nothing in %.3f of the years", name, share)
		}
	}
}

// What does change is noticed soon.
func TestAChangeIsNoticed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		w      string
		c      change
		within int // weeks in which half of them notice
		ever   int // percent that notice in 13 weeks, at least
	}{
		{"30 % dearer", "10 tasks, the store stays", change{1.3, 1}, 4, 85},
		{"twice as dear", "10 tasks, the store stays", change{2, 1}, 1, 100},
		{"30 % cheaper", "10 tasks, the store stays", change{0.7, 1}, 3, 95},
		{"completes half as often", "10 tasks, the store stays", change{1, 0.5}, 2, 95},
		{"30 % dearer, 4 tasks", "4 tasks", change{1.3, 1}, 8, 55},
	} {
		at := make([]int, 60)
		for i := range *years {
			week, _ := newSimulated(worlds[tt.w], uint64(i)).watched(t, 13, 1, tt.c)
			at[week]++
		}
		soon, ever := 0, 0
		for week, n := range at {
			if week > 0 {
				ever += n
			}
			if week > 0 && week <= tt.within {
				soon += n
			}
		}
		t.Logf("%s: %.2f within %d weeks, %.2f within 13; by week %v", tt.name, float64(soon)/float64(*years), tt.within, float64(ever)/float64(*years), at[:14])
		if 2*soon < *years || 100*ever < tt.ever**years {
			t.Errorf("%s: noticed by %d of %d within %d weeks, %d within 13", tt.name, soon, *years, tt.within, ever)
		}
	}
}
