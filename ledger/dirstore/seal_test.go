package dirstore_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/verdict"
)

var sealed = dirstore.Options{Secret: secret, About: "acme/agent"}

// lines returns the lines of a file with their ends.
func lines(data []byte) [][]byte {
	l := bytes.SplitAfter(data, []byte("\n"))
	return l[:len(l)-1]
}

// Who can write to the directory and does not have the secret adds, changes and moves nothing.
func TestSeal(t *testing.T) {
	plain := dirstore.Options{}
	other := dirstore.Options{Secret: []byte("0123456789abcdeF"), About: sealed.About}
	elsewhere := dirstore.Options{Secret: secret, About: "acme/other"}
	tests := []struct {
		name   string
		change func(data []byte) []byte
		open   dirstore.Options
		want   []int // nil for an error
	}{
		{"nothing", func(b []byte) []byte { return b }, sealed, []int{0, 1, 2}},
		{"another secret", func(b []byte) []byte { return b }, other, nil},
		{"another repository", func(b []byte) []byte { return b }, elsewhere, nil},
		{"no secret", func(b []byte) []byte { return b }, plain, nil},
		{"a changed outcome", func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"completed":true`), []byte(`"completed":false`), 1)
		}, sealed, nil},
		{"a changed count", func(b []byte) []byte { return bytes.Replace(b, []byte(`"output":10`), []byte(`"output":11`), 1) }, sealed, nil},
		{"a line left out", func(b []byte) []byte { l := lines(b); return bytes.Join(append(l[:2:2], l[3:]...), nil) }, sealed, nil},
		{"lines in another order", func(b []byte) []byte { l := lines(b); l[1], l[2] = l[2], l[1]; return bytes.Join(l, nil) }, sealed, nil},
		{"a line twice", func(b []byte) []byte { l := lines(b); return append(b, l[3]...) }, sealed, nil},
		{"a line without a seal", func(b []byte) []byte {
			return append(b, `{"trial":{"schema":"pertask.base-trial/1","task":"x","index":9,"id":"f","completed":true,"seconds":null,"time":"2026-06-01T12:00:00Z","calls":[]}}`+"\n"...)
		}, sealed, nil},
		{"a line with a seal of its own", func(b []byte) []byte {
			return append(b, `{"trial":{},"mac":"`+strings.Repeat("0", 64)+`"}`+"\n"...)
		}, sealed, nil},
		{"a short line", func(b []byte) []byte { return append(b, "{}\n"...) }, sealed, nil},
		{"the end cut off", func(b []byte) []byte { l := lines(b); return bytes.Join(l[:3], nil) }, sealed, []int{0, 1}},
		{"a torn end", func(b []byte) []byte { return b[:len(b)-9] }, sealed, []int{0, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir, sealed)
			for i := range 3 {
				add(t, s, "k", ledgertest.Trial("x", i))
			}
			path := trialsFile(t, dir)
			changed := tt.change(read(t, path))
			write(t, path, changed)
			s = openStore(t, dir, tt.open)
			if tt.want != nil {
				if diff := cmp.Diff(tt.want, indices(t, s, "k")); diff != "" {
					t.Errorf("trials (-want +got):\n%s", diff)
				}
				return
			}
			_, err := s.BaseTrials(t.Context(), "k")
			for _, err := range []error{err, s.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 5)), s.DropBaseTrials(t.Context(), "k", "why")} {
				if !errors.Is(err, dirstore.ErrSeal) || !errors.Is(err, dirstore.ErrBroken) {
					t.Errorf("error %v, want ErrSeal and ErrBroken", err)
				}
			}
			if got := read(t, path); !bytes.Equal(got, changed) {
				t.Errorf("a refused file became %q", got)
			}
		})
	}
}

// What is not sealed does not count for a store that seals.
func TestSealWantsOne(t *testing.T) {
	dir := t.TempDir()
	add(t, openStore(t, dir, dirstore.Options{}), "k", ledgertest.Trial("x", 0))
	if _, err := openStore(t, dir, sealed).BaseTrials(t.Context(), "k"); !errors.Is(err, dirstore.ErrSeal) {
		t.Errorf("error %v, want ErrSeal", err)
	}
}

// A sealed file of one key, or of one kind, does not stand in for another.
func TestSealedFilesStayInTheirPlace(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, sealed)
	add(t, s, "k", ledgertest.Trial("x", 0))
	mine := trialsFile(t, dir)
	data := read(t, mine)
	if err := os.Remove(mine); err != nil {
		t.Fatal(err)
	}
	add(t, s, "other", ledgertest.Trial("x", 1))
	write(t, trialsFile(t, dir), data)
	if _, err := s.BaseTrials(t.Context(), "other"); !errors.Is(err, dirstore.ErrBroken) || !strings.Contains(err.Error(), `the key "k"`) {
		t.Errorf("error %v, want ErrBroken with the key", err)
	}
	if err := s.SaveTest(t.Context(), looked(2)); err != nil {
		t.Fatal(err)
	}
	write(t, testFile(t, dir), data)
	if _, _, err := s.Test(t.Context(), "k"); !errors.Is(err, dirstore.ErrBroken) {
		t.Errorf("error %v, want ErrBroken", err)
	}
}

// A verdict in a sealed store cannot be taken back.
func TestSealedVerdict(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, sealed)
	for _, test := range []ledger.Test{looked(2), decided(verdict.DontSwitch, 2, 3)} {
		if err := s.SaveTest(t.Context(), test); err != nil {
			t.Fatal(err)
		}
	}
	path := testFile(t, dir)
	write(t, path, bytes.Replace(read(t, path), []byte("dont-switch"), []byte("switch"), 1))
	if _, _, err := openStore(t, dir, sealed).Test(t.Context(), "k"); !errors.Is(err, dirstore.ErrSeal) {
		t.Errorf("error %v, want ErrSeal", err)
	}
}
