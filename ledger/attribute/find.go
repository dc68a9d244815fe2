package attribute

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/ledger/spend"
)

// place is what of an entry the rules look at.
type place struct {
	repository, branch, commit string
	pull                       int
	hour                       time.Time // when it began
	last                       time.Time // when the last call ended
}

// Find returns where an entry counts. It goes by the entry's place and times and by nothing else, so that all entries of
// one place and hour count in one.
func (x *Index) Find(e spend.Entry) Attribution {
	p := place{
		repository: name(e.Repository), branch: strings.TrimPrefix(e.Branch, "refs/heads/"), commit: strings.ToLower(e.Commit),
		pull: e.Pull, hour: e.Hour, last: e.Last,
	}
	if p.last.Before(p.hour) {
		p.last = p.hour.Add(time.Hour)
	}
	if p.repository == "" {
		return Attribution{Reason: NoRepository}
	}
	x.known(&p)
	var best Attribution
	for _, b := range x.homes(p.repository) {
		if a := b.find(p); best == (Attribution{}) || rank(a) < rank(best) {
			best = a
		}
	}
	if best == (Attribution{}) {
		best = x.outside(p)
	}
	return best
}

// known replaces a host that is a name of somebody's own for a server, such as "github-work" of an ssh configuration, when
// there is one repository only that can be meant.
func (x *Index) known(p *place) {
	host, path, _ := strings.Cut(p.repository, "/")
	if !strings.Contains(host, ".") && x.bases[p.repository] == nil && x.heads[p.repository] == nil && len(x.paths[path]) == 1 {
		p.repository = x.paths[path][0]
	}
	if b := x.bases[p.repository]; b != nil {
		p.repository = b.name
	}
}

// homes returns the repositories whose pull requests can be of work in a repository: itself, and those that it has pull
// requests into.
func (x *Index) homes(repository string) []*base {
	var out []*base
	if b := x.bases[repository]; b != nil {
		out = append(out, b)
	}
	for _, b := range x.heads[repository] {
		if !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

// rank orders the answers of several repositories: one with a merged pull request, then one with another, then the rest.
func rank(a Attribution) int {
	switch {
	case a.Attributed():
		return 0
	case a.Pull != 0 && a.Reason != NotListed:
		return 1
	}
	return 2
}

// outside is the answer for a repository that nothing is known of. It may be a fork that was deleted since.
func (x *Index) outside(p place) Attribution {
	var in []found
	for _, f := range x.lost[p.commit] {
		if f.pull.before(p.hour) {
			in = append(in, f)
		}
	}
	if len(in) == 1 {
		return in[0].in.conclude(in[0].pull, ByCommit)
	}
	return Attribution{Repository: p.repository, Reason: OtherRepository}
}

// find goes through the evidence, from the strongest to the weakest.
func (b *base) find(p place) Attribution {
	if p.pull > 0 {
		return b.numbered(p.pull, ByPull)
	}
	if n, how := ofRef(p.branch); how == ByQueue || n > 0 && strings.HasPrefix(p.branch, "refs/") {
		return b.numbered(n, how)
	}
	named := b.ofBranch(p)
	if named.pull != nil && !named.over || named.ambiguous {
		return b.answer(named, p)
	}
	if n, how := ofRef(p.branch); n > 0 && named.pull == nil {
		return b.numbered(n, how)
	}
	if q := b.ofCommit(p); q != nil {
		return b.conclude(q, ByCommit)
	}
	return b.answer(named, p)
}

func (b *base) numbered(number int, how How) Attribution {
	if q := b.number[number]; q != nil {
		return b.conclude(q, how)
	}
	return Attribution{Repository: b.name, Pull: number, How: how, Reason: NotListed}
}

// conclude is the answer for a pull request, or for the one that went on with it.
func (b *base) conclude(p *Pull, how How) Attribution {
	if q := b.next[p.Number]; q != nil {
		p = q
	}
	a := Attribution{Repository: b.name, Pull: p.Number, How: how}
	switch p.State {
	case Merged:
		a.Commit = p.Merge
	case Open:
		a.Reason = NotMerged
	default:
		a.Reason = Unmerged
	}
	return a
}

var (
	queueRef = regexp.MustCompile(`^(?:refs/heads/)?gh-readonly-queue/.+/pr-([1-9]\d{0,8})-[0-9a-f]{7,64}$`)
	pullRef  = regexp.MustCompile(`^(?:refs/)?(?:(?:remotes/)?(?:pull|pr)/)?([1-9]\d{0,8})/(?:merge|head)$`)
)

// ofRef returns the number in a name that GitHub gives: "gh-readonly-queue/main/pr-12-<commit>" of a merge queue, and
// "refs/pull/12/merge", which a workflow also sees as "12/merge".
func ofRef(branch string) (int, How) {
	how := ByQueue
	m := queueRef.FindStringSubmatch(branch)
	if m == nil {
		m, how = pullRef.FindStringSubmatch(branch), ByPull
	}
	if m == nil {
		return 0, ""
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, ""
	}
	return n, how
}

// detached reports whether no branch was checked out.
func detached(branch string) bool { return branch == "HEAD" || strings.HasPrefix(branch, "(") }

// ofCommit returns the pull request that a commit was made for. Work after its end is not its own: the next branch begins
// at what it left behind.
func (b *base) ofCommit(p place) *Pull {
	at := p.hour
	if p.branch == b.branch { // nearly always nobody's, so that the whole of it must be before the end
		at = p.last
	}
	var in []*Pull
	for _, q := range b.commit[p.commit] {
		if q.before(at) {
			in = append(in, q)
		}
	}
	if len(in) == 0 {
		return nil
	}
	return slices.MinFunc(in, compareSize)
}

// answer says what the name of the branch has led to.
func (b *base) answer(m match, p place) Attribution {
	out := func(r Reason) Attribution {
		return Attribution{Repository: cmp.Or(m.repository, p.repository), Reason: r}
	}
	switch {
	case m.ambiguous:
		return out(Ambiguous)
	case m.pull != nil && m.over:
		a := b.conclude(m.pull, m.how)
		if m.pull.State == Merged {
			a.Commit, a.Reason = "", After
		}
		return a
	case m.pull != nil:
		return b.conclude(m.pull, m.how)
	case p.branch == "":
		return out(NoBranch)
	case detached(p.branch):
		return out(Detached)
	case p.branch == b.branch:
		return out(DefaultBranch)
	}
	return out(NoPull)
}
