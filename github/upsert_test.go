package github_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
)

func (w *world) upsert(t *testing.T, body string, known []github.Comment) github.UpsertResult {
	t.Helper()
	res, err := w.c.Upsert(bg(), acme, w.pull, body, known)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestUpsertLifeOfAComment(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	first := w.upsert(t, comment(t, 0, "measuring"), nil)
	if first.Action != github.Created || first.ID == 0 || first.NodeID == "" {
		t.Fatalf("got %+v, want created", first)
	}
	if got, want := len(w.Requests()), 2; got != want {
		t.Errorf("creating took %d requests, want %d", got, want)
	}
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}

	w.ResetRequests()
	res := w.upsert(t, comment(t, 5, "measuring"), known)
	if res.Action != github.Unchanged || res.ID != first.ID || len(w.Requests()) != 0 {
		t.Errorf("the same text: got %+v and %d requests, want unchanged and none", res, len(w.Requests()))
	}

	res = w.upsert(t, comment(t, 6, "**Don't switch.**"), known)
	if res.Action != github.Updated || res.ID != first.ID || len(w.Requests()) != 3 {
		t.Errorf("new text: got %+v and %d requests, want updated and 3", res, len(w.Requests()))
	}
	if diff := cmp.Diff(w.texts(), []string{"**Don't switch.**"}); diff != "" {
		t.Error(diff)
	}

	res = w.upsert(t, comment(t, 3, "late result of an earlier run"), known)
	if res.Action != github.Unchanged || !res.Superseded || res.ID != first.ID {
		t.Errorf("earlier time: got %+v, want unchanged and superseded", res)
	}
	if diff := cmp.Diff(w.texts(), []string{"**Don't switch.**"}); diff != "" {
		t.Error(diff)
	}
}

func TestUpsertTrustsAuthorsNotText(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.AddComment(w.name, w.pull, "mallory", comment(t, 99, "Switch!"))
	res := w.upsert(t, comment(t, 0, "ours"), nil)
	if res.Action != github.Created || len(res.Deleted) != 0 {
		t.Errorf("got %+v, want created beside the forgery", res)
	}
	if diff := cmp.Diff(w.texts(), []string{"Switch!", "ours"}); diff != "" {
		t.Error(diff)
	}
}

func TestUpsertHealsDuplicates(t *testing.T) {
	for _, tt := range []struct {
		name    string
		posted  []int // times of ours that are there
		minute  int
		want    string
		deleted int
		super   bool
	}{
		{"ours is the latest", []int{1, 2, 3}, 4, "new", 2, false},
		{"the newest duplicate is the latest", []int{1, 2, 9}, 4, "old 9", 2, true},
		{"the oldest is the latest", []int{9, 2, 1}, 4, "old 9", 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			var oldest int64
			for _, m := range tt.posted {
				id := w.AddComment(w.name, w.pull, "github-actions[bot]", comment(t, m, "old "+string(rune('0'+m))))
				if oldest == 0 {
					oldest = id
				}
			}
			known, err := w.c.Comments(bg(), acme, w.pull)
			if err != nil {
				t.Fatal(err)
			}
			res := w.upsert(t, comment(t, tt.minute, "new"), known)
			if res.ID != oldest || len(res.Deleted) != tt.deleted || res.Superseded != tt.super {
				t.Errorf("got %+v, want %d left, %d deleted, superseded %v", res, oldest, tt.deleted, tt.super)
			}
			if diff := cmp.Diff(w.texts(), []string{tt.want}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUpsertCreateThatWasNotAnswered(t *testing.T) {
	create := githubtest.Match("POST", "/comments$")
	for _, tt := range []struct {
		name         string
		status, n    int
		after        bool
		wantCreates  int
		wantComments int
		fails        bool
	}{
		{"502 after the effect", 502, 1, true, 1, 1, false},
		{"connection cut after the effect", 0, 1, true, 1, 1, false},
		{"502 before the effect", 502, 1, false, 2, 1, false},
		{"502 for ever", 502, -1, false, 5, 0, true},
		{"422", 422, 1, false, 1, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			w.Fail(create, tt.status, tt.n, tt.after)
			res, err := w.c.Upsert(bg(), acme, w.pull, comment(t, 0, "text"), nil)
			if (err != nil) != tt.fails {
				t.Fatalf("error %v, want one: %v", err, tt.fails)
			}
			if err == nil && res.Action != github.Created {
				t.Errorf("got %+v, want created", res)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "posting the comment on acme/agent#1: GitHub answered") {
				t.Errorf("error %q", err)
			}
			if got := w.Count("POST", "/comments$"); got != tt.wantCreates {
				t.Errorf("%d creates, want %d", got, tt.wantCreates)
			}
			if got := len(w.texts()); got != tt.wantComments {
				t.Errorf("%d comments, want %d", got, tt.wantComments)
			}
		})
	}
}

func TestUpsertEditThatWasNotAnswered(t *testing.T) {
	for _, after := range []bool{false, true} {
		w := newWorld(t, githubtest.Options{})
		w.upsert(t, comment(t, 0, "one"), nil)
		known, err := w.c.Comments(bg(), acme, w.pull)
		if err != nil {
			t.Fatal(err)
		}
		w.Fail(githubtest.Match("PATCH", "/comments/"), 502, 2, after)
		res := w.upsert(t, comment(t, 1, "two"), known)
		if res.Action != github.Updated {
			t.Errorf("after %v: got %+v, want updated", after, res)
		}
		if diff := cmp.Diff(w.texts(), []string{"two"}); diff != "" {
			t.Error(diff)
		}
		edits := w.Count("PATCH", "/comments/")
		if want := map[bool]int{false: 3, true: 1}[after]; edits != want {
			t.Errorf("after %v: %d edits, want %d", after, edits, want)
		}
	}
}

func TestUpsertEditThatNeverWorks(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.upsert(t, comment(t, 0, "one"), nil)
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	w.Fail(githubtest.Match("PATCH", "/comments/"), 502, -1, false)
	_, err = w.c.Upsert(bg(), acme, w.pull, comment(t, 1, "two"), known)
	if err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("got %v, want the last answer", err)
	}
	if got := w.Count("PATCH", "/comments/"); got > 10 {
		t.Errorf("%d edits: not bounded", got)
	}
}

func TestUpsertAfterAPersonDeletedIt(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	res := w.upsert(t, comment(t, 0, "one"), nil)
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	w.DeleteComment(w.name, res.ID)
	again := w.upsert(t, comment(t, 1, "two"), known)
	if again.Action != github.Created || again.ID == res.ID {
		t.Errorf("got %+v, want a fresh one", again)
	}
}

func TestUpsertDeletedBetweenLookAndEdit(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	res := w.upsert(t, comment(t, 0, "one"), nil)
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	w.OnRequest(func(r githubtest.Request) {
		if r.Method == "PATCH" {
			w.DeleteComment(w.name, res.ID)
		}
	})
	again := w.upsert(t, comment(t, 1, "two"), known)
	if again.Action != github.Created {
		t.Errorf("got %+v, want created", again)
	}
	if diff := cmp.Diff(w.texts(), []string{"two"}); diff != "" {
		t.Error(diff)
	}
}

func TestUpsertDeleteOfWhatIsGone(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	bot := "github-actions[bot]"
	w.AddComment(w.name, w.pull, bot, comment(t, 0, "one"))
	second := w.AddComment(w.name, w.pull, bot, comment(t, 1, "two"))
	w.OnRequest(func(r githubtest.Request) {
		if r.Method == "DELETE" {
			w.DeleteComment(w.name, second)
		}
	})
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	w.upsert(t, comment(t, 2, "three"), known)
	if diff := cmp.Diff(w.texts(), []string{"three"}); diff != "" {
		t.Error(diff)
	}
}

func TestUpsertKeysAreApart(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for _, key := range []string{"", "other", "", "other"} {
		known, err := w.c.Comments(bg(), acme, w.pull)
		if err != nil {
			t.Fatal(err)
		}
		w.upsert(t, marked(t, marker.Marker{Key: key, Time: noon}, "for "+key), known)
	}
	if diff := cmp.Diff(w.texts(), []string{"for ", "for other"}); diff != "" {
		t.Error(diff)
	}
}

func TestUpsertRefuses(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	long := comment(t, 0, strings.Repeat("é", github.MaxBody/2))
	for _, tt := range []struct {
		name, body string
		is         error
	}{
		{"too long in bytes", long, github.ErrTooLong},
		{"no marker", "text", marker.ErrMarker},
		{"marker not in the first line", "\n" + comment(t, 0, "text"), marker.ErrMarker},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := w.c.Upsert(bg(), acme, w.pull, tt.body, nil); !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v", err, tt.is)
			}
		})
	}
	if got := len(w.Requests()); got != 0 {
		t.Errorf("%d requests, want none", got)
	}
}

func TestUpsertCancelled(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	ctx, cancel := context.WithCancel(bg())
	w.OnRequest(func(r githubtest.Request) {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/comments") {
			cancel()
		}
	})
	if _, err := w.c.Upsert(ctx, acme, w.pull, comment(t, 0, "text"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want cancelled", err)
	}
}

func TestHideAndPost(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	old := w.upsert(t, comment(t, 0, "one"), nil)
	if err := w.c.Hide(bg(), acme, github.Comment{ID: old.ID, NodeID: old.NodeID}); err != nil {
		t.Fatal(err)
	}
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil || len(known) != 1 || known[0].Hidden != "outdated" {
		t.Fatalf("got %+v, %v, want one hidden as outdated", known, err)
	}
	res := w.upsert(t, comment(t, 1, "two"), known)
	if res.Action != github.Created || len(res.Deleted) != 0 {
		t.Errorf("got %+v, want a new one and the hidden one left", res)
	}
	posted, err := w.c.Post(bg(), acme, w.pull, comment(t, 2, "three"))
	if err != nil || posted.ID == res.ID {
		t.Errorf("got %+v, %v, want a third", posted, err)
	}
	w.DeleteComment(w.name, old.ID)
	if err := w.c.Hide(bg(), acme, github.Comment{ID: old.ID, NodeID: old.NodeID}); err != nil {
		t.Errorf("hiding what is gone: %v", err)
	}
}

func TestWritesAreRedacted(t *testing.T) {
	w := newWorld(t, githubtest.Options{}, func(c *github.Config) {
		c.Redact = func(s string) string { return strings.ReplaceAll(s, "sk-secret", "***") }
	})
	token := w.Server.Token
	m := marker.Marker{Suite: "s", Time: noon, Data: []byte("sk-secret in data")}
	w.upsert(t, marked(t, m, "key sk-secret, token "+token+" and ghs_15368_eyJh.abc-DEF.ghi_JKL"), nil)
	body := w.Comments(w.name, w.pull)[0].Body
	got, ok := marker.Parse(body)
	if !ok || string(got.Data) != "*** in data" {
		t.Errorf("data = %q, want it redacted", got.Data)
	}
	if _, text, _ := strings.Cut(body, "\n"); text != "key ***, token *** and ***" {
		t.Errorf("text = %q, want it redacted", text)
	}
	if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{
		Name: "pertask", HeadSHA: w.head, Title: "t sk-secret", Summary: "s sk-secret", Text: "x " + token,
		Annotations: []github.Annotation{{Path: "a", StartLine: 1, Level: "notice", Title: "sk-secret", Message: "m sk-secret"}},
	}); err != nil {
		t.Fatal(err)
	}
	k := w.Checks(w.name, w.head)[0]
	for _, s := range []string{k.Title, k.Summary, k.Text, k.Annotations[0].Title, k.Annotations[0].Message} {
		if strings.Contains(s, "sk-secret") || strings.Contains(s, token) || !strings.Contains(s, "***") {
			t.Errorf("%q is not redacted", s)
		}
	}
}

// TestAnEditThatHadToWaitLooksAgain: a later result that is written while an edit waits for a rate limit stands.
func TestAnEditThatHadToWaitLooksAgain(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.upsert(t, comment(t, 0, "start"), nil)
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	slow := newClient(t, w.Server, func(cfg *github.Config) {
		cfg.Sleep = func(context.Context, time.Duration) error {
			w.upsert(t, comment(t, 9, "later"), known)
			return nil
		}
	})
	w.Fail(githubtest.Match("PATCH", "/comments/"), 429, 1, false)
	res, err := slow.Upsert(bg(), acme, w.pull, comment(t, 5, "earlier"), known)
	if err != nil || !res.Superseded {
		t.Errorf("got %+v and %v, want superseded", res, err)
	}
	if diff := cmp.Diff(w.texts(), []string{"later"}); diff != "" {
		t.Error(diff)
	}
}

// TestEditsThatAreLimitedForEver: the rate limit is what is said in the end, after as many waits as for any request.
func TestEditsThatAreLimitedForEver(t *testing.T) {
	n := &naps{}
	w := newWorld(t, githubtest.Options{}, func(cfg *github.Config) { cfg.Sleep = n.sleep })
	w.upsert(t, comment(t, 0, "start"), nil)
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	w.Fail(githubtest.Match("PATCH", "/comments/"), 429, -1, false)
	if _, err := w.c.Upsert(bg(), acme, w.pull, comment(t, 5, "next"), known); !errors.Is(err, github.ErrRateLimited) {
		t.Errorf("got %v, want a rate limit", err)
	}
	if got := w.Count("PATCH", "/comments/"); got != 5 {
		t.Errorf("%d edits were tried, want 5", got)
	}
}

// TestAnEarlierResultOverALaterOneIsPutRight: another process has looked before our edit, and edits after it.
func TestAnEarlierResultOverALaterOneIsPutRight(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	id := w.upsert(t, comment(t, 0, "start"), nil).ID
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	edited, over := false, 0
	w.OnRequest(func(r githubtest.Request) {
		switch {
		case r.Method == "PATCH":
			edited = true
		case edited && over == 0:
			over++
			w.EditComment(w.name, id, comment(t, 3, "earlier"))
		}
	})
	if res := w.upsert(t, comment(t, 5, "later"), known); res.Superseded || res.Action != github.Updated {
		t.Errorf("got %+v, want updated", res)
	}
	if diff := cmp.Diff(w.texts(), []string{"later"}); over != 1 || diff != "" {
		t.Error(diff)
	}
}

// TestTwoResultsOfOneTimeDoNotFight: neither is the later one, so the one that is there stays.
func TestTwoResultsOfOneTimeDoNotFight(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	id := w.upsert(t, comment(t, 0, "start"), nil).ID
	known, err := w.c.Comments(bg(), acme, w.pull)
	if err != nil {
		t.Fatal(err)
	}
	edited := false
	w.OnRequest(func(r githubtest.Request) {
		if r.Method == "GET" && edited {
			w.EditComment(w.name, id, comment(t, 5, "another"))
		}
		edited = edited || r.Method == "PATCH"
	})
	w.upsert(t, comment(t, 5, "ours"), known)
	if got := w.Count("PATCH", "/comments/"); got != 1 {
		t.Errorf("%d edits, want 1", got)
	}
}
