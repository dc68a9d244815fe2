package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
)

func TestShelf(t *testing.T) {
	checked := func(task string, index int, later time.Duration) ledger.BaseTrial {
		b := trial(task, index)
		b.Time = b.Time.Add(later)
		b, err := b.Checked()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var s ledger.Shelf
	for _, step := range []struct {
		trial ledger.BaseTrial
		taken bool
	}{{checked("b", 0, 0), true}, {checked("a", 0, 0), true}, {checked("b", 0, 0), false}, {checked("b", 0, time.Hour), false}} {
		if got := s.Add(step.trial); got != step.taken {
			t.Errorf("%v: taken %v, want %v", step.trial.Identity(), got, step.taken)
		}
	}
	want := []ledger.BaseTrial{checked("a", 0, 0), checked("b", 0, 0)}
	if diff := cmp.Diff(want, s.Trials()); diff != "" {
		t.Errorf("trials (-want +got):\n%s", diff)
	}
	names := []ledger.Dropped{{Task: "a", ID: "base/a/0", Time: noon}, {Task: "b", ID: "base/b/0", Time: noon}}
	if diff := cmp.Diff(names, s.All()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	// One that is dropped under another time is another trial, and one may be dropped before it is added.
	east := time.FixedZone("east", 3600)
	s.Drop(ledger.Dropped{Task: "a", ID: "base/a/0", Time: noon.In(east)})
	s.Drop(ledger.Dropped{Task: "b", ID: "base/b/0", Time: noon.Add(time.Minute)})
	s.Drop(ledger.Dropped{Task: "c", ID: "base/c/0", Time: noon})
	if s.Add(checked("a", 0, 0)) || s.Add(checked("c", 0, 0)) {
		t.Error("a dropped trial was taken")
	}
	if diff := cmp.Diff(want[1:], s.Trials()); diff != "" {
		t.Errorf("trials after a drop (-want +got):\n%s", diff)
	}
	if !s.Add(checked("a", 0, time.Hour)) {
		t.Error("a later trial was not taken")
	}
}
