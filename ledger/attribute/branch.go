package attribute

import "slices"

// match is what the name of a branch leads to.
type match struct {
	pull       *Pull // nil: none has the name
	how        How
	over       bool // it had ended before the hour, and there is no later one
	ambiguous  bool
	repository string
}

// ofBranch looks for the pull request of a branch: of the place's own repository, and where there is none, of any other
// repository, since a work tree that was cloned from the one that pull requests go into is pushed to a fork.
func (b *base) ofBranch(p place) match {
	if p.branch == "" || detached(p.branch) {
		return match{}
	}
	home := p.repository == b.name
	if home && p.branch == b.branch {
		return match{}
	}
	m := b.choose(b.own[p.repository+"\x00"+p.branch], p)
	if home && (m.pull == nil || m.over) && !m.ambiguous {
		if f := b.choose(b.foreign[p.branch], p); f.pull != nil && !f.over || f.ambiguous || m.pull == nil {
			return f
		}
	}
	return m
}

// choose picks one of the pull requests of a branch's name.
func (b *base) choose(all []*Pull, p place) match {
	if len(all) == 0 {
		return match{}
	}
	how := ByBranch
	var in []*Pull
	if p.commit != "" {
		in = keep(all, func(q *Pull) bool { return q.before(p.hour) && b.has(q, p.commit) })
	}
	if len(in) > 0 {
		how = ByCommit
	} else {
		in = all
	}
	at := holding(in, p)
	if len(at) == 0 {
		last := slices.MaxFunc(in, func(q, r *Pull) int { a, _ := q.ended(); z, _ := r.ended(); return a.Compare(z) })
		return match{pull: last, how: how, over: true}
	}
	if one := b.one(at); one != nil {
		return match{pull: one, how: how}
	}
	return match{ambiguous: true}
}

// holding returns those whose life holds the time of an entry: the ones that were open then, else the ones that were opened
// next, since work comes before its pull request. Of two that followed each other within the hour it is the first.
func holding(all []*Pull, p place) []*Pull {
	all = keep(all, func(q *Pull) bool { return q.before(p.hour) })
	if open := keep(all, func(q *Pull) bool { return !q.Created.After(p.last) }); len(open) > 0 {
		all = open
	}
	first := map[string]*Pull{} // by repository
	for _, q := range all {
		if f := first[q.HeadRepository]; f == nil || q.Created.Before(f.Created) {
			first[q.HeadRepository] = q
		}
	}
	return keep(all, func(q *Pull) bool { f := first[q.HeadRepository]; return q == f || f.before(q.Created) })
}

// one returns the one of several pull requests that were open at once which the work counts for, or nil. Branches of one
// name in several forks are different work. Of one branch, those that were given up do not compete, and where it goes into
// several others, as a correction of an older release does, it counts once: where it goes into the default branch.
func (b *base) one(at []*Pull) *Pull {
	if slices.ContainsFunc(at, func(q *Pull) bool { return q.HeadRepository != at[0].HeadRepository }) {
		return nil
	}
	for _, rule := range []func(*Pull) bool{
		func(*Pull) bool { return true },
		func(q *Pull) bool { return q.State != Closed || b.next[q.Number] != nil },
		func(q *Pull) bool { return q.BaseRef == b.branch },
	} {
		if better := keep(at, rule); len(better) > 0 {
			at = better
		}
		if !slices.ContainsFunc(at, func(q *Pull) bool { return b.goes(q) != b.goes(at[0]) }) {
			return at[0]
		}
	}
	return nil
}

// goes returns the pull request that another's work went into.
func (b *base) goes(p *Pull) *Pull {
	if q := b.next[p.Number]; q != nil {
		return q
	}
	return p
}

func keep(all []*Pull, is func(*Pull) bool) []*Pull {
	var out []*Pull
	for _, q := range all {
		if is(q) {
			out = append(out, q)
		}
	}
	return out
}
