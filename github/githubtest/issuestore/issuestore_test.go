package issuestore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/issuestore"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("", 3600))

func text(s string) *string { return &s }

func TestStore(t *testing.T) {
	id := int64(10)
	s := issuestore.New("acme/agent", func() int64 { id++; return id })
	first := s.Add(4, commentstore.Author{Login: "bot[bot]", App: 7, Slug: "bot"}, "one", "text", now)
	s.Add(5, commentstore.Author{Login: "eve"}, "two", "", now.Add(time.Second))
	if s.Find(6) != nil || s.Find(4) != first || first.ID != 11 || first.State != "open" {
		t.Errorf("%+v", first)
	}
	first.Edit(issuestore.Input{State: text("closed"), Title: text("done")}, now.Add(time.Hour))
	for _, tt := range []struct {
		creator, state string
		want           []int
	}{{"", "all", []int{5, 4}}, {"BOT[bot]", "all", []int{4}}, {"", "", []int{5}}, {"eve", "closed", nil}, {"", "closed", []int{4}}} {
		var got []int
		for _, i := range s.List(tt.creator, tt.state) {
			got = append(got, i.Number)
		}
		if len(got) != len(tt.want) || len(got) > 0 && got[0] != tt.want[0] {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	j := first.JSON(3)
	if j["state_reason"] != "completed" || j["closed_at"] != "2026-11-23T12:00:00Z" || j["comments"] != 3 || j["performed_via_github_app"] == nil || j["title"] != "done" || first.Edits != 1 {
		t.Errorf("%+v", j)
	}
	first.Edit(issuestore.Input{State: text("open")}, now)
	if j = first.JSON(0); j["state_reason"] != "reopened" || j["closed_at"] != nil {
		t.Errorf("%+v", j)
	}
	first.Edit(issuestore.Input{State: text("closed"), Reason: text("not_planned")}, now)
	if first.StateReason != "not_planned" {
		t.Errorf("%+v", first)
	}
}

func TestCheck(t *testing.T) {
	for field, in := range map[string]issuestore.Input{
		"":             {Title: text("x"), Body: text(""), State: text("closed"), Reason: text("completed")},
		"title":        {Title: text(strings.Repeat("x", issuestore.MaxTitle+1))},
		"body":         {Body: text(strings.Repeat("x", commentstore.MaxBody+1))},
		"state":        {State: text("shut")},
		"state_reason": {Reason: text("tired")},
	} {
		if bad := in.Check(); (bad == nil) != (field == "") || bad != nil && bad.Field != field {
			t.Errorf("%q: %+v", field, bad)
		}
	}
	if bad := (issuestore.Input{Title: text(" ")}).Check(); bad == nil || bad.Code != "missing_field" {
		t.Errorf("%+v", bad)
	}
}
