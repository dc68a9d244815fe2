package state_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/review/state"
)

// told is an entry in a line.
func told(e state.Entry) string {
	what := "nothing"
	switch {
	case e.Run != nil && e.Accepted == nil && e.Ended == nil:
		what = "run " + e.Run.Title
	case e.Run == nil && e.Accepted != nil && e.Ended == nil:
		what = "accepted: " + e.Accepted.Reason
	case e.Run == nil && e.Accepted == nil && e.Ended != nil:
		what = "ended: " + e.Ended.End.Why
	}
	return fmt.Sprintf("%s %.1s %s %s [%s]", e.Time.Format("15:04"), e.Head, e.By, what, strings.Join(e.Suites, " "))
}

func TestHistory(t *testing.T) {
	first := run(noon, measured("tickets", key1), measured("open", key2))
	s := accept(t, state.State{}.Add(first), accepted("tickets", key1, noon), accepted("open", key2, noon))
	second := run(noon.Add(time.Hour), measured("tickets", key3))
	second.Head, second.By = headB, "bob"
	s, _ = s.Add(second).Expire(s.Shown()[:1], headB, noon.Add(time.Hour))
	later := accepted("tickets", key3, noon.Add(2*time.Hour))
	later.CommentID, later.Head, later.By = 78, headB, "eve"
	s = accept(t, s, later)
	var got []string
	for _, e := range s.History() {
		got = append(got, told(e))
	}
	want := []string{
		"14:00 b  ended: another acceptance has taken its place [tickets]",
		"14:00 b eve accepted: the contract wants it [tickets]",
		"13:00 b  ended: the suite is not measured any more [open]",
		"13:00 b bob run Don't switch [tickets]",
		"12:00 a ada accepted: the contract wants it [tickets open]",
		"12:00 a  run Don't switch [tickets open]",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if got := (state.State{}).History(); len(got) != 0 {
		t.Errorf("got %+v of nothing", got)
	}
}
