package ledger

import (
	"slices"
	"time"
)

// DefaultMaxAge is how old a trial may be to be used again, unless the configuration says otherwise: providers change
// what they serve under one name.
const DefaultMaxAge = 14 * 24 * time.Hour

// clockSkew is how far the clocks of two machines may differ.
const clockSkew = time.Hour

// Usable divides trials into those that are at most maxAge old and the others, in the order given. A trial of an unknown
// time, or of one that is an hour or more ahead, is of no known age: it is among the others. Nothing is usable with a
// maxAge of 0 or less.
func Usable(trials []BaseTrial, now time.Time, maxAge time.Duration) (usable, tooOld []BaseTrial) {
	for _, t := range trials {
		age := now.Sub(t.Time)
		if maxAge > 0 && !t.Time.IsZero() && age <= maxAge && age > -clockSkew {
			usable = append(usable, t)
		} else {
			tooOld = append(tooOld, t)
		}
	}
	return usable, tooOld
}

// Stock says how many trials there are and how old, for a report. The zero Stock is of no trials.
type Stock struct {
	Trials  int
	ByTask  map[string]int // trials by task id; a task without any is not there
	Commits []string       // of the base, at which they were measured, each once in alphabetical order
	// Oldest and Newest are the times of the first and the last trial; zero where there is none.
	Oldest, Newest time.Time
}

// Take counts trials.
func Take(trials []BaseTrial) Stock {
	s := Stock{Trials: len(trials), ByTask: map[string]int{}}
	for i, t := range trials {
		s.ByTask[t.Task]++
		if t.Commit != "" {
			s.Commits = append(s.Commits, t.Commit)
		}
		if i == 0 || t.Time.Before(s.Oldest) {
			s.Oldest = t.Time
		}
		if i == 0 || t.Time.After(s.Newest) {
			s.Newest = t.Time
		}
	}
	slices.Sort(s.Commits)
	s.Commits = slices.Compact(s.Commits)
	return s
}

// Least is the number of trials of the task that has the fewest. A task that has none counts.
func (s Stock) Least(tasks []string) int {
	if len(tasks) == 0 {
		return 0
	}
	least := s.ByTask[tasks[0]]
	for _, task := range tasks {
		least = min(least, s.ByTask[task])
	}
	return least
}

// Ages returns how old the newest and the oldest trial are, never less than 0, and false where there is none.
func (s Stock) Ages(now time.Time) (newest, oldest time.Duration, ok bool) {
	if s.Trials == 0 {
		return 0, 0, false
	}
	return max(0, now.Sub(s.Newest)), max(0, now.Sub(s.Oldest)), true
}
