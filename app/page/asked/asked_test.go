package asked_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/asked"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
)

func query(t *testing.T, s string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

var day = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// TestReviews reads filters, and writes them as they were read.
func TestReviews(t *testing.T) {
	id := strings.Repeat("a", 32)
	for text, want := range map[string]record.Filter{
		"": {},
		"repo=7&since=2026-11-02&suite=worst-three&model=gpt-5.5&state=ended": {Repo: 7, Since: day, Suite: "worst-three", Model: "gpt-5.5", State: record.Ended},
		"suite=+a+":    {Suite: "a"},
		"before=" + id: {Before: id},
	} {
		f, err := asked.Reviews(query(t, text), want.Repo)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff(want, f); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
		again, err := asked.Reviews(asked.Query(f), f.Repo)
		f.Before = "" // which is no part of a link
		if d := cmp.Diff(f, again); d != "" || err != nil {
			t.Errorf("%s, written and read again (%v):\n%s", text, err, d)
		}
	}
	refused(t, func(q url.Values) error { _, err := asked.Reviews(q, 0); return err },
		"since=yesterday", "state=open", "suite="+strings.Repeat("x", 201), "model="+strings.Repeat("x", 201), "before=1", "before="+strings.Repeat("A", 32))
}

func TestLog(t *testing.T) {
	for text, want := range map[string]record.LogFilter{
		"":                               {},
		"what=accepted&who=@ada&pull=#7": {Only: []string{"accept"}, Who: "ada", Pull: 7},
		"what=results&since=2026-11-02":  {Only: []string{record.VerbResult}, Since: day},
	} {
		q := query(t, strings.ReplaceAll(text, "#", "%23"))
		f, back, err := asked.Log(q, 0)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff(want, f); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
		if again, _, err := asked.Log(back, 0); err != nil || !cmp.Equal(f, again) {
			t.Errorf("%s: written as %s and read again: %+v, %v", text, back.Encode(), again, err)
		}
		form := asked.LogForm("/audit", q, f, layout.Field{Name: "repo"})
		i := slices.IndexFunc(form.Fields[0].Options, func(o layout.Option) bool { return o.Chosen })
		if i < 0 || form.Fields[0].Options[i].Value != q.Get("what") {
			t.Errorf("%s: the form has not chosen what was asked for", text)
		}
	}
	refused(t, func(q url.Values) error { _, _, err := asked.Log(q, 0); return err },
		"what=secrets", "pull=0", "pull=-1", "pull=x", "who="+strings.Repeat("x", 101), "after=there", "since=1")
}

// refused holds that each query is the viewer's own mistake, and that they are told so.
func refused(t *testing.T, read func(url.Values) error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		err := read(query(t, text))
		if p, ok := err.(trouble.Problem); !ok || p.Status != http.StatusBadRequest {
			t.Errorf("%.60s: %v; want that it is a bad request", text, err)
		}
	}
}

func TestForm(t *testing.T) {
	form := asked.Form("/reviews", record.Filter{Since: day, State: record.Broken, Suite: "<b>"}, layout.Field{Name: "repo"}, true)
	var names []string
	for _, f := range form.Fields {
		names = append(names, f.Name+"="+f.Value)
	}
	if got := strings.Join(names, " "); got != "repo= suite=<b> model= state= since=2026-11-02" {
		t.Errorf("fields %s", got)
	}
}
