package work_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/work"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review/gate"
)

func TestAPullRequestIsMeasured(t *testing.T) {
	w := newWorld(t, "")
	n := w.deliver(w.pulled("opened"))
	r, found := w.review(n)
	if !found || r.State != record.Ended || r.Delivery != n.ID || r.Repo.Name != "acme/agent" || !strings.Contains(r.Title, "Don't switch") {
		t.Errorf("kept is %+v", r)
	}
	if c := w.check(); c.Status != "completed" || c.Conclusion != "neutral" {
		t.Errorf("check run %+v", c)
	}
}

// A note that is given out again has its effect once.
func TestANoteTwice(t *testing.T) {
	w := newWorld(t, "")
	w.hub.SetPermission(w.repo, "bob", "write")
	w.deliver(w.pulled("opened"))
	n := w.note(w.commented("bob", "/pertask run"))
	for attempt := range 2 {
		if err := w.attempt(t.Context(), attempt+1, n); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.acts(); len(got) != 1 || got[0].Verb != "run" || got[0].Actor != "bob" || got[0].Head != w.head {
		t.Errorf("the audit log has %+v", got)
	}
	ours := 0
	for _, c := range w.hub.Comments(w.repo, w.pull) {
		if c.Author == "pertask[bot]" {
			ours++
		}
	}
	all, err := w.kept.List(t.Context(), scope, record.Filter{})
	if err != nil || len(all) != 2 || ours != 1 || w.calls.Load() != 40 {
		t.Errorf("%d reviews, %d comments, %d calls, %v", len(all), ours, w.calls.Load(), err)
	}
	w.deliver(w.commented("bob", "/pertask run"))
	if got := w.acts(); len(got) != 2 {
		t.Errorf("a person who asks again is in the audit log %d times", len(got))
	}
}

func TestMootNotesAreDone(t *testing.T) {
	w := newWorld(t, "")
	first := w.note(w.pulled("opened"))
	w.head = w.hub.Commit(w.repo, []string{w.head}, map[string]githubtest.File{"agent.yaml": {Content: "model: gpt-5.4\n"}})
	w.hub.ChangePull(w.repo, w.pull, func(p *githubtest.Pull) { p.Head = w.head })
	second := w.note(w.pulled("synchronize"))
	if err := w.turn(first, second); err != nil {
		t.Fatal(err)
	}
	if _, found := w.review(first); found || len(w.done) != 2 {
		t.Errorf("the first was reviewed: %t; done are %q", found, w.done)
	}
	if _, found := w.review(second); !found {
		t.Error("the second was not")
	}
	w.done = nil
	again, closed := w.note(w.pulled("synchronize")), w.note(func() event.Event {
		e := w.pulled("closed")
		e.Pull.State = "closed"
		return e
	}())
	if err := w.turn(again, closed); err != nil {
		t.Fatal(err)
	}
	if _, found := w.review(again); found || len(w.done) != 2 {
		t.Errorf("one that is closed was reviewed: %t; done are %q", found, w.done)
	}
}

// The check run that a killed process has left open is completed, although a later push has made its review moot.
func TestAMootReviewThatWasKilledIsEnded(t *testing.T) {
	w := newWorld(t, "")
	first, old := w.note(w.pulled("opened")), w.head
	client, err := w.config.Measure.Client(installation)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gate.Resume(t.Context(), client, github.Repo{Owner: "acme", Name: "agent"}, gate.Check{Name: "pertask", HeadSHA: old}, "", time.Now, work.ReviewID(first.ID)); err != nil {
		t.Fatal(err)
	}
	w.head = w.hub.Commit(w.repo, []string{old}, map[string]githubtest.File{"agent.yaml": {Content: "model: gpt-5.4\n"}})
	w.hub.ChangePull(w.repo, w.pull, func(p *githubtest.Pull) { p.Head = w.head })
	calls := w.calls.Load()
	if err := w.attempt(t.Context(), 2, first, w.note(w.pulled("synchronize"))); err != nil {
		t.Fatal(err)
	}
	all := w.hub.Checks(w.repo, old)
	if len(all) != 1 || all[0].Status != "completed" || w.calls.Load() != calls {
		t.Errorf("after %d calls more the check runs of the older commit are %+v", w.calls.Load()-calls, all)
	}
}

// What a person asks for is carried out whatever happens later in the same turn.
func TestACommandIsNeverMoot(t *testing.T) {
	w := newWorld(t, "")
	asked, pushed := w.note(w.commented("mallory", "/pertask run")), w.note(w.pulled("synchronize"))
	if err := w.turn(asked, pushed); err != nil {
		t.Fatal(err)
	}
	if c := w.hub.Comments(w.repo, w.pull)[0]; len(c.Reactions) == 0 {
		t.Error("the person was not answered")
	}
	if len(w.acts()) != 0 {
		t.Error("who may not ask is in the audit log")
	}
	if _, found := w.review(pushed); !found {
		t.Error("the push was not reviewed")
	}
}

func TestTheButtonMeasuresAboveTheLimit(t *testing.T) {
	w := newWorld(t, ", auto_run_below: 0.0001")
	w.hub.SetPermission(w.repo, "bob", "write")
	w.deliver(w.pulled("opened"))
	if w.calls.Load() != 0 {
		t.Fatalf("%d calls without anybody's wish", w.calls.Load())
	}
	w.deliver(w.pressed("mallory", buttonRun))
	w.deliver(w.pressed("bob", "of-somebody-else"))
	w.deliver(w.pressed("bob", "")) // "Re-run" spends no more than a push
	if w.calls.Load() != 0 {
		t.Fatalf("%d calls for somebody who may not ask", w.calls.Load())
	}
	other := w.pressed("bob", buttonRun)
	other.Check.App = 10
	w.deliver(other)
	if w.calls.Load() != 0 {
		t.Fatal("the button of another App was taken for ours")
	}
	w.deliver(w.pressed("bob", buttonRun))
	if w.calls.Load() != 40 || !strings.Contains(w.check().Title, "Don't switch") {
		t.Errorf("%d calls, check run %+v", w.calls.Load(), w.check())
	}
	if got := w.acts(); len(got) != 1 || got[0].Verb != "run" || got[0].Actor != "bob" || got[0].Pull != w.pull {
		t.Errorf("the audit log has %+v", got)
	}
}

// The button lets a change in on the word of a person, who is in the audit log; that holds for later events, and not without it.
func TestTheButtonAccepts(t *testing.T) {
	w := newWorldOf(t, "", "verdict: {mode: block}\n")
	w.hub.SetPermission(w.repo, "bob", "write")
	w.deliver(w.pulled("opened"))
	if c := w.check(); c.Conclusion != "failure" || len(c.Actions) == 0 {
		t.Fatalf("check run %+v", c)
	}
	time.Sleep(1100 * time.Millisecond) // GitHub's times are in seconds, and the button is pressed after the result was shown
	w.at = time.Now()
	w.deliver(w.pressed("mallory", buttonAccept))
	if c := w.check(); c.Conclusion != "failure" {
		t.Fatalf("somebody without write access has accepted: %+v", c)
	}
	n := w.note(w.pressed("bob", buttonAccept))
	for attempt := range 2 { // the second as if the first was killed at its very end
		if err := w.attempt(t.Context(), attempt+1, n); err != nil {
			t.Fatal(err)
		}
		if c := w.check(); c.Conclusion != "success" || !strings.Contains(c.Title, "Accepted by bob") {
			t.Fatalf("attempt %d: check run %+v", attempt+1, c)
		}
	}
	if got := w.acts(); len(got) != 1 || got[0].Verb != "accept" || got[0].Actor != "bob" || got[0].Head != w.head || got[0].Reason == "" {
		t.Errorf("the audit log has %+v", got)
	}
	w.deliver(w.pressed("eve", "")) // "Re-run"
	if c := w.check(); c.Conclusion != "success" {
		t.Errorf("after the next event: %+v", c)
	}
	if w.calls.Load() != 40 {
		t.Errorf("%d calls", w.calls.Load())
	}
}

func TestForksAndDraftsWaitForAPerson(t *testing.T) {
	for name, change := range map[string]func(*event.Pull){
		"fork":  func(p *event.Pull) { p.Fork = true },
		"draft": func(p *event.Pull) { p.Draft = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "")
			e := w.pulled("opened")
			change(&e.Pull)
			w.deliver(e)
			if c := w.check(); w.calls.Load() != 0 || c.Status != "completed" {
				t.Errorf("%d calls, check run %+v", w.calls.Load(), c)
			}
			if c := w.hub.Comments(w.repo, w.pull); len(c) != 1 || strings.Contains(c[0].Body, "Or install pertask") || !strings.Contains(c[0].Body, "/pertask run") {
				t.Errorf("comments %+v, want one that says who may ask", c)
			}
		})
	}
	t.Run("dependabot", func(t *testing.T) {
		w := newWorld(t, "")
		e := w.pulled("opened")
		e.Sender, e.Pull.Author = "dependabot[bot]", "dependabot[bot]"
		w.deliver(e)
		if w.calls.Load() != 40 {
			t.Errorf("%d calls; the App has the keys whoever pushes", w.calls.Load())
		}
	})
}

func TestAMergeGroupSpendsNothing(t *testing.T) {
	w := newWorld(t, "")
	w.deliver(w.pulled("opened"))
	group := w.hub.Commit(w.repo, []string{w.base, w.head}, map[string]githubtest.File{"agent.yaml": {Content: "model: gpt-5.4-mini\n"}})
	calls := w.calls.Load()
	w.deliver(w.event("merge_group", "checks_requested", "github-merge-queue[bot]", func(e *event.Event) {
		e.MergeGroup = event.MergeGroup{HeadSHA: group, HeadRef: "refs/heads/gh-readonly-queue/main/pr-1-" + group, BaseSHA: w.base, BaseRef: "refs/heads/main", Pull: w.pull}
	}))
	checks := w.hub.Checks(w.repo, group)
	if w.calls.Load() != calls || len(checks) != 1 || checks[0].Status != "completed" {
		t.Errorf("%d calls more, check runs %+v", w.calls.Load()-calls, checks)
	}
}

func TestAPushFillsOnlyWhereItIsWanted(t *testing.T) {
	w := newWorld(t, "")
	push := w.event("push", "", "eve", func(e *event.Event) { e.Ref, e.Before, e.After = "refs/heads/main", w.base, w.base })
	w.deliver(push)
	if w.calls.Load() != 0 {
		t.Fatal("money was spent that nobody asked for")
	}
	w.config.Fill = true
	w.deliver(push)
	if w.calls.Load() == 0 {
		t.Error("nothing was stored")
	}
}

func TestInstallations(t *testing.T) {
	w := newWorld(t, "")
	installed := func(name, action string, change func(*event.Event)) {
		t.Helper()
		e := event.Event{Name: name, Action: action, Installation: installation, Account: "acme", Sender: "ada"}
		change(&e)
		w.deliver(e)
	}
	repo := func(id int64, name string) event.InstallationRepo {
		return event.InstallationRepo{ID: id, Name: github.Repo{Owner: "acme", Name: name}}
	}
	has := func(want ...string) {
		t.Helper()
		all, err := w.kept.Installed(t.Context(), installation)
		var got []string
		for _, r := range all {
			got = append(got, r.Name)
		}
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Errorf("installed, got-want:\n%s%v", diff, err)
		}
	}
	installed("installation", "created", func(e *event.Event) { e.Added = []event.InstallationRepo{repo(5, "agent"), repo(6, "b")} })
	has("acme/agent", "acme/b")
	installed("installation_repositories", "added", func(e *event.Event) { e.Added = []event.InstallationRepo{repo(7, "c")} })
	installed("installation_repositories", "removed", func(e *event.Event) { e.Removed = []event.InstallationRepo{repo(6, "b")} })
	has("acme/agent", "acme/c")
	w.config.Listed = func(_ context.Context, id int64) ([]record.Repo, error) {
		return []record.Repo{{Installation: id, ID: 8, Name: "acme/d"}}, nil
	}
	installed("installation_repositories", "added", func(e *event.Event) { e.More = true })
	has("acme/agent", "acme/c", "acme/d")
	installed("installation", "suspend", func(*event.Event) {})
	has("acme/agent", "acme/c", "acme/d")
	var removed []int64
	w.config.Removed = func(_ context.Context, id int64) error { removed = append(removed, id); return nil }
	n := w.deliver(w.pulled("opened"))
	installed("installation", "deleted", func(*event.Event) {})
	if _, found := w.review(n); found || len(removed) != 1 {
		t.Errorf("a review is left: %t; told of %v", found, removed)
	}
	has()
	installed("installation_repositories", "added", func(e *event.Event) { e.Added = []event.InstallationRepo{repo(7, "c")} }) // it was on its way
	has()
	w.deliver(w.pulled("synchronize"))
}

func TestWhatCannotBeReadIsDone(t *testing.T) {
	w := newWorld(t, "")
	nobody := w.pulled("opened")
	nobody.Installation = 0
	body, err := json.Marshal(nobody)
	if err != nil {
		t.Fatal(err)
	}
	for n, b := range map[string][]byte{"no JSON": []byte("{"), "no installation": body, "nothing": nil} {
		if err := w.turn(queue.Note{ID: n, Key: "k", Kind: "pull_request", Body: b}); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
	if len(w.done) != 3 || len(w.hub.Requests()) != 0 {
		t.Errorf("done are %q after %d requests", w.done, len(w.hub.Requests()))
	}
}

func TestAnErrorLeavesTheRestForLater(t *testing.T) {
	w := newWorld(t, "")
	w.hub.Uninstall(installation)
	first, second := w.note(w.commented("bob", "/pertask run")), w.note(w.pulled("synchronize"))
	if err := w.turn(first, second); err == nil || len(w.done) != 0 {
		t.Errorf("it says %v, done are %q", err, w.done)
	}
	// GitHub may tell of something before everybody sees it, but not for ever.
	if err := w.attempt(t.Context(), 3, first, second); err != nil || len(w.done) != 2 {
		t.Errorf("in the end: %v, done are %q", err, w.done)
	}
}

func TestOtherNotes(t *testing.T) {
	w := newWorld(t, "")
	did := 0
	w.config.Others = map[string]func(context.Context, queue.Note) error{"retention": func(context.Context, queue.Note) error {
		if did++; did == 1 {
			return errors.New("not now")
		}
		return nil
	}}
	n := queue.Note{ID: "retention/1", Key: "app", Kind: "retention"}
	if err := w.turn(n); err == nil || len(w.done) != 0 {
		t.Errorf("it says %v, done are %q", err, w.done)
	}
	if err := w.turn(n); err != nil || len(w.done) != 1 {
		t.Errorf("it says %v, done are %q", err, w.done)
	}
}

// A process that is to stop lets a review end; one that has lost its key does not.
func TestGrace(t *testing.T) {
	for _, c := range []struct {
		name  string
		cause error
		grace time.Duration
		ends  bool
	}{
		{"stopping", context.Canceled, time.Minute, true},
		{"stopping without grace", context.Canceled, 0, false},
		{"after the grace", context.Canceled, 20 * time.Millisecond, false},
		{"lost", queue.ErrLost, time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, ", concurrency: 1")
			w.config.Grace = c.grace
			ctx, cancel := context.WithCancelCause(t.Context())
			w.onCall = func(n int64) {
				if n == 3 {
					cancel(c.cause)
				}
				if n >= 3 && !c.ends {
					time.Sleep(50 * time.Millisecond)
				}
			}
			err := w.attempt(ctx, 1, w.note(w.pulled("opened")))
			if (err == nil) != c.ends || (len(w.done) == 1) != c.ends {
				t.Errorf("it says %v, done are %q after %d calls", err, w.done, w.calls.Load())
			}
		})
	}
}

// A review is written down with the epoch of its turn, so that a worker that has lost the key cannot write over a later one.
func TestEpoch(t *testing.T) {
	w := newWorld(t, "")
	n := w.note(w.pulled("opened"))
	err := work.New(w.config).Turn(t.Context(), queue.Turn{Key: "key", Attempt: 1, Epoch: 5, Notes: []queue.Note{n}, Done: func(context.Context, string) error { return nil }})
	if r, found := w.review(n); err != nil || !found || r.Epoch != 5 {
		t.Errorf("%v, found %t: epoch %d, want 5", err, found, r.Epoch)
	}
}

// A key that is lost while the process is to stop ends the review, whatever is left of the grace.
func TestAKeyThatIsLostWhileStopping(t *testing.T) {
	w := newWorld(t, ", concurrency: 1")
	w.config.Grace = time.Hour
	ctx, cancel := context.WithCancelCause(t.Context())
	lost := make(chan struct{})
	w.onCall = func(n int64) {
		if n == 3 {
			cancel(queue.ErrStopped)
			close(lost)
		}
		if n >= 3 {
			time.Sleep(50 * time.Millisecond)
		}
	}
	err := work.New(w.config).Turn(ctx, queue.Turn{Key: "key", Attempt: 1, Notes: []queue.Note{w.note(w.pulled("opened"))}, Lost: lost,
		Done: func(_ context.Context, id string) error { w.done = append(w.done, id); return nil }})
	if !errors.Is(err, queue.ErrLost) || len(w.done) != 0 {
		t.Errorf("it says %v, done are %q after %d calls", err, w.done, w.calls.Load())
	}
}

func TestAKeyThatWasLostEndsTheTurn(t *testing.T) {
	w := newWorld(t, "")
	n := 0
	err := work.New(w.config).Turn(t.Context(), queue.Turn{Key: "k", Attempt: 1, Notes: []queue.Note{w.note(w.pulled("labeled")), w.note(w.pulled("opened"))},
		Done: func(context.Context, string) error { n++; return queue.ErrLost }})
	if !errors.Is(err, queue.ErrLost) || n != 1 || w.calls.Load() != 0 {
		t.Errorf("%v after %d notes and %d calls", err, n, w.calls.Load())
	}
}

func TestAgain(t *testing.T) {
	once := work.Again("72d3162e-cc78")
	twice := work.Again(once)
	if once == "72d3162e-cc78" || twice == once || work.Again(twice) == twice || len(work.Again(twice)) != len(once) {
		t.Errorf("%q, then %q", once, twice)
	}
	if work.ReviewID(once) != work.ReviewID("72d3162e-cc78") || work.ReviewID(twice) != work.ReviewID(once) {
		t.Error("a note that was put back asks for another review")
	}
	if work.ReviewID("a~b") == work.ReviewID("a") {
		t.Error("an ID with the mark in it is taken for one that was put back")
	}
}

func TestReviewID(t *testing.T) {
	if a, b := work.ReviewID("a"), work.ReviewID("b"); a == b || len(a) != 32 || a != work.ReviewID("a") {
		t.Errorf("%q and %q", a, b)
	}
}

// TestMerged tells of a merge once for each note, and again when it could not be kept. A pull request that is closed is none.
func TestMerged(t *testing.T) {
	w := newWorld(t, "")
	var told []int
	fail := errors.New("the database is away")
	w.config.Merged = func(_ context.Context, e event.Event) error {
		told = append(told, e.Pull.Number)
		return fail
	}
	closed := func(merged bool) queue.Note {
		e := w.pulled("closed")
		e.Pull.State, e.Pull.Merged = "closed", merged
		return w.note(e)
	}
	if err := w.turn(closed(false)); err != nil || len(told) != 0 {
		t.Errorf("closed without a merge: told %v, %v", told, err)
	}
	n := closed(true)
	if err := w.turn(n); !errors.Is(err, fail) {
		t.Errorf("the error is %v", err)
	}
	fail = nil
	if err := w.turn(n); err != nil || len(told) != 2 || told[1] != w.pull {
		t.Errorf("again: told %v, %v", told, err)
	}
	if w.calls.Load() != 0 {
		t.Errorf("%d calls were made", w.calls.Load())
	}
}
