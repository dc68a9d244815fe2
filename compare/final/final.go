// Package final knows what a test that outlives its run says: how it is named, what of it is kept after each look, and
// what a finished one answers.
//
// It refuses to know trials, where tests are kept, and how looks are made. docs/design/008 says why verdicts are final.
package final

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/verdict"
)

// Key names the test of a question about evidence. The question is the part of the policy that decides, and the prices:
// with another threshold, reserve, book or contract it is another test of the same trials. Stored tests depend on it.
func Key(evidenceKey string, p verdict.Policy, pricing price.Pricing) string {
	scope := p.Scope
	if scope == "" {
		scope = verdict.SuiteScope
	}
	parts := []any{"pertask.question/1", p.MaxCostRatio, p.MaxCompletionDrop, scope, p.PassGuardStrict, p.EquivalenceMargin, p.ExtensionReserve}
	if b := pricing.Book; b != nil {
		parts = append(parts, b.Digest())
	}
	for _, d := range pricing.Discounts {
		parts = append(parts, []string{d.Provider, d.Model, d.Multiplier.String()})
	}
	text, err := json.Marshal(parts)
	if err != nil {
		text = fmt.Appendf(nil, "%v", parts) // a policy that is no policy, such as one with a threshold of +Inf
	}
	sum := sha256.Sum256(text)
	return evidenceKey + "/" + hex.EncodeToString(sum[:])
}

// Progress is how far a test is.
type Progress struct {
	Key        string
	Planned    []int // trials of each task under each arm at the planned looks, without those of extensions
	History    []report.SequenceLook
	Extensions int
	Spent      float64 // of the error
	Now        time.Time
}

// Looks are those of a test: as they were planned when it began, and as they would be planned now where it has not begun.
// What was planned is no choice of a rerun: whoever lowers the cap after a look would test at the level of a last look
// there, and whoever raises it would spend an error that is spent.
func Looks(before ledger.Test, now []int) []int {
	if len(before.Planned) > 0 {
		return slices.Clone(before.Planned)
	}
	return now
}

// sameP is how far two p-values of the same trials may differ: sums differ in the last digits by their order.
const sameP = 1e-6

// Test is what is kept of a test that goes on. Looks that were kept before stay as they are.
func (p Progress) Test(before ledger.Test) ledger.Test {
	t := ledger.Test{Key: p.Key, Planned: p.Planned, Extensions: p.Extensions, AlphaSpent: math.Max(p.Spent, before.AlphaSpent), Time: p.Now}
	for i, h := range p.History {
		l := ledger.Look{Trials: h.Trials, Time: p.Now}
		if v := float64(h.P); v >= 0 && v <= 1 {
			l.P = &v
		}
		if i < len(before.Looks) && same(before.Looks[i], l) {
			l = before.Looks[i]
		}
		t.Looks = append(t.Looks, l)
	}
	return t
}

func same(a, b ledger.Look) bool {
	if a.Trials != b.Trials || (a.P == nil) != (b.P == nil) {
		return false
	}
	return a.P == nil || math.Abs(*a.P-*b.P) <= sameP
}

// Finished reports whether a report's test came to its end: it was decided, or there is no more to be seen within its
// limits. A verdict that is withheld is none: what withholds it can be mended.
func Finished(r *report.Report) bool {
	if r == nil || r.Sequence == nil || r.Result != verdict.Measured {
		return false
	}
	switch r.Sequence.Stopped {
	case content.StoppedDecided, content.StoppedFutile, content.StoppedCap:
		return !r.Reason.Withhold
	}
	return false
}

// Finish adds the verdict of a report. A report that is too large to keep is left out.
func Finish(t ledger.Test, r *report.Report) ledger.Test {
	t.Finished, t.Verdict, t.Reason = true, r.Verdict, r.Reason.Code
	if text, err := report.JSON(r); err == nil && len(text) <= ledger.MaxReport {
		t.Report = text
	}
	return t
}

// Answer is the report of a finished test, for a later run of the frame's comparison: nothing was measured again. The frame
// has what is known without trials, such as the commits, the mode, and what was found in this pull request.
func Answer(t ledger.Test, frame *report.Report) *report.Report {
	r, err := report.ParseJSON(t.Report)
	if err != nil || r.Result != verdict.Measured {
		of := *frame
		r = &of
		r.Verdict, r.Reason = t.Verdict, verdict.Finding{Code: t.Reason, Text: "The report of the verdict was not kept."}
	}
	if f := doubt(t, r, frame); f != nil {
		r.Verdict, r.Reason = verdict.Inconclusive, *f
	}
	when := t.Time
	if r.Sequence != nil {
		r.Sequence.Final = &when
	}
	r.Commits, r.Policy, r.TrialsFile, r.Time = frame.Commits, frame.Policy, frame.TrialsFile, frame.Time
	r.Changes, r.NotApplied, r.Findings = frame.Changes, frame.NotApplied, findings(r, frame)
	r.SpentUSD, r.SpentAtLeast = price.Known(price.Money{}), false
	r.Notes = append(r.Notes, fmt.Sprintf("This verdict was reached on %s for the same evidence; it is final and nothing was measured again.", when.UTC().Format("2006-01-02 15:04 UTC")))
	return r
}

// doubt says why a finished test is no answer to this pull request; nil when it is one.
func doubt(t ledger.Test, r, frame *report.Report) *verdict.Finding {
	for _, f := range frame.Findings {
		if f.Withhold {
			return &f
		}
	}
	if r.Verdict != t.Verdict || r.EvidenceKey != frame.EvidenceKey {
		return &verdict.Finding{Code: "stored-test-contradicts", Withhold: true,
			Text: "The stored test and the report that is stored with it say different things, so neither counts. Remove the stored tests to have the change measured anew."}
	}
	return nil
}

// findings are those of a stored report and of this pull request. What was found at a place of another one is not here.
func findings(r, frame *report.Report) []verdict.Finding {
	out := []verdict.Finding{}
	for _, f := range r.Findings {
		if f.Path == "" || slices.Contains(frame.Findings, f) {
			out = append(out, f)
		}
	}
	for _, f := range frame.Findings {
		if f != r.Reason && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// Extend says why a test cannot be extended; nil when it can.
func Extend(t ledger.Test, found bool) error {
	switch {
	case !found || !t.Finished:
		return fmt.Errorf("there is no finished test of this change and policy to extend")
	case t.Verdict != verdict.Inconclusive:
		return fmt.Errorf("the verdict is %v, and final; only an inconclusive one can be extended", t.Verdict)
	}
	r, err := report.ParseJSON(t.Report)
	if err != nil || r.Sequence == nil {
		return nil
	}
	if s := r.Sequence.Stopped; s != content.StoppedCap && s != content.StoppedFutile {
		return fmt.Errorf("the test ended since it was decided (%s), and is final", t.Reason)
	}
	return nil
}
