package ledger_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/verdict"
)

// looked returns a test after looks at so many trials.
func looked(trials ...int) ledger.Test {
	t := ledger.Test{Key: "k", Time: noon.Add(time.Duration(len(trials)) * time.Minute)}
	for i, n := range trials {
		p := 0.3 / float64(n)
		t.Looks = append(t.Looks, ledger.Look{Trials: n, Time: noon.Add(time.Duration(i) * time.Minute), P: &p})
		t.AlphaSpent = 0.05 * float64(n) / 20
	}
	return t
}

func with(t ledger.Test, change func(*ledger.Test)) ledger.Test {
	change(&t)
	return t
}

func finished(v verdict.Verdict, trials ...int) ledger.Test {
	return with(looked(trials...), func(t *ledger.Test) {
		t.Finished, t.Verdict, t.Reason, t.Report = true, v, "dearer", json.RawMessage(`{"schema": "x"}`)
	})
}

func extended(t ledger.Test, by int) ledger.Test {
	return with(t, func(t *ledger.Test) { t.Extensions += by })
}

func planned(t ledger.Test, trials ...int) ledger.Test {
	return with(t, func(t *ledger.Test) { t.Planned = trials })
}

func TestContinue(t *testing.T) {
	otherLook := looked(2, 3, 5)
	otherLook.Looks[0].Time = noon.Add(-time.Hour)
	unknown := looked(2, 3)
	unknown.Looks[1].P = nil
	const stored = "is stored"
	tests := []struct {
		name         string
		before, next ledger.Test
		want         string // the error, stored, or nothing
		is           error
	}{
		{"the first", ledger.Test{}, looked(2), "", nil},
		{"before the first look", ledger.Test{}, looked(), "", nil},
		{"finished at once", ledger.Test{}, finished(verdict.Switch, 2), "", nil},
		{"the next look", looked(2), looked(2, 3), "", nil},
		{"several looks", looked(2), looked(2, 3, 5), "", nil},
		{"a look without a p-value", looked(2), unknown, "", nil},
		{"the verdict", looked(2, 3), finished(verdict.DontSwitch, 2, 3), "", nil},
		{"the verdict at the next look", looked(2), finished(verdict.DontSwitch, 2, 3), "", nil},
		{"the same", looked(2, 3), looked(2, 3), stored, nil},
		{"the same verdict", finished(verdict.Switch, 2), finished(verdict.Switch, 2), stored, nil},
		{"the same of another form", finished(verdict.Switch, 2), with(finished(verdict.Switch, 2), func(t *ledger.Test) {
			t.Report, t.Time = json.RawMessage(`{"schema":"x"}`), t.Time.In(time.FixedZone("east", 3600))
		}), stored, nil},
		{"an extension", finished(verdict.Inconclusive, 2, 3), extended(looked(2, 3, 5), 1), "", nil},
		{"an extension that decides", finished(verdict.Inconclusive, 2, 3), extended(finished(verdict.Switch, 2, 3, 5), 1), "", nil},
		{"a second extension", extended(finished(verdict.Inconclusive, 2, 3), 1), extended(finished(verdict.Switch, 2, 3, 5), 2), "", nil},
		{"an extension goes on", extended(looked(2, 3), 1), extended(finished(verdict.DontSwitch, 2, 3, 5), 1), "", nil},

		{"another verdict", finished(verdict.DontSwitch, 2), finished(verdict.Switch, 2), "don't-switch", ledger.ErrFinal},
		{"a verdict instead of none", finished(verdict.Inconclusive, 2), finished(verdict.Switch, 2), "", ledger.ErrFinal},
		{"another verdict at the next look", finished(verdict.DontSwitch, 2), finished(verdict.Switch, 2, 3), "", ledger.ErrFinal},
		{"the same verdict at the next look", finished(verdict.DontSwitch, 2), finished(verdict.DontSwitch, 2, 3), "", ledger.ErrFinal},
		{"an extension of a verdict", finished(verdict.DontSwitch, 2), extended(finished(verdict.Switch, 2, 3), 1), "", ledger.ErrFinal},
		{"two extensions at once", finished(verdict.Inconclusive, 2), extended(looked(2, 3), 2), "", ledger.ErrFinal},
		{"another report", finished(verdict.Switch, 2), with(finished(verdict.Switch, 2), func(t *ledger.Test) { t.Report = nil }), "", ledger.ErrFinal},
		{"starting over", finished(verdict.DontSwitch, 2, 3), looked(2), "", ledger.ErrFinal},
		{"starting over before the verdict", looked(2, 3), looked(2), "", ledger.ErrBehind},
		{"starting over with nothing", looked(2, 3), looked(), "", ledger.ErrBehind},
		{"another look", looked(2, 3), otherLook, "look 1", ledger.ErrBehind},
		{"another p-value", looked(2, 3), unknown, "look 2", ledger.ErrBehind},
		{"error that comes back", looked(2, 3), with(looked(2, 3, 5), func(t *ledger.Test) { t.AlphaSpent = 0 }), "", ledger.ErrBehind},
		{"an extension forgotten", extended(looked(2, 3), 1), looked(2, 3, 5), "", ledger.ErrBehind},
		{"a plan that is kept", planned(looked(2), 2, 3), planned(finished(verdict.Switch, 2, 3), 2, 3), "", nil},
		{"a plan of a test that had none", looked(2), planned(looked(2, 3), 2, 3), "", nil},
		{"an extension of a plan", planned(finished(verdict.Inconclusive, 2, 3), 2, 3), extended(planned(finished(verdict.Switch, 2, 3, 5), 2, 3), 1), "", nil},
		{"a lower cap", planned(looked(2, 3), 2, 3, 5, 8), planned(finished(verdict.Switch, 2, 3, 5), 2, 3, 5), "after [2 3 5 8] trials and not [2 3 5]", ledger.ErrBehind},
		{"a higher cap", planned(looked(2, 3), 2, 3, 5), planned(looked(2, 3, 5), 2, 3, 5, 8), "", ledger.ErrPlan},
		{"a plan forgotten", planned(looked(2, 3), 2, 3, 5), looked(2, 3, 5), "", ledger.ErrPlan},
		{"an extension with another plan", planned(finished(verdict.Inconclusive, 2, 3), 2, 3), extended(planned(finished(verdict.Switch, 2, 3, 5), 2, 3, 5), 1), "", ledger.ErrPlan},

		{"an extension of nothing", ledger.Test{}, extended(looked(2), 1), "it has 1 extensions and had 0", nil},
		{"an extension without a verdict before it", looked(2), extended(looked(2, 3), 1), "only a test that ended inconclusive", nil},
		{"an extension without a look", finished(verdict.Inconclusive, 2), extended(finished(verdict.Switch, 2), 1), "brings at least one", nil},
		{"another key", looked(2), with(looked(2, 3), func(t *ledger.Test) { t.Key = "other" }), "another key", nil},
		{"what is stored is broken", with(looked(2), func(t *ledger.Test) { t.Schema = "x" }), looked(2, 3), "continuing what is stored", ledger.ErrSchema},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, write, err := ledger.Continue(tt.before, tt.next)
			if tt.want == stored || tt.want == "" && tt.is == nil {
				if err != nil || write != (tt.want == "") {
					t.Errorf("write %v, error %v", write, err)
				}
				want, _ := tt.next.Checked()
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("what is kept (-want +got):\n%s", diff)
				}
				return
			}
			want := strings.ReplaceAll(tt.want, "don't", "dont")
			if err == nil || write || !strings.Contains(err.Error(), want) {
				t.Fatalf("write %v, error %v, want one with %q", write, err, want)
			}
			for _, e := range []error{ledger.ErrFinal, ledger.ErrBehind, ledger.ErrSchema} {
				if errors.Is(err, e) != errors.Is(tt.is, e) {
					t.Errorf("error %v: is %v", err, e)
				}
			}
		})
	}
}

func TestCheckedTestRefuses(t *testing.T) {
	p := func(p float64) *float64 { return &p }
	tests := []struct {
		name   string
		change func(*ledger.Test)
		want   string
	}{
		{"another version", func(t *ledger.Test) { t.Schema = "pertask.test/2" }, `this version reads "pertask.test/1"`},
		{"no key", func(t *ledger.Test) { t.Key = "" }, "the key is empty"},
		{"a long reason", func(t *ledger.Test) { t.Reason = strings.Repeat("x", ledger.MaxText+1) }, "the reason has 1001 bytes"},
		{"a verdict without a look", func(t *ledger.Test) { t.Looks = nil }, "finished after no look"},
		{"a verdict before the end", func(t *ledger.Test) { t.Finished, t.Report = false, nil }, "its verdict is switch"},
		{"a report before the end", func(t *ledger.Test) { t.Finished, t.Verdict = false, verdict.Inconclusive }, "only the final report"},
		{"no verdict of ours", func(t *ledger.Test) { t.Verdict = 7 }, "the verdict 7"},
		{"less than no extension", func(t *ledger.Test) { t.Extensions = -1 }, "-1 extensions"},
		{"an error above 1", func(t *ledger.Test) { t.AlphaSpent = 1.1 }, "the error spent is 1.1"},
		{"no error", func(t *ledger.Test) { t.AlphaSpent = math.NaN() }, "the error spent is NaN"},
		{"no time", func(t *ledger.Test) { t.Time = time.Time{} }, "no time"},
		{"a report that is no JSON", func(t *ledger.Test) { t.Report = json.RawMessage(`{`) }, "not a JSON object"},
		{"a report that is a number", func(t *ledger.Test) { t.Report = json.RawMessage(` 1`) }, "not a JSON object"},
		{"a report of blanks", func(t *ledger.Test) { t.Report = json.RawMessage(`  `) }, "not a JSON object"},
		{"a huge report", func(t *ledger.Test) { t.Report = make([]byte, ledger.MaxReport+1) }, "8388609 bytes"},
		{"too many looks", func(t *ledger.Test) { t.Looks = make([]ledger.Look, ledger.MaxLooks+1) }, "1001 looks"},
		{"a huge plan", func(t *ledger.Test) { t.Planned = make([]int, ledger.MaxLooks+1) }, "1001 planned looks"},
		{"a plan of nothing", func(t *ledger.Test) { t.Planned = []int{0, 3} }, "planned after [0 3] trials"},
		{"a plan that goes back", func(t *ledger.Test) { t.Planned = []int{5, 3} }, "planned after [5 3] trials"},
		{"a plan without end", func(t *ledger.Test) { t.Planned = []int{ledger.MaxIndex + 1} }, "planned after"},
		{"a look at nothing", func(t *ledger.Test) { t.Looks[0].Trials = 0 }, "look 1: 0 trials"},
		{"a look at no more than before", func(t *ledger.Test) { t.Looks[1].Trials = 2 }, "look 2: 2 trials; 3 to"},
		{"a p-value above 1", func(t *ledger.Test) { t.Looks[1].P = p(1.5) }, "look 2: the p-value 1.5"},
		{"no p-value", func(t *ledger.Test) { t.Looks[1].P = p(math.NaN()) }, "look 2: the p-value NaN"},
		{"a look at no time", func(t *ledger.Test) { t.Looks[1].Time = time.Time{} }, "look 2: it has no time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			test := finished(verdict.Switch, 2, 3)
			tt.change(&test)
			if _, err := test.Checked(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// A look whose p-value was not defined comes back as that, and not as the strongest evidence there is.
func TestLookWithoutP(t *testing.T) {
	test := looked(2)
	test.Looks[0].P = nil
	test, err := test.Checked()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(test)
	if err != nil {
		t.Fatal(err)
	}
	var back ledger.Test
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(test, back); diff != "" || !strings.Contains(string(text), `"p":null`) {
		t.Errorf("%s (-want +got):\n%s", text, diff)
	}
}

// The form of what is stored must not change.
func TestStoredForms(t *testing.T) {
	test, err := planned(finished(verdict.DontSwitch, 2), 2, 3).Checked()
	if err != nil {
		t.Fatal(err)
	}
	b, err := trial("x", 1).Checked()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		value any
		want  string
	}{
		{test, `{"schema":"pertask.test/1","key":"k","looks":[{"trials":2,"time":"2026-06-01T12:00:00Z","p":0.15}],"planned":[2,3],"finished":true,"verdict":"dont-switch","reason":"dearer","extensions":0,"alpha_spent":0.005,"report":{"schema":"x"},"time":"2026-06-01T12:01:00Z"}`},
		{b, `{"schema":"pertask.base-trial/1","task":"x","index":1,"id":"base/x/1","completed":true,"seconds":null,"time":"2026-06-01T12:00:00Z","calls":[]}`},
	} {
		got, err := json.Marshal(tt.value)
		if err != nil || string(got) != tt.want {
			t.Errorf("got  %s (%v)\nwant %s", got, err, tt.want)
		}
	}
}
