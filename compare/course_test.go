package compare_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// world says what trials cost: those of the head on the mean ratio times those of the base, and each by its own luck.
type world struct {
	ratio, spread float64
	salt          string // another one is another draw
	model         string // of the head's calls; the declared one when empty
}

// luck is a number of mean 0 and variance 1 that belongs to a text.
func luck(text string) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return (float64(x>>11)/(1<<53) - 0.5) * math.Sqrt(12)
}

// result is what comes of a slot: calls in the price of gpt-5.4 or gpt-5.4-mini whose output costs what it should.
func (w world) result(l *lab, s trial.Slot) trial.Result {
	usd := 0.03 * max(0.05, 1+w.spread*luck(w.salt+s.ID()))
	model, perToken := "gpt-5.4", 15e-6
	if s.Arm == trial.Head {
		usd *= w.ratio
		model, perToken = "gpt-5.4-mini", 4.5e-6
		if w.model != "" {
			model = w.model
		}
	}
	tokens := usage.None()
	tokens.Output = usage.Known(int64(usd / perToken))
	seconds := 1.0
	return trial.Result{
		Trial: trial.Trial{Schema: trial.Schema, ID: s.ID(), Slot: s, EvidenceKey: l.opts.EvidenceKey(), Origin: trial.Fresh, Outcome: trial.Completed, Harness: "prompt", Seconds: &seconds},
		Calls: []usage.Call{{ID: "c-" + s.ID(), Trial: s.ID(), State: usage.Ended, Upstream: "openai", Provider: "openai", RequestedModel: model, ServedModel: model,
			Status: 200, Coverage: usage.Complete, Tokens: tokens}},
	}
}

func looksLab(t *testing.T, looks ...int) *lab {
	t.Helper()
	l := newLab(t, promptSuite)
	l.opts.Looks = looks
	return l
}

// play carries out what is wanted until nothing is, and returns the results.
func (w world) play(t *testing.T, l *lab, have ...trial.Result) (*report.Report, []trial.Result) {
	t.Helper()
	c, err := compare.New(l.opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Add(have...); err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(have)
	for slots := c.Next(); len(slots) > 0; slots = c.Next() {
		for _, s := range slots {
			r := w.result(l, s)
			if all = append(all, r); c.Add(r) != nil {
				t.Fatalf("adding %s", s.ID())
			}
		}
	}
	r, err := c.Report()
	if err != nil {
		t.Fatal(err)
	}
	return r, all
}

// The worlds whose tests end in different ways, with the looks 5, 8 and 13. TestTheCourse says how.
var (
	clear  = world{ratio: 0.5, spread: 0.2, salt: "clear"}
	slow   = world{ratio: 0.75, spread: 0.55, salt: "slow 6"}
	hidden = world{ratio: 1, spread: 0.6, salt: "hidden 1"}
)

func TestTheCourse(t *testing.T) {
	for _, tt := range []struct {
		name    string
		w       world
		looks   []int
		trials  int
		stopped string
		verdict verdict.Verdict
	}{
		{"clear-cut", clear, []int{5, 8, 13}, 5, content.StoppedDecided, verdict.Switch},
		{"clear-cut the other way", world{ratio: 2, spread: 0.2}, []int{5, 8, 13}, 5, content.StoppedDecided, verdict.DontSwitch},
		{"decided later", slow, []int{5, 8, 13}, 13, content.StoppedDecided, verdict.Switch},
		{"nothing will come of it", hidden, []int{5, 8, 13}, 5, content.StoppedFutile, verdict.Inconclusive},
		{"the cap", hidden, []int{5}, 5, content.StoppedCap, verdict.Inconclusive},
		{"no price", world{ratio: 0.5, spread: 0.2, model: "gpt-99"}, []int{5, 8, 13}, 5, content.StoppedWithheld, verdict.Inconclusive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := looksLab(t, tt.looks...)
			r, all := tt.w.play(t, l)
			s := r.Sequence
			if r.Verdict != tt.verdict || s.Stopped != tt.stopped || s.Trials != tt.trials || len(all) != 8*tt.trials {
				t.Fatalf("%v after %d trials of each (%d in all), %s because of %s; history %+v", r.Verdict, s.Trials, len(all), s.Stopped, codes(r), s.History)
			}
			if diff := cmp.Diff(tt.looks, s.Looks); diff != "" {
				t.Errorf("looks (-want +got):\n%s", diff)
			}
			for i, look := range s.History {
				if look.Trials != tt.looks[i] {
					t.Errorf("look %d after %d trials", i, look.Trials)
				}
				crossed := float64(look.P) <= float64(look.NominalP)
				if last := i == len(s.History)-1; crossed != (last && tt.stopped == content.StoppedDecided) && tt.stopped != content.StoppedWithheld {
					t.Errorf("look %d: p %v at the level %v, and it is the last: %t", i, look.P, look.NominalP, last)
				}
			}
			if float64(s.NominalP) >= 0.05 && len(tt.looks) > 1 || math.Abs(float64(s.Confidence+s.NominalP)-1) > 1e-12 {
				t.Errorf("level %v and confidence %v", s.NominalP, s.Confidence)
			}
			if (s.Settle != nil) != (tt.stopped == content.StoppedFutile || tt.stopped == content.StoppedCap) {
				t.Errorf("what would settle it: %+v", s.Settle)
			}
		})
	}
}

// of are the trials of the first looks, up to an index, and of a later one as many as a killed process has done.
func of(all []trial.Result, below, more int) []trial.Result {
	var out []trial.Result
	for _, r := range all {
		if r.Trial.Index < below {
			out = append(out, r)
		} else if more > 0 {
			out, more = append(out, r), more-1
		}
	}
	return out
}

// resumed is a run that finds trials in its journal and has the world carry out the others.
func (w world) resumed(t *testing.T, l *lab, have []trial.Result) *report.Report {
	t.Helper()
	il := &interruptedLab{lab: l}
	var records []any
	for _, r := range have {
		for _, c := range r.Calls {
			records = append(records, c)
		}
		records = append(records, r.Trial)
	}
	il.record(t, records...)
	return il.run(t)
}

// A journal with the trials of all looks is looked at as the processes did that made it.
func TestAJournalWithAllTrialsHasTheSameCourse(t *testing.T) {
	for name, w := range map[string]world{"at the first look": clear, "at the last": slow, "futile": hidden} {
		t.Run(name, func(t *testing.T) {
			l := looksLab(t, 5, 8, 13)
			first, all := w.play(t, l)
			slices.Reverse(all)
			again := w.resumed(t, l, all)
			if l.provider.calls.Load() != 0 {
				t.Errorf("%d calls, want none", l.provider.calls.Load())
			}
			if diff := cmp.Diff(toldBy(first.Sequence), toldBy(again.Sequence)); diff != "" || again.Verdict != first.Verdict {
				t.Errorf("%v, the first time %v (-first +again):\n%s", again.Verdict, first.Verdict, diff)
			}
		})
	}
}

// toldBy is a sequence in words: sums of costs differ in the last digit by the order in which trials come.
func toldBy(s *report.Sequence) string {
	out := fmt.Sprintf("%v %d %s, %.9g %.9g, %d extensions\n", s.Looks, s.Trials, s.Stopped, s.NominalP, s.Chance, s.Extensions)
	for _, l := range s.History {
		out += fmt.Sprintf("%d: %.9g (%.9g to %.9g), %.9g at %.9g\n", l.Trials, l.Ratio, l.Low, l.High, l.P, l.NominalP)
	}
	return out
}

// A process that was killed in the middle of a look leaves trials of it. They are part of that look and of none before.
func TestKilledInTheMiddleOfALook(t *testing.T) {
	l := looksLab(t, 5, 8, 13)
	first, all := slow.play(t, l)
	for _, below := range []int{0, 5, 8} {
		have := of(all, below, 7)
		c, err := compare.New(l.opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Add(have...); err != nil {
			t.Fatal(err)
		}
		if got, want := len(c.Next()), map[int]int{0: 40, 5: 24, 8: 40}[below]-7; got != want {
			t.Errorf("killed after %d trials of each and 7 more: %d are missing, want %d", below, got, want)
		}
		r, err := c.Report()
		if err != nil {
			t.Fatal(err)
		}
		if done := r.Sequence.Trials; done != below || r.Verdict != verdict.Inconclusive || r.Sequence.Stopped != content.StoppedInterrupted {
			t.Errorf("killed after %d trials of each and 7 more: %v after %d, %s", below, r.Verdict, done, r.Sequence.Stopped)
		}
		again, _ := slow.play(t, l, have...)
		if diff := cmp.Diff(toldBy(first.Sequence), toldBy(again.Sequence)); diff != "" {
			t.Errorf("gone on after %d trials of each and 7 more (-first +again):\n%s", below, diff)
		}
	}
}

// With another threshold an earlier look may decide: what later looks have brought is left out, and paid for.
func TestTrialsOfLaterLooksAreHeld(t *testing.T) {
	l := looksLab(t, 5, 8, 13)
	first, all := slow.play(t, l)
	l.opts.Policy.MaxCostRatio = 3
	r := slow.resumed(t, l, all)
	if r.Verdict != verdict.Switch || r.Sequence.Trials != 5 || r.Base.Trials != 20 || noteWith(r, "64 trials of a later look are left out") == "" {
		t.Fatalf("%v after %d trials of each, %d of the base; notes %q", r.Verdict, r.Sequence.Trials, r.Base.Trials, r.Notes)
	}
	if r.SpentUSD.String() != first.SpentUSD.String() {
		t.Errorf("spent %v, want the %v that all trials cost", r.SpentUSD, first.SpentUSD)
	}
}

// A look that lacks trials for want of money is none, whatever they say: the verdict is that of nobody.
func TestTheBudgetEndsInTheMiddleOfALook(t *testing.T) {
	l := looksLab(t, 5, 8, 13)
	for name, w := range map[string]world{"in the first": clear, "in a later one": slow} {
		c, err := compare.New(l.opts)
		if err != nil {
			t.Fatal(err)
		}
		look, done := 0, 0
		for slots := c.Next(); len(slots) > 0; slots = c.Next() {
			broke := name == "in the first" || look == 1
			for i, s := range slots {
				r := w.result(l, s)
				if broke && i >= len(slots)-4 { // the last ones are not carried out
					r.Calls, r.Trial.Outcome, r.Trial.Cause = nil, trial.Void, trial.CauseBudget
				}
				if err := c.Add(r); err != nil {
					t.Fatal(err)
				}
				done++
			}
			look++
		}
		r, err := c.Report()
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != verdict.Inconclusive || r.Sequence.Stopped != content.StoppedBudget || !strings.Contains(codes(r), "budget-spent") {
			t.Errorf("%s: %v, %s because of %s after %d trials", name, r.Verdict, r.Sequence.Stopped, codes(r), done)
		}
	}
}

// An extension is a look beyond the cap, at the expense of the reserve.
func TestExtension(t *testing.T) {
	l := looksLab(t, 5, 8)
	l.opts.Policy.ExtensionReserve = 0.005
	w := world{ratio: 0.78, spread: 0.6, salt: "extended 16"}
	short, all := w.play(t, l)
	if short.Verdict != verdict.Inconclusive {
		t.Fatalf("%v after %d trials; the test wants nothing decided", short.Verdict, short.Sequence.Trials)
	}
	l.opts.Extensions = 1
	long, more := w.play(t, l, all...)
	s := long.Sequence
	if diff := cmp.Diff([]int{5, 8, 13}, s.Looks); diff != "" || s.Extensions != 1 || s.Trials != 13 || len(more) != 8*13 {
		t.Errorf("%d extensions, %d trials of each, %d in all; looks (-want +got):\n%s", s.Extensions, s.Trials, len(more), diff)
	}
	if got := float64(s.NominalP); got != 0.0025 {
		t.Errorf("the extension is at the level %v, want half of the reserve", got)
	}
	if got, want := s.History[0].NominalP, short.Sequence.History[0].NominalP; got != want {
		t.Errorf("the first look is at the level %v, without the extension at %v", got, want)
	}
	l.opts.Policy.ExtensionReserve = 0
	if _, err := compare.New(l.opts); err == nil || !strings.Contains(err.Error(), "extension_reserve") {
		t.Errorf("without a reserve: %v", err)
	}
}
