package ending_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/change"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/verdict"
)

func options() compare.Options {
	model := func(name string) arm.Arm {
		return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: name})
	}
	return compare.Options{Pair: arm.Pair{Base: model("a"), Head: model("b")}, Policy: verdict.DefaultPolicy(), Pricing: price.Pricing{Book: price.Embedded()},
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }}
}

func TestElsewhere(t *testing.T) {
	for _, tt := range []struct {
		name          string
		cause         error
		resumes, goes bool
	}{
		{"another worker has it", fmt.Errorf("%w: by 2", ending.ErrOvertaken), false, true},
		{"the process stops, and an attempt goes on", ending.ErrStopped, true, true},
		{"the process stops, and nobody goes on", ending.ErrStopped, false, false},
		{"canceled, and an attempt goes on", context.Canceled, true, true},
		{"canceled for good", context.Canceled, false, false},
		{"superseded", ending.ErrSuperseded, true, false},
		{"out of time", context.DeadlineExceeded, true, false},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		if ending.Elsewhere(ctx, tt.resumes) {
			t.Errorf("%s: before it has ended it goes on elsewhere", tt.name)
		}
		cancel(tt.cause)
		if got := ending.Elsewhere(ctx, tt.resumes); got != tt.goes {
			t.Errorf("%s: goes on elsewhere %t, want %t", tt.name, got, tt.goes)
		}
	}
}

func TestOutlive(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	post, end := ending.Outlive(ctx)
	defer end()
	cancel(ending.ErrStopped)
	if post.Err() != nil {
		t.Errorf("what is posted ended with its review: %v", context.Cause(post))
	}
	if by, bounded := post.Deadline(); !bounded || time.Until(by) > ending.Timeout {
		t.Errorf("the deadline is %v, %t", by, bounded)
	}
	other, overtake := context.WithCancelCause(t.Context())
	last, end2 := ending.Outlive(other)
	defer end2()
	overtake(ending.ErrOvertaken)
	<-last.Done()
	if !errors.Is(context.Cause(last), ending.ErrOvertaken) {
		t.Errorf("the cause is %v", context.Cause(last))
	}
}

func TestReports(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	o := options()
	for _, tt := range []struct {
		name   string
		r      *report.Report
		result verdict.Result
		code   string
		text   string // of the reason or the next steps
	}{
		{"closed", ending.ByClosing(o), verdict.NotMeasured, ending.Closed, "closed before there was a verdict"},
		{"superseded", ending.BySuperseding(o, strings.Repeat("a1", 20)), verdict.NotMeasured, ending.Superseded, "`a1a1a1a1a1`"},
		{"canceled", ending.ByError(ended, o, errors.New("x")), verdict.NotMeasured, "canceled", "cancelled"},
		{"a mistake", ending.ByError(t.Context(), o, &change.Mistake{Err: errors.New("suite.yaml:1:2: x")}), verdict.BadInput, "bad-input", "suite.yaml:1:2: x"},
		{"broken inside", ending.ByError(t.Context(), o, errors.New("dial tcp 10.0.0.1: refused")), verdict.NotMeasured, "broke", "something broke where it runs"},
		{"broken by GitHub", ending.Broken(o, fmt.Errorf("x: %w", github.ErrRateLimited)), verdict.NotMeasured, "broke", "GitHub: "},
		{"panic", ending.Broken(o, ending.ErrPanic), verdict.NotMeasured, "broke", "pertask broke"},
		{"not allowed", ending.NotAllowed(o, verdict.Finding{Code: "budget-spent", Text: "It is spent."}), verdict.NotMeasured, "budget-spent", "next month"},
		{"not known", ending.NotAllowed(o, verdict.Finding{Code: ground.NotKnown, Text: "?"}), verdict.NotMeasured, ground.NotKnown, "later"},
		{"busy", ending.Busy(o, 0), verdict.NotMeasured, "under-way", "Another review of this commit"},
	} {
		said := tt.r.Reason.Text + strings.Join(tt.r.NextSteps, " ")
		if tt.r.Result != tt.result || tt.r.Reason.Code != tt.code || !strings.Contains(said, tt.text) || strings.Contains(said, "10.0.0.1") {
			t.Errorf("%s: %s, %s: %s", tt.name, tt.r.Result, tt.r.Reason.Code, said)
		}
	}
	if r := ending.Busy(o, verdict.ExitBlocked); !r.Decision.Blocks || r.Decision.Exit != verdict.ExitBlocked {
		t.Errorf("what is not known yet lets through what blocks: %+v", r.Decision)
	}
	if got := ending.Unfinished(strings.Repeat("b2", 20)); !strings.Contains(got, "`b2b2b2b2b2`") {
		t.Error(got)
	}
}
