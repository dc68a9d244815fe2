package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/session/sqlite"
)

func load(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func open(db, wal []byte) (*sqlite.DB, error) {
	var journal io.ReaderAt
	if wal != nil {
		journal = bytes.NewReader(wal)
	}
	return sqlite.Open(bytes.NewReader(db), journal)
}

// rows reads a table; the error is the first one.
func rows(db, wal []byte, table string, columns ...string) (out [][]any, err error) {
	d, err := open(db, wal)
	if err != nil {
		return nil, err
	}
	for row, err := range d.Rows(table, columns...) {
		if err != nil {
			return out, err
		}
		out = append(out, row)
	}
	return out, nil
}

// TestTree reads a tree of several levels, with overflow pages, whose latest state is in the journal. testdata/make.py says
// what is in it.
func TestTree(t *testing.T) {
	got, err := rows(load(t, "tree.db"), load(t, "tree.db-wal"), "message", "late", "data", "id", "n", "f")
	if err != nil {
		t.Fatal(err)
	}
	var want [][]any
	for i := range 300 {
		var n any
		if i%7 != 0 {
			if n = int64(i) * 1000003; i*1000003%11 == 3 {
				continue
			}
		}
		length := i % 40
		if i%5 == 0 {
			length = i * 8
		}
		data := strings.Repeat("x", length)
		if i == 10 || i == 299 {
			data = "changed"
		}
		// A number that is whole is kept as such, and made a fraction again by SQLite alone.
		var f any = float64(i) / 4
		if i%4 == 0 {
			f = int64(i / 4)
		}
		want = append(want, []any{nil, data, fmt.Sprintf("m%03d", i), n, f})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

// TestWithoutJournal reads the state before the journal: what a database has that was not written to since.
func TestWithoutJournal(t *testing.T) {
	for name, wal := range map[string][]byte{"none": nil, "empty": {}, "cut in its head": load(t, "tree.db-wal")[:20], "of another kind": bytes.Repeat([]byte("x"), 5000)} {
		got, err := rows(load(t, "tree.db"), wal, "message", "id")
		if err != nil || len(got) != 200 {
			t.Errorf("%s: %d rows, %v; want 200", name, len(got), err)
		}
	}
}

// TestCutJournal: a journal that is cut anywhere is in force up to its last transaction that is whole.
func TestCutJournal(t *testing.T) {
	db, wal := load(t, "tree.db"), load(t, "tree.db-wal")
	last := 0
	for cut := 0; cut <= len(wal); cut += 211 {
		got, err := rows(db, wal[:cut], "message", "id")
		if err != nil {
			t.Fatalf("%d bytes: %v", cut, err)
		}
		if len(got) < 200 || len(got) < last && last <= 290 {
			t.Errorf("%d bytes of the journal: %d rows, and %d with less of it", cut, len(got), last)
		}
		last = len(got)
	}
	// A byte that is wrong ends what is in force there.
	broken := bytes.Clone(wal)
	broken[len(broken)/2] ^= 1
	if got, err := rows(db, broken, "message", "id"); err != nil || len(got) <= 200 || len(got) >= 300 {
		t.Errorf("with a journal that is broken in its middle: %d rows, %v", len(got), err)
	}
}

func TestValues(t *testing.T) {
	got, err := rows(load(t, "plain.db"), nil, "t", "b")
	want := [][]any{{nil}, {[]byte{0, 255}}, {int64(1)}, {int64(0)}, {int64(-129)}, {int64(40000)}, {int64(-9000000)}, {int64(3000000000)}, {int64(9007199254740993)}, {1.5}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v; rows differ (-want +got):\n%s", err, diff)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	db := load(t, "plain.db")
	for _, ask := range [][]string{{"x", "a"}, {"t", "x"}, {"t", "a", "x"}} {
		if _, err := rows(db, nil, ask[0], ask[1:]...); !errors.Is(err, sqlite.ErrNoTable) {
			t.Errorf("%q: %v", ask, err)
		}
	}
	for name, text := range map[string][]byte{"empty": nil, "short": db[:50], "another file": bytes.Repeat([]byte("x"), 4096), "a page of a strange size": append(append(bytes.Clone(db[:16]), 3, 1), db[18:]...)} {
		if _, err := open(text, nil); !errors.Is(err, sqlite.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := rows(db[:4096], nil, "t", "b"); !errors.Is(err, sqlite.ErrFormat) {
		t.Errorf("a database without its second page: %v", err)
	}
}

func TestStopsWhenEnough(t *testing.T) {
	d, err := open(load(t, "tree.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range d.Rows("message", "id") {
		if n++; err != nil || n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d rows were yielded", n)
	}
}

// FuzzRows: whatever the files are, reading ends, and yields nothing but rows and one error.
func FuzzRows(f *testing.F) {
	f.Add(load(f, "plain.db"), []byte(nil))
	f.Add(load(f, "tree.db")[:8192], load(f, "tree.db-wal")[:4096])
	f.Fuzz(func(t *testing.T, db, wal []byte) {
		d, err := open(db, wal)
		if err != nil {
			return
		}
		for _, table := range []string{"message", "t"} {
			failed := false
			for row, err := range d.Rows(table, "data", "b"[:1]) {
				if failed {
					t.Fatal("there is something behind the error")
				}
				if failed = err != nil; failed && row != nil {
					t.Error("an error has a row")
				}
			}
			for row, err := range d.Rows(table, "b") {
				if err == nil && row != nil && len(row) != 1 {
					t.Errorf("a row of one column has %d", len(row))
				}
			}
		}
	})
}
