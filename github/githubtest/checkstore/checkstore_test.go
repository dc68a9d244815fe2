package checkstore_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/githubtest/checkstore"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var (
	actions = checkstore.App{ID: checkstore.ActionsApp, Slug: "github-actions"}
	ours    = checkstore.App{ID: 77, Slug: "pertask"}
)

func newStore() *checkstore.Store {
	id := int64(5_000_000_000)
	return checkstore.New(func() int64 { id++; return id })
}

func input(t *testing.T, text string) *checkstore.Input {
	t.Helper()
	var in checkstore.Input
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatal(err)
	}
	return &in
}

func TestValidate(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	output := func(rest string) string { return `{"output":{"title":"t","summary":"s"` + rest + `}}` }
	note := func(title, message string, start, end int) string {
		return output(fmt.Sprintf(`,"annotations":[{"path":"a","start_line":%d,"end_line":%d,"annotation_level":"failure","title":%q,"message":%q}]`, start, end, title, message))
	}
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", `{}`, ""},
		{"no title", `{"output":{"summary":"s"}}`, `"title" and "summary" weren't supplied`},
		{"status of GitHub's own", `{"status":"requested"}`, "requested is not a possible value"},
		{"completed", `{"status":"completed"}`, `"conclusion" is required`},
		{"three actions", `{"actions":[{},{},{}]}`, ""},
		{"four actions", `{"actions":[{},{},{},{}]}`, "No more than 3 items are allowed; 4 were supplied."},
		{"summary in UTF-16 units", `{"output":{"title":"t","summary":"` + strings.Repeat("😀", 32_768) + `"}}`, "Only 65535 characters are allowed; 65536 were supplied."},
		{"summary in bytes", `{"output":{"title":"t","summary":"` + strings.Repeat("é", 32_768) + `"}}`, "summary exceeds a maximum bytesize of 65535"},
		{"longest summary", `{"output":{"title":"t","summary":"` + x(65_535) + `"}}`, ""},
		{"text above the bytes only", output(`,"text":"` + strings.Repeat("é", 40_000) + `"`), ""},
		{"longest annotation", note(x(255), x(64<<10), 1, 1), ""},
		{"title of an annotation", note(x(256), "m", 1, 1), "too long"},
		{"message of an annotation", note("", x(64<<10+1), 1, 1), "too long"},
		{"annotation without a message", note("", "", 1, 1), "not complete"},
		{"annotation at line 0", note("", "m", 0, 1), "not complete"},
		{"annotation that ends before it starts", note("", "m", 2, 1), "not complete"},
		{"level", strings.Replace(note("", "m", 1, 1), "failure", "error", 1), "not complete"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := input(t, tt.in).Validate()
			if (r == nil) != (tt.want == "") || r != nil && (r.Status != 422 || !strings.Contains(r.Message, tt.want)) {
				t.Errorf("got %+v, want %q", r, tt.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	k := newStore().Add(ours, "sha", "pertask", noon)
	note := `"annotations":[{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"}]`
	input(t, `{"status":"in_progress","details_url":"https://a.example","output":{"title":"t","summary":"s","text":"x",`+note+`}}`).Apply(k, noon)
	if k.Status != "in_progress" || k.Text != "x" || len(k.Annotations) != 1 || k.DetailsURL != "https://a.example" || !k.Completed.IsZero() {
		t.Errorf("started: %+v", k)
	}
	input(t, `{"conclusion":"neutral","output":{"title":"t2","summary":"s2",`+note+`}}`).Apply(k, noon)
	if k.Status != "completed" || k.Conclusion != "neutral" || k.Title != "t2" || k.Text != "" || len(k.Annotations) != 2 || !k.Completed.Equal(noon) {
		t.Errorf("completed: %+v, want the output replaced and the annotations added", k)
	}
	input(t, `{"status":"queued"}`).Apply(k, noon)
	if k.Conclusion != "" || !k.Completed.IsZero() || k.Title != "t2" {
		t.Errorf("queued again: %+v, want no conclusion and the output left", k)
	}
	input(t, `{"output":{"title":"t","summary":"s","text":"`+strings.Repeat("é", 40_000)+`"}}`).Apply(k, noon)
	if want := strings.Repeat("é", 32_767); k.Text != want {
		t.Errorf("text has %d bytes, want it cut to whole characters in %d", len(k.Text), len(want))
	}
	job := newStore().Add(actions, "sha", "measure", noon)
	input(t, `{"details_url":"https://a.example"}`).Apply(job, noon)
	if strings.Contains(job.DetailsURL, "a.example") {
		t.Errorf("details URL of a workflow %q, want GitHub's own", job.DetailsURL)
	}
}

func TestUpdateRefuses(t *testing.T) {
	s := newStore()
	theirs, job := s.Add(ours, "sha", "pertask", noon), s.Add(actions, "sha", "measure", noon)
	job.Job = true
	for _, tt := range []struct {
		name, in string
		run      *checkstore.Run
		status   int
		want     string
	}{
		{"another App's", `{}`, theirs, 403, "Invalid app_id `15368`"},
		{"status of a job", `{"status":"queued"}`, job, 403, "only be updated internally"},
		{"conclusion of a job", `{"conclusion":"success"}`, job, 403, "only be updated internally"},
		{"limits", `{"output":{}}`, job, 422, "weren't supplied"},
	} {
		before := *tt.run
		r := tt.run.Update(actions.ID, input(t, tt.in), noon)
		if r == nil || r.Status != tt.status || !strings.Contains(r.Message, tt.want) {
			t.Errorf("%s: got %+v, want %d %q", tt.name, r, tt.status, tt.want)
		}
		if diff := cmp.Diff(*tt.run, before); diff != "" {
			t.Errorf("%s: it was changed all the same: %s", tt.name, diff)
		}
	}
	if r := job.Update(actions.ID, input(t, `{"output":{"title":"t","summary":"s"}}`), noon); r != nil || job.Title != "t" {
		t.Errorf("output of a job: got %+v, want it changed", r)
	}
}

func TestOnlyAThousandOfOneName(t *testing.T) {
	s := newStore()
	var ids []int64
	for range 1003 {
		ids = append(ids, s.Add(ours, "sha", "n", noon).ID)
	}
	s.Add(ours, "sha", "other", noon)
	s.Add(actions, "sha", "n", noon)
	if got := len(s.List("sha", checkstore.Filter{Name: "n", App: "77", All: true})); got != 1000 {
		t.Errorf("%d check runs, want 1000", got)
	}
	if s.Find(ids[2]) != nil || s.Find(ids[3]) == nil {
		t.Error("the oldest three must go, and no others")
	}
	if got := len(s.On("sha")); got != 1002 {
		t.Errorf("%d check runs on the commit, want 1002", got)
	}
}

func TestListAndSuites(t *testing.T) {
	s := newStore()
	first := s.Add(ours, "sha", "a", noon)
	second := s.Add(ours, "sha", "a", noon)
	b := s.Add(ours, "sha", "b", noon)
	b.Status = "in_progress"
	job := s.Add(actions, "sha", "a", noon)
	s.Add(ours, "other", "a", noon)
	for _, tt := range []struct {
		name   string
		filter checkstore.Filter
		want   []*checkstore.Run
	}{
		{"latest", checkstore.Filter{}, []*checkstore.Run{job, b, second}},
		{"all", checkstore.Filter{All: true}, []*checkstore.Run{job, b, second, first}},
		{"name", checkstore.Filter{Name: "b"}, []*checkstore.Run{b}},
		{"App", checkstore.Filter{App: "15368"}, []*checkstore.Run{job}},
		{"status", checkstore.Filter{Status: "in_progress"}, []*checkstore.Run{b}},
	} {
		if diff := cmp.Diff(s.List("sha", tt.filter), tt.want); diff != "" {
			t.Errorf("%s: got-want:\n%s", tt.name, diff)
		}
	}
	suites := s.Suites("sha")
	if len(suites) != 2 || len(suites[0].Runs) != 3 || suites[0].App != 77 || suites[1].Slug != "github-actions" || suites[0].ID == suites[1].ID {
		t.Errorf("got %+v, want one suite for each App", suites)
	}
	if !b.Passes(map[string]any{"statuses": []any{"QUEUED", "IN_PROGRESS"}, "checkName": "b"}) || !b.Passes(nil) {
		t.Error("b does not pass its own filter")
	}
	if b.Passes(map[string]any{"statuses": []any{"COMPLETED"}}) || b.Passes(map[string]any{"checkName": "a"}) {
		t.Error("b passes the filter of another")
	}
}
