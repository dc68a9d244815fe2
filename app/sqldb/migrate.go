package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// ErrNewer is wrapped by the error of Open about a database that this program is too old for.
var ErrNewer = errors.New("the database was written by a later version of this program, which must open it")

// files are the migrations, NNN_what.sql: text for Dialect.SQL, of one or more statements. They are only ever added, with the
// highest number, and never changed once released.
//
//go:embed migrations/*.sql
var files embed.FS

// migration is one step that is made once, in a transaction.
type migration struct {
	version int
	name    string
	text    string
}

func migrations(files fs.FS) ([]migration, error) {
	paths, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var out []migration
	for _, p := range paths {
		name := strings.TrimSuffix(path.Base(p), ".sql")
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version < 1 || slices.ContainsFunc(out, func(m migration) bool { return m.version == version }) {
			return nil, fmt.Errorf("migration %q: its name must be NNN_what.sql with a number of its own", p)
		}
		text, err := fs.ReadFile(files, p)
		if err != nil {
			return nil, err
		}
		out = append(out, migration{version, name, string(text)})
	}
	slices.SortFunc(out, func(a, b migration) int { return a.version - b.version })
	return out, nil
}

// lockKey is the advisory lock under which PostgreSQL is migrated. It must not change: processes of two versions may start
// together.
const lockKey = 0x7065727461736b // "pertask"

// migrate makes all that is missing: our own tables and then River's.
func (db *DB) migrate(ctx context.Context) error {
	steps, err := migrations(files)
	if err != nil {
		return err
	}
	if db.Dialect == SQLite {
		if err := apply(ctx, db.DB, SQLite, steps); err != nil {
			return err
		}
		return db.InTx(ctx, func(tx *sql.Tx) error { return riverSQLite(ctx, db.DB, tx) })
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(lockKey)); err != nil {
		return fmt.Errorf("waiting for another process to do so: %w", err)
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lockKey))
	}()
	if err := apply(ctx, conn, Postgres, steps); err != nil {
		return err
	}
	return riverPostgres(ctx, db)
}

// beginner is a *sql.DB or a *sql.Conn.
type beginner interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

// apply makes the steps that are missing, each in a transaction that looks again: with SQLite another process may have been
// faster, with PostgreSQL the caller holds a lock.
func apply(ctx context.Context, db beginner, d Dialect, steps []migration) error {
	const table = `CREATE TABLE IF NOT EXISTS pertask_migrations (version {int} PRIMARY KEY, name TEXT NOT NULL, at {int} NOT NULL) {strict}`
	if _, err := db.ExecContext(ctx, d.SQL(table)); err != nil {
		return fmt.Errorf("making the table of migrations: %w", err)
	}
	for {
		done, err := applyNext(ctx, db, d, steps)
		if done || err != nil {
			return err
		}
	}
}

// applyNext makes the first step that is missing; done says that none is.
func applyNext(ctx context.Context, db beginner, d Dialect, steps []migration) (done bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	made, err := versions(ctx, tx)
	if err != nil {
		return false, err
	}
	next, err := missing(made, steps)
	if err != nil || next == nil {
		return true, err
	}
	if _, err := tx.ExecContext(ctx, d.SQL(next.text)); err != nil {
		return false, fmt.Errorf("migration %s: %w", next.name, err)
	}
	const insert = `INSERT INTO pertask_migrations (version, name, at) VALUES ($1, $2, {now})`
	if _, err := tx.ExecContext(ctx, d.SQL(insert), next.version, next.name); err != nil {
		return false, fmt.Errorf("migration %s: %w", next.name, err)
	}
	return false, tx.Commit()
}

func versions(ctx context.Context, tx *sql.Tx) ([]int, error) {
	rows, err := tx.QueryContext(ctx, "SELECT version FROM pertask_migrations ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("reading the table of migrations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []int
	for rows.Next() {
		var v int
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// missing returns the first step that was not made, or nil. What was made must be the beginning of the steps: then it is an
// older database, and all else is one that this program does not know.
func missing(made []int, steps []migration) (*migration, error) {
	for i, v := range made {
		if i >= len(steps) || steps[i].version != v {
			return nil, fmt.Errorf("%w: it has migration %03d", ErrNewer, v)
		}
	}
	if len(made) == len(steps) {
		return nil, nil
	}
	return &steps[len(made)], nil
}

// quiet keeps River's migrations out of the log; what goes wrong is in their errors.
func quiet() *rivermigrate.Config {
	return &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}
}

func riverPostgres(ctx context.Context, db *DB) error {
	m, err := rivermigrate.New(riverpgxv5.New(db.Pool), quiet())
	if err != nil {
		return fmt.Errorf("migrating River: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating River: %w", err)
	}
	return nil
}

// riverSQLite makes River's tables in a transaction, which holds off other processes.
func riverSQLite(ctx context.Context, db *sql.DB, tx *sql.Tx) error {
	m, err := rivermigrate.New(riversqlite.New(db), quiet())
	if err != nil {
		return fmt.Errorf("migrating River: %w", err)
	}
	//lint:ignore SA1019 MigrateTx is deprecated since some of PostgreSQL's migrations need a commit between them; SQLite's do not, and there is no other lock here.
	if _, err := m.MigrateTx(ctx, tx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating River: %w", err)
	}
	return nil
}
