package claim_test

import (
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/claim"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func mark(holds bool, age time.Duration) string {
	return claim.Mark{Holds: holds, Beat: noon.Add(-age), Nonce: claim.Nonce()}.String()
}

func open(id int64, mark string) github.CheckRun {
	return github.CheckRun{ID: id, App: "us", Status: github.StatusInProgress, ExternalID: mark}
}

// TestFirst: mine is 5.
func TestFirst(t *testing.T) {
	mine := open(5, mark(false, 0))
	done := open(1, mark(true, 0))
	done.Status = github.StatusCompleted
	theirs := open(1, mark(true, 0))
	theirs.App = "them"
	for _, tt := range []struct {
		name   string
		others []github.CheckRun
		want   int64
	}{
		{"none but a completed one", []github.CheckRun{done}, 0},
		{"alone", nil, 0},
		{"an older one waits", []github.CheckRun{open(3, mark(false, time.Minute))}, 3},
		{"a newer one waits", []github.CheckRun{open(7, mark(false, 0))}, 0},
		{"a newer one spends", []github.CheckRun{open(7, mark(true, 0))}, 7},
		{"one spends and an older one waits", []github.CheckRun{open(3, mark(false, 0)), open(4, mark(true, 0))}, 4},
		{"the same the other way round", []github.CheckRun{open(4, mark(true, 0)), open(3, mark(false, 0))}, 4},
		{"a newer one spends and an older one waits", []github.CheckRun{open(3, mark(false, 0)), open(7, mark(true, 0))}, 7},
		{"two older ones wait", []github.CheckRun{open(4, mark(false, 0)), open(3, mark(false, 0))}, 3},
		{"the last moment", []github.CheckRun{open(3, mark(true, claim.Fresh))}, 3},
		{"one is gone", []github.CheckRun{open(3, mark(true, claim.Fresh+time.Second))}, 0},
		{"one is gone and another waits", []github.CheckRun{open(2, mark(true, time.Hour)), open(3, mark(false, 0))}, 3},
		{"a newer one is gone", []github.CheckRun{open(7, mark(true, time.Hour))}, 0},
		{"its clock is wrong", []github.CheckRun{open(3, mark(true, -time.Hour))}, 0},
		{"one of another App", []github.CheckRun{theirs}, 0},
		{"one without a mark", []github.CheckRun{open(3, ""), open(4, "ca395085-040a-526b-2ce8-bdc85f692774")}, 0},
	} {
		got, before, err := claim.First(append(tt.others, mine), 5, noon)
		if err != nil || got.ID != tt.want || before != (tt.want != 0) {
			t.Errorf("%s: %d, %v, %v; want %d", tt.name, got.ID, before, err, tt.want)
		}
	}
	if _, _, err := claim.First([]github.CheckRun{open(3, mark(false, 0))}, 5, noon); err == nil {
		t.Error("where mine is not to be seen nobody can tell who goes first")
	}
	if _, _, err := claim.First([]github.CheckRun{{ID: 5}}, 5, noon); err == nil {
		t.Error("nor where it is not known whose it is")
	}
}

// Of any set of reviews that see each other exactly one has its turn, whatever state they are in: who spends keeps it, and
// otherwise it is one of those that wait.
func TestOneGoesFirst(t *testing.T) {
	for set := range 3 * 3 * 3 * 3 {
		var runs []github.CheckRun
		turns := 0
		for id, n := int64(1), set; id <= 4; id, n = id+1, n/3 {
			if n%3 == 1 || n%3 == 2 && turns == 1 { // two never spend
				runs = append(runs, open(id, mark(false, 0)))
			} else if n%3 == 2 {
				runs, turns = append(runs, open(id, mark(true, 0))), 1
			}
		}
		for _, r := range runs {
			m, _ := claim.Parse(r.ExternalID)
			if _, before, err := claim.First(runs, r.ID, noon); err == nil && !before && !m.Holds {
				turns++
			}
		}
		if len(runs) > 0 && turns != 1 {
			t.Errorf("set %d: %d have their turn", set, turns)
		}
	}
}

func TestMark(t *testing.T) {
	for _, m := range []claim.Mark{{Beat: noon, Nonce: "ab"}, {Holds: true, Beat: noon, Nonce: claim.Nonce()}} {
		if got, ok := claim.Parse(m.String()); !ok || got != m {
			t.Errorf("%q reads as %+v", m, got)
		}
	}
	for _, text := range []string{"", "x", "pertask.claim/1:", "pertask.claim/1:waits:1", "pertask.claim/1:waits:x:ab", "pertask.claim/1:waits:-1:ab",
		"pertask.claim/1:sleeps:1:ab", "pertask.claim/2:waits:1:ab", "pertask.claim/1:waits:99999999999999:ab", "pertask.run/1:waits:1:ab"} {
		if m, ok := claim.Parse(text); ok {
			t.Errorf("%q reads as %+v", text, m)
		}
	}
	if a, b := claim.Nonce(), claim.Nonce(); a == b || len(a) != 16 {
		t.Errorf("nonces %q and %q", a, b)
	}
}

func TestLeft(t *testing.T) {
	done := open(1, "")
	done.Status = github.StatusCompleted
	for _, tt := range []struct {
		name string
		run  github.CheckRun
		want bool
	}{
		{"of an earlier version", open(1, ""), true},
		{"of a process that is gone", open(1, mark(true, time.Hour)), true},
		{"of one that waits and is gone", open(1, mark(false, time.Hour)), true},
		{"of a living process", open(1, mark(true, time.Minute)), false},
		{"of a job", open(1, "ca395085-040a-526b-2ce8-bdc85f692774"), false},
		{"complete", done, false},
	} {
		if got := claim.Left(tt.run, noon); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("pertask.claim/1:holds:1763812800:0011223344556677")
	f.Fuzz(func(t *testing.T, text string) {
		m, ok := claim.Parse(text)
		if !ok {
			return
		}
		if again, ok := claim.Parse(m.String()); !ok || again != m {
			t.Errorf("%q reads as %+v and then as %+v", text, m, again)
		}
	})
}
