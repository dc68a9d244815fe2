package review_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/comment"
)

// mostForProposal is how many requests to GitHub's interface the review of a pull request takes that adds the configuration
// and changes no setting that is watched without one; where there is a comment, it takes one more to look at that.
const mostForProposal = 8

// TestProposals takes pull requests that add the configuration through a review after each "step": the archives in
// testdata/proposals, in the verbs of life.do. The golden files have everything that is said.
func TestProposals(t *testing.T) {
	paths, err := filepath.Glob("testdata/proposals/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no proposals: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			l := newLife(t, a)
			var got strings.Builder
			for _, f := range a.Files {
				if !strings.HasPrefix(f.Name, "step ") {
					continue
				}
				fmt.Fprintf(&got, "-- %s --\n", f.Name)
				for line := range strings.Lines(string(f.Data)) {
					if line = strings.TrimSpace(line); line != "" {
						l.do(line)
					}
				}
				got.WriteString(l.propose())
			}
			golden.Check(t, strings.TrimSuffix(filepath.ToSlash(path), ".txtar")+".want", got.String())
		})
	}
}

var digests = regexp.MustCompile("`[0-9a-f]{10}`")

// propose reviews the pull request and returns all that is said of it.
func (l *life) propose() string {
	l.hub.ResetRequests()
	before, most := l.calls.Load(), mostForProposal
	if len(l.ours()) > 0 {
		most++
	}
	t := l.trigger()
	t.Author, t.Fork = l.settings["author"], l.settings["fork"] == "yes"
	s := newSink()
	var log bytes.Buffer
	out, err := review.New(l.options()).Review(l.t.Context(), t, s)
	l.noSecret(&log, s)
	var b strings.Builder
	fmt.Fprintf(&b, "exit %d, result %s%s\n", out.Exit, s.outputs["result"], failure(err))
	n := 0
	for _, r := range l.hub.Requests() {
		if strings.HasPrefix(r.Path, "/repos/") || r.Path == "/graphql" { // the archive's bytes come from another server
			n++
		}
	}
	if n > most && l.settings["many requests"] == "" {
		l.t.Errorf("%d requests, want %d at most: %v", n, most, l.hub.Requests())
	}
	if l.calls.Load() != before {
		l.t.Error("the provider was called")
	}
	for _, c := range l.hub.Checks(l.repo, l.head) {
		fmt.Fprintf(&b, "check %s: %s\n", c.Conclusion, c.Title)
	}
	said := false
	for _, c := range l.hub.Comments(l.repo, l.pull) {
		if c.Author != githubtest.WorkflowActor().Login {
			continue
		}
		m, _ := marker.Parse(c.Body)
		fmt.Fprintf(&b, "comment:\n%s\n", comment.Parse(github.Comment{Body: c.Body, Marker: m}).Text)
		said = true
	}
	if !said {
		fmt.Fprintf(&b, "summary:\n%s\n", s.summary)
	}
	return digests.ReplaceAllString(l.readable(b.String()), "`(digest)`")
}

// A configuration in another place, which the workflow names, is no mistake of the workflow's while it is being added.
func TestAProposalInAnotherPlace(t *testing.T) {
	for name, want := range map[string]struct {
		exit int
		text string
	}{"ci/cost.yml": {0, "This pull request adds `ci/cost.yml`."}, "ci/other.yml": {2, "no such file at the base"}} {
		w := scenario(t, "nothing-changed")
		head := maps.Clone(w.fork)
		w.put(head, "ci/cost.yml", "version: 1\n")
		w.head = w.hub.Commit(w.repo, []string{w.base}, head)
		w.pull = w.hub.OpenPull(w.repo, w.base, w.head)
		o := w.options(io.Discard)
		o.ConfigPath = name
		out, err := review.New(o).Review(t.Context(), w.trigger(), newSink())
		if len(out.Reports) != 1 || out.Exit != want.exit || !strings.Contains(out.Reports[0].Reason.Text, want.text) {
			t.Errorf("%s: exit %d, %v, %+v", name, out.Exit, err, out.Reports)
		}
	}
}

// What cannot be read of the head is said, and is no reason to be red.
func TestAProposalThatCannotBeRead(t *testing.T) {
	a, err := txtar.ParseFile("testdata/proposals/good.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{403, 404, 500} {
		l := newLife(t, a)
		l.settings["many requests"] = "what fails is tried again"
		l.hub.Fail(githubtest.Match("GET", "tarball"), status, -1, false)
		if got := l.propose(); !strings.HasPrefix(got, "exit 0, result not-measured\ncheck neutral: Configuration added\n") || !strings.Contains(got, "- The head's files could not be read here, so nothing is said of them: ") {
			t.Errorf("%d: %s", status, got)
		}
	}
}
