// Package sqlrecord keeps the App's records in its database.
//
// It knows the tables of reviews, acts and repositories, and puts a scope into every statement that reads for somebody. It
// refuses to know who may see what, and how a page looks.
package sqlrecord

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/price"
)

// Store implements record.Reviews, record.Audit, record.Log, record.Accounts, record.Repos and record.Pruner. It is safe for concurrent use, also by several
// processes. Sums are added up by package price: no database does arithmetic on money.
type Store struct {
	db  *sqldb.DB
	now func() time.Time
}

var (
	_ record.Reviews  = (*Store)(nil)
	_ record.Audit    = (*Store)(nil)
	_ record.Log      = (*Store)(nil)
	_ record.Accounts = (*Store)(nil)
	_ record.Repos    = (*Store)(nil)
	_ record.Pruner   = (*Store)(nil)
)

// New returns the store of a database.
func New(db *sqldb.DB) *Store { return &Store{db: db, now: time.Now} }

// write does something in a transaction.
func (s *Store) write(ctx context.Context, do func(*sql.Tx) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return s.db.InTx(ctx, do)
}

// read does something in a transaction that sees one state of the database from its beginning to its end.
func (s *Store) read(ctx context.Context, do func(*sql.Tx) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	o := &sql.TxOptions{ReadOnly: true}
	if s.db.Dialect == sqldb.Postgres { // which otherwise looks anew with each statement
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.db.Read.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("beginning to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return do(tx)
}

// query is a statement that is put together with its arguments.
type query struct {
	db   *sqldb.DB
	text strings.Builder
	args []any
}

// say adds text to the statement; each "?" in it stands for the next of the arguments.
func (q *query) say(text string, args ...any) {
	for _, a := range args {
		before, after, _ := strings.Cut(text, "?")
		q.args = append(q.args, a)
		q.text.WriteString(before + "$" + strconv.Itoa(len(q.args)))
		text = after
	}
	q.text.WriteString(text)
}

// among adds the condition that a column is one of some values.
func among[T int64 | string](q *query, column string, values []T) error {
	if q.db.Dialect == sqldb.Postgres {
		q.say(column+" = ANY(?)", values)
		return nil
	}
	list, err := json.Marshal(values)
	if err != nil {
		return err
	}
	q.say(column+" IN (SELECT value FROM json_each(?))", string(list))
	return nil
}

// rows runs the statement and scans each of its rows.
func (q *query) rows(ctx context.Context, tx *sql.Tx, scan func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, q.db.SQL(q.text.String()), q.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// plain reports whether texts are such as may be kept: what is not can be found nowhere.
func plain(texts ...string) bool {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			return false
		}
	}
	return true
}

// sees reports whether the scope has anything at all.
func sees(s record.Scope) bool { return s.Installation > 0 && len(s.Repos) > 0 }

// stamp is a time as a column has it; the zero time is NULL.
func stamp(t time.Time) sql.NullInt64 { return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()} }

// moment is the time of a column.
func moment(at sql.NullInt64) time.Time {
	if !at.Valid {
		return time.Time{}
	}
	return time.UnixMicro(at.Int64).UTC()
}

// digits is an amount as a column has it: every digit, or NULL where it is not known.
func digits(a price.Amount) sql.NullString {
	m, known := a.Value()
	return sql.NullString{String: m.String(), Valid: known}
}

// amount is the amount of a column.
func amount(s sql.NullString) (price.Amount, error) {
	if !s.Valid {
		return price.Amount{}, nil
	}
	m, err := price.ParseMoney(s.String)
	if err != nil {
		return price.Amount{}, fmt.Errorf("reading an amount: %w", err)
	}
	return price.Known(m), nil
}
