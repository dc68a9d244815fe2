package beside_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/beside"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

const head = "abc1234def5678abc1234def5678abc1234def56"

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	asked = state.Asked{Suite: "s", Question: "q", Digest: "d", Book: "b"}
)

func accepted(end *state.End) state.State {
	return state.State{Acceptances: []state.Acceptance{{By: "bob", Reason: "due @org", Time: noon, CommentID: 7, Head: head,
		Suite: "s", Question: "q", Digest: "d", Book: "b", End: end}}}
}

func TestNotice(t *testing.T) {
	other := strings.Repeat("0", 40)
	over := accepted(&state.End{Time: noon, Head: other, Why: "the suite has changed since"})
	for _, tt := range []struct {
		name     string
		st       state.State
		head     string
		accepted []state.Asked
		over     bool
		want     []string
		not      string
	}{
		{"none", state.State{}, head, []state.Asked{asked}, true, nil, "ccepted"},
		{"given here", accepted(nil), head, []state.Asked{asked, asked}, true, []string{"**Accepted** by `bob`: due @&#8203;org"}, "holds"},
		{"given before", accepted(nil), other, []state.Asked{asked}, true, []string{"It holds for `0000000000` too"}, "No longer"},
		{"for another question", accepted(nil), head, []state.Asked{{Suite: "s", Question: "p", Digest: "d", Book: "b"}}, true, nil, "ccepted"},
		{"over", over, head, nil, true, []string{"**No longer accepted.** The suite has changed since. `bob`"}, "It holds"},
		{"over, where nothing is changed", over, head, nil, false, nil, "ccepted"},
	} {
		got := beside.Notice(tt.st, tt.head, tt.accepted, tt.over)
		for _, w := range tt.want {
			if strings.Count(got, w) != 1 {
				t.Errorf("%s: %q does not say %q once", tt.name, got, w)
			}
		}
		if strings.Contains(got, tt.not) {
			t.Errorf("%s: %q says %q", tt.name, got, tt.not)
		}
	}
}

func TestFoot(t *testing.T) {
	run := state.Run{Time: noon, Head: head, Title: "Switch", Spent: price.Known(price.Money{}), Suites: []state.Suite{{Result: verdict.Measured, Ratio: &state.Ratio{Estimate: 0.5, Low: 0.4, High: 0.6}}}}
	got := beside.Foot(state.State{Runs: []state.Run{run, run}, Last: &state.Answer{Command: "/pertask more", By: "bob", Refused: true, Why: "no `test`."}}, true)
	for _, want := range []string{"The last command, `/pertask more` by `bob`, was refused: no `test`.\n", "History of this pull request", "<details open><summary>Commands", "/pertask accept REASON"} {
		if !strings.Contains(got, want) {
			t.Errorf("the foot does not say %q:\n%s", want, got)
		}
	}
	if got := beside.Foot(state.State{Runs: []state.Run{run}}, false); strings.Contains(got, "History") || strings.Contains(got, "<details open>") || strings.Contains(got, "last command") {
		t.Errorf("one run is no history:\n%s", got)
	}
}

func TestAlike(t *testing.T) {
	run := state.Run{Time: noon, Head: head, Spent: price.Known(price.Money{}), Suites: []state.Suite{{Result: verdict.NotMeasured, Conclusion: "neutral"}}}
	later := run
	later.Time = noon.Add(time.Hour)
	if !beside.Alike(run, later) {
		t.Error("a rerun that says the same is another run")
	}
	for name, change := range map[string]func(*state.Run){
		"another head":      func(r *state.Run) { r.Head = "x" },
		"a person's":        func(r *state.Run) { r.By = "bob" },
		"one that spent":    func(r *state.Run) { r.Spent = price.Known(price.MustMoney("1")) },
		"one that may have": func(r *state.Run) { r.Spent = price.Amount{} },
		"another conclusion": func(r *state.Run) {
			r.Suites = []state.Suite{{Result: verdict.NotMeasured, Conclusion: "action_required"}}
		},
	} {
		r := later
		change(&r)
		if beside.Alike(run, r) {
			t.Errorf("%s is the same run", name)
		}
	}
}

func TestJoined(t *testing.T) {
	for _, tt := range [][3]string{{"", "", ""}, {"a", "", "a"}, {"", "b", "b"}, {"a", "b", "a\n\nb"}} {
		if got := beside.Joined(tt[0], tt[1]); got != tt[2] {
			t.Errorf("joined %q", got)
		}
	}
}
