package repostore_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

// world is a store with a repository, its fork and another, and two commits, the second a child of the first.
type world struct {
	*repostore.Store
	repo, fork, other *repostore.Repo
	base, head        string
}

func newWorld() world {
	id := int64(0)
	w := world{Store: repostore.New(func() int64 { id++; return id })}
	w.repo = w.Add("Acme/Agent")
	w.fork = w.AddFork(w.repo, "eve/agent")
	w.other = w.Add("acme/other")
	w.base = w.repo.Git.Commit(nil, gitstore.Text(map[string]string{"a": "1\n"}), "base")
	w.head = w.repo.Git.Commit([]string{w.base}, gitstore.Text(map[string]string{"a": "2\n"}), "head")
	return w
}

func (w world) open(t *testing.T, change ...func(*repostore.Pull)) *repostore.Pull {
	t.Helper()
	p, err := w.repo.Open(w.base, w.head, change...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func names(list []*repostore.Repo) (out []string) {
	for _, r := range list {
		out = append(out, r.FullName)
	}
	return out
}

func TestStore(t *testing.T) {
	w := newWorld()
	if w.Find("acme/AGENT") != w.repo || w.Find("acme/no") != nil || w.ByID(w.fork.ID) != w.fork || w.ByID(99) != nil {
		t.Error("a repository is not found")
	}
	if !w.fork.Fork || w.repo.Fork || w.fork.JSON()["fork"] != true || w.repo.JSON()["full_name"] != "Acme/Agent" {
		t.Errorf("got %v", w.fork.JSON())
	}
	if !w.fork.Git.HasCommit(w.head) || w.other.Git.HasCommit(w.head) {
		t.Error("commits are not shared with the fork alone")
	}
	if diff := cmp.Diff(names(w.All()), []string{"Acme/Agent", "eve/agent", "acme/other"}); diff != "" {
		t.Errorf("all, got-want:\n%s", diff)
	}
	if diff := cmp.Diff(names(w.Where(func(id int64) bool { return id == w.other.ID })), []string{"acme/other"}); diff != "" {
		t.Errorf("some, got-want:\n%s", diff)
	}
}

func TestPeople(t *testing.T) {
	w := newWorld()
	w.repo.Writers["ada"], w.repo.Writers["eve"], w.other.Writers["ada"] = "write", "none", "read"
	if diff := cmp.Diff(w.People(), []string{"ada", "eve"}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	for login, want := range map[string]bool{"ada": true, "ADA": true, "eve": false, "bob": false} {
		if got := w.repo.Reads(login); got != want {
			t.Errorf("%s: got %v", login, got)
		}
	}
	if got := w.repo.Level("Eve"); got != "none" {
		t.Errorf("got %q", got)
	}
}

func TestResolve(t *testing.T) {
	w := newWorld()
	p := w.open(t)
	w.fork.Branches["topic"] = w.head
	for ref, want := range map[string]string{
		w.head: w.head, "main": w.base, "refs/heads/main": w.base, "eve:topic": w.head, "EVE:topic": w.head, "refs/pull/1/head": p.Head,
		"": "", "no": "", "topic": "", "eve:no": "", "bob:topic": "", "refs/pull/2/head": "", w.head[:12]: "",
	} {
		if got, ok := w.Resolve(w.repo, ref); got != want || ok != (want != "") {
			t.Errorf("%q: got %q and %v, want %q", ref, got, ok, want)
		}
	}
	if _, ok := w.Resolve(w.other, "eve:topic"); ok {
		t.Error("a repository found the branch of one that is no fork of it")
	}
}

func TestOpen(t *testing.T) {
	w := newWorld()
	if _, err := w.repo.Open(w.base, "no"); err == nil || !strings.Contains(err.Error(), `pull request Acme/Agent#1 needs commits`) {
		t.Errorf("got %v", err)
	}
	if len(w.repo.Pulls) != 0 || len(w.repo.Branches) != 0 {
		t.Error("a pull request without commits was opened")
	}
	p := w.open(t, func(p *repostore.Pull) { p.BaseRef, p.HeadRepo, p.Labels = "next", "eve/agent", []string{"x"} })
	if w.repo.Pulls[p.Number] != p || p.State != "open" || w.repo.Branches["next"] != w.base || w.repo.Branches["main"] != "" {
		t.Errorf("got %+v and %v", p, w.repo.Branches)
	}
	shown := w.Pull(w.repo, p)
	if shown.Head.Owner != "eve" || shown.Head.Repo["full_name"] != "eve/agent" || shown.Base.Repo["full_name"] != "Acme/Agent" || shown.Base.Ref != "next" {
		t.Errorf("got %+v", shown)
	}
	p.HeadRepo = ""
	if shown := w.Pull(w.repo, p); shown.Head.Repo != nil {
		t.Errorf("a deleted fork is shown: %v", shown.Head.Repo)
	}
}

func TestPullsOfACommit(t *testing.T) {
	w := newWorld()
	w.open(t)
	w.open(t, func(p *repostore.Pull) { p.State, p.Merged, p.MergeSHA = "closed", true, w.base })
	w.open(t, func(p *repostore.Pull) { p.HeadRepo = "eve/agent" })
	for sha, want := range map[string][]int{w.head: {1, 2, 3}, w.base: {2}, "no": nil} {
		var got []int
		for _, p := range w.repo.PullsOf(sha) {
			got = append(got, p.Number)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("of %q, got-want:\n%s", sha, diff)
		}
	}
	head := w.repo.HeadOf(w.head)
	if len(head) != 1 || head[0].(map[string]any)["number"] != 1 {
		t.Errorf("got %v, want the one that is open and of no fork", head)
	}
	if got := w.repo.HeadOf(w.base); got == nil || len(got) != 0 {
		t.Errorf("got %v, want an empty list", got)
	}
}

func TestRules(t *testing.T) {
	w := newWorld()
	w.repo.Branches["a/b"] = w.base
	check := []repostore.Required{{Name: "any"}, {Name: "ours", App: 77}}
	kinds := func(rules repostore.Rules) (out []string) {
		w.repo.Rules["a/b"] = rules
		for _, r := range w.repo.RulesJSON("a/b") {
			out = append(out, r.(map[string]any)["type"].(string))
		}
		return out
	}
	for name, tt := range map[string]struct {
		rules     repostore.Rules
		kinds     []string
		protected bool
	}{
		"none":       {repostore.Rules{}, nil, false},
		"a ruleset":  {repostore.Rules{Required: check}, []string{"required_status_checks"}, false},
		"a queue":    {repostore.Rules{MergeQueue: true}, []string{"merge_queue"}, false},
		"protection": {repostore.Rules{Protected: check}, nil, true},
		"everything": {repostore.Rules{Required: check, Protected: check, MergeQueue: true}, []string{"required_status_checks", "merge_queue"}, true},
	} {
		if diff := cmp.Diff(kinds(tt.rules), tt.kinds); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
		if m := w.repo.BranchJSON("a/b"); m["protected"] != tt.protected || !strings.HasSuffix(m["protection_url"].(string), "/branches/a%2Fb/protection") {
			t.Errorf("%s: got %v", name, m)
		}
	}
	if w.repo.BranchJSON("no") != nil || len(w.repo.RulesJSON("no")) != 0 {
		t.Error("a branch that there is none of is shown")
	}
	w.repo.Rules["a/b"] = repostore.Rules{Protected: check}
	asked := w.repo.BranchJSON("a/b")["protection"].(map[string]any)["required_status_checks"].(map[string]any)
	if diff := cmp.Diff(asked["checks"], any([]any{map[string]any{"context": "any", "app_id": nil}, map[string]any{"context": "ours", "app_id": int64(77)}})); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}
