package repostore

import (
	"strings"
	"time"
)

// Life is what happened to a pull request, for those who read histories. The zero value is of one that was never touched.
type Life struct {
	Title    string // "" is "Change"
	Created  time.Time
	Updated  time.Time
	Closed   time.Time // or merged; zero while it is open
	MergedAt time.Time
	// Rewritten is what the head was before each push with force.
	Rewritten []string
	// Unreadable says that GitHub cannot show it, and answers null and an error in its place.
	Unreadable bool
}

// TitleText returns the title.
func (l Life) TitleText() string {
	if l.Title == "" {
		return "Change"
	}
	return l.Title
}

// CommitsOf lists the commits that a pull request brings, oldest first.
func (r *Repo) CommitsOf(p *Pull) []string { return r.Git.Log(p.Head, p.Base) }

// LinesOf counts the lines that a pull request adds and deletes and the files that it changes, against the commit at which
// it left its base.
func (r *Repo) LinesOf(p *Pull) (added, deleted, files int) {
	base, ok := r.Git.MergeBase(p.Base, p.Head)
	if !ok {
		base = p.Base
	}
	for _, c := range r.Git.Changes(base, p.Head) {
		added, deleted, files = added+c.Added, deleted+c.Deleted, files+1
	}
	return added, deleted, files
}

// Rename gives a repository another name. The old one leads to it still, as GitHub redirects, until another repository
// takes it.
func (s *Store) Rename(r *Repo, to string) {
	old := r.FullName
	r.FullName = to
	s.byName[strings.ToLower(to)] = r
	for _, in := range s.byName {
		for _, p := range in.Pulls {
			if strings.EqualFold(p.HeadRepo, old) {
				p.HeadRepo = to
			}
		}
	}
}

// Delete takes a repository away. Its pull requests elsewhere stay, without a head repository.
func (s *Store) Delete(r *Repo) {
	for name, at := range s.byName {
		if at == r {
			delete(s.byName, name)
		}
		for _, p := range at.Pulls {
			if strings.EqualFold(p.HeadRepo, r.FullName) {
				p.HeadRepo = ""
			}
		}
	}
	delete(s.byID, r.ID)
}

// Settle fills in the times that a change at a time has left out. Before is when the pull request was last updated.
func (p *Pull) Settle(now, before time.Time) {
	set := func(t *time.Time, is bool) {
		if is && t.IsZero() {
			*t = now
		}
	}
	set(&p.Created, true)
	set(&p.MergedAt, p.Merged)
	if p.Merged {
		p.State, p.Closed = "closed", p.MergedAt
	}
	set(&p.Closed, p.State == "closed")
	if p.Updated.Equal(before) {
		p.Updated = now
	}
}
