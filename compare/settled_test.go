package compare_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// refusing lets the provider refuse requests by their number; the harness asks three times for each trial.
func (l *interruptedLab) refusing(t *testing.T, ranges ...[2]int) *int {
	t.Helper()
	asked := new(int)
	l.bench.Concurrency = 1
	l.overloaded(t, func(n int) bool {
		*asked = n
		for _, r := range ranges {
			if n >= r[0] && n <= r[1] {
				return true
			}
		}
		return false
	})
	return asked
}

// written is a report as JSON, but for its time.
func written(t *testing.T, r *report.Report) string {
	t.Helper()
	timeless := *r
	timeless.Time = time.Time{}
	data, err := json.MarshalIndent(timeless, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A verdict that a journal has led to is reported as it is, with its void trials: another throw would be a choice of who
// reruns the check.
func TestResumeLeavesASettledVerdict(t *testing.T) {
	l := newInterruptedLab(t)
	asked := l.refusing(t, [2]int{1, 3}, [2]int{35, 40}) // the first slot, three times: 31 others are between
	first := l.run(t)
	if first.Verdict != verdict.Switch || first.Base.Voids+first.Head.Voids != 1 || *asked != 40 || noteWith(first, "carried out again 2 times") == "" {
		t.Fatalf("verdict %v, %d void trials after %d requests, notes %q", first.Verdict, first.Base.Voids+first.Head.Voids, *asked, first.Notes)
	}
	again := l.run(t)
	if *asked != 40 {
		t.Errorf("%d requests, want 40: the void slot began anew", *asked)
	}
	if diff := cmp.Diff(written(t, first), written(t, again)); diff != "" {
		t.Errorf("the report of the rerun is another one (-first +again):\n%s", diff)
	}

	evidence, err := l.file.Load()
	if err != nil {
		t.Fatal(err)
	}
	priced, err := compare.Reprice(first, evidence, l.opts)
	if err != nil || priced.Verdict != first.Verdict || codes(priced) != codes(first) {
		t.Errorf("priced again: %v, %v because of %s", err, priced.Verdict, codes(priced))
	}
	read, err := compare.AnalyzeJournal(evidence, l.opts)
	if err != nil || read.Verdict != first.Verdict || read.Base.Voids+read.Head.Voids != 1 || noteWith(read, "carried out again 2 times") == "" {
		t.Errorf("read back: %v, %v with %d void trials and the notes %q", err, read.Verdict, read.Base.Voids+read.Head.Voids, read.Notes)
	}
}

// Where too many are void there is no verdict to keep: their slots begin anew when the check is rerun.
func TestResumeBeginsAnewWhereNothingIsDecided(t *testing.T) {
	tests := []struct {
		name    string
		refused [][2]int
		result  verdict.Result
		code    string
		more    int
	}{
		{"too many are void", [][2]int{{1, 9}, {31, 48}}, verdict.Measured, "too-many-voids", 3}, // three of 24 slots, three times
		{"nothing was served", [][2]int{{1, 100}}, verdict.NotMeasured, "provider-broke", 24},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newInterruptedLab(t)
			l.opts.Looks = []int{3}
			asked := l.refusing(t, tt.refused...)
			first := l.run(t)
			if first.Result != tt.result || first.Reason.Code != tt.code {
				t.Fatalf("%v because of %s after %d requests", first.Result, codes(first), *asked)
			}
			calls := int(l.provider.calls.Load())
			*l = interruptedLab{lab: l.lab, file: l.file}
			l.refusing(t)
			again := l.run(t)
			if again.Verdict != verdict.Switch || again.Base.Voids+again.Head.Voids != 0 || int(l.provider.calls.Load()) != calls+tt.more {
				t.Errorf("rerun: %v because of %s with %d void trials after %d more calls, want %d more", again.Verdict, codes(again),
					again.Base.Voids+again.Head.Voids, int(l.provider.calls.Load())-calls, tt.more)
			}
		})
	}
}

// What an earlier process has tried it has tried: the attempts of a slot go on where they were.
func TestResumeContinuesTheAttempts(t *testing.T) {
	for tried := 1; tried <= 3; tried++ {
		t.Run(fmt.Sprint(tried, " attempts"), func(t *testing.T) {
			l := newInterruptedLab(t)
			var records []any
			for n := range tried {
				tr := l.canceled("a")
				tr.Cause, tr.Start = trial.CauseProvider, time.Unix(int64(n), 0).UTC()
				records = append(records, tr)
			}
			records = append(records, trial.Trial{Slot: trial.Slot{Arm: trial.Base, Task: "b"}, EvidenceKey: l.opts.EvidenceKey(), Origin: trial.Fresh, Outcome: trial.Failed})
			l.record(t, records...)
			asked := l.refusing(t, [2]int{31, 99}) // after the slots that were never filled
			r := l.run(t)
			if want := 30 + 3*(3-tried); *asked != want || r.Base.Voids != 1 {
				t.Errorf("%d requests and %d void trials, want %d and 1", *asked, r.Base.Voids, want)
			}
		})
	}
}

// A trial that was ended for want of time was no attempt.
func TestResumeDoesNotCountWhatWasCanceled(t *testing.T) {
	l := newInterruptedLab(t)
	var records []any
	for n := range 5 {
		tr := l.canceled("a")
		tr.Start = time.Unix(int64(n), 0).UTC()
		records = append(records, tr)
	}
	l.record(t, records...)
	r := l.run(t)
	if r.Base.Trials != 16 || r.Base.Voids != 0 || strings.Contains(strings.Join(r.Notes, " "), "carried out again") {
		t.Errorf("%d trials of the base and %d void ones; notes %q", r.Base.Trials, r.Base.Voids, r.Notes)
	}
}
