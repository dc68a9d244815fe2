package repostore_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

func TestSettle(t *testing.T) {
	now, before := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct{ p, want repostore.Pull }{
		"opened": {repostore.Pull{State: "open"}, repostore.Pull{State: "open", Life: repostore.Life{Created: now, Updated: now}}},
		"closed": {repostore.Pull{State: "closed", Life: repostore.Life{Created: before}}, repostore.Pull{State: "closed", Life: repostore.Life{Created: before, Updated: now, Closed: now}}},
		"merged": {repostore.Pull{Merged: true, State: "open"}, repostore.Pull{Merged: true, State: "closed", Life: repostore.Life{Created: now, Updated: now, Closed: now, MergedAt: now}}},
		"at a time of its own": {repostore.Pull{Merged: true, Life: repostore.Life{Created: before, Updated: before, MergedAt: before}},
			repostore.Pull{Merged: true, State: "closed", Life: repostore.Life{Created: before, Updated: before, Closed: before, MergedAt: before}}},
	} {
		tt.p.Settle(now, time.Time{})
		if diff := cmp.Diff(tt.p, tt.want); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
	if got := (repostore.Life{}).TitleText(); got != "Change" {
		t.Errorf("got the title %q", got)
	}
}

func TestWhatAPullRequestBrings(t *testing.T) {
	w := newWorld()
	p := w.open(t)
	next := w.repo.Git.Commit([]string{w.head}, gitstore.Text(map[string]string{"a": "2\n", "b": "1\n2\n"}), "next")
	p.Head = next
	if diff := cmp.Diff(w.repo.CommitsOf(p), []string{w.head, next}); diff != "" {
		t.Errorf("commits, got-want:\n%s", diff)
	}
	if a, d, f := w.repo.LinesOf(p); a != 3 || d != 1 || f != 2 {
		t.Errorf("got %d added, %d deleted, %d files", a, d, f)
	}
	p.Base = w.repo.Git.Commit(nil, gitstore.Text(nil), "of another history")
	if a, _, f := w.repo.LinesOf(p); a != 3 || f != 2 {
		t.Errorf("against a stranger: got %d added, %d files", a, f)
	}
}

func TestRenameAndDelete(t *testing.T) {
	w := newWorld()
	own, of := w.open(t), w.open(t, func(p *repostore.Pull) { p.HeadRepo = "eve/agent" })
	w.Rename(w.repo, "Acme/Tool")
	if w.Find("acme/agent") != w.repo || w.Find("acme/tool") != w.repo || own.HeadRepo != "Acme/Tool" || of.HeadRepo != "eve/agent" {
		t.Errorf("got %q and %q", own.HeadRepo, of.HeadRepo)
	}
	if diff := cmp.Diff(names(w.All()), []string{"Acme/Tool", "eve/agent", "acme/other"}); diff != "" {
		t.Errorf("renamed, got-want:\n%s", diff)
	}
	w.Delete(w.fork)
	if w.Find("eve/agent") != nil || of.HeadRepo != "" || own.HeadRepo == "" {
		t.Errorf("got %q and %q", own.HeadRepo, of.HeadRepo)
	}
}
