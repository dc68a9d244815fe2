package attribute_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// world is repositories and entries made of a few names, so that everything collides with everything.
type world struct {
	repos   []attribute.Repository
	entries []spend.Entry
}

func oneOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func commitOf(r *rand.Rand) string { return strings.Repeat(fmt.Sprintf("%x", r.IntN(12)), 40) }

func start() time.Time { return time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC) }

func random(seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 7))
	var w world
	for _, name := range []string{"github.com/acme/shop", "github.com/eve/shop", "ghes.example/acme/shop"}[:1+r.IntN(3)] {
		repo := attribute.Repository{Name: name, DefaultBranch: oneOf(r, "main", "main", "")}
		if r.IntN(3) == 0 {
			repo.Former = []string{"github.com/acme/old"}
		}
		for n := range r.IntN(8) {
			repo.Pulls = append(repo.Pulls, pull(r, n+1))
		}
		w.repos = append(w.repos, repo)
	}
	for i := range 40 {
		hour := start().Add(time.Duration(r.IntN(48)) * time.Hour)
		w.entries = append(w.entries, spend.Entry{
			Session: fmt.Sprintf("%032x", i), Hour: hour, Last: hour.Add(time.Duration(r.IntN(3600)) * time.Second), Calls: 1,
			Tokens: usage.Tokens{Input: usage.Known(int64(1 + r.IntN(1000)))},
			Place: spend.Place{
				Repository: oneOf(r, "github.com/acme/shop", "github.com/eve/shop", "github.com/acme/old", "work/acme/shop", "ghes.example/acme/shop", "github.com/x/y", ""),
				Branch:     oneOf(r, "fix", "wip", "main", "HEAD", "", "3/merge", "gh-readonly-queue/main/pr-2-0123456", "x"),
				Commit:     oneOf(r, "", commitOf(r)), Pull: oneOf(r, 0, 0, 0, 0, r.IntN(10)),
			},
		})
	}
	return w
}

func pull(r *rand.Rand, number int) attribute.Pull {
	at := func() time.Time { return start().Add(time.Duration(r.IntN(48*60)) * time.Minute) }
	p := attribute.Pull{
		Number: number, State: oneOf(r, attribute.Open, attribute.Closed, attribute.Merged, attribute.Merged), HeadRef: oneOf(r, "fix", "wip", "main", "3/merge"),
		HeadRepository: oneOf(r, "acme/shop", "acme/shop", "eve/shop", ""), BaseRef: oneOf(r, "main", "fix", "release"), Created: at(), Head: commitOf(r),
	}
	for range r.IntN(4) {
		p.Commits = append(p.Commits, commitOf(r))
	}
	if r.IntN(4) == 0 {
		p.Rewritten = []string{commitOf(r)}
	}
	p.Total = len(p.Commits) + r.IntN(2)
	if p.State != attribute.Open {
		p.Closed = p.Created.Add(time.Duration(r.IntN(1200)) * time.Minute)
	}
	if p.State == attribute.Merged {
		p.Merged, p.Merge = p.Closed, commitOf(r)
	}
	return p
}

// TestNothingIsDropped groups the entries of random worlds as a ledger does, and compares sums.
func TestNothingIsDropped(t *testing.T) {
	reasons := map[attribute.Reason]int{}
	hows := map[attribute.How]int{}
	for seed := range uint64(2000) {
		w := random(seed)
		x := attribute.New(w.repos...)
		sums, all := map[attribute.Attribution]int64{}, int64(0)
		for _, e := range w.entries {
			a := x.Find(e)
			n, _ := e.Tokens.Input.Value()
			sums[a], all = sums[a]+n, all+n
			reasons[a.Reason]++
			hows[a.How]++
			if bad := wrong(x, a, e); bad != "" {
				t.Fatalf("seed %d: %s: %+v of %+v", seed, bad, a, e.Place)
			}
		}
		for _, n := range sums {
			all -= n
		}
		if all != 0 {
			t.Fatalf("seed %d: %d tokens are in no line", seed, all)
		}
	}
	for _, r := range append(attribute.Reasons(), "") {
		if reasons[r] == 0 {
			t.Errorf("the reason %q never came up: the worlds are too tame", r)
		}
	}
	if len(reasons) != len(attribute.Reasons())+1 || len(hows) != 5 {
		t.Errorf("got %v and %v", reasons, hows)
	}
}

// wrong says what an answer must not be.
func wrong(x *attribute.Index, a attribute.Attribution, e spend.Entry) string {
	p, there := x.Pull(a.Repository, a.Pull)
	ended := !p.Closed.IsZero() && !e.Hour.Before(p.Closed)
	state := map[attribute.Reason]string{"": attribute.Merged, attribute.NotMerged: attribute.Open, attribute.Unmerged: attribute.Closed, attribute.After: attribute.Merged}
	want, has := state[a.Reason]
	switch {
	case a == attribute.Attribution{}:
		return "no answer"
	case a.Reason != "" && !slices.Contains(attribute.Reasons(), a.Reason):
		return "a reason that there is not"
	case a.Attributed() != (a.Reason == ""):
		return "neither attributed nor not"
	case (a.Pull != 0) != (a.How != ""):
		return "a number without evidence, or the other way round"
	case (a.Pull != 0) != (has || a.Reason == attribute.NotListed):
		return "a number and a reason that do not go together"
	case has && (!there || p.State != want):
		return "the pull request is in another state"
	case a.Reason == attribute.NotListed && there:
		return "the pull request was read"
	case a.Commit != "" && (a.Reason != "" || a.Commit != p.Merge):
		return "another commit"
	case a.Reason == attribute.After && !ended:
		return "the merge is not before the hour"
	case a.Reason == attribute.NoRepository != (e.Repository == ""):
		return "a repository is or is not there"
	}
	return ""
}

// TestOrderDoesNotMatter shuffles what was read.
func TestOrderDoesNotMatter(t *testing.T) {
	for seed := range uint64(1000) {
		w, v := random(seed), random(seed)
		r := rand.New(rand.NewPCG(seed, 8))
		for i := range v.repos {
			p := v.repos[i].Pulls
			r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
		}
		x, y := attribute.New(w.repos...), attribute.New(v.repos...)
		for _, e := range w.entries {
			if a, b := x.Find(e), y.Find(e); a != b {
				t.Fatalf("seed %d: %+v and %+v of %+v", seed, a, b, e.Place)
			}
		}
	}
}

// TestOthersDoNotMatter adds a pull request that has nothing to do with an entry, and another repository.
func TestOthersDoNotMatter(t *testing.T) {
	for seed := range uint64(1000) {
		w, v := random(seed), random(seed)
		for i := range v.repos {
			p := pull(rand.New(rand.NewPCG(seed, 9)), 100+i)
			p.HeadRef, p.Head, p.Commits, p.Rewritten, p.HeadRepository = "unrelated", strings.Repeat("e", 40), nil, nil, "acme/shop"
			if p.Merge != "" {
				p.Merge = strings.Repeat("d", 40)
			}
			v.repos[i].Pulls = append(v.repos[i].Pulls, p)
			w.repos[i].Pulls = append(w.repos[i].Pulls, attribute.Pull{Number: 200, State: attribute.Open, HeadRef: "other", HeadRepository: "acme/shop", Head: strings.Repeat("f", 40)})
		}
		v.repos = append(v.repos, attribute.Repository{Name: "github.com/acme/unrelated", DefaultBranch: "fix"})
		x, y := attribute.New(w.repos...), attribute.New(v.repos...)
		for _, e := range w.entries {
			if a, b := x.Find(e), y.Find(e); a != b {
				t.Fatalf("seed %d: %+v and %+v of %+v", seed, a, b, e.Place)
			}
		}
	}
}

// FuzzFind asks about places that nobody has thought of.
func FuzzFind(f *testing.F) {
	f.Add(uint64(1), "github.com/acme/shop", "fix", "", 0, int64(3600))
	f.Add(uint64(2), "git@github.com:acme/shop.git", "refs/pull/3/merge", strings.Repeat("a", 40), 0, int64(-5))
	f.Add(uint64(3), "work/acme/shop", "gh-readonly-queue//pr-1-0123456", strings.Repeat("A", 40), -7, int64(1<<40))
	f.Add(uint64(4), "x", "(HEAD detached at 1)", "\x00", 1<<40, int64(0))
	f.Fuzz(func(t *testing.T, seed uint64, repository, branch, commit string, number int, second int64) {
		w := random(seed)
		x := attribute.New(w.repos...)
		e := spend.Entry{Hour: time.Unix(second, 0).UTC(), Place: spend.Place{Repository: repository, Branch: branch, Commit: commit, Pull: number}}
		a := x.Find(e)
		if a.Reason == attribute.NoRepository {
			return
		}
		if bad := wrong(x, a, e); bad != "" {
			t.Errorf("%s: %+v of %+v", bad, a, e.Place)
		}
	})
}

// TestIndex covers what histories do not show.
func TestIndex(t *testing.T) {
	at := start()
	p := attribute.Pull{Number: 1, State: attribute.Open, HeadRef: "fix", HeadRepository: "acme/shop", Head: strings.Repeat("a", 40), Created: at}
	later := p
	later.State, later.Merged, later.Closed, later.Merge = attribute.Merged, at.Add(time.Hour), at.Add(time.Hour), strings.Repeat("b", 40)
	x := attribute.New(attribute.Repository{Name: "https://GitHub.com/Acme/Shop.git", DefaultBranch: "main", Pulls: []attribute.Pull{p, later}}, attribute.Repository{Name: "nonsense"})
	if got, ok := x.Pull("github.com/acme/shop", 1); !ok || got.State != attribute.Merged {
		t.Errorf("of two the later does not count: %+v", got)
	}
	if _, ok := x.Pull("github.com/acme/shop", 2); ok {
		t.Error("a pull request that there is not")
	}
	e := spend.Entry{Hour: at, Place: spend.Place{Repository: "github.com/acme/shop", Branch: "refs/heads/fix", Commit: strings.Repeat("A", 40)}}
	want := attribute.Attribution{Repository: "github.com/acme/shop", Pull: 1, Commit: later.Merge, How: attribute.ByCommit}
	if got := x.Find(e); got != want || !got.Attributed() {
		t.Errorf("got %+v", got)
	}
	if got := attribute.New().Find(e); got.Reason != attribute.OtherRepository || got.Attributed() {
		t.Errorf("nothing was read: got %+v", got)
	}
}
