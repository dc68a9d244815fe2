package words_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/review/words"
	"github.com/pertask/pertask/verdict"
)

func result(kept bool, of verdict.Result, code string) outcome.Result {
	return outcome.Result{Report: &report.Report{Result: of, Reason: verdict.Finding{Code: code}}, Kept: kept}
}

// One of several suites does not speak for the others.
func TestOf(t *testing.T) {
	for _, tt := range []struct {
		name    string
		results []outcome.Result
		title   string
		instead bool
	}{
		{"one that still stands", []outcome.Result{result(true, verdict.Measured, "")}, "t", true},
		{"one that was measured", []outcome.Result{result(false, verdict.Measured, "")}, "", false},
		{"two that stand, of one kind", []outcome.Result{result(true, verdict.Measured, ""), result(true, verdict.Measured, "")}, "t", true},
		{"two of two kinds", []outcome.Result{result(true, verdict.Measured, ""), result(true, verdict.Accepted, "")}, "", true},
		{"one of two was measured", []outcome.Result{result(true, verdict.Measured, ""), result(false, verdict.Measured, "")}, "", false},
		{"closed", []outcome.Result{result(false, verdict.NotMeasured, ending.Closed)}, "t", false},
		{"superseded", []outcome.Result{result(false, verdict.NotMeasured, ending.Superseded)}, "t", false},
	} {
		got := words.Said{Title: "t", Instead: true}.Of(tt.results)
		if got.Title != tt.title || got.Instead != tt.instead {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestOver(t *testing.T) {
	if got := (words.Said{Summary: "above"}).Over("below"); !strings.HasPrefix(got, "above") || !strings.HasSuffix(got, "below") {
		t.Errorf("%q", got)
	}
	if got := (words.Said{Summary: "alone", Instead: true}).Over("below"); got != "alone" {
		t.Errorf("%q", got)
	}
}

func TestHolds(t *testing.T) {
	const a, b = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	u := state.Suite{Question: "q", Result: verdict.Measured, Verdict: verdict.DontSwitch}
	f := state.Found{Run: state.Run{Head: a}, Suite: u}
	run := github.CheckRun{ID: 5, Title: "Don't switch", Summary: "numbers", Text: "more numbers"}

	var same words.Said
	same.Holds(f, run, "", a, []state.Suite{u})
	if same.Title != "Don't switch" || !same.Instead || same.Run != 5 || !strings.Contains(same.Summary, "numbers") || same.Text != "more numbers" || same.Notice != "" || same.Anew != "" {
		t.Errorf("of the same head: %+v", same)
	}
	before := same
	same.Holds(f, run, "", a, []state.Suite{u})
	if same != before {
		t.Errorf("it is said twice: %+v", same)
	}

	var other words.Said
	other.Holds(f, run, "", b, nil)
	if !strings.Contains(other.Notice, "aaaaaaa") || other.Anew != "numbers" || other.Head != a {
		t.Errorf("of another head, where something else is shown: %+v", other)
	}
}
