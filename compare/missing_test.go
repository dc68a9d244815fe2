package compare_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
)

// What a journal has is not forecast again, and its trials cost what they cost: the rest is the forecast.
func TestForecastMissing(t *testing.T) {
	l := newInterruptedLab(t)
	whole := l.opts.Forecast()
	var records []any
	for _, task := range []string{"a", "b", "c", "d"} {
		for i := range 4 {
			records = append(records, trial.Trial{Slot: trial.Slot{Arm: trial.Base, Task: task, Index: i}, EvidenceKey: l.opts.EvidenceKey(), Origin: trial.Fresh, Outcome: trial.Completed})
		}
	}
	l.record(t, records...)
	f, err := compare.ForecastMissing(l.opts, l.file)
	if err != nil {
		t.Fatal(err)
	}
	usd, known := f.USD.Value()
	all, _ := whole.USD.Value()
	if f.Trials != 16 || !known || usd.IsZero() || usd.Cmp(all) >= 0 || !strings.Contains(f.Basis, "16 of 32 trials are there already") {
		t.Errorf("forecast %v USD for %d trials (%s), want less than %v for 16", f.USD, f.Trials, f.Basis, whole.USD)
	}
	// The head's sixteen are what is left, and half of a forecast in which both arms are the head.
	heads := l.opts
	heads.Pair.Base = heads.Pair.Head
	if both, _ := heads.Forecast().USD.Value(); usd.Times(2).Cmp(both) != 0 {
		t.Errorf("forecast %v USD, want half of %v", f.USD, both)
	}

	l.opts.Cache = compare.CacheWarm
	if _, err := compare.ForecastMissing(l.opts, l.file); err == nil || !strings.Contains(err.Error(), "another comparison") {
		t.Errorf("with a journal of another comparison: %v", err)
	}
	warm, err := compare.ForecastMissing(l.opts, journal.NewMemory())
	if err != nil || warm.Trials != 40 || warm.USD.String() != l.opts.Forecast().USD.String() {
		t.Errorf("warm, with nothing there: %v, %v USD for %d trials; want those of the whole forecast", err, warm.USD, warm.Trials)
	}
	broken := errors.New("broken")
	if _, err := compare.ForecastMissing(l.opts, brokenJournal{err: broken}); !errors.Is(err, broken) {
		t.Errorf("with a journal that cannot be read: %v", err)
	}
}

// A journal that has everything leaves nothing to pay for.
func TestForecastOfACompleteJournal(t *testing.T) {
	l := newInterruptedLab(t)
	l.run(t)
	f, err := compare.ForecastMissing(l.opts, l.file)
	if err != nil || f.Trials != 0 || !f.USD.IsKnown() || f.USD.String() != "0" {
		t.Errorf("forecast %+v, %v; want 0 USD for no trial", f, err)
	}
}

// brokenJournal cannot be read; nothing else of it is asked for.
type brokenJournal struct {
	trial.Journal
	err error
}

func (j brokenJournal) Load() (trial.Evidence, error) { return trial.Evidence{}, j.err }
