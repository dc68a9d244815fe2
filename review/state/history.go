package state

import (
	"slices"
	"time"
)

// Entry is one thing that happened on a pull request: exactly one of Run, Accepted and Ended is set.
type Entry struct {
	Time time.Time
	Head string // object id of the head at that time; "" when not known
	By   string // login of who asked for it or accepted; "" when nobody did
	Run  *Run
	// Accepted is the first of the acceptances of a comment, and Ended the first of those that ended together; Suites has
	// the names of all.
	Accepted *Acceptance
	Ended    *Acceptance
	Suites   []string
}

// History is what happened, newest first: runs, acceptances, and ends of acceptances. Of things of the same time what
// followed from the other comes first.
func (s State) History() []Entry {
	var out []Entry
	for _, r := range s.Runs {
		e := Entry{Time: r.Time, Head: r.Head, By: r.By, Run: &r}
		for _, u := range r.Suites {
			e.Suites = append(e.Suites, u.Name)
		}
		out = append(out, e)
	}
	var given, ended []Entry
	for _, a := range s.Acceptances {
		given = join(given, Entry{Time: a.Time, Head: a.Head, By: a.By, Accepted: &a, Suites: []string{a.Suite}})
		if a.End != nil {
			ended = join(ended, Entry{Time: a.End.Time, Head: a.End.Head, Ended: &a, Suites: []string{a.Suite}})
		}
	}
	out = slices.Concat(ended, given, out)
	slices.SortStableFunc(out, func(a, b Entry) int { return b.Time.Compare(a.Time) })
	return out
}

// join adds an entry, or its suite to the one before that came from the same comment at the same time.
func join(all []Entry, e Entry) []Entry {
	if n := len(all); n > 0 && all[n-1].Time.Equal(e.Time) && all[n-1].about() == e.about() {
		all[n-1].Suites = append(all[n-1].Suites, e.Suites...)
		return all
	}
	return append(all, e)
}

// about is what entries have to share to be shown as one.
func (e Entry) about() (key struct {
	comment int64
	why     string
}) {
	switch {
	case e.Accepted != nil:
		key.comment = e.Accepted.CommentID
	case e.Ended != nil:
		key.comment, key.why = e.Ended.CommentID, e.Ended.End.Why
	}
	return key
}
