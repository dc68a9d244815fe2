package attribute_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
)

// feature is one piece of work on one branch, with what was true of it: every entry belongs to its pull request.
type feature struct {
	pull    attribute.Pull
	opened  bool
	commits []string // of the branch as it is
	below   *feature // the one that it stands on; nil is main
	at      time.Time
	places  []spend.Entry
}

// town is a repository in which much happens at once. It knows what every entry was for.
type town struct {
	r        *rand.Rand
	ids      int
	features []*feature
	free     map[string]time.Time // when a branch's name can be used again
	kept     map[string]bool      // names that cannot
}

func (w *town) id() string { w.ids++; return fmt.Sprintf("%040x", w.ids) }

func (w *town) chance(percent int) bool { return w.r.IntN(100) < percent }

// pass lets up to some hours pass.
func (f *feature) pass(w *town, hours int) {
	f.at = f.at.Add(time.Duration(1+w.r.IntN(hours*60)) * time.Minute)
}

// work makes an entry: of the branch or of a work tree without one, with the commit that is checked out or without.
func (f *feature) work(w *town) {
	f.pass(w, 5)
	e := spend.Entry{Hour: f.at.Truncate(time.Hour), Last: f.at, Place: spend.Place{Repository: "github.com/acme/shop", Branch: f.pull.HeadRef}}
	tip := "ffffffffffffffffffffffffffffffffffffffff" // of main, which is nobody's
	if f.below != nil && len(f.below.commits) > 0 {
		tip = f.below.commits[len(f.below.commits)-1]
	}
	if n := len(f.commits); n > 0 {
		tip = f.commits[n-1]
	}
	if w.chance(60) {
		e.Commit = tip
	}
	if len(f.commits) > 0 && e.Commit != "" && w.chance(10) {
		e.Branch = "HEAD"
	}
	f.places = append(f.places, e)
}

func (f *feature) commit(w *town) { f.commits = append(f.commits, w.id()) }

// rebase makes the commits of the branch again, and forgets how many they were.
func (f *feature) rebase(w *town) {
	if f.opened {
		f.pull.Rewritten = append(f.pull.Rewritten, f.commits[len(f.commits)-1])
	}
	for i := range f.commits {
		f.commits[i] = w.id()
	}
}

// live plays one feature from its first session to its end.
func (w *town) live(name string, number int, from time.Time, below *feature) *feature {
	f := &feature{pull: attribute.Pull{Number: number, State: attribute.Open, HeadRef: name, HeadRepository: "acme/shop", BaseRef: "main"}, at: from, below: below}
	step := func(times int) {
		for range times {
			f.work(w)
			switch {
			case len(f.commits) == 0 || w.chance(40):
				f.commit(w)
			case w.chance(25):
				f.rebase(w)
			}
		}
	}
	step(1 + w.r.IntN(4))
	f.pass(w, 3)
	f.opened, f.pull.Created = true, f.at
	step(w.r.IntN(4))
	f.pass(w, 30)
	f.pull.Commits, f.pull.Head = slices.Clone(f.commits), f.commits[len(f.commits)-1]
	if below != nil && w.chance(50) { // moved onto main with the commits of the one below, whose squash has other ids
		f.pull.Commits = slices.Concat(below.pull.Commits, f.pull.Commits)
	}
	f.pull.Total = len(f.pull.Commits)
	switch {
	case w.chance(75):
		f.pull.State, f.pull.Merged, f.pull.Closed, f.pull.Merge = attribute.Merged, f.at, f.at, w.id()
	case w.chance(50):
		f.pull.State, f.pull.Closed = attribute.Closed, f.at
	}
	return f
}

// grow makes features one after the other and beside each other, on branches whose names are used again an hour later.
func (w *town) grow(n int) {
	names := []string{"fix", "wip", "feature/date", "agent-1", "agent-2", "agent-3"}
	for number := 1; number <= n; number++ {
		name := names[w.r.IntN(len(names))]
		if w.kept[name] {
			name = fmt.Sprint("branch-", number)
		}
		from := w.free[name]
		if from.IsZero() {
			from = start().Add(time.Duration(w.r.IntN(6000)) * time.Minute)
		}
		var below *feature
		if len(w.features) > 0 && w.chance(25) {
			below = w.features[len(w.features)-1]
			if below.pull.HeadRef == name || below.pull.Created.After(from) {
				below = nil
			}
		}
		f := w.live(name, number, from, below)
		w.features = append(w.features, f)
		w.free[name] = f.at.Add(2 * time.Hour)
		w.kept[name] = f.pull.State == attribute.Open // its branch stays
	}
}

// into returns the number of the pull request that a feature's work went into: its own, or the one above it in the stack that
// has its commits too and was not closed when it was.
func (w *town) into(f *feature) int {
	for _, above := range w.features {
		if above.below == f && f.pull.State == attribute.Closed && above.pull.State != attribute.Closed && slices.Contains(above.pull.Commits, f.pull.Head) {
			return above.pull.Number
		}
	}
	return f.pull.Number
}

// TestTruth compares the answers of simulated repositories with what the work was for. Branches are rebased, stacked,
// reused and left; commits are known or not; some work trees have no branch. None may count for a pull request that it was
// not for, and what is not found is work without a branch whose commits are gone.
func TestTruth(t *testing.T) {
	const towns = 300
	right, lost, all, stacked := 0, 0, 0, 0
	for seed := range uint64(towns) {
		w := &town{r: rand.New(rand.NewPCG(seed, 11)), free: map[string]time.Time{}, kept: map[string]bool{}}
		w.grow(12)
		var pulls []attribute.Pull
		for _, f := range w.features {
			pulls = append(pulls, f.pull)
		}
		x := attribute.New(attribute.Repository{Name: "github.com/acme/shop", DefaultBranch: "main", Pulls: pulls})
		for _, f := range w.features {
			if f.below != nil {
				stacked++
			}
			for _, e := range f.places {
				a := x.Find(e)
				all++
				switch {
				case a.Pull == w.into(f):
					right++
				case a.Pull == 0 && a.Reason == attribute.Detached:
					lost++
				default:
					t.Errorf("seed %d: work at %v on %+v was for %d (%s, %v to %v), and the answer is %+v", seed, e.Last, e.Place, w.into(f), f.pull.State, f.pull.Created, f.pull.Closed, a)
				}
			}
		}
	}
	t.Logf("%d entries of %d pull requests, %d of them stacked: %d right, %d unattributed, %d wrong", all, towns*12, stacked, right, lost, all-right-lost)
	if all < 10_000 || stacked < 300 || lost*20 > all {
		t.Errorf("%d of %d entries are not found; %d are stacked", lost, all, stacked)
	}
}
