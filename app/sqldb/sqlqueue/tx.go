package sqlqueue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// tx is a transaction. Its texts are those of sqldb.Dialect.SQL. It is here since River's jobs must come and go with our rows,
// and River wants the transactions of pgx itself.
type tx interface {
	exec(ctx context.Context, text string, args ...any) (changed int64, err error)
	query(ctx context.Context, text string, args ...any) (rows, error)
	// wake makes one job for each key.
	wake(ctx context.Context, keys []string) error
	commit(ctx context.Context) error
	rollback(ctx context.Context)
}

// rows are what a query returns. They are closed when Next has returned false.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// inTx calls do in a transaction, which is committed when do returns nil.
func (q *Queue) inTx(ctx context.Context, do func(tx) error) error {
	t, err := q.begin(ctx)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer t.rollback(context.WithoutCancel(ctx)) // of no effect after the commit
	if err := do(t); err != nil {
		return err
	}
	if err := t.commit(ctx); err != nil {
		return fmt.Errorf("committing a transaction: %w", err)
	}
	return nil
}

// one scans the only row that a query is to return; ok is false where there is none.
func one(ctx context.Context, t tx, dest []any, text string, args ...any) (ok bool, err error) {
	r, err := t.query(ctx, text, args...)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if !r.Next() {
		return false, r.Err()
	}
	if err := r.Scan(dest...); err != nil {
		return false, err
	}
	r.Close()
	return true, r.Err()
}

type pgTx struct {
	pgx.Tx
	client *river.Client[pgx.Tx]
}

func (q *Queue) onPostgres() error {
	driver := riverpgxv5.New(q.db.Pool)
	client, err := river.NewClient(driver, &river.Config{Logger: q.opts.Log})
	if err != nil {
		return err
	}
	q.begin = func(ctx context.Context) (tx, error) {
		t, err := q.db.Pool.Begin(ctx)
		return pgTx{t, client}, err
	}
	q.jobs = func(workers int, turn func(context.Context, string) error) (engine, error) {
		return newEngine(driver, q.opts, workers, turn)
	}
	return nil
}

func (t pgTx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	tag, err := t.Exec(ctx, postgresText(text), args...)
	return tag.RowsAffected(), err
}

func (t pgTx) query(ctx context.Context, text string, args ...any) (rows, error) {
	return t.Query(ctx, postgresText(text), args...)
}

func (t pgTx) wake(ctx context.Context, keys []string) error { return wake(ctx, t.client, t.Tx, keys) }

func (t pgTx) commit(ctx context.Context) error { return t.Commit(ctx) }

func (t pgTx) rollback(ctx context.Context) { _ = t.Rollback(ctx) }

type sqliteTx struct {
	*sql.Tx
	client *river.Client[*sql.Tx]
}

func (q *Queue) onSQLite() error {
	driver := riversqlite.New(q.db.DB)
	client, err := river.NewClient(driver, &river.Config{Logger: q.opts.Log})
	if err != nil {
		return err
	}
	q.begin = func(ctx context.Context) (tx, error) {
		t, err := q.db.BeginTx(ctx, nil)
		return sqliteTx{t, client}, err
	}
	q.jobs = func(workers int, turn func(context.Context, string) error) (engine, error) {
		return newEngine(driver, q.opts, workers, turn)
	}
	return nil
}

func (t sqliteTx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	r, err := t.ExecContext(ctx, sqliteText(text), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (t sqliteTx) query(ctx context.Context, text string, args ...any) (rows, error) {
	r, err := t.QueryContext(ctx, sqliteText(text), args...)
	if err != nil {
		return nil, err
	}
	return sqlRows{r}, nil
}

func (t sqliteTx) wake(ctx context.Context, keys []string) error {
	return wake(ctx, t.client, t.Tx, keys)
}

func (t sqliteTx) commit(context.Context) error { return t.Commit() }

func (t sqliteTx) rollback(context.Context) {
	if err := t.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return // the pool has given the connection up, and with it the transaction
	}
}

// sqlRows is *sql.Rows with a Close that says nothing, since Err does.
type sqlRows struct{ *sql.Rows }

func (r sqlRows) Close() { _ = r.Rows.Close() }
