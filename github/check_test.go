package github_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

func notes(n int) []github.Annotation {
	var out []github.Annotation
	for i := range n {
		out = append(out, github.Annotation{Path: "agents.yaml", StartLine: i + 1, Level: "notice", Message: fmt.Sprint("note ", i)})
	}
	return out
}

func TestCheckRunFromStartToEnd(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	id, err := w.c.CreateCheck(bg(), acme, github.CheckRun{
		Name: "pertask", HeadSHA: w.head, Status: github.StatusInProgress, Title: "Measuring", Summary: "2 of 20", ExternalID: "key",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.c.UpdateCheck(bg(), acme, id, github.CheckRun{Title: "Measuring", Summary: "3 of 20", Text: "more"}); err != nil {
		t.Fatal(err)
	}
	k := w.Checks(w.name, w.head)[0]
	if k.Status != "in_progress" || k.Summary != "3 of 20" || k.Text != "more" || k.ExternalID != "key" {
		t.Errorf("after the update: %+v", k)
	}
	if err := w.c.CompleteCheck(bg(), acme, id, github.CheckRun{Conclusion: github.ConclusionNeutral, Title: "Inconclusive"}); err != nil {
		t.Fatal(err)
	}
	all, err := w.c.Checks(bg(), acme, w.head, "pertask")
	if err != nil || len(all) != 1 {
		t.Fatalf("got %+v, %v, want one", all, err)
	}
	got := all[0]
	if got.ID != id || got.Status != "completed" || got.Conclusion != "neutral" || got.Title != "Inconclusive" ||
		got.Summary != "Inconclusive" || got.Text != "" || got.ExternalID != "key" || got.Started.IsZero() {
		t.Errorf("at the end: %+v", got)
	}
}

func TestCheckAnnotationsGoInBatches(t *testing.T) {
	for _, tt := range []struct {
		name  string
		n     int
		fault func(w *world)
	}{
		{"fits", 50, nil},
		{"three batches", 120, nil},
		{"a batch that was not answered but done", 120, func(w *world) { w.Fail(githubtest.Match("PATCH", "/check-runs/"), 502, 1, true) }},
		{"a batch that was not done", 120, func(w *world) { w.Fail(githubtest.Match("PATCH", "/check-runs/"), 502, 1, false) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			if tt.fault != nil {
				tt.fault(w)
			}
			_, err := w.c.CreateCheck(bg(), acme, github.CheckRun{
				Name: "pertask", HeadSHA: w.head, Status: github.StatusCompleted, Conclusion: github.ConclusionSuccess,
				Title: "t", Text: "text", Annotations: notes(tt.n),
			})
			if err != nil {
				t.Fatal(err)
			}
			k := w.Checks(w.name, w.head)[0]
			if len(k.Annotations) != tt.n || k.Text != "text" || k.Conclusion != "success" {
				t.Errorf("got %d annotations, text %q, %s, want %d", len(k.Annotations), k.Text, k.Conclusion, tt.n)
			}
			for i, a := range k.Annotations {
				if a.Message != fmt.Sprint("note ", i) {
					t.Fatalf("annotation %d is %q", i, a.Message)
				}
			}
		})
	}
}

func TestCheckUpdateWithAnnotationsThatWasNotAnswered(t *testing.T) {
	for _, after := range []bool{true, false} {
		w := newWorld(t, githubtest.Options{})
		id, err := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head, Title: "t", Annotations: notes(3)})
		if err != nil {
			t.Fatal(err)
		}
		w.Fail(githubtest.Match("PATCH", "/check-runs/"), 0, 1, after)
		if err := w.c.UpdateCheck(bg(), acme, id, github.CheckRun{Title: "t", Annotations: notes(2)}); err != nil {
			t.Fatal(err)
		}
		if got := len(w.Checks(w.name, w.head)[0].Annotations); got != 5 {
			t.Errorf("after %v: %d annotations, want 5", after, got)
		}
	}
}

func TestCreateCheckThatWasNotAnswered(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   int
		after    bool
		requests int
	}{
		{"500 after the effect", 500, true, 1},
		{"cut after the effect", 0, true, 1},
		{"503 before the effect", 503, false, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			// An older run of the same name and key must not be taken for it.
			if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head, ExternalID: "k", Started: noon}); err != nil {
				t.Fatal(err)
			}
			w.ResetRequests()
			w.Fail(githubtest.Match("POST", "/check-runs$"), tt.status, 1, tt.after)
			id, err := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head, ExternalID: "k"})
			if err != nil {
				t.Fatal(err)
			}
			all := w.Checks(w.name, w.head)
			if len(all) != 2 || all[1].ID != id {
				t.Errorf("got id %d of %+v, want two, ours the second", id, all)
			}
			if got := w.Count("POST", "/check-runs$"); got != tt.requests {
				t.Errorf("%d creates, want %d", got, tt.requests)
			}
		})
	}
}

func TestCheckForbidden(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	job := w.AddJob(w.name, w.head, "pertask")
	done := github.CheckRun{Conclusion: github.ConclusionSuccess}
	err := w.c.CompleteCheck(bg(), acme, job, done)
	if !errors.Is(err, github.ErrCheckForbidden) || !strings.Contains(err.Error(), "updated internally") {
		t.Errorf("a job's run: got %v, want ErrCheckForbidden", err)
	}
	w.AddToken("ghs_other_app_token", githubtest.Actor{Login: "other[bot]", App: 9, Slug: "other", Permissions: githubtest.WorkflowActor().Permissions})
	other := newClient(t, w.Server, func(c *github.Config) { c.Token = "ghs_other_app_token" })
	id, err := other.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.c.CompleteCheck(bg(), acme, id, done); !errors.Is(err, github.ErrCheckForbidden) {
		t.Errorf("another App's run: got %v, want ErrCheckForbidden", err)
	}
}

func TestPermissionErrorsNameThePermission(t *testing.T) {
	w := newWorld(t, githubtest.Options{Actor: githubtest.ReadOnlyActor()})
	_, checkErr := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head})
	_, commentErr := w.c.Upsert(bg(), acme, w.pull, comment(t, 0, "x"), nil)
	hideErr := w.c.Hide(bg(), acme, github.Comment{NodeID: "IC_1"})
	for _, tt := range []struct {
		err  error
		want string
	}{
		{checkErr, `"checks: write"`}, {commentErr, `"pull-requests: write"`}, {hideErr, `"pull-requests: write"`},
	} {
		if !errors.Is(tt.err, github.ErrPermission) || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("got %v, want ErrPermission with %s", tt.err, tt.want)
		}
	}
	// A person's token has no header that names it.
	w.Inject(githubtest.Fault{Match: githubtest.Match("GET", "/files"), Status: 403, Message: "Resource not accessible by personal access token"})
	if _, _, err := w.c.Files(bg(), acme, w.pull); !errors.Is(err, github.ErrPermission) || !strings.Contains(err.Error(), `"pull-requests: read"`) {
		t.Errorf("got %v, want the permission of the step", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	ok := github.CheckRun{Name: "pertask", HeadSHA: w.head}
	for _, tt := range []struct {
		name   string
		change func(*github.CheckRun)
		want   string
	}{
		{"no name", func(c *github.CheckRun) { c.Name = "" }, "a name"},
		{"short id", func(c *github.CheckRun) { c.HeadSHA = "abc" }, "full object id"},
		{"status", func(c *github.CheckRun) { c.Status = "done" }, `status "done"`},
		{"conclusion", func(c *github.CheckRun) { c.Status, c.Conclusion = "completed", "stale" }, `conclusion "stale"`},
		{"completed without conclusion", func(c *github.CheckRun) { c.Status = "completed" }, "does not go with"},
		{"conclusion without completed", func(c *github.CheckRun) { c.Conclusion = "success" }, "does not go with"},
		{"four actions", func(c *github.CheckRun) { c.Actions = make([]github.CheckAction, 4) }, "3 are allowed"},
		{"long label", func(c *github.CheckRun) {
			c.Actions = []github.CheckAction{{Label: strings.Repeat("x", 21), Identifier: "i"}}
		}, "at most 20"},
		{"annotation without a line", func(c *github.CheckRun) {
			c.Annotations = []github.Annotation{{Path: "a", Level: "notice", Message: "m"}}
		}, "annotation 0"},
		{"annotation level", func(c *github.CheckRun) {
			c.Annotations = []github.Annotation{{Path: "a", StartLine: 1, Level: "error", Message: "m"}}
		}, `level "error"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cr := ok
			tt.change(&cr)
			_, err := w.c.CreateCheck(bg(), acme, cr)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "creating check run") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if err := w.c.CompleteCheck(bg(), acme, 1, github.CheckRun{}); err == nil {
		t.Error("completing without a conclusion: want an error")
	}
	if err := w.c.UpdateCheck(bg(), acme, 0, ok); err == nil {
		t.Error("updating id 0: want an error")
	}
	if got := len(w.Requests()); got != 0 {
		t.Errorf("%d requests, want none", got)
	}
	if err := w.c.UpdateCheck(bg(), acme, 12345, github.CheckRun{}); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("unknown id: got %v, want ErrNotFound", err)
	}
}

func TestCheckTextsAreCut(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	long := strings.Repeat("é 😀 line\n", 5000) + "```\n" + strings.Repeat("code\n", 20_000) + "```\n"
	if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{
		Name: "pertask", HeadSHA: w.head, Title: strings.Repeat("title ", 100), Summary: long, Text: long,
		Annotations: []github.Annotation{{Path: "a", StartLine: 1, Level: "failure", Title: strings.Repeat("é", 300), Message: strings.Repeat("é", 40_000)}},
	}); err != nil {
		t.Fatal(err)
	}
	k := w.Checks(w.name, w.head)[0]
	for _, s := range []string{k.Summary, k.Text} {
		if len(s) > 65_535 || !utf8.ValidString(s) || strings.Count(s, "```")%2 != 0 || !strings.Contains(s, "cut here") {
			t.Errorf("%d bytes, valid %v, %d fences", len(s), utf8.ValidString(s), strings.Count(s, "```"))
		}
	}
	if strings.Contains(k.Title, "\n") || len(k.Title) > 255 {
		t.Errorf("title %q", k.Title)
	}
}

func TestChecksReadsEveryPageAndHiddenOnes(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for range 130 {
		if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.c.Checks(bg(), acme, w.head, "pertask")
	if err != nil || len(all) != 130 {
		t.Errorf("got %d, %v, want 130", len(all), err)
	}
	if _, err := w.c.Checks(bg(), acme, w.head, ""); err == nil {
		t.Error("no name: want an error")
	}
}

func TestCheckActionsReachGitHub(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	want := github.CheckAction{Label: "Run", Description: "Measure, about $4", Identifier: "run"}
	if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head, Actions: []github.CheckAction{want}}); err != nil {
		t.Fatal(err)
	}
	got := w.Checks(w.name, w.head)[0].Actions
	if len(got) != 1 || github.CheckAction(got[0]) != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
