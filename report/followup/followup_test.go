package followup_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
	"github.com/pertask/pertask/report/followup"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/markup/markuptest"
)

// after is a follow-up so many days after the merge in which a ratio was observed.
func after(days int, observed prediction.Ratio) followup.Followup {
	p := predictiontest.Predicted("github.com/acme/shop", 1, "worst-three")
	o := predictiontest.Observed(p, days)
	d, relation := prediction.Compare(*p.Ratio, observed)
	o.Observed, o.Difference, o.Relation, o.Caveats = &observed, &d, relation, nil
	return followup.Followup{Prediction: p, Outcome: o}
}

// silent is one that cannot tell.
func silent(days int, reason string) followup.Followup {
	f := after(days, prediction.NewRatio(1, 0.9, 1.1))
	f.Outcome.Observed, f.Outcome.Difference, f.Outcome.Relation, f.Outcome.Reason = nil, nil, prediction.CannotTell, reason
	return f
}

// cases are the follow-ups that are kept in testdata, by name.
func cases() map[string]followup.Followup {
	out := map[string]followup.Followup{
		"as-predicted": after(28, prediction.NewRatio(0.76, 0.6, 0.97)),
		"overlaps":     after(28, prediction.NewRatio(0.9, 0.65, 1.25)),
		"cheaper":      after(28, prediction.NewRatio(0.3, 0.22, 0.41)),
		"dearer":       after(56, prediction.NewRatio(1.3, 1.1, 1.54)),
		"too-early":    silent(9, prediction.TooEarly),
		"cannot-tell":  silent(28, "too-few-before"),
		"other-switch": silent(6, "other-switch-after"),
		"too-wide":     after(28, prediction.NewRatio(0.9, 0.3, 2.7)),
		"not-measured": after(28, prediction.NewRatio(0.9, 0.7, 1.16)),
		"later-reason": silent(28, "some-later-code"),
		"caveats":      after(28, prediction.NewRatio(0.76, 0.6, 0.97)),
	}
	edit := func(name string, do func(*followup.Followup)) {
		f := out[name]
		do(&f)
		out[name] = f
	}
	edit("dearer", func(f *followup.Followup) {
		f.Outcome.Final, f.Prediction.Accepted = true, true
		f.Calibration = prediction.Calibration{Told: 9, Inside: 3, Dearer: 6, Silent: 2, Expected: 7.4, Least: 5, Most: 9}
	})
	edit("as-predicted", func(f *followup.Followup) {
		f.Outcome.Sized = true
		f.Calibration = prediction.Calibration{Told: 9, Inside: 7, Overlapping: 2, Expected: 7.4, Least: 5, Most: 9}
	})
	edit("too-early", func(f *followup.Followup) { f.Outcome.After = 12 })
	edit("cannot-tell", func(f *followup.Followup) { f.Outcome.Before = 7 })
	edit("other-switch", func(f *followup.Followup) {
		f.Outcome.Final, f.Outcome.After = true, 5
		f.Outcome.Caveats = []prediction.Caveat{{Code: prediction.OtherSwitch, Pulls: []int{12}}}
	})
	edit("too-wide", func(f *followup.Followup) {
		f.Outcome.Relation, f.Outcome.Reason = prediction.CannotTell, prediction.TooWide
	})
	edit("not-measured", func(f *followup.Followup) {
		f.Prediction.Ratio, f.Outcome.Difference = nil, nil
		f.Outcome.Relation, f.Outcome.Reason = prediction.CannotTell, prediction.NotPredicted
		f.Prediction.After = append(f.Prediction.After, prediction.Setting{Slot: "small", Key: "effort", Value: "high"})
		f.Prediction.Before = append(f.Prediction.Before, prediction.Setting{Slot: "main", Key: "temperature", Value: "0"})
	})
	edit("caveats", func(f *followup.Followup) {
		size := prediction.NewRatio(1.5, 1.2, 1.9)
		f.Outcome.Sized = true
		f.Outcome.Caveats = []prediction.Caveat{
			{Code: prediction.OtherSwitch, Pulls: []int{12, 14, 15, 16, 17, 18, 19}},
			{Code: prediction.PricesBook, From: "2026-08-20", To: "2026-09-20"},
			{Code: prediction.SizeShift, Ratio: &size},
			{Code: prediction.ShareShift, From: "96", To: "70"},
			{Code: prediction.Drift, Ratio: &prediction.Ratio{Estimate: 1.12}},
			{Code: prediction.Unpriced, Count: 1}, {Code: prediction.Unsized, Count: 2}, {Code: prediction.Outliers, Count: 3},
			{Code: "some-later-code"},
		}
	})
	return out
}

func TestGolden(t *testing.T) {
	for name, f := range cases() {
		t.Run(name, func(t *testing.T) {
			if f.Prediction.Check() != nil || f.Outcome.Check() != nil {
				t.Fatalf("no follow-up that can be: %v, %v", f.Prediction.Check(), f.Outcome.Check())
			}
			for _, problem := range markuptest.Problems(followup.Markdown(f)) {
				t.Error(problem)
			}
			golden.Check(t, "testdata/"+name+".md", followup.Markdown(f))
		})
	}
}

// The sentence is the same in every format but for its marks, and is the first of the comment.
func TestSentence(t *testing.T) {
	for name, f := range cases() {
		rich, plain := followup.Sentence(f, markup.GitHub), followup.Sentence(f, markup.Plain)
		if got := strings.NewReplacer("**", "", "`", "", `\[`, "[", `\]`, "]").Replace(rich); got != plain {
			t.Errorf("%s: %q, want %q", name, got, plain)
		}
		if !strings.HasPrefix(followup.Markdown(f), rich+"\n") {
			t.Errorf("%s: the comment does not begin with %q", name, rich)
		}
	}
	want := "As predicted. Predicted -38 % [-52, -21], observed -24 % [-40, -3] over 41 merged pull requests."
	if got := followup.Sentence(cases()["as-predicted"], markup.Plain); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPercents(t *testing.T) {
	for _, tt := range []struct {
		r    prediction.Ratio
		want string
	}{
		{prediction.NewRatio(0.996, 0.9, 1.004), "-0.4 % [-10, +0.4]"},
		{prediction.NewRatio(1, 0.9951, 1.0004), "0 % [-0.5, 0]"},
		{prediction.NewRatio(2.5, 0, math.Inf(1)), "+150 % [-100, no limit]"},
		{prediction.NewRatio(1.00951, 1.0094, 12), "+1 % [+0.9, +1100]"},
	} {
		f := after(28, tt.r)
		if got := followup.Sentence(f, markup.Plain); !strings.Contains(got, "observed "+tt.want+" over") {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// What somebody else wrote is not live in the comment.
func TestHostile(t *testing.T) {
	const evil = "`x` <img src=x onerror=alert(1)> @acme/all #1 | <!-- pertask --> [a](http://e.example) $x$"
	f := cases()["caveats"]
	f.Prediction.Suite = evil
	f.Prediction.Before = []prediction.Setting{{Slot: evil, Key: evil, Value: evil}}
	f.Prediction.After = []prediction.Setting{{Slot: evil, Key: evil, Value: evil + "2"}, {Slot: "main", Key: "model", Value: evil}}
	f.Prediction.Book, f.Outcome.Reason = evil, evil
	f.Outcome.Caveats[1].From, f.Outcome.Caveats[1].To, f.Outcome.Caveats[3].From = evil, evil, evil
	f.Outcome.Caveats[8].Code = evil
	for _, relation := range []prediction.Relation{prediction.Inside, prediction.CannotTell} {
		f.Outcome.Relation = relation
		for _, problem := range markuptest.Problems(followup.Markdown(f)) {
			t.Error(problem)
		}
	}
}
