package merged_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/merged"
)

func hours(n int) time.Time { return monday.Add(time.Duration(n) * time.Hour) }

func TestFields(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, merged.Options{})
	w.AddFork("acme/shop", "eve", "shop")
	w.AddFork("acme/shop", "bob", "shop")
	one := w.Commit("acme/shop", []string{w.base}, githubtest.Text(map[string]string{"a": "1\n", "b": "1\n2\n"}))
	two := w.Commit("acme/shop", []string{one}, githubtest.Text(map[string]string{"b": "1\n2\n3\n", "a": "0\n"}))
	w.OpenPull("acme/shop", w.base, two, func(p *githubtest.Pull) {
		p.HeadRef, p.Title, p.Labels, p.Author = "fix-date", "Fix\nthe date", []string{"team:payments", "bug"}, "ada"
		p.Created, p.Updated, p.Rewritten = hours(0), hours(0), []string{one}
	})
	w.end(1, 5, true)
	w.open(1, func(p *githubtest.Pull) { p.HeadRepo, p.HeadRef = "eve/shop", "main" })
	w.open(2, func(p *githubtest.Pull) { p.HeadRepo = "bob/shop" })
	w.end(3, 4, false)
	w.DeleteRepo("bob/shop")

	got := w.all(merged.Query{Unmerged: true, Open: true, Authors: true})
	if got.Repo != "acme/shop" || got.DefaultBranch != "main" || got.Skipped != 0 || len(got.Pulls) != 3 {
		t.Fatalf("got %+v", got)
	}
	want := merged.Pull{
		Number: 1, State: merged.Merged, Title: "Fix the date", HeadRef: "fix-date", HeadRepository: "acme/shop", BaseRef: "main",
		Created: hours(0), Closed: hours(5), Merged: hours(5), Merge: w.base, Head: two, Commits: []string{one, two}, Total: 2,
		Rewritten: []string{one}, Additions: 4, Deletions: 1, Files: 2, Labels: []string{"team:payments", "bug"}, Author: "ada",
	}
	if diff := cmp.Diff(got.Pulls[0], want); diff != "" {
		t.Errorf("merged, got-want:\n%s", diff)
	}
	if p := got.Pulls[1]; p.State != merged.Open || p.HeadRepository != "eve/shop" || p.HeadRef != "main" || !p.Closed.IsZero() || p.Merge != "" {
		t.Errorf("open, of a fork: got %+v", p)
	}
	if p := got.Pulls[2]; p.State != merged.Closed || p.HeadRepository != "" || !p.Closed.Equal(hours(4)) || !p.Merged.IsZero() {
		t.Errorf("closed, of a fork that was deleted: got %+v", p)
	}
	for _, p := range w.all(merged.Query{Unmerged: true, Open: true}).Pulls {
		if p.Author != "" {
			t.Errorf("the author %q of %d was not asked for", p.Author, p.Number)
		}
	}
	if p := w.all(merged.Query{Commits: -1}).Pulls[0]; len(p.Commits) != 1 || p.Total != 2 {
		t.Errorf("one commit: got %v of %d", p.Commits, p.Total)
	}
}

func TestWhichAreRead(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, merged.Options{Page: 3})
	w.merged(10) // number n is merged at hour n
	w.end(w.open(0), 9, false)
	w.open(0)                                                                        // 12
	w.ChangePull("acme/shop", 2, func(p *githubtest.Pull) { p.Updated = hours(20) }) // a comment
	for name, tt := range map[string]struct {
		q    merged.Query
		want []int
	}{
		"all":        {merged.Query{}, to(1, 10)},
		"since":      {merged.Query{Since: hours(7)}, to(7, 10)},
		"closed too": {merged.Query{Since: hours(7), Unmerged: true}, to(7, 11)},
		"open too":   {merged.Query{Since: hours(9), Unmerged: true, Open: true}, to(9, 12)},
		"none":       {merged.Query{Since: hours(11)}, nil},
	} {
		if diff := cmp.Diff(numbers(w.all(tt.q).Pulls), tt.want); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
}

// TestStopsWhenOlder reads no more pages than hold what is asked for.
func TestStopsWhenOlder(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{Page: 10})
	w.merged(100)
	if got := w.all(merged.Query{Since: hours(85)}); got.Queries != 3 || len(got.Pulls) != 16 { // two pages, and what changed since
		t.Errorf("got %d queries for %d pull requests", got.Queries, len(got.Pulls))
	}
}

// TestCursors goes on from every page of a read as another process would.
func TestCursors(t *testing.T) {
	w := newWorld(t, githubtest.Options{Unchecked: true}, merged.Options{Page: 4})
	w.merged(17)
	w.open(1)
	q := merged.Query{Repo: shop, Since: hours(3), Open: true}
	var cursors []string
	var read []int // by the page
	for page, err := range w.Pages(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, len(page.Pulls))
		cursors = append(cursors, page.Next)
	}
	if diff := cmp.Diff(read, []int{1, 4, 4, 4, 3, 0}); diff != "" {
		t.Fatalf("pull requests in each page, got-want:\n%s", diff)
	}
	for i, c := range cursors[:len(cursors)-1] {
		q := q
		q.Cursor = c
		rest := 0
		for _, n := range read[i+1:] {
			rest += n
		}
		got, err := w.reader(merged.Options{Page: 4}).All(context.Background(), q)
		if err != nil || len(got.Pulls) != rest {
			t.Errorf("from page %d: got %d pull requests and %v, want %d", i+1, len(got.Pulls), err, rest)
		}
	}
	q.Cursor = cursors[1]
	for name, change := range map[string]func(*merged.Query){
		"another repository": func(q *merged.Query) { q.Repo.Name = "other" },
		"another time":       func(q *merged.Query) { q.Since = hours(4) },
		"other states":       func(q *merged.Query) { q.Unmerged = true },
		"nonsense":           func(q *merged.Query) { q.Cursor = "x!" },
		"half of it":         func(q *merged.Query) { q.Cursor = q.Cursor[:20] },
	} {
		q := q
		change(&q)
		if _, err := w.All(context.Background(), q); err == nil || !strings.Contains(err.Error(), "cursor") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestChangesWhileReading shows that nothing is missed when the list moves under the read.
func TestChangesWhileReading(t *testing.T) {
	for name, tt := range map[string]struct {
		at     int // the query before which it happens
		change func(*world)
		want   func(merged.Pull) bool
	}{
		"one that is still to come moves to the front": {2, func(w *world) {
			w.ChangePull("acme/shop", 1, func(p *githubtest.Pull) { p.Updated = w.now })
		}, func(p merged.Pull) bool { return p.Number == 1 && p.State == merged.Merged }},
		"an open one is merged": {2, func(w *world) {
			w.ChangePull("acme/shop", 13, func(p *githubtest.Pull) { p.Merged, p.MergedAt, p.Updated = true, w.now, w.now })
		}, func(p merged.Pull) bool { return p.Number == 13 && p.State == merged.Merged }},
		"a new one is opened": {3, func(w *world) {
			w.open(0, func(p *githubtest.Pull) { p.Created, p.Updated = w.now, w.now })
		}, func(p merged.Pull) bool { return p.Number == 14 && p.State == merged.Open }},
		"the last one that was read moves to the front": {3, func(w *world) {
			w.ChangePull("acme/shop", 8, func(p *githubtest.Pull) { p.Updated = w.now })
		}, func(p merged.Pull) bool { return p.Number == 4 }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{}, merged.Options{Page: 4})
			w.merged(12)
			w.open(0)
			queries := 0
			w.OnRequest(func(githubtest.Request) {
				if queries++; queries == tt.at {
					tt.change(w)
				}
			})
			got := w.all(merged.Query{Open: true}).Pulls
			if !slices.ContainsFunc(got, tt.want) || !slices.IsSorted(numbers(got)) || len(slices.Compact(numbers(got))) != len(got) || len(got) < 13 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestUnreadable goes on when GitHub cannot show some.
func TestUnreadable(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, merged.Options{Page: 5})
	w.merged(12)
	for _, n := range []int{3, 8, 12} {
		w.ChangePull("acme/shop", n, func(p *githubtest.Pull) { p.Unreadable, p.Updated = true, p.Updated.Add(time.Second) })
	}
	got := w.all(merged.Query{})
	if diff := cmp.Diff(numbers(got.Pulls), []int{1, 2, 4, 5, 6, 7, 9, 10, 11}); diff != "" || got.Skipped != 3 {
		t.Errorf("%d skipped, got-want:\n%s", got.Skipped, diff)
	}
}

func TestRenamed(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, merged.Options{})
	w.merged(1)
	w.RenameRepo("acme/shop", "acme/store")
	w.SetDefaultBranch("acme/store", "trunk")
	if got := w.all(merged.Query{}); got.Repo != "acme/store" || got.DefaultBranch != "trunk" || got.Pulls[0].HeadRepository != "acme/store" {
		t.Errorf("got %+v", got)
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, merged.Options{})
	w.AddToken("poor", githubtest.Actor{Login: "x[bot]", App: 1, Permissions: map[string]string{"contents": "read"}})
	poor, err := merged.New(github.Config{BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: "poor"}, merged.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		r    *merged.Reader
		repo github.Repo
		want error
		text string
	}{
		"no such repository": {w.Reader, github.Repo{Owner: "acme", Name: "no"}, github.ErrNotFound, "reading the pull requests of acme/no: not found"},
		"no permission":      {poor, shop, github.ErrPermission, `add the permission "pull-requests: read"`},
		"no name":            {w.Reader, github.Repo{Owner: "acme", Name: "a/b"}, nil, "not \"owner/name\""},
	} {
		_, err := tt.r.All(context.Background(), merged.Query{Repo: tt.repo})
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: got %v, want %q", name, err, tt.text)
		}
	}
	if _, err := merged.New(github.Config{}, merged.Options{}); err == nil {
		t.Error("a reader without a token was made")
	}
}

// TestLeaving ends a read whose reader wants no more, and one whose context ends.
func TestLeaving(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, merged.Options{Page: 2})
	w.merged(6)
	for range w.Pages(context.Background(), merged.Query{Repo: shop}) {
		break
	}
	if got := w.Count("POST", "^/graphql$"); got != 1 {
		t.Errorf("got %d requests after the first page was enough", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := w.All(ctx, merged.Query{Repo: shop}); !errors.Is(err, context.Canceled) || got.Next == "" {
		t.Errorf("got %v, cursor %q", err, got.Next)
	}
}
