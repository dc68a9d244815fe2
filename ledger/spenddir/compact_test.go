package spenddir_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spenddir"
	"github.com/pertask/pertask/ledger/spendtest"
)

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	one, two := open(t, dir, spenddir.Options{Writer: "machine01"}), open(t, dir, spenddir.Options{Writer: "machine02"})
	for i := range 10 {
		add(t, one, spendtest.More(spendtest.Entry(1), int64(i)))
		add(t, two, spendtest.More(spendtest.Entry(1), int64(2*i)))
	}
	add(t, two, spendtest.Entry(2))
	late := spendtest.Entry(200)
	add(t, two, late)
	want := []spend.Entry{spendtest.More(spendtest.Entry(1), 18), spendtest.Entry(2), late}
	others := text(t, filepath.Join(dir, "2026-10.machine02.jsonl"))

	c, err := one.Compact(t.Context(), false)
	if err != nil || c.Files != 1 || c.Removed != 0 || c.After >= c.Before/5 {
		t.Errorf("%+v, %v", c, err)
	}
	if text(t, filepath.Join(dir, "2026-10.machine02.jsonl")) != others {
		t.Error("another writer's file was touched")
	}
	if got, skipped := read(t, two); cmp.Diff(want, sorted(got)) != "" || skipped.Lines != 0 {
		t.Errorf("%+v, skipped %+v", got, skipped)
	}
	if c, err := one.Compact(t.Context(), false); err != nil || c != (spenddir.Compacted{}) {
		t.Errorf("the second time: %+v, %v", c, err)
	}
	add(t, one, spendtest.Entry(3))
	want = append(want[:2], spendtest.Entry(3), late)

	c, err = one.Compact(t.Context(), true)
	if err != nil || c.Files != 4 || c.Removed != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if diff := cmp.Diff([]string{"2026-10.machine01.jsonl", "2026-11.machine01.jsonl", "compact.lock"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if got, skipped := read(t, two); cmp.Diff(want, sorted(got)) != "" || skipped.Lines != 0 {
		t.Errorf("%+v, skipped %+v", got, skipped)
	}
	add(t, two, spendtest.Entry(4))
	add(t, one, spendtest.Entry(5))
	if got, _ := read(t, one); len(got) != 6 {
		t.Errorf("%d entries after them, want 6", len(got))
	}
}

// A file with lines that nobody understands is left as it is, by what is to be one with others, too.
func TestCompactLeavesWhatItDoesNotKnow(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spenddir.Options{Writer: "machine01"})
	for i := range 5 {
		add(t, s, spendtest.More(spendtest.Entry(1), int64(i)))
	}
	path := filepath.Join(dir, "2026-10.machine01.jsonl")
	strange := strings.ReplaceAll(text(t, path), "pertask.entry/1", "pertask.entry/2") + text(t, path)
	write(t, path, strange)
	if c, err := s.Compact(t.Context(), true); err != nil || c.Files != 0 || text(t, path) != strange {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := open(t, dir, spenddir.Options{Writer: "machine09"}).Compact(t.Context(), true); err != nil || c.Files != 0 || text(t, path) != strange {
		t.Errorf("%+v, %v", c, err)
	}
}

// Whoever adds and reads while files are put together loses nothing and sees nothing vanish.
func TestCompactWhileOthersWrite(t *testing.T) {
	dir := t.TempDir()
	const writers, each = 4, 25
	var all, compacting sync.WaitGroup
	stop := make(chan struct{})
	for i := range 2 {
		s := open(t, dir, spenddir.Options{Writer: []string{"machine01", "compactor"}[i]})
		compacting.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.Compact(context.Background(), true); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for w := range writers {
		s := open(t, dir, spenddir.Options{Writer: []string{"machine01", "machine02"}[w%2]})
		all.Go(func() {
			for i := range each {
				if err := s.Add(context.Background(), spendtest.Entry(w*each+i), spendtest.More(spendtest.Entry(200), int64(w*each+i))); err != nil {
					t.Error(err)
					return
				}
				own := 0
				_, err := spend.Each(s.Entries(context.Background(), spend.Query{}), func(e spend.Entry) error {
					for n := range i + 1 {
						if e.ID == spendtest.Entry(w*each+n).ID {
							own++
						}
					}
					return nil
				})
				if err != nil || own != i+1 {
					t.Errorf("writer %d reads %d of its %d entries back, %v", w, own, i+1, err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	compacting.Wait()
	got, skipped := read(t, open(t, dir, spenddir.Options{}))
	want := append(spendtest.Entries(writers*each), spendtest.More(spendtest.Entry(200), writers*each-1))
	if diff := cmp.Diff(want, sorted(got)); diff != "" || skipped.Lines != 0 {
		t.Errorf("skipped %+v, (-want +got):\n%.2000s", skipped, diff)
	}
}
