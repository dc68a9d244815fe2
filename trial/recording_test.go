package trial_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// slowJournal has a trial on the disk only when the next one has begun.
type slowJournal struct {
	trial.Journal
	begun <-chan struct{}
}

func (j slowJournal) AppendTrial(t trial.Trial) error {
	if t.Task != "three" { // there is none after it
		select {
		case <-j.begun:
		case <-time.After(time.Minute):
			return errors.New("the next trial does not begin")
		}
	}
	return j.Journal.AppendTrial(t)
}

// A slow disk holds up Done, and not the next trial.
func TestRecordingHoldsNothingUp(t *testing.T) {
	l := newLab(t, nil, command("one", "true", "true"), command("two", "true", "true"), command("three", "true", "true"))
	begun := make(chan struct{}, 3)
	l.Journal = slowJournal{l.journal, begun}
	l.Proxy = openingProxy{l.proxy, begun}
	if err := l.runner(t).Run(t.Context(), []trial.Slot{{Arm: trial.Base, Task: "one"}, {Arm: trial.Base, Task: "two"}, {Arm: trial.Base, Task: "three"}}); err != nil {
		t.Fatal(err)
	}
	if n := len(load(t, l.journal).Results); n != 3 || len(l.told) != 3 {
		t.Errorf("%d trials in the journal, %d told; want 3 and 3", n, len(l.told))
	}
	l.nothingLeft(t)
}

type openingProxy struct {
	*fakeProxy
	begun chan<- struct{}
}

func (p openingProxy) Open(name string) trial.Session {
	s := p.fakeProxy.Open(name)
	if p.fakeProxy.n > 1 { // Concurrency is 1
		p.begun <- struct{}{}
	}
	return s
}

var errFull = errors.New("no space left")

// fullJournal takes no trial.
type fullJournal struct{ trial.Journal }

func (fullJournal) AppendTrial(trial.Trial) error { return errFull }

// A journal that takes nothing more ends everything: at most one further trial per worker has begun by then.
func TestFullJournalStopsSpending(t *testing.T) {
	var slots []trial.Slot
	l := newLab(t, nil, command("x", "true", "true"))
	l.Journal, l.Concurrency = fullJournal{l.journal}, 2
	l.proxy.calls = func(string) []usage.Call { return nil }
	for n := range 50 {
		slots = append(slots, trial.Slot{Arm: trial.Base, Task: "x", Index: n})
	}
	if err := l.runner(t).Run(t.Context(), slots); !errors.Is(err, errFull) || len(l.told) != 0 {
		t.Errorf("error %v, %d told; want an error and none", err, len(l.told))
	}
	if l.proxy.n > 10 {
		t.Errorf("%d trials were begun after the journal was full", l.proxy.n)
	}
	l.nothingLeft(t)
}
