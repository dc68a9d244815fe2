package ledgertest

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/verdict"
)

// looked returns a test of the key k after looks at so many trials, as it is kept.
func looked(trials ...int) ledger.Test {
	t := ledger.Test{Key: "k", Time: Noon.Add(time.Duration(len(trials)) * time.Minute), Looks: []ledger.Look{}}
	for i, n := range trials {
		p := 0.3 / float64(n)
		t.Looks = append(t.Looks, ledger.Look{Trials: n, Time: Noon.Add(time.Duration(i) * time.Minute), P: &p})
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
		t.Finished, t.Verdict, t.Reason, t.Report = true, v, "dearer", json.RawMessage(`{"schema":"x"}`)
	})
}

func extended(t ledger.Test, by int) ledger.Test {
	return with(t, func(t *ledger.Test) { t.Extensions += by })
}

func save(t *testing.T, l Ledger, test ledger.Test) {
	t.Helper()
	if err := l.SaveTest(t.Context(), test); err != nil {
		t.Fatalf("saving a test: %v", err)
	}
}

// saved says what the test of a key must be, and returns it.
func saved(t *testing.T, l Ledger, want ledger.Test) ledger.Test {
	t.Helper()
	got, found, err := l.Test(t.Context(), want.Key)
	if err != nil || !found {
		t.Fatalf("reading the test of %.40q: found %v, %v", want.Key, found, err)
	}
	want.Schema = ledger.TestSchema
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("test of %.40q (-want +got):\n%s", want.Key, diff)
	}
	return got
}

// refused says that a test is not saved, and why, and that what there was stays.
func refused(t *testing.T, l Ledger, why error, have, next ledger.Test) {
	t.Helper()
	if err := l.SaveTest(t.Context(), next); !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
	saved(t, l, have)
}

func goesOn(t *testing.T, open func() Ledger) {
	unknown := looked(2, 3)
	unknown.Looks[1].P = nil
	decided := looked(2, 3, 5)
	decided.Looks[1].P = nil
	decided.Finished, decided.Verdict, decided.Reason = true, verdict.DontSwitch, "dearer"
	decided.Report = json.RawMessage(`{"schema":"x","amount":null}`)
	for _, step := range []ledger.Test{looked(), looked(2), unknown, decided} {
		save(t, open(), step)
		save(t, open(), step) // twice is once
		saved(t, open(), step)
	}
}

func final(t *testing.T, open func() Ledger) {
	have := finished(verdict.DontSwitch, 2, 3)
	save(t, open(), have)
	for _, next := range []ledger.Test{
		finished(verdict.Switch, 2, 3), finished(verdict.Switch, 2, 3, 5), looked(2), looked(2, 3, 5), extended(finished(verdict.Switch, 2, 3, 5), 1),
		with(have, func(t *ledger.Test) { t.Report = json.RawMessage(`{"schema":"y"}`) }),
	} {
		refused(t, open(), ledger.ErrFinal, have, next)
	}
	save(t, open(), have)
	bad := looked(2)
	bad.Schema = "pertask.test/99"
	refused(t, open(), ledger.ErrSchema, have, bad)
}

func behind(t *testing.T, open func() Ledger) {
	have := looked(2, 3)
	save(t, open(), have)
	for _, next := range []ledger.Test{looked(), looked(2), looked(2, 5), finished(verdict.Switch, 2)} {
		refused(t, open(), ledger.ErrBehind, have, next)
	}
}

func extensions(t *testing.T, open func() Ledger) {
	have := finished(verdict.Inconclusive, 2, 3)
	save(t, open(), have)
	refused(t, open(), ledger.ErrFinal, have, finished(verdict.Switch, 2, 3, 5))
	refused(t, open(), ledger.ErrFinal, have, extended(finished(verdict.Switch, 2, 3, 5), 2))
	for _, step := range []ledger.Test{
		extended(looked(2, 3, 5), 1), extended(finished(verdict.Inconclusive, 2, 3, 5, 8), 1), extended(finished(verdict.Switch, 2, 3, 5, 8, 13), 2),
	} {
		save(t, open(), step)
		have = step
	}
	refused(t, open(), ledger.ErrFinal, have, extended(finished(verdict.DontSwitch, 2, 3, 5, 8, 13, 20), 3))
}

// race has several decide at once: the first one's verdict is the test's.
func race(t *testing.T, open func() Ledger) {
	save(t, open(), looked(2))
	var all sync.WaitGroup
	var mu sync.Mutex
	var won []ledger.Test
	for w := range 6 {
		all.Go(func() {
			next := with(finished(verdict.Verdict(w%3), 2, 3), func(t *ledger.Test) { t.Time = t.Time.Add(time.Duration(w)) })
			err := open().SaveTest(t.Context(), next)
			switch {
			case err == nil:
				mu.Lock()
				won = append(won, next)
				mu.Unlock()
			case !errors.Is(err, ledger.ErrFinal):
				t.Errorf("error %v, want ErrFinal", err)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Fatalf("%d verdicts were taken, want 1", len(won))
	}
	saved(t, open(), won[0])
}
