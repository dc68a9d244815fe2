package measure_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// shared is a journal that one of several processes may append to, as that of a database is.
type shared struct {
	trial.Journal
	lock chan struct{} // full while somebody has it
	mine *bool
	had  func(key string)
	key  string
}

func (s shared) Take(ctx context.Context) error {
	select {
	case s.lock <- struct{}{}:
		*s.mine = true
		s.had(s.key)
		return nil
	case <-ctx.Done():
		return fmt.Errorf("another process has it: %w", context.Cause(ctx))
	}
}

func (s shared) Claim(want journal.Subject) error {
	if !*s.mine {
		return errors.New("it was claimed by a process that does not have it")
	}
	if want.Key != s.key {
		return fmt.Errorf("journal %s was claimed for %s", s.key, want.Key)
	}
	return nil
}

func (s shared) Close() error {
	if *s.mine {
		<-s.lock
		*s.mine = false
	}
	return nil
}

var _ io.Closer = shared{}

// share has the world's journals shared by processes, and tells who gets one.
func (w *world) share(had func(key string)) {
	var locks sync.Map
	w.config.Evidence = func(t measure.Tenant) measure.Evidence {
		e := w.evidence(t)
		open := e.Journal
		e.Journal = func(ctx context.Context, key string) (trial.Journal, error) {
			j, err := open(ctx, key)
			lock, _ := locks.LoadOrStore(key, make(chan struct{}, 1))
			return shared{j, lock.(chan struct{}), new(bool), had, key}, err
		}
		return e
	}
}

// again is a job of another pull request with the same change.
func (w *world) again(n int) measure.Job {
	j := w.job(n)
	j.Trigger.HeadSHA = w.hub.Commit(w.repo, []string{w.head}, w.files)
	j.Trigger.Pull = w.hub.OpenPull(w.repo, w.base, j.Trigger.HeadSHA)
	return j
}

// Two processes with the same change: one waits for the other, without a word on its pull request, and pays for nothing. What was
// spent counts once, though the money was not enough for a verdict that would answer both.
func TestTheSameChangeInTwoProcesses(t *testing.T) {
	for name, c := range map[string]struct {
		budget string
		calls  int64
		title  string
	}{
		"a verdict": {"100", 40, "Don't switch"},
		"no money":  {"0.5", 0, "Inconclusive"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ", concurrency: 2, budget: "+c.budget, mini)
			w.share(func(string) {})
			second := w.again(2)
			one := w.measurer()
			w.config.Slots = measure.NewSlots(2, 2)
			two := w.measurer()
			var both sync.WaitGroup
			for m, j := range map[*measure.Measurer]measure.Job{one: w.job(1), two: second} {
				both.Go(func() {
					if err := m.Review(t.Context(), j); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			a, b := w.kept(1), w.kept(2)
			if n := w.calls.Load(); c.calls > 0 && n != c.calls || !strings.Contains(a.Title, c.title) || !strings.Contains(b.Title, c.title) {
				t.Errorf("%d calls, %q and %q", n, a.Title, b.Title)
			}
			if a.State != record.Ended || b.State != record.Ended {
				t.Errorf("%s and %s", a.State, b.State)
			}
			if zero := price.Known(price.Money{}); a.Spent.Equal(zero) == b.Spent.Equal(zero) {
				t.Errorf("spent %s and %s; one of them has paid", a.Spent, b.Spent)
			}
			w.saysNot("could not be carried out")
		})
	}
}

// saysNot looks for a text in all that was sent to GitHub.
func (w *world) saysNot(text string) {
	w.t.Helper()
	for _, r := range w.hub.Requests() {
		if strings.Contains(r.Body, text) {
			w.t.Errorf("%s %s says %q", r.Method, r.Path, text)
		}
	}
}

// A review that waits for another process ends when its pull request is closed.
func TestWhoWaitsIsEnded(t *testing.T) {
	w := newWorld(t, "", mini)
	w.config.Every = 10 * time.Millisecond
	var hold shared
	first := true
	w.share(func(string) {})
	inner := w.config.Evidence
	w.config.Evidence = func(tenant measure.Tenant) measure.Evidence {
		e := inner(tenant)
		open := e.Journal
		e.Journal = func(ctx context.Context, key string) (trial.Journal, error) {
			j, err := open(ctx, key)
			if first {
				first, hold = false, j.(shared)
				hold.mine = new(bool)
				if err := hold.Take(ctx); err != nil {
					t.Error(err)
				}
				w.hub.ChangePull(w.repo, w.pull, func(p *githubtest.Pull) { p.State = "closed" })
			}
			return j, err
		}
		return e
	}
	if err := w.measurer().Review(t.Context(), w.job(1)); err != nil {
		t.Fatal(err)
	}
	if r := w.kept(1); w.calls.Load() != 0 || r.Ended.IsZero() {
		t.Errorf("%d calls, %+v", w.calls.Load(), r)
	}
	if c := w.last(); c.Status != "completed" {
		t.Errorf("check run %+v", c)
	}
}

// Reviews that each have what the other one waits for do not wait for ever.
func TestNobodyWaitsForEver(t *testing.T) {
	w := newWorld(t, "", mini)
	w.files["evals/other.yaml"] = githubtest.File{Content: strings.Replace(suiteText, "tickets", "others", 1)}
	suites := []string{"evals/suite.yaml", "evals/other.yaml"}
	jobs := []measure.Job{w.job(1), w.job(2)}
	for n := range jobs {
		text := "version: 1\nrun: {max_trials: 5, auto_run_below: 1000}\nmodels: [{path: config/agent.yaml, model: $.coder.model}]\nsuites:\n"
		for i := range suites {
			path := suites[(i+n)%2]
			text += "  - {name: " + filepath.Base(path) + ", path: " + path + "}\n"
		}
		w.files[".github/pertask.yml"] = githubtest.File{Content: text + "upstreams: [{name: openai, provider: openai, url: \"" + w.provider.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n"}
		w.files["config/agent.yaml"] = githubtest.File{Content: "coder:\n  model: gpt-5.4\n"}
		base := w.hub.Commit(w.repo, []string{w.base}, w.files)
		w.files["config/agent.yaml"] = githubtest.File{Content: mini}
		j := &jobs[n].Trigger
		j.BaseSHA, j.HeadSHA = base, w.hub.Commit(w.repo, []string{base}, w.files)
		j.Pull = w.hub.OpenPull(w.repo, base, j.HeadSHA)
	}
	var met sync.WaitGroup // both have one before either asks for the other
	met.Add(2)
	var mu sync.Mutex
	had := map[string]bool{}
	w.share(func(key string) {
		mu.Lock()
		fresh := !had[key]
		had[key] = true
		mu.Unlock()
		if fresh {
			met.Done()
			met.Wait()
		}
	})
	var both sync.WaitGroup
	errs := make([]error, 2)
	for n, j := range jobs {
		w.config.Slots = measure.NewSlots(2, 2)
		m := w.measurer()
		m.SetStuck(time.Second)
		both.Go(func() { errs[n] = m.Review(t.Context(), j) })
	}
	both.Wait()
	for n, j := range jobs {
		if errs[n] != nil && !strings.Contains(errs[n].Error(), "each of two reviews") {
			t.Error(errs[n])
		}
		if errs[n] == nil {
			continue
		}
		if err := w.measurer().Review(t.Context(), j); err != nil { // as the queue does
			t.Error(err)
		}
	}
	if errors.Join(errs...) == nil {
		t.Error("neither had to be tried again, so nothing was tested")
	}
	for n := range jobs {
		if r := w.kept(n + 1); len(r.Suites) != 2 || r.Suites[0].Verdict != "dont-switch" || r.Suites[1].Verdict != "dont-switch" {
			t.Errorf("review %d: %s %q", n+1, r.State, r.Title)
		}
	}
	if n := w.calls.Load(); n != 80 {
		t.Errorf("%d calls, want 80", n)
	}
}
