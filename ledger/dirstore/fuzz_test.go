package dirstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
)

// FuzzFile reads anything as a file, without a disk: it is refused with its place, or it can be appended to and read again
// with nothing lost.
func FuzzFile(f *testing.F) {
	trial := record{Trial: new(ledgertest.Trial("x", 0))}
	drop := record{Dropped: &dropped{Why: "w", Time: ledgertest.Noon, Trials: []ledger.Dropped{{Task: "x", ID: "base/x/0", Time: ledgertest.Noon}}}}
	other := record{Trial: new(ledgertest.Trial("a task of its own", 0))}
	sealed, err := newSeal([]byte("0123456789abcdef"), "acme/agent")
	if err != nil {
		f.Fatal(err)
	}
	stores := []*Store{{most: defaultMaxFile}, {most: defaultMaxFile, seal: sealed}}
	for _, s := range stores {
		for _, records := range [][]record{{trial}, {trial, drop, trial}} {
			text, err := s.lines(tail{}, append([]record{{Opened: &opened{schema, baseTrials, "k"}}}, records...))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
			f.Add(text[:len(text)-5])
		}
	}
	f.Add([]byte("\x00\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, s := range stores {
			scan := func(data []byte) (*ledger.Shelf, tail, error) {
				shelf := new(ledger.Shelf)
				end, err := s.scanLines(t.Context(), bytes.NewReader(data), "file", baseTrials, "k", fold(shelf))
				return shelf, end, err
			}
			want, end, err := scan(data)
			if err != nil {
				if !errors.Is(err, ErrBroken) || !strings.HasPrefix(err.Error(), "file:") {
					t.Fatalf("error %v, want ErrBroken with the place", err)
				}
				continue
			}
			more := []record{other}
			if end.whole == 0 {
				more = append([]record{{Opened: &opened{schema, baseTrials, "k"}}}, more...)
			}
			text, err := s.lines(end, more)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := scan(append(data[:end.whole:end.whole], text...))
			if err != nil {
				t.Fatalf("after it was appended to: %v", err)
			}
			want.Add(*other.Trial) // unless it was dropped, or is there
			if diff := cmp.Diff(want.Trials(), got.Trials()); diff != "" {
				t.Fatalf("after it was appended to (-want +got):\n%s", diff)
			}
		}
	})
}

// FuzzTest does the same for the file of a test, on the disk as it is opened for reading.
func FuzzTest(f *testing.F) {
	s, err := Open(f.TempDir(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	test := ledger.Test{Key: "k", Time: ledgertest.Noon, Looks: []ledger.Look{{Trials: 2, Time: ledgertest.Noon}}}
	if err := s.SaveTest(f.Context(), test); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(s.dir, tests.file("k"))
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(append(text, `{"test":{"schema":"pertask.test/1","key":"k","looks":[],"finished":true,"verdict":"switch","time":"2026-06-01T12:00:00Z"}}`+"\n"...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, found, err := s.Test(t.Context(), "k")
		switch {
		case err != nil && (!errors.Is(err, ErrBroken) || found):
			t.Fatalf("found %v, error %v, want ErrBroken", found, err)
		case err == nil && found:
			if _, write, err := ledger.Continue(got, got); write || err != nil {
				t.Fatalf("what was read is not what could be kept: %v", err)
			}
		}
	})
}
