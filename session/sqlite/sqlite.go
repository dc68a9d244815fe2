// Package sqlite reads the rows of a table from the files of an SQLite database, without SQLite.
//
// It knows the file format as https://sqlite.org/fileformat2.html has it, as far as reading a table from its beginning to
// its end needs it: pages, trees of tables, records, and the journal that a database in WAL mode has beside it. It writes
// nothing, takes no lock and runs nothing, so that an agent that has the database open is not disturbed. Whoever opens the
// files says whether they changed meanwhile; then what was read may be of two moments, and is to be read again. It refuses
// to know SQL, indexes, and what any table means.
package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// ErrFormat is wrapped by errors about files that are no database, or one that is damaged or of another kind.
var ErrFormat = errors.New("not a database that can be read")

// Limits of what is read.
const (
	maxRow   = 64 << 20 // bytes of a row
	maxDeep  = 24       // pages from a table's root to a row
	maxPages = 1 << 28
)

// DB is an open database. It is safe for concurrent use if its readers are.
type DB struct {
	db     io.ReaderAt
	page   int // bytes of a page
	usable int // of them, those that hold something
	pages  uint32
	wal    *wal
}

const headerSize = 100

// Open reads the heads of a database and of its WAL. The WAL may be nil: there is none. Nothing is kept open.
func Open(db io.ReaderAt, journal io.ReaderAt) (*DB, error) {
	var head [headerSize]byte
	if _, err := db.ReadAt(head[:], 0); err != nil {
		return nil, fmt.Errorf("reading the head of a database: %w", orFormat(err))
	}
	d := &DB{db: db, page: int(binary.BigEndian.Uint16(head[16:])), pages: binary.BigEndian.Uint32(head[28:])}
	if d.page == 1 {
		d.page = 1 << 16
	}
	if string(head[:16]) != "SQLite format 3\x00" || d.page < 512 || d.page&(d.page-1) != 0 {
		return nil, fmt.Errorf("reading the head of a database: %w", ErrFormat)
	}
	if encoding := binary.BigEndian.Uint32(head[56:]); encoding > 1 {
		return nil, fmt.Errorf("reading a database: %w: its texts are not UTF-8", ErrFormat)
	}
	if d.usable = d.page - int(head[20]); d.usable < 480 {
		return nil, fmt.Errorf("reading the head of a database: %w", ErrFormat)
	}
	if journal != nil {
		var err error
		if d.wal, err = openWAL(journal, d.page); err != nil {
			return nil, err
		}
		if d.wal.pages > 0 {
			d.pages = d.wal.pages
		}
	}
	return d, nil
}

func orFormat(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrFormat
	}
	return err
}

// read reads a page. Numbers begin at 1.
func (d *DB) read(n uint32) ([]byte, error) {
	if n == 0 || n > maxPages || d.pages > 0 && n > d.pages {
		return nil, fmt.Errorf("page %d: %w", n, ErrFormat)
	}
	b := make([]byte, d.page)
	from, at := d.db, int64(n-1)*int64(d.page)
	if d.wal != nil {
		if frame, ok := d.wal.frames[n]; ok {
			from, at = d.wal.r, frame
		}
	}
	if got, err := from.ReadAt(b, at); err != nil && got < len(b) {
		return nil, fmt.Errorf("page %d: %w", n, orFormat(err))
	}
	return b[:d.usable], nil
}

// Rows yields the rows of a table in the order of their numbers, each with the values of the named columns. Values are nil,
// int64, float64, string or []byte. The error is the last thing that is yielded; a row that is too large to be read has the
// value nil in its place. A table that is not there is an error that wraps ErrNoTable.
func (d *DB) Rows(table string, columns ...string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		root, at, err := d.find(table, columns)
		if err != nil {
			yield(nil, fmt.Errorf("reading the table %q: %w", table, err))
			return
		}
		w := walk{db: d, visited: map[uint32]bool{}}
		err = w.tree(root, 0, func(row []byte) bool {
			if row == nil {
				return yield(nil, nil)
			}
			values, e := record(row, at)
			if e != nil {
				w.err = e
				return false
			}
			return yield(values, nil)
		})
		if err = errors.Join(err, w.err); err != nil && !errors.Is(err, errStop) {
			yield(nil, fmt.Errorf("reading the table %q: %w", table, err))
		}
	}
}

// ErrNoTable is wrapped by the error about a table, or one of its columns, that a database does not have.
var ErrNoTable = errors.New("the database has no such table with such columns")

// find looks a table up: the page at which it begins, and where the columns stand in its rows.
func (d *DB) find(table string, columns []string) (root uint32, at []int, err error) {
	w := walk{db: d, visited: map[uint32]bool{}}
	err = w.tree(1, 0, func(row []byte) bool {
		v, e := record(row, []int{0, 1, 3, 4})
		if e != nil {
			w.err = e
			return false
		}
		page, _ := v[2].(int64)
		sql, _ := v[3].(string)
		if v[0] == "table" && v[1] == table && page > 0 && page < maxPages && !strings.Contains(strings.ToUpper(sql), "WITHOUT ROWID") {
			root, at = uint32(page), places(sql, columns)
			return false
		}
		return true
	})
	switch {
	case w.err != nil:
		return 0, nil, w.err
	case root == 0 && err != nil && !errors.Is(err, errStop):
		return 0, nil, err
	case root == 0 || len(at) == 0:
		return 0, nil, ErrNoTable
	}
	return root, at, nil
}

// places finds columns in the text that made a table; nil where one is not there.
func places(sql string, columns []string) []int {
	_, body, ok := strings.Cut(sql, "(")
	if !ok {
		return nil
	}
	var names []string
	depth, start := 0, 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 || depth == 0 && body[i] == ',' {
			names = append(names, columnName(body[start:i]))
			start = i + 1
		}
		if depth < 0 {
			break
		}
	}
	var at []int
	for _, c := range columns {
		place := -1
		for i, n := range names {
			if n == c {
				place = i
				break
			}
		}
		if place < 0 {
			return nil
		}
		at = append(at, place)
	}
	return at
}

// columnName is the first word of a column's definition, without its quotes.
func columnName(definition string) string {
	fields := strings.Fields(definition)
	if len(fields) == 0 {
		return ""
	}
	return strings.Trim(fields[0], "`\"[]")
}
