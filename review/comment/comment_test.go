package comment_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/review/comment"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func page(text string, minutes int) comment.Page {
	return comment.Page{Marker: marker.Marker{Suite: "s", Head: "h" + text, Time: noon.Add(time.Duration(minutes) * time.Minute)}, Text: text}
}

func TestPagesAreTakenApartAsTheyWerePut(t *testing.T) {
	all := comment.Page{Progress: "**Measuring.**\n\nMore.", Notice: "Accepted.", Text: "**Switch.**\n\n| a |\n|--|", Foot: "<details>x</details>"}
	pages := []comment.Page{all, {Text: "x"}, {Progress: "x"}, {Text: "x", Foot: "y"}, {Notice: "n", Text: "x"}}
	for _, want := range pages {
		want.Marker = marker.Marker{Version: 1, Suite: "s", Head: "h", Time: noon, Data: []byte("{}")}
		body, err := want.Body()
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{body, strings.ReplaceAll(body, "\n", "\r\n")} { // GitHub's own line ends
			m, ok := marker.Parse(text)
			if !ok {
				t.Fatal("the body has no marker")
			}
			got := comment.Parse(github.Comment{Body: text, Marker: m})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		}
	}
}

func TestAnEarlierCommentIsAllResult(t *testing.T) {
	got := comment.Parse(github.Comment{Body: "<!-- a marker -->\n**Switch.** Text.\n"})
	if got.Text != "**Switch.** Text." || got.Progress+got.Notice+got.Foot != "" {
		t.Errorf("page %+v", got)
	}
}

func TestABlockThatDoesNotEndIsTakenWhole(t *testing.T) {
	got := comment.Parse(github.Comment{Body: "m\n<!-- pertask:progress -->\nabc\n"})
	if got.Progress != "abc" || got.Text != "" {
		t.Errorf("page %+v", got)
	}
}

// thread is a pull request on an in-memory GitHub.
type thread struct {
	*comment.Thread
	hub  *githubtest.Server
	repo string
}

func newThread(t *testing.T, mode comment.Mode) thread {
	t.Helper()
	hub := githubtest.New(t)
	repo := hub.AddRepo("acme", "agent")
	c := hub.Commit(repo, nil, githubtest.Text(map[string]string{"a": "b"}))
	n := hub.OpenPull(repo, c, c)
	client, err := github.New(github.Config{BaseURL: hub.URL, GraphQLURL: hub.GraphQLURL, Token: hub.Token,
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return thread{&comment.Thread{Poster: client, Repo: github.Repo{Owner: "acme", Name: "agent"}, Pull: n, Mode: mode}, hub, repo}
}

func (th thread) write(t *testing.T, p comment.Page, changed bool) bool {
	t.Helper()
	if err := th.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	written, err := th.Write(t.Context(), p, changed)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// seen is what a reader sees: each comment's text, in brackets when it is hidden.
func (th thread) seen() string {
	var out []string
	for _, c := range th.hub.Comments(th.repo, th.Pull) {
		_, text, _ := strings.Cut(c.Body, "\n")
		if text = strings.TrimSpace(text); c.Minimized != "" {
			text = "(" + text + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestModes(t *testing.T) {
	type step struct {
		text    string
		minutes int
		changed bool
		want    string
	}
	tests := map[comment.Mode][]step{
		comment.Update: {
			{"one", 1, true, "one"}, {"two", 2, true, "two"}, {"old", 0, true, "two"},
		},
		comment.NewOnChange: {
			{"one", 1, true, "one"}, {"one and a half", 2, false, "one and a half"}, {"two", 3, true, "(one and a half) two"},
			{"two", 4, true, "(one and a half) two"}, {"old", 0, true, "(one and a half) two"}, {"old", 0, false, "(one and a half) two"},
		},
		comment.HideAndNew: {
			{"one", 1, false, "one"}, {"two", 2, false, "(one) two"}, {"two", 3, false, "(one) two"}, {"old", 0, true, "(one) two"}, {"three", 4, true, "(one) (two) three"},
		},
		comment.Off: {{"one", 1, true, ""}},
	}
	for mode, steps := range tests {
		t.Run(string(mode), func(t *testing.T) {
			th := newThread(t, mode)
			for i, s := range steps {
				written := th.write(t, page(s.text, s.minutes), s.changed)
				if got := th.seen(); got != s.want {
					t.Errorf("step %d: %q, want %q", i+1, got, s.want)
				}
				if want := s.text != "old" && mode != comment.Off; written != want {
					t.Errorf("step %d: written %v, want %v", i+1, written, want)
				}
			}
		})
	}
}

func TestWhatAKilledProcessLeftShownIsHidden(t *testing.T) {
	for _, mode := range []comment.Mode{comment.NewOnChange, comment.HideAndNew} {
		th := newThread(t, mode)
		th.write(t, page("one", 1), true)
		body, err := page("two", 2).Body()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := th.Poster.Post(t.Context(), th.Repo, th.Pull, body); err != nil { // and then it is killed
			t.Fatal(err)
		}
		th.write(t, page("two", 3), false)
		if got := th.seen(); got != "(one) two" {
			t.Errorf("%s: %q", mode, got)
		}
	}
}

func TestTwoAtOnceShowTheLater(t *testing.T) {
	for range 10 {
		a := newThread(t, comment.HideAndNew)
		a.write(t, page("zero", 0), true)
		b := thread{&comment.Thread{Poster: a.Poster, Repo: a.Repo, Pull: a.Pull, Mode: a.Mode, Known: a.Known}, a.hub, a.repo}
		a.Known = append([]github.Comment(nil), a.Known...)
		var both sync.WaitGroup
		for i, th := range []thread{a, b} {
			both.Go(func() {
				if _, err := th.Write(t.Context(), page([]string{"one", "two"}[i], i+1), true); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		shown := 0
		for _, c := range a.hub.Comments(a.repo, a.Pull) {
			if c.Minimized == "" {
				shown++
				if !strings.Contains(c.Body, "two") {
					t.Errorf("shown: %s", a.seen())
				}
			}
		}
		if shown != 1 {
			t.Errorf("%d comments are shown: %s", shown, a.seen())
		}
	}
}

func TestARefusalIsAnError(t *testing.T) {
	for _, mode := range []comment.Mode{comment.Update, comment.NewOnChange, comment.HideAndNew} {
		th := newThread(t, mode)
		th.write(t, page("one", 1), true)
		th.hub.Fail(githubtest.Match("", ""), http.StatusForbidden, -1, false)
		if written, err := th.Write(t.Context(), page("two", 2), true); err == nil || written {
			t.Errorf("%s: written %v, %v", mode, written, err)
		}
	}
}

// TestShow puts how far the trials are above a result, and leaves alone what a later process is at.
func TestShow(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	result := comment.Page{Marker: marker.Marker{Head: strings.Repeat("a", 40), Time: noon}, Text: "**Switch.**"}
	body, err := result.Body()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		mode  comment.Mode
		at    time.Time
		known bool
		want  string
	}{
		{"above a result", comment.Update, noon.Add(time.Hour), true, "far, below is about aaaaaaa"},
		{"where there is none", "", noon, false, "far"},
		{"a later one is there", comment.Update, noon.Add(-time.Hour), true, ""},
		{"another mode", comment.HideAndNew, noon.Add(time.Hour), true, ""},
	} {
		p := &posts{}
		th := &comment.Thread{Poster: p, Mode: tt.mode}
		if tt.known {
			th.Known = []github.Comment{{ID: 1, Body: body, Marker: result.Marker}}
		}
		err := th.Show(t.Context(), tt.at, strings.Repeat("b", 40), func(shown string) string {
			if shown == "" {
				return "far"
			}
			return "far, below is about " + shown[:7]
		})
		got := ""
		if m, ok := marker.Parse(p.body); ok {
			page := comment.Parse(github.Comment{Body: p.body, Marker: m})
			if got = page.Progress; tt.known && page.Text != result.Text {
				t.Errorf("%s: the result is %q", tt.name, page.Text)
			}
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

// posts keeps what is written last.
type posts struct {
	comment.Poster
	body string
}

func (p *posts) Upsert(_ context.Context, _ github.Repo, _ int, body string, _ []github.Comment) (github.UpsertResult, error) {
	p.body = body
	return github.UpsertResult{ID: 1}, nil
}

// TestOthersOfOursAreNoResults has a comment of ours about something else, which is later than the result.
func TestOthersOfOursAreNoResults(t *testing.T) {
	th := newThread(t, comment.Update)
	th.write(t, page("result", 1), true)
	line, err := marker.Marker{Key: "followup", Time: noon.Add(time.Hour)}.Line()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := th.Poster.Upsert(t.Context(), th.Repo, th.Pull, line+"\nwhat came of it", nil); err != nil {
		t.Fatal(err)
	}
	if !th.write(t, page("another", 2), true) {
		t.Error("the later comment about something else stands in the way of a result")
	}
	if got := th.seen(); got != "another what came of it" {
		t.Errorf("a reader sees %q", got)
	}
	if c, ok := th.Latest(); !ok || c.Marker.Key != "" {
		t.Errorf("the latest is %+v", c.Marker)
	}
}
