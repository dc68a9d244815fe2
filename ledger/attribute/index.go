package attribute

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Index is the pull requests of some repositories, ready to be asked. It is safe for concurrent use.
type Index struct {
	bases map[string]*base   // by each name of a repository that was read
	heads map[string][]*base // by the name of a repository that pull requests come from
	paths map[string][]string
	lost  map[string][]found // pull requests whose repository was deleted, by commit
}

// base is a repository that pull requests go into.
type base struct {
	name, branch string
	number       map[int]*Pull
	own          map[string][]*Pull // by "host/owner/name" of the head, a NUL and its branch
	foreign      map[string][]*Pull // of other repositories, by branch and by "owner/branch"
	commit       map[string][]*Pull
	next         map[int]*Pull    // what went on with one that was closed
	made         map[string][]int // what a merge commit is of
}

// found is a pull request and where it goes.
type found struct {
	in   *base
	pull *Pull
}

// New returns an index. Of two pull requests with one number the later one in the list counts. The repositories are not
// changed and must not be while the index is used.
func New(repositories ...Repository) *Index {
	x := &Index{bases: map[string]*base{}, heads: map[string][]*base{}, paths: map[string][]string{}, lost: map[string][]found{}}
	for _, r := range once(repositories) {
		x.add(r)
	}
	for n := range x.bases {
		x.path(n)
	}
	for n := range x.heads {
		if x.bases[n] == nil {
			x.path(n)
		}
	}
	return x
}

// once joins repositories of one name: two former names of it may both have been asked for.
func once(repositories []Repository) []Repository {
	var out []Repository
	for _, r := range repositories {
		r.Name = name(r.Name)
		i := slices.IndexFunc(out, func(o Repository) bool { return o.Name == r.Name })
		if i < 0 {
			out = append(out, r)
			continue
		}
		out[i].Former = slices.Concat(out[i].Former, r.Former)
		out[i].Pulls = slices.Concat(out[i].Pulls, r.Pulls)
		out[i].DefaultBranch = cmp.Or(r.DefaultBranch, out[i].DefaultBranch)
	}
	return out
}

func (x *Index) path(name string) {
	_, path, _ := strings.Cut(name, "/")
	x.paths[path] = append(x.paths[path], name)
}

func (x *Index) add(r Repository) {
	b := &base{
		name: r.Name, branch: r.DefaultBranch, number: map[int]*Pull{}, own: map[string][]*Pull{}, foreign: map[string][]*Pull{},
		commit: map[string][]*Pull{}, next: map[int]*Pull{}, made: map[string][]int{},
	}
	if b.name == "" {
		return
	}
	for _, n := range append([]string{b.name}, r.Former...) {
		if n = name(n); n != "" && (x.bases[n] == nil || n == b.name) {
			x.bases[n] = b
		}
	}
	for i := range r.Pulls {
		b.number[r.Pulls[i].Number] = &r.Pulls[i]
	}
	for _, p := range b.number {
		c := strings.ToLower(p.Merge)
		b.made[c] = append(b.made[c], p.Number)
	}
	host, _, _ := strings.Cut(b.name, "/")
	for _, n := range slices.Sorted(maps.Keys(b.number)) {
		x.pull(b, host, b.number[n])
	}
	b.continuations()
}

// pull files a pull request under all that it is found by.
func (x *Index) pull(b *base, host string, p *Pull) {
	from := name(host + "/" + p.HeadRepository)
	if of := x.bases[from]; of != nil { // of a former name of the repository itself
		from = of.name
	}
	if from != "" {
		b.own[from+"\x00"+p.HeadRef] = append(b.own[from+"\x00"+p.HeadRef], p)
		if !slices.Contains(x.heads[from], b) {
			x.heads[from] = append(x.heads[from], b)
		}
	}
	if from != b.name {
		b.foreign[p.HeadRef] = append(b.foreign[p.HeadRef], p)
		if owner, _, known := strings.Cut(p.HeadRepository, "/"); known { // as GitHub's own tool calls it in a clone
			b.foreign[owner+"/"+p.HeadRef] = append(b.foreign[owner+"/"+p.HeadRef], p)
		}
	}
	for _, c := range b.evidence(p, from) {
		b.commit[c] = append(b.commit[c], p)
		if from == "" {
			x.lost[c] = append(x.lost[c], found{b, p})
		}
	}
}

// evidence lists the commits by which a pull request is found. One from the default branch has none of its own, and a merge
// commit is where other branches begin, whatever else brings it somewhere.
func (b *base) evidence(p *Pull, from string) []string {
	if from == b.name && p.HeadRef == b.branch {
		return nil
	}
	seen, out := map[string]bool{"": true}, []string{}
	for _, list := range [][]string{{p.Head}, p.Commits, p.Rewritten} {
		for _, c := range list {
			c = strings.ToLower(c)
			if of := b.made[c]; !seen[c] && (of == nil || slices.Contains(of, p.Number)) {
				out = append(out, c)
			}
			seen[c] = true
		}
	}
	return out
}

// continuations finds, for each pull request that was closed without being merged, the one that brought its work in
// instead: one that has its last commit. So it is when a branch is renamed, which closes its pull request, when somebody
// opens a new one by mistake or on purpose, and when the top of a stack is merged as a whole.
func (b *base) continuations() {
	for n, p := range b.number {
		if p.State != Closed {
			continue
		}
		var best *Pull
		for _, q := range b.commit[strings.ToLower(p.Head)] {
			if q.Number == n || q.State == Closed || !q.before(p.Created) {
				continue
			}
			if best == nil || cmp.Or(compareMerged(q, best), compareSize(q, best)) < 0 {
				best = q
			}
		}
		if best != nil {
			b.next[n] = best
		}
	}
}

// compareMerged puts merged ones first.
func compareMerged(p, q *Pull) int {
	rank := map[string]int{Merged: 0, Open: 1, Closed: 2}
	return cmp.Compare(rank[p.State], rank[q.State])
}

// compareSize puts the one with fewer commits first: of several that have a commit it is the one that the commit was made
// for, since those above it in a stack and those that collect others have its commits and more.
func compareSize(p, q *Pull) int {
	return cmp.Or(cmp.Compare(max(p.Total, len(p.Commits)), max(q.Total, len(q.Commits))), cmp.Compare(p.Number, q.Number))
}

// ended returns when a pull request was merged or closed, and false while it is open.
func (p *Pull) ended() (time.Time, bool) {
	if p.State == Open {
		return time.Time{}, false
	}
	if !p.Merged.IsZero() {
		return p.Merged, true
	}
	return p.Closed, true
}

// before reports whether a time is before the end of a pull request.
func (p *Pull) before(t time.Time) bool {
	end, is := p.ended()
	return !is || t.Before(end)
}

// has reports whether a commit is one of a pull request's.
func (b *base) has(p *Pull, commit string) bool { return slices.Contains(b.commit[commit], p) }

// Pull returns a pull request of a repository that was read.
func (x *Index) Pull(repository string, number int) (Pull, bool) {
	b := x.bases[name(repository)]
	if b == nil || b.number[number] == nil {
		return Pull{}, false
	}
	return *b.number[number], true
}
