package follow_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/follow"
	"github.com/pertask/pertask/verdict"
)

func TestPredictions(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.FixedZone("", 3600))
	changes := []arm.Change{{Slot: "main", Key: arm.Model, Base: "gpt-5.4", Head: "gpt-5.5", HasBase: true, HasHead: true}, {Slot: "main", Key: arm.Effort, Head: "high", HasHead: true}}
	with := func(suite string, result verdict.Result, r *report.Ratio) *report.Report {
		return &report.Report{Suite: suite, Result: result, Changes: changes, Ratio: r, Verdict: verdict.Switch, PriceBook: report.PriceBook{AsOf: "2026-11-01"}}
	}
	m := follow.Merge{Repository: repository, Pull: 12, At: at, Commit: "0123456789abcdef0123456789abcdef01234567", Reports: []*report.Report{
		with("measured", verdict.Measured, &report.Ratio{Estimate: 0.6, Low: 0.5, High: 0.7}),
		with("no end", verdict.Accepted, &report.Ratio{Estimate: 2, Low: 1, High: report.Number(math.Inf(1))}),
		with("not measured", verdict.NotMeasured, nil),
		with("nothing completed", verdict.Measured, &report.Ratio{Estimate: report.Number(math.NaN()), Low: 0, High: report.Number(math.Inf(1))}),
		with("unchanged", verdict.NothingChanged, nil),
		with("bad", verdict.BadInput, nil),
	}}
	got := follow.Predictions(m)
	short, open := prediction.NewRatio(0.6, 0.5, 0.7), prediction.NewRatio(2, 1, math.Inf(1))
	want := map[string]*prediction.Ratio{"measured": &short, "no end": &open, "not measured": nil, "nothing completed": nil}
	if len(got) != len(want) {
		t.Errorf("%d predictions; want %d", len(got), len(want))
	}
	for _, p := range got {
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", p.Suite, err)
		}
		if d := cmp.Diff(want[p.Suite], p.Ratio); d != "" {
			t.Errorf("%s (-want +got):\n%s", p.Suite, d)
		}
		if len(p.Before) != 1 || len(p.After) != 2 || p.Pull != 12 || p.Accepted != (p.Suite == "no end") || !p.Merged.Equal(at) {
			t.Errorf("%+v", p)
		}
	}
}
