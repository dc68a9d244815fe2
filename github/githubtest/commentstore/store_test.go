package commentstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/commentstore"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("", 3600))

func newStore() *commentstore.Store {
	id := int64(10)
	return commentstore.New("acme/agent", func() int64 { id++; return id })
}

func TestStore(t *testing.T) {
	s := newStore()
	one := s.Add(1, true, commentstore.Author{Login: "bot[bot]", App: 77, Slug: "bot"}, "first", now)
	two := s.Add(2, false, commentstore.Author{Login: "ada"}, "second", now)
	three := s.Add(1, true, commentstore.Author{Login: "ada"}, "third", now)
	if diff := cmp.Diff(s.On(1), []*commentstore.Comment{one, three}, cmp.Comparer(func(a, b *commentstore.Comment) bool { return a == b })); diff != "" {
		t.Errorf("on 1, got-want:\n%s", diff)
	}
	if one.ID != 11 || one.App != "bot" || !one.Created.Equal(now) || one.Created.Location() != time.UTC || one.Edits != 0 {
		t.Errorf("got %+v", one)
	}
	if s.Find(12) != two || s.Find(99) != nil || s.Node(two.NodeID) != two || s.Node("") != nil {
		t.Error("a comment is not found by its id")
	}
	for c, want := range map[*commentstore.Comment]string{one: "/acme/agent/pull/1", two: "/acme/agent/issues/2"} {
		if m := c.JSON(); !strings.Contains(m["html_url"].(string), want) || m["body"] != c.Body {
			t.Errorf("got %v, want %s", m, want)
		}
	}
	s.Delete(11)
	s.Delete(99)
	if s.Find(11) != nil || len(s.On(1)) != 1 || len(s.On(2)) != 1 {
		t.Error("the wrong comments are left")
	}
	later := now.Add(time.Minute)
	two.Edit("changed", later)
	if two.Body != "changed" || two.Edits != 1 || !two.Updated.Equal(later) || !two.Created.Equal(now) {
		t.Errorf("got %+v", two)
	}
}

func TestCheck(t *testing.T) {
	text := func(s string) *string { return &s }
	for name, tt := range map[string]struct {
		text  *string
		field string // "" is no refusal
	}{
		"nothing": {nil, "body"}, "empty": {text(""), "body"}, "blank": {text(" \n\t"), "body"}, "short": {text("x"), ""},
		"as long as may be": {text(strings.Repeat("é", commentstore.MaxBody)), ""}, "one too many": {text(strings.Repeat("é", commentstore.MaxBody+1)), "data"},
	} {
		got := commentstore.Check(tt.text)
		if (got == nil) != (tt.field == "") || got != nil && got.Field != tt.field {
			t.Errorf("%s: got %+v, want %q", name, got, tt.field)
		}
	}
}

func TestReact(t *testing.T) {
	c := newStore().Add(1, true, commentstore.Author{Login: "ada"}, "x", now)
	for _, tt := range []struct {
		r         commentstore.Reaction
		fresh, ok bool
	}{
		{commentstore.Reaction{Login: "ada", Content: "eyes"}, true, true},
		{commentstore.Reaction{Login: "ada", Content: "eyes"}, false, true},
		{commentstore.Reaction{Login: "ada", Content: "+1"}, true, true},
		{commentstore.Reaction{Login: "eve", Content: "eyes"}, true, true},
		{commentstore.Reaction{Login: "eve", Content: "shrug"}, false, false},
	} {
		if fresh, ok := c.React(tt.r); fresh != tt.fresh || ok != tt.ok {
			t.Errorf("%+v: got %v and %v", tt.r, fresh, ok)
		}
	}
	if len(c.Reactions) != 3 {
		t.Errorf("got %+v", c.Reactions)
	}
}

func TestMinimize(t *testing.T) {
	for reason, want := range map[string]string{"OUTDATED": "outdated", "OFF_TOPIC": "off-topic", "outdated": "", "": "", "BORING": ""} {
		c := newStore().Add(1, true, commentstore.Author{Login: "ada"}, "x", now)
		if done := c.Minimize(reason); done != (want != "") || c.Minimized != want {
			t.Errorf("%q: got %v and %q", reason, done, c.Minimized)
		}
	}
}
