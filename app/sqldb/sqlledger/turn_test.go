package sqlledger_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

var subject = journal.Subject{Key: journaltest.Key, Facts: map[string]string{"model of the head": "m-2"}}

// A journal that a living process has is another one's when that one gives it back.
func TestHeld(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		const lease = 900 * time.Millisecond
		one, two := journalOf(t, s.ledger().WithLease(lease)), journalOf(t, s.ledger().WithLease(lease))
		if err := one.Claim(subject); err != nil {
			t.Fatal(err)
		}
		if err := two.Claim(subject); !errors.Is(err, sqlledger.ErrHeld) {
			t.Errorf("error %v, want ErrHeld", err)
		}
		if err := two.AppendTrial(journaltest.Trial("base", "x", 0, trial.Completed)); !errors.Is(err, sqlledger.ErrHeld) {
			t.Errorf("error %v, want ErrHeld", err)
		}
		journaltest.Says(t, two)
		journaltest.Append(t, one, journaltest.Trial("base", "x", 0, trial.Failed))
		if err := one.Close(); err != nil {
			t.Fatal(err)
		}
		if err := two.Claim(subject); err != nil {
			t.Fatal(err)
		}
		journaltest.Append(t, two, journaltest.Trial("head", "x", 0, trial.Completed))
		journaltest.Says(t, two, "result base/x/0 failed", "result head/x/0 completed")
		if err := one.AppendTrial(journaltest.Trial("base", "x", 1, trial.Completed)); err == nil {
			t.Error("a closed journal was appended to")
		}
		if err := errors.Join(two.Close(), two.Close()); err != nil {
			t.Error(err)
		}
	})
}

// A worker that was silent for too long has lost its journal to the next one, and appends nothing any more: not even what it
// began to append before.
func TestLost(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		silent, next := journalOf(t, s.ledger()), journalOf(t, s.ledger())
		if err := silent.Claim(subject); err != nil {
			t.Fatal(err)
		}
		journaltest.Append(t, silent, journaltest.Call("1", "base/x/0", usage.Admitted))
		if _, err := s.dbs[0].Exec(`UPDATE journals SET until = 0`); err != nil { // as time does
			t.Fatal(err)
		}
		if err := next.Claim(subject); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				if err := silent.AppendTrial(journaltest.Trial("base", "late", i, trial.Completed)); !errors.Is(err, sqlledger.ErrLost) {
					t.Errorf("error %v, want ErrLost", err)
				}
			})
			all.Go(func() {
				if err := next.AppendTrial(journaltest.Trial("base", "x", i, trial.Completed)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := silent.AppendCall(journaltest.Call("2", "base/x/9", usage.Admitted)); !errors.Is(err, sqlledger.ErrLost) {
			t.Errorf("error %v, want ErrLost", err)
		}
		ev, err := next.Load()
		if err != nil || len(ev.Results) != 4 || len(ev.Open) != 1 {
			t.Errorf("%d results, %d open, %v; want 4 and 1", len(ev.Results), len(ev.Open), err)
		}
		if err := silent.Close(); err != nil {
			t.Error(err)
		}
		journaltest.Append(t, next, journaltest.Trial("head", "x", 0, trial.Completed)) // whoever lost it gives nothing back
		if err := next.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A silent holder's lease is waited for, as long as the context allows.
func TestClaimWaits(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		if err := journalOf(t, s.ledger()).Claim(subject); err != nil {
			t.Fatal(err)
		}
		given := errors.New("given up")
		ctx, cancel := context.WithCancelCause(t.Context())
		j, err := s.ledger().Journal(ctx, journaltest.Key)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(50*time.Millisecond, func() { cancel(given) })
		if err := j.Claim(subject); !errors.Is(err, given) || !errors.Is(err, sqlledger.ErrHeld) {
			t.Errorf("error %v, want ErrHeld and the context's", err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		waiting := journalOf(t, s.ledger())
		end := time.AfterFunc(300*time.Millisecond, func() { _, _ = s.dbs[0].Exec(`UPDATE journals SET until = 1`) })
		defer end.Stop()
		if err := waiting.Claim(subject); err != nil {
			t.Error(err)
		}
		if err := waiting.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Who takes a journal waits for living holders too, one after the other, and for as long as it may.
func TestTakeWaits(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		const lease = 300 * time.Millisecond
		holder := journalOf(t, s.ledger().WithLease(lease))
		if err := holder.Claim(subject); err != nil {
			t.Fatal(err)
		}
		given := errors.New("given up")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 2*lease, given)
		defer cancel()
		if err := journalOf(t, s.ledger().WithLease(lease)).Take(ctx); !errors.Is(err, given) || !errors.Is(err, sqlledger.ErrHeld) {
			t.Errorf("error %v, want ErrHeld and the context's", err)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		busy, had := true, 0
		for range 3 {
			j := journalOf(t, s.ledger().WithLease(lease))
			all.Go(func() {
				if err := errors.Join(j.Take(t.Context()), j.Take(t.Context()), j.Claim(subject)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if busy {
					t.Error("two have the journal")
				}
				busy = true
				had++
				journaltest.Append(t, j, journaltest.Trial("base", "x", had, trial.Completed))
				mu.Unlock()
				time.Sleep(lease / 3)
				mu.Lock()
				busy = false
				mu.Unlock()
				if err := j.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(3 * lease)
		journaltest.Append(t, holder, journaltest.Trial("base", "x", 0, trial.Completed))
		mu.Lock()
		busy = false
		mu.Unlock()
		if err := holder.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
		journaltest.Says(t, journalOf(t, s.ledger()), "result base/x/0 completed", "result base/x/1 completed", "result base/x/2 completed", "result base/x/3 completed")
	})
}

// A process that lives keeps its journal beyond the lease, though it appends nothing.
func TestLives(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		j := journalOf(t, s.ledger().WithLease(600*time.Millisecond))
		if err := j.Claim(subject); err != nil {
			t.Fatal(err)
		}
		first, last := until(t, s), int64(0)
		for range 100 {
			if last = until(t, s); last > first {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if last <= first {
			t.Error("the lease was not renewed")
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		if got := until(t, s); got != 0 {
			t.Errorf("the lease goes on until %d after the journal was given back", got)
		}
	})
}

func until(t *testing.T, s *sides) (at int64) {
	t.Helper()
	if err := s.dbs[0].Read.QueryRow(`SELECT until FROM journals`).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at
}

// A journal that is not closed when its review has ended is free once its lease is over.
func TestForgottenJournal(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		ctx, cancel := context.WithCancel(t.Context())
		const lease = 300 * time.Millisecond
		forgotten, err := s.ledger().WithLease(lease).Journal(ctx, journaltest.Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := forgotten.Claim(subject); err != nil {
			t.Fatal(err)
		}
		cancel()
		var next *sqlledger.Journal
		for range 100 { // a beat may have been on its way
			next = journalOf(t, s.ledger())
			if err = next.Claim(subject); !errors.Is(err, sqlledger.ErrHeld) {
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := forgotten.AppendTrial(journaltest.Trial("base", "x", 0, trial.Void)); !errors.Is(err, sqlledger.ErrLost) {
			t.Errorf("error %v, want ErrLost", err)
		}
		if err := errors.Join(next.Close(), forgotten.Close()); err != nil {
			t.Error(err)
		}
	})
}

// What was spent until a review was cancelled is written.
func TestAppendAfterTheContextEnded(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		ctx, cancel := context.WithCancel(t.Context())
		j, err := s.ledger().Journal(ctx, journaltest.Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Claim(subject); err != nil {
			t.Fatal(err)
		}
		cancel()
		journaltest.Append(t, j, journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Trial("base", "x", 0, trial.Void))
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		journaltest.Says(t, journalOf(t, s.ledger()), "result base/x/0 void 1:ended")
	})
}

// A write that fails leaves nothing, not even the mark of its process, and the next one brings it.
func TestAppendThatFails(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		before := journalOf(t, s.ledger())
		journaltest.Append(t, before, journaltest.Call("1", "base/x/0", usage.Ended))
		if err := before.Close(); err != nil {
			t.Fatal(err)
		}
		j := journalOf(t, s.ledger())
		if err := j.Claim(subject); err != nil {
			t.Fatal(err)
		}
		rename := func(from, to string) {
			if _, err := s.dbs[0].Exec("ALTER TABLE " + from + " RENAME TO " + to); err != nil {
				t.Fatal(err)
			}
		}
		rename("journal_lines", "elsewhere")
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				if err := j.AppendTrial(journaltest.Trial("base", "x", i, trial.Void)); err == nil || errors.Is(err, sqlledger.ErrLost) {
					t.Errorf("error %v, want one about the database", err)
				}
			})
		}
		all.Wait()
		rename("elsewhere", "journal_lines")
		journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Completed))
		// The call was another process's, which the mark says.
		journaltest.Says(t, j, "result base/x/0 completed", "stray 1")
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
}

// The rows are a journal's file: one process's mark, and then its records.
func TestWriteTo(t *testing.T) {
	each(t, func(t *testing.T, place func(*testing.T) *sides) {
		s := place(t)
		for i := range 2 {
			j := journalOf(t, s.ledger())
			if err := j.Claim(subject); err != nil {
				t.Fatal(err)
			}
			journaltest.Append(t, j, journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Trial("base", "x", i, trial.Completed))
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var text bytes.Buffer
		from := journalOf(t, s.ledger())
		if n, err := from.WriteTo(&text); err != nil || n != int64(text.Len()) || bytes.Count(text.Bytes(), []byte("\n")) != 6 {
			t.Errorf("%d bytes, %v, in\n%s\nwant 6 lines", n, err, &text)
		}
		path := filepath.Join(t.TempDir(), "trials.jsonl")
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := journal.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := file.Claim(subject); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(journaltest.Outline(t, from), journaltest.Outline(t, file)); diff != "" {
			t.Errorf("the file's evidence (-database +file):\n%s", diff)
		}
		var other *journal.OtherError
		if err := file.Claim(journal.Subject{Key: "other"}); !errors.As(err, &other) || other.Have.Facts["model of the head"] != "m-2" {
			t.Errorf("error %v, want an OtherError with the facts", err)
		}
	})
}
