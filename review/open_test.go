package review_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/review"
)

// lifeOf is a life of testdata/lives before its first step.
func lifeOf(t *testing.T, name string) *life {
	t.Helper()
	a, err := txtar.ParseFile("testdata/lives/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	a.Files = append(common(t), a.Files...)
	return newLife(t, a)
}

// A status cannot be asked whether it is complete: the step that finishes once wrote a success over a failure, when the
// review had shown its outcome and then could not post the comment.
func TestFinishingLetsNothingThrough(t *testing.T) {
	tests := map[string]struct {
		token, path string
		status      int
	}{
		"the status is complete, the comment is refused": {"checks read, statuses write", "/comments", 500},
		"the status could not be completed":              {"checks read, statuses write", "/statuses/", 500},
		"the check run could not be completed":           {"checks write", "/check-runs/", 500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := lifeOf(t, "status")
			l.do("token: " + tt.token)
			broken := false
			// From the first call to the provider on, until the review is over.
			l.on = func(r githubtest.Request) { broken = broken || r.Method == "CALL" }
			l.hub.Fail(func(r githubtest.Request) bool {
				return broken && r.Method != "GET" && strings.Contains(r.Path, tt.path)
			}, tt.status, -1, false)
			if got := l.do("event: opened"); !strings.Contains(got, "exit 1, ") || !strings.Contains(got, "error: ") {
				t.Fatalf("the review: %s", got)
			}
			broken, l.on = false, nil
			l.do("finish: ")
			statuses, checks := l.hub.Statuses(l.repo, l.head), l.hub.Checks(l.repo, l.head)
			for _, s := range statuses[max(0, len(statuses)-1):] {
				if s.State != "failure" {
					t.Errorf("the last status is %s: %s", s.State, s.Description)
				}
			}
			for _, c := range checks {
				if c.Conclusion != "failure" {
					t.Errorf("the check run is %s %s", c.Status, c.Conclusion)
				}
			}
			if len(statuses)+len(checks) == 0 {
				t.Error("nothing is shown")
			}
		})
	}
}

// The job of such an event is newer than that of the review, and would take its place.
func TestNothingStandsWhileAReviewIsUnderWay(t *testing.T) {
	l := lifeOf(t, "stand")
	during := ""
	l.on = func(r githubtest.Request) {
		if r.Method != "CALL" || r.Path != "3" {
			return
		}
		l.mu.Lock()
		l.on = nil
		l.mu.Unlock()
		during = l.do("event: unlabeled")
	}
	l.do("event: opened")
	if !strings.Contains(during, "exit 1") {
		t.Errorf("meanwhile: %q", during)
	}
}

// Nothing is known of a configuration that cannot be read, and the default one blocks nothing.
func TestAMergeGroupWithoutAReadableConfigurationIsNotLetThrough(t *testing.T) {
	l := lifeOf(t, "queue-nameless")
	big := l.tree("head")
	big[".github/pertask.yml"] = githubtest.File{Content: big[".github/pertask.yml"].Content + strings.Repeat("# words\n", 1<<20)}
	base := l.hub.Commit(l.repo, []string{l.base}, big)
	tr := l.trigger()
	tr.Kind, tr.Pull, tr.BaseSHA, tr.Group = review.MergeGroup, 0, base, &review.Group{HeadSHA: l.head, BaseSHA: base}
	out, err := review.New(l.options()).Review(t.Context(), tr, newSink())
	if err == nil || out.Exit == 0 {
		t.Errorf("exit %d, %v", out.Exit, err)
	}
}

// accept written while the first review is still running, delivered after it.
func TestNobodyAcceptsWhatWasNotShownYet(t *testing.T) {
	l := lifeOf(t, "stand")
	l.do("write: bob write")
	l.on = func(r githubtest.Request) {
		if r.Method != "CALL" || r.Path != "3" {
			return
		}
		l.mu.Lock()
		l.on = nil
		l.mu.Unlock()
		l.do("clock: 2m")
		l.do("wrote: bob: /pertask accept it")
		l.do("clock: 2m")
	}
	l.do("event: opened")
	if got := l.do("deliver: bob"); !strings.Contains(got, "result refused") {
		t.Errorf("accepted: %s", got)
	}
}
